/*
 * Jobs on a computer that is ready or is not, on a simulated STM32 in virtual time. The queue holds
 * one event, so that a job which has told of its file waits for this thread before it writes.
 */
#include "home.h"

#include "base/text.h"
#include "sim/stm32/stm32.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IMAGE_LEN 2560

struct bench {
	struct job_home home;
	char file[96];
	struct fm_virtual_clock clock;
	struct fm_sim_unit *unit;
	uint8_t image[IMAGE_LEN];
	struct fm_job_request request;
	struct fm_ways ways;
	const void *swap; /* the file becomes this when the job has looked at it */
	/* what came of the last job */
	struct fm_job_end end;
	struct fm_record record;
	char rows[256]; /* "power=ok disk=ok ..." */
};

static struct fm_error err;

static bool bench_open(void *user, const char *port, const atomic_bool *cancel,
		       struct fm_link **ret_link, struct fm_error *e)
{
	struct bench *bench = user;

	(void)port;
	return fm_sim_link_open(bench->unit, false, &bench->clock, cancel, ret_link, e);
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* NULL: mains, and no battery. */
static void bench_battery(const struct bench *bench, const char *percent)
{
	char command[256], path[128];

	if (!percent)
		return;
	snprintf(command, sizeof(command), "mkdir -p '%s/sys/class/power_supply/BAT0'",
		 bench->home.folder);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/sys/class/power_supply/BAT0/type", bench->home.folder);
	write_file(path, "Battery\n", 8);
	snprintf(path, sizeof(path), "%s/sys/class/power_supply/BAT0/capacity", bench->home.folder);
	write_file(path, percent, strlen(percent));
}

static int setup(void **state)
{
	static const struct fm_sim_stm32_options options = { .pid = 0x410 };
	static struct bench bench;
	static char sysfs[96];

	/* nothing of this computer's own */
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	bench = (struct bench){ .swap = NULL };
	home_open(&bench.home, 1);
	snprintf(bench.file, sizeof(bench.file), "%s/fw.bin", bench.home.folder);
	snprintf(sysfs, sizeof(sysfs), "%s/sys", bench.home.folder);
	fm_virtual_clock_init(&bench.clock);
	assert_success(fm_sim_stm32_new(&options, &bench.unit, &err));
	home_image(bench.image, IMAGE_LEN, "1.0.0");
	write_file(bench.file, bench.image, IMAGE_LEN);
	bench.ways = (struct fm_ways){ .open_serial = bench_open, .user = &bench };
	bench.request = home_request(&bench.home, "sim-board", &bench.ways);
	bench.request.state_folder = bench.home.folder;
	bench.request.sysfs = sysfs;
	fm_text_copy(bench.request.file, sizeof(bench.request.file), bench.file);
	*state = &bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	bench->unit->ops->free(bench->unit);
	return home_close(&bench->home);
}

static void bench_hear(struct bench *bench, const struct fm_event *event)
{
	size_t len = strlen(bench->rows);

	if (event->kind != FM_EVENT_HOST)
		return;
	snprintf(bench->rows + len, sizeof(bench->rows) - len, "%s%s=%s", len ? " " : "",
		 event->u.host.name, fm_host_state_name(event->u.host.state));
	if (strcmp(event->u.host.name, "file") == 0 && bench->swap) {
		write_file(bench->file, bench->swap, IMAGE_LEN);
		bench->swap = NULL;
	}
}

static void bench_start(struct bench *bench, struct fm_image *image, struct fm_job **ret_job)
{
	struct fm_job_file *file = &bench->request.on_disk;

	fm_text_copy(file->path, sizeof(file->path), bench->file);
	assert_true(fm_host_stamp(bench->file, &file->stamp));
	assert_success(fm_image_load(bench->file, NULL, image, &err));
	fm_text_copy(file->sha256, sizeof(file->sha256), image->sha256);
	bench->request.image = image;
	bench->rows[0] = '\0';
	assert_success(fm_job_start(&bench->request, ret_job, &err));
}

static void bench_run(struct bench *bench)
{
	struct fm_event event = { 0 };
	struct fm_image image;
	struct fm_job *job;

	bench_start(bench, &image, &job);
	while (event.kind != FM_EVENT_END) {
		struct pollfd fd = { fm_queue_fd(bench->home.queue), POLLIN, 0 };

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while (event.kind != FM_EVENT_END && fm_queue_get(bench->home.queue, &event))
			bench_hear(bench, &event);
	}
	bench->end = event.u.end;
	fm_job_free(job);
	fm_image_done(&image);
	bench->record = (struct fm_record){ 0 };
	if (bench->end.record) {
		struct fm_phase_record *phases;
		size_t count;

		assert_success(fm_store_get(bench->home.store, bench->end.record, &bench->record,
					    &phases, &count, &err));
		free(phases);
	}
}

static void assert_end(const struct bench *bench, enum fm_outcome outcome, enum fm_code code)
{
	bool written = memcmp(bench->unit->flash, bench->image, IMAGE_LEN) == 0;

	if (bench->end.outcome != outcome || bench->end.code != code)
		fail_msg("%s E%d (%s), %s", fm_outcome_name(bench->end.outcome),
			 fm_error_info(bench->end.code)->number, bench->end.error.text,
			 bench->rows);
	assert_int_equal(bench->end.changed, outcome == FM_OUTCOME_PASS);
	assert_int_equal(written, outcome == FM_OUTCOME_PASS);
	if (!written)
		assert_int_equal(bench->unit->flash[0], 0xff);
}

static void test_ready(void **state)
{
	struct bench *bench = *state;

	bench_battery(bench, "80\n");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK);
	assert_string_equal(bench->rows, "power=ok disk=ok records=ok file=ok sleep=warn");
	assert_string_equal(bench->record.allowed, "file"); /* does not say for whom it is */
}

static void test_a_low_battery_is_recorded(void **state)
{
	struct bench *bench = *state;

	bench_battery(bench, "20\n");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK);
	assert_non_null(strstr(bench->rows, "power=warn"));
	assert_string_equal(bench->record.allowed, "file,power");
}

static void test_an_empty_battery_stops_it(void **state)
{
	struct bench *bench = *state;

	bench_battery(bench, "9\n");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_NONE, FM_POWER);
	assert_int_equal(fm_error_info(bench->end.code)->exit_code, 8);
	/* all are told, and sleep is not kept off for a job that does not begin */
	assert_string_equal(bench->rows, "power=fail disk=ok records=ok file=ok");
	assert_string_equal(bench->record.outcome, "NONE");
	assert_int_equal(bench->record.code, 432);
}

static void test_a_check_only_tells(void **state)
{
	struct bench *bench = *state;

	bench_battery(bench, "9\n");
	bench->request.verb = FM_VERB_CHECK;
	bench->request.store = NULL;
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_PASS);
	assert_false(bench->end.changed);
	assert_string_equal(bench->rows, "power=fail disk=ok records=ok file=ok sleep=warn");
}

static void test_a_dry_run_stays_dry(void **state)
{
	struct bench *bench = *state;

	bench->request.dry_run = true;
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_PASS);
	assert_string_equal(bench->rows, "power=ok disk=ok records=ok file=ok sleep=warn");
}

static void test_the_file_changes_before_the_write(void **state)
{
	struct bench *bench = *state;
	uint8_t other[IMAGE_LEN];

	memcpy(other, bench->image, IMAGE_LEN);
	other[1000] ^= 1;
	bench->swap = other;
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_NONE, FM_FILE_CHANGED);
	assert_int_equal(fm_error_info(bench->end.code)->exit_code, 7);
	assert_string_equal(bench->rows,
			    "power=ok disk=ok records=ok file=ok sleep=warn file=fail");
	assert_string_equal(bench->record.outcome, "NONE");
}

static void test_the_file_is_written_again_as_it_was(void **state)
{
	struct bench *bench = *state;

	bench->swap = bench->image;
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK);
}

static void test_nobody_looked_at_the_file(void **state)
{
	struct bench *bench = *state;
	struct fm_event event = { 0 };
	struct fm_image image;
	struct fm_job *job;

	assert_success(fm_image_load(bench->file, NULL, &image, &err));
	bench->request.image = &image;
	assert_success(fm_job_start(&bench->request, &job, &err));
	while (event.kind != FM_EVENT_END) {
		struct pollfd fd = { fm_queue_fd(bench->home.queue), POLLIN, 0 };

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while (event.kind != FM_EVENT_END && fm_queue_get(bench->home.queue, &event))
			bench_hear(bench, &event);
	}
	fm_job_free(job);
	assert_string_equal(bench->rows, "power=ok disk=ok records=ok sleep=warn");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ready),
		TEST(test_a_low_battery_is_recorded),
		TEST(test_an_empty_battery_stops_it),
		TEST(test_a_check_only_tells),
		TEST(test_a_dry_run_stays_dry),
		TEST(test_the_file_changes_before_the_write),
		TEST(test_the_file_is_written_again_as_it_was),
		TEST(test_nobody_looked_at_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

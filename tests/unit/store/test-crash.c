/* Programs that are killed, and many programs at once. */
#include "scratch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static const char *const crash_phases[] = {
	"identify", "preflight", "backup",  "enter",   "erase",
	"write",    "verify",    "restart", "confirm", "record"
};

/* Where a child stops and waits to be killed. */
struct crash_point {
	size_t phases; /* so many were begun */
	bool ended;    /* the last of them has ended */
	int ready;     /* told by closing it */
};

static int crash_job(const struct scratch *scratch, void *data)
{
	const struct crash_point *point = data;
	struct fm_record record = scratch_record("flash", "arduino-uno", "usb:1-2");
	struct fm_store *store;
	struct fm_error err = { 0 };

	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(fm_store_begin(store, &record, &err));
	for (size_t i = 0; i < point->phases; i++) {
		CHILD_CHECK(fm_store_phase_begin(store, record.id, crash_phases[i], "", &err));
		if (i + 1 < point->phases || point->ended)
			CHILD_CHECK(fm_store_phase_end(store, record.id, crash_phases[i], 0, &err));
	}
	CHILD_CHECK(write(point->ready, "", 1) == 1);
	for (;;)
		pause();
}

/* A child that is at this point of its job; it lives. */
static pid_t crash_start(const struct scratch *scratch, struct crash_point point)
{
	int ends[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ends), 0);
	point.ready = ends[1];
	pid = scratch_start(crash_job, scratch, &point);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void crash_kill(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(scratch_wait(pid), 128 + SIGKILL);
}

static int crash_close_dead(const struct scratch *scratch, void *data)
{
	struct fm_store *store;
	struct fm_error err = { 0 };

	(void)data;
	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(fm_store_close_dead(store, 416, &err));
	fm_store_close(store);
	return 0;
}

/* The record after another process has looked for dead ones. */
static struct fm_record crash_closed(const struct scratch *scratch, int64_t id)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;
	size_t count;

	assert_int_equal(scratch_run(crash_close_dead, scratch, NULL), 0);
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_get(store, id, &record, &phases, &count, &err));
	assert_success(fm_store_verify(store, &count, &err));
	fm_store_close(store);
	return record;
}

static const char *crash_state(size_t phases, bool ended)
{
	enum { ENTER = 3, ERASE, WRITE, VERIFY };
	size_t last = phases - 1;

	if (phases == 0 || last < ENTER)
		return "untouched";
	if (last == ENTER)
		return "entered";
	if (last == ERASE || (last == WRITE && !ended))
		return "partial";
	return last == WRITE || (last == VERIFY && !ended) ? "unverified" : "verified";
}

/* kill -9 before the first phase, in each phase, and after each phase. */
static void test_killed_in_every_phase(void **state)
{
	const struct scratch *scratch = *state;
	int64_t id = 0;

	for (size_t i = 0; i <= 2 * FM_COUNT(crash_phases); i++) {
		struct crash_point point = { .phases = (i + 1) / 2, .ended = i % 2 == 0 };
		const char *wanted = crash_state(point.phases, point.ended);
		struct fm_record record;
		char where[60] = "before the first phase";
		bool unclear = !strcmp(wanted, "partial") || !strcmp(wanted, "unverified");

		crash_kill(crash_start(scratch, point));
		record = crash_closed(scratch, ++id);
		assert_string_equal(record.unit_state, wanted);
		assert_string_equal(record.outcome, unclear ? "UNCLEAR" : "FAIL");
		assert_int_equal(record.code, 416);
		if (point.phases > 0)
			snprintf(where, sizeof(where), "%s phase '%s'",
				 point.ended ? "after" : "in", crash_phases[point.phases - 1]);
		assert_non_null(strstr(record.text, where));
		assert_true(record.hint[0]);
		assert_int_equal(record.chain, id);
		assert_int_equal(strlen(record.end_utc), 24);
	}
}

/* Who lives is left alone; who died and was not yet waited for by his parent is dead. */
static void test_living_jobs_stay_open(void **state)
{
	const struct scratch *scratch = *state;
	pid_t pid = crash_start(scratch, (struct crash_point){ .phases = 6 });
	struct fm_record record = crash_closed(scratch, 1);

	assert_string_equal(record.outcome, "");
	assert_string_equal(record.last_phase, "write");
	assert_int_equal(kill(pid, SIGKILL), 0);
	for (int i = 0; i < 200 && !record.outcome[0]; i++) {
		usleep(5000);
		record = crash_closed(scratch, 1);
	}
	assert_string_equal(record.unit_state, "partial");
	assert_int_equal(scratch_wait(pid), 128 + SIGKILL);
}

/* The same pid, but another process than the one that began the job. */
static void test_pid_used_again(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_begin(store, &record, &err));
	fm_store_close(store);
	assert_string_equal(crash_closed(scratch, 1).outcome, "");
	scratch_sql(scratch->path, "UPDATE job SET pid_start = pid_start - 1");
	record = crash_closed(scratch, 1);
	assert_string_equal(record.outcome, "FAIL");
	assert_string_equal(record.unit_state, "untouched");
	assert_non_null(strstr(record.text, "the program ended"));
}

static void test_computer_restarted(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_begin(store, &record, &err));
	assert_success(fm_store_phase_begin(store, 1, "erase", "", &err));
	fm_store_close(store);
	scratch_sql(scratch->path,
		    "UPDATE job SET boot_id = '00000000-0000-0000-0000-000000000000'");
	record = crash_closed(scratch, 1);
	assert_string_equal(record.outcome, "UNCLEAR");
	assert_string_equal(record.unit_state, "partial");
	assert_non_null(strstr(record.text, "switched off or restarted, in phase 'erase'"));
}

/* What orders of phases leave behind, beyond the straight one. */
static void test_states(void **state)
{
	static const struct {
		/* '+' ended well, '-' ended with an error, '.' never ended */
		const char *phases, *wanted;
	} rows[] = {
		{ "", "untouched" },
		{ "enter-", "entered" },
		{ "enter+ restart.", "entered" },
		{ "enter+ restart+", "untouched" },
		{ "verify+", "untouched" },
		{ "enter+ verify+", "entered" },
		{ "enter+ erase-", "partial" },
		{ "erase+", "partial" },
		{ "erase+ verify.", "unverified" },
		{ "erase+ verify+", "verified" },
		{ "erase- verify+", "partial" },
		{ "erase+ write- verify+", "partial" },
		{ "erase+ write- restart+", "partial" },
		{ "write+", "unverified" },
		{ "write+ verify-", "unverified" },
		{ "write+ verify- erase.", "partial" },
		{ "write+ verify- write+ verify+", "verified" },
		{ "write+ verify+ restart- confirm-", "verified" },
		{ "write+ verify+ write.", "partial" },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(rows); i++) {
		struct fm_phase_record phases[8] = { 0 };
		size_t count = 0;
		char end;

		for (const char *p = rows[i].phases; *p; p += strcspn(p, " "), p += *p == ' ') {
			sscanf(p, "%15[a-z]%c", phases[count].phase, &end);
			if (end != '.')
				strcpy(phases[count].end_utc, "2026-11-21T00:00:00.000Z");
			phases[count++].code = end == '-' ? 410 : 0;
		}
		assert_string_equal(fm_store_phase_state(phases, count), rows[i].wanted);
	}
}

/* Four programs that start at the same moment after a crash of twelve jobs. */
static int crash_close_dead_together(const struct scratch *scratch, void *data)
{
	int *start = data;
	char byte;

	close(start[1]);
	if (read(start[0], &byte, 1) != 0) /* the end: all set off */
		return 1;
	return crash_close_dead(scratch, NULL);
}

static void test_closed_once_by_many(void **state)
{
	enum { JOBS = 12, CLOSERS = 4 };
	const struct scratch *scratch = *state;
	pid_t closers[CLOSERS];
	struct fm_store *store;
	struct fm_error err;
	size_t checked;
	int start[2];

	for (size_t i = 0; i < JOBS; i++)
		crash_kill(crash_start(scratch, (struct crash_point){ .phases = i % 8 }));
	assert_int_equal(pipe(start), 0);
	for (int i = 0; i < CLOSERS; i++)
		closers[i] = scratch_start(crash_close_dead_together, scratch, start);
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < CLOSERS; i++)
		assert_int_equal(scratch_wait(closers[i]), 0);
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, JOBS);
	fm_store_close(store);
	assert_int_equal(scratch_number(scratch->path, "SELECT max(chain) FROM job"), JOBS);
	assert_int_equal(scratch_number(scratch->path, "SELECT count(*) FROM job WHERE code = 416"),
			 JOBS);
}

/* Twenty programs make the file together and write to it at once: nothing is lost. */
enum { WRITERS = 20, JOBS_EACH = 3 };

static int crash_writer(const struct scratch *scratch, void *data)
{
	int *start = data;
	struct fm_store *store;
	struct fm_error err = { 0 };
	char byte;

	close(start[1]);
	CHILD_CHECK(read(start[0], &byte, 1) == 0);
	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	for (int i = 0; i < JOBS_EACH; i++) {
		struct fm_record record = scratch_record("flash", "m", "p");

		CHILD_CHECK(fm_store_close_dead(store, 416, &err));
		CHILD_CHECK(scratch_job(store, &record, "PASS", "verified", &err));
	}
	fm_store_close(store);
	return 0;
}

static void test_many_writers(void **state)
{
	const struct scratch *scratch = *state;
	pid_t writers[WRITERS];
	struct fm_store *store;
	struct fm_error err;
	size_t checked;
	int start[2];

	assert_int_equal(pipe(start), 0);
	for (int i = 0; i < WRITERS; i++)
		writers[i] = scratch_start(crash_writer, scratch, start);
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(scratch_wait(writers[i]), 0);
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, WRITERS * JOBS_EACH);
	fm_store_close(store);
	assert_int_equal(
		scratch_number(scratch->path, "SELECT count(*) FROM job WHERE outcome = 'PASS'"),
		WRITERS * JOBS_EACH);
	assert_int_equal(scratch_number(scratch->path,
					"SELECT count(*) FROM phase WHERE end_utc IS NOT NULL"),
			 WRITERS * JOBS_EACH);
}

/* Writes jobs for ever, and says the number of each that has ended. */
static int crash_endless(const struct scratch *scratch, void *data)
{
	int *ends = data;
	struct fm_store *store;
	struct fm_error err = { 0 };

	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	for (;;) {
		struct fm_record record = scratch_record("flash", "m", "p");

		CHILD_CHECK(scratch_job(store, &record, "PASS", "verified", &err));
		CHILD_CHECK(write(ends[1], &record.id, sizeof(record.id)) == sizeof(record.id));
	}
}

/* kill -9 at any moment, also within a transaction: what was reported as ended is there. */
static void test_killed_at_any_moment(void **state)
{
	const struct scratch *scratch = *state;
	int64_t last = 0, told;

	for (int i = 0; i < 15; i++) {
		struct fm_store *store;
		struct fm_error err;
		size_t checked;
		int ends[2];
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = scratch_start(crash_endless, scratch, ends);
		close(ends[1]);
		assert_int_equal(read(ends[0], &told, sizeof(told)), sizeof(told));
		usleep((useconds_t)(137 * i));
		crash_kill(pid);
		do
			last = told;
		while (read(ends[0], &told, sizeof(told)) == sizeof(told));
		close(ends[0]);
		assert_success(fm_store_open(scratch->path, true, &store, &err));
		assert_success(fm_store_close_dead(store, 416, &err));
		assert_success(fm_store_verify(store, &checked, &err));
		fm_store_close(store);
		assert_true((int64_t)checked >= last);
		assert_int_equal(scratch_number(scratch->path,
						"SELECT count(*) FROM job WHERE chain IS NULL"),
				 0);
	}
}

#define CRASH_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CRASH_TEST(test_killed_in_every_phase),
		CRASH_TEST(test_living_jobs_stay_open),
		CRASH_TEST(test_pid_used_again),
		CRASH_TEST(test_computer_restarted),
		CRASH_TEST(test_states),
		CRASH_TEST(test_closed_once_by_many),
		CRASH_TEST(test_many_writers),
		CRASH_TEST(test_killed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

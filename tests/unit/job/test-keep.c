/*
 * What a job must not lose: settings, the firmware that was there, and what an earlier job has
 * written already. On a simulated STM32 with a region of settings, in virtual time.
 */
#include "home.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/decorators.h"
#include "sim/stm32/stm32.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define IMAGE_LEN 6144
#define SETTINGS_AT (14 << 10)
#define SETTINGS_LEN (2 << 10)
#define SETTINGS_BLOCK 14

struct keep {
	struct job_home home;
	struct fm_virtual_clock clock;
	struct fm_sim_stm32_options options;
	struct fm_sim_unit *unit;
	unsigned cut_at, opened, operations; /* the second link that a job opens writes */
	void (*close)(struct fm_link *);
	uint8_t images[3][IMAGE_LEN], settings[SETTINGS_LEN];
	struct fm_job_request request;
	struct fm_ways ways;
	struct fm_job_end end;
	size_t image_len;        /* of what FLASH writes; 0 = all of the image */
	unsigned erases, writes; /* phases of the last job */
	char notes[4000];
};

static struct fm_error err;
static struct keep *closing;

static void keep_close(struct fm_link *link)
{
	link->close = closing->close;
	closing->operations = fm_fault_count(link);
	fm_link_close(link);
}

static bool keep_open(void *user, const char *port, const atomic_bool *cancel,
		      struct fm_link **ret_link, struct fm_error *e)
{
	static const struct fm_fault none;
	struct keep *keep = user;
	struct fm_fault cut = { FM_FAULT_CUT, keep->cut_at, 0, 0 };
	struct fm_link *link;

	(void)port;
	keep->opened++;
	if (!fm_sim_link_open(keep->unit, false, &keep->clock, cancel, &link, e) ||
	    !fm_fault_open(link, keep->cut_at && keep->opened > 1 ? &cut : &none, ret_link, e))
		return false;
	if (keep->opened == 2) {
		closing = keep;
		keep->close = (*ret_link)->close;
		(*ret_link)->close = keep_close;
	}
	return true;
}

/* A unit from the shelf, with settings and this firmware (0 = none). */
static void keep_unit(struct keep *keep, int version)
{
	if (keep->unit)
		keep->unit->ops->free(keep->unit);
	fm_virtual_clock_init(&keep->clock);
	assert_success(fm_sim_stm32_new(&keep->options, &keep->unit, &err));
	memcpy(keep->unit->flash + SETTINGS_AT, keep->settings, SETTINGS_LEN);
	if (version)
		memcpy(keep->unit->flash, keep->images[version], IMAGE_LEN);
}

/* A bare chip comes into its boot loader by hand. */
static void keep_replug(struct keep *keep)
{
	size_t len = keep->unit->flash_len;
	FM_FREE uint8_t *flash = malloc(len);

	assert_non_null(flash);
	memcpy(flash, keep->unit->flash, len);
	keep_unit(keep, 0);
	memcpy(keep->unit->flash, flash, len);
}

static void keep_images(struct keep *keep)
{
	static const uint8_t vectors[] = { 0x00, 0x50, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08 };

	for (size_t i = 0; i < SETTINGS_LEN; i++)
		keep->settings[i] = (uint8_t)(i * 11 + (i >> 8));
	for (unsigned v = 1; v < 3; v++) {
		for (size_t i = 0; i < IMAGE_LEN; i++)
			keep->images[v][i] = (uint8_t)(i * 7 * v + (i >> 8) + v);
		memcpy(keep->images[v], vectors, sizeof(vectors));
		snprintf((char *)keep->images[v] + 64, 32, "fm-sim-version=%u.0.0", v);
	}
}

static int setup(void **state)
{
	static struct keep keep;

	keep = (struct keep){ .options = { .pid = 0x410 } };
	home_open(&keep.home, 64);
	keep_images(&keep);
	keep_unit(&keep, 1);
	keep.ways = (struct fm_ways){ .open_serial = keep_open, .user = &keep };
	keep.request = home_request(&keep.home, "sim-board-settings", &keep.ways);
	keep.request.backup = FM_BACKUP_WANTED;
	*state = &keep;
	return 0;
}

static int teardown(void **state)
{
	struct keep *keep = *state;

	keep->unit->ops->free(keep->unit);
	return home_close(&keep->home);
}

static void keep_hear(struct keep *keep, const struct fm_event *event)
{
	if (event->kind == FM_EVENT_PHASE_BEGIN) {
		keep->erases += event->phase == FM_PHASE_ERASE;
		keep->writes += event->phase == FM_PHASE_WRITE;
	} else if (event->kind == FM_EVENT_NOTE) {
		size_t len = strlen(keep->notes);

		snprintf(keep->notes + len, sizeof(keep->notes) - len, "%s\n", event->u.text);
	}
}

/* version: of the image for FLASH, otherwise 0. */
static void keep_run(struct keep *keep, enum fm_verb verb, int version)
{
	struct fm_event event = { 0 };
	struct fm_image image;
	struct fm_job *job;

	fm_image_init(&image);
	keep->request.verb = verb;
	keep->request.image = NULL;
	if (version) {
		assert_success(fm_image_parse("image", keep->images[version],
					      keep->image_len ? keep->image_len : IMAGE_LEN, NULL,
					      &image, &err));
		keep->request.image = &image;
	}
	keep->opened = keep->erases = keep->writes = 0;
	keep->notes[0] = '\0';
	assert_success(fm_job_start(&keep->request, &job, &err));
	while (event.kind != FM_EVENT_END) {
		struct pollfd fd = { fm_queue_fd(keep->home.queue), POLLIN, 0 };

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while (event.kind != FM_EVENT_END && fm_queue_get(keep->home.queue, &event))
			keep_hear(keep, &event);
	}
	keep->end = event.u.end;
	fm_job_free(job);
	fm_image_done(&image);
}

static void keep_passed(const struct keep *keep)
{
	if (keep->end.outcome != FM_OUTCOME_PASS)
		fail_msg("%s: %s E%d %s (%s)", fm_verb_name(keep->request.verb),
			 fm_outcome_name(keep->end.outcome), fm_error_info(keep->end.code)->number,
			 fm_unit_state_name(keep->end.unit_state), keep->end.error.text);
}

static void keep_refused(const struct keep *keep, enum fm_code code)
{
	if (keep->end.code != code || keep->end.outcome != FM_OUTCOME_NONE || keep->end.changed)
		fail_msg("%s E%d (%s)", fm_outcome_name(keep->end.outcome),
			 fm_error_info(keep->end.code)->number, keep->end.error.text);
}

/* What the record of the job says was accepted has these; "" = nothing was. */
static void keep_accepted(const struct keep *keep, const char *rules)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	struct fm_record record;
	size_t count;

	assert_success(
		fm_store_get(keep->home.store, keep->end.record, &record, &phases, &count, &err));
	if (*rules ? !strstr(record.allowed, rules) : *record.allowed)
		fail_msg("'%s' is accepted, not '%s'", record.allowed, rules);
}

static bool keep_runs(const struct keep *keep, int version)
{
	return memcmp(keep->unit->flash, keep->images[version], IMAGE_LEN) == 0;
}

static bool keep_has_settings(const struct keep *keep)
{
	return memcmp(keep->unit->flash + SETTINGS_AT, keep->settings, SETTINGS_LEN) == 0;
}

static size_t keep_backups(const struct keep *keep, const char *kind)
{
	struct fm_backup_filter filter = { .job = keep->end.record, .kind = kind };
	FM_FREE struct fm_backup *list = NULL;
	size_t count;

	assert_success(fm_store_backups(keep->home.store, &filter, &list, &count, &err));
	return count;
}

/* As somebody else's record. */
static void keep_sql(const struct keep *keep, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(keep->home.db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void test_there_and_back(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
	assert_string_equal(keep->end.backup, "firmware, configuration");
	assert_string_equal(keep->end.kept, "same: settings");
	assert_int_equal(keep_backups(keep, "firmware"), 1);
	assert_int_equal(keep_backups(keep, "configuration"), 1);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1) && keep_has_settings(keep));
	assert_string_equal(keep->end.version_before, "2.0.0");
	assert_string_equal(keep->end.version_after, "1.0.0");
	/* what a rollback overwrites can be had back, too */
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2));
}

static void test_restore_brings_settings_back(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	memset(keep->unit->flash + SETTINGS_AT, 0x55, 100);
	keep->request.restore_job = keep->end.record;
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1) && keep_has_settings(keep));
}

/* One content, by its hash: the firmware stays. */
static void test_restore_of_one_content(void **state)
{
	struct keep *keep = *state;
	struct fm_backup_filter filter = { .kind = "configuration" };
	struct fm_backup *list;
	size_t count;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_success(fm_store_backups(keep->home.store, &filter, &list, &count, &err));
	assert_int_equal(count, 1);
	snprintf(keep->request.restore_sha256, sizeof(keep->request.restore_sha256), "%.10s",
		 list[0].sha256);
	free(list);
	memset(keep->unit->flash + SETTINGS_AT, 0x55, 100);
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
	assert_int_equal(keep->end.bytes_written, SETTINGS_LEN);
}

/* A file that was cut off is the start of what is there: the last block's erase takes more. */
static void test_cut_off_file(void **state)
{
	struct keep *keep = *state;

	keep->image_len = 2560;
	keep_run(keep, FM_VERB_FLASH, 1);
	keep_passed(keep);
	assert_false(keep_runs(keep, 1));
	assert_int_equal(keep_backups(keep, "firmware"), 1);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1));
	/* where it ends with a block nothing is lost */
	keep->image_len = 2048;
	keep_run(keep, FM_VERB_FLASH, 1);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1));
	assert_string_equal(keep->end.backup, "configuration");
}

/* A job that takes the settings with it puts them back, and says so. */
static void test_lost_settings(void **state)
{
	struct keep *keep = *state;

	keep->options.has_fault[FM_SIM_WIPE] = true;
	keep->options.fault[FM_SIM_WIPE] = SETTINGS_BLOCK;
	for (int how = FM_BACKUP_NONE; how <= FM_BACKUP_REQUIRED; how++) {
		keep_unit(keep, 1);
		keep->request.backup = (enum fm_backup_how)how;
		keep_run(keep, FM_VERB_FLASH, 2);
		keep_passed(keep);
		assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
		assert_string_equal(keep->end.kept, "put back: settings");
		assert_non_null(strstr(keep->notes, "were lost and are put back"));
		assert_int_equal(keep->end.bytes_written, IMAGE_LEN);
		assert_int_equal(keep_backups(keep, NULL), how == FM_BACKUP_NONE ? 0 : 2);
	}
}

static void test_without_backup(void **state)
{
	struct keep *keep = *state;

	keep->request.backup = FM_BACKUP_NONE;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_string_equal(keep->end.backup, "none: not asked for");
	assert_string_equal(keep->end.kept, "same: settings");
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_refused(keep, FM_NO_BACKUP);
	assert_true(keep_runs(keep, 2));
}

static void test_backup_alone(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_BACKUP, 0);
	keep_passed(keep);
	assert_int_equal(keep_backups(keep, NULL), 2);
	assert_true(keep_runs(keep, 1));
}

static uint64_t keep_backup_len(const struct keep *keep)
{
	struct fm_backup_filter filter = { .job = keep->end.record, .kind = "firmware" };
	FM_FREE struct fm_backup *list = NULL;
	size_t count;

	assert_success(fm_store_backups(keep->home.store, &filter, &list, &count, &err));
	assert_int_equal(count, 1);
	return list[0].len;
}

/* Half a megabyte, of which firmware is the first part: the rest is neither read nor touched. */
static void test_large_memory(void **state)
{
	enum { FAR = 400 << 10 };
	struct keep *keep = *state;

	fm_text_copy(keep->request.model, sizeof(keep->request.model), "stm32f10x-hd");
	keep->options.pid = 0x414;
	keep_unit(keep, 1);
	memset(keep->unit->flash + FAR, 0x5a, 100);
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_int_equal(keep_backup_len(keep), 128 << 10);
	keep_replug(keep);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1) && keep_has_settings(keep));
	assert_int_equal(keep->unit->flash[FAR], 0x5a);
	keep_replug(keep);
	keep_run(keep, FM_VERB_BACKUP, 0);
	keep_passed(keep);
	assert_int_equal(keep_backup_len(keep), 512 << 10);
}

/* What was measured for a unit is kept like settings, under a name of its own. */
static void test_calibration(void **state)
{
	struct keep *keep = *state;

	fm_text_copy(keep->request.model, sizeof(keep->request.model), "sim-board-calibration");
	keep->options.has_fault[FM_SIM_WIPE] = true;
	keep->options.fault[FM_SIM_WIPE] = SETTINGS_BLOCK;
	keep_unit(keep, 1);
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_string_equal(keep->end.backup, "firmware, calibration");
	assert_string_equal(keep->end.kept, "put back: trim");
	assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
}

/* A blank unit has settings, but no firmware that anybody would want back. */
static void test_blank_unit(void **state)
{
	struct keep *keep = *state;

	keep_unit(keep, 0);
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_string_equal(keep->end.backup, "configuration");
}

static void test_damaged_backup(void **state)
{
	struct keep *keep = *state;
	char command[200];

	keep_run(keep, FM_VERB_FLASH, 2);
	snprintf(command, sizeof(command),
		 "for f in $(find %s/backups -type f); do echo x >>$f; done", keep->home.folder);
	assert_int_equal(system(command), 0);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_refused(keep, FM_BACKUP);
	assert_true(keep_runs(keep, 2));
}

/* A row that was led to another content: its bytes are right, but not what this job has stored. */
static void test_changed_record(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep->request.restore_job = keep->end.record;
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	keep_sql(keep, "UPDATE backup SET sha256 = (SELECT sha256 FROM backup WHERE job = 2 AND "
		       "kind = 'firmware') WHERE job = 1 AND kind = 'firmware'");
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_refused(keep, FM_BACKUP);
	assert_non_null(strstr(keep->end.error.text, "record 1 was changed"));
	assert_true(keep_runs(keep, 1));
	keep->request.allow_unit = true;
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2));
}

/* --- whose backup it is --- */

static void test_of_another_unit(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep->request.restore_job = keep->end.record;
	keep->options.unique = 5;
	keep_unit(keep, 2);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_refused(keep, FM_NO_BACKUP);
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_refused(keep, FM_WRONG_UNIT);
	keep_accepted(keep, "");
	keep->request.allow_unit = true;
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1));
}

static void test_of_another_model(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep->request.restore_job = keep->end.record;
	keep->request.allow_unit = true;
	keep_sql(keep, "UPDATE job SET model = 'other'");
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_refused(keep, FM_BLOCKED_MODEL);
}

/* Who can't say which unit it is gets a warning, and the record keeps it. */
static void test_of_a_unit_without_an_id(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep->request.restore_job = keep->end.record;
	keep_sql(keep, "UPDATE job SET unit = ''");
	keep->request.allow_unit = true; /* for the record, which was changed by that */
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_passed(keep);
	keep_accepted(keep, "record,unit");
}

static void test_no_such_backup(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_refused(keep, FM_NO_BACKUP);
	fm_text_copy(keep->request.restore_sha256, sizeof(keep->request.restore_sha256),
		     "0123456789");
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_refused(keep, FM_NO_BACKUP);
	assert_string_equal(keep->end.error.text, "no backup's hash begins with 0123456789");
}

/* A job that has stored nothing but what was half written has stored something. */
static void test_only_incomplete(void **state)
{
	struct keep *keep = *state;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep->request.restore_job = keep->end.record;
	keep_sql(keep, "DELETE FROM backup WHERE kind = 'configuration'");
	keep_sql(keep, "UPDATE backup SET kind = 'incomplete'");
	keep_run(keep, FM_VERB_RESTORE, 0);
	keep_refused(keep, FM_NO_BACKUP);
	assert_non_null(strstr(keep->end.error.text, "incomplete"));
	assert_true(keep_runs(keep, 2));
}

/* --- jobs that broke off --- */

/* Cut off at each point of the job: the next one ends with PASS and with the settings, and the
 * firmware of before the first one can be had back. */
static void test_cut_everywhere(void **state)
{
	struct keep *keep = *state;
	unsigned total, resumed = 0, cuts = 0;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	total = keep->operations;
	for (unsigned nth = total / 2 - total / 2 % 3; nth < total; nth += 3) {
		/* another unit each time, or its predecessor's records would speak of it */
		keep->options.unique = nth;
		keep_unit(keep, 1);
		keep->cut_at = nth;
		keep_run(keep, FM_VERB_FLASH, 2);
		keep->cut_at = 0;
		if (keep->end.outcome == FM_OUTCOME_PASS || !keep->end.changed)
			continue;
		cuts++;
		keep->unit->ops->reset(keep->unit, keep->clock.now_ns, true);
		keep_run(keep, FM_VERB_FLASH, 2);
		keep_passed(keep);
		assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
		assert_int_equal(keep_backups(keep, "firmware"), 0);
		resumed += keep->end.bytes_written < IMAGE_LEN;
		keep_run(keep, FM_VERB_ROLLBACK, 0);
		keep_passed(keep);
		assert_true(keep_runs(keep, 1) && keep_has_settings(keep));
	}
	print_message("%u cuts, %u went on where they were\n", cuts, resumed);
	assert_true(cuts > 20 && resumed > 10);
}

/* A rollback that broke off goes on to the same firmware, though it has stored another since. */
static void test_rollback_cut_everywhere(void **state)
{
	struct keep *keep = *state;
	unsigned total, cuts = 0;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	total = keep->operations;
	for (unsigned nth = total / 2 - total / 2 % 5; nth < total; nth += 5) {
		keep->options.unique = nth;
		keep_unit(keep, 1);
		keep_run(keep, FM_VERB_FLASH, 2);
		keep_passed(keep);
		keep->cut_at = nth;
		keep_run(keep, FM_VERB_ROLLBACK, 0);
		keep->cut_at = 0;
		if (keep->end.outcome == FM_OUTCOME_PASS || !keep->end.changed)
			continue;
		if (keep->end.unit_state == FM_UNIT_VERIFIED)
			continue; /* it is all there, and the next rollback is another one */
		cuts++;
		keep->unit->ops->reset(keep->unit, keep->clock.now_ns, true);
		keep_run(keep, FM_VERB_ROLLBACK, 0);
		keep_passed(keep);
		assert_true(keep_runs(keep, 1) && keep_has_settings(keep));
	}
	assert_true(cuts > 10);
}

/* Cut off in the middle of the write: at which operation that is, is found by trying. */
static void keep_cut_in_write(struct keep *keep)
{
	unsigned total;

	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	total = keep->operations;
	keep->options.unique = 77;
	for (keep->cut_at = total; keep->cut_at > 0; keep->cut_at -= 5) {
		keep_unit(keep, 1);
		keep_sql(keep, "UPDATE job SET unit = 'gone', port = 'gone'");
		keep_run(keep, FM_VERB_FLASH, 2);
		if (keep->end.unit_state == FM_UNIT_PARTIAL && keep->end.bytes_written &&
		    keep->end.bytes_written < IMAGE_LEN - 2048)
			break;
	}
	assert_true(keep->cut_at > 0);
	keep->cut_at = 0;
	keep->unit->ops->reset(keep->unit, keep->clock.now_ns, true);
}

/* Settings that the first job had lost are known from its backup. */
static void test_settings_lost_before(void **state)
{
	struct keep *keep = *state;

	keep_cut_in_write(keep);
	memset(keep->unit->flash + SETTINGS_AT, 0xff, SETTINGS_LEN);
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
	assert_string_equal(keep->end.kept, "put back: settings");
}

/* Also where the unit sums by itself that its firmware is all there. */
static void test_settings_lost_before_with_checksum(void **state)
{
	struct keep *keep = *state;

	keep->options.crc = true;
	keep_cut_in_write(keep);
	memset(keep->unit->flash + SETTINGS_AT, 0xff, SETTINGS_LEN);
	memcpy(keep->unit->flash, keep->images[2], IMAGE_LEN);
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2) && keep_has_settings(keep));
	assert_string_equal(keep->end.kept, "put back: settings");
}

/* A block that is there but wrong is written again, and all behind it. */
static void test_what_is_there_is_compared(void **state)
{
	struct keep *keep = *state;

	keep_cut_in_write(keep);
	keep->unit->flash[5] ^= 1;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_true(keep_runs(keep, 2));
	assert_int_equal(keep->end.bytes_written, IMAGE_LEN);
}

/* Another file: nothing of the first one counts. */
static void test_another_file_afterwards(void **state)
{
	struct keep *keep = *state;

	keep_cut_in_write(keep);
	keep_run(keep, FM_VERB_FLASH, 1);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1));
	assert_int_equal(keep->end.bytes_written, IMAGE_LEN);
}

/* Another tool has written it since, and it runs: that is firmware, and it can be had back. */
static void test_another_tool_afterwards(void **state)
{
	struct keep *keep = *state;

	keep_cut_in_write(keep);
	keep->options.application = true;
	keep_unit(keep, 1);
	keep->unit->flash[IMAGE_LEN - 1] ^= 0x11;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_string_equal(keep->end.version_before, "1.0.0");
	assert_int_equal(keep_backups(keep, "firmware"), 1);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	assert_int_equal(keep->unit->flash[IMAGE_LEN - 1], keep->images[1][IMAGE_LEN - 1] ^ 0x11);
	keep->unit->flash[IMAGE_LEN - 1] ^= 0x11;
	assert_true(keep_runs(keep, 1) && keep_has_settings(keep));
}

/* What the first job wrote may run without its end: kept, but a rollback takes what was before. */
static void test_half_that_runs(void **state)
{
	struct keep *keep = *state;

	keep_cut_in_write(keep);
	keep->options.application = true;
	keep_replug(keep);
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_string_equal(keep->end.version_before, "2.0.0");
	assert_true(keep->end.bytes_written < IMAGE_LEN);
	assert_int_equal(keep_backups(keep, "incomplete"), 1);
	assert_int_equal(keep_backups(keep, "firmware"), 0);
	keep_run(keep, FM_VERB_ROLLBACK, 0);
	keep_passed(keep);
	assert_true(keep_runs(keep, 1));
}

/* Another unit in the same place gets its own backup, and nothing of the first one's settings. */
static void test_another_unit_afterwards(void **state)
{
	struct keep *keep = *state;

	keep_cut_in_write(keep);
	keep->options.unique = 78;
	keep_unit(keep, 1);
	keep->unit->flash[SETTINGS_AT + 3] ^= 0x40;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	assert_string_equal(keep->end.backup, "firmware, configuration");
	assert_string_equal(keep->end.kept, "same: settings");
}

/* --- the window --- */

static void test_window(void **state)
{
	struct keep *keep = *state;

	keep->request.not_after_s = (int64_t)time(NULL) - 5;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_refused(keep, FM_WINDOW);
	/* nothing is known of such jobs yet: the wire says that it takes longer than that */
	keep->request.not_after_s = (int64_t)time(NULL) + 5;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_refused(keep, FM_WINDOW);
	assert_true(keep_runs(keep, 1));
	keep->request.not_after_s = (int64_t)time(NULL) + 3600;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_passed(keep);
	/* now it is known: in virtual time such a job takes no time at all */
	keep->request.not_after_s = (int64_t)time(NULL) + 30;
	keep_run(keep, FM_VERB_FLASH, 1);
	keep_passed(keep);
	/* and of one that was slow it is known, too */
	keep_sql(keep, "UPDATE job SET end_mono_ns = start_mono_ns + 60000000000");
	keep->request.not_after_s = (int64_t)time(NULL) + 60;
	keep_run(keep, FM_VERB_FLASH, 2);
	keep_refused(keep, FM_WINDOW);
}

#define KEEP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEEP_TEST(test_there_and_back),
		KEEP_TEST(test_restore_brings_settings_back),
		KEEP_TEST(test_restore_of_one_content),
		KEEP_TEST(test_cut_off_file),
		KEEP_TEST(test_lost_settings),
		KEEP_TEST(test_without_backup),
		KEEP_TEST(test_backup_alone),
		KEEP_TEST(test_calibration),
		KEEP_TEST(test_large_memory),
		KEEP_TEST(test_blank_unit),
		KEEP_TEST(test_damaged_backup),
		KEEP_TEST(test_changed_record),
		KEEP_TEST(test_of_another_unit),
		KEEP_TEST(test_of_another_model),
		KEEP_TEST(test_of_a_unit_without_an_id),
		KEEP_TEST(test_no_such_backup),
		KEEP_TEST(test_only_incomplete),
		KEEP_TEST(test_cut_everywhere),
		KEEP_TEST(test_rollback_cut_everywhere),
		KEEP_TEST(test_settings_lost_before),
		KEEP_TEST(test_settings_lost_before_with_checksum),
		KEEP_TEST(test_what_is_there_is_compared),
		KEEP_TEST(test_another_file_afterwards),
		KEEP_TEST(test_another_tool_afterwards),
		KEEP_TEST(test_half_that_runs),
		KEEP_TEST(test_another_unit_afterwards),
		KEEP_TEST(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

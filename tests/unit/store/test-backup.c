/* Backups: their bytes come back right or not at all, whoever writes at the same time and whatever
 * happens to the disk; and a file of the first schema takes them. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CONTENT "the settings of a unit"

static unsigned folders_synced;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	struct stat status;

	folders_synced += fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
	return __real_fsync(fd);
}

static struct fm_backup backup_of(int64_t job, const char *kind, size_t len)
{
	struct fm_backup backup = { .job = job, .addr = 0x100, .len = len };

	fm_text_copy(backup.kind, sizeof(backup.kind), kind);
	fm_text_copy(backup.region, sizeof(backup.region), "eeprom");
	fm_text_copy(backup.space, sizeof(backup.space), "eeprom");
	return backup;
}

/* Where its content lies. */
static void backup_path(const struct scratch *scratch, const struct fm_backup *backup,
			char ret_path[200])
{
	snprintf(ret_path, 200, "%s/backups/%.2s/%s", scratch->folder, backup->sha256,
		 backup->sha256);
}

/* A job with one backup of CONTENT; it has not ended. */
static struct fm_backup backup_begin(struct fm_store *store, struct fm_record *record,
				     const char *unit)
{
	struct fm_backup backup;
	struct fm_error err;

	*record = scratch_record("flash", "m", "p");
	fm_text_copy(record->unit, sizeof(record->unit), unit);
	assert_success(fm_store_begin(store, record, &err));
	backup = backup_of(record->id, "firmware", strlen(CONTENT));
	assert_success(fm_store_backup_add(store, &backup, CONTENT, &err));
	return backup;
}

static void backup_end(struct fm_store *store, struct fm_record *record, const char *outcome,
		       const char *state)
{
	struct fm_error err;

	fm_text_copy(record->outcome, sizeof(record->outcome), outcome);
	fm_text_copy(record->unit_state, sizeof(record->unit_state), state);
	assert_success(fm_store_end(store, record, &err));
}

static void test_comes_back(void **state)
{
	const struct scratch *scratch = *state;
	FM_FREE struct fm_backup *list = NULL;
	FM_FREE uint8_t *data = NULL;
	struct fm_backup_filter filter = { .unit = "u1", .kind = "firmware" };
	struct fm_backup backup;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;
	struct stat status;
	char path[200];
	size_t count;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup = backup_begin(store, &record, "u1");
	backup_path(scratch, &backup, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_success(fm_store_backups(store, &filter, &list, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(list[0].job, record.id);
	assert_string_equal(list[0].sha256, backup.sha256);
	assert_string_equal(list[0].space, "eeprom");
	assert_string_equal(list[0].model, "m");
	assert_int_equal(list[0].addr, 0x100);
	assert_true(list[0].made_utc[0] == '2');
	assert_success(fm_store_backup_read(store, &list[0], &data, &err));
	assert_memory_equal(data, CONTENT, strlen(CONTENT));
	fm_store_close(store);
}

static void test_filters(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_backup_filter filters[] = { { .job = 2 },
					      { .unit = "other" },
					      { .model = "other" },
					      { .kind = "configuration" },
					      { .sha256 = "0123" } };
	FM_FREE struct fm_backup *list = NULL;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup_begin(store, &record, "u1");
	for (size_t i = 0; i < FM_COUNT(filters); i++) {
		assert_success(fm_store_backups(store, &filters[i], &list, &count, &err));
		assert_int_equal(count, 0);
		free(list);
		list = NULL;
	}
	fm_store_close(store);
}

/* Changed, cut, or gone: said, and nothing given. The next backup of the same content mends it. */
static void test_damage_is_found(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_backup backup;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;
	char path[200];
	uint8_t *data;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup = backup_begin(store, &record, "u1");
	backup_path(scratch, &backup, path);
	scratch_write(path, "the settings of a Unit", strlen(CONTENT));
	assert_false(fm_store_backup_read(store, &backup, &data, &err));
	assert_int_equal(err.code, FM_BACKUP);
	assert_non_null(strstr(err.text, "was changed"));
	assert_null(data);
	scratch_write(path, CONTENT, 5);
	assert_false(fm_store_backup_read(store, &backup, &data, &err));
	assert_int_equal(unlink(path), 0);
	assert_false(fm_store_backup_read(store, &backup, &data, &err));
	assert_int_equal(err.os, ENOENT);
	assert_non_null(strstr(err.text, path));
	scratch_write(path, CONTENT, 5);
	assert_success(fm_store_backup_add(store, &backup, CONTENT, &err));
	assert_success(fm_store_backup_read(store, &backup, &data, &err));
	free(data);
	fm_store_close(store);
}

/* What a killed program left half written goes away in time; what is being written does not. */
static void test_leftovers(void **state)
{
	const struct scratch *scratch = *state;
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct fm_backup backup;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;
	char path[200], left[220], other[220];

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup = backup_begin(store, &record, "u1");
	backup_path(scratch, &backup, path);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	snprintf(left, sizeof(left), "%s/.new-aaaaaa", path);
	snprintf(other, sizeof(other), "%s/.new-bbbbbb", path);
	scratch_write(left, "x", 1);
	scratch_write(other, "x", 1);
	assert_int_equal(utimensat(AT_FDCWD, left, old, 0), 0);
	assert_success(fm_store_backup_add(store, &backup, CONTENT, &err));
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0);
	fm_store_close(store);
}

/* The name may be another program's, which was killed before its folder was on the disk. */
static void test_content_that_is_there(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup_begin(store, &record, "u1");
	folders_synced = 0;
	backup_begin(store, &record, "u2");
	assert_int_equal(folders_synced, 1);
	fm_store_close(store);
}

/* A record that is closed takes no backup any more. */
static void test_ended_job(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_backup backup;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup = backup_begin(store, &record, "u1");
	backup_end(store, &record, "PASS", "verified");
	assert_false(fm_store_backup_add(store, &backup, CONTENT, &err));
	assert_int_equal(err.code, FM_RECORD);
	fm_store_close(store);
}

/* Which backup is the one to go back to. */
static void test_before(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record first, second, found, asked = scratch_record("rollback", "m", "p");
	struct fm_store *store;
	struct fm_error err;
	unsigned since;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	fm_text_copy(asked.unit, sizeof(asked.unit), "u1");
	assert_false(fm_store_backup_before(store, &asked, "firmware", &found, &since, &err));
	assert_int_equal(err.code, FM_OK);
	backup_begin(store, &first, "u1");
	backup_end(store, &first, "PASS", "verified");
	backup_begin(store, &second, "u2");
	backup_end(store, &second, "UNCLEAR", "partial");
	assert_success(fm_store_backup_before(store, &asked, "firmware", &found, &since, &err));
	assert_int_equal(found.id, first.id);
	assert_int_equal(since, 0);
	/* a unit without an id is not the one with an id */
	asked.unit[0] = '\0';
	assert_false(fm_store_backup_before(store, &asked, NULL, &found, &since, &err));
	/* written since, and nothing kept of what was there */
	second = scratch_record("flash", "m", "p");
	fm_text_copy(second.unit, sizeof(second.unit), "u1");
	fm_text_copy(second.plan_sha256, sizeof(second.plan_sha256), "other");
	second.bytes_written = 5;
	assert_success(fm_store_begin(store, &second, &err));
	backup_end(store, &second, "PASS", "verified");
	fm_text_copy(asked.unit, sizeof(asked.unit), "u1");
	assert_success(fm_store_backup_before(store, &asked, NULL, &found, &since, &err));
	assert_int_equal(found.id, first.id);
	assert_int_equal(since, 1);
	fm_store_close(store);
}

/* What a job had left half written is nothing to go back to unless it is asked for. */
static void test_before_incomplete(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record whole, half, found, asked = scratch_record("restore", "m", "p");
	struct fm_backup backup;
	struct fm_store *store;
	struct fm_error err;
	unsigned since;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup_begin(store, &whole, "u1");
	backup_end(store, &whole, "UNCLEAR", "partial");
	half = scratch_record("flash", "m", "p");
	fm_text_copy(half.unit, sizeof(half.unit), "u1");
	assert_success(fm_store_begin(store, &half, &err));
	backup = backup_of(half.id, "incomplete", strlen(CONTENT));
	assert_success(fm_store_backup_add(store, &backup, CONTENT, &err));
	backup_end(store, &half, "PASS", "verified");
	fm_text_copy(asked.unit, sizeof(asked.unit), "u1");
	assert_success(fm_store_backup_before(store, &asked, NULL, &found, &since, &err));
	assert_int_equal(found.id, whole.id);
	assert_success(fm_store_backup_before(store, &asked, "incomplete", &found, &since, &err));
	assert_int_equal(found.id, half.id);
	fm_store_close(store);
}

/* The job that left a unit as it is: by its id, at whatever port; else by the port. */
static void test_left_in_doubt(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record left, found, asked = scratch_record("flash", "m", "q");
	FM_FREE struct fm_record *doubts = NULL;
	struct fm_store *store;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	backup_begin(store, &left, "u1");
	backup_end(store, &left, "UNCLEAR", "partial");
	assert_false(fm_store_before(store, &asked, &found, &err));
	assert_int_equal(err.code, FM_OK);
	fm_text_copy(asked.unit, sizeof(asked.unit), "u1");
	assert_success(fm_store_before(store, &asked, &found, &err));
	assert_int_equal(found.id, left.id);
	fm_text_copy(asked.port, sizeof(asked.port), "p");
	fm_text_copy(asked.unit, sizeof(asked.unit), "u2");
	assert_false(fm_store_before(store, &asked, &found, &err));
	/* written to its end at another port: no doubt is left at the first one */
	left = scratch_record("flash", "m", "q");
	fm_text_copy(left.unit, sizeof(left.unit), "u1");
	assert_success(fm_store_begin(store, &left, &err));
	backup_end(store, &left, "PASS", "verified");
	assert_success(fm_store_in_doubt(store, &doubts, &count, &err));
	assert_int_equal(count, 0);
	fm_store_close(store);
}

/* --- a file that the first release wrote --- */

static void test_schema_1(void **state)
{
	const struct scratch *scratch = *state;
	const char *source = getenv("FM_SRC");
	struct fm_record *records;
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;
	char command[400];
	size_t count, checked;

	if (system("command -v sqlite3 >/dev/null") != 0) {
		print_message("needs sqlite3\n");
		skip();
	}
	snprintf(command, sizeof(command), "sqlite3 %s <'%s/tests/unit/store/schema-1.sql'",
		 scratch->path, source ? source : ".");
	assert_int_equal(system(command), 0);
	assert_int_equal(scratch_number(scratch->path, "PRAGMA user_version"), 1);
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, 2);
	assert_success(fm_store_list(store, NULL, &records, &count, &err));
	assert_int_equal(count, 2);
	assert_string_equal(records[0].backup, "");
	free(records);
	backup_begin(store, &record, "u1");
	backup_end(store, &record, "PASS", "verified");
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, 3);
	fm_store_close(store);
	assert_int_equal(scratch_number(scratch->path, "PRAGMA user_version"), 5);
	snprintf(command, sizeof(command), "sqlite3 %s 'PRAGMA integrity_check' | grep -qx ok",
		 scratch->path);
	assert_int_equal(system(command), 0);
}

static int backup_read_old(const struct scratch *scratch, void *data)
{
	struct fm_store *store;
	struct fm_error err = { 0 };

	(void)data;
	CHILD_CHECK(geteuid() != 0 || setuid(65534) == 0);
	CHILD_CHECK(!fm_store_open(scratch->path, false, &store, &err));
	CHILD_CHECK(err.code == FM_RECORD && strstr(err.text, "older flashmend"));
	return 0;
}

/* Read where nothing can be written: said, the file left as it is. */
static void test_schema_1_for_reading(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	fm_store_close(store);
	scratch_sql(scratch->path, "PRAGMA user_version=1");
	assert_int_equal(chmod(scratch->path, 0444), 0);
	assert_int_equal(chmod(scratch->folder, 0555), 0);
	assert_int_equal(scratch_run(backup_read_old, scratch, NULL), 0);
	assert_int_equal(chmod(scratch->folder, 0700), 0);
	assert_int_equal(scratch_number(scratch->path, "PRAGMA user_version"), 1);
}

/* --- many at once --- */

enum { WRITERS = 20, BACKUPS_EACH = 4 };

/* Each stores what all the others store too, and something of its own. */
static int backup_writer(const struct scratch *scratch, void *data)
{
	int number = *(const int *)data;
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store;
	struct fm_error err = { 0 };
	char content[4000];

	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(fm_store_begin(store, &record, &err));
	for (int i = 0; i < BACKUPS_EACH; i++) {
		struct fm_backup backup = backup_of(record.id, "firmware", sizeof(content));

		memset(content, i % 2 ? 'a' + i : 'A' + number, sizeof(content));
		CHILD_CHECK(fm_store_backup_add(store, &backup, content, &err));
	}
	fm_text_copy(record.outcome, sizeof(record.outcome), "PASS");
	CHILD_CHECK(fm_store_end(store, &record, &err));
	fm_store_close(store);
	return 0;
}

static void test_many_writers(void **state)
{
	const struct scratch *scratch = *state;
	FM_FREE struct fm_backup *list = NULL;
	struct fm_backup_filter all = { 0 };
	pid_t writers[WRITERS];
	struct fm_store *store;
	struct fm_error err;
	size_t count, checked;
	char command[200];

	for (int i = 0; i < WRITERS; i++)
		writers[i] = scratch_start(backup_writer, scratch, &i);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(scratch_wait(writers[i]), 0);
	assert_success(fm_store_open(scratch->path, false, &store, &err));
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, WRITERS);
	assert_success(fm_store_backups(store, &all, &list, &count, &err));
	assert_int_equal(count, WRITERS * BACKUPS_EACH);
	for (size_t i = 0; i < count; i++) {
		uint8_t *data;

		assert_success(fm_store_backup_read(store, &list[i], &data, &err));
		free(data);
	}
	fm_store_close(store);
	/* each content once, and nothing half written beside it */
	snprintf(command, sizeof(command), "test $(find %s/backups -type f | wc -l) -eq %d",
		 scratch->folder, WRITERS + BACKUPS_EACH / 2);
	assert_int_equal(system(command), 0);
}

/* --- disks --- */

static int backup_full_disk(const struct scratch *scratch, void *data)
{
	static const char content[200 << 10] = "more than there is room for";
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_backup backup = backup_of(1, "firmware", sizeof(content));
	struct fm_store *store;
	struct fm_error err = { 0 };
	char command[200];

	(void)data;
	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(fm_store_begin(store, &record, &err));
	CHILD_CHECK(!fm_store_backup_room(store, sizeof(content), &err));
	CHILD_CHECK(err.code == FM_NO_ROOM && strstr(err.text, "are free"));
	CHILD_CHECK(!fm_store_backup_add(store, &backup, content, &err));
	CHILD_CHECK(err.code == FM_BACKUP && err.os == ENOSPC && strstr(err.hint, "Make room"));
	snprintf(command, sizeof(command), "test -z \"$(find %s/backups -type f)\"",
		 scratch->folder);
	CHILD_CHECK(system(command) == 0);
	/* the record can still be ended: it says why there is no backup */
	fm_text_copy(record.outcome, sizeof(record.outcome), "NONE");
	CHILD_CHECK(fm_store_end(store, &record, &err));
	fm_store_close(store);
	return 0;
}

static void test_full_disk(void **state)
{
	scratch_run_on_tmpfs("size=256k", backup_full_disk, *state);
}

static void test_no_room(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_backup_room(store, 1000, &err));
	assert_false(fm_store_backup_room(store, UINT64_MAX / 2, &err));
	assert_int_equal(err.code, FM_NO_ROOM);
	fm_store_close(store);
}

/* A file where the folder should be: the reason is told, and no row is left behind. */
static void test_no_folder(void **state)
{
	const struct scratch *scratch = *state;
	FM_FREE struct fm_backup *list = NULL;
	struct fm_backup_filter all = { 0 };
	struct fm_backup backup;
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store;
	struct fm_error err;
	size_t count;
	char path[120];

	snprintf(path, sizeof(path), "%s/backups", scratch->folder);
	scratch_write(path, "x", 1);
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_begin(store, &record, &err));
	backup = backup_of(record.id, "firmware", strlen(CONTENT));
	assert_false(fm_store_backup_add(store, &backup, CONTENT, &err));
	assert_int_equal(err.code, FM_BACKUP);
	assert_non_null(strstr(err.text, path));
	assert_success(fm_store_backups(store, &all, &list, &count, &err));
	assert_int_equal(count, 0);
	fm_store_close(store);
}

#define BACKUP_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BACKUP_TEST(test_comes_back),
		BACKUP_TEST(test_filters),
		BACKUP_TEST(test_damage_is_found),
		BACKUP_TEST(test_leftovers),
		BACKUP_TEST(test_content_that_is_there),
		BACKUP_TEST(test_ended_job),
		BACKUP_TEST(test_before),
		BACKUP_TEST(test_before_incomplete),
		BACKUP_TEST(test_left_in_doubt),
		BACKUP_TEST(test_schema_1),
		BACKUP_TEST(test_schema_1_for_reading),
		BACKUP_TEST(test_many_writers),
		BACKUP_TEST(test_full_disk),
		BACKUP_TEST(test_no_room),
		BACKUP_TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

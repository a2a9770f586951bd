/* The chain of records, and that tampering is found. */
#include "scratch.h"

#include <string.h>

enum { RECORDS = 4 };

/* Four chained records of two phases each, one that runs; then the file's bytes, to start from. */
struct pristine {
	const struct scratch *scratch;
	unsigned char *data;
	size_t len;
};

static void chain_prepare(void **state, struct pristine *ret)
{
	struct fm_backup backup = { .kind = "configuration", .space = "eeprom", .len = 8 };
	struct fm_record record;
	struct fm_store *store;
	struct fm_error err;

	ret->scratch = *state;
	assert_success(fm_store_open(ret->scratch->path, true, &store, &err));
	for (int i = 0; i < RECORDS; i++) {
		record = scratch_record("flash", "arduino-uno", "usb:1-2");
		record.bytes_written = 28672;
		fm_text_copy(record.text, sizeof(record.text), "\"quoted\" / caf\xc3\xa9 \\");
		assert_success(fm_store_begin(store, &record, &err));
		assert_success(fm_store_phase_begin(store, record.id, "erase", "", &err));
		assert_success(fm_store_phase_end(store, record.id, "erase", 0, &err));
		assert_success(fm_store_phase_begin(store, record.id, "write", "", &err));
		backup.job = record.id;
		assert_success(fm_store_backup_add(store, &backup, "settings", &err));
		fm_text_copy(record.outcome, sizeof(record.outcome), "PASS");
		assert_success(fm_store_end(store, &record, &err));
	}
	assert_success(fm_store_begin(store, &record, &err));
	fm_store_close(store);
	ret->data = scratch_read(ret->scratch->path, &ret->len);
}

/* After this was done to the file; *err tells what verify said. */
static bool chain_verify_after(const struct pristine *pristine, const char *sql,
			       size_t *ret_checked, struct fm_error *err)
{
	struct fm_store *store;
	bool good;

	scratch_write(pristine->scratch->path, pristine->data, pristine->len);
	scratch_sql(pristine->scratch->path, sql);
	if (!fm_store_open(pristine->scratch->path, false, &store, err))
		fail_msg("%s: %s", sql, err->text);
	fm_error_clear(err);
	good = fm_store_verify(store, ret_checked, err);
	fm_store_close(store);
	return good;
}

static void chain_found(const struct pristine *pristine, const char *sql, size_t before,
			const char *text)
{
	struct fm_error err;
	size_t checked;

	if (chain_verify_after(pristine, sql, &checked, &err))
		fail_msg("not found: %s", sql);
	if (err.code != FM_CHAIN || checked != before || !strstr(err.text, text))
		fail_msg("%s: after %zu: E%d '%s', not '%s'", sql, checked,
			 fm_error_info(err.code)->number, err.text, text);
}

static void test_links(void **state)
{
	struct pristine pristine;
	struct fm_record *records;
	struct fm_store *store;
	struct fm_error err;
	size_t count, checked;

	chain_prepare(state, &pristine);
	assert_success(fm_store_open(pristine.scratch->path, true, &store, &err));
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, RECORDS);
	assert_success(fm_store_list(store, NULL, &records, &count, &err));
	assert_string_equal(records[0].hash, ""); /* runs */
	for (int i = 1; i < RECORDS; i++) {
		assert_string_equal(records[i].previous, records[i + 1].hash);
		assert_int_equal(records[i].chain, records[i + 1].chain + 1);
	}
	assert_string_equal(records[RECORDS].previous, "");
	free(records);
	fm_store_close(store);
	free(pristine.data);
}

/* Cut off with all that tells of it: the chain is whole, but a hash that was kept is gone. */
static void test_cut_off(void **state)
{
	static const char cut[] =
		"DELETE FROM phase WHERE job > 3; DELETE FROM backup WHERE job > 3;"
		"DELETE FROM job WHERE id > 3; UPDATE sqlite_sequence SET seq = 3";
	char before[FM_SHA256_TEXT], hash[FM_SHA256_TEXT];
	struct pristine pristine;
	struct fm_store *store;
	struct fm_error err;
	size_t checked;
	int64_t id;

	chain_prepare(state, &pristine);
	assert_success(fm_store_open(pristine.scratch->path, false, &store, &err));
	assert_success(fm_store_newest(store, &id, before, &err));
	assert_int_equal(id, 4);
	assert_success(fm_store_holds(store, before, &id, &err));
	assert_int_equal(id, 4);
	fm_store_close(store);
	assert_success(chain_verify_after(&pristine, cut, &checked, &err));
	assert_success(fm_store_open(pristine.scratch->path, false, &store, &err));
	assert_success(fm_store_newest(store, &id, hash, &err));
	assert_int_equal(id, 3);
	assert_string_not_equal(hash, before);
	hash[20] = '\0';
	assert_success(fm_store_holds(store, hash, &id, &err));
	assert_int_equal(id, 3);
	assert_false(fm_store_holds(store, before, &id, &err));
	assert_int_equal(err.code, FM_CHAIN);
	fm_store_close(store);
	free(pristine.data);
}

/* The chain goes in the order of ends, whatever the order of begins. */
static void test_order_of_ends(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record records[3];
	struct fm_store *store;
	struct fm_error err;
	size_t checked;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	for (int i = 0; i < 3; i++) {
		records[i] = scratch_record("flash", "m", "p");
		assert_success(fm_store_begin(store, &records[i], &err));
		strcpy(records[i].outcome, "PASS");
	}
	for (int i = 2; i >= 0; i--)
		assert_success(fm_store_end(store, &records[i], &err));
	assert_int_equal(records[0].chain, 3);
	assert_string_equal(records[0].previous, records[1].hash);
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, 3);
	fm_store_close(store);
}

/* Name of the table's column at this place; true in *ret_text when it holds text. False: no more.
 */
static bool chain_column(const struct pristine *pristine, const char *table, int at,
			 char ret_name[40], bool *ret_text)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	bool found;

	assert_int_equal(sqlite3_open(pristine->scratch->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT name, type = 'TEXT' FROM pragma_table_info(?)"
					    " WHERE cid = ?",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 2, at);
	found = sqlite3_step(stmt) == SQLITE_ROW;
	if (found)
		fm_store_sql_copy_text(stmt, 0, ret_name, 40);
	*ret_text = sqlite3_column_int(stmt, 1);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return found;
}

/* Any change of any column of a record or of its phases: a letter more, or a number off by 77. */
static int chain_change_all(const struct pristine *pristine, const char *table, const char *where)
{
	char sql[300], name[40];
	bool text;
	int i;

	for (i = 0; chain_column(pristine, table, i, name, &text); i++) {
		snprintf(sql, sizeof(sql),
			 "PRAGMA foreign_keys=OFF; UPDATE %s SET %s = ifnull(%s, '') %s 77 %s",
			 table, name, name, text ? "||" : "+", where);
		chain_found(pristine, sql, 1, "record");
	}
	return i;
}

static void test_every_column_counts(void **state)
{
	struct pristine pristine;

	chain_prepare(state, &pristine);
	assert_int_equal(chain_change_all(&pristine, "job", "WHERE id = 2"), 47);
	assert_int_equal(chain_change_all(&pristine, "phase", "WHERE job = 2 AND number = 1"), 9);
	assert_int_equal(chain_change_all(&pristine, "backup", "WHERE job = 2 AND number = 1"), 10);
	free(pristine.data);
}

static void test_changes_are_found(void **state)
{
	static const struct {
		const char *sql;
		size_t before;
		const char *text;
	} changes[] = {
		{ "UPDATE job SET outcome = 'FAIL' WHERE id = 3", 2, "record 3 was changed" },
		{ "UPDATE job SET outcome = 'FAIL' WHERE id = 1", 0, "record 1 was changed" },
		{ "UPDATE job SET hash = 'x' || substr(hash, 2)", 0, "record 1 was changed" },
		{ "UPDATE job SET text = CAST(x'ff' AS TEXT) WHERE id = 2", 1, "never writes" },
		{ "UPDATE job SET text = text || char(0) || 'x' WHERE id = 2", 1, "record 2" },
		{ "DELETE FROM phase WHERE job = 2 AND number = 2", 1, "record 2 was changed" },
		{ "INSERT INTO phase VALUES(2, 3, 'verify', '', '', 1, '', 2, 0)", 1, "record 2" },
		{ "UPDATE phase SET code = 410 WHERE job = 4 AND number = 1", 3, "record 4" },
		{ "UPDATE phase SET number = 5 - number WHERE job = 2", 1, "record 2 was changed" },
		/* taken out: at the start, within, at the end, and all */
		{ "DELETE FROM phase WHERE job = 1; DELETE FROM job WHERE id = 1", 0,
		  "before record 2" },
		{ "DELETE FROM phase WHERE job = 2; DELETE FROM job WHERE id = 2", 1,
		  "before record 3" },
		{ "DELETE FROM phase WHERE job = 4; DELETE FROM job WHERE id = 4", 3,
		  "record 4 was taken out" },
		{ "DELETE FROM phase; DELETE FROM job", 0, "record 1 was taken out" },
		/* one that had begun and never ended */
		{ "DELETE FROM job WHERE id = 5", 4, "record 5 was taken out" },
		{ "DELETE FROM job WHERE id = 5; UPDATE sqlite_sequence SET seq = 3", 4,
		  "number of records was changed" },
		{ "UPDATE job SET chain = NULL WHERE id = 4", 3, "taken out of the chain" },
		{ "UPDATE job SET chain = NULL WHERE id = 2", 1, "before record 3" },
		/* moved, with the places or with the links put right */
		{ "UPDATE job SET chain = 9 WHERE id = 2; UPDATE job SET chain = 2 WHERE id = 3;"
		  "UPDATE job SET chain = 3 WHERE id = 2",
		  1, "record 3 was changed" },
		{ "UPDATE job SET chain = chain + 10 WHERE chain > 2;", 2, "before record 3" },
		/* put in: a copy of one */
		{ "INSERT INTO job SELECT 6, verb, model, port, unit, chip, loader, file,"
		  " file_sha256, plan_sha256, version_before, version_after, version_expected,"
		  " allowed, operator_name, station, ticket, tool_version, verify, bytes_written,"
		  " bytes_verified, bytes_blank_proved, bytes_not_tested, retries, start_utc,"
		  " start_mono_ns, boot_id, pid, pid_start, outcome, code, text, hint, unit_state,"
		  " end_utc, end_mono_ns, 5, previous, hash, backup, kept, source, slot, "
		  "post_checks, answers, options, not_tested FROM job "
		  "WHERE "
		  "id = 4",
		  4, "record 6 was changed" },
		/* a column that was not there */
		{ "ALTER TABLE job ADD COLUMN remark TEXT; UPDATE job SET remark = 'x' WHERE id=2",
		  1, "record 2 was changed" },
	};
	struct pristine pristine;

	chain_prepare(state, &pristine);
	for (size_t i = 0; i < FM_COUNT(changes); i++)
		chain_found(&pristine, changes[i].sql, changes[i].before, changes[i].text);
	free(pristine.data);
}

/* A whole record that was forged with a right hash of its own breaks the link of the next. */
static void test_forged_hash(void **state)
{
	struct pristine pristine;
	struct fm_store *store;
	struct fm_error err;
	char hash[FM_SHA256_TEXT], sql[200];
	struct fm_record record;
	struct fm_phase_record *phases;
	size_t count;

	chain_prepare(state, &pristine);
	scratch_sql(pristine.scratch->path, "UPDATE job SET outcome = 'FAIL' WHERE id = 2");
	assert_success(fm_store_open(pristine.scratch->path, false, &store, &err));
	assert_success(fm_store_get(store, 2, &record, &phases, &count, &err));
	assert_success(fm_store_chain_hash(store, 2, record.previous, hash, &err));
	free(phases);
	fm_store_close(store);
	snprintf(sql, sizeof(sql), "UPDATE job SET outcome='FAIL', hash='%s' WHERE id = 2", hash);
	chain_found(&pristine, sql, 2, "record 3 does not follow the record before it");
	free(pristine.data);
}

/* A later schema adds columns; old records, where they are NULL, keep their hashes. */
static void test_new_columns_keep_old_hashes(void **state)
{
	struct pristine pristine;
	struct fm_error err;
	size_t checked;

	chain_prepare(state, &pristine);
	assert_success(chain_verify_after(&pristine, "ALTER TABLE job ADD COLUMN shelf TEXT",
					  &checked, &err));
	assert_int_equal(checked, RECORDS);
	free(pristine.data);
}

/* doc/records.md holds a program of its own to check the chain: it agrees, in both cases. */
static void test_documented_check(void **state)
{
	const char *source = getenv("FM_SRC");
	struct pristine pristine;
	char command[600];

	if (system("python3 -c 'import sqlite3' 2>/dev/null") != 0) {
		print_message("needs python3\n");
		skip();
	}
	chain_prepare(state, &pristine);
	snprintf(command, sizeof(command),
		 "sed -n '/^```python$/,/^```$/{/^```/!p}' '%s/doc/records.md' >%s/check.py &&"
		 " python3 %s/check.py %s | grep -q '^4 records are right'",
		 source ? source : ".", pristine.scratch->folder, pristine.scratch->folder,
		 pristine.scratch->path);
	assert_int_equal(system(command), 0);
	scratch_sql(pristine.scratch->path, "UPDATE phase SET detail = 'x' WHERE job = 3");
	snprintf(command, sizeof(command),
		 "python3 %s/check.py %s 2>&1 | grep -q '^record 3 was changed'",
		 pristine.scratch->folder, pristine.scratch->path);
	assert_int_equal(system(command), 0);
	free(pristine.data);
}

#define CHAIN_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(test_links),
		CHAIN_TEST(test_order_of_ends),
		CHAIN_TEST(test_cut_off),
		CHAIN_TEST(test_every_column_counts),
		CHAIN_TEST(test_changes_are_found),
		CHAIN_TEST(test_forged_hash),
		CHAIN_TEST(test_new_columns_keep_old_hashes),
		CHAIN_TEST(test_documented_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

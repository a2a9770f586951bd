/* Ports that a bench has given names, and records of what was done there. */
#include "scratch.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

static struct fm_store *slots_open(const struct scratch *scratch)
{
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	return store;
}

static void assert_refused(struct fm_store *store, const char *place, const char *name,
			   const char *text)
{
	struct fm_error err = { 0 };

	assert_false(fm_store_slot_set(store, place, name, &err));
	assert_int_equal(err.code, FM_USAGE);
	assert_non_null(strstr(err.text, text));
}

static void names_are_kept(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_store *store = slots_open(scratch);
	FM_FREE struct fm_slot *slots = NULL;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_slot_set(store, "usb 1-1.4", "B2", &err));
	assert_success(fm_store_slot_set(store, "/tmp/port", "A1", &err));
	assert_success(fm_store_slot_set(store, "usb 1-1.4", "A2", &err));
	fm_store_close(store);
	store = slots_open(scratch);
	assert_success(fm_store_slots(store, &slots, &count, &err));
	assert_int_equal(count, 2);
	assert_string_equal(slots[0].name, "A1");
	assert_string_equal(slots[0].place, "/tmp/port");
	assert_string_equal(slots[1].name, "A2");
	assert_string_equal(slots[1].place, "usb 1-1.4");
	fm_store_close(store);
}

static void names_are_checked(void **state)
{
	static const char *const wrong[] = { "", "A 1", "-d", "A1/B", "ninechars", "\xc3\xa4" };
	struct fm_store *store = slots_open(*state);
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(wrong); i++)
		assert_refused(store, "usb 1-1", wrong[i], "cannot be called");
	assert_refused(store, "", "A1", "the port must have");
	assert_success(fm_store_slot_set(store, "usb 1-1", "A1", &err));
	assert_refused(store, "usb 1-2", "a1", "slot a1 is the port usb 1-1 already");
	/* the same one in another spelling is the person's business */
	assert_success(fm_store_slot_set(store, "usb 1-1", "a1", &err));
	assert_success(fm_store_slot_set(store, "usb 1-2", "8.chars-", &err));
	fm_store_close(store);
}

static void names_are_taken_back(void **state)
{
	struct fm_store *store = slots_open(*state);
	struct fm_slot *slots;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_slot_set(store, "usb 1-1", "A1", &err));
	assert_success(fm_store_slot_set(store, "usb 1-2", "A2", &err));
	assert_success(fm_store_slot_remove(store, "usb 1-1", &err));
	assert_success(fm_store_slot_remove(store, "a2", &err));
	assert_false(fm_store_slot_remove(store, "A2", &err));
	assert_int_equal(err.code, FM_USAGE);
	assert_success(fm_store_slots(store, &slots, &count, &err));
	assert_int_equal(count, 0);
	free(slots);
	fm_store_close(store);
}

static void records_keep_the_slot(void **state)
{
	struct fm_history_filter filter = { .slot = "a1" };
	struct fm_store *store = slots_open(*state);
	struct fm_record record = scratch_record("flash", "uno", "/dev/ttyACM0");
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count;

	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	record = scratch_record("flash", "uno", "usb 1-1");
	strcpy(record.slot, "A1");
	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	assert_success(fm_store_list(store, &filter, &records, &count, &err));
	assert_int_equal(count, 1);
	assert_string_equal(records[0].slot, "A1");
	assert_string_equal(records[0].port, "usb 1-1");
	assert_success(fm_store_verify(store, &count, &err));
	assert_int_equal(count, 2);
	fm_store_close(store);
}

/* A file of the schema before there were slots: its records keep their hashes. */
static void old_records_stay_right(void **state)
{
	const struct scratch *scratch = *state;
	const char *source = getenv("FM_SRC");
	FM_FREE struct fm_record *records = NULL;
	FM_FREE struct fm_added_port *ports = NULL;
	struct fm_record record = scratch_record("flash", "uno", "usb 1-1");
	struct fm_store *store;
	struct fm_error err;
	char command[400];
	size_t count;

	if (system("command -v sqlite3 >/dev/null") != 0) {
		print_message("needs sqlite3\n");
		skip();
	}
	snprintf(command, sizeof(command), "sqlite3 %s <'%s/tests/unit/store/schema-2.sql'",
		 scratch->path, source ? source : ".");
	assert_int_equal(system(command), 0);
	store = slots_open(scratch);
	assert_success(fm_store_verify(store, &count, &err));
	assert_int_equal(count, 1);
	assert_success(fm_store_list(store, NULL, &records, &count, &err));
	assert_string_equal(records[0].slot, "");
	assert_success(fm_store_ports(store, &ports, &count, &err));
	assert_int_equal(count, 1);
	assert_success(fm_store_slot_set(store, ports[0].path, "A1", &err));
	memcpy(record.slot, "A1", 3);
	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	assert_success(fm_store_verify(store, &count, &err));
	assert_int_equal(count, 2);
	fm_store_close(store);
	assert_int_equal(scratch_number(scratch->path, "PRAGMA user_version"), 5);
}

#define SLOTS_TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SLOTS_TEST(names_are_kept),         SLOTS_TEST(names_are_checked),
		SLOTS_TEST(names_are_taken_back),   SLOTS_TEST(records_keep_the_slot),
		SLOTS_TEST(old_records_stay_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

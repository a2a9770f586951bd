#include "scratch.h"

#include <string.h>
#include <time.h>

/* The wall clock as the store sees it; everything else is real. */
static int64_t wall_offset_s;

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int code = __real_clock_gettime(clock, ret);

	if (clock == CLOCK_REALTIME)
		ret->tv_sec += wall_offset_s;
	return code;
}

static struct fm_store *record_open(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_store *store;
	struct fm_error err;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	return store;
}

#define TEXT(member)                                                                               \
	{                                                                                          \
		offsetof(struct fm_record, member), sizeof(((struct fm_record *)NULL)->member)     \
	}

/* Every text of a record: first what the caller says, then what the store fills in. */
static const struct {
	size_t offset, size;
} record_texts[] = {
	TEXT(verb),         TEXT(model),          TEXT(port),          TEXT(unit),
	TEXT(chip),         TEXT(loader),         TEXT(file),          TEXT(file_sha256),
	TEXT(plan_sha256),  TEXT(version_before), TEXT(version_after), TEXT(version_expected),
	TEXT(allowed),      TEXT(operator_name),  TEXT(station),       TEXT(ticket),
	TEXT(tool_version), TEXT(verify),         TEXT(backup),        TEXT(kept),
	TEXT(outcome),      TEXT(text),           TEXT(hint),          TEXT(unit_state),
	TEXT(start_utc),    TEXT(end_utc),        TEXT(boot_id),       TEXT(hash),
	TEXT(previous),
};

enum { RECORD_CALLERS = 24 };

/* Full to the last byte, and different from its neighbours. */
static void record_fill_text(char *text, size_t size, unsigned seed)
{
	for (size_t i = 0; i + 1 < size; i++)
		text[i] = (char)('!' + (i * 7 + seed) % 94);
	text[size - 1] = '\0';
}

static void record_fill(struct fm_record *record, unsigned seed)
{
	for (size_t i = 0; i < RECORD_CALLERS; i++)
		record_fill_text((char *)record + record_texts[i].offset, record_texts[i].size,
				 seed++);
	record->bytes_written = UINT64_MAX;
	record->bytes_verified = 0xfffffff0u + seed++;
	record->bytes_blank_proved = 0xfffffff0u + seed++;
	record->bytes_not_tested = 0xfffffff0u + seed++;
	record->retries = UINT32_MAX - seed;
	record->code = -1;
}

static void record_same(const struct fm_record *a, const struct fm_record *b)
{
	for (size_t i = 0; i < FM_COUNT(record_texts); i++)
		assert_string_equal((const char *)a + record_texts[i].offset,
				    (const char *)b + record_texts[i].offset);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->bytes_written, b->bytes_written);
	assert_int_equal(a->bytes_verified, b->bytes_verified);
	assert_int_equal(a->bytes_blank_proved, b->bytes_blank_proved);
	assert_int_equal(a->bytes_not_tested, b->bytes_not_tested);
	assert_int_equal(a->retries, b->retries);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->start_mono_ns, b->start_mono_ns);
	assert_int_equal(a->end_mono_ns, b->end_mono_ns);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->pid_start, b->pid_start);
	assert_int_equal(a->chain, b->chain);
}

static struct fm_record record_get(struct fm_store *store, int64_t id)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	struct fm_record record;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_get(store, id, &record, &phases, &count, &err));
	return record;
}

/* Every field comes back, through another handle: at the begin, after an update, after the end. */
static void test_round_trip(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = { 0 }, back;
	struct fm_error err;

	record_fill(&record, 1);
	assert_success(fm_store_begin(store, &record, &err));
	assert_int_equal(record.id, 1);
	assert_int_equal(record.pid, getpid());
	assert_true(record.pid_start > 0);
	assert_int_equal(strlen(record.boot_id), 36);
	back = record_get(store, 1);
	assert_string_equal(back.outcome, "");
	assert_string_equal(back.unit_state, "");
	assert_string_equal(back.text, "");
	assert_string_equal(back.file, record.file);
	assert_string_equal(back.hash, "");

	record_fill(&record, 40);
	assert_success(fm_store_update(store, &record, &err));
	back = record_get(store, 1);
	assert_string_equal(back.ticket, record.ticket);
	assert_true(back.bytes_written == UINT64_MAX);
	assert_string_equal(back.outcome, "");

	record_fill(&record, 80);
	assert_success(fm_store_end(store, &record, &err));
	assert_int_equal(strlen(record.hash), 64);
	assert_string_equal(record.previous, "");
	assert_int_equal(record.chain, 1);
	fm_store_close(store);
	store = record_open(state);
	back = record_get(store, 1);
	record_same(&record, &back);
	fm_store_close(store);
}

static void test_times(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_error err;
	struct tm tm = { 0 };
	const char *rest;

	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	rest = strptime(record.start_utc, "%Y-%m-%dT%H:%M:%S", &tm);
	assert_non_null(rest);
	assert_int_equal(strlen(rest), 5);
	assert_true(rest[0] == '.' && rest[4] == 'Z');
	assert_true(labs(timegm(&tm) - time(NULL)) < 30);
	assert_true(strcmp(record.start_utc, record.end_utc) <= 0);
	assert_true(record.start_mono_ns < record.end_mono_ns);
	fm_store_close(store);
}

/* What a unit or a person says can neither break the SQL nor the terminal that shows it. */
static void test_hostile_texts(void **state)
{
	static const struct {
		const char *given, *stored;
	} texts[] = {
		{ "'; DROP TABLE job; --", "'; DROP TABLE job; --" },
		{ "\"quoted\" \\ %s %n", "\"quoted\" \\ %s %n" },
		{ "two\nlines\r\ttab", "two.lines..tab" },
		{ "\033[2J\033]0;x\007", ".[2J.]0;x." },
		{ "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x94\x8c",
		  "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x94\x8c" },
		{ "\xff\xfe\x80", "..." },             /* never in UTF-8 */
		{ "\xc0\xaf \xe0\x80\xaf", ".. ..." }, /* longer than needed */
		{ "\xed\xa0\x80", "..." },             /* half of a pair */
		{ "\xf4\x90\x80\x80", "...." },        /* above the last character */
		{ "cut \xe6\xbc", "cut .." },
		{ "\xc2\x9b"
		  "1m",
		  "..1m" },                            /* CSI in one character */
		{ "exe\xe2\x80\xaetxt", "exe...txt" }, /* turns the direction */
		{ "\x7f", "." },
	};
	struct fm_store *store = record_open(state);
	struct fm_error err;
	size_t checked;

	for (size_t i = 0; i < FM_COUNT(texts); i++) {
		struct fm_record record = scratch_record(texts[i].given, "m", texts[i].given), back;

		fm_text_copy(record.operator_name, sizeof(record.operator_name), texts[i].given);
		fm_text_copy(record.text, sizeof(record.text), texts[i].given);
		assert_success(scratch_job(store, &record, "FAIL", "partial", &err));
		back = record_get(store, record.id);
		assert_string_equal(back.operator_name, texts[i].stored);
		assert_string_equal(back.text, texts[i].stored);
		/* found by what was given */
		assert_true(fm_store_last_at(store, texts[i].given, &back, &err));
		assert_int_equal(back.id, record.id);
	}
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, FM_COUNT(texts));
	fm_store_close(store);
}

static void test_unterminated_text(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = { 0 }, back;
	struct fm_error err;

	memset(record.model, 'x', sizeof(record.model));
	assert_success(fm_store_begin(store, &record, &err));
	back = record_get(store, record.id);
	assert_int_equal(strlen(back.model), sizeof(back.model) - 1);
	fm_store_close(store);
}

static void test_phases(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = scratch_record("flash", "m", "p");
	FM_FREE struct fm_phase_record *phases = NULL;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_begin(store, &record, &err));
	assert_success(fm_store_phase_begin(store, record.id, "erase", "8 \"sectors\"\n", &err));
	assert_success(fm_store_phase_end(store, record.id, "erase", 411, &err));
	assert_success(fm_store_phase_begin(store, record.id, "erase", NULL, &err));
	assert_success(fm_store_get(store, record.id, &record, &phases, &count, &err));
	assert_string_equal(record.last_phase, "erase");
	assert_false(record.last_phase_ended);
	assert_int_equal(count, 2);
	assert_string_equal(phases[0].detail, "8 \"sectors\".");
	assert_int_equal(phases[0].code, 411);
	assert_int_equal(strlen(phases[0].begin_utc), 24);
	assert_int_equal(strlen(phases[0].end_utc), 24);
	assert_string_equal(phases[1].end_utc, "");
	assert_int_equal(phases[1].code, 0);
	assert_success(fm_store_phase_end(store, record.id, "erase", 0, &err));
	record = record_get(store, record.id);
	assert_true(record.last_phase_ended);
	fm_store_close(store);
}

/* Nothing of a record that has ended, or of none, can be changed by the store's calls. */
static void test_ended_is_ended(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = scratch_record("flash", "m", "p"), before;
	FM_FREE struct fm_phase_record *phases = NULL;
	struct fm_error err;
	size_t count, checked;

	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	before = record;
	record.retries = 7;
	assert_failure(fm_store_update(store, &record, &err), FM_RECORD);
	assert_true(err.hint[0]);
	assert_failure(fm_store_end(store, &record, &err), FM_RECORD);
	assert_failure(fm_store_phase_begin(store, record.id, "write", "", &err), FM_RECORD);
	assert_failure(fm_store_phase_end(store, record.id, "write", 0, &err), FM_RECORD);
	assert_failure(fm_store_phase_begin(store, 99, "write", "", &err), FM_RECORD);
	record.id = 99;
	assert_failure(fm_store_update(store, &record, &err), FM_RECORD);
	record = record_get(store, 1);
	record_same(&before, &record);
	assert_success(fm_store_verify(store, &checked, &err));
	assert_int_equal(checked, 1);
	assert_failure(fm_store_get(store, 99, &record, &phases, &count, &err), FM_USAGE);
	fm_store_close(store);
}

static void test_phase_end_without_begin(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_error err;

	assert_success(fm_store_begin(store, &record, &err));
	assert_failure(fm_store_phase_end(store, record.id, "write", 0, &err), FM_RECORD);
	assert_failure(fm_store_end(store, &record, &err), FM_INTERNAL); /* no outcome */
	fm_store_close(store);
}

static void record_count(struct fm_store *store, const struct fm_history_filter *filter,
			 size_t wanted, int64_t first)
{
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_list(store, filter, &records, &count, &err));
	assert_int_equal(count, wanted);
	for (size_t i = 0; i < count; i++)
		assert_true(i == 0 ? records[0].id == first : records[i].id < records[i - 1].id);
}

static void test_list(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record, running = scratch_record("flash", "uno", "usb:1");
	struct fm_error err;

	record_count(store, NULL, 0, 0);
	for (int i = 0; i < 20; i++) {
		record = scratch_record("flash", i % 2 ? "uno" : "mega", i % 5 ? "usb:1" : "usb:2");
		snprintf(record.unit, sizeof(record.unit), "serial-%d", i);
		assert_success(
			scratch_job(store, &record, i % 4 ? "PASS" : "FAIL", "verified", &err));
	}
	assert_success(fm_store_begin(store, &running, &err));
	record_count(store, NULL, 21, 21);
	record_count(store, &(struct fm_history_filter){ .newest = 3 }, 3, 21);
	record_count(store, &(struct fm_history_filter){ .model = "mega" }, 10, 19);
	record_count(store, &(struct fm_history_filter){ .unit = "serial-4" }, 1, 5);
	record_count(store, &(struct fm_history_filter){ .port = "usb:2", .model = "uno" }, 2, 16);
	record_count(store, &(struct fm_history_filter){ .outcome = "FAIL" }, 5, 17);
	record_count(store, &(struct fm_history_filter){ .outcome = "" }, 1, 21);
	record_count(store, &(struct fm_history_filter){ .model = "' OR 1=1 --" }, 0, 0);
	fm_store_close(store);
}

static void test_last_at(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = scratch_record("flash", "m", "p"), found;
	struct fm_error err = { .code = FM_IO };

	assert_false(fm_store_last_at(store, "p", &found, &err));
	assert_int_equal(err.code, FM_OK);
	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	assert_success(fm_store_begin(store, &record, &err)); /* runs: not known yet */
	assert_true(fm_store_last_at(store, "p", &found, &err));
	assert_int_equal(found.id, 2);
	assert_false(fm_store_last_at(store, "q", &found, &err));
	fm_store_close(store);
}

/* One job after the other at one port, and whether it leaves the unit there in doubt. */
static void test_in_doubt(void **state)
{
	static const struct {
		const char *verb, *outcome, *unit_state;
		bool doubt;
	} jobs[] = {
		{ "flash", "FAIL", "untouched", false }, /* nothing before it either */
		{ "flash", "FAIL", "partial", true },
		{ "flash", "FAIL", "untouched", true }, /* blocked: it is still half written */
		{ "flash", "FAIL", "entered", true },
		{ "verify", "PASS", "verified", true }, /* other verbs do not count */
		{ "flash", "PASS", "verified", false },
		{ "erase", "UNCLEAR", "unknown", true },
		{ "recover", "UNCLEAR", "unverified", true },
		{ "recover", "FAIL", "verified", false }, /* wrong after restart, but written */
		{ "flash", "UNCLEAR", "partial", true },
		{ "flash", "PASS", "untouched", false }, /* it held that firmware already */
		{ "backup", "FAIL", "unknown", false },
	};
	struct fm_store *store = record_open(state);
	struct fm_record record;
	struct fm_error err;

	record = scratch_record("flash", "other", "p");
	assert_success(scratch_job(store, &record, "FAIL", "partial", &err));
	for (size_t i = 0; i < FM_COUNT(jobs); i++) {
		FM_FREE struct fm_record *doubts = NULL;
		size_t count;

		record = scratch_record(jobs[i].verb, "m", "p");
		assert_success(
			scratch_job(store, &record, jobs[i].outcome, jobs[i].unit_state, &err));
		assert_success(fm_store_in_doubt(store, &doubts, &count, &err));
		if (count != (jobs[i].doubt ? 2 : 1))
			fail_msg("job %zu: %zu units in doubt", i, count);
		/* the other model at the same port stays */
		assert_string_equal(doubts[count - 1].model, "other");
	}
	fm_store_close(store);
}

/* While a job runs on it, a unit is not in doubt but in work. */
static void test_running_is_not_in_doubt(void **state)
{
	struct fm_store *store = record_open(state);
	struct fm_record record = scratch_record("flash", "m", "p");
	FM_FREE struct fm_record *doubts = NULL;
	struct fm_error err;
	size_t count;

	assert_success(scratch_job(store, &record, "FAIL", "partial", &err));
	assert_success(fm_store_begin(store, &record, &err));
	assert_success(fm_store_in_doubt(store, &doubts, &count, &err));
	assert_int_equal(count, 0);
	fm_store_close(store);
}

/* A clock that is set back a day between jobs: order and chain stay. */
static void test_clock_runs_backwards(void **state)
{
	struct fm_store *store = record_open(state);
	FM_FREE struct fm_record *records = NULL;
	struct fm_record record;
	struct fm_error err;
	size_t count, checked;

	for (int i = 0; i < 3; i++) {
		wall_offset_s = -86400 * i;
		record = scratch_record("flash", "m", "p");
		assert_success(scratch_job(store, &record, "PASS", "verified", &err));
	}
	wall_offset_s = 0;
	assert_success(fm_store_list(store, NULL, &records, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(records[0].id, 3);
	assert_true(strcmp(records[0].start_utc, records[1].start_utc) < 0);
	assert_true(records[0].start_mono_ns > records[1].start_mono_ns);
	assert_true(fm_store_last_at(store, "p", &record, &err));
	assert_int_equal(record.id, 3);
	assert_success(fm_store_verify(store, &checked, &err));
	fm_store_close(store);
}

static void test_ports(void **state)
{
	struct fm_store *store = record_open(state);
	FM_FREE struct fm_added_port *ports = NULL;
	FM_FREE struct fm_added_port *none = NULL;
	struct fm_error err;
	char path[300];
	size_t count;

	assert_success(fm_store_port_add(store, "/dev/pts/7", "arduino-uno", &err));
	assert_success(fm_store_port_add(store, "/dev/b\xc3\xa4nk'1", "stm32f401xb", &err));
	assert_success(fm_store_port_add(store, "/dev/pts/7", "arduino-nano", &err));
	assert_success(fm_store_ports(store, &ports, &count, &err));
	assert_int_equal(count, 2);
	assert_string_equal(ports[0].path, "/dev/b\xc3\xa4nk'1");
	assert_string_equal(ports[1].model, "arduino-nano");

	memset(path, 'x', sizeof(path));
	path[256] = '\0';
	assert_failure(fm_store_port_add(store, path, "m", &err), FM_USAGE);
	path[255] = '\0';
	assert_success(fm_store_port_add(store, path, "m", &err));
	assert_success(fm_store_port_remove(store, path, &err));
	assert_failure(fm_store_port_add(store, "", "m", &err), FM_USAGE);
	assert_failure(fm_store_port_add(store, "/dev/x", "", &err), FM_USAGE);
	assert_failure(fm_store_port_add(store, "/dev/\xff", "m", &err), FM_USAGE);
	assert_failure(fm_store_port_remove(store, "/dev/pts/8", &err), FM_USAGE);
	assert_true(err.hint[0]);
	assert_success(fm_store_port_remove(store, "/dev/pts/7", &err));
	assert_success(fm_store_ports(store, &none, &count, &err));
	assert_int_equal(count, 1);
	fm_store_close(store);
}

#define RECORD_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RECORD_TEST(test_round_trip),
		RECORD_TEST(test_times),
		RECORD_TEST(test_hostile_texts),
		RECORD_TEST(test_unterminated_text),
		RECORD_TEST(test_phases),
		RECORD_TEST(test_ended_is_ended),
		RECORD_TEST(test_phase_end_without_begin),
		RECORD_TEST(test_list),
		RECORD_TEST(test_last_at),
		RECORD_TEST(test_in_doubt),
		RECORD_TEST(test_running_is_not_in_doubt),
		RECORD_TEST(test_clock_runs_backwards),
		RECORD_TEST(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

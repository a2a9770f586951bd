#include "unit.h"

#include "../sim/echo.h"

#include "base/log.h"
#include "base/scope.h"
#include "link/decorators.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD "flashmend trace 1 test\n"

/* A unit behind a link in virtual time, for all that wraps links. */
struct fixture {
	struct echo_unit echo;
	struct fm_virtual_clock clock;
	atomic_bool cancel;
	struct fm_link *link;
	char path[32];
};

static void fixture_open(struct fixture *f)
{
	struct fm_error err;

	echo_init(&f->echo, 115200);
	fm_virtual_clock_init(&f->clock);
	atomic_init(&f->cancel, false);
	strcpy(f->path, "/tmp/fm-test-trace-XXXXXX");
	close(mkstemp(f->path));
	assert_success(
		fm_sim_link_open(&f->echo.unit, true, &f->clock, &f->cancel, &f->link, &err));
}

static void fixture_close(struct fixture *f)
{
	fm_link_close(f->link);
	assert_int_equal(f->echo.frees, 1);
	unlink(f->path);
}

static void with_fault(struct fixture *f, enum fm_fault_kind kind, unsigned nth)
{
	const struct fm_fault fault = { kind, nth, 500, 0x1f };
	struct fm_error err;

	assert_success(fm_fault_open(f->link, &fault, &f->link, &err));
}

static struct fm_deadline in_ms(struct fm_link *link, int64_t ms)
{
	return fm_in_ms(link->clock, ms);
}

/* What a protocol would do, with every kind of operation in it. */
static void conversation(struct fm_link *link, int64_t *ret_took_ns)
{
	const struct fm_line_settings settings = { 115200, 8, FM_PARITY_EVEN, 1 };
	int64_t start_ns = fm_now_ns(link->clock);
	uint8_t out[100], in[100];
	struct fm_error err;
	size_t n;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i + 100);
	assert_success(fm_line_configure(link, &settings, &err));
	assert_success(fm_line_modem(link, FM_LINE_DTR | FM_LINE_RTS, FM_LINE_RTS, &err));
	fm_sleep_ms(link->clock, 50);
	assert_success(fm_line_modem(link, FM_LINE_DTR, FM_LINE_DTR, &err));
	assert_success(fm_line_break(link, 10, &err));
	assert_success(fm_recv(link, in, 1, in_ms(link, 10), &err));
	assert_success(fm_discard(link, &err));
	assert_success(fm_send(link, out, sizeof(out), in_ms(link, 100), &err));
	assert_success(fm_recv(link, in, sizeof(in), in_ms(link, 100), &err));
	assert_memory_equal(in, out, sizeof(in));
	assert_success(fm_send(link, "L", 1, in_ms(link, 100), &err));
	assert_failure(fm_recv_some(link, in, 1, &n, in_ms(link, 1000), &err), FM_TIMEOUT);
	assert_success(fm_recv(link, in, 4, in_ms(link, 40000), &err));
	assert_memory_equal(in, "late", 4);
	*ret_took_ns = fm_now_ns(link->clock) - start_ns;
}

/* Recorded and replayed: the same bytes after the same time, and a unit is not needed. */
static void test_round_trip(void **state)
{
	struct fixture f;
	struct fm_link *replay;
	int64_t recorded_ns, replayed_ns;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_success(fm_trace_open(f.link, f.path, &f.link, &err));
	assert_string_equal(f.link->name, "simulated unit");
	conversation(f.link, &recorded_ns);
	assert_success(fm_replay_open(f.path, &replay, &err));
	conversation(replay, &replayed_ns);
	/* The recording is exact to a microsecond a line. */
	assert_in_range(recorded_ns - replayed_ns + 100000, 0, 200000);
	assert_failure(fm_send(replay, "x", 1, in_ms(replay, 10), &err), FM_PROTOCOL);
	assert_non_null(strstr(err.text, "the recording ends here"));
	fm_link_close(replay);
	fixture_close(&f);
}

/* What people read. */
static void test_format(void **state)
{
	struct fixture f;
	char text[4096] = "", in[8];
	FILE *file;
	size_t n;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_success(fm_trace_open(f.link, f.path, &f.link, &err));
	fm_sleep_ms(f.link->clock, 1234);
	assert_success(fm_send(f.link, "Hi\x7f, this is more than one line of it", 38,
			       in_ms(f.link, 10), &err));
	assert_success(fm_recv(f.link, in, 3, in_ms(f.link, 10), &err));
	assert_success(fm_line_configure(
		f.link, &(struct fm_line_settings){ 9600, 7, FM_PARITY_EVEN, 2 }, &err));
	assert_success(fm_line_modem(f.link, 3, FM_LINE_DTR, &err));
	assert_success(fm_line_modem(f.link, FM_LINE_RTS, FM_LINE_RTS, &err));
	assert_success(fm_discard(f.link, &err));
	assert_failure(fm_recv_some(f.link, in, 1, &n, (struct fm_deadline){ 0 }, &err),
		       FM_TIMEOUT);
	file = fopen(f.path, "r");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(
		text,
		"flashmend trace 1 simulated unit\n"
		"  1234.000 > 48 69 7f 2c 20 74 68 69 73 20 69 73 20 6d 6f 72 65 20 74 68 61 6e "
		"20 6f 6e 65 20 6c 69 6e 65 20  |Hi., this is more than one line |\n"
		"  1234.000 > 6f 66 20 69 74 00  |of it.|\n"
		"  1234.347 < 48 69 7f  |Hi.|\n"
		"  1234.347 ! baud 9600 7E2\n"
		"  1234.347 ! dtr=1 rts=0\n"
		"  1234.347 ! rts=1\n"
		"  1234.347 ! discard\n"
		"  1234.347 # timeout receiving: simulated unit: no answer\n");
	fixture_close(&f);
}

static unsigned logged;

static void count_lines(enum fm_log_level level, const char *line, void *user)
{
	(void)level;
	(void)line;
	(void)user;
	logged++;
}

/* A full disk ends the recording with one word about it, and nothing else. */
static void test_trace_full_disk(void **state)
{
	struct fixture f;
	char in[3];
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_failure(fm_trace_open(f.link, "/nowhere/trace", &f.link, &err), FM_FILE_WRITE);
	assert_success(fm_trace_open(f.link, "/dev/full", &f.link, &err));
	fm_log_to(count_lines, NULL, FM_LOG_NOTE);
	for (int i = 0; i < 3; i++) {
		assert_success(fm_send(f.link, "abc", 3, in_ms(f.link, 10), &err));
		assert_success(fm_recv(f.link, in, 3, in_ms(f.link, 10), &err));
	}
	fm_log_to(NULL, NULL, FM_LOG_NOTE);
	assert_int_equal(logged, 1);
	fixture_close(&f);
}

static bool replay_of(const char *path, const char *text, struct fm_link **ret_link,
		      struct fm_error *err)
{
	FILE *file = fopen(path, "w");

	fprintf(file, "%s", text);
	fclose(file);
	return fm_replay_open(path, ret_link, err);
}

static void test_replay_bad_files(void **state)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{ "", ":1: " },
		{ "something else\n", ":1: " },
		{ HEAD, ":1: " },
		{ HEAD "; a comment\n\n1.000 > 30 zz |0|\n", ":4: " },
		{ HEAD "1.000 >\n", ":2: " },
		{ HEAD "1.000 > |x|\n", ":2: " },
		{ HEAD "1.5 > 30\n", ":2: " },
		{ HEAD "1.000 ? 30\n", ":2: " },
		{ HEAD "2.000 > 30\n1.999 < 30\n", ":3: " },
		{ HEAD "1.000 # nonsense\n", ":2: " },
		{ HEAD "99999999999999999999.000 > 30\n", ":2: " },
		{ HEAD "-1.000 > 30\n", ":2: " },
		{ HEAD "1.000 > 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		       "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n",
		  ":2: " },
	};
	char path[] = "/tmp/fm-test-replay-XXXXXX";
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	assert_failure(fm_replay_open("/nowhere/trace", &link, &err), FM_FILE_OPEN);
	close(mkstemp(path));
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		assert_failure(replay_of(path, cases[i].text, &link, &err), FM_FILE_FORMAT);
		assert_non_null(strstr(err.text, cases[i].where));
		assert_non_null(strstr(err.text, path));
	}
	unlink(path);
}

/* A host that does not do what it did is told where; so is one that waits where nothing came. */
static void test_replay_differs(void **state)
{
	char path[] = "/tmp/fm-test-replay-XXXXXX";
	struct fm_link *link;
	uint8_t in[8];
	size_t n;
	struct fm_error err;

	(void)state;
	close(mkstemp(path));
	assert_success(replay_of(path,
				 HEAD "; by hand\n"
				      "10.000 ! baud 115200 8N1\n"
				      "20.000 > 30 20\n"
				      "25.000 < 14 10\n"
				      "30.000 > 31\n",
				 &link, &err));
	assert_failure(fm_send(link, "0 ", 2, in_ms(link, 10), &err), FM_PROTOCOL);
	assert_non_null(strstr(err.text, ":3: the line was changed here"));
	assert_failure(fm_line_configure(link, &(struct fm_line_settings){ 9600, 8, 0, 1 }, &err),
		       FM_PROTOCOL);
	assert_non_null(strstr(err.text, "'baud 115200 8N1', now it is 'baud 9600 8N1'"));
	assert_success(
		fm_line_configure(link, &(struct fm_line_settings){ 115200, 8, 0, 1 }, &err));
	assert_failure(fm_send(link, "0!", 2, in_ms(link, 10), &err), FM_PROTOCOL);
	assert_non_null(strstr(err.text, ":4: byte 2 was sent as 0x20, now it is 0x21"));
	assert_success(fm_send(link, " ", 1, in_ms(link, 10), &err));
	/* It took 5 ms then: who waits less has to wait again. */
	assert_failure(fm_recv_some(link, in, 8, &n, in_ms(link, 3), &err), FM_TIMEOUT);
	assert_success(fm_recv_some(link, in, 1, &n, in_ms(link, 3), &err));
	assert_int_equal(in[0], 0x14);
	assert_success(fm_recv_some(link, in, 8, &n, in_ms(link, 3), &err));
	assert_int_equal(n, 1);
	assert_failure(fm_recv_some(link, in, 8, &n, in_ms(link, 3), &err), FM_PROTOCOL);
	assert_non_null(strstr(err.text, ":6: bytes were sent here"));
	fm_link_close(link);
	unlink(path);
}

/* Recorded failures happen again: a timeout takes as long as the host waits now, and a port that
 * vanished stays away. */
static void test_replay_errors(void **state)
{
	char path[] = "/tmp/fm-test-replay-XXXXXX";
	struct fm_link *link;
	uint8_t in[8];
	size_t n;
	int64_t start_ns;
	struct fm_error err;

	(void)state;
	close(mkstemp(path));
	assert_success(replay_of(path,
				 HEAD "10.000 > 30\n"
				      "20.000 # timeout\n"
				      "30.000 > 31\n"
				      "30.000 # timeout sending: full\n"
				      "40.000 # gone receiving: it vanished\n",
				 &link, &err));
	assert_success(fm_send(link, "0", 1, in_ms(link, 10), &err));
	start_ns = fm_now_ns(link->clock);
	assert_failure(fm_recv_some(link, in, 1, &n, in_ms(link, 700), &err), FM_TIMEOUT);
	assert_int_equal(fm_now_ns(link->clock) - start_ns, 700000000);
	assert_failure(fm_send(link, "1", 1, in_ms(link, 300), &err), FM_TIMEOUT);
	assert_int_equal(fm_now_ns(link->clock) - start_ns, 1000000000);
	assert_failure(fm_recv_some(link, in, 1, &n, in_ms(link, 700), &err), FM_GONE);
	assert_failure(fm_send(link, "1", 1, in_ms(link, 10), &err), FM_GONE);
	assert_failure(fm_line_break(link, 1, &err), FM_GONE);
	assert_failure(fm_discard(link, &err), FM_GONE);
	fm_link_close(link);
	unlink(path);
}

static void test_fault_none_counts(void **state)
{
	struct fixture f;
	int64_t took_ns;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_NONE, 1);
	conversation(f.link, &took_ns);
	/* Two sends; the echo of the break, 100 bytes in packets of 64, and "late". */
	assert_int_equal(fm_fault_count(f.link), 2 + 1 + 2 + 1);
	fixture_close(&f);
}

static void test_fault_lose(void **state)
{
	struct fixture f;
	char in[2];
	struct fm_error err;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		fixture_open(&f);
		with_fault(&f, FM_FAULT_LOSE, nth);
		assert_success(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err));
		assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 100), &err), FM_TIMEOUT);
		assert_int_equal(f.echo.fed, nth - 1);
		assert_int_equal(fm_fault_count(f.link), nth);
		assert_success(fm_send(f.link, "b", 1, in_ms(f.link, 10), &err));
		assert_success(fm_recv(f.link, in, 1, in_ms(f.link, 100), &err));
		assert_int_equal(in[0], 'b');
		fixture_close(&f);
	}
}

/* Sent late: it reaches the unit late, and what is sent meanwhile after it. */
static void test_fault_late_sent(void **state)
{
	struct fixture f;
	char in[2];
	int64_t start_ns;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_LATE, 1);
	start_ns = f.clock.now_ns;
	assert_success(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err));
	assert_success(fm_send(f.link, "b", 1, in_ms(f.link, 10), &err));
	assert_int_equal(f.clock.now_ns, start_ns);
	assert_failure(fm_recv(f.link, in, 2, in_ms(f.link, 300), &err), FM_TIMEOUT);
	assert_int_equal(f.echo.fed, 0);
	assert_success(fm_recv(f.link, in, 2, in_ms(f.link, 300), &err));
	assert_memory_equal(in, "ab", 2);
	assert_in_range(f.clock.now_ns - start_ns, 500000000, 501000000);
	fixture_close(&f);
}

/* Received late: not before its time, not lost by a discard before it, and in order. */
static void test_fault_late_received(void **state)
{
	struct fixture f;
	char in[2];
	int64_t start_ns;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_LATE, 2);
	start_ns = f.clock.now_ns;
	assert_success(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err));
	assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 300), &err), FM_TIMEOUT);
	assert_int_equal(f.clock.now_ns - start_ns, 300000000);
	assert_success(fm_discard(f.link, &err));
	assert_success(fm_send(f.link, "b", 1, in_ms(f.link, 10), &err));
	assert_success(fm_recv(f.link, in, 2, in_ms(f.link, 300), &err));
	assert_memory_equal(in, "ab", 2);
	assert_success(fm_send(f.link, "c", 1, in_ms(f.link, 10), &err));
	assert_success(fm_recv(f.link, in, 1, in_ms(f.link, 300), &err));
	assert_int_equal(in[0], 'c');
	fixture_close(&f);

	/* One that has come and was not read is what a discard is for. */
	fixture_open(&f);
	with_fault(&f, FM_FAULT_LATE, 2);
	assert_success(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err));
	assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 300), &err), FM_TIMEOUT);
	fm_sleep_ms(f.link->clock, 300);
	assert_success(fm_discard(f.link, &err));
	assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 300), &err), FM_TIMEOUT);
	fixture_close(&f);

	fixture_open(&f);
	with_fault(&f, FM_FAULT_LATE, 2);
	assert_success(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err));
	assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 10), &err), FM_TIMEOUT);
	atomic_store(&f.cancel, true);
	assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 300), &err), FM_CANCELLED);
	fixture_close(&f);
}

static unsigned differing_bits(const uint8_t *a, const uint8_t *b, size_t len)
{
	unsigned bits = 0;

	for (size_t i = 0; i < len; i++)
		bits += (unsigned)__builtin_popcount((unsigned)(a[i] ^ b[i]));
	return bits;
}

static void test_fault_corrupt(void **state)
{
	static const uint8_t out[] = { 1, 2, 3, 4 };
	struct fixture f;
	uint8_t in[4];
	struct fm_error err;

	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		fixture_open(&f);
		with_fault(&f, FM_FAULT_CORRUPT, nth);
		assert_success(fm_send(f.link, out, 4, in_ms(f.link, 10), &err));
		assert_success(fm_recv(f.link, in, 4, in_ms(f.link, 10), &err));
		assert_int_equal(differing_bits(in, out, 4), nth <= 2 ? 1 : 0);
		assert_int_equal(f.echo.last == out[3] || nth == 1, true);
		fixture_close(&f);
	}
}

static void test_fault_cut(void **state)
{
	struct fixture f;
	char in[1];
	struct fm_error err;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		const struct fm_line_settings settings = { 9600, 8, FM_PARITY_NONE, 1 };

		fixture_open(&f);
		with_fault(&f, FM_FAULT_CUT, nth);
		assert_success(fm_line_configure(
			f.link, &(struct fm_line_settings){ 115200, 8, 0, 1 }, &err));
		if (nth == 2)
			assert_success(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err));
		else
			assert_failure(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err), FM_GONE);
		assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 10), &err), FM_GONE);
		assert_failure(fm_recv(f.link, in, 1, in_ms(f.link, 10), &err), FM_GONE);
		assert_failure(fm_send(f.link, "a", 1, in_ms(f.link, 10), &err), FM_GONE);
		assert_failure(fm_discard(f.link, &err), FM_GONE);
		assert_failure(fm_line_configure(f.link, &settings, &err), FM_GONE);
		assert_failure(fm_line_modem(f.link, 1, 1, &err), FM_GONE);
		assert_failure(fm_line_break(f.link, 1, &err), FM_GONE);
		assert_int_equal(f.echo.fed, nth - 1);
		fixture_close(&f);
	}
}

static void test_fault_replace(void **state)
{
	struct fixture f;
	char in[3];
	struct fm_error err;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		fixture_open(&f);
		with_fault(&f, FM_FAULT_REPLACE, nth);
		assert_success(fm_send(f.link, "abc", 3, in_ms(f.link, 10), &err));
		assert_success(fm_recv(f.link, in, 3, in_ms(f.link, 10), &err));
		assert_memory_equal(in, nth == 1 ? "abc" : "\037bc", 3);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_trace_full_disk),
		cmocka_unit_test(test_replay_bad_files),
		cmocka_unit_test(test_replay_differs),
		cmocka_unit_test(test_replay_errors),
		cmocka_unit_test(test_fault_none_counts),
		cmocka_unit_test(test_fault_lose),
		cmocka_unit_test(test_fault_late_sent),
		cmocka_unit_test(test_fault_late_received),
		cmocka_unit_test(test_fault_corrupt),
		cmocka_unit_test(test_fault_cut),
		cmocka_unit_test(test_fault_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

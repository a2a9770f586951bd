/* Traces, replay and faults of USB transfers, around a simulated unit in virtual time. */
#include "unit.h"

#include "../../usb/link-unit.h"

#include "base/scope.h"
#include "link/decorators.h"

#include <stdio.h>
#include <string.h>

static const struct fm_usb_setup keep = { 0x40, UNIT_KEEP, 0x1234, 7 };
static const struct fm_usb_setup give = { 0xc0, UNIT_KEEP, 0, 0 };
static const struct fm_usb_setup refused = { 0xc0, UNIT_STALL, 0, 0 };
static const struct fm_usb_setup never = { 0xc0, UNIT_NEVER, 0, 0 };

struct fixture {
	struct unit unit;
	struct fm_virtual_clock clock;
	atomic_bool cancel;
	struct fm_link *link;
	char path[32];
};

static void fixture_open(struct fixture *f)
{
	struct fm_error err;

	unit_init(&f->unit);
	fm_virtual_clock_init(&f->clock);
	atomic_init(&f->cancel, false);
	f->unit.usb.ops->power(&f->unit.usb, 0, true);
	fm_sim_usb_pass(&f->unit.usb, &f->clock, 1000);
	strcpy(f->path, "/tmp/fm-test-trace-XXXXXX");
	close(mkstemp(f->path));
	assert_success(fm_sim_usb_link_open(&f->unit.usb, false, 0xff, &f->clock, &f->cancel,
					    &f->link, &err));
}

static void fixture_close(struct fixture *f)
{
	fm_link_close(f->link);
	unlink(f->path);
}

static void with_fault(struct fixture *f, enum fm_fault_kind kind, unsigned nth)
{
	const struct fm_fault fault = { kind, nth, 500, 0 };
	struct fm_error err;

	assert_success(fm_fault_open(f->link, &fault, &f->link, &err));
}

static struct fm_deadline in_ms(struct fm_link *link, int64_t ms)
{
	return fm_in_ms(link->clock, ms);
}

/* Every kind of operation and of end. */
static void conversation(struct fm_link *link)
{
	uint8_t out[100], in[128];
	struct fm_error err;
	char text[32];
	size_t len;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i + 100);
	assert_success(link->usb->string(link, 4, text, sizeof(text), &err));
	assert_string_equal(text, "@Vendor");
	assert_success(link->usb->set_alternate(link, 1, &err));
	assert_success(fm_usb_control_out(link, &keep, out, 70, in_ms(link, 100), &err));
	fm_sleep_ms(link->clock, 50);
	assert_success(
		fm_usb_control_in(link, &give, in, sizeof(in), &len, in_ms(link, 100), &err));
	assert_int_equal(len, 70);
	assert_memory_equal(in, out, 70);
	assert_success(fm_usb_control_out(link, &keep, NULL, 0, in_ms(link, 100), &err));
	assert_success(
		fm_usb_control_in(link, &give, in, sizeof(in), &len, in_ms(link, 100), &err));
	assert_int_equal(len, 0);
	assert_failure(fm_usb_control_in(link, &refused, in, 8, &len, in_ms(link, 100), &err),
		       FM_NACK);
	assert_failure(fm_usb_control_in(link, &never, in, 8, &len, in_ms(link, 100), &err),
		       FM_TIMEOUT);
	assert_success(fm_usb_out(link, 0x01, out, sizeof(out), in_ms(link, 100), &err));
	assert_success(fm_usb_in(link, 0x81, in, sizeof(in), &len, in_ms(link, 100), &err));
	assert_int_equal(len, sizeof(out));
	assert_memory_equal(in, out, sizeof(out));
	assert_failure(fm_usb_out(link, 0x01, "STALL", 5, in_ms(link, 100), &err), FM_NACK);
	assert_success(link->usb->clear_halt(link, 0x01, &err));
	assert_success(link->usb->reset(link, &err));
}

/* Recorded and replayed: the same answers and descriptors without a unit, and no other questions.
 */
static void test_round_trip(void **state)
{
	struct fm_usb_descriptors recorded;
	struct fm_link *replay;
	struct fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	recorded = *f.link->usb_descriptors;
	assert_success(fm_trace_open(f.link, f.path, &f.link, &err));
	assert_null(f.link->stream);
	conversation(f.link);
	assert_success(fm_replay_open(f.path, &replay, &err));
	assert_null(replay->stream);
	assert_int_equal(replay->usb_descriptors->config_len, recorded.config_len);
	assert_int_equal(replay->usb_descriptors->interface, recorded.interface);
	assert_memory_equal(replay->usb_descriptors->device, recorded.device, 18);
	assert_memory_equal(replay->usb_descriptors->config, recorded.config, recorded.config_len);
	conversation(replay);
	assert_failure(fm_usb_out(replay, 0x01, "x", 1, in_ms(replay, 10), &err), FM_PROTOCOL);
	assert_non_null(strstr(err.text, "the recording ends here"));
	fm_link_close(replay);
	fixture_close(&f);
}

static void write_trace(const char *path, const char *lines)
{
	FM_FCLOSE FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file,
		"flashmend trace 1 USB device 9-1\n"
		"  0.000 * interface 3\n"
		"  0.000 < 12 01 00 02 00 00 00 40 83 04 11 df 00 22 01 02 03 01 09 02\n%s",
		lines);
}

/* What people read and write. */
static void test_format(void **state)
{
	struct fixture f;
	char text[4096] = "";
	uint8_t in[8];
	FILE *file;
	size_t len;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_success(fm_trace_open(f.link, f.path, &f.link, &err));
	assert_success(fm_usb_control_out(f.link, &keep, "Hi", 2, in_ms(f.link, 10), &err));
	assert_success(fm_usb_control_in(f.link, &give, in, 8, &len, in_ms(f.link, 10), &err));
	assert_failure(fm_usb_in(f.link, 0x81, in, 8, &len, in_ms(f.link, 0), &err), FM_TIMEOUT);
	file = fopen(f.path, "r");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, " * interface 0\n"));
	assert_non_null(strstr(text, " * control 40 01 1234 0007 2\n"));
	assert_non_null(strstr(text, " > 48 69  |Hi|\n"));
	assert_non_null(strstr(text, " * control c0 01 0000 0000 8\n"));
	assert_non_null(strstr(text, " < 48 69  |Hi|\n"));
	assert_non_null(strstr(text, " * in 81 8\n"));
	assert_non_null(strstr(text, " # timeout transfer: "));
	fixture_close(&f);
}

static void test_replay_differs(void **state)
{
	static const struct {
		const char *lines, *text;
	} cases[] = {
		{ "  1.000 * control 40 01 1234 0008 2\n  1.000 > 48 69\n",
		  "was 'control 40 01 1234" },
		{ "  1.000 * control 40 01 1234 0007 2\n  1.000 > 48 6a\n", "byte 2" },
		{ "  1.000 * control 40 01 1234 0007 2\n  1.000 # nack transfer: no\n",
		  "bytes are sent" },
		{ "  1.000 < 00\n  2.000 * reset\n", "was 'reset'" },
		{ "", "the recording ends here" },
	};
	char path[] = "/tmp/fm-test-trace-XXXXXX";
	struct fm_error err;

	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fm_link *link;

		write_trace(path, cases[i].lines);
		assert_success(fm_replay_open(path, &link, &err));
		assert_int_equal(link->usb_descriptors->interface, 3);
		assert_failure(fm_usb_control_out(link, &keep, "Hi", 2, in_ms(link, 10), &err),
			       FM_PROTOCOL);
		assert_non_null(strstr(err.text, cases[i].text));
		fm_link_close(link);
	}
	unlink(path);
}

/* Times as they were; a gone unit stays gone. */
static void test_replay_time(void **state)
{
	char path[] = "/tmp/fm-test-trace-XXXXXX";
	struct fm_link *link;
	struct fm_error err;
	uint8_t in[8];
	size_t len;

	(void)state;
	close(mkstemp(path));
	write_trace(path, "  10.000 * in 81 8\n  40.000 < 01 02\n  50.000 * in 81 8\n"
			  "  90.000 < 03\n  91.000 * in 81 8\n 111.000 # gone transfer: left\n");
	assert_success(fm_replay_open(path, &link, &err));
	assert_success(fm_usb_in(link, 0x81, in, 8, &len, in_ms(link, 100), &err));
	assert_int_equal(len, 2);
	assert_int_equal(fm_now_ns(link->clock), 30000000);
	assert_failure(fm_usb_in(link, 0x81, in, 8, &len, in_ms(link, 20), &err), FM_TIMEOUT);
	assert_int_equal(fm_now_ns(link->clock), 50000000);
	assert_failure(fm_usb_in(link, 0x81, in, 8, &len, in_ms(link, 1000), &err), FM_GONE);
	assert_int_equal(fm_now_ns(link->clock), 70000000);
	assert_failure(link->usb->reset(link, &err), FM_GONE);
	fm_link_close(link);
	unlink(path);
}

static void test_lose(void **state)
{
	struct fixture f;
	uint8_t in[8];
	struct fm_error err;
	int64_t start_ns;
	size_t len;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_LOSE, 2);
	assert_success(fm_usb_control_out(f.link, &keep, "ab", 2, in_ms(f.link, 100), &err));
	start_ns = fm_now_ns(f.link->clock);
	assert_failure(fm_usb_control_out(f.link, &keep, "cd", 2, in_ms(f.link, 250), &err),
		       FM_TIMEOUT);
	assert_int_equal(fm_now_ns(f.link->clock) - start_ns, 250000000);
	/* It did not happen. */
	assert_success(fm_usb_control_in(f.link, &give, in, 8, &len, in_ms(f.link, 100), &err));
	assert_memory_equal(in, "ab", 2);
	assert_int_equal(fm_fault_count(f.link), 3);
	fixture_close(&f);
}

static void test_late(void **state)
{
	struct fixture f;
	uint8_t in[8];
	struct fm_error err;
	int64_t start_ns;
	size_t len;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_LATE, 1);
	start_ns = fm_now_ns(f.link->clock);
	assert_success(fm_usb_out(f.link, 0x01, "late", 4, in_ms(f.link, 2000), &err));
	assert_in_range(fm_now_ns(f.link->clock) - start_ns, 500000000, 510000000);
	with_fault(&f, FM_FAULT_LATE, 1);
	assert_failure(fm_usb_in(f.link, 0x81, in, 8, &len, in_ms(f.link, 300), &err), FM_TIMEOUT);
	assert_success(fm_usb_in(f.link, 0x81, in, 8, &len, in_ms(f.link, 300), &err));
	assert_memory_equal(in, "late", 4);
	atomic_store(&f.cancel, true);
	with_fault(&f, FM_FAULT_LATE, 1);
	assert_failure(fm_usb_in(f.link, 0x81, in, 8, &len, in_ms(f.link, 3000), &err),
		       FM_CANCELLED);
	fixture_close(&f);
}

static unsigned bits_apart(const void *a, const void *b, size_t len)
{
	unsigned bits = 0;

	for (size_t i = 0; i < len; i++)
		bits += (unsigned)__builtin_popcount(((const uint8_t *)a)[i] ^
						     ((const uint8_t *)b)[i]);
	return bits;
}

static void test_corrupt(void **state)
{
	struct fm_error err;
	uint8_t in[8];
	size_t len;

	(void)state;
	for (unsigned nth = 1; nth <= 4; nth++) {
		struct fixture f;

		fixture_open(&f);
		with_fault(&f, FM_FAULT_CORRUPT, nth);
		assert_success(
			fm_usb_control_out(f.link, &keep, "abcd", 4, in_ms(f.link, 9), &err));
		assert_success(
			fm_usb_control_in(f.link, &give, in, 8, &len, in_ms(f.link, 9), &err));
		assert_int_equal(bits_apart(in, "abcd", 4), nth <= 2);
		assert_success(fm_usb_out(f.link, 0x01, "efgh", 4, in_ms(f.link, 9), &err));
		assert_success(fm_usb_in(f.link, 0x81, in, 8, &len, in_ms(f.link, 9), &err));
		assert_int_equal(bits_apart(in, "efgh", 4), nth > 2);
		fixture_close(&f);
	}
}

static void test_refuse(void **state)
{
	struct fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_REPLACE, 1);
	assert_failure(fm_usb_control_out(f.link, &keep, "ab", 2, in_ms(f.link, 100), &err),
		       FM_NACK);
	assert_int_equal(f.unit.kept_len, 0);
	assert_success(fm_usb_control_out(f.link, &keep, "ab", 2, in_ms(f.link, 100), &err));
	assert_int_equal(f.unit.kept_len, 2);
	fixture_close(&f);
}

static void test_cut(void **state)
{
	struct fixture f;
	char text[8];
	uint8_t in[8];
	struct fm_error err;
	size_t len;

	(void)state;
	fixture_open(&f);
	with_fault(&f, FM_FAULT_CUT, 2);
	assert_success(f.link->usb->string(f.link, 4, text, sizeof(text), &err));
	assert_success(f.link->usb->set_alternate(f.link, 1, &err));
	assert_success(fm_usb_out(f.link, 0x01, "x", 1, in_ms(f.link, 100), &err));
	assert_failure(fm_usb_in(f.link, 0x81, in, 8, &len, in_ms(f.link, 100), &err), FM_GONE);
	assert_failure(fm_usb_control_in(f.link, &give, in, 8, &len, in_ms(f.link, 100), &err),
		       FM_GONE);
	assert_failure(f.link->usb->reset(f.link, &err), FM_GONE);
	assert_failure(f.link->usb->clear_halt(f.link, 0x81, &err), FM_GONE);
	assert_failure(f.link->usb->set_alternate(f.link, 0, &err), FM_GONE);
	assert_failure(f.link->usb->string(f.link, 4, text, sizeof(text), &err), FM_GONE);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_replay_differs),
		cmocka_unit_test(test_replay_time),
		cmocka_unit_test(test_lose),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

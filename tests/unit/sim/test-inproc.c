#include "unit.h"

#include "echo.h"

#include "base/scope.h"

struct fixture {
	struct echo_unit echo;
	struct fm_virtual_clock clock;
	atomic_bool cancel;
	struct fm_link *link;
};

static void fixture_open(struct fixture *f, unsigned unit_baud)
{
	struct fm_error err;

	echo_init(&f->echo, unit_baud);
	fm_virtual_clock_init(&f->clock);
	atomic_init(&f->cancel, false);
	assert_success(
		fm_sim_link_open(&f->echo.unit, true, &f->clock, &f->cancel, &f->link, &err));
}

static struct fm_deadline in_ms(struct fixture *f, int64_t ms)
{
	return fm_in_ms(f->link->clock, ms);
}

static void line(struct fixture *f, unsigned baud, enum fm_parity parity)
{
	struct fm_line_settings settings = { baud, 8, parity, 1 };
	struct fm_error err;

	assert_success(fm_line_configure(f->link, &settings, &err));
}

/* There and back in the time that the line takes, by baud and by framing. */
static void test_timing(void **state)
{
	static const struct {
		unsigned baud;
		enum fm_parity parity;
		unsigned bits;
	} cases[] = { { 115200, FM_PARITY_NONE, 10 },
		      { 115200, FM_PARITY_EVEN, 11 },
		      { 9600, FM_PARITY_ODD, 11 } };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fixture f;
		uint8_t out[256], in[256];
		int64_t character_ns = (int64_t)cases[i].bits * 1000000000 / cases[i].baud,
			start_ns;
		struct fm_error err;

		for (size_t k = 0; k < sizeof(out); k++)
			out[k] = (uint8_t)(k == 'L' || k == 'C' ? 0 : k);
		fixture_open(&f, cases[i].baud);
		line(&f, cases[i].baud, cases[i].parity);
		start_ns = f.clock.now_ns;
		assert_success(fm_send(f.link, out, sizeof(out), in_ms(&f, 10), &err));
		assert_int_equal(f.clock.now_ns, start_ns);
		assert_success(fm_recv(f.link, in, sizeof(in), in_ms(&f, 2000), &err));
		assert_memory_equal(in, out, sizeof(in));
		assert_int_equal(f.clock.now_ns - start_ns, character_ns * 257);
		fm_link_close(f.link);
		assert_int_equal(f.echo.frees, 1);
	}
}

/* A rate more than 4 % off is noise in both directions, and what it says of itself is told. */
static void test_wrong_baud(void **state)
{
	struct fixture f;
	uint8_t in[1];
	struct fm_error err;

	(void)state;
	fixture_open(&f, 57600);
	line(&f, 59000, FM_PARITY_NONE);
	assert_success(fm_send(f.link, "x", 1, in_ms(&f, 10), &err));
	assert_success(fm_recv(f.link, in, 1, in_ms(&f, 10), &err));
	assert_int_equal(in[0], 'x');
	assert_int_equal(f.echo.garbled, 0);
	line(&f, 60500, FM_PARITY_NONE);
	assert_success(fm_send(f.link, "x", 1, in_ms(&f, 10), &err));
	assert_success(fm_recv(f.link, in, 1, in_ms(&f, 10), &err));
	assert_int_equal(f.echo.garbled, 1);
	assert_int_not_equal(f.echo.last, 'x');
	assert_int_not_equal(in[0], f.echo.last);
	assert_failure(fm_line_configure(f.link, &(struct fm_line_settings){ 0, 8, 0, 1 }, &err),
		       FM_INTERNAL);
	fm_link_close(f.link);
}

static void test_auto_baud(void **state)
{
	struct fixture f;
	uint8_t in[1];
	struct fm_error err;

	(void)state;
	fixture_open(&f, 0);
	line(&f, 230400, FM_PARITY_EVEN);
	assert_success(fm_send(f.link, "\x7f", 1, in_ms(&f, 10), &err));
	assert_success(fm_recv(f.link, in, 1, in_ms(&f, 10), &err));
	assert_int_equal(in[0], 0x7f);
	assert_int_equal(f.echo.unit.baud, 230400);
	line(&f, 115200, FM_PARITY_EVEN);
	assert_success(fm_send(f.link, "x", 1, in_ms(&f, 10), &err));
	assert_success(fm_recv(f.link, in, 1, in_ms(&f, 10), &err));
	assert_int_equal(f.echo.garbled, 1);
	fm_link_close(f.link);
}

/* What the unit does by itself happens while the host waits, at its time; and while it sleeps. */
static void test_events(void **state)
{
	struct fixture f;
	char in[8];
	size_t n;
	int64_t start_ns;
	struct fm_error err;

	(void)state;
	fixture_open(&f, 115200);
	start_ns = f.clock.now_ns;
	assert_success(fm_send(f.link, "L", 1, in_ms(&f, 10), &err));
	assert_failure(fm_recv_some(f.link, in, 4, &n, in_ms(&f, 34999), &err), FM_TIMEOUT);
	assert_int_equal(f.clock.now_ns - start_ns, 34999 * INT64_C(1000000));
	assert_success(fm_recv_some(f.link, in, 8, &n, in_ms(&f, 100), &err));
	assert_int_equal(n, 4);
	assert_memory_equal(in, "late", 4);

	assert_success(fm_send(f.link, "L", 1, in_ms(&f, 10), &err));
	fm_sleep_ms(f.link->clock, 40000);
	start_ns = f.clock.now_ns;
	assert_success(fm_recv_some(f.link, in, 8, &n, in_ms(&f, 0), &err));
	assert_int_equal(n, 4);
	assert_int_equal(f.clock.now_ns, start_ns);

	assert_success(fm_send(f.link, "abc", 3, in_ms(&f, 10), &err));
	fm_sleep_ms(f.link->clock, 10);
	assert_success(fm_discard(f.link, &err));
	assert_failure(fm_recv(f.link, in, 1, in_ms(&f, 10), &err), FM_TIMEOUT);
	fm_link_close(f.link);
}

/* Opening resets as an Arduino does; then only the edge from off to on. */
static void test_modem_lines(void **state)
{
	struct fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f, 115200);
	assert_int_equal(f.echo.externals, 1);
	assert_success(fm_line_modem(f.link, FM_LINE_DTR | FM_LINE_RTS, FM_LINE_DTR, &err));
	assert_success(fm_line_modem(f.link, FM_LINE_DTR, FM_LINE_DTR, &err));
	assert_int_equal(f.echo.resets, 1);
	assert_success(fm_line_modem(f.link, FM_LINE_DTR | FM_LINE_RTS, FM_LINE_RTS, &err));
	assert_int_equal(f.echo.resets, 2);
	assert_success(fm_line_modem(f.link, FM_LINE_DTR, FM_LINE_DTR, &err));
	assert_int_equal(f.echo.externals, 3);
	fm_link_close(f.link);
}

static void test_break(void **state)
{
	struct fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f, 115200);
	assert_success(fm_line_break(f.link, 250, &err));
	assert_int_equal(f.clock.now_ns, 250000000);
	assert_int_equal(f.echo.garbled, 1);
	assert_int_equal(f.echo.last, 0);
	fm_link_close(f.link);
}

/* After a power cut nothing moves, not by the reset line either; the next opening is power on. */
static void test_power_cut(void **state)
{
	struct fixture f;
	char in[4];
	struct fm_link *again;
	struct fm_error err;

	(void)state;
	fixture_open(&f, 115200);
	assert_success(fm_send(f.link, "Lx", 2, in_ms(&f, 10), &err));
	assert_success(fm_send(f.link, "Cyz", 3, in_ms(&f, 10), &err));
	assert_success(fm_recv(f.link, in, 1, in_ms(&f, 50000), &err));
	assert_failure(fm_recv(f.link, in, 1, in_ms(&f, 50000), &err), FM_TIMEOUT);
	assert_int_equal(f.echo.fed, 3);
	assert_success(fm_line_modem(f.link, FM_LINE_DTR, 0, &err));
	assert_success(fm_line_modem(f.link, FM_LINE_DTR, FM_LINE_DTR, &err));
	assert_int_equal(f.echo.resets, 1);
	assert_success(fm_sim_link_open(&f.echo.unit, false, &f.clock, NULL, &again, &err));
	assert_int_equal(f.echo.resets, 2);
	assert_int_equal(f.echo.externals, 1);
	assert_success(fm_send(again, "x", 1, in_ms(&f, 10), &err));
	assert_success(fm_recv(again, in, 1, in_ms(&f, 10), &err));
	fm_link_close(again);
	assert_int_equal(f.echo.frees, 0);
	fm_link_close(f.link);
}

/* More than a tty holds leaves at the line's rate, or not within the deadline. */
static void test_large_send(void **state)
{
	struct fixture f;
	static uint8_t out[10000];
	struct fm_error err;

	(void)state;
	fixture_open(&f, 115200);
	assert_failure(fm_send(f.link, out, sizeof(out), in_ms(&f, 100), &err), FM_TIMEOUT);
	assert_int_equal(f.clock.now_ns, 100000000);
	fm_sleep_ms(f.link->clock, 1000);
	assert_success(fm_discard(f.link, &err));
	f.echo.fed = 0;
	assert_success(fm_send(f.link, out, sizeof(out), in_ms(&f, 1000), &err));
	fm_sleep_ms(f.link->clock, 1000);
	assert_success(fm_discard(f.link, &err));
	assert_int_equal(f.echo.fed, sizeof(out));
	fm_link_close(f.link);
}

static void test_cancel(void **state)
{
	struct fixture f;
	char in[1];
	struct fm_error err;

	(void)state;
	fixture_open(&f, 115200);
	atomic_store(&f.cancel, true);
	assert_failure(fm_send(f.link, "x", 1, in_ms(&f, 10), &err), FM_CANCELLED);
	assert_failure(fm_recv(f.link, in, 1, in_ms(&f, 10), &err), FM_CANCELLED);
	assert_failure(fm_line_break(f.link, 10, &err), FM_CANCELLED);
	fm_link_close(f.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timing),      cmocka_unit_test(test_wrong_baud),
		cmocka_unit_test(test_auto_baud),   cmocka_unit_test(test_events),
		cmocka_unit_test(test_modem_lines), cmocka_unit_test(test_break),
		cmocka_unit_test(test_power_cut),   cmocka_unit_test(test_large_send),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

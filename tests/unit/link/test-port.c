/* Real ports: what libserialport opens, behind a shim that plays the hardware. */
#include "unit.h"

#include "ptypair.h"
#include "ttyshim.h"

#include "base/scope.h"
#include "link/serial.h"

#include <errno.h>
#include <linux/serial.h>
#include <string.h>

static struct fm_deadline in_ms(int64_t ms)
{
	return fm_in_ms(fm_clock_real(), ms);
}

static int port_setup(void **state)
{
	static struct ptypair pair;

	ptypair_open(&pair);
	shim = (struct shim){ .pty = pair.path, .fd = -1 };
	*state = &pair;
	return 0;
}

static int port_teardown(void **state)
{
	struct ptypair *pair = *state;

	close(pair->master);
	shim = (struct shim){ .fd = -1 };
	return 0;
}

static struct fm_link *port_open(void)
{
	struct fm_link *link;
	struct fm_error err;

	assert_success(fm_serial_open(SHIM_PATH, NULL, &link, &err));
	return link;
}

static void test_carries_bytes(void **state)
{
	struct ptypair *pair = *state;
	struct fm_link *link = port_open();
	char in[4];
	struct fm_error err;

	assert_int_equal(shim.opens, 1);
	assert_int_equal(link->lacks, 0);
	assert_string_equal(link->name, SHIM_PATH);
	assert_true(fcntl(shim.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(shim.fd, F_GETFL) & O_NONBLOCK);
	assert_true(shim.exclusive);
	/* The unit must not be reset when the port is closed. */
	assert_int_equal(shim.hupcl, 0);
	assert_success(fm_send(link, "ping", 4, in_ms(1000), &err));
	assert_int_equal(read(pair->master, in, 4), 4);
	assert_int_equal(write(pair->master, "pong", 4), 4);
	assert_success(fm_recv(link, in, 4, in_ms(1000), &err));
	assert_memory_equal(in, "pong", 4);
	fm_link_close(link);
	assert_false(shim.exclusive);
	fm_link_close(port_open());
}

static void test_framing(void **state)
{
	static const struct {
		struct fm_line_settings settings;
		unsigned framing;
	} cases[] = {
		{ { 115200, 8, FM_PARITY_EVEN, 1 }, CS8 | PARENB },
		{ { 57600, 8, FM_PARITY_ODD, 2 }, CS8 | PARENB | PARODD },
		{ { 9600, 7, FM_PARITY_EVEN, 1 }, CS7 | PARENB },
		{ { 74880, 8, FM_PARITY_NONE, 1 }, CS8 },
	};
	struct ptypair *pair = *state;
	struct fm_link *link = port_open();
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		assert_success(fm_line_configure(link, &cases[i].settings, &err));
		assert_int_equal(shim.framing, cases[i].framing);
		assert_int_equal(ptypair_settings(pair).c_ospeed, cases[i].settings.baud);
	}
	fm_link_close(link);
}

/* What the adapter's hardware can't do is an error on a real port, before anything is sent. */
static void test_adapter_cannot(void **state)
{
	const struct fm_line_settings even = { 115200, 8, FM_PARITY_EVEN, 1 };
	const struct fm_line_settings odd_rate = { 250000, 8, FM_PARITY_NONE, 1 };
	struct fm_link *link = port_open();
	struct fm_error err;

	(void)state;
	shim.without_parity = 1;
	assert_failure(fm_line_configure(link, &even, &err), FM_UNSUPPORTED);
	assert_non_null(strstr(err.text, "8E1"));
	shim.without_parity = 0;
	shim.only_baud = 115200;
	assert_failure(fm_line_configure(link, &odd_rate, &err), FM_UNSUPPORTED);
	assert_non_null(strstr(err.text, "250000"));
	assert_non_null(strstr(err.text, "115200"));
	/* Rounded to what its divisor can do. */
	shim.only_baud = 253000;
	assert_success(fm_line_configure(link, &odd_rate, &err));
	fm_link_close(link);
}

/* Both lines change in one request, the others stay. */
static void test_modem_lines(void **state)
{
	struct fm_link *link = port_open();
	int before = shim.modem_changes;
	struct fm_error err;

	(void)state;
	assert_int_equal(shim.modem & (TIOCM_DTR | TIOCM_RTS), TIOCM_DTR | TIOCM_RTS);
	assert_success(fm_line_modem(link, FM_LINE_DTR | FM_LINE_RTS, FM_LINE_RTS, &err));
	assert_int_equal(shim.modem_changes, before + 1);
	assert_int_equal(shim.modem & (TIOCM_DTR | TIOCM_RTS), TIOCM_RTS);
	assert_success(fm_line_modem(link, FM_LINE_DTR, FM_LINE_DTR | FM_LINE_RTS, &err));
	assert_int_equal(shim.modem & (TIOCM_DTR | TIOCM_RTS), TIOCM_DTR | TIOCM_RTS);
	assert_success(fm_line_modem(link, FM_LINE_RTS, 0, &err));
	assert_int_equal(shim.modem & (TIOCM_DTR | TIOCM_RTS), TIOCM_DTR);
	assert_int_equal(shim.modem_changes, before + 3);
	shim.modem_errno = ENODEV;
	assert_failure(fm_line_modem(link, FM_LINE_RTS, 0, &err), FM_GONE);
	shim.modem_errno = EINVAL;
	assert_failure(fm_line_modem(link, FM_LINE_RTS, 0, &err), FM_IO);
	fm_link_close(link);
}

static void test_break(void **state)
{
	struct fm_link *link;
	atomic_bool cancel = false;
	int64_t start_ns;
	struct fm_error err;

	(void)state;
	assert_success(fm_serial_open(SHIM_PATH, &cancel, &link, &err));
	start_ns = fm_now_ns(fm_clock_real());
	assert_success(fm_line_break(link, 30, &err));
	assert_in_range(fm_now_ns(fm_clock_real()) - start_ns, 30000000, 1000000000);
	assert_int_equal(shim.breaks, 1);
	assert_false(shim.break_on);
	/* A cancelled one ends too. */
	atomic_store(&cancel, true);
	assert_failure(fm_line_break(link, 5000, &err), FM_CANCELLED);
	assert_false(shim.break_on);
	fm_link_close(link);
}

static void test_low_latency(void **state)
{
	struct fm_link *link = port_open();

	(void)state;
	assert_true(fm_serial_low_latency(link));
	assert_true(shim.latency_flags & ASYNC_LOW_LATENCY);
	shim.without_latency = 1;
	assert_false(fm_serial_low_latency(link));
	fm_link_close(link);
}

/* Why a port can't be opened, by what the kernel says. */
static void test_open_fails(void **state)
{
	static const struct {
		int os;
		enum fm_code code;
		const char *text, *hint;
	} cases[] = {
		{ EACCES, FM_NO_ACCESS, "belongs to group tty", "sudo adduser $USER tty" },
		{ EBUSY, FM_BUSY, "in use by another program", "fuser" },
		{ ENXIO, FM_GONE, "no such port", "flashmend list" },
		{ ENOENT, FM_GONE, "no such port", "flashmend list" },
		{ EMFILE, FM_IO, "cannot open", "" },
	};
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		shim.open_errno = cases[i].os;
		assert_failure(fm_serial_open(SHIM_PATH, NULL, &link, &err), cases[i].code);
		assert_non_null(strstr(err.text, SHIM_PATH));
		assert_non_null(strstr(err.text, cases[i].text));
		assert_non_null(strstr(err.hint, cases[i].hint));
	}
	/* Root gets in although another has the port for itself: it says so, and is kept so. */
	shim.open_errno = 0;
	shim.exclusive = 1;
	assert_failure(fm_serial_open(SHIM_PATH, NULL, &link, &err), FM_BUSY);
	assert_true(shim.exclusive);
}

static void test_vanish(void **state)
{
	struct ptypair *pair = *state;
	struct fm_link *link = port_open();
	char in[1];
	struct fm_error err;

	close(pair->master);
	assert_failure(fm_recv(link, in, 1, in_ms(5000), &err), FM_GONE);
	assert_non_null(strstr(err.text, SHIM_PATH));
	fm_link_close(link);
	pair->master = -1;
}

/* What was told last; opening has its own story before it. */
static void assert_ends(const char *end)
{
	size_t len = strlen(shim.story);

	assert_true(len >= strlen(end));
	assert_string_equal(shim.story + len - strlen(end), end);
}

/* The rate is a change, whatever it was before; DTR falls at that rate, and nothing comes after. */
static void test_touch(void **state)
{
	struct fm_error err;

	(void)state;
	assert_success(fm_serial_touch(SHIM_PATH, 1200, NULL, &err));
	assert_ends("115200 dtr=1 9600 1200 dtr=0 ");
	assert_int_equal(shim.hupcl, 0);
	assert_false(shim.exclusive);
	shim.story[0] = '\0';
	assert_success(fm_serial_touch(SHIM_PATH, 9600, NULL, &err));
	assert_ends("115200 dtr=1 115200 9600 dtr=0 ");
	shim.story[0] = '\0';
	assert_success(fm_serial_settle(SHIM_PATH, 57600, NULL, &err));
	assert_ends("115200 57600 ");
	shim.open_errno = ENXIO;
	assert_failure(fm_serial_touch(SHIM_PATH, 1200, NULL, &err), FM_GONE);
	assert_success(fm_serial_settle(SHIM_PATH, 57600, NULL, &err));
	shim.open_errno = EACCES;
	assert_failure(fm_serial_settle(SHIM_PATH, 57600, NULL, &err), FM_NO_ACCESS);
}

/* That the port vanishes at the touch is what it is for; that it fails and stays is not. */
static void test_touch_leaves(void **state)
{
	struct fm_error err;

	(void)state;
	shim.fatal_baud = 1200;
	shim.fatal_errno = ENODEV;
	assert_success(fm_serial_touch(SHIM_PATH, 1200, NULL, &err));
	shim.fatal_errno = EPROTO;
	assert_success(fm_serial_touch(SHIM_PATH, 1200, NULL, &err));
	shim.node_stays = 1;
	assert_failure(fm_serial_touch(SHIM_PATH, 1200, NULL, &err), FM_IO);
	shim.fatal_baud = 0;
	shim.only_baud = 9600;
	assert_failure(fm_serial_touch(SHIM_PATH, 1200, NULL, &err), FM_UNSUPPORTED);
	assert_false(shim.exclusive);
}

/* A list opens nothing: that alone would reset units, and hang on a console. */
static void test_list_is_passive(void **state)
{
	struct fm_serial_port *ports;
	size_t count;
	struct fm_error err;

	(void)state;
	assert_success(fm_serial_list(&ports, &count, &err));
	assert_int_equal(shim.opens, 0);
	free(ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_carries_bytes, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_framing, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_adapter_cannot, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_modem_lines, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_break, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_low_latency, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_open_fails, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_vanish, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_touch, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_touch_leaves, port_setup, port_teardown),
		cmocka_unit_test_setup_teardown(test_list_is_passive, port_setup, port_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

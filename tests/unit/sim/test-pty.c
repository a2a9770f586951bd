#include "unit.h"

#include "echo.h"

#include "base/scope.h"
#include "link/serial.h"
#include "sim/pty.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* A simulated unit on a pty, run by a thread of its own. */
struct fixture {
	struct echo_unit echo;
	struct fm_sim_pty *pty;
	atomic_bool stop;
	pthread_t thread;
	int64_t cpu_ns; /* that the thread used */
	char link[64];
};

static int64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *fixture_run(void *data)
{
	struct fixture *f = data;
	int64_t start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct fm_error err;
	bool ok = fm_sim_pty_run(f->pty, &f->stop, &err);

	f->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns;
	return ok ? f : NULL;
}

static void fixture_start(struct fixture *f, unsigned unit_baud, unsigned bits, bool reset_on_open)
{
	const struct fm_sim_pty_options options = { f->link, bits, reset_on_open };
	struct fm_error err;

	snprintf(f->link, sizeof(f->link), "/tmp/fm-test-pty-%d", (int)getpid());
	echo_init(&f->echo, unit_baud);
	f->echo.late_after_ns = 300000000;
	atomic_init(&f->stop, false);
	assert_success(fm_sim_pty_open(&f->echo.unit, &options, &f->pty, &err));
	assert_int_equal(f->echo.resets, 1);
	assert_int_equal(f->echo.externals, 0);
	assert_int_equal(pthread_create(&f->thread, NULL, fixture_run, f), 0);
}

static void fixture_join(struct fixture *f)
{
	void *ok;

	assert_int_equal(pthread_join(f->thread, &ok), 0);
	assert_non_null(ok);
}

static void fixture_stop(struct fixture *f)
{
	atomic_store(&f->stop, true);
	fixture_join(f);
	fm_sim_pty_close(f->pty);
	assert_int_equal(access(f->link, F_OK), -1);
}

static struct fm_link *host_open(struct fixture *f, unsigned baud)
{
	const struct fm_line_settings settings = { baud, 8, FM_PARITY_NONE, 1 };
	struct fm_link *link;
	struct fm_error err;

	assert_success(fm_serial_open(f->link, NULL, &link, &err));
	assert_success(fm_line_configure(link, &settings, &err));
	return link;
}

static struct fm_deadline in_ms(int64_t ms)
{
	return fm_in_ms(fm_clock_real(), ms);
}

/* The rate of the line, also that of many bytes in a row, is that of the host; and it costs little.
 */
static void test_pacing(void **state)
{
	static const struct {
		unsigned baud, bits, bytes;
	} cases[] = { { 115200, 11, 6000 }, { 9600, 10, 300 } };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fixture f;
		struct fm_link *link;
		static uint8_t out[6000], in[6000];
		int64_t start_ns, took_ns, line_ns, unit_ns;
		struct fm_error err;

		for (size_t k = 0; k < sizeof(out); k++)
			out[k] = (uint8_t)(k % 50);
		fixture_start(&f, cases[i].baud, cases[i].bits, false);
		link = host_open(&f, cases[i].baud);
		start_ns = fm_now_ns(fm_clock_real());
		assert_success(fm_send(link, out, cases[i].bytes, in_ms(5000), &err));
		assert_success(fm_recv(link, in, cases[i].bytes, in_ms(5000), &err));
		took_ns = fm_now_ns(fm_clock_real()) - start_ns;
		assert_memory_equal(in, out, cases[i].bytes);
		fm_link_close(link);
		fixture_stop(&f);

		line_ns = (int64_t)cases[i].bytes * cases[i].bits * 1000000000 / cases[i].baud;
		assert_in_range(took_ns, line_ns, line_ns * 3 / 2);
		/* The unit's own view does not depend on this machine's load. */
		unit_ns = f.echo.last_ns - f.echo.first_ns;
		assert_in_range(unit_ns, line_ns * 999 / 1000 - 2000000, line_ns * 1001 / 1000);
		assert_int_equal(f.echo.fed, cases[i].bytes);
		print_message("# %u baud: %.2f %% of a core\n", cases[i].baud,
			      100.0 * (double)f.cpu_ns / (double)took_ns);
		assert_in_range(f.cpu_ns, 0, took_ns / 5);
	}
}

/* Question and answer, byte by byte: the line's time, not a chunk for each. */
static void test_turnaround(void **state)
{
	struct fixture f;
	struct fm_link *link;
	int64_t best_ns = INT64_MAX;
	char in[1];
	struct fm_error err;

	(void)state;
	fixture_start(&f, 115200, 10, false);
	link = host_open(&f, 115200);
	for (int i = 0; i < 50; i++) {
		int64_t start_ns = fm_now_ns(fm_clock_real()), took_ns;

		assert_success(fm_send(link, "x", 1, in_ms(1000), &err));
		assert_success(fm_recv(link, in, 1, in_ms(1000), &err));
		took_ns = fm_now_ns(fm_clock_real()) - start_ns;
		best_ns = took_ns < best_ns ? took_ns : best_ns;
	}
	/* Two bytes of 86.8 us; the best of 50 is not delayed by others. */
	assert_in_range(best_ns, 173600, 900000);
	fm_link_close(link);
	fixture_stop(&f);
}

static void test_wrong_baud(void **state)
{
	struct fixture f;
	struct fm_link *link;
	const struct fm_line_settings right = { 57600, 8, FM_PARITY_NONE, 1 };
	uint8_t in[1];
	struct fm_error err;

	(void)state;
	fixture_start(&f, 57600, 10, false);
	link = host_open(&f, 115200);
	assert_success(fm_send(link, "x", 1, in_ms(1000), &err));
	assert_success(fm_recv(link, in, 1, in_ms(1000), &err));
	/* The same link at the right rate. */
	assert_success(fm_line_configure(link, &right, &err));
	assert_success(fm_send(link, "y", 1, in_ms(1000), &err));
	assert_success(fm_recv(link, in, 1, in_ms(1000), &err));
	assert_int_equal(in[0], 'y');
	fm_link_close(link);
	fixture_stop(&f);
	assert_int_equal(f.echo.garbled, 1);
}

static void test_auto_baud(void **state)
{
	struct fixture f;
	struct fm_link *link;
	uint8_t in[1];
	struct fm_error err;

	(void)state;
	fixture_start(&f, 0, 11, false);
	link = host_open(&f, 76800);
	assert_success(fm_send(link, "\x7f", 1, in_ms(1000), &err));
	assert_success(fm_recv(link, in, 1, in_ms(1000), &err));
	assert_int_equal(in[0], 0x7f);
	fm_link_close(link);
	fixture_stop(&f);
	assert_int_equal(f.echo.unit.baud, 76800);
	assert_int_equal(f.echo.garbled, 0);
}

/* Each opening of the closed port pulses the reset pin, also one right after a close, and what one
 * host left unread is not the next one's. */
static void test_reset_on_open(void **state)
{
	struct fixture f;
	uint8_t in[1];
	size_t n;
	struct fm_error err;

	(void)state;
	fixture_start(&f, 115200, 10, true);
	for (int i = 0; i < 3; i++) {
		struct fm_link *link = host_open(&f, 115200);

		assert_failure(fm_recv_some(link, in, 1, &n, in_ms(20), &err), FM_TIMEOUT);
		assert_success(fm_send(link, "q", 1, in_ms(1000), &err));
		assert_success(fm_recv(link, in, 1, in_ms(1000), &err));
		assert_int_equal(in[0], 'q');
		assert_success(fm_send(link, "unread", 6, in_ms(1000), &err));
		fm_sleep_ms(fm_clock_real(), 20);
		fm_link_close(link);
		fm_sleep_ms(fm_clock_real(), 40);
	}
	fixture_stop(&f);
	assert_int_equal(f.echo.externals, 3);
	assert_int_equal(f.echo.resets, 4);
}

static void test_no_reset_on_open(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start(&f, 115200, 10, false);
	fm_link_close(host_open(&f, 115200));
	fixture_stop(&f);
	assert_int_equal(f.echo.resets, 1);
}

/* A power cut takes the port away, with its link; the next run has power again. */
static void test_power_cut(void **state)
{
	struct fixture f;
	struct fm_link *link;
	char in[1];
	struct fm_error err;

	(void)state;
	fixture_start(&f, 115200, 10, false);
	link = host_open(&f, 115200);
	assert_success(fm_send(link, "Cx", 2, in_ms(1000), &err));
	assert_failure(fm_recv(link, in, 1, in_ms(5000), &err), FM_GONE);
	fm_link_close(link);
	fixture_join(&f);
	assert_false(f.echo.unit.powered);
	assert_int_equal(access(f.link, F_OK), -1);
	assert_failure(fm_serial_open(f.link, NULL, &link, &err), FM_GONE);
	fm_sim_pty_close(f.pty);
	fixture_start(&f, 115200, 10, false);
	fixture_stop(&f);
}

/* A unit that answers by itself later, with nobody asking meanwhile. */
static void test_events_and_idle(void **state)
{
	struct fixture f;
	struct fm_link *link;
	char in[4];
	struct fm_error err;

	(void)state;
	fixture_start(&f, 115200, 10, false);
	link = host_open(&f, 115200);
	assert_success(fm_send(link, "L", 1, in_ms(1000), &err));
	assert_failure(fm_recv(link, in, 4, in_ms(150), &err), FM_TIMEOUT);
	assert_success(fm_recv(link, in, 4, in_ms(5000), &err));
	assert_memory_equal(in, "late", 4);
	fm_link_close(link);
	fm_sleep_ms(fm_clock_real(), 300);
	fixture_stop(&f);
	/* 600 ms of which it slept all but a few wake-ups. */
	assert_in_range(f.cpu_ns, 0, 60000000);
}

/* An old link is replaced; a file is not. A link that others took over meanwhile is not removed. */
static void test_link(void **state)
{
	char path[] = "/tmp/fm-test-ptylink-XXXXXX";
	const struct fm_sim_pty_options options = { path, 10, false };
	struct echo_unit echo;
	struct fm_sim_pty *pty;
	struct stat status;
	struct fm_error err;

	(void)state;
	echo_init(&echo, 115200);
	close(mkstemp(path));
	assert_failure(fm_sim_pty_open(&echo.unit, &options, &pty, &err), FM_FILE_WRITE);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_success(fm_sim_pty_open(&echo.unit, &options, &pty, &err));
	assert_int_equal(stat(path, &status), 0);
	assert_true(S_ISCHR(status.st_mode));
	unlink(path);
	assert_int_equal(symlink("/elsewhere", path), 0);
	fm_sim_pty_close(pty);
	assert_int_equal(lstat(path, &status), 0);
	unlink(path);
	assert_failure(fm_sim_pty_open(&echo.unit,
				       &(struct fm_sim_pty_options){ "/nowhere/x", 10, false },
				       &pty, &err),
		       FM_FILE_WRITE);
	fm_sim_pty_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pacing),        cmocka_unit_test(test_turnaround),
		cmocka_unit_test(test_wrong_baud),    cmocka_unit_test(test_auto_baud),
		cmocka_unit_test(test_reset_on_open), cmocka_unit_test(test_no_reset_on_open),
		cmocka_unit_test(test_power_cut),     cmocka_unit_test(test_events_and_idle),
		cmocka_unit_test(test_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "ptypair.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/process.h"
#include "link/serial.h"

#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct fm_deadline in_ms(int64_t ms)
{
	return fm_in_ms(fm_clock_real(), ms);
}

static struct fm_link *open_link(const struct ptypair *pair)
{
	struct fm_link *link;
	struct fm_error err;

	assert_success(fm_serial_open(pair->path, NULL, &link, &err));
	return link;
}

/* Every byte value both ways, as it is. */
static void test_carries_bytes(void **state)
{
	struct ptypair pair;
	struct fm_link *link;
	uint8_t out[256], in[256];
	size_t n, got = 0;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)i;
	ptypair_open(&pair);
	link = open_link(&pair);
	assert_string_equal(link->name, pair.path);
	assert_true(link->lacks == (FM_LINK_NO_MODEM | FM_LINK_NO_PARITY));
	assert_success(fm_send(link, out, sizeof(out), in_ms(1000), &err));
	while (got < sizeof(in)) {
		ssize_t came = read(pair.master, in + got, sizeof(in) - got);

		assert_true(came > 0);
		got += (size_t)came;
	}
	assert_memory_equal(in, out, sizeof(out));
	assert_int_equal(write(pair.master, out, sizeof(out)), sizeof(out));
	memset(in, 0, sizeof(in));
	assert_success(fm_recv(link, in, sizeof(in), in_ms(1000), &err));
	assert_memory_equal(in, out, sizeof(out));

	assert_int_equal(write(pair.master, "old", 3), 3);
	assert_success(fm_recv(link, in, 1, in_ms(1000), &err));
	assert_success(fm_discard(link, &err));
	assert_failure(fm_recv_some(link, in, 1, &n, in_ms(0), &err), FM_TIMEOUT);
	fm_link_close(link);
	close(pair.master);
}

/* Any rate, and framings that a pty has not: that is no error there. */
static void test_line_settings(void **state)
{
	static const unsigned rates[] = { 1200, 57600, 74880, 250000, 1234567 };
	struct ptypair pair;
	struct fm_link *link;
	struct termios2 tio;
	struct fm_error err;

	(void)state;
	ptypair_open(&pair);
	link = open_link(&pair);
	assert_int_equal(ptypair_settings(&pair).c_ospeed, 115200);
	for (size_t i = 0; i < FM_COUNT(rates); i++) {
		struct fm_line_settings settings = { rates[i], 8, FM_PARITY_EVEN, 1 };

		assert_success(fm_line_configure(link, &settings, &err));
		assert_int_equal(ptypair_settings(&pair).c_ospeed, rates[i]);
	}
	assert_success(fm_line_configure(
		link, &(struct fm_line_settings){ 9600, 7, FM_PARITY_ODD, 2 }, &err));
	tio = ptypair_settings(&pair);
	assert_false(tio.c_cflag & HUPCL);
	assert_false(tio.c_lflag & (ICANON | ECHO | ISIG));
	assert_false(tio.c_iflag & (IXON | ICRNL));
	assert_true(tio.c_cflag & CSTOPB);
	assert_failure(fm_line_configure(link, &(struct fm_line_settings){ 0, 8, 0, 1 }, &err),
		       FM_INTERNAL);
	assert_success(fm_line_modem(link, FM_LINE_DTR | FM_LINE_RTS, FM_LINE_DTR, &err));
	assert_success(fm_line_break(link, 10, &err));
	assert_false(fm_serial_low_latency(link));
	fm_link_close(link);
	close(pair.master);
}

static void test_deadline(void **state)
{
	struct ptypair pair;
	struct fm_link *link;
	char in[4];
	int64_t start_ns = fm_now_ns(fm_clock_real()), took_ms;
	struct fm_error err;

	(void)state;
	ptypair_open(&pair);
	link = open_link(&pair);
	assert_int_equal(write(pair.master, "ab", 2), 2);
	assert_failure(fm_recv(link, in, 4, in_ms(150), &err), FM_TIMEOUT);
	took_ms = (fm_now_ns(fm_clock_real()) - start_ns) / 1000000;
	assert_in_range(took_ms, 149, 2000);
	assert_non_null(strstr(err.text, "2 of 4"));
	fm_link_close(link);
	close(pair.master);
}

static void *slow_reader(void *data)
{
	const struct ptypair *pair = data;
	size_t *total = calloc(1, sizeof(*total));
	uint8_t bytes[1500];
	struct pollfd ready = { pair->master, POLLIN, 0 };
	ssize_t n;

	while (poll(&ready, 1, 500) == 1 && (n = read(pair->master, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i] != (uint8_t)((*total + (size_t)i) * 7))
				return total;
		*total += (size_t)n;
		usleep(500);
	}
	return total;
}

/* Much more than the tty holds: all of it with a reader, an error within the deadline without. */
static void test_large_sends(void **state)
{
	static uint8_t out[200000];
	struct ptypair pair;
	struct fm_link *link;
	pthread_t reader;
	void *total;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7);
	ptypair_open(&pair);
	link = open_link(&pair);
	assert_int_equal(pthread_create(&reader, NULL, slow_reader, &pair), 0);
	assert_success(fm_send(link, out, sizeof(out), in_ms(20000), &err));
	assert_int_equal(pthread_join(reader, &total), 0);
	assert_int_equal(*(size_t *)total, sizeof(out));
	free(total);

	assert_failure(fm_send(link, out, sizeof(out), in_ms(100), &err), FM_TIMEOUT);
	assert_non_null(strstr(err.text, "of 200000 bytes"));
	fm_link_close(link);
	close(pair.master);
}

static void *pull_cable(void *data)
{
	struct ptypair *pair = data;

	usleep(50000);
	close(pair->master);
	return NULL;
}

/* The port vanishes under a waiting call, and stays so for every other. */
static void test_vanish(void **state)
{
	struct ptypair pair;
	struct fm_link *link;
	pthread_t cable;
	char in[1];
	struct fm_error err;

	(void)state;
	ptypair_open(&pair);
	link = open_link(&pair);
	assert_int_equal(pthread_create(&cable, NULL, pull_cable, &pair), 0);
	assert_failure(fm_recv(link, in, 1, in_ms(10000), &err), FM_GONE);
	pthread_join(cable, NULL);
	assert_failure(fm_recv(link, in, 1, in_ms(10000), &err), FM_GONE);
	assert_failure(fm_send(link, "x", 1, in_ms(10000), &err), FM_GONE);
	assert_failure(fm_discard(link, &err), FM_GONE);
	assert_failure(fm_line_configure(link,
					 &(struct fm_line_settings){ 9600, 8, FM_PARITY_NONE, 1 },
					 &err),
		       FM_GONE);
	fm_link_close(link);
	assert_failure(fm_serial_open(pair.path, NULL, &link, &err), FM_GONE);
	assert_non_null(strstr(err.text, "no such port"));
}

/* What is no port is not opened. */
static void test_not_a_port(void **state)
{
	static const char *const nodes[] = { "/dev/null", "/dev/tty", "/dev/ptmx",
					     "/proc/self/comm", "/" };
	char link_path[] = "/tmp/fm-test-serial-XXXXXX";
	struct ptypair pair;
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(nodes); i++) {
		assert_failure(fm_serial_open(nodes[i], NULL, &link, &err), FM_NO_UNIT);
		assert_non_null(strstr(err.text, nodes[i]));
	}
	assert_failure(fm_serial_open("/dev/ttyFM99", NULL, &link, &err), FM_GONE);

	/* A link to a port is one, and names itself in messages. */
	ptypair_open(&pair);
	close(mkstemp(link_path));
	unlink(link_path);
	assert_int_equal(symlink(pair.path, link_path), 0);
	assert_success(fm_serial_open(link_path, NULL, &link, &err));
	assert_string_equal(link->name, link_path);
	fm_link_close(link);
	unlink(link_path);
	close(pair.master);
}

enum rival_kind { RIVAL_PLAIN, RIVAL_LINK, RIVAL_MASTER };

struct rival {
	pid_t pid;
	char path[32]; /* of the port that it holds */
};

static void rival_run(enum rival_kind kind, const struct ptypair *pair, int told)
{
	struct ptypair held = *pair;
	struct fm_link *link;
	struct fm_error err;

	prctl(PR_SET_NAME, "rival");
	close(pair->master);
	if (kind == RIVAL_MASTER)
		ptypair_open(&held);
	if (kind == RIVAL_LINK ? !fm_serial_open(held.path, NULL, &link, &err)
			       : open(held.path, O_RDWR | O_NOCTTY) < 0)
		_exit(1);
	if (write(told, held.path, sizeof(held.path)) != sizeof(held.path))
		_exit(1);
	pause();
	_exit(0);
}

static struct rival rival_start(enum rival_kind kind, const struct ptypair *pair)
{
	struct rival rival;
	int told[2];

	assert_int_equal(pipe(told), 0);
	rival.pid = fork();
	if (rival.pid == 0)
		rival_run(kind, pair, told[1]);
	close(told[1]);
	assert_int_equal(read(told[0], rival.path, sizeof(rival.path)), sizeof(rival.path));
	close(told[0]);
	return rival;
}

static void rival_end(const struct rival *rival)
{
	kill(rival->pid, SIGKILL);
	waitpid(rival->pid, NULL, 0);
}

/* Another program has the port, with our lock or without: it is named, also to root. */
static void test_busy(void **state)
{
	struct ptypair pair;
	struct fm_error err;

	(void)state;
	ptypair_open(&pair);
	for (enum rival_kind kind = RIVAL_PLAIN; kind <= RIVAL_LINK; kind++) {
		struct rival rival = rival_start(kind, &pair);
		struct fm_link *link;
		char wanted[64], name[32];
		pid_t pid;

		snprintf(wanted, sizeof(wanted), "in use by rival (process %d)", (int)rival.pid);
		assert_true(fm_process_holder(pair.path, name, sizeof(name), &pid));
		assert_int_equal(pid, rival.pid);
		assert_string_equal(name, "rival");
		assert_failure(fm_serial_open(pair.path, NULL, &link, &err), FM_BUSY);
		assert_non_null(strstr(err.text, wanted));
		/* Killed, it leaves nothing behind that keeps the next one out. */
		rival_end(&rival);
		assert_success(fm_serial_open(pair.path, NULL, &link, &err));
		fm_link_close(link);
	}
	close(pair.master);
}

static void test_busy_here(void **state)
{
	struct ptypair pair;
	struct fm_link *link, *second;
	struct fm_error err;
	int fd;

	(void)state;
	ptypair_open(&pair);
	link = open_link(&pair);
	assert_failure(fm_serial_open(pair.path, NULL, &second, &err), FM_BUSY);
	assert_non_null(strstr(err.text, "in this program"));
	fm_link_close(link);
	fd = open(pair.path, O_RDWR | O_NOCTTY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_failure(fm_serial_open(pair.path, NULL, &second, &err), FM_BUSY);
	close(fd);
	close(pair.master);
}

/* The process behind a pty has both its ends open, and is who we want to speak to. */
static void test_master_is_no_rival(void **state)
{
	struct ptypair pair;
	struct rival rival;
	struct fm_link *link;
	char name[32];
	pid_t pid;
	struct fm_error err;

	(void)state;
	ptypair_open(&pair);
	rival = rival_start(RIVAL_MASTER, &pair);
	assert_false(fm_process_holder(rival.path, name, sizeof(name), &pid));
	assert_success(fm_serial_open(rival.path, NULL, &link, &err));
	fm_link_close(link);
	rival_end(&rival);
	close(pair.master);
}

/* What an ordinary user is told, in a process of his. */
static struct fm_error open_as_nobody(const char *path)
{
	struct fm_error err = { 0 };
	int told[2];
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		struct passwd *nobody = getpwnam("nobody");
		struct fm_link *link;

		if (!nobody || setgroups(0, NULL) < 0 || setgid(nobody->pw_gid) < 0 ||
		    setuid(nobody->pw_uid) < 0)
			_exit(1);
		if (fm_serial_open(path, NULL, &link, &err))
			fm_link_close(link);
		_exit(write(told[1], &err, sizeof(err)) == sizeof(err) ? 0 : 1);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &err, sizeof(err)), sizeof(err));
	close(told[0]);
	waitpid(pid, NULL, 0);
	return err;
}

static void test_no_access(void **state)
{
	struct ptypair pair;
	struct fm_error err;
	struct group *tty = getgrnam("tty");

	(void)state;
	if (geteuid() != 0 || !tty)
		skip(); /* only root can become somebody who may not */
	ptypair_open(&pair);
	assert_int_equal(chown(pair.path, 0, tty->gr_gid), 0);
	assert_int_equal(chmod(pair.path, 0660), 0);
	err = open_as_nobody(pair.path);
	assert_int_equal(err.code, FM_NO_ACCESS);
	assert_non_null(strstr(err.text, "belongs to group tty"));
	assert_non_null(strstr(err.hint, "sudo adduser $USER tty"));
	assert_int_equal(chmod(pair.path, 0600), 0);
	err = open_as_nobody(pair.path);
	assert_int_equal(err.code, FM_NO_ACCESS);
	assert_non_null(strstr(err.hint, "udev rule"));
	assert_int_equal(chmod(pair.path, 0666), 0);
	err = open_as_nobody(pair.path);
	assert_int_equal(err.code, FM_OK);
	close(pair.master);
}

/* An ordinary user can't see whose it is, but that it is taken. */
static void test_busy_for_nobody(void **state)
{
	struct ptypair pair;
	struct fm_link *link;
	struct fm_error err;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can become another user */
	ptypair_open(&pair);
	assert_int_equal(chmod(pair.path, 0666), 0);
	link = open_link(&pair);
	err = open_as_nobody(pair.path);
	assert_int_equal(err.code, FM_BUSY);
	fm_link_close(link);
	fd = open(pair.path, O_RDWR | O_NOCTTY);
	assert_int_equal(ioctl(fd, TIOCEXCL), 0);
	err = open_as_nobody(pair.path);
	assert_int_equal(err.code, FM_BUSY);
	assert_non_null(strstr(err.text, "another program"));
	assert_non_null(strstr(err.hint, "fuser"));
	close(fd);
	close(pair.master);
}

/* Whatever this machine has: sorted, and no pty or screen among it. */
static void test_list(void **state)
{
	struct fm_serial_port *ports;
	size_t count;
	struct fm_error err;

	(void)state;
	assert_success(fm_serial_list(&ports, &count, &err));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(strncmp(ports[i].path, "/dev/tty", 8), 0);
		assert_true(ports[i].path[8] >= 'A');
		if (i > 0)
			assert_true(strverscmp(ports[i - 1].path, ports[i].path) < 0);
	}
	free(ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carries_bytes),
		cmocka_unit_test(test_line_settings),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_large_sends),
		cmocka_unit_test(test_vanish),
		cmocka_unit_test(test_not_a_port),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_busy_here),
		cmocka_unit_test(test_master_is_no_rival),
		cmocka_unit_test(test_no_access),
		cmocka_unit_test(test_busy_for_nobody),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

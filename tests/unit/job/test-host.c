/* What is seen of this computer: on a made-up sysfs, on files that change, and with a logind that
 * is there, refuses, or is not. */
#include "unit.h"

#include "base/hash.h"
#include "job/host.h"
#include "job/inhibit.h"
#include "package/package.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

static char folder[64];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/fm-host-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void put(const char *path, const char *text)
{
	char command[400], whole[300];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s')\"", whole);
	assert_int_equal(system(command), 0);
	file = fopen(whole, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* "NAME/FILE=VALUE" below class/power_supply. */
static void supply(const char *setting)
{
	char path[128], value[64];

	assert_int_equal(sscanf(setting, "%80[^=]=%60[^\n]", path + 19, value), 2);
	memcpy(path, "class/power_supply/", 19);
	strcat(value, "\n");
	put(path, value);
}

static void test_power(void **state)
{
	static const struct {
		const char *supplies[8];
		enum fm_verdict state;
		const char *says;
	} cases[] = {
		{ { NULL }, FM_FITS, "no battery" },
		{ { "AC/type=Mains", "AC/online=0" }, FM_FITS, "no battery" },
		{ { "AC/type=Mains", "AC/online=1", "B/type=Battery", "B/capacity=3" },
		  FM_FITS,
		  "on mains, battery 3 %" },
		{ { "AC/type=Mains", "AC/online=0", "B/type=Battery", "B/capacity=25" },
		  FM_FITS,
		  "on battery, 25 %" },
		{ { "AC/type=Mains", "AC/online=0", "B/type=Battery", "B/capacity=24" },
		  FM_WARN,
		  "on battery, 24 %" },
		{ { "AC/type=Mains", "AC/online=0", "B/type=Battery", "B/capacity=10" },
		  FM_WARN,
		  "on battery, 10 %" },
		{ { "AC/type=Mains", "AC/online=0", "B/type=Battery", "B/capacity=9" },
		  FM_BLOCKED,
		  "on battery, 9 %" },
		/* a charger on a socket of USB, the other one with nothing in it */
		{ { "U0/type=USB", "U0/online=0", "U1/type=USB", "U1/online=1", "B/type=Battery",
		    "B/capacity=5" },
		  FM_FITS,
		  "on mains" },
		/* no source is known, but it is charged */
		{ { "B/type=Battery", "B/capacity=5", "B/status=Charging" }, FM_FITS, "on mains" },
		{ { "B/type=Battery", "B/capacity=5", "B/status=Discharging" },
		  FM_BLOCKED,
		  "too little" },
		/* full, it says, and the mains are known to be off */
		{ { "AC/type=Mains", "AC/online=0", "B/type=Battery", "B/capacity=5",
		    "B/status=Full" },
		  FM_BLOCKED,
		  "too little" },
		{ { "M/type=Battery", "M/scope=Device", "M/capacity=2" }, FM_FITS, "no battery" },
		{ { "B/type=Battery", "B/present=0", "B/capacity=0" }, FM_FITS, "no battery" },
		{ { "B/type=Battery", "B/capacity=8", "C/type=Battery", "C/capacity=92" },
		  FM_FITS,
		  "50 %" },
		{ { "B/type=Battery", "B/capacity=full" }, FM_WARN, "does not say" },
		{ { "B/type=Battery", "B/status=Discharging" }, FM_WARN, "does not say" },
		{ { "B/type=Battery", "B/capacity=-1" }, FM_WARN, "does not say" },
		{ { "B/type=Battery", "B/capacity=300" }, FM_WARN, "does not say" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fm_host_row row;

		for (size_t k = 0; k < 8 && cases[i].supplies[k]; k++)
			supply(cases[i].supplies[k]);
		fm_host_power(folder, &row);
		if (row.state != cases[i].state || !strstr(row.text, cases[i].says))
			fail_msg("case %zu: %s %s", i, fm_host_state_name(row.state), row.text);
		assert_string_equal(row.name, "power");
		teardown(state);
		setup(state);
	}
}

static void test_bridge(void **state)
{
	struct fm_host_row row;

	(void)state;
	put("class/tty/ttyUSB0/device/latency_timer", "16\n");
	put("class/tty/ttyUSB1/device/latency_timer", "1\n");
	put("class/tty/ttyUSB2/device/latency_timer", "none\n");
	put("class/tty/ttyACM0/dev", "166:0\n");
	assert_true(fm_host_bridge(folder, "/dev/ttyUSB0", &row));
	assert_int_equal(row.state, FM_FITS);
	assert_non_null(strstr(row.text, "16 ms: the job takes longer"));
	assert_true(fm_host_bridge(folder, "/dev/ttyUSB1", &row));
	assert_non_null(strstr(row.text, "1 ms"));
	assert_null(strstr(row.text, "longer"));
	assert_false(fm_host_bridge(folder, "/dev/ttyUSB2", &row));
	assert_false(fm_host_bridge(folder, "/dev/ttyACM0", &row));
	assert_false(fm_host_bridge(folder, "/dev/", &row));
	assert_false(fm_host_bridge(folder, "/dev/..", &row));
	assert_false(fm_host_bridge(folder, "pty", &row));
}

static void test_disk(void **state)
{
	struct fm_host_row row;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/not/made/yet", folder);
	fm_host_room(path, &row);
	assert_non_null(strstr(row.text, "MiB free"));
	fm_host_records(path, &row);
	assert_int_equal(row.state, FM_FITS);
	fm_host_room("/not-made/yet", &row);
	assert_non_null(strstr(row.text, "MiB free"));
	fm_host_room("/proc", &row); /* a file system without any room */
	assert_int_equal(row.state, FM_WARN);
	assert_string_equal(row.text, "0 MiB free for records and backups");
	if (geteuid() == 0)
		return; /* may write everywhere */
	assert_int_equal(chmod(folder, 0500), 0);
	fm_host_records(path, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	assert_int_equal(chmod(folder, 0700), 0);
}

static void test_file(void **state)
{
	struct fm_host_stamp stamp;
	struct fm_host_row row;
	struct timespec times[2];
	char path[128], other[128], sha256[FM_SHA256_TEXT];
	struct stat was;

	(void)state;
	snprintf(path, sizeof(path), "%s/fw.bin", folder);
	snprintf(other, sizeof(other), "%s/new.bin", folder);
	put("fw.bin", "firmware");
	fm_sha256("firmware", 8, sha256);
	assert_false(fm_host_stamp(path + 1, &stamp));
	assert_true(fm_host_stamp(path, &stamp));
	fm_host_file(path, &stamp, sha256, &row);
	assert_int_equal(row.state, FM_FITS);
	assert_non_null(strstr(row.text, "as it was read"));

	/* another file in its place, with the same content */
	put("new.bin", "firmware");
	assert_int_equal(rename(other, path), 0);
	fm_host_file(path, &stamp, sha256, &row);
	assert_int_equal(row.state, FM_FITS);
	assert_non_null(strstr(row.text, "same content"));

	/* length and time as they were */
	assert_true(fm_host_stamp(path, &stamp));
	assert_int_equal(stat(path, &was), 0);
	usleep(20000); /* the kernel's clock of files has its own tick */
	put("fw.bin", "FIRMWARE");
	times[0] = was.st_atim, times[1] = was.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	fm_host_file(path, &stamp, sha256, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	assert_non_null(strstr(row.text, "it was changed on the disk: sha256 "));

	put("fw.bin", "");
	fm_host_file(path, &stamp, sha256, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	assert_int_equal(unlink(path), 0);
	fm_host_file(path, &stamp, sha256, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	assert_non_null(strstr(row.text, "not there any more"));
}

/* A folder that is a package: all of its files count, their order and those with a dot do not. */
static void test_folder(void **state)
{
	struct fm_host_stamp stamp;
	struct fm_host_row row;
	char path[128], then[FM_SHA256_TEXT], now[FM_SHA256_TEXT];
	struct fm_error err;

	(void)state;
	snprintf(path, sizeof(path), "%s/box", folder);
	put("box/firmware.bin", "firmware");
	put("box/box.metainfo.xml", "<component/>");
	assert_true(fm_host_stamp(path, &stamp));
	assert_success(fm_package_folder_sha256(path, then, &err));
	fm_host_file(path, &stamp, then, &row);
	assert_int_equal(row.state, FM_FITS);
	assert_non_null(strstr(row.text, "as it was read"));

	usleep(20000); /* the kernel's clock of files has its own tick */
	put("box/firmware.bin", "firmware");
	put("box/.hidden", "by an editor");
	fm_host_file(path, &stamp, then, &row);
	assert_int_equal(row.state, FM_FITS);
	assert_non_null(strstr(row.text, "same content"));

	put("box/firmware.bin", "FIRMWARE");
	fm_host_file(path, &stamp, then, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	put("box/firmware.bin", "firmware");
	put("box/box.metainfo.xml", "<component />");
	fm_host_file(path, &stamp, then, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	put("box/box.metainfo.xml", "<component/>");
	put("box/more.bin", "");
	fm_host_file(path, &stamp, then, &row);
	assert_int_equal(row.state, FM_BLOCKED);
	assert_non_null(strstr(row.text, "it was changed on the disk: sha256 "));
	assert_success(fm_package_folder_sha256(path, now, &err));
	assert_string_not_equal(then, now);
}

/* --- a bus of our own, and a logind on it ----------------------------------------------------- */

struct logind {
	const char *refuses; /* what it takes to be refused */
	int says;            /* a line for each request: what, mode */
	int held;            /* our end: at its end of file the lock was given back */
	int lock;
};

static pid_t bus_pid, logind_pid;

static int logind_inhibit(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct logind *logind = user;
	const char *what, *who, *why, *mode;
	int result = sd_bus_message_read(message, "ssss", &what, &who, &why, &mode);

	if (result < 0)
		return result;
	dprintf(logind->says, "%s %s %s;", what, who, mode);
	if (logind->refuses && strstr(what, logind->refuses))
		return sd_bus_error_set_const(error, SD_BUS_ERROR_ACCESS_DENIED, "not you");
	result = sd_bus_reply_method_return(message, "h", logind->lock);
	close(logind->lock); /* now only who has asked holds it */
	return result;
}

static void logind_serve(struct logind *logind, int ready)
{
	static const sd_bus_vtable vtable[] = {
		SD_BUS_VTABLE_START(0),
		SD_BUS_METHOD("Inhibit", "ssss", "h", logind_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
		SD_BUS_VTABLE_END,
	};
	sd_bus *bus = NULL;

	if (sd_bus_open_system(&bus) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/login1",
				     "org.freedesktop.login1.Manager", vtable, logind) < 0 ||
	    sd_bus_request_name(bus, "org.freedesktop.login1", 0) < 0)
		_exit(1);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;) {
		if (sd_bus_process(bus, NULL) == 0)
			sd_bus_wait(bus, UINT64_MAX);
	}
}

/* A pid that is told to end, and has. */
static void end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

/* False where there is no dbus-daemon. */
static bool bus_start(void)
{
	char address[256] = "", config[128];
	int out[2];
	ssize_t len;

	put("bus.conf", "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
			"<auth>EXTERNAL</auth><policy context='default'><allow own='*'/>"
			"<allow send_destination='*'/><allow receive_sender='*'/></policy>"
			"</busconfig>");
	snprintf(config, sizeof(config), "--config-file=%s/bus.conf", folder);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	bus_pid = fork();
	if (bus_pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execlp("dbus-daemon", "dbus-daemon", config, "--nofork", "--print-address",
		       (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	len = read(out[0], address, sizeof(address) - 1);
	close(out[0]);
	if (len <= 0) {
		end(&bus_pid);
		return false;
	}
	address[strcspn(address, "\n")] = '\0';
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	return true;
}

static void logind_start(struct logind *logind)
{
	int ready[2], says[2], lock[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(says, O_CLOEXEC), 0);
	assert_int_equal(pipe2(lock, O_CLOEXEC), 0);
	logind_pid = fork();
	if (logind_pid == 0) {
		logind->says = says[1];
		logind->lock = lock[1];
		logind_serve(logind, ready[1]);
	}
	close(ready[1]);
	close(says[1]);
	close(lock[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	logind->says = says[0];
	logind->held = lock[0];
}

static void assert_said(const struct logind *logind, const char *wanted)
{
	char said[256] = "";

	assert_true(read(logind->says, said, sizeof(said) - 1) > 0);
	assert_string_equal(said, wanted);
}

/* As long as the descriptor is open, and no longer. */
static void assert_held(const struct logind *logind, int fd)
{
	struct pollfd held = { logind->held, POLLIN, 0 };

	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(poll(&held, 1, 100), 0);
	close(fd);
	assert_int_equal(poll(&held, 1, 5000), 1);
}

static void assert_not_held(int fd, const struct fm_host_row *row)
{
	assert_int_equal(fd, -1);
	assert_int_equal(row->state, FM_WARN);
}

static int bus_teardown(void **state)
{
	end(&logind_pid);
	end(&bus_pid);
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	return teardown(state);
}

/* A bus, and logind on it. */
static void logind_on_bus(struct logind *logind)
{
	if (!bus_start())
		skip();
	logind_start(logind);
}

static void test_sleep(void **state)
{
	struct logind logind = { 0 };
	struct fm_host_row row;
	int fd;

	(void)state;
	logind_on_bus(&logind);
	fm_inhibit_sleep("a unit is being written", &fd, &row);
	assert_string_equal(row.text, "the computer neither sleeps nor minds its lid");
	assert_int_equal(row.state, FM_FITS);
	assert_said(&logind, "sleep:handle-lid-switch flashmend block;");
	assert_held(&logind, fd);
}

/* As logind does with a person who came over the network. */
static void test_the_lid_is_refused(void **state)
{
	struct logind logind = { .refuses = "lid" };
	struct fm_host_row row;
	int fd;

	(void)state;
	logind_on_bus(&logind);
	fm_inhibit_sleep("why", &fd, &row);
	assert_int_equal(row.state, FM_WARN);
	assert_non_null(strstr(row.text, "a closed lid is not"));
	assert_held(&logind, fd);
	assert_said(&logind, "sleep:handle-lid-switch flashmend block;sleep flashmend block;");
}

static void test_all_is_refused(void **state)
{
	struct logind logind = { .refuses = "sleep" };
	struct fm_host_row row;
	int fd;

	(void)state;
	logind_on_bus(&logind);
	fm_inhibit_sleep("why", &fd, &row);
	assert_not_held(fd, &row);
	assert_string_equal(row.text, "not kept off, keep this computer awake: not you");
}

static void test_a_logind_that_hangs(void **state)
{
	struct logind logind = { 0 };
	struct fm_host_row row;
	struct timespec before, after;
	int fd;

	(void)state;
	logind_on_bus(&logind);
	assert_int_equal(kill(logind_pid, SIGSTOP), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	fm_inhibit_sleep("why", &fd, &row);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_not_held(fd, &row);
	assert_true(after.tv_sec - before.tv_sec <= 3);
}

static void test_no_logind(void **state)
{
	struct fm_host_row row;
	int fd;

	(void)state;
	if (!bus_start())
		skip();
	fm_inhibit_sleep("why", &fd, &row);
	assert_not_held(fd, &row);
	assert_non_null(strstr(row.text, "no logind runs here"));
}

static void test_no_bus(void **state)
{
	struct fm_host_row row;
	char address[128];
	int fd;

	(void)state;
	snprintf(address, sizeof(address), "unix:path=%s/none", folder);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	fm_inhibit_sleep("why", &fd, &row);
	assert_not_held(fd, &row);
	assert_non_null(strstr(row.text, "no system bus"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BUS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, bus_teardown)

/* A port is held by whoever has it open, but for this program and the other end of a pty. */
static void test_port(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct fm_host_row row;
	char name[64], expected[80];
	int ready[2];
	pid_t rival;

	(void)state;
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	assert_int_equal(ptsname_r(master, name, sizeof(name)), 0);
	fm_host_port(name, &row);
	assert_int_equal(row.state, FM_FITS);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	rival = fork();
	if (rival == 0) {
		close(master);
		if (open(name, O_RDWR | O_NOCTTY) >= 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], expected, 1), 1);
	fm_host_port(name, &row);
	assert_string_equal(row.name, "port");
	assert_int_equal(row.state, FM_BLOCKED);
	snprintf(expected, sizeof(expected), "(process %ld) has it open: end that first",
		 (long)rival);
	assert_non_null(strstr(row.text, expected));
	kill(rival, SIGKILL);
	waitpid(rival, NULL, 0);
	fm_host_port(name, &row);
	assert_int_equal(row.state, FM_FITS);
	close(master);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_power),
		TEST(test_bridge),
		TEST(test_disk),
		TEST(test_file),
		TEST(test_folder),
		BUS_TEST(test_sleep),
		BUS_TEST(test_the_lid_is_refused),
		BUS_TEST(test_all_is_refused),
		BUS_TEST(test_a_logind_that_hangs),
		BUS_TEST(test_no_logind),
		BUS_TEST(test_no_bus),
		cmocka_unit_test(test_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

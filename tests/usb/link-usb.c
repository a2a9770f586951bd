/* The USB link on a real kernel: the unit of link-unit.c on vhci_hcd, served by a thread. TAP. */
#include "link-unit.h"

#include "base/scope.h"
#include "link/serial.h"
#include "link/usb.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct unit unit;
static atomic_bool stop;
static atomic_uint cable; /* raised to pull it out, and to put it in again */
static char path[32];     /* written before `ready` counts */
static atomic_uint ready;
static unsigned tests, failures;
static struct fm_error err;

static const struct fm_usb_claim vendor = { 0xff, 1, 2 }, port = { 2, 2, -1 };

static void result(bool passed, const char *name)
{
	printf("%sok %u - %s\n", passed ? "" : "not ", ++tests, name);
	if (passed)
		return;
	failures++;
	printf("# last error: E%d %s (%s)\n", fm_error_info(err.code)->number, err.text, err.hint);
}

static int64_t now_ms(void)
{
	return fm_now_ns(fm_clock_real()) / 1000000;
}

static struct fm_deadline in_ms(int64_t ms)
{
	return fm_in_ms(fm_clock_real(), ms);
}

static void reported(void *user, size_t which, const char *what)
{
	(void)user;
	(void)which;
	if (sscanf(what, "ready %31s", path) == 1)
		ready++;
}

static void *serve(void *unused)
{
	struct fm_sim_usb *units[] = { &unit.usb };
	const struct fm_sim_vhci_options options = { units, 1, &stop, &cable, reported, NULL };
	struct fm_error why;

	(void)unused;
	if (!fm_sim_vhci_run(&options, &why)) {
		printf("Bail out! %s\n", why.text);
		exit(99);
	}
	return NULL;
}

/* On the bus with its serial port, as the udev daemon also has to be done with it. */
static bool appears(struct fm_usb_device *ret)
{
	for (int64_t end = now_ms() + 20000; now_ms() < end; fm_sleep_ms(fm_clock_real(), 20))
		if (ready > 0 && fm_usb_at(path, ret, &err) && ret->interface_count == 3 &&
		    ret->interfaces[1].tty[0] && access(ret->interfaces[1].tty, R_OK) == 0 &&
		    system("udevadm settle") == 0)
			return true;
	return false;
}

static bool leaves(void)
{
	struct fm_usb_device device;

	for (int64_t end = now_ms() + 10000; now_ms() < end; fm_sleep_ms(fm_clock_real(), 10))
		if (!fm_usb_at(path, &device, &err))
			return err.code == FM_GONE;
	return false;
}

static unsigned entries(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static struct fm_link *opened(const struct fm_usb_device *device, const atomic_bool *cancel)
{
	struct fm_link *link;

	if (fm_usb_open(device, &vendor, cancel, &link, &err))
		return link;
	printf("Bail out! cannot open: %s\n", err.text);
	exit(99);
}

static bool ask(struct fm_link *link, uint8_t request, int64_t ms)
{
	uint8_t in[8];
	size_t len;

	return fm_usb_control_in(link, &(struct fm_usb_setup){ 0xc0, request, 0, 0 }, in,
				 sizeof(in), &len, in_ms(ms), &err);
}

static void test_list(struct fm_usb_device *device)
{
	struct fm_usb_device *devices;
	size_t count;

	result(device->vid == 0x1209 && device->pid == 0x1234 && device->release == 0x0210 &&
		       device->speed_mbit == 480 && device->access,
	       "numbers, speed and access");
	result(strcmp(device->manufacturer, "Tests") == 0 &&
		       strcmp(device->product, "Link.[2J unit") == 0 &&
		       strcmp(device->serial, "0001") == 0,
	       "strings cannot steer a terminal");
	result(device->interfaces[0].alternates == 2 &&
		       strcmp(device->interfaces[0].name, "@Vendor") == 0 &&
		       device->interfaces[0].driver[0] == '\0',
	       "the vendor interface has two settings and no driver");
	result(strcmp(device->interfaces[1].driver, "cdc_acm") == 0, "the serial port's driver");
	result(fm_usb_list(&devices, &count, &err) && count == 1 &&
		       strcmp(devices[0].path, path) == 0,
	       "hubs are not listed");
	free(devices);
}

static void test_control(struct fm_link *link)
{
	const struct fm_usb_setup out = { 0x40, UNIT_KEEP, 0, 0 }, in = { 0xc0, UNIT_KEEP, 0, 0 };
	static uint8_t sent[4097], got[4097];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7);
	result(fm_usb_control_out(link, &out, sent, 4096, in_ms(2000), &err) &&
		       fm_usb_control_in(link, &in, got, 4096, &len, in_ms(2000), &err) &&
		       len == 4096 && memcmp(sent, got, 4096) == 0,
	       "control transfers of 4096 bytes");
	result(fm_usb_control_out(link, &out, sent, 3, in_ms(2000), &err) &&
		       fm_usb_control_in(link, &in, got, 4096, &len, in_ms(2000), &err) && len == 3,
	       "a short answer");
	result(!fm_usb_control_out(link, &out, sent, 4097, in_ms(2000), &err) &&
		       err.code == FM_UNSUPPORTED && strstr(err.text, "4096"),
	       "more than the system takes is refused");
	result(!ask(link, UNIT_STALL, 2000) && err.code == FM_NACK && ask(link, UNIT_KEEP, 2000),
	       "a stall is a refusal, and no more");
}

static void *cancel_soon(void *flag)
{
	fm_sleep_ms(fm_clock_real(), 200);
	atomic_store((atomic_bool *)flag, true);
	return NULL;
}

static void test_waiting(struct fm_link *link, atomic_bool *cancel)
{
	int64_t start = now_ms();
	pthread_t thread;
	uint8_t in[64];
	size_t len;

	result(!ask(link, UNIT_NEVER, 300) && err.code == FM_TIMEOUT && now_ms() - start >= 300 &&
		       now_ms() - start < 800,
	       "no answer ends at the deadline");
	result(ask(link, UNIT_KEEP, 2000), "and the next request is answered");
	result(!fm_usb_in(link, 0x81, in, sizeof(in), &len, in_ms(100), &err) &&
		       err.code == FM_TIMEOUT,
	       "so on a bulk endpoint");
	pthread_create(&thread, NULL, cancel_soon, cancel);
	start = now_ms();
	result(!ask(link, UNIT_NEVER, 20000) && err.code == FM_CANCELLED && now_ms() - start < 1000,
	       "a cancel ends it soon");
	pthread_join(thread, NULL);
	result(!ask(link, UNIT_KEEP, 20000) && err.code == FM_CANCELLED, "and stays");
	atomic_store(cancel, false);
	result(ask(link, UNIT_KEEP, 2000), "until it is taken back");
}

static bool loop(struct fm_link *link, size_t out_len, size_t in_len, size_t *ret_len)
{
	static uint8_t out[65536], in[65536];

	for (size_t i = 0; i < out_len; i++)
		out[i] = (uint8_t)(i * 13 + out_len);
	return fm_usb_out(link, 0x01, out, out_len, in_ms(2000), &err) &&
	       fm_usb_in(link, 0x81, in, in_len, ret_len, in_ms(2000), &err) &&
	       memcmp(in, out, *ret_len) == 0;
}

static void test_bulk(struct fm_link *link)
{
	size_t len = 1;

	result(loop(link, 16000, 16000, &len) && len == 16000, "bulk, there and back");
	result(loop(link, 5, 300, &len) && len == 5, "ended by a short packet");
	result(loop(link, 0, 0, &len) && len == 0, "a packet of no length");
	result(!loop(link, 5, 3, &len) && err.code == FM_IO, "more than was asked for");
	result(!fm_usb_out(link, 0x01, "STALL", 5, in_ms(2000), &err) && err.code == FM_NACK &&
		       !loop(link, 5, 5, &len) && err.code == FM_NACK,
	       "a halted endpoint refuses");
	result(link->usb->clear_halt(link, 0x01, &err) && loop(link, 5, 5, &len),
	       "until the halt is cleared");
	result(!fm_usb_out(link, 0x05, "x", 1, in_ms(2000), &err) && err.code == FM_UNSUPPORTED,
	       "an endpoint that it has not");
	result(link->usb->set_alternate(link, 1, &err) && loop(link, 700, 700, &len) && len == 700,
	       "the other setting");
	result(!link->usb->set_alternate(link, 7, &err) && err.code == FM_UNSUPPORTED &&
		       loop(link, 7, 7, &len),
	       "a setting that it has not");
	result(!link->usb->clear_halt(link, 0x05, &err) && err.code == FM_UNSUPPORTED,
	       "a halt where there is no endpoint");
}

static void test_strings(struct fm_link *link)
{
	char text[32];

	result(link->usb->string(link, 4, text, sizeof(text), &err) && !strcmp(text, "@Vendor"),
	       "a string");
	result(link->usb->string(link, 6, text, sizeof(text), &err) && !strcmp(text, "cut"),
	       "one shorter than it says");
	result(link->usb->string(link, 7, text, sizeof(text), &err) && !strcmp(text, "plain"),
	       "one of 8-bit text");
	result(link->usb->string(link, 0, text, sizeof(text), &err) && !text[0], "none");
}

static void test_reset(struct fm_link *link, const struct fm_usb_device *device)
{
	struct fm_usb_device now;
	size_t len;

	result(link->usb->reset(link, &err) && ask(link, UNIT_KEEP, 2000), "a reset");
	result(fm_usb_at(path, &now, &err) && now.address == device->address &&
		       loop(link, 9, 9, &len),
	       "after which it is the same and claimed");
}

/* Runs `what` in a process of its own; true when it says so. */
static bool in_child(bool (*what)(const struct fm_usb_device *), const struct fm_usb_device *device)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(what(device) ? 0 : (printf("# in its process: %s\n", err.text), 1));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool nobody_may(const struct fm_usb_device *device)
{
	struct fm_usb_device now;
	struct fm_link *link;

	/* Whatever the rules of the machine allow. */
	return chmod(device->node, 0600) == 0 && setuid(65534) == 0 &&
	       fm_usb_at(device->path, &now, &err) && !now.access &&
	       !fm_usb_open(&now, &vendor, NULL, &link, &err) && err.code == FM_NO_ACCESS &&
	       strstr(err.text, now.node) && strstr(err.hint, "udev");
}

/* Held by a program that has no lock of ours. */
static bool named_when_busy(const struct fm_usb_device *device)
{
	int fd = open(device->node, O_RDWR | O_CLOEXEC), to[2];
	unsigned interface = 0;
	struct fm_link *link;
	char holder[32];
	bool told;
	pid_t pid;

	if (fd < 0 || ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface) < 0 || pipe(to) < 0)
		return false;
	snprintf(holder, sizeof(holder), "(process %ld)", (long)getpid());
	pid = fork();
	if (pid == 0) {
		close(fd);
		told = !fm_usb_open(device, &vendor, NULL, &link, &err) && err.code == FM_BUSY &&
		       strstr(err.text, holder) && strstr(err.text, device->node);
		_exit(write(to[1], told ? "y" : "n", 1) != 1);
	}
	told = read(to[0], holder, 1) == 1 && holder[0] == 'y';
	waitpid(pid, NULL, 0);
	return told;
}

static void test_conflicts(const struct fm_usb_device *device)
{
	struct fm_link *link = opened(device, NULL), *second;

	result(!fm_usb_open(device, &port, NULL, &second, &err) && err.code == FM_BUSY &&
		       strstr(err.text, "already open"),
	       "one link a device");
	fm_link_close(link);
	result(in_child(named_when_busy, device), "who holds it is named");
	result(in_child(nobody_may, device), "a user without the rule");
	result(!fm_usb_open(device, &(struct fm_usb_claim){ 8, 6, 80 }, NULL, &link, &err) &&
		       err.code == FM_UNSUPPORTED,
	       "an interface that it has not");
}

static void test_driver(const struct fm_usb_device *device)
{
	struct fm_usb_device now;
	struct fm_link *link;
	bool claimed = fm_usb_open(device, &port, NULL, &link, &err) &&
		       fm_usb_at(path, &now, &err) && !strcmp(now.interfaces[1].driver, "usbfs") &&
		       !now.interfaces[1].tty[0];

	result(claimed, "the kernel's driver is detached");
	if (claimed)
		fm_link_close(link);
	result(claimed && fm_usb_at(path, &now, &err) &&
		       !strcmp(now.interfaces[1].driver, "cdc_acm") && now.interfaces[1].tty[0],
	       "and is back when the link is closed");
}

static void test_descriptors(const struct fm_usb_device *device, unsigned threads)
{
	struct fm_link *link = opened(device, NULL);
	const struct fm_usb_descriptors *all = link->usb_descriptors;
	unsigned before;

	result(all->config_len == 113 && all->device[8] == 0x09 && all->device[9] == 0x12 &&
		       all->config[1] == 2 && all->interface == 0,
	       "descriptors");
	result(entries("/proc/self/task") == threads, "a link has no thread");
	fm_link_close(link);
	before = entries("/proc/self/fd");
	for (int i = 0; i < 30; i++)
		fm_link_close(opened(device, NULL));
	result(entries("/proc/self/fd") == before, "nothing stays open");
}

static void *pull_soon(void *unused)
{
	(void)unused;
	fm_sleep_ms(fm_clock_real(), 300);
	atomic_store(&cable, 1);
	return NULL;
}

static void test_unplug(struct fm_usb_device *device, bool bulk)
{
	struct fm_link *link = opened(device, NULL);
	int64_t start = now_ms();
	pthread_t thread;
	uint8_t in[64];
	size_t len;
	bool ok;

	pthread_create(&thread, NULL, pull_soon, NULL);
	ok = bulk ? fm_usb_in(link, 0x81, in, sizeof(in), &len, in_ms(20000), &err)
		  : ask(link, UNIT_NEVER, 20000);
	result(!ok && err.code == FM_GONE && now_ms() - start < 1500,
	       bulk ? "unplugged during a bulk transfer" : "unplugged during a request");
	pthread_join(thread, NULL);
	result(!ask(link, UNIT_KEEP, 5000) && err.code == FM_GONE, "it stays gone");
	result(!link->usb->reset(link, &err) && err.code == FM_GONE &&
		       !link->usb->clear_halt(link, 0x81, &err) && err.code == FM_GONE,
	       "for all that can be asked");
	result(leaves(), "and is not listed");
	start = now_ms();
	fm_link_close(link);
	result(now_ms() - start < 500, "closing does not wait");
	result(!fm_usb_open(device, &vendor, NULL, &link, &err) && err.code == FM_GONE,
	       "nor can it be opened");
	atomic_store(&cable, 1);
	result(appears(device), "plugged in again");
}

static void test_leave(struct fm_usb_device *device)
{
	struct fm_link *link = opened(device, NULL);
	unsigned address = device->address;

	ask(link, UNIT_LEAVE, 5000);
	while (ask(link, UNIT_KEEP, 1000))
		;
	result(err.code == FM_GONE, "a unit that leaves by itself");
	fm_link_close(link);
	result(leaves() && appears(device) && device->address != address,
	       "comes back at the same path with another address");
}

static void test_touch(struct fm_usb_device *device)
{
	unsigned codings = unit.codings;

	result(fm_serial_touch(device->interfaces[1].tty, 1200, NULL, &err) && unit.touches == 1 &&
		       unit.baud == 1200 && unit.dtr == 0,
	       "the touch");
	result(unit.codings > codings + 1, "is a change of the rate");
	result(fm_serial_touch(device->interfaces[1].tty, 1200, NULL, &err) && unit.touches >= 2,
	       "also the second time");
	result(fm_serial_settle(device->interfaces[1].tty, 115200, NULL, &err) &&
		       unit.baud == 115200,
	       "the port is not left at 1200 baud");
	atomic_store(&unit.leave_at_1200, true);
	result(fm_serial_touch(device->interfaces[1].tty, 1200, NULL, &err),
	       "a unit that leaves before the touch is over");
	result(leaves(), "has left");
	result(!fm_serial_touch("/dev/ttyACM77", 1200, NULL, &err) && err.code == FM_GONE &&
		       fm_serial_settle("/dev/ttyACM77", 115200, NULL, &err),
	       "a port that is not there");
}

int main(void)
{
	atomic_bool cancel = false;
	struct fm_usb_device device;
	struct fm_link *link;
	pthread_t server;

	setvbuf(stdout, NULL, _IOLBF, 0);
	unit_init(&unit);
	pthread_create(&server, NULL, serve, NULL);
	if (!appears(&device)) {
		printf("Bail out! the unit does not come: %s\n", err.text);
		return 99;
	}
	test_list(&device);
	test_descriptors(&device, entries("/proc/self/task"));
	link = opened(&device, &cancel);
	test_control(link);
	test_waiting(link, &cancel);
	test_bulk(link);
	test_strings(link);
	test_reset(link, &device);
	fm_link_close(link);
	test_conflicts(&device);
	test_driver(&device);
	test_unplug(&device, false);
	test_unplug(&device, true);
	test_leave(&device);
	test_touch(&device);
	atomic_store(&stop, true);
	pthread_join(server, NULL);
	printf("1..%u\n", tests);
	return failures > 0;
}

/* Following a unit through its modes, with what sysfs shows played by the test. */
#include "units.h"

#include "base/scope.h"
#include "detect/follow.h"
#include "detect/hotplug.h"
#include "link/usb.h"

#include <poll.h>

#define PATH "1-1.4"
#define NOWHERE "/dev/no-such-node"

/* One after the other; the last one stays. present false: nothing is there. */
struct scene {
	int64_t from_ms;
	bool present;
	struct fm_usb_device device;
};

static struct scene scenes[4];
static size_t scene_count;
static int64_t scene_start_ns;

bool __wrap_fm_usb_at(const char *path, struct fm_usb_device *ret_device, struct fm_error *err);

bool __wrap_fm_usb_at(const char *path, struct fm_usb_device *ret_device, struct fm_error *err)
{
	int64_t at_ms = (fm_now_ns(fm_clock_real()) - scene_start_ns) / 1000000;
	size_t now = 0;

	assert_string_equal(path, PATH);
	while (now + 1 < scene_count && scenes[now + 1].from_ms <= at_ms)
		now++;
	if (!scenes[now].present)
		return fm_fail(err, FM_GONE, "no USB device at %s", path);
	*ret_device = scenes[now].device;
	return true;
}

static void scene_add(int64_t from_ms, unsigned pid, unsigned address)
{
	struct scene *scene = &scenes[scene_count++];

	scene->from_ms = from_ms;
	scene->present = pid != 0;
	scene->device = unit_device(PATH, 0x1209, pid);
	scene->device.address = address;
}

static struct fm_usb_device *scene_last(void)
{
	return &scenes[scene_count - 1].device;
}

static int scene_setup(void **state)
{
	(void)state;
	scene_count = 0;
	scene_start_ns = fm_now_ns(fm_clock_real());
	return 0;
}

/* Into the boot loader 1209:0002, away from address 7. */
static bool follow(int64_t within_ms, const atomic_bool *cancel, struct fm_usb_device *ret,
		   struct fm_error *err)
{
	const struct fm_usb_match matches[] = {
		unit_match(0x1209, 1, FM_MODE_APPLICATION),
		unit_match(0x1209, 2, FM_MODE_BOOTLOADER),
	};

	return fm_follow_wait(PATH, matches, FM_COUNT(matches), FM_MODE_BOOTLOADER, 7,
			      fm_in_ms(fm_clock_real(), within_ms), cancel, ret, err);
}

static int64_t elapsed_ms(void)
{
	return (fm_now_ns(fm_clock_real()) - scene_start_ns) / 1000000;
}

static void test_comes_back(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 1, 7);
	scene_add(120, 0, 0);
	scene_add(250, 2, 8);
	assert_success(follow(5000, NULL, &device, &err));
	assert_int_equal(device.pid, 2);
	assert_int_equal(device.address, 8);
	assert_in_range(elapsed_ms(), 250, 1000);
}

static void test_is_there_already(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	assert_success(follow(0, NULL, &device, &err));
}

static void test_same_address_is_not_back(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 7);
	assert_failure(follow(150, NULL, &device, &err), FM_TIMEOUT);
	assert_non_null(strstr(err.text, "did not leave"));
	assert_non_null(strstr(err.text, "1209:0002"));
}

static void test_nothing_comes_back(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 0, 0);
	assert_failure(follow(150, NULL, &device, &err), FM_TIMEOUT);
	assert_non_null(strstr(err.text, "nothing came back"));
	assert_in_range(elapsed_ms(), 150, 1000);
}

static void test_something_else_comes_back(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 0x77, 8);
	assert_failure(follow(150, NULL, &device, &err), FM_TIMEOUT);
	assert_non_null(
		strstr(err.text, "came back as 1209:0077 Gateway, which is no boot loader"));
	assert_true(*err.hint);
}

static void test_the_application_comes_back(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 1, 8);
	assert_failure(follow(150, NULL, &device, &err), FM_TIMEOUT);
	assert_non_null(strstr(err.text, "came back as 1209:0001 Gateway, which is not its boot"));
}

/* Address 7 has left; the ROM is at address 8. */
static bool follow_out_of_rom(enum fm_mode mode, unsigned not_address, struct fm_error *err)
{
	const struct fm_usb_match matches[] = {
		unit_match(0x1209, 1, FM_MODE_APPLICATION),
		unit_match(0x1209, 2, FM_MODE_BOOTLOADER),
		unit_match(0x1209, 3, FM_MODE_ROM),
	};
	struct fm_usb_device device;

	return fm_follow_wait(PATH, matches, FM_COUNT(matches), mode, not_address,
			      fm_in_ms(fm_clock_real(), 2500), NULL, &device, err);
}

/* A ROM stays when there is no program: no reason to wait longer. */
static void test_the_rom_comes_back(void **state)
{
	struct fm_error err;

	(void)state;
	scene_add(0, 1, 7);
	scene_add(100, 3, 8);
	assert_failure(follow_out_of_rom(FM_MODE_APPLICATION, 7, &err), FM_TIMEOUT);
	assert_non_null(strstr(err.text, "the program did not start"));
	assert_non_null(strstr(err.text, "1209:0003"));
	assert_in_range(elapsed_ms(), 1000, 2000);
}

/* ... but one that has not left yet may still do so, and one that goes on was on its way. */
static void test_the_rom_goes_on(void **state)
{
	struct fm_error err;

	(void)state;
	scene_add(0, 3, 8);
	scene_add(1500, 1, 9);
	assert_success(follow_out_of_rom(FM_MODE_APPLICATION, 0, &err));
	scene_setup(NULL);
	scene_add(0, 3, 8);
	scene_add(600, 3, 9);
	scene_add(1200, 1, 10);
	assert_success(follow_out_of_rom(FM_MODE_APPLICATION, 7, &err));
}

/* A boot loader may wait for seconds before it starts the application. */
static void test_a_boot_loader_is_waited_for(void **state)
{
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	scene_add(1500, 1, 9);
	assert_success(follow_out_of_rom(FM_MODE_APPLICATION, 7, &err));
}

static void test_it_may_not_be_opened(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	scene_last()->access = false;
	unit_tty(scene_last(), NOWHERE);
	assert_failure(follow(1200, NULL, &device, &err), FM_TIMEOUT);
	assert_non_null(strstr(err.text, "may not open it"));
	assert_non_null(strstr(err.hint, "doctor"));
}

static void test_rights_come_later(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	scene_last()->access = false;
	scene_add(200, 2, 8);
	assert_success(follow(5000, NULL, &device, &err));
	assert_true(device.access);
	assert_in_range(elapsed_ms(), 200, 900);
}

static void test_the_port_comes_later(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	unit_tty(scene_last(), "");
	scene_add(200, 2, 8);
	unit_tty(scene_last(), "/dev/null");
	scene_last()->access = false;
	assert_success(follow(5000, NULL, &device, &err));
	assert_string_equal(device.interfaces[0].tty, "/dev/null");
	assert_in_range(elapsed_ms(), 200, 900);
}

/* Its port is another group's, but its USB node is ours: that is what the loader needs. */
static void test_one_way_in_is_enough(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	unit_tty(scene_last(), NOWHERE);
	assert_success(follow(5000, NULL, &device, &err));
	assert_in_range(elapsed_ms(), 1000, 2000);
}

static void test_a_disk_counts_where_it_is_asked_for(void **state)
{
	struct fm_usb_match match = unit_match(0x1209, 2, FM_MODE_BOOTLOADER);
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 2, 8);
	unit_interface(scene_last(), 0xff, 0, 0);
	unit_interface(scene_last(), 8, 6, 0x50);
	scene_add(250, 2, 8);
	unit_interface(scene_last(), 0xff, 0, 0);
	fm_text_copy(unit_interface(scene_last(), 8, 6, 0x50)->block, 32, "/dev/null");
	assert_success(fm_follow_wait(PATH, &match, 1, FM_MODE_BOOTLOADER, 0,
				      fm_in_ms(fm_clock_real(), 5000), NULL, &device, &err));
	assert_in_range(elapsed_ms(), 0, 200);
	match.class_code = 8;
	assert_success(fm_follow_wait(PATH, &match, 1, FM_MODE_BOOTLOADER, 0,
				      fm_in_ms(fm_clock_real(), 5000), NULL, &device, &err));
	assert_in_range(elapsed_ms(), 250, 900);
}

static void test_cancelled(void **state)
{
	const atomic_bool cancel = true;
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	scene_add(0, 0, 0);
	assert_failure(follow(5000, &cancel, &device, &err), FM_CANCELLED);
	assert_in_range(elapsed_ms(), 0, 500);
}

/* Whether udevd runs here or not: there is something to wait for. */
static void test_hotplug(void **state)
{
	struct fm_hotplug *hotplug;
	struct fm_error err;
	bool udevd = access("/run/udev/control", F_OK) == 0;

	(void)state;
	assert_success(fm_hotplug_open(&hotplug, &err));
	assert_int_equal(fm_hotplug_fd(hotplug) >= 0, udevd);
	assert_in_range(fm_hotplug_timeout_ms(hotplug), 1, udevd ? 10000 : 200);
	assert_true(fm_hotplug_drain(hotplug) || udevd);
	fm_hotplug_close(hotplug);
	fm_hotplug_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_comes_back, scene_setup),
		cmocka_unit_test_setup(test_is_there_already, scene_setup),
		cmocka_unit_test_setup(test_same_address_is_not_back, scene_setup),
		cmocka_unit_test_setup(test_nothing_comes_back, scene_setup),
		cmocka_unit_test_setup(test_something_else_comes_back, scene_setup),
		cmocka_unit_test_setup(test_the_application_comes_back, scene_setup),
		cmocka_unit_test_setup(test_the_rom_comes_back, scene_setup),
		cmocka_unit_test_setup(test_the_rom_goes_on, scene_setup),
		cmocka_unit_test_setup(test_a_boot_loader_is_waited_for, scene_setup),
		cmocka_unit_test_setup(test_it_may_not_be_opened, scene_setup),
		cmocka_unit_test_setup(test_rights_come_later, scene_setup),
		cmocka_unit_test_setup(test_the_port_comes_later, scene_setup),
		cmocka_unit_test_setup(test_one_way_in_is_enough, scene_setup),
		cmocka_unit_test_setup(test_a_disk_counts_where_it_is_asked_for, scene_setup),
		cmocka_unit_test_setup(test_cancelled, scene_setup),
		cmocka_unit_test(test_hotplug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

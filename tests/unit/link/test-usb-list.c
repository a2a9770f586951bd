/* Lists of USB devices from a tree of files as sysfs shows it. */
#include "unit.h"

#include "base/scope.h"
#include "link/usb_private.h"

#include <libusb.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEVICES "/sys/bus/usb/devices/"

static char root[] = "/tmp/fm-test-usb-XXXXXX";

static void full_path(char ret[PATH_MAX], const char *path)
{
	assert_true(snprintf(ret, PATH_MAX, "%s%s", root, path) < PATH_MAX);
	for (char *slash = ret + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(ret, 0755);
		*slash = '/';
	}
}

static void put_bytes(const char *path, const void *data, size_t len)
{
	char full[PATH_MAX];
	FM_FCLOSE FILE *file = NULL;

	full_path(full, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
}

/* put("1-1", "idVendor", "0483\n") */
static void put(const char *device, const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), DEVICES "%s/%s", device, file);
	put_bytes(path, text, strlen(text));
}

static void drop(const char *device, const char *file)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s" DEVICES "%s/%s", root, device, file);
	assert_int_equal(unlink(full), 0);
}

static void put_device(const char *path, const char *address, const char *interfaces)
{
	put(path, "idVendor", "0483\n");
	put(path, "idProduct", "df11\n");
	put(path, "bcdDevice", "2200\n");
	put(path, "bDeviceClass", "00\n");
	put(path, "busnum", "1\n");
	put(path, "devnum", address);
	put(path, "speed", "12\n");
	put(path, "bNumInterfaces", interfaces);
}

static void put_interface(const char *path, unsigned number, const char *codes[3])
{
	char dir[128], text[8];

	snprintf(dir, sizeof(dir), "%s/%s:1.%u", path, path, number);
	snprintf(text, sizeof(text), "%02x\n", number);
	put(dir, "bInterfaceNumber", text);
	put(dir, "bInterfaceClass", codes[0]);
	put(dir, "bInterfaceSubClass", codes[1]);
	put(dir, "bInterfaceProtocol", codes[2]);
}

static int tree_setup(void **state)
{
	static const char *dfu[] = { "fe\n", "01\n", "02\n" },
			  *serial[] = { "02\n", "02\n", "01\n" };
	static const char *disk[] = { "08\n", "06\n", "50\n" },
			  *vendor[] = { "ff\n", "00\n", "00\n" };
	char full[PATH_MAX];

	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	assert_non_null(mkdtemp(root));
	put_device("usb1", "1\n", " 1\n");
	put_device("1-1", "2\n", " 1\n");
	put("1-1", "bDeviceClass", "09\n");
	put_device("1-1.10", "9\n", " 1\n");
	put("1-1.10", "manufacturer", "STMicro\033[31melectronics\n");
	put("1-1.10", "product", "STM32  BOOTLOADER\n");
	put("1-1.10", "serial", "FFFFFFFEFFFF\n");
	put_interface("1-1.10", 0, dfu);
	put("1-1.10/1-1.10:1.0", "interface", "@Internal Flash  /0x08000000/04*016Kg\n");
	put_device("1-1.2", "10\n", " 3\n");
	put_interface("1-1.2", 2, vendor);
	put_interface("1-1.2", 0, serial);
	put("1-1.2/1-1.2:1.0", "tty/ttyACM3/dev", "166:3\n");
	put_interface("1-1.2", 1, disk);
	put("1-1.2/1-1.2:1.1", "host4/target4:0:0/4:0:0:0/block/sdb/dev", "8:16\n");
	put("1-1.2/1-1.2:1.1", "host4/target4:0:0/4:0:0:0/block/sdb/sdb1/dev", "8:17\n");
	put("1-1.2/1-1.2:1.2", "ttyUSB0/tty/ttyUSB0/dev", "188:0\n");
	snprintf(full, sizeof(full), "%s" DEVICES "1-1.2/1-1.2:1.1/driver", root);
	assert_int_equal(symlink("../../../bus/usb/drivers/usb-storage", full), 0);
	put_bytes("/run/udev/data/b8:16", "S:disk/by-id/usb\n", 17);
	put_bytes("/run/udev/data/b8:17", "I:1\nE:ID_FS_LABEL=RPI-RP2\nE:X=1\n", 32);
	put_bytes("/dev/bus/usb/001/009", "", 0);
	return 0;
}

static int tree_teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void test_list(void **state)
{
	FM_FREE struct fm_usb_device *devices = NULL;
	struct fm_error err;
	size_t count;

	(void)state;
	assert_success(fm_usb_list_under(root, &devices, &count, &err));
	/* Without the hub and the root hub; 2 before 10. */
	assert_int_equal(count, 2);
	assert_string_equal(devices[0].path, "1-1.2");
	assert_string_equal(devices[1].path, "1-1.10");
	assert_string_equal(devices[1].node, "/dev/bus/usb/001/009");
	assert_int_equal(devices[1].vid, 0x0483);
	assert_int_equal(devices[1].pid, 0xdf11);
	assert_int_equal(devices[1].release, 0x2200);
	assert_int_equal(devices[1].bus, 1);
	assert_int_equal(devices[1].address, 9);
	assert_int_equal(devices[1].speed_mbit, 12);
	assert_string_equal(devices[1].manufacturer, "STMicro.[31melectronics");
	assert_string_equal(devices[1].product, "STM32  BOOTLOADER");
	assert_string_equal(devices[1].serial, "FFFFFFFEFFFF");
	assert_true(devices[1].access);
	assert_false(devices[0].access);
	assert_int_equal(devices[1].interface_count, 1);
	assert_int_equal(devices[1].interfaces[0].class_code, 0xfe);
	assert_int_equal(devices[1].interfaces[0].subclass, 1);
	assert_int_equal(devices[1].interfaces[0].protocol, 2);
	assert_int_equal(devices[1].interfaces[0].alternates, 1);
	assert_string_equal(devices[1].interfaces[0].name, "@Internal Flash  /0x08000000/04*016Kg");
	assert_string_equal(devices[1].interfaces[0].driver, "");
}

/* What drivers made of interfaces, in the order of their numbers. */
static void test_nodes(void **state)
{
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	assert_success(fm_usb_at_under(root, "1-1.2", &device, &err));
	assert_int_equal(device.interface_count, 3);
	assert_int_equal(device.interfaces[0].number, 0);
	assert_string_equal(device.interfaces[0].tty, "/dev/ttyACM3");
	assert_string_equal(device.interfaces[0].block, "");
	assert_int_equal(device.interfaces[1].number, 1);
	assert_string_equal(device.interfaces[1].driver, "usb-storage");
	assert_string_equal(device.interfaces[1].tty, "");
	assert_string_equal(device.interfaces[1].block, "/dev/sdb");
	assert_string_equal(device.interfaces[1].volume, "RPI-RP2");
	assert_string_equal(device.interfaces[2].tty, "/dev/ttyUSB0");
	put_bytes("/run/udev/data/b8:16", "E:ID_FS_LABEL=WHOLE\033\n", 21);
	assert_success(fm_usb_at_under(root, "1-1.2", &device, &err));
	assert_string_equal(device.interfaces[1].volume, "WHOLE.");
}

static void test_alternates(void **state)
{
	uint8_t raw[18 + 9 + 18 + 9 + 36] = { 18, 1 };
	uint8_t *second = raw + 18 + 9 + 18;
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	memcpy(raw + 18, (uint8_t[]){ 9, 2, 27, 0, 1, 1, 0, 0, 0 }, 9);
	memcpy(raw + 27, (uint8_t[]){ 9, 4, 0, 0, 0, 0, 0, 0, 0, 9, 4, 0, 1, 0, 0, 0, 0, 0 }, 18);
	memcpy(second, (uint8_t[]){ 9, 2, 45, 0, 1, 2, 0, 0, 0 }, 9);
	for (uint8_t i = 0; i < 4; i++)
		memcpy(second + 9 + 9 * i, (uint8_t[]){ 9, 4, 0, i, 0, 0xfe, 1, 2, 0 }, 9);
	put_bytes(DEVICES "1-1.10/descriptors", raw, sizeof(raw));
	put("1-1.10", "bConfigurationValue", "2\n");
	assert_success(fm_usb_at_under(root, "1-1.10", &device, &err));
	assert_int_equal(device.interfaces[0].alternates, 4);
	put("1-1.10", "bConfigurationValue", "1\n");
	assert_success(fm_usb_at_under(root, "1-1.10", &device, &err));
	assert_int_equal(device.interfaces[0].alternates, 2);
	/* Cut in the middle of the second one. */
	put_bytes(DEVICES "1-1.10/descriptors", raw, sizeof(raw) - 1);
	put("1-1.10", "bConfigurationValue", "2\n");
	assert_success(fm_usb_at_under(root, "1-1.10", &device, &err));
	assert_int_equal(device.interfaces[0].alternates, 1);
}

/* Descriptors of a hostile device: as many of one setting as fit, and what wraps to none at all. */
static void test_settings_without_end(void **state)
{
	static const unsigned counts[] = { 255, 256, 257, 450 };
	uint8_t raw[18 + 9 + 9 * 450] = { 18, 1 };
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	put("1-1.10", "bConfigurationValue", "1\n");
	for (size_t i = 0; i < FM_COUNT(counts); i++) {
		size_t len = 9 + 9 * counts[i];

		memcpy(raw + 18, (uint8_t[]){ 9, 2, 0, 0, 1, 1, 0, 0, 0 }, 9);
		raw[20] = (uint8_t)len;
		raw[21] = (uint8_t)(len >> 8);
		for (unsigned k = 0; k < counts[i]; k++)
			memcpy(raw + 27 + (size_t)(9 * k),
			       (uint8_t[]){ 9, 4, 0, (uint8_t)k, 0, 0xfe, 1, 2, 0 }, 9);
		put_bytes(DEVICES "1-1.10/descriptors", raw, 18 + len);
		assert_success(fm_usb_at_under(root, "1-1.10", &device, &err));
		assert_int_equal(device.interfaces[0].alternates, 255);
	}
}

/* As many as a device can have: the first of them, in whichever order they are found. */
static void test_interfaces_without_end(void **state)
{
	static const char *vendor[] = { "ff\n", "00\n", "00\n" };
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	put_device("1-5", "12\n", "255\n");
	for (unsigned number = 254; number < 255; number--)
		put_interface("1-5", number, vendor);
	assert_success(fm_usb_at_under(root, "1-5", &device, &err));
	assert_int_equal(device.interface_count, FM_USB_INTERFACES_MOST);
	for (size_t i = 0; i < device.interface_count; i++)
		assert_int_equal(device.interfaces[i].number, i);
	put("1-5", "bNumInterfaces", "256\n");
	assert_failure(fm_usb_at_under(root, "1-5", &device, &err), FM_GONE);
}

static void expect_gone(const char *path)
{
	struct fm_usb_device device;
	struct fm_error err;

	assert_failure(fm_usb_at_under(root, path, &device, &err), FM_GONE);
	assert_non_null(strstr(err.text, path));
}

/* In the middle of coming or leaving it is not there. */
static void test_not_whole(void **state)
{
	FM_FREE struct fm_usb_device *devices = NULL;
	struct fm_error err;
	size_t count;

	(void)state;
	expect_gone("1-7");
	expect_gone("1-1");
	expect_gone("usb1");
	expect_gone("../devices/1-1.2");
	put("1-1.10", "bNumInterfaces", " 2\n");
	expect_gone("1-1.10");
	put("1-1.10", "bNumInterfaces", "\n");
	expect_gone("1-1.10");
	put("1-1.10", "bNumInterfaces", " 1\n");
	drop("1-1.10/1-1.10:1.0", "bInterfaceClass");
	expect_gone("1-1.10");
	drop("1-1.2", "devnum");
	expect_gone("1-1.2");
	put("1-1.2", "devnum", "10\n");
	put("1-1.2", "idVendor", "12345\n");
	expect_gone("1-1.2");
	assert_success(fm_usb_list_under(root, &devices, &count, &err));
	assert_int_equal(count, 0);
}

static void test_many_interfaces(void **state)
{
	static const char *vendor[] = { "ff\n", "00\n", "00\n" };
	struct fm_usb_device device;
	struct fm_error err;

	(void)state;
	put_device("2-1", "3\n", "12\n");
	for (unsigned i = 0; i < 12; i++)
		put_interface("2-1", i, vendor);
	assert_success(fm_usb_at_under(root, "2-1", &device, &err));
	assert_int_equal(device.interface_count, FM_USB_INTERFACES_MOST);
}

static void test_no_sysfs(void **state)
{
	struct fm_usb_device *devices;
	struct fm_error err;
	size_t count;

	(void)state;
	assert_success(fm_usb_list_under("/nonexistent", &devices, &count, &err));
	assert_int_equal(count, 0);
	assert_null(devices);
}

static void test_interface(void **state)
{
	struct fm_usb_device device;
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	assert_success(fm_usb_at_under(root, "1-1.2", &device, &err));
	assert_int_equal(fm_usb_interface(&device, &(struct fm_usb_claim){ -1, -1, -1 })->number,
			 0);
	assert_int_equal(fm_usb_interface(&device, &(struct fm_usb_claim){ 8, -1, 0x50 })->number,
			 1);
	assert_int_equal(fm_usb_interface(&device, &(struct fm_usb_claim){ -1, 0, -1 })->number, 2);
	assert_null(fm_usb_interface(&device, &(struct fm_usb_claim){ 8, 6, 1 }));
	assert_failure(
		fm_usb_open(&device, &(struct fm_usb_claim){ 0xfe, 1, 2 }, NULL, &link, &err),
		FM_UNSUPPORTED);
	assert_non_null(strstr(err.text, "1-1.2"));
}

/* Why a call failed, for a device that is not there (any more). */
static void test_errors(void **state)
{
	const struct fm_usb_who who = { "USB device 99-9", "99-9", "/dev/bus/usb/999/999", 5 };
	struct fm_usb_interface interface = { .number = 3, .driver = "usb-storage" };
	struct fm_error err;

	(void)state;
	assert_failure(fm_usb_fail(&who, LIBUSB_ERROR_IO, "try", &err), FM_GONE);
	assert_failure(fm_usb_fail(&who, LIBUSB_ERROR_NO_DEVICE, "try", &err), FM_GONE);
	assert_failure(fm_usb_fail(&who, LIBUSB_ERROR_PIPE, "try", &err), FM_NACK);
	assert_failure(fm_usb_fail(&who, LIBUSB_ERROR_TIMEOUT, "try", &err), FM_TIMEOUT);
	assert_string_equal(err.text, "USB device 99-9: could not try in time");
	assert_failure(fm_usb_busy(&who, &interface, &err), FM_BUSY);
	assert_non_null(strstr(err.text, "usb-storage"));
	interface.driver[0] = '\0';
	assert_failure(fm_usb_busy(&who, &interface, &err), FM_BUSY);
	assert_non_null(strstr(err.hint, "fuser -v /dev/bus/usb/999/999"));
	assert_failure(fm_usb_open_failed(&who, EACCES, &err), FM_NO_ACCESS);
	assert_non_null(strstr(err.hint, "70-flashmend.rules"));
	assert_non_null(strstr(err.hint, "flashmend doctor"));
	assert_failure(fm_usb_open_failed(&who, ENOENT, &err), FM_GONE);
	assert_failure(fm_usb_open_failed(&who, EMFILE, &err), FM_IO);
}

#define TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE(test_list),
		TREE(test_nodes),
		TREE(test_alternates),
		TREE(test_settings_without_end),
		TREE(test_interfaces_without_end),
		TREE(test_not_whole),
		TREE(test_many_interfaces),
		TREE(test_interface),
		cmocka_unit_test(test_no_sysfs),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * USB devices from sysfs (Documentation/ABI/testing/sysfs-bus-usb). A device may vanish between any
 * two files: then it is not there at all. Nothing is opened but files of sysfs and udev's notes.
 */
#include "link/usb_private.h"

#include "base/scope.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIST_SYS "/sys/bus/usb/devices"
#define LIST_HUB 0x09

static const char *list_join(char ret[PATH_MAX], const char *dir, const char *file)
{
	if (snprintf(ret, PATH_MAX, "%s/%s", dir, file) >= PATH_MAX)
		ret[0] = '\0';
	return ret;
}

/* First line of DIR/FILE as it is; false where there is none. */
static bool list_line(const char *dir, const char *file, char *ret, size_t size)
{
	char path[PATH_MAX];
	FM_FCLOSE FILE *stream = NULL;

	ret[0] = '\0';
	stream = fopen(list_join(path, dir, file), "re");
	/* A device that was removed gives an error at reading. */
	if (!stream || !fgets(ret, (int)size, stream)) {
		ret[0] = '\0';
		return false;
	}
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

static void list_text(const char *dir, const char *file, char *ret, size_t size)
{
	char line[512];

	list_line(dir, file, line, sizeof(line));
	fm_text_clean(line);
	fm_text_copy(ret, size, line);
}

static bool list_number(const char *dir, const char *file, int base, unsigned long most,
			unsigned long *ret)
{
	char line[32], *end;

	if (!list_line(dir, file, line, sizeof(line)))
		return false;
	*ret = strtoul(line, &end, base);
	return end != line && *ret <= most;
}

static bool list_byte(const char *dir, const char *file, uint8_t *ret)
{
	unsigned long value;

	if (!list_number(dir, file, 16, UINT8_MAX, &value))
		return false;
	*ret = (uint8_t)value;
	return true;
}

static bool list_word(const char *dir, const char *file, uint16_t *ret)
{
	unsigned long value;

	if (!list_number(dir, file, 16, UINT16_MAX, &value))
		return false;
	*ret = (uint16_t)value;
	return true;
}

/* The first path below dir that fits; "" = none. */
static void list_find(const char *dir, const char *pattern, char ret[PATH_MAX])
{
	char path[PATH_MAX];
	glob_t found;

	ret[0] = '\0';
	if (glob(list_join(path, dir, pattern), 0, NULL, &found) != 0)
		return;
	snprintf(ret, PATH_MAX, "%s", found.gl_pathv[0]);
	globfree(&found);
}

static const char *list_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* udev keeps what it found on a block device in a file named by its number. */
static void list_label(const char *root, const char *block, char *ret, size_t size)
{
	static const char key[] = "E:ID_FS_LABEL=";
	char number[32], path[PATH_MAX], line[512];
	FM_FCLOSE FILE *notes = NULL;

	if (ret[0] || !list_line(block, "dev", number, sizeof(number)))
		return;
	snprintf(path, sizeof(path), "%s/run/udev/data/b%s", root, number);
	notes = fopen(path, "re");
	while (notes && fgets(line, sizeof(line), notes)) {
		if (strncmp(line, key, sizeof(key) - 1) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		fm_text_clean(line);
		fm_text_copy(ret, size, line + sizeof(key) - 1);
		return;
	}
}

/* What the drivers made of an interface. */
static void list_nodes(const char *root, const char *dir, struct fm_usb_interface *ret)
{
	char path[PATH_MAX], target[PATH_MAX], partition[PATH_MAX];
	ssize_t len;

	len = readlink(list_join(path, dir, "driver"), target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	fm_text_copy(ret->driver, sizeof(ret->driver), list_last(target));
	/* cdc-acm has a folder of its own for it, usb-serial has not. */
	list_find(dir, "tty/tty*", path);
	if (!path[0])
		list_find(dir, "tty[A-Z]*", path);
	if (path[0])
		snprintf(ret->tty, sizeof(ret->tty), "/dev/%.26s", list_last(path));
	list_find(dir, "host*/target*/*:*/block/*", path);
	if (!path[0])
		return;
	snprintf(ret->block, sizeof(ret->block), "/dev/%.26s", list_last(path));
	list_label(root, path, ret->volume, sizeof(ret->volume));
	/* Some boot volumes have a table of partitions (RP2040), the label is then in it. */
	snprintf(target, sizeof(target), "%.32s[0-9]*", list_last(path));
	list_find(path, target, partition);
	if (partition[0])
		list_label(root, partition, ret->volume, sizeof(ret->volume));
}

static bool list_interface(const char *root, const char *dir, struct fm_usb_interface *ret)
{
	if (!list_byte(dir, "bInterfaceNumber", &ret->number) ||
	    !list_byte(dir, "bInterfaceClass", &ret->class_code) ||
	    !list_byte(dir, "bInterfaceSubClass", &ret->subclass) ||
	    !list_byte(dir, "bInterfaceProtocol", &ret->protocol))
		return false;
	ret->alternates = 1;
	list_text(dir, "interface", ret->name, sizeof(ret->name));
	list_nodes(root, dir, ret);
	return true;
}

static int list_by_number(const void *a, const void *b)
{
	const struct fm_usb_interface *first = a, *second = b;

	return first->number - second->number;
}

static void list_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Of more than there is room for, those with the lowest numbers: folders come in any order. */
static void list_keep(const struct fm_usb_interface *interface, struct fm_usb_device *ret)
{
	struct fm_usb_interface *last = ret->interfaces;

	if (ret->interface_count < FM_USB_INTERFACES_MOST) {
		ret->interfaces[ret->interface_count++] = *interface;
		return;
	}
	for (size_t i = 1; i < ret->interface_count; i++) {
		if (ret->interfaces[i].number > last->number)
			last = &ret->interfaces[i];
	}
	if (interface->number < last->number)
		*last = *interface;
}

/* Those of the active configuration; all of them, or it is not whole. */
static bool list_interfaces(const char *root, const char *dir, struct fm_usb_device *ret)
{
	DIR *entries FM_CLEANUP(list_closedir) = opendir(dir);
	size_t len = strlen(ret->path);
	unsigned long wanted;
	struct dirent *entry;

	if (!list_number(dir, "bNumInterfaces", 10, UINT8_MAX, &wanted))
		return false;
	while (entries && (entry = readdir(entries))) {
		struct fm_usb_interface interface = { 0 };
		char path[PATH_MAX];

		if (strncmp(entry->d_name, ret->path, len) != 0 || entry->d_name[len] != ':')
			continue;
		list_join(path, dir, entry->d_name);
		if (!list_interface(root, path, &interface))
			return false;
		list_keep(&interface, ret);
	}
	qsort(ret->interfaces, ret->interface_count, sizeof(*ret->interfaces), list_by_number);
	return ret->interface_count ==
	       (wanted < FM_USB_INTERFACES_MOST ? wanted : FM_USB_INTERFACES_MOST);
}

/* sysfs tells the setting in use only; how many there are is in the descriptors. */
static void list_alternates(const char *dir, struct fm_usb_device *ret)
{
	uint8_t raw[18 + FM_USB_CONFIG_MOST];
	char path[PATH_MAX];
	const uint8_t *config, *descriptor;
	unsigned count[256] = { 0 };
	unsigned long value;
	size_t len, at = 0;
	FM_FCLOSE FILE *file = NULL;

	file = fopen(list_join(path, dir, "descriptors"), "re");
	len = file ? fread(raw, 1, sizeof(raw), file) : 0;
	if (len < 18 || !list_number(dir, "bConfigurationValue", 10, UINT8_MAX, &value))
		return;
	len = fm_usb_configuration(raw + 18, len - 18, (uint8_t)value, &config);
	while (len > 0 &&
	       (descriptor = fm_usb_descriptor_next(config, len, &at, FM_USB_DESCRIPTOR_INTERFACE)))
		if (descriptor[0] >= 9)
			count[descriptor[2]]++;
	for (size_t i = 0; i < ret->interface_count; i++) {
		unsigned settings = count[ret->interfaces[i].number];

		/* Nothing keeps a unit from describing one more often than they have numbers. */
		if (settings > 0)
			ret->interfaces[i].alternates =
				settings < UINT8_MAX ? (uint8_t)settings : UINT8_MAX;
	}
}

/* False: there is none, or it went while we looked, or it is not whole yet. */
static bool list_device(const char *root, const char *path, struct fm_usb_device *ret)
{
	char dir[PATH_MAX], node[PATH_MAX];
	unsigned long bus, address, now, speed = 0;

	memset(ret, 0, sizeof(*ret));
	fm_text_copy(ret->path, sizeof(ret->path), path);
	snprintf(dir, sizeof(dir), "%s" LIST_SYS "/%s", root, path);
	if (!list_word(dir, "idVendor", &ret->vid) || !list_word(dir, "idProduct", &ret->pid) ||
	    !list_word(dir, "bcdDevice", &ret->release) ||
	    !list_number(dir, "busnum", 10, 999, &bus) ||
	    !list_number(dir, "devnum", 10, 999, &address))
		return false;
	list_number(dir, "speed", 10, UINT32_MAX, &speed);
	ret->bus = (unsigned)bus;
	ret->address = (unsigned)address;
	ret->speed_mbit = (unsigned)speed;
	snprintf(ret->node, sizeof(ret->node), "/dev/bus/usb/%03lu/%03lu", bus, address);
	list_text(dir, "manufacturer", ret->manufacturer, sizeof(ret->manufacturer));
	list_text(dir, "product", ret->product, sizeof(ret->product));
	list_text(dir, "serial", ret->serial, sizeof(ret->serial));
	if (!list_interfaces(root, dir, ret))
		return false;
	list_alternates(dir, ret);
	snprintf(node, sizeof(node), "%s%s", root, ret->node);
	ret->access = faccessat(AT_FDCWD, node, R_OK | W_OK, AT_EACCESS) == 0;
	/* Another may have come in its place meanwhile. */
	return list_number(dir, "devnum", 10, 999, &now) && now == address;
}

/* Devices are "1-1.4"; "usb1" is a root hub and "1-1:1.0" an interface. */
static bool list_is_device(const char *name)
{
	return name[0] >= '0' && name[0] <= '9' && !strchr(name, ':') &&
	       strlen(name) < sizeof(((struct fm_usb_device *)NULL)->path);
}

static bool list_is_hub(const char *root, const char *name)
{
	char dir[PATH_MAX];
	uint8_t class_code;

	snprintf(dir, sizeof(dir), "%s" LIST_SYS "/%s", root, name);
	return list_byte(dir, "bDeviceClass", &class_code) && class_code == LIST_HUB;
}

static int list_by_path(const void *a, const void *b)
{
	const struct fm_usb_device *first = a, *second = b;

	return strverscmp(first->path, second->path);
}

bool fm_usb_list_under(const char *root, struct fm_usb_device **ret_devices, size_t *ret_count,
		       struct fm_error *err)
{
	DIR *dir FM_CLEANUP(list_closedir) = NULL;
	FM_FREE struct fm_usb_device *devices = NULL;
	char path[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s" LIST_SYS, root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		struct fm_usb_device *more;

		if (!list_is_device(entry->d_name) || list_is_hub(root, entry->d_name))
			continue;
		more = reallocarray(devices, count + 1, sizeof(*devices));
		if (!more)
			return fm_fail(err, FM_NO_MEMORY, "out of memory");
		devices = more;
		if (list_device(root, entry->d_name, &devices[count]))
			count++;
	}
	if (count > 0)
		qsort(devices, count, sizeof(*devices), list_by_path);
	*ret_devices = devices;
	*ret_count = count;
	devices = NULL;
	return true;
}

bool fm_usb_at_under(const char *root, const char *path, struct fm_usb_device *ret_device,
		     struct fm_error *err)
{
	if (!list_is_device(path) || list_is_hub(root, path) ||
	    !list_device(root, path, ret_device)) {
		fm_fail(err, FM_GONE, "no USB device at %s", path);
		return fm_hint(err, "'flashmend list' shows what is attached; check cable and "
				    "power.");
	}
	return true;
}

bool fm_usb_list(struct fm_usb_device **ret_devices, size_t *ret_count, struct fm_error *err)
{
	return fm_usb_list_under("", ret_devices, ret_count, err);
}

bool fm_usb_at(const char *path, struct fm_usb_device *ret_device, struct fm_error *err)
{
	return fm_usb_at_under("", path, ret_device, err);
}

static bool list_fits(int wanted, uint8_t value)
{
	return wanted < 0 || wanted == value;
}

const struct fm_usb_interface *fm_usb_interface(const struct fm_usb_device *device,
						const struct fm_usb_claim *claim)
{
	for (size_t i = 0; i < device->interface_count; i++) {
		const struct fm_usb_interface *interface = &device->interfaces[i];

		if (list_fits(claim->class_code, interface->class_code) &&
		    list_fits(claim->subclass, interface->subclass) &&
		    list_fits(claim->protocol, interface->protocol))
			return interface;
	}
	return NULL;
}

/* From the system's lists to units. */
#include "detect/private.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define SEEN_CLASS_CDC 0x02 /* USB CDC 1.2, table 14 */
#define SEEN_CDC_ACM 0x02   /* PSTN 1.2, table 3 */
#define SEEN_CLASS_APPLICATION 0xfe
#define SEEN_APPLICATION_DFU 0x01
#define SEEN_DFU_MODE 0x02 /* DFU 1.1, table 4.4; the run-time interface has 0x01 (table 4.1) */

/* What the rows are made from, and the rows. */
struct seen_build {
	const struct fm_catalog *catalog;
	const struct fm_lists *lists;
	struct fm_seen *seen;
	size_t count;
};

bool fm_usb_awaits_tty(const struct fm_usb_device *device)
{
	for (size_t i = 0; i < device->interface_count; i++) {
		const struct fm_usb_interface *one = &device->interfaces[i];

		if (one->class_code == SEEN_CLASS_CDC && one->subclass == SEEN_CDC_ACM &&
		    !*one->tty)
			return true;
	}
	return false;
}

static bool seen_in_dfu_mode(const struct fm_usb_device *device)
{
	for (size_t i = 0; i < device->interface_count; i++) {
		const struct fm_usb_interface *one = &device->interfaces[i];

		if (one->class_code == SEEN_CLASS_APPLICATION &&
		    one->subclass == SEEN_APPLICATION_DFU && one->protocol == SEEN_DFU_MODE)
			return true;
	}
	return false;
}

/* Fill what the definitions know of it. */
static void seen_match(const struct fm_catalog *catalog, struct fm_seen *seen)
{
	struct fm_usb_fit fits[FM_SEEN_MODELS];
	const struct fm_usb_device *usb = &seen->usb;

	seen->model_total = fm_catalog_match_usb(catalog, usb, fits, FM_SEEN_MODELS);
	seen->model_count = seen->model_total < FM_SEEN_MODELS ? seen->model_total : FM_SEEN_MODELS;
	for (size_t i = 0; i < seen->model_count; i++)
		seen->models[i] = fits[i].entry;
	if (!seen->model_count)
		return;
	seen->mode = fits[0].match->mode;
	if (fits[0].match->serial_is_shared)
		*seen->serial = '\0';
	if (fits[0].match->release_is_version)
		fm_usb_release_text(usb->release, seen->version, sizeof(seen->version));
}

/* "usb 1-1.4:1.0" to "1-1.4"; "" where it is not USB. */
static void seen_topology(const char *by_path, char *ret, size_t size)
{
	fm_text_copy(ret, size, strncmp(by_path, "usb ", 4) == 0 ? by_path + 4 : "");
	ret[strcspn(ret, ":")] = '\0';
}

static const struct fm_serial_port *seen_port(const struct fm_lists *lists, const char *path)
{
	for (size_t i = 0; i < lists->port_count; i++) {
		if (strcmp(lists->ports[i].path, path) == 0)
			return &lists->ports[i];
	}
	return NULL;
}

static bool seen_is_added(const struct fm_lists *lists, const char *path)
{
	for (size_t i = 0; i < lists->added_count; i++) {
		if (strcmp(lists->added[i].path, path) == 0)
			return true;
	}
	return false;
}

static void seen_describe(const struct fm_usb_device *device, char *ret, size_t size)
{
	snprintf(ret, size, "%s%s%s", device->manufacturer,
		 *device->manufacturer && *device->product ? " " : "", device->product);
}

/* Any way in counts: a node, a port, a boot volume's disk. */
static bool seen_may_open(const struct fm_usb_device *device)
{
	bool access_any = device->access;

	for (size_t i = 0; i < device->interface_count && !access_any; i++)
		access_any = *device->interfaces[i].block &&
			     access(device->interfaces[i].block, R_OK | W_OK) == 0;
	return access_any;
}

/* A row for the device, by this serial port of its or, with "", by none. */
static struct fm_seen seen_from_usb(const struct seen_build *build,
				    const struct fm_usb_device *device, const char *tty)
{
	const struct fm_serial_port *port = seen_port(build->lists, tty);
	struct fm_seen seen = { .vid = device->vid, .pid = device->pid, .present = true };

	seen.usb = *device;
	fm_text_copy(seen.usb_path, sizeof(seen.usb_path), device->path);
	fm_text_copy(seen.serial, sizeof(seen.serial), device->serial);
	seen_describe(device, seen.description, sizeof(seen.description));
	if (*tty)
		fm_text_copy(seen.path, sizeof(seen.path), tty);
	else
		snprintf(seen.path, sizeof(seen.path), "usb %s", device->path);
	if (port)
		fm_text_copy(seen.by_path, sizeof(seen.by_path), port->by_path);
	else
		snprintf(seen.by_path, sizeof(seen.by_path), "usb %s", device->path);
	if (port && !*seen.description)
		fm_text_copy(seen.description, sizeof(seen.description), port->description);
	seen.access = *tty ? access(tty, R_OK | W_OK) == 0 : seen_may_open(device);
	seen.settled = seen.access && !fm_usb_awaits_tty(device);
	seen_match(build->catalog, &seen);
	return seen;
}

static void seen_add(struct seen_build *build, const struct fm_seen *seen)
{
	build->seen[build->count++] = *seen;
}

static void seen_add_usb(struct seen_build *build, const struct fm_usb_device *device)
{
	unsigned part = 0;
	bool by_hand = false;

	for (size_t i = 0; i < device->interface_count; i++) {
		const char *tty = device->interfaces[i].tty;
		struct fm_seen seen;

		if (!*tty)
			continue;
		if (seen_is_added(build->lists, tty)) {
			by_hand = true;
			continue;
		}
		seen = seen_from_usb(build, device, tty);
		seen.part = part++;
		seen_add(build, &seen);
		if (seen.model_count)
			return; /* one unit, whatever its other ports are for */
	}
	if (part == 0 && !by_hand) {
		struct fm_seen seen = seen_from_usb(build, device, "");

		if (seen.model_count || seen_in_dfu_mode(device))
			seen_add(build, &seen);
	}
}

/* Is it a port of one of the devices that are listed? Such a port has its row by then. */
static bool seen_of_usb(const struct fm_lists *lists, const struct fm_serial_port *port)
{
	for (size_t i = 0; i < lists->device_count; i++) {
		for (size_t k = 0; k < lists->devices[i].interface_count; k++) {
			if (strcmp(lists->devices[i].interfaces[k].tty, port->path) == 0)
				return true;
		}
	}
	return false;
}

/* A port that is not USB, or whose device went or came between the reading of the two lists. */
static void seen_add_port(struct seen_build *build, const struct fm_serial_port *port)
{
	struct fm_seen seen = { .vid = port->vid, .pid = port->pid, .present = true };

	fm_text_copy(seen.path, sizeof(seen.path), port->path);
	fm_text_copy(seen.by_path, sizeof(seen.by_path), port->by_path);
	fm_text_copy(seen.description, sizeof(seen.description), port->description);
	fm_text_copy(seen.serial, sizeof(seen.serial), port->serial);
	seen_topology(port->by_path, seen.usb_path, sizeof(seen.usb_path));
	seen.access = access(port->path, R_OK | W_OK) == 0;
	seen.settled = seen.access;
	if (port->vid >= 0) {
		seen.usb.vid = (uint16_t)port->vid;
		seen.usb.pid = (uint16_t)port->pid;
		fm_text_copy(seen.usb.path, sizeof(seen.usb.path), seen.usb_path);
		seen_match(build->catalog, &seen);
	}
	seen_add(build, &seen);
}

/* The user's word counts for what it is, the system's for where it hangs. */
static void seen_add_by_hand(struct seen_build *build, const struct fm_scan_added *added)
{
	const struct fm_serial_port *port = seen_port(build->lists, added->path);
	const struct fm_entry *entry = fm_catalog_find(build->catalog, added->model);
	struct fm_seen seen = { .vid = -1, .pid = -1, .added = true, .settled = true };

	fm_text_copy(seen.path, sizeof(seen.path), added->path);
	fm_text_copy(seen.description, sizeof(seen.description), "added by hand");
	if (port) {
		fm_text_copy(seen.by_path, sizeof(seen.by_path), port->by_path);
		fm_text_copy(seen.serial, sizeof(seen.serial), port->serial);
	}
	seen.present = access(added->path, F_OK) == 0;
	seen.access = access(added->path, R_OK | W_OK) == 0;
	if (entry)
		seen.models[seen.model_count++] = entry;
	seen.model_total = seen.model_count;
	seen_add(build, &seen);
}

/* ttyUSB10 after ttyUSB9, and 1-1.10 after 1-1.9. */
static int seen_order(const void *a, const void *b)
{
	return strverscmp(((const struct fm_seen *)a)->path, ((const struct fm_seen *)b)->path);
}

bool fm_seen_collect(const struct fm_catalog *catalog, const struct fm_lists *lists,
		     struct fm_seen **ret_seen, size_t *ret_count, struct fm_error *err)
{
	struct seen_build build = { catalog, lists, NULL, 0 };
	size_t most = lists->added_count + lists->port_count +
		      lists->device_count * FM_USB_INTERFACES_MOST;

	build.seen = calloc(most + 1, sizeof(*build.seen));
	if (!build.seen)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of units");
	for (size_t i = 0; i < lists->added_count; i++)
		seen_add_by_hand(&build, &lists->added[i]);
	for (size_t i = 0; i < lists->device_count; i++)
		seen_add_usb(&build, &lists->devices[i]);
	for (size_t i = 0; i < lists->port_count; i++) {
		if (!seen_of_usb(lists, &lists->ports[i]) &&
		    !seen_is_added(lists, lists->ports[i].path))
			seen_add_port(&build, &lists->ports[i]);
	}
	qsort(build.seen, build.count, sizeof(*build.seen), seen_order);
	*ret_seen = build.seen;
	*ret_count = build.count;
	return true;
}

#include "link/serial.h"

#include "base/scope.h"
#include "base/text.h"

#include <libserialport.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LIST_SYS "/sys/class/tty"

struct list {
	struct fm_serial_port *ports;
	size_t count;
};

/* First line of a small file of sysfs, "" where there is none. */
static void list_read(const char *tty, const char *file, char *ret, size_t size)
{
	char path[PATH_MAX], line[128] = "";
	FM_FCLOSE FILE *stream = NULL;

	snprintf(path, sizeof(path), LIST_SYS "/%s/%s", tty, file);
	stream = fopen(path, "re");
	if (!stream || !fgets(line, sizeof(line), stream))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fm_text_printable(ret, size, line, strlen(line));
}

/* Last part of where a link of sysfs leads, "" where there is none. */
static void list_target(const char *tty, const char *link, char *ret, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;
	const char *slash;

	snprintf(path, sizeof(path), LIST_SYS "/%s/%s", tty, link);
	len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	slash = strrchr(target, '/');
	fm_text_copy(ret, size, slash ? slash + 1 : target);
}

/*
 * Consoles, ptys and the like have no device. The 8250 driver makes nodes for UARTs that may not be
 * there; their type is then 0 (PORT_UNKNOWN, serial_core.h).
 */
static bool list_is_real(const char *tty)
{
	char device[64], type[16];

	list_target(tty, "device", device, sizeof(device));
	list_read(tty, "type", type, sizeof(type));
	return device[0] != '\0' && strcmp(type, "0") != 0;
}

static void list_usb(struct fm_serial_port *ret, const struct sp_port *port, const char *tty)
{
	const char *serial = sp_get_port_usb_serial(port);
	char link[PATH_MAX], path[PATH_MAX], *interface;

	if (sp_get_port_transport(port) != SP_TRANSPORT_USB)
		return;
	if (sp_get_port_usb_vid_pid(port, &ret->vid, &ret->pid) != SP_OK)
		ret->vid = ret->pid = -1;
	if (serial)
		fm_text_printable(ret->serial, sizeof(ret->serial), serial, strlen(serial));
	snprintf(link, sizeof(link), LIST_SYS "/%s/device", tty);
	if (!realpath(link, path))
		return;
	/* usb-serial has a device ttyUSB0 below the interface; cdc-acm's is the interface. */
	interface = strrchr(path, '/');
	if (!strchr(interface, ':')) {
		*interface = '\0';
		interface = strrchr(path, '/');
	}
	if (interface)
		snprintf(ret->by_path, sizeof(ret->by_path), "usb %.90s", interface + 1);
}

static bool list_add(struct list *list, const char *tty, struct fm_error *err)
{
	struct fm_serial_port *ports, *port;
	struct sp_port *sp;
	char path[300];
	const char *description;

	snprintf(path, sizeof(path), "/dev/%s", tty);
	if (sp_get_port_by_name(path, &sp) != SP_OK)
		return true; /* it went while we looked */
	ports = realloc(list->ports, (list->count + 1) * sizeof(*ports));
	if (!ports) {
		sp_free_port(sp);
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	}
	list->ports = ports;
	port = &ports[list->count++];
	memset(port, 0, sizeof(*port));
	port->vid = port->pid = -1;
	fm_text_copy(port->path, sizeof(port->path), path);
	description = sp_get_port_description(sp);
	if (description)
		fm_text_printable(port->description, sizeof(port->description), description,
				  strlen(description));
	list_target(tty, "device/driver", port->driver, sizeof(port->driver));
	list_usb(port, sp, tty);
	sp_free_port(sp);
	return true;
}

/* ttyUSB10 after ttyUSB9. */
static int list_order(const void *a, const void *b)
{
	const struct fm_serial_port *first = a, *second = b;

	return strverscmp(first->path, second->path);
}

/* Not by sp_list_ports: 0.1.1 opens the ports of the 8250 driver, one of which may be a console. */
bool fm_serial_list(struct fm_serial_port **ret_ports, size_t *ret_count, struct fm_error *err)
{
	struct list list = { 0 };
	struct dirent *entry;
	DIR *dir = opendir(LIST_SYS);
	bool ok = true;

	while (ok && dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && list_is_real(entry->d_name))
			ok = list_add(&list, entry->d_name, err);
	if (dir)
		closedir(dir);
	if (!ok) {
		free(list.ports);
		return false;
	}
	if (list.count > 0)
		qsort(list.ports, list.count, sizeof(*list.ports), list_order);
	*ret_ports = list.ports;
	*ret_count = list.count;
	return true;
}

#include "link/usb_private.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/process.h"

#include <libusb.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

/* A transfer fails as soon as the cable is out; the hub tells the kernel so within 256 ms (USB 2.0,
 * 11.23.1: bInterval of its status endpoint). */
#define LEFT_WITHIN_MS 300
#define LEFT_STEP_MS 10

static bool error_is_there(const struct fm_usb_who *who)
{
	char path[PATH_MAX], line[16] = "";
	FM_FCLOSE FILE *file = NULL;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/devnum", who->path);
	file = fopen(path, "re");
	return file && fgets(line, sizeof(line), file) && strtoul(line, NULL, 10) == who->address;
}

bool fm_usb_left(const struct fm_usb_who *who)
{
	struct fm_clock *clock = fm_clock_real();
	struct fm_deadline end = fm_in_ms(clock, LEFT_WITHIN_MS);

	while (error_is_there(who)) {
		if (fm_expired(clock, end))
			return false;
		fm_sleep_ms(clock, LEFT_STEP_MS);
	}
	return true;
}

bool fm_usb_gone(const struct fm_usb_who *who, struct fm_error *err)
{
	fm_fail(err, FM_GONE, "%s left the bus", who->name);
	err->os = ENODEV;
	return false;
}

bool fm_usb_open_failed(const struct fm_usb_who *who, int os, struct fm_error *err)
{
	switch (os) {
	case EACCES:
	case EPERM:
		fm_fail(err, FM_NO_ACCESS, "%s: no permission to use %s", who->name, who->node);
		err->os = os;
		return fm_hint(err, "Install the udev rule 70-flashmend.rules and attach the unit "
				    "again; 'flashmend doctor' shows how.");
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return fm_usb_gone(who, err);
	default:
		return fm_fail_os(err, FM_IO, os, "%s: cannot open %s", who->name, who->node);
	}
}

bool fm_usb_busy(const struct fm_usb_who *who, const struct fm_usb_interface *interface,
		 struct fm_error *err)
{
	char what[80], name[64];
	pid_t pid = 0;

	snprintf(what, sizeof(what), "%s (%s)", who->name, who->node);
	if (fm_process_holder(who->node, name, sizeof(name), &pid))
		return fm_process_busy(what, pid, err);
	if (interface->driver[0] && strcmp(interface->driver, "usbfs") != 0) {
		fm_fail(err, FM_BUSY, "%s: the kernel driver %s does not let go of interface %u",
			what, interface->driver, interface->number);
		return fm_hint(err, "Unmount or close what uses the unit, then run the command "
				    "again.");
	}
	fm_fail(err, FM_BUSY, "%s: interface %u is in use by another program", what,
		interface->number);
	return fm_hint(err, "'sudo fuser -v %s' names it; end it and run the command again.",
		       who->node);
}

bool fm_usb_fail(const struct fm_usb_who *who, int code, const char *doing, struct fm_error *err)
{
	switch (code) {
	case LIBUSB_ERROR_NO_DEVICE:
	case LIBUSB_ERROR_NOT_FOUND: /* after a reset: it came back as something else */
		return fm_usb_gone(who, err);
	case LIBUSB_ERROR_PIPE:
		return fm_fail(err, FM_NACK, "%s refused to %s (STALL)", who->name, doing);
	case LIBUSB_ERROR_TIMEOUT:
		return fm_fail(err, FM_TIMEOUT, "%s: could not %s in time", who->name, doing);
	case LIBUSB_ERROR_NO_MEM:
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory to %s", who->name, doing);
	default:
		break;
	}
	/* The kernel gives EIO or EPROTO until it has noticed that the device left. */
	if (fm_usb_left(who))
		return fm_usb_gone(who, err);
	return fm_fail(err, FM_IO, "%s: cannot %s: %s", who->name, doing, libusb_strerror(code));
}

/*
 * A link opens the node that it is given and hands it to libusb (libusb_wrap_sys_device), which
 * looks for no devices and so has no thread of its own (LIBUSB_OPTION_NO_DEVICE_DISCOVERY): a
 * context a link, driven by the thread that waits.
 */
#include "link/usb_private.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "link/lock.h"

#include <libusb.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

/* Where libusb 1.0.26 takes the options of contexts to come from: from a table of its own. */
static void usb_set_options(void)
{
	libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
}

static bool usb_active_value(const struct fm_usb_link *u, uint8_t *ret_value)
{
	char path[PATH_MAX], line[16] = "";
	FM_FCLOSE FILE *file = NULL;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/bConfigurationValue", u->device.path);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		return false;
	*ret_value = (uint8_t)strtoul(line, NULL, 10);
	return *ret_value != 0;
}

/* usbfs gives numbers of the device descriptor in the host's order (devio.c, usbdev_read). */
static void usb_wire_order(uint8_t device[18])
{
	static const unsigned char words[] = { 2, 8, 10, 12 };

	for (size_t i = 0; i < FM_COUNT(words); i++) {
		uint16_t host;

		memcpy(&host, device + words[i], sizeof(host));
		device[words[i]] = (uint8_t)host;
		device[words[i] + 1] = (uint8_t)(host >> 8);
	}
}

/* From the open node, so that they are this device's and no other's. */
static bool usb_read_descriptors(struct fm_usb_link *u, struct fm_error *err)
{
	struct fm_usb_descriptors *ret = &u->descriptors;
	uint8_t raw[18 + 4 * FM_USB_CONFIG_MOST], value;
	ssize_t len = pread(u->fd, raw, sizeof(raw), 0);
	const uint8_t *config;

	if (len < (ssize_t)sizeof(ret->device))
		return len < 0 && errno != ENODEV ? fm_usb_open_failed(&u->who, errno, err)
						  : fm_usb_gone(&u->who, err);
	memcpy(ret->device, raw, sizeof(ret->device));
	usb_wire_order(ret->device);
	if (fm_get_le16(ret->device + 8) != u->device.vid ||
	    fm_get_le16(ret->device + 10) != u->device.pid)
		return fm_fail(err, FM_GONE, "%s is now %04x:%04x instead of %04x:%04x",
			       u->link.name, fm_get_le16(ret->device + 8),
			       fm_get_le16(ret->device + 10), u->device.vid, u->device.pid);
	if (!usb_active_value(u, &value))
		return fm_usb_gone(&u->who, err);
	ret->config_len = fm_usb_configuration(raw + sizeof(ret->device),
					       (size_t)len - sizeof(ret->device), value, &config);
	if (ret->config_len == 0 || ret->config_len > sizeof(ret->config))
		return fm_fail(err, FM_UNSUPPORTED,
			       "%s: its descriptors are damaged or longer than %d bytes",
			       u->link.name, FM_USB_CONFIG_MOST);
	memcpy(ret->config, config, ret->config_len);
	ret->interface = u->interface.number;
	return true;
}

static bool usb_claim(struct fm_usb_link *u, struct fm_error *err)
{
	int code;

	/* Detaches the kernel's driver and claims in one step; gives it back on release. */
	libusb_set_auto_detach_kernel_driver(u->handle, 1);
	code = libusb_claim_interface(u->handle, u->interface.number);
	if (code == LIBUSB_ERROR_BUSY)
		return fm_usb_busy(&u->who, &u->interface, err);
	u->claimed = code == 0;
	return u->claimed || fm_usb_fail(&u->who, code, "claim its interface", err);
}

static bool usb_take(struct fm_usb_link *u, struct fm_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int code;

	if (!fm_lock_take(u->link.name, &u->lock_fd, err))
		return false;
	u->fd = open(u->device.node, O_RDWR | O_CLOEXEC);
	if (u->fd < 0)
		return fm_usb_open_failed(&u->who, errno, err);
	if (!usb_read_descriptors(u, err))
		return false;
	pthread_once(&once, usb_set_options);
	code = libusb_init(&u->context);
	if (code < 0) {
		u->context = NULL;
		return fm_fail(err, FM_INTERNAL, "%s: libusb does not start: %s", u->link.name,
			       libusb_strerror(code));
	}
	code = libusb_wrap_sys_device(u->context, (intptr_t)u->fd, &u->handle);
	if (code < 0) {
		u->handle = NULL;
		return fm_usb_fail(&u->who, code, "open it", err);
	}
	return usb_claim(u, err);
}

static void usb_close(struct fm_link *link)
{
	struct fm_usb_link *u = (struct fm_usb_link *)link;

	if (u->claimed)
		libusb_release_interface(u->handle, u->interface.number);
	if (u->handle)
		libusb_close(u->handle);
	if (u->context)
		libusb_exit(u->context);
	if (u->fd >= 0)
		close(u->fd);
	if (u->lock_fd >= 0)
		close(u->lock_fd);
	free(u);
}

static bool usb_no_interface(const struct fm_usb_device *device, const struct fm_usb_claim *claim,
			     struct fm_error *err)
{
	fm_fail(err, FM_UNSUPPORTED, "USB device %s (%04x:%04x) has no interface of class %d/%d/%d",
		device->path, device->vid, device->pid, claim->class_code, claim->subclass,
		claim->protocol);
	return fm_hint(err, "It may be in another mode: 'flashmend list' shows which.");
}

bool fm_usb_open(const struct fm_usb_device *device, const struct fm_usb_claim *claim,
		 const atomic_bool *cancel, struct fm_link **ret_link, struct fm_error *err)
{
	const struct fm_usb_interface *interface = fm_usb_interface(device, claim);
	struct fm_usb_link *u;

	if (!interface)
		return usb_no_interface(device, claim, err);
	u = calloc(1, sizeof(*u));
	if (!u)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	u->device = *device;
	u->interface = *interface;
	u->fd = u->lock_fd = -1;
	u->link.usb = &fm_usb_transfers;
	u->link.usb_descriptors = &u->descriptors;
	u->link.close = usb_close;
	u->link.clock = fm_clock_real();
	u->link.cancel = cancel;
	snprintf(u->link.name, sizeof(u->link.name), "USB device %s", device->path);
	u->who = (struct fm_usb_who){ u->link.name, u->device.path, u->device.node,
				      u->device.address };
	if (!usb_take(u, err)) {
		usb_close(&u->link);
		return false;
	}
	*ret_link = &u->link;
	return true;
}

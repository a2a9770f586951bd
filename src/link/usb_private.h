/* Between the files of the USB link. */
#ifndef FM_LINK_USB_PRIVATE_H
#define FM_LINK_USB_PRIVATE_H

#include "link/usb.h"

/* --- usb_list.c: what usb.h promises, with `root` before /sys, /dev and /run ("" = the system)
 * -----------------------------------------------------------------------------------------------
 */
bool fm_usb_list_under(const char *root, struct fm_usb_device **ret_devices, size_t *ret_count,
		       struct fm_error *err) FM_MUST_CHECK;
bool fm_usb_at_under(const char *root, const char *path, struct fm_usb_device *ret_device,
		     struct fm_error *err) FM_MUST_CHECK;

/* --- usb_descriptor.c, pure */

/* The whole configuration with this value among the descriptors of all that follow the device's;
 * its length, 0 = there is none or it is damaged. */
size_t fm_usb_configuration(const uint8_t *configs, size_t len, uint8_t value,
			    const uint8_t **ret_config);

/*
 * The text of a string descriptor as it came. Less than it says of itself is what there is (the ROM
 * of the STM32F427); 8-bit text is taken as such (GD32VF103): dfu.md, section 5. Valid UTF-8 that
 * can't steer a terminal; false where it is no string descriptor.
 */
bool fm_usb_string_decode(const uint8_t *raw, size_t len, char *ret_text, size_t size);

/* --- usb_error.c: why something failed, in the words of usb.h and link.h */

/* What is known of an open device when something fails. */
struct fm_usb_who {
	const char *name; /* for messages: "USB device 1-1" */
	const char *path, *node;
	unsigned address;
};

/* Is it still there? Waits a little for the kernel to notice that it left. */
bool fm_usb_left(const struct fm_usb_who *who);
bool fm_usb_gone(const struct fm_usb_who *who, struct fm_error *err);
/* The node could not be opened. */
bool fm_usb_open_failed(const struct fm_usb_who *who, int os, struct fm_error *err);
/* Another driver or process holds the interface. */
bool fm_usb_busy(const struct fm_usb_who *who, const struct fm_usb_interface *interface,
		 struct fm_error *err);
/* A call of libusb failed with `code`. doing: "claim its interface". */
bool fm_usb_fail(const struct fm_usb_who *who, int code, const char *doing, struct fm_error *err);

/* --- the link: usb.c opens and closes it, usb_transfer.c is what it does */

struct libusb_context;
struct libusb_device_handle;

struct fm_usb_link {
	struct fm_link link;
	struct fm_usb_descriptors descriptors;
	struct fm_usb_device device;
	struct fm_usb_interface interface; /* the claimed one */
	struct fm_usb_who who;
	struct libusb_context *context;
	struct libusb_device_handle *handle;
	int fd, lock_fd;
	bool claimed;
	unsigned alternate; /* in use */
	uint16_t language;  /* of its strings, 0 = not asked yet */
};

extern const struct fm_usb_ops fm_usb_transfers;

#endif

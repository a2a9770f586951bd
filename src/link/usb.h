/*
 * USB: what is attached, from sysfs alone (nothing is opened to list it), and a link to one
 * interface by libusb, which opens the device node that it is given and looks for nothing itself.
 */
#ifndef FM_LINK_USB_H
#define FM_LINK_USB_H

#include "base/usb.h"
#include "link/link.h"

/* All but hubs, sorted by path; malloc'd. No sysfs is no device. */
bool fm_usb_list(struct fm_usb_device **ret_devices, size_t *ret_count,
		 struct fm_error *err) FM_MUST_CHECK;
/* The one at this path. FM_GONE: none, or not yet whole. */
bool fm_usb_at(const char *path, struct fm_usb_device *ret_device,
	       struct fm_error *err) FM_MUST_CHECK;

/* Which interface is meant; -1 = any. The first that fits. */
struct fm_usb_claim {
	int class_code, subclass, protocol;
};

/* NULL where the device has none that fits. */
const struct fm_usb_interface *fm_usb_interface(const struct fm_usb_device *device,
						const struct fm_usb_claim *claim);

/*
 * Open the device and claim the interface; a kernel driver on it is detached and comes back when
 * the link is closed. The whole device is locked against other flashmend links (by path). FM_GONE,
 * FM_BUSY (which driver or process holds it), FM_NO_ACCESS (names the udev rule), FM_UNSUPPORTED
 * (no such interface). cancel may be NULL.
 */
bool fm_usb_open(const struct fm_usb_device *device, const struct fm_usb_claim *claim,
		 const atomic_bool *cancel, struct fm_link **ret_link,
		 struct fm_error *err) FM_MUST_CHECK;

/* --- descriptors, pure: for links, protocols and detection
 * ------------------------------------------ */

/* The next descriptor in `config` at *at that has this type (0 = any); NULL at the end or where one
 * is damaged. *at moves behind it. The descriptor's own length (its first byte) lies within config.
 */
const uint8_t *fm_usb_descriptor_next(const uint8_t *config, size_t len, size_t *at, uint8_t type);

#define FM_USB_DESCRIPTOR_INTERFACE 4
#define FM_USB_DESCRIPTOR_ENDPOINT 5

#endif

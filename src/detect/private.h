/* What the files of detect share. */
#ifndef FM_DETECT_PRIVATE_H
#define FM_DETECT_PRIVATE_H

#include "detect/scan.h"
#include "link/serial.h"

/* What the system lists, as it was read. */
struct fm_lists {
	const struct fm_usb_device *devices;
	size_t device_count;
	const struct fm_serial_port *ports;
	size_t port_count;
	const struct fm_scan_added *added;
	size_t added_count;
};

/* The units in these lists: fm_scan without the reading of them. */
bool fm_seen_collect(const struct fm_catalog *catalog, const struct fm_lists *lists,
		     struct fm_seen **ret_seen, size_t *ret_count,
		     struct fm_error *err) FM_MUST_CHECK;

/* A serial port over USB that the kernel makes itself: it follows the device by some milliseconds.
 * USB CDC 1.2, 4.2 and 4.3: communications interface, abstract control model. */
bool fm_usb_awaits_tty(const struct fm_usb_device *device);

#endif

/* A unit on its way from one mode to another: it leaves the bus and comes back at the same topology
 * path, as something else. */
#ifndef FM_DETECT_FOLLOW_H
#define FM_DETECT_FOLLOW_H

#include "base/clock.h"
#include "catalog/device.h"

#include <stdatomic.h>

/*
 * Wait until the device at usb_path has another address than not_address (0 = any), fits one of the
 * matches in `mode`, and may be opened: udev has by then done what it does. The deadline is on the
 * real clock. cancel may be NULL. FM_TIMEOUT says what was there instead, and early when a unit
 * that left has come back in its ROM and stays there; FM_CANCELLED.
 *
 * "May be opened": its serial port where it has one, its disk where the match asks for one, else
 * its USB node. When that is refused but another way in is open, the device is given a second and
 * then taken as it is.
 */
bool fm_follow_wait(const char *usb_path, const struct fm_usb_match *matches, size_t count,
		    enum fm_mode mode, unsigned not_address, struct fm_deadline deadline,
		    const atomic_bool *cancel, struct fm_usb_device *ret_device,
		    struct fm_error *err) FM_MUST_CHECK;

#endif

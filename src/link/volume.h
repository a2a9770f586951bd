/*
 * The boot volume of a unit that takes UF2 files: where it is mounted, through the file system;
 * where it is not, its block device. See link.h for what it can do.
 */
#ifndef FM_LINK_VOLUME_H
#define FM_LINK_VOLUME_H

#include "base/usb.h"
#include "link/link.h"

/*
 * The volume of this device. FM_UNSUPPORTED: it has no disk. FM_NO_ACCESS: it is not mounted and
 * this user may not open the disk (a few seconds are given to a desktop to mount it), or may not
 * write what is mounted. FM_BUSY: another program has the disk. FM_NO_ANSWER: it has no file system
 * of a boot loader. cancel may be NULL.
 */
bool fm_volume_open(const struct fm_usb_device *device, const atomic_bool *cancel,
		    struct fm_link **ret_link, struct fm_error *err) FM_MUST_CHECK;

#endif

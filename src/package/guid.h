/*
 * GUIDs: what packages name units by. fwupd makes them from instance ids, which are texts such as
 * "USB\VID_1209&PID_0001": a UUID of version 5 (RFC 4122, section 4.3) in the name space of DNS.
 */
#ifndef FM_PACKAGE_GUID_H
#define FM_PACKAGE_GUID_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_GUID_TEXT 37 /* 36 characters, lower case, and the terminator */
#define FM_INSTANCE_TEXT 64

/* Of the text as it stands: another case or a blank gives another GUID. */
void fm_guid_of(const char *instance_id, char ret[FM_GUID_TEXT]);
/* The same in lower case; false when it is none. */
bool fm_guid_parse(const char *text, char ret[FM_GUID_TEXT]);

/*
 * The instance ids that fwupd gives every unit on USB: vendor and product with the release
 * (bcdDevice), then without it. One of the vendor alone would fit all that it makes: not here.
 */
#define FM_INSTANCES_USB 2
void fm_instances_usb(uint16_t vid, uint16_t pid, uint16_t release,
		      char ret[FM_INSTANCES_USB][FM_INSTANCE_TEXT]);

#endif

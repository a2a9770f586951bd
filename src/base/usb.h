/* A USB device as the system lists it, without opening it. */
#ifndef FM_BASE_USB_H
#define FM_BASE_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FM_USB_INTERFACES_MOST 8 /* of a device that has more, the first */

struct fm_usb_interface {
	uint8_t number, class_code, subclass, protocol;
	uint8_t alternates; /* how many settings it has; 255: or more */
	char name[96];      /* string of the setting in use, "" = none */
	char driver[24];    /* kernel driver bound to it, "" = none */
	char tty[32];       /* "/dev/ttyACM0", "" = none */
	char block[32];     /* "/dev/sda", "" = none */
	char volume[48];    /* label of the file system on it as udev knows it, "" = not known */
};

/* A USB device as sysfs lists it. */
struct fm_usb_device {
	char path[32]; /* topology: "1-1.4"; stays the same while a unit changes its modes */
	char node[32]; /* "/dev/bus/usb/001/007" */
	uint16_t vid, pid, release;
	unsigned bus, address; /* the address is new with each enumeration */
	unsigned speed_mbit;
	char manufacturer[64], product[64], serial[64]; /* printable, "" = none */
	struct fm_usb_interface interfaces[FM_USB_INTERFACES_MOST];
	size_t interface_count;
	bool access; /* this user may open the node */
};

/* bcdDevice as people write it: 0x0210 is "2.10". */
static inline void fm_usb_release_text(uint16_t release, char *ret, size_t size)
{
	snprintf(ret, size, "%x.%02x", (unsigned)(release >> 8), (unsigned)(release & 0xff));
}

#endif

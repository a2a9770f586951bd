/* A catalog and USB devices made by hand, for the tests of detection. */
#ifndef FM_TESTS_DETECT_UNITS_H
#define FM_TESTS_DETECT_UNITS_H

#include "unit.h"

#include "base/text.h"
#include "catalog/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any device, in the application, but for what is then set. */
static inline struct fm_usb_match unit_match(int vid, int pid, enum fm_mode mode)
{
	return (struct fm_usb_match){ .vid = vid,
				      .pid = pid,
				      .release = -1,
				      .class_code = -1,
				      .subclass = -1,
				      .protocol = -1,
				      .mode = mode };
}

static inline struct fm_usb_device unit_device(const char *path, unsigned vid, unsigned pid)
{
	struct fm_usb_device device = { .vid = (uint16_t)vid,
					.pid = (uint16_t)pid,
					.release = 0x0210,
					.address = 7,
					.access = true };

	fm_text_copy(device.path, sizeof(device.path), path);
	fm_text_copy(device.manufacturer, sizeof(device.manufacturer), "ACME");
	fm_text_copy(device.product, sizeof(device.product), "Gateway");
	return device;
}

static inline struct fm_usb_interface *unit_interface(struct fm_usb_device *device, uint8_t class,
						      uint8_t subclass, uint8_t protocol)
{
	struct fm_usb_interface *one = &device->interfaces[device->interface_count];

	*one = (struct fm_usb_interface){ .number = (uint8_t)device->interface_count++,
					  .class_code = class,
					  .subclass = subclass,
					  .protocol = protocol,
					  .alternates = 1 };
	return one;
}

/* A port of the device: /dev/null, which every user may open, unless another node is named. */
static inline void unit_tty(struct fm_usb_device *device, const char *node)
{
	struct fm_usb_interface *one = unit_interface(device, 0x02, 0x02, 0x01);

	fm_text_copy(one->tty, sizeof(one->tty), node);
}

#endif

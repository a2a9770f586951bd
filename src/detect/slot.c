/* Where a unit is, as a bench names it. */
#include "detect/scan.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Each port of a bare bridge is a row, and may have another unit behind it. */
static bool slot_is_one_of_several(const struct fm_seen *seen)
{
	size_t ports = 0;

	for (size_t i = 0; i < seen->usb.interface_count; i++)
		ports += *seen->usb.interfaces[i].tty != '\0';
	return seen->model_count == 0 && ports > 1;
}

void fm_scan_place(const struct fm_seen *seen, char ret[256])
{
	if (*seen->usb_path && !(slot_is_one_of_several(seen) && *seen->by_path))
		snprintf(ret, 256, "usb %s", seen->usb_path);
	else
		fm_text_copy(ret, 256, *seen->by_path ? seen->by_path : seen->path);
}

/* How exactly the place is where the unit is; 0 = it is elsewhere. */
static int slot_fits(const struct fm_seen *seen, const char *place)
{
	char device[sizeof(seen->usb_path) + 5];

	if (*seen->by_path && strcmp(place, seen->by_path) == 0)
		return 2;
	snprintf(device, sizeof(device), "usb %s", seen->usb_path);
	if (*seen->usb_path && strcmp(place, device) == 0)
		return 1;
	return !*seen->by_path && strcmp(place, seen->path) == 0;
}

void fm_scan_slots(struct fm_seen *seen, size_t count, const struct fm_scan_slot *slots,
		   size_t slot_count)
{
	for (size_t i = 0; i < count; i++) {
		int best = 0;

		for (size_t k = 0; k < slot_count; k++) {
			int fits = slot_fits(&seen[i], slots[k].place);

			if (fits > best)
				fm_text_copy(seen[i].slot, sizeof(seen[i].slot), slots[k].name);
			best = fits > best ? fits : best;
		}
	}
}

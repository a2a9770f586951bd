/*
 * Is this package for this unit: what its metainfo says against what the unit is. Pure; as
 * verdict.h, of which these rules are the second part. A requirement that can't be judged blocks:
 * it may be what keeps the unit from being bricked.
 */
#ifndef FM_JOB_VERDICT_PACKAGE_H
#define FM_JOB_VERDICT_PACKAGE_H

#include "base/usb.h"
#include "catalog/device.h"
#include "job/event.h"
#include "package/package.h"

struct fm_package_verdict_input {
	const struct fm_component *component;
	const struct fm_release *release;
	const struct fm_usb_match *usb; /* how the unit looks on USB, in any of its modes */
	size_t usb_count;
	const struct fm_package_name *names; /* what its definition says beside that */
	size_t name_count;
	/* how it looks now, and how it did when it was chosen; NULL = not known */
	const struct fm_usb_device *attached, *seen;
	const char *version_running; /* "" = not known */
	const char *revision;        /* of its hardware, as it says itself; "" = it does not */
	const char *region;          /* variant of it, likewise */
	const char *loader; /* what the boot loader says of itself: "Optiboot 6.2", "" = nothing */
	bool downgrade_allowed;
	bool path_allowed; /* a person answers for a running version that is not known; no help to
			      one that is known */
	bool compared; /* nothing is written, the unit is compared with it: which version may follow
			 which does not matter */
};

#define FM_PACKAGE_RULES_MOST 8

/* "package", "direction", and of what the package requires "path" (the running version),
 * "bootloader", "vendor", "requires" (all else), then "revision" (of the hardware: where the
 * definition knows packages for one revision only) and "region" (likewise; a unit that does not say
 * which it is warns). Those without anything to say are left out. */
size_t fm_verdict_package(const struct fm_package_verdict_input *input,
			  struct fm_rule_result ret[FM_PACKAGE_RULES_MOST]);

#endif

/*
 * Does this firmware fit this unit: separate rules, each with what the file says and what the unit
 * says. Pure. BLOCKED is never written; WARN is written when a person or --yes accepts it, and that
 * is recorded.
 */
#ifndef FM_JOB_VERDICT_H
#define FM_JOB_VERDICT_H

#include "base/identity.h"
#include "catalog/device.h"
#include "image/image.h"
#include "job/event.h"

struct fm_verdict_input {
	const struct fm_device *device;
	const struct fm_loader *loader; /* its chip and memory resolved */
	const struct fm_image *image;
	const struct fm_identity *identity;
	bool locked; /* read protected: the boot loader refuses to read, and so to write */
	const struct fm_error *plan_error; /* FM_OK: the plan could be made */
	const char *version_running, *version_file, *version_expected; /* "" = not known */
};

#define FM_RULES_MOST 8

/* Returns the number of rules in ret, in a fixed order. */
size_t fm_verdict_make(const struct fm_verdict_input *input,
		       struct fm_rule_result ret[FM_RULES_MOST]);
/* The worst of them. */
enum fm_verdict fm_verdict_of(const struct fm_rule_result *rules, size_t count);

#endif

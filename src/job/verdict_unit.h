/* A unit by the names that packages have for it: instance ids, GUIDs, vendors. Pure. */
#ifndef FM_JOB_VERDICT_UNIT_H
#define FM_JOB_VERDICT_UNIT_H

#include "base/text.h"
#include "job/verdict_package.h"

#define FM_UNIT_INSTANCES_MOST 32

/* The unit's instance ids, and what is compared with the package. */
struct fm_verdict_unit {
	char instances[FM_UNIT_INSTANCES_MOST][FM_INSTANCE_TEXT];
	bool own[FM_UNIT_INSTANCES_MOST]; /* a chip's ROM says only which chip it is */
	size_t count;
	bool known;             /* one of them is its own */
	struct fm_text vendors; /* "USB:0x1209|USB:0x273F" */
};

/* As it is now, as it was when it was chosen, and in the modes that its definition knows. *unit is
 * empty before. */
void fm_verdict_unit_look(const struct fm_package_verdict_input *input,
			  struct fm_verdict_unit *unit);
void fm_verdict_unit_done(struct fm_verdict_unit *unit);
bool fm_component_names(const struct fm_component *component, const char *guid);
/* Of the unit's own (or of its chip's) instance ids the first that the package names. */
const char *fm_verdict_unit_instance(const struct fm_package_verdict_input *input,
				     const struct fm_verdict_unit *unit, bool own);
/* NULL: the package names nothing that is the unit's own. */
const char *fm_verdict_unit_named(const struct fm_package_verdict_input *input,
				  const struct fm_verdict_unit *unit);

/* Of the components of a package (or of an entry of the library) the one that names this model, by
 * what its definition says. NULL = none, or it says nothing. */
const struct fm_component *fm_component_for_model(const struct fm_component *components,
						  size_t count, const struct fm_device *device);

#endif

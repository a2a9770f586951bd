/* What becomes of each part of a unit's memory by a plan. Pure. */
#ifndef FM_FRONT_TUI_FATE_H
#define FM_FRONT_TUI_FATE_H

#include "job/plan.h"

enum fm_ui_fate_kind {
	FM_FATE_KEPT, /* the plan leaves it alone */
	FM_FATE_LOST, /* some or all of it is erased or written */
	FM_FATE_DOUBT /* one command erases the whole chip, and may not stop at it */
};

struct fm_ui_fate {
	enum fm_ui_fate_kind kind;
	char name[32];
	unsigned flags;     /* of the region */
	uint64_t len, lost; /* bytes */
};

struct fm_ui_fates {
	size_t count; /* 0 = no plan is known */
	struct fm_ui_fate fates[FM_REGION_MOST];
};

/* RAM is left out: any restart empties it. */
void fm_ui_fates_make(struct fm_ui_fates *fates, const struct fm_plan *plan,
		      const struct fm_memory *memory);

#endif

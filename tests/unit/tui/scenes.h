/* What the tests of the views draw: each view normal, empty and with an error, and whatever else
 * looks different. */
#ifndef FM_TESTS_TUI_SCENES_H
#define FM_TESTS_TUI_SCENES_H

#include "unit.h"

#include "front/tui/view.h"

struct scene {
	const char *name; /* of its screens in screens/ */
	enum fm_ui_view view;
	void (*state)(struct fm_ui *ui);
	bool all_sizes; /* drawn in ASCII, wide and narrow, too */
};

extern const struct scene scenes[];
extern const size_t scene_count;
/* The screen of a terminal that is too small is no view: it stands in the place of any. */
extern const struct scene small_scenes[];
extern const size_t small_scene_count;

#endif

/* What is known of one unit, and where each fact came from. */
#ifndef FM_FRONT_TUI_FACTS_H
#define FM_FRONT_TUI_FACTS_H

#include "front/tui/view.h"

void fm_facts_unit(const struct fm_ui *ui, const struct fm_ui_unit *unit, struct fm_view_pen *pen);
/* Of a unit without a number the records of its port are. */
bool fm_facts_is_of(const struct fm_record *record, const struct fm_ui_unit *unit);

#endif

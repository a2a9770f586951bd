/* Records of jobs, for the history, the yield and the units. */
#ifndef FM_FRONT_TUI_RECORDS_H
#define FM_FRONT_TUI_RECORDS_H

#include "front/tui/tui.h"
#include "front/tui/ui.h"

/* The newest of them, with the phases of the one that is selected. */
void fm_records_load(struct fm_ui *ui, const struct fm_tui_options *options);
/* The phases of the one that is selected now. */
void fm_records_select(struct fm_ui *ui, const struct fm_tui_options *options);
/* What was stored of the unit that the view is about, or of all of its model. */
void fm_records_backups(struct fm_ui *ui, const struct fm_tui_options *options);

#endif

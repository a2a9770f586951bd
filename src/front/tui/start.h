/* What a person has to be told at the start. */
#ifndef FM_FRONT_TUI_START_H
#define FM_FRONT_TUI_START_H

#include "front/tui/tui.h"
#include "front/tui/ui.h"

/* Say which definitions were left out, whether jobs can be recorded, and which units were left half
 * written, by whatever ended the program. */
void fm_start_tell(struct fm_ui *ui, const struct fm_tui_options *options);

#endif

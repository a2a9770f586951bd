#ifndef FM_FRONT_TUI_LOGVIEW_H
#define FM_FRONT_TUI_LOGVIEW_H

#include "front/tui/view.h"

/* The newest lines of the log. */
void fm_logview_tail(const struct fm_ui *ui, struct fm_canvas *canvas, int row, int end);

#endif

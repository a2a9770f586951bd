/* What stands beside a view on wide terminals, and below it on tall ones. */
#ifndef FM_FRONT_TUI_PANE_H
#define FM_FRONT_TUI_PANE_H

#include "front/tui/view.h"

/* On a tall terminal the log's end stands below; returns the row behind what is left for the view.
 * Views of a unit and its jobs have it; lists of what is stored use the room for more rows. */
int fm_pane_tail(const struct fm_ui *ui, struct fm_canvas *canvas);
/* On a wide terminal there is a pane at the right, from row on to the tail. */
struct fm_pane_room {
	int width, end; /* what is left for the view itself */
};
/* The pane's pen goes to *ret; its width is 0 where there is none. */
struct fm_pane_room fm_pane_split(const struct fm_ui *ui, struct fm_canvas *canvas, int width,
				  int row, struct fm_view_pen *ret);
/* The same with what is known of the unit in the pane; unit may be NULL. */
struct fm_pane_room fm_pane_beside(const struct fm_ui *ui, const struct fm_ui_unit *unit,
				   struct fm_canvas *canvas, int width, int row);

#endif

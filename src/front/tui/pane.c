#include "front/tui/pane.h"

#include "front/tui/facts.h"
#include "front/tui/logview.h"

#define PANE_LOG 12 /* rows */

int fm_pane_tail(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int end = FM_VIEW_END(canvas);

	if (canvas->rows < FM_TALL)
		return end;
	fm_logview_tail(ui, canvas, end - PANE_LOG, end);
	return end - PANE_LOG;
}

struct fm_pane_room fm_pane_split(const struct fm_ui *ui, struct fm_canvas *canvas, int width,
				  int row, struct fm_view_pen *ret)
{
	struct fm_pane_room room = { .width = canvas->columns, .end = fm_pane_tail(ui, canvas) };

	*ret = (struct fm_view_pen){ canvas, row, 0, 0, room.end };
	if (canvas->columns < FM_WIDE)
		return room;
	room.width = width;
	ret->column = width + 2;
	ret->width = canvas->columns - width - 3;
	for (int i = row; i < room.end; i++)
		fm_canvas_glyph(canvas, i, width, 1, FM_GLYPH_BAR, FM_STYLE_DIM);
	return room;
}

struct fm_pane_room fm_pane_beside(const struct fm_ui *ui, const struct fm_ui_unit *unit,
				   struct fm_canvas *canvas, int width, int row)
{
	struct fm_view_pen pen;
	struct fm_pane_room room = fm_pane_split(ui, canvas, width, row, &pen);

	if (unit && pen.width)
		fm_facts_unit(ui, unit, &pen);
	return room;
}

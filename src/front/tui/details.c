/* Details: the facts of one unit, its history beside them. */
#include "front/tui/facts.h"
#include "front/tui/pane.h"

#include <stdio.h>
#include <string.h>

#define DETAILS_WIDTH 80 /* where its history stands beside */

/* All records of the unit, where there is room beside the facts. */
static void details_records(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			    struct fm_view_pen *pen)
{
	char date[12], code[16], text[200];
	size_t shown = 0;

	fm_canvas_text(pen->canvas, pen->row++, pen->column, pen->width, FM_STYLE_STRONG,
		       "HISTORY");
	for (size_t i = 0; i < ui->record_count; i++) {
		const struct fm_record *record = &ui->records[i];

		if (!fm_facts_is_of(record, unit))
			continue;
		snprintf(date, sizeof(date), "%.10s", record->start_utc);
		*code = '\0';
		if (record->code)
			snprintf(code, sizeof(code), " E%d", record->code);
		snprintf(text, sizeof(text), "%s %s%s  %s > %s", record->verb,
			 *record->outcome ? record->outcome : "runs", code,
			 *record->version_before ? record->version_before : "-",
			 *record->version_after ? record->version_after : "-");
		fm_view_fact(pen, date, text);
		shown++;
	}
	if (!shown)
		fm_canvas_wrap(pen->canvas, pen->row, pen->column, pen->width, 2, FM_STYLE_PLAIN,
			       "No job of it was recorded yet.");
}

static void details_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	struct fm_view_pen pen, beside;
	struct fm_pane_room room;
	const char *state;

	if (!unit) {
		fm_view_notice(canvas, FM_VIEW_UNIT_GONE);
		return;
	}
	state = fm_ui_unit_state(ui, unit);
	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_STRONG, "%s  %s",
			 state, fm_ui_unit_name(unit));
	fm_canvas_glyph(canvas, FM_VIEW_TOP + 1, 1, canvas->columns - 2, FM_GLYPH_LINE,
			FM_STYLE_DIM);
	room = fm_pane_split(ui, canvas, DETAILS_WIDTH, FM_VIEW_TOP + 2, &beside);
	pen = (struct fm_view_pen){ canvas, FM_VIEW_TOP + 2, 1, room.width - 2, room.end };
	fm_facts_unit(ui, unit, &pen);
	if (beside.width)
		details_records(ui, unit, &beside);
	fm_canvas_cursor(canvas, FM_VIEW_TOP, 1);
}

const struct fm_view fm_view_details = { .name = "Details", .draw = details_draw };

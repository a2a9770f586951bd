/* History by unit or by slot: how often, how it ended, with which codes, and the yield. */
#include "front/tui/view.h"

#include <stdio.h>

static enum fm_style tally_style(int yield)
{
	if (yield < 0)
		return FM_STYLE_DIM;
	return yield == 100 ? FM_STYLE_GOOD : FM_STYLE_WARN;
}

static void tally_row(const struct fm_tally *tally, struct fm_canvas *canvas, int row, int name)
{
	int yield = fm_tally_yield(tally), column = 2 + name;
	char codes[160], percent[16] = "-";

	fm_tally_codes(tally, codes, sizeof(codes));
	if (yield >= 0)
		snprintf(percent, sizeof(percent), "%d %%", yield);
	fm_canvas_text(canvas, row, 1, name, FM_STYLE_PLAIN, tally->name);
	fm_canvas_format(canvas, row, column, 6, tally_style(yield), "%5s", percent);
	fm_canvas_format(canvas, row, column + 7, 4, FM_STYLE_PLAIN, "%4zu", tally->passed);
	fm_canvas_format(canvas, row, column + 12, 4, FM_STYLE_PLAIN, "%4zu", tally->failed);
	fm_canvas_format(canvas, row, column + 17, 4, FM_STYLE_PLAIN, "%4zu", tally->unclear);
	fm_canvas_format(canvas, row, column + 22, 4, FM_STYLE_PLAIN, "%4zu", tally->jobs);
	fm_canvas_format(canvas, row, column + 27, 10, FM_STYLE_PLAIN, "%.10s", tally->newest);
	fm_canvas_text(canvas, row, column + 38, canvas->columns - column - 39, FM_STYLE_PLAIN,
		       codes);
}

static void tally_empty(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	fm_view_no_records(ui, canvas,
			   ui->tally_by == FM_TALLY_SLOT ? "No job was recorded in a slot yet."
							 : "No job was recorded yet.");
	if (ui->tally_by == FM_TALLY_SLOT && !*ui->records_problem)
		fm_canvas_text(canvas, 8, 4, canvas->columns - 8, FM_STYLE_PLAIN,
			       "A slot is a port with a name: l in the devices gives it one.");
}

static void tally_summary(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	bool by_slot = ui->tally_by == FM_TALLY_SLOT;
	size_t counted = 0;
	char text[160], newest[40];
	int used;

	if (*ui->records_problem) {
		fm_canvas_text(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_BAD,
			       FM_VIEW_NO_RECORDS);
		return;
	}
	for (size_t i = 0; i < ui->tally_count; i++)
		counted += ui->tally[i].jobs;
	snprintf(newest, sizeof(newest), "of the newest %d ", FM_UI_RECORDS);
	used = snprintf(text, sizeof(text),
			"%zu %s%s, %zu %srecord%s; PASS, FAIL, UNCLEAR of writes", ui->tally_count,
			by_slot ? "slot" : "unit", ui->tally_count == 1 ? "" : "s", counted,
			ui->record_count < FM_UI_RECORDS ? "" : newest, counted == 1 ? "" : "s");
	if (by_slot && counted < ui->record_count)
		snprintf(text + used, sizeof(text) - (size_t)used, "; %zu in no slot",
			 ui->record_count - counted);
	fm_canvas_text(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN, text);
}

static void tally_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	bool by_slot = ui->tally_by == FM_TALLY_SLOT;
	int name = by_slot ? 9 : 24, height = canvas->rows - 7, row;
	size_t at = ui->index[FM_VIEW_TALLY], first;

	tally_summary(ui, canvas);
	row = fm_view_heading(canvas, FM_VIEW_TOP + 1, canvas->columns,
			      by_slot ? " SLOT" : " UNIT");
	fm_canvas_text(canvas, FM_VIEW_TOP + 1, 2 + name, canvas->columns - name - 3,
		       FM_STYLE_STRONG, "YIELD  PASS FAIL UNCL JOBS NEWEST     CODES");
	if (ui->tally_count == 0) {
		tally_empty(ui, canvas);
		return;
	}
	first = fm_view_first(ui->tally_count, at, height);
	for (size_t i = first; i < ui->tally_count && i < first + (size_t)height; i++, row++) {
		tally_row(&ui->tally[i], canvas, row, name);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
}

static size_t tally_count(const struct fm_ui *ui)
{
	return ui->tally_count;
}

static size_t tally_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_TALLY];
}

static void tally_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_TALLY] = index;
}

const struct fm_view fm_view_tally = {
	.name = "Yield",
	.draw = tally_draw,
	.count = tally_count,
	.at = tally_at,
	.select = tally_select,
};

/* Backups: what was stored of a unit, so that any of it can be written back. */
#include "front/tui/view.h"

#include <inttypes.h>
#include <stdio.h>

static void backups_row(const struct fm_backup *backup, struct fm_canvas *canvas, int row)
{
	char size[16];

	fm_view_size(backup->len, size);
	fm_canvas_format(canvas, row, 1, 16, FM_STYLE_PLAIN, "%.10s %.5s", backup->made_utc,
			 backup->made_utc + 11);
	fm_canvas_format(canvas, row, 18, 6, FM_STYLE_PLAIN, "%" PRId64, backup->job);
	fm_canvas_text(canvas, row, 25, 13, FM_STYLE_PLAIN, backup->kind);
	fm_canvas_text(canvas, row, 39, 12, FM_STYLE_PLAIN, backup->region);
	fm_canvas_format(canvas, row, 52, 9, FM_STYLE_PLAIN, "%9s", size);
	fm_canvas_text(canvas, row, 63, canvas->columns - 64, FM_STYLE_PLAIN, backup->sha256);
}

static void backups_below(const struct fm_backup *backup, struct fm_canvas *canvas, int row)
{
	fm_canvas_glyph(canvas, row++, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	fm_canvas_format(canvas, row++, 1, canvas->columns - 2, FM_STYLE_PLAIN, "sha256 %s",
			 backup->sha256);
	fm_canvas_format(canvas, row++, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "%s 0x%08" PRIx64 ", %" PRIu64 " bytes, of %s", backup->space,
			 backup->addr, backup->len,
			 *backup->unit ? backup->unit : "a unit without a number");
	fm_canvas_format(canvas, row, 1, canvas->columns - 2, FM_STYLE_DIM,
			 "stored by job %" PRId64 " at %s", backup->job, backup->port);
}

static void backups_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	size_t at = ui->index[FM_VIEW_BACKUPS], first;
	int row, height = FM_VIEW_END(canvas) - FM_VIEW_TOP - 7;

	if (!unit) {
		fm_view_notice(canvas, FM_VIEW_UNIT_GONE);
		return;
	}
	if (*ui->records_problem)
		fm_canvas_text(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_BAD,
			       FM_VIEW_NO_RECORDS);
	else if (ui->backups_all)
		fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
				 "%zu backup%s of all units of the model %s", ui->backup_count,
				 ui->backup_count == 1 ? "" : "s", fm_ui_unit_model(unit));
	else
		fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
				 "%zu backup%s of %s", ui->backup_count,
				 ui->backup_count == 1 ? "" : "s", fm_ui_unit_name(unit));
	row = fm_view_heading(canvas, FM_VIEW_TOP + 1, canvas->columns,
			      " MADE (UTC)       JOB    KIND          REGION            SIZE  "
			      "SHA256");
	if (ui->backup_count == 0) {
		fm_view_no_records(
			ui, canvas,
			ui->backups_all
				? "Nothing was stored of any unit of this model yet."
				: "Nothing was stored of this unit yet. A job stores what it is "
				  "going "
				  "to replace, where that can be read. o: of other units of the "
				  "model.");
		return;
	}
	first = fm_view_first(ui->backup_count, at, height);
	for (size_t i = first; i < ui->backup_count && i < first + (size_t)height; i++, row++) {
		backups_row(&ui->backups[i], canvas, row);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
	if (at < ui->backup_count)
		backups_below(&ui->backups[at], canvas, row);
}

static size_t backups_count(const struct fm_ui *ui)
{
	return ui->backup_count;
}

static size_t backups_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_BACKUPS];
}

static void backups_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_BACKUPS] = index;
}

const struct fm_view fm_view_backups = {
	.name = "Backups",
	.draw = backups_draw,
	.count = backups_count,
	.at = backups_at,
	.select = backups_select,
};

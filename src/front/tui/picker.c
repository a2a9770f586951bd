/* Firmware: which file for the unit, what the file says and what the unit says. */
#include "front/tui/pane.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define PICKER_LIST 8 /* rows of the list at 24 rows; the rules take the rest */

static void picker_row(const struct fm_ui *ui, const struct fm_ui_unit *unit,
		       const struct fm_ui_file *file, struct fm_canvas *canvas, int row)
{
	const struct fm_ui_job *check = fm_ui_check(ui, unit, file->path);
	const char *verdict = file->unread                  ? "READS"
			      : file->problem.code != FM_OK ? "BROKEN"
							    : fm_ui_verdict(check);
	char size[16];

	fm_view_size(file->size, size);
	fm_canvas_text(canvas, row, 1, 8, fm_ui_verdict_style(verdict), verdict);
	fm_canvas_text(canvas, row, 10, 10, FM_STYLE_PLAIN, *file->version ? file->version : "?");
	fm_canvas_text(canvas, row, 21, 10, FM_STYLE_PLAIN, file->date);
	fm_canvas_format(canvas, row, 32, 9, FM_STYLE_PLAIN, "%8s", size);
	fm_canvas_text(canvas, row, 42, 6, FM_STYLE_PLAIN, *file->format ? file->format : "-");
	fm_canvas_text(canvas, row, 49, 8,
		       strcmp(file->urgency, "critical") == 0 ? FM_STYLE_WARN : FM_STYLE_PLAIN,
		       *file->urgency ? file->urgency : "-");
	fm_canvas_text(canvas, row, 58, canvas->columns - 59, FM_STYLE_PLAIN, file->name);
}

static int picker_rule(struct fm_canvas *canvas, int row, const struct fm_rule_result *rule)
{
	static const char *const words[] = { "[ok]", "[WARN]", "[STOP]" };
	static const enum fm_style styles[] = { FM_STYLE_GOOD, FM_STYLE_WARN, FM_STYLE_BAD };
	int half = (canvas->columns - 22) / 2, left, right;

	fm_canvas_text(canvas, row, 2, 6, styles[rule->verdict], words[rule->verdict]);
	fm_canvas_text(canvas, row, 9, 10, FM_STYLE_PLAIN, rule->rule);
	left = fm_canvas_wrap(canvas, row, 20, half - 1, 2, FM_STYLE_PLAIN, rule->file_says);
	right = fm_canvas_wrap(canvas, row, 20 + half, half, 2, FM_STYLE_PLAIN, rule->unit_says);
	return left > right ? left : right > 0 ? right : 1;
}

/* Each rule in two columns, as far as there is room. Returns the row behind them. */
static int picker_rules(const struct fm_ui *ui, const struct fm_ui_job *check,
			struct fm_canvas *canvas, int row, int end)
{
	int half = (canvas->columns - 22) / 2, begin = row;
	size_t above = ui->rules_first < check->rule_count ? ui->rules_first : 0, more = 0, at = 0;

	fm_canvas_text(canvas, row, 20, half - 1, FM_STYLE_STRONG, "the file says");
	fm_canvas_text(canvas, row++, 20 + half, half, FM_STYLE_STRONG, "the unit says");
	/* what speaks against it first: the rest may find no room */
	for (int against = 1; against >= 0; against--) {
		for (size_t i = 0; i < check->rule_count; i++) {
			if ((check->rules[i].verdict != FM_FITS) != against)
				continue;
			if (at++ < above)
				continue;
			if (row < end)
				row += picker_rule(canvas, row, &check->rules[i]);
			else
				more++;
		}
	}
	if (more)
		fm_canvas_format(canvas, begin, 2, 17, FM_STYLE_DIM, "%zu more: Space", more);
	else if (above)
		fm_canvas_text(canvas, begin, 2, 17, FM_STYLE_DIM, "Space: from first");
	return row;
}

/* The unit could not be asked: what happened, then what to do. */
static void picker_error(const struct fm_ui_job *check, struct fm_canvas *canvas, int row, int end)
{
	const struct fm_error_info *info = fm_error_info(check->end.code);
	int width = canvas->columns - 3;
	char text[400];

	snprintf(text, sizeof(text), "E%d %s", info->number, check->end.error.text);
	row += fm_canvas_wrap(canvas, row, 2, width, 4, FM_STYLE_BAD, text);
	if (row < end)
		fm_canvas_wrap(canvas, row, 2, width, end - row, FM_STYLE_PLAIN,
			       *check->end.error.hint ? check->end.error.hint : info->advice);
}

/* What the selected file says itself, and each rule once the unit was asked. */
static void picker_below(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			 const struct fm_ui_file *file, struct fm_canvas *canvas, int row, int end)
{
	const struct fm_ui_job *check = fm_ui_check(ui, unit, file->path);
	const char *verdict = fm_ui_verdict(check);

	fm_canvas_glyph(canvas, row++, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	if (file->problem.code != FM_OK) {
		fm_canvas_wrap(canvas, row, 1, canvas->columns - 2, end - row, FM_STYLE_BAD,
			       file->problem.text);
		return;
	}
	if (file->unread) {
		fm_canvas_format(canvas, row, 2, canvas->columns - 3, FM_STYLE_BUSY,
				 "reading %s ...", file->name);
		return;
	}
	fm_canvas_format(canvas, row, 1, canvas->columns - 2, fm_ui_verdict_style(verdict),
			 "%s  %s", verdict, file->name);
	fm_canvas_format(canvas, ++row, 2, canvas->columns - 3, FM_STYLE_DIM, "sha256 %.16s...  %s",
			 file->sha256,
			 *file->says ? file->says : "says nothing about whom it is for");
	row++;
	if (check && check->reading) {
		fm_canvas_format(canvas, row, 2, canvas->columns - 3, FM_STYLE_BUSY,
				 "reading %s ...", file->name);
		return;
	}
	if (!check || check->running) {
		fm_canvas_wrap(canvas, row, 2, canvas->columns - 3, 2, FM_STYLE_PLAIN,
			       check ? "The unit is being asked ..."
				     : "Enter or c asks the unit whether it fits. It may restart; "
				       "nothing is written.");
		return;
	}
	if (check->end.code != FM_OK && check->rule_count == 0) {
		picker_error(check, canvas, row, end);
		return;
	}
	row = picker_rules(ui, check, canvas, row, end);
	if (*check->end.error.hint && row < end)
		fm_canvas_wrap(canvas, row, 2, canvas->columns - 3, end - row, FM_STYLE_STRONG,
			       check->end.error.hint);
}

static void picker_summary(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			   struct fm_canvas *canvas)
{
	const char *model = fm_ui_unit_model(unit), *version = fm_ui_unit_version(unit);
	unsigned fit = 0, warn = 0, blocked = 0;

	for (size_t i = 0; i < ui->file_count; i++) {
		const char *verdict = fm_ui_verdict(fm_ui_check(ui, unit, ui->files[i].path));

		fit += *verdict == 'F';
		warn += *verdict == 'W';
		blocked += *verdict == 'B';
	}
	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "For: %s, running %s    %zu file%s: %u fit, %u warn, %u blocked", model,
			 *version ? version : "?", ui->file_count, ui->file_count == 1 ? "" : "s",
			 fit, warn, blocked);
}

static void picker_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	size_t at = ui->index[FM_VIEW_PICKER], first;
	int height, end, row;

	if (!unit) {
		fm_view_notice(canvas, FM_VIEW_UNIT_GONE);
		return;
	}
	end = fm_pane_tail(ui, canvas);
	height = PICKER_LIST + (end + 3 - 24) / 2;
	picker_summary(ui, unit, canvas);
	row = fm_view_heading(canvas, FM_VIEW_TOP + 1, canvas->columns,
			      " VERDICT  VERSION    DATE           SIZE  FORMAT URGENCY  FILE");
	if (ui->file_count == 0) {
		fm_view_no_files(ui, canvas);
		return;
	}
	first = fm_view_first(ui->file_count, at, height);
	for (size_t i = first; i < ui->file_count && i < first + (size_t)height; i++, row++) {
		picker_row(ui, unit, &ui->files[i], canvas, row);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
	if (at < ui->file_count)
		picker_below(ui, unit, &ui->files[at], canvas, row, end);
}

static size_t picker_count(const struct fm_ui *ui)
{
	return ui->file_count;
}

static size_t picker_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_PICKER];
}

static void picker_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_PICKER] = index;
	ui->rules_first = 0;
}

const struct fm_view fm_view_picker = {
	.name = "Firmware",
	.draw = picker_draw,
	.count = picker_count,
	.at = picker_at,
	.select = picker_select,
};

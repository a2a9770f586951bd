/* Log: what was said, filtered and followed. */
#include "front/tui/logview.h"

#include <string.h>

#define LOG_BELOW 5 /* rows for the selected line where it is longer than a row */

static size_t log_count(const struct fm_ui *ui)
{
	size_t count = 0;

	for (size_t i = 0; i < ui->line_count; i++)
		count += fm_ui_line_shown(ui, fm_ui_line(ui, i));
	return count;
}

static size_t log_at(const struct fm_ui *ui)
{
	size_t count = log_count(ui);

	if (ui->follow || ui->index[FM_VIEW_LOG] >= count)
		return count ? count - 1 : 0;
	return ui->index[FM_VIEW_LOG];
}

static void log_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_LOG] = index;
	ui->follow = index + 1 >= log_count(ui);
}

static void log_line(const struct fm_ui_line *line, struct fm_canvas *canvas, int row)
{
	fm_canvas_text(canvas, row, 1, 9, FM_STYLE_DIM, line->stamp);
	fm_canvas_text(canvas, row, 10, canvas->columns - 11, line->style, line->text);
}

/* The selected one; NULL = there is none. */
static const struct fm_ui_line *log_selected(const struct fm_ui *ui)
{
	size_t at = log_at(ui), seen = 0;

	for (size_t i = 0; i < ui->line_count; i++) {
		const struct fm_ui_line *line = fm_ui_line(ui, i);

		if (fm_ui_line_shown(ui, line) && seen++ == at)
			return line;
	}
	return NULL;
}

/* Whole, where its row cuts it. Returns the row behind the list. */
static int log_below(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_line *line = log_selected(ui);
	int row = FM_VIEW_END(canvas) - LOG_BELOW;

	if (!line || (int)strlen(line->text) <= canvas->columns - 11)
		return FM_VIEW_END(canvas);
	fm_canvas_glyph(canvas, row, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	fm_canvas_wrap(canvas, row + 1, 2, canvas->columns - 3, LOG_BELOW - 1, line->style,
		       line->text);
	return row;
}

static void log_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = FM_VIEW_TOP + 1, end = log_below(ui, canvas);
	size_t count = log_count(ui), at = log_at(ui), seen = 0;
	size_t first = fm_view_first(count, at, end - row);

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "%zu line%s%s%s%s%s%s", count, count == 1 ? "" : "s",
			 ui->errors_only ? ", warnings and errors" : "",
			 *ui->filter ? " with '" : "", ui->filter, *ui->filter ? "'" : "",
			 ui->follow ? ", following" : "");
	for (size_t i = 0; i < ui->line_count && row < end; i++) {
		const struct fm_ui_line *line = fm_ui_line(ui, i);

		if (!fm_ui_line_shown(ui, line))
			continue;
		if (seen >= first) {
			log_line(line, canvas, row);
			fm_canvas_hit(canvas, row, seen);
			if (seen == at)
				fm_view_mark(canvas, row, canvas->columns);
			row++;
		}
		seen++;
	}
	if (count == 0)
		fm_view_notice(canvas, ui->line_count
					       ? "No line fits: / shows lines with another text, e "
						 "errors only or all."
					       : "Nothing was said yet.");
}

void fm_logview_tail(const struct fm_ui *ui, struct fm_canvas *canvas, int row, int end)
{
	size_t room = (size_t)(end - row - 1);
	size_t first = ui->line_count > room ? ui->line_count - room : 0;

	fm_canvas_glyph(canvas, row++, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	for (size_t i = first; i < ui->line_count; i++)
		log_line(fm_ui_line(ui, i), canvas, row++);
}

const struct fm_view fm_view_log = {
	.name = "Log",
	.draw = log_draw,
	.count = log_count,
	.at = log_at,
	.select = log_select,
};

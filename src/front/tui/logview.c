/* Log: what was said, filtered and followed. */
#include "front/tui/view.h"

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

static void log_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = FM_VIEW_TOP + 1, height = FM_VIEW_END(canvas) - row;
	size_t count = log_count(ui), at = log_at(ui), seen = 0;
	size_t first = fm_view_first(count, at, height);

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "%zu line%s%s%s%s%s%s", count, count == 1 ? "" : "s",
			 ui->errors_only ? ", warnings and errors" : "",
			 *ui->filter ? " with '" : "", ui->filter, *ui->filter ? "'" : "",
			 ui->follow ? ", following" : "");
	for (size_t i = 0; i < ui->line_count && row < FM_VIEW_END(canvas); i++) {
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

void fm_view_log_tail(const struct fm_ui *ui, struct fm_canvas *canvas, int row, int end)
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

/* What is said: in the line above the keys, and in the log. */
#include "front/tui/ui.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fm_ui_say(struct fm_ui *ui, enum fm_style style, bool stays, const char *format, ...)
{
	va_list args;

	if (ui->message_stays && !stays)
		return;
	va_start(args, format);
	vsnprintf(ui->message, sizeof(ui->message), format, args);
	va_end(args);
	fm_text_clean(ui->message);
	ui->message_style = style;
	ui->message_stays = stays;
}

void fm_ui_log(struct fm_ui *ui, enum fm_style style, uint64_t job, const char *format, ...)
{
	size_t at = (ui->line_first + ui->line_count) % FM_UI_LINES;
	struct fm_ui_line *line = &ui->lines[at];
	va_list args;

	if (ui->line_count < FM_UI_LINES)
		ui->line_count++;
	else
		ui->line_first = (ui->line_first + 1) % FM_UI_LINES;
	*line = (struct fm_ui_line){ .style = style, .job = job };
	fm_text_copy(line->stamp, sizeof(line->stamp), ui->clock);
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	fm_text_clean(line->text);
}

const struct fm_ui_line *fm_ui_line(const struct fm_ui *ui, size_t index)
{
	return &ui->lines[(ui->line_first + index) % FM_UI_LINES];
}

bool fm_ui_line_shown(const struct fm_ui *ui, const struct fm_ui_line *line)
{
	if (ui->errors_only && line->style != FM_STYLE_WARN && line->style != FM_STYLE_BAD)
		return false;
	return !*ui->filter || strcasestr(line->text, ui->filter);
}

#include "front/tui/ui.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fm_ui_init(struct fm_ui *ui)
{
	*ui = (struct fm_ui){ .depth = 1, .next_id = 1, .next_job = 1, .follow = true };
	ui->change = FM_VERB_FLASH;
	ui->lines = calloc(FM_UI_LINES, sizeof(*ui->lines));
	if (!ui->lines)
		abort();
}

void fm_ui_done(struct fm_ui *ui)
{
	for (size_t i = 0; i < ui->job_count; i++) {
		free(ui->jobs[i]->plan);
		free(ui->jobs[i]);
	}
	free(ui->jobs);
	free(ui->units);
	free(ui->files);
	free(ui->records);
	free(ui->record_phases);
	free(ui->tally);
	free(ui->backups);
	fm_text_done(&ui->page.text);
	free(ui->lines);
}

static bool ui_is_level(enum fm_ui_view view)
{
	return view <= FM_VIEW_LOG;
}

void fm_ui_go(struct fm_ui *ui, enum fm_ui_view view)
{
	if (ui_is_level(view))
		ui->depth = 0;
	if (ui->depth > 0 && fm_ui_top(ui) == view)
		return;
	if (ui->depth < FM_UI_DEEP)
		ui->stack[ui->depth++] = view;
}

void fm_ui_back(struct fm_ui *ui)
{
	if (ui->depth > 1)
		ui->depth--;
	else if (fm_ui_top(ui) == FM_VIEW_DEVICES)
		fm_ui_units_filter(ui, "");
}

void fm_ui_turn(struct fm_ui *ui, enum fm_ui_view view)
{
	ui->stack[ui->depth - 1] = view;
}

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

void fm_ui_ask(struct fm_ui *ui, enum fm_ui_question question, const char *wanted,
	       const char *format, ...)
{
	va_list args;

	ui->prompt = (struct fm_ui_prompt){ .question = question };
	*ui->message = '\0';
	fm_text_copy(ui->prompt.wanted, sizeof(ui->prompt.wanted), wanted);
	va_start(args, format);
	vsnprintf(ui->prompt.label, sizeof(ui->prompt.label), format, args);
	va_end(args);
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

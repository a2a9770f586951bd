#include "front/tui/ui.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
	else
		fm_ui_turn(ui, view);
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

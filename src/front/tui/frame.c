/* What stands around every view: title, message, keys. */
#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define FRAME_ROWS 24
#define FRAME_COLUMNS 80

const struct fm_view *const fm_views[FM_VIEW_COUNT] = {
	[FM_VIEW_DEVICES] = &fm_view_devices,     [FM_VIEW_HISTORY] = &fm_view_history,
	[FM_VIEW_LIBRARY] = &fm_view_library,     [FM_VIEW_LOG] = &fm_view_log,
	[FM_VIEW_DETAILS] = &fm_view_details,     [FM_VIEW_PICKER] = &fm_view_picker,
	[FM_VIEW_PREFLIGHT] = &fm_view_preflight, [FM_VIEW_PROGRESS] = &fm_view_progress,
	[FM_VIEW_RESULT] = &fm_view_result,       [FM_VIEW_NOTES] = &fm_view_notes,
	[FM_VIEW_TALLY] = &fm_view_tally,         [FM_VIEW_OPTIONS] = &fm_view_options,
	[FM_VIEW_BACKUPS] = &fm_view_backups,     [FM_VIEW_PAGE] = &fm_view_page,
	[FM_VIEW_HELP] = &fm_view_help,
};

/* The views that lead from a unit to its new firmware, in their order. */
static const enum fm_ui_view frame_way[] = { FM_VIEW_PICKER, FM_VIEW_PREFLIGHT, FM_VIEW_PROGRESS,
					     FM_VIEW_RESULT };
static const struct {
	enum fm_ui_view view;
	char key;
} frame_tabs[] = {
	/* 2 is the bench's */
	{ FM_VIEW_DEVICES, '1' },
	{ FM_VIEW_HISTORY, '3' },
	{ FM_VIEW_LIBRARY, '4' },
	{ FM_VIEW_LOG, '5' },
};

static int frame_tab(const struct fm_ui *ui, struct fm_canvas *canvas, int column, char key,
		     enum fm_ui_view view)
{
	bool here = fm_ui_top(ui) == view;

	return fm_canvas_format(canvas, 0, column, 20, FM_STYLE_TITLE, "%s%c %s%s",
				here ? "[" : " ", key, fm_views[view]->name, here ? "]" : " ");
}

static void frame_crumbs(const struct fm_ui *ui, struct fm_canvas *canvas, int column)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	enum fm_ui_view top = fm_ui_top(ui);
	bool on_way = false;
	char label[80] = "(gone)";

	for (size_t i = 0; i < FM_COUNT(frame_way); i++)
		on_way = on_way || frame_way[i] == top;
	if (top == FM_VIEW_HELP || top == FM_VIEW_NOTES || top == FM_VIEW_PAGE ||
	    top == FM_VIEW_TALLY) {
		fm_canvas_text(canvas, 0, column, 40, FM_STYLE_TITLE, fm_views[top]->name);
		return;
	}
	if (unit)
		fm_ui_unit_label(unit, 14, label, sizeof(label));
	column = fm_canvas_text(canvas, 0, column, 14, FM_STYLE_TITLE, label);
	column = fm_canvas_text(canvas, 0, column, 3, FM_STYLE_TITLE, " > ");
	if (!on_way) {
		fm_canvas_text(canvas, 0, column, 30, FM_STYLE_TITLE, fm_views[top]->name);
		return;
	}
	for (size_t i = 0; i < FM_COUNT(frame_way); i++)
		column = frame_tab(ui, canvas, column, (char)('1' + i), frame_way[i]);
}

/* In every list: the row of a unit that is written may be out of sight. */
static bool frame_written(const struct fm_ui *ui, struct fm_canvas *canvas, int column, int right)
{
	size_t count = 0;
	char text[40];
	int width;

	for (size_t i = 0; i < ui->job_count; i++)
		count += fm_ui_job_writes(ui->jobs[i]);
	if (count == 0)
		return false;
	width = snprintf(text, sizeof(text), "DO NOT UNPLUG %zu unit%s", count,
			 count == 1 ? "" : "s");
	if (right - width > column)
		column = right - width;
	fm_canvas_text(canvas, 0, column, right - column, FM_STYLE_BAD, text);
	return true;
}

static void frame_title(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int column, right = canvas->columns - 6;

	fm_canvas_style(canvas, 0, 0, canvas->columns, FM_STYLE_TITLE);
	column = fm_canvas_format(canvas, 0, 0, 20, FM_STYLE_TITLE, " flashmend  ");
	if (fm_ui_top(ui) > FM_VIEW_LOG) {
		frame_crumbs(ui, canvas, column);
	} else {
		for (size_t i = 0; i < FM_COUNT(frame_tabs); i++)
			column = frame_tab(ui, canvas, column, frame_tabs[i].key,
					   frame_tabs[i].view);
		if (!frame_written(ui, canvas, column, right - 1))
			fm_canvas_format(canvas, 0, right - 1 - (int)strlen(ui->host_name),
					 (int)strlen(ui->host_name), FM_STYLE_TITLE, "%s",
					 ui->host_name);
	}
	fm_canvas_format(canvas, 0, right, 5, FM_STYLE_TITLE, "%.5s", ui->clock);
}

static void frame_message(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = canvas->rows - 3, column;
	const char *tail;

	if (ui->prompt.question == FM_QUESTION_NONE) {
		fm_canvas_text(canvas, row, 1, canvas->columns - 2, ui->message_style, ui->message);
		return;
	}
	column = fm_canvas_text(canvas, row, 1, canvas->columns - 18, FM_STYLE_STRONG,
				ui->prompt.label) +
		 1;
	/* the end is what is being typed */
	tail = fm_text_tail(ui->prompt.text, (size_t)(canvas->columns - column - 1));
	column = fm_canvas_text(canvas, row, column, canvas->columns - column, FM_STYLE_PLAIN,
				tail ? tail : ui->prompt.text);
	fm_canvas_cursor(canvas, row, column);
}

/* What cannot be done now is dim and in brackets. */
static void frame_keys(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = canvas->rows - 2, column = 1;

	for (const struct fm_action *action = fm_actions; action->run; action++) {
		bool can = !fm_action_why_not(action, ui);
		char key[8];
		int width;

		if (!action->word || !fm_action_in(action, fm_ui_top(ui)))
			continue;
		fm_action_key(action, key);
		width = (int)(strlen(key) + strlen(action->word)) + 1 + (can ? 0 : 2);
		if (column + width > canvas->columns - 1 && row < canvas->rows - 1) {
			row++;
			column = 1;
		}
		fm_canvas_format(canvas, row, column, width, can ? FM_STYLE_PLAIN : FM_STYLE_DIM,
				 can ? "%s %s" : "(%s %s)", key, action->word);
		if (can)
			fm_canvas_style(canvas, row, column, (int)strlen(key), FM_STYLE_STRONG);
		column += width + 2;
	}
}

bool fm_view_fits(const struct fm_canvas *canvas)
{
	return canvas->rows >= FRAME_ROWS && canvas->columns >= FRAME_COLUMNS;
}

void fm_ui_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	fm_canvas_clear(canvas);
	if (!fm_view_fits(canvas)) {
		fm_view_too_small(ui, canvas);
		return;
	}
	fm_views[fm_ui_top(ui)]->draw(ui, canvas);
	for (int row = FM_VIEW_END(canvas); row < canvas->rows; row++)
		fm_canvas_blank(canvas, row);
	frame_title(ui, canvas);
	frame_message(ui, canvas);
	frame_keys(ui, canvas);
}

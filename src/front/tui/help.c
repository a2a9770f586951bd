/* Help: the keys of the view below it, of all views, the words, and the rule of capital letters. */
#include "base/scope.h"
#include "front/tui/actions.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMNS 64

static const char *const help_words[] = {
	"",
	"Small letters and Enter never change a unit. Capital letters do.",
	"Esc goes back and never quits. Esc and a digit at once: that function key.",
	"What is in brackets cannot be done now: its key says why.",
	"",
	"READY     can be asked and written     BOOT, ROM  is in its boot loader",
	"RESCUE!   its last job left it incomplete: flash it again",
	"DENIED    you may not open it          UNKNOWN    no definition, or several",
	"NAMED     you said which model it is   LEFT       was here within 30 s",
	"?1234     number of the last unit at that port: this one was not asked yet",
	"AWAY      a port that was added by hand, and is not there",
	"",
	"FITS      may be written   WARN  asks for the unit's last four characters",
	"BLOCKED   is never written   ERROR  the unit could not be asked",
	"READS     is being read   BROKEN  cannot be used: why is below the list",
	"PASS      written and proved   FAIL  not done   UNCLEAR  nobody can say",
	"NONE      was not begun, or only looked: the unit is as it was",
};

/* Below the help. */
static enum fm_ui_view help_of(const struct fm_ui *ui)
{
	return ui->depth > 1 ? ui->stack[ui->depth - 2] : FM_VIEW_DEVICES;
}

/* How much of a text stands in one line of 80 columns, behind the keys. */
static size_t help_piece(const char *text)
{
	size_t len = strlen(text), most = HELP_COLUMNS;

	if (len <= most)
		return len;
	while (most > 0 && text[most] != ' ')
		most--;
	return most ? most : HELP_COLUMNS;
}

/* Line `index` of an action's help, which is cut nowhere; false behind the last. */
static bool help_action(const struct fm_action *action, size_t index, char *ret, size_t size)
{
	char key[8], function[8] = "";
	const char *text = action->help;

	for (size_t i = 0; i < index; i++) {
		text += help_piece(text);
		text += strspn(text, " ");
	}
	if (!*text)
		return false;
	fm_action_key(action, key);
	if (action->function)
		snprintf(function, sizeof(function), "F%d", action->function);
	snprintf(ret, size, "%-7s %-4s %.*s", index ? "" : key, index ? "" : function,
		 (int)help_piece(text), text);
	return true;
}

/* Line `index` of the help; false behind the last. */
static bool help_line(const struct fm_ui *ui, size_t index, char *ret, size_t size)
{
	size_t line = 0;

	for (const struct fm_action *action = fm_actions; action->run; action++) {
		if (!fm_action_in(action, help_of(ui)))
			continue;
		for (size_t piece = 0; help_action(action, piece, ret, size); piece++) {
			if (line++ == index)
				return true;
		}
	}
	if (index - line >= FM_COUNT(help_words))
		return false;
	snprintf(ret, size, "%s", help_words[index - line]);
	return true;
}

static size_t help_count(const struct fm_ui *ui)
{
	char text[160];
	size_t count = 0;

	while (help_line(ui, count, text, sizeof(text)))
		count++;
	return count;
}

static size_t help_at(const struct fm_ui *ui)
{
	size_t count = help_count(ui);

	/* what is below it may have changed, and its keys with it */
	return ui->index[FM_VIEW_HELP] < count ? ui->index[FM_VIEW_HELP] : count - 1;
}

static void help_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_HELP] = index;
}

static void help_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = FM_VIEW_TOP + 1, end = FM_VIEW_END(canvas);
	size_t count = help_count(ui), at = help_at(ui);
	char text[160];

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_STRONG,
			 "Keys of '%s'. Only capital letters change a unit.",
			 fm_views[help_of(ui)]->name);
	for (size_t i = fm_view_first(count, at, end - row); row < end; i++, row++) {
		if (!help_line(ui, i, text, sizeof(text)))
			break;
		fm_canvas_text(canvas, row, 2, canvas->columns - 3, FM_STYLE_PLAIN, text);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
}

const struct fm_view fm_view_help = {
	.name = "Help",
	.draw = help_draw,
	.count = help_count,
	.at = help_at,
	.select = help_select,
};

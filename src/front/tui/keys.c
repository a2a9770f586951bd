/* Keys: which action of the table one is, or where in a list it leads. */
#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/actions.h"
#include "front/tui/view.h"

#include <stdio.h>

bool fm_action_in(const struct fm_action *action, enum fm_ui_view view)
{
	return action->views & (1u << view);
}

const char *fm_action_why_not(const struct fm_action *action, const struct fm_ui *ui)
{
	return action->why_not ? action->why_not(ui) : NULL;
}

void fm_action_key(const struct fm_action *action, char ret[8])
{
	if (action->key == FM_KEY_ENTER)
		fm_text_copy(ret, 8, "Enter");
	else if (action->key == FM_KEY_TAB)
		fm_text_copy(ret, 8, "Tab");
	else if (action->key == ' ')
		fm_text_copy(ret, 8, "Space");
	else if (action->key < ' ')
		snprintf(ret, 8, "Ctrl-%c", '@' + action->key);
	else
		snprintf(ret, 8, "%c", action->key);
}

void fm_ui_click(struct fm_ui *ui, size_t index)
{
	const struct fm_view *view = fm_views[fm_ui_top(ui)];

	if (ui->prompt.question == FM_QUESTION_NONE && view->count && index < view->count(ui))
		view->select(ui, index);
}

static bool action_move(struct fm_ui *ui, int key)
{
	const struct fm_view *view = fm_views[fm_ui_top(ui)];
	size_t count = view->count ? view->count(ui) : 0, at, last = count ? count - 1 : 0;

	if (key < FM_KEY_UP || key > FM_KEY_END)
		return false;
	if (count == 0)
		return true;
	at = view->at(ui);
	switch (key) {
	case FM_KEY_UP:
		at = at > 0 ? at - 1 : 0;
		break;
	case FM_KEY_DOWN:
		at = at < last ? at + 1 : last;
		break;
	case FM_KEY_PAGE_UP:
		at = at > 10 ? at - 10 : 0;
		break;
	case FM_KEY_PAGE_DOWN:
		at = at + 10 < last ? at + 10 : last;
		break;
	default:
		at = key == FM_KEY_HOME ? 0 : last;
	}
	view->select(ui, at);
	return true;
}

void fm_ui_key(struct fm_ui *ui, int key)
{
	if (ui->prompt.question != FM_QUESTION_NONE) {
		fm_ui_prompt_key(ui, key);
		return;
	}
	ui->message_stays = false;
	if (key == 'j' || key == 'k')
		key = key == 'j' ? FM_KEY_DOWN : FM_KEY_UP;
	if (key == 3)
		key = 'q';
	if (key == FM_KEY_ESC)
		fm_ui_leave(ui);
	if (action_move(ui, key))
		return;
	for (const struct fm_action *action = fm_actions; action->run; action++) {
		const char *why;

		if (!fm_action_in(action, fm_ui_top(ui)) ||
		    (key != action->key &&
		     (!action->function || key != FM_KEY_F + action->function)))
			continue;
		why = fm_action_why_not(action, ui);
		if (why)
			fm_ui_say(ui, FM_STYLE_WARN, false, "%s", why);
		else
			action->run(ui);
		return;
	}
}

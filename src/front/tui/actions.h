/* What the keys do: one table, from which the key bar, the help and the conditions come too. */
#ifndef FM_FRONT_TUI_ACTIONS_H
#define FM_FRONT_TUI_ACTIONS_H

#include "front/tui/ui.h"

/* Keys beside characters. */
enum fm_key {
	FM_KEY_NONE = 0,
	FM_KEY_TAB = 9,
	FM_KEY_ENTER = 13,
	FM_KEY_ESC = 27,
	FM_KEY_BACKSPACE = 127,
	FM_KEY_UP = 0x200000,
	FM_KEY_DOWN,
	FM_KEY_PAGE_UP,
	FM_KEY_PAGE_DOWN,
	FM_KEY_HOME,
	FM_KEY_END,
	FM_KEY_F,                /* F1 is FM_KEY_F + 1 */
	FM_KEY_CLICK = 0x300000, /* the mouse on row 0 of the terminal; FM_KEY_CLICK + 1 on row 1 */
};

struct fm_action {
	int key, function;
	const char *word; /* in the key bar, NULL = only in the help */
	unsigned views;   /* a bit for each fm_ui_view */
	const char *(*why_not)(const struct fm_ui *ui); /* NULL: always */
	void (*run)(struct fm_ui *ui);
	const char *help;
};

extern const struct fm_action fm_actions[]; /* ended by one without `run` */

bool fm_action_in(const struct fm_action *action, enum fm_ui_view view);
/* NULL: it can be done. */
const char *fm_action_why_not(const struct fm_action *action, const struct fm_ui *ui);
/* "Enter", "f", "Tab". ret has 8 bytes. */
void fm_action_key(const struct fm_action *action, char ret[8]);

/* A key was pressed. Everything that a person does comes in here. */
void fm_ui_key(struct fm_ui *ui, int key);

/* Row `index` of the view's list was clicked on. */
void fm_ui_click(struct fm_ui *ui, size_t index);

/* prompt.c: a key while a question is asked. */
void fm_ui_prompt_key(struct fm_ui *ui, int key);
/* wish.c */
/* One view back. */
void fm_ui_leave(struct fm_ui *ui);
/* The check of what the preflight is about. */
void fm_ui_recheck(struct fm_ui *ui);
/* The job that ui->request is to start. */
void fm_ui_wish_job(struct fm_ui *ui, enum fm_verb verb, const char *path, uint64_t check);

#endif

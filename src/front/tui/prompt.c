/* Questions that are answered by typing: Enter alone never starts anything. */
#include "front/tui/actions.h"

#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/page.h"

#include <string.h>

static void prompt_type(struct fm_ui_prompt *prompt, int key)
{
	size_t len = strlen(prompt->text);

	if (key == FM_KEY_BACKSPACE || key == 8) {
		while (len > 0 && (prompt->text[--len] & 0xc0) == 0x80)
			;
		prompt->text[len] = '\0';
	} else if (key == 21) { /* Ctrl-U */
		prompt->text[0] = '\0';
	} else if (key >= ' ' && key <= 0xff && key != 0x7f && len + 1 < sizeof(prompt->text)) {
		prompt->text[len] = (char)key;
		prompt->text[len + 1] = '\0';
	}
}

static bool prompt_named(struct fm_ui *ui, const char *name)
{
	struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	const struct fm_entry *entry = ui->catalog ? fm_catalog_find(ui->catalog, name) : NULL;

	if (!*name)
		return false;
	if (!unit) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "not named: the unit is not attached any more");
		return false;
	}
	if (!entry) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "no definition is called '%s'", name);
		return false;
	}
	fm_text_copy(unit->model, sizeof(unit->model), entry->id);
	unit->chosen++; /* a verdict is one for a model */
	fm_ui_say(ui, FM_STYLE_PLAIN, false, "%s is taken as %s", unit->seen.path, entry->name);
	return true;
}

/* The check whose plan the person has seen is looked up again: the unit may have left meanwhile. */
static void prompt_start(struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	struct fm_ui_job *check = unit && !unit->left ? fm_ui_planned(ui, unit) : NULL;

	if (!check || check->running || check->end.code != FM_OK || fm_ui_open_question(check) ||
	    fm_ui_job_on(ui, ui->unit))
		fm_ui_say(ui, FM_STYLE_BAD, true, "not started: the unit is not as it was checked");
	else
		fm_ui_wish_job(ui, ui->change, ui->path, check->number);
}

/* The unit may have left since it was asked where to, and even be forgotten. */
static void prompt_backup(struct fm_ui *ui, const char *path)
{
	const char *why = fm_why_no_job(ui);

	if (why)
		fm_ui_say(ui, FM_STYLE_BAD, true, "no backup was made: %s", why);
	else
		fm_ui_wish_job(ui, FM_VERB_BACKUP, path, 0);
}

/* Into the check that asked, where that still counts. */
static void prompt_question(struct fm_ui *ui, const struct fm_ui_prompt *prompt)
{
	struct fm_ui_job *check = fm_about_check(ui);

	for (size_t i = 0; check && i < check->asked_count; i++) {
		struct fm_asked *asked = &check->asked[i];

		if (strcmp(asked->id, prompt->about) != 0)
			continue;
		fm_text_copy(asked->given, sizeof(asked->given), prompt->text);
		fm_text_clean(asked->given);
		if (!fm_asked_right(asked))
			fm_ui_say(ui, FM_STYLE_BAD, true, "%s: '%s' was not typed", asked->id,
				  asked->wanted);
	}
}

/* The format is what the name ends in. */
static void prompt_export(struct fm_ui *ui, const char *path)
{
	const char *dot = strrchr(path, '.');
	const char *format = dot && strcasecmp(dot, ".csv") == 0   ? "csv"
			     : dot && strcasecmp(dot, ".xml") == 0 ? "junit"
								   : "json";
	char name[FM_PAGE_QUOTED(sizeof(ui->prompt.text))];

	fm_page_quote(path, name, sizeof(name));
	if (*path)
		fm_page_open(ui, "history export --format=%s --output=%s", format, name);
}

static void prompt_answer(struct fm_ui *ui, const struct fm_ui_prompt *prompt)
{
	switch (prompt->question) {
	case FM_QUESTION_CHANGE:
		prompt_start(ui);
		break;
	case FM_QUESTION_ANSWER:
		prompt_question(ui, prompt);
		break;
	case FM_QUESTION_FOLDER:
		ui->request.wish = FM_WISH_FOLDER;
		fm_text_copy(ui->request.path, sizeof(ui->request.path), prompt->text);
		break;
	case FM_QUESTION_FILTER:
		fm_text_copy(ui->filter, sizeof(ui->filter), prompt->text);
		break;
	case FM_QUESTION_UNITS:
		fm_ui_units_filter(ui, prompt->text);
		break;
	case FM_QUESTION_LABEL:
		ui->request = (struct fm_ui_request){ .wish = FM_WISH_LABEL, .unit = ui->unit };
		fm_text_copy(ui->request.path, sizeof(ui->request.path), prompt->text);
		break;
	case FM_QUESTION_MODEL:
		prompt_named(ui, prompt->text);
		break;
	case FM_QUESTION_OUTPUT:
		prompt_backup(ui, prompt->text);
		break;
	case FM_QUESTION_CHOICE:
		fm_ui_choose(ui, prompt->choice, prompt->text);
		break;
	case FM_QUESTION_COMMAND:
		fm_page_open(ui, "%s", prompt->text);
		break;
	case FM_QUESTION_PORT:
		fm_page_open(ui, "ports add %s", prompt->text);
		break;
	case FM_QUESTION_EXPORT:
		prompt_export(ui, prompt->text);
		break;
	case FM_QUESTION_STOP:
		ui->request = (struct fm_ui_request){ .wish = FM_WISH_STOP, .job = ui->job };
		break;
	case FM_QUESTION_QUIT:
		ui->request.wish = FM_WISH_QUIT;
		break;
	case FM_QUESTION_NONE:
		break;
	}
}

void fm_ui_prompt_key(struct fm_ui *ui, int key)
{
	struct fm_ui_prompt prompt = ui->prompt;
	bool quit = prompt.question == FM_QUESTION_QUIT;

	if (key == FM_KEY_ESC || key == 3 || (quit && key != 'y')) {
		ui->prompt.question = FM_QUESTION_NONE;
		fm_ui_say(ui, FM_STYLE_PLAIN, false, quit ? "the jobs go on" : "nothing was done");
		return;
	}
	if (key != FM_KEY_ENTER && !quit) {
		prompt_type(&ui->prompt, key);
		return;
	}
	ui->prompt.question = FM_QUESTION_NONE;
	ui->message_stays = false;
	if (!quit && *prompt.wanted && strcasecmp(prompt.text, prompt.wanted) != 0)
		fm_ui_say(ui, FM_STYLE_BAD, true, "nothing was done: '%s' was not typed",
			  prompt.wanted);
	else
		prompt_answer(ui, &prompt);
}

#include "front/tui/act.h"

#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/actions.h"
#include "front/tui/page.h"

void fm_act_backups(struct fm_ui *ui)
{
	ui->index[FM_VIEW_BACKUPS] = 0;
	ui->backups_all = false;
	fm_ui_go(ui, FM_VIEW_BACKUPS);
	ui->request.wish = FM_WISH_BACKUPS;
}

void fm_act_other_units(struct fm_ui *ui)
{
	ui->backups_all = !ui->backups_all;
	ui->request.wish = FM_WISH_BACKUPS;
}

void fm_act_options(struct fm_ui *ui)
{
	ui->index[FM_VIEW_OPTIONS] = 0;
	fm_ui_go(ui, FM_VIEW_OPTIONS);
}

/* The next of its words, or a question for its text. */
void fm_act_choice(struct fm_ui *ui)
{
	enum fm_choice choice = fm_ui_choice_at(ui, ui->index[FM_VIEW_OPTIONS]);
	const char *text = fm_choices_text(&fm_about_unit(ui)->choices, choice);

	if (fm_ui_choose_next(ui, choice))
		return;
	fm_ui_ask(ui, FM_QUESTION_CHOICE, "",
		  "%s (%s; empty = default):", fm_choice_info(choice)->name,
		  fm_choice_info(choice)->argument);
	ui->prompt.choice = choice;
	fm_text_copy(ui->prompt.text, sizeof(ui->prompt.text), text ? text : "");
}

void fm_act_default(struct fm_ui *ui)
{
	fm_ui_choose(ui, fm_ui_choice_at(ui, ui->index[FM_VIEW_OPTIONS]), "");
}

void fm_act_doctor(struct fm_ui *ui)
{
	fm_page_open(ui, "doctor");
}

void fm_act_definition(struct fm_ui *ui)
{
	fm_page_open(ui, "catalog show %s", fm_ui_unit_model(fm_about_unit(ui)));
}

void fm_act_inspect(struct fm_ui *ui)
{
	const char *path = fm_about_notes(ui)->path;
	char name[FM_PAGE_QUOTED(sizeof(fm_about_notes(ui)->path))];

	fm_page_quote(path, name, sizeof(name));
	fm_page_open(ui, "package inspect %s", name);
}

void fm_act_record(struct fm_ui *ui)
{
	fm_page_open(ui, "history show %lld", (long long)fm_about_record(ui)->id);
}

void fm_act_chain(struct fm_ui *ui)
{
	fm_page_open(ui, "history verify");
}

void fm_act_export(struct fm_ui *ui)
{
	fm_ui_ask(ui, FM_QUESTION_EXPORT, "", "New file for the records (.json, .csv or .xml):");
}

void fm_act_add_port(struct fm_ui *ui)
{
	fm_ui_ask(ui, FM_QUESTION_PORT, "", "Path of the port, blank, model:");
}

void fm_act_forget_port(struct fm_ui *ui)
{
	const char *path = fm_about_unit(ui)->seen.path;
	char name[FM_PAGE_QUOTED(sizeof(fm_about_unit(ui)->seen.path))];

	fm_page_quote(path, name, sizeof(name));
	fm_page_open(ui, "ports remove %s", name);
}

void fm_act_command(struct fm_ui *ui)
{
	fm_ui_ask(ui, FM_QUESTION_COMMAND, "", "flashmend");
}

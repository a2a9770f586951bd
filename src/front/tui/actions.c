#include "front/tui/actions.h"

#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/act.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

static void action_details(struct fm_ui *ui)
{
	ui->unit = ui->selected;
	fm_ui_go(ui, FM_VIEW_DETAILS);
	ui->request.wish = FM_WISH_RECORDS;
}

static void action_picker(struct fm_ui *ui)
{
	ui->unit = fm_about_unit(ui)->id;
	/* from a result to the picker that led to it */
	if (fm_ui_top(ui) == FM_VIEW_RESULT)
		fm_ui_back(ui);
	fm_ui_go(ui, FM_VIEW_PICKER);
	/* what was being written when it went wrong */
	ui->request = (struct fm_ui_request){ .wish = FM_WISH_FILES };
	fm_text_copy(ui->request.path, sizeof(ui->request.path), fm_about_unit(ui)->row.file);
}

static void action_info(struct fm_ui *ui)
{
	fm_ui_wish_job(ui, FM_VERB_INFO, "", 0);
}

static void action_blink(struct fm_ui *ui)
{
	fm_ui_wish_job(ui, FM_VERB_BLINK, "", 0);
}

static void action_progress(struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);
	const struct fm_ui_job *job = fm_ui_job(ui, unit->job);

	ui->unit = unit->id;
	ui->job = job->number;
	fm_ui_go(ui, job->running ? FM_VIEW_PROGRESS : FM_VIEW_RESULT);
}

static void action_model(struct fm_ui *ui)
{
	ui->unit = fm_about_unit(ui)->id;
	fm_ui_ask(ui, FM_QUESTION_MODEL, "", "Model (see 'flashmend catalog list'):");
}

static void action_backup(struct fm_ui *ui)
{
	const char *replace = fm_choices_text(&fm_about_unit(ui)->choices, FM_CHOICE_REPLACE);

	/* a file that is there is lost with the option, which may have been chosen long ago */
	fm_ui_ask(ui, FM_QUESTION_OUTPUT, "",
		  replace && strcmp(replace, "yes") == 0
			  ? "REPLACE the file by the backup (empty: into the store):"
			  : "Write the backup to the new file (empty: into the store):");
}

/* The end of the unit's number, else a word; the port where another unit looks just the same. */
static void action_ask_last_four(struct fm_ui *ui, const char *word, const char *why)
{
	const char *end = fm_text_tail(fm_ui_unit_serial(fm_about_unit(ui)), 4);

	if (fm_about_twin(ui))
		fm_ui_ask(ui, FM_QUESTION_CHANGE, fm_about_unit(ui)->seen.usb_path,
			  "Another unit looks the same: type the port of the one meant:");
	else if (end)
		fm_ui_ask(ui, FM_QUESTION_CHANGE, end,
			  "%s: type the unit's last four characters:", why);
	else
		fm_ui_ask(ui, FM_QUESTION_CHANGE, word, "%s: type %s to start:", why, word);
}

/* First the plan of it, as with a file. */
static void action_plan(struct fm_ui *ui, enum fm_verb change, int64_t source, const char *backup)
{
	ui->change = change;
	ui->source = source;
	fm_text_copy(ui->backup, sizeof(ui->backup), backup);
	*ui->path = '\0';
	fm_ui_go(ui, FM_VIEW_PREFLIGHT);
	fm_ui_recheck(ui);
}

static void action_plan_erase(struct fm_ui *ui)
{
	action_plan(ui, FM_VERB_ERASE, 0, "");
}

static void action_plan_restore(struct fm_ui *ui)
{
	action_plan(ui, FM_VERB_RESTORE, 0, "");
}

static void action_plan_rollback(struct fm_ui *ui)
{
	action_plan(ui, FM_VERB_ROLLBACK, 0, "");
}

static void action_plan_record(struct fm_ui *ui)
{
	ui->unit = fm_about_record_unit(ui)->id;
	action_plan(ui, FM_VERB_RESTORE, fm_about_record(ui)->id, "");
}

static void action_plan_backup(struct fm_ui *ui)
{
	action_plan(ui, FM_VERB_RESTORE, 0, fm_about_backup(ui)->sha256);
}

static void action_plan_all(struct fm_ui *ui)
{
	action_plan(ui, FM_VERB_RESTORE, fm_about_backup(ui)->job, "");
}

static void action_erase(struct fm_ui *ui)
{
	action_ask_last_four(ui, "ERASE", "This erases");
}

static void action_restore(struct fm_ui *ui)
{
	action_ask_last_four(ui, "RESTORE", "This writes the backup");
}

static void action_rollback(struct fm_ui *ui)
{
	action_ask_last_four(ui, "ROLLBACK", "This rolls it back");
}

static void action_notes(struct fm_ui *ui)
{
	ui->index[FM_VIEW_NOTES] = 0;
	fm_ui_go(ui, FM_VIEW_NOTES);
}

static void action_choose(struct fm_ui *ui)
{
	const struct fm_ui_file *file = fm_about_file(ui);
	const struct fm_ui_job *check;

	ui->change = FM_VERB_FLASH;
	fm_text_copy(ui->path, sizeof(ui->path), file->path);
	check = fm_about_check(ui);
	fm_ui_go(ui, FM_VIEW_PREFLIGHT);
	if (!check || (!check->running && check->end.code != FM_OK))
		fm_ui_recheck(ui);
}

static void action_check(struct fm_ui *ui)
{
	fm_ui_wish_job(ui, FM_VERB_CHECK, fm_about_file(ui)->path, 0);
}

/* Three further on; behind the last, from the first. */
static void action_more_rules(struct fm_ui *ui)
{
	const struct fm_ui_job *check = fm_ui_check(ui, fm_about_unit(ui), fm_about_file(ui)->path);

	ui->rules_first += 3;
	if (!check || ui->rules_first >= check->rule_count)
		ui->rules_first = 0;
}

static void action_verify(struct fm_ui *ui)
{
	fm_ui_wish_job(ui, FM_VERB_VERIFY, fm_about_file(ui)->path, 0);
}

static void action_folder(struct fm_ui *ui)
{
	fm_ui_ask(ui, FM_QUESTION_FOLDER, "", "Folder:");
	fm_text_copy(ui->prompt.text, sizeof(ui->prompt.text), ui->folder);
}

static void action_start(struct fm_ui *ui)
{
	const struct fm_ui_job *check = fm_about_check(ui);

	if (strcmp(fm_ui_verdict(check), "WARN") == 0 || fm_about_twin(ui))
		action_ask_last_four(ui, "FLASH", "There are warnings");
	else
		fm_ui_wish_job(ui, FM_VERB_FLASH, ui->path, check->number);
}

static void action_answer(struct fm_ui *ui)
{
	const struct fm_asked *asked = fm_ui_open_question(fm_about_check(ui));

	fm_ui_ask(ui, FM_QUESTION_ANSWER, "", "%s? Look, then type %s if it is so:", asked->id,
		  asked->wanted);
	fm_text_copy(ui->prompt.about, sizeof(ui->prompt.about), asked->id);
}

static void action_stop(struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);

	if (fm_ui_job_writes(job)) {
		fm_ui_ask(ui, FM_QUESTION_STOP, "STOP",
			  "The unit stays incomplete. Type STOP to stop all the same:");
		return;
	}
	ui->request = (struct fm_ui_request){ .wish = FM_WISH_STOP, .job = ui->job };
}

static void action_next_job(struct fm_ui *ui)
{
	struct fm_ui_job *first = NULL;

	for (size_t i = 0; i < ui->job_count; i++) {
		struct fm_ui_job *job = ui->jobs[i];

		if (!job->running)
			continue;
		first = first ? first : job;
		if (job->number > ui->job) {
			first = job;
			break;
		}
	}
	ui->job = first->number;
	if (first->unit == ui->unit)
		return;
	/* what led to the job before was about its unit */
	ui->unit = first->unit;
	if (fm_ui_unit(ui, first->unit))
		ui->selected = first->unit;
	fm_ui_go(ui, FM_VIEW_DEVICES);
	fm_ui_go(ui, FM_VIEW_PROGRESS);
}

static void action_devices(struct fm_ui *ui)
{
	/* the units' own are among all of them */
	if (ui->only != FM_ONLY_ALL)
		ui->request.wish = FM_WISH_RECORDS;
	ui->only = FM_ONLY_ALL;
	fm_ui_go(ui, FM_VIEW_DEVICES);
}

static void action_history(struct fm_ui *ui)
{
	ui->only = FM_ONLY_ALL;
	fm_ui_go(ui, FM_VIEW_HISTORY);
	ui->request.wish = FM_WISH_RECORDS;
}

static void action_tally(struct fm_ui *ui, enum fm_tally_by by)
{
	ui->only = FM_ONLY_ALL; /* what is counted, and what Esc goes back to */
	ui->tally_by = by;
	ui->index[FM_VIEW_TALLY] = 0;
	fm_ui_go(ui, FM_VIEW_TALLY);
	ui->request.wish = FM_WISH_RECORDS;
}

static void action_by_unit(struct fm_ui *ui)
{
	action_tally(ui, FM_TALLY_UNIT);
}

static void action_by_slot(struct fm_ui *ui)
{
	action_tally(ui, FM_TALLY_SLOT);
}

static void action_tally_jobs(struct fm_ui *ui)
{
	const struct fm_tally *tally = &ui->tally[ui->index[FM_VIEW_TALLY]];

	ui->only = ui->tally_by == FM_TALLY_SLOT ? FM_ONLY_SLOT
		   : tally->by_port              ? FM_ONLY_PORT
						 : FM_ONLY_UNIT;
	fm_text_copy(ui->only_name, sizeof(ui->only_name), tally->name);
	ui->index[FM_VIEW_HISTORY] = 0;
	fm_ui_go(ui, FM_VIEW_HISTORY);
	ui->request.wish = FM_WISH_RECORDS;
}

static void action_library(struct fm_ui *ui)
{
	fm_ui_go(ui, FM_VIEW_LIBRARY);
	ui->request.wish = FM_WISH_FILES;
}

static void action_log(struct fm_ui *ui)
{
	fm_ui_go(ui, FM_VIEW_LOG);
	*ui->filter = '\0';
	ui->errors_only = false;
	ui->follow = true;
}

static void action_job_log(struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);

	action_log(ui);
	/* as its lines begin: "pts/1" is in "pts/12", too */
	if (job)
		snprintf(ui->filter, sizeof(ui->filter), "%s:", fm_ui_port(job->port));
}

static void action_next_view(struct fm_ui *ui)
{
	switch (fm_ui_top(ui)) {
	case FM_VIEW_DEVICES:
		action_history(ui);
		break;
	case FM_VIEW_HISTORY:
		action_library(ui);
		break;
	case FM_VIEW_LIBRARY:
		action_log(ui);
		break;
	default:
		action_devices(ui);
	}
}

static void action_rescan(struct fm_ui *ui)
{
	ui->request.wish = FM_WISH_RESCAN;
}

static void action_reload(struct fm_ui *ui)
{
	ui->request.wish = FM_WISH_FILES;
}

static void action_records(struct fm_ui *ui)
{
	ui->request.wish = FM_WISH_RECORDS;
}

static void action_filter(struct fm_ui *ui)
{
	fm_ui_ask(ui, FM_QUESTION_FILTER, "", "Lines with:");
	fm_text_copy(ui->prompt.text, sizeof(ui->prompt.text), ui->filter);
}

static void action_units_filter(struct fm_ui *ui)
{
	fm_ui_ask(ui, FM_QUESTION_UNITS, "", "Units with (model, serial, port, slot, state):");
	fm_text_copy(ui->prompt.text, sizeof(ui->prompt.text), ui->unit_filter);
}

static void action_label(struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	ui->unit = unit->id;
	fm_ui_ask(ui, FM_QUESTION_LABEL, "", "Slot name of %.40s (empty: none):", unit->seen.path);
	fm_text_copy(ui->prompt.text, sizeof(ui->prompt.text), unit->seen.slot);
}

static void action_errors(struct fm_ui *ui)
{
	ui->errors_only = !ui->errors_only;
}

static void action_follow(struct fm_ui *ui)
{
	ui->follow = true;
}

static void action_help(struct fm_ui *ui)
{
	ui->index[FM_VIEW_HELP] = 0;
	fm_ui_go(ui, FM_VIEW_HELP);
}

static void action_mouse(struct fm_ui *ui)
{
	ui->mouse = !ui->mouse;
	ui->request.wish = FM_WISH_MOUSE;
	fm_ui_say(ui, FM_STYLE_PLAIN, false,
		  ui->mouse ? "mouse on: click chooses a row" : "mouse off");
}

static void action_repaint(struct fm_ui *ui)
{
	ui->request.wish = FM_WISH_REPAINT;
}

static void action_back(struct fm_ui *ui)
{
	fm_ui_leave(ui);
}

static void action_quit(struct fm_ui *ui)
{
	size_t running = fm_ui_running(ui), writing = 0;

	for (size_t i = 0; i < ui->job_count; i++)
		writing += fm_ui_job_writes(ui->jobs[i]);
	if (running == 0)
		ui->request.wish = FM_WISH_QUIT;
	else if (writing > 0 && writing < running)
		fm_ui_ask(ui, FM_QUESTION_QUIT, "y",
			  "%zu jobs: %zu will end its write, the rest is cancelled. Leave? y:",
			  running, writing);
	else
		fm_ui_ask(ui, FM_QUESTION_QUIT, "y", "%zu job%s. %s? y = yes, Esc = no:", running,
			  running == 1 ? " runs" : "s run",
			  writing ? "Leave when done" : "Cancel and leave");
}

static void action_suspend(struct fm_ui *ui)
{
	ui->request.wish = FM_WISH_SUSPEND;
}

#define IN(view) (1u << FM_VIEW_##view)
#define TOP_VIEWS (IN(DEVICES) | IN(HISTORY) | IN(LIBRARY) | IN(LOG))
#define EVERYWHERE ((1u << FM_VIEW_COUNT) - 1)

const struct fm_action fm_actions[] = {
#define FM_ACTION(key, function, word, views, why_not, run, help)                                  \
	{ key, function, word, views, why_not, run, help },
#include "front/tui/actions.def"
#undef FM_ACTION
	{ 0 },
};

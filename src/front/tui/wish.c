/* What keys and answers alike ask for. */
#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/actions.h"

void fm_ui_wish_job(struct fm_ui *ui, enum fm_verb verb, const char *path, uint64_t check)
{
	ui->request = (struct fm_ui_request){ .wish = FM_WISH_JOB,
					      .verb = verb,
					      .unit = fm_about_unit(ui)->id,
					      .check = check,
					      .source = verb == FM_VERB_RESTORE ? ui->source : 0,
					      .dry_run = fm_ui_verb_changes(verb) && check == 0 };
	if (verb == FM_VERB_RESTORE)
		fm_text_copy(ui->request.backup, sizeof(ui->request.backup), ui->backup);
	fm_text_copy(ui->request.path, sizeof(ui->request.path), path);
	if (*path && verb != FM_VERB_BACKUP)
		fm_ui_choices_file(ui, fm_about_unit(ui), path);
}

void fm_ui_recheck(struct fm_ui *ui)
{
	fm_ui_wish_job(ui, ui->change == FM_VERB_FLASH ? FM_VERB_CHECK : ui->change, ui->path, 0);
}

/* Whoever leaves a check while its file is still being read does not want it. */
static void wish_not_read(struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job_on(ui, ui->unit);
	enum fm_ui_view view = fm_ui_top(ui);

	if ((view == FM_VIEW_PICKER || view == FM_VIEW_PREFLIGHT) && job && job->reading &&
	    job->verb == FM_VERB_CHECK)
		ui->request = (struct fm_ui_request){ .wish = FM_WISH_STOP, .job = job->number };
}

/* What was checked with other options is checked again: that only reads. */
void fm_ui_leave(struct fm_ui *ui)
{
	bool options = fm_ui_top(ui) == FM_VIEW_OPTIONS;

	wish_not_read(ui);
	fm_ui_back(ui);
	if (options && fm_ui_top(ui) == FM_VIEW_PREFLIGHT && !fm_about_check(ui) &&
	    !fm_why_no_job(ui))
		fm_ui_recheck(ui);
}

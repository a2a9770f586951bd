#include "front/tui/about.h"

#include "front/tui/host.h"

/* The unit that the view is about. */
struct fm_ui_unit *fm_about_unit(const struct fm_ui *ui)
{
	return fm_ui_top(ui) == FM_VIEW_DEVICES ? fm_ui_selected(ui) : fm_ui_unit(ui, ui->unit);
}

const char *fm_why_no_unit(const struct fm_ui *ui)
{
	return fm_about_unit(ui) ? NULL : "no unit is attached";
}

/* A unit that is there, and no job runs on it. */
const char *fm_why_not_free(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	if (!unit)
		return "no unit is attached";
	if (unit->left)
		return "the unit is not attached any more";
	return fm_ui_job_on(ui, unit->id) ? "a job runs on this unit: p shows it" : NULL;
}

const char *fm_why_no_job(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);
	const char *why = fm_why_not_free(ui);

	if (why)
		return why;
	if (!unit->seen.access)
		return "you may not open this unit: 'flashmend doctor' shows the fix";
	if (!*fm_ui_unit_model(unit))
		return "nothing says which model it is: n names it";
	return NULL;
}

const char *fm_why_no_progress(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	if (!unit)
		return "no unit is attached";
	return fm_ui_job(ui, unit->job) ? NULL : "no job was run on this unit";
}

const struct fm_ui_file *fm_about_file(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_PICKER] < ui->file_count ? &ui->files[ui->index[FM_VIEW_PICKER]]
							  : NULL;
}

const char *fm_why_no_file(const struct fm_ui *ui)
{
	const struct fm_ui_file *file = fm_about_file(ui);

	if (!file)
		return "there is no file: o chooses another folder";
	if (file->problem.code != FM_OK)
		return "this file cannot be used";
	return fm_why_no_job(ui);
}

const struct fm_ui_job *fm_about_check(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);

	return unit ? fm_ui_check(ui, unit, ui->path) : NULL;
}

/* Everything was checked, and nothing stands against it. */
static const char *about_no_ready(const struct fm_ui *ui)
{
	const struct fm_ui_job *check = fm_about_check(ui);

	if (!check)
		return "the unit came again: c asks it once more";
	if (check->end.code != FM_OK)
		return "CANNOT START: a check fails";
	if (fm_host_fails(ui))
		return "CANNOT START: a check of this computer fails";
	return NULL;
}

const char *fm_why_no_start(const struct fm_ui *ui)
{
	const char *why = fm_why_no_job(ui);

	if (why)
		return why;
	if (!*ui->path)
		return "this is an erase: E";
	return about_no_ready(ui);
}

const char *fm_why_no_erase(const struct fm_ui *ui)
{
	const char *why = fm_why_no_job(ui);

	if (why)
		return why;
	return *ui->path ? "this is a file to be written: F" : about_no_ready(ui);
}

const char *fm_why_no_stop(const struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);

	if (!job || !job->running)
		return "the job has ended";
	return job->stopping ? "it is stopping already" : NULL;
}

const char *fm_why_no_other_job(const struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);

	return fm_ui_running(ui) > (job && job->running) ? NULL : "no other job runs";
}

const char *fm_why_no_suspend(const struct fm_ui *ui)
{
	return fm_ui_running(ui) ? "not suspended: a unit must not wait in the middle of a job"
				 : NULL;
}

/* Units and jobs of the state, by what is known of them. */
#include "front/tui/ui.h"

#include <string.h>

struct fm_ui_unit *fm_ui_unit(const struct fm_ui *ui, uint64_t id)
{
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (ui->units[i].id == id)
			return &ui->units[i];
	}
	return NULL;
}

struct fm_ui_unit *fm_ui_selected(const struct fm_ui *ui)
{
	return fm_ui_unit(ui, ui->selected);
}

struct fm_ui_job *fm_ui_job(const struct fm_ui *ui, uint64_t number)
{
	for (size_t i = 0; i < ui->job_count; i++) {
		if (ui->jobs[i]->number == number)
			return ui->jobs[i];
	}
	return NULL;
}

struct fm_ui_job *fm_ui_job_on(const struct fm_ui *ui, uint64_t unit)
{
	for (size_t i = 0; i < ui->job_count; i++) {
		if (ui->jobs[i]->unit == unit && ui->jobs[i]->running)
			return ui->jobs[i];
	}
	return NULL;
}

bool fm_ui_job_near(const struct fm_ui *ui, uint64_t unit)
{
	for (size_t i = 0; i < ui->job_count; i++) {
		const struct fm_ui_job *job = ui->jobs[i];

		if (job->unit == unit && (job->running || ui->now_ns - job->end_ns < FM_UI_AWAY_NS))
			return true;
	}
	return false;
}

size_t fm_ui_running(const struct fm_ui *ui)
{
	size_t count = 0;

	for (size_t i = 0; i < ui->job_count; i++)
		count += ui->jobs[i]->running;
	return count;
}

/* A file that was read anew may be another one under the same name. */
static bool find_same_file(const struct fm_ui *ui, const struct fm_ui_job *job)
{
	for (size_t i = 0; i < ui->file_count; i++) {
		const struct fm_ui_file *file = &ui->files[i];

		if (strcmp(file->path, job->path) == 0)
			return !*job->sha256 || !*file->sha256 ||
			       strcmp(file->sha256, job->sha256) == 0;
	}
	return true;
}

/* This attachment of the unit, and what is chosen for it now. */
static bool find_answers(const struct fm_ui_job *job, const struct fm_ui_unit *unit)
{
	return job->unit == unit->id && job->attachment == unit->attachment &&
	       job->chosen == unit->chosen;
}

struct fm_ui_job *fm_ui_check(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			      const char *path)
{
	struct fm_ui_job *found = NULL;

	for (size_t i = 0; i < ui->job_count; i++) {
		struct fm_ui_job *job = ui->jobs[i];

		if (job->verb == FM_VERB_CHECK && find_answers(job, unit) &&
		    strcmp(job->path, path) == 0)
			found = job;
	}
	return found && find_same_file(ui, found) ? found : NULL;
}

struct fm_ui_job *fm_ui_planned(const struct fm_ui *ui, const struct fm_ui_unit *unit)
{
	struct fm_ui_job *found = NULL;

	if (ui->change == FM_VERB_FLASH)
		return fm_ui_check(ui, unit, ui->path);
	for (size_t i = 0; i < ui->job_count; i++) {
		struct fm_ui_job *job = ui->jobs[i];

		if (job->plan_only && job->verb == ui->change && job->source == ui->source &&
		    strcmp(job->backup, ui->backup) == 0 && find_answers(job, unit))
			found = job;
	}
	return found;
}

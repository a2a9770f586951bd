/* What is said of a job: its verdict, how fast it is, what becomes of the unit if it ends now. */
#include "base/text.h"
#include "front/tui/ui.h"

#include <stdio.h>
#include <string.h>

#define JOBS_ETA_NS 3000000000 /* an estimate before that is a guess */

const char *fm_ui_verdict(const struct fm_ui_job *check)
{
	enum fm_verdict worst = FM_FITS;

	if (!check)
		return "?";
	if (check->running)
		return "CHECK";
	for (size_t i = 0; i < check->rule_count; i++)
		worst = check->rules[i].verdict > worst ? check->rules[i].verdict : worst;
	if (worst != FM_BLOCKED && check->end.code != FM_OK)
		return fm_error_info(check->end.code)->exit_code == 8 ? "BLOCKED" : "ERROR";
	return fm_verdict_name(worst);
}

enum fm_style fm_ui_verdict_style(const char *verdict)
{
	switch (*verdict) {
	case 'F':
		return FM_STYLE_GOOD;
	case 'W':
		return FM_STYLE_WARN;
	case 'B':
	case 'E':
		return FM_STYLE_BAD;
	default:
		return FM_STYLE_PLAIN;
	}
}

const char *fm_ui_job_file(const struct fm_ui_job *job)
{
	const char *slash = strrchr(job->path, '/');

	return slash ? slash + 1 : job->path;
}

double fm_ui_job_rate(const struct fm_ui *ui, const struct fm_ui_job *job)
{
	int64_t spent_ns =
		(job->running ? ui->now_ns : job->end_ns) - job->phases[job->phase].begin_ns;

	if (job->progress.done == 0 || spent_ns <= 0)
		return 0;
	return (double)job->progress.done * 1e9 / (double)spent_ns;
}

long fm_ui_job_left_s(const struct fm_ui *ui, const struct fm_ui_job *job)
{
	double rate = fm_ui_job_rate(ui, job);

	if (!job->running || rate <= 0 ||
	    ui->now_ns - job->phases[job->phase].begin_ns < JOBS_ETA_NS)
		return -1;
	return (long)((double)(job->progress.total - job->progress.done) / rate + 0.999);
}

long fm_ui_job_quiet_s(const struct fm_ui *ui, const struct fm_ui_job *job)
{
	int64_t quiet_ns = ui->now_ns - job->heard_ns;

	return job->running && !job->reading && quiet_ns >= FM_UI_QUIET_NS
		       ? (long)((quiet_ns + 500000000) / 1000000000)
		       : 0;
}

void fm_ui_job_limit(const struct fm_ui_job *job, char ret[32])
{
	int64_t limit_s = (job->limit_ns - job->heard_ns + 999999999) / 1000000000;

	*ret = '\0';
	if (job->limit_ns > job->heard_ns)
		snprintf(ret, 32, ", gives up at %lld s", (long long)limit_s);
}

int64_t fm_ui_quiet_due_ns(const struct fm_ui *ui, int64_t since_ns)
{
	int64_t due_ns = INT64_MAX;

	for (size_t i = 0; i < ui->job_count; i++) {
		int64_t quiet_ns = ui->jobs[i]->heard_ns + FM_UI_QUIET_NS;

		if (ui->jobs[i]->running && !ui->jobs[i]->reading && quiet_ns > since_ns &&
		    quiet_ns < due_ns)
			due_ns = quiet_ns;
	}
	return due_ns;
}

void fm_ui_job_stays(struct fm_ui_job *job, const struct fm_plan *plan,
		     const struct fm_memory *memory, enum fm_mode mode)
{
	bool rom = mode == FM_MODE_ROM;

	*job->stays = '\0';
	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *region = &memory->regions[i];

		if (!(region->flags & FM_REGION_PROTECTED))
			continue;
		rom = rom || region->range.space == FM_SPACE_SYSTEM;
		/* one command for the whole chip may not stop at it */
		if (region->range.space == FM_SPACE_FLASH && plan && !plan->erase_all)
			snprintf(job->stays, sizeof(job->stays),
				 "the boot loader stays (%.31s is never written)", region->name);
	}
	if (rom)
		fm_text_copy(job->stays, sizeof(job->stays),
			     "the chip's own boot loader stays (it can't be erased)");
}

const char *fm_ui_job_if_cut(const struct fm_ui_job *job)
{
	enum fm_ui_step settings = job->phases[FM_PHASE_RESTORE].step;

	/* behind the proof of the firmware */
	if (settings == FM_UI_NOW || settings == FM_UI_FAILED)
		return "firmware right, settings not put back: restore its backup";
	if (!fm_ui_verb_changes(job->verb))
		return "nothing is lost: this job only reads";
	if (job->phases[FM_PHASE_VERIFY].step == FM_UI_DONE)
		return job->verb == FM_VERB_ERASE ? "the unit is erased, and was found blank"
		       : job->verb == FM_VERB_FLASH
			       ? "the unit holds the new firmware, read back right"
			       : "the unit holds what was stored, read back right";
	if (job->phases[FM_PHASE_VERIFY].step == FM_UI_NOW)
		return job->verb == FM_VERB_ERASE
			       ? "erased, not all proved: erase it again, or flash it"
			       : "written, not all proved: compare it, or flash it again";
	if (!fm_ui_job_writes(job))
		return "the unit stays as it was";
	return *job->stays ? "incomplete; the boot loader stays: flash it again"
			   : "incomplete; it is not known whether the boot loader stays";
}

/* Jobs as they are shown: from one event to the next. */
#include "front/tui/ui.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MOST 64 /* kept after their end */

/* of a job that writes firmware, wherever it comes from */
#define JOBS_WRITES                                                                                \
	{                                                                                          \
		[FM_PHASE_IDENTIFY] = 3, [FM_PHASE_ENTER] = 7, [FM_PHASE_PREFLIGHT] = 2,           \
		[FM_PHASE_BACKUP] = 15, [FM_PHASE_ERASE] = 15, [FM_PHASE_WRITE] = 45,              \
		[FM_PHASE_VERIFY] = 20, [FM_PHASE_RESTART] = 3, [FM_PHASE_CONFIRM] = 5             \
	}

/* How much of each job a phase takes, roughly; 0 = it is no part of it. */
static const unsigned char jobs_weight[][FM_PHASE_COUNT] = {
	[FM_VERB_INFO] = { [FM_PHASE_IDENTIFY] = 30, [FM_PHASE_ENTER] = 70 },
	[FM_VERB_CHECK] = { [FM_PHASE_IDENTIFY] = 20,
			    [FM_PHASE_ENTER] = 60,
			    [FM_PHASE_PREFLIGHT] = 20 },
	[FM_VERB_FLASH] = JOBS_WRITES,
	[FM_VERB_VERIFY] = { [FM_PHASE_ENTER] = 8,
			     [FM_PHASE_PREFLIGHT] = 2,
			     [FM_PHASE_VERIFY] = 90 },
	[FM_VERB_BACKUP] = { [FM_PHASE_ENTER] = 8, [FM_PHASE_BACKUP] = 92 },
	[FM_VERB_ERASE] = { [FM_PHASE_ENTER] = 10,
			    [FM_PHASE_PREFLIGHT] = 2,
			    [FM_PHASE_ERASE] = 60,
			    [FM_PHASE_VERIFY] = 28 },
	[FM_VERB_RESTORE] = JOBS_WRITES,
	[FM_VERB_ROLLBACK] = JOBS_WRITES,
	[FM_VERB_BLINK] = { [FM_PHASE_IDENTIFY] = 100 },
};

static const unsigned char *jobs_weights(const struct fm_ui_job *job)
{
	return jobs_weight[job->plan_only ? FM_VERB_CHECK : job->verb];
}

bool fm_ui_job_has(const struct fm_ui_job *job, enum fm_phase phase)
{
	return jobs_weights(job)[phase] > 0;
}

/* The oldest one that has ended makes room, unless it is looked at or its plan was confirmed. */
static void jobs_drop(struct fm_ui *ui, uint64_t confirmed)
{
	for (size_t i = 0; i < ui->job_count; i++) {
		struct fm_ui_job *job = ui->jobs[i];

		if (job->running || job->number == ui->job || job->number == confirmed)
			continue;
		free(job->plan);
		free(job);
		memmove(&ui->jobs[i], &ui->jobs[i + 1],
			(ui->job_count - i - 1) * sizeof(*ui->jobs));
		ui->job_count--;
		return;
	}
}

struct fm_ui_job *fm_ui_job_new(struct fm_ui *ui, const struct fm_ui_unit *unit,
				const struct fm_ui_request *request)
{
	struct fm_ui_job *job = calloc(1, sizeof(*job));

	if (ui->job_count >= JOBS_MOST)
		jobs_drop(ui, request->check);
	ui->jobs = realloc(ui->jobs, (ui->job_count + 1) * sizeof(struct fm_ui_job *));
	if (!job || !ui->jobs)
		abort();
	ui->jobs[ui->job_count++] = job;
	job->number = ui->next_job++;
	job->unit = unit->id;
	job->attachment = unit->attachment;
	job->chosen = unit->chosen;
	job->verb = request->verb;
	job->plan_only = request->dry_run;
	job->source = request->source;
	fm_text_copy(job->backup, sizeof(job->backup), request->backup);
	fm_text_copy(job->model, sizeof(job->model), fm_ui_unit_model(unit));
	fm_text_copy(job->port, sizeof(job->port), unit->seen.path);
	fm_text_copy(job->slot, sizeof(job->slot), unit->seen.slot);
	fm_text_copy(job->serial, sizeof(job->serial), fm_ui_unit_serial(unit));
	fm_text_copy(job->path, sizeof(job->path), request->path);
	job->running = true;
	job->begin_ns = job->heard_ns = ui->now_ns;
	job->map.at = UINT64_MAX;
	return job;
}

/* A backup that is not made: it would be missing at the end. */
static bool jobs_passed_over(const struct fm_ui_job *job, int phase)
{
	return phase == FM_PHASE_BACKUP && job->phases[phase].step == FM_UI_TODO &&
	       job->phases[FM_PHASE_ERASE].step + job->phases[FM_PHASE_WRITE].step != FM_UI_TODO;
}

static void jobs_permille(struct fm_ui_job *job)
{
	const unsigned char *weight = jobs_weights(job);
	unsigned all = 0, done = 0, now;

	for (int phase = 0; phase < FM_PHASE_COUNT; phase++) {
		all += weight[phase] * 1000u;
		if (job->phases[phase].step == FM_UI_DONE || jobs_passed_over(job, phase))
			done += weight[phase] * 1000u;
		else if (job->phases[phase].step == FM_UI_NOW && job->progress.total)
			done += (unsigned)(weight[phase] * 1000u * job->progress.done /
					   job->progress.total);
	}
	now = all ? (unsigned)((uint64_t)done * 1000 / all) : 0;
	if (now > 990) /* 100 % is said by the result alone */
		now = 990;
	if (now > job->permille)
		job->permille = now;
}

static void jobs_phase_begin(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_event *event)
{
	bool again = job->phases[event->phase].step != FM_UI_TODO;

	for (int phase = 0; phase < FM_PHASE_COUNT; phase++) {
		if (job->phases[phase].step == FM_UI_NOW)
			job->phases[phase].step = FM_UI_FAILED;
	}
	job->phase = event->phase;
	job->phases[event->phase].step = FM_UI_NOW;
	job->phases[event->phase].begin_ns = event->mono_ns;
	job->progress = (struct fm_progress){ 0 };
	if (*job->ask) { /* it was done */
		fm_ui_say(ui, FM_STYLE_PLAIN, false, "%s %s: goes on with %s", ui->clock,
			  fm_ui_port(job->port), fm_phase_name(event->phase));
		*job->ask = '\0';
	}
	fm_ui_map_begin(&job->map, event->phase, again);
	if (again)
		job->retries++;
	fm_ui_log(ui, FM_STYLE_DIM, job->number, "%s: %s", fm_ui_port(job->port),
		  fm_phase_name(event->phase));
}

static void jobs_phase_end(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_event *event)
{
	bool good = event->u.error.code == FM_OK;

	job->phases[event->phase].step = good ? FM_UI_DONE : FM_UI_FAILED;
	job->phases[event->phase].spent_ns = event->mono_ns - job->phases[event->phase].begin_ns;
	fm_ui_map_end(&job->map, event->phase, good);
	if (!good)
		fm_ui_log(ui, FM_STYLE_BAD, job->number, "%s: %s failed: %s", fm_ui_port(job->port),
			  fm_phase_name(event->phase), event->u.error.text);
}

static void jobs_told(struct fm_ui_job *job, struct fm_ui_unit *unit)
{
	const char *serial = fm_identity_value(&job->identity, FM_FACT_UNIQUE_ID);

	if (*serial)
		fm_text_copy(job->serial, sizeof(job->serial), serial);
	if (unit && unit->attachment == job->attachment && job->identity.count)
		unit->identity = job->identity;
}

const char *fm_ui_job_word(const struct fm_ui_job *job)
{
	return job->plan_only ? "plan" : fm_verb_name(job->verb);
}

/* The port stands before it already. */
static const char *jobs_why(const struct fm_ui_job *job)
{
	const char *text = job->end.error.text;
	size_t len = strlen(job->port);

	return len && strncmp(text, job->port, len) == 0 && strncmp(text + len, ": ", 2) == 0
		       ? text + len + 2
		       : text;
}

static void jobs_end(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_event *event)
{
	const struct fm_job_end *end = &event->u.end;
	struct fm_ui_unit *unit = fm_ui_unit(ui, job->unit);
	bool good = end->code == FM_OK;
	enum fm_style style = good ? FM_STYLE_GOOD : FM_STYLE_BAD;

	job->end = *end;
	job->running = false;
	job->end_ns = event->mono_ns;
	if (good)
		job->permille = 1000;
	if (*end->version_after)
		fm_identity_set(&job->identity, FM_FACT_VERSION, FM_PLAIN, end->version_after,
				"asked the application");
	jobs_told(job, unit);
	if (good)
		fm_ui_log(ui, style, job->number, "%s: %s %s", fm_ui_port(job->port),
			  fm_ui_job_word(job), fm_outcome_name(end->outcome));
	else
		fm_ui_log(ui, style, job->number, "%s: %s %s E%d %s", fm_ui_port(job->port),
			  fm_ui_job_word(job), fm_outcome_name(end->outcome),
			  fm_error_info(end->code)->number, jobs_why(job));
	if (job->verb == FM_VERB_BLINK && end->code == FM_UNSUPPORTED)
		fm_ui_say(ui, FM_STYLE_WARN, true,
			  "E%d It cannot show itself: unplug, plug in; the row that LEFT is yours",
			  fm_error_info(end->code)->number);
	else if (good)
		fm_ui_say(ui, style, false, "%s %s: %s %s", ui->clock, fm_ui_port(job->port),
			  fm_ui_job_word(job), fm_outcome_name(end->outcome));
	else
		fm_ui_say(ui, style, true, "%s %s: %s %s E%d %s", ui->clock, fm_ui_port(job->port),
			  fm_ui_job_word(job), fm_outcome_name(end->outcome),
			  fm_error_info(end->code)->number, jobs_why(job));
	/* below the help, too */
	for (int i = 0; ui->job == job->number && i < ui->depth; i++) {
		if (ui->stack[i] == FM_VIEW_PROGRESS)
			ui->stack[i] = FM_VIEW_RESULT;
	}
}

void fm_ui_job_refused(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_error *err)
{
	struct fm_event event = { .kind = FM_EVENT_END, .job = job->number };

	event.mono_ns = ui->now_ns;
	event.u.end.error = *err;
	event.u.end.code = err->code;
	fm_ui_job_event(ui, &event);
}

/* Sleep and the bridge are what the preflight shows and can't look at by itself. */
static void jobs_host(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_host_row *row)
{
	if (strcmp(row->name, "sleep") == 0)
		job->sleep = *row;
	else if (strcmp(row->name, "bridge") == 0)
		job->bridge = *row;
	if (row->state != FM_FITS)
		fm_ui_log(ui, row->state == FM_WARN ? FM_STYLE_WARN : FM_STYLE_BAD, job->number,
			  "%s: %s %s: %s", fm_ui_port(job->port), fm_host_state_name(row->state),
			  row->name, row->text);
}

static void jobs_post_check(struct fm_ui *ui, struct fm_ui_job *job,
			    const struct fm_post_check_result *result)
{
	fm_post_check_text(result, job->note, sizeof(job->note));
	fm_ui_log(ui, result->passed ? FM_STYLE_PLAIN : FM_STYLE_BAD, job->number, "%s: %s",
		  fm_ui_port(job->port), job->note);
}

static void jobs_rule(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_rule_result *rule)
{
	if (job->rule_count < FM_UI_RULES)
		job->rules[job->rule_count++] = *rule;
	if (rule->verdict != FM_FITS)
		fm_ui_log(ui, rule->verdict == FM_WARN ? FM_STYLE_WARN : FM_STYLE_BAD, job->number,
			  "%s: %s %s: %s", fm_ui_port(job->port), fm_verdict_name(rule->verdict),
			  rule->rule, rule->unit_says);
}

void fm_ui_job_event(struct fm_ui *ui, const struct fm_event *event)
{
	struct fm_ui_job *job = fm_ui_job(ui, event->job);
	const struct fm_fact *fact = &event->u.fact;

	if (!job || !job->running)
		return;
	job->heard_ns = event->mono_ns;
	switch (event->kind) {
	case FM_EVENT_PHASE_BEGIN:
		jobs_phase_begin(ui, job, event);
		break;
	case FM_EVENT_PHASE_END:
		jobs_phase_end(ui, job, event);
		break;
	case FM_EVENT_PROGRESS:
		job->progress = event->u.progress;
		fm_ui_map_progress(&job->map, event->phase, &event->u.progress);
		break;
	case FM_EVENT_FACT:
		fm_identity_set(&job->identity, fact->kind, fact->strength, fact->value,
				fact->source);
		jobs_told(job, fm_ui_unit(ui, job->unit));
		break;
	case FM_EVENT_RULE:
		jobs_rule(ui, job, &event->u.rule);
		break;
	case FM_EVENT_HOST:
		jobs_host(ui, job, &event->u.host);
		break;
	case FM_EVENT_ASK:
		fm_text_copy(job->ask, sizeof(job->ask), event->u.text);
		fm_ui_log(ui, FM_STYLE_WARN, job->number, "%s: DO THIS: %s", fm_ui_port(job->port),
			  job->ask);
		fm_ui_say(ui, FM_STYLE_WARN, false, "%s %s: DO THIS: %s", ui->clock,
			  fm_ui_port(job->port), job->ask);
		break;
	case FM_EVENT_NOTE:
		fm_text_copy(job->note, sizeof(job->note), event->u.text);
		fm_ui_log(ui, FM_STYLE_PLAIN, job->number, "%s: %s", fm_ui_port(job->port),
			  job->note);
		break;
	case FM_EVENT_QUESTION:
		if (job->asked_count < FM_PERSON_MOST)
			job->asked[job->asked_count++] = event->u.asked;
		break;
	case FM_EVENT_POST_CHECK:
		jobs_post_check(ui, job, &event->u.post_check);
		break;
	case FM_EVENT_PLAN:
		memcpy(job->plan_sha256, event->u.plan.sha256, sizeof(job->plan_sha256));
		break;
	case FM_EVENT_END:
		jobs_end(ui, job, event);
		break;
	case FM_EVENT_BEGIN:
		break;
	}
	if (job->running)
		jobs_permille(job);
}

struct fm_asked *fm_ui_open_question(struct fm_ui_job *check)
{
	for (size_t i = 0; i < check->asked_count; i++) {
		if (!fm_asked_right(&check->asked[i]))
			return &check->asked[i];
	}
	return NULL;
}

bool fm_ui_job_writes(const struct fm_ui_job *job)
{
	return job->running && fm_ui_verb_changes(job->verb) && !job->plan_only &&
	       job->phases[FM_PHASE_ERASE].step + job->phases[FM_PHASE_WRITE].step != FM_UI_TODO;
}

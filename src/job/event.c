#include "job/event.h"

#include "base/clock.h"
#include "base/text.h"
#include "job/private.h"

#include <stdarg.h>
#include <stdio.h>

#define EVENT_PROGRESS_NS 100000000 /* a person can't read faster, and each wakes the front end */

const char *fm_phase_name(enum fm_phase phase)
{
	static const char *const names[FM_PHASE_COUNT] = {
		[FM_PHASE_IDENTIFY] = "identify", [FM_PHASE_PREFLIGHT] = "preflight",
		[FM_PHASE_BACKUP] = "backup",     [FM_PHASE_ENTER] = "enter",
		[FM_PHASE_ERASE] = "erase",       [FM_PHASE_WRITE] = "write",
		[FM_PHASE_VERIFY] = "verify",     [FM_PHASE_RESTORE] = "restore",
		[FM_PHASE_RESTART] = "restart",   [FM_PHASE_CONFIRM] = "confirm",
		[FM_PHASE_RECORD] = "record",
	};

	return names[phase];
}

const char *fm_unit_state_name(enum fm_unit_state state)
{
	static const char *const names[] = {
		[FM_UNIT_UNTOUCHED] = "untouched", [FM_UNIT_ENTERED] = "entered",
		[FM_UNIT_PARTIAL] = "partial",     [FM_UNIT_UNVERIFIED] = "unverified",
		[FM_UNIT_VERIFIED] = "verified",   [FM_UNIT_UNKNOWN] = "unknown",
	};

	return names[state];
}

const char *fm_outcome_name(enum fm_outcome outcome)
{
	static const char *const names[] = { "NONE", "PASS", "FAIL", "UNCLEAR" };

	return names[outcome];
}

const char *fm_verdict_name(enum fm_verdict verdict)
{
	static const char *const names[] = { "FITS", "WARN", "BLOCKED" };

	return names[verdict];
}

const char *fm_host_state_name(enum fm_verdict state)
{
	static const char *const names[] = { "ok", "warn", "fail" };

	return names[state];
}

void fm_post_check_text(const struct fm_post_check_result *result, char *ret, size_t size)
{
	unsigned tenths = result->after_ms / 100;

	if (result->passed)
		snprintf(ret, size, "post-check '%s': answered '%s' after %u.%u s", result->name,
			 result->answer, tenths / 10, tenths % 10);
	else if (*result->answer)
		snprintf(ret, size, "post-check '%s': WRONG, answered '%s' for %u.%u s, not '%s'",
			 result->name, result->answer, tenths / 10, tenths % 10, result->expected);
	else
		snprintf(ret, size, "post-check '%s': NO ANSWER for %u.%u s", result->name,
			 tenths / 10, tenths % 10);
}

void fm_job_tell(struct fm_job *job, struct fm_event *event)
{
	event->schema = FM_EVENT_SCHEMA;
	event->job = job->request.number;
	event->sequence = ++job->sequence;
	event->mono_ns = fm_now_ns(fm_clock_real());
	event->phase = job->phase;
	fm_queue_put(job->request.queue, event, event->job, event->kind == FM_EVENT_PROGRESS);
}

void fm_job_note(struct fm_job *job, const char *format, ...)
{
	struct fm_event event = { .kind = FM_EVENT_NOTE };
	va_list args;

	va_start(args, format);
	vsnprintf(event.u.text, sizeof(event.u.text), format, args);
	va_end(args);
	fm_job_tell(job, &event);
}

static void event_tell_progress(struct fm_job *job, struct fm_progress progress)
{
	struct fm_event event = { .kind = FM_EVENT_PROGRESS, .u.progress = progress };

	fm_job_tell(job, &event);
}

void fm_job_progress(struct fm_job *job, uint64_t done, uint64_t total, uint64_t addr)
{
	int64_t now_ns = fm_now_ns(fm_clock_real());

	/* Asked for each block: nothing is made for those that nobody is told of. */
	if (done != 0 && done < total && now_ns - job->progress_ns < EVENT_PROGRESS_NS)
		return;
	job->progress_ns = now_ns;
	event_tell_progress(job, (struct fm_progress){ done, total, addr });
}

void fm_job_fact(struct fm_job *job, enum fm_fact_kind kind, enum fm_strength strength,
		 const char *value, const char *source)
{
	struct fm_event event = { .kind = FM_EVENT_FACT };

	fm_identity_set(&job->identity, kind, strength, value, source);
	event.u.fact = *fm_identity_get(&job->identity, kind);
	fm_job_tell(job, &event);
}

void fm_job_host(struct fm_job *job, const struct fm_host_row *row)
{
	struct fm_event event = { .kind = FM_EVENT_HOST, .u.host = *row };

	fm_job_tell(job, &event);
}

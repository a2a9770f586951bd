/* The life of a job: its phases in order, each recorded before it starts; what its end means. */
#include "job/job.h"

#include "base/scope.h"
#include "base/text.h"
#include "job/private.h"
#include "link/lock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOB_RETRIES 2 /* how often erase and write start again from the beginning */

typedef bool job_phase_function(struct fm_job *job, struct fm_error *err);

static job_phase_function *const job_phases[FM_PHASE_COUNT] = {
	[FM_PHASE_IDENTIFY] = fm_job_ask_before, [FM_PHASE_ENTER] = fm_job_enter,
	[FM_PHASE_PREFLIGHT] = fm_job_preflight, [FM_PHASE_BACKUP] = fm_job_backup,
	[FM_PHASE_ERASE] = fm_job_erase,         [FM_PHASE_WRITE] = fm_job_write,
	[FM_PHASE_VERIFY] = fm_job_verify,       [FM_PHASE_RESTART] = fm_job_restart,
	[FM_PHASE_CONFIRM] = fm_job_confirm,
};

const char *fm_verb_name(enum fm_verb verb)
{
	static const char *const names[] = {
		[FM_VERB_INFO] = "info",     [FM_VERB_CHECK] = "check",   [FM_VERB_FLASH] = "flash",
		[FM_VERB_VERIFY] = "verify", [FM_VERB_BACKUP] = "backup", [FM_VERB_ERASE] = "erase",
	};

	return names[verb];
}

bool fm_job_protocol_params(const char *protocol, const struct fm_param **ret_table)
{
	return fm_protocol_params(protocol, ret_table);
}

/* One phase: its intent is durable before it begins, its end after it. */
static bool job_phase(struct fm_job *job, enum fm_phase phase, struct fm_error *err)
{
	struct fm_event begin = { .kind = FM_EVENT_PHASE_BEGIN },
			end = { .kind = FM_EVENT_PHASE_END };
	struct fm_error record_err;
	bool good;

	job->phase = phase;
	if (!fm_job_safe_point(job, err))
		return false;
	if (job->recorded && !fm_store_phase_begin(job->request.store, job->record.id,
						   fm_phase_name(phase), "", err))
		return false;
	fm_job_tell(job, &begin);
	good = job_phases[phase](job, err);
	if (!good)
		end.u.error = *err;
	fm_job_tell(job, &end);
	if (job->recorded &&
	    !fm_store_phase_end(job->request.store, job->record.id, fm_phase_name(phase),
				good ? 0 : fm_error_info(err->code)->number, &record_err)) {
		if (good)
			*err = record_err;
		return false;
	}
	return good;
}

/* Noise on the line, a lost byte, a block refused: worth another try. A unit that is gone is not.
 */
static bool job_may_retry(const struct fm_job *job, enum fm_code code)
{
	return job->touching && (code == FM_TIMEOUT || code == FM_PROTOCOL || code == FM_NACK);
}

static bool job_erase_and_write(struct fm_job *job, struct fm_error *err)
{
	for (unsigned again = 0;; again++) {
		struct fm_error entering;

		if ((!(job->session.can & FM_CAN_ERASE) || job_phase(job, FM_PHASE_ERASE, err)) &&
		    job_phase(job, FM_PHASE_WRITE, err))
			return true;
		if (again == JOB_RETRIES || !job_may_retry(job, err->code))
			return false;
		fm_job_note(job, "%s: starting again from the first block", err->text);
		job->end.retries++;
		if (!fm_job_reenter(job, &entering))
			return false;
	}
}

static bool job_flash(struct fm_job *job, struct fm_error *err)
{
	bool same;

	if (!job_phase(job, FM_PHASE_PREFLIGHT, err))
		return false;
	if (job->request.verb == FM_VERB_CHECK || job->request.dry_run)
		return true;
	if (!fm_job_record_update(job, err) || !fm_job_already_there(job, &same, err))
		return false;
	if (same) {
		fm_job_note(job, "the unit holds this already: nothing is written");
		fm_text_copy(job->end.verify, sizeof(job->end.verify), "hash");
		job->end.bytes_verified = job->plan.write_len + job->plan.skip_len;
		job->state = FM_UNIT_VERIFIED;
	} else if (!job_erase_and_write(job, err) || !job_phase(job, FM_PHASE_VERIFY, err)) {
		return false;
	}
	if (job->request.verb == FM_VERB_ERASE)
		return true;
	return job_phase(job, FM_PHASE_RESTART, err) && job_phase(job, FM_PHASE_CONFIRM, err);
}

static bool job_verb(struct fm_job *job, struct fm_error *err)
{
	bool ask = job->request.verb == FM_VERB_INFO || job->request.verb == FM_VERB_CHECK ||
		   job->request.verb == FM_VERB_FLASH;

	if (ask && job->device.question && !job_phase(job, FM_PHASE_IDENTIFY, err))
		return false;
	if (!job_phase(job, FM_PHASE_ENTER, err))
		return false;
	switch (job->request.verb) {
	case FM_VERB_INFO:
		return true;
	case FM_VERB_BACKUP:
		return job_phase(job, FM_PHASE_BACKUP, err);
	case FM_VERB_VERIFY:
		return job_phase(job, FM_PHASE_PREFLIGHT, err) &&
		       job_phase(job, FM_PHASE_VERIFY, err);
	default:
		return job_flash(job, err);
	}
}

/* Nothing was done to the unit, and nothing could have been: blocked, refused, no way to the port.
 */
static bool job_never_started(const struct fm_job *job, enum fm_code code)
{
	switch (fm_error_info(code)->exit_code) {
	case 2:  /* usage */
	case 3:  /* nothing to do */
	case 6:  /* no access */
	case 7:  /* file */
	case 8:  /* blocked */
	case 9:  /* the person said no */
	case 17: /* record */
	case 130:
		return !job->touching;
	default:
		return !job->touching && (code == FM_GONE || code == FM_NO_UNIT) &&
		       job->state == FM_UNIT_UNTOUCHED && job->identity.count == 0;
	}
}

/* What the job makes of the error that ended it. */
static enum fm_code job_code(const struct fm_job *job, enum fm_code code)
{
	bool written = job->state == FM_UNIT_VERIFIED && job->request.verb == FM_VERB_FLASH;

	if (!job->touching && !written)
		return code;
	switch (code) {
	case FM_GONE:
	case FM_IO:
	case FM_TIMEOUT:
	case FM_NO_ANSWER:
	case FM_PROTOCOL:
	case FM_WRONG_UNIT:
		return written ? FM_CONFIRM : FM_LOST;
	case FM_NACK:
		if (written)
			return FM_CONFIRM;
		return job->phase == FM_PHASE_ERASE ? FM_ERASE : FM_WRITE;
	default:
		return code;
	}
}

static void job_conclude(struct fm_job *job, bool good, const struct fm_error *err)
{
	struct fm_job_end *end = &job->end;

	end->unit_state = job->state;
	if (good) {
		end->outcome = FM_OUTCOME_PASS;
		return;
	}
	end->error = *err;
	end->code = job_code(job, err->code);
	if (job_never_started(job, err->code))
		end->outcome = FM_OUTCOME_NONE;
	else if (end->code == FM_LOST)
		end->outcome = FM_OUTCOME_UNCLEAR;
	else
		end->outcome = FM_OUTCOME_FAIL;
}

/* One program for one unit, over all its modes: links are closed and opened again while the job
 * holds this. */
static bool job_lock(struct fm_job *job, struct fm_error *err)
{
	FM_FREE char *real = realpath(job->request.port, NULL);
	char name[300];

	snprintf(name, sizeof(name), "unit%s", real ? real : job->request.port);
	return fm_lock_take(name, &job->lock, err);
}

static void *job_run(void *data)
{
	struct fm_job *job = data;
	struct fm_event begin = { .kind = FM_EVENT_BEGIN }, end = { .kind = FM_EVENT_END };
	struct fm_error err = { 0 };
	bool good;

	fm_text_copy(begin.u.text, sizeof(begin.u.text), fm_verb_name(job->request.verb));
	fm_job_tell(job, &begin);
	good = job_lock(job, &err) && job_verb(job, &err);
	fm_job_let_go(job);
	fm_job_close_link(job);
	job_conclude(job, good, &err);
	fm_job_record_end(job);
	end.u.end = job->end;
	if (job->lock >= 0)
		close(job->lock);
	fm_job_tell(job, &end);
	return NULL;
}

static bool job_prepare(struct fm_job *job, struct fm_error *err)
{
	if (!fm_catalog_load(job->request.catalog, job->request.model, &job->device, err))
		return false;
	fm_job_version_of_image(job);
	return fm_job_record_begin(job, err);
}

bool fm_job_start(const struct fm_job_request *request, struct fm_job **ret_job,
		  struct fm_error *err)
{
	struct fm_job *job = calloc(1, sizeof(*job));

	if (!job)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a job");
	job->request = *request;
	job->lock = -1;
	pthread_mutex_init(&job->mutex, NULL);
	fm_image_init(&job->image);
	if (request->image) {
		job->image = *request->image;
		fm_image_init(request->image);
		job->has_image = true;
	}
	if (!job_prepare(job, err) || pthread_create(&job->thread, NULL, job_run, job) != 0) {
		if (err->code == FM_OK)
			fm_fail(err, FM_INTERNAL, "no thread for a job");
		job->thread = pthread_self();
		fm_job_free(job);
		return false;
	}
	*ret_job = job;
	return true;
}

void fm_job_free(struct fm_job *job)
{
	if (!job)
		return;
	if (!pthread_equal(job->thread, pthread_self()))
		pthread_join(job->thread, NULL);
	fm_plan_done(&job->plan);
	fm_image_done(&job->image);
	fm_device_done(&job->device);
	pthread_mutex_destroy(&job->mutex);
	free(job);
}

const char *fm_job_plan_text(const struct fm_job *job)
{
	return job->has_plan ? job->plan.text.data : "";
}

const struct fm_loader *fm_job_loader(const struct fm_job *job)
{
	return job->loader;
}

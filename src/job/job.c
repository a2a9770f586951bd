/* The life of a job: its phases in order, each recorded before it starts. */
#include "job/job.h"

#include "base/text.h"
#include "job/private.h"

#include <stdlib.h>

#define JOB_RETRIES 2 /* how often erase and write start again from the beginning */

typedef bool job_phase_function(struct fm_job *job, struct fm_error *err);

/* What was written is there, and what was not to be written is as it was. */
static bool job_verify(struct fm_job *job, struct fm_error *err)
{
	return fm_job_verify(job, err) && fm_job_keep_check(job, err);
}

/* For a program, or for a person's eyes. */
static bool job_identify(struct fm_job *job, struct fm_error *err)
{
	return job->request.verb == FM_VERB_BLINK ? fm_job_blink(job, err)
						  : fm_job_ask_before(job, err);
}

static job_phase_function *const job_phases[FM_PHASE_COUNT] = {
	[FM_PHASE_IDENTIFY] = job_identify,      [FM_PHASE_ENTER] = fm_job_enter,
	[FM_PHASE_PREFLIGHT] = fm_job_preflight, [FM_PHASE_BACKUP] = fm_job_backup,
	[FM_PHASE_ERASE] = fm_job_erase,         [FM_PHASE_WRITE] = fm_job_write,
	[FM_PHASE_VERIFY] = job_verify,          [FM_PHASE_RESTORE] = fm_job_put_back,
	[FM_PHASE_RESTART] = fm_job_restart,     [FM_PHASE_CONFIRM] = fm_job_confirm,
};

bool fm_job_protocol_params(const char *protocol, const struct fm_param **ret_table)
{
	return fm_protocol_params(protocol, ret_table);
}

/* What the record keeps of a phase beside its name. */
static const char *job_detail(const struct fm_job *job, enum fm_phase phase)
{
	return phase == FM_PHASE_PREFLIGHT ? job->request.signature.text : "";
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
	if (job->recorded &&
	    !fm_store_phase_begin(job->request.store, job->record.id, fm_phase_name(phase),
				  job_detail(job, phase), err))
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
static bool job_may_retry(enum fm_code code)
{
	return code == FM_TIMEOUT || code == FM_PROTOCOL || code == FM_NACK;
}

/* Get back into step with the unit after `err`, as often as is allowed. False: err (or that it is
 * another unit) is the end. */
static bool job_again(struct fm_job *job, unsigned *again, const char *what, struct fm_error *err)
{
	struct fm_error entering;

	if ((*again)++ == JOB_RETRIES || !job_may_retry(err->code))
		return false;
	fm_job_note(job, "%s: %s", err->text, what);
	job->end.retries++;
	if (fm_job_reenter(job, &entering))
		return true;
	/* After a refusal the advice would be that the boot loader still works. */
	if (entering.code == FM_WRONG_UNIT || err->code == FM_NACK)
		*err = entering;
	else
		fm_job_note(job, "%s", entering.text);
	return false;
}

static bool job_erase_and_write(struct fm_job *job, struct fm_error *err)
{
	bool erases = job->session.can & FM_CAN_ERASE;
	unsigned again = 0;

	if (job->there_pages == job->plan.page_count) {
		job->state = FM_UNIT_UNVERIFIED;
		return true;
	}
	do {
		if ((!erases || job_phase(job, FM_PHASE_ERASE, err)) &&
		    (job->plan.write_len == 0 || job_phase(job, FM_PHASE_WRITE, err))) {
			job->state = FM_UNIT_UNVERIFIED;
			return true;
		}
	} while (job_again(job, &again, "starting again from the first block", err));
	return false;
}

/* A phase that only reads. */
static bool job_read_phase(struct fm_job *job, enum fm_phase phase, struct fm_error *err)
{
	unsigned again = 0;

	do {
		if (job_phase(job, phase, err))
			return true;
	} while (job_again(job, &again, "reading again from the start", err));
	return false;
}

/* Settings that the job has lost. */
static bool job_put_back(struct fm_job *job, struct fm_error *err)
{
	unsigned again = 0;

	if (!fm_job_keep_lost(job))
		return true;
	do {
		if (job_phase(job, FM_PHASE_RESTORE, err))
			return true;
	} while (job_again(job, &again, "writing the settings again", err));
	return fm_context(err, "the firmware is right, but the settings are lost");
}

static bool job_flash(struct fm_job *job, struct fm_error *err)
{
	bool same;

	if (!job_phase(job, FM_PHASE_PREFLIGHT, err))
		return false;
	if (job->request.verb == FM_VERB_CHECK || job->request.dry_run)
		return true;
	if (!fm_job_record_update(job, err) || !fm_job_look_back(job, err) ||
	    !fm_job_already_there(job, &same, err))
		return false;
	/* Of a unit that was left in doubt its settings have to be looked at, too. */
	if (same && !job->before.id) {
		fm_job_note(job, "the unit holds this already: nothing is written");
		fm_text_copy(job->end.verify, sizeof(job->end.verify), "hash");
		job->end.bytes_verified = job->plan.write_len + job->plan.skip_len;
		job->state = FM_UNIT_VERIFIED;
	} else if ((fm_job_keep_wanted(job) && !job_read_phase(job, FM_PHASE_BACKUP, err)) ||
		   !job_erase_and_write(job, err) || !job_read_phase(job, FM_PHASE_VERIFY, err) ||
		   !job_put_back(job, err)) {
		return false;
	}
	if (job->request.verb == FM_VERB_ERASE)
		return true;
	return job_phase(job, FM_PHASE_RESTART, err) && job_phase(job, FM_PHASE_CONFIRM, err);
}

static bool job_verb(struct fm_job *job, struct fm_error *err)
{
	if (job->request.verb == FM_VERB_BLINK)
		return job_phase(job, FM_PHASE_IDENTIFY, err);
	/* Whatever is to be done: only a unit whose application is known to run can be given back
	 * as it was (fm_job_let_go), also where it is an erase that is refused. */
	if ((job->device.question || job->device.region_question || fm_job_on_usb(job)) &&
	    !job_phase(job, FM_PHASE_IDENTIFY, err))
		return false;
	if (!job_phase(job, FM_PHASE_ENTER, err))
		return false;
	switch (job->request.verb) {
	case FM_VERB_INFO:
		return true;
	case FM_VERB_BACKUP:
		return job_read_phase(job, FM_PHASE_BACKUP, err);
	case FM_VERB_VERIFY:
		return job_phase(job, FM_PHASE_PREFLIGHT, err) &&
		       job_read_phase(job, FM_PHASE_VERIFY, err);
	default:
		return job_flash(job, err);
	}
}

static void *job_run(void *data)
{
	struct fm_job *job = data;
	struct fm_event begin = { .kind = FM_EVENT_BEGIN }, end = { .kind = FM_EVENT_END };
	struct fm_error err = { 0 };
	bool good;

	fm_text_copy(begin.u.text, sizeof(begin.u.text), fm_verb_name(job->request.verb));
	fm_job_tell(job, &begin);
	good = fm_job_person(job, &err) && fm_job_lock(job, &err) && job_verb(job, &err);
	fm_job_let_go(job);
	fm_job_close_link(job);
	fm_job_ready_done(job);
	fm_job_conclude(job, good, &err);
	fm_job_record_end(job);
	end.u.end = job->end;
	fm_job_unlock(job);
	fm_job_tell(job, &end);
	return NULL;
}

static bool job_prepare(struct fm_job *job, struct fm_error *err)
{
	if (!fm_catalog_load(job->request.catalog, job->request.model, &job->device, err))
		return false;
	if (!fm_job_person_known(job, err))
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
	job->awake = -1;
	job->may_move = request->seen.address == 0;
	pthread_mutex_init(&job->mutex, NULL);
	fm_image_init(&job->image);
	if (request->image) {
		job->image = *request->image;
		fm_image_init(request->image);
		job->has_image = true;
	}
	job->cancelled = FM_CANCELLED;
	job->thread = pthread_self();
	if (!job_prepare(job, err)) {
		fm_job_free(job);
		return false;
	}
	if (pthread_create(&job->thread, NULL, job_run, job) != 0) {
		fm_fail(err, FM_INTERNAL, "no thread for a job");
		job->thread = pthread_self();
		fm_job_conclude(job, false, err);
		fm_job_record_end(job);
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
	fm_job_keep_done(job);
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

const struct fm_plan *fm_job_plan(const struct fm_job *job)
{
	return job->has_plan ? &job->plan : NULL;
}

const struct fm_usb_device *fm_job_at(const struct fm_job *job)
{
	return &job->at;
}

const struct fm_loader *fm_job_loader(const struct fm_job *job)
{
	return job->loader;
}

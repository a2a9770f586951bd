/* What the end of a job means: its outcome, and what it makes of the error that ended it. */
#include "base/text.h"
#include "job/private.h"

/* Firmware is written and has to run afterwards. */
static bool outcome_writes_firmware(enum fm_verb verb)
{
	return verb == FM_VERB_FLASH || verb == FM_VERB_RESTORE || verb == FM_VERB_ROLLBACK;
}

/* Nothing was done to the unit, and nothing could have been: blocked, refused, no way to the port.
 */
static bool outcome_never_started(const struct fm_job *job, enum fm_code code)
{
	switch (fm_error_info(code)->exit_code) {
	case 2:  /* usage */
	case 3:  /* nothing to do */
	case 5:  /* nobody said which one */
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

/* The way to the unit failed: as far as the job knows it was all right, but nobody can say so. */
static bool outcome_lost_touch(enum fm_code code)
{
	switch (code) {
	case FM_GONE:
	case FM_IO:
	case FM_TIMEOUT:
	case FM_NO_ANSWER:
	case FM_NO_UNIT:
	case FM_NO_ACCESS:
	case FM_BUSY:
	case FM_PROTOCOL:
	case FM_NACK:
	case FM_WRONG_UNIT:
	case FM_UNSUPPORTED:
		return true;
	default:
		return false;
	}
}

/* What the job makes of the error that ended it. */
static enum fm_code outcome_code(const struct fm_job *job, enum fm_code code)
{
	bool written = job->state == FM_UNIT_VERIFIED && outcome_writes_firmware(job->request.verb);

	if (code == FM_OK)
		return FM_INTERNAL;
	if (code == FM_CANCELLED)
		return job->cancelled;
	if (!outcome_lost_touch(code) || !(job->touching || written))
		return code;
	if (written)
		return FM_CONFIRM;
	if (job->phase == FM_PHASE_VERIFY || job->left)
		return FM_UNPROVED;
	if (code == FM_NACK)
		return job->phase == FM_PHASE_ERASE ? FM_ERASE : FM_WRITE;
	return FM_LOST;
}

void fm_job_conclude(struct fm_job *job, bool good, const struct fm_error *err)
{
	struct fm_job_end *end = &job->end;

	end->unit_state = job->state;
	fm_text_copy(end->slot, sizeof(end->slot), job->request.slot);
	if (good) {
		end->outcome = FM_OUTCOME_PASS;
		return;
	}
	end->error = *err;
	end->code = outcome_code(job, err->code);
	/* After a restart the cause may be the cable: then its advice is the better one. */
	if (end->code == FM_CONFIRM && err->code != FM_CONFIRM && !*err->hint)
		fm_hint(&end->error, "%s", fm_error_info(err->code)->advice);
	if (outcome_never_started(job, err->code))
		end->outcome = FM_OUTCOME_NONE;
	else if (end->code == FM_LOST || end->code == FM_UNPROVED)
		end->outcome = FM_OUTCOME_UNCLEAR;
	else
		end->outcome = FM_OUTCOME_FAIL;
}

/* Out of the boot loader: back into the application, or at least back to others. */
#include "job/private.h"

/* Can the unit be got back into its boot loader once its application runs? By a reset line, or by
 * asking an application that has answered; otherwise only a hand could, and the unit stays where it
 * is. On USB: where the job has found the application, it goes back to it. */
static bool leave_can_return(const struct fm_job *job)
{
	const struct fm_steps *enter = &job->loader->enter;

	if (job->loader->wire != FM_WIRE_SERIAL)
		return job->taken_out;
	return fm_steps_have(enter, FM_STEP_BIT(LINES) | FM_STEP_BIT(BREAK)) ||
	       (fm_steps_have(enter, FM_STEP_BIT(SEND)) &&
		fm_identity_get(&job->identity, FM_FACT_VERSION));
}

bool fm_job_leave(struct fm_job *job, struct fm_error *err)
{
	return job->session.protocol->finish(&job->session, err) &&
	       fm_job_steps(job, &job->loader->leave, &job->loader->line, err);
}

/* It stays where it is, whether the job has come to its end or not: others may use it again. A unit
 * that is gone needs nothing. */
static void leave_release(struct fm_job *job)
{
	const struct fm_protocol *protocol = job->session.protocol;
	struct fm_error err;

	if (protocol->release && !protocol->release(&job->session, &err) && err.code != FM_GONE)
		fm_job_note(job,
			    "the unit's boot loader could not be given back to others (%s): plug "
			    "it in anew before another program uses it",
			    err.text);
}

void fm_job_let_go(struct fm_job *job)
{
	struct fm_error ignored;

	/* A cancel was meant for what came before. */
	atomic_store(&job->cancel, false);
	if (!job->link || !job->answers)
		return;
	if (job->state == FM_UNIT_ENTERED && job->loader && leave_can_return(job)) {
		job->at.address = 0;
		if (fm_job_leave(job, &ignored)) {
			job->state = FM_UNIT_UNTOUCHED;
			return;
		}
	}
	leave_release(job);
}

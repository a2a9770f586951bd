/* A unit shows which one it is, as its definition says: for a person's eyes. Its memory and its
 * mode stay as they are. */
#include "job/private.h"

#define BLINK_SAID_MS 1000 /* that it goes on is said so often */

static bool blink_refuse(struct fm_error *err)
{
	return fm_hint(err, "Unplug it and plug it in again: the one in the list that is LEFT then "
			    "is yours.");
}

/* Is it in the mode in which it can? */
static bool blink_mode(struct fm_job *job, const struct fm_blink *blink, struct fm_error *err)
{
	if (!fm_job_on_usb(job))
		return true;
	if (!fm_job_look(job, err))
		return false;
	if (!fm_job_has_mode(job, blink->mode) || fm_job_in_mode(job, blink->mode))
		return true;
	fm_fail(err, FM_UNSUPPORTED, "a %s can show itself only in its %s, and is not there now",
		job->device.name, fm_mode_name(blink->mode));
	return blink_refuse(err);
}

/* How long the steps take once, at least; the definition's loader has seen to it that they wait. */
static unsigned blink_round_ms(const struct fm_blink *blink)
{
	unsigned ms = 0;

	for (size_t i = 0; i < blink->steps.count; i++)
		ms += blink->steps.steps[i].ms;
	return ms;
}

static bool blink_run(struct fm_job *job, const struct fm_blink *blink, struct fm_error *err)
{
	unsigned round_ms = blink_round_ms(blink), said_ms = 0;

	for (unsigned spent_ms = 0; spent_ms < blink->for_ms; spent_ms += round_ms) {
		if (spent_ms == 0 || spent_ms - said_ms >= BLINK_SAID_MS) {
			fm_job_note(job, "it shows itself: %u s more",
				    (blink->for_ms - spent_ms + 999) / 1000);
			said_ms = spent_ms;
		}
		if (!fm_job_safe_point(job, err) ||
		    !fm_job_steps(job, &blink->steps, &blink->line, err))
			return false;
	}
	return true;
}

bool fm_job_blink(struct fm_job *job, struct fm_error *err)
{
	const struct fm_blink *blink = job->device.blink;

	if (blink)
		return blink_mode(job, blink, err) && blink_run(job, blink, err);
	fm_fail(err, FM_UNSUPPORTED, "nothing is known that makes a %s show itself",
		job->device.name);
	return blink_refuse(err);
}

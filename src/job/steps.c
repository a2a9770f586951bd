/* The steps of a definition, from one mode of a unit to another. */
#include "base/log.h"
#include "base/text.h"
#include "job/private.h"
#include "protocol/dfu_wire.h"

#include <string.h>

#define STEP_REQUEST_MS 1000

/* What the steps before have left behind. */
struct steps {
	const struct fm_steps *list;
	size_t at;
	bool lines_missing; /* the last LINES could not be set here */
	bool touched;
};

/* Where modem lines are missing, opening the port was the reset, if there is one. The waits between
 * the edges of a pulse are for nothing then; the last one gives the unit time to start all the
 * same: what it is sent before, it loses. */
static bool steps_pulse_goes_on(const struct steps *steps)
{
	for (size_t i = steps->at + 1; i < steps->list->count; i++) {
		if (steps->list->steps[i].kind == FM_STEP_LINES)
			return true;
	}
	return false;
}

static bool steps_wait(const struct fm_job *job, const struct steps *steps, unsigned ms,
		       struct fm_error *err)
{
	struct fm_clock *clock = job->link ? job->link->clock : fm_clock_real();

	if (steps->lines_missing && steps_pulse_goes_on(steps))
		return true;
	for (unsigned left = ms; left > 0;) {
		unsigned slice = left < 100 ? left : 100;

		if (atomic_load(&job->cancel))
			return fm_fail(err, FM_CANCELLED, "cancelled while waiting");
		fm_sleep_ms(clock, slice);
		left -= slice;
	}
	return true;
}

/* An application that can't be asked this way: another of its loaders may know another way. */
static bool steps_has(const struct fm_job *job, const struct fm_usb_claim *claim,
		      struct fm_error *err)
{
	return fm_usb_interface(&job->at, claim) ||
	       fm_fail(err, FM_NO_ANSWER,
		       "the application at usb %s has no interface to be asked by for its boot "
		       "loader",
		       job->request.usb_path);
}

static bool steps_request(struct fm_job *job, const struct fm_step *step, struct fm_error *err)
{
	const struct fm_usb_claim claim = { step->class_code, step->subclass, step->protocol };
	struct fm_usb_setup setup = { step->request_type, step->request, step->value, 0 };

	if (!steps_has(job, &claim, err) || !fm_job_open_usb(job, &claim, err))
		return false;
	setup.index = (uint16_t)job->link->usb_descriptors->interface;
	if (fm_usb_control_out(job->link, &setup, NULL, 0,
			       fm_in_ms(job->link->clock, STEP_REQUEST_MS), err))
		return true;
	/* It may leave before it has answered. */
	return err->code == FM_GONE || err->code == FM_IO || err->code == FM_TIMEOUT;
}

static bool steps_detach(struct fm_job *job, const struct fm_step *step, struct fm_error *err)
{
	static const struct fm_usb_claim run_time = { 0xfe, 0x01, -1 };

	return steps_has(job, &run_time, err) && fm_job_open_usb(job, &run_time, err) &&
	       fm_dfu_detach(job->link, step->force, err);
}

static bool steps_reappear(struct fm_job *job, struct steps *steps, const struct fm_step *step,
			   struct fm_error *err)
{
	if (fm_job_follow(job, step->mode, step->within_ms, err)) {
		job->left_address = job->at.address;
		return true;
	}
	if (steps->touched)
		fm_job_settle_port(job);
	return false;
}

/* A step that needs the serial port finds it open, or opens it. */
static bool steps_port(struct fm_job *job, const struct fm_line_settings *line,
		       struct fm_error *err)
{
	/* of a loader that is not spoken to over a serial port: the rate is nothing to its USB port
	 */
	static const struct fm_line_settings any = { 115200, 8, FM_PARITY_NONE, 1 };

	return (job->link && job->link->stream) ||
	       fm_job_open_serial(job, line->baud ? line : &any, err);
}

static bool steps_line(struct fm_job *job, struct steps *steps, const struct fm_step *step,
		       struct fm_error *err)
{
	struct fm_link *link = job->link;

	switch (step->kind) {
	case FM_STEP_LINES:
		steps->lines_missing = link->lacks & FM_LINK_NO_MODEM;
		return steps->lines_missing || fm_line_modem(link, step->lines, step->on, err);
	case FM_STEP_BREAK:
		return fm_line_break(link, step->ms, err);
	case FM_STEP_SEND:
		steps->lines_missing = false;
		return fm_send(link, step->data, step->data_len, fm_in_ms(link->clock, 2000), err);
	default:
		return fm_discard(link, err);
	}
}

static bool steps_one(struct fm_job *job, struct steps *steps, const struct fm_line_settings *line,
		      struct fm_error *err)
{
	const struct fm_step *step = &steps->list->steps[steps->at];
	struct fm_event event = { .kind = FM_EVENT_ASK };

	switch (step->kind) {
	case FM_STEP_LINES:
	case FM_STEP_BREAK:
	case FM_STEP_SEND:
	case FM_STEP_DISCARD:
		return steps_port(job, line, err) && steps_line(job, steps, step, err);
	case FM_STEP_WAIT:
		return steps_wait(job, steps, step->ms, err);
	case FM_STEP_ASK:
		steps->lines_missing = false;
		fm_text_copy(event.u.text, sizeof(event.u.text), step->text);
		fm_job_tell(job, &event);
		return true;
	case FM_STEP_TOUCH:
		steps->touched = true;
		return fm_job_touch_port(job, step->baud, err);
	case FM_STEP_DETACH:
		return steps_detach(job, step, err);
	case FM_STEP_REQUEST:
		return steps_request(job, step, err);
	case FM_STEP_REAPPEAR:
		return steps_reappear(job, steps, step, err);
	}
	return fm_fail(err, FM_INTERNAL, "unknown step %d", step->kind);
}

/* A unit that is asked to go may be gone before the asking has ended. */
static bool steps_gone_in_time(const struct steps *steps, enum fm_code code)
{
	return (code == FM_GONE || code == FM_IO) && steps->at + 1 < steps->list->count &&
	       steps->list->steps[steps->at + 1].kind == FM_STEP_REAPPEAR;
}

bool fm_job_steps(struct fm_job *job, const struct fm_steps *list,
		  const struct fm_line_settings *line, struct fm_error *err)
{
	struct steps steps = { .list = list };

	for (; steps.at < list->count; steps.at++) {
		if (steps_one(job, &steps, line, err))
			continue;
		if (!steps_gone_in_time(&steps, err->code))
			return false;
		fm_log(FM_LOG_DEBUG, "it left while it was asked to: %s", err->text);
		fm_error_clear(err);
	}
	return true;
}

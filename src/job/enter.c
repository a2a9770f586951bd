/* From the application into a boot loader: the definition's steps, each of its loaders in turn, as
 * often as it says. */
#include "base/log.h"
#include "base/text.h"
#include "job/private.h"
#include "link/decorators.h"
#include "link/serial.h"

#include <string.h>

static bool enter_open_serial(void *user, const char *port, const atomic_bool *cancel,
			      struct fm_link **ret_link, struct fm_error *err)
{
	(void)user;
	if (!fm_serial_open(port, cancel, ret_link, err))
		return false;
	if (!fm_serial_low_latency(*ret_link))
		fm_log(FM_LOG_DEBUG, "%s: the driver has no low latency setting", port);
	return true;
}

void fm_job_close_link(struct fm_job *job)
{
	fm_session_done(&job->session);
	fm_link_close(job->link);
	job->link = NULL;
}

bool fm_job_open_link(struct fm_job *job, const struct fm_line_settings *line, struct fm_error *err)
{
	const struct fm_job_request *request = &job->request;
	fm_link_opener *open_link = request->open_link ? request->open_link : enter_open_serial;
	struct fm_link *traced;

	fm_job_close_link(job);
	if (!open_link(request->open_user, request->port, &job->cancel, &job->link, err))
		return false;
	if (*request->trace_path) {
		if (!fm_trace_open(job->link, request->trace_path, &traced, err))
			return false;
		job->link = traced;
	}
	return !job->link->line || fm_line_configure(job->link, line, err);
}

/* Where modem lines are missing, opening the port was the reset, if there is one. The waits between
 * the edges of a pulse are for nothing then; the last one gives the unit time to start all the
 * same: what it is sent before, it loses. */
static bool enter_pulse_goes_on(const struct fm_steps *steps, size_t at)
{
	for (size_t i = at + 1; i < steps->count; i++) {
		if (steps->steps[i].kind == FM_STEP_LINES)
			return true;
	}
	return false;
}

static bool enter_step(struct fm_job *job, const struct fm_steps *steps, size_t at,
		       bool *lines_missing, struct fm_error *err)
{
	const struct fm_step *step = &steps->steps[at];
	struct fm_link *link = job->link;
	struct fm_event event = { .kind = FM_EVENT_ASK };

	switch (step->kind) {
	case FM_STEP_LINES:
		*lines_missing = link->lacks & FM_LINK_NO_MODEM;
		return *lines_missing || fm_line_modem(link, step->lines, step->on, err);
	case FM_STEP_WAIT:
		if (!*lines_missing || !enter_pulse_goes_on(steps, at))
			fm_sleep_ms(link->clock, step->ms);
		return true;
	case FM_STEP_BREAK:
		return fm_line_break(link, step->ms, err);
	case FM_STEP_SEND:
		*lines_missing = false;
		return fm_send(link, step->data, step->data_len, fm_in_ms(link->clock, 2000), err);
	case FM_STEP_DISCARD:
		return fm_discard(link, err);
	case FM_STEP_ASK:
		*lines_missing = false;
		fm_text_copy(event.u.text, sizeof(event.u.text), step->text);
		fm_job_tell(job, &event);
		return true;
	case FM_STEP_TOUCH:
	case FM_STEP_DETACH:
	case FM_STEP_REQUEST:
	case FM_STEP_REAPPEAR:
		return fm_fail(err, FM_UNSUPPORTED, "a step over USB");
	}
	return fm_fail(err, FM_INTERNAL, "unknown step %d", step->kind);
}

static bool enter_steps(struct fm_job *job, const struct fm_steps *steps, struct fm_error *err)
{
	bool lines_missing = false;

	for (size_t i = 0; i < steps->count; i++) {
		if (!enter_step(job, steps, i, &lines_missing, err))
			return false;
	}
	return true;
}

/* One attempt with one loader; *ret_identity is what it told. */
static bool enter_once(struct fm_job *job, const struct fm_loader *loader,
		       struct fm_identity *ret_identity, struct fm_error *err)
{
	const struct fm_protocol *protocol = fm_protocol_named(loader->protocol);
	struct fm_line_settings line = loader->line;

	if (!protocol)
		return fm_fail(err, FM_INTERNAL, "there is no protocol '%s'", loader->protocol);
	if (job->request.baud)
		line.baud = job->request.baud;
	return fm_job_open_link(job, &line, err) && enter_steps(job, &loader->enter, err) &&
	       fm_session_init(&job->session, protocol, job->link, &loader->params, err) &&
	       protocol->open(&job->session, ret_identity, err);
}

/* Nobody there, or nothing that makes sense: another baud rate or another try may help. */
static bool enter_worth_another(enum fm_code code)
{
	return code == FM_NO_ANSWER || code == FM_TIMEOUT || code == FM_PROTOCOL || code == FM_NACK;
}

static bool enter_chip_fits(const struct fm_loader *loader, const char *chip_id)
{
	for (size_t i = 0; i < loader->chip_id_count; i++) {
		if (strcmp(loader->chip_ids[i], chip_id) == 0)
			return true;
	}
	return loader->chip_id_count == 0;
}

static bool enter_wrong_chip(const struct fm_job *job, const struct fm_loader *loader,
			     const char *chip_id, struct fm_error *err)
{
	fm_fail(err, FM_WRONG_UNIT, "the unit is no %s: its chip id is %s, not %s (%s)",
		job->device.name, chip_id, loader->chip_ids[0], loader->chip_name);
	return fm_hint(err, "nothing was changed; choose the model that it is with -m/--model");
}

/* The loader that answers and is for this chip. Two of a board's loaders may differ by the chip
 * alone. */
static bool enter_round(struct fm_job *job, unsigned round, struct fm_identity *ret_identity,
			struct fm_error *err)
{
	struct fm_error wrong = { 0 };

	for (size_t i = 0; i < job->device.loader_count; i++) {
		struct fm_loader *loader = &job->device.loaders[i];
		const char *chip_id;

		if (round >= (loader->tries ? loader->tries : 1) && !job->request.enter_ms)
			continue;
		*ret_identity = (struct fm_identity){ 0 };
		if (enter_once(job, loader, ret_identity, err)) {
			chip_id = fm_identity_value(ret_identity, FM_FACT_CHIP_ID);
			job->loader = loader;
			if (enter_chip_fits(loader, chip_id))
				return true;
			job->state = FM_UNIT_ENTERED;
			enter_wrong_chip(job, loader, chip_id, &wrong);
			continue;
		}
		if (!enter_worth_another(err->code))
			return false;
		fm_log(FM_LOG_DEBUG, "%s: %s", loader->name, err->text);
		if (loader->help && !*err->hint)
			fm_hint(err, "%s", loader->help);
	}
	if (wrong.code != FM_OK)
		*err = wrong;
	return false;
}

static unsigned enter_tries(const struct fm_device *device)
{
	unsigned most = 1;

	for (size_t i = 0; i < device->loader_count; i++) {
		if (device->loaders[i].tries > most)
			most = device->loaders[i].tries;
	}
	return most;
}

static bool enter_any(struct fm_job *job, struct fm_identity *ret_identity, struct fm_error *err)
{
	unsigned tries = enter_tries(&job->device);
	int64_t start_ns = fm_now_ns(fm_clock_real());

	for (unsigned round = 0;; round++) {
		int64_t spent_ms;

		if (!fm_job_safe_point(job, err))
			return false;
		if (enter_round(job, round, ret_identity, err))
			return true;
		if (!enter_worth_another(err->code))
			return false;
		spent_ms = (fm_now_ns(fm_clock_real()) - start_ns) / 1000000;
		if (job->request.enter_ms ? spent_ms >= job->request.enter_ms : round + 1 >= tries)
			return false;
	}
}

static void enter_tell(struct fm_job *job, const struct fm_identity *identity)
{
	for (size_t i = 0; i < identity->count; i++) {
		const struct fm_fact *fact = &identity->facts[i];

		fm_job_fact(job, fact->kind, fact->strength, fact->value, fact->source);
	}
	fm_text_copy(job->record.chip, sizeof(job->record.chip),
		     fm_identity_value(identity, FM_FACT_CHIP_ID));
	fm_text_copy(job->record.loader, sizeof(job->record.loader),
		     fm_identity_value(identity, FM_FACT_LOADER));
}

/* The unit that a person has confirmed, not another one that was put into its place since. */
static bool enter_expected(const struct fm_job *job, struct fm_error *err)
{
	enum fm_fact_kind kind;

	if (fm_identity_agrees(&job->request.expected, &job->identity, &kind))
		return true;
	fm_fail(err, FM_WRONG_UNIT, "this is not the unit that was confirmed: its %s differs",
		fm_fact_name(kind));
	return fm_hint(err, "nothing was changed; start again with the unit that is there now");
}

bool fm_job_enter(struct fm_job *job, struct fm_error *err)
{
	struct fm_identity identity;
	const struct fm_entry *chip;

	if (job->device.loader_count == 0)
		return fm_fail(err, FM_UNSUPPORTED, "the definition of %s has no boot loader",
			       job->device.id);
	if (!enter_any(job, &identity, err))
		return false;
	job->state = FM_UNIT_ENTERED;
	fm_job_note(job, "%s answers", job->loader->name);
	enter_tell(job, &identity);
	if (!fm_catalog_resolve_chip(job->request.catalog, &job->device, job->loader,
				     job->session.protocol->chip_id,
				     fm_identity_value(&identity, FM_FACT_CHIP_ID), &chip, err))
		return false;
	job->session.memory = &job->loader->memory;
	return fm_job_read_chip(job, err) && enter_expected(job, err);
}

bool fm_job_reenter(struct fm_job *job, struct fm_error *err)
{
	unsigned tries = job->loader->tries ? job->loader->tries : 1;
	struct fm_identity identity;

	for (unsigned round = 0;; round++) {
		identity = (struct fm_identity){ 0 };
		if (enter_once(job, job->loader, &identity, err))
			break;
		if (!enter_worth_another(err->code) || round + 1 >= tries)
			return false;
	}
	job->session.memory = &job->loader->memory;
	return fm_job_same_unit(job, &identity, err);
}

/* Can the unit be got back into its boot loader once its application runs? By a reset line, or by
 * asking an application that has answered; otherwise only a hand could, and the unit stays where it
 * is. */
static bool enter_can_return(const struct fm_job *job)
{
	for (size_t i = 0; i < job->loader->enter.count; i++) {
		enum fm_step_kind kind = job->loader->enter.steps[i].kind;

		if (kind == FM_STEP_LINES || kind == FM_STEP_BREAK)
			return true;
		if (kind == FM_STEP_SEND && fm_identity_get(&job->identity, FM_FACT_VERSION))
			return true;
	}
	return false;
}

bool fm_job_leave(struct fm_job *job, struct fm_error *err)
{
	return job->session.protocol->finish(&job->session, err) &&
	       enter_steps(job, &job->loader->leave, err);
}

void fm_job_let_go(struct fm_job *job)
{
	struct fm_error ignored;

	/* A cancel was meant for what came before. */
	atomic_store(&job->cancel, false);
	if (!job->link || !job->session.state || job->state != FM_UNIT_ENTERED || !job->loader ||
	    !enter_can_return(job))
		return;
	if (fm_job_leave(job, &ignored))
		job->state = FM_UNIT_UNTOUCHED;
}

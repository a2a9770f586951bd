/* From the application into a boot loader: the definition's steps, each of its loaders in turn, as
 * often as it says. */
#include "base/log.h"
#include "base/text.h"
#include "job/private.h"

#include <string.h>

/* Over this loader's wire, from where the unit is now. Where it is in the loader's mode already,
 * nothing has to be done for that. */
static bool enter_wire(struct fm_job *job, const struct fm_loader *loader,
		       const struct fm_protocol *protocol, struct fm_error *err)
{
	struct fm_line_settings line = loader->line;

	if (job->request.baud)
		line.baud = job->request.baud;
	if (loader->wire == FM_WIRE_SERIAL)
		return fm_job_open_serial(job, &line, err) &&
		       fm_job_steps(job, &loader->enter, &line, err) &&
		       ((job->link && job->link->stream) || fm_job_open_serial(job, &line, err));
	if (!fm_job_in_mode(job, loader->mode)) {
		job->left_address = job->at.address;
		job->taken_out = fm_job_in_mode(job, FM_MODE_APPLICATION);
		if (!fm_job_steps(job, &loader->enter, &line, err))
			return false;
	}
	if (!fm_job_in_mode(job, loader->mode))
		return fm_fail(err, FM_NO_ANSWER, "the unit at usb %s is not in its boot loader",
			       job->request.usb_path);
	job->left_address = job->at.address;
	return loader->wire == FM_WIRE_USB ? fm_job_open_usb(job, protocol->claim, err)
					   : fm_job_open_volume(job, err);
}

/* The serial number of the USB device, where the boot loader is spoken to over USB. */
static bool enter_serial_number(const struct fm_job *job, const struct fm_loader *loader,
				struct fm_identity *identity)
{
	if (loader->wire != FM_WIRE_SERIAL && *job->at.serial &&
	    !fm_identity_get(identity, FM_FACT_SERIAL))
		fm_identity_set(identity, FM_FACT_SERIAL, FM_WEAK, job->at.serial,
				"USB serial number in the boot loader");
	return true;
}

/* A loader on another wire than the unit's is none of this unit's. */
static bool enter_reaches(const struct fm_job *job, const struct fm_loader *loader)
{
	return loader->wire == FM_WIRE_SERIAL ? fm_job_tty(job) != NULL
					      : fm_job_on_usb(job) && fm_job_match(job) != NULL;
}

/* One attempt with one loader; *ret_identity is what it told. */
static bool enter_once(struct fm_job *job, const struct fm_loader *loader,
		       struct fm_identity *ret_identity, struct fm_error *err)
{
	const struct fm_protocol *protocol = fm_protocol_named(loader->protocol);

	if (!protocol)
		return fm_fail(err, FM_INTERNAL, "there is no protocol '%s'", loader->protocol);
	if (fm_job_on_usb(job) && !fm_job_look(job, err))
		return false;
	return enter_wire(job, loader, protocol, err) &&
	       fm_session_init(&job->session, protocol, job->link, &loader->params, err) &&
	       protocol->open(&job->session, ret_identity, err) &&
	       enter_serial_number(job, loader, ret_identity);
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

	fm_fail(err, FM_UNSUPPORTED, "no boot loader of a %s is reached over %s", job->device.id,
		job->request.port);
	for (size_t i = 0; i < job->device.loader_count; i++) {
		struct fm_loader *loader = &job->device.loaders[i];
		const char *chip_id;

		if ((round >= (loader->tries ? loader->tries : 1) && !job->request.enter_ms) ||
		    !enter_reaches(job, loader))
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

/* What the unit tells of its memory counts; what the definition knows beside it is kept: which part
 * is not to be written. */
static bool enter_memory(struct fm_job *job, struct fm_error *err)
{
	struct fm_memory *known = &job->loader->memory;
	struct fm_memory both;

	if (job->session.told.count == 0)
		return known->count > 0 || fm_fail(err, FM_UNSUPPORTED,
						   "neither the unit nor the definition of %s "
						   "says what memory it has",
						   job->device.id);
	if (known->count == 0) {
		*known = job->session.told;
		return true;
	}
	if (!fm_memory_meet(known, &job->session.told, &both, err)) {
		err->code = FM_WRONG_UNIT;
		return fm_context(err, "the unit is no %s", job->device.name);
	}
	*known = both;
	return true;
}

bool fm_job_enter(struct fm_job *job, struct fm_error *err)
{
	struct fm_identity identity;
	const struct fm_entry *chip;

	if (job->device.loader_count == 0)
		return fm_fail(err, FM_UNSUPPORTED, "the definition of %s has no boot loader",
			       job->device.id);
	/* Which loader can be reached depends on what is there; a backup has not looked yet. */
	if (fm_job_on_usb(job) && !fm_job_look(job, err))
		return false;
	if (!enter_any(job, &identity, err))
		return false;
	job->state = FM_UNIT_ENTERED;
	fm_job_note(job, "%s answers", job->loader->name);
	enter_tell(job, &identity);
	if (job->session.protocol->chip_id &&
	    !fm_catalog_resolve_chip(job->request.catalog, &job->device, job->loader,
				     job->session.protocol->chip_id,
				     fm_identity_value(&identity, FM_FACT_CHIP_ID), &chip, err))
		return false;
	if (!enter_memory(job, err))
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
 * is. On USB: where the job has found the application, it goes back to it. */
static bool enter_can_return(const struct fm_job *job)
{
	if (job->loader->wire != FM_WIRE_SERIAL)
		return job->taken_out;
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
	       fm_job_steps(job, &job->loader->leave, &job->loader->line, err);
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

/* From the application into a boot loader: the definition's steps, each of its loaders in turn, as
 * often as it says. */
#include "base/log.h"
#include "base/text.h"
#include "job/private.h"

#include <string.h>

#define ENTER_RESTART_MS 3000 /* from DFU mode into an application that is there already */

/* Asked to go, and not seen again yet: its memory is as it was, but nobody knows what it runs. */
static void enter_left(struct fm_job *job)
{
	if (job->taken_out && job->state == FM_UNIT_UNTOUCHED)
		job->state = FM_UNIT_UNKNOWN;
}

/* It was asked in vain: its application is what it still runs. */
static void enter_stayed(struct fm_job *job)
{
	struct fm_error ignored;

	if (job->state != FM_UNIT_UNKNOWN || !fm_job_look(job, &ignored) ||
	    (!fm_job_in_mode(job, FM_MODE_APPLICATION) && job->at.address != job->left_address))
		return;
	job->taken_out = false;
	job->state = FM_UNIT_UNTOUCHED;
}

/* It is there. A unit that the job itself has taken out of its application is not as it was. */
static void enter_arrived(struct fm_job *job)
{
	if (job->state == FM_UNIT_UNKNOWN)
		job->state = FM_UNIT_ENTERED;
}

/* Over this loader's wire, from where the unit is now. Where it is in the loader's mode already,
 * nothing has to be done for that. */
static bool enter_wire(struct fm_job *job, const struct fm_loader *loader,
		       const struct fm_protocol *protocol, struct fm_error *err)
{
	struct fm_line_settings line = loader->line;

	if (job->request.baud)
		line.baud = job->request.baud;
	/* From its application it may come back under another address. */
	if (loader->enter.count > 0 &&
	    (loader->wire == FM_WIRE_SERIAL || !fm_job_in_mode(job, loader->mode)))
		job->may_move = true;
	if (loader->wire == FM_WIRE_SERIAL)
		return fm_job_open_serial(job, &line, err) &&
		       fm_job_steps(job, &loader->enter, &line, err) &&
		       ((job->link && job->link->stream) || fm_job_open_serial(job, &line, err));
	if (!fm_job_in_mode(job, loader->mode)) {
		job->left_address = job->at.address;
		job->taken_out = fm_job_in_mode(job, FM_MODE_APPLICATION) || !fm_job_match(job);
		enter_left(job);
		if (!fm_job_steps(job, &loader->enter, &line, err)) {
			enter_stayed(job);
			return false;
		}
	}
	if (!fm_job_in_mode(job, loader->mode))
		return fm_fail(err, FM_NO_ANSWER, "the unit at usb %s is not in its boot loader",
			       job->request.usb_path);
	enter_arrived(job);
	job->left_address = job->at.address;
	return loader->wire == FM_WIRE_USB ? fm_job_open_usb(job, protocol->claim, err)
					   : fm_job_open_volume(job, err);
}

/* It has answered: from here on it stays where it is. The serial number of the USB device counts
 * where the boot loader is spoken to over USB, and where no other unit has it too. */
static bool enter_serial_number(struct fm_job *job, const struct fm_loader *loader,
				struct fm_identity *identity)
{
	const struct fm_usb_match *match = fm_job_match(job);

	job->may_move = false;
	if (match && match->serial_is_shared)
		return true;
	if (loader->wire != FM_WIRE_SERIAL && *job->at.serial &&
	    !fm_identity_get(identity, FM_FACT_SERIAL))
		fm_identity_set(identity, FM_FACT_SERIAL, FM_WEAK, job->at.serial,
				"USB serial number in the boot loader");
	return true;
}

/* Does it look like this model? The application of one that tells only how its boot loader looks is
 * any serial port. */
static bool enter_is_known(const struct fm_job *job)
{
	return fm_job_match(job) || (!fm_job_has_mode(job, FM_MODE_APPLICATION) && fm_job_tty(job));
}

/* A loader on another wire than the unit's is none of this unit's. */
static bool enter_reaches(const struct fm_job *job, const struct fm_loader *loader)
{
	return loader->wire == FM_WIRE_SERIAL ? fm_job_tty(job) != NULL
					      : fm_job_on_usb(job) && enter_is_known(job);
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
	job->answers = enter_wire(job, loader, protocol, err) &&
		       fm_session_init(&job->session, protocol, job->link, &loader->params, err) &&
		       protocol->open(&job->session, ret_identity, err);
	return job->answers && enter_serial_number(job, loader, ret_identity);
}

/* A unit that an earlier job has left behind with all its data may start its application as soon as
 * it is spoken to: it is there then, and can be asked to come back. */
static bool enter_has_restarted(struct fm_job *job, enum fm_code code)
{
	struct fm_error ignored;

	return (code == FM_GONE || code == FM_NO_ANSWER) &&
	       fm_job_has_mode(job, FM_MODE_APPLICATION) &&
	       fm_job_follow(job, FM_MODE_APPLICATION, ENTER_RESTART_MS, &ignored);
}

static bool enter_attempt(struct fm_job *job, const struct fm_loader *loader,
			  struct fm_identity *ret_identity, struct fm_error *err)
{
	bool there = loader->wire == FM_WIRE_USB && fm_job_in_mode(job, loader->mode);

	if (enter_once(job, loader, ret_identity, err))
		return true;
	if (!there || !enter_has_restarted(job, err->code))
		return false;
	fm_job_note(job, "%s: it is asked for its boot loader again", err->text);
	*ret_identity = (struct fm_identity){ 0 };
	return enter_once(job, loader, ret_identity, err);
}

/* Nobody there, or nothing that makes sense: another baud rate or another try may help. */
static bool enter_worth_another(enum fm_code code)
{
	return code == FM_NO_ANSWER || code == FM_TIMEOUT || code == FM_PROTOCOL || code == FM_NACK;
}

/* Where the protocol tells no chip id, what the unit says of its memory decides: enter_memory(). */
static bool enter_chip_fits(const struct fm_loader *loader, const struct fm_protocol *protocol,
			    const char *chip_id)
{
	if (!protocol->chip_id)
		return true;
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

/* Over another of its wires the unit may be reached all the same: by a drive that is mounted. But
 * nobody is asked to press buttons for that. */
static bool enter_shut(enum fm_code code)
{
	return code == FM_NO_ACCESS || code == FM_UNSUPPORTED;
}

/* The loader that answers and is for this chip. Two of a board's loaders may differ by the chip
 * alone. *ret_tried false: none is reached that may still be tried. */
static bool enter_round(struct fm_job *job, unsigned round, struct fm_identity *ret_identity,
			bool *ret_tried, struct fm_error *err)
{
	struct fm_error wrong = { 0 };

	*ret_tried = false;
	/* later the error of the round before stays */
	if (round == 0)
		fm_fail(err, FM_UNSUPPORTED, "no boot loader of a %s is reached over %s",
			job->device.id, job->request.port);
	for (size_t i = 0; i < job->device.loader_count; i++) {
		struct fm_loader *loader = &job->device.loaders[i];
		const char *chip_id;

		if ((round >= (loader->tries ? loader->tries : 1) && !job->request.enter_ms) ||
		    !enter_reaches(job, loader) ||
		    (enter_shut(wrong.code) && !fm_job_in_mode(job, loader->mode)))
			continue;
		*ret_tried = true;
		*ret_identity = (struct fm_identity){ 0 };
		if (enter_attempt(job, loader, ret_identity, err)) {
			chip_id = fm_identity_value(ret_identity, FM_FACT_CHIP_ID);
			job->loader = loader;
			if (enter_chip_fits(loader, job->session.protocol, chip_id))
				return true;
			job->state = FM_UNIT_ENTERED;
			enter_wrong_chip(job, loader, chip_id, &wrong);
			continue;
		}
		if (enter_shut(err->code))
			wrong = *err;
		else if (!enter_worth_another(err->code))
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
		bool tried;

		if (!fm_job_safe_point(job, err))
			return false;
		if (enter_round(job, round, ret_identity, &tried, err))
			return true;
		if (!tried || !enter_worth_another(err->code))
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

/* Which loaders come into question depends on what the unit is now. */
static bool enter_look(struct fm_job *job, struct fm_error *err)
{
	if (!fm_job_on_usb(job))
		return true;
	if (!fm_job_look(job, err))
		return false;
	if (fm_job_match(job) || fm_job_tty(job))
		return true;
	fm_fail(err, FM_WRONG_UNIT, "the unit at usb %s is %04x:%04x, which is no %s",
		job->request.usb_path, job->at.vid, job->at.pid, job->device.name);
	return fm_hint(err, "nothing was changed; choose the model that it is with -m/--model");
}

bool fm_job_enter(struct fm_job *job, struct fm_error *err)
{
	struct fm_identity identity;
	const struct fm_entry *chip;
	const char *loader;

	if (job->device.loader_count == 0)
		return fm_fail(err, FM_UNSUPPORTED, "the definition of %s has no boot loader",
			       job->device.id);
	if (!enter_look(job, err) || !enter_any(job, &identity, err))
		return false;
	job->state = FM_UNIT_ENTERED;
	loader = fm_identity_value(&identity, FM_FACT_LOADER);
	fm_job_note(job, *loader ? "%s answers: %s" : "%s answers", job->loader->name, loader);
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

/* What was planned for the memory that the unit told of is right only for the same memory. */
static bool enter_same_memory(const struct fm_job *job, struct fm_error *err)
{
	const struct fm_memory *told = &job->session.told;
	const struct fm_plan *plan = &job->plan;
	bool same = true;

	if (told->count == 0)
		return true;
	for (size_t i = 0; i < plan->page_count && same; i++) {
		const struct fm_range *page = &plan->pages[i].range;
		const struct fm_region *region = fm_memory_at(told, page->space, page->addr);

		same = region && !(region->flags & FM_REGION_PROTECTED);
	}
	for (size_t i = 0; i < plan->erase_count && same; i++) {
		const struct fm_range *range = &plan->erase[i].range;
		const struct fm_region *region = fm_memory_at(told, range->space, range->addr);
		struct fm_block block;

		same = region && fm_region_block_at(region, range->addr, &block) &&
		       block.range.addr == range->addr && block.range.len >= range->len;
	}
	return same || fm_fail(err, FM_WRONG_UNIT,
			       "another unit answers now: its memory is not the one that was "
			       "planned for");
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
	return fm_job_same_unit(job, &identity, err) && enter_same_memory(job, err);
}

/* Where the unit is and what it looks like there: one USB path through all of its modes, or one
 * serial port. */
#include "base/text.h"
#include "job/private.h"
#include "link/decorators.h"

#include <stdio.h>
#include <string.h>

#define ATTACH_CLASS_STORAGE 8
#define ATTACH_DISK_MS 5000

static const struct fm_ways *attach_ways(const struct fm_job *job)
{
	return job->request.ways ? job->request.ways : &fm_ways_of_system;
}

bool fm_job_on_usb(const struct fm_job *job)
{
	return *job->request.usb_path && job->device.usb_count > 0;
}

static bool attach_is(const struct fm_usb_device *a, const struct fm_usb_device *b)
{
	return a->bus == b->bus && a->address == b->address;
}

/* One attachment is one unit. What came anew is taken for the same one where it says so itself, or
 * where it may have moved: then its boot loader may have other ids and another serial number. */
static bool attach_same_unit(const struct fm_job *job, const struct fm_usb_device *now,
			     struct fm_error *err)
{
	const struct fm_usb_device *was = *job->at.path ? &job->at : &job->request.seen;
	bool same_ids = was->vid == now->vid && was->pid == now->pid;
	bool same_serial = strcmp(was->serial, now->serial) == 0;
	const struct fm_usb_match *match =
		fm_usb_match_find(job->device.usb, job->device.usb_count, now);
	bool tells_unit = *now->serial && !(match && match->serial_is_shared);

	if (!*was->path || attach_is(was, now))
		return true;
	if (same_ids ? same_serial && (tells_unit || job->may_move) : job->may_move)
		return true;
	if (same_ids && !same_serial)
		fm_fail(err, FM_WRONG_UNIT,
			"another unit is at usb %s now: its serial number is '%s', not '%s'",
			job->request.usb_path, now->serial, was->serial);
	else
		fm_fail(err, FM_WRONG_UNIT,
			"the unit at usb %s was replugged meanwhile, and nothing says that it is "
			"the same one",
			job->request.usb_path);
	return fm_hint(err, "start again with the unit that is there now");
}

bool fm_job_peek(const struct fm_job *job, struct fm_usb_device *ret_device, struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);

	return ways->look(ways->user, job->request.usb_path, ret_device, err) ||
	       fm_context(err, "the unit at usb %s", job->request.usb_path);
}

bool fm_job_look(struct fm_job *job, struct fm_error *err)
{
	struct fm_usb_device now;

	if (!fm_job_peek(job, &now, err) || !attach_same_unit(job, &now, err))
		return false;
	job->at = now;
	return true;
}

const struct fm_usb_match *fm_job_match(const struct fm_job *job)
{
	return fm_usb_match_find(job->device.usb, job->device.usb_count, &job->at);
}

bool fm_job_in_mode(const struct fm_job *job, enum fm_mode mode)
{
	const struct fm_usb_match *match = fm_job_match(job);

	return match && match->mode == mode;
}

bool fm_job_has_mode(const struct fm_job *job, enum fm_mode mode)
{
	for (size_t i = 0; i < job->device.usb_count; i++) {
		if (job->device.usb[i].mode == mode)
			return true;
	}
	return false;
}

bool fm_job_follow(struct fm_job *job, enum fm_mode mode, unsigned within_ms, struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);
	struct fm_wanted wanted = {
		.matches = job->device.usb,
		.count = job->device.usb_count,
		.mode = mode,
		.not_address = job->left_address,
		.within_ms = within_ms,
	};
	bool good;

	fm_job_close_link(job);
	atomic_store(&job->wait.begin_ns, fm_now_ns(fm_clock_real()));
	atomic_store(&job->wait.until_ns, fm_in_ms(fm_clock_real(), within_ms).at_ns);
	good = ways->follow(ways->user, job->request.usb_path, &wanted, &job->cancel, &job->at,
			    err);
	atomic_store(&job->wait.until_ns, 0);
	return good;
}

const char *fm_job_tty(const struct fm_job *job)
{
	const char *port = *job->request.port == '/' ? job->request.port : NULL;
	const char *first = NULL;
	size_t count = 0;

	if (!fm_job_on_usb(job) || !*job->at.path)
		return port;
	for (size_t i = 0; i < job->at.interface_count; i++) {
		const char *tty = job->at.interfaces[i].tty;

		if (!*tty)
			continue;
		if (port && strcmp(tty, port) == 0)
			return tty;
		first = first ? first : tty;
		count++;
	}
	/* Behind each port of a bridge is another unit. */
	return count == 1 || fm_job_match(job) ? first : NULL;
}

/* The unit's disk as it was last looked at. */
static const char *attach_block(const struct fm_job *job)
{
	for (size_t i = 0; i < job->at.interface_count; i++) {
		if (*job->at.interfaces[i].block)
			return job->at.interfaces[i].block;
	}
	return "";
}

/* A node that was just opened by its name is this unit's where the unit has not left since it was
 * looked at: names go to the next one that comes. */
static bool attach_still(const struct fm_job *job, const char *node, struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);
	struct fm_usb_device now;

	if (!fm_job_on_usb(job))
		return true;
	if (!ways->look(ways->user, job->request.usb_path, &now, err))
		return fm_context(err, "the unit at usb %s", job->request.usb_path);
	for (size_t i = 0; attach_is(&job->at, &now) && i < now.interface_count; i++) {
		if (strcmp(now.interfaces[i].tty, node) == 0 ||
		    strcmp(now.interfaces[i].block, node) == 0)
			return true;
	}
	return fm_fail(err, FM_GONE, "the unit at usb %s left while %s was opened",
		       job->request.usb_path, node);
}

void fm_job_close_link(struct fm_job *job)
{
	job->answers = false;
	fm_session_done(&job->session);
	fm_link_close(job->link);
	job->link = NULL;
	job->asks_at = NULL;
}

/* Record the wire where the person wants that; and let others see what is waited for. */
static bool attach_watch(struct fm_job *job, struct fm_error *err)
{
	struct fm_link *traced;

	if (*job->request.trace_path) {
		if (!fm_trace_open(job->link, job->request.trace_path, &traced, err))
			return false;
		job->link = traced;
	}
	job->link->wait = &job->wait;
	return true;
}

bool fm_job_open_serial(struct fm_job *job, const struct fm_line_settings *line,
			struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);
	const char *tty = fm_job_tty(job);

	fm_job_close_link(job);
	if (!tty)
		return fm_fail(err, FM_GONE, "the unit at usb %s has no serial port now",
			       job->request.usb_path);
	return ways->open_serial(ways->user, tty, &job->cancel, &job->link, err) &&
	       attach_still(job, tty, err) && attach_watch(job, err) &&
	       (!job->link->line || fm_line_configure(job->link, line, err));
}

bool fm_job_open_usb(struct fm_job *job, const struct fm_usb_claim *claim, struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);

	fm_job_close_link(job);
	return ways->open_usb(ways->user, &job->at, claim, &job->cancel, &job->link, err) &&
	       attach_watch(job, err);
}

static bool attach_awaits_disk(const struct fm_usb_device *device)
{
	for (size_t i = 0; i < device->interface_count; i++) {
		if (device->interfaces[i].class_code == ATTACH_CLASS_STORAGE &&
		    !*device->interfaces[i].block)
			return true;
	}
	return false;
}

/* The kernel lets a drive settle for a second before it looks at it. */
static bool attach_disk(struct fm_job *job, struct fm_error *err)
{
	struct fm_deadline end = fm_in_ms(fm_clock_real(), ATTACH_DISK_MS);

	while (attach_awaits_disk(&job->at) && !fm_expired(fm_clock_real(), end)) {
		if (!fm_job_safe_point(job, err))
			return false;
		fm_sleep_ms(fm_clock_real(), 50);
		if (!fm_job_look(job, err))
			return false;
	}
	return true;
}

bool fm_job_open_volume(struct fm_job *job, struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);

	fm_job_close_link(job);
	if (!attach_disk(job, err))
		return false;
	if (*job->request.trace_path)
		fm_job_note(job, "what goes to a drive is not recorded in a trace");
	return ways->open_volume(ways->user, &job->at, &job->cancel, &job->link, err) &&
	       attach_still(job, attach_block(job), err);
}

bool fm_job_touch_port(struct fm_job *job, unsigned baud, struct fm_error *err)
{
	const struct fm_ways *ways = attach_ways(job);
	const char *tty = fm_job_tty(job);

	fm_job_close_link(job);
	return (tty || fm_fail(err, FM_NO_ANSWER, "the unit at usb %s has no serial port to touch",
			       job->request.usb_path)) &&
	       ways->touch(ways->user, tty, baud, &job->cancel, err);
}

void fm_job_settle_port(struct fm_job *job)
{
	const struct fm_ways *ways = attach_ways(job);
	const char *tty = fm_job_tty(job);
	struct fm_error left;

	/* opening the port of another unit could reset that */
	if (tty && attach_still(job, tty, &left))
		ways->settle(ways->user, tty);
}

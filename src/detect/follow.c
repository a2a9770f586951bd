#include "detect/follow.h"

#include "base/scope.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "detect/hotplug.h"
#include "detect/private.h"
#include "link/usb.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define FOLLOW_LOOK_MS 100 /* entry-methods.md, section 9: beside udev's events */
#define FOLLOW_GRACE_MS 1000
#define FOLLOW_ROM_MS                                                                              \
	1000 /* a ROM that has found no program stays; boot loaders may wait and go on */
#define FOLLOW_CLASS_VENDOR 0xff
#define FOLLOW_CLASS_STORAGE 0x08 /* USB mass storage overview 1.4, section 3 */

/* How far the unit has come. */
enum follow_state {
	FOLLOW_STAYED, /* the device of before */
	FOLLOW_ABSENT,
	FOLLOW_OTHER,  /* fits none of the matches */
	FOLLOW_MODE,   /* fits, in another mode */
	FOLLOW_CLOSED, /* this is it, but it may not be opened */
	FOLLOW_PARTLY, /* it may be opened, but not in each way that it has */
	FOLLOW_READY
};

struct follow {
	const char *usb_path;
	const struct fm_usb_match *matches;
	size_t count;
	enum fm_mode mode;
	unsigned not_address;
	struct fm_usb_device device; /* what was last seen there */
	unsigned since_address;      /* of this device, and since when it is there */
	int64_t since_ns;
};

static const struct fm_usb_match *follow_match(const struct follow *follow, bool any_mode)
{
	for (size_t i = 0; i < follow->count; i++) {
		const struct fm_usb_match *match = &follow->matches[i];

		if ((any_mode || match->mode == follow->mode) &&
		    fm_usb_match_find(match, 1, &follow->device))
			return match;
	}
	return NULL;
}

/* Its drive alone is what the unit is reached by. Who may open that is found out when it is opened:
 * it may be mounted. */
static bool follow_by_disk(const struct fm_usb_match *match, const struct fm_usb_device *device)
{
	bool storage = false, vendor = false;

	for (size_t i = 0; i < device->interface_count; i++) {
		storage = storage || device->interfaces[i].class_code == FOLLOW_CLASS_STORAGE;
		vendor = vendor || device->interfaces[i].class_code == FOLLOW_CLASS_VENDOR;
	}
	return match->class_code == FOLLOW_CLASS_STORAGE || *match->volume || (storage && !vendor);
}

/* One node that matters, beside the USB node itself. */
static void follow_try(const char *node, size_t *ret_open, size_t *ret_closed)
{
	if (*node && access(node, R_OK | W_OK) == 0)
		(*ret_open)++;
	else
		(*ret_closed)++;
}

static enum follow_state follow_ways_in(const struct fm_usb_device *device, bool by_disk)
{
	size_t open = 0, closed = 0;

	for (size_t i = 0; i < device->interface_count; i++) {
		const struct fm_usb_interface *one = &device->interfaces[i];

		if (*one->tty)
			follow_try(one->tty, &open, &closed);
		if (by_disk && one->class_code == FOLLOW_CLASS_STORAGE)
			*(*one->block ? &open : &closed) += 1;
	}
	if (fm_usb_awaits_tty(device))
		closed++;
	if (closed)
		return open || device->access ? FOLLOW_PARTLY : FOLLOW_CLOSED;
	return open || device->access ? FOLLOW_READY : FOLLOW_CLOSED;
}

static enum follow_state follow_judge(struct follow *follow)
{
	const struct fm_usb_match *match;

	if (follow->not_address && follow->device.address == follow->not_address)
		return FOLLOW_STAYED;
	match = follow_match(follow, false);
	if (!match)
		return follow_match(follow, true) ? FOLLOW_MODE : FOLLOW_OTHER;
	return follow_ways_in(&follow->device, follow_by_disk(match, &follow->device));
}

static bool follow_there_for(const struct follow *follow, int64_t ms)
{
	return fm_now_ns(fm_clock_real()) - follow->since_ns >= ms * 1000000;
}

/* It came back in its ROM, where something else is wanted. */
static bool follow_in_rom(const struct follow *follow, enum follow_state state)
{
	return state == FOLLOW_MODE && follow->not_address &&
	       follow_match(follow, true)->mode == FM_MODE_ROM;
}

/* False: the looking itself failed. */
static bool follow_look(struct follow *follow, enum follow_state *ret, struct fm_error *err)
{
	struct fm_clock *clock = fm_clock_real();

	if (!fm_usb_at(follow->usb_path, &follow->device, err)) {
		*ret = FOLLOW_ABSENT;
		follow->since_address = 0;
		return err->code == FM_GONE;
	}
	*ret = follow_judge(follow);
	if (follow->since_address != follow->device.address) {
		follow->since_address = follow->device.address;
		follow->since_ns = fm_now_ns(clock);
	}
	if (*ret == FOLLOW_PARTLY && follow_there_for(follow, FOLLOW_GRACE_MS))
		*ret = FOLLOW_READY;
	return true;
}

static const char *follow_mode_name(enum fm_mode mode)
{
	static const char *const names[] = { [FM_MODE_APPLICATION] = "application",
					     [FM_MODE_BOOTLOADER] = "boot loader",
					     [FM_MODE_ROM] = "ROM boot loader" };

	return names[mode];
}

static bool follow_fail(const struct follow *follow, enum follow_state state, struct fm_error *err)
{
	const struct fm_usb_device *device = &follow->device;
	const char *wanted = follow_mode_name(follow->mode), *path = follow->usb_path;
	char what[96];

	snprintf(what, sizeof(what), "%04x:%04x%s%s", device->vid, device->pid,
		 *device->product ? " " : "", device->product);
	switch (state) {
	case FOLLOW_STAYED:
		fm_fail(err, FM_TIMEOUT, "the unit at usb %s did not leave: it is still %s", path,
			what);
		return fm_hint(err, "put it into its %s by hand, then run the command again",
			       wanted);
	case FOLLOW_ABSENT:
		fm_fail(err, FM_TIMEOUT,
			follow->not_address ? "the unit left usb %s and nothing came back"
					    : "nothing is attached at usb %s",
			path);
		return fm_hint(err, "unplug it, plug it into the same port and run the command "
				    "again");
	case FOLLOW_MODE:
		if (follow->mode == FM_MODE_APPLICATION && follow_in_rom(follow, state)) {
			fm_fail(err, FM_TIMEOUT,
				"the program did not start: the unit at usb %s came back as %s, "
				"its ROM boot loader",
				path, what);
			return fm_hint(err, "check that the file is a program for this unit, then "
					    "flash it");
		}
		fm_fail(err, FM_TIMEOUT, "the unit at usb %s came back as %s, which is not its %s",
			path, what, wanted);
		return fm_hint(err, "put it into its %s by hand, then run the command again",
			       wanted);
	case FOLLOW_OTHER:
		fm_fail(err, FM_TIMEOUT,
			"the unit at usb %s came back as %s, which is no %s of this model", path,
			what, wanted);
		return fm_hint(err, "check with 'flashmend list' what it is now");
	case FOLLOW_CLOSED:
		fm_fail(err, FM_TIMEOUT,
			"the unit at usb %s is there as %s, but this user may not open it", path,
			what);
		return fm_hint(err, "'flashmend doctor' shows which rule or group is missing");
	case FOLLOW_PARTLY:
	case FOLLOW_READY:
		break;
	}
	return fm_fail(err, FM_INTERNAL, "the unit at usb %s is there", path);
}

static void follow_pause(struct fm_hotplug *hotplug, struct fm_deadline deadline)
{
	struct pollfd fd = { fm_hotplug_fd(hotplug), POLLIN, 0 };
	int64_t left_ms = fm_left_ns(fm_clock_real(), deadline) / 1000000 + 1;

	poll(&fd, 1, left_ms < FOLLOW_LOOK_MS ? (int)left_ms : FOLLOW_LOOK_MS);
	fm_hotplug_drain(hotplug);
}

bool fm_follow_wait(const char *usb_path, const struct fm_usb_match *matches, size_t count,
		    enum fm_mode mode, unsigned not_address, struct fm_deadline deadline,
		    const atomic_bool *cancel, struct fm_usb_device *ret_device,
		    struct fm_error *err)
{
	struct follow follow = { .usb_path = usb_path,
				 .matches = matches,
				 .count = count,
				 .mode = mode,
				 .not_address = not_address };
	FM_CLEANUP(fm_hotplug_done) struct fm_hotplug *hotplug = NULL;

	/* before the first look, so that nothing happens in between */
	if (!fm_hotplug_open(&hotplug, err))
		return false;
	for (;;) {
		enum follow_state state;
		bool late = fm_expired(fm_clock_real(), deadline);

		if (cancel && atomic_load(cancel))
			return fm_fail(err, FM_CANCELLED,
				       "cancelled while waiting for the unit at usb %s", usb_path);
		if (!follow_look(&follow, &state, err))
			return false;
		if (state == FOLLOW_READY || (late && state == FOLLOW_PARTLY)) {
			*ret_device = follow.device;
			return true;
		}
		if (late ||
		    (follow_in_rom(&follow, state) && follow_there_for(&follow, FOLLOW_ROM_MS)))
			return follow_fail(&follow, state, err);
		follow_pause(hotplug, deadline);
	}
}

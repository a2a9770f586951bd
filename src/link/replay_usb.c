#include "link/replay_usb.h"

#include "base/text.h"

#include <string.h>

/* More than a link gives a device for a string. */
#define REPLAY_STRING_MS 5000

/* What was received for one transfer, all of it at one time; *ret_len 0 where nothing was. */
static bool replay_received(struct fm_replay_link *r, void *ret_data, size_t len, size_t *ret_len,
			    struct fm_deadline deadline, struct fm_error *err)
{
	const struct fm_replay_entry *entry = fm_replay_next(r);
	int64_t due_ns = r->clock.now_ns;
	unsigned line = entry ? entry->line : 0;
	uint8_t *bytes = ret_data;

	if (entry && entry->mark == FM_TRACE_RECEIVED)
		due_ns = entry->at_ns + r->offset_ns;
	*ret_len = 0;
	for (; entry && entry->mark == FM_TRACE_RECEIVED; entry = fm_replay_next(r)) {
		if (entry->len > len - *ret_len)
			return fm_replay_differs(r, "fewer are asked for", err);
		memcpy(bytes + *ret_len, entry->data, entry->len);
		*ret_len += entry->len;
		fm_replay_done(r);
	}
	if (due_ns > r->clock.now_ns && due_ns > deadline.at_ns) {
		r->clock.clock.sleep_until(&r->clock.clock, deadline.at_ns);
		return fm_fail(err, FM_TIMEOUT, "%s:%u: what was received here came later", r->path,
			       line);
	}
	r->clock.clock.sleep_until(&r->clock.clock, due_ns);
	return true;
}

static bool replay_out(struct fm_link *link, const char *text, const void *data, size_t len,
		       struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_replay_link *r = (struct fm_replay_link *)link;

	return fm_replay_expect(r, FM_TRACE_USB, text, err) &&
	       fm_replay_compare(r, data, len, err) &&
	       fm_replay_error(r, FM_TRACE_TRANSFER, deadline, err);
}

static bool replay_in(struct fm_link *link, const char *text, void *ret_data, size_t len,
		      size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_replay_link *r = (struct fm_replay_link *)link;

	return fm_replay_expect(r, FM_TRACE_USB, text, err) &&
	       fm_replay_error(r, FM_TRACE_TRANSFER, deadline, err) &&
	       replay_received(r, ret_data, len, ret_len, deadline, err);
}

static bool replay_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
			       const void *data, size_t len, struct fm_deadline deadline,
			       struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_control(text, setup, len);
	return replay_out(link, text, data, len, deadline, err);
}

static bool replay_control_in(struct fm_link *link, const struct fm_usb_setup *setup,
			      void *ret_data, size_t len, size_t *ret_len,
			      struct fm_deadline deadline, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_control(text, setup, len);
	return replay_in(link, text, ret_data, len, ret_len, deadline, err);
}

static bool replay_bulk_out(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
			    struct fm_deadline deadline, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_bulk(text, endpoint, len);
	return replay_out(link, text, data, len, deadline, err);
}

static bool replay_bulk_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
			   size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_bulk(text, endpoint, len);
	return replay_in(link, text, ret_data, len, ret_len, deadline, err);
}

/* A call with nothing to carry. */
static bool replay_call(struct fm_link *link, const char *text, struct fm_error *err)
{
	return replay_out(link, text, NULL, 0, fm_in_ms(link->clock, 0), err);
}

static bool replay_clear_halt(struct fm_link *link, uint8_t endpoint, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_call(text, FM_TRACE_CLEAR_HALT, endpoint);
	return replay_call(link, text, err);
}

static bool replay_set_alternate(struct fm_link *link, unsigned alternate, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_call(text, FM_TRACE_ALTERNATE, alternate);
	return replay_call(link, text, err);
}

static bool replay_reset(struct fm_link *link, struct fm_error *err)
{
	return replay_call(link, FM_TRACE_RESET, err);
}

static bool replay_string(struct fm_link *link, uint8_t index, char *ret_text, size_t size,
			  struct fm_error *err)
{
	/* As much as a string descriptor can hold, in UTF-8. */
	char text[FM_TRACE_SETTING], string[3 * 128];
	size_t len;

	fm_trace_call(text, FM_TRACE_STRING, index);
	if (!replay_in(link, text, string, sizeof(string) - 1, &len,
		       fm_in_ms(link->clock, REPLAY_STRING_MS), err))
		return false;
	string[len] = '\0';
	fm_text_copy(ret_text, size, string);
	return true;
}

static const struct fm_usb_ops replay_usb = {
	.control_out = replay_control_out,
	.control_in = replay_control_in,
	.out = replay_bulk_out,
	.in = replay_bulk_in,
	.clear_halt = replay_clear_halt,
	.set_alternate = replay_set_alternate,
	.reset = replay_reset,
	.string = replay_string,
};

void fm_replay_usb_start(struct fm_replay_link *r)
{
	const struct fm_replay_entry *entry = fm_replay_next(r);
	struct fm_usb_descriptors *all = &r->descriptors;
	uint8_t raw[sizeof(all->device) + sizeof(all->config)];
	size_t len = 0;

	if (entry->mark != FM_TRACE_USB ||
	    sscanf(entry->text, FM_TRACE_INTERFACE " %u", &all->interface) != 1)
		return;
	fm_replay_done(r);
	while ((entry = fm_replay_next(r)) && entry->mark == FM_TRACE_RECEIVED &&
	       entry->len <= sizeof(raw) - len) {
		memcpy(raw + len, entry->data, entry->len);
		len += entry->len;
		fm_replay_done(r);
	}
	if (len < sizeof(all->device))
		return;
	memcpy(all->device, raw, sizeof(all->device));
	all->config_len = len - sizeof(all->device);
	memcpy(all->config, raw + sizeof(all->device), all->config_len);
	r->link.stream = NULL;
	r->link.line = NULL;
	r->link.usb = &replay_usb;
	r->link.usb_descriptors = all;
}

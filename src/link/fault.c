#include "link/fault.h"

#include <stdlib.h>
#include <string.h>

#define FAULT_SLICE_NS 100000000

bool fm_fault_strikes(struct fm_fault_link *f)
{
	f->count++;
	if (f->fault.kind == FM_FAULT_NONE || f->count != f->fault.nth)
		return false;
	f->cut = f->fault.kind == FM_FAULT_CUT;
	return true;
}

bool fm_fault_gone(const struct fm_fault_link *f, struct fm_error *err)
{
	return fm_fail(err, FM_GONE, "%s: the port vanished", f->link.name);
}

void fm_fault_flip(const struct fm_fault_link *f, uint8_t *data, size_t len)
{
	data[f->count % len] ^= (uint8_t)(1 << f->count % 8);
}

static bool fault_hold(struct fm_fault_link *f, struct fm_fault_late *late, const void *data,
		       size_t len, struct fm_error *err)
{
	uint8_t *longer = realloc(late->data, late->len + len);

	if (!longer)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	if (late->len == 0)
		late->due_ns = fm_now_ns(f->link.clock) + f->fault.delay_ms * INT64_C(1000000);
	memcpy(longer + late->len, data, len);
	late->data = longer;
	late->len += len;
	return true;
}

static bool fault_is_due(const struct fm_fault_link *f, const struct fm_fault_late *late)
{
	return late->len > 0 && fm_now_ns(f->link.clock) >= late->due_ns;
}

bool fm_fault_wait(const struct fm_fault_link *f, int64_t until_ns, struct fm_error *err)
{
	struct fm_clock *clock = f->link.clock;

	while (fm_now_ns(clock) < until_ns) {
		int64_t slice_ns = fm_now_ns(clock) + FAULT_SLICE_NS;

		if (fm_link_cancelled(&f->link))
			return fm_fail(err, FM_CANCELLED, "%s: cancelled", f->link.name);
		clock->sleep_until(clock, slice_ns < until_ns ? slice_ns : until_ns);
	}
	return true;
}

/* Hand over what was sent late, when its time has come. */
static bool fault_pass_late(struct fm_fault_link *f, struct fm_deadline deadline,
			    struct fm_error *err)
{
	size_t len = f->sent.len;

	if (!fault_is_due(f, &f->sent))
		return true;
	f->sent.len = 0;
	return fm_send(f->inner, f->sent.data, len, deadline, err);
}

static bool fault_send_wrong(struct fm_fault_link *f, const void *data, size_t len,
			     struct fm_deadline deadline, struct fm_error *err)
{
	uint8_t *wrong = malloc(len + 1);
	bool ok;

	if (!wrong)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	memcpy(wrong, data, len);
	if (len > 0)
		fm_fault_flip(f, wrong, len);
	ok = fm_send(f->inner, wrong, len, deadline, err);
	free(wrong);
	return ok;
}

static bool fault_send(struct fm_link *link, const void *data, size_t len,
		       struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	bool strikes = !f->cut && fm_fault_strikes(f);

	if (f->cut)
		return fm_fault_gone(f, err);
	if (!fault_pass_late(f, deadline, err))
		return false;
	if (strikes && f->fault.kind == FM_FAULT_LOSE)
		return true;
	if (strikes && f->fault.kind == FM_FAULT_CORRUPT)
		return fault_send_wrong(f, data, len, deadline, err);
	if (f->sent.len > 0 || (strikes && f->fault.kind == FM_FAULT_LATE))
		return fault_hold(f, &f->sent, data, len, err);
	return fm_send(f->inner, data, len, deadline, err);
}

/* Receive from the link inside while what was sent late is handed over at its time. */
static bool fault_recv_inner(struct fm_fault_link *f, void *ret_data, size_t len, size_t *ret_len,
			     struct fm_deadline deadline, struct fm_error *err)
{
	for (;;) {
		struct fm_deadline until = deadline;

		if (!fault_pass_late(f, deadline, err))
			return false;
		if (f->sent.len > 0 && f->sent.due_ns < until.at_ns)
			until.at_ns = f->sent.due_ns;
		if (fm_recv_some(f->inner, ret_data, len, ret_len, until, err))
			return true;
		if (err->code != FM_TIMEOUT || until.at_ns == deadline.at_ns)
			return false;
	}
}

/* Bytes that are late: nothing comes until they do. */
static bool fault_recv_late(struct fm_fault_link *f, void *ret_data, size_t len, size_t *ret_len,
			    struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_fault_late *late = &f->received;
	int64_t until_ns = late->due_ns < deadline.at_ns ? late->due_ns : deadline.at_ns;

	if (!fm_fault_wait(f, until_ns, err))
		return false;
	if (!fault_is_due(f, late))
		return fm_fail(err, FM_TIMEOUT, "%s: no answer", f->link.name);
	*ret_len = len < late->len ? len : late->len;
	memcpy(ret_data, late->data, *ret_len);
	late->len -= *ret_len;
	memmove(late->data, late->data + *ret_len, late->len);
	return true;
}

static bool fault_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		       struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	uint8_t *bytes = ret_data;

	while (!f->cut && f->received.len == 0) {
		if (!fault_recv_inner(f, ret_data, len, ret_len, deadline, err))
			return false;
		if (!fm_fault_strikes(f))
			return true;
		switch (f->fault.kind) {
		case FM_FAULT_CORRUPT:
			fm_fault_flip(f, bytes, *ret_len);
			return true;
		case FM_FAULT_REPLACE:
			bytes[0] = f->fault.byte;
			return true;
		case FM_FAULT_LATE:
			if (!fault_hold(f, &f->received, bytes, *ret_len, err))
				return false;
			break;
		default: /* lost, or cut */
			break;
		}
	}
	return f->cut ? fm_fault_gone(f, err)
		      : fault_recv_late(f, ret_data, len, ret_len, deadline, err);
}

/* What is late has not come yet, and survives. */
static bool fault_discard(struct fm_link *link, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	if (f->cut)
		return fm_fault_gone(f, err);
	if (fault_is_due(f, &f->received))
		f->received.len = 0;
	return fault_pass_late(f, fm_in_ms(link->clock, 1000), err) && fm_discard(f->inner, err);
}

static bool fault_configure(struct fm_link *link, const struct fm_line_settings *settings,
			    struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	bool ok = f->cut ? fm_fault_gone(f, err) : fm_line_configure(f->inner, settings, err);

	link->lacks = f->inner->lacks;
	return ok;
}

static bool fault_modem(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	return f->cut ? fm_fault_gone(f, err) : fm_line_modem(f->inner, lines, on, err);
}

static bool fault_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	return f->cut ? fm_fault_gone(f, err) : fm_line_break(f->inner, duration_ms, err);
}

static void fault_close(struct fm_link *link)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	fm_link_close(f->inner);
	free(f->sent.data);
	free(f->received.data);
	free(f);
}

static const struct fm_stream_ops fault_stream = { fault_send, fault_recv, fault_discard };
static const struct fm_line_ops fault_line = { fault_configure, fault_modem, fault_break };

bool fm_fault_open(struct fm_link *inner, const struct fm_fault *fault, struct fm_link **ret_link,
		   struct fm_error *err)
{
	struct fm_fault_link *f = calloc(1, sizeof(*f));

	if (!f)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	fm_link_wrap(&f->link, inner);
	f->link.stream = inner->stream ? &fault_stream : NULL;
	f->link.line = inner->line ? &fault_line : NULL;
	f->link.usb = inner->usb ? &fm_fault_usb : NULL;
	f->link.close = fault_close;
	f->inner = inner;
	f->fault = *fault;
	*ret_link = &f->link;
	return true;
}

unsigned fm_fault_count(const struct fm_link *link)
{
	return ((const struct fm_fault_link *)link)->count;
}

#include "link/trace_usb.h"

#include <string.h>

static void trace_begin(struct fm_trace_link *t, const char *text)
{
	fm_trace_line(t, fm_now_ns(t->link.clock), FM_TRACE_USB, text);
}

static void trace_sent(struct fm_trace_link *t, const char *text, const void *data, size_t len)
{
	int64_t now_ns = fm_now_ns(t->link.clock);

	fm_trace_line(t, now_ns, FM_TRACE_USB, text);
	fm_trace_data(t, now_ns, FM_TRACE_SENT, data, len);
}

static bool trace_ended(struct fm_trace_link *t, bool ok, const struct fm_error *err)
{
	return fm_trace_result(t, ok, FM_TRACE_TRANSFER, err);
}

static bool trace_received(struct fm_trace_link *t, bool ok, const void *data, const size_t *len,
			   const struct fm_error *err)
{
	if (ok)
		fm_trace_data(t, fm_now_ns(t->link.clock), FM_TRACE_RECEIVED, data, *len);
	return trace_ended(t, ok, err);
}

static bool trace_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
			      const void *data, size_t len, struct fm_deadline deadline,
			      struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_control(text, setup, len);
	trace_sent(t, text, data, len);
	return trace_ended(t, fm_usb_control_out(t->inner, setup, data, len, deadline, err), err);
}

static bool trace_control_in(struct fm_link *link, const struct fm_usb_setup *setup, void *ret_data,
			     size_t len, size_t *ret_len, struct fm_deadline deadline,
			     struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];
	bool ok;

	fm_trace_control(text, setup, len);
	trace_begin(t, text);
	ok = fm_usb_control_in(t->inner, setup, ret_data, len, ret_len, deadline, err);
	return trace_received(t, ok, ret_data, ret_len, err);
}

static bool trace_out(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
		      struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_bulk(text, endpoint, len);
	trace_sent(t, text, data, len);
	return trace_ended(t, fm_usb_out(t->inner, endpoint, data, len, deadline, err), err);
}

static bool trace_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
		     size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];
	bool ok;

	fm_trace_bulk(text, endpoint, len);
	trace_begin(t, text);
	ok = fm_usb_in(t->inner, endpoint, ret_data, len, ret_len, deadline, err);
	return trace_received(t, ok, ret_data, ret_len, err);
}

static bool trace_clear_halt(struct fm_link *link, uint8_t endpoint, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_call(text, FM_TRACE_CLEAR_HALT, endpoint);
	trace_begin(t, text);
	return trace_ended(t, t->inner->usb->clear_halt(t->inner, endpoint, err), err);
}

static bool trace_set_alternate(struct fm_link *link, unsigned alternate, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_call(text, FM_TRACE_ALTERNATE, alternate);
	trace_begin(t, text);
	return trace_ended(t, t->inner->usb->set_alternate(t->inner, alternate, err), err);
}

static bool trace_reset(struct fm_link *link, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;

	trace_begin(t, FM_TRACE_RESET);
	return trace_ended(t, t->inner->usb->reset(t->inner, err), err);
}

static bool trace_string(struct fm_link *link, uint8_t index, char *ret_text, size_t size,
			 struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];
	size_t len;
	bool ok;

	fm_trace_call(text, FM_TRACE_STRING, index);
	trace_begin(t, text);
	ok = t->inner->usb->string(t->inner, index, ret_text, size, err);
	len = ok ? strlen(ret_text) : 0;
	return trace_received(t, ok, ret_text, &len, err);
}

void fm_trace_descriptors(struct fm_trace_link *t)
{
	const struct fm_usb_descriptors *all = t->link.usb_descriptors;
	int64_t now_ns = fm_now_ns(t->link.clock);
	char text[FM_TRACE_SETTING];

	if (!all)
		return;
	fm_trace_call(text, FM_TRACE_INTERFACE, all->interface);
	fm_trace_line(t, now_ns, FM_TRACE_USB, text);
	fm_trace_data(t, now_ns, FM_TRACE_RECEIVED, all->device, sizeof(all->device));
	fm_trace_data(t, now_ns, FM_TRACE_RECEIVED, all->config, all->config_len);
}

const struct fm_usb_ops fm_trace_usb = {
	.control_out = trace_control_out,
	.control_in = trace_control_in,
	.out = trace_out,
	.in = trace_in,
	.clear_halt = trace_clear_halt,
	.set_alternate = trace_set_alternate,
	.reset = trace_reset,
	.string = trace_string,
};

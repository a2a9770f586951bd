#include "link/fault.h"

#include <stdlib.h>
#include <string.h>

/* A transfer that never comes through: the deadline passes. */
static bool fault_lost(const struct fm_fault_link *f, struct fm_deadline deadline,
		       struct fm_error *err)
{
	return fm_fault_wait(f, deadline.at_ns, err) &&
	       fm_fail(err, FM_TIMEOUT, "%s: no answer", f->link.name);
}

/* What happens to a transfer before it is one. *ret_wrong: its data are to be spoilt. */
static bool fault_before(struct fm_fault_link *f, struct fm_deadline deadline, bool *ret_wrong,
			 struct fm_error *err)
{
	bool strikes = !f->cut && fm_fault_strikes(f);
	int64_t due_ns = fm_now_ns(f->link.clock) + f->fault.delay_ms * INT64_C(1000000);

	*ret_wrong = strikes && f->fault.kind == FM_FAULT_CORRUPT;
	if (f->cut)
		return fm_fault_gone(f, err);
	if (!strikes)
		return true;
	switch (f->fault.kind) {
	case FM_FAULT_LOSE:
		return fault_lost(f, deadline, err);
	case FM_FAULT_LATE:
		return due_ns > deadline.at_ns ? fault_lost(f, deadline, err)
					       : fm_fault_wait(f, due_ns, err);
	case FM_FAULT_REPLACE:
		return fm_fail(err, FM_NACK, "%s: the transfer was refused (STALL)", f->link.name);
	default:
		return true;
	}
}

/* The data, or a copy of them with one bit wrong, which is the caller's. */
static bool fault_spoil(const struct fm_fault_link *f, bool wrong, const void *data, size_t len,
			uint8_t **ret_copy, struct fm_error *err)
{
	*ret_copy = NULL;
	if (!wrong || len == 0)
		return true;
	*ret_copy = malloc(len);
	if (!*ret_copy)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	memcpy(*ret_copy, data, len);
	fm_fault_flip(f, *ret_copy, len);
	return true;
}

static bool fault_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
			      const void *data, size_t len, struct fm_deadline deadline,
			      struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	uint8_t *copy;
	bool wrong, ok;

	if (!fault_before(f, deadline, &wrong, err) ||
	    !fault_spoil(f, wrong, data, len, &copy, err))
		return false;
	ok = fm_usb_control_out(f->inner, setup, copy ? copy : data, len, deadline, err);
	free(copy);
	return ok;
}

static bool fault_control_in(struct fm_link *link, const struct fm_usb_setup *setup, void *ret_data,
			     size_t len, size_t *ret_len, struct fm_deadline deadline,
			     struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	bool wrong;

	if (!fault_before(f, deadline, &wrong, err) ||
	    !fm_usb_control_in(f->inner, setup, ret_data, len, ret_len, deadline, err))
		return false;
	if (wrong && *ret_len > 0)
		fm_fault_flip(f, ret_data, *ret_len);
	return true;
}

static bool fault_out(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
		      struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	uint8_t *copy;
	bool wrong, ok;

	if (!fault_before(f, deadline, &wrong, err) ||
	    !fault_spoil(f, wrong, data, len, &copy, err))
		return false;
	ok = fm_usb_out(f->inner, endpoint, copy ? copy : data, len, deadline, err);
	free(copy);
	return ok;
}

static bool fault_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
		     size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;
	bool wrong;

	if (!fault_before(f, deadline, &wrong, err) ||
	    !fm_usb_in(f->inner, endpoint, ret_data, len, ret_len, deadline, err))
		return false;
	if (wrong && *ret_len > 0)
		fm_fault_flip(f, ret_data, *ret_len);
	return true;
}

static bool fault_clear_halt(struct fm_link *link, uint8_t endpoint, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	return f->cut ? fm_fault_gone(f, err) : f->inner->usb->clear_halt(f->inner, endpoint, err);
}

static bool fault_set_alternate(struct fm_link *link, unsigned alternate, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	return f->cut ? fm_fault_gone(f, err)
		      : f->inner->usb->set_alternate(f->inner, alternate, err);
}

static bool fault_reset(struct fm_link *link, struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	return f->cut ? fm_fault_gone(f, err) : f->inner->usb->reset(f->inner, err);
}

static bool fault_string(struct fm_link *link, uint8_t index, char *ret_text, size_t size,
			 struct fm_error *err)
{
	struct fm_fault_link *f = (struct fm_fault_link *)link;

	return f->cut ? fm_fault_gone(f, err)
		      : f->inner->usb->string(f->inner, index, ret_text, size, err);
}

const struct fm_usb_ops fm_fault_usb = {
	.control_out = fault_control_out,
	.control_in = fault_control_in,
	.out = fault_out,
	.in = fault_in,
	.clear_halt = fault_clear_halt,
	.set_alternate = fault_set_alternate,
	.reset = fault_reset,
	.string = fault_string,
};

#include "link/usb_private.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <libusb.h>

#include <string.h>

/* The longest time until a cancel is noticed. */
#define TRANSFER_SLICE_NS 50000000

/* usbfs takes no longer control transfer (devio.c: a page, whatever its size elsewhere). */
#define TRANSFER_CONTROL_MOST 4096

/* For the requests that the link itself makes. */
#define TRANSFER_STANDARD_MS 1000

/* US English, where a device does not say which languages its strings have. */
#define TRANSFER_LANGUAGE 0x0409

/* One transfer and its buffer, until it was reaped. */
struct transfer {
	struct fm_usb_link *u;
	struct libusb_transfer *usb;
	uint8_t *buffer;
	int done;
	char what[48]; /* for messages: "request 0x03" */
};

static bool transfer_init(struct transfer *t, struct fm_link *link, size_t size,
			  struct fm_error *err)
{
	t->u = (struct fm_usb_link *)link;
	t->done = 0;
	t->usb = libusb_alloc_transfer(0);
	t->buffer = malloc(size);
	return (t->usb && t->buffer) || fm_fail(err, FM_NO_MEMORY, "out of memory");
}

static void transfer_done(struct transfer *t)
{
	libusb_free_transfer(t->usb);
	free(t->buffer);
}

static void LIBUSB_CALL transfer_completed(struct libusb_transfer *usb)
{
	*(int *)usb->user_data = 1;
}

static void transfer_pump(struct transfer *t, int64_t slice_ns)
{
	struct timeval slice = { 0, (slice_ns + 999) / 1000 };

	/* An error here is a wait that was cut short. */
	libusb_handle_events_timeout_completed(t->u->context, &slice, &t->done);
}

static bool transfer_verdict(const struct transfer *t, bool stopped, struct fm_error *err)
{
	const struct fm_usb_who *who = &t->u->who;

	switch (t->usb->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return true;
	case LIBUSB_TRANSFER_STALL:
		return fm_fail(err, FM_NACK, "%s refused %s (STALL)", who->name, t->what);
	case LIBUSB_TRANSFER_NO_DEVICE:
		return fm_usb_gone(who, err);
	case LIBUSB_TRANSFER_OVERFLOW:
		return fm_fail(err, FM_IO, "%s sent more than was asked for (%s)", who->name,
			       t->what);
	case LIBUSB_TRANSFER_CANCELLED:
		if (stopped && fm_link_cancelled(&t->u->link))
			return fm_fail(err, FM_CANCELLED, "%s: cancelled", who->name);
		if (stopped)
			return fm_fail(err, FM_TIMEOUT, "%s did not answer in time (%s)", who->name,
				       t->what);
		break;
	default:
		break;
	}
	if (fm_usb_left(who))
		return fm_usb_gone(who, err);
	return fm_fail(err, FM_IO, "%s: %s failed on the bus", who->name, t->what);
}

/* Submit it and wait until it was reaped, whatever happens. */
static bool transfer_run(struct transfer *t, struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_link *link = &t->u->link;
	char doing[sizeof(t->what) + 8];
	bool stopped = false;
	int code;

	if (fm_link_cancelled(link))
		return fm_fail(err, FM_CANCELLED, "%s: cancelled", link->name);
	code = libusb_submit_transfer(t->usb);
	if (code < 0) {
		snprintf(doing, sizeof(doing), "begin %s", t->what);
		return fm_usb_fail(&t->u->who, code, doing, err);
	}
	while (!t->done) {
		int64_t left_ns = fm_left_ns(link->clock, deadline);

		if (!stopped && (left_ns == 0 || fm_link_cancelled(link))) {
			/* An error means that it is over already. */
			libusb_cancel_transfer(t->usb);
			stopped = true;
		}
		if (stopped || left_ns > TRANSFER_SLICE_NS)
			left_ns = TRANSFER_SLICE_NS;
		transfer_pump(t, left_ns);
	}
	return transfer_verdict(t, stopped, err);
}

static bool transfer_control(struct transfer *t, const struct fm_usb_setup *setup, size_t len,
			     struct fm_deadline deadline, struct fm_error *err)
{
	libusb_fill_control_setup(t->buffer, setup->type, setup->request, setup->value,
				  setup->index, (uint16_t)len);
	libusb_fill_control_transfer(t->usb, t->u->handle, t->buffer, transfer_completed, &t->done,
				     0);
	snprintf(t->what, sizeof(t->what), "request 0x%02x", setup->request);
	return transfer_run(t, deadline, err);
}

static bool transfer_too_long(const struct fm_link *link, size_t len, struct fm_error *err)
{
	return fm_fail(err, FM_UNSUPPORTED,
		       "%s: a control transfer of %zu bytes; the system takes %d at most",
		       link->name, len, TRANSFER_CONTROL_MOST);
}

static bool usb_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
			    const void *data, size_t len, struct fm_deadline deadline,
			    struct fm_error *err)
{
	struct transfer t;
	bool ok;

	if (len > TRANSFER_CONTROL_MOST)
		return transfer_too_long(link, len, err);
	ok = transfer_init(&t, link, LIBUSB_CONTROL_SETUP_SIZE + len, err);
	if (ok && len > 0)
		memcpy(t.buffer + LIBUSB_CONTROL_SETUP_SIZE, data, len);
	ok = ok && transfer_control(&t, setup, len, deadline, err);
	if (ok && (size_t)t.usb->actual_length != len)
		ok = fm_fail(err, FM_IO, "%s took only %d of %zu bytes (%s)", link->name,
			     t.usb->actual_length, len, t.what);
	transfer_done(&t);
	return ok;
}

static bool usb_control_in(struct fm_link *link, const struct fm_usb_setup *setup, void *ret_data,
			   size_t len, size_t *ret_len, struct fm_deadline deadline,
			   struct fm_error *err)
{
	struct transfer t;
	bool ok;

	if (len > TRANSFER_CONTROL_MOST)
		return transfer_too_long(link, len, err);
	ok = transfer_init(&t, link, LIBUSB_CONTROL_SETUP_SIZE + len, err) &&
	     transfer_control(&t, setup, len, deadline, err);
	if (ok) {
		*ret_len = (size_t)t.usb->actual_length;
		memcpy(ret_data, t.buffer + LIBUSB_CONTROL_SETUP_SIZE, *ret_len);
	}
	transfer_done(&t);
	return ok;
}

/* The descriptor of an endpoint in the setting that is in use; NULL = it has none. */
static const uint8_t *transfer_endpoint(const struct fm_usb_link *u, uint8_t endpoint)
{
	const struct fm_usb_descriptors *all = &u->descriptors;
	const uint8_t *descriptor;
	bool here = false;
	size_t at = 0;

	while ((descriptor = fm_usb_descriptor_next(all->config, all->config_len, &at, 0))) {
		if (descriptor[1] == FM_USB_DESCRIPTOR_INTERFACE && descriptor[0] >= 9)
			here = descriptor[2] == u->interface.number &&
			       descriptor[3] == u->alternate;
		if (here && descriptor[1] == FM_USB_DESCRIPTOR_ENDPOINT && descriptor[0] >= 7 &&
		    descriptor[2] == endpoint)
			return descriptor;
	}
	return NULL;
}

static bool transfer_no_endpoint(const struct fm_link *link, uint8_t endpoint, struct fm_error *err)
{
	return fm_fail(err, FM_UNSUPPORTED, "%s has no endpoint 0x%02x", link->name, endpoint);
}

/* room: of the buffer, whole packets for IN. Table 9-13 of USB 2.0: attributes at 3, size at 4. */
static bool transfer_begin(struct transfer *t, struct fm_link *link, uint8_t endpoint, size_t len,
			   struct fm_error *err)
{
	const uint8_t *descriptor = transfer_endpoint((struct fm_usb_link *)link, endpoint);
	size_t packet, room = len;

	*t = (struct transfer){ 0 };
	if (!descriptor)
		return transfer_no_endpoint(link, endpoint, err);
	packet = fm_get_le16(descriptor + 4) & 0x7ff;
	if ((endpoint & LIBUSB_ENDPOINT_IN) && packet > 0)
		room = len == 0 ? packet : (len + packet - 1) / packet * packet;
	if (!transfer_init(t, link, room + 1, err))
		return false;
	snprintf(t->what, sizeof(t->what), "a transfer on endpoint 0x%02x", endpoint);
	libusb_fill_bulk_transfer(t->usb, t->u->handle, endpoint, t->buffer, (int)room,
				  transfer_completed, &t->done, 0);
	t->usb->type = descriptor[3] & 3;
	return true;
}

static bool usb_out(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
		    struct fm_deadline deadline, struct fm_error *err)
{
	struct transfer t;
	bool ok = transfer_begin(&t, link, endpoint, len, err);

	if (ok && len > 0)
		memcpy(t.buffer, data, len);
	ok = ok && transfer_run(&t, deadline, err);
	if (!ok && t.done && t.usb->actual_length > 0)
		fm_context(err, "after %d of %zu bytes", t.usb->actual_length, len);
	if (ok && (size_t)t.usb->actual_length != len)
		ok = fm_fail(err, FM_IO, "%s took only %d of %zu bytes (%s)", link->name,
			     t.usb->actual_length, len, t.what);
	transfer_done(&t);
	return ok;
}

static bool usb_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
		   size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	struct transfer t;
	bool ok = transfer_begin(&t, link, endpoint, len, err) && transfer_run(&t, deadline, err);

	if (ok && (size_t)t.usb->actual_length > len)
		ok = fm_fail(err, FM_IO, "%s sent %d bytes where %zu were asked for (%s)",
			     link->name, t.usb->actual_length, len, t.what);
	if (ok) {
		*ret_len = (size_t)t.usb->actual_length;
		memcpy(ret_data, t.buffer, *ret_len);
	}
	transfer_done(&t);
	return ok;
}

static bool usb_clear_halt(struct fm_link *link, uint8_t endpoint, struct fm_error *err)
{
	struct fm_usb_link *u = (struct fm_usb_link *)link;
	int code = libusb_clear_halt(u->handle, endpoint);

	if (code == LIBUSB_ERROR_NOT_FOUND)
		return transfer_no_endpoint(link, endpoint, err);
	return code == 0 || fm_usb_fail(&u->who, code, "clear a halt", err);
}

static bool usb_set_alternate(struct fm_link *link, unsigned alternate, struct fm_error *err)
{
	struct fm_usb_link *u = (struct fm_usb_link *)link;
	int code = libusb_set_interface_alt_setting(u->handle, u->interface.number, (int)alternate);

	if (code == LIBUSB_ERROR_NOT_FOUND)
		return fm_fail(err, FM_UNSUPPORTED, "%s: interface %u has no setting %u",
			       link->name, u->interface.number, alternate);
	if (code != 0)
		return fm_usb_fail(&u->who, code, "select a setting", err);
	u->alternate = alternate;
	return true;
}

static bool usb_reset(struct fm_link *link, struct fm_error *err)
{
	struct fm_usb_link *u = (struct fm_usb_link *)link;
	int code = libusb_reset_device(u->handle);

	return code == 0 || fm_usb_fail(&u->who, code, "reset it", err);
}

static bool transfer_read_string(struct fm_link *link, uint8_t index, uint16_t language,
				 uint8_t ret_raw[255], size_t *ret_len, struct fm_error *err)
{
	const struct fm_usb_setup setup = { LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_DESCRIPTOR,
					    (uint16_t)(LIBUSB_DT_STRING << 8 | index), language };

	return usb_control_in(link, &setup, ret_raw, 255, ret_len,
			      fm_in_ms(link->clock, TRANSFER_STANDARD_MS), err);
}

static bool usb_string(struct fm_link *link, uint8_t index, char *ret_text, size_t size,
		       struct fm_error *err)
{
	struct fm_usb_link *u = (struct fm_usb_link *)link;
	uint8_t raw[255];
	size_t len;

	ret_text[0] = '\0';
	if (index == 0)
		return true;
	/* Index 0 holds the languages (USB 2.0, table 9-15); some devices with strings have none.
	 */
	if (u->language == 0) {
		if (transfer_read_string(link, 0, 0, raw, &len, err))
			u->language = len >= 4 ? fm_get_le16(raw + 2) : TRANSFER_LANGUAGE;
		else if (err->code == FM_NACK)
			u->language = TRANSFER_LANGUAGE;
		else
			return false;
	}
	if (!transfer_read_string(link, index, u->language, raw, &len, err))
		return false;
	return fm_usb_string_decode(raw, len, ret_text, size) ||
	       fm_fail(err, FM_PROTOCOL, "%s: string %u is no text", link->name, index);
}

const struct fm_usb_ops fm_usb_transfers = {
	.control_out = usb_control_out,
	.control_in = usb_control_in,
	.out = usb_out,
	.in = usb_in,
	.clear_halt = usb_clear_halt,
	.set_alternate = usb_set_alternate,
	.reset = usb_reset,
	.string = usb_string,
};

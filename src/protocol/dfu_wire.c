#include "protocol/dfu_wire.h"

#include "base/bytes.h"
#include "base/log.h"
#include "base/scope.h"

#include <string.h>

#define TYPE_OUT 0x21 /* bmRequestType: class, to the interface */
#define TYPE_IN 0xa1
#define STATUS_LEN 6
/* dfu-util and fwupd poll devices whose poll time is garbage that often. */
#define GARBAGE_POLL_MS 5
/* A device that says 0 and is busy all the same: not all of a core for it. */
#define LEAST_POLL_MS 1
#define SLICE_NS 100000000 /* the longest time until a cancel is noticed */
#define NORMALISE_MOST 32  /* requests until a device must have come to dfuIDLE */

/* --- names --- */

const char *fm_dfu_status_text(uint8_t status)
{
	/* DFU 1.1, 6.1.2 */
	static const char *const texts[] = {
		"no error",
		"errTARGET: not for this device, or not at this address",
		"errFILE: the device refuses the file",
		"errWRITE: the memory cannot be written",
		"errERASE: erase failed",
		"errCHECK_ERASED: the memory is not blank after the erase",
		"errPROG: programming failed",
		"errVERIFY: the device read back something else",
		"errADDRESS: address out of range",
		"errNOTDONE: the device expected more data",
		"errFIRMWARE: its application is damaged",
		"errVENDOR: refused for a reason of the vendor's",
		"errUSBR: unexpected USB reset",
		"errPOR: unexpected power-on reset",
		"errUNKNOWN: failed, the device does not know why",
		"errSTALLEDPKT: unexpected request",
	};

	return status < FM_COUNT(texts) ? texts[status] : "an unknown error";
}

const char *fm_dfu_state_name(uint8_t state)
{
	static const char *const names[] = {
		[APP_IDLE] = "appIDLE",
		[APP_DETACH] = "appDETACH",
		[DFU_IDLE] = "dfuIDLE",
		[DFU_DNLOAD_SYNC] = "dfuDNLOAD-SYNC",
		[DFU_DNBUSY] = "dfuDNBUSY",
		[DFU_DNLOAD_IDLE] = "dfuDNLOAD-IDLE",
		[DFU_MANIFEST_SYNC] = "dfuMANIFEST-SYNC",
		[DFU_MANIFEST] = "dfuMANIFEST",
		[DFU_MANIFEST_WAIT_RESET] = "dfuMANIFEST-WAIT-RESET",
		[DFU_UPLOAD_IDLE] = "dfuUPLOAD-IDLE",
		[DFU_ERROR] = "dfuERROR",
	};

	return state < FM_COUNT(names) ? names[state] : "an unknown state";
}

/* --- requests --- */

static struct fm_usb_setup dfu_setup(const struct fm_dfu_wire *wire, uint8_t type,
				     enum fm_dfu_request request, uint16_t value)
{
	return (struct fm_usb_setup){ type, (uint8_t)request, value,
				      (uint16_t)wire->link->usb_descriptors->interface };
}

static bool dfu_status_within(struct fm_dfu_wire *wire, int64_t ms, struct fm_dfu_status *ret,
			      struct fm_error *err)
{
	const struct fm_usb_setup setup = dfu_setup(wire, TYPE_IN, DFU_GETSTATUS, 0);
	uint8_t reply[STATUS_LEN];
	size_t len;

	if (!fm_usb_control_in(wire->link, &setup, reply, sizeof(reply), &len,
			       fm_in_ms(wire->link->clock, ms), err))
		return false;
	if (len != sizeof(reply) || reply[4] > DFU_ERROR)
		return fm_fail(err, FM_PROTOCOL, "%s: %zu bytes of status, state %u",
			       wire->link->name, len, len > 4 ? reply[4] : 0);
	*ret = (struct fm_dfu_status){ reply[0], reply[4], reply[5],
				       fm_get_le16(reply + 1) | (uint32_t)reply[3] << 16 };
	wire->state = ret->state;
	return true;
}

bool fm_dfu_get_status(struct fm_dfu_wire *wire, struct fm_dfu_status *ret, struct fm_error *err)
{
	return dfu_status_within(wire, wire->reply_ms, ret, err);
}

bool fm_dfu_send(struct fm_dfu_wire *wire, enum fm_dfu_request request, uint16_t value,
		 struct fm_error *err)
{
	const struct fm_usb_setup setup = dfu_setup(wire, TYPE_OUT, request, value);

	return fm_usb_control_out(wire->link, &setup, NULL, 0,
				  fm_in_ms(wire->link->clock, wire->reply_ms), err);
}

/* Out of dfuERROR, with its reason in the error. That it can't be cleared is not what went wrong.
 */
static bool dfu_refused(struct fm_dfu_wire *wire, const struct fm_dfu_status *status,
			struct fm_error *err)
{
	struct fm_error later;
	char vendor[96] = "";

	wire->refusal = status->status;
	if (status->status == FM_DFU_ERR_VENDOR && status->string &&
	    !wire->link->usb->string(wire->link, status->string, vendor, sizeof(vendor), &later))
		*vendor = '\0';
	if (fm_dfu_send(wire, DFU_CLRSTATUS, 0, &later))
		wire->state = DFU_IDLE;
	else
		fm_log(FM_LOG_DEBUG, "%s: CLRSTATUS: %s", wire->link->name, later.text);
	return fm_fail(err, FM_NACK, "the unit refused it: %s%s%s (dfuERROR, cleared since)",
		       fm_dfu_status_text(status->status), *vendor ? ": " : "", vendor);
}

/* A stalled request: a device in dfuERROR says why. */
static bool dfu_explain(struct fm_dfu_wire *wire, const char *what, struct fm_error *err)
{
	struct fm_dfu_status status;
	struct fm_error later;

	if (err->code != FM_NACK)
		return false;
	if (!fm_dfu_get_status(wire, &status, &later))
		return fm_context(err, "%s", what);
	if (status.state == DFU_ERROR) {
		dfu_refused(wire, &status, err);
		return fm_context(err, "%s", what);
	}
	return fm_fail(err, FM_NACK, "%s: the unit refused the request, it is in %s", what,
		       fm_dfu_state_name(status.state));
}

bool fm_dfu_download(struct fm_dfu_wire *wire, uint16_t block, const void *data, size_t len,
		     struct fm_error *err)
{
	const struct fm_usb_setup setup = dfu_setup(wire, TYPE_OUT, DFU_DNLOAD, block);

	if (!fm_usb_control_out(wire->link, &setup, data, len,
				fm_in_ms(wire->link->clock, wire->reply_ms), err))
		return dfu_explain(wire, "download", err);
	wire->state = len ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
	return true;
}

bool fm_dfu_upload(struct fm_dfu_wire *wire, uint16_t block, void *ret_data, size_t len,
		   size_t *ret_len, struct fm_error *err)
{
	const struct fm_usb_setup setup = dfu_setup(wire, TYPE_IN, DFU_UPLOAD, block);

	if (!fm_usb_control_in(wire->link, &setup, ret_data, len, ret_len,
			       fm_in_ms(wire->link->clock, wire->reply_ms), err))
		return dfu_explain(wire, "upload", err);
	wire->state = *ret_len < len ? DFU_IDLE : DFU_UPLOAD_IDLE;
	return true;
}

/* --- waiting --- */

/* How long until the next GETSTATUS. */
static int64_t dfu_pause_ms(const struct fm_dfu_wire *wire, const struct fm_dfu_wait *wait,
			    const struct fm_dfu_status *status)
{
	if (wait->no_sleep)
		return 0;
	if (wire->poll_ms >= 0)
		return wire->poll_ms;
	/* Three bytes that were never set: nobody means hours. */
	return wait->extra_ms +
	       (status->poll_ms > wire->busy_ms ? GARBAGE_POLL_MS : status->poll_ms);
}

static bool dfu_is_busy(uint8_t state)
{
	return state == DFU_DNLOAD_SYNC || state == DFU_DNBUSY || state == DFU_MANIFEST_SYNC ||
	       state == DFU_MANIFEST;
}

/* What a device asks for may be a minute. */
static bool dfu_pause(const struct fm_dfu_wire *wire, int64_t ms, struct fm_error *err)
{
	struct fm_clock *clock = wire->link->clock;
	int64_t end_ns = fm_now_ns(clock) + ms * 1000000, now_ns;

	while ((now_ns = fm_now_ns(clock)) < end_ns) {
		if (fm_link_cancelled(wire->link))
			return fm_fail(err, FM_CANCELLED, "%s: cancelled", wire->link->name);
		clock->sleep_until(clock, end_ns - now_ns < SLICE_NS ? end_ns : now_ns + SLICE_NS);
	}
	return true;
}

/*
 * Ask until the device is not busy any more. A device that answers with STALL in the middle (some
 * L4) said when it would be ready too early: the same wait once more, as often as forgiven.
 */
static bool dfu_poll(struct fm_dfu_wire *wire, const struct fm_dfu_wait *wait,
		     struct fm_dfu_status *ret, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(wire->link->clock, wire->busy_ms);
	int64_t reply_ms = wait->reply_ms ? wait->reply_ms : wire->reply_ms, pause_ms = 0;
	unsigned stalls = 0;

	for (bool first = true;; first = false) {
		if (dfu_status_within(wire, reply_ms, ret, err)) {
			if (!dfu_is_busy(ret->state))
				return true;
			pause_ms = dfu_pause_ms(wire, wait, ret);
		} else if (err->code != FM_NACK || stalls++ >= wire->stalls) {
			return false;
		}
		if (fm_expired(wire->link->clock, deadline))
			break;
		if (pause_ms == 0 && !first)
			pause_ms = LEAST_POLL_MS;
		if (!dfu_pause(wire, pause_ms, err))
			return false;
	}
	fm_fail(err, FM_TIMEOUT, "the unit has been in %s for %lld s",
		fm_dfu_state_name(wire->state), (long long)(wire->busy_ms / 1000));
	return fm_hint(err, "unplug it, bring it into DFU mode again and run the command again");
}

bool fm_dfu_settle(struct fm_dfu_wire *wire, const struct fm_dfu_wait *wait,
		   struct fm_dfu_status *ret, struct fm_error *err)
{
	static const struct fm_dfu_wait rule;

	if (!dfu_poll(wire, wait ? wait : &rule, ret, err))
		return false;
	return ret->state != DFU_ERROR || dfu_refused(wire, ret, err);
}

bool fm_dfu_settle_block(struct fm_dfu_wire *wire, const struct fm_dfu_wait *wait,
			 struct fm_error *err)
{
	struct fm_dfu_status status;

	if (!fm_dfu_settle(wire, wait, &status, err))
		return false;
	if (status.status != FM_DFU_OK)
		return fm_fail(err, FM_NACK, "the unit says %s, in %s",
			       fm_dfu_status_text(status.status), fm_dfu_state_name(status.state));
	return status.state == DFU_DNLOAD_IDLE ||
	       fm_fail(err, FM_PROTOCOL, "the unit went to %s, not to dfuDNLOAD-IDLE",
		       fm_dfu_state_name(status.state));
}

/* --- to dfuIDLE --- */

static bool dfu_not_in_dfu_mode(const struct fm_dfu_wire *wire, struct fm_error *err)
{
	fm_fail(err, FM_NO_ANSWER, "%s: the unit runs its application (%s), it is not in DFU mode",
		wire->link->name, fm_dfu_state_name(wire->state));
	return fm_hint(err, "bring it into DFU mode by its button and run the command again");
}

/* One step towards dfuIDLE from what the device said. */
static bool dfu_step_back(struct fm_dfu_wire *wire, struct fm_dfu_status *status,
			  struct fm_error *err)
{
	switch (status->state) {
	case APP_IDLE:
	case APP_DETACH:
		return dfu_not_in_dfu_mode(wire, err);
	case DFU_ERROR:
		if (!wire->arrival)
			wire->arrival = status->status ? status->status : 0xff;
		/* ST's library takes it for an error anywhere else. */
		return fm_dfu_send(wire, DFU_CLRSTATUS, 0, err);
	case DFU_DNLOAD_IDLE:
	case DFU_UPLOAD_IDLE:
		return fm_dfu_send(wire, DFU_ABORT, 0, err);
	case DFU_MANIFEST_WAIT_RESET:
		if (wire->link->usb->reset(wire->link, err))
			return true;
		return err->code == FM_GONE
			       ? fm_fail(err, FM_NO_ANSWER,
					 "%s: the unit had a download behind it and has left DFU "
					 "mode by the reset that it waited for",
					 wire->link->name)
			       : false;
	default:
		return true;
	}
}

bool fm_dfu_normalise(struct fm_dfu_wire *wire, struct fm_error *err)
{
	static const struct fm_dfu_wait rule;
	struct fm_dfu_status status;

	for (int i = 0; i < NORMALISE_MOST; i++) {
		if (!dfu_poll(wire, &rule, &status, err)) {
			if (err->code == FM_NACK) {
				wire->state = APP_IDLE;
				return dfu_not_in_dfu_mode(wire, err);
			}
			return false;
		}
		if (status.state == DFU_IDLE)
			return true;
		if (!dfu_step_back(wire, &status, err))
			return false;
	}
	fm_fail(err, FM_PROTOCOL, "%s: the unit stays in %s (%s)", wire->link->name,
		fm_dfu_state_name(wire->state), fm_dfu_status_text(status.status));
	return fm_hint(err, "unplug it, bring it into DFU mode again and run the command again");
}

bool fm_dfu_idle(struct fm_dfu_wire *wire, struct fm_error *err)
{
	return wire->state == DFU_IDLE || fm_dfu_normalise(wire, err);
}

bool fm_dfu_select(struct fm_dfu_wire *wire, unsigned alternate, struct fm_error *err)
{
	if (wire->alternate == (int)alternate)
		return true;
	/* Some stacks break on a SET_INTERFACE that they did not expect. */
	if (wire->alternate_count > 1 &&
	    !wire->link->usb->set_alternate(wire->link, alternate, err))
		return fm_context(err, "selecting alternate setting %u", alternate);
	wire->alternate = (int)alternate;
	return true;
}

int fm_dfu_alternate_of(const struct fm_dfu_wire *wire, enum fm_space space)
{
	int number = space == FM_SPACE_FLASH ? 0
		     : space >= FM_SPACE_ALT1 && space <= FM_SPACE_ALT7
			     ? (int)space - FM_SPACE_ALT1 + 1
			     : -1;

	for (size_t i = 0; i < wire->alternate_count; i++) {
		if (wire->alternates[i].number == number)
			return number;
	}
	return -1;
}

/* --- leaving --- */

#define LEAVE_REPLY_MS 500
#define LEAVE_PAUSE_MS 20

bool fm_dfu_has_left(struct fm_dfu_wire *wire, int64_t within_ms, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(wire->link->clock, within_ms);
	struct fm_dfu_status status;
	unsigned silent = 0, refused = 0;

	for (;;) {
		if (dfu_status_within(wire, LEAVE_REPLY_MS, &status, err)) {
			silent = refused = 0;
			if (status.state <= APP_DETACH)
				return true;
		} else if (err->code == FM_CANCELLED) {
			return false;
		} else if (err->code == FM_NACK) {
			/* DfuSe leaves at a GETSTATUS: one that was refused has to be repeated. */
			if (++refused == 2)
				return true;
		} else if (err->code == FM_GONE || ++silent == 3) {
			return true;
		}
		if (silent == 0 && refused == 0 && fm_expired(wire->link->clock, deadline))
			break;
		fm_sleep_ms(wire->link->clock, LEAVE_PAUSE_MS);
	}
	fm_fail(err, FM_NACK, "%s: the unit does not leave DFU mode, it is still in %s",
		wire->link->name, fm_dfu_state_name(status.state));
	return fm_hint(err, "what was written stays written; unplug the unit and plug it in again");
}

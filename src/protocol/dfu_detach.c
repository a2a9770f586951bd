/* Out of the application: DFU_DETACH to its run-time interface (DFU 1.1, chapter 5). */
#include "protocol/dfu_wire.h"

#define DETACH_MS 1000  /* wValue that every tool sends */
#define FORCE_INDEX 256 /* bit 8 of wIndex: entry-methods.md, section 2 */

/* In DFU mode already? A run-time interface need not know GETSTATUS. */
static bool detach_is_needless(struct fm_dfu_wire *wire, bool *ret_needless, struct fm_error *err)
{
	struct fm_dfu_status status;

	*ret_needless = false;
	if (!fm_dfu_get_status(wire, &status, err))
		return err->code == FM_NACK || err->code == FM_TIMEOUT || err->code == FM_IO ||
		       err->code == FM_PROTOCOL;
	if (status.state <= APP_DETACH)
		return true;
	*ret_needless = true;
	return fm_dfu_normalise(wire, err);
}

static bool detach_send(struct fm_dfu_wire *wire, bool force, struct fm_error *err)
{
	const struct fm_usb_setup setup = { 0x21, DFU_DETACH, DETACH_MS,
					    (uint16_t)(wire->link->usb_descriptors->interface |
						       (force ? FORCE_INDEX : 0)) };

	return fm_usb_control_out(wire->link, &setup, NULL, 0,
				  fm_in_ms(wire->link->clock, wire->reply_ms), err);
}

bool fm_dfu_detach(struct fm_link *link, bool force, struct fm_error *err)
{
	/* Waits are those of the start of an application: nothing here takes long. */
	const struct fm_params params = { .values = {
						  [DFU_PARAM_POLL_MS] = -1,
						  [DFU_PARAM_REPLY_MS] = 2000,
						  [DFU_PARAM_BUSY_MS] = 5000,
						  [DFU_PARAM_TRANSFER] = 64,
						  [DFU_PARAM_ATTRIBUTES] = -1,
						  [DFU_PARAM_FORCE] = 1,
					  } };
	struct fm_dfu_wire wire;
	bool needless;

	if (!fm_dfu_wire_init(&wire, link, &params, err))
		return false;
	/* Not where it is the only setting of interface 0: some stacks break on it. */
	if ((link->usb_descriptors->interface > 0 || wire.alternate_count > 1) &&
	    !link->usb->set_alternate(link, 0, err) && err->code != FM_NACK)
		return false;
	if (!detach_is_needless(&wire, &needless, err))
		return false;
	if (needless)
		return true;
	/* Many leave before they have answered: the bus shows whether it worked. */
	if (!detach_send(&wire, force, err)) {
		if (err->code == FM_GONE)
			return true;
		if (err->code != FM_NACK && err->code != FM_TIMEOUT && err->code != FM_IO)
			return false;
	}
	if (wire.functional.attributes & FM_DFU_WILL_DETACH)
		return true;
	/* FM_GONE: it is back as something else, which is what was wanted. */
	return link->usb->reset(link, err) || err->code == FM_GONE ||
	       fm_context(err, "reset after DFU_DETACH");
}

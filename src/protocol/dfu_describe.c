/* What a DFU device says of itself: functional descriptor, alternate settings and their names. */
#include "protocol/dfu_wire.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define GET_DESCRIPTOR 6 /* USB 2.0, table 9-4 */
#define STANDARD_IN_INTERFACE 0x81
#define DFU_FUNCTIONAL 0x21 /* DFU 1.1, table 4.2; the same number as HID's */
#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 1
#define MAX_PACKET_AT 7 /* bMaxPacketSize0 in the device descriptor */

/* Repair rules of dfu-util and fwupd; which device needs which: doc/protocols/dfu.md. */
#define VERSION_SWAPPED 0x1a01 /* OPC-20: DfuSe with its bytes exchanged */
#define VERSION_ATMEL 0xff01   /* another command set inside of DNLOAD */
#define TRANSFER_UNSET 0xffff
#define TRANSFER_FOR_UNSET 1024
#define TRANSFER_FOR_ZERO 64

void fm_dfu_functional_parse(const uint8_t *descriptor, size_t len, struct fm_dfu_functional *ret)
{
	uint16_t transfer = len >= 7 ? fm_get_le16(descriptor + 5) : 0;

	*ret = (struct fm_dfu_functional){ .version = FM_DFU_VERSION_1_0 };
	if (len < 3)
		return;
	ret->attributes = descriptor[2];
	if (len >= 5)
		ret->detach_ms = fm_get_le16(descriptor + 3);
	if (len < 7)
		return;
	ret->transfer_len = transfer == TRANSFER_UNSET ? TRANSFER_FOR_UNSET
			    : transfer == 0            ? TRANSFER_FOR_ZERO
						       : transfer;
	if (len < 9)
		return;
	ret->version = fm_get_le16(descriptor + 7);
	if (ret->version == VERSION_SWAPPED)
		ret->version = FM_DFU_VERSION_DFUSE;
	else if (ret->version != FM_DFU_VERSION_1_0 && ret->version != FM_DFU_VERSION_DFUSE &&
		 ret->version != VERSION_ATMEL)
		ret->version = FM_DFU_VERSION_1_1;
}

/*
 * The claimed interface's alternate settings, and the functional descriptor: before the first
 * interface or behind one of the settings. That of another interface is another's (or is a HID
 * descriptor).
 */
static bool dfu_walk(struct fm_dfu_wire *wire)
{
	const struct fm_usb_descriptors *d = wire->link->usb_descriptors;
	bool ours = true, found = false;
	const uint8_t *at;

	for (size_t i = 0; (at = fm_usb_descriptor_next(d->config, d->config_len, &i, 0));) {
		if (at[1] == FM_USB_DESCRIPTOR_INTERFACE && at[0] >= 9) {
			ours = at[2] == d->interface;
			if (!ours || wire->alternate_count == FM_DFU_ALTERNATES_MOST)
				continue;
			if (wire->alternate_count == 0)
				wire->protocol = at[7];
			wire->alternates[wire->alternate_count].number = at[3];
			wire->alternates[wire->alternate_count++].string = at[8];
		} else if (at[1] == DFU_FUNCTIONAL && ours && !found) {
			fm_dfu_functional_parse(at, at[0], &wire->functional);
			found = true;
		}
	}
	return found;
}

/* Not in the configuration: some give it only when asked by its type. */
static bool dfu_ask_functional(struct fm_dfu_wire *wire)
{
	const struct fm_usb_setup setup = { STANDARD_IN_INTERFACE, GET_DESCRIPTOR,
					    DFU_FUNCTIONAL << 8,
					    (uint16_t)wire->link->usb_descriptors->interface };
	struct fm_error ignored;
	uint8_t data[9];
	size_t len;

	if (!fm_usb_control_in(wire->link, &setup, data, sizeof(data), &len,
			       fm_in_ms(wire->link->clock, wire->reply_ms), &ignored) ||
	    len < 3 || data[1] != DFU_FUNCTIONAL)
		return false;
	fm_dfu_functional_parse(data, len < data[0] ? len : data[0], &wire->functional);
	return true;
}

static bool dfu_limit_transfer(struct fm_dfu_wire *wire, int64_t forced, struct fm_error *err)
{
	struct fm_dfu_functional *f = &wire->functional;
	uint8_t packet = wire->link->usb_descriptors->device[MAX_PACKET_AT];

	if (f->version == FM_DFU_VERSION_DFUSE && (f->attributes & FM_DFU_ACCELERATED))
		f->transfer_len = FM_DFU_TRANSFER_MOST;
	if (forced)
		f->transfer_len = (uint32_t)forced;
	if (f->transfer_len == 0) {
		fm_fail(err, FM_UNSUPPORTED,
			"%s: the unit does not say how much it takes in one transfer",
			wire->link->name);
		return fm_hint(err, "a definition can say it: parameter 'transfer-size'");
	}
	if (f->transfer_len < packet)
		f->transfer_len = packet;
	if (f->transfer_len > FM_DFU_TRANSFER_MOST)
		f->transfer_len = FM_DFU_TRANSFER_MOST;
	return true;
}

static bool dfu_check_mode(const struct fm_dfu_wire *wire, bool force, struct fm_error *err)
{
	if (wire->alternate_count == 0)
		return fm_fail(err, FM_PROTOCOL, "%s: its descriptors do not hold the interface %u",
			       wire->link->name, wire->link->usb_descriptors->interface);
	if (wire->functional.version == VERSION_ATMEL)
		return fm_fail(err, FM_UNSUPPORTED,
			       "%s: Atmel's own commands over DFU, which are not known here",
			       wire->link->name);
	if (wire->protocol != 1 || force)
		return true;
	fm_fail(err, FM_NO_ANSWER, "%s: the unit runs its application, it is not in DFU mode",
		wire->link->name);
	return fm_hint(err, "bring it into DFU mode by its button and run the command again");
}

bool fm_dfu_wire_init(struct fm_dfu_wire *wire, struct fm_link *link,
		      const struct fm_params *params, struct fm_error *err)
{
	const int64_t *values = params->values;

	*wire = (struct fm_dfu_wire){
		.link = link,
		.reply_ms = values[DFU_PARAM_REPLY_MS],
		.busy_ms = values[DFU_PARAM_BUSY_MS],
		.poll_ms = values[DFU_PARAM_POLL_MS],
		.alternate = -1,
		.functional = { .version = FM_DFU_VERSION_1_0 },
	};
	if (!dfu_walk(wire) && !dfu_ask_functional(wire))
		wire->functional.attributes = FM_DFU_CAN_DNLOAD;
	if (values[DFU_PARAM_VERSION])
		wire->functional.version = (uint16_t)values[DFU_PARAM_VERSION];
	if (values[DFU_PARAM_ATTRIBUTES] >= 0)
		wire->functional.attributes = (uint8_t)values[DFU_PARAM_ATTRIBUTES];
	return dfu_check_mode(wire, values[DFU_PARAM_FORCE], err) &&
	       dfu_limit_transfer(wire, values[DFU_PARAM_TRANSFER], err);
}

bool fm_dfu_alternate_name(struct fm_dfu_wire *wire, size_t index, char *ret, size_t size,
			   struct fm_error *err)
{
	uint8_t string = wire->alternates[index].string;

	*ret = '\0';
	if (string == 0 || wire->link->usb->string(wire->link, string, ret, size, err))
		return true;
	*ret = '\0';
	/* A number that names no string: it has no name. */
	return err->code == FM_NACK || err->code == FM_PROTOCOL;
}

static size_t dfu_name_letters(const char *text, char *ret, size_t most)
{
	size_t n = 0;

	for (const char *c = text; *c && n < most; c++) {
		char low = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;

		if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9'))
			ret[n++] = low;
		else if (n > 0 && ret[n - 1] != '-')
			ret[n++] = '-';
	}
	while (n > 0 && ret[n - 1] == '-')
		n--;
	ret[n] = '\0';
	return n;
}

void fm_dfu_region_name(const struct fm_memory *memory, const char *text, char ret[32])
{
	char base[27]; /* room for a number up to FM_REGION_MOST */

	if (dfu_name_letters(text, base, sizeof(base) - 1) == 0)
		fm_text_copy(base, sizeof(base), "memory");
	fm_text_copy(ret, 32, base);
	for (unsigned i = 2; fm_memory_named(memory, ret); i++)
		snprintf(ret, 32, "%s-%u", base, i & 0xff);
}

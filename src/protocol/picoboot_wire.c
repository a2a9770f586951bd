#include "protocol/picoboot_wire.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC 0x431fd10bu

/* picoboot_connection.c: a command 3 s, its data 10 s, the acknowledgement 10 s where there was no
 * data and 3 s where there was. */
enum { COMMAND_MS = 3000, WORK_MS = 10000, ACK_MS = 3000, CONTROL_MS = 1000 };

/* Requests to the interface (boot/picoboot.h), and standard ones to an endpoint */
enum { IF_RESET = 0x41, IF_CMD_STATUS = 0x42 };
enum { VENDOR_OUT = 0x41, VENDOR_IN = 0xc1, ENDPOINT_IN = 0x82, GET_STATUS = 0 };

static struct fm_picoboot_wire *wire_of(struct fm_session *s)
{
	return s->state;
}

static const char *wire_command_name(uint8_t id)
{
	switch (id) {
	case PC_EXCLUSIVE_ACCESS:
		return "EXCLUSIVE_ACCESS";
	case PC_REBOOT:
		return "REBOOT";
	case PC_FLASH_ERASE:
		return "FLASH_ERASE";
	case PC_READ:
		return "READ";
	case PC_WRITE:
		return "WRITE";
	case PC_EXIT_XIP:
		return "EXIT_XIP";
	case PC_REBOOT2:
		return "REBOOT2";
	case PC_GET_INFO:
		return "GET_INFO";
	default:
		return "a command";
	}
}

static const char *wire_status_name(uint32_t status)
{
	static const char *const names[] = {
		"no reason",
		"unknown command",
		"wrong length of the arguments",
		"wrong transfer length",
		"bad address",
		"bad alignment",
		"a write by its drive came between",
		"it is about to restart",
		"unknown error",
		"bad state",
		"not permitted",
		"bad argument",
		"buffer too small",
		"precondition not met",
		"data was modified",
		"invalid data",
		"not found",
		"unsupported modification",
	};

	return status < FM_COUNT(names) ? names[status] : "no known reason";
}

/* --- endpoints --- */

/* In the order in which the ROM lists them: OUT, then IN. */
bool fm_picoboot_find(struct fm_session *s, struct fm_error *err)
{
	const struct fm_usb_descriptors *d = s->link->usb_descriptors;
	struct fm_picoboot_wire *wire = wire_of(s);
	bool inside = false;
	uint8_t found[2] = { 0, 0 };
	size_t n = 0;

	for (size_t at = 0; at + 2 <= d->config_len && d->config[at] >= 2; at += d->config[at]) {
		const uint8_t *p = d->config + at;

		if (p[0] > d->config_len - at)
			break;
		if (p[1] == FM_USB_DESCRIPTOR_INTERFACE && p[0] >= 9)
			inside = p[2] == d->interface && p[3] == 0;
		/* bmAttributes 2: bulk */
		if (!inside || p[1] != FM_USB_DESCRIPTOR_ENDPOINT || p[0] < 7)
			continue;
		if ((p[3] & 3) == 2 && n < FM_COUNT(found))
			found[n] = p[2];
		n++;
	}
	if (n != 2 || !found[0] || (found[0] & 0x80) || !(found[1] & 0x80)) {
		fm_fail(err, FM_UNSUPPORTED,
			"interface %u has not the two bulk endpoints of PICOBOOT", d->interface);
		return fm_hint(err, "check that the unit is in BOOTSEL mode and the model right");
	}
	wire->out = found[0];
	wire->in = found[1];
	return true;
}

/* --- back into step --- */

/* Only one that is halted: clearing another would put the two sides' data toggles apart, as the ROM
 * leaves its own alone then (picoboot_connection.c asks too). */
static bool wire_unhalt(struct fm_session *s, uint8_t endpoint, struct fm_error *err)
{
	const struct fm_usb_setup setup = { ENDPOINT_IN, GET_STATUS, 0, endpoint };
	uint8_t status[2];
	size_t len;

	if (!fm_usb_control_in(s->link, &setup, status, sizeof(status), &len,
			       fm_in_ms(s->link->clock, CONTROL_MS), err))
		return false;
	if (len != sizeof(status))
		return fm_fail(err, FM_PROTOCOL, "an endpoint's status of %zu bytes", len);
	return !(status[0] & 1) || s->link->usb->clear_halt(s->link, endpoint, err);
}

bool fm_picoboot_reset(struct fm_session *s, struct fm_error *err)
{
	struct fm_picoboot_wire *wire = wire_of(s);
	const struct fm_usb_setup setup = { VENDOR_OUT, IF_RESET, 0,
					    (uint16_t)s->link->usb_descriptors->interface };

	if (!wire_unhalt(s, wire->in, err) || !wire_unhalt(s, wire->out, err) ||
	    !fm_usb_control_out(s->link, &setup, NULL, 0, fm_in_ms(s->link->clock, CONTROL_MS),
				err))
		return false;
	wire->unsettled = false;
	wire->exclusive = false; /* RESET ends it */
	wire->exited = false;
	return true;
}

bool fm_picoboot_status(struct fm_session *s, uint32_t *ret_status, struct fm_error *err)
{
	const struct fm_usb_setup setup = { VENDOR_IN, IF_CMD_STATUS, 0,
					    (uint16_t)s->link->usb_descriptors->interface };
	uint8_t block[16];
	size_t len;

	if (!fm_usb_control_in(s->link, &setup, block, sizeof(block), &len,
			       fm_in_ms(s->link->clock, CONTROL_MS), err))
		return false;
	if (len != sizeof(block))
		return fm_fail(err, FM_PROTOCOL, "a command status of %zu bytes", len);
	/* Of another command: this one was not even taken. */
	*ret_status = fm_get_le32(block) == wire_of(s)->token ? fm_get_le32(block + 4) : UINT32_MAX;
	return true;
}

/* --- commands --- */

static bool wire_send(struct fm_session *s, const struct fm_picoboot_command *command,
		      struct fm_error *err)
{
	struct fm_picoboot_wire *wire = wire_of(s);
	uint8_t packet[32] = { 0 };

	fm_put_le32(packet, MAGIC);
	fm_put_le32(packet + 4, ++wire->token);
	packet[8] = command->id;
	packet[9] = command->args_len;
	fm_put_le32(packet + 12, command->len);
	memcpy(packet + 16, command->args, sizeof(command->args));
	return fm_usb_out(s->link, wire->out, packet, sizeof(packet),
			  fm_in_ms(s->link->clock, COMMAND_MS), err);
}

static bool wire_data(struct fm_session *s, const struct fm_picoboot_command *command,
		      struct fm_error *err)
{
	struct fm_picoboot_wire *wire = wire_of(s);
	struct fm_deadline deadline = fm_in_ms(s->link->clock, WORK_MS);
	size_t len;

	if (command->len == 0)
		return true;
	if (!(command->id & 0x80))
		return fm_usb_out(s->link, wire->out, command->out, command->len, deadline, err);
	if (!fm_usb_in(s->link, wire->in, command->ret_in, command->len, &len, deadline, err))
		return false;
	return len == command->len ||
	       fm_fail(err, FM_PROTOCOL, "%zu bytes came instead of %" PRIu32, len, command->len);
}

/* In the other direction than the data. */
static bool wire_acknowledge(struct fm_session *s, const struct fm_picoboot_command *command,
			     struct fm_error *err)
{
	struct fm_picoboot_wire *wire = wire_of(s);
	struct fm_deadline deadline = fm_in_ms(s->link->clock, command->len ? ACK_MS : WORK_MS);
	uint8_t packet[64];
	size_t len;

	if (command->id & 0x80)
		return fm_usb_out(s->link, wire->out, NULL, 0, deadline, err);
	if (!fm_usb_in(s->link, wire->in, packet, sizeof(packet), &len, deadline, err))
		return false;
	return len == 0 || fm_fail(err, FM_PROTOCOL, "%zu bytes came as an acknowledgement", len);
}

/* What the ROM says about it, and RESET, which later commands need. When either fails too, the
 * first error tells more, unless it fails because the unit has left. */
static bool wire_failed(struct fm_session *s, const struct fm_picoboot_command *command,
			struct fm_error *err)
{
	const char *name = wire_command_name(command->id);
	struct fm_picoboot_wire *wire = wire_of(s);
	uint32_t status = UINT32_MAX;
	struct fm_error later;
	char where[24] = "";

	if (command->addr)
		snprintf(where, sizeof(where), " at 0x%08" PRIx32, command->addr);
	wire->unsettled = true;
	if (err->code != FM_NACK && err->code != FM_TIMEOUT && err->code != FM_PROTOCOL)
		return fm_context(err, "%s%s", name, where);
	if (!fm_picoboot_status(s, &status, &later))
		status = UINT32_MAX;
	wire->status = status;
	if (!fm_picoboot_reset(s, &later)) {
		wire->unsettled = true;
		if (later.code == FM_GONE)
			*err = later;
	}
	if (status == PICOBOOT_OK || status == UINT32_MAX)
		return fm_context(err, "%s%s", name, where);
	fm_error_clear(err);
	return fm_fail(err, FM_NACK, "the boot ROM refused %s%s: %s (status %" PRIu32 ")", name,
		       where, wire_status_name(status), status);
}

bool fm_picoboot_do(struct fm_session *s, const struct fm_picoboot_command *command,
		    struct fm_error *err)
{
	struct fm_picoboot_wire *wire = wire_of(s);

	if (wire->unsettled && !fm_picoboot_reset(s, err))
		return false;
	wire->status = UINT32_MAX;
	return (wire_send(s, command, err) && wire_data(s, command, err) &&
		wire_acknowledge(s, command, err)) ||
	       wire_failed(s, command, err);
}

bool fm_picoboot_exit_xip(struct fm_session *s, struct fm_error *err)
{
	const struct fm_picoboot_command command = { .id = PC_EXIT_XIP };
	struct fm_picoboot_wire *wire = wire_of(s);

	if (wire->exited && !wire->unsettled)
		return true;
	if (!fm_picoboot_do(s, &command, err))
		return false;
	wire->exited = true;
	return true;
}

struct fm_picoboot_command fm_picoboot_range(uint8_t id, uint32_t addr, uint32_t len)
{
	struct fm_picoboot_command command = { .id = id, .args_len = 8, .addr = addr };

	fm_put_le32(command.args, addr);
	fm_put_le32(command.args + 4, len);
	return command;
}

bool fm_picoboot_read_pages(struct fm_session *s, uint32_t addr, uint8_t *ret_data, uint32_t len,
			    struct fm_error *err)
{
	struct fm_picoboot_command command = fm_picoboot_range(PC_READ, addr, len);

	command.ret_in = ret_data;
	command.len = len;
	return fm_picoboot_exit_xip(s, err) && fm_picoboot_do(s, &command, err);
}

/*
 * PICOBOOT: the boot ROM of RP2040 and RP2350 (BOOTSEL) on its vendor interface. A command goes out
 * in 32 bytes, its data follows in its direction, and a packet of no length comes back against it:
 *
 *   OUT  0BD11F43 token id args-len 0000 length  16 bytes of arguments
 *   OUT or IN  data                              IN where bit 7 of the id is set
 *   IN or OUT  nothing                           the acknowledgement
 *
 * After a STALL: control request 42 says why, 41 brings both sides back.
 *
 * What it gets wrong: an RP2040 acknowledges commands without data that it refused (an erase
 * outside the flash or out of line) and says nothing anywhere, so what is asked of it is checked
 * here; neither chip tells how large its flash is, and beyond its end the flash begins anew.
 * Facts and sources: doc/protocols/picoboot.md.
 */
#include "protocol/protocol.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "protocol/picoboot_look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SRAM_END_RP2040 0x20042000u /* the stack of a normal boot, as picotool gives it */

enum {
	ERASE_MOST = 16, /* sectors in a command: 6.4 s of its 10 s where each takes the longest */
	RESTART_DELAY_MS = 500, /* picotool */
	LEAVE_MS = 3000,
};

/* --- commands --- */

/* Not before the first change: it would outlive a session that only asks. The drive stays where it
 * is (2 would eject it, which no RESET takes back); what a desktop writes to it fails. */
static bool picoboot_exclude(struct fm_session *s, struct fm_error *err)
{
	const struct fm_picoboot_command command = { .id = PC_EXCLUSIVE_ACCESS,
						     .args_len = 1,
						     .args = { 1 } };
	struct fm_picoboot_state *st = s->state;

	if (st->wire.exclusive && !st->wire.unsettled)
		return true;
	if (!fm_picoboot_do(s, &command, err))
		return false;
	st->wire.exclusive = true;
	return true;
}

/* Beyond its end the flash begins anew: a write there would destroy its start. */
static bool picoboot_check(const struct fm_session *s, enum fm_space space, uint64_t addr,
			   uint64_t len, uint32_t align, struct fm_error *err)
{
	const struct fm_picoboot_state *st = s->state;

	if (space == FM_SPACE_FLASH && len > 0 && addr % align == 0 && len % align == 0 &&
	    addr >= FM_PICOBOOT_FLASH && len <= st->window &&
	    addr - FM_PICOBOOT_FLASH <= st->window - len)
		return true;
	return fm_fail(err, FM_UNSUPPORTED,
		       "%s 0x%" PRIx64 ", %" PRIu64 " bytes: the unit's flash is 0x%x, %" PRIu32
		       " bytes, in steps of %" PRIu32,
		       fm_space_name(space), addr, len, FM_PICOBOOT_FLASH, st->window, align);
}

/* --- erase, write, read --- */

static bool picoboot_erase_range(struct fm_session *s, uint64_t addr, uint64_t len,
				 struct fm_error *err)
{
	const struct fm_picoboot_command command =
		fm_picoboot_range(PC_FLASH_ERASE, (uint32_t)addr, (uint32_t)len);

	return picoboot_check(s, FM_SPACE_FLASH, addr, len, FM_PICOBOOT_SECTOR, err) &&
	       picoboot_exclude(s, err) && fm_picoboot_exit_xip(s, err) &&
	       fm_picoboot_do(s, &command, err);
}

/* All of them are checked first: after a refusal in the middle part would be gone. */
static bool picoboot_erase(struct fm_session *s, const struct fm_block *blocks, size_t count,
			   struct fm_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct fm_range *range = &blocks[i].range;

		if (!picoboot_check(s, range->space, range->addr, range->len, FM_PICOBOOT_SECTOR,
				    err))
			return false;
	}
	for (size_t i = 0, next; i < count; i = next) {
		uint64_t addr = blocks[i].range.addr, end = addr + blocks[i].range.len;

		for (next = i + 1; next < count && blocks[next].range.addr == end; next++)
			end += blocks[next].range.len;
		for (uint64_t len; addr < end; addr += len) {
			len = end - addr < ERASE_MOST * FM_PICOBOOT_SECTOR
				      ? end - addr
				      : ERASE_MOST * FM_PICOBOOT_SECTOR;
			if (!picoboot_erase_range(s, addr, len, err))
				return false;
		}
	}
	return true;
}

/* The ROM takes any multiple of its page of 256 bytes; the region's page is a sector, which costs
 * one command and not sixteen. */
static bool picoboot_write(struct fm_session *s, enum fm_space space, uint64_t addr,
			   const uint8_t *data, size_t len, struct fm_error *err)
{
	struct fm_picoboot_command command;

	if (!picoboot_check(s, space, addr, len, FM_PICOBOOT_PAGE, err) ||
	    !picoboot_exclude(s, err) || !fm_picoboot_exit_xip(s, err))
		return false;
	command = fm_picoboot_range(PC_WRITE, (uint32_t)addr, (uint32_t)len);
	command.out = data;
	command.len = (uint32_t)len;
	return fm_picoboot_do(s, &command, err);
}

/* The ROM reads from the start of a page on. */
static bool picoboot_read(struct fm_session *s, enum fm_space space, uint64_t addr,
			  uint8_t *ret_data, size_t len, struct fm_error *err)
{
	uint32_t before = addr % FM_PICOBOOT_PAGE;
	uint8_t window[FM_PICOBOOT_PAGE + FM_PICOBOOT_SECTOR];

	if (!picoboot_check(s, space, addr, len, 1, err))
		return false;
	if (before == 0)
		return fm_picoboot_read_pages(s, (uint32_t)addr, ret_data, (uint32_t)len, err);
	if (len > FM_PICOBOOT_SECTOR)
		return fm_fail(err, FM_INTERNAL, "a read of %zu bytes", len);
	if (!fm_picoboot_read_pages(s, (uint32_t)addr - before, window, before + (uint32_t)len,
				    err))
		return false;
	memcpy(ret_data, window + before, len);
	return true;
}

/* --- the end: its drive may write again --- */

/* It stays shut until the cable is pulled otherwise. RESET opens it whatever went on before. */
static bool picoboot_release(struct fm_session *s, struct fm_error *err)
{
	const struct fm_picoboot_state *st = s->state;

	return (!st->wire.exclusive && !st->wire.unsettled) || fm_picoboot_reset(s, err);
}

/* --- the end: restart --- */

static bool picoboot_has_left(struct fm_session *s, struct fm_error *err)
{
	struct fm_picoboot_state *st = s->state;

	st->wire.exclusive = st->wire.unsettled = false;
	fm_error_clear(err);
	return true;
}

static bool picoboot_await_leave(struct fm_session *s, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, LEAVE_MS);
	uint32_t status;

	while (!fm_expired(s->link->clock, deadline)) {
		if (!fm_picoboot_status(s, &status, err)) {
			if (err->code == FM_CANCELLED)
				return false;
			if (err->code == FM_GONE)
				return picoboot_has_left(s, err);
		}
		fm_sleep_ms(s->link->clock, 20);
	}
	fm_error_clear(err);
	fm_fail(err, FM_TIMEOUT, "the unit took the restart and is still in its boot ROM");
	return fm_hint(err, "Unplug it and plug it in again without pressing BOOTSEL.");
}

static bool picoboot_finish(struct fm_session *s, struct fm_error *err)
{
	struct fm_picoboot_command command = { .id = PC_REBOOT, .args_len = 12 };
	const struct fm_picoboot_state *st = s->state;
	struct fm_error later;
	bool refused;

	if (st->rp2350) {
		command = (struct fm_picoboot_command){ .id = PC_REBOOT2, .args_len = 16 };
		fm_put_le32(command.args + 4, RESTART_DELAY_MS);
	} else {
		fm_put_le32(command.args + 4, SRAM_END_RP2040);
		fm_put_le32(command.args + 8, RESTART_DELAY_MS);
	}
	if (fm_picoboot_do(s, &command, err))
		return picoboot_await_leave(s, err);
	if (err->code == FM_GONE)
		return picoboot_has_left(s, err);
	/* The acknowledgement may be lost: that it leaves is what counts. */
	refused = st->wire.status != UINT32_MAX && st->wire.status != PICOBOOT_OK &&
		  st->wire.status != PICOBOOT_REBOOTING;
	if (err->code == FM_CANCELLED || refused || !picoboot_await_leave(s, &later))
		return false;
	fm_error_clear(err);
	return true;
}

static bool picoboot_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct fm_identity identity = *ret;

	s->can = s->protocol->can;
	s->read_len = FM_PICOBOOT_SECTOR;
	if (!fm_picoboot_find(s, err))
		return false;
	if (!fm_picoboot_reset(s, err)) {
		if (err->code == FM_NACK || err->code == FM_TIMEOUT) {
			struct fm_error last = *err;

			fm_fail(err, FM_NO_ANSWER, "the boot ROM does not answer to RESET (%.160s)",
				last.text);
			return fm_hint(err, "Unplug the unit, plug it in with BOOTSEL held and run "
					    "the command again.");
		}
		return false;
	}
	if (!fm_picoboot_look(s, &identity, err))
		return false;
	*ret = identity;
	return true;
}

static const struct fm_usb_claim picoboot_claim = { 0xff, 0, 0 };

const struct fm_protocol fm_protocol_picoboot = {
	.name = "picoboot",
	.title = "RP2040 and RP2350 boot ROM (PICOBOOT)",
	.chip_id = "rp2",
	.needs = FM_NEEDS_USB,
	.can = FM_CAN_READ | FM_CAN_ERASE | FM_CAN_RUN,
	.claim = &picoboot_claim,
	.state_size = sizeof(struct fm_picoboot_state),
	.fill = 0xff,
	.open = picoboot_open,
	.erase = picoboot_erase,
	.write = picoboot_write,
	.read = picoboot_read,
	.release = picoboot_release,
	.finish = picoboot_finish,
};

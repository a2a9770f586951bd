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
#include "protocol/binary_info.h"
#include "protocol/picoboot_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FLASH 0x10000000u
#define FLASH_MOST_RP2040 0x01000000u /* 24 address bits */
#define FLASH_MOST_RP2350 0x02000000u
#define SRAM_END_RP2040 0x20042000u /* the stack of a normal boot, as picotool gives it */

enum {
	SECTOR = 4096,
	PAGE = 256,
	ERASE_MOST = 16, /* sectors in a command: 6.4 s of its 10 s where each takes the longest */
	COMPARE = 512,
	RESTART_DELAY_MS = 500, /* picotool */
	LEAVE_MS = 3000,
	CACHE_LINES = 4,
	CACHE_LOADS = 64, /* binary info that leads further is not worth the time */
};

struct picoboot_cache {
	uint32_t addr[CACHE_LINES]; /* 0 = empty */
	uint8_t data[CACHE_LINES][SECTOR];
	unsigned loads;
	struct fm_session *session;
	struct fm_error err;
};

struct picoboot_state {
	struct fm_picoboot_wire wire; /* first */
	bool rp2350;
	uint32_t window; /* length of the flash, or what it is at most */
	struct picoboot_cache cache;
};

/* --- commands --- */

/* What programs run, and what RESET did, may have left the flash in the cache's hands. */
static bool picoboot_exit_xip(struct fm_session *s, struct fm_error *err)
{
	const struct fm_picoboot_command command = { .id = PC_EXIT_XIP };
	struct picoboot_state *st = s->state;

	if (st->wire.exited && !st->wire.unsettled)
		return true;
	if (!fm_picoboot_do(s, &command, err))
		return false;
	st->wire.exited = true;
	return true;
}

/* Not before the first change: it would outlive a session that only asks. The drive stays where it
 * is (2 would eject it, which no RESET takes back); what a desktop writes to it fails. */
static bool picoboot_exclude(struct fm_session *s, struct fm_error *err)
{
	const struct fm_picoboot_command command = { .id = PC_EXCLUSIVE_ACCESS,
						     .args_len = 1,
						     .args = { 1 } };
	struct picoboot_state *st = s->state;

	if (st->wire.exclusive && !st->wire.unsettled)
		return true;
	if (!fm_picoboot_do(s, &command, err))
		return false;
	st->wire.exclusive = true;
	return true;
}

static struct fm_picoboot_command picoboot_range(uint8_t id, uint32_t addr, uint32_t len)
{
	struct fm_picoboot_command command = { .id = id, .args_len = 8, .addr = addr };

	fm_put_le32(command.args, addr);
	fm_put_le32(command.args + 4, len);
	return command;
}

/* Beyond its end the flash begins anew: a write there would destroy its start. */
static bool picoboot_check(const struct fm_session *s, enum fm_space space, uint64_t addr,
			   uint64_t len, uint32_t align, struct fm_error *err)
{
	const struct picoboot_state *st = s->state;

	if (space == FM_SPACE_FLASH && len > 0 && addr % align == 0 && len % align == 0 &&
	    addr >= FLASH && len <= st->window && addr - FLASH <= st->window - len)
		return true;
	return fm_fail(err, FM_UNSUPPORTED,
		       "%s 0x%" PRIx64 ", %" PRIu64 " bytes: the unit's flash is 0x%x, %" PRIu32
		       " bytes, in steps of %" PRIu32,
		       fm_space_name(space), addr, len, FLASH, st->window, align);
}

/* --- erase, write, read --- */

static bool picoboot_erase_range(struct fm_session *s, uint64_t addr, uint64_t len,
				 struct fm_error *err)
{
	const struct fm_picoboot_command command =
		picoboot_range(PC_FLASH_ERASE, (uint32_t)addr, (uint32_t)len);

	return picoboot_check(s, FM_SPACE_FLASH, addr, len, SECTOR, err) &&
	       picoboot_exclude(s, err) && picoboot_exit_xip(s, err) &&
	       fm_picoboot_do(s, &command, err);
}

/* All of them are checked first: after a refusal in the middle part would be gone. */
static bool picoboot_erase(struct fm_session *s, const struct fm_block *blocks, size_t count,
			   struct fm_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct fm_range *range = &blocks[i].range;

		if (!picoboot_check(s, range->space, range->addr, range->len, SECTOR, err))
			return false;
	}
	for (size_t i = 0, next; i < count; i = next) {
		uint64_t addr = blocks[i].range.addr, end = addr + blocks[i].range.len;

		for (next = i + 1; next < count && blocks[next].range.addr == end; next++)
			end += blocks[next].range.len;
		for (uint64_t len; addr < end; addr += len) {
			len = end - addr < ERASE_MOST * SECTOR ? end - addr : ERASE_MOST * SECTOR;
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

	if (!picoboot_check(s, space, addr, len, PAGE, err) || !picoboot_exclude(s, err) ||
	    !picoboot_exit_xip(s, err))
		return false;
	command = picoboot_range(PC_WRITE, (uint32_t)addr, (uint32_t)len);
	command.out = data;
	command.len = (uint32_t)len;
	return fm_picoboot_do(s, &command, err);
}

static bool picoboot_read_pages(struct fm_session *s, uint32_t addr, uint8_t *ret_data,
				uint32_t len, struct fm_error *err)
{
	struct fm_picoboot_command command = picoboot_range(PC_READ, addr, len);

	command.ret_in = ret_data;
	command.len = len;
	return picoboot_exit_xip(s, err) && fm_picoboot_do(s, &command, err);
}

/* The ROM reads from the start of a page on. */
static bool picoboot_read(struct fm_session *s, enum fm_space space, uint64_t addr,
			  uint8_t *ret_data, size_t len, struct fm_error *err)
{
	uint32_t before = addr % PAGE;
	uint8_t window[PAGE + SECTOR];

	if (!picoboot_check(s, space, addr, len, 1, err))
		return false;
	if (before == 0)
		return picoboot_read_pages(s, (uint32_t)addr, ret_data, (uint32_t)len, err);
	if (len > SECTOR)
		return fm_fail(err, FM_INTERNAL, "a read of %zu bytes", len);
	if (!picoboot_read_pages(s, (uint32_t)addr - before, window, before + (uint32_t)len, err))
		return false;
	memcpy(ret_data, window + before, len);
	return true;
}

/* --- the end: its drive may write again --- */

/* It stays shut until the cable is pulled otherwise. RESET opens it whatever went on before. */
static bool picoboot_release(struct fm_session *s, struct fm_error *err)
{
	const struct picoboot_state *st = s->state;

	return (!st->wire.exclusive && !st->wire.unsettled) || fm_picoboot_reset(s, err);
}

/* --- the end: restart --- */

static bool picoboot_has_left(struct fm_session *s, struct fm_error *err)
{
	struct picoboot_state *st = s->state;

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
	const struct picoboot_state *st = s->state;
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

/* --- open: the chip --- */

/* GET_INFO of SYS with CHIP_INFO: a count of words, the flags that they answer, the package, and
 * the chip's id, low word first (bootrom_constants.h, SYS_INFO_CHIP_INFO). The RP2040 does not know
 * the command. */
static bool picoboot_ask_chip(struct fm_session *s, struct fm_identity *identity,
			      struct fm_error *err)
{
	static const char source[] = "GET_INFO of the boot ROM";
	uint8_t info[256];
	struct fm_picoboot_command command = { .id = PC_GET_INFO,
					       .args_len = 16,
					       .args = { 1, 0, 0, 0, 1 },
					       .ret_in = info,
					       .len = sizeof(info) };
	struct picoboot_state *st = s->state;
	char id[20];

	st->rp2350 = fm_picoboot_do(s, &command, err);
	if (!st->rp2350) {
		if (err->code != FM_NACK || st->wire.status != PICOBOOT_UNKNOWN_COMMAND)
			return false;
		fm_error_clear(err);
	}
	st->window = st->rp2350 ? FLASH_MOST_RP2350 : FLASH_MOST_RP2040;
	fm_identity_set(identity, FM_FACT_CHIP_ID, FM_PLAIN, st->rp2350 ? "rp2350" : "rp2040",
			source);
	if (!st->rp2350 || fm_get_le32(info) < 4 || !(fm_get_le32(info + 4) & 1))
		return true;
	snprintf(id, sizeof(id), "%08" PRIx32 "%08" PRIx32, fm_get_le32(info + 16),
		 fm_get_le32(info + 12));
	fm_identity_set(identity, FM_FACT_UNIQUE_ID, FM_STRONG, id, source);
	return true;
}

/* --- open: the flash --- */

/* The flash repeats itself beyond its end: the largest power of two at which it reads otherwise
 * than at its start lies inside. At least as much is there as this says; a program that lies twice
 * in it makes it look smaller. 0 = not known, as when it is blank (picotool, guess_flash_size). */
static bool picoboot_guess_size(struct fm_session *s, uint32_t *ret_len, struct fm_error *err)
{
	const struct picoboot_state *st = s->state;
	uint8_t start[COMPARE], there[COMPARE];

	*ret_len = 0;
	if (!picoboot_read_pages(s, FLASH, start, sizeof(start), err))
		return false;
	if (fm_bytes_filled(start, PAGE, start[0]))
		return true;
	for (uint32_t offset = st->window / 2; offset >= SECTOR; offset /= 2) {
		if (!picoboot_read_pages(s, FLASH + offset, there, sizeof(there), err))
			return false;
		if (memcmp(start, there, sizeof(start)) != 0) {
			*ret_len = offset * 2;
			return true;
		}
	}
	return true;
}

static bool picoboot_tell_memory(struct fm_session *s, uint32_t len, struct fm_identity *identity,
				 struct fm_error *err)
{
	struct picoboot_state *st = s->state;
	const struct fm_region region = {
		.name = "flash",
		.range = { FM_SPACE_FLASH, FLASH, len ? len : st->window },
		.runs = { { SECTOR, 1 } },
		.run_count = 1,
		.write_len = SECTOR,
		.flags = FM_REGION_WRITE,
	};
	char text[16] = "not known";

	if (len)
		snprintf(text, sizeof(text), "%" PRIu32, len);
	st->window = region.range.len;
	fm_identity_set(identity, FM_FACT_FLASH_SIZE, FM_PLAIN, text,
			len ? "where the flash repeats itself" : "the flash begins blank");
	s->told = (struct fm_memory){ 0 };
	return fm_memory_add(&s->told, &region, err);
}

/* --- open: the program in the flash --- */

static const uint8_t *picoboot_cached(struct picoboot_cache *cache, uint32_t addr)
{
	unsigned line;

	for (line = 0; line < CACHE_LINES; line++) {
		if (cache->addr[line] == addr)
			return cache->data[line];
	}
	if (cache->loads == CACHE_LOADS)
		return NULL;
	line = cache->loads++ % CACHE_LINES;
	cache->addr[line] = 0;
	if (!picoboot_read_pages(cache->session, addr, cache->data[line], SECTOR, &cache->err))
		return NULL;
	cache->addr[line] = addr;
	return cache->data[line];
}

static bool picoboot_read_cached(void *user, uint32_t addr, uint8_t *ret_data, size_t len)
{
	for (size_t n; len > 0; addr += (uint32_t)n, ret_data += n, len -= n) {
		const uint8_t *sector = picoboot_cached(user, addr & ~(SECTOR - 1u));

		if (!sector)
			return false;
		n = SECTOR - addr % SECTOR < len ? SECTOR - addr % SECTOR : len;
		memcpy(ret_data, sector + addr % SECTOR, n);
	}
	return true;
}

/* A program without binary info is nothing unusual. */
static bool picoboot_read_info(struct fm_session *s, uint32_t len, struct fm_identity *identity,
			       struct fm_error *err)
{
	static const char source[] = "binary info in the flash";
	struct picoboot_state *st = s->state;
	struct fm_binary_info_source flash = { FLASH, len, picoboot_read_cached, &st->cache };
	struct fm_binary_info info;

	st->cache.session = s;
	st->cache.loads = 0;
	memset(st->cache.addr, 0, sizeof(st->cache.addr));
	fm_error_clear(&st->cache.err);
	fm_binary_info_find(&flash, &info);
	if (st->cache.err.code != FM_OK) {
		*err = st->cache.err;
		return false;
	}
	if (*info.program)
		fm_identity_set(identity, FM_FACT_PROGRAM, FM_PLAIN, info.program, source);
	if (*info.version)
		fm_identity_set(identity, FM_FACT_VERSION, FM_PLAIN, info.version, source);
	if (*info.board)
		fm_identity_set(identity, FM_FACT_REVISION, FM_PLAIN, info.board, source);
	return true;
}

static bool picoboot_look_at_flash(struct fm_session *s, struct fm_identity *identity,
				   struct fm_error *err)
{
	const struct picoboot_state *st = s->state;
	uint32_t len = 0;

	if (picoboot_guess_size(s, &len, err) &&
	    picoboot_read_info(s, len ? len : st->window, identity, err))
		return picoboot_tell_memory(s, len, identity, err);
	/* Parts of an RP2350's flash may be closed (partition permissions); the rest still works.
	 */
	if (err->code != FM_NACK || st->wire.status != PICOBOOT_NOT_PERMITTED)
		return false;
	fm_error_clear(err);
	s->can &= ~FM_CAN_READ;
	fm_identity_set(identity, FM_FACT_PROTECTION, FM_PLAIN, "flash may not be read",
			"READ was tried");
	return picoboot_tell_memory(s, len, identity, err);
}

static bool picoboot_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct fm_identity identity = *ret;

	s->can = s->protocol->can;
	s->read_len = SECTOR;
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
	if (!picoboot_ask_chip(s, &identity, err) || !picoboot_look_at_flash(s, &identity, err))
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
	.state_size = sizeof(struct picoboot_state),
	.fill = 0xff,
	.open = picoboot_open,
	.erase = picoboot_erase,
	.write = picoboot_write,
	.read = picoboot_read,
	.release = picoboot_release,
	.finish = picoboot_finish,
};

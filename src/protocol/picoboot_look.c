#include "protocol/picoboot_look.h"

#include "base/bytes.h"
#include "protocol/binary_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FLASH_MOST_RP2040 0x01000000u /* 24 address bits */
#define FLASH_MOST_RP2350 0x02000000u

enum {
	COMPARE = 512,
	CACHE_LOADS = 64, /* binary info that leads further is not worth the time */
};

/* --- the chip --- */

/* GET_INFO of SYS with CHIP_INFO: a count of words, the flags that they answer, the package, and
 * the chip's id, low word first (bootrom_constants.h, SYS_INFO_CHIP_INFO). The RP2040 does not know
 * the command. */
static bool look_chip(struct fm_session *s, struct fm_identity *identity, struct fm_error *err)
{
	static const char source[] = "GET_INFO of the boot ROM";
	uint8_t info[256];
	struct fm_picoboot_command command = { .id = PC_GET_INFO,
					       .args_len = 16,
					       .args = { 1, 0, 0, 0, 1 },
					       .ret_in = info,
					       .len = sizeof(info) };
	struct fm_picoboot_state *st = s->state;
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

/* --- the flash --- */

/* The flash repeats itself beyond its end: the largest power of two at which it reads otherwise
 * than at its start lies inside. At least as much is there as this says; a program that lies twice
 * in it makes it look smaller. 0 = not known, as when it is blank (picotool, guess_flash_size). */
static bool look_size(struct fm_session *s, uint32_t *ret_len, struct fm_error *err)
{
	const struct fm_picoboot_state *st = s->state;
	uint8_t start[COMPARE], there[COMPARE];

	*ret_len = 0;
	if (!fm_picoboot_read_pages(s, FM_PICOBOOT_FLASH, start, sizeof(start), err))
		return false;
	if (fm_bytes_filled(start, FM_PICOBOOT_PAGE, start[0]))
		return true;
	for (uint32_t offset = st->window / 2; offset >= FM_PICOBOOT_SECTOR; offset /= 2) {
		if (!fm_picoboot_read_pages(s, FM_PICOBOOT_FLASH + offset, there, sizeof(there),
					    err))
			return false;
		if (memcmp(start, there, sizeof(start)) != 0) {
			*ret_len = offset * 2;
			return true;
		}
	}
	return true;
}

static bool look_tell_memory(struct fm_session *s, uint32_t len, struct fm_identity *identity,
			     struct fm_error *err)
{
	struct fm_picoboot_state *st = s->state;
	const struct fm_region region = {
		.name = "flash",
		.range = { FM_SPACE_FLASH, FM_PICOBOOT_FLASH, len ? len : st->window },
		.runs = { { FM_PICOBOOT_SECTOR, 1 } },
		.run_count = 1,
		.write_len = FM_PICOBOOT_SECTOR,
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

/* --- the program in the flash --- */

static const uint8_t *look_cached(struct fm_picoboot_cache *cache, uint32_t addr)
{
	unsigned line;

	for (line = 0; line < FM_PICOBOOT_LINES; line++) {
		if (cache->addr[line] == addr)
			return cache->data[line];
	}
	if (cache->loads == CACHE_LOADS)
		return NULL;
	line = cache->loads++ % FM_PICOBOOT_LINES;
	cache->addr[line] = 0;
	if (!fm_picoboot_read_pages(cache->session, addr, cache->data[line], FM_PICOBOOT_SECTOR,
				    &cache->err))
		return NULL;
	cache->addr[line] = addr;
	return cache->data[line];
}

static bool look_read(void *user, uint32_t addr, uint8_t *ret_data, size_t len)
{
	for (size_t n; len > 0; addr += (uint32_t)n, ret_data += n, len -= n) {
		const uint8_t *sector = look_cached(user, addr & ~(FM_PICOBOOT_SECTOR - 1u));

		if (!sector)
			return false;
		n = FM_PICOBOOT_SECTOR - addr % FM_PICOBOOT_SECTOR < len
			    ? FM_PICOBOOT_SECTOR - addr % FM_PICOBOOT_SECTOR
			    : len;
		memcpy(ret_data, sector + addr % FM_PICOBOOT_SECTOR, n);
	}
	return true;
}

/* A program without binary info is nothing unusual. */
static bool look_program(struct fm_session *s, uint32_t len, struct fm_identity *identity,
			 struct fm_error *err)
{
	static const char source[] = "binary info in the flash";
	struct fm_picoboot_state *st = s->state;
	struct fm_binary_info_source flash = { FM_PICOBOOT_FLASH, len, look_read, &st->cache };
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

static bool look_flash(struct fm_session *s, struct fm_identity *identity, struct fm_error *err)
{
	const struct fm_picoboot_state *st = s->state;
	uint32_t len = 0;

	if (look_size(s, &len, err) && look_program(s, len ? len : st->window, identity, err))
		return look_tell_memory(s, len, identity, err);
	/* Parts of an RP2350's flash may be closed (partition permissions); the rest still works.
	 */
	if (err->code != FM_NACK || st->wire.status != PICOBOOT_NOT_PERMITTED)
		return false;
	fm_error_clear(err);
	s->can &= ~FM_CAN_READ;
	fm_identity_set(identity, FM_FACT_PROTECTION, FM_PLAIN, "flash may not be read",
			"READ was tried");
	return look_tell_memory(s, len, identity, err);
}

bool fm_picoboot_look(struct fm_session *s, struct fm_identity *identity, struct fm_error *err)
{
	return look_chip(s, identity, err) && look_flash(s, identity, err);
}

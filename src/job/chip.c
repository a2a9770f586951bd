/* What the chip's own registers say: how much flash it has, and which one it is. */
#include "base/bytes.h"
#include "base/text.h"
#include "job/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHIP_WINDOW                                                                                \
	256 /* F4 and L0 refuse to read a few bytes there, but give the 256 around them */

/* The chip, or its boot loader, does not let it be read. */
static bool chip_refuses(enum fm_code code)
{
	return code == FM_NACK || code == FM_UNSUPPORTED;
}

/* *ret_known false where it can't be read: an error only when the link is in trouble. */
static bool chip_read(struct fm_job *job, const struct fm_range *range, uint8_t *ret_data,
		      bool *ret_known, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	uint64_t start = range->addr & ~(uint64_t)(CHIP_WINDOW - 1);
	uint8_t window[CHIP_WINDOW];

	*ret_known = false;
	if (!(s->can & FM_CAN_READ) || range->len == 0)
		return true;
	if (range->addr + range->len <= start + CHIP_WINDOW && s->read_len >= CHIP_WINDOW) {
		if (s->protocol->read(s, range->space, start, window, sizeof(window), err)) {
			memcpy(ret_data, window + (range->addr - start), range->len);
			*ret_known = true;
			return true;
		}
		if (!chip_refuses(err->code))
			return false;
	}
	*ret_known = s->protocol->read(s, range->space, range->addr, ret_data, range->len, err);
	return *ret_known || chip_refuses(err->code);
}

/* Where the flash begins: the lowest address of its regions. */
static uint64_t chip_flash_start(const struct fm_memory *memory)
{
	uint64_t start = UINT64_MAX;

	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_range *range = &memory->regions[i].range;

		if (range->space == FM_SPACE_FLASH && range->addr < start)
			start = range->addr;
	}
	return start;
}

/* No region of the flash reaches beyond what is there. */
static void chip_cut(struct fm_memory *memory, uint64_t flash_len)
{
	uint64_t end = chip_flash_start(memory) + flash_len;
	size_t kept = 0;

	for (size_t i = 0; i < memory->count; i++) {
		struct fm_region region = memory->regions[i];

		if (region.range.space == FM_SPACE_FLASH) {
			if (region.range.addr >= end)
				continue;
			if (region.range.addr + region.range.len > end)
				region.range.len = end - region.range.addr;
		}
		memory->regions[kept++] = region;
	}
	memory->count = kept;
}

static bool chip_flash_size(struct fm_job *job, struct fm_error *err)
{
	const struct fm_region *application = fm_memory_application(&job->loader->memory);
	uint8_t raw[2];
	char text[24];
	uint64_t kib;
	bool known;

	if (!application || job->loader->size_register.len != sizeof(raw))
		return true;
	if (!chip_read(job, &job->loader->size_register, raw, &known, err))
		return false;
	kib = fm_get_le16(raw);
	if (!known || kib == 0 || kib == 0xffff) {
		fm_job_note(job,
			    "the flash size register could not be read: taken as %" PRIu64 " KiB",
			    application->range.len / 1024);
		return true;
	}
	snprintf(text, sizeof(text), "%" PRIu64, kib * 1024);
	fm_job_fact(job, FM_FACT_FLASH_SIZE, FM_PLAIN, text, "flash size register");
	chip_cut(&job->loader->memory, kib * 1024);
	return true;
}

#define CHIP_UNIQUE_MOST 16

/* ret_text "" where the chip has none or does not tell. */
static bool chip_unique_id(struct fm_job *job, char ret_text[2 * CHIP_UNIQUE_MOST + 1],
			   struct fm_error *err)
{
	const struct fm_range *range = &job->loader->unique_id;
	uint8_t raw[CHIP_UNIQUE_MOST];
	bool known;

	*ret_text = '\0';
	if (range->len == 0 || range->len > sizeof(raw))
		return true;
	if (!chip_read(job, range, raw, &known, err))
		return false;
	if (known && !fm_bytes_filled(raw, range->len, 0xff) &&
	    !fm_bytes_filled(raw, range->len, 0))
		fm_bytes_to_hex(raw, range->len, ret_text);
	return true;
}

bool fm_job_read_chip(struct fm_job *job, struct fm_error *err)
{
	char unique[2 * CHIP_UNIQUE_MOST + 1];

	if (!chip_flash_size(job, err) || !chip_unique_id(job, unique, err))
		return false;
	if (*unique) {
		fm_job_fact(job, FM_FACT_UNIQUE_ID, FM_STRONG, unique, "unique id of the chip");
		fm_text_copy(job->record.unit, sizeof(job->record.unit), unique);
	}
	return true;
}

bool fm_job_same_unit(struct fm_job *job, const struct fm_identity *told, struct fm_error *err)
{
	struct fm_identity now = *told;
	char unique[2 * CHIP_UNIQUE_MOST + 1];
	enum fm_fact_kind kind;

	if (!chip_unique_id(job, unique, err))
		return false;
	if (*unique)
		fm_identity_set(&now, FM_FACT_UNIQUE_ID, FM_STRONG, unique,
				"unique id of the chip");
	return fm_identity_agrees(&job->identity, &now, &kind) ||
	       fm_fail(err, FM_WRONG_UNIT, "another unit answers now: its %s differs",
		       fm_fact_name(kind));
}

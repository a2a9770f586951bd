/* What the chip's own registers say: how much flash it has, and which one it is. */
#include "base/bytes.h"
#include "job/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHIP_WINDOW                                                                                \
	256 /* F4 and L0 refuse to read a few bytes there, but give the 256 around them */

/* False where the chip does not let it be read: not an error of the job unless the link is in
 * trouble. */
static bool chip_read(struct fm_job *job, const struct fm_range *range, uint8_t *ret_data,
		      bool *ret_known, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	uint64_t start = range->addr & ~(uint64_t)(CHIP_WINDOW - 1);
	uint8_t window[CHIP_WINDOW];

	*ret_known = false;
	if (!(s->can & FM_CAN_READ) || range->len == 0)
		return true;
	if (range->addr + range->len <= start + CHIP_WINDOW &&
	    s->protocol->read(s, range->space, start, window, sizeof(window), err)) {
		memcpy(ret_data, window + (range->addr - start), range->len);
		*ret_known = true;
		return true;
	}
	if (err->code != FM_NACK)
		return false;
	*ret_known = s->protocol->read(s, range->space, range->addr, ret_data, range->len, err);
	return *ret_known || err->code == FM_NACK;
}

/* Cut what may be written, and nothing else, to what is there. */
static void chip_cut(struct fm_memory *memory, uint64_t flash_len)
{
	struct fm_region *region = NULL;

	for (size_t i = 0; i < memory->count && !region; i++) {
		if (memory->regions[i].flags & FM_REGION_WRITE)
			region = &memory->regions[i];
	}
	if (region && flash_len < region->range.len)
		region->range.len = flash_len;
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

static bool chip_unique_id(struct fm_job *job, struct fm_error *err)
{
	const struct fm_range *range = &job->loader->unique_id;
	uint8_t raw[16];
	char text[2 * sizeof(raw) + 1];
	bool known;

	if (range->len == 0 || range->len > sizeof(raw))
		return true;
	if (!chip_read(job, range, raw, &known, err))
		return false;
	if (!known || fm_bytes_filled(raw, range->len, 0xff) || fm_bytes_filled(raw, range->len, 0))
		return true;
	fm_bytes_to_hex(raw, range->len, text);
	fm_job_fact(job, FM_FACT_UNIQUE_ID, FM_STRONG, text, "unique id of the chip");
	snprintf(job->record.unit, sizeof(job->record.unit), "%s", text);
	return true;
}

bool fm_job_read_chip(struct fm_job *job, struct fm_error *err)
{
	return chip_flash_size(job, err) && chip_unique_id(job, err);
}

#include "image/uf2.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How much of the segment the block at this place of it takes: no block goes over a boundary of
 * 256, which some boot ROMs want (RP2040: payload 256, address a multiple of it). */
static size_t uf2_take(const struct fm_segment *segment, uint64_t done)
{
	uint64_t room = UF2_PAYLOAD - (segment->range.addr + done) % UF2_PAYLOAD;
	uint64_t left = segment->range.len - done;

	return (size_t)(left < room ? left : room);
}

/* Blocks of the family; 0 on failure. A payload is padded to 4 with 0, where that hides no byte. */
static uint32_t uf2_measure(const struct fm_image *image, uint32_t family, struct fm_error *err)
{
	uint32_t blocks = 0;

	for (size_t i = 0; i < image->count; i++) {
		const struct fm_segment *segment = &image->segments[i], *next = segment + 1;
		const struct fm_range *range = &segment->range;

		if (segment->family != family)
			continue;
		if (range->space != image->segments[0].range.space || range->addr % 4 != 0 ||
		    (i + 1 < image->count && next->family == family &&
		     next->range.addr / 4 == (range->addr + range->len - 1) / 4)) {
			fm_fail(err, FM_USAGE,
				"a UF2 file holds pieces of one memory that begin at multiples of "
				"4; this one has %" PRIu64 " bytes at %s 0x%08" PRIx64,
				range->len, fm_space_name(range->space), range->addr);
			return 0;
		}
		for (uint64_t done = 0; done < range->len; done += uf2_take(segment, done))
			blocks++;
	}
	return blocks;
}

static size_t uf2_put_tag(uint8_t *p, uint32_t type, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	fm_put_le32(p, type << 8 | (uint32_t)(4 + len));
	memcpy(p + 4, data, len);
	return (4 + len + 3) / 4 * 4;
}

static void uf2_put_tags(const struct fm_image *image, uint8_t *block, size_t len)
{
	uint8_t *p = block + UF2_DATA + (len + 3) / 4 * 4;
	uint8_t page_len[4];

	if (!*image->version && !*image->description && !image->page_len)
		return;
	fm_put_le32(page_len, image->page_len);
	p += uf2_put_tag(p, UF2_TAG_VERSION, image->version, strlen(image->version));
	p += uf2_put_tag(p, UF2_TAG_DESCRIPTION, image->description, strlen(image->description));
	uf2_put_tag(p, UF2_TAG_PAGE_LEN, page_len, image->page_len ? sizeof(page_len) : 0);
	fm_put_le32(block + 8, fm_get_le32(block + 8) | UF2_FLAG_TAGS);
}

static uint8_t *uf2_put_family(const struct fm_image *image, uint32_t family, uint32_t total,
			       uint8_t *block)
{
	uint32_t number = 0;

	for (size_t i = 0; i < image->count; i++) {
		const struct fm_segment *segment = &image->segments[i];
		size_t len;

		if (segment->family != family)
			continue;
		for (uint64_t done = 0; done < segment->range.len; done += len) {
			len = uf2_take(segment, done);
			fm_put_le32(block, UF2_MAGIC_START0);
			fm_put_le32(block + 4, UF2_MAGIC_START1);
			fm_put_le32(block + 8, family ? UF2_FLAG_FAMILY : 0);
			fm_put_le32(block + 12, (uint32_t)(segment->range.addr + done));
			fm_put_le32(block + 16, (uint32_t)(len + 3) / 4 * 4);
			fm_put_le32(block + 20, number);
			fm_put_le32(block + 24, total);
			fm_put_le32(block + 28, family);
			memcpy(block + UF2_DATA, segment->data + done, len);
			fm_put_le32(block + UF2_END, UF2_MAGIC_END);
			if (number++ == 0)
				uf2_put_tags(image, block, len);
			block += UF2_BLOCK;
		}
	}
	return block;
}

bool fm_uf2_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		  struct fm_error *err)
{
	static const uint32_t none[1] = { 0 };
	const uint32_t *families = image->family_count ? image->families : none;
	size_t family_count = image->family_count ? image->family_count : 1;
	uint32_t totals[FM_IMAGE_FAMILIES_MOST], blocks = 0;
	uint8_t *p;

	if (image->floating)
		return fm_fail(err, FM_USAGE,
			       "the data has no address yet, which a UF2 file needs");
	for (size_t i = 0; i < family_count; i++) {
		totals[i] = uf2_measure(image, families[i], err);
		if (totals[i] == 0)
			return false;
		blocks += totals[i];
	}
	*ret_len = (size_t)blocks * UF2_BLOCK;
	*ret_data = p = calloc(blocks, UF2_BLOCK);
	if (!p)
		return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", *ret_len);
	for (size_t i = 0; i < family_count; i++)
		p = uf2_put_family(image, families[i], totals[i], p);
	return true;
}

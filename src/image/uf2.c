/*
 * UF2 (microsoft/uf2, README.md): blocks of 512 bytes, each complete in itself, little-endian.
 *
 *   0 "UF2\n"   4 magic   8 flags   12 address   16 payload length   20 block number
 *   24 number of blocks   28 family id   32 data[476]   508 magic
 *
 * A file may hold several families one after the other or mixed, each with block numbers of its own
 * from 0. Behind the payload there may be tags (flag 0x8000): u8 length with this head, u24 type,
 * data, padded to 4. The MD5 of flash contents (flag 0x4000) says what may be left unwritten, not
 * whether the file is sound, and libsodium has no MD5: it is not looked at.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/image.h"
#include "image/read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define UF2_BLOCK 512u
#define UF2_DATA 32u
#define UF2_DATA_MOST 476u
#define UF2_END 508u
#define UF2_MD5 24u /* at the end of the data */
#define UF2_PAYLOAD 256u

#define UF2_MAGIC_START0 0x0a324655u
#define UF2_MAGIC_START1 0x9e5d5157u
#define UF2_MAGIC_END 0x0ab16f30u

#define UF2_FLAG_NOT_MAIN_FLASH 0x1u
#define UF2_FLAG_FILE_CONTAINER 0x1000u
#define UF2_FLAG_FAMILY 0x2000u
#define UF2_FLAG_MD5 0x4000u
#define UF2_FLAG_TAGS 0x8000u

#define UF2_TAG_VERSION 0x9fc7bcu
#define UF2_TAG_DESCRIPTION 0x650d9du
#define UF2_TAG_PAGE_LEN 0x0be9f7u
#define UF2_TAG_IGNORE 0x9957e3u /* Raspberry Pi: RP2350 data sheet, erratum E10 */

#define UF2_GROUPS_MOST 16u

struct uf2_block {
	size_t at; /* in the file */
	uint32_t flags, addr, len, number, total, family;
	const uint8_t *data;
	bool ignore;
};

/* The blocks that are counted together. */
struct uf2_group {
	uint32_t family, total, seen;
	uint32_t *where; /* for each number: index of its block in the file + 1; 0 = not seen */
};

struct uf2 {
	const char *name;
	const uint8_t *file;
	size_t blocks; /* in the file */
	struct fm_image *image;
	struct uf2_group groups[UF2_GROUPS_MOST];
	size_t group_count;
	bool versions_differ;
};

static bool uf2_magics(const uint8_t *block)
{
	return fm_get_le32(block) == UF2_MAGIC_START0 &&
	       fm_get_le32(block + 4) == UF2_MAGIC_START1 &&
	       fm_get_le32(block + UF2_END) == UF2_MAGIC_END;
}

/* Also a file whose first block is damaged, so that it is not taken for raw data. */
static int uf2_recognise(const uint8_t *data, size_t len)
{
	size_t sound = 0;

	if (len >= 8 && fm_get_le32(data) == UF2_MAGIC_START0)
		return fm_get_le32(data + 4) == UF2_MAGIC_START1 ? 100 : 60;
	for (size_t at = 0; len - at >= UF2_BLOCK; at += UF2_BLOCK)
		sound += uf2_magics(data + at);
	return sound > len / UF2_BLOCK / 2 ? 50 : 0;
}

static bool uf2_parse(const struct uf2 *uf2, size_t index, struct uf2_block *ret,
		      struct fm_error *err)
{
	const size_t at = index * UF2_BLOCK;
	const uint8_t *p = uf2->file + at;

	*ret = (struct uf2_block){
		.at = at,
		.flags = fm_get_le32(p + 8),
		.addr = fm_get_le32(p + 12),
		.len = fm_get_le32(p + 16),
		.number = fm_get_le32(p + 20),
		.total = fm_get_le32(p + 24),
		.data = p + UF2_DATA,
	};
	if (ret->flags & UF2_FLAG_FAMILY)
		ret->family = fm_get_le32(p + 28);
	if (fm_get_le32(p) != UF2_MAGIC_START0)
		return fm_fail_at(err, uf2->name, at, "no UF2 block begins here");
	if (fm_get_le32(p + 4) != UF2_MAGIC_START1)
		return fm_fail_at(err, uf2->name, at + 4,
				  "the block's second magic number is wrong");
	if (fm_get_le32(p + UF2_END) != UF2_MAGIC_END)
		return fm_fail_at(err, uf2->name, at + UF2_END,
				  "the block's last magic number is wrong");
	if (ret->flags & UF2_FLAG_FILE_CONTAINER) {
		fm_fail_at(err, uf2->name, at + 8,
			   "this UF2 carries files, not the contents of a memory");
		return fm_hint(err, "Copy it to the unit's drive by hand, or get the firmware.");
	}
	return true;
}

static size_t uf2_room(const struct uf2_block *block)
{
	return block->flags & UF2_FLAG_MD5 ? UF2_DATA_MOST - UF2_MD5 : UF2_DATA_MOST;
}

static bool uf2_check(const struct uf2 *uf2, const struct uf2_block *block, struct fm_error *err)
{
	if (block->len > uf2_room(block))
		return fm_fail_at(err, uf2->name, block->at + 16,
				  "a payload of %" PRIu32 " bytes, the block holds at most %zu",
				  block->len, uf2_room(block));
	if (block->len % 4 != 0)
		return fm_fail_at(err, uf2->name, block->at + 16,
				  "a payload of %" PRIu32 " bytes, which is no multiple of 4",
				  block->len);
	if (block->number >= block->total)
		return fm_fail_at(err, uf2->name, block->at + 20,
				  "block number %" PRIu32 " of %" PRIu32 " blocks", block->number,
				  block->total);
	return true;
}

static void uf2_text(char *ret, size_t size, const uint8_t *data, size_t len)
{
	fm_text_printable(ret, size, (const char *)data, strnlen((const char *)data, len));
}

static void uf2_tag(struct uf2 *uf2, struct uf2_block *block, uint32_t type, const uint8_t *data,
		    size_t len)
{
	struct fm_image *image = uf2->image;
	char text[sizeof(image->version)];

	if (type == UF2_TAG_VERSION) {
		uf2_text(text, sizeof(text), data, len);
		if (*image->version && strcmp(image->version, text) != 0)
			uf2->versions_differ = true;
		memcpy(image->version, text, sizeof(text));
	} else if (type == UF2_TAG_DESCRIPTION) {
		uf2_text(image->description, sizeof(image->description), data, len);
	} else if (type == UF2_TAG_PAGE_LEN && len >= 4) {
		image->page_len = fm_get_le32(data);
	} else if (type == UF2_TAG_IGNORE) {
		block->ignore = true;
	}
}

static bool uf2_tags(struct uf2 *uf2, struct uf2_block *block, struct fm_error *err)
{
	const size_t end = uf2_room(block);
	size_t len;

	for (size_t at = block->len; at + 4 <= end; at += (len + 3) / 4 * 4) {
		const uint32_t head = fm_get_le32(block->data + at);

		len = head & 0xff;
		if (head == 0)
			break;
		if (len < 4 || len > end - at)
			return fm_fail_at(err, uf2->name, block->at + UF2_DATA + at,
					  "a tag of %zu bytes: the extension tags are damaged",
					  len);
		uf2_tag(uf2, block, head >> 8, block->data + at + 4, len - 4);
	}
	return true;
}

/*
 * The block that comes first in files for the RP2350 and is no firmware (RP2350 data sheet, erratum
 * E10): family RP2XXX_ABSOLUTE, 0 of 2 with no second one, at the end of 16 MB, all 0xEF. picotool
 * marks it with a tag since 2.1.
 */
static bool uf2_is_workaround(const struct uf2_block *block)
{
	return block->ignore || (block->family == 0xe48bff57 && block->addr == 0x10ffff00 &&
				 block->number == 0 && block->total == 2 && block->len == 256 &&
				 fm_bytes_filled(block->data, block->len, 0xef));
}

static struct uf2_group *uf2_group(struct uf2 *uf2, const struct uf2_block *block,
				   struct fm_error *err)
{
	struct uf2_group *group;

	for (size_t i = 0; i < uf2->group_count; i++) {
		if (uf2->groups[i].family == block->family)
			return &uf2->groups[i];
	}
	if (uf2->group_count == UF2_GROUPS_MOST) {
		fm_fail_at(err, uf2->name, block->at + 28, "more than %u families",
			   UF2_GROUPS_MOST);
		return NULL;
	}
	if (block->total > uf2->blocks) {
		fm_fail_at(err, uf2->name, block->at + 24,
			   "it is one of %" PRIu32 " blocks, the file has %zu: it is cut",
			   block->total, uf2->blocks);
		return NULL;
	}
	group = &uf2->groups[uf2->group_count];
	*group = (struct uf2_group){ .family = block->family, .total = block->total };
	group->where = calloc(block->total, sizeof(*group->where));
	if (!group->where) {
		fm_fail(err, FM_NO_MEMORY, "%s: no memory for %" PRIu32 " blocks", uf2->name,
			block->total);
		return NULL;
	}
	uf2->group_count++;
	return group;
}

/* Count the block. The same block once more is allowed, and is not new. */
static bool uf2_count(struct uf2 *uf2, const struct uf2_block *block, bool *ret_new,
		      struct fm_error *err)
{
	struct uf2_group *group = uf2_group(uf2, block, err);
	const uint8_t *first;

	if (!group)
		return false;
	if (group->total != block->total)
		return fm_fail_at(err, uf2->name, block->at + 24,
				  "one of %" PRIu32 " blocks, others of its family of %" PRIu32,
				  block->total, group->total);
	*ret_new = group->where[block->number] == 0;
	if (*ret_new) {
		group->where[block->number] = (uint32_t)(block->at / UF2_BLOCK) + 1;
		group->seen++;
		return true;
	}
	/* All but magic numbers and what lies behind the payload. */
	first = uf2->file + (size_t)(group->where[block->number] - 1) * UF2_BLOCK;
	return memcmp(first + 8, block->data - UF2_DATA + 8, UF2_DATA - 8 + block->len) == 0 ||
	       fm_fail_at(err, uf2->name, block->at + 20,
			  "block number %" PRIu32 " comes twice, with other contents",
			  block->number);
}

static bool uf2_block(struct uf2 *uf2, size_t index, struct fm_error *err)
{
	struct uf2_block block;
	bool new = false;

	if (!uf2_parse(uf2, index, &block, err) || !uf2_check(uf2, &block, err))
		return false;
	if ((block.flags & UF2_FLAG_TAGS) && !uf2_tags(uf2, &block, err))
		return false;
	if (uf2_is_workaround(&block))
		return true;
	if (!uf2_count(uf2, &block, &new, err))
		return false;
	if (!new || (block.flags & UF2_FLAG_NOT_MAIN_FLASH))
		return true;
	return fm_image_add_family(uf2->image, block.family, FM_SPACE_FLASH, block.addr, block.data,
				   block.len, err) ||
	       fm_context(err, "%s: offset %zu", uf2->name, block.at);
}

static bool uf2_complete(const struct uf2 *uf2, struct fm_error *err)
{
	for (size_t i = 0; i < uf2->group_count; i++) {
		const struct uf2_group *group = &uf2->groups[i];
		uint32_t missing = 0;

		if (group->seen == group->total)
			continue;
		while (group->where[missing])
			missing++;
		return fm_fail_at(err, uf2->name, uf2->blocks * UF2_BLOCK,
				  "the file is not complete: block %" PRIu32 " of %" PRIu32
				  " is missing, %" PRIu32 " are there",
				  missing, group->total, group->seen);
	}
	if (uf2->image->total == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s: none of its blocks is for the flash",
			       uf2->name);
	return true;
}

static bool uf2_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err)
{
	struct uf2 uf2 = { .name = name, .file = data, .blocks = len / UF2_BLOCK, .image = image };
	bool good = true;

	if (len % UF2_BLOCK != 0)
		return fm_fail_at(err, uf2.name, uf2.blocks * UF2_BLOCK,
				  "a block of %zu bytes instead of 512: the file is cut",
				  len % UF2_BLOCK);
	for (size_t i = 0; i < uf2.blocks && good; i++)
		good = uf2_block(&uf2, i, err);
	good = good && uf2_complete(&uf2, err);
	for (size_t i = 0; i < uf2.group_count; i++)
		free(uf2.groups[i].where);
	/* Each family has a version of its own: none speaks for the file. */
	if (uf2.versions_differ)
		*image->version = '\0';
	return good;
}

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

static bool uf2_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
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

const struct fm_format fm_format_uf2 = { "uf2", "UF2", uf2_recognise, uf2_read, uf2_write };

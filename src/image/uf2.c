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
#include "image/uf2.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define UF2_MD5 24u /* at the end of the data */
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

const struct fm_format fm_format_uf2 = { "uf2", "UF2", uf2_recognise, uf2_read, fm_uf2_write };

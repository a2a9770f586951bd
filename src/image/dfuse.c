/*
 * DfuSe files (ST, UM0391), little-endian: prefix, targets of elements, DFU suffix. A target is one
 * alternate setting of the unit: setting 0 is flash, 1 to 7 are spaces of their own.
 *
 *   prefix   0 "DfuSe"   5 version 1   6 length of the file   10 targets
 *   target   0 "Target"  6 alternate   7 named   11 name[255]   266 length   270 elements
 *   element  0 address   4 length      8 data
 *
 * The file's length is written with and without the suffix by different tools: both are read.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/dfu.h"
#include "image/image.h"
#include "image/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DFUSE_PREFIX_LEN 11u
#define DFUSE_TARGET_LEN 274u
#define DFUSE_ELEMENT_LEN 8u
#define DFUSE_NAME_LEN 255u
#define DFUSE_ALTERNATES 8u

struct dfuse {
	const char *name;
	const uint8_t *data;
	size_t at, len; /* without the suffix */
	struct fm_image *image;
};

static int dfuse_recognise(const uint8_t *data, size_t len)
{
	return len >= 5 && memcmp(data, "DfuSe", 5) == 0 ? 100 : 0;
}

static enum fm_space dfuse_space(unsigned alternate)
{
	return alternate == 0 ? FM_SPACE_FLASH : (enum fm_space)(FM_SPACE_ALT1 + alternate - 1);
}

static bool dfuse_element(struct dfuse *file, size_t end, enum fm_space space, struct fm_error *err)
{
	const uint8_t *head = file->data + file->at;
	size_t left = end - file->at, len;

	if (left < DFUSE_ELEMENT_LEN)
		return fm_fail_at(err, file->name, file->at,
				  "an element should begin here, its target has %zu bytes left",
				  left);
	len = fm_get_le32(head + 4);
	if (len > left - DFUSE_ELEMENT_LEN)
		return fm_fail_at(err, file->name, file->at + 4,
				  "an element of %zu bytes, its target has %zu bytes left", len,
				  left - DFUSE_ELEMENT_LEN);
	if (!fm_image_add(file->image, space, fm_get_le32(head), head + DFUSE_ELEMENT_LEN, len,
			  err))
		return fm_context(err, "%s: offset %zu", file->name, file->at);
	file->at += DFUSE_ELEMENT_LEN + len;
	return true;
}

static void dfuse_name(struct dfuse *file, const uint8_t *head)
{
	const char *name = (const char *)head + 11;
	char *description = file->image->description;

	if (head[7] && !*description)
		fm_text_printable(description, sizeof(file->image->description), name,
				  strnlen(name, DFUSE_NAME_LEN));
}

static bool dfuse_target(struct dfuse *file, struct fm_error *err)
{
	const uint8_t *head = file->data + file->at;
	size_t start = file->at, left = file->len - file->at, len, end;
	uint32_t elements;

	if (left < DFUSE_TARGET_LEN || memcmp(head, "Target", 6) != 0)
		return fm_fail_at(err, file->name, start,
				  "no target begins here: the file is damaged");
	if (head[6] >= DFUSE_ALTERNATES)
		return fm_fail_at(err, file->name, start + 6,
				  "data for alternate setting %u; only 0 to %u can be written",
				  head[6], DFUSE_ALTERNATES - 1);
	len = fm_get_le32(head + 266);
	if (len > left - DFUSE_TARGET_LEN)
		return fm_fail_at(err, file->name, start + 266,
				  "a target of %zu bytes, the file has %zu bytes left", len,
				  left - DFUSE_TARGET_LEN);
	dfuse_name(file, head);
	elements = fm_get_le32(head + 270);
	file->at = start + DFUSE_TARGET_LEN;
	end = file->at + len;
	for (uint32_t i = 0; i < elements; i++) {
		if (!dfuse_element(file, end, dfuse_space(head[6]), err))
			return false;
	}
	if (file->at != end)
		return fm_fail_at(err, file->name, file->at,
				  "the target goes on for %zu bytes behind its last element",
				  end - file->at);
	return true;
}

static bool dfuse_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		       struct fm_error *err)
{
	struct dfuse file = { name, data, DFUSE_PREFIX_LEN, 0, image };
	uint32_t said;
	uint16_t spec;

	if (!fm_dfu_suffix_read(name, data, len, image, &file.len, &spec, err))
		return false;
	if (file.len < DFUSE_PREFIX_LEN || memcmp(data, "DfuSe", 5) != 0)
		return fm_fail_at(err, file.name, 0, "no DfuSe file begins here");
	if (data[5] != 1)
		return fm_fail_at(err, file.name, 5, "DfuSe format %u, only 1 is known", data[5]);
	said = fm_get_le32(data + 6);
	if (said != len && said != file.len)
		return fm_fail_at(err, file.name, 6,
				  "the file says it has %" PRIu32 " bytes, it has %zu", said, len);
	for (unsigned i = 0; i < data[10]; i++) {
		if (!dfuse_target(&file, err))
			return false;
	}
	if (file.at != file.len)
		snprintf(image->note, sizeof(image->note),
			 "%zu bytes behind the last target are left out", file.len - file.at);
	if (image->total == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s: its targets hold no data", name);
	return true;
}

static bool dfuse_measure(const struct fm_image *image, size_t *ret_len, struct fm_error *err)
{
	uint64_t len = DFUSE_PREFIX_LEN + FM_DFU_SUFFIX_LEN;

	if (image->floating)
		return fm_fail(err, FM_USAGE,
			       "the data has no address yet, which a DfuSe file needs");
	if (image->family_count > 1)
		return fm_fail(err, FM_USAGE,
			       "the data is for %zu families, which a DfuSe file cannot tell apart",
			       image->family_count);
	for (size_t i = 0; i < image->count; i++) {
		const struct fm_range *range = &image->segments[i].range;

		if (range->space != FM_SPACE_FLASH && range->space < FM_SPACE_ALT1)
			return fm_fail(err, FM_USAGE,
				       "%s is no alternate setting, as a DfuSe file has them",
				       fm_space_name(range->space));
		if (i == 0 || range->space != image->segments[i - 1].range.space)
			len += DFUSE_TARGET_LEN;
		len += DFUSE_ELEMENT_LEN + range->len;
	}
	*ret_len = (size_t)len;
	return true;
}

/* The target's elements, from segment `at` on; returns how many those are. */
static size_t dfuse_put_target(const struct fm_image *image, size_t at, uint8_t **p)
{
	const enum fm_space space = image->segments[at].range.space;
	uint8_t *head = *p;
	size_t elements = 0;

	memcpy(head, "Target", 6);
	head[6] = space == FM_SPACE_FLASH ? 0 : (uint8_t)(space - FM_SPACE_ALT1 + 1);
	if (at == 0 && *image->description) {
		head[7] = 1;
		memcpy(head + 11, image->description, strlen(image->description));
	}
	*p += DFUSE_TARGET_LEN;
	for (; at + elements < image->count; elements++) {
		const struct fm_segment *segment = &image->segments[at + elements];

		if (segment->range.space != space)
			break;
		fm_put_le32(*p, (uint32_t)segment->range.addr);
		fm_put_le32(*p + 4, (uint32_t)segment->range.len);
		memcpy(*p + DFUSE_ELEMENT_LEN, segment->data, (size_t)segment->range.len);
		*p += DFUSE_ELEMENT_LEN + segment->range.len;
	}
	fm_put_le32(head + 266, (uint32_t)(*p - head - DFUSE_TARGET_LEN));
	fm_put_le32(head + 270, (uint32_t)elements);
	return elements;
}

static bool dfuse_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
			struct fm_error *err)
{
	uint8_t *data, *p;

	if (!dfuse_measure(image, ret_len, err))
		return false;
	*ret_data = data = calloc(1, *ret_len);
	if (!data)
		return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", *ret_len);
	memcpy(data, "DfuSe\1", 6);
	fm_put_le32(data + 6, (uint32_t)*ret_len);
	p = data + DFUSE_PREFIX_LEN;
	for (size_t at = 0; at < image->count; data[10]++)
		at += dfuse_put_target(image, at, &p);
	fm_dfu_suffix_put(image, FM_DFUSE_SPEC, data, *ret_len);
	return true;
}

const struct fm_format fm_format_dfuse = { "dfuse", "DfuSe", dfuse_recognise, dfuse_read,
					   dfuse_write };

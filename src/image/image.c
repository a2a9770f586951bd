#include "image/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Units of this field have 32-bit addresses: the end of the last byte. */
#define ADDRESS_END ((uint64_t)UINT32_MAX + 1)

void fm_image_init(struct fm_image *image)
{
	memset(image, 0, sizeof(*image));
}

void fm_image_done(struct fm_image *image)
{
	for (size_t i = 0; i < image->count; i++)
		free(image->segments[i].store);
	free(image->segments);
	fm_image_init(image);
}

static uint64_t segment_end(const struct fm_segment *segment)
{
	return segment->range.addr + segment->range.len;
}

/* The family that is meant where none is named. */
static uint32_t image_family(const struct fm_image *image)
{
	return image->family_count ? image->families[0] : 0;
}

/* Does all of the segment lie before the address? */
static bool segment_before(const struct fm_segment *segment, uint32_t family, enum fm_space space,
			   uint64_t addr)
{
	if (segment->family != family)
		return segment->family < family;
	if (segment->range.space != space)
		return segment->range.space < space;
	return segment_end(segment) <= addr;
}

/* The first segment that ends behind the address: holds it or is the next one. */
static size_t image_find(const struct fm_image *image, uint32_t family, enum fm_space space,
			 uint64_t addr)
{
	size_t low = 0, high = image->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (segment_before(&image->segments[middle], family, space, addr))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Make room in front of or behind a segment's data. What is asked for on one side grows with the
 * segment, and the other side keeps what it has, so that records in any direction cost the same.
 */
static bool segment_reserve(struct fm_segment *segment, size_t before, size_t after,
			    struct fm_error *err)
{
	size_t len = (size_t)segment->range.len;
	size_t head = segment->store ? (size_t)(segment->data - segment->store) : 0;
	size_t tail = segment->room - head - len;
	size_t spare = len / 2 + 64;
	uint8_t *store;

	if (head >= before && tail >= after)
		return true;
	if (head >= before) {
		store = realloc(segment->store, head + len + after + spare);
		if (!store)
			return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", len + after);
		segment->room = head + len + after + spare;
	} else {
		store = malloc(before + spare + len + tail);
		if (!store)
			return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", len + before);
		memcpy(store + before + spare, segment->data, len);
		free(segment->store);
		head = before + spare;
		segment->room = head + len + tail;
	}
	segment->store = store;
	segment->data = store + head;
	return true;
}

static bool segment_append(struct fm_segment *segment, const void *data, size_t len,
			   struct fm_error *err)
{
	if (!segment_reserve(segment, 0, len, err))
		return false;
	memcpy(segment->data + segment->range.len, data, len);
	segment->range.len += len;
	return true;
}

static bool segment_prepend(struct fm_segment *segment, const void *data, size_t len,
			    struct fm_error *err)
{
	if (!segment_reserve(segment, len, 0, err))
		return false;
	segment->data -= len;
	memcpy(segment->data, data, len);
	segment->range.addr -= len;
	segment->range.len += len;
	return true;
}

static void image_remove(struct fm_image *image, size_t at)
{
	free(image->segments[at].store);
	image->count--;
	memmove(&image->segments[at], &image->segments[at + 1],
		(image->count - at) * sizeof(*image->segments));
}

/* Merge the segment with the next one, which it touches. The shorter is copied: a file that fills
 * its gaps one by one costs n log n. */
static bool image_join(struct fm_image *image, size_t at, struct fm_error *err)
{
	struct fm_segment *left = &image->segments[at], *right = left + 1;

	if (left->range.len >= right->range.len) {
		if (!segment_append(left, right->data, (size_t)right->range.len, err))
			return false;
		image_remove(image, at + 1);
		return true;
	}
	if (!segment_prepend(right, left->data, (size_t)left->range.len, err))
		return false;
	image_remove(image, at);
	return true;
}

static bool image_insert(struct fm_image *image, size_t at, uint32_t family,
			 const struct fm_range *range, const void *data, struct fm_error *err)
{
	struct fm_segment segment = { .range = { range->space, range->addr, 0 }, .family = family };

	if (image->count == FM_IMAGE_SEGMENTS_MOST)
		return fm_fail(err, FM_FILE_TOO_BIG, "more than %u separate pieces of memory",
			       FM_IMAGE_SEGMENTS_MOST);
	if (image->count == image->room) {
		size_t room = image->room ? image->room * 2 : 8;
		struct fm_segment *segments = realloc(image->segments, room * sizeof(*segments));

		if (!segments)
			return fm_fail(err, FM_NO_MEMORY, "no memory for %zu segments", room);
		image->segments = segments;
		image->room = room;
	}
	if (!segment_append(&segment, data, (size_t)range->len, err))
		return false;
	memmove(&image->segments[at + 1], &image->segments[at],
		(image->count - at) * sizeof(*image->segments));
	image->segments[at] = segment;
	image->count++;
	return true;
}

static bool image_check(const struct fm_image *image, uint32_t family, const struct fm_range *range,
			size_t at, struct fm_error *err)
{
	if (range->addr > ADDRESS_END || range->len > ADDRESS_END - range->addr)
		return fm_fail(err, FM_FILE_FORMAT,
			       "%" PRIu64 " bytes at 0x%" PRIx64 " go beyond 32-bit addresses",
			       range->len, range->addr);
	if (at < image->count && image->segments[at].family == family &&
	    fm_range_overlaps(&image->segments[at].range, range)) {
		uint64_t first = image->segments[at].range.addr;

		return fm_fail(
			err, FM_FILE_OVERLAP, "the byte at 0x%08" PRIx64 " of %s is given twice",
			first > range->addr ? first : range->addr, fm_space_name(range->space));
	}
	if (range->len > FM_IMAGE_DATA_MOST - image->total)
		return fm_fail(err, FM_FILE_TOO_BIG, "more than %u MiB of data",
			       FM_IMAGE_DATA_MOST >> 20);
	return true;
}

static bool image_know_family(struct fm_image *image, uint32_t family, struct fm_error *err)
{
	for (size_t i = 0; i < image->family_count; i++) {
		if (image->families[i] == family)
			return true;
	}
	if (family == 0 && image->family_count == 0)
		return true;
	if (family == 0 || (image->count > 0 && image->family_count == 0))
		return fm_fail(err, FM_FILE_FORMAT, "part of the data has a family, part has none");
	if (image->family_count == FM_IMAGE_FAMILIES_MOST)
		return fm_fail(err, FM_FILE_TOO_BIG, "data for more than %u families",
			       FM_IMAGE_FAMILIES_MOST);
	image->families[image->family_count++] = family;
	return true;
}

bool fm_image_add_family(struct fm_image *image, uint32_t family, enum fm_space space,
			 uint64_t addr, const void *data, size_t len, struct fm_error *err)
{
	const struct fm_range range = { space, addr, len };
	size_t at = image_find(image, family, space, addr);
	struct fm_segment *next = at < image->count ? &image->segments[at] : NULL;
	struct fm_segment *last = at > 0 ? &image->segments[at - 1] : NULL;
	bool joins_next, joins_last, good;

	if (len == 0)
		return true;
	if (!image_check(image, family, &range, at, err) || !image_know_family(image, family, err))
		return false;
	joins_next = next && next->family == family && next->range.space == space &&
		     next->range.addr == addr + len;
	joins_last = last && last->family == family && last->range.space == space &&
		     segment_end(last) == addr;
	if (joins_last)
		good = segment_append(last, data, len, err) &&
		       (!joins_next || image_join(image, at - 1, err));
	else if (joins_next)
		good = segment_prepend(next, data, len, err);
	else
		good = image_insert(image, at, family, &range, data, err);
	if (good)
		image->total += len;
	return good;
}

bool fm_image_add(struct fm_image *image, enum fm_space space, uint64_t addr, const void *data,
		  size_t len, struct fm_error *err)
{
	return fm_image_add_family(image, image_family(image), space, addr, data, len, err);
}

bool fm_image_keep_family(struct fm_image *image, uint32_t family, struct fm_error *err)
{
	size_t kept = 0, found = 0;

	for (size_t i = 0; i < image->count; i++)
		found += image->segments[i].family == family;
	if (!found)
		return fm_fail(err, FM_BLOCKED_MODEL,
			       "the file has no data for family 0x%08" PRIx32, family);
	for (size_t i = 0; i < image->count; i++) {
		if (image->segments[i].family == family) {
			image->segments[kept++] = image->segments[i];
		} else {
			image->total -= image->segments[i].range.len;
			free(image->segments[i].store);
		}
	}
	image->count = kept;
	image->families[0] = family;
	image->family_count = family != 0;
	return true;
}

void fm_image_set_family(struct fm_image *image, uint32_t family)
{
	for (size_t i = 0; i < image->count; i++)
		image->segments[i].family = family;
	image->families[0] = family;
	image->family_count = family != 0;
}

size_t fm_image_get(const struct fm_image *image, const struct fm_range *range, uint8_t fill,
		    uint8_t *ret_data)
{
	const uint32_t family = image_family(image);
	uint64_t end = range->addr + range->len;
	size_t have = 0;

	memset(ret_data, fill, (size_t)range->len);
	for (size_t i = image_find(image, family, range->space, range->addr); i < image->count;
	     i++) {
		const struct fm_segment *segment = &image->segments[i];
		uint64_t from = segment->range.addr, to = segment_end(segment);

		if (segment->family != family || !fm_range_overlaps(&segment->range, range))
			break;
		if (from < range->addr)
			from = range->addr;
		if (to > end)
			to = end;
		memcpy(ret_data + (from - range->addr),
		       segment->data + (from - segment->range.addr), (size_t)(to - from));
		have += (size_t)(to - from);
	}
	return have;
}

uint64_t fm_image_total(const struct fm_image *image)
{
	return image->total;
}

void fm_image_place(struct fm_image *image, enum fm_space space, uint64_t addr)
{
	for (size_t i = 0; i < image->count; i++) {
		image->segments[i].range.space = space;
		image->segments[i].range.addr += addr;
	}
	image->floating = false;
}

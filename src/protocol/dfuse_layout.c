#include "protocol/dfuse_layout.h"

#include "base/scope.h"
#include "protocol/dfu_wire.h"

#include <string.h>

/* Digits of the given base, at most `most` of them; false when there is none or one too many. */
static bool layout_number(const char **at, unsigned base, unsigned most, uint32_t *ret)
{
	uint32_t value = 0;
	unsigned digits = 0;

	for (;; (*at)++, digits++) {
		char c = **at;
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
							: 99;

		if (digit >= base)
			break;
		if (digits == most)
			return false;
		value = value * base + digit;
	}
	*ret = value;
	return digits > 0;
}

/* size, its unit and the letter of the type: "016Kg", "016 e", "016e". */
static bool layout_page(const char **at, struct fm_dfuse_segment *ret)
{
	uint32_t unit = 1;

	if (!layout_number(at, 10, 4, &ret->size))
		return false;
	if (**at == 'K' || **at == 'M')
		unit = **at == 'K' ? 1024 : 1024 * 1024;
	/* An unknown unit is bytes, as dfu-util takes it; none at all: this is the type already. */
	if (**at && !(**at >= 'a' && **at <= 'g'))
		(*at)++;
	if (!(**at >= 'a' && **at <= 'g'))
		return false;
	ret->type = (unsigned)(**at - 'a' + 1);
	(*at)++;
	if (ret->size == 0 || ret->size > UINT32_MAX / unit)
		return false;
	ret->size *= unit;
	return true;
}

static bool layout_segment(const char **at, uint64_t *addr, struct fm_dfuse_segment *ret)
{
	uint64_t len;

	if (!layout_number(at, 10, 5, &ret->count) || ret->count == 0 || **at != '*')
		return false;
	(*at)++;
	if (!layout_page(at, ret))
		return false;
	len = (uint64_t)ret->count * ret->size;
	if (*addr + len > (uint64_t)UINT32_MAX + 1)
		return false;
	ret->addr = (uint32_t)*addr;
	*addr += len;
	return true;
}

/* "/0x08000000/" and what lies there without a gap. */
static bool layout_group(const char **at, struct fm_dfuse_layout *ret)
{
	uint32_t start;
	uint64_t addr;

	if (strncmp(*at, "/0x", 3) != 0 && strncmp(*at, "/0X", 3) != 0)
		return false;
	*at += 3;
	if (!layout_number(at, 16, 8, &start) || **at != '/')
		return false;
	addr = start;
	do {
		(*at)++;
		if (ret->count == FM_DFUSE_SEGMENTS_MOST ||
		    !layout_segment(at, &addr, &ret->segments[ret->count]))
			return false;
		ret->count++;
	} while (**at == ',');
	return true;
}

bool fm_dfuse_layout_parse(const char *text, struct fm_dfuse_layout *ret, struct fm_error *err)
{
	const char *at = text + 1, *end;
	size_t len;

	*ret = (struct fm_dfuse_layout){ 0 };
	if (*text != '@')
		return fm_fail(err, FM_PROTOCOL, "'%.40s' describes no memory", text);
	/* A name may hold a '/' of its own. */
	for (end = at; *end && strncmp(end, "/0x", 3) != 0 && strncmp(end, "/0X", 3) != 0;)
		end++;
	len = (size_t)(end - at);
	while (len > 0 && at[len - 1] == ' ')
		len--;
	if (len >= sizeof(ret->name))
		len = sizeof(ret->name) - 1;
	memcpy(ret->name, at, len);
	at = end;
	while (*at && layout_group(&at, ret))
		;
	while (*at == ' ')
		at++;
	ret->cut = *at;
	return ret->count > 0 ||
	       fm_fail(err, FM_PROTOCOL, "'%.80s' describes no memory", text);
}

/* --- regions --- */

static bool layout_is_special(const struct fm_dfuse_layout *layout)
{
	static const char *const names[] = { "Option Bytes", "OTP Memory", "Device Feature" };

	for (size_t i = 0; i < FM_COUNT(names); i++) {
		if (strncmp(layout->name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* The longest page that fits the blocks: all of them are multiples of it. */
static uint32_t layout_page_len(const struct fm_region *region, uint32_t most)
{
	uint32_t len = most;

	for (size_t i = 0; i < region->run_count; i++) {
		uint32_t a = len, b = region->runs[i].size;

		while (b) {
			uint32_t rest = a % b;

			a = b;
			b = rest;
		}
		len = a;
	}
	return len;
}

/* Take the segment into the region where it goes on with it. */
static bool layout_join(struct fm_region *region, const struct fm_dfuse_segment *segment)
{
	uint64_t len = (uint64_t)segment->count * segment->size;
	struct fm_block_run *last =
		region->run_count ? &region->runs[region->run_count - 1] : NULL;

	if (region->range.addr + region->range.len != segment->addr)
		return false;
	if (segment->type & FM_DFUSE_ERASE) {
		if (last && last->size == segment->size)
			last->count += segment->count;
		else if (region->run_count < FM_RUN_MOST)
			region->runs[region->run_count++] =
				(struct fm_block_run){ segment->size, segment->count };
		else
			return false;
	}
	region->range.len += len;
	return true;
}

bool fm_dfuse_layout_regions(const struct fm_dfuse_layout *layout, enum fm_space space,
			     uint32_t page_len, struct fm_memory *told, struct fm_error *err)
{
	bool special = layout_is_special(layout);

	for (size_t i = 0, next; i < layout->count; i = next) {
		unsigned type = layout->segments[i].type;
		struct fm_region region = {
			.range = { space, layout->segments[i].addr, 0 },
			.flags = (type & FM_DFUSE_WRITE) && !special ? FM_REGION_WRITE
								     : FM_REGION_PROTECTED,
		};

		for (next = i; next < layout->count && layout->segments[next].type == type; next++) {
			if (!layout_join(&region, &layout->segments[next]))
				break;
		}
		if (told->count == FM_REGION_MOST)
			return true;
		region.write_len = layout_page_len(&region, page_len);
		fm_dfu_region_name(told, layout->name, region.name);
		if (!fm_memory_add(told, &region, err))
			return false;
	}
	return true;
}

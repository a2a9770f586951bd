/*
 * Binary info of the pico-sdk (uf2-picoboot sheet, section 6; pico/binary_info/structure.h):
 *
 *   7188EBF2 start end map E71AA390     header, word aligned near the image's start
 *   start..end                          pointers to entries
 *   type16 tag16 id32 value32           an entry: type 5 a number, 6 the address of a text
 *   map: source start end ... 0         where in the flash the data of a run-time address lies
 *
 * start, end and what they lead to are run-time addresses; the map itself is one in the flash.
 */
#include "protocol/binary_info.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

enum {
	HEADER_LEN = 20,
	HEADER_WITHIN = 0x400, /* RP2040: 64 words behind the 256 of boot2; RP2350: 256 words */
	ENTRIES_MOST = 256,
	MAPS_MOST = 10, /* as picotool */
	MAP_LEN = 12,
	ENTRY_LEN = 12,
	TYPE_ID_AND_STRING = 6,
	TAG_RASPBERRY_PI = 0x5052,
};

#define MARKER_START 0x7188ebf2u
#define MARKER_END 0xe71aa390u

struct info_map {
	uint32_t source, start, end;
};

struct info_search {
	const struct fm_binary_info_source *source;
	struct info_map maps[MAPS_MOST];
	size_t map_count;
	uint32_t start, end;
};

static bool info_inside(const struct fm_binary_info_source *source, uint32_t addr, size_t len)
{
	return addr >= source->base && len <= source->len &&
	       addr - source->base <= source->len - len;
}

static bool info_read(const struct fm_binary_info_source *source, uint32_t addr, uint8_t *ret,
		      size_t len)
{
	return info_inside(source, addr, len) && source->read(source->user, addr, ret, len);
}

/* Where the byte of a run-time address lies in the flash. */
static uint32_t info_translate(const struct info_search *search, uint32_t addr)
{
	for (size_t i = 0; i < search->map_count; i++) {
		const struct info_map *map = &search->maps[i];

		if (addr >= map->start && addr < map->end)
			return map->source + (addr - map->start);
	}
	return addr;
}

/* --- header and map --- */

static bool info_header(const struct fm_binary_info_source *source, uint8_t ret[HEADER_LEN])
{
	uint8_t start[HEADER_WITHIN];
	size_t len = source->len < sizeof(start) ? source->len & ~(size_t)3 : sizeof(start);

	if (!info_read(source, source->base, start, len))
		return false;
	for (size_t i = 0; i + HEADER_LEN <= len; i += 4) {
		if (fm_get_le32(start + i) == MARKER_START &&
		    fm_get_le32(start + i + 16) == MARKER_END) {
			memcpy(ret, start + i, HEADER_LEN);
			return true;
		}
	}
	return false;
}

/* Ends with a record of source 0; one that can't be read ends it too. */
static void info_read_map(struct info_search *search, uint32_t addr)
{
	uint8_t record[MAP_LEN];

	for (; search->map_count < MAPS_MOST; addr += MAP_LEN) {
		if (!info_read(search->source, addr, record, sizeof(record)) ||
		    fm_get_le32(record) == 0)
			return;
		search->maps[search->map_count++] =
			(struct info_map){ fm_get_le32(record), fm_get_le32(record + 4),
					   fm_get_le32(record + 8) };
	}
}

/* --- entries --- */

/* A text without an end within the room for it is cut. */
static void info_text(const struct info_search *search, uint32_t addr, char *ret, size_t size)
{
	const struct fm_binary_info_source *source = search->source;
	uint32_t at = info_translate(search, addr);
	uint8_t raw[64];
	size_t len = sizeof(raw) < size ? sizeof(raw) : size;

	if (!info_inside(source, at, 1))
		return;
	if (len > source->len - (at - source->base))
		len = source->len - (at - source->base);
	if (!source->read(source->user, at, raw, len))
		return;
	fm_text_printable(ret, size, (const char *)raw, strnlen((const char *)raw, len));
}

/* Ids: structure.h. */
static char *info_place(struct fm_binary_info *info, uint32_t id)
{
	switch (id) {
	case 0x02031c86:
		return info->program;
	case 0x11a9bc3a:
		return info->version;
	case 0x9da22254:
		return info->build_date;
	case 0xb63cffbb:
		return info->board;
	case 0x5360b3ab:
		return info->sdk;
	case 0x1856239a:
		return info->url;
	default:
		return NULL;
	}
}

static void info_entry(const struct info_search *search, uint32_t addr, struct fm_binary_info *ret)
{
	uint8_t entry[ENTRY_LEN];
	char *place;

	if (!info_read(search->source, info_translate(search, addr), entry, sizeof(entry)) ||
	    fm_get_le16(entry) != TYPE_ID_AND_STRING || fm_get_le16(entry + 2) != TAG_RASPBERRY_PI)
		return;
	place = info_place(ret, fm_get_le32(entry + 4));
	if (place && !*place)
		info_text(search, fm_get_le32(entry + 8), place, sizeof(ret->program));
}

bool fm_binary_info_find(const struct fm_binary_info_source *source, struct fm_binary_info *ret)
{
	struct info_search search = { .source = source };
	uint8_t header[HEADER_LEN], pointer[4];

	*ret = (struct fm_binary_info){ 0 };
	if (!info_header(source, header))
		return false;
	search.start = fm_get_le32(header + 4);
	search.end = fm_get_le32(header + 8);
	if (search.start > search.end)
		return false;
	info_read_map(&search, fm_get_le32(header + 12));
	for (uint32_t i = 0; i < ENTRIES_MOST && i < (search.end - search.start) / 4; i++) {
		if (!info_read(source, info_translate(&search, search.start + 4 * i), pointer,
			       sizeof(pointer)))
			break;
		info_entry(&search, fm_get_le32(pointer), ret);
	}
	return true;
}

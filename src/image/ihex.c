/*
 * Intel HEX: Intel, "Hexadecimal Object File Format Specification", revision A, 1988.
 *
 *   :LLAAAATTDD...DDCC
 *     LL    bytes of data             AAAA  offset
 *     TT    type                      CC    all bytes of the record add up to 0
 *
 * Type 00 data at base + offset, 01 end, 02 segment base (times 16; an offset wraps within 64 KiB),
 * 03 start address as CS:IP, 04 upper half of the linear base, 05 linear start address. Debian's
 * Optiboot has a record 03. The offset of other records than 00 means nothing: the specification
 * says 0, older tools put a start address into record 01.
 */
#include "base/bytes.h"
#include "image/image.h"
#include "image/record.h"

#include <string.h>

#define IHEX_DATA 0
#define IHEX_END 1
#define IHEX_SEGMENT 2
#define IHEX_START_SEGMENT 3
#define IHEX_LINEAR 4
#define IHEX_START_LINEAR 5

#define IHEX_HEAD 4      /* length, offset, type */
#define IHEX_LINE_LEN 16 /* bytes a record that we write: what every reader takes */

struct ihex {
	struct fm_record record;
	struct fm_image *image;
	uint32_t base;
	bool segmented; /* base is that of a record 02 */
	bool ended;
};

static uint8_t ihex_sum(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	while (count--)
		sum = (uint8_t)(sum + *bytes++);
	return sum;
}

static int ihex_judge(struct fm_record *record)
{
	struct fm_error err;

	/* ":00000001FF" is the shortest record. */
	if (record->text_len < 11 || record->text[0] != ':')
		return 0;
	if (fm_record_decode(record, 1, &err) &&
	    record->bytes[0] + IHEX_HEAD + 1u == record->count &&
	    ihex_sum(record->bytes, record->count) == 0)
		return 100;
	return record->count >= 2 ? 60 : 0;
}

static int ihex_recognise(const uint8_t *data, size_t len)
{
	return fm_record_recognise(data, len, ihex_judge);
}

/* Data at base + offset; within a segment base the part beyond 64 KiB comes to lie at its start. */
static bool ihex_data(struct ihex *hex, const uint8_t *data, size_t len, struct fm_error *err)
{
	uint32_t offset = fm_get_be16(hex->record.bytes + 1);
	size_t fits = len;

	if (hex->segmented && offset + len > 0x10000)
		fits = 0x10000 - offset;
	return fm_record_add(&hex->record, hex->image, (uint64_t)hex->base + offset, data, fits,
			     err) &&
	       fm_record_add(&hex->record, hex->image, hex->base, data + fits, len - fits, err);
}

/* The length that records of the type must have; -1 = any, -2 = there is no such type. */
static int ihex_type_len(uint8_t type)
{
	static const int lens[] = { -1, 0, 2, 4, 2, 4 };

	return type <= IHEX_START_LINEAR ? lens[type] : -2;
}

static void ihex_start(struct fm_image *image, uint64_t entry)
{
	image->has_entry = true;
	image->entry = entry;
}

static bool ihex_record(struct ihex *hex, struct fm_error *err)
{
	const uint8_t type = hex->record.bytes[3], *data = hex->record.bytes + IHEX_HEAD;
	const size_t len = hex->record.bytes[0];
	const int type_len = ihex_type_len(type);

	if (type_len == -2)
		return fm_record_fail(&hex->record, err, FM_FILE_FORMAT,
				      "record type %02X is not of Intel HEX", type);
	if (type_len >= 0 && len != (size_t)type_len)
		return fm_record_fail(&hex->record, err, FM_FILE_FORMAT,
				      "a record of type %02X holds %zu bytes, not %d", type, len,
				      type_len);
	switch (type) {
	case IHEX_DATA:
		return ihex_data(hex, data, len, err);
	case IHEX_END:
		hex->ended = true;
		break;
	case IHEX_SEGMENT:
		hex->base = (uint32_t)fm_get_be16(data) << 4;
		hex->segmented = true;
		break;
	case IHEX_START_SEGMENT:
		ihex_start(hex->image, ((uint32_t)fm_get_be16(data) << 4) + fm_get_be16(data + 2));
		break;
	case IHEX_LINEAR:
		hex->base = (uint32_t)fm_get_be16(data) << 16;
		hex->segmented = false;
		break;
	case IHEX_START_LINEAR:
		ihex_start(hex->image, fm_get_be32(data));
		break;
	}
	return true;
}

/* One line, from its text to bytes that are proved. */
static bool ihex_line(struct fm_record *record, struct fm_error *err)
{
	uint8_t sum;

	if (record->text[0] != ':')
		return fm_record_fail(record, err, FM_FILE_FORMAT,
				      "not a record of Intel HEX: it does not begin with ':'");
	if (!fm_record_decode(record, 1, err))
		return false;
	if (record->count < IHEX_HEAD + 1 || record->count != record->bytes[0] + IHEX_HEAD + 1u)
		return fm_record_fail(record, err, FM_FILE_FORMAT,
				      "the record says %u bytes of data, the line has %zd",
				      record->count ? record->bytes[0] : 0,
				      (ssize_t)record->count - IHEX_HEAD - 1);
	sum = ihex_sum(record->bytes, record->count);
	if (sum != 0) {
		uint8_t is = record->bytes[record->count - 1];

		return fm_record_fail(record, err, FM_FILE_FORMAT,
				      "wrong checksum: %02X, the record's bytes give %02X", is,
				      (uint8_t)(is - sum));
	}
	return true;
}

static bool ihex_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		      struct fm_error *err)
{
	struct ihex hex = { .image = image };

	fm_record_init(&hex.record, name, data, len);
	while (!hex.ended && fm_record_next(&hex.record)) {
		if (!ihex_line(&hex.record, err) || !ihex_record(&hex, err))
			return false;
	}
	if (!hex.ended)
		return fm_record_fail(&hex.record, err, FM_FILE_FORMAT,
				      "no end record: the file is cut");
	return fm_record_end(&hex.record, image, err);
}

static void ihex_put(struct fm_record_writer *writer, uint8_t type, uint16_t offset,
		     const uint8_t *data, size_t len)
{
	uint8_t bytes[IHEX_HEAD + IHEX_LINE_LEN + 1] = { (uint8_t)len, 0, 0, type };

	fm_put_be16(bytes + 1, offset);
	memcpy(bytes + IHEX_HEAD, data, len);
	bytes[IHEX_HEAD + len] = (uint8_t)-ihex_sum(bytes, IHEX_HEAD + len);
	fm_record_put(writer, ":", bytes, IHEX_HEAD + len + 1);
}

/* Readers begin with an upper half of 0; no record crosses 64 KiB. */
static void ihex_put_segment(struct fm_record_writer *writer, const struct fm_segment *segment,
			     uint16_t *upper)
{
	size_t len;

	for (uint64_t done = 0; done < segment->range.len; done += len) {
		uint64_t addr = segment->range.addr + done, left = segment->range.len - done;
		uint64_t room = IHEX_LINE_LEN - addr % IHEX_LINE_LEN;

		if (*upper != addr >> 16) {
			uint8_t base[2];

			*upper = (uint16_t)(addr >> 16);
			fm_put_be16(base, *upper);
			ihex_put(writer, IHEX_LINEAR, 0, base, sizeof(base));
		}
		len = (size_t)(left < room ? left : room);
		ihex_put(writer, IHEX_DATA, (uint16_t)addr, segment->data + done, len);
	}
}

static bool ihex_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		       struct fm_error *err)
{
	struct fm_record_writer writer;
	uint16_t upper = 0;

	if (!fm_record_open(&writer, image, err))
		return false;
	for (size_t i = 0; i < image->count; i++)
		ihex_put_segment(&writer, &image->segments[i], &upper);
	if (image->has_entry) {
		uint8_t entry[4];

		fm_put_be32(entry, (uint32_t)image->entry);
		ihex_put(&writer, IHEX_START_LINEAR, 0, entry, sizeof(entry));
	}
	ihex_put(&writer, IHEX_END, 0, (const uint8_t *)"", 0);
	return fm_record_close(&writer, ret_data, ret_len, err);
}

const struct fm_format fm_format_ihex = { "ihex", "Intel HEX", ihex_recognise, ihex_read,
					  ihex_write };

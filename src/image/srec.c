/*
 * Motorola S-records: Motorola, "MC68000 Family Programmer's Reference Manual", appendix C.
 *
 *   STCCAAAADD...DDKK
 *     T   type                         CC  bytes behind it: address, data, checksum
 *     KK  ones' complement of the sum of all bytes from CC on
 *
 * S0 header, S1/S2/S3 data with an address of 2/3/4 bytes, S5/S6 count of the data records in 2/3
 * bytes, S7/S8/S9 end with a start address of 4/3/2 bytes. S4 is reserved. Writers put a start
 * address of 0 where they know none.
 */
#include "base/bytes.h"
#include "image/image.h"
#include "image/record.h"

#include <string.h>

#define SREC_COUNT_MOST 0xffffffu
#define SREC_LINE_LEN 16 /* bytes a record that we write: what every reader takes */

struct srec {
	struct fm_record record;
	struct fm_image *image;
	uint32_t data_records;
	bool ended;
};

/* Bytes of the address field, by type; 0 = there is no such type. */
static const uint8_t srec_address_lens[10] = { 2, 2, 3, 4, 0, 2, 3, 4, 3, 2 };

static uint8_t srec_sum(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	while (count--)
		sum = (uint8_t)(sum + *bytes++);
	return (uint8_t)~sum;
}

static bool srec_is_type(const struct fm_record *record)
{
	return record->text_len >= 2 && record->text[0] == 'S' && record->text[1] >= '0' &&
	       record->text[1] <= '9';
}

static int srec_judge(struct fm_record *record)
{
	struct fm_error err;

	/* "S9030000FC" is the shortest record. */
	if (!srec_is_type(record) || record->text_len < 10)
		return 0;
	if (fm_record_decode(record, 2, &err) && record->bytes[0] + 1u == record->count &&
	    srec_sum(record->bytes, record->count - 1) == record->bytes[record->count - 1])
		return 100;
	return record->count >= 2 ? 60 : 0;
}

static int srec_recognise(const uint8_t *data, size_t len)
{
	return fm_record_recognise(data, len, srec_judge);
}

/* One line, from its text to bytes that are proved. */
static bool srec_line(struct fm_record *record, struct fm_error *err)
{
	uint8_t sum, is;

	if (!srec_is_type(record))
		return fm_record_fail(record, err, FM_FILE_FORMAT,
				      "not an S-record: it does not begin with 'S' and a digit");
	if (!fm_record_decode(record, 2, err))
		return false;
	if (record->count == 0 || record->count != record->bytes[0] + 1u)
		return fm_record_fail(
			record, err, FM_FILE_FORMAT, "the record says %u bytes, the line has %zd",
			record->count ? record->bytes[0] : 0, (ssize_t)record->count - 1);
	sum = srec_sum(record->bytes, record->count - 1);
	is = record->bytes[record->count - 1];
	if (is != sum)
		return fm_record_fail(record, err, FM_FILE_FORMAT,
				      "wrong checksum: %02X, the record's bytes give %02X", is,
				      sum);
	return true;
}

static bool srec_count(const struct srec *srec, uint32_t says, struct fm_error *err)
{
	if (says == srec->data_records)
		return true;
	fm_record_fail(&srec->record, err, FM_FILE_FORMAT,
		       "the file says it has %u data records, but %u are there", says,
		       srec->data_records);
	return fm_hint(err, "Lines are missing or doubled: get the file again.");
}

static bool srec_record(struct srec *srec, struct fm_error *err)
{
	const struct fm_record *record = &srec->record;
	const size_t address_len = srec_address_lens[record->text[1] - '0'];
	const uint8_t *data = record->bytes + 1 + address_len;
	uint32_t address = 0;
	size_t len;

	if (address_len == 0)
		return fm_record_fail(record, err, FM_FILE_FORMAT, "S4 is no record type");
	if (record->count < 1 + address_len + 1)
		return fm_record_fail(record, err, FM_FILE_FORMAT,
				      "the record is too short for its address");
	len = record->count - 1 - address_len - 1;
	for (size_t i = 0; i < address_len; i++)
		address = address << 8 | record->bytes[1 + i];
	switch (record->text[1]) {
	case '1':
	case '2':
	case '3':
		srec->data_records++;
		return fm_record_add(record, srec->image, address, data, len, err);
	case '5':
	case '6':
		return srec_count(srec, address, err);
	case '7':
	case '8':
	case '9':
		srec->ended = true;
		srec->image->has_entry = address != 0;
		srec->image->entry = address;
		break;
	}
	return true;
}

static bool srec_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		      struct fm_error *err)
{
	struct srec srec = { .image = image };

	fm_record_init(&srec.record, name, data, len);
	while (!srec.ended && fm_record_next(&srec.record)) {
		if (!srec_line(&srec.record, err) || !srec_record(&srec, err))
			return false;
	}
	if (!srec.ended)
		return fm_record_fail(&srec.record, err, FM_FILE_FORMAT,
				      "no end record: the file is cut");
	return fm_record_end(&srec.record, image, err);
}

static void srec_put(struct fm_record_writer *writer, char type, uint32_t address,
		     const uint8_t *data, size_t len)
{
	const size_t address_len = srec_address_lens[type - '0'];
	const size_t count = 1 + address_len + len;
	uint8_t bytes[1 + 4 + SREC_LINE_LEN + 1] = { (uint8_t)count };

	for (size_t i = 0; i < address_len; i++)
		bytes[1 + i] = (uint8_t)(address >> 8 * (address_len - 1 - i));
	memcpy(bytes + 1 + address_len, data, len);
	bytes[count] = srec_sum(bytes, count);
	fm_record_put(writer, (const char[]){ 'S', type, '\0' }, bytes, count + 1);
}

static uint32_t srec_put_segment(struct fm_record_writer *writer, const struct fm_segment *segment)
{
	uint32_t records = 0;
	size_t len;

	for (uint64_t done = 0; done < segment->range.len; done += len) {
		uint64_t addr = segment->range.addr + done, left = segment->range.len - done;
		uint64_t room = SREC_LINE_LEN - addr % SREC_LINE_LEN;

		len = (size_t)(left < room ? left : room);
		srec_put(writer, '3', (uint32_t)addr, segment->data + done, len);
		records++;
	}
	return records;
}

static bool srec_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		       struct fm_error *err)
{
	struct fm_record_writer writer;
	const uint8_t *none = (const uint8_t *)"";
	uint32_t records = 0;

	if (!fm_record_open(&writer, image, err))
		return false;
	for (size_t i = 0; i < image->count; i++)
		records += srec_put_segment(&writer, &image->segments[i]);
	/* The count is optional: it is left out where it does not fit. */
	if (records <= SREC_COUNT_MOST)
		srec_put(&writer, records <= 0xffff ? '5' : '6', records, none, 0);
	srec_put(&writer, '7', image->has_entry ? (uint32_t)image->entry : 0, none, 0);
	return fm_record_close(&writer, ret_data, ret_len, err);
}

const struct fm_format fm_format_srec = { "srec", "S-record", srec_recognise, srec_read,
					  srec_write };

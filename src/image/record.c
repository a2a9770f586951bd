#include "image/record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void fm_record_init(struct fm_record *record, const char *name, const uint8_t *data, size_t len)
{
	memset(record, 0, sizeof(*record));
	record->name = name;
	record->data = data;
	record->len = len;
}

/* Step over one line, blank or not. */
static void record_line(struct fm_record *record)
{
	const uint8_t *start = record->data + record->at;
	size_t left = record->len - record->at, len = 0;

	while (len < left && start[len] != '\n' && start[len] != '\r')
		len++;
	record->at += len;
	if (len < left) {
		record->at++;
		if (start[len] == '\r' && len + 1 < left && start[len + 1] == '\n')
			record->at++;
	}
	while (len > 0 && (start[len - 1] == ' ' || start[len - 1] == '\t'))
		len--;
	record->text = (const char *)start;
	record->text_len = len;
	record->line++;
}

bool fm_record_next(struct fm_record *record)
{
	while (record->at < record->len) {
		record_line(record);
		if (record->text_len > 0)
			return true;
	}
	return false;
}

/* -1: not a digit. */
static int record_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool fm_record_decode(struct fm_record *record, size_t skip, struct fm_error *err)
{
	record->count = 0;
	for (size_t i = skip; i < record->text_len; i += 2) {
		int high = record_digit(record->text[i]), low;

		if (high < 0)
			return fm_record_fail(record, err, FM_FILE_FORMAT,
					      "no hexadecimal digit in column %zu", i + 1);
		if (i + 1 == record->text_len)
			return fm_record_fail(record, err, FM_FILE_FORMAT,
					      "the record is cut: an odd number of digits");
		low = record_digit(record->text[i + 1]);
		if (low < 0)
			return fm_record_fail(record, err, FM_FILE_FORMAT,
					      "no hexadecimal digit in column %zu", i + 2);
		if (record->count == FM_RECORD_MOST)
			return fm_record_fail(record, err, FM_FILE_FORMAT,
					      "the line is longer than any record");
		record->bytes[record->count++] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool fm_record_fail(const struct fm_record *record, struct fm_error *err, enum fm_code code,
		    const char *format, ...)
{
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fm_fail(err, code, "%s", text);
	return fm_context(err, "%s:%zu", record->name, record->line);
}

bool fm_record_add(const struct fm_record *record, struct fm_image *image, uint64_t addr,
		   const uint8_t *data, size_t len, struct fm_error *err)
{
	if (!fm_image_add(image, FM_SPACE_FLASH, addr, data, len, err))
		return fm_context(err, "%s:%zu", record->name, record->line);
	return true;
}

bool fm_record_end(struct fm_record *record, const struct fm_image *image, struct fm_error *err)
{
	size_t end = record->line;

	if (fm_record_next(record)) {
		fm_record_fail(record, err, FM_FILE_FORMAT,
			       "more text after the end record in line %zu", end);
		return fm_hint(err, "Two files may have been joined: get the file again, or merge "
				    "them with srec_cat or objcopy.");
	}
	if (image->count == 0)
		return fm_record_fail(record, err, FM_FILE_EMPTY,
				      "the file ends without any data record");
	return true;
}

int fm_record_recognise(const uint8_t *data, size_t len, int (*judge)(struct fm_record *record))
{
	struct fm_record record;
	size_t sound = 0;

	fm_record_init(&record, "", data, len);
	if (fm_record_next(&record)) {
		int sure = judge(&record);

		if (sure > 0)
			return sure;
	}
	while (fm_record_next(&record)) {
		if (judge(&record) == 100)
			sound += record.text_len + 1;
	}
	return sound > len / 2 ? 50 : 0;
}

bool fm_record_open(struct fm_record_writer *writer, const struct fm_image *image,
		    struct fm_error *err)
{
	if (image->floating)
		return fm_fail(err, FM_USAGE,
			       "the data has no address yet, which a file of records needs");
	if (image->family_count > 1)
		return fm_fail(err, FM_USAGE,
			       "the data is for %zu families, which one file of records cannot "
			       "tell apart",
			       image->family_count);
	for (size_t i = 1; i < image->count; i++) {
		if (image->segments[i].range.space != image->segments[0].range.space)
			return fm_fail(err, FM_USAGE,
				       "the data lies in %s and %s, which one file of records "
				       "cannot tell apart",
				       fm_space_name(image->segments[0].range.space),
				       fm_space_name(image->segments[i].range.space));
	}
	*writer = (struct fm_record_writer){ 0 };
	writer->file = open_memstream(&writer->data, &writer->len);
	if (!writer->file)
		return fm_fail_os(err, FM_NO_MEMORY, errno, "no memory for the file's text");
	return true;
}

void fm_record_put(struct fm_record_writer *writer, const char *lead, const uint8_t *bytes,
		   size_t count)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[2 * FM_RECORD_MOST + 1];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		text[len++] = digits[bytes[i] >> 4];
		text[len++] = digits[bytes[i] & 15];
	}
	text[len++] = '\n';
	fputs(lead, writer->file);
	fwrite(text, 1, len, writer->file);
}

bool fm_record_close(struct fm_record_writer *writer, uint8_t **ret_data, size_t *ret_len,
		     struct fm_error *err)
{
	bool bad = ferror(writer->file);

	bad |= fclose(writer->file) != 0;
	if (bad) {
		free(writer->data);
		return fm_fail(err, FM_NO_MEMORY, "no memory for the file's text");
	}
	*ret_data = (uint8_t *)writer->data;
	*ret_len = writer->len;
	return true;
}

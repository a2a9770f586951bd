/*
 * Text formats of one record a line, in hexadecimal: what Intel HEX and S-record share. Lines end
 * in LF, CR LF, CR or the file's end; blank lines count but are skipped.
 */
#ifndef FM_IMAGE_RECORD_H
#define FM_IMAGE_RECORD_H

#include "base/error.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A count byte, up to 255 bytes that it counts, and what Intel HEX does not count: address, type,
 * checksum. */
#define FM_RECORD_MOST (1 + 255 + 4)

struct fm_record {
	const char *name; /* of the file, for messages */
	const uint8_t *data;
	size_t len;
	size_t at;        /* where the next line begins */
	size_t line;      /* number of the current line, from 1 */
	const char *text; /* the current line without its end and blanks before that */
	size_t text_len;
	uint8_t bytes[FM_RECORD_MOST]; /* after fm_record_decode */
	size_t count;
};

void fm_record_init(struct fm_record *record, const char *name, const uint8_t *data, size_t len);
/* Go to the next line that is not blank; false at the end of the file. */
bool fm_record_next(struct fm_record *record);
/* The line's hexadecimal digits behind the first `skip` characters, as bytes. */
bool fm_record_decode(struct fm_record *record, size_t skip, struct fm_error *err) FM_MUST_CHECK;
/* Fail with "file:line: " before the text. */
bool fm_record_fail(const struct fm_record *record, struct fm_error *err, enum fm_code code,
		    const char *format, ...) FM_PRINTF(4, 5);
/* Add data of this line to the image. */
bool fm_record_add(const struct fm_record *record, struct fm_image *image, uint64_t addr,
		   const uint8_t *data, size_t len, struct fm_error *err) FM_MUST_CHECK;
/* Only blank lines may follow the end record; what lies there is named. */
bool fm_record_end(struct fm_record *record, const struct fm_image *image,
		   struct fm_error *err) FM_MUST_CHECK;

/*
 * How sure the content is of a format, from a judgement of single lines (100 certainly a record, 60
 * looks like one, 0 no): that of the first line, or 50 where sound records make up most of the
 * file, so that a file whose beginning was damaged is not taken for raw data.
 */
int fm_record_recognise(const uint8_t *data, size_t len, int (*judge)(struct fm_record *record));

/* Write a file of records: collects what is put, in memory. */
struct fm_record_writer {
	FILE *file;
	char *data;
	size_t len;
};

bool fm_record_open(struct fm_record_writer *writer, const struct fm_image *image,
		    struct fm_error *err) FM_MUST_CHECK;
/* lead, then the bytes in hexadecimal, and a newline. */
void fm_record_put(struct fm_record_writer *writer, const char *lead, const uint8_t *bytes,
		   size_t count);
/* Hand the text over (malloc'd); fails when memory ran out on the way. */
bool fm_record_close(struct fm_record_writer *writer, uint8_t **ret_data, size_t *ret_len,
		     struct fm_error *err) FM_MUST_CHECK;

#endif

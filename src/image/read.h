/* The name of a file in messages; from a path to the bytes in memory, and from gzip to what is
 * inside. */
#ifndef FM_IMAGE_READ_H
#define FM_IMAGE_READ_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_SHOWN_NAME 100

/* The name as errors show it: the tail of a long path, so that a line number or a reason behind it
 * still fits; control characters as '.'. */
void fm_shown_name(const char *path, char ret[FM_SHOWN_NAME]);

/* FM_FILE_FORMAT: "name: offset at: " and what is wrong there. */
bool fm_fail_at(struct fm_error *err, const char *name, size_t at, const char *format, ...)
	FM_PRINTF(4, 5);

/* A regular file of 1 to FM_IMAGE_FILE_MOST bytes, in one read; malloc'd. */
bool fm_read_file(const char *path, uint8_t **ret_data, size_t *ret_len,
		  struct fm_error *err) FM_MUST_CHECK;

bool fm_gunzip_recognise(const uint8_t *data, size_t len);
/* At most FM_IMAGE_DATA_MOST bytes, malloc'd. */
bool fm_gunzip(const char *name, const uint8_t *data, size_t len, uint8_t **ret_data,
	       size_t *ret_len, struct fm_error *err) FM_MUST_CHECK;

/* May a file be made there? FM_FILE_WRITE: there is one that is not to be replaced, or something
 * that is no file, which nobody wants to lose. */
bool fm_save_may_be(const char *path, bool replace, struct fm_error *err) FM_MUST_CHECK;
/* The whole file, durable, or what was there before. */
bool fm_save_file(const char *path, const void *data, size_t len, bool replace,
		  struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * A firmware image: sparse segments of bytes with addresses. Segments are sorted by space and
 * address, disjoint, adjacent ones merged, gaps never filled. Only the plan pads, to a device page,
 * and says so.
 */
#ifndef FM_IMAGE_IMAGE_H
#define FM_IMAGE_IMAGE_H

#include "base/error.h"
#include "base/hash.h"
#include "image/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_segment {
	struct fm_range range;
	uint8_t *data; /* range.len bytes, owned by the image */
};

struct fm_image {
	struct fm_segment *segments;
	size_t count;
	bool floating; /* raw: has no address of its own, starts at 0, belongs at the application's
			  base */
	bool has_entry;
	uint64_t entry;
	const char *format;          /* name of the format it was read from */
	bool compressed;             /* it came gzipped */
	char sha256[FM_SHA256_TEXT]; /* of the file as it lies on the disk */
	uint64_t file_len;           /* likewise */
};

/* Limits of what is read: beyond any unit of this field, below what hurts the host. */
#define FM_IMAGE_FILE_MOST (256u << 20)
#define FM_IMAGE_DATA_MOST (128u << 20)
#define FM_IMAGE_SEGMENTS_MOST 65536u

void fm_image_init(struct fm_image *image);
void fm_image_done(struct fm_image *image);
#define FM_IMAGE_DONE __attribute__((cleanup(fm_image_done)))

/* Copy the bytes in. FM_FILE_OVERLAP when one of them is there already. */
bool fm_image_add(struct fm_image *image, enum fm_space space, uint64_t addr, const void *data,
		  size_t len, struct fm_error *err) FM_MUST_CHECK;
/* Bytes of the range, with `fill` where the image has none; returns how many bytes the image has
 * there. */
size_t fm_image_get(const struct fm_image *image, const struct fm_range *range, uint8_t fill,
		    uint8_t *ret_data);
uint64_t fm_image_total(const struct fm_image *image);
/* Move a floating image to its place: no longer floating. */
void fm_image_place(struct fm_image *image, enum fm_space space, uint64_t addr);

/* One file format. `file` and the name are the whole file; errors name file and line or offset. */
struct fm_format {
	const char *name;  /* "ihex" */
	const char *title; /* "Intel HEX" */
	/* How sure the content is of this format: 0 no ... 100 certain. */
	int (*recognise)(const uint8_t *data, size_t len);
	bool (*read)(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err);
	/* Make the file's bytes (malloc'd); NULL: this format is only read. */
	bool (*write)(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		      struct fm_error *err);
};

extern const struct fm_format fm_format_raw, fm_format_ihex, fm_format_srec, fm_format_elf;

/* By name, or NULL. */
const struct fm_format *fm_format_named(const char *name);

/* Read a file, gunzip it where it is gzipped, recognise it by its content, and read it. */
bool fm_image_load(const char *path, struct fm_image *ret_image,
		   struct fm_error *err) FM_MUST_CHECK;
/* The same from memory; name is only for messages. For tests and fuzzing. */
bool fm_image_parse(const char *name, const uint8_t *data, size_t len, struct fm_image *ret_image,
		    struct fm_error *err) FM_MUST_CHECK;
/* Write a new file (never over an existing one unless replace) as `format`, by a temporary file and
 * rename. */
bool fm_image_save(const struct fm_image *image, const struct fm_format *format, const char *path,
		   bool replace, struct fm_error *err) FM_MUST_CHECK;

#endif

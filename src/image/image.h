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
	uint8_t *
		store; /* image.c's own: the allocation that data lies in, with room at both ends */
	size_t room;   /* likewise: its length */
};

struct fm_image {
	struct fm_segment *segments;
	size_t count;
	size_t room;    /* image.c's own: how many segments are allocated */
	uint64_t total; /* bytes in all segments */
	bool floating;  /* raw: has no address of its own, starts at 0, belongs at the application's
			   base */
	bool has_entry;
	uint64_t entry;
	char chip_id[12];            /* the chip that the file itself says it is for, as definitions
					write it ("1e950f"); "" = it says nothing */
	const char *format;          /* name of the format it was read from */
	bool compressed;             /* it came gzipped */
	char sha256[FM_SHA256_TEXT]; /* of the file as it lies on the disk */
	uint64_t file_len;           /* likewise */
};

/* Limits of what is read: beyond any unit of this field, below what hurts the host. */
#define FM_IMAGE_FILE_MOST (256u << 20)
#define FM_IMAGE_DATA_MOST (128u << 20)
#define FM_IMAGE_SEGMENTS_MOST 16384u

void fm_image_init(struct fm_image *image);
void fm_image_done(struct fm_image *image);
#define FM_IMAGE_DONE __attribute__((cleanup(fm_image_done)))

/*
 * Copy the bytes in, in any order. FM_FILE_OVERLAP when one of them is there already (also with the
 * same value), FM_FILE_TOO_BIG beyond the limits above, FM_FILE_FORMAT beyond 32-bit addresses.
 */
bool fm_image_add(struct fm_image *image, enum fm_space space, uint64_t addr, const void *data,
		  size_t len, struct fm_error *err) FM_MUST_CHECK;
/* Bytes of the range, with `fill` where the image has none; returns how many bytes the image has
 * there. */
size_t fm_image_get(const struct fm_image *image, const struct fm_range *range, uint8_t fill,
		    uint8_t *ret_data);
uint64_t fm_image_total(const struct fm_image *image);
/* Move a floating image to its place: no longer floating. */
void fm_image_place(struct fm_image *image, enum fm_space space, uint64_t addr);

/* One file format. `data` is the whole file, `name` is for messages: errors name file and line (of
 * text) or offset. */
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

/* What the person says about the file. NULL where one is taken: nothing, all by content. */
struct fm_image_options {
	const char *format; /* read it as this; NULL = by its content */
	bool has_base;      /* a file without addresses (raw) begins at base of the flash */
	uint64_t base;
};

/*
 * Read a regular file once, gunzip it where it is gzipped, recognise it by its content, and read
 * it. A file that is plainly something else (an archive, a picture, text) is refused, unless the
 * options name its format. ret_image needs no init; after a failure it is empty.
 */
bool fm_image_load(const char *path, const struct fm_image_options *options,
		   struct fm_image *ret_image, struct fm_error *err) FM_MUST_CHECK;
/* The same from memory; name is only for messages. For tests and fuzzing. */
bool fm_image_parse(const char *name, const uint8_t *data, size_t len,
		    const struct fm_image_options *options, struct fm_image *ret_image,
		    struct fm_error *err) FM_MUST_CHECK;
/* Write a new file (never over an existing one unless replace) as `format`, by a temporary file and
 * rename: there is either the whole file or none. Text formats lose the space: the segments must
 * lie in one. */
bool fm_image_save(const struct fm_image *image, const struct fm_format *format, const char *path,
		   bool replace, struct fm_error *err) FM_MUST_CHECK;

#endif

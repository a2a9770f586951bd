/*
 * A firmware image: sparse segments of bytes with addresses. Segments are sorted by family, space
 * and address, within a family disjoint, adjacent ones merged, gaps never filled. Only the plan
 * pads, to a device page, and says so.
 *
 * A UF2 file may hold one firmware for each of several families of chips, at the same addresses.
 * Every segment's family is one of image.families, or 0 where that list is empty. One has to be
 * chosen (fm_image_keep_family) before the image is planned.
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
	uint32_t family; /* UF2 family id, 0 = none */
	uint8_t *data;   /* range.len bytes, owned by the image */
	uint8_t *
		store; /* image.c's own: the allocation that data lies in, with room at both ends */
	size_t room;   /* likewise: its length */
};

#define FM_IMAGE_FAMILIES_MOST 8

/* The USB device that a DFU suffix names; 0xFFFF = any. */
struct fm_image_target {
	bool has_usb;
	uint16_t vid, pid, release;
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
	char chip_id[12]; /* the chip that the file itself says it is for, as definitions
			     write it ("1e950f"); "" = it says nothing */
	/* ESP: which revisions of the chip it runs on, "3.1" times 100; 0 = it says nothing */
	unsigned least_revision, most_revision;
	uint32_t families[FM_IMAGE_FAMILIES_MOST]; /* UF2, in the file's order */
	size_t family_count;
	struct fm_image_target usb; /* DFU, DfuSe */
	char version[64]; /* UF2 tag, MCUboot, ESP application, printable; "" = it says nothing */
	char description[64]; /* of the device (UF2 tag), the first target (DfuSe), the application
				 (ESP) or the image (uImage), likewise */
	uint32_t page_len;    /* UF2 tag: page of the chip's flash, 0 = it says nothing */
	char note[200];       /* what a person should know beside it; "" = nothing */
	const char *format;   /* name of the format it was read from */
	bool compressed;      /* it came gzipped */
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
/* The same into a family of its own (0 = none), which the image knows from then on. fm_image_add
 * adds to the first one. */
bool fm_image_add_family(struct fm_image *image, uint32_t family, enum fm_space space,
			 uint64_t addr, const void *data, size_t len,
			 struct fm_error *err) FM_MUST_CHECK;
/* Leave only this family's segments. FM_BLOCKED_MODEL when the image has none of it; it is as it
 * was then. */
bool fm_image_keep_family(struct fm_image *image, uint32_t family,
			  struct fm_error *err) FM_MUST_CHECK;
/* Say whose memory it is, of an image that has no family or one. */
void fm_image_set_family(struct fm_image *image, uint32_t family);
/* Bytes of the range, with `fill` where the image has none; returns how many bytes the image has
 * there. Of several families: the first one's. */
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

extern const struct fm_format fm_format_raw, fm_format_ihex, fm_format_srec, fm_format_elf,
	fm_format_uf2, fm_format_dfu, fm_format_dfuse, fm_format_mcuboot, fm_format_esp,
	fm_format_uimage;

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
/* The same from memory; name is only for messages. */
bool fm_image_parse(const char *name, const uint8_t *data, size_t len,
		    const struct fm_image_options *options, struct fm_image *ret_image,
		    struct fm_error *err) FM_MUST_CHECK;
/* Write a new file (never over an existing one unless replace) as `format`, by a temporary file and
 * rename: there is either the whole file or none. Text formats lose the space: the segments must
 * lie in one. */
bool fm_image_save(const struct fm_image *image, const struct fm_format *format, const char *path,
		   bool replace, struct fm_error *err) FM_MUST_CHECK;

#endif

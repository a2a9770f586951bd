/* What the tests of file formats share: parsing literals, and tables of files that must fail. */
#ifndef FM_TESTS_IMAGE_TEST_H
#define FM_TESTS_IMAGE_TEST_H

#include "unit.h"

#include "base/scope.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

/* A string literal as a file's content, zero bytes included. */
#define CONTENT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* A file that must be refused, with this code and these words in the error's text. */
struct bad_file {
	const char *content;
	size_t len; /* 0: the content is a string */
	enum fm_code code;
	const char *says;
};

static inline void check_bad_files(const char *format, const struct bad_file *files, size_t count)
{
	const struct fm_image_options options = { .format = format };

	for (size_t i = 0; i < count; i++) {
		size_t len = files[i].len ? files[i].len : strlen(files[i].content);
		struct fm_error err = { 0 };
		struct fm_image image;

		if (fm_image_parse("bad.file", (const uint8_t *)files[i].content, len, &options,
				   &image, &err))
			fail_msg("case %zu was read: %s", i, files[i].says);
		if (err.code != files[i].code || !strstr(err.text, files[i].says))
			fail_msg("case %zu: E%d %s, not E%d %s", i, fm_error_info(err.code)->number,
				 err.text, fm_error_info(files[i].code)->number, files[i].says);
		assert_null(image.segments);
		assert_int_equal(image.count, 0);
	}
}

/* The content, recognised by itself, must be refused so. */
static inline void check_refused(const void *data, size_t len, enum fm_code code, const char *says)
{
	struct fm_image image;
	struct fm_error err = { 0 };

	assert_failure(fm_image_parse("fw", data, len, NULL, &image, &err), code);
	if (!strstr(err.text, says))
		fail_msg("%s does not say %s", err.text, says);
	assert_true(strlen(err.hint) > 0 || strlen(fm_error_info(code)->advice) > 0);
	assert_null(image.segments);
}

/* The image holds these bytes there, as one whole segment. */
static inline void check_segment(const struct fm_image *image, size_t at, enum fm_space space,
				 uint64_t addr, const void *data, size_t len)
{
	assert_true(at < image->count);
	assert_int_equal(image->segments[at].range.space, space);
	assert_int_equal(image->segments[at].range.addr, addr);
	assert_int_equal(image->segments[at].range.len, len);
	assert_memory_equal(image->segments[at].data, data, len);
}

static inline void check_same(const struct fm_image *a, const struct fm_image *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->total, b->total);
	for (size_t i = 0; i < a->count; i++)
		check_segment(a, i, b->segments[i].range.space, b->segments[i].range.addr,
			      b->segments[i].data, (size_t)b->segments[i].range.len);
}

/* Write the image in the format and read it again: it must be the same. */
static inline void check_round_trip(const struct fm_image *image, const struct fm_format *format)
{
	FM_FREE uint8_t *data = NULL;
	struct fm_image again FM_IMAGE_DONE = { 0 };
	struct fm_error err = { 0 };
	size_t len;

	assert_success(format->write(image, &data, &len, &err));
	assert_success(fm_image_parse("again", data, len, NULL, &again, &err));
	assert_string_equal(again.format, format->name);
	check_same(image, &again);
	assert_int_equal(again.has_entry, image->has_entry);
	assert_int_equal(again.entry, image->entry);
}

#endif

#include "fuzz-image.h"

#include "base/scope.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_NAME "fuzzed.file"

/* Unlike assert, also in an optimised build. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static void fuzz_check_order(const struct fm_image *image)
{
	uint64_t total = 0;

	REQUIRE(image->count > 0);
	for (size_t i = 0; i < image->count; i++) {
		const struct fm_range *range = &image->segments[i].range, *last;

		REQUIRE(range->len > 0 && range->addr + range->len <= (uint64_t)UINT32_MAX + 1);
		total += range->len;
		if (i > 0 && image->segments[i - 1].family != image->segments[i].family) {
			REQUIRE(image->segments[i - 1].family < image->segments[i].family);
		} else if (i > 0) {
			last = &image->segments[i - 1].range;
			REQUIRE(last->space < range->space ||
				(last->space == range->space &&
				 last->addr + last->len < range->addr));
		}
	}
	REQUIRE(total == image->total && total <= FM_IMAGE_DATA_MOST);
}

static void fuzz_check_same(const struct fm_image *a, const struct fm_image *b)
{
	REQUIRE(a->count == b->count && a->total == b->total);
	for (size_t i = 0; i < a->count; i++) {
		REQUIRE(a->segments[i].range.addr == b->segments[i].range.addr);
		REQUIRE(a->segments[i].range.len == b->segments[i].range.len);
		REQUIRE(memcmp(a->segments[i].data, b->segments[i].data,
			       (size_t)a->segments[i].range.len) == 0);
	}
}

static void fuzz_check_round_trip(const struct fm_image *image, const struct fm_format *format)
{
	const struct fm_image_options options = { .format = format->name };
	FM_FREE uint8_t *data = NULL;
	struct fm_image again FM_IMAGE_DONE = { 0 };
	struct fm_error err = { 0 };
	size_t len;

	/* More than one space, or more than one piece for raw: says so. */
	if (!format->write(image, &data, &len, &err)) {
		REQUIRE(err.code == FM_USAGE);
		return;
	}
	REQUIRE(fm_image_parse(FUZZ_NAME, data, len, &options, &again, &err));
	if (again.floating)
		fm_image_place(&again, FM_SPACE_FLASH, image->segments[0].range.addr);
	fuzz_check_same(image, &again);
}

void fuzz_image(const char *format, const uint8_t *data, size_t len)
{
	const struct fm_image_options options = { .format = format };
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct fm_error err = { 0 };

	if (!fm_image_parse(FUZZ_NAME, data, len, &options, &image, &err)) {
		REQUIRE(err.code != FM_OK && err.code != FM_INTERNAL && err.code != FM_USAGE);
		REQUIRE(strncmp(err.text, FUZZ_NAME, strlen(FUZZ_NAME)) == 0);
		REQUIRE(!image.segments && image.count == 0);
		return;
	}
	REQUIRE(image.format && (!format || strcmp(image.format, format) == 0));
	fuzz_check_order(&image);
	if (fm_format_named(image.format)->write)
		fuzz_check_round_trip(&image, fm_format_named(image.format));
	fuzz_check_round_trip(&image, &fm_format_ihex);
	fuzz_check_round_trip(&image, &fm_format_srec);
	fuzz_check_round_trip(&image, &fm_format_raw);
}

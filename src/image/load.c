#include "base/scope.h"
#include "image/foreign.h"
#include "image/header.h"
#include "image/image.h"
#include "image/read.h"

#include <stdlib.h>
#include <string.h>

/* Of two that are as sure, the first: a DfuSe file has the suffix of a DFU file, and a DFU file may
 * hold any of the others. */
static const struct fm_format *const load_formats[] = {
	&fm_format_dfuse, &fm_format_dfu,    &fm_format_uf2,  &fm_format_elf,  &fm_format_mcuboot,
	&fm_format_esp,   &fm_format_uimage, &fm_format_ihex, &fm_format_srec, &fm_format_raw,
};

const struct fm_format *fm_format_named(const char *name)
{
	for (size_t i = 0; i < FM_COUNT(load_formats); i++) {
		if (strcmp(load_formats[i]->name, name) == 0)
			return load_formats[i];
	}
	return NULL;
}

static const struct fm_format *load_recognise(const uint8_t *data, size_t len)
{
	const struct fm_format *best = NULL;
	int best_sure = 0;

	for (size_t i = 0; i < FM_COUNT(load_formats); i++) {
		int sure = load_formats[i]->recognise(data, len);

		if (sure > best_sure) {
			best = load_formats[i];
			best_sure = sure;
		}
	}
	return best;
}

/* NULL: it failed. */
static const struct fm_format *load_choose(const char *name, const uint8_t *data, size_t len,
					   const struct fm_image_options *options,
					   struct fm_error *err)
{
	const struct fm_format *format;

	if (options && options->format) {
		format = fm_format_named(options->format);
		if (!format) {
			fm_fail(err, FM_USAGE, "there is no file format '%s'", options->format);
			fm_hint(err, "It is one of ihex, srec, elf, uf2, dfu, dfuse, mcuboot, esp, "
				     "uimage, raw.");
		}
		return format;
	}
	format = load_recognise(data, len);
	if (format == &fm_format_raw && !fm_foreign_check(name, data, len, err))
		return NULL;
	return format;
}

static bool load_content(const char *name, const uint8_t *data, size_t len,
			 const struct fm_image_options *options, struct fm_image *image,
			 struct fm_error *err)
{
	const struct fm_format *format = load_choose(name, data, len, options, err);

	if (!format || !format->read(name, data, len, image, err))
		return false;
	image->format = format->name;
	if (format != &fm_format_raw)
		fm_header_look(image);
	if (!options || !options->has_base)
		return true;
	if (!image->floating) {
		fm_fail(err, FM_USAGE, "%s is %s, which has addresses of its own", name,
			format->title);
		return fm_hint(err, "Give a base address for raw files only.");
	}
	if (options->base > UINT32_MAX || image->total > (uint64_t)UINT32_MAX + 1 - options->base)
		return fm_fail(err, FM_USAGE, "%s does not fit 32-bit addresses from its base on",
			       name);
	fm_image_place(image, FM_SPACE_FLASH, options->base);
	return true;
}

static bool load_parse(const char *name, const uint8_t *data, size_t len,
		       const struct fm_image_options *options, struct fm_image *image,
		       struct fm_error *err)
{
	FM_FREE uint8_t *unpacked = NULL;

	if (len == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s is empty", name);
	if (len > FM_IMAGE_FILE_MOST)
		return fm_fail(err, FM_FILE_TOO_BIG, "%s has %zu bytes, more than %u MiB", name,
			       len, FM_IMAGE_FILE_MOST >> 20);
	fm_sha256(data, len, image->sha256);
	image->file_len = len;
	if (fm_gunzip_recognise(data, len)) {
		if (!fm_gunzip(name, data, len, &unpacked, &len, err))
			return false;
		image->compressed = true;
		data = unpacked;
	}
	return load_content(name, data, len, options, image, err);
}

bool fm_image_parse(const char *name, const uint8_t *data, size_t len,
		    const struct fm_image_options *options, struct fm_image *ret_image,
		    struct fm_error *err)
{
	char shown[FM_SHOWN_NAME];

	fm_image_init(ret_image);
	fm_shown_name(name, shown);
	if (load_parse(shown, data, len, options, ret_image, err))
		return true;
	fm_image_done(ret_image);
	return false;
}

bool fm_image_load(const char *path, const struct fm_image_options *options,
		   struct fm_image *ret_image, struct fm_error *err)
{
	FM_FREE uint8_t *data = NULL;
	size_t len;

	fm_image_init(ret_image);
	return fm_read_file(path, &data, &len, err) &&
	       fm_image_parse(path, data, len, options, ret_image, err);
}

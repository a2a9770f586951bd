#include "image/header.h"

#include "base/scope.h"
#include "base/text.h"

#include <string.h>

static const struct header_kind {
	const struct fm_format *format;
	fm_header_function *tell;
} header_kinds[] = {
	{ &fm_format_mcuboot, fm_mcuboot_tell },
	{ &fm_format_esp, fm_esp_tell },
	{ &fm_format_uimage, fm_uimage_tell },
};

bool fm_header_read(const char *name, const uint8_t *data, size_t len, fm_header_function *tell,
		    struct fm_image *image, struct fm_error *err)
{
	if (!fm_image_add(image, FM_SPACE_FLASH, 0, data, len, err))
		return fm_context(err, "%s", name);
	image->floating = true;
	return tell(name, data, len, image, err);
}

static bool header_is_format(const char *format)
{
	for (size_t k = 0; k < FM_COUNT(header_kinds); k++) {
		if (strcmp(header_kinds[k].format->name, format) == 0)
			return true;
	}
	return false;
}

void fm_header_look(struct fm_image *image)
{
	if (header_is_format(image->format)) /* it was read as that */
		return;
	for (size_t i = 0; i < image->count; i++) {
		const struct fm_segment *segment = &image->segments[i];
		size_t len = (size_t)segment->range.len;
		struct fm_error ignored;

		for (size_t k = 0; k < FM_COUNT(header_kinds); k++) {
			if (header_kinds[k].format->recognise(segment->data, len) > 0 &&
			    header_kinds[k].tell("", segment->data, len, image, &ignored))
				return;
		}
	}
}

void fm_header_text(char *ret, size_t size, const uint8_t *data, size_t len)
{
	if (!*ret)
		fm_text_printable(ret, size, (const char *)data, strnlen((const char *)data, len));
}

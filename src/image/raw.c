/*
 * Raw: the bytes of the memory and nothing else. Any content may be raw, so it is the last guess,
 * and it has no address: it floats until somebody says where it belongs.
 */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

static int raw_recognise(const uint8_t *data, size_t len)
{
	(void)data;
	return len > 0 ? 1 : 0;
}

static bool raw_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err)
{
	if (!fm_image_add(image, FM_SPACE_FLASH, 0, data, len, err))
		return fm_context(err, "%s", name);
	image->floating = true;
	return true;
}

static bool raw_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		      struct fm_error *err)
{
	const struct fm_segment *segment = image->segments;

	if (image->count != 1) {
		fm_fail(err, FM_USAGE, "the data lies in %zu separate pieces, a raw file holds one",
			image->count);
		return fm_hint(err, "Write it as ihex, srec, uf2 or dfuse, which keep addresses; "
				    "nothing is filled "
				    "in between.");
	}
	*ret_len = (size_t)segment->range.len;
	*ret_data = malloc(*ret_len);
	if (!*ret_data)
		return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", *ret_len);
	memcpy(*ret_data, segment->data, *ret_len);
	return true;
}

const struct fm_format fm_format_raw = { "raw", "raw binary", raw_recognise, raw_read, raw_write };

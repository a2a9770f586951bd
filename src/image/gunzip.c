/* gzip (RFC 1952) of one member, by zlib, which proves its CRC and length. */
#include "image/read.h"

#include "base/scope.h"
#include "image/image.h"

#include <stdlib.h>
#include <zlib.h>

#define GUNZIP_BITS (15 + 16) /* largest window, gzip only */

bool fm_gunzip_recognise(const uint8_t *data, size_t len)
{
	/* ID1, ID2, CM = deflate. No vector table or jump of a chip in this field begins so. */
	return len >= 3 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
}

/* What inflate's answer means, when it is not to go on. */
static bool gunzip_fail(const char *name, const z_stream *z, int status, struct fm_error *err)
{
	switch (status) {
	case Z_MEM_ERROR:
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory to unpack it", name);
	case Z_BUF_ERROR:
		return fm_fail(err, FM_FILE_FORMAT, "%s: the gzip file is cut at offset %lu", name,
			       z->total_in);
	default:
		return fm_fail(err, FM_FILE_FORMAT,
			       "%s: the gzip file is damaged at offset %lu: %s", name, z->total_in,
			       z->msg ? z->msg : "a dictionary is missing");
	}
}

/* Double the room for the output; the zip bomb ends here. */
static bool gunzip_grow(const char *name, z_stream *z, uint8_t **data, size_t *size,
			struct fm_error *err)
{
	size_t more = *size ? *size * 2 : 256 << 10;
	uint8_t *grown;

	if (*size >= FM_IMAGE_DATA_MOST)
		return fm_fail(err, FM_FILE_TOO_BIG,
			       "%s: unpacks to more than %u MiB (reached at offset %lu)", name,
			       FM_IMAGE_DATA_MOST >> 20, z->total_in);
	grown = realloc(*data, more);
	if (!grown)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory to unpack it", name);
	z->next_out = grown + *size;
	z->avail_out = (uInt)(more - *size);
	*data = grown;
	*size = more;
	return true;
}

/* *data is the caller's to free in every case. */
static bool gunzip_run(const char *name, z_stream *z, uint8_t **data, struct fm_error *err)
{
	size_t size = 0;
	int status = Z_OK; /* Z_BUF_ERROR: no input left, as there is always room for output */

	while (status != Z_STREAM_END) {
		if (z->avail_out == 0 && !gunzip_grow(name, z, data, &size, err))
			return false;
		status = inflate(z, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END)
			return gunzip_fail(name, z, status, err);
	}
	if (z->avail_in > 0)
		return fm_fail(err, FM_FILE_FORMAT,
			       "%s: %u bytes more behind the end of the gzip file at offset %lu",
			       name, z->avail_in, z->total_in);
	return true;
}

bool fm_gunzip(const char *name, const uint8_t *data, size_t len, uint8_t **ret_data,
	       size_t *ret_len, struct fm_error *err)
{
	FM_FREE uint8_t *unpacked = NULL;
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)data, .avail_in = (uInt)len };
	bool good;

	if (inflateInit2(&z, GUNZIP_BITS) != Z_OK)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory to unpack it", name);
	good = gunzip_run(name, &z, &unpacked, err);
	*ret_len = z.total_out;
	inflateEnd(&z);
	if (!good)
		return false;
	if (*ret_len == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s: the gzip file holds an empty file", name);
	if (fm_gunzip_recognise(unpacked, *ret_len))
		return fm_fail(err, FM_FILE_FORMAT, "%s: the gzip file holds a gzip file", name);
	*ret_data = unpacked;
	unpacked = NULL;
	return true;
}

/*
 * uImage, U-Boot's old form (docs.u-boot.org, mkimage, "legacy image"), big-endian:
 *
 *   0 magic   4 CRC of this header, with 0 in its place   8 time   12 length of the data
 *   16 load address   20 entry   24 CRC of the data   28 OS   29 architecture   30 type
 *   31 compression   32 name[32]
 *
 * Behind the data there may be more: a file system that belongs to the kernel.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/header.h"
#include "image/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define IH_MAGIC 0x27051956u
#define IH_NMLEN 32u
#define UIMAGE_HEADER_LEN 64u

/* Numbers as Debian's mkimage 2023.01 writes them; NULL: not known here. */
static const char *const uimage_archs[] = {
	[2] = "ARM",    [3] = "x86",   [5] = "MIPS",        [6] = "MIPS64",   [7] = "PowerPC",
	[9] = "SuperH", [12] = "m68k", [14] = "MicroBlaze", [15] = "Nios II", [17] = "AVR32",
	[22] = "ARM64", [23] = "ARC",  [24] = "x86-64",     [25] = "Xtensa",  [26] = "RISC-V",
};
static const char *const uimage_types[] = {
	[1] = "standalone program", [2] = "kernel",      [3] = "RAM disk",
	[4] = "several files",      [5] = "firmware",    [6] = "script",
	[7] = "file system",        [8] = "device tree", [14] = "kernel",
};
static const char *const uimage_compressions[] = {
	[0] = "not compressed", [1] = "gzip", [2] = "bzip2", [3] = "LZMA", [4] = "LZO", [5] = "LZ4",
	[6] = "zstd",
};

static const char *uimage_name(const char *const *names, size_t count, uint8_t number)
{
	return number < count && names[number] ? names[number] : NULL;
}

static uint32_t uimage_header_crc(const uint8_t *data)
{
	uint8_t header[UIMAGE_HEADER_LEN];

	memcpy(header, data, sizeof(header));
	memset(header + 4, 0, 4);
	return (uint32_t)crc32(0, header, sizeof(header));
}

static int uimage_recognise(const uint8_t *data, size_t len)
{
	if (len < 4 || fm_get_be32(data) != IH_MAGIC)
		return 0;
	return 100;
}

static bool uimage_check(const char *name, const uint8_t *data, size_t len, struct fm_error *err)
{
	uint32_t size, crc;

	if (uimage_recognise(data, len) == 0)
		return fm_fail_at(err, name, 0, "this is no uImage");
	if (len < UIMAGE_HEADER_LEN)
		return fm_fail_at(err, name, len, "the file ends in the uImage header");
	crc = uimage_header_crc(data);
	if (fm_get_be32(data + 4) != crc)
		return fm_fail_at(err, name, 4,
				  "the header's CRC is 0x%08" PRIx32 ", not 0x%08" PRIx32
				  ": the file is damaged",
				  fm_get_be32(data + 4), crc);
	size = fm_get_be32(data + 12);
	if (size > len - UIMAGE_HEADER_LEN)
		return fm_fail_at(err, name, 12,
				  "%" PRIu32 " bytes of data, the file has %zu: it is "
				  "cut",
				  size, len - UIMAGE_HEADER_LEN);
	crc = (uint32_t)crc32(0, data + UIMAGE_HEADER_LEN, size);
	if (fm_get_be32(data + 24) != crc)
		return fm_fail_at(err, name, 24,
				  "the data's CRC is 0x%08" PRIx32 ", not 0x%08" PRIx32
				  ": the file is damaged",
				  fm_get_be32(data + 24), crc);
	return true;
}

bool fm_uimage_tell(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		    struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text note = { 0 };
	const char *arch, *type, *compression;
	char title[IH_NMLEN + 1] = "";

	if (!uimage_check(name, data, len, err))
		return false;
	arch = uimage_name(uimage_archs, FM_COUNT(uimage_archs), data[29]);
	type = uimage_name(uimage_types, FM_COUNT(uimage_types), data[30]);
	compression = uimage_name(uimage_compressions, FM_COUNT(uimage_compressions), data[31]);
	fm_header_text(image->description, sizeof(image->description), data + 32, IH_NMLEN);
	fm_header_text(title, sizeof(title), data + 32, IH_NMLEN);
	fm_text_addf(&note, "is a uImage for %s: %s, %s, loads at 0x%08" PRIx32 "%s%s%s",
		     arch ? arch : "an architecture not known here",
		     type ? type : "a type not known here",
		     compression ? compression : "compressed", fm_get_be32(data + 16),
		     *title ? ", '" : "", title, *title ? "'" : "");
	if (!*image->note)
		fm_text_copy(image->note, sizeof(image->note), note.data);
	return true;
}

static bool uimage_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
			struct fm_error *err)
{
	return fm_header_read(name, data, len, fm_uimage_tell, image, err);
}

const struct fm_format fm_format_uimage = { "uimage", "uImage", uimage_recognise, uimage_read,
					    NULL };

/*
 * DFU files (USB DFU 1.1, appendix B): what goes to the unit, and behind it a suffix that does not.
 * From the file's end, little-endian:
 *
 *   -16 bcdDevice  -14 idProduct  -12 idVendor  -10 bcdDFU  -8 "UFD"  -5 length  -4 CRC
 *
 * The CRC is the reflected one of polynomial 0xEDB88320 from 0xFFFFFFFF over all before it, not
 * inverted at the end: zlib's, inverted. Two boot loaders want a prefix of their own before the
 * firmware; it goes to the unit with it, and so belongs to the data.
 */
#include "image/dfu.h"

#include "base/bytes.h"
#include "image/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define DFU_CRC_LEN 4u
#define DFU_TI_LEN 8u   /* prefix of TI's Stellaris and Tiva */
#define DFU_LPC_LEN 16u /* and of NXP's LPC, not encrypted */

static uint32_t dfu_crc(const uint8_t *data, size_t len)
{
	return ~(uint32_t)crc32(0, data, (uInt)len);
}

static bool dfu_signed(const uint8_t *data, size_t len)
{
	return len >= FM_DFU_SUFFIX_LEN && memcmp(data + len - 8, "UFD", 3) == 0;
}

static bool dfu_sound(const uint8_t *data, size_t len)
{
	return dfu_crc(data, len - DFU_CRC_LEN) == fm_get_le32(data + len - DFU_CRC_LEN);
}

static int dfu_recognise(const uint8_t *data, size_t len)
{
	if (!dfu_signed(data, len))
		return 0;
	if (dfu_sound(data, len))
		return 100;
	/* Damaged: its last bytes must not reach a chip as part of raw data. */
	return data[len - 5] == FM_DFU_SUFFIX_LEN ? 60 : 0;
}

bool fm_dfu_suffix_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
			size_t *ret_len, uint16_t *ret_spec, struct fm_error *err)
{
	const uint8_t *suffix;
	size_t suffix_len;

	if (!dfu_signed(data, len)) {
		fm_fail_at(err, name, len < 8 ? len : len - 8,
			   "the DFU suffix is missing: the file is cut, or was never finished");
		return fm_hint(err, "Get the file again from where it came from.");
	}
	suffix = data + len - FM_DFU_SUFFIX_LEN;
	suffix_len = data[len - 5];
	if (suffix_len < FM_DFU_SUFFIX_LEN || suffix_len > len)
		return fm_fail_at(err, name, len - 5, "a DFU suffix of %zu bytes, in a file of %zu",
				  suffix_len, len);
	if (!dfu_sound(data, len))
		return fm_fail_at(
			err, name, len - DFU_CRC_LEN,
			"the CRC is 0x%08" PRIx32 ", not 0x%08" PRIx32 ": the file is damaged",
			fm_get_le32(data + len - DFU_CRC_LEN), dfu_crc(data, len - DFU_CRC_LEN));
	image->usb = (struct fm_image_target){ true, fm_get_le16(suffix + 4),
					       fm_get_le16(suffix + 2), fm_get_le16(suffix) };
	*ret_spec = fm_get_le16(suffix + 6);
	*ret_len = len - suffix_len;
	return true;
}

void fm_dfu_suffix_put(const struct fm_image *image, uint16_t spec, uint8_t *data, size_t len)
{
	static const struct fm_image_target any = { true, 0xffff, 0xffff, 0xffff };
	const struct fm_image_target *usb = image->usb.has_usb ? &image->usb : &any;
	uint8_t *suffix = data + len - FM_DFU_SUFFIX_LEN;

	fm_put_le16(suffix, usb->release);
	fm_put_le16(suffix + 2, usb->pid);
	fm_put_le16(suffix + 4, usb->vid);
	fm_put_le16(suffix + 6, spec);
	memcpy(suffix + 8, "UFD", 3);
	suffix[11] = FM_DFU_SUFFIX_LEN;
	fm_put_le32(suffix + 12, dfu_crc(data, len - DFU_CRC_LEN));
}

/* TI: 01 00, address / 1024, length without it. LPC: 1A 3F, length in 512 with it, 8 of 0, 4 of FF
 * (dfu-util, dfu_file.c). */
static void dfu_tell_prefix(const uint8_t *data, size_t len, struct fm_image *image)
{
	if (len >= DFU_TI_LEN && data[0] == 1 && data[1] == 0 &&
	    fm_get_le32(data + 4) == len - DFU_TI_LEN)
		snprintf(image->note, sizeof(image->note),
			 "begins with TI's prefix for 0x%08x, which is sent too",
			 (unsigned)fm_get_le16(data + 2) * 1024);
	else if (len >= DFU_LPC_LEN && data[0] == 0x1a && data[1] == 0x3f &&
		 fm_bytes_filled(data + 4, 8, 0) && fm_bytes_filled(data + 12, 4, 0xff))
		snprintf(image->note, sizeof(image->note),
			 "begins with NXP's LPC prefix, which is sent too");
}

static bool dfu_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err)
{
	uint16_t spec;

	if (!fm_dfu_suffix_read(name, data, len, image, &len, &spec, err))
		return false;
	if (spec == FM_DFUSE_SPEC)
		return fm_fail(err, FM_FILE_FORMAT,
			       "%s: offset 0: no DfuSe prefix, though the suffix says that this is "
			       "a DfuSe file",
			       name);
	if (len == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s has a DFU suffix and nothing before it",
			       name);
	if (!fm_image_add(image, FM_SPACE_FLASH, 0, data, len, err))
		return fm_context(err, "%s", name);
	image->floating = true;
	dfu_tell_prefix(data, len, image);
	return true;
}

static bool dfu_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		      struct fm_error *err)
{
	uint8_t *data;
	size_t len;

	if (!fm_format_raw.write(image, &data, &len, err))
		return false;
	*ret_len = len + FM_DFU_SUFFIX_LEN;
	*ret_data = realloc(data, *ret_len);
	if (!*ret_data) {
		free(data);
		return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", *ret_len);
	}
	fm_dfu_suffix_put(image, FM_DFU_SPEC, *ret_data, *ret_len);
	return true;
}

const struct fm_format fm_format_dfu = { "dfu", "DFU", dfu_recognise, dfu_read, dfu_write };

/*
 * MCUboot images (docs.mcuboot.com, "Bootloader: image format"), little-endian:
 *
 *   0 magic   4 load address   8 length of this header   10 of the protected TLVs   12 of the image
 *   16 flags   20 version: u8 major, u8 minor, u16 revision, u32 build
 *
 * Behind header and image lie the protected TLVs, where there are any, then the others. Each of
 * these areas: u16 magic, u16 length with these four, then records: u16 type, u16 length, data. The
 * hash is over all before the unprotected area. Whether a signature is right only the unit knows:
 * it has the key.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/header.h"
#include "image/read.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define IMAGE_MAGIC 0x96f3b83du
#define IMAGE_HEADER_SIZE 32u
#define IMAGE_TLV_INFO_MAGIC 0x6907u
#define IMAGE_TLV_PROT_INFO_MAGIC 0x6908u

#define IMAGE_F_ENCRYPTED_AES128 0x04u
#define IMAGE_F_ENCRYPTED_AES256 0x08u

#define IMAGE_TLV_KEYHASH 0x01u
#define IMAGE_TLV_SHA256 0x10u
#define IMAGE_TLV_SHA512 0x12u

#define MCUBOOT_TLV_LEN 4u /* of an area's or a record's own head */

static const struct mcuboot_signature {
	uint16_t type;
	const char *name;
} mcuboot_signatures[] = {
	{ 0x20, "RSA-2048" }, { 0x21, "ECDSA" },   { 0x22, "ECDSA" },
	{ 0x23, "RSA-3072" }, { 0x24, "Ed25519" },
};

struct mcuboot {
	const char *name;
	const uint8_t *data;
	size_t len;
	size_t hashed; /* bytes that the hash is over */
	bool encrypted;
	bool has_hash, proved;
	const char *signature; /* NULL = not signed */
	char key[9];           /* the key's hash, its first digits; "" = not told */
};

static int mcuboot_recognise(const uint8_t *data, size_t len)
{
	return len >= 4 && fm_get_le32(data) == IMAGE_MAGIC ? 100 : 0;
}

static bool mcuboot_hash(struct mcuboot *file, size_t at, uint16_t type, uint16_t len,
			 struct fm_error *err)
{
	uint8_t sum[crypto_hash_sha512_BYTES];
	size_t wanted =
		type == IMAGE_TLV_SHA256 ? crypto_hash_sha256_BYTES : crypto_hash_sha512_BYTES;

	if (len != wanted)
		return fm_fail_at(err, file->name, at, "a hash of %u bytes, not %zu", len, wanted);
	file->has_hash = true;
	/* Of an encrypted image the hash is over what it was before. */
	if (file->encrypted)
		return true;
	if (type == IMAGE_TLV_SHA256)
		crypto_hash_sha256(sum, file->data, file->hashed);
	else
		crypto_hash_sha512(sum, file->data, file->hashed);
	if (memcmp(sum, file->data + at + MCUBOOT_TLV_LEN, len) != 0)
		return fm_fail_at(err, file->name, at,
				  "the SHA-%zu of header and image is another: the file is "
				  "damaged",
				  wanted * 8);
	file->proved = true;
	return true;
}

static bool mcuboot_record(struct mcuboot *file, size_t at, uint16_t type, uint16_t len,
			   struct fm_error *err)
{
	if (type == IMAGE_TLV_SHA256 || type == IMAGE_TLV_SHA512)
		return mcuboot_hash(file, at, type, len, err);
	if (type == IMAGE_TLV_KEYHASH && len >= 4)
		fm_bytes_to_hex(file->data + at + MCUBOOT_TLV_LEN, 4, file->key);
	for (size_t i = 0; i < FM_COUNT(mcuboot_signatures); i++) {
		if (mcuboot_signatures[i].type == type)
			file->signature = mcuboot_signatures[i].name;
	}
	return true;
}

/* One area of records from `at` on; *ret_end is behind it. */
static bool mcuboot_area(struct mcuboot *file, size_t at, uint16_t magic, size_t *ret_end,
			 struct fm_error *err)
{
	const uint8_t *data = file->data;
	size_t end;

	if (at + MCUBOOT_TLV_LEN > file->len)
		return fm_fail_at(err, file->name, at,
				  "the records behind the image are missing: the file is cut, "
				  "or the image was never signed");
	if (fm_get_le16(data + at) != magic)
		return fm_fail_at(err, file->name, at,
				  "0x%04x, where records begin with 0x%04x: the file is damaged, "
				  "or the image was never signed",
				  fm_get_le16(data + at), magic);
	end = at + fm_get_le16(data + at + 2);
	if (end < at + MCUBOOT_TLV_LEN || end > file->len)
		return fm_fail_at(err, file->name, at,
				  "records of %zu bytes, the file has %zu there: it is cut",
				  end - at, file->len - at);
	*ret_end = end;
	for (at += MCUBOOT_TLV_LEN; at < end; at += MCUBOOT_TLV_LEN + fm_get_le16(data + at + 2)) {
		if (end - at < MCUBOOT_TLV_LEN ||
		    end - at - MCUBOOT_TLV_LEN < fm_get_le16(data + at + 2))
			return fm_fail_at(err, file->name, at, "a record that leaves its area");
		if (!mcuboot_record(file, at, fm_get_le16(data + at), fm_get_le16(data + at + 2),
				    err))
			return false;
	}
	return true;
}

static bool mcuboot_walk(struct mcuboot *file, struct fm_error *err)
{
	const uint8_t *data = file->data;
	uint64_t header, image;
	uint16_t protected_len;
	size_t at;

	if (file->len < IMAGE_HEADER_SIZE)
		return fm_fail_at(err, file->name, file->len,
				  "the file ends in the MCUboot header");
	header = fm_get_le16(data + 8);
	protected_len = fm_get_le16(data + 10);
	image = fm_get_le32(data + 12);
	if (header < IMAGE_HEADER_SIZE)
		return fm_fail_at(err, file->name, 8, "an MCUboot header of %u bytes",
				  (unsigned)header);
	if (header + image > file->len)
		return fm_fail_at(err, file->name, 12,
				  "%" PRIu64 " bytes of header and image, in a file of %zu: it "
				  "is cut",
				  header + image, file->len);
	at = (size_t)(header + image);
	file->hashed = at + protected_len;
	file->encrypted =
		fm_get_le32(data + 16) & (IMAGE_F_ENCRYPTED_AES128 | IMAGE_F_ENCRYPTED_AES256);
	if (protected_len > 0) {
		if (file->hashed > file->len)
			return fm_fail_at(err, file->name, 10,
					  "%u bytes of protected records, the file has %zu: it "
					  "is cut",
					  protected_len, file->len - at);
		if (!mcuboot_area(file, at, IMAGE_TLV_PROT_INFO_MAGIC, &at, err))
			return false;
		if (at != file->hashed)
			return fm_fail_at(err, file->name, 10,
					  "%u bytes of protected records, they say another "
					  "length themselves",
					  protected_len);
	}
	return mcuboot_area(file, at, IMAGE_TLV_INFO_MAGIC, &at, err);
}

static void mcuboot_say(const struct mcuboot *file, struct fm_image *image)
{
	const uint8_t *version = file->data + 20;
	uint32_t build = fm_get_le32(version + 4);
	FM_TEXT_DONE struct fm_text note = { 0 };

	if (!*image->version) {
		snprintf(image->version, sizeof(image->version), "%u.%u.%u", version[0], version[1],
			 fm_get_le16(version + 2));
		if (build)
			snprintf(image->version, sizeof(image->version), "%u.%u.%u+%" PRIu32,
				 version[0], version[1], fm_get_le16(version + 2), build);
	}
	fm_text_addf(&note, "is an MCUboot image%s, ", file->encrypted ? ", encrypted" : "");
	if (!file->signature)
		fm_text_add(&note, "not signed");
	else
		fm_text_addf(&note, "signed with %s%s%s", file->signature,
			     *file->key ? " by key " : "", file->key);
	if (!file->has_hash)
		fm_text_add(&note, "; it has no checksum that is known here");
	else if (!file->proved)
		fm_text_add(&note, "; its checksum can't be proved without the key");
	if (!*image->note)
		fm_text_copy(image->note, sizeof(image->note), note.data);
}

bool fm_mcuboot_tell(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err)
{
	struct mcuboot file = { .name = name, .data = data, .len = len };

	if (mcuboot_recognise(data, len) == 0)
		return fm_fail_at(err, file.name, 0, "this is no MCUboot image");
	if (!mcuboot_walk(&file, err))
		return false;
	mcuboot_say(&file, image);
	return true;
}

static bool mcuboot_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
			 struct fm_error *err)
{
	return fm_header_read(name, data, len, fm_mcuboot_tell, image, err);
}

const struct fm_format fm_format_mcuboot = { "mcuboot", "MCUboot image", mcuboot_recognise,
					     mcuboot_read, NULL };

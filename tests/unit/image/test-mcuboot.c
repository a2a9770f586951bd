/* MCUboot images, made by the documented layout: what they say, and each way to be damaged or cut.
 */
#include "image-test.h"

#include "base/bytes.h"

#include <sodium.h>

#define HEADER 64u
#define BODY 100u

static struct fm_error err;

struct build {
	uint8_t data[1024];
	size_t len;
};

static void put_record(struct build *build, uint16_t type, const void *data, uint16_t len)
{
	fm_put_le16(build->data + build->len, type);
	fm_put_le16(build->data + build->len + 2, len);
	memcpy(build->data + build->len + 4, data, len);
	build->len += 4u + len;
}

/* Header and body; version 1.2.345. */
static void begin(struct build *build, uint32_t flags, uint16_t protected_len)
{
	memset(build, 0, sizeof(*build));
	fm_put_le32(build->data, 0x96f3b83d);
	fm_put_le16(build->data + 8, HEADER);
	fm_put_le16(build->data + 10, protected_len);
	fm_put_le32(build->data + 12, BODY);
	fm_put_le32(build->data + 16, flags);
	build->data[20] = 1;
	build->data[21] = 2;
	fm_put_le16(build->data + 22, 345);
	for (size_t i = 0; i < BODY; i++)
		build->data[HEADER + i] = (uint8_t)(i * 7);
	build->len = HEADER + BODY;
}

static size_t open_area(struct build *build, uint16_t magic)
{
	fm_put_le16(build->data + build->len, magic);
	build->len += 4;
	return build->len - 4;
}

static void close_area(struct build *build, size_t at)
{
	fm_put_le16(build->data + at + 2, (uint16_t)(build->len - at));
}

static void put_hash(struct build *build, size_t hashed)
{
	uint8_t sum[32];

	crypto_hash_sha256(sum, build->data, hashed);
	put_record(build, 0x10, sum, sizeof(sum));
}

/* As `imgtool sign` without a key makes it. */
static void make_plain(struct build *build)
{
	size_t at;

	begin(build, 0, 0);
	at = open_area(build, 0x6907);
	put_hash(build, at);
	close_area(build, at);
}

/* With a security counter among the protected records, signed. */
static void make_signed(struct build *build)
{
	const uint8_t key[32] = { 0xca, 0xfe, 0x01, 0x02, 0x03 }, signature[71] = { 0x30, 69 };
	size_t at;

	begin(build, 0, 12);
	at = open_area(build, 0x6908);
	put_record(build, 0x50, "\7\0\0\0", 4);
	close_area(build, at);
	at = open_area(build, 0x6907);
	put_hash(build, at);
	put_record(build, 0x01, key, sizeof(key));
	put_record(build, 0x22, signature, sizeof(signature));
	close_area(build, at);
}

static void check_read(const struct build *build, const char *version, const char *note)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };

	assert_success(fm_image_parse("fw", build->data, build->len, NULL, &image, &err));
	assert_string_equal(image.format, "mcuboot");
	assert_true(image.floating);
	assert_string_equal(image.version, version);
	assert_string_equal(image.note, note);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, build->data, build->len);
}

static void test_plain(void **state)
{
	struct build build;

	(void)state;
	make_plain(&build);
	check_read(&build, "1.2.345", "is an MCUboot image, not signed");
	/* In a slot that is filled up behind it. */
	memset(build.data + build.len, 0xff, 64);
	build.len += 64;
	check_read(&build, "1.2.345", "is an MCUboot image, not signed");
	make_plain(&build);
	fm_put_le32(build.data + 24, 77);
	crypto_hash_sha256(build.data + HEADER + BODY + 8, build.data, HEADER + BODY);
	check_read(&build, "1.2.345+77", "is an MCUboot image, not signed");
}

static void test_signed(void **state)
{
	struct build build;

	(void)state;
	make_signed(&build);
	check_read(&build, "1.2.345", "is an MCUboot image, signed with ECDSA by key cafe0102");
}

/* Another hash than SHA-256, and none that can be computed. */
static void test_hashes(void **state)
{
	uint8_t sum[64] = { 0 };
	struct build build;
	size_t at;

	(void)state;
	begin(&build, 0, 0);
	crypto_hash_sha512(sum, build.data, build.len);
	at = open_area(&build, 0x6907);
	put_record(&build, 0x12, sum, 64);
	put_record(&build, 0x24, sum, 64);
	close_area(&build, at);
	check_read(&build, "1.2.345", "is an MCUboot image, signed with Ed25519");
	build.data[HEADER] ^= 1;
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 168: the SHA-512");
	begin(&build, 0, 0);
	at = open_area(&build, 0x6907);
	put_record(&build, 0x11, sum, 48);
	close_area(&build, at);
	check_read(&build, "1.2.345",
		   "is an MCUboot image, not signed; it has no checksum that is known here");
	begin(&build, 0x04, 0);
	at = open_area(&build, 0x6907);
	put_record(&build, 0x10, sum, 32);
	put_record(&build, 0x20, sum, 64);
	close_area(&build, at);
	check_read(&build, "1.2.345",
		   "is an MCUboot image, encrypted, signed with RSA-2048; its checksum can't be "
		   "proved without the key");
}

/* Every bit of header, body, protected records and hash is proved or part of the layout; behind the
 * hash are the signature's. */
static void test_each_bit(void **state)
{
	struct build build;
	size_t hash_end = HEADER + BODY + 12 + 4 + 4 + 32;

	(void)state;
	make_signed(&build);
	for (size_t bit = 0; bit < hash_end * 8; bit++) {
		const struct fm_image_options options = { .format = "mcuboot" };
		struct fm_image image;

		build.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* Flags that say "encrypted": the hash is of something else then. */
		if (bit != 16 * 8 + 2 && bit != 16 * 8 + 3 &&
		    fm_image_parse("fw", build.data, build.len, &options, &image, &err)) {
			/* The type of a record that becomes one that nobody knows. */
			if (bit / 8 < HEADER + BODY + 16 || bit / 8 > HEADER + BODY + 17)
				fail_msg("bit %zu of byte %zu can be changed", bit % 8, bit / 8);
			assert_non_null(strstr(image.note, "no checksum"));
			fm_image_done(&image);
		}
		build.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_cut(void **state)
{
	struct build build;

	(void)state;
	make_signed(&build);
	for (size_t len = 4; len < build.len; len++)
		check_refused(build.data, len, FM_FILE_FORMAT, "offset ");
	check_refused(build.data, 20, FM_FILE_FORMAT, "offset 20: the file ends in the MCUboot");
	check_refused(build.data, 100, FM_FILE_FORMAT,
		      "offset 12: 164 bytes of header and image, in a file of 100: it is cut");
	check_refused(build.data, 170, FM_FILE_FORMAT, "offset 10: 12 bytes of protected records");
	check_refused(build.data, 176, FM_FILE_FORMAT, "offset 176: the records behind the image");
	check_refused(build.data, 200, FM_FILE_FORMAT, "offset 176: records of ");
}

static void test_bad_layout(void **state)
{
	struct build build;

	(void)state;
	make_plain(&build);
	fm_put_le16(build.data + 8, 31);
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 8: an MCUboot header of 31");
	make_plain(&build);
	fm_put_le32(build.data + 12, 0xffffffff);
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 12: 4294967359 bytes");
	make_plain(&build);
	fm_put_le16(build.data + HEADER + BODY, 0xffff);
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 164: 0xffff, where records");
	make_plain(&build);
	fm_put_le16(build.data + HEADER + BODY + 2, 3);
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 164: records of 3 bytes");
	make_plain(&build);
	fm_put_le16(build.data + HEADER + BODY + 6, 33);
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 168: a record that leaves");
	make_plain(&build);
	fm_put_le16(build.data + HEADER + BODY + 6, 31);
	check_refused(build.data, build.len, FM_FILE_FORMAT, "offset 168: a hash of 31 bytes");
	make_signed(&build);
	fm_put_le16(build.data + 10, 8);
	check_refused(build.data, build.len, FM_FILE_FORMAT,
		      "offset 10: 8 bytes of protected records, they say another length");
	check_refused("\x3d\xb8\xf3\x96", 4, FM_FILE_FORMAT, "offset 4: the file ends");
}

/* In a container it is looked at, too; there is damage no error. */
static void test_in_container(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 }, again FM_IMAGE_DONE = { 0 };
	const struct fm_format *formats[] = { &fm_format_ihex, &fm_format_srec, &fm_format_dfu };
	struct build build;

	(void)state;
	make_signed(&build);
	for (size_t i = 0; i < 2 * sizeof(formats) / sizeof(formats[0]); i++) {
		FM_FREE uint8_t *data = NULL;
		size_t len;

		build.data[HEADER] ^= i % 2;
		fm_image_done(&image);
		assert_success(
			fm_image_add(&image, FM_SPACE_FLASH, 0x10000, build.data, build.len, &err));
		assert_success(formats[i / 2]->write(&image, &data, &len, &err));
		fm_image_done(&again);
		assert_success(fm_image_parse("fw", data, len, NULL, &again, &err));
		assert_string_equal(again.format, formats[i / 2]->name);
		assert_string_equal(again.version, i % 2 ? "" : "1.2.345");
		build.data[HEADER] ^= i % 2;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),        cmocka_unit_test(test_signed),
		cmocka_unit_test(test_hashes),       cmocka_unit_test(test_each_bit),
		cmocka_unit_test(test_cut),          cmocka_unit_test(test_bad_layout),
		cmocka_unit_test(test_in_container),
	};

	return cmocka_run_group_tests_name("mcuboot", tests, NULL, NULL);
}

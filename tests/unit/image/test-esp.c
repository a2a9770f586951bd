/* ESP images, made by the documented layout: what they say, and each way to be damaged or cut. */
#include "image-test.h"

#include "base/bytes.h"
#include "image/header.h"
#include "image/uf2_family.h"

#include <ctype.h>
#include <sodium.h>

static struct fm_error err;

struct build {
	uint8_t data[1024];
	size_t len;
	uint8_t sum;
};

static void put_segment(struct build *build, uint32_t addr, const uint8_t *data, uint32_t len)
{
	fm_put_le32(build->data + build->len, addr);
	fm_put_le32(build->data + build->len + 4, len);
	memcpy(build->data + build->len + 8, data, len);
	build->len += 8 + len;
	build->sum ^= fm_bytes_xor(data, len);
	build->data[1]++;
}

static void begin(struct build *build, size_t header_len)
{
	static const uint8_t header[8] = { 0xe9, 0, 2, 0x20, 0x14, 0x12, 0x08, 0x40 };

	memset(build, 0, sizeof(*build));
	memcpy(build->data, header, sizeof(header));
	build->len = header_len;
	build->sum = 0xef;
}

static void finish(struct build *build, bool hash)
{
	build->len |= 15;
	build->data[build->len++] = build->sum;
	if (!hash)
		return;
	crypto_hash_sha256(build->data + build->len, build->data, build->len);
	build->len += 32;
}

/* An application of an ESP32-S3 with its descriptor, and a second segment. */
static void make(struct build *build, uint16_t chip, bool hash)
{
	uint8_t app[300] = { 0x32, 0x54, 0xcd, 0xab };

	strcpy((char *)app + 16, "v1.4.2");
	strcpy((char *)app + 48, "blinker");
	strcpy((char *)app + 112, "v5.1.2");
	begin(build, 24);
	fm_put_le16(build->data + 12, chip);
	fm_put_le16(build->data + 17, 99);
	build->data[23] = hash;
	put_segment(build, 0x3c020020, app, sizeof(app));
	put_segment(build, 0x40380000, (const uint8_t *)"second segment", 14);
	finish(build, hash);
}

static void check_read(const struct build *build, const char *chip_id, const char *version,
		       const char *note)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };

	assert_success(fm_image_parse("fw", build->data, build->len, NULL, &image, &err));
	assert_string_equal(image.format, "esp");
	assert_true(image.floating);
	assert_string_equal(image.chip_id, chip_id);
	assert_string_equal(image.version, version);
	assert_string_equal(image.note, note);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, build->data, build->len);
}

static void test_application(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct build build;

	(void)state;
	make(&build, 9, true);
	check_read(&build, "esp32s3", "v1.4.2",
		   "is for ESP32-S3, revision up to 0.99, application 'blinker', made with ESP-IDF "
		   "v5.1.2");
	assert_success(fm_image_parse("fw", build.data, build.len, NULL, &image, &err));
	assert_string_equal(image.description, "blinker");
	make(&build, 9, false);
	check_read(&build, "esp32s3", "v1.4.2",
		   "is for ESP32-S3, revision up to 0.99, application 'blinker', made with ESP-IDF "
		   "v5.1.2");
	/* A secure boot signature, or the partition table of a merged file. */
	memset(build.data + build.len, 0xff, 100);
	build.len += 100;
	check_read(&build, "esp32s3", "v1.4.2",
		   "is for ESP32-S3, revision up to 0.99, application 'blinker', made with ESP-IDF "
		   "v5.1.2");
}

static void test_revisions(void **state)
{
	static const struct {
		uint8_t old;
		uint16_t least, most;
		const char *note;
	} cases[] = {
		{ 0, 0, 0, "is for ESP32" },
		{ 0, 0, 0xffff, "is for ESP32" },
		{ 3, 0, 0, "is for ESP32, revision 3 and later" },
		{ 3, 300, 0, "is for ESP32, revision 3.0 and later" },
		{ 3, 301, 399, "is for ESP32, revision 3.1 to 3.99" },
		{ 0, 0, 399, "is for ESP32, revision up to 3.99" },
		{ 1, 0, 399, "is for ESP32, revision 1 to 3.99" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct build build;

		begin(&build, 24);
		build.data[14] = cases[i].old;
		fm_put_le16(build.data + 15, cases[i].least);
		fm_put_le16(build.data + 17, cases[i].most);
		put_segment(&build, 0x40080000, (const uint8_t *)"no descriptor", 13);
		finish(&build, false);
		check_read(&build, "esp32", "", cases[i].note);
	}
}

static void test_esp8266(void **state)
{
	struct build build;
	struct fm_image image FM_IMAGE_DONE = { 0 };

	(void)state;
	begin(&build, 8);
	put_segment(&build, 0x40100000, (const uint8_t *)"code of an ESP8266", 18);
	put_segment(&build, 0x3ffe8000, (const uint8_t *)"data", 4);
	finish(&build, false);
	check_read(&build, "esp8266", "", "is for ESP8266");
	/* Too little of its header is fixed for more than raw when it is damaged. */
	build.data[20] ^= 1;
	assert_success(fm_image_parse("fw", build.data, build.len, NULL, &image, &err));
	assert_string_equal(image.format, "raw");
}

/* Every bit of the segments, the checksum and the hash. */
static void test_each_bit(void **state)
{
	struct build build;

	(void)state;
	make(&build, 9, true);
	for (size_t bit = 24 * 8; bit < build.len * 8; bit++) {
		build.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_refused(build.data, build.len, FM_FILE_FORMAT, "offset ");
		build.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* Without a hash the checksum still finds what changes in the segments' data. */
	make(&build, 9, false);
	for (size_t bit = 32 * 8; bit < (32 + 300) * 8; bit++) {
		build.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_refused(build.data, build.len, FM_FILE_FORMAT, "the checksum is wrong");
		build.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_cut(void **state)
{
	struct build build;

	(void)state;
	make(&build, 9, true);
	for (size_t len = 24; len < build.len; len++)
		check_refused(build.data, len, FM_FILE_FORMAT, "offset ");
	check_refused(build.data, 200, FM_FILE_FORMAT,
		      "offset 24: a segment goes beyond the end of the file: it is cut");
	check_refused(build.data, build.len - 33, FM_FILE_FORMAT, "the checksum is missing");
	check_refused(build.data, build.len - 1, FM_FILE_FORMAT, "the SHA-256 is missing");
}

/* What is not one is left to others. */
static void test_not_esp(void **state)
{
	const struct fm_image_options esp = { .format = "esp" };
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct build build;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		make(&build, i == 0 ? 1 : 9, true); /* chip 1 does not exist */
		if (i == 1)
			build.data[0] = 0xea;
		if (i == 2)
			build.data[1] = 0;
		if (i == 3)
			build.data[1] = 17;
		if (i == 4)
			build.data[2] = 6;
		assert_success(fm_image_parse("fw", build.data, build.len, NULL, &image, &err));
		assert_string_equal(image.format, "raw");
		assert_string_equal(image.chip_id, "");
		fm_image_done(&image);
		assert_failure(fm_image_parse("fw", build.data, build.len, &esp, &image, &err),
			       FM_FILE_FORMAT);
		assert_string_equal(err.text, "fw: offset 0: this is no ESP image");
	}
	check_bad_files("esp", (const struct bad_file[]){ { "\xe9", 1, FM_FILE_FORMAT, "no ESP" } },
			1);
}

/* The chips are the families of the public list of UF2. */
static void test_families(void **state)
{
	static const char *const chips[] = { "esp8266",  "esp32",    "esp32s2", "esp32c3",
					     "esp32s3",  "esp32c2",  "esp32c6", "esp32h2",
					     "esp32p4",  "esp32c61", "esp32c5", "esp32h4",
					     "esp32h21", "esp32s31" };

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		const char *name = fm_uf2_family_name(fm_esp_family(chips[i]));

		assert_non_null(name);
		for (size_t k = 0; k <= strlen(chips[i]); k++)
			assert_int_equal(tolower(name[k]), chips[i][k]);
	}
	assert_int_equal(fm_esp_family("1e950f"), 0);
	assert_int_equal(fm_esp_family(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_application), cmocka_unit_test(test_revisions),
		cmocka_unit_test(test_esp8266),     cmocka_unit_test(test_each_bit),
		cmocka_unit_test(test_cut),         cmocka_unit_test(test_not_esp),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests_name("esp", tests, NULL, NULL);
}

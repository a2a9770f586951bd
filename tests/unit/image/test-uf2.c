/* UF2: blocks in any order, families, tags, and files that must be refused. */
#include "image-test.h"

#include "base/bytes.h"
#include "base/text.h"
#include "image/uf2_family.h"

#define RP2040 0xe48bff56u
#define RP2350 0xe48bff59u
#define ABSOLUTE 0xe48bff57u
#define SAMD21 0x68ed2b88u

static struct fm_error err;

/* A file of blocks, to be changed byte by byte. */
struct file {
	uint8_t data[8 * 512];
	size_t len;
};

static uint8_t *put(struct file *file, uint32_t family, uint32_t addr, uint32_t number,
		    uint32_t total, uint8_t fill, uint32_t len)
{
	uint8_t *p = file->data + file->len;

	memset(p, 0, 512);
	memcpy(p, "UF2\n\x57\x51\x5d\x9e", 8);
	fm_put_le32(p + 8, family ? 0x2000 : 0);
	fm_put_le32(p + 12, addr);
	fm_put_le32(p + 16, len);
	fm_put_le32(p + 20, number);
	fm_put_le32(p + 24, total);
	fm_put_le32(p + 28, family);
	memset(p + 32, fill, len);
	memcpy(p + 508, "\x30\x6f\xb1\x0a", 4);
	file->len += 512;
	return p;
}

static bool parse(const struct file *file, struct fm_image *ret)
{
	return fm_image_parse("fw.uf2", file->data, file->len, NULL, ret, &err);
}

static void refused(const struct file *file, enum fm_code code, const char *says)
{
	check_refused(file->data, file->len, code, says);
}

static void test_blocks_in_any_order(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct file file = { .len = 0 };
	uint8_t wanted[512 + 128];

	(void)state;
	put(&file, RP2040, 0x10000200, 2, 3, 3, 128);
	put(&file, RP2040, 0x10000000, 0, 3, 1, 256);
	put(&file, RP2040, 0x10000100, 1, 3, 2, 256);
	put(&file, RP2040, 0x10000000, 0, 3, 1, 256); /* once more, the same */
	memset(wanted, 1, 256);
	memset(wanted + 256, 2, 256);
	memset(wanted + 512, 3, 128);
	assert_success(parse(&file, &image));
	assert_string_equal(image.format, "uf2");
	assert_int_equal(image.count, 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x10000000, wanted, sizeof(wanted));
	assert_int_equal(image.family_count, 1);
	assert_int_equal(image.families[0], RP2040);
	assert_false(image.floating);
	check_round_trip(&image, &fm_format_uf2);
}

static void test_several_families(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	const struct fm_range range = { FM_SPACE_FLASH, 0x2000, 4 };
	struct file file = { .len = 0 };
	uint8_t data[4], *written;
	size_t len;

	(void)state;
	put(&file, SAMD21, 0x2000, 0, 1, 0x11, 256);
	put(&file, RP2040, 0x2000, 0, 2, 0x22, 256);
	put(&file, RP2040, 0x2100, 1, 2, 0x22, 256);
	assert_success(parse(&file, &image));
	assert_int_equal(image.count, 2);
	assert_int_equal(image.total, 768);
	assert_int_equal(image.family_count, 2);
	check_round_trip(&image, &fm_format_uf2);
	assert_failure(fm_format_ihex.write(&image, &written, &len, &err), FM_USAGE);
	assert_failure(fm_format_raw.write(&image, &written, &len, &err), FM_USAGE);
	assert_failure(fm_format_dfuse.write(&image, &written, &len, &err), FM_USAGE);
	assert_failure(fm_image_keep_family(&image, 1, &err), FM_BLOCKED_MODEL);
	assert_int_equal(image.count, 2);
	assert_success(fm_image_keep_family(&image, RP2040, &err));
	assert_int_equal(image.count, 1);
	assert_int_equal(image.total, 512);
	assert_int_equal(image.family_count, 1);
	assert_int_equal(fm_image_get(&image, &range, 0xff, data), 4);
	assert_memory_equal(data, "\x22\x22\x22\x22", 4);
	check_round_trip(&image, &fm_format_ihex);
}

static void test_tags(void **state)
{
	static const char tags[] = "\x09\xbc\xc7\x9f"
				   "v1.2\n\0\0\0"
				   "\x0a\x9d\x0d\x65"
				   "Board1\0\0"
				   "\x08\xf7\xe9\x0b\0\x10\0\0"
				   "\x06\x01\x02\x03xx\0\0";
	struct fm_image image FM_IMAGE_DONE = { 0 }, again FM_IMAGE_DONE = { 0 };
	struct file file = { .len = 0 };
	FM_FREE uint8_t *written = NULL;
	uint8_t *p = put(&file, SAMD21, 0x2000, 0, 1, 0x11, 256);
	size_t len;

	(void)state;
	fm_put_le32(p + 8, 0xe000); /* and an MD5 that nobody looks at */
	memcpy(p + 32 + 256, tags, sizeof(tags) - 1);
	memset(p + 508 - 24, 0xaa, 24);
	assert_success(parse(&file, &image));
	assert_string_equal(image.version, "v1.2.");
	assert_string_equal(image.description, "Board1");
	assert_int_equal(image.page_len, 4096);
	assert_success(fm_format_uf2.write(&image, &written, &len, &err));
	assert_success(fm_image_parse("again", written, len, NULL, &again, &err));
	check_same(&image, &again);
	assert_string_equal(again.version, "v1.2.");
	assert_string_equal(again.description, "Board1");
	assert_int_equal(again.page_len, 4096);
	/* Tags that go on into the MD5, and one that is no tag. */
	p[32 + 256] = 0xff;
	refused(&file, FM_FILE_FORMAT, "offset 288: a tag of 255 bytes");
	p[32 + 256] = 3;
	refused(&file, FM_FILE_FORMAT, "offset 288: a tag of 3 bytes");
}

/* Two families with two versions: none is the file's. */
static void test_versions_differ(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct file file = { .len = 0 };

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *p = put(&file, i ? RP2040 : SAMD21, 0x2000, 0, 1, 0x11, 256);

		fm_put_le32(p + 8, 0xa000);
		memcpy(p + 32 + 256, i ? "\x05\xbc\xc7\x9f\x31" : "\x05\xbc\xc7\x9f\x32", 5);
	}
	assert_success(parse(&file, &image));
	assert_string_equal(image.version, "");
}

static void test_what_is_left_out(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct file file = { .len = 0 };
	uint8_t *p;

	(void)state;
	/* picotool's block for the RP2350's erratum E10, with and without its tag. */
	p = put(&file, ABSOLUTE, 0x10ffff00, 0, 2, 0xef, 256);
	put(&file, RP2350, 0x10000000, 0, 2, 0x11, 256);
	put(&file, RP2350, 0x20000000, 1, 2, 0x22, 256);
	fm_put_le32(file.data + 1024 + 8, 0x2001); /* not main flash: counted only */
	assert_success(parse(&file, &image));
	assert_int_equal(image.family_count, 1);
	assert_int_equal(image.families[0], RP2350);
	assert_int_equal(image.total, 256);
	fm_image_done(&image);
	fm_put_le32(p + 8, 0xa000);
	fm_put_le32(p + 12, 0x103fff00);
	memcpy(p + 32 + 256, "\x04\xe3\x57\x99", 4);
	assert_success(parse(&file, &image));
	assert_int_equal(image.family_count, 1);
	fm_image_done(&image);
	fm_put_le32(p + 8, 0x2000);
	refused(&file, FM_FILE_FORMAT, "offset 1536: the file is not complete: block 1 of 2");
}

static void test_no_family(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct file file = { .len = 0 };

	(void)state;
	put(&file, 0, 0x2000, 0, 2, 0x11, 256);
	put(&file, 0, 0x2100, 1, 2, 0x11, 256);
	fm_put_le32(file.data + 28, 512); /* without the flag: the file's length */
	assert_success(parse(&file, &image));
	assert_int_equal(image.family_count, 0);
	check_round_trip(&image, &fm_format_uf2);
	fm_image_set_family(&image, SAMD21);
	assert_int_equal(image.segments[0].family, SAMD21);
	check_round_trip(&image, &fm_format_uf2);
	put(&file, SAMD21, 0x2000, 0, 1, 0x11, 256);
	refused(&file, FM_FILE_FORMAT, "offset 1024: part of the data has a family, part has none");
}

/* One field of a sound file of two blocks changed. */
static const struct uf2_damage {
	size_t at;
	uint32_t value;
	enum fm_code code;
	const char *says;
} uf2_damages[] = {
	{ 4, 1, FM_FILE_FORMAT, "offset 4: the block's second magic" },
	{ 508, 1, FM_FILE_FORMAT, "offset 508: the block's last magic" },
	{ 512, 1, FM_FILE_FORMAT, "offset 512: no UF2 block begins here" },
	{ 8, 0x3000, FM_FILE_FORMAT, "offset 8: this UF2 carries files" },
	{ 16, 480, FM_FILE_FORMAT,
	  "offset 16: a payload of 480 bytes, the block holds at most 476" },
	{ 16, 0xffffffff, FM_FILE_FORMAT, "offset 16: a payload of 4294967295 bytes" },
	{ 16, 255, FM_FILE_FORMAT, "offset 16: a payload of 255 bytes, which is no multiple of 4" },
	{ 20, 2, FM_FILE_FORMAT, "offset 20: block number 2 of 2" },
	{ 24, 0, FM_FILE_FORMAT, "offset 20: block number 0 of 0" },
	{ 24, 0xffffffff, FM_FILE_FORMAT,
	  "offset 24: it is one of 4294967295 blocks, the file has 2" },
	{ 512 + 24, 3, FM_FILE_FORMAT, "offset 536: one of 3 blocks, others of its family of 2" },
	{ 512 + 20, 0, FM_FILE_FORMAT, "offset 532: block number 0 comes twice" },
	{ 512 + 12, 0x2080, FM_FILE_OVERLAP, "offset 512: the byte at 0x00002080" },
	{ 512 + 12, 0xffffff80, FM_FILE_FORMAT, "offset 512: 256 bytes at 0xffffff80 go beyond" },
};

static void test_damaged(void **state)
{
	struct file sound = { .len = 0 }, file;

	(void)state;
	put(&sound, SAMD21, 0x2000, 0, 2, 0x11, 256);
	put(&sound, SAMD21, 0x2100, 1, 2, 0x22, 256);
	for (size_t i = 0; i < FM_COUNT(uf2_damages); i++) {
		file = sound;
		fm_put_le32(file.data + uf2_damages[i].at, uf2_damages[i].value);
		refused(&file, uf2_damages[i].code, uf2_damages[i].says);
	}
	file = sound;
	file.len -= 12;
	refused(&file, FM_FILE_FORMAT, "offset 512: a block of 500 bytes");
	file = sound;
	fm_put_le32(file.data + 8, 0x2001);
	fm_put_le32(file.data + 512 + 8, 0x2001);
	refused(&file, FM_FILE_EMPTY, "none of its blocks is for the flash");
	file = sound;
	fm_put_le32(file.data + 8, 0x6000);
	fm_put_le32(file.data + 16, 456);
	refused(&file, FM_FILE_FORMAT,
		"offset 16: a payload of 456 bytes, the block holds at most 452");
}

/* A damaged first block is no reason to write the file as raw data. */
static void test_first_block_damaged(void **state)
{
	struct file file = { .len = 0 };

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		put(&file, SAMD21, 0x2000 + i * 256, i, 4, 0x11, 256);
	file.data[0] = 0;
	refused(&file, FM_FILE_FORMAT, "offset 0: no UF2 block begins here");
}

static void test_written_payloads(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	FM_FREE uint8_t *data = NULL;
	uint8_t *none, bytes[300];
	size_t len;

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x20f0, bytes, 273, &err));
	fm_image_set_family(&image, SAMD21);
	assert_success(fm_format_uf2.write(&image, &data, &len, &err));
	assert_int_equal(len, 3 * 512);
	assert_int_equal(fm_get_le32(data + 16), 16);
	assert_int_equal(fm_get_le32(data + 512 + 12), 0x2100);
	assert_int_equal(fm_get_le32(data + 512 + 16), 256);
	/* The last byte alone: padded to 4. */
	assert_int_equal(fm_get_le32(data + 1024 + 16), 4);
	assert_memory_equal(data + 1024 + 32, "\x5a\0\0\0\0", 5);
	/* Padding would lie on the next piece, or an address can't be said. */
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x2202, bytes, 4, &err));
	assert_failure(fm_format_uf2.write(&image, &none, &len, &err), FM_USAGE);
	fm_image_done(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x2201, bytes, 4, &err));
	assert_failure(fm_format_uf2.write(&image, &none, &len, &err), FM_USAGE);
	fm_image_done(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x2200, bytes, 4, &err));
	assert_success(fm_image_add(&image, FM_SPACE_EEPROM, 0, bytes, 4, &err));
	assert_failure(fm_format_uf2.write(&image, &none, &len, &err), FM_USAGE);
}

static void test_names(void **state)
{
	static const uint32_t families[] = { RP2040, 0x12345678, SAMD21 };
	struct fm_text text FM_TEXT_DONE = { 0 };

	(void)state;
	assert_string_equal(fm_uf2_family_name(0x57755a57), "STM32F4");
	assert_null(fm_uf2_family_name(0));
	fm_uf2_family_list(&text, families, FM_COUNT(families));
	assert_string_equal(text.data, "RP2040, 0x12345678, SAMD21");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_in_any_order),
		cmocka_unit_test(test_several_families),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_versions_differ),
		cmocka_unit_test(test_what_is_left_out),
		cmocka_unit_test(test_no_family),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_first_block_damaged),
		cmocka_unit_test(test_written_payloads),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Binary info out of a flash that means well, and out of one that does not. */
#include "picoboot-rig.h"

#include "protocol/binary_info.h"

#include <stdlib.h>

enum { LEN = 8192 };

/* In memory of its own size, so that a read beyond it is found. */
static uint8_t *image_of(size_t len)
{
	uint8_t *image = malloc(LEN), *exact;

	assert_non_null(image);
	pico_image(image, LEN, false, 1);
	exact = realloc(image, len);
	assert_non_null(exact);
	return exact;
}

static bool read_image(void *image, uint32_t addr, uint8_t *ret_data, size_t len)
{
	memcpy(ret_data, (const uint8_t *)image + (addr - PICO_FLASH), len);
	return true;
}

static bool parse(uint8_t *image, size_t len, struct fm_binary_info *ret)
{
	const struct fm_binary_info_source source = { PICO_FLASH, len, read_image, image };

	return fm_binary_info_find(&source, ret);
}

static void assert_whole(const struct fm_binary_info *info)
{
	assert_string_equal(info->program, "blink");
	assert_string_equal(info->version, "1.2.3");
	assert_string_equal(info->board, "pico");
	assert_string_equal(info->url, "");
}

static void test_program_and_version(void **state)
{
	FM_FREE uint8_t *image = image_of(LEN);
	struct fm_binary_info info;

	(void)state;
	assert_true(parse(image, LEN, &info));
	assert_whole(&info);
}

static void test_none(void **state)
{
	static const size_t lengths[] = { 0, 1, 19, 256, 0x110 + 19 };
	FM_FREE uint8_t *image = image_of(LEN);
	struct fm_binary_info info;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(lengths); i++) {
		FM_FREE uint8_t *part = image_of(lengths[i] + 1);

		assert_false(parse(part, lengths[i], &info));
		assert_string_equal(info.program, "");
	}
	image[0x120] ^= 1;
	assert_false(parse(image, LEN, &info));
}

/* A program that is copied to RAM: its pointers are run-time addresses. */
static void test_addresses_of_run_time(void **state)
{
	FM_FREE uint8_t *image = image_of(LEN);
	struct fm_binary_info info;

	(void)state;
	fm_put_le32(image + 0x2d0, PICO_FLASH + 0x300);
	fm_put_le32(image + 0x2d4, 0x20000000);
	fm_put_le32(image + 0x2d8, 0x20000300);
	fm_put_le32(image + 0x2dc, 0);
	fm_put_le32(image + 0x11c, PICO_FLASH + 0x2d0);
	fm_put_le32(image + 0x114, 0x20000000);
	fm_put_le32(image + 0x118, 0x2000000c);
	for (size_t i = 0; i < 3; i++) {
		fm_put_le32(image + 0x300 + 4 * i, 0x20000100 + 64 * (uint32_t)i);
		fm_put_le32(image + 0x400 + 64 * i + 8, 0x20000100 + 64 * (uint32_t)i + 12);
	}
	assert_true(parse(image, LEN, &info));
	assert_whole(&info);
}

static void test_entries_of_others_do_not_count(void **state)
{
	FM_FREE uint8_t *image = image_of(LEN);
	struct fm_binary_info info;

	(void)state;
	fm_put_le16(image + 0x402, 0x1234); /* another tag */
	fm_put_le16(image + 0x440, 5);      /* a number */
	assert_true(parse(image, LEN, &info));
	assert_string_equal(info.program, "");
	assert_string_equal(info.version, "");
	assert_string_equal(info.board, "pico");
}

/* --- hostile --- */

static void test_text_without_an_end(void **state)
{
	FM_FREE uint8_t *image = image_of(LEN);
	struct fm_binary_info info;

	(void)state;
	memset(image + LEN - 200, 'x', 200);
	fm_put_le32(image + 0x408, PICO_FLASH + LEN - 200);
	fm_put_le32(image + 0x448, PICO_FLASH + LEN - 2);
	assert_true(parse(image, LEN, &info));
	assert_int_equal(strlen(info.program), sizeof(info.program) - 1);
	assert_string_equal(info.version, "xx");
}

static void test_text_that_would_steer_a_terminal(void **state)
{
	FM_FREE uint8_t *image = image_of(LEN);
	struct fm_binary_info info;

	(void)state;
	memcpy(image + 0x40c, "\x1b[2J\x9b\n", 7);
	assert_true(parse(image, LEN, &info));
	for (const char *c = info.program; *c; c++)
		assert_true(*c >= ' ' && *c < 0x7f);
	assert_non_null(strstr(info.program, "[2J"));
}

static unsigned reads;

static bool read_counted(void *user, uint32_t addr, uint8_t *ret_data, size_t len)
{
	const uint8_t *image = user;

	assert_true(addr >= PICO_FLASH && len <= LEN && addr - PICO_FLASH <= LEN - len);
	memcpy(ret_data, image + (addr - PICO_FLASH), len);
	reads++;
	return true;
}

/* Any word anywhere in it may be anything: it ends soon and reads nothing beyond the flash. */
static void test_any_word_may_be_wrong(void **state)
{
	static const uint32_t words[] = { 0,          1,          0x7fffffff, 0x80000000,
					  0xffffffff, 0xfffffffc, 0x0fffffff, PICO_FLASH,
					  0x10001fff, 0x10001ffe, 0x10001ffc, 0x10002000,
					  0x10000110, 0x10000300 };
	FM_FREE uint8_t *image = image_of(LEN);
	const struct fm_binary_info_source source = { PICO_FLASH, LEN, read_counted, image };
	struct fm_binary_info info;

	(void)state;
	for (size_t at = 0x110; at < 0x4d0; at += 4) {
		uint8_t saved[4];

		memcpy(saved, image + at, 4);
		for (size_t i = 0; i < FM_COUNT(words); i++) {
			fm_put_le32(image + at, words[i]);
			reads = 0;
			fm_binary_info_find(&source, &info);
			assert_true(reads < 1000);
		}
		memcpy(image + at, saved, 4);
	}
	fm_binary_info_find(&source, &info);
	assert_whole(&info);
}

/* Every bit of header, map and entries at random, many times over. */
static void test_noise(void **state)
{
	FM_FREE uint8_t *image = image_of(LEN);
	const struct fm_binary_info_source source = { PICO_FLASH, LEN, read_counted, image };
	struct fm_binary_info info;
	uint32_t x = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		if (round % 16 == 0)
			pico_image(image, LEN, false, round);
		x = x * 1664525 + 1013904223;
		image[0x110 + (x >> 8) % 0x3c0] = (uint8_t)(x >> 24);
		reads = 0;
		fm_binary_info_find(&source, &info);
		assert_true(reads < 1000);
		assert_true(strlen(info.program) < sizeof(info.program));
	}
}

static bool read_nothing(void *user, uint32_t addr, uint8_t *ret_data, size_t len)
{
	(void)user;
	(void)addr;
	(void)ret_data;
	(void)len;
	reads++;
	return false;
}

static void test_a_flash_that_cannot_be_read(void **state)
{
	const struct fm_binary_info_source source = { PICO_FLASH, LEN, read_nothing, NULL };
	struct fm_binary_info info;

	(void)state;
	reads = 0;
	assert_false(fm_binary_info_find(&source, &info));
	assert_int_equal(reads, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_and_version),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_addresses_of_run_time),
		cmocka_unit_test(test_entries_of_others_do_not_count),
		cmocka_unit_test(test_text_without_an_end),
		cmocka_unit_test(test_text_that_would_steer_a_terminal),
		cmocka_unit_test(test_any_word_may_be_wrong),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_a_flash_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

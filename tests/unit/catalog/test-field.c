#include "unit.h"

#include "base/scope.h"
#include "catalog/field.h"

#include <stdio.h>
#include <string.h>

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t number;
	} good[] = {
		{ "0", 0 },
		{ "32256", 32256 },
		{ "0x7E00", 0x7e00 },
		{ "0x1FFFF7cc", 0x1ffff7cc },
		{ "4K", 4096 },
		{ "2M", 2097152 },
		{ "4096M", (uint64_t)1 << 32 },
		{ "0x100000000", (uint64_t)1 << 32 },
	};
	static const char *const bad[] = {
		"",
		"K",
		"0x",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1k",
		"1KM",
		"0x1K",
		"1.5K",
		"1e3",
		"4097M",
		"0x",
		"0X10",
		"abc",
		"12a",
		"0x1g",
		"99999999999999999999999",
		"0x100000001",
	};
	uint64_t number;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(good); i++) {
		assert_true(fm_field_number(good[i].text, &number));
		assert_int_equal(number, good[i].number);
	}
	for (size_t i = 0; i < FM_COUNT(bad); i++) {
		if (fm_field_number(bad[i], &number))
			fail_msg("'%s' is a number", bad[i]);
	}
}

static void test_usb_numbers(void **state)
{
	static const char *const bad[] = { "", "0x", "2341", "0x12345", "0x23g1", "0x 1" };
	uint16_t number;

	(void)state;
	assert_true(fm_field_hex16("0x2341\"", 6, &number));
	assert_int_equal(number, 0x2341);
	assert_true(fm_field_hex16("0xfFfF", 6, &number));
	assert_int_equal(number, 0xffff);
	for (size_t i = 0; i < FM_COUNT(bad); i++)
		assert_false(fm_field_hex16(bad[i], strlen(bad[i]), &number));
}

static void test_framings(void **state)
{
	static const char *const bad[] = {
		"", "8", "8N", "8n1", "9N1", "8N3", "8X1", "8N1 ", "6N1"
	};
	struct fm_line_settings line;

	(void)state;
	assert_true(fm_field_framing("8N1", &line));
	assert_int_equal(line.data_bits, 8);
	assert_int_equal(line.parity, FM_PARITY_NONE);
	assert_int_equal(line.stop_bits, 1);
	assert_true(fm_field_framing("7E2", &line));
	assert_int_equal(line.data_bits, 7);
	assert_int_equal(line.parity, FM_PARITY_EVEN);
	assert_int_equal(line.stop_bits, 2);
	assert_true(fm_field_framing("8O1", &line));
	assert_int_equal(line.parity, FM_PARITY_ODD);
	for (size_t i = 0; i < FM_COUNT(bad); i++)
		assert_false(fm_field_framing(bad[i], &line));
}

static void test_erase_blocks(void **state)
{
	static const char *const bad[] = {
		"",
		",",
		"1K,",
		",1K",
		"0x1K",
		"4x",
		"x1K",
		"4x16K;64K",
		"0",
		"-",
		"1K 2K",
		"5000M",
		"1,1,1,1,1,1,1,1,1,1,1,1,1",
	};
	struct fm_block_run runs[FM_RUN_MOST];
	size_t count;

	(void)state;
	assert_true(fm_field_erase("4x16K,64K,7x128K", runs, &count));
	assert_int_equal(count, 3);
	assert_int_equal(runs[0].count, 4);
	assert_int_equal(runs[0].size, 16384);
	assert_int_equal(runs[1].count, 1);
	assert_int_equal(runs[1].size, 65536);
	assert_int_equal(runs[2].count, 7);
	assert_int_equal(runs[2].size, 131072);
	assert_true(fm_field_erase("1,1,1,1,1,1,1,1,1,1,1,1", runs, &count));
	assert_int_equal(count, FM_RUN_MOST);
	for (size_t i = 0; i < FM_COUNT(bad); i++) {
		if (fm_field_erase(bad[i], runs, &count))
			fail_msg("'%s' is a list of blocks", bad[i]);
	}
}

static void test_bytes(void **state)
{
	static const char *const bad_text[] = { "\\", "\\q", "\\x", "\\x1", "\\x1g", "a\\" };
	static const char *const bad_hex[] = { "1", "123", "0g", "1 2", "0x12" };
	FM_FREE uint8_t *text = NULL;
	FM_FREE uint8_t *hex = NULL;
	uint8_t *data;
	size_t len;

	(void)state;
	assert_true(fm_field_escaped("v\\r\\n\\t\\0\\\\\\x7F\\xa5", &text, &len));
	assert_int_equal(len, 8);
	assert_memory_equal(text, "v\r\n\t\0\\\x7f\xa5", 8);
	assert_true(fm_field_hex("30207fFF", &hex, &len));
	assert_int_equal(len, 4);
	assert_memory_equal(hex, "\x30\x20\x7f\xff", 4);
	for (size_t i = 0; i < FM_COUNT(bad_text); i++)
		assert_false(fm_field_escaped(bad_text[i], &data, &len));
	for (size_t i = 0; i < FM_COUNT(bad_hex); i++)
		assert_false(fm_field_hex(bad_hex[i], &data, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),  cmocka_unit_test(test_usb_numbers),
		cmocka_unit_test(test_framings), cmocka_unit_test(test_erase_blocks),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

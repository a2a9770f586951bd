/* Descriptors and strings as devices send them, and as they should not. */
#include "unit.h"

#include "base/scope.h"
#include "link/usb_private.h"

#include <string.h>

/* Copied to memory of its own, so that AddressSanitizer sees a byte too far. */
static uint8_t *exact(const void *data, size_t len)
{
	uint8_t *copy = malloc(len + 1);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy + 1, data, len);
	return copy;
}

static void test_next(void **state)
{
	static const uint8_t config[] = { 9, 2, 18, 0, 1,    1, 0, 0, 0, 9, 4, 0, 0, 0,   0xfe,
					  1, 2, 0,  9, 0x21, 1, 0, 0, 0, 4, 0, 1, 2, 0xaa };
	size_t at = 0;

	(void)state;
	assert_ptr_equal(fm_usb_descriptor_next(config, sizeof(config), &at, 0), config);
	assert_ptr_equal(fm_usb_descriptor_next(config, sizeof(config), &at, 0), config + 9);
	assert_ptr_equal(fm_usb_descriptor_next(config, sizeof(config), &at, 0), config + 18);
	assert_ptr_equal(fm_usb_descriptor_next(config, sizeof(config), &at, 0), config + 27);
	at = 0;
	assert_ptr_equal(fm_usb_descriptor_next(config, sizeof(config), &at, 0x21), config + 18);
	assert_null(fm_usb_descriptor_next(config, sizeof(config), &at, 0x21));
	assert_null(fm_usb_descriptor_next(config, 0, &(size_t){ 0 }, 0));
	assert_null(fm_usb_descriptor_next(config, 9, &(size_t){ 100 }, 0));
}

/* Every length byte, over every length: each answer lies within, and there is an end. */
static void test_next_hostile(void **state)
{
	uint8_t config[20];

	(void)state;
	for (unsigned length = 0; length < 256; length++)
		for (size_t len = 0; len <= sizeof(config); len++) {
			FM_FREE uint8_t *copy = NULL;
			const uint8_t *found;
			size_t at = 0, steps = 0;

			memset(config, (int)length, sizeof(config));
			copy = exact(config, len);
			while ((found = fm_usb_descriptor_next(copy + 1, len, &at, 0))) {
				assert_in_range(found[0], 2, len);
				assert_true(found + found[0] <= copy + 1 + len);
				assert_true(++steps <= len / 2);
			}
		}
}

static void test_configuration(void **state)
{
	uint8_t two[9 + 12] = { 9, 2, 9, 0, 0, 1, 0, 0, 0, 9, 2, 12, 0, 0, 5, 0, 0, 0, 3, 9, 9 };
	const uint8_t *config = NULL;

	(void)state;
	two[14] = 5;
	assert_int_equal(fm_usb_configuration(two, sizeof(two), 1, &config), 9);
	assert_ptr_equal(config, two);
	assert_int_equal(fm_usb_configuration(two, sizeof(two), 5, &config), 12);
	assert_ptr_equal(config, two + 9);
	assert_int_equal(fm_usb_configuration(two, sizeof(two), 2, &config), 0);
	assert_int_equal(fm_usb_configuration(two, sizeof(two) - 1, 5, &config), 0);
	/* Shorter than its own head: would never end. */
	two[2] = 0;
	assert_int_equal(fm_usb_configuration(two, sizeof(two), 5, &config), 0);
	two[2] = 9;
	two[10] = 4;
	assert_int_equal(fm_usb_configuration(two, sizeof(two), 5, &config), 0);
	assert_int_equal(fm_usb_configuration(two, 0, 1, &config), 0);
}

static void test_string(void **state)
{
	static const struct {
		const char *raw;
		size_t len;
		const char *text;
	} cases[] = {
		{ "\x08\x03@\0A\0B\0", 8, "@AB" },
		{ "\x28\x03@\0A\0", 6, "@A" }, /* shorter than it says */
		{ "\x28\x03@\0A", 5, "@" },    /* half a character */
		{ "\x04\x03@\0A\0", 6, "@" },  /* more came than it says */
		{ "\x00\x03@\0", 4, "@" },     /* says nothing */
		{ "\x02\x03", 2, "" },
		{ "\x06\x03\xb5\0m\0", 6, "\xc2\xb5m" },
		{ "\x04\x03\xac\x20", 4, "\xe2\x82\xac" },
		{ "\x06\x03\x1b\0m\0", 6, ".m" }, /* can't steer a terminal */
		{ "\x04\x03\x00\xd8", 4, "." },   /* half a pair */
		{ "\x06\x03G\0\0\0", 6, "G" },
		{ "\x05\x03GD3", 5, "GD3" }, /* 8-bit text */
		{ "\x06\x03GD32", 6, "GD32" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		FM_FREE uint8_t *raw = exact(cases[i].raw, cases[i].len);

		assert_true(fm_usb_string_decode(raw + 1, cases[i].len, text, sizeof(text)));
		assert_string_equal(text, cases[i].text);
	}
	assert_true(fm_usb_string_decode((const uint8_t *)"\x06\x03\x41\0B", 6, text, 2));
	assert_string_equal(text, "A");
	assert_false(fm_usb_string_decode((const uint8_t *)"\x04\x02@", 4, text, sizeof(text)));
	assert_false(fm_usb_string_decode((const uint8_t *)"\x04", 1, text, sizeof(text)));
}

/* The longest there can be, of characters that become three bytes. */
static void test_long_string(void **state)
{
	uint8_t raw[255] = { 255, 3 };
	char text[1024];

	(void)state;
	for (size_t i = 2; i + 1 < sizeof(raw); i += 2)
		raw[i + 1] = 0x4e;
	assert_true(fm_usb_string_decode(raw, sizeof(raw), text, sizeof(text)));
	assert_int_equal(strlen(text), 126 * 3);
	memset(raw + 2, 'x', sizeof(raw) - 2);
	assert_true(fm_usb_string_decode(raw, sizeof(raw), text, sizeof(text)));
	assert_int_equal(strlen(text), 253);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),          cmocka_unit_test(test_next_hostile),
		cmocka_unit_test(test_configuration), cmocka_unit_test(test_string),
		cmocka_unit_test(test_long_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "image-test.h"

static void read_hex(const char *text, struct fm_image *image)
{
	struct fm_error err = { 0 };

	assert_success(
		fm_image_parse("good.hex", (const uint8_t *)text, strlen(text), NULL, image, &err));
	assert_string_equal(image->format, "ihex");
	assert_false(image->floating);
}

static void test_plain(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	read_hex(":040100006162636471\n:0201040065662E\n:00000001FF\n", &image);
	assert_int_equal(image.count, 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x100, "abcdef", 6);
	assert_false(image.has_entry);
	assert_int_equal(image.file_len, 48);
}

/* Each way to end a line, digits in lower case, blanks at the end of lines, blank lines. */
static void test_lines(void **state)
{
	static const char *const texts[] = {
		":02000000abcd86\n:00000001ff\n",
		":02000000ABCD86\r\n:00000001FF\r\n",
		":02000000aBCd86\r:00000001fF\r",
		":02000000ABCD86\n:00000001FF",
		":02000000ABCD86\r\n:00000001FF\n\r\n\r\n\n",
		"\n\r\n  \n:02000000ABCD86 \t\r\n\n:00000001FF \n \n",
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(texts); i++) {
		struct fm_image image FM_IMAGE_DONE;

		read_hex(texts[i], &image);
		assert_int_equal(image.count, 1);
		check_segment(&image, 0, FM_SPACE_FLASH, 0, "\xab\xcd", 2);
	}
}

static void test_linear_base(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	/* The record at FFFE goes on beyond 64 KiB; descending; the start address is linear. */
	read_hex(":020000040800F2\n"
		 ":04FFFE006162636475\n"
		 ":02FFFC00787912\n"
		 ":04000005080000ED02\n"
		 ":00000001FF\n",
		 &image);
	assert_int_equal(image.count, 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x0800fffc, "xyabcd", 6);
	assert_true(image.has_entry);
	assert_int_equal(image.entry, 0x080000ed);
}

static void test_segment_base_wraps(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	/* Base 1000h * 16; two bytes at its end, two at its start. */
	read_hex(":020000021000EC\n"
		 ":04FFFE006162636475\n"
		 ":0400000312345678E5\n"
		 ":00000001FF\n",
		 &image);
	assert_int_equal(image.count, 2);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x10000, "cd", 2);
	check_segment(&image, 1, FM_SPACE_FLASH, 0x1fffe, "ab", 2);
	assert_int_equal(image.entry, 0x12340 + 0x5678);
}

/* The kind of base is that of the last record 02 or 04. */
static void test_linear_base_after_segment_base(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	read_hex(":020000021000EC\n:020000040800F2\n:04FFFE006162636475\n:00000001FF\n", &image);
	assert_int_equal(image.count, 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x0800fffe, "abcd", 4);
}

static void test_gap_of_4_gib(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	read_hex(":02000004FFFFFC\n:01FFFF0061A0\n:020000040000FA\n:01000000629D\n:00000001FF\n",
		 &image);
	assert_int_equal(image.count, 2);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, "b", 1);
	check_segment(&image, 1, FM_SPACE_FLASH, 0xffffffff, "a", 1);
}

/* The longest record that there is. */
static void test_255_bytes(void **state)
{
	char text[1 + 2 * 260 + 2 + 16];
	struct fm_image image FM_IMAGE_DONE;
	size_t len = 0;

	(void)state;
	len += (size_t)sprintf(text, ":FF000000");
	for (int i = 0; i < 255; i++)
		len += (size_t)sprintf(text + len, "01");
	sprintf(text + len, "02\n:00000001FF\n");
	read_hex(text, &image);
	assert_int_equal(image.total, 255);
}

static const struct bad_file bad_hex[] = {
	/* Checksums, in data and in the end record; the second line of data. */
	{ ":01000000619F\n:00000001FF\n", 0, FM_FILE_FORMAT, "bad.file:1: wrong checksum: 9F" },
	{ ":01000000619E\n:01000100619E\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: wrong checksum: 9E, the record's bytes give 9D" },
	{ ":01000000619E\r\n\r\n:00000001FE\r\n", 0, FM_FILE_FORMAT, "bad.file:3: wrong checksum" },
	/* Cut: at a line's end, within a record, in the middle of a byte, in its head. */
	{ ":01000000619E\n", 0, FM_FILE_FORMAT, "bad.file:1: no end record: the file is cut" },
	{ ":01000000619E\n:0100", 0, FM_FILE_FORMAT, "bad.file:2: the record says 1 bytes" },
	{ ":01000000619E\n:0100010", 0, FM_FILE_FORMAT, "bad.file:2: the record is cut" },
	{ ":01000000619E\n:", 0, FM_FILE_FORMAT, "bad.file:2: the record says 0 bytes" },
	{ ":02000000619E\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: the record says 2 bytes of data, the line has 1" },
	{ ":01000000616200\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: the record says 1 bytes of data, the line has 2" },
	/* Characters and lines that do not belong there. */
	{ ":01000000G19E\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: no hexadecimal digit in column 10" },
	{ ":010000006\0019E\n:00000001FF\n", 0, FM_FILE_FORMAT, "column 11" },
	{ ":01000000619E\n01000100619D\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: not a record of Intel HEX" },
	{ ":01000000619E\n; made by x\n:00000001FF\n", 0, FM_FILE_FORMAT, "bad.file:2: not a" },
	{ ":01000000619E:00000001FF\n", 0, FM_FILE_FORMAT, "bad.file:1: no hexadecimal digit" },
	{ ":01000000619E\n\0\0\0\0\n:00000001FF\n", 32, FM_FILE_FORMAT, "bad.file:2: not a" },
	/* Text after the end. */
	{ ":01000000619E\n:00000001FF\n:01000100619D\n", 0, FM_FILE_FORMAT,
	  "bad.file:3: more text after the end record in line 2" },
	{ ":01000000619E\n:00000001FF\n\n\nx", 0, FM_FILE_FORMAT, "bad.file:5: more text" },
	/* Types. */
	{ ":00000006FA\n:00000001FF\n", 0, FM_FILE_FORMAT, "bad.file:1: record type 06" },
	{ ":01000000619E\n:010000FF0000\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: record type FF" },
	{ ":0100000408F3\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: a record of type 04 holds 1 bytes, not 2" },
	{ ":0400000208000000F2\n:00000001FF\n", 0, FM_FILE_FORMAT, "type 02 holds 4 bytes, not 2" },
	{ ":020000031234B5\n:00000001FF\n", 0, FM_FILE_FORMAT, "type 03 holds 2 bytes, not 4" },
	{ ":020000051234B3\n:00000001FF\n", 0, FM_FILE_FORMAT, "type 05 holds 2 bytes, not 4" },
	{ ":0100000100FE\n", 0, FM_FILE_FORMAT, "type 01 holds 1 bytes, not 0" },
	/* Nothing in it. */
	{ ":00000001FF\n", 0, FM_FILE_EMPTY, "bad.file:1: the file ends without any data" },
	{ ":020000040800F2\n:0000000000\n:00000001FF\n", 0, FM_FILE_EMPTY, "bad.file:3: " },
	/* Overlaps: other bytes, the same bytes, within a wrapped record, across a base. */
	{ ":0200000061623B\n:01000100639B\n:00000001FF\n", 0, FM_FILE_OVERLAP,
	  "bad.file:2: the byte at 0x00000001 of flash is given twice" },
	{ ":01000000619E\n\n:01000000619E\n:00000001FF\n", 0, FM_FILE_OVERLAP,
	  "bad.file:3: the byte at 0x00000000" },
	{ ":020000021000EC\n:01000000619E\n:04FFFE006162636475\n:00000001FF\n", 0, FM_FILE_OVERLAP,
	  "bad.file:3: the byte at 0x00010000" },
	/* Beyond the last address. */
	{ ":02000004FFFFFC\n:02FFFF0061623D\n:00000001FF\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: 2 bytes at 0xffffffff go beyond 32-bit addresses" },
};

static void test_bad_files(void **state)
{
	(void)state;
	/* The same by name and by content: damage does not make it another format. */
	check_bad_files("ihex", bad_hex, FM_COUNT(bad_hex));
	check_bad_files(NULL, bad_hex, FM_COUNT(bad_hex));
}

static void test_long_lines(void **state)
{
	const size_t len = 4 << 20;
	FM_FREE char *text = malloc(len);
	struct fm_image image;
	struct fm_error err;

	(void)state;
	assert_non_null(text);
	memset(text, '0', len);
	memcpy(text, ":01000000619E\n:", 15);
	assert_failure(fm_image_parse("long.hex", (const uint8_t *)text, len, NULL, &image, &err),
		       FM_FILE_FORMAT);
	assert_string_equal(err.text, "long.hex:2: the line is longer than any record");
}

/* Optiboot of Debian's arduino-core-avr 1.8.6 was linked too long: its last two records give the
 * same bytes. */
static void test_overlap_as_in_debians_optiboot(void **state)
{
	static const char text[] = ":107FF000C150E9F7CF91EDCFE0E6F0E098E1908352\n"
				   ":027FFE00040479\n"
				   ":0400000300007E007B\n"
				   ":00000001FF\n";
	struct fm_image image;
	struct fm_error err;

	(void)state;
	assert_failure(fm_image_parse("optiboot.hex", CONTENT(text), NULL, &image, &err),
		       FM_FILE_OVERLAP);
	assert_string_equal(err.text,
			    "optiboot.hex:2: the byte at 0x00007ffe of flash is given twice");
}

static void test_damage_is_not_taken_for_raw(void **state)
{
	static const char good[] = ":10000000000102030405060708090A0B0C0D0E0F78\n"
				   ":10001000000102030405060708090A0B0C0D0E0F68\n"
				   ":10002000000102030405060708090A0B0C0D0E0F58\n"
				   ":10003000000102030405060708090A0B0C0D0E0F48\n"
				   ":10004000000102030405060708090A0B0C0D0E0F38\n"
				   ":00000001FF\n";
	char text[sizeof(good)];
	uint8_t bytes[80];
	struct fm_image image;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 16;
	/* Whatever one byte becomes, the file is refused (or, for a blank or a letter's case, means
	 * the same). */
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (unsigned flip = 1; flip < 256; flip <<= 1) {
			memcpy(text, good, sizeof(good));
			text[i] = (char)(text[i] ^ flip);
			if (!fm_image_parse("x", (const uint8_t *)text, sizeof(good) - 1, NULL,
					    &image, &err))
				continue;
			assert_string_equal(image.format, "ihex");
			assert_int_equal(image.count, 1);
			check_segment(&image, 0, FM_SPACE_FLASH, 0, bytes, sizeof(bytes));
			fm_image_done(&image);
		}
	}
	/* A lost first sector. */
	memcpy(text, good, sizeof(good));
	memset(text, 0, 44);
	assert_failure(
		fm_image_parse("x", (const uint8_t *)text, sizeof(good) - 1, NULL, &image, &err),
		FM_FILE_FORMAT);
	assert_string_equal(err.text, "x:1: not a record of Intel HEX: it does not begin with ':'");
}

static void test_round_trip(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	FM_FREE uint8_t *data = NULL;
	uint8_t bytes[300];
	struct fm_error err;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x12, bytes, 1, &err));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0xff83, bytes, 300, &err));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0xfffffff0, bytes, 16, &err));
	check_round_trip(&image, &fm_format_ihex);
	image.has_entry = true;
	image.entry = 0x08000101;
	check_round_trip(&image, &fm_format_ihex);
	/* Readers with a small line buffer: 16 bytes a record, and type 04 for the upper half. */
	assert_success(fm_format_ihex.write(&image, &data, &len, &err));
	assert_memory_equal(data, ":0100120000ED\n:0DFF8300", 22);
	assert_non_null(memmem(data, len, "\n:020000040001F9\n:10000000", 26));
	assert_null(memmem(data, len, "\n:11", 4));
	assert_non_null(memmem(data, len, "\n:0400000508000101ED\n:00000001FF\n", 33));
}

static void test_write_refuses_what_it_cannot_say(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct fm_error err;
	uint8_t *data;
	size_t len;

	(void)state;
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0, "a", 1, &err));
	image.floating = true;
	assert_failure(fm_format_ihex.write(&image, &data, &len, &err), FM_USAGE);
	image.floating = false;
	assert_success(fm_image_add(&image, FM_SPACE_EEPROM, 0, "a", 1, &err));
	assert_failure(fm_format_ihex.write(&image, &data, &len, &err), FM_USAGE);
	assert_non_null(strstr(err.text, "flash and eeprom"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_linear_base),
		cmocka_unit_test(test_segment_base_wraps),
		cmocka_unit_test(test_linear_base_after_segment_base),
		cmocka_unit_test(test_gap_of_4_gib),
		cmocka_unit_test(test_255_bytes),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_overlap_as_in_debians_optiboot),
		cmocka_unit_test(test_damage_is_not_taken_for_raw),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_write_refuses_what_it_cannot_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "image-test.h"

static void read_srec(const char *text, struct fm_image *image)
{
	struct fm_error err = { 0 };

	assert_success(
		fm_image_parse("good.s19", (const uint8_t *)text, strlen(text), NULL, image, &err));
	assert_string_equal(image->format, "srec");
	assert_false(image->floating);
}

/* One file with a header, each width of address and both counts. */
static void test_all_types(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	read_srec("S00600004844521B\n"
		  "S1050100616236\r\n"
		  "S206FE0000636434\n"
		  "S5030002FA\n"
		  "S30708000000656625\r"
		  "S604000003F8\n"
		  "\n"
		  "S705080000ED05\n\n",
		  &image);
	assert_int_equal(image.count, 3);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x100, "ab", 2);
	check_segment(&image, 1, FM_SPACE_FLASH, 0xfe0000, "cd", 2);
	check_segment(&image, 2, FM_SPACE_FLASH, 0x08000000, "ef", 2);
	assert_true(image.has_entry);
	assert_int_equal(image.entry, 0x080000ed);
}

static void test_ends(void **state)
{
	static const struct {
		const char *text;
		bool has_entry;
		uint64_t entry;
	} cases[] = {
		{ "S1040000619A\nS9030000FC", false, 0 },
		{ "S1040000619A\nS9030100FB\n", true, 0x100 },
		{ "S1040000619a\r\nS804010000fa\r\n", true, 0x010000 },
		{ "S1040000619A\rS705080000ED05\r", true, 0x080000ed },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fm_image image FM_IMAGE_DONE;

		read_srec(cases[i].text, &image);
		check_segment(&image, 0, FM_SPACE_FLASH, 0, "a", 1);
		assert_int_equal(image.has_entry, cases[i].has_entry);
		assert_int_equal(image.entry, cases[i].entry);
	}
}

static void test_descending_records(void **state)
{
	struct fm_image image FM_IMAGE_DONE;

	(void)state;
	read_srec("S10400016199\nS1040000619A\nS9030000FC\n", &image);
	assert_int_equal(image.count, 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, "aa", 2);
}

static const struct bad_file bad_srec[] = {
	{ "S1040000619B\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: wrong checksum: 9B, the record's bytes give 9A" },
	{ "S1040000619A\n\nS9030000FD\n", 0, FM_FILE_FORMAT, "bad.file:3: wrong checksum: FD" },
	{ "S1040000619A\n", 0, FM_FILE_FORMAT, "bad.file:1: no end record: the file is cut" },
	{ "S1040000619A\nS1040", 0, FM_FILE_FORMAT, "bad.file:2: the record is cut" },
	{ "S1040000619A\nS104", 0, FM_FILE_FORMAT, "bad.file:2: the record says 4 bytes, the" },
	{ "S1040000619A\nS1", 0, FM_FILE_FORMAT, "bad.file:2: the record says 0 bytes" },
	{ "S1040000619A\nS", 0, FM_FILE_FORMAT, "bad.file:2: not an S-record" },
	{ "S1040000619A\nSA040000619A\nS9030000FC\n", 0, FM_FILE_FORMAT, "bad.file:2: not an S" },
	{ "S1040000619A\ns9030000FC\n", 0, FM_FILE_FORMAT, "bad.file:2: not an S-record" },
	{ "S1040000619A\nhello\nS9030000FC\n", 0, FM_FILE_FORMAT, "bad.file:2: not an S-record" },
	{ "S1040000619A00\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: the record says 4 bytes, the line has 5" },
	{ "S104000X619A\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: no hexadecimal digit in column 8" },
	{ "S1040000619A comment\nS9030000FC\n", 0, FM_FILE_FORMAT, "in column 13" },
	/* After the end. */
	{ "S1040000619A\nS9030000FC\nS10400016199\n", 0, FM_FILE_FORMAT,
	  "bad.file:3: more text after the end record in line 2" },
	/* Types and their addresses. */
	{ "S1040000619A\nS4040000619A\nS9030000FC\n", 0, FM_FILE_FORMAT, "bad.file:2: S4 is no" },
	{ "S1040000619A\nS10200FD\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: the record is too short for its address" },
	{ "S304000000FB\nS9030000FC\n", 0, FM_FILE_FORMAT, "bad.file:1: the record is too short" },
	{ "S1040000619A\nS7030000FC\n", 0, FM_FILE_FORMAT, "bad.file:2: the record is too short" },
	{ "S1040000619A\nS90200FD\n", 0, FM_FILE_FORMAT, "bad.file:2: the record is too short" },
	/* Counts: one too many, one too few, in both widths. */
	{ "S1040000619A\nS5030002FA\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: the file says it has 2 data records, but 1 are there" },
	{ "S1040000619A\nS10400016199\nS5030001FB\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:3: the file says it has 1 data records, but 2 are there" },
	{ "S1040000619A\nS604000004F7\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:2: the file says it has 4 data records" },
	/* Nothing in it. */
	{ "S00600004844521B\nS9030000FC\n", 0, FM_FILE_EMPTY, "bad.file:2: the file ends without" },
	{ "S1030000FC\nS5030001FB\nS9030000FC\n", 0, FM_FILE_EMPTY, "bad.file:3: " },
	/* Overlaps, also between widths of address. */
	{ "S1040000619A\nS1040000619A\nS9030000FC\n", 0, FM_FILE_OVERLAP,
	  "bad.file:2: the byte at 0x00000000 of flash is given twice" },
	{ "S1050100616236\nS1050100616236\nS9030000FC\n", 0, FM_FILE_OVERLAP, "bad.file:2: " },
	/* Beyond the last address. */
	{ "S307FFFFFFFF616239\nS9030000FC\n", 0, FM_FILE_FORMAT,
	  "bad.file:1: 2 bytes at 0xffffffff go beyond 32-bit addresses" },
};

static void test_bad_files(void **state)
{
	(void)state;
	check_bad_files("srec", bad_srec, FM_COUNT(bad_srec));
	check_bad_files(NULL, bad_srec, FM_COUNT(bad_srec));
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
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x0e, bytes, 3, &err));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x08000003, bytes, 300, &err));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0xffffffff, bytes, 1, &err));
	check_round_trip(&image, &fm_format_srec);
	image.has_entry = true;
	image.entry = 0x08000101;
	check_round_trip(&image, &fm_format_srec);
	assert_success(fm_format_srec.write(&image, &data, &len, &err));
	assert_memory_equal(data, "S3070000000E0007E3\nS306000000100EDB\n", 36);
	assert_non_null(memmem(data, len, "\nS5030016E6\nS70508000101F0\n", 27));
}

/* More records than S5 can count. */
static void test_long_counts(void **state)
{
	const size_t size = 0x10000 * 16 + 1;
	FM_FREE uint8_t *bytes = calloc(1, size), *data = NULL;
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct fm_error err;
	size_t len;

	(void)state;
	assert_non_null(bytes);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0, bytes, size, &err));
	check_round_trip(&image, &fm_format_srec);
	assert_success(fm_format_srec.write(&image, &data, &len, &err));
	assert_non_null(memmem(data, len, "\nS604010001F9\n", 14));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_types),          cmocka_unit_test(test_ends),
		cmocka_unit_test(test_descending_records), cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_round_trip),         cmocka_unit_test(test_long_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

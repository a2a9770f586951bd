/* DFU files with their suffix, DfuSe containers, and files that must be refused. */
#include "image-test.h"

#include "base/bytes.h"
#include "image/dfu.h"

static struct fm_error err;

static void load(const char *name, const uint8_t *data, size_t len, struct fm_image *ret)
{
	assert_success(fm_image_parse(name, data, len, NULL, ret, &err));
}

/* Content with a sound suffix behind it; returns the length. */
static size_t finish(uint8_t *file, size_t len, uint16_t spec)
{
	struct fm_image image = { .usb = { true, 0x0483, 0xdf11, 0x0210 } };

	fm_dfu_suffix_put(&image, spec, file, len + 16);
	return len + 16;
}

/* The CRC by its definition (USB DFU 1.1, appendix B), not by zlib. */
static uint32_t slow_crc(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

static void test_suffix(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	uint8_t file[64] = "firmware";
	size_t len;

	(void)state;
	len = finish(file, 8, FM_DFU_SPEC);
	assert_memory_equal(file + 8, "\x10\x02\x11\xdf\x83\x04\x00\x01UFD\x10", 12);
	assert_int_equal(fm_get_le32(file + 20), slow_crc(file, 20));
	load("fw.dfu", file, len, &image);
	assert_string_equal(image.format, "dfu");
	assert_true(image.floating);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, "firmware", 8);
	assert_true(image.usb.has_usb);
	assert_int_equal(image.usb.vid, 0x0483);
	assert_int_equal(image.usb.pid, 0xdf11);
	assert_int_equal(image.usb.release, 0x0210);
	assert_string_equal(image.note, "");
	check_round_trip(&image, &fm_format_dfu);
}

/* A longer suffix, as later versions of the specification may have. */
static void test_long_suffix(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	uint8_t file[64] = "firmwarexxxx";
	size_t len;

	(void)state;
	len = finish(file, 12, FM_DFU_SPEC);
	file[len - 5] = 20;
	fm_put_le32(file + len - 4, slow_crc(file, len - 4));
	load("fw.dfu", file, len, &image);
	assert_int_equal(image.total, 8);
}

static void test_written_without_identity(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 }, again FM_IMAGE_DONE = { 0 };
	FM_FREE uint8_t *data = NULL;
	size_t len;

	(void)state;
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x8000, "firmware", 8, &err));
	assert_success(fm_format_dfu.write(&image, &data, &len, &err));
	assert_int_equal(len, 24);
	load("fw.dfu", data, len, &again);
	assert_int_equal(again.usb.vid, 0xffff);
	assert_int_equal(again.usb.pid, 0xffff);
	assert_int_equal(again.usb.release, 0xffff);
}

static void test_prefixes(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	uint8_t ti[64] = "\1\0\4\0\4\0\0\0data";
	uint8_t lpc[64] = "\x1a\x3f\1\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff"
			  "data";

	(void)state;
	load("ti.dfu", ti, finish(ti, 12, FM_DFU_SPEC), &image);
	assert_int_equal(image.total, 12);
	assert_non_null(strstr(image.note, "TI's prefix for 0x00001000"));
	fm_image_done(&image);
	load("lpc.dfu", lpc, finish(lpc, 20, FM_DFU_SPEC), &image);
	assert_int_equal(image.total, 20);
	assert_non_null(strstr(image.note, "LPC prefix"));
}

static void test_bad_suffix(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	const struct fm_image_options dfu = { .format = "dfu" };
	uint8_t file[64] = "firmware";
	size_t len;

	(void)state;
	len = finish(file, 8, FM_DFU_SPEC);
	file[0] ^= 1;
	check_refused(file, len, FM_FILE_FORMAT, "offset 20: the CRC is 0x");
	len = finish(file, 8, FM_DFUSE_SPEC);
	check_refused(file, len, FM_FILE_FORMAT, "offset 0: no DfuSe prefix");
	len = finish(file, 0, FM_DFU_SPEC);
	check_refused(file, len, FM_FILE_EMPTY, "nothing before it");
	file[len - 5] = 17;
	fm_put_le32(file + len - 4, slow_crc(file, len - 4));
	check_refused(file, len, FM_FILE_FORMAT,
		      "offset 11: a DFU suffix of 17 bytes, in a file of 16");
	file[len - 5] = 4;
	fm_put_le32(file + len - 4, slow_crc(file, len - 4));
	check_refused(file, len, FM_FILE_FORMAT, "offset 11: a DFU suffix of 4 bytes");
	/* No suffix: raw, unless it is said that there is one. */
	load("fw", (const uint8_t *)"firmware\1", 9, &image);
	assert_string_equal(image.format, "raw");
	fm_image_done(&image);
	assert_failure(fm_image_parse("fw", (const uint8_t *)"fw", 2, &dfu, &image, &err),
		       FM_FILE_FORMAT);
	assert_non_null(strstr(err.text, "the DFU suffix is missing"));
}

/* Two targets, three elements; the places of each in the file are in the table below. */
static size_t make_dfuse(uint8_t *file)
{
	uint8_t *p = file;

	memset(file, 0, 1024);
	memcpy(p, "DfuSe\1", 6);
	p[10] = 2;
	p += 11;
	memcpy(p, "Target\0\1\0\0\0ST...", 16);
	fm_put_le32(p + 266, 8 + 4 + 8 + 2);
	fm_put_le32(p + 270, 2);
	p += 274;
	memcpy(p, "\0\0\0\x08\4\0\0\0abcd", 12);
	memcpy(p + 12, "\0\1\0\x08\2\0\0\0ef", 10);
	p += 22;
	memcpy(p, "Target\3", 7);
	fm_put_le32(p + 266, 8 + 1);
	fm_put_le32(p + 270, 1);
	p += 274;
	memcpy(p, "\0\0\0\x08\1\0\0\0g", 9);
	p += 9;
	fm_put_le32(file + 6, (uint32_t)(p - file) + 16);
	return finish(file, (size_t)(p - file), FM_DFUSE_SPEC);
}

static void test_dfuse(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	FM_FREE uint8_t *written = NULL;
	uint8_t file[1024];
	size_t len = make_dfuse(file), written_len;

	(void)state;
	load("fw.dfu", file, len, &image);
	assert_string_equal(image.format, "dfuse");
	assert_string_equal(image.description, "ST...");
	assert_false(image.floating);
	assert_int_equal(image.count, 3);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x08000000, "abcd", 4);
	check_segment(&image, 1, FM_SPACE_FLASH, 0x08000100, "ef", 2);
	check_segment(&image, 2, FM_SPACE_ALT1 + 2, 0x08000000, "g", 1);
	assert_int_equal(image.usb.pid, 0xdf11);
	assert_success(fm_format_dfuse.write(&image, &written, &written_len, &err));
	assert_int_equal(written_len, len);
	assert_memory_equal(written, file, len);
	/* Tools that do not count the suffix. */
	fm_image_done(&image);
	fm_put_le32(file + 6, (uint32_t)len - 16);
	load("fw.dfu", file, finish(file, len - 16, FM_DFUSE_SPEC), &image);
	assert_int_equal(image.total, 7);
}

static void test_dfuse_leftover(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	uint8_t file[1024];
	size_t len = make_dfuse(file) - 16 + 5;

	(void)state;
	fm_put_le32(file + 6, (uint32_t)len + 16);
	load("fw.dfu", file, finish(file, len, FM_DFUSE_SPEC), &image);
	assert_int_equal(image.total, 7);
	assert_string_equal(image.note, "5 bytes behind the last target are left out");
}

/* One byte changed, and the suffix made sound again. */
static const struct dfuse_damage {
	size_t at;
	uint8_t value;
	enum fm_code code;
	const char *says;
} dfuse_damages[] = {
	{ 5, 2, FM_FILE_FORMAT, "offset 5: DfuSe format 2" },
	{ 8, 1, FM_FILE_FORMAT, "offset 6: the file says it has 66142 bytes, it has 606" },
	{ 10, 3, FM_FILE_FORMAT, "offset 590: no target begins here" },
	{ 10, 0, FM_FILE_EMPTY, "its targets hold no data" },
	{ 11, 't', FM_FILE_FORMAT, "offset 11: no target begins here" },
	{ 17, 8, FM_FILE_FORMAT, "offset 17: data for alternate setting 8; only 0 to 7" },
	{ 280, 0xff, FM_FILE_FORMAT, "offset 277: a target of 4278190102 bytes" },
	{ 277, 21, FM_FILE_FORMAT, "offset 301: an element of 2 bytes, its target has 1" },
	{ 277, 15, FM_FILE_FORMAT, "offset 297: an element should begin here, its target has 3" },
	{ 281, 1, FM_FILE_FORMAT, "offset 297: the target goes on for 10 bytes" },
	{ 284, 0xff, FM_FILE_FORMAT, "offset 307: an element should begin here" },
	{ 292, 0xff, FM_FILE_FORMAT, "offset 289: an element of 4278190084 bytes" },
	{ 298, 0, FM_FILE_OVERLAP, "offset 297: the byte at 0x08000000" },
};

static void test_dfuse_damaged(void **state)
{
	uint8_t file[1024];
	size_t len;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(dfuse_damages); i++) {
		len = make_dfuse(file);
		file[dfuse_damages[i].at] = dfuse_damages[i].value;
		finish(file, len - 16, FM_DFUSE_SPEC);
		check_refused(file, len, dfuse_damages[i].code, dfuse_damages[i].says);
	}
	len = make_dfuse(file);
	check_refused(file, len - 16, FM_FILE_FORMAT, "the DFU suffix is missing");
	file[300] ^= 1;
	check_refused(file, len, FM_FILE_FORMAT, "the CRC is 0x");
	check_refused("DfuSe\1\0\0\0\0\1", 11, FM_FILE_FORMAT,
		      "offset 3: the DFU suffix is missing");
}

static void test_dfuse_not_written(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	uint8_t *data;
	size_t len;

	(void)state;
	load("fw", (const uint8_t *)"firmware\1", 9, &image);
	assert_failure(fm_format_dfuse.write(&image, &data, &len, &err), FM_USAGE);
	fm_image_place(&image, FM_SPACE_EEPROM, 0);
	assert_failure(fm_format_dfuse.write(&image, &data, &len, &err), FM_USAGE);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0, "x", 1, &err));
	assert_failure(fm_format_dfu.write(&image, &data, &len, &err), FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suffix),
		cmocka_unit_test(test_long_suffix),
		cmocka_unit_test(test_written_without_identity),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_bad_suffix),
		cmocka_unit_test(test_dfuse),
		cmocka_unit_test(test_dfuse_leftover),
		cmocka_unit_test(test_dfuse_damaged),
		cmocka_unit_test(test_dfuse_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

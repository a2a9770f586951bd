#include "image-test.h"

static const struct foreign_case {
	const char *content;
	size_t len;
	const char *says;
} foreign_cases[] = {
#define CASE(content, says)                                                                        \
	{                                                                                          \
		content, sizeof(content) - 1, says                                                 \
	}
	CASE("PK\3\4\x14\0\0\0\x08\0", "offset 0: this is a zip archive"),
	CASE("PK\5\6\0\0\0\0", "this is an empty zip archive"),
	CASE("MSCF\0\0\0\0\x2c\0", "this is a cabinet archive"),
	CASE("7z\xbc\xaf\x27\x1c\0\4", "this is a 7z archive"),
	CASE("Rar!\x1a\x07\x01\0", "this is a RAR archive"),
	CASE("\xfd\x37zXZ\0\0\4", "this is an xz file"),
	CASE("BZh91AY&SY\0\0", "this is a bzip2 file"),
	CASE("\x28\xb5\x2f\xfd\x24\0", "this is a zstd file"),
	CASE("\x04\x22\x4d\x18\x64", "this is an lz4 file"),
	CASE("!<arch>\ndebian-binary   1410122664\0", "this is a Debian package"),
	CASE("\xed\xab\xee\xdb\3\0", "this is an RPM package"),
	CASE("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "this is a Windows installer"),
	CASE("%PDF-1.7\n\xe2\xe3\xcf\xd3", "this is a PDF"),
	CASE("%PDF-1.4\n", "this is a PDF"),
	CASE("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "this is a PNG picture"),
	CASE("GIF89a\1\0\1\0", "this is a GIF picture"),
	CASE("\xff\xd8\xff\xe0\0\x10JFIF\0", "this is a JPEG picture"),
	CASE("\xff\xd8\xff\xe1\0\x10"
	     "Exif\0",
	     "this is a JPEG picture"),
	CASE("SQLite format 3\0\x10\0", "this is an SQLite database"),
	CASE("\xff\xfe:\0"
	     "1\0"
	     "0\0\n\0",
	     ":1: this is text in UTF-16"),
	CASE("\xfe\xff\0:\0"
	     "1\0"
	     "0\0\n",
	     ":1: this is text in UTF-16"),
	/* Text. */
	CASE("<!DOCTYPE HTML PUBLIC \"-//IETF//DTD\">\n<h1>404</h1>\n", ":1: this is an HTML page"),
	CASE("\r\n\n <html><body>Login</body></html>", ":3: this is an HTML page"),
	CASE("\xef\xbb\xbf<?xml version=\"1.0\"?>\n", ":1: this is an XML document"),
	CASE("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a Git LFS pointer"),
	CASE("#!/bin/sh\nexit 0\n", "this is a script"),
	CASE("-----BEGIN CERTIFICATE-----\nMII=\n", "this is a PEM key"),
	CASE("int main(void)\n{\n\treturn 0;\n}\n", ":1: this is text, but neither Intel HEX nor"),
	CASE("F\xc3\xbcr das Ger\xc3\xa4t\r\n", ":1: this is text"),
	CASE(" \n\n\t\n", ":4: this is text"),
	CASE("@F000\n00 01 02\nq\n", ":1: this is text"),
	CASE("10 0000 61 62", ":1: this is text"),
#undef CASE
};

static void test_foreign_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(foreign_cases); i++) {
		const struct foreign_case *file = &foreign_cases[i];
		const struct fm_image_options raw = { "raw", false, 0 };
		struct fm_image image FM_IMAGE_DONE = { 0 };
		struct fm_error err;

		check_refused(file->content, file->len, FM_FILE_FORMAT, file->says);
		assert_success(fm_image_parse("fw", (const uint8_t *)file->content, file->len, &raw,
					      &image, &err));
		assert_int_equal(image.total, file->len);
	}
}

static void test_foreign_with_places(void **state)
{
	uint8_t tar[1024] = { 0 }, exe[256] = { 0 };

	(void)state;
	memcpy(tar, "firmware.bin", 12);
	memcpy(tar + 257, "ustar", 6);
	check_refused(tar, sizeof(tar), FM_FILE_FORMAT, "this is a tar archive");
	memcpy(exe, "MZ\x90", 3);
	exe[0x3c] = 0x80;
	memcpy(exe + 0x80, "PE\0\0", 4);
	check_refused(exe, sizeof(exe), FM_FILE_FORMAT, "this is a program for Windows");
}

/* What real firmware looks like, and what only resembles something else. */
static void test_not_foreign(void **state)
{
	static const struct foreign_case cases[] = {
#define CASE(content) { content, sizeof(content) - 1, "" }
		CASE("\xff"),
		CASE("\xff\xff\xff\xff"),
		CASE("\0"),
		CASE("\x00\x50\x00\x20\xed\x00\x00\x08"),
		CASE("MZ\x90\0 no program"),
		CASE("MZ\x90\0 pointer behind the end "
		     ".......................................\xff\xff"
		     "\xff\xff...."),
		CASE("BZh\0\1\2\3"),
		CASE("\xff\xfe\x3a\x41\x01\x02"),
		CASE("a text with one byte that is none: \x01"),
		CASE("a text in Latin-1: \xfc"),
		CASE("\x1f\x8b\x07 gzip of another method"),
		CASE("\x7f"
		     "ELG\1\1\1"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fm_image image FM_IMAGE_DONE;
		struct fm_error err;

		assert_success(fm_image_parse("fw", (const uint8_t *)cases[i].content, cases[i].len,
					      NULL, &image, &err));
		assert_string_equal(image.format, "raw");
		assert_int_equal(image.total, cases[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign_files),
		cmocka_unit_test(test_foreign_with_places),
		cmocka_unit_test(test_not_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

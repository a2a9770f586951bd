/*
 * What a technician picks by mistake: the archive instead of the file in it, the web server's error
 * page that was saved under the firmware's name, the vendor's updater for Windows. The signatures
 * are those of the formats' own specifications. Images that are written to flash as they are
 * (device trees) are not here.
 */
#include "image/foreign.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Bytes at a place of the file; `more` at another one where the first alone could be chance. */
struct foreign_magic {
	const char *what;
	const char *hint;
	size_t at;
	const char *magic;
	size_t magic_len;
	size_t more_at;
	const char *more;
	size_t more_len;
};

/* clang-format off */
#define FOREIGN(what, hint, at, magic) { what, hint, at, magic, sizeof(magic) - 1, 0, "", 0 }
#define FOREIGN2(what, hint, at, magic, more_at, more) \
	{ what, hint, at, magic, sizeof(magic) - 1, more_at, more, sizeof(more) - 1 }
/* clang-format on */

#define UNPACK "Unpack it and give the firmware file that is inside."
#define NOT_FIRMWARE "Choose the firmware file itself."
#define HTML_PAGE                                                                                  \
	"The download gave a page (an error or a login) instead of the firmware: download it "     \
	"again."

static const struct foreign_magic foreign_magics[] = {
	FOREIGN("a zip archive", UNPACK, 0, "PK\3\4"),
	FOREIGN("an empty zip archive", UNPACK, 0, "PK\5\6"),
	FOREIGN("a cabinet archive (.cab)", UNPACK, 0, "MSCF\0\0\0\0"),
	FOREIGN("a 7z archive", UNPACK, 0, "7z\xbc\xaf\x27\x1c"),
	FOREIGN("a RAR archive", UNPACK, 0, "Rar!\x1a\x07"),
	FOREIGN("an xz file", UNPACK, 0, "\xfd\x37zXZ\0"),
	FOREIGN2("a bzip2 file", UNPACK, 0, "BZh", 4, "1AY&SY"),
	FOREIGN("a zstd file", UNPACK, 0, "\x28\xb5\x2f\xfd"),
	FOREIGN("an lz4 file", UNPACK, 0, "\x04\x22\x4d\x18"),
	FOREIGN("a tar archive", UNPACK, 257, "ustar"),
	FOREIGN("a Debian package or a library (ar)", UNPACK, 0, "!<arch>\n"),
	FOREIGN("an RPM package", UNPACK, 0, "\xed\xab\xee\xdb"),
	FOREIGN("a Windows installer or Office file", NOT_FIRMWARE, 0,
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
	FOREIGN("a PDF document", NOT_FIRMWARE, 0, "%PDF-"),
	FOREIGN("a PNG picture", NOT_FIRMWARE, 0, "\x89PNG\r\n\x1a\n"),
	FOREIGN("a GIF picture", NOT_FIRMWARE, 0, "GIF8"),
	FOREIGN2("a JPEG picture", NOT_FIRMWARE, 0, "\xff\xd8\xff", 6, "JFIF"),
	FOREIGN2("a JPEG picture", NOT_FIRMWARE, 0, "\xff\xd8\xff", 6, "Exif"),
	FOREIGN("an SQLite database", NOT_FIRMWARE, 0, "SQLite format 3"),
};

/* Text that begins so, behind blanks, in either case. */
static const struct foreign_text {
	const char *what, *hint, *start;
} foreign_texts[] = {
	{ "an HTML page", HTML_PAGE, "<!doctype html" },
	{ "an HTML page", HTML_PAGE, "<html" },
	{ "an XML document", NOT_FIRMWARE, "<?xml" },
	{ "a Git LFS pointer", "Run 'git lfs pull' in the repository that it comes from.",
	  "version https://git-lfs" },
	{ "a script", NOT_FIRMWARE, "#!" },
	{ "a PEM key or certificate", NOT_FIRMWARE, "-----begin " },
};

static bool foreign_has(const uint8_t *data, size_t len, size_t at, const char *magic,
			size_t magic_len)
{
	return at <= len && magic_len <= len - at && memcmp(data + at, magic, magic_len) == 0;
}

static bool foreign_fail(const char *name, const char *what, const char *hint, struct fm_error *err)
{
	fm_fail(err, FM_FILE_FORMAT, "%s: offset 0: this is %s, which cannot be written as it is",
		name, what);
	return fm_hint(err, "%s", hint);
}

/* A program for Windows: MZ is two bytes that code may begin with, so its PE header must be there
 * too (offset at 0x3C, Microsoft PE format). */
static bool foreign_windows(const uint8_t *data, size_t len)
{
	return foreign_has(data, len, 0, "MZ", 2) && len >= 0x40 &&
	       foreign_has(data, len, fm_get_le32(data + 0x3c), "PE\0\0", 4);
}

static bool foreign_utf16(const uint8_t *data, size_t len)
{
	bool little = foreign_has(data, len, 0, "\xff\xfe", 2);

	if (len < 4 || len % 2 != 0 || (!little && !foreign_has(data, len, 0, "\xfe\xff", 2)))
		return false;
	for (size_t i = 2; i < len && i < 64; i += 2) {
		if (data[little ? i + 1 : i] != 0)
			return false;
	}
	return true;
}

/* Bytes of the UTF-8 sequence (or ASCII character of a text) at data; 0 = this is no text. */
static size_t foreign_character(const uint8_t *data, size_t len)
{
	size_t more;

	if (data[0] >= ' ' && data[0] < 0x7f)
		return 1;
	if (data[0] < 0x80)
		return memchr("\t\n\v\f\r", data[0], 5) ? 1 : 0;
	if (data[0] < 0xc2 || data[0] > 0xf4)
		return 0;
	more = data[0] < 0xe0 ? 1 : data[0] < 0xf0 ? 2 : 3;
	if (more >= len)
		return 0;
	for (size_t i = 1; i <= more; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	}
	return more + 1;
}

static bool foreign_is_text(const uint8_t *data, size_t len)
{
	size_t step;

	for (size_t at = 0; at < len; at += step) {
		step = foreign_character(data + at, len - at);
		if (step == 0)
			return false;
	}
	return true;
}

static bool foreign_text_fail(const char *name, const uint8_t *data, size_t len,
			      struct fm_error *err)
{
	size_t line = 1, at = 0;

	if (foreign_has(data, len, 0, "\xef\xbb\xbf", 3))
		at = 3;
	for (; at < len && memchr(" \t\n\v\f\r", data[at], 6); at++)
		line += data[at] == '\n';
	for (size_t i = 0; i < FM_COUNT(foreign_texts); i++) {
		size_t start_len = strlen(foreign_texts[i].start);

		if (start_len <= len - at &&
		    strncasecmp((const char *)data + at, foreign_texts[i].start, start_len) == 0) {
			fm_fail(err, FM_FILE_FORMAT, "%s:%zu: this is %s, not firmware", name, line,
				foreign_texts[i].what);
			return fm_hint(err, "%s", foreign_texts[i].hint);
		}
	}
	fm_fail(err, FM_FILE_FORMAT, "%s:%zu: this is text, but neither Intel HEX nor S-records",
		name, line);
	return fm_hint(err, "Choose the firmware file; if these very bytes belong into the memory, "
			    "say so with --format raw.");
}

bool fm_foreign_check(const char *name, const uint8_t *data, size_t len, struct fm_error *err)
{
	for (size_t i = 0; i < FM_COUNT(foreign_magics); i++) {
		const struct foreign_magic *magic = &foreign_magics[i];

		if (foreign_has(data, len, magic->at, magic->magic, magic->magic_len) &&
		    foreign_has(data, len, magic->more_at, magic->more, magic->more_len))
			return foreign_fail(name, magic->what, magic->hint, err);
	}
	if (foreign_windows(data, len))
		return foreign_fail(name, "a program for Windows", NOT_FIRMWARE, err);
	if (foreign_utf16(data, len)) {
		fm_fail(err, FM_FILE_FORMAT, "%s:1: this is text in UTF-16: an editor changed it",
			name);
		return fm_hint(err, "Get the file again and do not save it with an editor.");
	}
	if (foreign_is_text(data, len))
		return foreign_text_fail(name, data, len, err);
	return true;
}

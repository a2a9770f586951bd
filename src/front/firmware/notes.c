/* What the maker says of a release, laid out for people. */
#include "front/firmware/firmware.h"

#include <string.h>
#include <wchar.h>

#define NOTES_INDENT 2

bool fm_firmware_notes(const struct fm_component *component, const struct fm_release *release,
		       struct fm_text *ret)
{
	if (*component->message)
		fm_text_addf(ret, "IMPORTANT: %s", component->message);
	if (release->notes.data)
		fm_text_addf(ret, "%s%s", ret->len ? "\n" : "", release->notes.data);
	return ret->len > 0;
}

/* A character of the text as this terminal shows it, and its columns. What could steer the terminal
 * is no character. */
static size_t notes_character(const char *at, size_t len, bool ascii, struct fm_text *ret)
{
	size_t bytes = fm_text_character(at, len);
	mbstate_t state = { 0 };
	wchar_t wide;
	int columns = 1;

	if (bytes > 1 && (ascii || mbrtowc(&wide, at, bytes, &state) != bytes ||
			  (columns = wcwidth(wide)) < 0)) {
		fm_text_add(ret, "?");
		return 1;
	}
	if (bytes == 0)
		fm_text_add(ret, ".");
	else
		fm_text_addf(ret, "%.*s", (int)bytes, at);
	return (size_t)columns;
}

/* Returns the columns of the word. */
static size_t notes_word(const char *word, size_t len, bool ascii, struct fm_text *ret)
{
	size_t columns = 0;

	for (size_t i = 0, bytes; i < len; i += bytes) {
		bytes = fm_text_character(word + i, len - i);
		columns += notes_character(word + i, len - i, ascii, ret);
		bytes += bytes == 0;
	}
	return columns;
}

/* "- ", "12. ": what follows stands below the item's text. */
static size_t notes_hang(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	if (strncmp(line, "- ", 2) == 0)
		return 2;
	return digits > 0 && strncmp(line + digits, ". ", 2) == 0 ? digits + 2 : 0;
}

static void notes_line(const char *line, size_t len, size_t width, bool ascii, struct fm_text *ret)
{
	size_t indent = NOTES_INDENT + notes_hang(line), column = NOTES_INDENT;
	bool first = true;

	fm_text_addf(ret, "%*s", NOTES_INDENT, "");
	for (size_t i = 0; i < len;) {
		FM_TEXT_DONE struct fm_text word = { 0 };
		size_t bytes = strcspn(line + i, " \n"), columns;

		bytes = bytes < len - i ? bytes : len - i;
		columns = notes_word(line + i, bytes, ascii, &word);
		if (!first && column + 1 + columns > width) {
			fm_text_addf(ret, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fm_text_add(ret, " ");
			column++;
		}
		fm_text_add(ret, word.data ? word.data : "");
		column += columns;
		first = false;
		i += bytes;
		i += i < len;
	}
	fm_text_add(ret, "\n");
}

void fm_firmware_wrap(const char *text, size_t width, bool ascii, struct fm_text *ret)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");

		notes_line(at, len, width, ascii, ret);
		at += len;
		at += *at == '\n';
	}
}

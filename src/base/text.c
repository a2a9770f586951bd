#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fm_text_done(struct fm_text *text)
{
	free(text->data);
	*text = (struct fm_text){ 0 };
}

static void text_reserve(struct fm_text *text, size_t more)
{
	size_t size = text->size ? text->size : 64;

	while (size < text->len + more + 1)
		size *= 2;
	if (size == text->size)
		return;
	text->data = realloc(text->data, size);
	if (!text->data)
		abort();
	text->size = size;
}

void fm_text_add(struct fm_text *text, const char *string)
{
	size_t len = strlen(string);

	text_reserve(text, len);
	memcpy(text->data + text->len, string, len + 1);
	text->len += len;
}

void fm_text_addf(struct fm_text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text_reserve(text, (size_t)len);
	va_start(args, format);
	vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
}

void fm_text_add_quoted(struct fm_text *text, const char *word)
{
	fm_text_add(text, "'");
	for (size_t len; *word; word += len) {
		len = strcspn(word, "'");
		fm_text_addf(text, "%.*s", (int)len, word);
		if (word[len]) {
			fm_text_add(text, "'\\''");
			len++;
		}
	}
	fm_text_add(text, "'");
}

void fm_text_copy(char *ret, size_t size, const char *string)
{
	size_t len = strnlen(string, size - 1);

	/* Cut before a character, not in it. */
	while (string[len] && len > 0 && ((unsigned char)string[len] & 0xc0) == 0x80)
		len--;
	memcpy(ret, string, len);
	ret[len] = '\0';
}

/* What could steer a terminal or turn its lines around: C0, C1, line separators, directions. */
static bool text_steers(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

size_t fm_text_character(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

	if (n == 0 || n > len || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return text_steers(code) ? 0 : n;
}

const char *fm_text_tail(const char *string, size_t count)
{
	const char *at = string + strlen(string);

	while (count > 0 && at > string) {
		at--;
		if (((unsigned char)*at & 0xc0) != 0x80)
			count--;
	}
	return count ? NULL : at;
}

void fm_text_clean(char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0, n; i < len; i += n) {
		n = fm_text_character(text + i, len - i);
		if (n == 0) {
			text[i] = '.';
			n = 1;
		}
	}
}

void fm_text_printable(char *ret, size_t size, const char *data, size_t len)
{
	size_t n = len < size - 1 ? len : size - 1;

	for (size_t i = 0; i < n; i++)
		ret[i] = data[i] >= ' ' && data[i] <= '~' ? data[i] : '.';
	ret[n] = '\0';
}

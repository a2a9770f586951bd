#include "base/text.h"

#include <stdarg.h>
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

void fm_text_copy(char *ret, size_t size, const char *string)
{
	size_t len = strnlen(string, size - 1);

	memcpy(ret, string, len);
	ret[len] = '\0';
}

void fm_text_printable(char *ret, size_t size, const char *data, size_t len)
{
	size_t n = len < size - 1 ? len : size - 1;

	for (size_t i = 0; i < n; i++)
		ret[i] = data[i] >= ' ' && data[i] <= '~' ? data[i] : '.';
	ret[n] = '\0';
}

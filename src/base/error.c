#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct fm_error_info error_table[] = {
	[FM_OK] = { "OK", 0, 0, "done", "" },
#define FM_ERROR(name, number, exit, title, advice)                                                \
	[FM_##name] = { #name, number, exit, title, advice },
#include "base/errors.def"
#undef FM_ERROR
};

const struct fm_error_info *fm_error_info(enum fm_code code)
{
	if ((unsigned)code >= FM_CODE_COUNT)
		code = FM_INTERNAL;
	return &error_table[code];
}

void fm_error_clear(struct fm_error *err)
{
	memset(err, 0, sizeof(*err));
}

bool fm_fail(struct fm_error *err, enum fm_code code, const char *format, ...)
{
	va_list args;

	fm_error_clear(err);
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	fm_text_clean(err->text);
	return false;
}

bool fm_fail_os(struct fm_error *err, enum fm_code code, int os, const char *format, ...)
{
	char reason[80];
	size_t len;
	va_list args;

	fm_error_clear(err);
	err->code = code;
	err->os = os;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		 strerror_r(os, reason, sizeof(reason)));
	fm_text_clean(err->text);
	return false;
}

bool fm_hint(struct fm_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	fm_text_clean(err->hint);
	return false;
}

bool fm_context(struct fm_error *err, const char *format, ...)
{
	char lower[sizeof(err->text)];
	size_t len;
	va_list args;

	memcpy(lower, err->text, sizeof(lower));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", lower);
	fm_text_clean(err->text);
	return false;
}

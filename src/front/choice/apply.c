#include "front/choice/apply.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* By the order of enum fm_backup_how, fm_verify_how and fm_signing. */
const char *const fm_apply_backups[] = { "none", "wanted", "required", NULL };
const char *const fm_apply_verifies[] = { "best", "readback", "hash", NULL };
const char *const fm_apply_signatures[] = { "ignore", "warn", "required", NULL };

/* The text is one of the words: that was checked. */
static int apply_word(const char *const *words, const char *text)
{
	int i = 0;

	while (words[i] && strcmp(words[i], text) != 0)
		i++;
	return i;
}

static bool apply_number(const char *name, const char *text, long least, long most, long *ret,
			 struct fm_error *err)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	if (errno || end == text || *end || *ret < least || *ret > most)
		return fm_fail(err, FM_USAGE, "--%s takes a number from %ld to %ld, not '%s'", name,
			       least, most, text);
	return true;
}

/* Whole or not at all. */
static bool apply_text(const char *name, const char *text, char *ret, size_t size,
		       struct fm_error *err)
{
	if (strlen(text) >= size)
		return fm_fail(err, FM_USAGE, "--%s takes at most %zu characters", name, size - 1);
	fm_text_copy(ret, size, text);
	return true;
}

FM_APPLY(allow)
{
	(void)chosen;
	(void)err;
	request->allow_config = strstr(text, "config");
	request->allow_unit = strstr(text, "unit");
	request->allow_path = strstr(text, "path");
	return true;
}

FM_APPLY(backup)
{
	(void)chosen;
	(void)err;
	request->backup = (enum fm_backup_how)apply_word(fm_apply_backups, text);
	return true;
}

FM_APPLY(not_before)
{
	(void)request;
	return fm_choice_time("not-before", text, &chosen->not_before_s, err);
}

FM_APPLY(not_after)
{
	(void)chosen;
	return fm_choice_time("not-after", text, &request->not_after_s, err);
}

FM_APPLY(timeout)
{
	long seconds;

	(void)chosen;
	if (!apply_number("timeout", text, 1, 86400, &seconds, err))
		return false;
	request->enter_ms = seconds * 1000;
	return true;
}

FM_APPLY(baud)
{
	long baud;

	(void)chosen;
	if (!apply_number("baud", text, 50, 12000000, &baud, err))
		return false;
	request->baud = (unsigned)baud;
	return true;
}

FM_APPLY(verify)
{
	(void)chosen;
	(void)err;
	request->verify = (enum fm_verify_how)apply_word(fm_apply_verifies, text);
	return true;
}

FM_APPLY(signature)
{
	(void)chosen;
	(void)err;
	request->signing = (enum fm_signing)apply_word(fm_apply_signatures, text);
	return true;
}

FM_APPLY(format)
{
	(void)request;
	(void)err;
	chosen->image.format = text;
	return true;
}

FM_APPLY(base)
{
	char *end;

	(void)request;
	errno = 0;
	chosen->image.base = strtoull(text, &end, 0);
	chosen->image.has_base = true;
	if (errno || end == text || *end || *text == '-' || chosen->image.base > UINT32_MAX)
		return fm_fail(err, FM_USAGE, "--base takes an address like 0x08000000, not '%s'",
			       text);
	return true;
}

FM_APPLY(space)
{
	(void)chosen;
	request->has_space = true;
	return fm_space_parse(text, &request->space) ||
	       fm_fail(err, FM_USAGE, "--space takes flash or alt1 to alt7, not '%s'", text);
}

FM_APPLY(release)
{
	(void)request;
	(void)err;
	chosen->release = text;
	return true;
}

FM_APPLY(expect_version)
{
	(void)chosen;
	return apply_text("expect-version", text, request->expect_version,
			  sizeof(request->expect_version), err);
}

FM_APPLY(save_format)
{
	(void)chosen;
	request->backup_format = fm_format_named(text);
	return (request->backup_format && request->backup_format->write) ||
	       fm_fail(err, FM_USAGE, "a backup can't be written as '%s'", text);
}

FM_APPLY(replace)
{
	(void)text;
	(void)chosen;
	(void)err;
	request->backup_replace = true;
	return true;
}

FM_APPLY(trace)
{
	(void)chosen;
	return apply_text("trace", text, request->trace_path, sizeof(request->trace_path), err);
}

FM_APPLY(operator)
{
	(void)chosen;
	return apply_text("operator", text, request->operator_name, sizeof(request->operator_name),
			  err);
}

FM_APPLY(station)
{
	(void)chosen;
	return apply_text("station", text, request->station, sizeof(request->station), err);
}

FM_APPLY(ticket)
{
	(void)chosen;
	return apply_text("ticket", text, request->ticket, sizeof(request->ticket), err);
}

#include "package/version.h"

#include "base/scope.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_PARTS 4

/* How fwupd reads a 32-bit number, from its documentation of version formats and its table of
 * examples: width of each part from the highest bit on, after `skip` bits that mean nothing. */
static const struct version_rule {
	const char *name;
	unsigned parts; /* of a version of this format, 0 = any text */
	uint8_t skip, bits[VERSION_PARTS];
	uint8_t add;  /* to the first part */
	bool decimal; /* binary coded */
} version_rules[] = {
	[FM_VERSION_PLAIN] = { "plain", 0, 0, { 32 }, 0, false },
	[FM_VERSION_NUMBER] = { "number", 1, 0, { 32 }, 0, false },
	[FM_VERSION_HEX] = { "hex", 1, 0, { 32 }, 0, false },
	[FM_VERSION_PAIR] = { "pair", 2, 0, { 16, 16 }, 0, false },
	[FM_VERSION_TRIPLET] = { "triplet", 3, 0, { 8, 8, 16 }, 0, false },
	[FM_VERSION_QUAD] = { "quad", 4, 0, { 8, 8, 8, 8 }, 0, false },
	[FM_VERSION_BCD] = { "bcd", 2, 0, { 8, 8, 8, 8 }, 0, true },
	[FM_VERSION_INTEL_ME] = { "intel-me", 4, 0, { 3, 5, 8, 16 }, 11, false },
	[FM_VERSION_INTEL_ME2] = { "intel-me2", 4, 0, { 4, 4, 8, 16 }, 0, false },
	[FM_VERSION_INTEL_CSME19] = { "intel-csme19", 4, 0, { 3, 5, 8, 16 }, 19, false },
	[FM_VERSION_SURFACE_LEGACY] = { "surface-legacy", 3, 0, { 10, 12, 10 }, 0, false },
	[FM_VERSION_SURFACE] = { "surface", 3, 0, { 8, 16, 8 }, 0, false },
	[FM_VERSION_DELL_BIOS] = { "dell-bios", 3, 8, { 8, 8, 8 }, 0, false },
	[FM_VERSION_DELL_BIOS_MSB] = { "dell-bios-msb", 3, 0, { 8, 8, 8 }, 0, false },
};

const char *fm_version_format_name(enum fm_version_format format)
{
	return version_rules[format].name;
}

bool fm_version_format_parse(const char *name, enum fm_version_format *ret)
{
	for (size_t i = 0; i < FM_VERSION_FORMATS; i++) {
		if (strcmp(version_rules[i].name, name) == 0) {
			*ret = (enum fm_version_format)i;
			return true;
		}
	}
	return false;
}

static bool version_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
	}
	return len > 0;
}

/* Parts between dots that are all digits; 0 = something else is in it. */
static unsigned version_count(const char *version)
{
	unsigned count = 0;

	for (;; version++) {
		size_t len = strcspn(version, ".");

		if (!version_digits(version, len))
			return 0;
		count++;
		version += len;
		if (!*version)
			return count;
	}
}

enum fm_version_format fm_version_guess(const char *version)
{
	static const enum fm_version_format by_count[] = { FM_VERSION_PLAIN, FM_VERSION_NUMBER,
							   FM_VERSION_PAIR, FM_VERSION_TRIPLET,
							   FM_VERSION_QUAD };
	unsigned count = version_count(version);

	if (strncmp(version, "0x", 2) == 0)
		return FM_VERSION_NUMBER;
	return count < FM_COUNT(by_count) ? by_count[count] : FM_VERSION_PLAIN;
}

void fm_version_of_number(uint32_t number, enum fm_version_format format, char ret[FM_VERSION_TEXT])
{
	const struct version_rule *rule = &version_rules[format];
	unsigned at = 32 - rule->skip;
	size_t len = 0;

	if (format == FM_VERSION_HEX) {
		snprintf(ret, FM_VERSION_TEXT, "0x%08x", (unsigned)number);
		return;
	}
	for (size_t i = 0; i < VERSION_PARTS && rule->bits[i]; i++) {
		uint32_t part;

		at -= rule->bits[i];
		part = (uint32_t)(((uint64_t)number >> at) & ((UINT64_C(1) << rule->bits[i]) - 1));
		if (rule->decimal)
			part = (part >> 4) * 10 + (part & 0xf);
		len += (size_t)snprintf(ret + len, FM_VERSION_TEXT - len, "%s%u", i ? "." : "",
					(unsigned)(part + (i == 0 ? rule->add : 0)));
	}
}

/* A bare number that stands for a version. Eight digits that begin with 20 are a date, which stays
 * one. */
static bool version_number(const char *version, uint32_t *ret)
{
	bool hex = strncmp(version, "0x", 2) == 0;
	size_t len = strlen(version);
	unsigned long long value;
	char *end;

	if (hex ? len < 3 || !isxdigit((unsigned char)version[2]) : !version_digits(version, len))
		return false;
	if (!hex && len == 8 && strncmp(version, "20", 2) == 0)
		return false;
	errno = 0;
	value = strtoull(version, &end, hex ? 16 : 10);
	*ret = (uint32_t)value;
	return !errno && !*end && value <= UINT32_MAX;
}

static bool version_fits(const char *version, const struct version_rule *rule)
{
	unsigned count = version_count(version);

	/* Both of bcd's sizes are in use: 16 bits are two parts, 32 bits are four. */
	return rule->parts == 0 || count == rule->parts || (rule->decimal && count == 4);
}

bool fm_version_normal(const char *version, enum fm_version_format format,
		       char ret[FM_VERSION_TEXT], struct fm_error *err)
{
	const struct version_rule *rule = &version_rules[format];
	uint32_t number;

	if (!*version || strlen(version) >= FM_VERSION_TEXT)
		return fm_fail(err, FM_PACKAGE_VERSION,
			       *version ? "a version is longer than %d characters"
					: "a version is empty",
			       FM_VERSION_TEXT - 1);
	if (format != FM_VERSION_PLAIN && format != FM_VERSION_NUMBER &&
	    version_number(version, &number)) {
		fm_version_of_number(number, format, ret);
		return true;
	}
	fm_text_copy(ret, FM_VERSION_TEXT, version);
	if (version_fits(version, rule) || version_number(version, &number))
		return true;
	return fm_fail(err, FM_PACKAGE_VERSION, "'%s' is no version of the format %s", version,
		       rule->name);
}

/* The end is behind '~' and before all else. */
static int version_rank(const char *text, size_t len)
{
	return len == 0 ? 1 : *text == '~' ? 0 : 2 + (unsigned char)*text;
}

static int version_compare_rest(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (;;) {
		int left = version_rank(a, a_len), right = version_rank(b, b_len);

		if (left != right)
			return left < right ? -1 : 1;
		if (a_len == 0)
			return 0;
		a++, a_len--;
		b++, b_len--;
	}
}

static size_t version_span(const char *text, size_t len)
{
	size_t span = 0;

	while (span < len && isdigit((unsigned char)text[span]))
		span++;
	return span;
}

/* Digits as a number of any length, then what follows them. */
static int version_compare_part(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t left, right;
	int order;

	while (a_len > 0 && *a == '0')
		a++, a_len--;
	while (b_len > 0 && *b == '0')
		b++, b_len--;
	left = version_span(a, a_len);
	right = version_span(b, b_len);
	if (left != right)
		return left < right ? -1 : 1;
	order = memcmp(a, b, left);
	if (order != 0)
		return order;
	return version_compare_rest(a + left, a_len - left, b + right, b_len - right);
}

static enum fm_order version_compare_texts(const char *a, const char *b)
{
	while (*a || *b) {
		size_t a_len = strcspn(a, "."), b_len = strcspn(b, ".");
		int order = version_compare_part(a, a_len, b, b_len);

		if (order != 0)
			return order < 0 ? FM_ORDER_OLDER : FM_ORDER_NEWER;
		a += a_len + (a[a_len] == '.');
		b += b_len + (b[b_len] == '.');
	}
	return FM_ORDER_SAME;
}

/* Without what says nothing: the 'v' of "v1.2", the number's way of writing. */
static void version_bare(const char *version, enum fm_version_format format,
			 char ret[FM_VERSION_TEXT])
{
	uint32_t number;

	if ((*version == 'v' || *version == 'V') && isdigit((unsigned char)version[1]))
		version++;
	if (!version_number(version, &number))
		fm_text_copy(ret, FM_VERSION_TEXT, version);
	else if (format == FM_VERSION_HEX)
		snprintf(ret, FM_VERSION_TEXT, "%u", (unsigned)number);
	else
		fm_version_of_number(number, format, ret);
}

/* Which build of a version it is: left out where the other one does not tell, else one more number.
 */
static void version_builds(char *a, char *b)
{
	char *left = strchr(a, '+'), *right = strchr(b, '+');

	if (left)
		*left = right ? '.' : '\0';
	if (right)
		*right = left ? '.' : '\0';
}

enum fm_order fm_version_compare(const char *a, const char *b, enum fm_version_format format)
{
	char left[FM_VERSION_TEXT], right[FM_VERSION_TEXT];

	if (!*a || !*b || strlen(a) >= FM_VERSION_TEXT || strlen(b) >= FM_VERSION_TEXT)
		return FM_ORDER_UNKNOWN;
	if (format == FM_VERSION_PLAIN)
		return strcmp(a, b) == 0 ? FM_ORDER_SAME : FM_ORDER_UNKNOWN;
	version_bare(a, format, left);
	version_bare(b, format, right);
	if (format == FM_VERSION_TRIPLET)
		version_builds(left, right);
	return version_compare_texts(left, right);
}

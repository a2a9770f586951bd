/*
 * The forms of GNU coreutils (manual, "cksum output modes" and "md5sum invocation"):
 *
 *   HEX  NAME     HEX *NAME     HASH (NAME) = HEX     HEX alone (not coreutils', but common)
 *
 * MD5 and SHA-1 are looked at, too: that they are right proves little, that they are wrong proves
 * as much as with any other sum. Who gives a file a wrong one has summed another file.
 *
 * A line that begins with '\' has a name with '\\', '\n' and '\r' for these characters.
 */
#include "package/sums.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "package/small.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <md5.h>
#include <sha1.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SUMS_FILE_MOST (1u << 20)

static int sums_md5(unsigned char *ret, const unsigned char *data, unsigned long long len)
{
	MD5_CTX context;

	MD5Init(&context);
	MD5Update(&context, data, len);
	MD5Final(ret, &context);
	return 0;
}

static int sums_sha1(unsigned char *ret, const unsigned char *data, unsigned long long len)
{
	SHA1_CTX context;

	SHA1Init(&context);
	SHA1Update(&context, data, len);
	SHA1Final(ret, &context);
	return 0;
}

static const struct sums_algorithm {
	const char *name, *tag;
	size_t len;
	int (*sum)(unsigned char *ret, const unsigned char *data, unsigned long long len);
	bool weak;
} sums_algorithms[] = {
	{ "sha256", "SHA256 (", crypto_hash_sha256_BYTES, crypto_hash_sha256, false },
	{ "sha512", "SHA512 (", crypto_hash_sha512_BYTES, crypto_hash_sha512, false },
	{ "sha1", "SHA1 (", SHA1_DIGEST_LENGTH, sums_sha1, true },
	{ "md5", "MD5 (", MD5_DIGEST_LENGTH, sums_md5, true },
};

/* Files for several, as they are called in practice. */
static const struct sums_list {
	const char *file, *algorithm;
} sums_lists[] = {
	{ "SHA256SUMS", "sha256" },     { "sha256sums", "sha256" },
	{ "SHA256SUMS.txt", "sha256" }, { "sha256sums.txt", "sha256" },
	{ "SHA512SUMS", "sha512" },     { "sha512sums", "sha512" },
	{ "SHA512SUMS.txt", "sha512" }, { "sha512sums.txt", "sha512" },
	{ "SHA1SUMS", "sha1" },         { "sha1sums", "sha1" },
	{ "SHA1SUMS.txt", "sha1" },     { "sha1sums.txt", "sha1" },
	{ "MD5SUMS", "md5" },           { "md5sums", "md5" },
	{ "MD5SUMS.txt", "md5" },       { "md5sums.txt", "md5" },
};

static const struct sums_algorithm *sums_algorithm(const char *name)
{
	for (size_t i = 0; i < FM_COUNT(sums_algorithms); i++) {
		if (strcmp(sums_algorithms[i].name, name) == 0)
			return &sums_algorithms[i];
	}
	abort();
}

/* Length of the hexadecimal digits at text, when they are as many as the sum has; else 0. */
static size_t sums_digits(const char *text, const struct sums_algorithm *algorithm)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");

	return len == algorithm->len * 2 ? len : 0;
}

static bool sums_unescape(char *name)
{
	char *to = name;

	for (; *name; name++) {
		if (*name == '\\') {
			name++;
			if (!*name || !strchr("\\nr", *name))
				return false;
			*to++ = (char)(*name == 'n' ? '\n' : *name == 'r' ? '\r' : '\\');
		} else {
			*to++ = *name;
		}
	}
	*to = '\0';
	return true;
}

/* "HASH (NAME) = HEX": the name may hold anything, so the end is looked for from behind. */
static bool sums_tagged(char *line, const struct sums_algorithm *algorithm, char **ret_hex,
			char **ret_name)
{
	size_t tag_len = strlen(algorithm->tag), len = strlen(line), digits = algorithm->len * 2;
	char *hex, *end;

	if (strncmp(line, algorithm->tag, tag_len) != 0 || len < tag_len + 4 + digits)
		return false;
	hex = line + len - digits;
	end = hex - strlen(") = ");
	if (!sums_digits(hex, algorithm) || strncmp(end, ") = ", 4) != 0)
		return false;
	*end = '\0';
	*ret_hex = hex;
	*ret_name = line + tag_len;
	return true;
}

/* One line's digits and name ("" = none); both lie in the line. */
static bool sums_line(char *line, const struct sums_algorithm *algorithm, char **ret_hex,
		      char **ret_name)
{
	bool escaped = *line == '\\';
	size_t digits;

	line += escaped;
	digits = sums_digits(line, algorithm);
	if (digits > 0) {
		*ret_hex = line;
		*ret_name = line + digits;
		if (line[digits] == ' ' && (line[digits + 1] == ' ' || line[digits + 1] == '*'))
			*ret_name += 2;
		else if (line[digits + strspn(line + digits, " \t")] != '\0')
			return false;
		else
			*ret_name = line + strlen(line);
		line[digits] = '\0';
	} else if (!sums_tagged(line, algorithm, ret_hex, ret_name)) {
		return false;
	}
	return !escaped || sums_unescape(*ret_name);
}

/* What a list says of files in other folders is not of this one. */
static bool sums_names(const char *listed, const char *name)
{
	while (strncmp(listed, "./", 2) == 0)
		listed += 2;
	return strcmp(listed, name) == 0;
}

static const char *sums_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Which lines speak of the file: in a file for it alone those that name it, or all where none
 * does. */
static bool sums_any_names(const char *text, const struct sums_algorithm *algorithm,
			   const char *name)
{
	FM_FREE char *copy = strdup(text);
	char *at = copy, *line, *hex, *listed;

	if (!copy)
		abort();
	while ((line = fm_small_line(&at))) {
		if (sums_line(line, algorithm, &hex, &listed) &&
		    strcmp(sums_base(listed), name) == 0)
			return true;
	}
	return false;
}

static void sums_compare(const char *hex, bool weak, struct fm_sums *ret)
{
	bool same = strcasecmp(hex, ret->found) == 0;

	if (ret->state == FM_SUMS_BAD)
		return;
	ret->state = !same ? FM_SUMS_BAD : weak ? FM_SUMS_WEAK : FM_SUMS_GOOD;
	fm_text_copy(ret->wanted, sizeof(ret->wanted), hex);
	for (char *c = ret->wanted; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (same)
		snprintf(ret->text, sizeof(ret->text), "%s %.4s..%s is right%s", ret->algorithm,
			 ret->found, ret->found + strlen(ret->found) - 2,
			 weak ? ", but too weak to prove whose file it is" : "");
	else
		snprintf(ret->text, sizeof(ret->text), "%s is %.16s..., not %.16s...",
			 ret->algorithm, ret->found, ret->wanted);
}

static void sums_unreadable(struct fm_sums *ret, const char *text)
{
	if (ret->state == FM_SUMS_BAD)
		return;
	ret->state = FM_SUMS_UNREADABLE;
	fm_text_copy(ret->text, sizeof(ret->text), text);
}

void fm_sums_check_text(char *text, const char *algorithm_name, const char *name, bool single,
			const uint8_t *data, size_t len, struct fm_sums *ret)
{
	const struct sums_algorithm *algorithm = sums_algorithm(algorithm_name);
	bool named = single && sums_any_names(text, algorithm, name), broken = false;
	uint8_t sum[crypto_hash_sha512_BYTES];
	char *line, *hex, *listed;

	*ret = (struct fm_sums){ .state = FM_SUMS_NONE };
	fm_text_copy(ret->algorithm, sizeof(ret->algorithm), algorithm->name);
	algorithm->sum(sum, data, len);
	fm_bytes_to_hex(sum, algorithm->len, ret->found);
	while ((line = fm_small_line(&text))) {
		FM_FREE char *whole = strdup(line);

		if (!whole)
			abort();
		if (!sums_line(line, algorithm, &hex, &listed))
			/* coreutils pass comments over, too */
			broken |= *whole != '#' && (single ? whole[strspn(whole, " \t")] != '\0'
							   : strstr(whole, name) != NULL);
		else if (named ? strcmp(sums_base(listed), name) == 0
			       : single || sums_names(listed, name))
			sums_compare(hex, algorithm->weak, ret);
	}
	if (broken || (single && ret->state == FM_SUMS_NONE))
		sums_unreadable(ret, "is no checksum as sha256sum and its like write it");
}

static void sums_file(const char *file, const char *algorithm, const char *name, bool single,
		      const uint8_t *data, size_t len, struct fm_sums *worst)
{
	struct fm_sums one = { .state = FM_SUMS_NONE };
	FM_FREE char *text = NULL;
	struct fm_error err = { 0 };

	if (fm_small_read(AT_FDCWD, file, 0, SUMS_FILE_MOST, "the checksum file", &text, &err))
		fm_sums_check_text(text, algorithm, name, single, data, len, &one);
	else if (err.os != ENOENT)
		sums_unreadable(&one, err.text);
	if (one.state <= worst->state)
		return;
	*worst = one;
	fm_text_copy(worst->file, sizeof(worst->file), sums_base(file));
	fm_text_clean(worst->file);
}

void fm_sums_check(const char *path, const uint8_t *data, size_t len, struct fm_sums *ret)
{
	const char *name = sums_base(path);

	*ret = (struct fm_sums){ .state = FM_SUMS_NONE };
	for (size_t i = 0; i < FM_COUNT(sums_algorithms); i++) {
		FM_TEXT_DONE struct fm_text file = { 0 };

		fm_text_addf(&file, "%s.%s", path, sums_algorithms[i].name);
		sums_file(file.data, sums_algorithms[i].name, name, true, data, len, ret);
	}
	for (size_t i = 0; i < FM_COUNT(sums_lists); i++) {
		FM_TEXT_DONE struct fm_text file = { 0 };

		fm_text_addf(&file, "%.*s%s", (int)(name - path), path, sums_lists[i].file);
		sums_file(file.data, sums_lists[i].algorithm, name, false, data, len, ret);
	}
}

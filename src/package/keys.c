/*
 * A key file of minisign (jedisct1.github.io/minisign, "Public key format"): a line of comment, and
 * base64 of "Ed", 8 bytes of key id, 32 bytes of Ed25519 key.
 */
#include "package/keys.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "package/small.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS_FILE_MOST 4096u
#define KEYS_COMMENT "untrusted comment:"
#define KEYS_ALGORITHM "Ed"

static void FM_PRINTF(4, 5) keys_refuse(struct fm_keys *keys, const char *path, const char *fix,
					const char *format, ...)
{
	char text[240];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fm_text_addf(&keys->refused, "%s: %s\n", path, text);
	fm_text_addf(&keys->fixes, "%s\n", fix);
}

/* What the system refuses. */
static void keys_refuse_os(struct fm_keys *keys, const char *path, int os)
{
	FM_TEXT_DONE struct fm_text fix = { 0 };

	fm_text_addf(&fix, "make it readable for yourself: chmod u+rX '%s'", path);
	keys_refuse(keys, path, fix.data, "%s", strerror(os));
}

/* Could somebody else have written it? */
static bool keys_rights(struct fm_keys *keys, const char *path, const struct stat *st)
{
	FM_TEXT_DONE struct fm_text fix = { 0 };

	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		fm_text_addf(&fix, "compare it with its owner, then: sudo chown %u '%s'",
			     (unsigned)geteuid(), path);
		keys_refuse(keys, path, fix.data, "belongs to another user (uid %u)",
			    (unsigned)st->st_uid);
		return false;
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		fm_text_addf(&fix, "compare what is there with its owner, then: chmod go-w '%s'",
			     path);
		keys_refuse(keys, path, fix.data,
			    "can be written by others (mode %04o): chmod go-w",
			    (unsigned)(st->st_mode & 07777));
		return false;
	}
	return true;
}

bool fm_key_parse(char *text, struct fm_public_key *ret)
{
	uint8_t raw[2 + FM_KEY_ID_LEN + FM_KEY_LEN];
	char *comment = fm_small_line(&text), *line = fm_small_line(&text);

	if (!comment || !line || strncmp(comment, KEYS_COMMENT, strlen(KEYS_COMMENT)) != 0 ||
	    !fm_small_base64(line, raw, sizeof(raw)) || memcmp(raw, KEYS_ALGORITHM, 2) != 0)
		return false;
	memcpy(ret->id, raw + 2, FM_KEY_ID_LEN);
	memcpy(ret->key, raw + 2 + FM_KEY_ID_LEN, FM_KEY_LEN);
	return true;
}

static void keys_add(struct fm_keys *keys, const struct fm_public_key *key)
{
	struct fm_public_key *more = reallocarray(keys->keys, keys->count + 1, sizeof(*more));

	if (!more)
		abort();
	keys->keys = more;
	more[keys->count++] = *key;
}

static void keys_file(struct fm_keys *keys, int folder, const char *file, const char *vendor,
		      const char *path)
{
	struct fm_public_key key = { .vendor = "" };
	FM_FREE char *text = NULL;
	struct fm_error err;
	struct stat st;
	int len;

	if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		keys_refuse_os(keys, path, errno);
		return;
	}
	/* What a link leads to lies in a folder that nobody looked at. */
	if (!S_ISREG(st.st_mode)) {
		keys_refuse(keys, path, "put the file itself there", "is no plain file");
		return;
	}
	if (!keys_rights(keys, path, &st))
		return;
	if (!fm_small_read(folder, file, O_NOFOLLOW, KEYS_FILE_MOST, path, &text, &err)) {
		fm_text_addf(&keys->refused, "%s\n", err.text);
		fm_text_addf(&keys->fixes, "make it readable for yourself: chmod u+r '%s'\n", path);
		return;
	}
	len = snprintf(key.name, sizeof(key.name), "%s%s%.*s", vendor, *vendor ? "/" : "",
		       (int)(strlen(file) - strlen(".pub")), file);
	if (!fm_key_parse(text, &key))
		keys_refuse(keys, path, "put the .pub file there that 'minisign -G' made",
			    "is no public key of minisign");
	else if (len >= (int)sizeof(key.name) || strlen(vendor) >= sizeof(key.vendor))
		keys_refuse(keys, path, "give it a shorter name", "has too long a name");
	else if (keys->count == FM_KEYS_MOST)
		keys_refuse(keys, path, "take keys away that nobody uses", "is one key too many");
	else {
		fm_text_copy(key.vendor, sizeof(key.vendor), vendor);
		fm_text_clean(key.name);
		keys_add(keys, &key);
	}
}

static bool keys_is_public(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".pub") == 0;
}

static int keys_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* vendor NULL: the folder of all keys, which has those of vendors. */
static void keys_folder(struct fm_keys *keys, int above, const char *name, const char *vendor,
			const char *path)
{
	FM_CLOSE int folder =
		openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (vendor ? O_NOFOLLOW : 0));
	struct dirent **entries = NULL;
	struct stat st;
	int count;

	if (folder < 0 && errno == ENOENT)
		return;
	/* It was a folder for who follows links. */
	if (folder < 0 && vendor && (errno == ENOTDIR || errno == ELOOP)) {
		keys_refuse(keys, path, "put the folder itself there", "is a link");
		return;
	}
	if (folder < 0 || fstat(folder, &st) != 0) {
		keys_refuse_os(keys, path, errno);
		return;
	}
	if (!keys_rights(keys, path, &st))
		return;
	count = scandirat(folder, ".", &entries, keys_visible, alphasort);
	if (count < 0)
		keys_refuse_os(keys, path, errno);
	for (int i = 0; i < count; i++) {
		FM_TEXT_DONE struct fm_text below = { 0 };
		const char *entry = entries[i]->d_name;

		fm_text_addf(&below, "%s/%s", path, entry);
		if (keys_is_public(entry))
			keys_file(keys, folder, entry, vendor ? vendor : "", below.data);
		else if (!vendor && fstatat(folder, entry, &st, 0) == 0 && S_ISDIR(st.st_mode))
			keys_folder(keys, folder, entry, entry, below.data);
		else
			fm_text_addf(&keys->passed, "%s\n", below.data);
		free(entries[i]);
	}
	free(entries);
}

/* Who can write the folder above can put another folder in the place of this one. */
static bool keys_above(struct fm_keys *keys, const char *path)
{
	FM_TEXT_DONE struct fm_text above = { 0 };
	struct stat st;

	fm_text_addf(&above, "%s/..", path);
	return stat(above.data, &st) != 0 || keys_rights(keys, above.data, &st);
}

void fm_keys_load(const char *const *folders, size_t count, struct fm_keys *ret)
{
	*ret = (struct fm_keys){ 0 };
	for (size_t i = 0; i < count; i++) {
		if (keys_above(ret, folders[i]))
			keys_folder(ret, AT_FDCWD, folders[i], NULL, folders[i]);
	}
}

void fm_keys_done(struct fm_keys *keys)
{
	free(keys->keys);
	fm_text_done(&keys->refused);
	fm_text_done(&keys->fixes);
	fm_text_done(&keys->passed);
	*keys = (struct fm_keys){ 0 };
}

void fm_key_id_text(const uint8_t id[FM_KEY_ID_LEN], char ret[FM_KEY_ID_TEXT])
{
	snprintf(ret, FM_KEY_ID_TEXT, "%" PRIX64,
		 (uint64_t)fm_get_le32(id + 4) << 32 | fm_get_le32(id));
}

/*
 * Names in here begin with unpack_, because archive_ is libarchive's. It is given only the one
 * format that the first bytes say: its readers of zip and cab would also look for an archive behind
 * a Windows program.
 */
#include "package/archive.h"

#include "base/scope.h"
#include "base/text.h"
#include "image/image.h"
#include "image/read.h"
#include "package/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <archive.h>
#include <archive_entry.h>

#define ARCHIVE_CHUNK (64u << 10)

struct unpack_reading {
	const char *name; /* as messages show it */
	struct archive *archive;
	size_t packed; /* bytes of the file */
	size_t room;   /* members allocated */
	unsigned entries;
	struct fm_archive *ret;
};

static void unpack_scope_free(struct archive **archive)
{
	archive_read_free(*archive);
}

void fm_archive_done(struct fm_archive *archive)
{
	for (size_t i = 0; i < archive->count; i++)
		free(archive->members[i].data);
	free(archive->members);
	*archive = (struct fm_archive){ 0 };
}

static bool unpack_has(const uint8_t *data, size_t len, size_t at, const char *magic,
		       size_t magic_len)
{
	return at + magic_len <= len && memcmp(data + at, magic, magic_len) == 0;
}

#define HAS(at, magic) unpack_has(data, len, at, magic, sizeof(magic) - 1)

/* What may hold a tar. */
static bool unpack_is_packed(const uint8_t *data, size_t len)
{
	return HAS(0, "\x1f\x8b\x08") || HAS(0, "\xfd\x37zXZ\0") || HAS(0, "\x28\xb5\x2f\xfd");
}

static bool unpack_open(const uint8_t *data, size_t len, const char *format,
			struct archive **ret_archive)
{
	struct archive *archive = archive_read_new();

	*ret_archive = archive;
	if (!archive)
		return false;
	if (strcmp(format, "cab") == 0)
		archive_read_support_format_cab(archive);
	else if (strcmp(format, "zip") == 0)
		archive_read_support_format_zip_seekable(archive);
	else
		archive_read_support_format_tar(archive);
	if (strcmp(format, "tar") == 0) {
		archive_read_support_filter_gzip(archive);
		archive_read_support_filter_xz(archive);
		archive_read_support_filter_zstd(archive);
	}
	return archive_read_open_memory(archive, data, len) == ARCHIVE_OK;
}

/* Firmware may be gzipped too: only a first entry that can be read says that a tar is inside. */
static bool unpack_holds_tar(const uint8_t *data, size_t len)
{
	FM_CLEANUP(unpack_scope_free) struct archive *archive = NULL;
	struct archive_entry *entry;

	return unpack_open(data, len, "tar", &archive) &&
	       archive_read_next_header(archive, &entry) == ARCHIVE_OK;
}

/* NULL: none that can be read. */
static const char *unpack_format(const uint8_t *data, size_t len)
{
	if (HAS(0, "MSCF\0\0\0\0"))
		return "cab";
	if (HAS(0, "PK\3\4") || HAS(0, "PK\5\6"))
		return "zip";
	if (HAS(257, "ustar") || (unpack_is_packed(data, len) && unpack_holds_tar(data, len)))
		return "tar";
	return NULL;
}

bool fm_archive_recognise(const uint8_t *data, size_t len)
{
	return unpack_format(data, len) != NULL;
}

/* Also those that we do not read. */
static bool unpack_is_nested(const uint8_t *data, size_t len)
{
	return unpack_format(data, len) || HAS(0, "\xfd\x37zXZ\0") || HAS(0, "\x28\xb5\x2f\xfd") ||
	       HAS(0, "7z\xbc\xaf\x27\x1c") || HAS(0, "Rar!\x1a\x07") ||
	       (HAS(0, "BZh") && HAS(4, "1AY&SY"));
}

bool fm_archive_refuse(struct fm_error *err, const char *name, const char *member, const char *why)
{
	char shown[FM_SHOWN_NAME];

	if (!member)
		return fm_fail(err, FM_PACKAGE_UNSAFE, "%s %s", name, why);
	fm_shown_name(member, shown);
	return fm_fail(err, FM_PACKAGE_UNSAFE, "%s: '%s' %s", name, shown, why);
}

/* A name that stays inside: not absolute (also as Windows has it) and without a way up. */
static const char *unpack_name_wrong(const char *name)
{
	if (!*name)
		return "has no name";
	if (strlen(name) >= FM_ARCHIVE_NAME)
		return "has a name that is too long";
	if (*name == '/' || name[1] == ':')
		return "has an absolute name";
	for (const char *part = name;; part++) {
		size_t len = strcspn(part, "/");

		if (len == 2 && strncmp(part, "..", 2) == 0)
			return "leads out of the package";
		part += len;
		if (!*part)
			return NULL;
	}
}

/* Slashes as everywhere, no "./" in front. */
static bool unpack_name(const struct unpack_reading *reading, struct archive_entry *entry,
			char ret[FM_ARCHIVE_NAME], struct fm_error *err)
{
	const char *name = archive_entry_pathname_utf8(entry);
	const char *wrong;
	FM_FREE char *copy = NULL;

	if (!name)
		name = archive_entry_pathname(entry);
	copy = strdup(name ? name : "");
	if (!copy)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the name of a file");
	for (char *at = copy; *at; at++)
		*at = *at == '\\' ? '/' : *at;
	for (name = copy; strncmp(name, "./", 2) == 0 && name[2]; name += 2)
		;
	wrong = unpack_name_wrong(name);
	if (wrong)
		return fm_archive_refuse(err, reading->name, copy, wrong);
	fm_text_copy(ret, FM_ARCHIVE_NAME, name);
	fm_text_clean(ret);
	if (strcmp(ret, name) != 0)
		return fm_archive_refuse(err, reading->name, copy,
					 "has control characters in its name");
	return true;
}

/* NULL: a file. Folders are dealt with before. */
static const char *unpack_kind_wrong(struct archive_entry *entry)
{
	if (archive_entry_is_encrypted(entry))
		return "is encrypted";
	if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
		return "is a link";
	return archive_entry_filetype(entry) == AE_IFREG ? NULL : "is no file";
}

bool fm_archive_add(const char *name, struct fm_archive *archive, size_t *room,
		    const struct fm_member *member, struct fm_error *err)
{
	for (size_t i = 0; i < archive->count; i++) {
		if (strcasecmp(archive->members[i].name, member->name) == 0)
			return fm_archive_refuse(err, name, member->name, "is in it twice");
	}
	if (unpack_is_nested(member->data, member->len))
		return fm_archive_refuse(err, name, member->name, "is an archive in the archive");
	if (archive->count == *room) {
		size_t more = *room ? *room * 2 : 8;
		struct fm_member *members = realloc(archive->members, more * sizeof(*members));

		if (!members)
			return fm_fail(err, FM_NO_MEMORY, "%s: no memory for its files", name);
		archive->members = members;
		*room = more;
	}
	archive->members[archive->count++] = *member;
	archive->total += member->len;
	return true;
}

/* May so much come out of it in all? */
static bool unpack_total(const struct unpack_reading *reading, size_t total, struct fm_error *err)
{
	if (total > FM_ARCHIVE_TOTAL_MOST)
		return fm_fail(err, FM_PACKAGE_UNSAFE, "%s holds more than %u MiB", reading->name,
			       FM_ARCHIVE_TOTAL_MOST >> 20);
	if (total > FM_ARCHIVE_FREE && total / FM_ARCHIVE_RATIO_MOST > reading->packed)
		return fm_fail(err, FM_PACKAGE_UNSAFE,
			       "%s grows to more than %u times its size: it is a bomb",
			       reading->name, FM_ARCHIVE_RATIO_MOST);
	return true;
}

static bool unpack_damaged(const struct unpack_reading *reading, const char *member,
			   struct fm_error *err)
{
	const char *why = archive_error_string(reading->archive);
	char clean[120];

	if (archive_errno(reading->archive) == ENOMEM)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory to unpack it", reading->name);
	fm_text_copy(clean, sizeof(clean), why ? why : "it cannot be read");
	fm_text_clean(clean);
	return fm_fail(err, FM_FILE_FORMAT, "%s: %s%s%s", reading->name, member,
		       *member ? ": " : "", clean);
}

/* The size that the archive announces is not believed: memory grows with what really comes. */
static bool unpack_content(const struct unpack_reading *reading, struct fm_member *member,
			   struct fm_error *err)
{
	size_t room = 0;

	for (;;) {
		la_ssize_t n;

		if (room - member->len < ARCHIVE_CHUNK) {
			size_t more = room + room / 2 + ARCHIVE_CHUNK;
			uint8_t *data = realloc(member->data, more);

			if (!data)
				return fm_fail(err, FM_NO_MEMORY, "%s: no memory to unpack it",
					       reading->name);
			member->data = data;
			room = more;
		}
		n = archive_read_data(reading->archive, member->data + member->len, ARCHIVE_CHUNK);
		if (n == 0)
			return true;
		if (n == ARCHIVE_RETRY)
			continue;
		if (n < 0)
			return unpack_damaged(reading, member->name, err);
		member->len += (size_t)n;
		if (!unpack_total(reading, reading->ret->total + member->len, err))
			return false;
	}
}

static bool unpack_too_many(const char *shown, struct fm_error *err)
{
	return fm_fail(err, FM_PACKAGE_UNSAFE, "%s has more than %u entries", shown,
		       FM_ARCHIVE_ENTRIES_MOST);
}

static bool unpack_entry_read(struct unpack_reading *reading, struct archive_entry *entry,
			      struct fm_error *err)
{
	struct fm_member member = { 0 };
	const char *wrong;

	if (++reading->entries > FM_ARCHIVE_ENTRIES_MOST)
		return unpack_too_many(reading->name, err);
	if (!unpack_name(reading, entry, member.name, err))
		return false;
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return true;
	wrong = unpack_kind_wrong(entry);
	if (wrong)
		return fm_archive_refuse(err, reading->name, member.name, wrong);
	if (archive_entry_size_is_set(entry) &&
	    archive_entry_size(entry) > (la_int64_t)FM_ARCHIVE_TOTAL_MOST)
		return fm_archive_refuse(err, reading->name, member.name, "says that it is huge");
	if (unpack_content(reading, &member, err) &&
	    fm_archive_add(reading->name, reading->ret, &reading->room, &member, err))
		return true;
	free(member.data);
	return false;
}

static bool unpack_entries(struct unpack_reading *reading, struct fm_error *err)
{
	struct archive_entry *entry;
	int got;

	while ((got = archive_read_next_header(reading->archive, &entry)) != ARCHIVE_EOF) {
		if (got == ARCHIVE_RETRY)
			continue;
		if (got < ARCHIVE_WARN)
			return unpack_damaged(reading, "", err);
		if (!unpack_entry_read(reading, entry, err))
			return false;
	}
	if (reading->ret->count == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s is an archive without a file in it",
			       reading->name);
	return true;
}

/* libarchive keeps all that a zip's directory lists before it gives the first, whatever the number
 * is that the directory itself tells: a file of nothing but directory would take gigabytes. */
static bool unpack_directory(const char *shown, const uint8_t *data, size_t len,
			     struct fm_error *err)
{
	const uint8_t *end = data + len;
	unsigned count = 0;

	while ((data = memmem(data, (size_t)(end - data), "PK\1\2", 4))) {
		data += 4;
		if (++count > 4 * FM_ARCHIVE_ENTRIES_MOST)
			return unpack_too_many(shown, err);
	}
	return true;
}

static bool unpack_all(struct unpack_reading *reading, const uint8_t *data, size_t len,
		       struct fm_error *err)
{
	FM_CLEANUP(unpack_scope_free) struct archive *archive = NULL;
	const char *format = reading->ret->format;
	bool opened;

	if (!format)
		return fm_fail(err, FM_FILE_FORMAT,
			       "%s is neither a cabinet (.cab) nor a zip nor a tar archive",
			       reading->name);
	if (strcmp(format, "zip") == 0 && !unpack_directory(reading->name, data, len, err))
		return false;
	opened = unpack_open(data, len, format, &archive);
	reading->archive = archive;
	if (!archive)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory to unpack it", reading->name);
	return opened ? unpack_entries(reading, err) : unpack_damaged(reading, "", err);
}

bool fm_archive_parse(const char *name, const uint8_t *data, size_t len, struct fm_archive *ret,
		      struct fm_error *err)
{
	char shown[FM_SHOWN_NAME];
	struct unpack_reading reading = { .name = shown, .packed = len, .ret = ret };

	*ret = (struct fm_archive){ .format = unpack_format(data, len) };
	fm_shown_name(name, shown);
	if (unpack_all(&reading, data, len, err))
		return true;
	fm_archive_done(ret);
	return false;
}

const char *fm_archive_base(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

const struct fm_member *fm_archive_find(const struct fm_archive *archive, const char *name)
{
	const struct fm_member *found = NULL;

	for (size_t i = 0; i < archive->count; i++) {
		const struct fm_member *member = &archive->members[i];

		if (strcasecmp(member->name, name) == 0)
			return member;
	}
	for (size_t i = 0; i < archive->count; i++) {
		const struct fm_member *member = &archive->members[i];

		if (strcasecmp(fm_archive_base(member->name), fm_archive_base(name)) != 0)
			continue;
		if (found)
			return NULL;
		found = member;
	}
	return found;
}

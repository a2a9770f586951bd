/* A folder as a package: somebody has unpacked one, or is making one. */
#include "base/io.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/read.h"
#include "package/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void folder_scope_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Exactly the bytes that the file had when it was opened. */
static bool folder_content(const char *shown, int fd, size_t len, struct fm_member *member,
			   struct fm_error *err)
{
	member->data = malloc(len + 1);
	if (!member->data)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory for '%s'", shown, member->name);
	if (!fm_io_read(fd, member->data, len + 1, &member->len))
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s/%s", shown, member->name);
	if (member->len == len)
		return true;
	return fm_fail(err, FM_FILE_OPEN, "%s/%s changes while it is read", shown, member->name);
}

/* NOFOLLOW: a link may have taken the file's place since it was looked at. */
static bool folder_member(const char *shown, int folder, const char *name, size_t total,
			  struct fm_member *ret, struct fm_error *err)
{
	FM_CLOSE int fd = -1;
	struct stat st;

	if (strlen(name) >= sizeof(ret->name))
		return fm_archive_refuse(err, shown, name, "has a name that is too long");
	fm_text_copy(ret->name, sizeof(ret->name), name);
	fm_text_clean(ret->name);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s/%s", shown, ret->name);
	if (!S_ISREG(st.st_mode))
		return fm_archive_refuse(err, shown, name, "is no file");
	if (st.st_size > (off_t)FM_ARCHIVE_TOTAL_MOST ||
	    total + (size_t)st.st_size > FM_ARCHIVE_TOTAL_MOST)
		return fm_fail(err, FM_PACKAGE_UNSAFE, "%s holds more than %u MiB", shown,
			       FM_ARCHIVE_TOTAL_MOST >> 20);
	return folder_content(shown, fd, (size_t)st.st_size, ret, err);
}

/* False: it is left out, or refused (the error says so). */
static bool folder_wanted(const char *shown, int folder, const char *name, struct fm_error *err)
{
	struct stat st;

	if (*name == '.')
		return false;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", shown);
	if (S_ISDIR(st.st_mode))
		return false;
	if (S_ISLNK(st.st_mode))
		return fm_archive_refuse(err, shown, name, "is a link");
	return S_ISREG(st.st_mode) || fm_archive_refuse(err, shown, name, "is no file");
}

static bool folder_read(const char *shown, DIR *dir, struct fm_archive *ret, struct fm_error *err)
{
	const struct dirent *entry;
	unsigned entries = 0;
	size_t room = 0;

	fm_error_clear(err);
	while ((entry = readdir(dir))) {
		struct fm_member member = { 0 };

		if (!folder_wanted(shown, dirfd(dir), entry->d_name, err)) {
			if (err->code != FM_OK)
				return false;
			continue;
		}
		if (++entries > FM_ARCHIVE_ENTRIES_MOST)
			return fm_fail(err, FM_PACKAGE_UNSAFE, "%s has more than %u files", shown,
				       FM_ARCHIVE_ENTRIES_MOST);
		if (!folder_member(shown, dirfd(dir), entry->d_name, ret->total, &member, err) ||
		    !fm_archive_add(shown, ret, &room, &member, err)) {
			free(member.data);
			return false;
		}
	}
	return true;
}

static int folder_compare(const void *a, const void *b)
{
	return strcmp(((const struct fm_member *)a)->name, ((const struct fm_member *)b)->name);
}

bool fm_archive_folder(const char *path, struct fm_archive *ret, struct fm_error *err)
{
	FM_CLEANUP(folder_scope_closedir) DIR *dir = opendir(path);
	char shown[FM_SHOWN_NAME];

	*ret = (struct fm_archive){ .format = "folder" };
	fm_shown_name(path, shown);
	if (!dir)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", shown);
	if (!folder_read(shown, dir, ret, err)) {
		fm_archive_done(ret);
		return false;
	}
	/* The same order wherever the folder lies. */
	if (ret->count)
		qsort(ret->members, ret->count, sizeof(*ret->members), folder_compare);
	return true;
}

/*
 * The bytes of backups: backups/ab/abcd... beside the records, named by their SHA-256. A file is
 * written under another name, synced, renamed, and its folder synced: under its own name it is
 * whole or not there.
 */
#include "store/private.h"

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CONTENT_NEW ".new-" /* how names begin that are not there yet */
#define CONTENT_OLD_S 3600

void fm_store_content_path(const struct fm_store *store, const char *sha256, struct fm_text *ret)
{
	FM_FREE char *copy = strdup(store->path);

	fm_text_addf(ret, "%s/backups", copy ? dirname(copy) : ".");
	if (sha256)
		fm_text_addf(ret, "/%.2s/%s", sha256, sha256);
}

static bool content_fail(int os, const char *what, const char *path, struct fm_error *err)
{
	fm_fail_os(err, FM_BACKUP, os, "%s: %s", what, path);
	return fm_hint(err, "Make room there or correct its rights; --no-backup goes without a "
			    "backup. The unit was not changed.");
}

/* What programs left here that were killed as they wrote: nobody writes for so long. */
static void content_sweep(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat status;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, CONTENT_NEW, strlen(CONTENT_NEW)) == 0 &&
		    fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    status.st_mtime < time(NULL) - CONTENT_OLD_S)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

static bool content_make(const char *folder, const char *path, const uint8_t *data, size_t len,
			 struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text name = { 0 };
	FM_CLOSE int fd = -1;

	content_sweep(folder);
	fm_text_addf(&name, "%s/" CONTENT_NEW "XXXXXX", folder);
	fd = mkostemp(name.data, O_CLOEXEC);
	if (fd < 0)
		return content_fail(errno, "a backup cannot be written", folder, err);
	if (fm_io_write(fd, data, len) && fsync(fd) == 0 && rename(name.data, path) == 0)
		return fm_store_place_sync(folder, err);
	content_fail(errno, "a backup cannot be written", path, err);
	unlink(name.data);
	return false;
}

/* The whole file when it is what its name says. */
static bool content_get(const char *path, const char *sha256, size_t len, uint8_t *ret_data)
{
	FM_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char sum[FM_SHA256_TEXT];
	struct stat status;
	size_t got;

	if (fd < 0 || fstat(fd, &status) < 0)
		return false;
	errno = 0;
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != len)
		return false;
	if (!fm_io_read(fd, ret_data, len, &got) || got != len)
		return false;
	fm_sha256(ret_data, len, sum);
	return strcmp(sum, sha256) == 0;
}

bool fm_store_content_write(struct fm_store *store, const void *data, size_t len,
			    char ret_sha256[FM_SHA256_TEXT], struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text path = { 0 }, folder = { 0 };
	FM_FREE uint8_t *there = malloc(len + 1);

	fm_sha256(data, len, ret_sha256);
	fm_store_content_path(store, ret_sha256, &path);
	fm_text_add(&folder, path.data);
	*strrchr(folder.data, '/') = '\0';
	if (!there)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a backup");
	/* The same content from before counts only when it is still right; and who has written it
	 * may have been killed before its name was on the disk. */
	if (content_get(path.data, ret_sha256, len, there)
		    ? fm_store_place_sync(folder.data, err)
		    : fm_store_place_make_folder(folder.data, err) &&
			      content_make(folder.data, path.data, data, len, err))
		return true;
	if (err->code == FM_RECORD) /* of the folder */
		err->code = FM_BACKUP;
	return false;
}

bool fm_store_content_read(struct fm_store *store, const char *sha256, size_t len,
			   uint8_t **ret_data, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text path = { 0 };
	uint8_t *data = malloc(len + 1);

	*ret_data = NULL;
	if (!data)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a backup");
	fm_store_content_path(store, sha256, &path);
	errno = 0;
	if (content_get(path.data, sha256, len, data)) {
		*ret_data = data;
		return true;
	}
	free(data);
	if (errno)
		fm_fail_os(err, FM_BACKUP, errno, "a backup cannot be read: %s", path.data);
	else
		fm_fail(err, FM_BACKUP, "a backup was changed after it was written: %s", path.data);
	return fm_hint(err, "Use another backup ('flashmend history backups'), or this one from a "
			    "copy of the state folder; nothing was written.");
}

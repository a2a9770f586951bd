#include "store/private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Not in every linux/magic.h: fs/smb/client/cifsfs.h and fs/coda of the kernel. */
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xff534d42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xfe534d42
#endif

/* SQLite in WAL mode shares memory between processes, which these don't do between machines; their
 * locks are not to be relied on either (sqlite.org/wal.html, section 1). 9p is not here: it is what
 * virtual machines see of their own host. */
const char *fm_store_place_network(unsigned long type)
{
	static const struct {
		unsigned long type;
		const char *name;
	} networks[] = {
		{ NFS_SUPER_MAGIC, "NFS" },   { SMB_SUPER_MAGIC, "SMB" },
		{ CIFS_SUPER_MAGIC, "CIFS" }, { SMB2_SUPER_MAGIC, "SMB2" },
		{ AFS_SUPER_MAGIC, "AFS" },   { AFS_FS_MAGIC, "AFS" },
		{ CEPH_SUPER_MAGIC, "Ceph" }, { CODA_SUPER_MAGIC, "Coda" },
	};

	/* f_type is signed, and of 32 bits on some machines */
	type &= 0xffffffff;
	for (size_t i = 0; i < FM_COUNT(networks); i++) {
		if (networks[i].type == type)
			return networks[i].name;
	}
	return NULL;
}

static char *place_folder(const char *path, struct fm_error *err)
{
	char *copy = strdup(path), *folder = NULL;

	if (copy)
		folder = strdup(dirname(copy));
	free(copy);
	if (!folder)
		fm_fail(err, FM_NO_MEMORY, "no memory for the path of the records");
	return folder;
}

static bool place_fail(struct fm_error *err, int os, const char *what, const char *path)
{
	fm_fail(err, FM_RECORD, "%s (%s): %s", what, strerror(os), path);
	err->os = os;
	return fm_hint(err, "Make room or correct the rights of this file or folder, or set "
			    "XDG_STATE_HOME to a folder of yours; nothing was changed.");
}

/* A new name is on the disk only when its folder is. */
bool fm_store_place_sync(const char *folder, struct fm_error *err)
{
	FM_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* EINVAL: this file system writes folders by itself */
	if (fd >= 0 && fsync(fd) < 0 && errno != EINVAL)
		return place_fail(err, errno, "the folder of the records cannot be written",
				  folder);
	return true;
}

bool fm_store_place_make_folder(const char *folder, struct fm_error *err)
{
	FM_FREE char *above = place_folder(folder, err);
	int failed;

	if (!above)
		return false;
	failed = mkdir(folder, 0700);
	if (failed && errno == ENOENT) {
		if (!fm_store_place_make_folder(above, err))
			return false;
		failed = mkdir(folder, 0700);
	}
	if (!failed)
		return fm_store_place_sync(above, err);
	if (errno == EEXIST)
		return true;
	return place_fail(err, errno, "the folder of the records cannot be made", folder);
}

/* Of the file, or of its folder while there is no file. */
static bool place_refuse_network(const char *path, const char *folder, struct fm_error *err)
{
	struct statfs system;
	const char *name;

	if (statfs(path, &system) < 0 && statfs(folder, &system) < 0)
		return place_fail(err, errno, "the folder of the records cannot be read", folder);
	name = fm_store_place_network((unsigned long)system.f_type);
	if (!name)
		return true;
	fm_fail(err, FM_RECORD, "records cannot be kept on a network file system (%s): %s", name,
		path);
	return fm_hint(err, "Set XDG_STATE_HOME to a folder on a disk of this computer; nothing "
			    "was changed.");
}

/* An existing file: WAL mode needs to write beside it, too. */
static bool place_rights(const char *path, const char *folder, bool create,
			 enum fm_store_place *ret, struct fm_error *err)
{
	const char *refused = path;

	*ret = FM_PLACE_WRITABLE;
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0) {
		refused = folder;
		if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
			return true;
	}
	*ret = FM_PLACE_READ_ONLY;
	if (!create && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
		return true;
	return place_fail(err, errno,
			  create ? "the records cannot be written" : "the records cannot be read",
			  refused);
}

/* SQLite takes a file of one byte for an empty one and would write over it. */
static bool place_refuse_foreign(const char *path, const struct stat *status, struct fm_error *err)
{
	if (!S_ISREG(status->st_mode))
		fm_fail(err, FM_RECORD, "the records must be a file, but this is none: %s", path);
	else if (status->st_size == 1)
		fm_fail(err, FM_RECORD, "not a file of flashmend's records, left as it is: %s",
			path);
	else
		return true;
	return fm_hint(err, "Move it away, or set XDG_STATE_HOME to another folder.");
}

bool fm_store_place_find(const char *path, bool create, enum fm_store_place *ret,
			 struct fm_error *err)
{
	FM_FREE char *folder = place_folder(path, err);
	struct stat status;

	if (!folder || (create && !fm_store_place_make_folder(folder, err)))
		return false;
	*ret = FM_PLACE_ABSENT;
	if (stat(path, &status) < 0) {
		if (errno != ENOENT)
			return place_fail(err, errno, "the records cannot be reached", path);
		if (!create)
			return true;
		if (!place_refuse_network(path, folder, err))
			return false;
		/* Made without opening it: closing a descriptor would drop the locks that
		 * another handle of this process may have got meanwhile. SQLite gives its other
		 * files the same rights, and syncs the folder with the first of them. */
		if (mknod(path, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
			return place_fail(err, errno, "the file of the records cannot be made",
					  path);
	} else if (!place_refuse_foreign(path, &status, err)) {
		return false;
	} else if (status.st_size == 0 && !create) {
		return true;
	}
	return place_refuse_network(path, folder, err) &&
	       place_rights(path, folder, create, ret, err);
}

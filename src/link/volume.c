/*
 * Boot loaders recognise a UF2 block by its content wherever it is written (UF2 sheet, section 2).
 * Mounted: a new file gets the blocks, and each write is flushed. Not mounted: they go to sectors
 * of the data area with O_DIRECT and O_SYNC, clear of boot sector, tables and root folder, which
 * some boot loaders take as writes to their file system. O_EXCL keeps the kernel from mounting it
 * meanwhile.
 */
#include "link/volume.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/fat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define VOLUME_CHUNK (64u * FM_FAT_SECTOR)
#define VOLUME_FILE "FIRMWARE.UF2"
#define VOLUME_NODE_MS 1000  /* from the disk in sysfs to its node, and until that can be opened */
#define VOLUME_MOUNT_MS 3000 /* what a desktop takes to mount a drive that has just come */

#define VOLUME_LINE 4096 /* of the list of mounts: as much as getmntent() has room for */

struct volume_link {
	struct fm_link link;
	char block[40];   /* "/dev/sda" */
	ino_t inode;      /* of that node: another disk of this name has another one */
	char folder[256]; /* where it is mounted, "" = nowhere */
	int fd;           /* of the disk, or of the new file; -1 = none yet */
	struct fm_fat fat;
	uint32_t next;    /* sector to write */
	uint8_t *aligned; /* VOLUME_CHUNK bytes, for O_DIRECT */
};

static bool volume_left(const struct volume_link *volume)
{
	struct stat status;

	return stat(volume->block, &status) != 0 || status.st_ino != volume->inode;
}

/* The unit restarts as soon as it has all: what fails then, fails because it has left. */
static bool volume_fail(const struct volume_link *volume, int os, const char *what,
			struct fm_error *err)
{
	bool gone = os == ENODEV || os == ENXIO || os == ENOMEDIUM || volume_left(volume);

	/* The kernel takes a moment to see that a disk has left; a file system that has met an
	 * error is read-only from then on. */
	for (int i = 0; i < 20 && !gone && (os == EIO || os == EROFS); i++) {
		fm_sleep_ms(volume->link.clock, 50);
		gone = volume_left(volume);
	}
	if (gone)
		return fm_fail(err, FM_GONE, "%s: the volume is gone", volume->link.name);
	if (os == EIO)
		return fm_fail(err, FM_NACK, "%s: %s: the drive refuses it", volume->link.name,
			       what);
	return fm_fail_os(err, os == ENOSPC ? FM_FILE_TOO_BIG : FM_IO, os, "%s: %s",
			  volume->link.name, what);
}

static bool volume_read_sector(void *user, uint32_t sector, uint8_t ret[FM_FAT_SECTOR],
			       struct fm_error *err)
{
	struct volume_link *volume = user;
	ssize_t n =
		pread(volume->fd, volume->aligned, FM_FAT_SECTOR, (off_t)sector * FM_FAT_SECTOR);

	if (n != FM_FAT_SECTOR)
		return volume_fail(volume, n < 0 ? errno : EIO, "cannot be read", err);
	memcpy(ret, volume->aligned, FM_FAT_SECTOR);
	return true;
}

/* A mounted folder may hold the name in any case. */
static bool volume_read_mounted(const struct volume_link *volume, const char *name, void *ret_data,
				size_t len, size_t *ret_len, struct fm_error *err)
{
	DIR *dir = opendir(volume->folder);
	struct dirent *entry;
	FM_FCLOSE FILE *file = NULL;

	if (!dir)
		return volume_fail(volume, errno, "its folder cannot be opened", err);
	while (!file && (entry = readdir(dir))) {
		int fd = strcasecmp(entry->d_name, name) == 0
				 ? openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC)
				 : -1;

		file = fd >= 0 ? fdopen(fd, "r") : NULL;
	}
	closedir(dir);
	if (!file)
		return fm_fail(err, FM_FILE_OPEN, "%s: it has no file %s", volume->link.name, name);
	*ret_len = fread(ret_data, 1, len, file);
	return !ferror(file) || volume_fail(volume, EIO, "cannot be read", err);
}

static bool volume_read_file(struct fm_link *link, const char *name, void *ret_data, size_t len,
			     size_t *ret_len, struct fm_error *err)
{
	struct volume_link *volume = (struct volume_link *)link;

	if (*volume->folder)
		return volume_read_mounted(volume, name, ret_data, len, ret_len, err);
	return fm_fat_file(&volume->fat, name, ret_data, len, ret_len, err) ||
	       fm_context(err, "%s", link->name);
}

static bool volume_make_file(struct volume_link *volume, struct fm_error *err)
{
	char path[sizeof(volume->folder) + sizeof(VOLUME_FILE) + 1];

	snprintf(path, sizeof(path), "%s/" VOLUME_FILE, volume->folder);
	volume->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return volume->fd >= 0 || volume_fail(volume, errno, "no file can be made on it", err);
}

static bool volume_write_chunk(struct volume_link *volume, size_t len, struct fm_error *err)
{
	off_t at = (off_t)volume->next * FM_FAT_SECTOR;
	bool mounted = *volume->folder;

	/* where only a part is taken, the next try tells why: a full drive is none that refuses */
	for (size_t done = 0; done < len;) {
		const uint8_t *rest = volume->aligned + done;
		ssize_t n = mounted ? write(volume->fd, rest, len - done)
				    : pwrite(volume->fd, rest, len - done, at + (off_t)done);

		if (n <= 0)
			return volume_fail(volume, n < 0 ? errno : EIO, "cannot be written", err);
		done += (size_t)n;
	}
	if (mounted && fdatasync(volume->fd) != 0)
		return volume_fail(volume, errno, "cannot be written", err);
	if (!mounted)
		volume->next += (uint32_t)(len / FM_FAT_SECTOR);
	return true;
}

static bool volume_write(struct fm_link *link, const void *sectors, size_t count,
			 struct fm_deadline deadline, struct fm_error *err)
{
	struct volume_link *volume = (struct volume_link *)link;
	const uint8_t *bytes = sectors;
	size_t left = count * FM_FAT_SECTOR;

	if (*volume->folder && volume->fd < 0 && !volume_make_file(volume, err))
		return false;
	while (left > 0) {
		size_t len = left < VOLUME_CHUNK ? left : VOLUME_CHUNK;

		if (fm_link_cancelled(link))
			return fm_fail(err, FM_CANCELLED, "%s: cancelled", link->name);
		if (fm_expired(link->clock, deadline))
			return fm_fail(err, FM_TIMEOUT, "%s: takes too long to write", link->name);
		if (!*volume->folder && volume->next + len / FM_FAT_SECTOR > volume->fat.end)
			volume->next = volume->fat.data;
		memcpy(volume->aligned, bytes, len);
		if (!volume_write_chunk(volume, len, err))
			return false;
		bytes += len;
		left -= len;
	}
	return true;
}

static bool volume_gone(struct fm_link *link)
{
	return volume_left((const struct volume_link *)link);
}

static void volume_close(struct fm_link *link)
{
	struct volume_link *volume = (struct volume_link *)link;

	if (volume->fd >= 0)
		close(volume->fd);
	free(volume->aligned);
	free(volume);
}

/* Its partition counts as the disk. `folder` stays empty where it is not mounted; false: it is, but
 * not for this user to write. */
static bool volume_mounted(struct volume_link *volume, struct fm_error *err)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	size_t len = strlen(volume->block);
	char shut[sizeof(volume->folder)] = "", line[VOLUME_LINE];
	struct mntent mount;

	/* not getmntent(): jobs of other units look for their volumes at the same time */
	while (mounts && getmntent_r(mounts, &mount, line, sizeof(line))) {
		const char *rest = mount.mnt_fsname + len;

		if (strncmp(mount.mnt_fsname, volume->block, len) != 0 ||
		    strspn(rest, "0123456789") != strlen(rest))
			continue;
		if (access(mount.mnt_dir, W_OK) == 0)
			fm_text_copy(volume->folder, sizeof(volume->folder), mount.mnt_dir);
		else
			fm_text_copy(shut, sizeof(shut), mount.mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	if (*volume->folder || !*shut)
		return true;
	fm_fail(err, FM_NO_ACCESS, "%s is mounted at %s, where this user may not write",
		volume->block, shut);
	return fm_hint(err, "unmount it (or: udisksctl unmount -b %s), then plug the unit in anew",
		       volume->block);
}

static bool volume_refused(const struct volume_link *volume, int os, struct fm_error *err)
{
	switch (os) {
	case EROFS:
		fm_fail(err, FM_NO_ACCESS, "the drive %s is write protected", volume->block);
		return fm_hint(err, "nothing was changed; plug the unit in anew, and look for a "
				    "switch or a setting that protects it");
	case EACCES:
	case EPERM:
		fm_fail(err, FM_NO_ACCESS, "%s is not mounted, and this user may not open it",
			volume->block);
		return fm_hint(err,
			       "open the drive in the file manager (or: udisksctl mount -b %s), "
			       "then run the command again",
			       volume->block);
	case EBUSY:
		fm_fail(err, FM_BUSY, "%s is in use by another program", volume->block);
		return fm_hint(err, "end what uses it, or mount it, then run the command again");
	default:
		return volume_fail(volume, os, "cannot be opened", err);
	}
}

/* How long what stands in the way may go by itself: a drive that has just come may be about to be
 * mounted, where the disk itself can't be had; the kernel may not have done with it. */
static unsigned volume_patience_ms(const struct volume_link *volume, int os)
{
	switch (os) {
	case EACCES:
	case EPERM:
	case EBUSY:
		return VOLUME_MOUNT_MS;
	case ENXIO:
	case ENODEV:
	case ENOMEDIUM:
		return volume_left(volume) ? 0 : VOLUME_NODE_MS;
	default:
		return 0;
	}
}

static bool volume_pause(const struct volume_link *volume, struct fm_error *err)
{
	if (fm_link_cancelled(&volume->link))
		return fm_fail(err, FM_CANCELLED, "%s: cancelled", volume->block);
	fm_sleep_ms(volume->link.clock, 50);
	return true;
}

static bool volume_reach(struct volume_link *volume, struct fm_error *err)
{
	int64_t since_ns = fm_now_ns(volume->link.clock);

	for (;;) {
		int os;

		if (!volume_mounted(volume, err))
			return false;
		if (*volume->folder)
			return true;
		volume->fd = open(volume->block, O_RDWR | O_EXCL | O_DIRECT | O_SYNC | O_CLOEXEC);
		if (volume->fd >= 0)
			return true;
		os = errno;
		if (fm_now_ns(volume->link.clock) - since_ns >=
		    volume_patience_ms(volume, os) * INT64_C(1000000))
			return volume_refused(volume, os, err);
		if (!volume_pause(volume, err))
			return false;
	}
}

/* Its node: made after the disk has come. */
static bool volume_node(struct volume_link *volume, struct fm_error *err)
{
	struct fm_deadline end = fm_in_ms(volume->link.clock, VOLUME_NODE_MS);
	struct stat status;

	while (stat(volume->block, &status) != 0) {
		int os = errno;

		if (os != ENOENT || fm_expired(volume->link.clock, end))
			return volume_refused(volume, os, err);
		if (!volume_pause(volume, err))
			return false;
	}
	volume->inode = status.st_ino;
	return true;
}

static bool volume_open(struct volume_link *volume, struct fm_error *err)
{
	if (!volume_node(volume, err) || !volume_reach(volume, err))
		return false;
	if (*volume->folder) {
		fm_text_copy(volume->link.name, sizeof(volume->link.name), volume->folder);
		return true;
	}
	volume->fat.read = volume_read_sector;
	volume->fat.user = volume;
	if (!fm_fat_open(&volume->fat, err)) {
		if (err->code == FM_FILE_FORMAT)
			err->code = FM_NO_ANSWER;
		return fm_context(err, "%s", volume->link.name);
	}
	volume->next = volume->fat.data;
	return true;
}

static const struct fm_volume_ops volume_ops = { volume_read_file, volume_write, volume_gone };

bool fm_volume_open(const struct fm_usb_device *device, const atomic_bool *cancel,
		    struct fm_link **ret_link, struct fm_error *err)
{
	struct volume_link *volume;
	const char *block = NULL;

	for (size_t i = 0; i < device->interface_count && !block; i++)
		block = *device->interfaces[i].block ? device->interfaces[i].block : NULL;
	if (!block)
		return fm_fail(err, FM_UNSUPPORTED, "usb %s has no disk", device->path);
	volume = calloc(1, sizeof(*volume));
	if (!volume || posix_memalign((void **)&volume->aligned, 4096, VOLUME_CHUNK) != 0) {
		free(volume);
		return fm_fail(err, FM_NO_MEMORY, "no memory for a volume");
	}
	volume->link.volume = &volume_ops;
	volume->link.close = volume_close;
	volume->link.clock = fm_clock_real();
	volume->link.cancel = cancel;
	volume->fd = -1;
	fm_text_copy(volume->block, sizeof(volume->block), block);
	fm_text_copy(volume->link.name, sizeof(volume->link.name), block);
	if (!volume_open(volume, err)) {
		volume_close(&volume->link);
		return false;
	}
	*ret_link = &volume->link;
	return true;
}

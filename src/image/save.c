/* Writing an image: the whole file under its name or none. */
#include "base/io.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/image.h"
#include "image/read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ".NAME.0123456789abcdef" in the same folder: hidden, and on the same file system. */
static bool save_temporary(const char *path, const char *name, struct fm_text *ret_temporary,
			   int *ret_fd, struct fm_error *err)
{
	const char *slash = strrchr(path, '/');
	int folder_len = slash ? (int)(slash - path) + 1 : 0;
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return fm_fail_os(err, FM_FILE_WRITE, errno, "%s", name);
	/* 200: room for the random part in the longest name that a file may have. */
	fm_text_addf(ret_temporary, "%.*s.%.200s.%016" PRIx64, folder_len, path, path + folder_len,
		     random);
	*ret_fd = open(ret_temporary->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (*ret_fd < 0)
		return fm_fail_os(err, FM_FILE_WRITE, errno, "%s", name);
	return true;
}

static bool save_write(const char *name, int fd, const uint8_t *data, size_t len,
		       struct fm_error *err)
{
	return (fm_io_write(fd, data, len) && fsync(fd) == 0) ||
	       fm_fail_os(err, FM_FILE_WRITE, errno, "%s", name);
}

/* Under its name, unless there is something already. File systems that cannot rename so (NFS, 9p)
 * can link. */
static bool save_rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (link(from, to) != 0)
		return false;
	unlink(from);
	return true;
}

static bool save_rename(const char *from, const char *to, const char *name, bool replace,
			struct fm_error *err)
{
	if (replace ? rename(from, to) == 0 : save_rename_new(from, to))
		return true;
	if (!replace && errno == EEXIST) {
		fm_fail(err, FM_FILE_WRITE, "%s exists already and was left as it is", name);
		err->os = EEXIST;
		return fm_hint(err, "Give another name, or remove the file first.");
	}
	return fm_fail_os(err, FM_FILE_WRITE, errno, "%s", name);
}

/* The new name is durable only when the folder is. */
static bool save_sync_folder(const char *path, const char *name, struct fm_error *err)
{
	const char *slash = strrchr(path, '/');
	FM_FREE char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	FM_CLOSE int fd = -1;

	if (!folder)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a name");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A folder that may be written but not read, and one that cannot be synced, are no fault of
	 * the file. */
	if (fd < 0 || fsync(fd) == 0 || errno == EINVAL)
		return true;
	return fm_fail_os(err, FM_FILE_WRITE, errno, "%s is written, but its folder", name);
}

bool fm_save_may_be(const char *path, bool replace, struct fm_error *err)
{
	char name[FM_SHOWN_NAME];
	struct stat there;

	fm_shown_name(path, name);
	if (stat(path, &there) != 0)
		return true;
	if (!replace) {
		fm_fail(err, FM_FILE_WRITE, "%s exists", name);
		return fm_hint(err, "choose another name, or overwrite it with --replace");
	}
	if (S_ISREG(there.st_mode))
		return true;
	fm_fail(err, FM_FILE_WRITE, "%s is no file, and was left as it is", name);
	return fm_hint(err, "Give the name of a file: devices, pipes and folders are not "
			    "replaced.");
}

bool fm_save_file(const char *path, const void *data, size_t len, bool replace,
		  struct fm_error *err)
{
	struct fm_text temporary FM_TEXT_DONE = { 0 };
	FM_CLOSE int fd = -1;
	char name[FM_SHOWN_NAME];

	fm_shown_name(path, name);
	if (replace && !fm_save_may_be(path, replace, err))
		return false;
	if (!save_temporary(path, name, &temporary, &fd, err))
		return false;
	if (!save_write(name, fd, data, len, err) ||
	    !save_rename(temporary.data, path, name, replace, err)) {
		unlink(temporary.data);
		return false;
	}
	return save_sync_folder(path, name, err);
}

bool fm_image_save(const struct fm_image *image, const struct fm_format *format, const char *path,
		   bool replace, struct fm_error *err)
{
	FM_FREE uint8_t *data = NULL;
	size_t len = 0;

	if (!format->write) {
		fm_fail(err, FM_USAGE, "%s files are only read", format->title);
		return fm_hint(err, "Write it as ihex, srec, uf2, dfu, dfuse or raw.");
	}
	if (image->total == 0)
		return fm_fail(err, FM_FILE_EMPTY, "there is no data to write");
	return format->write(image, &data, &len, err) &&
	       fm_save_file(path, data, len, replace, err);
}

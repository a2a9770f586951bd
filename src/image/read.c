#include "image/read.h"

#include "base/io.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void fm_shown_name(const char *path, char ret[FM_SHOWN_NAME])
{
	size_t len = strlen(path);
	const char *cut = len < FM_SHOWN_NAME ? "" : "...";
	const char *tail = len < FM_SHOWN_NAME ? path : path + len - (FM_SHOWN_NAME - 4);

	/* Not from the middle of a UTF-8 character. */
	while (*cut && (*tail & 0xc0) == 0x80)
		tail++;
	snprintf(ret, FM_SHOWN_NAME, "%s%s", cut, tail);
	fm_text_clean(ret);
}

bool fm_fail_at(struct fm_error *err, const char *name, size_t at, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fm_fail(err, FM_FILE_FORMAT, "%s: offset %zu: %s", name, at, text);
}

static const char *read_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static bool read_check(const char *name, const struct stat *st, struct fm_error *err)
{
	if (!S_ISREG(st->st_mode)) {
		fm_fail(err, FM_FILE_OPEN, "%s is %s, not a file", name, read_kind(st->st_mode));
		return fm_hint(err, "Give the name of a firmware file.");
	}
	if (st->st_size == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s is empty", name);
	if (st->st_size > FM_IMAGE_FILE_MOST)
		return fm_fail(err, FM_FILE_TOO_BIG, "%s has %" PRIdMAX " bytes, more than %u MiB",
			       name, (intmax_t)st->st_size, FM_IMAGE_FILE_MOST >> 20);
	return true;
}

/* Exactly len bytes and then the end, else somebody is still writing the file. data has room for
 * one more. */
static bool read_all(const char *name, int fd, uint8_t *data, size_t len, struct fm_error *err)
{
	size_t have;

	if (!fm_io_read(fd, data, len + 1, &have))
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", name);
	if (have == len)
		return true;
	fm_fail(err, FM_FILE_OPEN, "%s changes while it is read", name);
	return fm_hint(err, "Wait until the copy or build that writes it has ended.");
}

bool fm_read_file(const char *path, uint8_t **ret_data, size_t *ret_len, struct fm_error *err)
{
	FM_CLOSE int fd = -1;
	FM_FREE uint8_t *data = NULL;
	char name[FM_SHOWN_NAME];
	struct stat st;

	fm_shown_name(path, name);
	/* Looked at before it is opened: opening a serial port by mistake would reset a board. */
	if (stat(path, &st) != 0)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", name);
	if (!read_check(name, &st, err))
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", name);
	if (!read_check(name, &st, err))
		return false;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory for %" PRIdMAX " bytes", name,
			       (intmax_t)st.st_size);
	if (!read_all(name, fd, data, (size_t)st.st_size, err))
		return false;
	*ret_data = data;
	*ret_len = (size_t)st.st_size;
	data = NULL;
	return true;
}

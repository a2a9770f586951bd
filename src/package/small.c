#include "package/small.h"

#include "base/io.h"
#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool small_read_all(int fd, size_t most, const char *name, char *text, struct fm_error *err)
{
	size_t have;

	if (!fm_io_read(fd, text, most + 1, &have))
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", name);
	if (have > most)
		return fm_fail(err, FM_FILE_TOO_BIG, "%s has more than %zu bytes", name, most);
	text[have] = '\0';
	return strlen(text) == have ||
	       fm_fail(err, FM_FILE_FORMAT, "%s: offset %zu: a zero byte, this is no text", name,
		       strlen(text));
}

bool fm_small_read(int folder, const char *path, int flags, size_t most, const char *name,
		   char **ret_text, struct fm_error *err)
{
	/* O_NONBLOCK: a pipe of that name must not hold the program up. */
	FM_CLOSE int fd =
		openat(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
	FM_FREE char *text = malloc(most + 2);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return fm_fail(err, FM_FILE_OPEN, "%s is not a file", name);
	if (!text)
		return fm_fail(err, FM_NO_MEMORY, "%s: no memory for %zu bytes", name, most);
	if (!small_read_all(fd, most, name, text, err))
		return false;
	*ret_text = text;
	text = NULL;
	return true;
}

char *fm_small_line(char **text)
{
	char *line = *text;
	size_t len = strcspn(line, "\n");

	if (!*line)
		return NULL;
	*text = line + len + (line[len] == '\n');
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return line;
}

bool fm_small_base64(const char *text, void *ret, size_t len)
{
	size_t text_len = strlen(text), got = 0;
	const char *end = NULL;

	return sodium_base642bin(ret, len, text, text_len, NULL, &got, &end,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       got == len && end == text + text_len;
}

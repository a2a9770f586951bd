#include "base/io.h"

#include <errno.h>
#include <unistd.h>

bool fm_io_read(int fd, void *ret, size_t most, size_t *ret_len)
{
	char *at = ret;

	*ret_len = 0;
	while (*ret_len < most) {
		ssize_t n = read(fd, at + *ret_len, most - *ret_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		*ret_len += (size_t)n;
	}
	return true;
}

bool fm_io_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

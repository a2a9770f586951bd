#include "link/process.h"

#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void fm_process_name(pid_t pid, char *ret_name, size_t size)
{
	char path[48], name[64];
	FM_CLOSE int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, name, sizeof(name));
	if (len > 0 && name[len - 1] == '\n')
		len--;
	if (len <= 0)
		fm_text_copy(ret_name, size, "process");
	else
		fm_text_printable(ret_name, size, name, (size_t)len);
}

bool fm_process_busy(const char *what, pid_t pid, struct fm_error *err)
{
	char name[64];

	if (pid == getpid()) {
		fm_fail(err, FM_BUSY, "%s is already open in this program", what);
		return fm_hint(err, "Wait until the other job on this port has ended.");
	}
	if (pid == 0) {
		fm_fail(err, FM_BUSY, "%s is in use by another program", what);
		if (*what != '/') /* no file that it could have open */
			return fm_hint(err, "End that program, then run the command again.");
		return fm_hint(err,
			       "'sudo fuser -v %s' names it; end it and run the command again.",
			       what);
	}
	fm_process_name(pid, name, sizeof(name));
	fm_fail(err, FM_BUSY, "%s is in use by %s (process %ld)", what, name, (long)pid);
	if (strcmp(name, program_invocation_short_name) == 0)
		return fm_hint(err, "It may be writing the unit: let it end, then run the command "
				    "again.");
	return fm_hint(err, "End %s (process %ld), then run the command again.", name, (long)pid);
}

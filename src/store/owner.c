#include "store/private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void fm_store_owner_now(char ret_utc[32], int64_t *ret_mono_ns)
{
	struct timespec now, mono;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &mono);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(ret_utc, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_utc + len, 32 - len, ".%03uZ", (unsigned)(now.tv_nsec / 1000000));
	*ret_mono_ns = (int64_t)mono.tv_sec * 1000000000 + mono.tv_nsec;
}

/* Start of a file of /proc, up to its first newline; false when it can't be read. */
static bool owner_line(const char *path, char *ret, size_t size)
{
	FM_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, ret, size - 1) : -1;

	if (len <= 0)
		return false;
	ret[len] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

/* State (field 3) and start time in clock ticks (field 22) of a process: proc(5). Field 2 is its
 * name in brackets, and the name may hold blanks and brackets. */
static bool owner_stat(int pid, char *ret_state, uint64_t *ret_start)
{
	char path[40], line[1024];
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!owner_line(path, line, sizeof(line)))
		return false;
	rest = strrchr(line, ')');
	return rest && sscanf(rest,
			      ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			      "%*s %*s %*s %" SCNu64,
			      ret_state, ret_start) == 2;
}

static void owner_boot_id(char *ret, size_t size)
{
	if (!owner_line("/proc/sys/kernel/random/boot_id", ret, size))
		ret[0] = '\0';
}

void fm_store_owner_fill(struct fm_record *record)
{
	char state;

	owner_boot_id(record->boot_id, sizeof(record->boot_id));
	record->pid = getpid();
	if (!owner_stat(record->pid, &state, &record->pid_start))
		record->pid_start = 0;
}

enum fm_store_owner fm_store_owner_check(const struct fm_record *record)
{
	char boot_id[sizeof(record->boot_id)], state;
	uint64_t start;

	owner_boot_id(boot_id, sizeof(boot_id));
	if (boot_id[0] && record->boot_id[0] && strcmp(boot_id, record->boot_id) != 0)
		return FM_OWNER_REBOOTED;
	if (record->pid <= 0 || (kill(record->pid, 0) < 0 && errno == ESRCH))
		return FM_OWNER_DEAD;
	/* It is there, but its /proc is hidden (hidepid): rather take it for alive. */
	if (!owner_stat(record->pid, &state, &start))
		return FM_OWNER_ALIVE;
	/* 'Z' and 'X': it has ended, its parent has not asked for it yet. */
	if (state == 'Z' || state == 'X')
		return FM_OWNER_DEAD;
	return record->pid_start == 0 || record->pid_start == start ? FM_OWNER_ALIVE
								    : FM_OWNER_DEAD;
}

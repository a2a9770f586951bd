#include "link/process.h"

#include "base/scope.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void holder_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* What is looked for: who has this device open. */
struct holder_wanted {
	dev_t device;
	bool pty;
};

/* Does this descriptor of the process lead to the device? */
static bool holder_leads(pid_t pid, const char *fd, dev_t device)
{
	char path[64], target[8];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%ld/fd/%.16s", (long)pid, fd);
	/* The target first: stat on a descriptor of a dead network file system would hang. */
	if (readlink(path, target, sizeof(target)) < 5 || memcmp(target, "/dev/", 5) != 0)
		return false;
	return stat(path, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == device;
}

/* Is it the master of the pty? /proc/PID/fdinfo of a master tells the number of its slave. */
static bool holder_is_master(pid_t pid, const char *fd, dev_t slave)
{
	unsigned number = minor(slave) + 256 * (major(slave) - 136), index;
	char path[64], line[128];
	FM_FCLOSE FILE *info = NULL;

	if (!holder_leads(pid, fd, makedev(5, 2)))
		return false;
	snprintf(path, sizeof(path), "/proc/%ld/fdinfo/%.16s", (long)pid, fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "tty-index: %u", &index) == 1)
			return index == number;
	return false;
}

/* A process with the master and the slave of a pty is the one behind it, not a rival on it. */
static bool holder_uses(pid_t pid, const struct holder_wanted *wanted)
{
	char path[48];
	DIR *dir FM_CLEANUP(holder_closedir) = NULL;
	struct dirent *entry;
	bool uses = false;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (wanted->pty && holder_is_master(pid, entry->d_name, wanted->device))
			return false;
		uses = uses || holder_leads(pid, entry->d_name, wanted->device);
	}
	return uses;
}

bool fm_process_holder(const char *path, char *ret_name, size_t size, pid_t *ret_pid)
{
	DIR *dir FM_CLEANUP(holder_closedir) = NULL;
	struct holder_wanted wanted;
	struct stat status;
	struct dirent *entry;

	if (stat(path, &status) < 0 || !S_ISCHR(status.st_mode))
		return false;
	wanted.device = status.st_rdev;
	wanted.pty = major(status.st_rdev) >= 136 && major(status.st_rdev) <= 143;
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || pid == getpid() || !holder_uses(pid, &wanted))
			continue;
		fm_process_name(pid, ret_name, size);
		*ret_pid = pid;
		return true;
	}
	return false;
}

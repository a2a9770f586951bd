#include "job/host.h"

#include "base/scope.h"
#include "base/text.h"
#include "image/read.h"
#include "link/process.h"
#include "package/package.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HOST_BRIDGE_SLOW_MS 2

static void host_say(struct fm_host_row *ret, const char *name, enum fm_verdict state,
		     const char *format, ...) FM_PRINTF(4, 5);

static void host_say(struct fm_host_row *ret, const char *name, enum fm_verdict state,
		     const char *format, ...)
{
	va_list args;

	fm_text_copy(ret->name, sizeof(ret->name), name);
	ret->state = state;
	va_start(args, format);
	vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
	fm_text_clean(ret->text);
}

/* The first line of folder/entry/name; false where there is none. */
static bool host_line(const char *folder, const char *entry, const char *name, char *ret,
		      size_t size)
{
	char path[512];
	FM_FCLOSE FILE *file = NULL;

	*ret = '\0';
	snprintf(path, sizeof(path), "%s/%s/%s", folder, entry, name);
	file = fopen(path, "re");
	if (!file || !fgets(ret, (int)size, file))
		return false;
	ret[strcspn(ret, "\n")] = '\0';
	return *ret;
}

/* What the kernel's power supplies say together (Documentation/ABI/testing/sysfs-class-power). */
struct host_power {
	bool supply, mains;  /* one is known; one gives power */
	bool charging;       /* or full: there is power, whether or not its source is known */
	unsigned batteries;  /* of the computer itself */
	unsigned told, most; /* how many tell their charge; the sum of it in percent */
};

static void host_battery(const char *folder, const char *entry, struct host_power *power)
{
	char text[32], *end;
	long percent;

	/* of a mouse; or an empty bay */
	if (host_line(folder, entry, "scope", text, sizeof(text)) && strcmp(text, "Device") == 0)
		return;
	if (host_line(folder, entry, "present", text, sizeof(text)) && strcmp(text, "0") == 0)
		return;
	power->batteries++;
	host_line(folder, entry, "status", text, sizeof(text));
	power->charging = power->charging || strcmp(text, "Charging") == 0 ||
			  strcmp(text, "Full") == 0 || strcmp(text, "Not charging") == 0;
	host_line(folder, entry, "capacity", text, sizeof(text));
	percent = strtol(text, &end, 10);
	if (end == text || *end || percent < 0 || percent > 100)
		return;
	power->told++;
	power->most += (unsigned)percent;
}

static void host_supplies(const char *folder, struct host_power *power)
{
	DIR *supplies = opendir(folder);
	const struct dirent *entry;
	char text[32];

	while (supplies && (entry = readdir(supplies))) {
		host_line(folder, entry->d_name, "type", text, sizeof(text));
		if (strcmp(text, "Mains") == 0 || strcmp(text, "USB") == 0) {
			host_line(folder, entry->d_name, "online", text, sizeof(text));
			power->supply = true;
			power->mains = power->mains || (*text && strcmp(text, "0") != 0);
		} else if (strcmp(text, "Battery") == 0) {
			host_battery(folder, entry->d_name, power);
		}
	}
	if (supplies)
		closedir(supplies);
}

void fm_host_power(const char *sysfs, struct fm_host_row *ret)
{
	struct host_power power = { 0 };
	unsigned percent;
	char folder[256];

	snprintf(folder, sizeof(folder), "%s/class/power_supply", sysfs);
	host_supplies(folder, &power);
	percent = power.told ? power.most / power.told : 0;
	if (power.batteries == 0)
		host_say(ret, "power", FM_FITS, "this computer has no battery to run from");
	else if (power.mains || (!power.supply && power.charging))
		host_say(ret, "power", FM_FITS, power.told ? "on mains, battery %u %%" : "on mains",
			 percent);
	else if (!power.told)
		host_say(ret, "power", FM_WARN,
			 "on battery, and it does not say how full it is. Plug in the mains");
	else if (percent < FM_HOST_BATTERY_LEAST)
		host_say(ret, "power", FM_BLOCKED,
			 "on battery, %u %%: too little for a write. Plug in the mains", percent);
	else if (percent < FM_HOST_BATTERY_LOW)
		host_say(ret, "power", FM_WARN,
			 "on battery, %u %%: it may not last. Plug in the mains", percent);
	else
		host_say(ret, "power", FM_FITS, "on battery, %u %%. Plug in the mains if you can",
			 percent);
}

/* The folder, or the nearest one above that is there. */
static void host_nearest(const char *folder, char *ret, size_t size)
{
	char *slash;

	fm_text_copy(ret, size, folder);
	while (access(ret, F_OK) != 0 && (slash = strrchr(ret, '/')) && (slash != ret || slash[1]))
		slash[slash == ret] = '\0'; /* of "/x" the root stays */
}

void fm_host_room(const char *folder, struct fm_host_row *ret)
{
	struct statvfs disk;
	char nearest[512];
	uint64_t room;

	host_nearest(folder, nearest, sizeof(nearest));
	if (statvfs(nearest, &disk) != 0) {
		host_say(ret, "disk", FM_WARN, "nobody can say how much is free in %.90s", nearest);
		return;
	}
	room = (uint64_t)disk.f_bavail * disk.f_frsize;
	host_say(ret, "disk", room < FM_HOST_ROOM_LEAST ? FM_WARN : FM_FITS,
		 "%" PRIu64 " MiB free for records and backups", room >> 20);
}

void fm_host_records(const char *folder, struct fm_host_row *ret)
{
	char nearest[512];

	host_nearest(folder, nearest, sizeof(nearest));
	if (access(nearest, W_OK | X_OK) != 0)
		host_say(ret, "records", FM_BLOCKED, "%.90s cannot be written", nearest);
	else
		host_say(ret, "records", FM_FITS, "can be written: the result will be recorded");
}

void fm_host_port(const char *node, struct fm_host_row *ret)
{
	char name[64];
	pid_t pid;

	if (!fm_process_holder(node, name, sizeof(name), &pid))
		host_say(ret, "port", FM_FITS, "no other program is seen to have it open");
	else
		host_say(ret, "port", strstr(node, "/bus/usb/") ? FM_WARN : FM_BLOCKED,
			 "%.40s (process %ld) has it open: end that first", name, (long)pid);
}

bool fm_host_bridge(const char *sysfs, const char *port, struct fm_host_row *ret)
{
	const char *slash = strrchr(port, '/');
	char folder[256], text[32], *end;
	long ms;

	if (!slash || !slash[1] || slash[1] == '.')
		return false;
	snprintf(folder, sizeof(folder), "%s/class/tty", sysfs);
	host_line(folder, slash + 1, "device/latency_timer", text, sizeof(text));
	ms = strtol(text, &end, 10);
	if (end == text || *end || ms < 0)
		return false;
	host_say(ret, "bridge", FM_FITS, "holds each answer back for up to %ld ms%s", ms,
		 ms > HOST_BRIDGE_SLOW_MS ? ": the job takes longer for it" : "");
	return true;
}

static int64_t host_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static uint64_t host_mix(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3; /* FNV-1a, 64 bits */
	return sum;
}

/* The files that a package's folder is made of, in whichever order they are listed. */
static uint64_t host_members(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	uint64_t members = 0;

	while (folder && (entry = readdir(folder))) {
		uint64_t one = host_mix(0xcbf29ce484222325, entry->d_name, strlen(entry->d_name));
		struct stat now;

		if (*entry->d_name == '.' ||
		    fstatat(dirfd(folder), entry->d_name, &now, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		one = host_mix(one, &now.st_ino, sizeof(now.st_ino));
		one = host_mix(one, &now.st_size, sizeof(now.st_size));
		one = host_mix(one, &now.st_mtim, sizeof(now.st_mtim));
		members += host_mix(one, &now.st_ctim, sizeof(now.st_ctim));
	}
	if (folder)
		closedir(folder);
	return members;
}

bool fm_host_stamp(const char *path, struct fm_host_stamp *ret)
{
	struct stat now;

	*ret = (struct fm_host_stamp){ 0 };
	if (stat(path, &now) != 0 || (!S_ISREG(now.st_mode) && !S_ISDIR(now.st_mode)))
		return false;
	*ret = (struct fm_host_stamp){
		.device = now.st_dev,
		.inode = now.st_ino,
		.len = (uint64_t)now.st_size,
		.modified_ns = host_ns(&now.st_mtim),
		.changed_ns = host_ns(&now.st_ctim),
		.members = S_ISDIR(now.st_mode) ? host_members(path) : 0,
	};
	return true;
}

bool fm_host_same_stamp(const struct fm_host_stamp *a, const struct fm_host_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->len == b->len &&
	       a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns &&
	       a->members == b->members;
}

static bool host_hash(const char *path, char ret[FM_SHA256_TEXT], struct fm_error *err)
{
	FM_FREE uint8_t *data = NULL;
	struct stat now;
	size_t len;

	if (stat(path, &now) == 0 && S_ISDIR(now.st_mode))
		return fm_package_folder_sha256(path, ret, err);
	if (!fm_read_file(path, &data, &len, err))
		return false;
	fm_sha256(data, len, ret);
	return true;
}

void fm_host_file(const char *path, const struct fm_host_stamp *then, const char *sha256,
		  struct fm_host_row *ret)
{
	struct fm_host_stamp now;
	struct fm_error err;
	char hash[FM_SHA256_TEXT];

	if (!fm_host_stamp(path, &now)) {
		host_say(ret, "file", FM_BLOCKED, "it is not there any more");
		return;
	}
	if (fm_host_same_stamp(&now, then)) {
		host_say(ret, "file", FM_FITS, "as it was read, sha256 %.12s...", sha256);
		return;
	}
	if (!host_hash(path, hash, &err)) {
		host_say(ret, "file", FM_BLOCKED, "it was changed on the disk, and: %.100s",
			 err.text);
		return;
	}
	if (strcmp(hash, sha256) == 0)
		host_say(ret, "file", FM_FITS,
			 "written again with the same content, sha256 %.12s...", sha256);
	else
		host_say(ret, "file", FM_BLOCKED,
			 "it was changed on the disk: sha256 %.12s..., not %.12s...", hash, sha256);
}

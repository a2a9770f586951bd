#include "front/tui/host.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HOST_ROOM_LEAST (16u << 20) /* records and a backup of a usual unit */
#define HOST_BATTERY_LEAST 30       /* percent */

/* The first line of folder/entry/name, "" where there is none. */
static void host_line(const char *folder, const char *entry, const char *name, char *ret,
		      size_t size)
{
	char path[512];
	FM_FCLOSE FILE *file = NULL;

	*ret = '\0';
	snprintf(path, sizeof(path), "%s/%s/%s", folder, entry, name);
	file = fopen(path, "re");
	if (!file || !fgets(ret, (int)size, file))
		return;
	ret[strcspn(ret, "\n")] = '\0';
}

void fm_host_power(const char *power, struct fm_ui_host *ret)
{
	DIR *folder = opendir(power);
	const struct dirent *entry;
	bool mains = false, supply = false;
	int percent = -1;
	char text[32];

	while (folder && (entry = readdir(folder))) {
		host_line(power, entry->d_name, "type", text, sizeof(text));
		if (strcmp(text, "Mains") == 0 || strcmp(text, "USB") == 0) {
			host_line(power, entry->d_name, "online", text, sizeof(text));
			supply = true;
			mains = mains || strcmp(text, "1") == 0;
		} else if (strcmp(text, "Battery") == 0) {
			host_line(power, entry->d_name, "scope", text, sizeof(text));
			if (strcmp(text, "Device") == 0) /* of a mouse */
				continue;
			host_line(power, entry->d_name, "capacity", text, sizeof(text));
			percent = *text ? atoi(text) : percent;
		}
	}
	if (folder)
		closedir(folder);
	ret->power = FM_FITS;
	if (percent < 0) {
		fm_text_copy(ret->power_text, sizeof(ret->power_text),
			     "this computer has no battery to run from");
	} else if (mains) {
		snprintf(ret->power_text, sizeof(ret->power_text), "on mains, battery %d %%",
			 percent);
	} else {
		ret->power = FM_WARN;
		snprintf(ret->power_text, sizeof(ret->power_text),
			 "on battery, %d %%%s. Plug in the mains%s", percent,
			 supply ? "" : " (no mains known)",
			 percent < HOST_BATTERY_LEAST ? ": it may not last" : " if you can");
	}
}

static void host_room(const char *state, struct fm_ui_host *ret)
{
	struct statvfs disk;
	uint64_t room;

	ret->room = FM_WARN;
	if (statvfs(state, &disk) != 0) {
		snprintf(ret->room_text, sizeof(ret->room_text), "nobody can say how much is free");
		return;
	}
	room = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (room >= HOST_ROOM_LEAST)
		ret->room = FM_FITS;
	snprintf(ret->room_text, sizeof(ret->room_text), "%llu MiB free for records and backups",
		 (unsigned long long)(room >> 20));
}

static void host_records(const struct fm_tui_options *options, struct fm_ui_host *ret)
{
	ret->records = FM_BLOCKED;
	if (!options->store)
		snprintf(ret->records_text, sizeof(ret->records_text), "%.90s",
			 options->store_err.text);
	else if (access(options->state_folder, W_OK) != 0)
		snprintf(ret->records_text, sizeof(ret->records_text), "%.70s cannot be written",
			 options->state_folder);
	else {
		ret->records = FM_FITS;
		snprintf(ret->records_text, sizeof(ret->records_text),
			 "can be written: the result will be recorded");
	}
}

/* Still what was checked? Its content counts when it is read once more to be written. */
static void host_file(const struct fm_ui *ui, struct fm_ui_host *ret)
{
	const struct fm_ui_file *file = fm_files_find(ui, ui->path);
	struct stat now;

	ret->file = *ui->path ? FM_BLOCKED : FM_FITS;
	if (!*ui->path) /* no file is written */
		*ret->file_text = '\0';
	else if (!file || stat(ui->path, &now) != 0)
		snprintf(ret->file_text, sizeof(ret->file_text), "it is not there any more");
	else if ((!file->folder && (uint64_t)now.st_size != file->len) ||
		 (int64_t)now.st_mtim.tv_sec * 1000000000 + now.st_mtim.tv_nsec != file->changed_ns)
		snprintf(ret->file_text, sizeof(ret->file_text),
			 "it was changed on the disk: go back and choose it again");
	else {
		ret->file = FM_FITS;
		snprintf(ret->file_text, sizeof(ret->file_text), "%s, sha256 %.12s...",
			 file->format, file->sha256);
	}
}

void fm_host_look(struct fm_ui *ui, const struct fm_tui_options *options)
{
	fm_host_power("/sys/class/power_supply", &ui->host);
	host_room(options->state_folder, &ui->host);
	host_records(options, &ui->host);
	host_file(ui, &ui->host);
}

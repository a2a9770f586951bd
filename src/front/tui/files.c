/* The folder of firmware files. */
#include "front/tui/files.h"

#include "base/scope.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES_MOST 500

static bool files_is_firmware(const char *name)
{
	static const char *const ends[] = { ".bin", ".hex",   ".ihex", ".ihx", ".srec", ".s19",
					    ".s28", ".s37",   ".mot",  ".elf", ".axf",  ".uf2",
					    ".dfu", ".dfuse", ".gz",   ".img" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; *name != '.' && dot && i < FM_COUNT(ends); i++) {
		if (strcasecmp(dot, ends[i]) == 0)
			return true;
	}
	return false;
}

/* For whom it is, as far as the file itself says. */
static void files_says(const struct fm_image *image, char *ret, size_t size)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	if (*image->chip_id)
		fm_text_addf(&text, "chip %s  ", image->chip_id);
	if (image->usb.has_usb)
		fm_text_addf(&text, "USB %04x:%04x  ", image->usb.vid, image->usb.pid);
	for (size_t i = 0; i < image->family_count; i++)
		fm_text_addf(&text, "UF2 family 0x%08x  ", image->families[i]);
	if (*image->description)
		fm_text_addf(&text, "%s  ", image->description);
	fm_text_copy(ret, size, text.data ? text.data : "");
	for (size_t len = strlen(ret); len > 0 && ret[len - 1] == ' ';)
		ret[--len] = '\0';
}

static void files_read(struct fm_ui_file *file)
{
	FM_IMAGE_DONE struct fm_image image;

	if (!fm_image_load(file->path, NULL, &image, &file->problem))
		return;
	fm_text_copy(file->format, sizeof(file->format), image.format);
	fm_text_copy(file->version, sizeof(file->version), image.version);
	memcpy(file->sha256, image.sha256, sizeof(file->sha256));
	files_says(&image, file->says, sizeof(file->says));
}

static bool files_stat(const char *folder, const char *name, struct fm_ui_file *ret)
{
	struct stat stat_of;
	struct tm date;

	*ret = (struct fm_ui_file){ 0 };
	if (snprintf(ret->path, sizeof(ret->path), "%s/%s", folder, name) >=
		    (int)sizeof(ret->path) ||
	    stat(ret->path, &stat_of) != 0 || !S_ISREG(stat_of.st_mode))
		return false;
	fm_text_copy(ret->name, sizeof(ret->name), name);
	fm_text_clean(ret->name);
	localtime_r(&stat_of.st_mtim.tv_sec, &date);
	strftime(ret->date, sizeof(ret->date), "%Y-%m-%d", &date);
	ret->len = (uint64_t)stat_of.st_size;
	return fm_host_stamp(ret->path, &ret->stamp);
}

static int files_compare(const void *a, const void *b)
{
	const struct fm_ui_file *one = a, *other = b;

	return strcmp(one->name, other->name);
}

/* What was read before and is as it was. */
static bool files_known(const struct fm_ui *ui, struct fm_ui_file *file)
{
	for (size_t i = 0; i < ui->file_count; i++) {
		const struct fm_ui_file *old = &ui->files[i];

		if (strcmp(old->path, file->path) == 0 &&
		    fm_host_same_stamp(&old->stamp, &file->stamp)) {
			*file = *old;
			return true;
		}
	}
	return false;
}

/* The same file stays selected. */
static void files_replace(struct fm_ui *ui, struct fm_ui_file *files, size_t count)
{
	static const enum fm_ui_view views[] = { FM_VIEW_PICKER, FM_VIEW_LIBRARY };

	for (size_t i = 0; i < FM_COUNT(views); i++) {
		size_t at = ui->index[views[i]], now = 0;

		for (size_t k = 0; k < count && at < ui->file_count; k++) {
			if (strcmp(files[k].path, ui->files[at].path) == 0)
				now = k;
		}
		ui->index[views[i]] = now;
	}
	free(ui->files);
	ui->files = files;
	ui->file_count = count;
}

void fm_files_load(struct fm_ui *ui)
{
	struct fm_ui_file *files = calloc(FILES_MOST, sizeof(*files));
	DIR *folder = opendir(ui->folder);
	const struct dirent *entry;
	size_t count = 0;

	if (!files)
		abort();
	ui->folder_problem = (struct fm_error){ 0 };
	if (!folder)
		fm_fail_os(&ui->folder_problem, FM_FILE_OPEN, errno, "%s", ui->folder);
	while (folder && count < FILES_MOST && (entry = readdir(folder))) {
		if (!files_is_firmware(entry->d_name) ||
		    !files_stat(ui->folder, entry->d_name, &files[count]))
			continue;
		if (!files_known(ui, &files[count]))
			files_read(&files[count]);
		count++;
	}
	if (folder)
		closedir(folder);
	qsort(files, count, sizeof(*files), files_compare);
	files_replace(ui, files, count);
}

const struct fm_ui_file *fm_files_find(const struct fm_ui *ui, const char *path)
{
	for (size_t i = 0; i < ui->file_count; i++) {
		if (strcmp(ui->files[i].path, path) == 0)
			return &ui->files[i];
	}
	return NULL;
}

void fm_files_select(struct fm_ui *ui, const char *path)
{
	const struct fm_ui_file *file = fm_files_find(ui, path);

	if (file)
		ui->index[FM_VIEW_PICKER] = (size_t)(file - ui->files);
}

/* The whole path, because records name files by where they lie for everybody, not only from here.
 */
void fm_files_folder(struct fm_ui *ui, const char *path)
{
	FM_FREE char *real = realpath(path, NULL);

	if (!real || access(real, R_OK | X_OK) != 0)
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s: %s", path, strerror(errno));
	else if (strlen(real) >= sizeof(ui->folder))
		fm_ui_say(ui, FM_STYLE_BAD, true, "the path of the folder is too long");
	else
		fm_text_copy(ui->folder, sizeof(ui->folder), real);
	fm_files_load(ui);
}

/* The folder of firmware files: images, packages, and folders that are packages. */
#include "front/tui/files.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/firmware/firmware.h"

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
					    ".dfu", ".dfuse", ".gz",   ".img", ".cab",  ".zip",
					    ".tar", ".tgz",   ".bz2",  ".xz" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < FM_COUNT(ends); i++) {
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

/* The release that would be written: of firmware for several models that of the first. */
static bool files_release(const struct fm_package *package, struct fm_ui_file *file,
			  const struct fm_release **ret)
{
	const struct fm_component *component = &package->components[0];
	const struct fm_release *release;
	FM_TEXT_DONE struct fm_text notes = { 0 };

	if (!fm_component_choose(component, NULL, &release, &file->problem))
		return false;
	fm_text_copy(file->format, sizeof(file->format), package->kind);
	fm_text_copy(file->version, sizeof(file->version), release->version);
	if (*release->date)
		fm_text_copy(file->date, sizeof(file->date), release->date);
	if (release->urgency != FM_URGENCY_UNKNOWN)
		fm_text_copy(file->urgency, sizeof(file->urgency),
			     fm_urgency_name(release->urgency));
	if (fm_firmware_notes(component, release, &notes))
		fm_text_copy(file->notes, sizeof(file->notes), notes.data);
	for (size_t i = 0, len = 0; i < component->release_count; i++) {
		const char *version = component->releases[i].version;

		if (len + strlen(version) + 2 > sizeof(file->releases))
			break;
		len += (size_t)sprintf(file->releases + len, "%s%s", len ? " " : "", version);
	}
	if (package->component_count > 1)
		snprintf(file->says, sizeof(file->says), "%s and %zu more models", component->name,
			 package->component_count - 1);
	else
		snprintf(file->says, sizeof(file->says), "%s%s%s", component->name,
			 *component->developer ? ", by " : "", component->developer);
	if (file->folder)
		file->size = release->payload->len;
	*ret = release;
	return true;
}

void fm_files_read(struct fm_ui_file *file)
{
	FM_PACKAGE_DONE struct fm_package package;
	FM_IMAGE_DONE struct fm_image image;
	const struct fm_release *release = NULL;

	fm_package_init(&package);
	fm_image_init(&image);
	if (!fm_package_load(file->path, &package, &file->problem) ||
	    (!package.bare && !files_release(&package, file, &release)) ||
	    !fm_package_image(&package, release, NULL, &image, &file->problem))
		return;
	memcpy(file->sha256, *package.sha256 && release ? package.sha256 : image.sha256,
	       sizeof(file->sha256));
	if (release)
		return;
	fm_text_copy(file->format, sizeof(file->format), image.format);
	fm_text_copy(file->version, sizeof(file->version), image.version);
	files_says(&image, file->says, sizeof(file->says));
}

static bool files_stat(const char *folder, const char *name, struct fm_ui_file *ret)
{
	struct stat stat_of;
	struct tm date;

	*ret = (struct fm_ui_file){ 0 };
	if (snprintf(ret->path, sizeof(ret->path), "%s/%s", folder, name) >=
		    (int)sizeof(ret->path) ||
	    stat(ret->path, &stat_of) != 0 || *name == '.')
		return false;
	ret->folder = S_ISDIR(stat_of.st_mode);
	if (ret->folder ? !fm_package_is_folder(ret->path)
			: !S_ISREG(stat_of.st_mode) || !files_is_firmware(name))
		return false;
	fm_text_copy(ret->name, sizeof(ret->name), name);
	fm_text_clean(ret->name);
	localtime_r(&stat_of.st_mtim.tv_sec, &date);
	strftime(ret->date, sizeof(ret->date), "%Y-%m-%d", &date);
	ret->len = ret->size = (uint64_t)stat_of.st_size;
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

/* The folder of packages is there at last: it is what a person expects to see. */
static void files_library(struct fm_ui *ui)
{
	if (!*ui->library)
		return;
	if (access(ui->library, R_OK | X_OK) != 0) {
		snprintf(ui->library_problem, sizeof(ui->library_problem), "%s",
			 errno == ENOENT ? "not there yet" : strerror(errno));
		return;
	}
	fm_ui_say(ui, FM_STYLE_PLAIN, false, "the folder of packages is there now; before: %s",
		  ui->folder);
	memcpy(ui->folder, ui->library, sizeof(ui->folder));
	*ui->library = '\0';
}

void fm_files_load(struct fm_ui *ui)
{
	struct fm_ui_file *files = calloc(FILES_MOST, sizeof(*files));
	const struct dirent *entry;
	size_t count = 0;
	DIR *folder;

	if (!files)
		abort();
	files_library(ui);
	folder = opendir(ui->folder);
	ui->folder_problem = (struct fm_error){ 0 };
	if (!folder)
		fm_fail_os(&ui->folder_problem, FM_FILE_OPEN, errno, "%s", ui->folder);
	while (folder && (entry = readdir(folder))) {
		struct fm_ui_file file;

		if (!files_stat(ui->folder, entry->d_name, &file))
			continue;
		if (count == FILES_MOST) {
			fm_ui_say(ui, FM_STYLE_WARN, true,
				  "only %d of the files are shown: o chooses a smaller folder",
				  FILES_MOST);
			break;
		}
		files[count] = file;
		if (!files_known(ui, &files[count]))
			files[count].unread = true;
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

	if (!real || access(real, R_OK | X_OK) != 0) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s: %s", path, strerror(errno));
	} else if (strlen(real) >= sizeof(ui->folder)) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "the path of the folder is too long");
	} else {
		memcpy(ui->folder, real, strlen(real) + 1);
		*ui->library = '\0';
	}
	fm_files_load(ui);
}

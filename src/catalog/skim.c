/*
 * Opening the catalog: of each file only what is needed to find a definition again. Elements are
 * taken as they pass by, no tree is built: a thousand definitions in some milliseconds.
 */
#include "catalog/catalog.h"

#include "base/scope.h"
#include "catalog/internal.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

struct skim {
	struct fm_catalog *catalog;
	struct fm_findings findings;
	const char *file; /* in the arena */
	bool user;
	struct fm_entry entry; /* the one that is open */
	const char **aliases;  /* of it; as usb: malloc'd, used again for each */
	size_t alias_count, alias_size;
	struct fm_usb_match *usb;
	size_t usb_count, usb_size;
};

/* Room for one more. */
static void *skim_grow(void *list, size_t count, size_t *size, size_t item)
{
	if (count < *size)
		return list;
	*size = *size ? *size * 2 : 16;
	list = realloc(list, *size * item);
	if (!list)
		abort();
	return list;
}

void fm_catalog_problem(const char *finding, void *user)
{
	struct fm_catalog *catalog = user;

	catalog->problems = skim_grow(catalog->problems, catalog->problem_count,
				      &catalog->problem_size, sizeof(*catalog->problems));
	catalog->problems[catalog->problem_count++] =
		fm_arena_copy(&catalog->arena, finding, strlen(finding));
}

static const struct fm_xml_slice *skim_slice(const struct fm_xml_slice *slices, size_t count,
					     const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(slices[i].name, name) == 0)
			return &slices[i];
	}
	return NULL;
}

/* The attribute's text, or "" where there is none. */
static const char *skim_text(struct skim *skim, const struct fm_xml_slice *slices, size_t count,
			     const char *name)
{
	const struct fm_xml_slice *slice = skim_slice(slices, count, name);

	return slice && slice->len > 0
		       ? fm_arena_copy(&skim->catalog->arena, slice->value, slice->len)
		       : "";
}

static bool skim_root(struct skim *skim, long line, const char *name,
		      const struct fm_xml_slice *slices, size_t count)
{
	const struct fm_xml_slice *format = skim_slice(slices, count, "format");

	if (strcmp(name, "devices") != 0)
		fm_finding(&skim->findings, line, "the root is <%s>, not <devices>", name);
	else if (!format)
		fm_finding(&skim->findings, line, "<devices> does not say its format");
	else if (format->len != 1 || *format->value != '1')
		fm_finding(&skim->findings, line,
			   "format '%.*s' is not known: this program reads format 1",
			   (int)format->len, format->value);
	else
		return true;
	return false;
}

static bool skim_begin(struct skim *skim, long line, const char *name,
		       const struct fm_xml_slice *slices, size_t count)
{
	static const char *const kinds[] = { [FM_DEVICE_BOARD] = "board",
					     [FM_DEVICE_CHIP] = "chip",
					     [FM_DEVICE_FAMILY] = "family" };
	size_t kind = 0;

	while (kind < FM_COUNT(kinds) && strcmp(kinds[kind], name) != 0)
		kind++;
	if (kind == FM_COUNT(kinds)) {
		fm_finding(&skim->findings, line, "unknown element <%s>", name);
		return false;
	}
	skim->entry = (struct fm_entry){
		.kind = (enum fm_device_kind)kind,
		.id = skim_text(skim, slices, count, "id"),
		.vendor = skim_text(skim, slices, count, "vendor"),
		.name = skim_text(skim, slices, count, "name"),
		.file = skim->file,
		.line = (int)line,
		.user = skim->user,
		.family = skim_text(skim, slices, count, "family"),
		.chip_id = "",
		.chip_id_kind = "",
	};
	skim->alias_count = skim->usb_count = 0;
	if (!*skim->entry.id || !*skim->entry.name) {
		fm_finding(&skim->findings, line, "<%s> needs an id and a name", name);
		return false;
	}
	return true;
}

static bool skim_usb(struct skim *skim, long line, const struct fm_xml_slice *slices, size_t count)
{
	skim->usb = skim_grow(skim->usb, skim->usb_count, &skim->usb_size, sizeof(*skim->usb));
	if (!fm_usb_match_parse(slices, count, line, &skim->findings, &skim->usb[skim->usb_count]))
		return false;
	skim->usb_count++;
	return true;
}

static bool skim_part(struct skim *skim, long line, const char *name,
		      const struct fm_xml_slice *slices, size_t count)
{
	if (strcmp(name, "usb") == 0)
		return skim_usb(skim, line, slices, count);
	if (strcmp(name, "alias") == 0) {
		skim->aliases = skim_grow(skim->aliases, skim->alias_count, &skim->alias_size,
					  sizeof(*skim->aliases));
		skim->aliases[skim->alias_count++] = skim_text(skim, slices, count, "id");
	} else if (strcmp(name, "chip-id") == 0) {
		skim->entry.chip_id = skim_text(skim, slices, count, "value");
		skim->entry.chip_id_kind = skim_text(skim, slices, count, "kind");
	}
	return true;
}

static bool skim_open(void *user, unsigned depth, long line, const char *name,
		      const struct fm_xml_slice *slices, size_t count)
{
	struct skim *skim = user;

	switch (depth) {
	case 0:
		return skim_root(skim, line, name, slices, count);
	case 1:
		return skim_begin(skim, line, name, slices, count);
	case 2:
		return skim_part(skim, line, name, slices, count);
	default:
		return true;
	}
}

/* A copy of a list in the arena, NULL when it is empty. */
static void *skim_keep(struct fm_arena *arena, const void *list, size_t len)
{
	return len > 0 ? memcpy(fm_arena_take(arena, len), list, len) : NULL;
}

static void skim_close(void *user, unsigned depth)
{
	struct skim *skim = user;
	struct fm_catalog *catalog = skim->catalog;

	if (depth != 1)
		return;
	skim->entry.aliases = skim_keep(&catalog->arena, skim->aliases,
					skim->alias_count * sizeof(*skim->aliases));
	skim->entry.alias_count = skim->alias_count;
	skim->entry.usb =
		skim_keep(&catalog->arena, skim->usb, skim->usb_count * sizeof(*skim->usb));
	skim->entry.usb_count = skim->usb_count;
	catalog->entries = skim_grow(catalog->entries, catalog->count, &catalog->size,
				     sizeof(*catalog->entries));
	catalog->entries[catalog->count++] = skim->entry;
}

void fm_catalog_skim(struct fm_catalog *catalog, const char *file, bool user, const char *data,
		     size_t len)
{
	struct skim skim = {
		.catalog = catalog,
		.findings = { file, fm_catalog_problem, catalog, 0 },
		.file = fm_arena_copy(&catalog->arena, file, strlen(file)),
		.user = user,
	};
	const struct fm_xml_visitor visitor = { skim_open, skim_close, &skim };
	size_t before = catalog->count;

	if (!fm_xml_walk(data, len, &visitor, &skim.findings))
		catalog->count = before;
	free(skim.aliases);
	free(skim.usb);
}

static int skim_is_definition(const struct dirent *file)
{
	size_t len = strlen(file->d_name);

	return file->d_name[0] != '.' && len > 4 && strcmp(file->d_name + len - 4, ".xml") == 0;
}

static void skim_file(struct fm_catalog *catalog, const char *dir, const char *name, bool user)
{
	FM_FREE char *path = NULL;
	FM_FREE char *data = NULL;
	struct fm_findings findings = { .report = fm_catalog_problem, .user = catalog };
	size_t len;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	findings.file = path;
	if (fm_xml_read(path, &findings, &data, &len))
		fm_catalog_skim(catalog, path, user, data, len);
}

/* False: there is no such directory. */
static bool skim_dir(struct fm_catalog *catalog, const char *dir, bool user)
{
	struct fm_findings findings = { dir, fm_catalog_problem, catalog, 0 };
	struct dirent **files;
	int count = scandir(dir, &files, skim_is_definition, alphasort);

	if (count < 0) {
		if (errno != ENOENT)
			fm_finding(&findings, 0, "cannot be read: %s", strerror(errno));
		return false;
	}
	for (int i = 0; i < count; i++) {
		skim_file(catalog, dir, files[i]->d_name, user);
		free(files[i]);
	}
	free(files);
	return true;
}

struct fm_catalog *fm_catalog_new(const struct fm_catalog_options *options)
{
	struct fm_catalog *catalog = calloc(1, sizeof(*catalog));

	if (!catalog)
		abort();
	catalog->params = options->params;
	catalog->schema = fm_xml_schema_new(options->schema);
	return catalog;
}

bool fm_catalog_open(const struct fm_catalog_options *options, struct fm_catalog **ret_catalog,
		     struct fm_error *err)
{
	struct fm_catalog *catalog = fm_catalog_new(options);
	size_t found = 0;

	for (size_t i = 0; i < options->dir_count; i++)
		found += skim_dir(catalog, options->dirs[i], false);
	if (found == 0) {
		fm_catalog_free(catalog);
		fm_fail(err, FM_CONFIG, "no folder of device definitions: '%s' cannot be read",
			options->dir_count > 0 ? options->dirs[0] : "");
		return fm_hint(err, "Install flashmend again, or say where its devices/ folder is");
	}
	for (size_t i = 0; i < options->user_dir_count; i++)
		skim_dir(catalog, options->user_dirs[i], true);
	fm_catalog_index(catalog);
	*ret_catalog = catalog;
	return true;
}

void fm_catalog_free(struct fm_catalog *catalog)
{
	if (!catalog)
		return;
	fm_xml_schema_free(catalog->schema);
	fm_arena_done(&catalog->arena);
	free(catalog->entries);
	free(catalog->names);
	free(catalog->problems);
	free(catalog);
}

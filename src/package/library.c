#include "package/library.h"

#include "base/scope.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void library_entry_done(struct fm_library_entry *entry)
{
	for (size_t i = 0; i < entry->component_count; i++)
		fm_component_done(&entry->components[i]);
	free(entry->components);
	free(entry->name);
	free(entry->path);
	*entry = (struct fm_library_entry){ 0 };
}

void fm_library_done(struct fm_library *library)
{
	for (size_t i = 0; i < library->count; i++)
		library_entry_done(&library->entries[i]);
	free(library->entries);
	*library = (struct fm_library){ 0 };
}

static bool library_is_other(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && !fm_package_is_folder(path);
}

/* False: a file that is no firmware. */
static bool library_image(const struct fm_package *package, struct fm_library_entry *entry)
{
	FM_IMAGE_DONE struct fm_image image;
	struct fm_error err;

	if (!fm_package_image(package, NULL, NULL, &image, &err))
		return false;
	fm_text_copy(entry->format, sizeof(entry->format), image.format);
	return true;
}

/* False: it is left out. */
static bool library_entry(struct fm_library_entry *entry)
{
	FM_PACKAGE_DONE struct fm_package package;

	fm_package_init(&package);
	if (library_is_other(entry->path))
		return false;
	if (!fm_package_load(entry->path, &package, &entry->error))
		return true;
	if (package.bare && !library_image(&package, entry))
		return false;
	fm_error_clear(&entry->error);
	entry->kind = package.kind;
	memcpy(entry->sha256, package.sha256, sizeof(entry->sha256));
	entry->file_len = package.file_len;
	entry->components = package.components;
	entry->component_count = package.component_count;
	package.components = NULL;
	package.component_count = 0;
	for (size_t i = 0; i < entry->component_count; i++) {
		for (size_t j = 0; j < entry->components[i].release_count; j++)
			entry->components[i].releases[j].payload = NULL;
	}
	return true;
}

static int library_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void library_add(const char *folder, const char *name, struct fm_library *ret)
{
	FM_TEXT_DONE struct fm_text path = { 0 };
	struct fm_library_entry *entry = &ret->entries[ret->count];

	fm_text_addf(&path, "%s/%s", folder, name);
	entry->path = strdup(path.data);
	entry->name = strdup(name);
	if (!entry->path || !entry->name)
		abort();
	fm_text_clean(entry->name);
	if (library_entry(entry))
		ret->count++;
	else
		library_entry_done(entry);
}

bool fm_library_read(const char *folder, struct fm_library *ret, struct fm_error *err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, library_visible, alphasort);

	*ret = (struct fm_library){ 0 };
	if (n < 0) {
		fm_fail_os(err, FM_FILE_OPEN, errno, "the library %s", folder);
		return fm_hint(err, "Name the folder that holds the packages.");
	}
	ret->entries = calloc((size_t)n + 1, sizeof(*ret->entries));
	if (!ret->entries)
		abort();
	for (int i = 0; i < n; i++) {
		library_add(folder, entries[i]->d_name, ret);
		free(entries[i]);
	}
	free(entries);
	return true;
}

/* May it be written over this version, as far as versions tell? */
static bool library_follows(const struct fm_component *component, const struct fm_release *release,
			    const char *running)
{
	if (fm_version_compare(release->version, running, component->format) != FM_ORDER_NEWER)
		return false;
	for (size_t i = 0; i < component->requirement_count; i++) {
		const struct fm_requirement *requirement = &component->requirements[i];

		if (requirement->kind == FM_REQUIRE_RUNNING &&
		    fm_requirement_met(requirement, running, component->format) != FM_ANSWER_YES)
			return false;
	}
	return true;
}

/* Firmware for the same units. */
static bool library_same(const struct fm_component *a, const struct fm_component *b)
{
	for (size_t i = 0; i < a->guid_count; i++) {
		for (size_t k = 0; k < b->guid_count; k++) {
			if (strcmp(a->guids[i], b->guids[k]) == 0)
				return a->format == b->format;
		}
	}
	return false;
}

struct library_node {
	struct fm_library_step step;
	size_t before; /* node that it was reached from, SIZE_MAX = the running version */
	unsigned depth;
	bool reached;
};

/* Every release that could be on the way. */
static struct library_node *library_nodes(const struct fm_library *library,
					  const struct fm_component *wanted, size_t *ret_count)
{
	struct library_node *nodes = NULL;
	size_t count = 0;

	for (size_t i = 0; i < library->count; i++) {
		const struct fm_library_entry *entry = &library->entries[i];

		for (size_t k = 0; k < entry->component_count; k++) {
			const struct fm_component *component = &entry->components[k];

			for (size_t j = 0; j < component->release_count; j++) {
				if (!library_same(component, wanted) ||
				    component->releases[j].proof == FM_PAYLOAD_NONE)
					continue;
				nodes = reallocarray(nodes, count + 1, sizeof(*nodes));
				if (!nodes)
					abort();
				nodes[count++] = (struct library_node){
					.step = { entry, component, &component->releases[j] }
				};
			}
		}
	}
	*ret_count = count;
	return nodes;
}

/* All that can be written over `running` (what node `from` leads to) and was not reached before. */
static void library_spread(struct library_node *nodes, size_t count, size_t from, unsigned depth,
			   const char *running)
{
	for (size_t i = 0; i < count; i++) {
		if (nodes[i].reached ||
		    !library_follows(nodes[i].step.component, nodes[i].step.release, running))
			continue;
		nodes[i].reached = true;
		nodes[i].before = from;
		nodes[i].depth = depth;
	}
}

static size_t library_steps(const struct library_node *nodes, size_t last,
			    struct fm_library_step ret[FM_LIBRARY_STEPS_MOST])
{
	size_t count = nodes[last].depth;

	for (size_t at = last, left = count; left > 0; at = nodes[at].before)
		ret[--left] = nodes[at].step;
	return count;
}

size_t fm_library_path(const struct fm_library *library, const struct fm_component *wanted,
		       const struct fm_release *release, const char *running,
		       struct fm_library_step ret[FM_LIBRARY_STEPS_MOST], bool *ret_found)
{
	FM_FREE struct library_node *nodes = NULL;
	size_t count;

	*ret_found = library_follows(wanted, release, running);
	if (*ret_found)
		return 0;
	nodes = library_nodes(library, wanted, &count);
	library_spread(nodes, count, SIZE_MAX, 1, running);
	for (unsigned depth = 1; depth <= FM_LIBRARY_STEPS_MOST; depth++) {
		for (size_t i = 0; i < count; i++) {
			if (!nodes[i].reached || nodes[i].depth != depth)
				continue;
			if (library_follows(wanted, release, nodes[i].step.release->version)) {
				*ret_found = true;
				return library_steps(nodes, i, ret);
			}
			library_spread(nodes, count, i, depth + 1, nodes[i].step.release->version);
		}
	}
	return 0;
}

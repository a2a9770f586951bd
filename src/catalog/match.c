/* Finding entries: by name through a sorted index, by USB ids and chip ids by looking at each. */
#include "catalog/catalog.h"

#include "catalog/internal.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Names are compared within the catalog that is being indexed. */
static int match_order(const void *a, const void *b, void *user)
{
	const struct fm_catalog *catalog = user;
	const struct fm_name *one = a, *other = b;
	int order = strcasecmp(one->name, other->name);

	if (order == 0)
		order = one->alias - other->alias;
	if (order == 0)
		order = catalog->entries[other->entry].user - catalog->entries[one->entry].user;
	if (order == 0)
		order = (one->entry > other->entry) - (one->entry < other->entry);
	return order;
}

static void match_collect(struct fm_catalog *catalog)
{
	size_t most = 0, count = 0;

	for (size_t i = 0; i < catalog->count; i++)
		most += 1 + catalog->entries[i].alias_count;
	free(catalog->names);
	catalog->names = calloc(most + 1, sizeof(*catalog->names));
	if (!catalog->names)
		abort();
	for (size_t i = 0; i < catalog->count; i++) {
		const struct fm_entry *entry = &catalog->entries[i];

		catalog->names[count++] = (struct fm_name){ entry->id, i, false };
		for (size_t k = 0; k < entry->alias_count; k++)
			catalog->names[count++] = (struct fm_name){ entry->aliases[k], i, true };
	}
	catalog->name_count = count;
	qsort_r(catalog->names, count, sizeof(*catalog->names), match_order, catalog);
}

/* `later` has the same name as `first`, which is found under it. */
static void match_settle(struct fm_catalog *catalog, const struct fm_name *first,
			 const struct fm_name *later)
{
	struct fm_entry *winner = &catalog->entries[first->entry];
	struct fm_entry *entry = &catalog->entries[later->entry];
	struct fm_findings findings = { entry->file, fm_catalog_problem, catalog, 0 };

	if (entry == winner || entry->overridden)
		return;
	if (!later->alias)
		entry->overridden = true;
	if (winner->user && !entry->user)
		return;
	fm_finding(&findings, entry->line, "%s '%s' is already taken by '%s' (%s:%d)",
		   later->alias ? "alias" : "id", later->name, winner->id, winner->file,
		   winner->line);
}

void fm_catalog_index(struct fm_catalog *catalog)
{
	match_collect(catalog);
	/* ids first: the aliases of an overridden definition count for nothing */
	for (int alias = 0; alias < 2; alias++) {
		size_t first = 0;

		for (size_t i = 0; i < catalog->name_count; i++) {
			const struct fm_name *name = &catalog->names[i];

			if (i == 0 || strcasecmp(name->name, catalog->names[first].name) != 0 ||
			    catalog->entries[catalog->names[first].entry].overridden)
				first = i;
			else if (name->alias == alias)
				match_settle(catalog, &catalog->names[first], name);
		}
	}
}

size_t fm_catalog_count(const struct fm_catalog *catalog)
{
	return catalog->count;
}

const struct fm_entry *fm_catalog_entry(const struct fm_catalog *catalog, size_t index)
{
	return &catalog->entries[index];
}

size_t fm_catalog_problems(const struct fm_catalog *catalog, const char *const **ret_texts)
{
	*ret_texts = catalog->problems;
	return catalog->problem_count;
}

const struct fm_entry *fm_catalog_find(const struct fm_catalog *catalog, const char *id)
{
	size_t low = 0, high = catalog->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcasecmp(catalog->names[middle].name, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < catalog->name_count && strcasecmp(catalog->names[low].name, id) == 0; low++) {
		const struct fm_entry *entry = &catalog->entries[catalog->names[low].entry];

		if (!entry->overridden)
			return entry;
	}
	return NULL;
}

static bool match_interface(const struct fm_usb_match *match, const struct fm_usb_interface *one)
{
	return (match->class_code < 0 || match->class_code == one->class_code) &&
	       (match->subclass < 0 || match->subclass == one->subclass) &&
	       (match->protocol < 0 || match->protocol == one->protocol) &&
	       (!*match->volume || fnmatch(match->volume, one->volume, 0) == 0);
}

static bool match_device(const struct fm_usb_match *match, const struct fm_usb_device *device)
{
	bool any = match->class_code < 0 && match->subclass < 0 && match->protocol < 0 &&
		   !*match->volume;

	if ((match->vid >= 0 && match->vid != device->vid) ||
	    (match->pid >= 0 && match->pid != device->pid) ||
	    (match->release >= 0 && match->release != device->release) ||
	    (*match->product && fnmatch(match->product, device->product, 0) != 0))
		return false;
	for (size_t i = 0; i < device->interface_count && !any; i++)
		any = match_interface(match, &device->interfaces[i]);
	return any;
}

const struct fm_usb_match *fm_usb_match_find(const struct fm_usb_match *matches, size_t count,
					     const struct fm_usb_device *device)
{
	for (size_t i = 0; i < count; i++) {
		if (match_device(&matches[i], device))
			return &matches[i];
	}
	return NULL;
}

size_t fm_catalog_match_usb(const struct fm_catalog *catalog, const struct fm_usb_device *device,
			    struct fm_usb_fit *ret, size_t most)
{
	size_t count = 0;
	bool exact = false;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct fm_entry *entry = &catalog->entries[i];
		const struct fm_usb_match *match =
			entry->overridden ? NULL
					  : fm_usb_match_find(entry->usb, entry->usb_count, device);

		if (!match || (exact && match->vid < 0))
			continue;
		if (!exact && match->vid >= 0) {
			exact = true;
			count = 0;
		}
		if (count < most)
			ret[count] = (struct fm_usb_fit){ entry, match };
		count++;
	}
	return count;
}

size_t fm_catalog_match_chip(const struct fm_catalog *catalog, const char *kind, const char *value,
			     const struct fm_entry **ret, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct fm_entry *entry = &catalog->entries[i];

		if (entry->kind != FM_DEVICE_CHIP || entry->overridden ||
		    strcmp(entry->chip_id_kind, kind) != 0 ||
		    strcasecmp(entry->chip_id, value) != 0)
			continue;
		if (count < most)
			ret[count] = entry;
		count++;
	}
	return count;
}

/* Finding entries: by name through a sorted index, by USB ids and chip ids by looking at each. */
#include "catalog/catalog.h"

#include "catalog/internal.h"

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

static bool match_has_usb(const struct fm_entry *entry, int vid, int pid)
{
	for (size_t i = 0; i < entry->usb_count; i++) {
		if (entry->usb[i].vid == vid && entry->usb[i].pid == pid)
			return true;
	}
	return false;
}

size_t fm_catalog_match_usb(const struct fm_catalog *catalog, int vid, int pid,
			    const struct fm_entry **ret, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct fm_entry *entry = &catalog->entries[i];

		if (entry->overridden || !match_has_usb(entry, vid, pid))
			continue;
		if (count < most)
			ret[count] = entry;
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

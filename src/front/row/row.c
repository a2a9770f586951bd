#include "front/row/row.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *row_mode(const struct fm_seen *seen)
{
	static const char *const names[] = {
		[FM_MODE_APPLICATION] = "app", [FM_MODE_BOOTLOADER] = "boot", [FM_MODE_ROM] = "rom"
	};

	return seen->model_count && *seen->usb_path ? names[seen->mode] : "";
}

static const char *row_state(const struct fm_seen *seen)
{
	if (!seen->present)
		return "AWAY";
	if (!seen->access)
		return "DENIED";
	if (seen->model_count && *seen->usb_path && seen->mode == FM_MODE_BOOTLOADER)
		return "BOOT";
	if (seen->model_count && *seen->usb_path && seen->mode == FM_MODE_ROM)
		return "ROM";
	return seen->model_total == 1 ? "READY" : "UNKNOWN";
}

/* Of a unit without a model: what it says itself. */
static void row_model(const struct fm_seen *seen, char *ret, size_t size)
{
	if (seen->model_total == 1)
		fm_text_copy(ret, size, seen->models[0]->id);
	else if (seen->model_total > 1)
		fm_text_copy(ret, size, "several");
	else if (seen->vid >= 0)
		snprintf(ret, size, "%04x:%04x", (unsigned)seen->vid, (unsigned)seen->pid);
	else
		fm_text_copy(ret, size, "?");
}

/* A chip was named by a person where the unit shows its family only. */
static bool row_is_model(const struct fm_catalog *catalog, const struct fm_seen *seen,
			 const char *model)
{
	const struct fm_entry *entry = fm_catalog_find(catalog, model);

	for (size_t i = 0; i < seen->model_count; i++) {
		if (strcmp(seen->models[i]->id, model) == 0 ||
		    (entry && strcmp(seen->models[i]->id, entry->family) == 0))
			return true;
	}
	return seen->model_count == 0;
}

/* The newest record of this place or, where the unit has a number of its own, of this unit. */
static bool row_last(const struct fm_catalog *catalog, struct fm_store *store,
		     const struct fm_seen *seen, struct fm_record *ret)
{
	struct fm_history_filter filter = { .unit = seen->serial, .newest = 1 };
	FM_FREE struct fm_record *records = NULL;
	char usb[40];
	struct fm_error err;
	size_t count;

	snprintf(usb, sizeof(usb), "usb %s", seen->usb_path);
	if (((*seen->usb_path && fm_store_last_at(store, usb, ret, &err)) ||
	     fm_store_last_at(store, seen->path, ret, &err)) &&
	    row_is_model(catalog, seen, ret->model))
		return true;
	if (!*seen->serial || seen->model_total != 1)
		return false;
	filter.model = seen->models[0]->id;
	if (!fm_store_list(store, &filter, &records, &count, &err) || count == 0 ||
	    !*records[0].outcome)
		return false;
	*ret = records[0];
	return true;
}

/* Was this left half written? */
static bool row_in_doubt(struct fm_store *store, const struct fm_record *last)
{
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count;

	if (!fm_store_in_doubt(store, &records, &count, &err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(records[i].port, last->port) == 0 &&
		    strcmp(records[i].model, last->model) == 0)
			return true;
	}
	return false;
}

static void row_from_records(const struct fm_catalog *catalog, struct fm_store *store,
			     const struct fm_seen *seen, struct fm_row *row)
{
	struct fm_record last;

	if (!store || !row_last(catalog, store, seen, &last))
		return;
	if (!*row->unit)
		fm_text_copy(row->unit, sizeof(row->unit), last.unit);
	if (row_in_doubt(store, &last)) {
		row->state = "RESCUE!";
		fm_text_copy(row->model, sizeof(row->model), last.model);
		fm_text_copy(row->file, sizeof(row->file), last.file);
		return;
	}
	if (*row->version)
		return;
	fm_text_copy(row->version, sizeof(row->version),
		     *last.version_after ? last.version_after : last.version_before);
	fm_text_copy(row->when, sizeof(row->when), last.end_utc);
}

void fm_row_make(const struct fm_catalog *catalog, struct fm_store *store,
		 const struct fm_seen *seen, struct fm_row *ret)
{
	*ret = (struct fm_row){ .state = row_state(seen), .mode = row_mode(seen) };
	row_model(seen, ret->model, sizeof(ret->model));
	fm_text_copy(ret->unit, sizeof(ret->unit), seen->serial);
	fm_text_copy(ret->version, sizeof(ret->version), seen->version);
	row_from_records(catalog, store, seen, ret);
}

/* The names that the bench has given to ports. */
static bool row_slots(struct fm_store *store, struct fm_seen *seen, size_t count,
		      struct fm_error *err)
{
	FM_FREE struct fm_slot *slots = NULL;
	FM_FREE struct fm_scan_slot *names = NULL;
	size_t slot_count = 0;

	if (!store)
		return true;
	if (!fm_store_slots(store, &slots, &slot_count, err))
		return false;
	names = calloc(slot_count + 1, sizeof(*names));
	if (!names)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of slots");
	for (size_t i = 0; i < slot_count; i++)
		names[i] = (struct fm_scan_slot){ slots[i].place, slots[i].name };
	fm_scan_slots(seen, count, names, slot_count);
	return true;
}

bool fm_row_scan(const struct fm_catalog *catalog, struct fm_store *store,
		 struct fm_seen **ret_seen, size_t *ret_count, struct fm_error *err)
{
	FM_FREE struct fm_added_port *ports = NULL;
	FM_FREE struct fm_scan_added *added = NULL;
	size_t count = 0;

	if (store && !fm_store_ports(store, &ports, &count, err))
		return false;
	added = calloc(count + 1, sizeof(*added));
	if (!added)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of ports");
	for (size_t i = 0; i < count; i++)
		added[i] = (struct fm_scan_added){ ports[i].path, ports[i].model };
	if (!fm_scan(catalog, added, count, ret_seen, ret_count, err))
		return false;
	if (row_slots(store, *ret_seen, *ret_count, err))
		return true;
	free(*ret_seen);
	*ret_seen = NULL;
	return false;
}

/* list: what is attached, from the system's lists and the records alone. Nothing is opened. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* One unit as list and watch show it. */
struct list_row {
	const char *state; /* a word */
	char model[48];
	const char *mode;
	char version[64]; /* as it tells, or last known; "" = never */
	char when[32];    /* of the last job, where the version is from there; "" = told now */
	char unit[64];
};

static const char *list_mode(const struct fm_seen *seen)
{
	static const char *const names[] = {
		[FM_MODE_APPLICATION] = "app", [FM_MODE_BOOTLOADER] = "boot", [FM_MODE_ROM] = "rom"
	};

	return seen->model_count && *seen->usb_path ? names[seen->mode] : "";
}

static const char *list_state(const struct fm_seen *seen)
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
static void list_model(const struct fm_seen *seen, char *ret, size_t size)
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
static bool list_is_model(const struct fm_cli *cli, const struct fm_seen *seen, const char *model)
{
	const struct fm_entry *entry = fm_catalog_find(cli->catalog, model);

	for (size_t i = 0; i < seen->model_count; i++) {
		if (strcmp(seen->models[i]->id, model) == 0 ||
		    (entry && strcmp(seen->models[i]->id, entry->family) == 0))
			return true;
	}
	return seen->model_count == 0;
}

/* The newest record of this place or, where the unit has a number of its own, of this unit. */
static bool list_last(const struct fm_cli *cli, const struct fm_seen *seen, struct fm_record *ret)
{
	struct fm_history_filter filter = { .unit = seen->serial, .newest = 1 };
	FM_FREE struct fm_record *records = NULL;
	char usb[40];
	struct fm_error err;
	size_t count;

	snprintf(usb, sizeof(usb), "usb %s", seen->usb_path);
	if (((*seen->usb_path && fm_store_last_at(cli->store, usb, ret, &err)) ||
	     fm_store_last_at(cli->store, seen->path, ret, &err)) &&
	    list_is_model(cli, seen, ret->model))
		return true;
	if (!*seen->serial || seen->model_total != 1)
		return false;
	filter.model = seen->models[0]->id;
	if (!fm_store_list(cli->store, &filter, &records, &count, &err) || count == 0 ||
	    !*records[0].outcome)
		return false;
	*ret = records[0];
	return true;
}

/* Was this left half written? */
static bool list_in_doubt(const struct fm_cli *cli, const struct fm_record *last)
{
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count;

	if (!fm_store_in_doubt(cli->store, &records, &count, &err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(records[i].port, last->port) == 0 &&
		    strcmp(records[i].model, last->model) == 0)
			return true;
	}
	return false;
}

static void list_from_records(const struct fm_cli *cli, const struct fm_seen *seen,
			      struct list_row *row)
{
	struct fm_record last;

	if (!cli->store || !list_last(cli, seen, &last))
		return;
	if (!*row->unit)
		fm_text_copy(row->unit, sizeof(row->unit), last.unit);
	if (list_in_doubt(cli, &last)) {
		row->state = "RESCUE!";
		fm_text_copy(row->model, sizeof(row->model), last.model);
		return;
	}
	if (*row->version)
		return;
	fm_text_copy(row->version, sizeof(row->version),
		     *last.version_after ? last.version_after : last.version_before);
	fm_text_copy(row->when, sizeof(row->when), last.end_utc);
}

static void list_row(const struct fm_cli *cli, const struct fm_seen *seen, struct list_row *ret)
{
	*ret = (struct list_row){ .state = list_state(seen), .mode = list_mode(seen) };
	list_model(seen, ret->model, sizeof(ret->model));
	fm_text_copy(ret->unit, sizeof(ret->unit), seen->serial);
	fm_text_copy(ret->version, sizeof(ret->version), seen->version);
	list_from_records(cli, seen, ret);
}

static json_t *list_number(int number)
{
	return number < 0 ? json_null() : json_integer(number);
}

static json_t *list_json(const struct fm_seen *seen, const struct list_row *row)
{
	json_t *models = json_array();

	for (size_t i = 0; i < seen->model_count; i++)
		json_array_append_new(models, json_string(seen->models[i]->id));
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:b}",
			 "state", row->state, "models", models, "mode", row->mode, "port",
			 seen->path, "usb_path", seen->usb_path, "by_path", seen->by_path, "vid",
			 list_number(seen->vid), "pid", list_number(seen->pid), "description",
			 seen->description, "serial", seen->serial, "version", seen->version,
			 "last_version", *row->when ? row->version : "", "last_seen", row->when,
			 "added", seen->added);
}

/* In 80 columns where the texts are as long as usual; none of them is cut, for scripts. */
static void list_print(const struct fm_seen *seen, const struct list_row *row)
{
	printf("%-7s %-16s %-4s %-9s %-15s %s", row->state, row->model, fm_cli_or_dash(row->mode),
	       fm_cli_or_dash(row->version), fm_cli_or_dash(row->unit), seen->path);
	if (*row->when)
		printf("  %.10s", row->when);
	else if (seen->model_total != 1 && *seen->description)
		printf("  %s", seen->description);
	putchar('\n');
}

void fm_cli_show_header(const struct fm_cli *cli, const char *event)
{
	if (cli->options.json)
		return;
	if (*event)
		printf("%-9s ", event);
	printf("%-7s %-16s %-4s %-9s %-15s %s\n", "STATE", "MODEL", "MODE", "FIRMWARE", "SERIAL",
	       "PORT");
}

void fm_cli_show_unit(const struct fm_cli *cli, const struct fm_seen *seen, const char *event)
{
	struct list_row row;

	list_row(cli, seen, &row);
	if (cli->options.json) {
		json_t *object = list_json(seen, &row);

		if (*event)
			json_object_set_new(object, "event", json_string(event));
		fm_cli_json(object, "unit");
		return;
	}
	if (*event)
		printf("%-9s ", event);
	list_print(seen, &row);
	fflush(stdout);
}

bool fm_cli_list(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE struct fm_seen *seen = NULL;
	size_t count;

	fm_cli_store_if_any(cli);
	if (!fm_cli_scan(cli, &seen, &count, err))
		return false;
	if (count)
		fm_cli_show_header(cli, "");
	for (size_t i = 0; i < count; i++)
		fm_cli_show_unit(cli, &seen[i], "");
	if (count == 0)
		fm_cli_message(
			cli,
			"no unit is attached ('flashmend ports add PATH MODEL' adds a port that "
			"the system does not list)");
	return true;
}

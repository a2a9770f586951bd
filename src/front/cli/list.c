/* list: what is attached, from the system's lists and the records alone. Nothing is opened. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/row/row.h"

#include <stdlib.h>
#include <string.h>

static json_t *list_number(int number)
{
	return number < 0 ? json_null() : json_integer(number);
}

static json_t *list_json(const struct fm_seen *seen, const struct fm_row *row)
{
	json_t *models = json_array();

	for (size_t i = 0; i < seen->model_count; i++)
		json_array_append_new(models, json_string(seen->models[i]->id));
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:b}",
		"state", row->state, "models", models, "mode", row->mode, "port", seen->path,
		"slot", seen->slot, "usb_path", seen->usb_path, "by_path", seen->by_path, "vid",
		list_number(seen->vid), "pid", list_number(seen->pid), "description",
		seen->description, "serial", seen->serial, "version", seen->version, "last_version",
		*row->when ? row->version : "", "last_seen", row->when, "added", seen->added);
}

/* In 80 columns where the texts are as long as usual; none of them is cut, for scripts. */
static void list_print(const struct fm_seen *seen, const struct fm_row *row)
{
	printf("%-7s %-16s %-4s %-9s %-15s %s", row->state, row->model, fm_cli_or_dash(row->mode),
	       fm_cli_or_dash(row->version), fm_cli_or_dash(row->unit), seen->path);
	if (*seen->slot)
		printf("  slot %s", seen->slot);
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
	struct fm_row row;

	fm_row_make(cli->catalog, cli->store, seen, &row);
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

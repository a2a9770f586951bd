/* list and watch: what is attached, from the system's lists and the records alone. Nothing is
 * opened. */
#include "front/cli/cli.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define WATCH_AGAIN_MS 200

/* One unit as list and watch show it. */
struct list_row {
	const char *state; /* a word */
	const char *model;
	char version[64], when[32]; /* last known, "" = never */
	char unit[64];
};

static const char *list_state(const struct fm_seen *seen)
{
	if (!seen->present)
		return "AWAY";
	if (!seen->access)
		return "DENIED";
	return seen->model_count == 1 ? "READY" : "UNKNOWN";
}

/* Was a unit of this model left half written at this port? */
static bool list_in_doubt(const struct fm_cli *cli, const char *port, const char *model)
{
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count;

	if (!fm_store_in_doubt(cli->store, &records, &count, &err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(records[i].port, port) == 0 && strcmp(records[i].model, model) == 0)
			return true;
	}
	return false;
}

static void list_row(const struct fm_cli *cli, const struct fm_seen *seen, struct list_row *ret)
{
	struct fm_record record;
	struct fm_error err;

	*ret = (struct list_row){ .state = list_state(seen), .model = "?" };
	if (seen->model_count == 1)
		ret->model = seen->models[0]->id;
	else if (seen->model_count > 1)
		ret->model = "several";
	fm_text_copy(ret->unit, sizeof(ret->unit), seen->serial);
	if (!cli->store || !fm_store_last_at(cli->store, seen->path, &record, &err) ||
	    (seen->model_count && strcmp(record.model, ret->model) != 0))
		return;
	if (!*ret->unit)
		fm_text_copy(ret->unit, sizeof(ret->unit), record.unit);
	if (list_in_doubt(cli, seen->path, record.model)) {
		ret->state = "RESCUE!";
		return;
	}
	fm_text_copy(ret->version, sizeof(ret->version),
		     *record.version_after ? record.version_after : record.version_before);
	fm_text_copy(ret->when, sizeof(ret->when), record.end_utc);
}

static json_t *list_json(const struct fm_seen *seen, const struct list_row *row)
{
	json_t *models = json_array();

	for (size_t i = 0; i < seen->model_count; i++)
		json_array_append_new(models, json_string(seen->models[i]->id));
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "state", row->state,
			 "models", models, "port", seen->path, "by_path", seen->by_path,
			 "description", seen->description, "serial", seen->serial, "last_version",
			 row->version, "last_seen", row->when, "added", seen->added);
}

static void list_print(const struct fm_seen *seen, const struct list_row *row)
{
	printf("%-8s %-20s %-10s %-16s %s", row->state, row->model, fm_cli_or_dash(row->version),
	       fm_cli_or_dash(row->unit), seen->path);
	if (*row->when)
		printf("  (last job there: %.10s)", row->when);
	else if (*seen->description)
		printf("  %s", seen->description);
	putchar('\n');
}

static void list_show(const struct fm_cli *cli, const struct fm_seen *seen, const char *event)
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
	if (!cli->options.json && count)
		printf("%-8s %-20s %-10s %-16s %s\n", "STATE", "MODEL", "FIRMWARE", "UNIT", "PORT");
	for (size_t i = 0; i < count; i++)
		list_show(cli, &seen[i], "");
	if (count == 0)
		fm_cli_message(
			cli,
			"no unit is attached ('flashmend ports add PATH MODEL' adds a port that "
			"the system does not list)");
	return true;
}

static bool watch_has(const struct fm_seen *seen, size_t count, const struct fm_seen *one)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(seen[i].path, one->path) == 0 && seen[i].present == one->present &&
		    strcmp(seen[i].serial, one->serial) == 0)
			return true;
	}
	return false;
}

/* Tell what left and what came since the last look. */
static void watch_compare(const struct fm_cli *cli, const struct fm_seen *before,
			  size_t before_count, const struct fm_seen *now, size_t now_count)
{
	for (size_t i = 0; i < before_count; i++) {
		if (before[i].present && !watch_has(now, now_count, &before[i]))
			list_show(cli, &before[i], "left");
	}
	for (size_t i = 0; i < now_count; i++) {
		if (now[i].present && !watch_has(before, before_count, &now[i]))
			list_show(cli, &now[i], "attached");
	}
}

static bool watch_until_signal(struct fm_cli *cli, int signals, struct fm_error *err)
{
	struct fm_seen *before = NULL;
	size_t before_count = 0;

	for (;;) {
		struct pollfd fd = { signals, POLLIN, 0 };
		struct fm_seen *now = NULL;
		size_t count;

		if (!fm_cli_scan(cli, &now, &count, err)) {
			free(before);
			return false;
		}
		watch_compare(cli, before, before_count, now, count);
		free(before);
		before = now;
		before_count = count;
		if (poll(&fd, 1, WATCH_AGAIN_MS) > 0)
			break;
	}
	free(before);
	return true;
}

bool fm_cli_watch(struct fm_cli *cli, struct fm_error *err)
{
	FM_CLOSE int signals = -1;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	fm_cli_store_if_any(cli);
	return watch_until_signal(cli, signals, err);
}

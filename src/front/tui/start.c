#include "front/tui/start.h"

#include "base/scope.h"

#include <inttypes.h>
#include <stdlib.h>

/* A unit that is not known may be known by one of them. */
static void start_definitions(struct fm_ui *ui)
{
	const char *const *problems;
	size_t count = ui->catalog ? fm_catalog_problems(ui->catalog, &problems) : 0;

	for (size_t i = 0; i < count; i++)
		fm_ui_log(ui, FM_STYLE_WARN, 0, "definition left out: %s", problems[i]);
	if (count)
		fm_ui_say(ui, FM_STYLE_WARN, true,
			  "%zu file%s with definitions left out: 5 (log) says why", count,
			  count == 1 ? "" : "s");
}

static void start_records(struct fm_ui *ui, const struct fm_tui_options *options)
{
	if (options->store_err.code == FM_OK)
		return;
	fm_ui_log(ui, FM_STYLE_BAD, 0, "%s%s%s", options->store_err.text,
		  *options->store_err.hint ? ": " : "", options->store_err.hint);
	fm_ui_say(ui, FM_STYLE_BAD, true, "No unit can be written: %s", options->store_err.text);
}

static void start_doubt(struct fm_ui *ui, const struct fm_tui_options *options)
{
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count = 0;

	if (!options->store || !fm_store_in_doubt(options->store, &records, &count, &err))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct fm_record *record = &records[i];

		fm_ui_log(ui, FM_STYLE_BAD, 0,
			  "ATTENTION: %s on %s was left %s by job %" PRId64 " (%s): flash it again",
			  record->model, record->port, record->unit_state, record->id,
			  record->verb);
		fm_ui_say(ui, FM_STYLE_BAD, true,
			  "ATTENTION: %s on %s was left %s: f flashes it again", record->model,
			  fm_ui_port(record->port), record->unit_state);
	}
}

void fm_start_tell(struct fm_ui *ui, const struct fm_tui_options *options)
{
	start_definitions(ui);
	start_records(ui, options);
	start_doubt(ui, options);
}

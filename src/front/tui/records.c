#include "front/tui/records.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void fm_records_select(struct fm_ui *ui, const struct fm_tui_options *options)
{
	size_t at = ui->index[FM_VIEW_HISTORY];
	struct fm_record record;
	struct fm_error err;

	free(ui->record_phases);
	ui->record_phases = NULL;
	ui->record_phase_count = 0;
	if (at < ui->record_count &&
	    !fm_store_get(options->store, ui->records[at].id, &record, &ui->record_phases,
			  &ui->record_phase_count, &err))
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s", err.text);
}

/* Of the history that is narrowed to one unit or slot, whatever lies above it; all for everybody
 * else. */
static struct fm_history_filter records_filter(const struct fm_ui *ui)
{
	struct fm_history_filter filter = { .newest = FM_UI_RECORDS };

	if (*ui->stack != FM_VIEW_HISTORY)
		return filter;
	if (ui->only == FM_ONLY_UNIT)
		filter.unit = ui->only_name;
	else if (ui->only == FM_ONLY_PORT)
		filter.port = ui->only_name;
	else if (ui->only == FM_ONLY_SLOT)
		filter.slot = ui->only_name;
	return filter;
}

/* What is wrong with the records, and what to do about it. */
static void records_say(struct fm_ui *ui, const struct fm_error *err)
{
	snprintf(ui->records_problem, sizeof(ui->records_problem), "%s", err->text);
	snprintf(ui->records_advice, sizeof(ui->records_advice), "%s",
		 *err->hint ? err->hint : fm_error_info(err->code)->advice);
}

static void records_tally(struct fm_ui *ui)
{
	bool wanted = false;
	struct fm_error err;

	free(ui->tally);
	ui->tally = NULL;
	ui->tally_count = 0;
	for (int i = 0; i < ui->depth; i++) /* below the help, too */
		wanted = wanted || ui->stack[i] == FM_VIEW_TALLY;
	if (wanted && !fm_tally_make(ui->records, ui->record_count, ui->tally_by, &ui->tally,
				     &ui->tally_count, &err))
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s", err.text);
	if (ui->index[FM_VIEW_TALLY] >= ui->tally_count)
		ui->index[FM_VIEW_TALLY] = 0;
}

/* The same record stays selected, wherever it stands now; out of sight the newest one does. */
static size_t records_row(const struct fm_ui *ui, const struct fm_record *records, size_t count)
{
	size_t at = ui->index[FM_VIEW_HISTORY];

	if (at == 0 && *ui->stack != FM_VIEW_HISTORY)
		return 0;
	for (size_t i = 0; at < ui->record_count && i < count; i++) {
		if (records[i].id == ui->records[at].id)
			return i;
	}
	return 0;
}

void fm_records_load(struct fm_ui *ui, const struct fm_tui_options *options)
{
	const struct fm_history_filter filter = records_filter(ui);
	struct fm_error err = options->store_err;
	struct fm_record *records = NULL;
	size_t count = 0;

	*ui->records_problem = '\0';
	if (!options->store || !fm_store_list(options->store, &filter, &records, &count, &err))
		records_say(ui, &err);
	ui->index[FM_VIEW_HISTORY] = records_row(ui, records, count);
	free(ui->records);
	ui->records = records;
	ui->record_count = count;
	records_tally(ui);
	fm_records_select(ui, options);
}

/* Of a unit without a number what was stored at its port. */
static size_t records_of_port(struct fm_backup *backups, size_t count, const char *port)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(backups[i].port, port) == 0)
			backups[kept++] = backups[i];
	}
	return kept;
}

void fm_records_backups(struct fm_ui *ui, const struct fm_tui_options *options)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	struct fm_backup_filter filter = { 0 };
	struct fm_error err = options->store_err;
	const char *serial;

	free(ui->backups);
	ui->backups = NULL;
	ui->backup_count = 0;
	*ui->records_problem = '\0';
	if (!unit)
		return;
	serial = fm_ui_unit_serial(unit);
	filter.model = fm_ui_unit_model(unit);
	filter.unit = *serial && !ui->backups_all ? serial : NULL;
	if (!options->store ||
	    !fm_store_backups(options->store, &filter, &ui->backups, &ui->backup_count, &err))
		records_say(ui, &err);
	else if (!*serial && !ui->backups_all)
		ui->backup_count = records_of_port(ui->backups, ui->backup_count, unit->seen.path);
	if (ui->index[FM_VIEW_BACKUPS] >= ui->backup_count)
		ui->index[FM_VIEW_BACKUPS] = 0;
}

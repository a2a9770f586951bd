#include "front/tui/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void facts_line(struct fm_view_pen *pen, const char *name, const char *value,
		       const char *source)
{
	char text[400];

	snprintf(text, sizeof(text), *value && *source ? "%s  (%s)" : "%s", value, source);
	fm_view_fact(pen, name, text);
}

static void facts_system(struct fm_view_pen *pen, const struct fm_ui_unit *unit)
{
	const struct fm_seen *seen = &unit->seen;
	char text[300];

	facts_line(pen, "model", *unit->model ? unit->model : unit->row.model,
		   *unit->model        ? "named here"
		   : seen->added       ? "named with 'ports add'"
		   : seen->model_total ? "by its USB ids"
				       : "no definition names it");
	if (seen->model_count && seen->model_total == 1)
		facts_line(pen, "name", seen->models[0]->name, seen->models[0]->vendor);
	facts_line(pen, "port", seen->path, "");
	facts_line(pen, "slot", seen->slot, "");
	if (unit->absent)
		facts_line(pen, "NOT THERE", "added by hand, and away: z in its details forgets it",
			   "");
	facts_line(pen, "at", seen->by_path, "");
	facts_line(pen, "says", seen->description, seen->vid >= 0 ? "USB" : "");
	if (seen->vid >= 0) {
		snprintf(text, sizeof(text), "%04x:%04x", (unsigned)seen->vid, (unsigned)seen->pid);
		facts_line(pen, "USB id", text, "");
	}
	facts_line(pen, "mode", unit->row.mode, "");
	facts_line(pen, "serial", seen->serial, "USB");
	if (!seen->access && !unit->left)
		facts_line(pen, "NO ACCESS",
			   "you may not open it: d in the devices (doctor) shows the rule or the "
			   "group "
			   "that is missing",
			   "");
	if (!unit->identity.count && *unit->row.version)
		facts_line(pen, "firmware", unit->row.version,
			   *unit->row.when ? unit->row.when : "told without being asked");
}

static void facts_memory(struct fm_view_pen *pen, const struct fm_ui_unit *unit)
{
	for (size_t i = 0; i < unit->memory.count; i++) {
		const struct fm_region *region = &unit->memory.regions[i];
		const char *use = region->flags & FM_REGION_WRITE    ? "written by flash"
				  : region->flags & FM_REGION_CONFIG ? "settings, kept"
								     : "never written";
		char size[16], text[120];

		fm_view_size(region->range.len, size);
		snprintf(text, sizeof(text), "%s 0x%08" PRIx64 " %s, %s",
			 fm_space_name(region->range.space), region->range.addr, size, use);
		facts_line(pen, region->name, text, "");
	}
}

bool fm_facts_is_of(const struct fm_record *record, const struct fm_ui_unit *unit)
{
	const char *serial = fm_ui_unit_serial(unit);

	return *serial ? strcmp(record->unit, serial) == 0
		       : strcmp(record->port, unit->seen.path) == 0;
}

/* The newest records of the unit. */
static void facts_history(struct fm_view_pen *pen, const struct fm_ui *ui,
			  const struct fm_ui_unit *unit)
{
	char text[160];

	if (fm_ui_top(ui) == FM_VIEW_DETAILS && pen->canvas->columns >= FM_WIDE)
		return; /* all of it stands beside */
	for (size_t i = 0, shown = 0; i < ui->record_count && shown < 3; i++) {
		const struct fm_record *record = &ui->records[i];

		if (!fm_facts_is_of(record, unit))
			continue;
		snprintf(text, sizeof(text), "%.10s %s %s %s", record->start_utc, record->verb,
			 *record->outcome ? record->outcome : "runs", record->version_after);
		facts_line(pen, shown ? " " : "history", text, "");
		shown++;
	}
}

/* It was not asked, or did not answer. */
static void facts_not_told(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			   struct fm_view_pen *pen)
{
	const struct fm_ui_job *asked = NULL;
	char text[600];

	for (size_t i = 0; i < ui->job_count; i++) {
		const struct fm_ui_job *job = ui->jobs[i];

		if (job->unit == unit->id && job->attachment == unit->attachment && !job->running &&
		    fm_ui_verb_asks(job->verb) && job->verb != FM_VERB_BLINK)
			asked = job;
	}
	if (!asked || asked->end.code == FM_OK)
		snprintf(text, sizeof(text),
			 "The unit itself was not asked yet: i does that. It may restart.");
	else
		snprintf(text, sizeof(text), "It was asked, and has not told who it is: E%d %s. %s",
			 fm_error_info(asked->end.code)->number, asked->end.error.text,
			 *asked->end.error.hint ? asked->end.error.hint
						: fm_error_info(asked->end.code)->advice);
	if (pen->row + 1 < pen->end)
		fm_canvas_wrap(
			pen->canvas, pen->row + 1, pen->column, pen->width, pen->end - pen->row - 1,
			asked && asked->end.code != FM_OK ? FM_STYLE_WARN : FM_STYLE_DIM, text);
}

void fm_facts_unit(const struct fm_ui *ui, const struct fm_ui_unit *unit, struct fm_view_pen *pen)
{
	const struct fm_ui_job *job = fm_ui_job(ui, unit->job);

	facts_system(pen, unit);
	for (size_t i = 0; i < unit->identity.count; i++) {
		const struct fm_fact *fact = &unit->identity.facts[i];

		facts_line(pen, fm_fact_name(fact->kind), fact->value, fact->source);
	}
	if (*unit->loader)
		facts_line(pen, "answered by", unit->loader, unit->chip);
	facts_memory(pen, unit);
	facts_history(pen, ui, unit);
	if (job)
		facts_line(pen, "last job", fm_verb_name(job->verb),
			   job->running ? "runs" : fm_outcome_name(job->end.outcome));
	if (!unit->identity.count && !unit->left && !fm_ui_job_on(ui, unit->id) &&
	    (fm_ui_top(ui) == FM_VIEW_DEVICES || fm_ui_top(ui) == FM_VIEW_DETAILS))
		facts_not_told(ui, unit, pen);
}

/* The units that are shown: from one event of detection to the next. */
#include "front/tui/ui.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool units_same_place(const struct fm_seen *a, const struct fm_seen *b)
{
	if (*a->usb_path || *b->usb_path)
		return strcmp(a->usb_path, b->usb_path) == 0 && a->part == b->part;
	return strcmp(a->path, b->path) == 0;
}

static struct fm_ui_unit *units_at(struct fm_ui *ui, const struct fm_seen *seen)
{
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (!ui->units[i].left && units_same_place(&ui->units[i].seen, seen))
			return &ui->units[i];
	}
	return NULL;
}

/* Both the same model, as far as the system tells. */
static bool units_alike(const struct fm_seen *a, const struct fm_seen *b)
{
	if (a->model_count && b->model_count)
		return a->models[0] == b->models[0];
	return a->vid == b->vid && a->pid == b->pid;
}

/* One that left and is the same as what came: by its serial number where only one has it, else by
 * its place. */
static struct fm_ui_unit *units_returning(struct fm_ui *ui, const struct fm_seen *seen)
{
	struct fm_ui_unit *by_serial = NULL, *by_place = NULL;
	size_t with_serial = 0;

	for (size_t i = 0; i < ui->unit_count; i++) {
		struct fm_ui_unit *unit = &ui->units[i];

		if (unit->absent && units_same_place(&unit->seen, seen))
			return unit;
		if (!units_alike(&unit->seen, seen) || strcmp(unit->seen.serial, seen->serial) != 0)
			continue;
		if (*seen->serial) {
			with_serial++;
			by_serial = unit->left ? unit : by_serial;
		}
		if (unit->left && units_same_place(&unit->seen, seen))
			by_place = unit;
	}
	return by_place ? by_place : with_serial == 1 ? by_serial : NULL;
}

/* Units first, then what may be one, then what has left. */
static int units_rank(const struct fm_ui_unit *unit)
{
	if (unit->left)
		return 2;
	return unit->seen.model_total == 0 && !*unit->model;
}

static int units_compare(const void *a, const void *b)
{
	const struct fm_ui_unit *one = a, *other = b;
	int order = units_rank(one) - units_rank(other);

	if (order)
		return order;
	order = strcmp(one->seen.path, other->seen.path);
	if (order)
		return order;
	return one->id < other->id ? -1 : one->id > other->id;
}

/* Nothing works on a unit that cannot be seen: one that is shown is selected, or none. */
static void units_select(struct fm_ui *ui)
{
	if (fm_ui_selected(ui))
		return;
	ui->selected = 0;
	for (size_t i = 0; i < ui->unit_count && !ui->selected; i++) {
		if (fm_ui_unit_shown(ui, &ui->units[i]))
			ui->selected = ui->units[i].id;
	}
}

static void units_sort(struct fm_ui *ui)
{
	if (ui->unit_count)
		qsort(ui->units, ui->unit_count, sizeof(*ui->units), units_compare);
	units_select(ui);
}

bool fm_ui_unit_shown(const struct fm_ui *ui, const struct fm_ui_unit *unit)
{
	const char *model = fm_ui_unit_model(unit);
	const char *const texts[] = { *model ? model : unit->row.model, fm_ui_unit_serial(unit),
				      unit->seen.path, unit->seen.slot,
				      fm_ui_unit_state(ui, unit) };

	if (!*ui->unit_filter || unit->id == ui->selected)
		return true;
	for (size_t i = 0; i < FM_COUNT(texts); i++) {
		if (strcasestr(texts[i], ui->unit_filter))
			return true;
	}
	return false;
}

void fm_ui_units_filter(struct fm_ui *ui, const char *text)
{
	uint64_t before = ui->selected;

	fm_text_copy(ui->unit_filter, sizeof(ui->unit_filter), text);
	ui->selected = 0;
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (ui->units[i].id == before && fm_ui_unit_shown(ui, &ui->units[i]))
			ui->selected = before;
	}
	units_select(ui);
}

static struct fm_ui_unit *units_add(struct fm_ui *ui)
{
	struct fm_ui_unit *unit;

	ui->units = realloc(ui->units, (ui->unit_count + 1) * sizeof(*ui->units));
	if (!ui->units)
		abort();
	unit = &ui->units[ui->unit_count++];
	*unit = (struct fm_ui_unit){ .id = ui->next_id++, .choices = ui->choices };
	return unit;
}

/* Did the newest job of it end badly? */
static bool units_lost(const struct fm_ui *ui, const struct fm_ui_unit *unit)
{
	const struct fm_ui_job *newest = NULL;

	for (size_t i = 0; i < ui->job_count; i++) {
		if (ui->jobs[i]->unit == unit->id)
			newest = ui->jobs[i];
	}
	return newest && !newest->running && newest->end.code != FM_OK;
}

/* A job takes its unit on USB through other modes and back, and knows it again by itself: what it
 * found still holds. What a job has lost, or what leaves another kind of port, a person took: what
 * comes then may be another one. */
static void units_arrive(struct fm_ui *ui, struct fm_ui_unit *unit, const struct fm_seen *seen)
{
	bool by_job = unit->left && unit->left_by_job &&
		      ui->now_ns - unit->since_ns < FM_UI_BACK_NS && *seen->usb_path &&
		      !units_lost(ui, unit) && units_same_place(&unit->seen, seen);

	unit->left = unit->left_by_job = unit->absent = false;
	unit->since_ns = ui->now_ns;
	if (by_job)
		return;
	unit->attachment++;
	if (!*seen->serial && unit->chosen) { /* it may be another one */
		unit->choices = ui->choices;
		unit->chosen++;
	}
	unit->identity = (struct fm_identity){ 0 };
	unit->memory = (struct fm_memory){ 0 };
	*unit->loader = *unit->chip = '\0';
}

/* Back within the time for which detection holds a unit, and not by a job's doing: as good a chance
 * as any to put another one there. */
static bool units_replugged(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			    const struct fm_seen *seen)
{
	unsigned before = unit->seen.usb.address, now = seen->usb.address;

	return before && now && before != now && !fm_ui_job_near(ui, unit->id);
}

void fm_ui_unit_event(struct fm_ui *ui, enum fm_track_event event, const struct fm_seen *seen,
		      const struct fm_row *row)
{
	static const char *const words[] = { [FM_TRACK_ATTACHED] = "attached",
					     [FM_TRACK_CHANGED] = "changed",
					     [FM_TRACK_RETURNED] = "returned",
					     [FM_TRACK_LEFT] = "left" };
	struct fm_ui_unit *unit = units_at(ui, seen);
	char label[80], text[400];

	if (event == FM_TRACK_LEFT && !unit)
		return;
	if (!unit) {
		unit = units_returning(ui, seen);
		unit = unit ? unit : units_add(ui);
		units_arrive(ui, unit, seen);
	} else if (event != FM_TRACK_LEFT && units_replugged(ui, unit, seen)) {
		units_arrive(ui, unit, seen);
	}
	unit->seen = *seen;
	if (row)
		unit->row = *row;
	if (event == FM_TRACK_LEFT) {
		unit->left = true;
		unit->left_by_job = fm_ui_job_near(ui, unit->id);
		unit->since_ns = ui->now_ns;
	}
	fm_ui_unit_label(unit, 26, label, sizeof(label));
	snprintf(text, sizeof(text), "%c %s %s: %s", event == FM_TRACK_LEFT ? '-' : '+', label,
		 words[event], seen->path);
	fm_ui_log(ui, FM_STYLE_PLAIN, 0, "%s", text);
	fm_ui_say(ui, FM_STYLE_PLAIN, false, "%s %s", ui->clock, text);
	units_sort(ui);
}

void fm_ui_units_absent(struct fm_ui *ui)
{
	for (size_t i = 0; i < ui->unit_count; i++)
		ui->units[i].absent = false;
}

struct fm_ui_unit *fm_ui_unit_absent(struct fm_ui *ui, const struct fm_seen *seen)
{
	struct fm_ui_unit *unit = NULL;
	uint64_t id;

	for (size_t i = 0; i < ui->unit_count && !unit; i++) {
		if (ui->units[i].left && units_same_place(&ui->units[i].seen, seen))
			unit = &ui->units[i];
	}
	if (!unit) {
		unit = units_add(ui);
		unit->left = true;
		/* as if it had left long ago: it goes with the next look once it is not added */
		unit->since_ns = ui->now_ns - FM_UI_LEFT_NS;
		unit->row = (struct fm_row){ .state = "", .mode = "" };
	}
	unit->seen = *seen;
	unit->absent = true;
	id = unit->id;
	units_sort(ui);
	return fm_ui_unit(ui, id);
}

void fm_ui_units_age(struct fm_ui *ui)
{
	size_t kept = 0;

	for (size_t i = 0; i < ui->unit_count; i++) {
		struct fm_ui_unit *unit = &ui->units[i];

		if (unit->left && !unit->absent && ui->now_ns - unit->since_ns >= FM_UI_LEFT_NS &&
		    !fm_ui_job_on(ui, unit->id))
			continue;
		if (kept != i)
			ui->units[kept] = *unit;
		kept++;
	}
	if (kept != ui->unit_count) {
		ui->unit_count = kept;
		units_sort(ui);
	}
	/* what a job told of a unit may be what the filter waits for */
	units_select(ui);
}

/* Devices: every unit that is attached, or has just left. */
#include "base/scope.h"
#include "base/text.h"
#include "front/tui/pane.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

/* Columns of the list where details stand beside it: usual, and with whole serials and paths. */
#define DEVICES_LIST 80
#define DEVICES_LONG 98
#define DEVICES_SLOT 4 /* at least, with their heading */

static enum fm_style devices_style(const char *state)
{
	if (strcmp(state, "READY") == 0 || strcmp(state, "NAMED") == 0)
		return FM_STYLE_GOOD;
	if (strcmp(state, "RESCUE!") == 0)
		return FM_STYLE_BAD;
	if (strcmp(state, "LEFT") == 0 || strcmp(state, "AWAY") == 0)
		return FM_STYLE_DIM;
	if (strcmp(state, "FLASH") == 0 || strcmp(state, "ERASE") == 0 ||
	    strcmp(state, "CHECK") == 0 || strcmp(state, "VERIFY") == 0 ||
	    strcmp(state, "BACKUP") == 0 || strcmp(state, "ASKED") == 0 ||
	    strcmp(state, "BLINK") == 0)
		return FM_STYLE_BUSY;
	return FM_STYLE_WARN;
}

/* What a person should know beside the row, "" = nothing. */
static void devices_remark(const struct fm_ui *ui, const struct fm_ui_unit *unit, char *ret,
			   size_t size)
{
	const struct fm_ui_job *job = fm_ui_job_on(ui, unit->id);
	char left[16] = "", rate[16], limit[32];
	int used;

	*ret = '\0';
	if (job && *job->ask) {
		snprintf(ret, size, "DO THIS: %s", job->ask);
	} else if (job && job->reading) {
		snprintf(ret, size, "reading %s ...", fm_ui_job_file(job));
	} else if (job && fm_ui_job_quiet_s(ui, job)) {
		fm_ui_job_limit(job, limit);
		snprintf(ret, size, "%s  no progress for %ld s%s%s", fm_phase_name(job->phase),
			 fm_ui_job_quiet_s(ui, job), limit,
			 fm_ui_job_writes(job) ? "  DO NOT UNPLUG" : "");
	} else if (job) {
		fm_view_size((uint64_t)fm_ui_job_rate(ui, job), rate);
		used = snprintf(ret, size, "%s  total %u %%", fm_phase_name(job->phase),
				job->permille / 10);
		if (job->progress.done)
			used += snprintf(ret + used, size - (size_t)used, "  %s/s", rate);
		if (fm_ui_job_left_s(ui, job) >= 0) {
			fm_view_span(fm_ui_job_left_s(ui, job), left);
			used += snprintf(ret + used, size - (size_t)used, "  this step ~%s", left);
		}
		snprintf(ret + used, size - (size_t)used, "%s",
			 fm_ui_job_writes(job) ? "     DO NOT UNPLUG" : "");
	} else if (unit->absent && unit->id == ui->selected) {
		snprintf(ret, size, "not there; z in its details forgets it");
	} else if (unit->left) {
		return;
	} else if (!unit->seen.access) {
		snprintf(ret, size, "no permission: d (doctor) shows the fix");
	} else if (strcmp(fm_ui_unit_state(ui, unit), "RESCUE!") == 0) {
		snprintf(ret, size, "its last job left it incomplete: f writes it again");
	} else if (unit->seen.model_total == 0 && !*unit->model && unit->id == ui->selected) {
		snprintf(ret, size, "no definition knows it: n says which model it is");
	} else if (unit->seen.model_total > 1 && !*unit->model) {
		snprintf(ret, size, "it looks the same for %zu models: n names the one that it is",
			 unit->seen.model_total);
	}
}

static void devices_result(const struct fm_ui *ui, const struct fm_ui_unit *unit, char *ret,
			   size_t size)
{
	const struct fm_ui_job *job = fm_ui_job(ui, unit->job);
	const char *version = fm_ui_unit_version(unit);
	bool told = job && !job->running && job->attachment == unit->attachment &&
		    (fm_ui_verb_changes(job->verb) || job->verb == FM_VERB_VERIFY);

	snprintf(ret, size, "%s%s%s",
		 *version ? version
		 : told   ? ""
			  : "?",
		 *version && told ? " " : "", told ? fm_outcome_name(job->end.outcome) : "");
}

/* Where the columns begin, and how wide they are. */
struct devices_columns {
	int slot_width; /* 0: no port has a name */
	int model, model_width, mode, version, version_width, serial, serial_width, port,
		port_width, seen;
};

/* The names of slots are shown whole; model, version and port make room for them. */
static struct devices_columns devices_columns(const struct fm_ui *ui, int width)
{
	bool whole = width >= DEVICES_LONG;
	struct devices_columns at = { .model_width = 16,
				      .version_width = 13,
				      .serial_width = whole ? 24 : 13,
				      .port_width = whole ? 20 : 13 };

	for (size_t i = 0; i < ui->unit_count; i++) {
		int len = (int)strlen(ui->units[i].seen.slot);

		if (len && at.slot_width < DEVICES_SLOT)
			at.slot_width = DEVICES_SLOT;
		at.slot_width = len > at.slot_width ? len : at.slot_width;
	}
	if (at.slot_width) {
		at.version_width -= 1;
		at.port_width -= 2;
		at.model_width -= at.slot_width - 2;
	}
	at.model = 9 + (at.slot_width ? at.slot_width + 1 : 0);
	at.mode = at.model + at.model_width + 1;
	at.version = at.mode + 5;
	at.serial = at.version + at.version_width + 1;
	at.port = at.serial + at.serial_width + 1;
	at.seen = at.port + at.port_width + 1;
	return at;
}

static int devices_heading(const struct devices_columns *at, struct fm_canvas *canvas, int row,
			   int width)
{
	const struct {
		int column;
		const char *word;
	} words[] = { { 1, "STATE" },
		      { 9, at->slot_width ? "SLOT" : "" },
		      { at->model, "MODEL" },
		      { at->mode, "MODE" },
		      { at->version, "FIRMWARE" },
		      { at->serial, "SERIAL" },
		      { at->port, "PORT" },
		      { at->seen, "SEEN" } };
	int below = fm_view_heading(canvas, row, width, "");

	for (size_t i = 0; i < FM_COUNT(words); i++)
		fm_canvas_text(canvas, row, words[i].column, 8, FM_STYLE_STRONG, words[i].word);
	return below;
}

/* A number that the unit itself did not tell is the port's last one, and a guess. */
static void devices_serial(const struct fm_ui_unit *unit, int width, char *ret, size_t size)
{
	bool guess = !*fm_identity_value(&unit->identity, FM_FACT_UNIQUE_ID) &&
		     !*fm_identity_value(&unit->identity, FM_FACT_SERIAL) && !*unit->seen.serial;

	if (!*fm_ui_unit_serial(unit)) {
		fm_text_copy(ret, size, "(no serial)");
		return;
	}
	if (guess)
		*ret = '?';
	fm_ui_unit_label(unit, width - guess, ret + guess, size - guess);
}

static void devices_row(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			const struct devices_columns *at, struct fm_canvas *canvas, int row)
{
	const char *state = fm_ui_unit_state(ui, unit), *model = fm_ui_unit_model(unit);
	bool whole = at->serial_width > 13;
	char seen[16] = "", result[80], serial[80];

	devices_result(ui, unit, result, sizeof(result));
	if (strcmp(state, "AWAY") != 0)
		fm_view_span((ui->now_ns - unit->since_ns) / 1000000000, seen);
	fm_canvas_text(canvas, row, 1, 8, devices_style(state), state);
	if (at->slot_width)
		fm_canvas_text(canvas, row, 9, at->slot_width, FM_STYLE_STRONG,
			       *unit->seen.slot ? unit->seen.slot : "--");
	fm_canvas_text(canvas, row, at->model, at->model_width, FM_STYLE_PLAIN,
		       *model ? model : unit->row.model);
	fm_canvas_text(canvas, row, at->mode, 4, FM_STYLE_PLAIN,
		       *unit->row.mode ? unit->row.mode : "-");
	fm_canvas_text(canvas, row, at->version, at->version_width, FM_STYLE_PLAIN, result);
	devices_serial(unit, at->serial_width, serial, sizeof(serial));
	fm_canvas_text(canvas, row, at->serial, at->serial_width, FM_STYLE_PLAIN, serial);
	fm_canvas_text(canvas, row, at->port, at->port_width, FM_STYLE_PLAIN,
		       whole && strlen(unit->seen.path) <= (size_t)at->port_width
			       ? unit->seen.path
			       : fm_ui_port(unit->seen.path));
	fm_canvas_format(canvas, row, at->seen, 6, FM_STYLE_DIM, "%s%s",
			 unit->left && *seen ? "-" : "", seen);
}

static size_t devices_count(const struct fm_ui *ui)
{
	size_t count = 0;

	for (size_t i = 0; i < ui->unit_count; i++)
		count += fm_ui_unit_shown(ui, &ui->units[i]);
	return count;
}

/* The unit in row `index` of those that are shown. */
static const struct fm_ui_unit *devices_nth(const struct fm_ui *ui, size_t index)
{
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (fm_ui_unit_shown(ui, &ui->units[i]) && index-- == 0)
			return &ui->units[i];
	}
	return NULL;
}

/* None is selected for a moment where one has just come to fit the filter. */
static size_t devices_at(const struct fm_ui *ui)
{
	size_t at = 0;

	for (size_t i = 0; fm_ui_selected(ui) && ui->units[i].id != ui->selected; i++)
		at += fm_ui_unit_shown(ui, &ui->units[i]);
	return at;
}

static void devices_summary(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	size_t attached = 0, ready = 0, left = 0, access = 0, rescue = 0, absent = 0;
	char text[300];
	int used = 0;

	for (size_t i = 0; i < ui->unit_count; i++) {
		const struct fm_ui_unit *unit = &ui->units[i];

		absent += unit->absent;
		left += unit->left && !unit->absent;
		attached += !unit->left;
		ready += !unit->left && strcmp(fm_ui_unit_state(ui, unit), "READY") == 0;
		access += !unit->left && !unit->seen.access;
		rescue += !unit->left && strcmp(fm_ui_unit_state(ui, unit), "RESCUE!") == 0;
	}
	if (*ui->unit_filter)
		used = snprintf(text, sizeof(text), "/%s shows %zu of %zu, Esc: all  | ",
				ui->unit_filter, devices_count(ui), ui->unit_count);
	used += snprintf(text + used, sizeof(text) - (size_t)used,
			 "%zu attached: %zu ready, %zu busy, %zu rescue, %zu no access", attached,
			 ready, fm_ui_running(ui), rescue, access);
	if (left)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "; %zu left", left);
	if (absent)
		snprintf(text + used, sizeof(text) - (size_t)used, "; %zu added, not there",
			 absent);
	fm_canvas_text(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN, text);
}

static void devices_empty(struct fm_canvas *canvas)
{
	static const char *const lines[] = {
		"No unit is attached.",
		"",
		"Plug one in: it appears here by itself. Nothing is opened to list it.",
		"A port that the system does not list, as a remote one: a adds it.",
		"A unit is plugged in and does not appear: d (doctor) looks why.",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fm_canvas_text(canvas, 6 + (int)i, 4, canvas->columns - 8, FM_STYLE_PLAIN,
			       lines[i]);
	fm_canvas_cursor(canvas, 6, 4);
}

static void devices_none(struct fm_canvas *canvas, int row)
{
	fm_canvas_text(canvas, row + 1, 4, canvas->columns - 8, FM_STYLE_WARN,
		       "No unit has the text of the filter. Esc shows all.");
	fm_canvas_cursor(canvas, row + 1, 4);
}

static int devices_lines(const struct fm_ui *ui, size_t index)
{
	char remark[400];

	devices_remark(ui, devices_nth(ui, index), remark, sizeof(remark));
	return *remark ? 2 : 1;
}

/* The first unit that is drawn, so that all of the selected one can be seen. */
static size_t devices_first(const struct fm_ui *ui, int height)
{
	size_t first = devices_at(ui);
	int used = devices_lines(ui, first);

	while (first > 0 && used + devices_lines(ui, first - 1) <= height)
		used += devices_lines(ui, --first);
	return first;
}

static void devices_list(const struct fm_ui *ui, const struct devices_columns *at,
			 struct fm_canvas *canvas, int row, int end, int width)
{
	const struct fm_ui_unit *unit;

	for (size_t i = devices_first(ui, end - row); row < end && (unit = devices_nth(ui, i));
	     i++) {
		char remark[400];

		devices_row(ui, unit, at, canvas, row);
		fm_canvas_hit(canvas, row, i);
		if (unit->id == ui->selected)
			fm_view_mark(canvas, row, width);
		row++;
		devices_remark(ui, unit, remark, sizeof(remark));
		if (*remark && row < end)
			fm_canvas_format(canvas, row++, 9, width - 10, FM_STYLE_PLAIN, "\\ %s",
					 remark);
	}
}

static void devices_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	struct fm_pane_room room;
	struct devices_columns at;
	int row;

	devices_summary(ui, canvas);
	room = fm_pane_beside(ui, fm_ui_selected(ui), canvas,
			      canvas->columns >= FM_VERY_WIDE ? DEVICES_LONG : DEVICES_LIST,
			      FM_VIEW_TOP + 1);
	at = devices_columns(ui, room.width);
	row = devices_heading(&at, canvas, FM_VIEW_TOP + 1, room.width);
	if (ui->unit_count == 0)
		devices_empty(canvas);
	else if (devices_count(ui) == 0)
		devices_none(canvas, row);
	else
		devices_list(ui, &at, canvas, row, room.end, room.width);
}

static void devices_select(struct fm_ui *ui, size_t index)
{
	ui->selected = devices_nth(ui, index)->id;
}

const struct fm_view fm_view_devices = {
	.name = "Devices",
	.draw = devices_draw,
	.count = devices_count,
	.at = devices_at,
	.select = devices_select,
};

/* History: the records of jobs, newest first, and the selected one below. */
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define HISTORY_BELOW 8 /* rows for the selected record */
/* Columns of a wide terminal. */
#define HISTORY_UNIT 84
#define HISTORY_FILE 110

static enum fm_style history_style(const char *outcome)
{
	if (strcmp(outcome, "PASS") == 0)
		return FM_STYLE_GOOD;
	return *outcome && strcmp(outcome, "NONE") != 0 ? FM_STYLE_BAD : FM_STYLE_PLAIN;
}

static void history_row(const struct fm_record *record, struct fm_canvas *canvas, int row)
{
	const char *outcome = *record->outcome ? record->outcome : "runs";
	const char *slash = strrchr(record->file, '/');
	bool wide = canvas->columns >= FM_WIDE;
	char code[16] = "";

	if (record->code)
		snprintf(code, sizeof(code), "E%d", record->code);
	fm_canvas_format(canvas, row, 1, 5, FM_STYLE_PLAIN, "%4lld", (long long)record->id);
	fm_canvas_format(canvas, row, 7, 17, FM_STYLE_PLAIN, "%.10s %.5s", record->start_utc,
			 strlen(record->start_utc) > 11 ? record->start_utc + 11 : "");
	fm_canvas_text(canvas, row, 24, 8, FM_STYLE_PLAIN, record->verb);
	fm_canvas_text(canvas, row, 33, 7, history_style(record->outcome), outcome);
	fm_canvas_text(canvas, row, 41, 4, FM_STYLE_PLAIN, code);
	fm_canvas_text(canvas, row, 46, 14, FM_STYLE_PLAIN, record->model);
	fm_canvas_format(canvas, row, 61, wide ? 22 : canvas->columns - 62, FM_STYLE_PLAIN,
			 "%s > %s", *record->version_before ? record->version_before : "-",
			 *record->version_after ? record->version_after : "-");
	if (!wide)
		return;
	fm_canvas_text(canvas, row, HISTORY_UNIT, 25, FM_STYLE_PLAIN,
		       *record->unit ? record->unit : fm_ui_port(record->port));
	fm_canvas_text(canvas, row, HISTORY_FILE, canvas->columns - HISTORY_FILE - 1,
		       FM_STYLE_PLAIN, slash ? slash + 1 : record->file);
}

/* "12 records, 9 of them PASS; E412 x2, E414 x1": the codes as they come, newest first. */
static void history_summary(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	static const char *const names[] = {
		[FM_ONLY_UNIT] = "unit", [FM_ONLY_PORT] = "port", [FM_ONLY_SLOT] = "slot"
	};
	size_t passed = 0, used;
	char text[400] = "";

	if (*ui->records_problem) {
		fm_canvas_text(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_BAD,
			       FM_VIEW_NO_RECORDS);
		return;
	}
	for (size_t i = 0; i < ui->record_count; i++)
		passed += strcmp(ui->records[i].outcome, "PASS") == 0;
	if (ui->only != FM_ONLY_ALL)
		snprintf(text, sizeof(text), "%s %.200s: ", names[ui->only], ui->only_name);
	used = strlen(text);
	used += (size_t)snprintf(text + used, sizeof(text) - used,
				 "%s%zu record%s, %zu of them PASS",
				 ui->record_count < FM_UI_RECORDS ? "" : "the newest ",
				 ui->record_count, ui->record_count == 1 ? "" : "s", passed);
	for (size_t i = 0; i < ui->record_count && used < sizeof(text); i++) {
		bool before = false;
		size_t count = 0;

		if (ui->records[i].code == 0)
			continue;
		for (size_t k = 0; k < ui->record_count; k++) {
			if (ui->records[k].code != ui->records[i].code)
				continue;
			before = before || k < i;
			count++;
		}
		if (!before)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "  E%d x%zu",
						 ui->records[i].code, count);
	}
	fm_canvas_text(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN, text);
}

static int history_line(struct fm_canvas *canvas, int row, const char *name, const char *value)
{
	if (!*value || row >= FM_VIEW_END(canvas))
		return row;
	fm_canvas_text(canvas, row, 2, 9, FM_STYLE_DIM, name);
	fm_canvas_text(canvas, row, 12, canvas->columns - 13, FM_STYLE_PLAIN, value);
	return row + 1;
}

static void history_below(const struct fm_ui *ui, const struct fm_record *record,
			  struct fm_canvas *canvas, int row)
{
	char text[400];
	size_t used = 0;

	fm_canvas_glyph(canvas, row++, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	snprintf(text, sizeof(text), "%s%s%s  state %s  %s", *record->unit ? record->unit : "-",
		 *record->slot ? "  slot " : "", record->slot,
		 *record->unit_state ? record->unit_state : "-", record->port);
	row = history_line(canvas, row, "unit", text);
	row = history_line(canvas, row, "file", record->file);
	row = history_line(canvas, row, "error", record->text);
	snprintf(text, sizeof(text), "%llu bytes written, %llu proved by %s, %u retries",
		 (unsigned long long)record->bytes_written,
		 (unsigned long long)record->bytes_verified, *record->verify ? record->verify : "-",
		 record->retries);
	row = history_line(canvas, row, "proof", *record->outcome ? text : "the job runs");
	text[0] = '\0';
	for (size_t i = 0; i < ui->record_phase_count && used < sizeof(text); i++) {
		const struct fm_phase_record *phase = &ui->record_phases[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s", i ? " " : "",
					 phase->phase,
					 phase->code        ? "(failed)"
					 : *phase->end_utc  ? ""
					 : *record->outcome ? "(never ended)"
							    : "(runs)");
	}
	row = history_line(canvas, row, "phases", text);
	row = history_line(canvas, row, "backup", record->backup);
	row = history_line(canvas, row, "checks", record->post_checks);
	row = history_line(canvas, row, "answered", record->answers);
	snprintf(text, sizeof(text), "%s %s %s", record->operator_name, record->station,
		 record->ticket);
	history_line(canvas, row, "who", text + strspn(text, " "));
}

void fm_view_no_records(const struct fm_ui *ui, struct fm_canvas *canvas, const char *none)
{
	int width = canvas->columns - 8, row = 6;

	fm_canvas_cursor(canvas, row, 4);
	if (!*ui->records_problem) {
		fm_canvas_wrap(canvas, row, 4, width, 4, FM_STYLE_PLAIN, none);
		return;
	}
	row += fm_canvas_wrap(canvas, row, 4, width, 4, FM_STYLE_BAD, ui->records_problem);
	fm_canvas_wrap(canvas, row + 1, 4, width, 4, FM_STYLE_PLAIN, ui->records_advice);
}

static void history_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	size_t at = ui->index[FM_VIEW_HISTORY], first;
	int height = canvas->rows - 8 - HISTORY_BELOW, row;

	history_summary(ui, canvas);
	row = fm_view_heading(canvas, FM_VIEW_TOP + 1, canvas->columns,
			      "   ID  BEGUN (UTC)      JOB      RESULT  CODE MODEL          "
			      "FIRMWARE");
	if (canvas->columns >= FM_WIDE) {
		fm_canvas_text(canvas, FM_VIEW_TOP + 1, HISTORY_UNIT, 8, FM_STYLE_STRONG, "UNIT");
		fm_canvas_text(canvas, FM_VIEW_TOP + 1, HISTORY_FILE, 8, FM_STYLE_STRONG, "FILE");
	}
	if (ui->record_count == 0) {
		fm_view_no_records(
			ui, canvas,
			ui->only == FM_ONLY_ALL
				? "No job was recorded yet. What writes to a unit, reads "
				  "it or compares it is recorded; asking is not."
				: "No job was recorded of it yet: a shows all records.");
		return;
	}
	first = fm_view_first(ui->record_count, at, height);
	for (size_t i = first; i < ui->record_count && i < first + (size_t)height; i++, row++) {
		history_row(&ui->records[i], canvas, row);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
	history_below(ui, &ui->records[at], canvas, FM_VIEW_END(canvas) - HISTORY_BELOW);
}

static size_t history_count(const struct fm_ui *ui)
{
	return ui->record_count;
}

static size_t history_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_HISTORY];
}

static void history_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_HISTORY] = index;
	ui->request.wish = FM_WISH_RECORD;
}

const struct fm_view fm_view_history = {
	.name = "History",
	.draw = history_draw,
	.count = history_count,
	.at = history_at,
	.select = history_select,
};

/* Result: one verdict, what was proved, what was not tested, what to do now. */
#include "front/tui/pane.h"
#include "front/tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RESULT_WIDTH 80 /* where the unit stands beside */

static enum fm_style result_style(enum fm_outcome outcome)
{
	return outcome == FM_OUTCOME_PASS ? FM_STYLE_GOOD : FM_STYLE_BAD;
}

/* A job that could not have the unit says nothing of what is done to it. */
static const char *result_plug(const struct fm_ui *ui, const struct fm_ui_job *job)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, job->unit);
	const struct fm_job_end *end = &job->end;
	bool gone = !unit || unit->left || unit->attachment != job->attachment;

	if (fm_ui_job_on(ui, job->unit))
		return "DO NOT UNPLUG: another job works on it";
	if (end->code == FM_BUSY)
		return "DO NOT UNPLUG: another program may work on it";
	if (end->outcome != FM_OUTCOME_PASS && end->changed)
		return gone ? "IT WAS UNPLUGGED: attach it and flash it again"
			    : "KEEP IT CONNECTED and flash it again";
	if (gone)
		return "IT WAS UNPLUGGED since";
	return end->outcome == FM_OUTCOME_NONE ? "SAFE TO UNPLUG: nothing was changed"
					       : "SAFE TO UNPLUG";
}

static int result_line(struct fm_canvas *canvas, const struct fm_pane_room *room, int row,
		       const char *name, const char *text)
{
	int used;

	if (!*text || row >= room->end)
		return row;
	fm_canvas_text(canvas, row, 2, 12, FM_STYLE_DIM, name);
	used = fm_canvas_wrap(canvas, row, 15, room->width - 16, room->end - row < 3 ? 1 : 3,
			      FM_STYLE_PLAIN, text);
	return row + (used > 0 ? used : 1);
}

static int result_proof(const struct fm_ui_job *job, struct fm_canvas *canvas,
			const struct fm_pane_room *room, int row)
{
	const struct fm_job_end *end = &job->end;
	char text[300] = "";

	if (end->bytes_written) {
		snprintf(text, sizeof(text), "%" PRIu64 " bytes, %u retries", end->bytes_written,
			 end->retries);
		row = result_line(canvas, room, row, "written", text);
	}
	if (end->bytes_verified) {
		snprintf(text, sizeof(text), "%" PRIu64 " bytes by %s", end->bytes_verified,
			 strcmp(end->verify, "hash") == 0 ? "the device's checksum"
							  : "reading back");
		row = result_line(canvas, room, row, "proved", text);
	}
	if (*end->version_after) {
		snprintf(text, sizeof(text), "%s, said by the unit itself (before: %s)",
			 end->version_after, *end->version_before ? end->version_before : "-");
		row = result_line(canvas, room, row, "version", text);
	}
	row = result_line(canvas, room, row, "post-checks", end->post_checks);
	if (end->bytes_not_tested) {
		snprintf(text, sizeof(text), "%" PRIu64 " bytes were not read back",
			 end->bytes_not_tested);
		row = result_line(canvas, room, row, "NOT TESTED", text);
	}
	return result_line(canvas, room, row, "NOT TESTED", end->not_tested);
}

static int result_failure(const struct fm_ui_job *job, struct fm_canvas *canvas,
			  const struct fm_pane_room *room, int row)
{
	const struct fm_error_info *info = fm_error_info(job->end.code);
	char text[400];

	if (job->end.code == FM_OK)
		return row;
	snprintf(text, sizeof(text), "E%d %s: %s", info->number, info->title, job->end.error.text);
	row = result_line(canvas, room, row, "what", text);
	return result_line(canvas, room, row, "next",
			   *job->end.error.hint ? job->end.error.hint : info->advice);
}

static void result_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);
	const char *slash;
	char text[400];
	struct fm_pane_room room;
	int row = FM_VIEW_TOP + 1;

	if (!job)
		return;
	room = fm_pane_beside(ui, fm_ui_unit(ui, job->unit), canvas, RESULT_WIDTH, row);
	slash = strrchr(job->path, '/');
	fm_canvas_format(canvas, row, 4, room.width - 6, result_style(job->end.outcome),
			 "*** %s ***", fm_outcome_name(job->end.outcome));
	fm_canvas_text(canvas, row, 24, room.width - 26, FM_STYLE_STRONG, result_plug(ui, job));
	fm_canvas_cursor(canvas, row, 4);
	row += 2;
	snprintf(text, sizeof(text), "%s%s %s", job->plan_only ? "plan of " : "",
		 fm_verb_name(job->verb), slash ? slash + 1 : job->path);
	row = result_line(canvas, &room, row, "job", text);
	snprintf(text, sizeof(text), "%s %s on %s%s%s", job->model, job->serial, job->port,
		 *job->slot ? ", slot " : "", job->slot);
	row = result_line(canvas, &room, row, "unit", text);
	row = result_line(canvas, &room, row, "its state",
			  fm_unit_state_name(job->end.unit_state)) +
	      1;
	row = result_failure(job, canvas, &room, row);
	row = result_proof(job, canvas, &room, row) + 1;
	fm_view_span((job->end_ns - job->begin_ns) / 1000000000, text);
	row = result_line(canvas, &room, row, "took", text);
	if (job->end.record) {
		snprintf(text, sizeof(text), "%lld (flashmend history show %lld)",
			 (long long)job->end.record, (long long)job->end.record);
		result_line(canvas, &room, row, "record", text);
	}
}

const struct fm_view fm_view_result = { .name = "Result", .draw = result_draw };

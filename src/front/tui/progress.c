/* Progress: the phases, the whole, and the live map of the memory. */
#include "base/scope.h"
#include "front/tui/pane.h"
#include "front/tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_BAR 48
#define PROGRESS_MAP 64   /* cells in a row */
#define PROGRESS_WIDTH 80 /* where the unit stands beside */

/* In the order in which they happen. */
static const enum fm_phase progress_order[] = {
	FM_PHASE_IDENTIFY, FM_PHASE_ENTER,  FM_PHASE_PREFLIGHT, FM_PHASE_BACKUP,  FM_PHASE_ERASE,
	FM_PHASE_WRITE,    FM_PHASE_VERIFY, FM_PHASE_RESTORE,   FM_PHASE_RESTART, FM_PHASE_CONFIRM,
};

static void progress_banner(const struct fm_ui_job *job, struct fm_canvas *canvas)
{
	bool writes = fm_ui_job_writes(job), whole = canvas->columns >= FM_VERY_WIDE;
	const char *slash = whole ? NULL : strrchr(job->path, '/');

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2,
			 writes ? FM_STYLE_BAD : FM_STYLE_STRONG, "%s%s%s %s on %s%s%s%s  %s",
			 writes ? "##  DO NOT UNPLUG  ##  " : "", job->plan_only ? "plan of " : "",
			 fm_verb_name(job->verb), *job->serial ? job->serial : job->model,
			 whole ? job->port : fm_ui_port(job->port), *job->slot ? " (slot " : "",
			 job->slot, *job->slot ? ")" : "", slash ? slash + 1 : job->path);
}

/* It was passed over: a later one has begun. */
static bool progress_skipped(const struct fm_ui_job *job, enum fm_phase phase)
{
	bool behind = false;

	for (size_t i = 0; i < FM_COUNT(progress_order); i++) {
		if (behind && job->phases[progress_order[i]].step != FM_UI_TODO)
			return job->phases[phase].step == FM_UI_TODO;
		behind = behind || progress_order[i] == phase;
	}
	return false;
}

static void progress_phase(const struct fm_ui_job *job, enum fm_phase phase, int number,
			   struct fm_canvas *canvas, int row, int column)
{
	static const enum fm_style styles[] = { FM_STYLE_DIM, FM_STYLE_BUSY, FM_STYLE_GOOD,
						FM_STYLE_BAD };
	enum fm_ui_step step = job->phases[phase].step;
	char text[16] = "";

	if (step == FM_UI_DONE)
		snprintf(text, sizeof(text), "done %.1fs",
			 (double)job->phases[phase].spent_ns / 1e9);
	else if (step == FM_UI_FAILED)
		snprintf(text, sizeof(text), "FAILED");
	else if (step == FM_UI_NOW && job->progress.total)
		snprintf(text, sizeof(text), "%" PRIu64 " %%",
			 job->progress.done * 100 / job->progress.total);
	else if (step == FM_UI_NOW)
		snprintf(text, sizeof(text), "now");
	else if (progress_skipped(job, phase))
		snprintf(text, sizeof(text), phase == FM_PHASE_BACKUP ? "not made" : "not needed");
	fm_canvas_format(canvas, row, column, 12, FM_STYLE_PLAIN, "%d %s", number,
			 fm_phase_name(phase));
	fm_canvas_format(canvas, row, column + 12, 13, styles[step], "[%10s]", text);
}

/* Three beside each other. Returns the row behind them. */
static int progress_phases(const struct fm_ui_job *job, struct fm_canvas *canvas, int row)
{
	int number = 0;

	for (size_t i = 0; i < FM_COUNT(progress_order); i++) {
		/* putting settings back is in no plan: it is seen when it is needed */
		if (!fm_ui_job_has(job, progress_order[i]) &&
		    job->phases[progress_order[i]].step == FM_UI_TODO)
			continue;
		progress_phase(job, progress_order[i], number + 1, canvas, row + number / 3,
			       2 + number % 3 * 26);
		number++;
	}
	return row + (number + 2) / 3;
}

static int progress_total(const struct fm_ui *ui, const struct fm_ui_job *job,
			  struct fm_canvas *canvas, int row, int width)
{
	int filled = (int)(job->permille * PROGRESS_BAR / 1000);
	long left = fm_ui_job_left_s(ui, job), quiet = fm_ui_job_quiet_s(ui, job);
	char size[16], span[16], elapsed[16], limit[32];

	fm_canvas_text(canvas, row, 1, 8, FM_STYLE_PLAIN, "Total  [");
	fm_canvas_glyph(canvas, row, 9, PROGRESS_BAR, FM_GLYPH_REST, FM_STYLE_DIM);
	fm_canvas_glyph(canvas, row, 9, filled, FM_GLYPH_FULL, FM_STYLE_BUSY);
	fm_canvas_format(canvas, row, 9 + PROGRESS_BAR, 20, FM_STYLE_STRONG, "] %3u %%",
			 job->permille / 10);
	row++;
	fm_view_size((uint64_t)fm_ui_job_rate(ui, job), size);
	fm_view_span(((job->running ? ui->now_ns : job->end_ns) - job->begin_ns) / 1000000000,
		     elapsed);
	fm_view_span(left, span);
	fm_canvas_format(canvas, row, 1, width - 2, FM_STYLE_PLAIN,
			 "Rate   %s/s   retries %u   elapsed %s   this step %s%s",
			 job->progress.done ? size : "-", job->retries, elapsed,
			 left >= 0 ? "~" : "", left >= 0 ? span : "-");
	row++;
	fm_ui_job_limit(job, limit);
	/* first what the hands must do: it may be to unplug it */
	if (*job->ask && quiet && *limit)
		fm_canvas_format(canvas, row, 1, width - 2, FM_STYLE_WARN, "DO THIS (%ld s%s): %s",
				 quiet, limit, job->ask);
	else if (*job->ask)
		fm_canvas_format(canvas, row, 1, width - 2, FM_STYLE_WARN, "DO THIS: %s", job->ask);
	else if (quiet)
		fm_canvas_format(canvas, row, 1, width - 2, FM_STYLE_WARN,
				 "No progress for %ld s%s. Leave it connected.", quiet, limit);
	else if (job->stopping)
		fm_canvas_text(canvas, row, 1, width - 2, FM_STYLE_WARN,
			       "Stopping at the next safe point.");
	else if (job->reading)
		fm_canvas_format(canvas, row, 1, width - 2, FM_STYLE_BUSY, "reading %s ...",
				 fm_ui_job_file(job));
	else
		fm_canvas_text(canvas, row, 1, width - 2, FM_STYLE_DIM, job->note);
	return row + 1;
}

static enum fm_style progress_cell_style(char cell)
{
	switch (cell) {
	case 'X':
		return FM_STYLE_BAD;
	case 'r':
	case 'P':
		return FM_STYLE_WARN;
	case '#':
	case '=':
		return FM_STYLE_GOOD;
	case '>':
	case 'w':
	case 'e':
		return FM_STYLE_BUSY;
	default:
		return FM_STYLE_DIM;
	}
}

static void progress_map(const struct fm_ui_job *job, struct fm_canvas *canvas, int row, int end)
{
	const struct fm_ui_map *map = &job->map;
	size_t first, line = map->count ? (size_t)((map->at - map->start) / map->cell_len) : 0;
	int height = end - row - 1;
	char size[16];

	if (map->count == 0 || height < 1)
		return;
	line = map->at == UINT64_MAX ? 0 : line / PROGRESS_MAP;
	fm_view_size(map->cell_len, size);
	fm_canvas_format(canvas, row, 1, PROGRESS_WIDTH - 2, FM_STYLE_PLAIN,
			 "Memory %s 0x%08" PRIX64 "-0x%08" PRIX64 "   one cell = %s",
			 fm_space_name(map->space), map->start,
			 map->start + map->cell_len * map->count - 1, size);
	first = fm_view_first((map->count + PROGRESS_MAP - 1) / PROGRESS_MAP, line, height);
	for (int i = 0; i < height; i++) {
		size_t cell = (first + (size_t)i) * PROGRESS_MAP;
		int column = 12;

		if (cell >= map->count)
			break;
		fm_canvas_format(canvas, row + 1 + i, 2, 9, FM_STYLE_DIM, "%8" PRIX64,
				 map->start + cell * map->cell_len);
		fm_canvas_glyph(canvas, row + 1 + i, 11, 1, FM_GLYPH_BAR, FM_STYLE_DIM);
		for (size_t k = cell; k < map->count && k < cell + PROGRESS_MAP; k++) {
			char text[2] = { fm_ui_map_cell(map, k) };

			column = fm_canvas_text(canvas, row + 1 + i, column, 1,
						progress_cell_style(*text), text);
		}
		fm_canvas_glyph(canvas, row + 1 + i, column, 1, FM_GLYPH_BAR, FM_STYLE_DIM);
	}
}

static void progress_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);
	struct fm_pane_room room;
	int end, row;

	if (!job)
		return;
	progress_banner(job, canvas);
	room = fm_pane_beside(ui, fm_ui_unit(ui, job->unit), canvas, PROGRESS_WIDTH,
			      FM_VIEW_TOP + 1);
	end = room.end;
	row = progress_phases(job, canvas, FM_VIEW_TOP + 1);
	row = progress_total(ui, job, canvas, row, room.width);
	progress_map(job, canvas, row, end - 3);
	if (job->map.count) {
		fm_canvas_text(canvas, end - 3, 2, room.width - 3, FM_STYLE_DIM,
			       ". not used  - to do  e erased  w written  # read back ok  = blank");
		fm_canvas_text(canvas, end - 2, 2, room.width - 3, FM_STYLE_DIM,
			       "P kept  r retried  X failed here  > now");
	}
	fm_canvas_format(canvas, end - 1, 1, room.width - 2, FM_STYLE_PLAIN,
			 "If interrupted now: %s", fm_ui_job_if_cut(job));
	fm_canvas_cursor(canvas, FM_VIEW_TOP, 1);
}

const struct fm_view fm_view_progress = { .name = "Flash", .draw = progress_draw };

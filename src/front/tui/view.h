/*
 * A view: one file behind one struct. Drawing is a pure function of the state. The frame (title,
 * message, keys) is drawn around it; the view's own rows are 1 to canvas->rows - 4.
 */
#ifndef FM_FRONT_TUI_VIEW_H
#define FM_FRONT_TUI_VIEW_H

#include "front/tui/ui.h"

struct fm_view {
	const char *name;
	void (*draw)(const struct fm_ui *ui, struct fm_canvas *canvas);
	/* of its list; NULL: it has none */
	size_t (*count)(const struct fm_ui *ui);
	size_t (*at)(const struct fm_ui *ui);
	void (*select)(struct fm_ui *ui, size_t index);
};

extern const struct fm_view fm_view_devices, fm_view_history, fm_view_library, fm_view_log,
	fm_view_details, fm_view_picker, fm_view_preflight, fm_view_progress, fm_view_result,
	fm_view_notes, fm_view_tally, fm_view_options, fm_view_backups, fm_view_page, fm_view_help;
extern const struct fm_view *const fm_views[FM_VIEW_COUNT]; /* by fm_ui_view */

/* The whole screen. */
void fm_ui_draw(const struct fm_ui *ui, struct fm_canvas *canvas);

/* Is there room for a view? Otherwise one small screen is drawn. */
bool fm_view_fits(const struct fm_canvas *canvas);

/* For the views. */
#define FM_VIEW_TOP 1                            /* first row of a view */
#define FM_VIEW_END(canvas) ((canvas)->rows - 3) /* behind its last */
#define FM_WIDE 110                              /* columns from which details stand beside */
#define FM_VERY_WIDE 132
#define FM_TALL 40

/* Which of `count` rows is drawn first, so that `at` can be seen among `height`. */
size_t fm_view_first(size_t count, size_t at, int height);
/* The headings of a list in one row, a line below. Returns the row behind it. */
int fm_view_heading(struct fm_canvas *canvas, int row, int width, const char *text);
/* Why there is nothing else to be seen; the cursor is on it. */
void fm_view_notice(struct fm_canvas *canvas, const char *text);
#define FM_VIEW_NO_RECORDS "The records cannot be read."
#define FM_VIEW_UNIT_GONE "The unit left, and is not shown any more. Esc goes back."
/* There is nothing in the list of records or backups: they cannot be read, or `none`, which says
 * why. */
void fm_view_no_records(const struct fm_ui *ui, struct fm_canvas *canvas, const char *none);
/* Why there is no firmware file, where files would lie, and what to do (library.c). */
void fm_view_no_files(const struct fm_ui *ui, struct fm_canvas *canvas);
/* The row that is selected: a mark, its style, the cursor. */
void fm_view_mark(struct fm_canvas *canvas, int row, int width);
/* "1.71M", "36.2 KiB" */
void fm_view_size(uint64_t bytes, char ret[16]);
/* "00:43" */
void fm_view_span(int64_t seconds, char ret[16]);
/* "[ok]", "[WARN]", "[FAIL]" before a line with a name. Returns the rows used. */
int fm_view_check(struct fm_canvas *canvas, int row, int width, enum fm_verdict verdict,
		  const char *name, const char *text);
/* Facts one below the other, each with its name. */
struct fm_view_pen {
	struct fm_canvas *canvas;
	int row, column, width, end; /* row: of the next */
};
/* "" = nothing is drawn; nor is what finds no room. */
void fm_view_fact(struct fm_view_pen *pen, const char *name, const char *value);
/* What a job that was planned will do to the unit; the file and the unit below (foresee.c). */
void fm_view_foresee(const struct fm_ui *ui, const struct fm_ui_unit *unit,
		     const struct fm_ui_job *check, struct fm_view_pen *pen);
/* A terminal that is too small for anything (too_small.c). */
void fm_view_too_small(const struct fm_ui *ui, struct fm_canvas *canvas);

#endif

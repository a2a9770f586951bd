/*
 * A screen in memory: a grid of cells, each a character and a style. Views draw on it and know
 * nothing of terminals, so that a screen can be tested from a state alone. Everything is clipped.
 * The last column stays empty: terminals do not agree on what becomes of the cursor behind it, and
 * in the last row some scroll.
 */
#ifndef FM_FRONT_TUI_CANVAS_H
#define FM_FRONT_TUI_CANVAS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What a cell means; the terminal's side decides how that looks. */
enum fm_style {
	FM_STYLE_PLAIN,
	FM_STYLE_DIM,
	FM_STYLE_STRONG,
	FM_STYLE_TITLE,
	FM_STYLE_SELECTED,
	FM_STYLE_GOOD,
	FM_STYLE_WARN,
	FM_STYLE_BAD,
	FM_STYLE_BUSY,
	FM_STYLE_COUNT
};

/* Characters that are not in ASCII on every terminal. */
enum fm_glyph { FM_GLYPH_LINE, FM_GLYPH_BAR, FM_GLYPH_FULL, FM_GLYPH_REST, FM_GLYPH_CUT };

#define FM_CELL_SECOND 0 /* the character before it takes two columns */

struct fm_cell {
	uint32_t character; /* one column wide, or two with FM_CELL_SECOND behind it */
	enum fm_style style;
};

struct fm_canvas {
	int rows, columns;
	bool ascii;
	int cursor_row, cursor_column; /* where the eye (or a Braille line) should be */
	struct fm_cell *cells;         /* rows * columns */
	int *hits; /* of each row: which row of the list is drawn there, -1 = none */
};

/* Memory exhaustion ends the program, as with texts. */
void fm_canvas_init(struct fm_canvas *canvas, int rows, int columns, bool ascii);
void fm_canvas_done(struct fm_canvas *canvas);
/* All blank, the cursor at the top left. */
void fm_canvas_clear(struct fm_canvas *canvas);
void fm_canvas_blank(struct fm_canvas *canvas, int row);
#define FM_CANVAS_DONE __attribute__((cleanup(fm_canvas_done)))

const struct fm_cell *fm_canvas_at(const struct fm_canvas *canvas, int row, int column);
/* A text (UTF-8) in at most `width` columns; one that is longer ends in a mark. Returns the column
 * behind it. */
int fm_canvas_text(struct fm_canvas *canvas, int row, int column, int width, enum fm_style style,
		   const char *text);
int fm_canvas_format(struct fm_canvas *canvas, int row, int column, int width, enum fm_style style,
		     const char *format, ...) FM_PRINTF(6, 7);
/* Words in at most `most` rows of `width` columns. Returns the rows used. */
int fm_canvas_wrap(struct fm_canvas *canvas, int row, int column, int width, int most,
		   enum fm_style style, const char *text);
void fm_canvas_glyph(struct fm_canvas *canvas, int row, int column, int count, enum fm_glyph glyph,
		     enum fm_style style);
/* Give the cells of a row another style. */
void fm_canvas_style(struct fm_canvas *canvas, int row, int column, int count, enum fm_style style);
void fm_canvas_hit(struct fm_canvas *canvas, int row, size_t index);
/* -1 = no row of a list. */
int fm_canvas_hit_at(const struct fm_canvas *canvas, int row);
void fm_canvas_cursor(struct fm_canvas *canvas, int row, int column);

#endif

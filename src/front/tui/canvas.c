#include "front/tui/canvas.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const struct {
	uint32_t ascii, unicode;
} canvas_glyphs[] = {
	[FM_GLYPH_LINE] = { '-', 0x2500 }, [FM_GLYPH_BAR] = { '|', 0x2502 },
	[FM_GLYPH_FULL] = { '#', 0x2588 }, [FM_GLYPH_REST] = { '.', 0x2591 },
	[FM_GLYPH_CUT] = { '~', 0x2026 },
};

void fm_canvas_init(struct fm_canvas *canvas, int rows, int columns, bool ascii)
{
	*canvas = (struct fm_canvas){ .rows = rows, .columns = columns, .ascii = ascii };
	canvas->cells = calloc((size_t)rows * (size_t)columns + 1, sizeof(*canvas->cells));
	canvas->hits = calloc((size_t)rows + 1, sizeof(*canvas->hits));
	if (!canvas->cells || !canvas->hits)
		abort();
	fm_canvas_clear(canvas);
}

void fm_canvas_done(struct fm_canvas *canvas)
{
	free(canvas->cells);
	free(canvas->hits);
	canvas->cells = NULL;
	canvas->hits = NULL;
}

void fm_canvas_blank(struct fm_canvas *canvas, int row)
{
	for (int column = 0; column < canvas->columns; column++)
		canvas->cells[row * canvas->columns + column] =
			(struct fm_cell){ ' ', FM_STYLE_PLAIN };
	canvas->hits[row] = -1;
}

void fm_canvas_clear(struct fm_canvas *canvas)
{
	for (int row = 0; row < canvas->rows; row++)
		fm_canvas_blank(canvas, row);
	canvas->cursor_row = canvas->cursor_column = 0;
}

const struct fm_cell *fm_canvas_at(const struct fm_canvas *canvas, int row, int column)
{
	return &canvas->cells[row * canvas->columns + column];
}

static bool canvas_inside(const struct fm_canvas *canvas, int row, int column)
{
	return row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns - 1;
}

static void canvas_put(struct fm_canvas *canvas, int row, int column, uint32_t character,
		       enum fm_style style)
{
	if (canvas_inside(canvas, row, column))
		canvas->cells[row * canvas->columns + column] =
			(struct fm_cell){ character, style };
}

static uint32_t canvas_glyph(const struct fm_canvas *canvas, enum fm_glyph glyph)
{
	return canvas->ascii ? canvas_glyphs[glyph].ascii : canvas_glyphs[glyph].unicode;
}

/* The next character of a text, and how many columns it takes; what can't be shown in one or two is
 * '?'. */
static uint32_t canvas_next(const struct fm_canvas *canvas, const char **text, int *ret_columns)
{
	size_t len = fm_text_character(*text, strlen(*text));
	const unsigned char *p = (const unsigned char *)*text;
	uint32_t character;

	*text += len ? len : 1;
	*ret_columns = 1;
	if (len <= 1)
		return len ? p[0] : '?';
	character = p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		character = character << 6 | (p[i] & 0x3fu);
	if (canvas->ascii || wcwidth((wchar_t)character) < 1)
		return '?';
	*ret_columns = wcwidth((wchar_t)character);
	return character;
}

int fm_canvas_text(struct fm_canvas *canvas, int row, int column, int width, enum fm_style style,
		   const char *text)
{
	int end = column + width;

	while (*text && column < end) {
		int columns;
		uint32_t character = canvas_next(canvas, &text, &columns);

		if (column + columns > end || (column + columns == end && *text)) {
			canvas_put(canvas, row, column, canvas_glyph(canvas, FM_GLYPH_CUT), style);
			return end;
		}
		if (columns == 2)
			canvas_put(canvas, row, column + 1, FM_CELL_SECOND, style);
		canvas_put(canvas, row, column, character, style);
		column += columns;
	}
	return column;
}

int fm_canvas_format(struct fm_canvas *canvas, int row, int column, int width, enum fm_style style,
		     const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fm_canvas_text(canvas, row, column, width, style, text);
}

/* How many bytes of the text `width` columns show. */
static size_t canvas_fits(const struct fm_canvas *canvas, const char *text, int width)
{
	const char *end = text;

	while (*end) {
		const char *next = end;
		int columns;

		canvas_next(canvas, &next, &columns);
		if (columns > width)
			break;
		width -= columns;
		end = next;
	}
	return (size_t)(end - text);
}

int fm_canvas_wrap(struct fm_canvas *canvas, int row, int column, int width, int most,
		   enum fm_style style, const char *text)
{
	int used = 0;

	text += strspn(text, " ");
	while (*text && used < most) {
		size_t len = 0, next = strcspn(text, " "), room = canvas_fits(canvas, text, width);
		char line[512];

		while (next <= room && text[len]) {
			len = next;
			next += strspn(text + next, " ");
			next += strcspn(text + next, " ");
			if (next == len)
				break;
		}
		if (len == 0) /* one word that is longer than a line */
			len = room;
		if (used == most - 1 || len >= sizeof(line))
			len = strlen(text);
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		fm_canvas_text(canvas, row + used++, column, width, style, line);
		text += strnlen(text, len);
		text += strspn(text, " ");
	}
	return used;
}

void fm_canvas_glyph(struct fm_canvas *canvas, int row, int column, int count, enum fm_glyph glyph,
		     enum fm_style style)
{
	for (int i = 0; i < count; i++)
		canvas_put(canvas, row, column + i, canvas_glyph(canvas, glyph), style);
}

void fm_canvas_style(struct fm_canvas *canvas, int row, int column, int count, enum fm_style style)
{
	for (int i = 0; i < count; i++) {
		if (canvas_inside(canvas, row, column + i))
			canvas->cells[row * canvas->columns + column + i].style = style;
	}
}

void fm_canvas_hit(struct fm_canvas *canvas, int row, size_t index)
{
	if (row >= 0 && row < canvas->rows)
		canvas->hits[row] = (int)index;
}

int fm_canvas_hit_at(const struct fm_canvas *canvas, int row)
{
	return row >= 0 && row < canvas->rows ? canvas->hits[row] : -1;
}

void fm_canvas_cursor(struct fm_canvas *canvas, int row, int column)
{
	canvas->cursor_row = row;
	canvas->cursor_column = column;
}

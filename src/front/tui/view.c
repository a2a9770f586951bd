#include "front/tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t fm_view_first(size_t count, size_t at, int height)
{
	size_t room = height > 0 ? (size_t)height : 1;

	if (count <= room || at < room / 2)
		return 0;
	return at - room / 2 + room > count ? count - room : at - room / 2;
}

int fm_view_heading(struct fm_canvas *canvas, int row, int width, const char *text)
{
	fm_canvas_text(canvas, row, 0, width, FM_STYLE_STRONG, text);
	fm_canvas_glyph(canvas, row + 1, 1, width - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	return row + 2;
}

void fm_view_notice(struct fm_canvas *canvas, const char *text)
{
	fm_canvas_text(canvas, 4, 2, canvas->columns - 3, FM_STYLE_WARN, text);
	fm_canvas_cursor(canvas, 4, 2);
}

void fm_view_mark(struct fm_canvas *canvas, int row, int width)
{
	fm_canvas_text(canvas, row, 0, 1, FM_STYLE_SELECTED, ">");
	fm_canvas_style(canvas, row, 0, width, FM_STYLE_SELECTED);
	fm_canvas_cursor(canvas, row, 0);
}

void fm_view_size(uint64_t bytes, char ret[16])
{
	if (bytes < 1024)
		snprintf(ret, 16, "%" PRIu64 " B", bytes);
	else if (bytes < 1024 * 1024)
		snprintf(ret, 16, "%.1f KiB", (double)bytes / 1024);
	else if (bytes < 1024 * 1024 * 100ull)
		snprintf(ret, 16, "%.2f MiB", (double)bytes / 1048576);
	else if (bytes < 1024 * 1024 * 1000ull)
		snprintf(ret, 16, "%.1f MiB", (double)bytes / 1048576); /* 9 columns */
	else
		snprintf(ret, 16, "%.2f GiB", (double)bytes / 1073741824);
}

void fm_view_span(int64_t seconds, char ret[16])
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 6000)
		snprintf(ret, 16, "%02d:%02d", (int)(seconds / 60), (int)(seconds % 60));
	else
		snprintf(ret, 16, "%dh%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
}

int fm_view_check(struct fm_canvas *canvas, int row, int width, enum fm_verdict verdict,
		  const char *name, const char *text)
{
	static const struct {
		const char *word;
		enum fm_style style;
	} words[] = { [FM_FITS] = { "[ok]", FM_STYLE_GOOD },
		      [FM_WARN] = { "[WARN]", FM_STYLE_WARN },
		      [FM_BLOCKED] = { "[FAIL]", FM_STYLE_BAD } };
	int used;

	fm_canvas_text(canvas, row, 2, 6, words[verdict].style, words[verdict].word);
	fm_canvas_text(canvas, row, 9, 10, FM_STYLE_PLAIN, name);
	used = fm_canvas_wrap(canvas, row, 20, width - 21, 2, FM_STYLE_PLAIN, text);
	return used > 0 ? used : 1;
}

void fm_view_fact(struct fm_view_pen *pen, const char *name, const char *value)
{
	if (!*value || pen->row >= pen->end)
		return;
	fm_canvas_text(pen->canvas, pen->row, pen->column, 12, FM_STYLE_DIM, name);
	pen->row += fm_canvas_wrap(pen->canvas, pen->row, pen->column + 13, pen->width - 13,
				   pen->end - pen->row < 3 ? 1 : 3, FM_STYLE_PLAIN, value);
}

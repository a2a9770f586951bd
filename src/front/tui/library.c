/* Library: the firmware files of a folder, and what each says about itself. */
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define LIBRARY_BELOW 5 /* rows for the selected file ... */
#define LIBRARY_LIST 80 /* ... and columns of the list where it stands beside */

static void library_row(const struct fm_ui_file *file, struct fm_canvas *canvas, int row, int width)
{
	bool good = file->problem.code == FM_OK;
	char size[16];

	fm_view_size(file->size, size);
	fm_canvas_text(canvas, row, 1, 7, good ? FM_STYLE_PLAIN : FM_STYLE_BAD,
		       file->unread ? "READS"
		       : good       ? file->format
				    : "BROKEN");
	fm_canvas_text(canvas, row, 9, 10, FM_STYLE_PLAIN, *file->version ? file->version : "?");
	fm_canvas_text(canvas, row, 20, 10, FM_STYLE_PLAIN, file->date);
	fm_canvas_format(canvas, row, 31, 9, FM_STYLE_PLAIN, "%8s", size);
	fm_canvas_text(canvas, row, 41, 8, FM_STYLE_PLAIN, *file->urgency ? file->urgency : "-");
	fm_canvas_text(canvas, row, 50, width - 51, FM_STYLE_PLAIN, file->name);
}

static void library_below(const struct fm_ui_file *file, struct fm_canvas *canvas, int row)
{
	int width = canvas->columns - 3;

	fm_canvas_glyph(canvas, row++, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	fm_canvas_text(canvas, row++, 2, width, FM_STYLE_PLAIN, file->path);
	if (file->problem.code != FM_OK) {
		fm_canvas_wrap(canvas, row, 2, width, 2, FM_STYLE_BAD, file->problem.text);
		return;
	}
	if (file->unread) {
		fm_canvas_format(canvas, row, 2, width, FM_STYLE_BUSY, "reading %s ...",
				 file->name);
		return;
	}
	fm_canvas_format(canvas, row++, 2, width, FM_STYLE_DIM, "sha256 %s", file->sha256);
	fm_canvas_text(canvas, row, 2, width, FM_STYLE_PLAIN,
		       *file->says ? file->says : "says nothing about whom it is for");
}

void fm_view_no_files(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	bool bad = ui->folder_problem.code != FM_OK;
	int width = canvas->columns - 8, row = 6;
	char text[600];

	fm_canvas_cursor(canvas, row, 4);
	snprintf(text, sizeof(text), bad ? "%s" : "No firmware file in %s",
		 bad ? ui->folder_problem.text : ui->folder);
	row += fm_canvas_wrap(canvas, row, 4, width, 3, bad ? FM_STYLE_BAD : FM_STYLE_PLAIN, text);
	if (*ui->library) {
		snprintf(text, sizeof(text), "The folder of packages is %s: %s",
			 ui->library_problem, ui->library);
		row += 1 + fm_canvas_wrap(canvas, row + 1, 4, width, 3, FM_STYLE_PLAIN, text);
	}
	snprintf(text, sizeof(text), "%so chooses another folder.",
		 *ui->library ? "Make it and put files there: they appear by themselves; "
		 : bad        ? ""
			      : "Put files there: they appear by themselves; ");
	fm_canvas_wrap(canvas, row + 1, 4, width, 2, FM_STYLE_PLAIN, text);
}

/* Where packages are looked for, while another folder is shown in its place. */
static void library_instead(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	if (*ui->library)
		fm_canvas_format(canvas, FM_VIEW_END(canvas) - 1, 2, canvas->columns - 3,
				 FM_STYLE_DIM, "packages: %s: %s", ui->library_problem,
				 ui->library);
}

/* On a wide terminal all that is known of the file, with the notes of its release. */
static void library_beside(const struct fm_ui_file *file, struct fm_view_pen *pen)
{
	const char *at = file->notes;

	fm_view_fact(pen, "path", file->path);
	fm_view_fact(pen, "WRONG", file->problem.code != FM_OK ? file->problem.text : "");
	if (file->problem.code != FM_OK || file->unread)
		return;
	fm_view_fact(pen, "sha256", file->sha256);
	fm_view_fact(pen, "says", *file->says ? file->says : "nothing about whom it is for");
	fm_view_fact(pen, "releases", file->releases);
	for (pen->row++; *at && pen->row < pen->end; at += *at == '\n') {
		char line[sizeof(file->notes)];
		size_t len = strcspn(at, "\n");
		int used;

		memcpy(line, at, len);
		line[len] = '\0';
		used = fm_canvas_wrap(pen->canvas, pen->row, pen->column, pen->width,
				      pen->end - pen->row, FM_STYLE_PLAIN, line);
		pen->row += used ? used : 1;
		at += len;
	}
}

static void library_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	size_t at = ui->index[FM_VIEW_LIBRARY], first;
	bool wide = canvas->columns >= FM_WIDE && ui->file_count;
	int width = wide ? LIBRARY_LIST : canvas->columns;
	int end = FM_VIEW_END(canvas) - (wide ? 1 : LIBRARY_BELOW), row = FM_VIEW_TOP + 1;
	struct fm_view_pen pen = { canvas, row, width + 2, canvas->columns - width - 3,
				   FM_VIEW_END(canvas) - 1 };

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "%zu file%s in %s", ui->file_count, ui->file_count == 1 ? "" : "s",
			 ui->folder);
	for (int i = row; wide && i < pen.end; i++)
		fm_canvas_glyph(canvas, i, width, 1, FM_GLYPH_BAR, FM_STYLE_DIM);
	row = fm_view_heading(canvas, row, width,
			      " FORMAT  VERSION    DATE           SIZE  URGENCY  FILE");
	if (ui->file_count == 0) {
		fm_view_no_files(ui, canvas);
		return;
	}
	first = fm_view_first(ui->file_count, at, end - row);
	for (size_t i = first; i < ui->file_count && row < end; i++, row++) {
		library_row(&ui->files[i], canvas, row, width);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, width);
	}
	if (wide)
		library_beside(&ui->files[at], &pen);
	else
		library_below(&ui->files[at], canvas, end);
	library_instead(ui, canvas);
}

static size_t library_count(const struct fm_ui *ui)
{
	return ui->file_count;
}

static size_t library_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_LIBRARY];
}

static void library_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_LIBRARY] = index;
}

const struct fm_view fm_view_library = {
	.name = "Library",
	.draw = library_draw,
	.count = library_count,
	.at = library_at,
	.select = library_select,
};

/* Library: the firmware files of a folder, and what each says about itself. */
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define LIBRARY_BELOW 5 /* rows for the selected file */

static void library_row(const struct fm_ui_file *file, struct fm_canvas *canvas, int row)
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
	fm_canvas_text(canvas, row, 50, canvas->columns - 51, FM_STYLE_PLAIN, file->name);
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

static void library_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	size_t at = ui->index[FM_VIEW_LIBRARY], first;
	int height = canvas->rows - 8 - LIBRARY_BELOW, row;

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "%zu files in %s", ui->file_count, ui->folder);
	row = fm_view_heading(canvas, FM_VIEW_TOP + 1, canvas->columns,
			      " FORMAT  VERSION    DATE           SIZE  URGENCY  FILE");
	if (ui->file_count == 0) {
		bool bad = ui->folder_problem.code != FM_OK;

		fm_canvas_text(canvas, 6, 4, canvas->columns - 8,
			       bad ? FM_STYLE_BAD : FM_STYLE_PLAIN,
			       bad ? ui->folder_problem.text
				   : "No firmware file here: o chooses another folder.");
		fm_canvas_cursor(canvas, 6, 4);
		return;
	}
	first = fm_view_first(ui->file_count, at, height);
	for (size_t i = first; i < ui->file_count && i < first + (size_t)height; i++, row++) {
		library_row(&ui->files[i], canvas, row);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
	library_below(&ui->files[at], canvas, FM_VIEW_END(canvas) - LIBRARY_BELOW);
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

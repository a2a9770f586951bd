/* Notes: what a package says of its release. */
#include "front/tui/about.h"
#include "front/tui/view.h"

#include <string.h>

#define NOTES_LINE_ROWS 12 /* of one paragraph, at most */

static size_t notes_count(const struct fm_ui *ui)
{
	const struct fm_ui_file *file = fm_about_notes(ui);
	size_t count = 0;

	for (const char *at = file ? file->notes : ""; *at; count++) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return count;
}

static size_t notes_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_NOTES];
}

static void notes_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_NOTES] = index;
}

/* From the selected line on, so that whatever is long can be reached. */
static void notes_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_file *file = fm_about_notes(ui);
	int row = FM_VIEW_TOP + 3, end = FM_VIEW_END(canvas);
	const char *at = file ? file->notes : "";

	if (!file) {
		fm_view_notice(canvas, "The file is not there any more.");
		return;
	}
	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_STRONG,
			 "%s  version %s  %s%s%s", file->name, *file->version ? file->version : "?",
			 file->date, *file->urgency ? "  urgency " : "", file->urgency);
	fm_canvas_text(canvas, FM_VIEW_TOP + 1, 1, canvas->columns - 2, FM_STYLE_DIM, file->says);
	fm_canvas_glyph(canvas, FM_VIEW_TOP + 2, 1, canvas->columns - 2, FM_GLYPH_LINE,
			FM_STYLE_DIM);
	fm_canvas_cursor(canvas, row, 0);
	if (!*at)
		fm_canvas_text(canvas, row, 2, canvas->columns - 3, FM_STYLE_PLAIN,
			       "It has no release notes.");
	for (size_t i = 0; *at && row < end; i++) {
		size_t len = strcspn(at, "\n");
		char line[sizeof(file->notes)];
		int used, most = end - row < NOTES_LINE_ROWS ? end - row : NOTES_LINE_ROWS;

		memcpy(line, at, len);
		line[len] = '\0';
		if (i >= notes_at(ui)) {
			if (i == notes_at(ui))
				fm_canvas_text(canvas, row, 0, 1, FM_STYLE_SELECTED, ">");
			used = fm_canvas_wrap(canvas, row, 2, canvas->columns - 3, most,
					      FM_STYLE_PLAIN, line);
			row += used > 0 ? used : 1;
		}
		at += len;
		at += *at == '\n';
	}
}

const struct fm_view fm_view_notes = {
	.name = "Notes",
	.draw = notes_draw,
	.count = notes_count,
	.at = notes_at,
	.select = notes_select,
};

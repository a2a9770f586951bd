/* A terminal too small for the views: what must be known all the same. */
#include "front/tui/view.h"

#include <stdio.h>

/* What is typed is seen here, too. Returns the row behind it. */
static int too_small_prompt(const struct fm_ui *ui, struct fm_canvas *canvas, int row)
{
	int column;

	row += fm_canvas_wrap(canvas, row, 0, canvas->columns, 3, FM_STYLE_STRONG,
			      ui->prompt.label);
	column = fm_canvas_text(canvas, row, 0, canvas->columns, FM_STYLE_PLAIN, ui->prompt.text);
	if (row < canvas->rows && column < canvas->columns)
		fm_canvas_cursor(canvas, row, column);
	return row + 1;
}

void fm_view_too_small(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = 0;

	for (size_t i = 0; i < ui->job_count; i++) {
		const struct fm_ui_job *job = ui->jobs[i];

		if (!job->running)
			continue;
		if (fm_ui_job_writes(job))
			fm_canvas_text(canvas, row++, 0, canvas->columns, FM_STYLE_BAD,
				       "DO NOT UNPLUG");
		fm_canvas_format(canvas, row++, 0, canvas->columns, FM_STYLE_PLAIN, "%s %u %% %s",
				 fm_phase_name(job->phase), job->permille / 10,
				 *job->serial ? job->serial : job->port);
	}
	if (ui->prompt.question != FM_QUESTION_NONE)
		row = too_small_prompt(ui, canvas, row);
	else if (ui->message_stays)
		row += fm_canvas_wrap(canvas, row, 0, canvas->columns, 3, ui->message_style,
				      ui->message);
	fm_canvas_wrap(canvas, row, 0, canvas->columns, 3, FM_STYLE_PLAIN,
		       fm_ui_top(ui) > FM_VIEW_LOG
			       ? "too small: 80x24 is needed; 1 and then q quits"
			       : "too small: 80x24 is needed; q quits");
}

/* The jobs that run: started from a request of the UI, their ends taken back into its state. */
#ifndef FM_FRONT_TUI_WORK_H
#define FM_FRONT_TUI_WORK_H

#include "front/tui/tui.h"
#include "front/tui/ui.h"

struct fm_work;

bool fm_work_new(const struct fm_tui_options *options, struct fm_work **ret_work,
		 struct fm_error *err) FM_MUST_CHECK;
/* Waits for those that run, and for files that are read. */
void fm_work_free(struct fm_work *work);

/* Each is readable when fm_work_take has something to do: events, files that were read. */
int fm_work_fd(const struct fm_work *work);
int fm_work_news(const struct fm_work *work);
/* All events that wait. True: there was one; *ret_ended when a job has ended. */
bool fm_work_take(struct fm_work *work, struct fm_ui *ui, bool *ret_ended);

/* How long each waits at most for what it waits for now, into the state. */
void fm_work_look(const struct fm_work *work, struct fm_ui *ui);

/* ui->request is a job: first its file is read, beside all else. That it cannot be started is shown
 * as its end. */
void fm_work_start(struct fm_work *work, struct fm_ui *ui, const struct fm_ui_request *request);
/* Cancel it, or stop it at its next safe point. */
void fm_work_stop(struct fm_work *work, struct fm_ui *ui, uint64_t number);
/* Cancel all jobs that have not touched their unit yet. */
void fm_work_cancel(struct fm_work *work, struct fm_ui *ui, enum fm_code code);
size_t fm_work_running(const struct fm_work *work);
/* The first thing that went wrong with a job that changes its unit; FM_OK = nothing did. */
const struct fm_error *fm_work_problem(const struct fm_work *work);

#endif

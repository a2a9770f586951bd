/* What the view on top is about, and why something cannot be done with it now. */
#ifndef FM_FRONT_TUI_ABOUT_H
#define FM_FRONT_TUI_ABOUT_H

#include "front/tui/ui.h"

/* NULL = none, or not any more. */
struct fm_ui_unit *fm_about_unit(const struct fm_ui *ui);
const struct fm_ui_file *fm_about_file(const struct fm_ui *ui);
/* The package whose release notes are meant, in the picker or the library. */
const struct fm_ui_file *fm_about_notes(const struct fm_ui *ui);
/* The record that is selected in the history, and the unit that it is of, where that is attached.
 */
const struct fm_record *fm_about_record(const struct fm_ui *ui);
struct fm_ui_unit *fm_about_record_unit(const struct fm_ui *ui);
/* The one that is selected in the backups. */
const struct fm_backup *fm_about_backup(const struct fm_ui *ui);
/* Another unit in its boot loader that cannot be told from the one that the view is about: the same
 * model, the same number or none. NULL = there is none. */
const struct fm_ui_unit *fm_about_twin(const struct fm_ui *ui);
/* Of what the preflight is about on this unit. */
struct fm_ui_job *fm_about_check(const struct fm_ui *ui);
/* Was something asked of this attachment of the unit with other options than are chosen now? */
bool fm_about_changed(const struct fm_ui *ui);

/* Each: a sentence for the person, or NULL: it can be done. */
const char *fm_why_no_unit(const struct fm_ui *ui);
/* A unit that is there, and no job runs on it. */
const char *fm_why_not_free(const struct fm_ui *ui);
const char *fm_why_no_job(const struct fm_ui *ui);
const char *fm_why_no_progress(const struct fm_ui *ui);
const char *fm_why_no_file(const struct fm_ui *ui);
const char *fm_why_no_rules(const struct fm_ui *ui);
const char *fm_why_no_start(const struct fm_ui *ui);
const char *fm_why_no_notes(const struct fm_ui *ui);
const char *fm_why_no_erase(const struct fm_ui *ui);
const char *fm_why_no_restore(const struct fm_ui *ui);
const char *fm_why_no_rollback(const struct fm_ui *ui);
const char *fm_why_no_question(const struct fm_ui *ui);
/* The backup of the record that is selected. */
const char *fm_why_no_backup_of(const struct fm_ui *ui);
const char *fm_why_all_records(const struct fm_ui *ui);
const char *fm_why_no_tally(const struct fm_ui *ui);
const char *fm_why_no_backup(const struct fm_ui *ui);
const char *fm_why_not_added(const struct fm_ui *ui);
const char *fm_why_no_model(const struct fm_ui *ui);
const char *fm_why_no_inspect(const struct fm_ui *ui);
const char *fm_why_no_record(const struct fm_ui *ui);
const char *fm_why_no_stop(const struct fm_ui *ui);
const char *fm_why_no_other_job(const struct fm_ui *ui);
const char *fm_why_no_suspend(const struct fm_ui *ui);

#endif

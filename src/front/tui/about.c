#include "front/tui/about.h"

#include "front/tui/host.h"

#include <string.h>

/* The unit that the view is about. */
struct fm_ui_unit *fm_about_unit(const struct fm_ui *ui)
{
	return fm_ui_top(ui) == FM_VIEW_DEVICES ? fm_ui_selected(ui) : fm_ui_unit(ui, ui->unit);
}

const struct fm_ui_unit *fm_about_twin(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	if (!unit || unit->seen.mode == FM_MODE_APPLICATION)
		return NULL;
	for (size_t i = 0; i < ui->unit_count; i++) {
		const struct fm_ui_unit *other = &ui->units[i];

		if (other != unit && !other->left && other->seen.mode == unit->seen.mode &&
		    *other->seen.usb_path && other->seen.vid == unit->seen.vid &&
		    other->seen.pid == unit->seen.pid &&
		    strcmp(other->seen.serial, unit->seen.serial) == 0)
			return other;
	}
	return NULL;
}

const char *fm_why_no_unit(const struct fm_ui *ui)
{
	if (fm_about_unit(ui))
		return NULL;
	if (fm_ui_top(ui) != FM_VIEW_DEVICES)
		return "the unit is not attached any more";
	return *ui->unit_filter ? "no unit fits the filter: Esc shows all" : "no unit is attached";
}

/* A unit that is there, and no job runs on it. */
const char *fm_why_not_free(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	if (!unit)
		return fm_why_no_unit(ui);
	if (unit->left)
		return unit->absent ? "nothing is at this port now"
				    : "the unit is not attached any more";
	return fm_ui_job_on(ui, unit->id) ? "a job runs on this unit: p shows it" : NULL;
}

const char *fm_why_no_job(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);
	const char *why = fm_why_not_free(ui);

	if (why)
		return why;
	if (!unit->seen.access)
		return "you may not open this unit: d in the devices (doctor) shows the fix";
	if (!*fm_ui_unit_model(unit))
		return "nothing says which model it is: n names it";
	return NULL;
}

const char *fm_why_no_progress(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	if (!unit)
		return "no unit is attached";
	return fm_ui_job(ui, unit->job) ? NULL
					: "no job was run on it from here: 3 shows the records";
}

const struct fm_ui_file *fm_about_file(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_PICKER] < ui->file_count ? &ui->files[ui->index[FM_VIEW_PICKER]]
							  : NULL;
}

const char *fm_why_no_file(const struct fm_ui *ui)
{
	const struct fm_ui_file *file = fm_about_file(ui);

	if (!file)
		return "there is no file: o chooses another folder";
	if (file->unread)
		return "this file is being read: wait a moment";
	if (file->problem.code != FM_OK)
		return "this file cannot be used";
	return fm_why_no_job(ui);
}

const char *fm_why_no_rules(const struct fm_ui *ui)
{
	const struct fm_ui_file *file = fm_about_file(ui);
	const struct fm_ui_unit *unit = fm_about_unit(ui);
	const struct fm_ui_job *check = unit && file ? fm_ui_check(ui, unit, file->path) : NULL;

	return check && check->rule_count ? NULL : "the unit was not asked about this file: c asks";
}

struct fm_ui_job *fm_about_check(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);

	return unit ? fm_ui_planned(ui, unit) : NULL;
}

bool fm_about_changed(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	for (size_t i = 0; unit && i < ui->job_count; i++) {
		const struct fm_ui_job *job = ui->jobs[i];

		if (job->unit == unit->id && job->attachment == unit->attachment &&
		    job->chosen != unit->chosen)
			return true;
	}
	return false;
}

/* Everything was checked, and nothing stands against it. */
static const char *about_no_ready(const struct fm_ui *ui)
{
	struct fm_ui_job *check = fm_about_check(ui);

	if (!check)
		return fm_about_changed(ui)
			       ? "an option was changed: c asks the unit once more"
			       : "unit or file is not the one that was checked: c checks again";
	if (check->end.code != FM_OK)
		return "CANNOT START: a check fails";
	if (fm_host_fails(ui))
		return "CANNOT START: a check of this computer fails";
	if (fm_ui_open_question(check))
		return "a question is open: a answers it";
	return NULL;
}

/* The capital letter is that of what was planned. */
static const char *about_no_change(const struct fm_ui *ui, enum fm_verb verb)
{
	static const char *const others[] = {
		[FM_VERB_FLASH] = "this is a file to be written: F",
		[FM_VERB_ERASE] = "this is an erase: E",
		[FM_VERB_RESTORE] = "this is a backup to be written: R",
		[FM_VERB_ROLLBACK] = "this brings the firmware before back: U",
	};
	const char *why = fm_why_no_job(ui);

	if (why)
		return why;
	return ui->change != verb ? others[ui->change] : about_no_ready(ui);
}

const char *fm_why_no_start(const struct fm_ui *ui)
{
	return about_no_change(ui, FM_VERB_FLASH);
}

const char *fm_why_no_erase(const struct fm_ui *ui)
{
	return about_no_change(ui, FM_VERB_ERASE);
}

const char *fm_why_no_restore(const struct fm_ui *ui)
{
	return about_no_change(ui, FM_VERB_RESTORE);
}

const char *fm_why_no_rollback(const struct fm_ui *ui)
{
	return about_no_change(ui, FM_VERB_ROLLBACK);
}

const char *fm_why_no_question(const struct fm_ui *ui)
{
	struct fm_ui_job *check = fm_about_check(ui);

	if (!check || check->running)
		return "the unit was not asked yet";
	if (check->asked_count == 0)
		return "this model asks nothing before a write";
	return fm_ui_open_question(check) ? NULL : "all is answered";
}

const struct fm_record *fm_about_record(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_HISTORY] < ui->record_count
		       ? &ui->records[ui->index[FM_VIEW_HISTORY]]
		       : NULL;
}

/* How many there are that the record may be of, by their number or by their port. */
static size_t about_record_units(const struct fm_ui *ui, const struct fm_record *record,
				 bool by_number, struct fm_ui_unit **ret)
{
	size_t count = 0;

	for (size_t i = 0; record && i < ui->unit_count; i++) {
		struct fm_ui_unit *unit = &ui->units[i];
		const char *serial = fm_ui_unit_serial(unit);
		bool told = *serial && *record->unit;

		if (unit->left || told != by_number ||
		    strcmp(told ? serial : unit->seen.path, told ? record->unit : record->port) !=
			    0)
			continue;
		*ret = unit;
		count++;
	}
	return count;
}

/* By its number, which is proved by the job once more; by its port where it has none. */
struct fm_ui_unit *fm_about_record_unit(const struct fm_ui *ui)
{
	const struct fm_record *record = fm_about_record(ui);
	struct fm_ui_unit *found = NULL;
	size_t count = about_record_units(ui, record, true, &found);

	if (count == 0)
		count = about_record_units(ui, record, false, &found);
	return count == 1 ? found : NULL;
}

const char *fm_why_no_backup_of(const struct fm_ui *ui)
{
	const struct fm_record *record = fm_about_record(ui);
	const struct fm_ui_unit *unit = fm_about_record_unit(ui);
	struct fm_ui_unit *other;

	if (!record)
		return "there is no record";
	if (!*record->backup || strncmp(record->backup, "none", 4) == 0)
		return "this job stored no backup";
	if (about_record_units(ui, record, true, &other) > 1)
		return "several units tell the number of this record";
	if (!unit)
		return "the unit of this record is not attached";
	if (fm_ui_job_on(ui, unit->id))
		return "a job runs on this unit";
	if (!unit->seen.access)
		return "you may not open this unit: d in the devices (doctor) shows the fix";
	return *fm_ui_unit_model(unit) ? NULL : "nothing says which model the unit is";
}

const char *fm_why_all_records(const struct fm_ui *ui)
{
	return ui->only == FM_ONLY_ALL ? "all records are shown" : NULL;
}

const char *fm_why_no_tally(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_TALLY] < ui->tally_count ? NULL : "there is no record";
}

const struct fm_backup *fm_about_backup(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_BACKUPS] < ui->backup_count
		       ? &ui->backups[ui->index[FM_VIEW_BACKUPS]]
		       : NULL;
}

const char *fm_why_no_backup(const struct fm_ui *ui)
{
	return fm_about_backup(ui) ? fm_why_no_job(ui) : "there is no backup";
}

const struct fm_ui_file *fm_about_notes(const struct fm_ui *ui)
{
	enum fm_ui_view view = fm_ui_top(ui);

	if (view == FM_VIEW_NOTES && ui->depth > 1)
		view = ui->stack[ui->depth - 2];
	return ui->index[view] < ui->file_count ? &ui->files[ui->index[view]] : NULL;
}

const char *fm_why_no_notes(const struct fm_ui *ui)
{
	const struct fm_ui_file *file = fm_about_notes(ui);

	return file && *file->notes ? NULL : "this file has no release notes";
}

const char *fm_why_not_added(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);
	/* one that is not there is what a person wants to forget */
	const char *why = unit && unit->absent ? NULL : fm_why_not_free(ui);

	return why || unit->seen.added ? why : "the system itself lists this port";
}

const char *fm_why_no_model(const struct fm_ui *ui)
{
	const struct fm_ui_unit *unit = fm_about_unit(ui);

	return unit && *fm_ui_unit_model(unit) ? NULL : "nothing says which model it is";
}

const char *fm_why_no_inspect(const struct fm_ui *ui)
{
	return fm_about_notes(ui) ? NULL : "there is no file";
}

const char *fm_why_no_record(const struct fm_ui *ui)
{
	return fm_about_record(ui) ? NULL : "there is no record";
}

const char *fm_why_no_stop(const struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);

	if (!job || !job->running)
		return "the job has ended";
	return job->stopping ? "it is stopping already" : NULL;
}

const char *fm_why_no_other_job(const struct fm_ui *ui)
{
	const struct fm_ui_job *job = fm_ui_job(ui, ui->job);

	return fm_ui_running(ui) > (job && job->running) ? NULL : "no other job runs";
}

const char *fm_why_no_suspend(const struct fm_ui *ui)
{
	return fm_ui_running(ui) ? "not suspended: a unit must not wait in the middle of a job"
				 : NULL;
}

#include "scenes.h"

#include "base/scope.h"
#include "base/text.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void devices(struct fm_ui *ui)
{
	state_bench(ui);
	state_writes(ui, "1-1.3");
}

/* No definition knows the one that is selected. */
static void devices_unknown(struct fm_ui *ui)
{
	struct fm_seen seen = state_port("/dev/ttyACM3", "");

	state_bench(ui);
	seen.added = false;
	seen.model_count = seen.model_total = 0;
	ui->selected = state_attach(ui, &seen, "UNKNOWN", "");
}

static void devices_error(struct fm_ui *ui)
{
	state_bench(ui);
	fm_ui_say(ui, FM_STYLE_BAD, true,
		  "ATTENTION: acme-gx2 on usb 1-1.2 was left partial: f flashes it again");
}

static void details(struct fm_ui *ui)
{
	struct fm_ui_unit *unit;

	state_bench(ui);
	unit = fm_ui_unit(ui, ui->unit);
	fm_identity_set(&unit->identity, FM_FACT_UNIQUE_ID, FM_STRONG, "3f0041000f50524d31313620",
			"unique id of the chip");
	fm_identity_set(&unit->identity, FM_FACT_VERSION, FM_PLAIN, "3.4.1",
			"asked the application");
	fm_text_copy(unit->loader, sizeof(unit->loader), "STM32 system boot loader");
	fm_text_copy(unit->chip, sizeof(unit->chip), "STM32F103 medium density");
	unit->memory.count = 2;
	fm_text_copy(unit->memory.regions[0].name, 32, "application");
	unit->memory.regions[0].range = (struct fm_range){ FM_SPACE_FLASH, 0x08000000, 126976 };
	unit->memory.regions[0].flags = FM_REGION_WRITE;
	fm_text_copy(unit->memory.regions[1].name, 32, "calibration");
	unit->memory.regions[1].range = (struct fm_range){ FM_SPACE_FLASH, 0x0801f000, 4096 };
	unit->memory.regions[1].flags = FM_REGION_CONFIG;
}

static void details_error(struct fm_ui *ui)
{
	state_bench(ui);
	ui->unit = 999;
}

static void picker(struct fm_ui *ui)
{
	state_bench(ui);
	state_checked(ui, FM_WARN);
}

static void picker_empty(struct fm_ui *ui)
{
	state_bench(ui);
	ui->file_count = 0;
}

static void picker_error(struct fm_ui *ui)
{
	state_bench(ui);
	state_checked(ui, FM_BLOCKED);
}

/* It was asked who it is, and does not answer. */
static struct fm_ui_job *mute(struct fm_ui *ui, enum fm_verb verb)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_job(ui, ui->unit, verb, verb == FM_VERB_CHECK ? ui->files[0].path : "");
	fm_text_copy(ui->path, sizeof(ui->path), job->path);
	state_end(ui, job, FM_OUTCOME_FAIL, FM_NO_ANSWER, FM_UNIT_UNTOUCHED);
	fm_fail(&job->end.error, FM_NO_ANSWER, "%s: no STM32 boot loader answers", job->port);
	fm_hint(&job->end.error, "BOOT0 high and reset? TX and RX crossed? Reset it.");
	return job;
}

static void picker_mute(struct fm_ui *ui)
{
	mute(ui, FM_VERB_CHECK);
}

static void details_mute(struct fm_ui *ui)
{
	mute(ui, FM_VERB_INFO);
}

static void picker_package(struct fm_ui *ui)
{
	state_bench(ui);
	ui->index[FM_VIEW_PICKER] = 3;
}

/* A large file, long before anything can be said of it. */
static void unread(struct fm_ui *ui)
{
	state_bench(ui);
	ui->files[0].len = ui->files[0].size = 200u << 20;
	ui->files[0].unread = true;
	ui->files[0].sha256[0] = ui->files[0].format[0] = ui->files[0].version[0] = '\0';
}

/* ... and once more, for a job. Longer than a unit may be silent. */
static void reading(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_job(ui, ui->unit, FM_VERB_CHECK, ui->files[0].path);
	job->reading = true;
	fm_text_copy(ui->path, sizeof(ui->path), ui->files[0].path);
	ui->now_ns += 4 * STATE_S;
}

static void progress_reading(struct fm_ui *ui)
{
	reading(ui);
	ui->jobs[0]->verb = FM_VERB_FLASH;
	fm_ui_unit(ui, ui->unit)->job = ui->job = ui->jobs[0]->number;
}

/* Over the library. */
static void notes(struct fm_ui *ui)
{
	state_bench(ui);
	fm_ui_go(ui, FM_VIEW_LIBRARY);
	ui->index[FM_VIEW_LIBRARY] = 3;
}

static void notes_error(struct fm_ui *ui)
{
	notes(ui);
	ui->file_count = 0;
}

static void notes_empty(struct fm_ui *ui)
{
	notes(ui);
	ui->index[FM_VIEW_LIBRARY] = 1;
}

static void options(struct fm_ui *ui)
{
	state_bench(ui);
	state_choose(ui, FM_CHOICE_VERIFY, FM_FROM_COMMAND, "hash");
	state_choose(ui, FM_CHOICE_SIGNATURE, FM_FROM_CONFIG, "warn");
	state_choose(ui, FM_CHOICE_ALLOW, FM_FROM_HERE, "config,path");
	state_choose(ui, FM_CHOICE_OPERATOR, FM_FROM_CONFIG, "mk");
}

/* From the picker: only what is for a file; a package is selected. */
static void options_file(struct fm_ui *ui)
{
	state_bench(ui);
	ui->index[FM_VIEW_PICKER] = 3;
	fm_text_copy(ui->files[3].releases, sizeof(ui->files[3].releases), "2.0.0 1.1.0 1.0.0");
	state_choose(ui, FM_CHOICE_RELEASE, FM_FROM_HERE, "1.1.0");
	fm_ui_go(ui, FM_VIEW_PICKER);
	ui->index[FM_VIEW_OPTIONS] = 11;
}

static void options_error(struct fm_ui *ui)
{
	options(ui);
	ui->choices.least = FM_SIGNING_WARN;
	fm_ui_unit(ui, ui->unit)->choices.least = FM_SIGNING_WARN;
	if (fm_ui_choose(ui, FM_CHOICE_SIGNATURE, "ignore"))
		fail_msg("less than the configuration asks for");
}

static void options_empty(struct fm_ui *ui)
{
	state_bench(ui);
	ui->unit = 999;
}

/* Chosen before it was checked: shown with the checks. */
static void preflight_options(struct fm_ui *ui)
{
	state_bench(ui);
	state_choose(ui, FM_CHOICE_VERIFY, FM_FROM_HERE, "hash");
	state_choose(ui, FM_CHOICE_ALLOW, FM_FROM_HERE, "path");
	state_checked(ui, FM_FITS);
	*fm_ui_check(ui, fm_ui_unit(ui, ui->unit), ui->path)->stays = '\0';
}

/* Changed after it was checked: nothing counts any more. */
static void preflight_changed(struct fm_ui *ui)
{
	state_bench(ui);
	state_checked(ui, FM_FITS);
	if (!fm_ui_choose(ui, FM_CHOICE_VERIFY, "hash"))
		fail_msg("%s", ui->message);
}

static void backups(struct fm_ui *ui)
{
	state_bench(ui);
	state_backups(ui);
}

static void backups_error(struct fm_ui *ui)
{
	state_bench(ui);
	fm_text_copy(ui->records_problem, sizeof(ui->records_problem),
		     "the records cannot be read: disk I/O error");
	fm_text_copy(ui->records_advice, sizeof(ui->records_advice),
		     fm_error_info(FM_RECORD)->advice);
}

/* More rules than there is room for. */
static void picker_rules(struct fm_ui *ui)
{
	struct fm_ui_job *check;

	state_bench(ui);
	check = state_checked(ui, FM_WARN);
	for (int i = 0; i < 9; i++) {
		struct fm_rule_result *rule = &check->rules[check->rule_count++];

		*rule = check->rules[1];
		snprintf(rule->rule, sizeof(rule->rule), "rule %d", i);
	}
	ui->rules_first = 3;
}

static void page(struct fm_ui *ui)
{
	state_bench(ui);
	fm_text_copy(ui->page.command, sizeof(ui->page.command), "doctor");
	fm_text_add(&ui->page.text,
		    "ok       the serial ports may be opened\n\n"
		    "problem  ModemManager asks every serial port that appears what "
		    "it is, and may do so in the middle of a job\n"
		    "         fix: flashmend catalog udev\n");
}

static void page_empty(struct fm_ui *ui)
{
	page(ui);
	fm_text_done(&ui->page.text);
	ui->page.running = true;
}

static void page_error(struct fm_ui *ui)
{
	page(ui);
	fm_text_done(&ui->page.text);
	fm_text_add(&ui->page.text, "E110 usage: there is no model 'x'\n");
	ui->page.status = 2;
}

static void restoring(struct fm_ui *ui)
{
	state_bench(ui);
	state_planned(ui, FM_VERB_RESTORE, 1);
}

static void preflight(struct fm_ui *ui)
{
	state_bench(ui);
	state_checked(ui, FM_WARN);
}

/* Nothing was asked yet. */
/* One answered right, one otherwise, the others open: there is no room for the whole plan. */
static void preflight_asks(struct fm_ui *ui)
{
	static const struct fm_asked asked[] = {
		{ "mains", "Is the mains switch of the cabinet off?", "off", "off" },
		{ "valve", "Is the valve shut?", "shut", "open" },
		{ "door", "Is the door of the cabinet locked?", "locked", "" },
		{ "phone", "Does the control room know?", "they know", "" },
	};

	preflight(ui);
	memcpy(ui->jobs[0]->asked, asked, sizeof(asked));
	ui->jobs[0]->asked_count = FM_COUNT(asked);
}

/* There is nothing to restore. */
static void preflight_nothing(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_planned(ui, FM_VERB_RESTORE, 0);
	free(job->plan);
	job->plan = NULL;
	job->fates.count = 0;
	fm_identity_set(&job->identity, FM_FACT_SERIAL, FM_WEAK, "GX2-0041877", "USB");
	job->end.code = FM_NO_BACKUP;
	fm_fail(&job->end.error, FM_NO_BACKUP, "there is no backup of acme-gx2 unit GX2-0041877");
}

static void preflight_empty(struct fm_ui *ui)
{
	state_bench(ui);
	fm_text_copy(ui->path, sizeof(ui->path), ui->files[0].path);
}

static void preflight_error(struct fm_ui *ui)
{
	state_bench(ui);
	state_checked(ui, FM_BLOCKED);
	ui->host.records =
		(struct fm_host_row){ "records", FM_BLOCKED,
				      "/home/tech/.local/state/flashmend cannot be written" };
}

/* Pulled behind a check that was good. */
static void preflight_left(struct fm_ui *ui)
{
	const struct fm_ui_unit *unit;

	state_bench(ui);
	state_checked(ui, FM_WARN);
	unit = fm_ui_unit(ui, ui->unit);
	fm_ui_unit_event(ui, FM_TRACK_LEFT, &unit->seen, NULL);
}

static void progress(struct fm_ui *ui)
{
	state_bench(ui);
	state_writes(ui, "1-1.2");
}

/* It has only just begun. */
static void progress_empty(struct fm_ui *ui)
{
	state_bench(ui);
	state_job(ui, ui->unit, FM_VERB_BACKUP, "/tmp/back.hex");
}

/* The second try, and nothing moves. */
static void progress_error(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_writes(ui, "1-1.2");
	state_phase_end(ui, job, FM_PHASE_WRITE, FM_TIMEOUT);
	state_phase(ui, job, FM_PHASE_ERASE);
	state_phase_end(ui, job, FM_PHASE_ERASE, FM_OK);
	state_phase(ui, job, FM_PHASE_WRITE);
	state_progress(ui, job, FM_PHASE_WRITE, 1024, 7168, 0x08000400);
	ui->now_ns += 4 * STATE_S;
}

/* It is known how long it waits. */
static void progress_waits(struct fm_ui *ui)
{
	progress_error(ui);
	ui->jobs[0]->limit_ns = ui->jobs[0]->heard_ns + 10 * STATE_S;
}

static void result(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_writes(ui, "1-1.2");
	fm_ui_go(ui, FM_VIEW_PROGRESS);
	state_end(ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
}

/* Nothing came of it. */
static void result_empty(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_job(ui, ui->unit, FM_VERB_VERIFY, ui->files[0].path);
	state_end(ui, job, FM_OUTCOME_NONE, FM_CANCELLED, FM_UNIT_UNTOUCHED);
}

static void result_error(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	state_bench(ui);
	job = state_writes(ui, "1-1.2");
	state_end(ui, job, FM_OUTCOME_FAIL, FM_VERIFY, FM_UNIT_PARTIAL);
}

static void name_slot(struct fm_ui *ui, const char *usb_path, const char *slot)
{
	struct fm_ui_unit *unit = fm_ui_unit(ui, state_unit(ui, usb_path));

	fm_text_copy(unit->seen.slot, sizeof(unit->seen.slot), slot);
}

/* A bench with names, a port that is away, and a unit that is written. */
static void devices_slots(struct fm_ui *ui)
{
	struct fm_seen seen = state_port("/home/tech/rig/port-7", "");
	struct fm_ui_unit *unit;

	state_bench(ui);
	name_slot(ui, "1-1.2", "A1");
	name_slot(ui, "1-1.3", "A2");
	name_slot(ui, "1-1.5", "A4");
	state_writes(ui, "1-1.3");
	seen.present = seen.access = false;
	memcpy(seen.slot, "A3", 3);
	unit = fm_ui_unit_absent(ui, &seen);
	unit->row = (struct fm_row){ .state = "AWAY", .model = "acme-gx2", .mode = "" };
}

/* The port that is away is selected, and one of the names is long. */
static void devices_away(struct fm_ui *ui)
{
	devices_slots(ui);
	name_slot(ui, "1-1.2", "LEFT-TOP");
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (ui->units[i].absent)
			ui->selected = ui->unit = ui->units[i].id;
	}
}

static void devices_filter(struct fm_ui *ui)
{
	devices_slots(ui);
	fm_ui_units_filter(ui, "gx2-00418");
}

static void devices_filter_empty(struct fm_ui *ui)
{
	devices_slots(ui);
	fm_ui_units_filter(ui, "no such unit");
}

static void devices_label(struct fm_ui *ui)
{
	devices_slots(ui);
	fm_ui_ask(ui, FM_QUESTION_LABEL, "", "Slot name of usb 1-1.2 (empty: none):");
	memcpy(ui->prompt.text, "A1", 3);
}

static void progress_slot(struct fm_ui *ui)
{
	state_bench(ui);
	name_slot(ui, "1-1.2", "A1");
	state_writes(ui, "1-1.2");
}

static void result_slot(struct fm_ui *ui)
{
	struct fm_ui_job *job;

	progress_slot(ui);
	job = ui->jobs[0];
	fm_ui_go(ui, FM_VIEW_PROGRESS);
	state_end(ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
}

static void details_slot(struct fm_ui *ui)
{
	details(ui);
	name_slot(ui, "1-1.2", "A1");
}

static void history_slot_empty(struct fm_ui *ui)
{
	state_empty(ui);
	ui->only = FM_ONLY_SLOT;
	memcpy(ui->only_name, "A1", 3);
}

static void history_slot(struct fm_ui *ui)
{
	state_bench(ui);
	for (size_t i = 0; i < ui->record_count; i++)
		memcpy(ui->records[i].slot, "A1", 3);
	ui->only = FM_ONLY_SLOT;
	memcpy(ui->only_name, "A1", 3);
}

static void tallied(struct fm_ui *ui, enum fm_tally_by by)
{
	static const struct {
		const char *verb, *unit, *slot, *outcome;
		int code;
	} jobs[] = {
		{ "flash", "GX2-0041902", "A2", "FAIL", 412 },
		{ "flash", "GX2-0041902", "A2", "UNCLEAR", 414 },
		{ "verify", "GX2-0041902", "A2", "FAIL", 412 },
		{ "flash", "GX2-0041877", "A1", "PASS", 0 },
		{ "flash", "GX2-0041771", "A10", "PASS", 0 },
		{ "flash", "", "", "NONE", 203 },
		{ "flash", "GX2-0041860", "A2", "PASS", 0 },
	};
	struct fm_error err;

	state_empty(ui);
	ui->records = calloc(FM_COUNT(jobs), sizeof(*ui->records));
	ui->record_count = FM_COUNT(jobs);
	for (size_t i = 0; i < FM_COUNT(jobs); i++) {
		struct fm_record *record = &ui->records[i];

		*record = (struct fm_record){ .id = 7 - (int64_t)i, .code = jobs[i].code };
		fm_text_copy(record->verb, sizeof(record->verb), jobs[i].verb);
		fm_text_copy(record->unit, sizeof(record->unit), jobs[i].unit);
		fm_text_copy(record->slot, sizeof(record->slot), jobs[i].slot);
		fm_text_copy(record->outcome, sizeof(record->outcome), jobs[i].outcome);
		fm_text_copy(record->port, sizeof(record->port), "/dev/ttyUSB0");
		fm_text_copy(record->start_utc, sizeof(record->start_utc),
			     "2026-01-20T13:40:11.000Z");
	}
	ui->tally_by = by;
	assert_true(fm_tally_make(ui->records, ui->record_count, by, &ui->tally, &ui->tally_count,
				  &err));
}

static void tally_slots(struct fm_ui *ui)
{
	tallied(ui, FM_TALLY_SLOT);
}

static void tally_units(struct fm_ui *ui)
{
	tallied(ui, FM_TALLY_UNIT);
}

static void tally_empty(struct fm_ui *ui)
{
	state_empty(ui);
	ui->tally_by = FM_TALLY_SLOT;
}

static void history_error(struct fm_ui *ui)
{
	state_empty(ui);
	fm_text_copy(ui->records_problem, sizeof(ui->records_problem),
		     "records.sqlite is of a newer flashmend");
	fm_text_copy(ui->records_advice, sizeof(ui->records_advice),
		     fm_error_info(FM_RECORD)->advice);
}

static void library_error(struct fm_ui *ui)
{
	state_bench(ui);
	ui->index[FM_VIEW_LIBRARY] = 2;
}

/* There is no folder of packages: the one in which the program was started stands in for it. */
static void no_packages(struct fm_ui *ui)
{
	fm_text_copy(ui->folder, sizeof(ui->folder), "/home/tech");
	fm_text_copy(ui->library, sizeof(ui->library),
		     "/home/tech/.local/share/flashmend/packages");
	fm_text_copy(ui->library_problem, sizeof(ui->library_problem), "not there yet");
}

static void library_instead(struct fm_ui *ui)
{
	state_bench(ui);
	no_packages(ui);
}

static void library_missing(struct fm_ui *ui)
{
	state_empty(ui);
	no_packages(ui);
}

static void library_denied(struct fm_ui *ui)
{
	state_empty(ui);
	fm_fail(&ui->folder_problem, FM_FILE_OPEN, "%s: Permission denied", ui->folder);
}

static void picker_missing(struct fm_ui *ui)
{
	picker_empty(ui);
	no_packages(ui);
}

static void logged(struct fm_ui *ui)
{
	state_bench(ui);
	state_writes(ui, "1-1.2");
}

static void log_error(struct fm_ui *ui)
{
	progress_error(ui);
	fm_text_copy(ui->filter, sizeof(ui->filter), "failed");
}

/* Not one line has the text. */
static void log_filter_empty(struct fm_ui *ui)
{
	logged(ui);
	fm_text_copy(ui->filter, sizeof(ui->filter), "no such text");
}

/* The question of a capital letter. */
static void asked(struct fm_ui *ui)
{
	preflight(ui);
	fm_ui_ask(ui, FM_QUESTION_CHANGE, "1877", "There are warnings. Type the last four:");
	fm_text_copy(ui->prompt.text, sizeof(ui->prompt.text), "18");
}

/* Nothing is attached: most keys cannot be used. */
static void help_empty(struct fm_ui *ui)
{
	state_empty(ui);
	fm_ui_go(ui, FM_VIEW_DETAILS);
}

/* The error stays while the keys are looked up. */
static void help_error(struct fm_ui *ui)
{
	result_error(ui);
	fm_ui_go(ui, FM_VIEW_RESULT);
}

/* Two jobs, of which one writes, and the error of a third. */
static void small_error(struct fm_ui *ui)
{
	state_bench(ui);
	state_writes(ui, "1-1.3");
	state_phase(ui, state_job(ui, state_unit(ui, "1-2"), FM_VERB_BACKUP, "/tmp/back.hex"),
		    FM_PHASE_BACKUP);
	fm_ui_say(ui, FM_STYLE_BAD, true, "E412 verify mismatch: GX2-0041877 is FAIL");
}

const struct scene scenes[] = {
	{ "devices", FM_VIEW_DEVICES, devices, true },
	{ "devices-empty", FM_VIEW_DEVICES, state_empty, false },
	{ "devices-error", FM_VIEW_DEVICES, devices_error, false },
	{ "devices-unknown", FM_VIEW_DEVICES, devices_unknown, false },
	{ "devices-slots", FM_VIEW_DEVICES, devices_slots, true },
	{ "devices-away", FM_VIEW_DEVICES, devices_away, false },
	{ "devices-filter", FM_VIEW_DEVICES, devices_filter, true },
	{ "devices-filter-empty", FM_VIEW_DEVICES, devices_filter_empty, false },
	{ "devices-label", FM_VIEW_DEVICES, devices_label, false },
	{ "library-unread", FM_VIEW_LIBRARY, unread, false },
	{ "picker-unread", FM_VIEW_PICKER, unread, false },
	{ "picker-reading", FM_VIEW_PICKER, reading, false },
	{ "preflight-reading", FM_VIEW_PREFLIGHT, reading, false },
	{ "progress-reading", FM_VIEW_PROGRESS, progress_reading, false },
	{ "devices-reading", FM_VIEW_DEVICES, progress_reading, false },
	{ "details-slot", FM_VIEW_DETAILS, details_slot, false },
	{ "progress-waits", FM_VIEW_PROGRESS, progress_waits, false },
	{ "devices-waits", FM_VIEW_DEVICES, progress_waits, false },
	{ "progress-slot", FM_VIEW_PROGRESS, progress_slot, false },
	{ "result-slot", FM_VIEW_RESULT, result_slot, false },
	{ "history-slot", FM_VIEW_HISTORY, history_slot, false },
	{ "history-slot-empty", FM_VIEW_HISTORY, history_slot_empty, false },
	{ "tally", FM_VIEW_TALLY, tally_slots, true },
	{ "tally-units", FM_VIEW_TALLY, tally_units, false },
	{ "tally-empty", FM_VIEW_TALLY, tally_empty, false },
	{ "tally-error", FM_VIEW_TALLY, history_error, false },
	{ "details", FM_VIEW_DETAILS, details, true },
	{ "details-empty", FM_VIEW_DETAILS, state_bench, false },
	{ "details-error", FM_VIEW_DETAILS, details_error, false },
	{ "picker", FM_VIEW_PICKER, picker, true },
	{ "picker-empty", FM_VIEW_PICKER, picker_empty, false },
	{ "picker-error", FM_VIEW_PICKER, picker_error, false },
	{ "picker-package", FM_VIEW_PICKER, picker_package, false },
	{ "picker-mute", FM_VIEW_PICKER, picker_mute, false },
	{ "preflight-mute", FM_VIEW_PREFLIGHT, picker_mute, false },
	{ "details-mute", FM_VIEW_DETAILS, details_mute, false },
	{ "notes", FM_VIEW_NOTES, notes, true },
	{ "notes-empty", FM_VIEW_NOTES, notes_empty, false },
	{ "notes-error", FM_VIEW_NOTES, notes_error, false },
	{ "picker-rules", FM_VIEW_PICKER, picker_rules, false },
	{ "options", FM_VIEW_OPTIONS, options, true },
	{ "options-file", FM_VIEW_OPTIONS, options_file, false },
	{ "options-error", FM_VIEW_OPTIONS, options_error, false },
	{ "options-empty", FM_VIEW_OPTIONS, options_empty, false },
	{ "backups", FM_VIEW_BACKUPS, backups, true },
	{ "backups-empty", FM_VIEW_BACKUPS, state_bench, false },
	{ "backups-error", FM_VIEW_BACKUPS, backups_error, false },
	{ "page", FM_VIEW_PAGE, page, true },
	{ "page-empty", FM_VIEW_PAGE, page_empty, false },
	{ "page-error", FM_VIEW_PAGE, page_error, false },
	{ "preflight-options", FM_VIEW_PREFLIGHT, preflight_options, false },
	{ "preflight-changed", FM_VIEW_PREFLIGHT, preflight_changed, false },
	{ "preflight", FM_VIEW_PREFLIGHT, preflight, true },
	{ "preflight-asks", FM_VIEW_PREFLIGHT, preflight_asks, false },
	{ "preflight-empty", FM_VIEW_PREFLIGHT, preflight_empty, false },
	{ "preflight-error", FM_VIEW_PREFLIGHT, preflight_error, false },
	{ "preflight-left", FM_VIEW_PREFLIGHT, preflight_left, false },
	{ "preflight-nothing", FM_VIEW_PREFLIGHT, preflight_nothing, false },
	{ "preflight-restore", FM_VIEW_PREFLIGHT, restoring, false },
	{ "preflight-asked", FM_VIEW_PREFLIGHT, asked, false },
	{ "progress", FM_VIEW_PROGRESS, progress, true },
	{ "progress-empty", FM_VIEW_PROGRESS, progress_empty, false },
	{ "progress-error", FM_VIEW_PROGRESS, progress_error, false },
	{ "result", FM_VIEW_RESULT, result, true },
	{ "result-empty", FM_VIEW_RESULT, result_empty, false },
	{ "result-error", FM_VIEW_RESULT, result_error, false },
	{ "history", FM_VIEW_HISTORY, state_bench, true },
	{ "history-empty", FM_VIEW_HISTORY, state_empty, false },
	{ "history-error", FM_VIEW_HISTORY, history_error, false },
	{ "library", FM_VIEW_LIBRARY, state_bench, true },
	{ "library-empty", FM_VIEW_LIBRARY, state_empty, false },
	{ "library-error", FM_VIEW_LIBRARY, library_error, false },
	{ "library-instead", FM_VIEW_LIBRARY, library_instead, false },
	{ "library-missing", FM_VIEW_LIBRARY, library_missing, false },
	{ "library-denied", FM_VIEW_LIBRARY, library_denied, false },
	{ "picker-missing", FM_VIEW_PICKER, picker_missing, false },
	{ "log", FM_VIEW_LOG, logged, true },
	{ "log-empty", FM_VIEW_LOG, state_empty, false },
	{ "log-error", FM_VIEW_LOG, log_error, false },
	{ "log-filter-empty", FM_VIEW_LOG, log_filter_empty, false },
	{ "help", FM_VIEW_HELP, state_bench, true },
	{ "help-empty", FM_VIEW_HELP, help_empty, false },
	{ "help-error", FM_VIEW_HELP, help_error, false },
};

const size_t scene_count = FM_COUNT(scenes);

const struct scene small_scenes[] = {
	{ "small-empty", FM_VIEW_DEVICES, state_empty, false },
	{ "small-error", FM_VIEW_DEVICES, small_error, false },
	{ "small-asked", FM_VIEW_PREFLIGHT, asked, false },
};
const size_t small_scene_count = FM_COUNT(small_scenes);

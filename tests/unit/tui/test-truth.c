/* What is said of units and jobs is true at that moment: of this unit, of this job, of now. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/actions.h"
#include "front/tui/view.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is the text on the screen of 80x24, in one row? */
static bool shown(const struct fm_ui *ui, const char *text)
{
	FM_CANVAS_DONE struct fm_canvas canvas;
	bool found = false;

	fm_canvas_init(&canvas, 24, 80, true);
	fm_ui_draw(ui, &canvas);
	for (int row = 0; row < canvas.rows; row++) {
		char line[81] = "";

		for (int column = 0; column < canvas.columns; column++)
			line[column] = (char)fm_canvas_at(&canvas, row, column)->character;
		found = found || strstr(line, text);
	}
	return found;
}

static void ask(struct fm_ui *ui, const struct fm_ui_job *job, const char *text)
{
	struct fm_event event = { .kind = FM_EVENT_ASK, .job = job->number, .mono_ns = ui->now_ns };

	fm_text_copy(event.u.text, sizeof(event.u.text), text);
	fm_ui_job_event(ui, &event);
}

/* Behind the help, too, a job that failed in its write is not one that left the unit alone. */
static void an_ended_job_has_a_result_and_no_progress(void **state)
{
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_writes(&ui, "1-1.2");
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	state_type(&ui, "?");
	state_phase_end(&ui, job, FM_PHASE_WRITE, FM_GONE);
	state_end(&ui, job, FM_OUTCOME_UNCLEAR, FM_GONE, FM_UNIT_PARTIAL);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_HELP);
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_RESULT);
	assert_true(shown(&ui, "KEEP IT CONNECTED"));
	assert_false(shown(&ui, "stays as it was"));
	fm_ui_done(&ui);
}

static void verified(struct fm_ui *ui, enum fm_verb verb)
{
	struct fm_ui_job *job = state_job(ui, ui->unit, verb, "");

	state_phase(ui, job, FM_PHASE_ERASE);
	state_phase_end(ui, job, FM_PHASE_ERASE, FM_OK);
	state_phase(ui, job, FM_PHASE_VERIFY);
	state_phase_end(ui, job, FM_PHASE_VERIFY, FM_OK);
	fm_ui_go(ui, FM_VIEW_PROGRESS);
}

static void an_erased_unit_holds_no_firmware(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	verified(&ui, FM_VERB_ERASE);
	assert_true(shown(&ui, "the unit is erased, and was found blank"));
	assert_false(shown(&ui, "firmware, read back"));
	fm_ui_done(&ui);
	state_bench(&ui);
	verified(&ui, FM_VERB_ROLLBACK);
	assert_false(shown(&ui, "new firmware"));
	fm_ui_done(&ui);
}

/* Tab leads to what is only asked, too. */
static void a_plan_is_not_what_it_plans(void **state)
{
	struct fm_ui_request request = { .verb = FM_VERB_ERASE, .dry_run = true };
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	request.unit = ui.unit;
	job = fm_ui_job_new(&ui, fm_ui_unit(&ui, ui.unit), &request);
	ui.job = job->number;
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	state_phase(&ui, job, FM_PHASE_PREFLIGHT);
	assert_true(shown(&ui, "plan of erase"));
	state_end(&ui, job, FM_OUTCOME_NONE, FM_OK, FM_UNIT_UNTOUCHED);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_RESULT);
	assert_true(shown(&ui, "plan of erase"));
	fm_ui_done(&ui);
}

/* "Unplug it, hold the button" must neither give way to "Leave it connected" nor outlive its step.
 */
static void what_the_hands_must_do_is_said_while_they_must(void **state)
{
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, "/tmp/a.hex");
	state_phase(&ui, job, FM_PHASE_ENTER);
	ask(&ui, job, "Unplug it, hold B1, plug it in.");
	ui.now_ns += 5 * STATE_S;
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	assert_true(shown(&ui, "DO THIS: Unplug it, hold B1"));
	assert_false(shown(&ui, "Leave it connected"));
	fm_ui_go(&ui, FM_VIEW_DEVICES);
	assert_true(shown(&ui, "DO THIS: Unplug it, hold B1"));
	state_phase_end(&ui, job, FM_PHASE_ENTER, FM_OK);
	state_phase(&ui, job, FM_PHASE_ERASE);
	assert_false(shown(&ui, "DO THIS"));
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	assert_false(shown(&ui, "DO THIS"));
	ui.now_ns += 5 * STATE_S;
	assert_true(shown(&ui, "Leave it connected"));
	fm_ui_done(&ui);
}

/* A job that could not begin, because another program works on the unit; or one that has ended,
 * while the next works on it. */
static void nothing_is_safe_to_unplug_that_is_worked_on(void **state)
{
	struct fm_ui_job *job, *next;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, "/tmp/a.hex");
	state_end(&ui, job, FM_OUTCOME_NONE, FM_BUSY, FM_UNIT_UNTOUCHED);
	fm_ui_go(&ui, FM_VIEW_RESULT);
	assert_false(shown(&ui, "SAFE TO UNPLUG"));
	assert_true(shown(&ui, "DO NOT UNPLUG"));
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, "/tmp/a.hex");
	state_end(&ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(shown(&ui, "SAFE TO UNPLUG"));
	next = state_job(&ui, ui.unit, FM_VERB_CHECK, "/tmp/a.hex");
	assert_false(shown(&ui, "SAFE TO UNPLUG"));
	state_end(&ui, next, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
	assert_true(shown(&ui, "SAFE TO UNPLUG"));
	fm_ui_done(&ui);
}

/* Esc behind Tab must not lead into the flow of the unit before, which would be about another. */
static void another_job_does_not_bring_its_unit_under_the_hand(void **state)
{
	struct fm_ui_job *other;
	struct fm_ui ui;
	uint64_t unit;

	(void)state;
	state_bench(&ui);
	unit = ui.unit;
	other = state_writes(&ui, "1-1.3");
	state_writes(&ui, "1-1.2");
	ui.unit = unit;
	fm_ui_go(&ui, FM_VIEW_DETAILS);
	fm_ui_go(&ui, FM_VIEW_PICKER);
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	fm_ui_key(&ui, FM_KEY_TAB);
	assert_int_equal(ui.job, other->number);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_PROGRESS);
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
	assert_int_equal(ui.selected, other->unit);
	fm_ui_done(&ui);
}

/* The unique ids of STM32 of one lot differ at their begin alone. */
static void units_of_one_lot_are_told_apart(void **state)
{
	struct fm_seen one = state_port("/dev/pts/1", "40484f565d646b727980878e");
	struct fm_seen other = state_port("/dev/pts/2", "41484f565d646b727980878e");
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	state_attach(&ui, &one, "READY", "");
	state_attach(&ui, &other, "READY", "");
	assert_true(shown(&ui, "40484f5..878e"));
	assert_true(shown(&ui, "41484f5..878e"));
	fm_ui_done(&ui);
}

/* What is plugged in where a unit was lost may be another one: it was not asked, and is none that
 * is UNCLEAR. */
static void what_comes_where_a_unit_was_lost_was_not_asked(void **state)
{
	static const enum fm_code codes[] = { FM_OK, FM_GONE };
	struct fm_ui ui;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(codes); i++) {
		struct fm_seen seen = state_port("/dev/ttyUSB7", "");
		struct fm_ui_job *job;
		struct fm_ui_unit *unit;
		uint64_t id;

		state_bench(&ui);
		if (codes[i] != FM_OK)
			fm_text_copy(seen.usb_path, sizeof(seen.usb_path), "1-7");
		id = state_attach(&ui, &seen, "READY", "");
		job = state_job(&ui, id, FM_VERB_FLASH, "/tmp/a.hex");
		unit = fm_ui_unit(&ui, id);
		fm_identity_set(&unit->identity, FM_FACT_UNIQUE_ID, FM_STRONG, "40484f56", "asked");
		state_end(&ui, job, codes[i] ? FM_OUTCOME_UNCLEAR : FM_OUTCOME_PASS, codes[i],
			  FM_UNIT_PARTIAL);
		ui.now_ns += STATE_S;
		fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
		ui.now_ns += STATE_S;
		assert_int_equal(state_attach(&ui, &seen, "READY", ""), id);
		unit = fm_ui_unit(&ui, id);
		assert_string_equal(fm_ui_unit_serial(unit), "");
		fm_ui_units_filter(&ui, "ttyUSB7");
		*ui.message = '\0';
		assert_false(shown(&ui, "UNCLEAR") || shown(&ui, "PASS"));
		fm_ui_done(&ui);
	}
}

/* Of a port without a number of its own the records tell whose job was the last there. */
static void a_number_from_the_records_is_a_guess(void **state)
{
	struct fm_seen seen = state_port("/dev/ttyUSB7", "");
	struct fm_ui ui;
	uint64_t id;

	(void)state;
	state_bench(&ui);
	id = state_attach(&ui, &seen, "READY", "");
	fm_text_copy(fm_ui_unit(&ui, id)->row.unit, 64, "40484f56");
	assert_true(shown(&ui, " ?40484f56 "));
	fm_identity_set(&fm_ui_unit(&ui, id)->identity, FM_FACT_UNIQUE_ID, FM_STRONG, "40484f56",
			"asked");
	assert_true(shown(&ui, " 40484f56 "));
	fm_ui_done(&ui);
}

static void a_unit_that_left_is_not_to_be_kept_connected(void **state)
{
	struct fm_ui_job *job;
	struct fm_seen seen;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	seen = fm_ui_unit(&ui, ui.unit)->seen;
	job = state_writes(&ui, "1-1.2");
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	state_end(&ui, job, FM_OUTCOME_UNCLEAR, FM_GONE, FM_UNIT_PARTIAL);
	assert_true(shown(&ui, "KEEP IT CONNECTED"));
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	assert_true(shown(&ui, "IT WAS UNPLUGGED: attach it and flash it again"));
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, "/tmp/a.hex");
	state_end(&ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(shown(&ui, "IT WAS UNPLUGGED since"));
	fm_ui_done(&ui);
}

/* The records may have had no room for its end. */
static void what_was_left_incomplete_is_not_ready(void **state)
{
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_writes(&ui, "1-1.2");
	fm_ui_units_filter(&ui, "GX2-0041877");
	assert_true(shown(&ui, "1 busy, 1 rescue")); /* that is another one */
	state_end(&ui, job, FM_OUTCOME_FAIL, FM_RECORD, FM_UNIT_UNVERIFIED);
	assert_true(shown(&ui, ">RESCUE!"));
	assert_true(shown(&ui, "0 busy, 2 rescue"));
	job = state_writes(&ui, "1-1.2");
	assert_true(shown(&ui, "1 busy, 1 rescue")); /* it is one or the other */
	state_end(&ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(shown(&ui, ">READY"));
	fm_ui_done(&ui);
}

/* Whole characters, or nobody can type them. */
static void the_last_four_are_characters(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_text_copy(fm_ui_unit(&ui, ui.unit)->row.unit, 64,
		     "GX2-\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f");
	fm_ui_go(&ui, FM_VIEW_PICKER);
	state_checked(&ui, FM_WARN);
	fm_ui_go(&ui, FM_VIEW_PREFLIGHT);
	fm_ui_key(&ui, 'F');
	assert_string_equal(ui.prompt.wanted, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f");
	fm_ui_done(&ui);
}

static void catalog_open(struct fm_catalog **ret)
{
	const char *source = getenv("FM_SRC") ? getenv("FM_SRC") : ".";
	char devices[600], schema[620];
	const char *dirs[] = { devices };
	struct fm_catalog_options options = {
		.dirs = dirs, .dir_count = 1, .schema = schema, .params = fm_job_protocol_params
	};
	struct fm_error err;

	snprintf(devices, sizeof(devices), "%s/devices", source);
	snprintf(schema, sizeof(schema), "%s/device.rng", devices);
	assert_success(fm_catalog_open(&options, ret, &err));
}

/* A verdict is one for a model. */
static void another_model_wants_another_check(void **state)
{
	struct fm_catalog *catalog;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	catalog_open(&catalog);
	ui.catalog = catalog;
	fm_ui_go(&ui, FM_VIEW_PICKER);
	state_checked(&ui, FM_FITS);
	assert_non_null(fm_about_check(&ui));
	fm_ui_go(&ui, FM_VIEW_DEVICES);
	state_type(&ui, "narduino-uno\n");
	assert_string_equal(fm_ui_unit(&ui, ui.unit)->model, "arduino-uno");
	assert_null(fm_about_check(&ui));
	fm_catalog_free(catalog);
	fm_ui_done(&ui);
}

/* "pts/1" is no part of "pts/12". */
static void the_log_of_a_job_is_of_its_port(void **state)
{
	struct fm_seen one = state_port("/dev/pts/1", ""), twelve = state_port("/dev/pts/12", "");
	struct fm_ui_job *job;
	struct fm_ui ui;
	uint64_t first, second;

	(void)state;
	state_bench(&ui);
	first = state_attach(&ui, &one, "READY", "");
	second = state_attach(&ui, &twelve, "READY", "");
	job = state_job(&ui, second, FM_VERB_FLASH, "/tmp/a.hex");
	state_phase(&ui, job, FM_PHASE_ERASE);
	job = state_job(&ui, first, FM_VERB_FLASH, "/tmp/a.hex");
	state_phase(&ui, job, FM_PHASE_WRITE);
	ui.unit = first;
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	state_type(&ui, "l");
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_LOG);
	assert_true(shown(&ui, "pts/1: write"));
	assert_false(shown(&ui, "pts/12: erase"));
	fm_ui_done(&ui);
}

/* Whatever list is looked at, and whichever units it has room for. */
static void what_is_written_is_said_in_every_list(void **state)
{
	static const enum fm_ui_view views[] = { FM_VIEW_DEVICES, FM_VIEW_HISTORY, FM_VIEW_LIBRARY,
						 FM_VIEW_LOG };
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_writes(&ui, "1-1.2");
	fm_ui_units_filter(&ui, "ttyUSB0");
	for (size_t i = 0; i < FM_COUNT(views); i++) {
		fm_ui_go(&ui, views[i]);
		assert_true(shown(&ui, "DO NOT UNPLUG 1 unit"));
	}
	state_writes(&ui, "1-1.3");
	assert_true(shown(&ui, "DO NOT UNPLUG 2 units"));
	state_end(&ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(shown(&ui, "DO NOT UNPLUG 1 unit"));
	fm_ui_done(&ui);
}

/* A reason that is cut is none. */
static void a_long_line_of_the_log_can_be_read(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_ui_log(
		&ui, FM_STYLE_WARN, 0,
		"definition left out: /home/technician/.local/share/flashmend/devices/pump.xml:17: "
		"<region> needs a size");
	fm_ui_go(&ui, FM_VIEW_LOG);
	assert_true(shown(&ui, "<region> needs"));
	fm_ui_key(&ui, FM_KEY_UP);
	assert_false(shown(&ui, "<region> needs"));
	fm_ui_done(&ui);
}

/* "Leave when done" is true of a write alone: all else is cancelled. */
static void q_says_what_becomes_of_the_jobs(void **state)
{
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, "/tmp/a.hex");
	state_phase(&ui, job, FM_PHASE_ENTER);
	fm_ui_go(&ui, FM_VIEW_DEVICES);
	state_type(&ui, "q");
	assert_true(shown(&ui, "1 job runs. Cancel and leave? y = yes, Esc = no:"));
	fm_ui_key(&ui, FM_KEY_ESC);
	state_writes(&ui, "1-1.3");
	state_type(&ui, "q");
	assert_true(shown(&ui, "2 jobs: 1 will end its write, the rest is cancelled. Leave? y:"));
	fm_ui_key(&ui, FM_KEY_ESC);
	state_end(&ui, job, FM_OUTCOME_NONE, FM_CANCELLED, FM_UNIT_UNTOUCHED);
	state_type(&ui, "q");
	assert_true(shown(&ui, "1 job runs. Leave when done? y = yes, Esc = no:"));
	fm_ui_done(&ui);
}

/* The time is that of the step, beside the percents of the whole. */
static void the_time_left_says_of_what(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	state_writes(&ui, "1-1.2");
	fm_ui_go(&ui, FM_VIEW_DEVICES);
	assert_true(shown(&ui, "this step ~"));
	fm_ui_done(&ui);
}

/* Settings are put back only where they were lost: the step is seen from then on. */
static void putting_back_is_a_step_when_it_happens(void **state)
{
	struct fm_ui_job *job;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	job = state_writes(&ui, "1-1.2");
	ui.job = job->number;
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	state_phase_end(&ui, job, FM_PHASE_WRITE, FM_OK);
	state_phase(&ui, job, FM_PHASE_VERIFY);
	state_phase_end(&ui, job, FM_PHASE_VERIFY, FM_OK);
	assert_false(shown(&ui, "restore"));
	state_phase(&ui, job, FM_PHASE_RESTORE);
	assert_true(shown(&ui, "8 restore   [       now]"));
	assert_true(shown(&ui, "9 restart"));
	fm_ui_done(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(putting_back_is_a_step_when_it_happens),
		cmocka_unit_test(an_ended_job_has_a_result_and_no_progress),
		cmocka_unit_test(an_erased_unit_holds_no_firmware),
		cmocka_unit_test(a_plan_is_not_what_it_plans),
		cmocka_unit_test(what_the_hands_must_do_is_said_while_they_must),
		cmocka_unit_test(nothing_is_safe_to_unplug_that_is_worked_on),
		cmocka_unit_test(another_job_does_not_bring_its_unit_under_the_hand),
		cmocka_unit_test(units_of_one_lot_are_told_apart),
		cmocka_unit_test(what_comes_where_a_unit_was_lost_was_not_asked),
		cmocka_unit_test(a_number_from_the_records_is_a_guess),
		cmocka_unit_test(a_unit_that_left_is_not_to_be_kept_connected),
		cmocka_unit_test(what_was_left_incomplete_is_not_ready),
		cmocka_unit_test(the_last_four_are_characters),
		cmocka_unit_test(another_model_wants_another_check),
		cmocka_unit_test(the_log_of_a_job_is_of_its_port),
		cmocka_unit_test(what_is_written_is_said_in_every_list),
		cmocka_unit_test(a_long_line_of_the_log_can_be_read),
		cmocka_unit_test(q_says_what_becomes_of_the_jobs),
		cmocka_unit_test(the_time_left_says_of_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

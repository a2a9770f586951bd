/* What keys do to the state, and what they never do. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"
#include "front/tui/view.h"
#include "state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The question is whole at 80 columns, with room for the answer (frame.c). */
static void asks_for_a_change(const struct fm_ui *ui)
{
	assert_int_equal(ui->prompt.question, FM_QUESTION_CHANGE);
	assert_in_range(strlen(ui->prompt.label), 1, 80 - 18);
}

/* In the preflight, behind a check that ended so. */
static void to_preflight(struct fm_ui *ui, enum fm_verdict verdict)
{
	state_bench(ui);
	fm_ui_go(ui, FM_VIEW_PICKER);
	state_checked(ui, verdict);
	fm_ui_go(ui, FM_VIEW_PREFLIGHT);
}

static bool wishes_change(const struct fm_ui *ui)
{
	return ui->request.wish == FM_WISH_JOB && fm_ui_request_changes(&ui->request);
}

static void enter_and_small_letters_write_nothing(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_FITS);
	state_type(&ui, "\n\n\n\n\n");
	assert_false(wishes_change(&ui));
	for (int key = 0; key <= FM_KEY_F + 12; key++) {
		if (key == 0x80)
			key = FM_KEY_UP;
		if (key < 0x80 && (isupper(key) || key == FM_KEY_ESC))
			continue;
		fm_ui_key(&ui, key);
		assert_false(wishes_change(&ui));
		fm_ui_done(&ui);
		to_preflight(&ui, FM_FITS);
	}
	fm_ui_done(&ui);
}

static void capital_f_starts_what_fits(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_FITS);
	fm_ui_key(&ui, 'F');
	assert_true(wishes_change(&ui));
	assert_int_equal(ui.request.verb, FM_VERB_FLASH);
	assert_string_equal(ui.request.path, ui.files[0].path);
	assert_int_equal(ui.request.check, ui.jobs[0]->number);
	fm_ui_done(&ui);
}

static void a_warning_wants_the_last_four(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_WARN);
	state_type(&ui, "F\n");
	assert_false(wishes_change(&ui));
	state_type(&ui, "FGX2-0041877\n"); /* a scanner reads the whole number */
	assert_false(wishes_change(&ui));
	state_type(&ui, "F1877");
	assert_false(wishes_change(&ui));
	fm_ui_key(&ui, FM_KEY_ENTER);
	assert_true(wishes_change(&ui));
	fm_ui_done(&ui);
}

static void nothing_starts_what_is_blocked(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_BLOCKED);
	fm_ui_key(&ui, 'F');
	assert_false(wishes_change(&ui));
	assert_string_equal(ui.message, "CANNOT START: a check fails");
	fm_ui_done(&ui);
}

static void another_attachment_is_asked_again(void **state)
{
	struct fm_ui ui;
	struct fm_seen seen;

	(void)state;
	to_preflight(&ui, FM_FITS);
	ui.now_ns += 10 * STATE_S;
	seen = fm_ui_unit(&ui, ui.unit)->seen;
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	fm_ui_key(&ui, 'F');
	assert_false(wishes_change(&ui));
	state_attach(&ui, &seen, "READY", "3.4.1");
	assert_false(fm_ui_unit(&ui, ui.unit)->left);
	fm_ui_key(&ui, 'F');
	assert_false(wishes_change(&ui));
	assert_string_equal(ui.message,
			    "unit or file is not the one that was checked: c checks again");
	fm_ui_done(&ui);
}

/* A large file that nobody waits for any more. What the unit is being asked, and what it is written
 * with, goes on. */
static void esc_leaves_a_file_that_is_read(void **state)
{
	static const enum fm_ui_view views[] = { FM_VIEW_PICKER, FM_VIEW_PREFLIGHT };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(views); i++) {
		struct fm_ui_job *job;
		struct fm_ui ui;

		state_bench(&ui);
		job = state_job(&ui, ui.unit, FM_VERB_CHECK, ui.files[0].path);
		job->reading = true;
		fm_ui_go(&ui, views[i]);
		fm_ui_key(&ui, FM_KEY_ESC);
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
		assert_int_equal(ui.request.wish, FM_WISH_STOP);
		assert_int_equal(ui.request.job, job->number);
		ui.request.wish = FM_WISH_NOTHING;
		fm_ui_go(&ui, views[i]);
		job->reading = false;
		fm_ui_key(&ui, FM_KEY_ESC);
		assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
		fm_ui_go(&ui, FM_VIEW_PROGRESS);
		job->reading = true;
		fm_ui_key(&ui, FM_KEY_ESC);
		assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
		fm_ui_go(&ui, views[i]);
		job->verb = FM_VERB_FLASH;
		fm_ui_key(&ui, FM_KEY_ESC);
		assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
		fm_ui_done(&ui);
	}
}

/* Read anew, the file is another one under the same name: what was said of it is not true of this.
 */
static void another_content_is_asked_again(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_FITS);
	fm_text_copy(ui.jobs[0]->sha256, sizeof(ui.jobs[0]->sha256), ui.files[0].sha256);
	assert_non_null(fm_ui_check(&ui, fm_ui_unit(&ui, ui.unit), ui.path));
	ui.files[0].sha256[0] = '0';
	assert_null(fm_ui_check(&ui, fm_ui_unit(&ui, ui.unit), ui.path));
	fm_ui_key(&ui, 'F');
	assert_false(wishes_change(&ui));
	assert_string_equal(ui.message,
			    "unit or file is not the one that was checked: c checks again");
	fm_ui_done(&ui);
}

/* The check itself restarts the unit, which may take longer than detection waits. */
static void what_a_check_restarts_is_the_same_attachment(void **state)
{
	struct fm_ui ui;
	struct fm_seen seen;

	(void)state;
	to_preflight(&ui, FM_FITS);
	seen = fm_ui_unit(&ui, ui.unit)->seen;
	ui.now_ns += 2 * STATE_S;
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	ui.now_ns += 3 * STATE_S;
	state_attach(&ui, &seen, "READY", "3.4.1");
	fm_ui_key(&ui, 'F');
	assert_true(wishes_change(&ui));
	fm_ui_done(&ui);
}

static void a_unit_that_left_while_asked_is_not_written(void **state)
{
	struct fm_ui ui;
	struct fm_seen seen;

	(void)state;
	to_preflight(&ui, FM_WARN);
	state_type(&ui, "F1877");
	ui.now_ns += 10 * STATE_S;
	seen = fm_ui_unit(&ui, ui.unit)->seen;
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	state_attach(&ui, &seen, "READY", "3.4.1");
	fm_ui_key(&ui, FM_KEY_ENTER);
	assert_false(wishes_change(&ui));
	fm_ui_done(&ui);
}

/* Both have to be answered right, one after the other; Enter is no answer. */
/* With the question still open; 31 s later its row is gone, too. */
static void a_unit_that_left_while_asked_is_not_read(void **state)
{
	static const char keys[] = { 'b', 'n' };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(keys); i++) {
		struct fm_ui_unit *unit;
		struct fm_ui ui;

		state_bench(&ui);
		ui.unit = ui.selected;
		fm_ui_go(&ui, FM_VIEW_DETAILS);
		fm_ui_key(&ui, keys[i]);
		assert_int_not_equal(ui.prompt.question, FM_QUESTION_NONE);
		unit = fm_ui_unit(&ui, ui.unit);
		fm_ui_unit_event(&ui, FM_TRACK_LEFT, &unit->seen, NULL);
		ui.now_ns += 31 * STATE_S;
		fm_ui_units_age(&ui);
		assert_null(fm_ui_unit(&ui, ui.unit));
		state_type(&ui, "x\n");
		assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
		assert_non_null(strstr(ui.message, "the unit is not attached any more"));
		fm_ui_done(&ui);
	}
}

static void questions_are_answered_before_it_starts(void **state)
{
	struct fm_asked asked[] = {
		{ .id = "mains", .text = "Is the mains off?", .wanted = "off" },
		{ .id = "valve", .text = "Is the valve shut?", .wanted = "shut" },
	};
	struct fm_ui ui;
	struct fm_ui_job *check;

	(void)state;
	to_preflight(&ui, FM_FITS);
	check = ui.jobs[0];
	memcpy(check->asked, asked, sizeof(asked));
	check->asked_count = FM_COUNT(asked);
	state_type(&ui, "F");
	assert_false(wishes_change(&ui));
	assert_non_null(strstr(ui.message, "a answers it"));
	state_type(&ui, "a\n");
	assert_false(fm_asked_right(&check->asked[0]));
	state_type(&ui, "aon\nF");
	assert_string_equal(check->asked[0].given, "on");
	assert_false(wishes_change(&ui));
	state_type(&ui, "aOFF\nF");
	assert_true(fm_asked_right(&check->asked[0]));
	assert_false(wishes_change(&ui));
	/* Esc leaves it open */
	state_type(&ui, "ashut");
	fm_ui_key(&ui, FM_KEY_ESC);
	state_type(&ui, "F");
	assert_false(wishes_change(&ui));
	state_type(&ui, "ashut\nF");
	assert_true(wishes_change(&ui));
	assert_int_equal(ui.request.check, check->number);
	fm_ui_done(&ui);
}

static void ten_escapes_do_not_quit(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_FITS);
	for (int i = 0; i < 10; i++)
		fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
	fm_ui_key(&ui, 'q');
	assert_int_equal(ui.request.wish, FM_WISH_QUIT);
	fm_ui_done(&ui);
}

static void quitting_asks_while_a_job_runs(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	state_job(&ui, ui.unit, FM_VERB_FLASH, ui.files[0].path);
	fm_ui_key(&ui, 3); /* Ctrl-C */
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	fm_ui_key(&ui, FM_KEY_ENTER);
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	state_type(&ui, "qy");
	assert_int_equal(ui.request.wish, FM_WISH_QUIT);
	fm_ui_done(&ui);
}

static void stopping_a_write_wants_the_word(void **state)
{
	struct fm_ui ui;
	struct fm_ui_job *job;

	(void)state;
	state_bench(&ui);
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, ui.files[0].path);
	fm_ui_go(&ui, FM_VIEW_PROGRESS);
	state_phase(&ui, job, FM_PHASE_WRITE);
	state_type(&ui, "S\n");
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	state_type(&ui, "SSTOP\n");
	assert_int_equal(ui.request.wish, FM_WISH_STOP);
	fm_ui_done(&ui);
}

static void the_selection_stays_with_its_unit(void **state)
{
	struct fm_ui ui;
	struct fm_seen seen, other = state_port("/dev/ttyAAA", "A-1");
	uint64_t chosen;

	(void)state;
	state_bench(&ui);
	chosen = ui.selected;
	seen = fm_ui_selected(&ui)->seen;
	for (int i = 0; i < 50; i++) {
		state_attach(&ui, &other, "READY", "");
		assert_int_equal(ui.selected, chosen);
		fm_ui_unit_event(&ui, FM_TRACK_LEFT, &other, NULL);
	}
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	fm_text_copy(seen.path, sizeof(seen.path), "usb 3-1");
	fm_text_copy(seen.usb_path, sizeof(seen.usb_path), "3-1");
	assert_int_equal(state_attach(&ui, &seen, "READY", ""), chosen); /* another port */
	assert_int_equal(ui.selected, chosen);
	ui.now_ns += 31 * STATE_S;
	fm_ui_units_age(&ui);
	for (size_t i = 0; i < ui.unit_count; i++)
		assert_false(ui.units[i].left);
	fm_ui_done(&ui);
}

static void another_unit_in_the_same_port_is_another(void **state)
{
	struct fm_ui ui;
	struct fm_seen seen;
	uint64_t before;

	(void)state;
	state_bench(&ui);
	before = ui.selected;
	seen = fm_ui_selected(&ui)->seen;
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	fm_text_copy(seen.serial, sizeof(seen.serial), "GX2-0099999");
	assert_int_not_equal(state_attach(&ui, &seen, "READY", ""), before);
	fm_ui_done(&ui);
}

static void the_total_never_falls(void **state)
{
	static const enum fm_phase phases[] = { FM_PHASE_ENTER,   FM_PHASE_ERASE,  FM_PHASE_WRITE,
						FM_PHASE_ERASE,   FM_PHASE_WRITE,  FM_PHASE_VERIFY,
						FM_PHASE_RESTART, FM_PHASE_CONFIRM };
	struct fm_ui ui;
	struct fm_ui_job *job;
	unsigned last = 0;

	(void)state;
	state_bench(&ui);
	job = state_job(&ui, ui.unit, FM_VERB_FLASH, ui.files[0].path);
	for (size_t i = 0; i < FM_COUNT(phases); i++) {
		state_phase(&ui, job, phases[i]);
		for (uint64_t done = 0; done <= 100; done++) {
			state_progress(&ui, job, phases[i], done, 100, 0);
			assert_true(job->permille >= last);
			assert_true(job->permille < 1000);
			last = job->permille;
		}
		state_phase_end(&ui, job, phases[i], i == 2 ? FM_TIMEOUT : FM_OK);
	}
	assert_true(last > 900);
	state_end(&ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(job->permille, 1000);
	fm_ui_done(&ui);
}

static void the_map_shows_the_worst(void **state)
{
	const struct fm_progress at_256 = { 256, 8192, 0x08000100 };
	struct fm_ui_map map;

	(void)state;
	state_map(&map);
	assert_int_equal(map.count, 128);
	assert_int_equal(fm_ui_map_cell(&map, 0), '-');
	assert_int_equal(fm_ui_map_cell(&map, 12), 'P'); /* 0x08000300 */
	fm_ui_map_begin(&map, FM_PHASE_ERASE, false);
	fm_ui_map_end(&map, FM_PHASE_ERASE, true);
	assert_int_equal(fm_ui_map_cell(&map, 0), 'e');
	fm_ui_map_begin(&map, FM_PHASE_WRITE, false);
	fm_ui_map_progress(&map, FM_PHASE_WRITE, &at_256);
	assert_int_equal(fm_ui_map_cell(&map, 3), 'w');
	assert_int_equal(fm_ui_map_cell(&map, 4), '>');
	assert_int_equal(fm_ui_map_cell(&map, 5), 'e');
	fm_ui_map_end(&map, FM_PHASE_WRITE, false);
	assert_int_equal(fm_ui_map_cell(&map, 4), 'X');
	fm_ui_map_begin(&map, FM_PHASE_ERASE, true);
	fm_ui_map_end(&map, FM_PHASE_ERASE, true);
	fm_ui_map_begin(&map, FM_PHASE_WRITE, true);
	fm_ui_map_end(&map, FM_PHASE_WRITE, true);
	fm_ui_map_begin(&map, FM_PHASE_VERIFY, false);
	fm_ui_map_end(&map, FM_PHASE_VERIFY, true);
	assert_int_equal(fm_ui_map_cell(&map, 3), '#');
	assert_int_equal(fm_ui_map_cell(&map, 127), '='); /* blank */
}

/* Small letters only plan; the capital letter is that of the plan, and asks for the number. */
static void restore_and_rollback_are_planned_first(void **state)
{
	static const struct {
		enum fm_verb verb;
		const char *plan, *start, *others;
	} ways[] = { { FM_VERB_RESTORE, "r", "R", "FEU" },
		     { FM_VERB_ROLLBACK, "u", "U", "FER" },
		     { FM_VERB_ERASE, "e", "E", "FRU" } };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(ways); i++) {
		struct fm_ui ui;

		state_bench(&ui);
		fm_ui_go(&ui, FM_VIEW_DETAILS);
		state_type(&ui, ways[i].plan);
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_PREFLIGHT);
		assert_int_equal(ui.request.verb, ways[i].verb);
		assert_true(ui.request.dry_run && !wishes_change(&ui));
		ui.request = (struct fm_ui_request){ 0 };
		state_type(&ui, ways[i].start);
		assert_int_equal(ui.prompt.question, FM_QUESTION_NONE);
		state_planned(&ui, ways[i].verb, 0);
		state_type(&ui, ways[i].others);
		assert_int_equal(ui.prompt.question, FM_QUESTION_NONE);
		state_type(&ui, ways[i].start);
		asks_for_a_change(&ui);
		state_type(&ui, "\n");
		assert_false(wishes_change(&ui));
		state_type(&ui, ways[i].start);
		state_type(&ui, "1877\n");
		assert_true(wishes_change(&ui));
		assert_int_equal(ui.request.verb, ways[i].verb);
		assert_int_equal(ui.request.check, ui.jobs[0]->number);
		fm_ui_done(&ui);
	}
}

/* Two boot loaders with one number: only the port says which is meant. */
static void of_two_that_look_the_same_the_port_is_asked(void **state)
{
	struct fm_ui_unit *one = NULL, *other = NULL;
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui, FM_FITS);
	for (size_t i = 0; i < ui.unit_count; i++) {
		if (ui.units[i].id == ui.unit)
			one = &ui.units[i];
		else if (strcmp(ui.units[i].seen.usb_path, "1-1.3") == 0)
			other = &ui.units[i];
	}
	assert_true(one && other);
	one->seen.mode = other->seen.mode;
	fm_text_copy(other->seen.serial, sizeof(other->seen.serial), one->seen.serial);
	state_type(&ui, "F");
	asks_for_a_change(&ui);
	assert_string_equal(ui.prompt.wanted, "1-1.2");
	state_type(&ui, "1877\n");
	assert_false(wishes_change(&ui));
	state_type(&ui, "F1-1.2\n");
	assert_true(wishes_change(&ui));
	ui.request = (struct fm_ui_request){ 0 };
	fm_text_copy(one->seen.usb_path, sizeof(one->seen.usb_path), "12-14.12.11.10.4");
	state_type(&ui, "F12-14.12.11.10.4\n");
	assert_true(wishes_change(&ui));
	ui.request = (struct fm_ui_request){ 0 };
	other->left = true;
	state_type(&ui, "F");
	assert_true(wishes_change(&ui));
	fm_ui_done(&ui);
}

/* Of a record its backup, on its unit alone. */
static void a_record_is_restored_on_its_unit(void **state)
{
	struct fm_ui ui;
	uint64_t unit;

	(void)state;
	state_bench(&ui);
	unit = ui.unit;
	ui.unit = 0;
	fm_ui_go(&ui, FM_VIEW_HISTORY);
	state_type(&ui, "\n");
	assert_string_equal(ui.message, "this job stored no backup");
	fm_ui_key(&ui, FM_KEY_DOWN);
	ui.request = (struct fm_ui_request){ 0 };
	state_type(&ui, "\n");
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_PREFLIGHT);
	assert_int_equal(ui.request.unit, unit);
	assert_int_equal(ui.request.verb, FM_VERB_RESTORE);
	assert_int_equal(ui.request.source, 1);
	assert_false(wishes_change(&ui));
	/* the plan of the newest backup is not that of this one */
	state_planned(&ui, FM_VERB_RESTORE, 0);
	ui.source = 1;
	state_type(&ui, "R");
	assert_int_equal(ui.prompt.question, FM_QUESTION_NONE);
	for (size_t i = 0; i < ui.unit_count; i++)
		ui.units[i].left = ui.units[i].left || ui.units[i].id == unit;
	fm_ui_go(&ui, FM_VIEW_HISTORY);
	state_type(&ui, "\n");
	assert_string_equal(ui.message, "the unit of this record is not attached");
	fm_ui_done(&ui);
}

/* In one view a key means one thing, and what changes a unit has a capital letter. */
static void the_table_of_actions_is_sound(void **state)
{
	(void)state;
	for (const struct fm_action *a = fm_actions; a->run; a++) {
		assert_non_null(a->help);
		assert_true(a->key > 0x7f || !isupper(a->key) || a->function == 0);
		for (const struct fm_action *b = a + 1; b->run; b++) {
			if (!(a->views & b->views))
				continue;
			assert_int_not_equal(a->key, b->key);
			assert_true(!a->function || a->function != b->function);
		}
	}
}
/* Any keys at all, in any state: nothing is written that no capital letter began. */
static void random_keys(void **state)
{
	static const int special[] = { FM_KEY_ENTER, FM_KEY_ESC,       FM_KEY_TAB,  FM_KEY_UP,
				       FM_KEY_DOWN,  FM_KEY_PAGE_DOWN, FM_KEY_END,  FM_KEY_HOME,
				       FM_KEY_F + 2, FM_KEY_F + 3,     FM_KEY_F + 4 };
	FM_CANVAS_DONE struct fm_canvas canvas;
	bool capital = false;
	struct fm_ui ui;

	(void)state;
	srand(1);
	to_preflight(&ui, FM_FITS);
	fm_canvas_init(&canvas, 24, 80, false);
	for (int i = 0; i < 20000; i++) {
		int key = rand() % 3 ? ' ' + rand() % 0x5f
				     : special[(size_t)rand() % FM_COUNT(special)];

		capital = (key < 0x80 && isupper(key)) ||
			  (capital && ui.prompt.question != FM_QUESTION_NONE);
		fm_ui_key(&ui, key);
		assert_true(!wishes_change(&ui) || capital);
		if (wishes_change(&ui))
			assert_true(ui.request.check > 0);
		ui.request = (struct fm_ui_request){ 0 };
		if (i % 16 == 0)
			fm_ui_draw(&ui, &canvas);
		if (i % 200 == 0) {
			fm_ui_done(&ui);
			to_preflight(&ui, (enum fm_verdict)(rand() % 3));
		}
	}
	fm_ui_done(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enter_and_small_letters_write_nothing),
		cmocka_unit_test(capital_f_starts_what_fits),
		cmocka_unit_test(a_warning_wants_the_last_four),
		cmocka_unit_test(nothing_starts_what_is_blocked),
		cmocka_unit_test(another_attachment_is_asked_again),
		cmocka_unit_test(esc_leaves_a_file_that_is_read),
		cmocka_unit_test(another_content_is_asked_again),
		cmocka_unit_test(what_a_check_restarts_is_the_same_attachment),
		cmocka_unit_test(restore_and_rollback_are_planned_first),
		cmocka_unit_test(a_record_is_restored_on_its_unit),
		cmocka_unit_test(of_two_that_look_the_same_the_port_is_asked),
		cmocka_unit_test(a_unit_that_left_while_asked_is_not_written),
		cmocka_unit_test(a_unit_that_left_while_asked_is_not_read),
		cmocka_unit_test(questions_are_answered_before_it_starts),
		cmocka_unit_test(ten_escapes_do_not_quit),
		cmocka_unit_test(quitting_asks_while_a_job_runs),
		cmocka_unit_test(stopping_a_write_wants_the_word),
		cmocka_unit_test(the_selection_stays_with_its_unit),
		cmocka_unit_test(another_unit_in_the_same_port_is_another),
		cmocka_unit_test(the_total_never_falls),
		cmocka_unit_test(the_map_shows_the_worst),
		cmocka_unit_test(the_table_of_actions_is_sound),
		cmocka_unit_test(random_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

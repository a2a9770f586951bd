/* What the lists show of units, ports and records, and which row is selected meanwhile. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"
#include "front/tui/files.h"
#include "front/tui/records.h"
#include "front/tui/start.h"
#include "front/tui/view.h"
#include "state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is selected can be seen, whatever the filter and the units do. */
static void the_filter_keeps_the_selection(void **state)
{
	struct fm_ui ui;
	uint64_t unit;
	size_t all;

	(void)state;
	state_bench(&ui);
	unit = ui.selected;
	all = fm_views[FM_VIEW_DEVICES]->count(&ui);
	state_type(&ui, "/GX2-00418\n");
	assert_int_equal(ui.selected, unit);
	assert_int_equal(fm_views[FM_VIEW_DEVICES]->count(&ui), 2);
	assert_int_equal(fm_views[FM_VIEW_DEVICES]->at(&ui), 0);
	fm_ui_key(&ui, FM_KEY_DOWN);
	assert_int_equal(ui.selected, state_unit(&ui, "1-1.5"));
	fm_ui_key(&ui, FM_KEY_DOWN); /* no further */
	assert_int_equal(ui.selected, state_unit(&ui, "1-1.5"));
	fm_ui_key(&ui, FM_KEY_UP);
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_string_equal(ui.unit_filter, "");
	assert_int_equal(ui.selected, unit);
	assert_int_equal(fm_views[FM_VIEW_DEVICES]->count(&ui), all);
	fm_ui_key(&ui, FM_KEY_ESC); /* and that is all it does */
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	fm_ui_done(&ui);
}

static void nothing_works_on_what_is_hidden(void **state)
{
	static const char keys[] = "\nfipnl";
	struct fm_seen seen = state_port("/tmp/late", "LATE-1");
	struct fm_ui ui;
	uint64_t late;

	(void)state;
	state_bench(&ui);
	state_type(&ui, "/late\n");
	assert_int_equal(ui.selected, 0);
	for (size_t i = 0; keys[i]; i++) {
		state_type(&ui, (char[]){ keys[i], '\0' });
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
		assert_int_equal(ui.prompt.question, FM_QUESTION_NONE);
		assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	}
	late = state_attach(&ui, &seen, "READY", "");
	assert_int_equal(ui.selected, late);
	/* one that the filter does not fit any more stays while it is selected */
	fm_ui_key(&ui, FM_KEY_ESC);
	state_type(&ui, "/boot\n");
	assert_int_equal(ui.selected, state_unit(&ui, "1-1.3"));
	fm_ui_unit(&ui, ui.selected)->row.state = "READY";
	assert_int_equal(fm_views[FM_VIEW_DEVICES]->count(&ui), 1);
	fm_ui_done(&ui);
}

/* A unit comes to fit the filter without an event of detection: by what a job tells of it. */
static void what_comes_to_fit_the_filter_is_shown(void **state)
{
	FM_CANVAS_DONE struct fm_canvas canvas;
	struct fm_ui_unit *unit;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_canvas_init(&canvas, 24, 80, true);
	state_type(&ui, "/3f0041\n");
	assert_int_equal(ui.selected, 0);
	unit = fm_ui_unit(&ui, state_unit(&ui, "1-2"));
	fm_identity_set(&unit->identity, FM_FACT_UNIQUE_ID, FM_STRONG, "3f0041000f50524d31313620",
			"unique id of the chip");
	assert_int_equal(fm_views[FM_VIEW_DEVICES]->count(&ui), 1);
	fm_ui_draw(&ui, &canvas);
	assert_int_equal(fm_canvas_hit_at(&canvas, FM_VIEW_TOP + 3), 0);
	fm_ui_units_age(&ui);
	assert_int_equal(ui.selected, unit->id);
	fm_ui_done(&ui);
}

static void each_column_is_looked_in(void **state)
{
	static const char *const texts[] = { "a7", "GX2-0041902", "1-1.3", "Boot", "acme-gx2" };
	struct fm_ui ui;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(texts); i++) {
		struct fm_ui_unit *unit;

		state_bench(&ui);
		unit = fm_ui_unit(&ui, state_unit(&ui, "1-1.3"));
		memcpy(unit->seen.slot, "A7", 3);
		fm_ui_units_filter(&ui, texts[i]);
		assert_true(fm_ui_unit_shown(&ui, unit));
		fm_ui_done(&ui);
	}
}

static void l_names_a_port(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	state_type(&ui, "lA1");
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	state_type(&ui, "lA1\n");
	assert_int_equal(ui.request.wish, FM_WISH_LABEL);
	assert_int_equal(ui.request.unit, ui.selected);
	assert_string_equal(ui.request.path, "A1");
	/* the name that it has can be changed or taken away */
	memcpy(fm_ui_selected(&ui)->seen.slot, "A1", 3);
	fm_ui_key(&ui, 'l');
	assert_string_equal(ui.prompt.text, "A1");
	fm_ui_key(&ui, 21);
	fm_ui_key(&ui, FM_KEY_ENTER);
	assert_int_equal(ui.request.wish, FM_WISH_LABEL);
	assert_string_equal(ui.request.path, "");
	fm_ui_done(&ui);
}

/* A port that was added by hand: shown while it is away, the same unit when it comes, gone when it
 * is not added any more. */
static void an_absent_port_is_a_row(void **state)
{
	struct fm_seen seen = state_port("/tmp/port", "");
	struct fm_ui_unit *unit;
	struct fm_ui ui;
	uint64_t id;

	(void)state;
	state_empty(&ui);
	seen.present = seen.access = false;
	fm_ui_units_absent(&ui);
	unit = fm_ui_unit_absent(&ui, &seen);
	unit->row.state = "AWAY";
	id = unit->id;
	fm_ui_units_age(&ui);
	assert_int_equal(ui.selected, id);
	assert_string_equal(fm_ui_unit_state(&ui, fm_ui_unit(&ui, id)), "AWAY");
	state_type(&ui, "fipn"); /* nothing can be done with it */
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
	fm_ui_units_absent(&ui);
	assert_int_equal(fm_ui_unit_absent(&ui, &seen)->id, id);
	assert_int_equal(ui.unit_count, 1);
	seen.present = seen.access = true;
	assert_int_equal(state_attach(&ui, &seen, "READY", "1.0"), id);
	assert_string_equal(fm_ui_unit_state(&ui, fm_ui_unit(&ui, id)), "READY");
	/* it goes: LEFT for a while */
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	fm_ui_units_absent(&ui);
	fm_ui_unit_absent(&ui, &seen);
	assert_string_equal(fm_ui_unit_state(&ui, fm_ui_unit(&ui, id)), "LEFT");
	ui.now_ns += FM_UI_LEFT_NS;
	fm_ui_units_age(&ui);
	assert_string_equal(fm_ui_unit_state(&ui, fm_ui_unit(&ui, id)), "AWAY");
	fm_ui_units_absent(&ui); /* 'ports remove' */
	fm_ui_units_age(&ui);
	assert_int_equal(ui.unit_count, 0);
	fm_ui_done(&ui);
}

static void history_is_narrowed_to_one_slot(void **state)
{
	struct fm_error err;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	memcpy(ui.records[0].slot, "A1", 3);
	state_type(&ui, "3s");
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_TALLY);
	assert_int_equal(ui.tally_by, FM_TALLY_SLOT);
	fm_ui_key(&ui, FM_KEY_ENTER); /* nothing is counted yet */
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_TALLY);
	assert_true(fm_tally_make(ui.records, ui.record_count, ui.tally_by, &ui.tally,
				  &ui.tally_count, &err));
	assert_int_equal(ui.tally_count, 1);
	ui.request.wish = FM_WISH_NOTHING;
	fm_ui_key(&ui, FM_KEY_ENTER);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_HISTORY);
	assert_int_equal(ui.request.wish, FM_WISH_RECORDS);
	assert_int_equal(ui.only, FM_ONLY_SLOT);
	assert_string_equal(ui.only_name, "A1");
	fm_ui_key(&ui, 'u'); /* all are counted, and Esc leads back to all */
	assert_int_equal(ui.only, FM_ONLY_ALL);
	assert_int_equal(ui.tally_by, FM_TALLY_UNIT);
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_HISTORY);
	fm_ui_done(&ui);
}

/* Said when it is due, not with the next tick of a clock; a second job's in its turn. */
static void silence_is_due(void **state)
{
	struct fm_ui_job *one, *other;
	char limit[32];
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	assert_true(fm_ui_quiet_due_ns(&ui, ui.now_ns) == INT64_MAX);
	one = state_job(&ui, state_unit(&ui, "1-1.2"), FM_VERB_FLASH, ui.files[0].path);
	ui.now_ns += STATE_S;
	other = state_job(&ui, state_unit(&ui, "1-1.3"), FM_VERB_FLASH, ui.files[0].path);
	assert_true(fm_ui_quiet_due_ns(&ui, ui.now_ns) == one->heard_ns + FM_UI_QUIET_NS);
	assert_true(fm_ui_quiet_due_ns(&ui, one->heard_ns + FM_UI_QUIET_NS) ==
		    other->heard_ns + FM_UI_QUIET_NS);
	fm_ui_job_limit(one, limit);
	assert_string_equal(limit, "");
	one->limit_ns = one->heard_ns + 9 * STATE_S + 1;
	fm_ui_job_limit(one, limit);
	assert_string_equal(limit, ", gives up at 10 s");
	fm_ui_done(&ui);
}

/* The line is short: what stands before it already is left out of an error's text. */
static void the_port_is_said_once(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = { { "usb 1-1.2: no boot loader answers", "FAIL E206 no boot loader answers" },
		      { "usb 1-1.23: no answer", "FAIL E206 usb 1-1.23: no answer" },
		      { "usb 1-1.2 vanished", "FAIL E206 usb 1-1.2 vanished" } };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fm_event event = { .kind = FM_EVENT_END };
		struct fm_ui ui;

		state_bench(&ui);
		event.job = state_job(&ui, ui.unit, FM_VERB_INFO, "")->number;
		event.u.end.outcome = FM_OUTCOME_FAIL;
		event.u.end.code = FM_NO_ANSWER;
		fm_fail(&event.u.end.error, FM_NO_ANSWER, "%s", cases[i].text);
		fm_ui_job_event(&ui, &event);
		if (!strstr(ui.message, cases[i].said))
			fail_msg("'%s' is said", ui.message);
		fm_ui_done(&ui);
	}
}

/* Told of at the start, not when somebody wants to flash; and what to do about it. */
static void records_that_cannot_be_used_are_told_of(void **state)
{
	struct fm_tui_options options = { .store = NULL };
	struct fm_ui ui;

	(void)state;
	fm_fail(&options.store_err, FM_RECORD, "records.sqlite is of a newer flashmend");
	for (int hint = 0; hint <= 1; hint++) {
		if (hint)
			fm_hint(&options.store_err, "install that one");
		state_empty(&ui);
		fm_start_tell(&ui, &options);
		assert_non_null(strstr(ui.message, "No unit can be written"));
		assert_true(ui.message_stays);
		assert_non_null(strstr(fm_ui_line(&ui, 0)->text, "of a newer flashmend"));
		fm_ui_go(&ui, FM_VIEW_HISTORY);
		fm_records_load(&ui, &options);
		assert_string_equal(ui.records_problem, "records.sqlite is of a newer flashmend");
		assert_string_equal(ui.records_advice,
				    hint ? "install that one" : fm_error_info(FM_RECORD)->advice);
		fm_ui_done(&ui);
	}
}

/* The folder of packages is found when it comes; what a person has chosen stays. */
static void the_folder_of_packages_is_found_later(void **state)
{
	char folder[] = "/tmp/flashmend-test-XXXXXX", late[200];
	struct fm_ui ui;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(late, sizeof(late), "%s/packages", folder);
	for (int chosen = 0; chosen <= 1; chosen++) {
		state_empty(&ui);
		fm_text_copy(ui.folder, sizeof(ui.folder), folder);
		fm_text_copy(ui.library, sizeof(ui.library), late);
		fm_files_load(&ui);
		assert_string_equal(ui.folder, folder);
		assert_string_equal(ui.library_problem, "not there yet");
		fm_files_folder(&ui, "/no/such/folder");
		assert_string_equal(ui.library, late);
		if (chosen)
			fm_files_folder(&ui, folder);
		assert_int_equal(mkdir(late, 0700), 0);
		fm_files_load(&ui);
		assert_string_equal(ui.folder, chosen ? folder : late);
		assert_string_equal(ui.library, "");
		rmdir(late);
		fm_files_load(&ui); /* and it is not taken for another any more */
		assert_string_equal(ui.folder, chosen ? folder : late);
		assert_int_equal(ui.folder_problem.code, chosen ? FM_OK : FM_FILE_OPEN);
		fm_ui_done(&ui);
	}
	rmdir(folder);
}

/* What is left out is said: a person looks for the file in vain otherwise. */
static void too_many_files_are_said(void **state)
{
	char folder[] = "/tmp/fm-files-XXXXXX", path[60];
	struct fm_ui ui;

	(void)state;
	state_empty(&ui);
	assert_non_null(mkdtemp(folder));
	fm_text_copy(ui.folder, sizeof(ui.folder), folder);
	for (int i = 0; i < 501; i++) {
		snprintf(path, sizeof(path), "%s/%03d.bin", folder, i);
		fclose(fopen(path, "we"));
		if (i < 500)
			continue;
		assert_string_equal(ui.message, "");
		fm_files_load(&ui);
	}
	assert_int_equal(ui.file_count, 500);
	assert_string_equal(ui.message,
			    "only 500 of the files are shown: o chooses a smaller folder");
	*ui.message = '\0';
	unlink(path);
	fm_files_load(&ui);
	assert_string_equal(ui.message, "");
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "%s/%03d.bin", folder, i);
		unlink(path);
	}
	rmdir(folder);
	fm_ui_done(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filter_keeps_the_selection),
		cmocka_unit_test(nothing_works_on_what_is_hidden),
		cmocka_unit_test(what_comes_to_fit_the_filter_is_shown),
		cmocka_unit_test(each_column_is_looked_in),
		cmocka_unit_test(l_names_a_port),
		cmocka_unit_test(an_absent_port_is_a_row),
		cmocka_unit_test(history_is_narrowed_to_one_slot),
		cmocka_unit_test(silence_is_due),
		cmocka_unit_test(the_port_is_said_once),
		cmocka_unit_test(records_that_cannot_be_used_are_told_of),
		cmocka_unit_test(the_folder_of_packages_is_found_later),
		cmocka_unit_test(too_many_files_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

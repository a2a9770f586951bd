/* What the lists show of units, ports and records, and which row is selected meanwhile. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"
#include "front/tui/files.h"
#include "front/tui/view.h"
#include "state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* A folder of a thousand packages must not hold up the jobs that run meanwhile. */
static void a_library_is_read_in_pieces(void **state)
{
	char folder[] = "/tmp/flashmend-test-XXXXXX", path[200];
	struct fm_ui ui;

	(void)state;
	assert_non_null(mkdtemp(folder));
	state_empty(&ui);
	fm_text_copy(ui.folder, sizeof(ui.folder), folder);
	for (int i = 0; i < 3; i++) {
		FM_FCLOSE FILE *file = NULL;

		snprintf(path, sizeof(path), "%s/%d.bin", folder, i);
		file = fopen(path, "we");
		assert_non_null(file);
		fprintf(file, "a firmware file, number %d", i);
	}
	fm_files_load(&ui);
	assert_int_equal(ui.file_count, 3);
	assert_true(ui.files[0].unread);
	assert_true(fm_files_more(&ui, 0));
	assert_false(ui.files[0].unread);
	assert_true(ui.files[1].unread);
	assert_true(fm_files_more(&ui, 0));
	assert_false(fm_files_more(&ui, 0));
	assert_false(ui.files[2].unread);
	/* nothing of it is read again */
	fm_files_load(&ui);
	assert_false(ui.files[0].unread || ui.files[1].unread || ui.files[2].unread);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%d.bin", folder, i);
		unlink(path);
	}
	rmdir(folder);
	fm_ui_done(&ui);
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
		cmocka_unit_test(each_column_is_looked_in),
		cmocka_unit_test(l_names_a_port),
		cmocka_unit_test(an_absent_port_is_a_row),
		cmocka_unit_test(history_is_narrowed_to_one_slot),
		cmocka_unit_test(silence_is_due),
		cmocka_unit_test(a_library_is_read_in_pieces),
		cmocka_unit_test(too_many_files_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Records as the views show them, while jobs end and add to them. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"
#include "front/tui/records.h"
#include "front/tui/view.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	char folder[32], db[64];
	struct fm_tui_options options;
	struct fm_ui ui;
};

static void place_open(struct place *place)
{
	struct fm_error err;

	*place = (struct place){ .folder = "/tmp/fm-tui-XXXXXX" };
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->db, sizeof(place->db), "%s/records.sqlite", place->folder);
	assert_success(fm_store_open(place->db, true, &place->options.store, &err));
	state_bench(&place->ui);
}

static void place_close(struct place *place)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[80];

	fm_ui_done(&place->ui);
	fm_store_close(place->options.store);
	for (size_t i = 0; i < FM_COUNT(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", place->db, ends[i]);
		unlink(path);
	}
	rmdir(place->folder);
}

/* A job in slot A1 or A2 that has ended. */
static int64_t record(struct place *place, const char *slot)
{
	struct fm_record record = { .verb = "flash", .model = "acme-gx2", .port = "usb 1-1.2" };
	struct fm_error err;

	fm_text_copy(record.slot, sizeof(record.slot), slot);
	assert_success(fm_store_begin(place->options.store, &record, &err));
	fm_text_copy(record.outcome, sizeof(record.outcome), "PASS");
	fm_text_copy(record.unit_state, sizeof(record.unit_state), "verified");
	assert_success(fm_store_end(place->options.store, &record, &err));
	return record.id;
}

static int64_t selected(const struct fm_ui *ui)
{
	return ui->records[ui->index[FM_VIEW_HISTORY]].id;
}

/* Enter plans to restore the backup of the record that is marked: it must not become another. */
static void the_same_record_stays_selected(void **state)
{
	struct place place;
	int64_t first;

	(void)state;
	place_open(&place);
	first = record(&place, "A1");
	record(&place, "A1");
	fm_ui_go(&place.ui, FM_VIEW_HISTORY);
	fm_records_load(&place.ui, &place.options);
	fm_ui_key(&place.ui, FM_KEY_DOWN);
	assert_int_equal(selected(&place.ui), first);
	record(&place, "A1");
	fm_records_load(&place.ui, &place.options);
	assert_int_equal(place.ui.record_count, 3);
	assert_int_equal(selected(&place.ui), first);
	/* who comes anew finds the newest, unless another was selected */
	fm_ui_key(&place.ui, FM_KEY_HOME);
	fm_ui_go(&place.ui, FM_VIEW_DEVICES);
	first = record(&place, "A1");
	fm_records_load(&place.ui, &place.options);
	assert_int_equal(selected(&place.ui), first);
	place_close(&place);
}

/* What is read while the help is above it is what Esc leads back to. */
static void the_history_below_stays_narrowed(void **state)
{
	struct place place;

	(void)state;
	place_open(&place);
	record(&place, "A1");
	record(&place, "A2");
	fm_ui_go(&place.ui, FM_VIEW_HISTORY);
	place.ui.only = FM_ONLY_SLOT;
	fm_text_copy(place.ui.only_name, sizeof(place.ui.only_name), "A1");
	fm_records_load(&place.ui, &place.options);
	assert_int_equal(place.ui.record_count, 1);
	state_type(&place.ui, "?");
	record(&place, "A1");
	fm_records_load(&place.ui, &place.options);
	assert_int_equal(place.ui.record_count, 2);
	fm_ui_go(&place.ui, FM_VIEW_DEVICES);
	fm_records_load(&place.ui, &place.options);
	assert_int_equal(place.ui.record_count, 3);
	place_close(&place);
}

static void the_yield_below_stays(void **state)
{
	struct place place;

	(void)state;
	place_open(&place);
	record(&place, "A1");
	fm_ui_go(&place.ui, FM_VIEW_HISTORY);
	state_type(&place.ui, "s?");
	assert_int_equal(fm_ui_top(&place.ui), FM_VIEW_HELP);
	fm_records_load(&place.ui, &place.options);
	assert_int_equal(place.ui.tally_count, 1);
	place_close(&place);
}

/* Those that are shown are not all that there are. */
static void what_is_left_out_is_said(void **state)
{
	FM_CANVAS_DONE struct fm_canvas canvas;
	static const char *const said[] = { "the newest 1000 records, 0 of them PASS",
					    "1000 of the newest 1000 records; PASS" };
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	free(ui.records);
	ui.records = calloc(FM_UI_RECORDS, sizeof(*ui.records));
	ui.record_count = FM_UI_RECORDS;
	ui.tally = calloc(1, sizeof(*ui.tally));
	ui.tally[0].jobs = FM_UI_RECORDS;
	ui.tally_count = 1;
	fm_canvas_init(&canvas, 24, 80, true);
	for (size_t i = 0; i < FM_COUNT(said); i++) {
		char line[81] = "";

		fm_ui_go(&ui, i ? FM_VIEW_TALLY : FM_VIEW_HISTORY);
		fm_ui_draw(&ui, &canvas);
		for (int column = 0; column < canvas.columns; column++)
			line[column] = (char)fm_canvas_at(&canvas, FM_VIEW_TOP, column)->character;
		if (!strstr(line, said[i]))
			fail_msg("'%s' is not in '%s'", said[i], line);
	}
	fm_ui_done(&ui);
}

/* Of two that tell the same number none is taken silently. */
static void the_unit_of_a_record_is_no_guess(void **state)
{
	struct fm_seen twin = state_port("/dev/ttyACM5", "GX2-0041877");
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_ui_go(&ui, FM_VIEW_HISTORY);
	fm_ui_key(&ui, FM_KEY_DOWN);
	state_attach(&ui, &twin, "READY", "");
	ui.request = (struct fm_ui_request){ 0 };
	state_type(&ui, "\n");
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_HISTORY);
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	assert_string_equal(ui.message, "several units tell the number of this record");
	fm_ui_done(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_record_stays_selected),
		cmocka_unit_test(the_history_below_stays_narrowed),
		cmocka_unit_test(the_yield_below_stays),
		cmocka_unit_test(what_is_left_out_is_said),
		cmocka_unit_test(the_unit_of_a_record_is_no_guess),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

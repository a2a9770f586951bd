/* What a large terminal shows beside the list or the checks, and what becomes of a unit's memory.
 */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/view.h"
#include "state.h"

#include <stdio.h>
#include <string.h>

static struct fm_memory memory_of_all_kinds(void)
{
	return (struct fm_memory){ .regions = { { .name = "application",
						  .range = { FM_SPACE_FLASH, 0, 4096 },
						  .flags = FM_REGION_WRITE },
						{ .name = "settings",
						  .range = { FM_SPACE_FLASH, 4096, 1024 },
						  .flags = FM_REGION_CONFIG },
						{ .name = "eeprom",
						  .range = { FM_SPACE_EEPROM, 0, 512 },
						  .flags = FM_REGION_CONFIG |
							   FM_REGION_CALIBRATION },
						{ .name = "system",
						  .range = { FM_SPACE_SYSTEM, 0, 2048 },
						  .flags = FM_REGION_PROTECTED },
						{ .name = "ram",
						  .range = { FM_SPACE_RAM, 0, 2048 },
						  .flags = FM_REGION_PROTECTED } },
				   .count = 5 };
}

static void what_is_erased_or_written_is_lost(void **state)
{
	struct fm_block blocks[] = { { { FM_SPACE_FLASH, 0, 1024 }, 0 },
				     { { FM_SPACE_FLASH, 1024, 1024 }, 1 } };
	struct fm_plan_page pages[] = {
		{ .range = { FM_SPACE_FLASH, 0, 256 } },    /* in what is erased */
		{ .range = { FM_SPACE_FLASH, 2048, 256 } }, /* not */
		{ .range = { FM_SPACE_FLASH, 2304, 256 }, .skip = true },
		{ .range = { FM_SPACE_EEPROM, 0, 4 } },
	};
	struct fm_plan plan = { .erase = blocks, .erase_count = 2, .pages = pages };
	struct fm_memory memory = memory_of_all_kinds();
	struct fm_ui_fates fates;

	(void)state;
	plan.page_count = FM_COUNT(pages);
	fm_ui_fates_make(&fates, &plan, &memory);
	assert_int_equal(fates.count, 4); /* without the RAM */
	assert_string_equal(fates.fates[0].name, "application");
	assert_int_equal(fates.fates[0].kind, FM_FATE_LOST);
	assert_int_equal(fates.fates[0].lost, 2048 + 256);
	assert_int_equal(fates.fates[1].kind, FM_FATE_KEPT);
	assert_int_equal(fates.fates[1].lost, 0);
	assert_int_equal(fates.fates[2].kind, FM_FATE_LOST);
	assert_int_equal(fates.fates[2].lost, 4);
	assert_int_equal(fates.fates[3].kind, FM_FATE_KEPT);
}

/* One block may reach into the next region. */
static void an_erase_is_counted_where_it_reaches(void **state)
{
	struct fm_block block = { { FM_SPACE_FLASH, 3072, 2048 }, 0 };
	struct fm_plan plan = { .erase = &block, .erase_count = 1 };
	struct fm_memory memory = memory_of_all_kinds();
	struct fm_ui_fates fates;

	(void)state;
	fm_ui_fates_make(&fates, &plan, &memory);
	assert_int_equal(fates.fates[0].lost, 1024);
	assert_int_equal(fates.fates[1].lost, 1024);
	assert_int_equal(fates.fates[1].kind, FM_FATE_LOST);
}

/* Nobody knows where it stops; the chip's own boot loader it cannot reach. */
static void one_erase_for_the_whole_chip_leaves_doubt(void **state)
{
	struct fm_block block = { { FM_SPACE_FLASH, 0, 4096 }, 0 };
	struct fm_plan plan = { .erase = &block, .erase_count = 1, .erase_all = true };
	struct fm_memory memory = memory_of_all_kinds();
	struct fm_ui_fates fates;

	(void)state;
	fm_ui_fates_make(&fates, &plan, &memory);
	assert_int_equal(fates.fates[0].kind, FM_FATE_LOST);
	assert_int_equal(fates.fates[1].kind, FM_FATE_DOUBT);
	assert_int_equal(fates.fates[2].kind, FM_FATE_DOUBT);
	assert_int_equal(fates.fates[3].kind, FM_FATE_KEPT);
	fm_ui_fates_make(&fates, NULL, &memory);
	assert_int_equal(fates.count, 0);
}

static void draw(struct fm_ui *ui, enum fm_ui_view view, int columns, int rows, struct fm_text *ret)
{
	FM_CANVAS_DONE struct fm_canvas canvas;

	fm_text_done(ret);
	if (fm_ui_top(ui) != view)
		fm_ui_go(ui, view);
	fm_canvas_init(&canvas, rows, columns, true);
	fm_ui_draw(ui, &canvas);
	for (int row = 0; row < rows; row++) {
		for (int column = 0; column < columns; column++)
			fm_text_addf(ret, "%c", (int)fm_canvas_at(&canvas, row, column)->character);
		fm_text_add(ret, "\n");
	}
}

static void says(const struct fm_text *screen, const char *text)
{
	if (!strstr(screen->data, text))
		fail_msg("no '%s' on\n%s", text, screen->data);
}

static void says_not(const struct fm_text *screen, const char *text)
{
	if (strstr(screen->data, text))
		fail_msg("'%s' on\n%s", text, screen->data);
}

static void wide_preflight_says_what_is_lost_and_kept(void **state)
{
	FM_TEXT_DONE struct fm_text screen = { 0 };
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	state_checked(&ui, FM_WARN);
	draw(&ui, FM_VIEW_PREFLIGHT, 109, 24, &screen);
	says_not(&screen, "| KEPT");
	draw(&ui, FM_VIEW_PREFLIGHT, 110, 24, &screen);
	says(&screen, "| LOST ");
	says(&screen, "| KEPT ");
	says(&screen, "| IF THE POWER FAILS NOW");
	says(&screen, "never written");
	says_not(&screen, "+ 3276355A3038 attached");
	draw(&ui, FM_VIEW_PREFLIGHT, 132, 40, &screen);
	says(&screen, "| application  8.0 KiB of 120.0 KiB");
	says(&screen, "| runs there   3.4.1");
	says(&screen, "| a copy       stored first, where it can be read");
	says(&screen, "| calibration  4.0 KiB of calibration, not written");
	says(&screen, "| path         /home/tech/firmware/gx2-3.6.0.hex");
	says(&screen, "READY, with warnings: F asks");
	says(&screen, "+ 3276355A3038 attached");
	state_choose(&ui, FM_CHOICE_BACKUP, FM_FROM_HERE, "none");
	draw(&ui, FM_VIEW_PREFLIGHT, 132, 40, &screen);
	says(&screen, "| a copy       none is made (backup=none)");
	state_choose(&ui, FM_CHOICE_BACKUP, FM_FROM_HERE, "required");
	draw(&ui, FM_VIEW_PREFLIGHT, 132, 40, &screen);
	says(&screen, "| a copy       stored first, or nothing is written");
	fm_ui_done(&ui);
}

static void nothing_is_foretold_without_a_plan(void **state)
{
	FM_TEXT_DONE struct fm_text screen = { 0 };
	struct fm_ui_job *check;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_text_copy(ui.path, sizeof(ui.path), ui.files[0].path);
	draw(&ui, FM_VIEW_PREFLIGHT, 140, 43, &screen);
	says(&screen, "| What is lost and what is kept is not known");
	says_not(&screen, "| KEPT");
	says_not(&screen, "If the power fails while");
	check = state_checked(&ui, FM_FITS);
	check->running = true;
	draw(&ui, FM_VIEW_PREFLIGHT, 140, 43, &screen);
	says(&screen, "| What is lost and what is kept is being asked.");
	says_not(&screen, "If the power fails while");
	fm_ui_done(&ui);
}

/* More than there is room for is counted, never left out in silence; doubt is said as such. */
static void what_has_no_room_is_counted(void **state)
{
	FM_TEXT_DONE struct fm_text screen = { 0 };
	struct fm_ui_job *check;
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	check = state_checked(&ui, FM_WARN);
	while (check->fates.count < FM_REGION_MOST)
		check->fates.fates[check->fates.count++] = check->fates.fates[1];
	draw(&ui, FM_VIEW_PREFLIGHT, 132, 24, &screen);
	says(&screen, "more parts");
	draw(&ui, FM_VIEW_PREFLIGHT, 132, 39, &screen);
	says_not(&screen, "more parts");
	check->fates.count = 2;
	check->fates.fates[1].kind = FM_FATE_DOUBT;
	draw(&ui, FM_VIEW_PREFLIGHT, 140, 24, &screen);
	says(&screen, "| NOT KNOWN");
	says(&screen, "| calibration  4.0 KiB of calibration: the whole chip");
	fm_ui_done(&ui);
}

static void a_wide_library_shows_all_of_the_file(void **state)
{
	FM_TEXT_DONE struct fm_text screen = { 0 };
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	ui.index[FM_VIEW_LIBRARY] = 3;
	draw(&ui, FM_VIEW_LIBRARY, 109, 24, &screen);
	says_not(&screen, "Closes slowly");
	draw(&ui, FM_VIEW_LIBRARY, 110, 24, &screen);
	says(&screen, "| Closes slowly");
	says(&screen, "| Needs 1.1.0 at least.");
	draw(&ui, FM_VIEW_LIBRARY, 160, 24, &screen);
	says(&screen, "| path         /home/tech/firmware/valve-2.0.0.cab");
	says(&screen, ui.files[3].sha256);
	ui.index[FM_VIEW_LIBRARY] = 2;
	draw(&ui, FM_VIEW_LIBRARY, 160, 24, &screen);
	says(&screen, "| WRONG        torn.hex:17: the line ends in the middle of a record");
	fm_ui_done(&ui);
}

static void wide_details_show_the_history(void **state)
{
	FM_TEXT_DONE struct fm_text screen = { 0 };
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	draw(&ui, FM_VIEW_DETAILS, 109, 24, &screen);
	says(&screen, " history      2026-01-20 flash UNCLEAR");
	says_not(&screen, "| HISTORY");
	draw(&ui, FM_VIEW_DETAILS, 132, 24, &screen);
	says(&screen, "| 2026-01-20   flash UNCLEAR E414  3.4.1 > -");
	says(&screen, "| 2025-11-02   flash PASS  3.2.0 > 3.4.1");
	says_not(&screen, " history      ");
	ui.record_count = 0;
	draw(&ui, FM_VIEW_DETAILS, 132, 24, &screen);
	says(&screen, "| No job of it was recorded yet.");
	fm_ui_done(&ui);
}

/* What is said of a unit while it is worked on can be seen there. */
static void the_log_stands_below_on_tall_terminals(void **state)
{
	static const enum fm_ui_view views[] = { FM_VIEW_DEVICES, FM_VIEW_DETAILS, FM_VIEW_PICKER,
						 FM_VIEW_PREFLIGHT };
	FM_TEXT_DONE struct fm_text screen = { 0 };
	struct fm_ui ui;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(views); i++) {
		state_bench(&ui);
		state_checked(&ui, FM_WARN);
		draw(&ui, views[i], 80, 39, &screen);
		says_not(&screen, "+ GX2-0041902 attached: usb 1-1.3");
		draw(&ui, views[i], 80, 40, &screen);
		says(&screen, "+ GX2-0041902 attached: usb 1-1.3");
		fm_ui_done(&ui);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_erased_or_written_is_lost),
		cmocka_unit_test(an_erase_is_counted_where_it_reaches),
		cmocka_unit_test(one_erase_for_the_whole_chip_leaves_doubt),
		cmocka_unit_test(wide_preflight_says_what_is_lost_and_kept),
		cmocka_unit_test(nothing_is_foretold_without_a_plan),
		cmocka_unit_test(what_has_no_room_is_counted),
		cmocka_unit_test(a_wide_library_shows_all_of_the_file),
		cmocka_unit_test(wide_details_show_the_history),
		cmocka_unit_test(the_log_stands_below_on_tall_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

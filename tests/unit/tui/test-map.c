/* The map of a job's memory that begins at 0, as an AVR's does, and that of plain DFU. */
#include "unit.h"

#include "base/scope.h"
#include "state.h"

static void map_from_0(struct fm_ui_map *map)
{
	struct fm_plan_page pages[8];
	const struct fm_plan plan = { .pages = pages, .page_count = FM_COUNT(pages) };

	for (unsigned i = 0; i < FM_COUNT(pages); i++)
		pages[i] = (struct fm_plan_page){ .range = { FM_SPACE_FLASH, i * 64, 64 } };
	fm_ui_map_make(map, &plan, NULL);
	assert_int_equal(map->count, FM_COUNT(pages));
}

/* All is sent, and the device is busy with it: nothing of the map is taken back. */
static void what_was_written_stays_shown(void **state)
{
	const struct fm_progress first = { 0, 512, 0 }, last = { 448, 512, 448 },
				 end = { 512, 512, 0 };
	struct fm_ui_map map;

	(void)state;
	map_from_0(&map);
	fm_ui_map_begin(&map, FM_PHASE_WRITE, false);
	fm_ui_map_progress(&map, FM_PHASE_WRITE, &first);
	assert_int_equal(fm_ui_map_cell(&map, 0), '>');
	fm_ui_map_progress(&map, FM_PHASE_WRITE, &last);
	fm_ui_map_progress(&map, FM_PHASE_WRITE, &end);
	assert_int_equal(fm_ui_map_cell(&map, 0), 'w');
	assert_int_equal(fm_ui_map_cell(&map, 6), 'w');
	assert_int_equal(fm_ui_map_cell(&map, 7), '>');
	/* it did not take it: not because of the first cell */
	fm_ui_map_end(&map, FM_PHASE_WRITE, false);
	assert_int_equal(fm_ui_map_cell(&map, 0), 'w');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_stays_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The program that makes a page: here it is this test, which says how it was called. */
#include "unit.h"

#include "base/clock.h"
#include "front/tui/page.h"
#include "state.h"

#include <stdio.h>
#include <string.h>

#define SAYS_ARGUMENTS 7 /* exit code */

/* What the page is made with is what was asked for, however long a path is. */
static void the_program_is_called_as_asked(void **state)
{
	struct fm_clock *clock = fm_clock_real();
	struct fm_deadline end = fm_in_ms(clock, 60000);
	struct fm_child child = { .fd = -1 };
	struct fm_error err;
	struct fm_ui ui;
	char config[2000];

	(void)state;
	state_empty(&ui);
	memset(config, 'c', sizeof(config));
	memcpy(config + sizeof(config) - 5, ".ini", 5);
	ui.page.running = true;
	assert_success(fm_child_start(&child, "history show \"1 2\"", config, &err));
	while (!fm_child_read(&child, &ui)) {
		assert_false(fm_expired(clock, end));
		fm_sleep_ms(clock, 5);
	}
	assert_false(ui.page.running);
	assert_int_equal(ui.page.status, SAYS_ARGUMENTS);
	assert_non_null(strstr(ui.page.text.data, "[history][show][1 2][--no-input]"));
	assert_non_null(strstr(ui.page.text.data, "[--config=ccc"));
	assert_non_null(strstr(ui.page.text.data, "ccc.ini]"));
	fm_ui_done(&ui);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_is_called_as_asked),
	};

	for (int i = 1; i < argc; i++)
		printf("[%s]", argv[i]);
	return argc > 1 ? SAYS_ARGUMENTS : cmocka_run_group_tests(tests, NULL, NULL);
}

/* The line that shows a phase on a terminal, whatever the numbers are that a job tells. */
#include "unit.h"

#include "base/scope.h"
#include "front/cli/cli.h"

#include <stdio.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

/* What stderr gets of one progress event, so long after its phase began. */
static void show(uint64_t done, uint64_t total, int64_t spent_ns, char *ret, size_t size)
{
	const struct fm_cli cli = { .options = { .progress = FM_PROGRESS_TTY } };
	struct fm_event begin = { .kind = FM_EVENT_PHASE_BEGIN, .mono_ns = SECOND_NS },
			event = { .kind = FM_EVENT_PROGRESS };
	const struct fm_job_request request = { 0 };
	struct fm_cli_progress_state *state = fm_cli_progress_new(&cli, &request);
	FM_FCLOSE FILE *file = tmpfile();
	FILE *before = stderr;

	assert_non_null(file);
	event.mono_ns = begin.mono_ns + spent_ns;
	event.u.progress = (struct fm_progress){ done, total, 0 };
	fm_cli_progress_event(&cli, state, &begin);
	stderr = file;
	fm_cli_progress_event(&cli, state, &event);
	stderr = before;
	rewind(file);
	ret[fread(ret, 1, size - 1, file)] = '\0';
	fm_cli_progress_free(state);
}

static void test_bar(void **state)
{
	char line[200];

	(void)state;
	show(50, 100, SECOND_NS, line, sizeof(line));
	assert_non_null(strstr(line, "[############............]  50 %"));
	show(0, 0, SECOND_NS, line, sizeof(line));
	assert_non_null(strstr(line, "[........................]   0 %"));
}

/* Of a unit that has more than it first told. */
static void test_beyond_the_total(void **state)
{
	char line[200];

	(void)state;
	show(1000, 100, 10 * SECOND_NS, line, sizeof(line));
	assert_non_null(strstr(line, "[########################] 100 %"));
	assert_non_null(strstr(line, "00:00 left"));
}

static void test_nearly_still(void **state)
{
	char line[200];

	(void)state;
	show(1, UINT64_C(1) << 32, 100 * SECOND_NS, line, sizeof(line));
	assert_non_null(strstr(line, "  0 %"));
	assert_null(strstr(line, "left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_beyond_the_total),
		cmocka_unit_test(test_nearly_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

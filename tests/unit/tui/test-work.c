/* The file of a job is read in a thread of its own, before the job itself begins. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/work.h"
#include "state.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000 /* for what comes at once */

struct bench {
	struct fm_tui_options options;
	struct fm_ui ui;
	struct fm_work *work;
	struct fm_ui_request request;
	char path[64];
};

/* One unit, and a file that no reader understands: no job comes of it. */
static int bench_open(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	FM_FCLOSE FILE *file = NULL;
	struct fm_error err;
	int fd;

	assert_non_null(bench);
	*state = bench;
	state_bench(&bench->ui);
	assert_success(fm_work_new(&bench->options, &bench->work, &err));
	fm_text_copy(bench->path, sizeof(bench->path), "/tmp/flashmend-test-XXXXXX");
	fd = mkstemp(bench->path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	fprintf(file, "neither one nor the other\n");
	bench->request = (struct fm_ui_request){ .wish = FM_WISH_JOB,
						 .verb = FM_VERB_CHECK,
						 .unit = bench->ui.unit };
	fm_text_copy(bench->request.path, sizeof(bench->request.path), bench->path);
	return 0;
}

static int bench_close(void **state)
{
	struct bench *bench = *state;

	fm_work_free(bench->work);
	fm_ui_done(&bench->ui);
	unlink(bench->path);
	free(bench);
	return 0;
}

static struct fm_ui_job *start(struct bench *bench)
{
	fm_work_start(bench->work, &bench->ui, &bench->request);
	return bench->ui.jobs[bench->ui.job_count - 1];
}

/* As the loop does it, until this job has ended. */
static void until_ended(struct bench *bench, const struct fm_ui_job *job)
{
	bool ended;

	while (job->running) {
		struct pollfd fds[] = { { fm_work_fd(bench->work), POLLIN, 0 },
					{ fm_work_news(bench->work), POLLIN, 0 } };

		assert_true(poll(fds, FM_COUNT(fds), LONG_MS) > 0);
		fm_work_take(bench->work, &bench->ui, &ended);
	}
}

static void the_file_is_read_beside(void **state)
{
	struct bench *bench = *state;
	struct fm_ui_job *job = start(bench);

	/* whatever the thread does: nothing is taken from it but by fm_work_take */
	assert_true(job->running && job->reading);
	assert_int_equal(fm_work_running(bench->work), 1);
	until_ended(bench, job);
	assert_false(job->reading);
	assert_int_equal(job->end.code, FM_FILE_FORMAT);
	assert_non_null(strstr(job->end.error.text, "neither Intel HEX nor S-records"));
	assert_int_equal(fm_work_running(bench->work), 0);
	assert_null(fm_ui_job_on(&bench->ui, bench->ui.unit));
}

static void one_that_is_not_there(void **state)
{
	struct bench *bench = *state;
	struct fm_ui_job *job;

	unlink(bench->path);
	job = start(bench);
	until_ended(bench, job);
	assert_int_equal(job->end.code, FM_FILE_OPEN);
}

/* The unit is free at once, and what comes of the file later is of no job. */
static void stopped_while_it_is_read(void **state)
{
	struct bench *bench = *state;
	struct fm_ui_job *job = start(bench), *next;

	fm_work_stop(bench->work, &bench->ui, job->number);
	assert_false(job->running || job->reading);
	assert_int_equal(job->end.code, FM_CANCELLED);
	assert_int_equal(job->end.unit_state, FM_UNIT_UNTOUCHED);
	assert_int_equal(fm_work_running(bench->work), 0);
	assert_null(fm_ui_job_on(&bench->ui, bench->ui.unit));
	next = start(bench);
	assert_ptr_not_equal(next, job);
	until_ended(bench, next);
	assert_int_equal(next->end.code, FM_FILE_FORMAT);
	assert_int_equal(job->end.code, FM_CANCELLED);
}

static void all_stop_at_the_end(void **state)
{
	struct bench *bench = *state;
	struct fm_ui_job *job = start(bench);

	fm_work_cancel(bench->work, &bench->ui, FM_TERMINATED);
	assert_int_equal(job->end.code, FM_TERMINATED);
	assert_int_equal(fm_work_running(bench->work), 0);
}

/* Each that was stopped keeps its place until its file is there. */
static void many_are_stopped(void **state)
{
	struct bench *bench = *state;
	struct fm_ui_job *job;

	for (int i = 0; i < 100; i++) {
		bool ended;

		job = start(bench);
		if (job->running)
			fm_work_stop(bench->work, &bench->ui, job->number);
		else
			assert_int_equal(job->end.code, FM_BUSY);
		assert_int_equal(fm_work_running(bench->work), 0);
		if (i % 10 == 9)
			fm_work_take(bench->work, &bench->ui, &ended);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_file_is_read_beside, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(one_that_is_not_there, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(stopped_while_it_is_read, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(all_stop_at_the_end, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(many_are_stopped, bench_open, bench_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "../sim/echo.h"
#include "ptypair.h"

#include "base/scope.h"
#include "link/decorators.h"
#include "link/serial.h"
#include "sim/pty.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINKS = 4 };

/* A call that waits in a thread, on a port where nothing comes, or nobody reads. */
struct waiter {
	struct fm_link *link;
	enum { WAIT_RECV, WAIT_SEND, WAIT_BREAK } call;
	struct fm_error err;
	bool ok;
	int64_t ended_ns;
};

static void *waiter_run(void *data)
{
	static const uint8_t bytes[200000];
	struct waiter *w = data;
	struct fm_deadline deadline = fm_in_ms(w->link->clock, 20000);
	char in[1];
	size_t n;

	switch (w->call) {
	case WAIT_RECV:
		w->ok = fm_recv_some(w->link, in, 1, &n, deadline, &w->err);
		break;
	case WAIT_SEND:
		w->ok = fm_send(w->link, bytes, sizeof(bytes), deadline, &w->err);
		break;
	case WAIT_BREAK:
		w->ok = fm_line_break(w->link, 20000, &w->err);
		break;
	}
	w->ended_ns = fm_now_ns(fm_clock_real());
	return NULL;
}

/* Cancel from another thread ends each waiting call at once in a person's eyes. */
static void test_cancel(void **state)
{
	(void)state;
	for (int call = WAIT_RECV; call <= WAIT_BREAK; call++) {
		struct ptypair pair;
		atomic_bool cancel = false;
		struct waiter w = { .call = call };
		struct fm_link *link;
		pthread_t thread;
		int64_t cancelled_ns;
		struct fm_error err;

		ptypair_open(&pair);
		assert_success(fm_serial_open(pair.path, &cancel, &link, &err));
		w.link = link;
		assert_int_equal(pthread_create(&thread, NULL, waiter_run, &w), 0);
		fm_sleep_ms(fm_clock_real(), 50);
		cancelled_ns = fm_now_ns(fm_clock_real());
		atomic_store(&cancel, true);
		pthread_join(thread, NULL);
		assert_false(w.ok);
		assert_int_equal(w.err.code, FM_CANCELLED);
		assert_in_range(w.ended_ns - cancelled_ns + 1, 0, 200000000);
		/* And no later call begins. */
		assert_failure(fm_send(link, "x", 1, fm_in_ms(link->clock, 10), &err),
			       FM_CANCELLED);
		fm_link_close(link);
		close(pair.master);
	}
}

/* One unit, its adapter, and a host that speaks to it through a recording. */
struct line {
	struct echo_unit echo;
	struct fm_sim_pty *pty;
	atomic_bool stop;
	pthread_t unit, host;
	char trace[64];
	bool ok;
};

static void *line_unit(void *data)
{
	struct line *line = data;
	struct fm_error err;

	return fm_sim_pty_run(line->pty, &line->stop, &err) ? line : NULL;
}

static bool line_talk(struct line *line, struct fm_link *link, struct fm_error *err)
{
	for (int i = 0; i < 20; i++) {
		char out[96], in[96] = "";

		snprintf(out, sizeof(out), "%s %d", line->trace, i);
		if (!fm_send(link, out, strlen(out), fm_in_ms(link->clock, 5000), err) ||
		    !fm_recv(link, in, strlen(out), fm_in_ms(link->clock, 5000), err))
			return false;
		if (strcmp(in, out) != 0)
			return fm_fail(err, FM_PROTOCOL, "another unit's answer");
	}
	return true;
}

static void *line_host(void *data)
{
	struct line *line = data;
	struct fm_link *link;
	struct fm_error err;

	if (!fm_serial_open(fm_sim_pty_path(line->pty), NULL, &link, &err))
		return NULL;
	line->ok = fm_trace_open(link, line->trace, &link, &err) && line_talk(line, link, &err);
	fm_link_close(link);
	return NULL;
}

/* Links share nothing: each thread has its own unit, and gets its own bytes. */
static void test_links_on_threads(void **state)
{
	const struct fm_sim_pty_options options = { NULL, 10, false };
	struct line *lines = calloc(LINKS, sizeof(*lines));
	struct fm_error err;

	(void)state;
	for (int i = 0; i < LINKS; i++) {
		struct line *line = &lines[i];

		snprintf(line->trace, sizeof(line->trace), "/tmp/fm-th-%d-%d", (int)getpid(), i);
		echo_init(&line->echo, 115200);
		assert_success(fm_sim_pty_open(&line->echo.unit, &options, &line->pty, &err));
		assert_int_equal(pthread_create(&line->unit, NULL, line_unit, line), 0);
	}
	for (int i = 0; i < LINKS; i++)
		assert_int_equal(pthread_create(&lines[i].host, NULL, line_host, &lines[i]), 0);
	for (int i = 0; i < LINKS; i++) {
		void *ran;

		pthread_join(lines[i].host, NULL);
		atomic_store(&lines[i].stop, true);
		pthread_join(lines[i].unit, &ran);
		assert_non_null(ran);
		assert_true(lines[i].ok);
		fm_sim_pty_close(lines[i].pty);
		unlink(lines[i].trace);
	}
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_links_on_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

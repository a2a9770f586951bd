/* The window that a job must stay in. */
#include "front/cli/cli.h"

#include "base/scope.h"

#include <inttypes.h>
#include <time.h>

#define WINDOW_LOOK_MS 200

/* The wall clock is asked each time: it may be set while we wait. */
static bool window_wait(int64_t until_s, struct fm_error *err)
{
	FM_CLEANUP(fm_cli_wait_end) struct fm_cli_wait wait;

	fm_cli_wait_begin(&wait);
	while ((int64_t)time(NULL) < until_s) {
		if (!fm_cli_wait_ms(&wait, WINDOW_LOOK_MS, err))
			return false;
	}
	return true;
}

static bool window_begin(const struct fm_cli *cli, int64_t from_s, struct fm_error *err)
{
	int64_t left_s = from_s - (int64_t)time(NULL);

	if (left_s <= 0)
		return true;
	if (cli->options.wait_ms < 0) {
		fm_fail(err, FM_WINDOW, "the window begins in %" PRId64 " s", left_s);
		return fm_hint(err, "start it then, or give --wait to wait for it");
	}
	if (cli->options.wait_ms != INT64_MAX && cli->options.wait_ms / 1000 < left_s)
		return fm_fail(err, FM_WAIT,
			       "the window begins in %" PRId64 " s, and --wait gives %" PRId64 " s",
			       left_s, cli->options.wait_ms / 1000);
	fm_cli_message(cli, "waiting %" PRId64 " s for the window to begin", left_s);
	return window_wait(from_s, err);
}

bool fm_cli_window(const struct fm_cli *cli, struct fm_error *err)
{
	return window_begin(cli, cli->chosen.not_before_s, err);
}

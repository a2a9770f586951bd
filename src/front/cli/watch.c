/* watch: units that come, change and go, until it is told to stop. */
#include "front/cli/cli.h"

#include "base/clock.h"
#include "base/scope.h"
#include "detect/hotplug.h"
#include "detect/track.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#define WATCH_ADDED_MS 200 /* udev tells nothing of ports that were added by hand */
#define WATCH_MS INT64_C(1000000)

struct watch {
	struct fm_cli *cli;
	struct fm_hotplug *hotplug;
	struct fm_track *track;
	bool added; /* one of the ports was added by hand */
};

static void watch_done(struct watch *watch)
{
	fm_hotplug_close(watch->hotplug);
	fm_track_free(watch->track);
}

static void watch_tell(void *user, enum fm_track_event event, const struct fm_seen *seen)
{
	static const char *const names[] = { [FM_TRACK_ATTACHED] = "attached",
					     [FM_TRACK_CHANGED] = "changed",
					     [FM_TRACK_RETURNED] = "returned",
					     [FM_TRACK_LEFT] = "left" };
	const struct watch *watch = user;

	fm_cli_show_unit(watch->cli, seen, names[event]);
}

static bool watch_look(struct watch *watch, struct fm_error *err)
{
	FM_FREE struct fm_seen *seen = NULL;
	size_t count;

	if (!fm_cli_scan(watch->cli, &seen, &count, err))
		return false;
	watch->added = false;
	for (size_t i = 0; i < count; i++)
		watch->added = watch->added || seen[i].added;
	return fm_track_update(watch->track, seen, count, fm_now_ns(fm_clock_real()), watch_tell,
			       watch, err);
}

/* When to look again though nothing is heard. */
static int watch_timeout_ms(const struct watch *watch)
{
	int64_t left_ns = fm_track_due_ns(watch->track) - fm_now_ns(fm_clock_real());
	int timeout_ms = fm_hotplug_timeout_ms(watch->hotplug);

	if (watch->added && timeout_ms > WATCH_ADDED_MS)
		timeout_ms = WATCH_ADDED_MS;
	if (left_ns <= 0)
		return 0;
	return left_ns < timeout_ms * WATCH_MS ? (int)(left_ns / WATCH_MS) + 1 : timeout_ms;
}

static bool watch_until_signal(struct watch *watch, int signals, struct fm_error *err)
{
	for (;;) {
		struct pollfd fds[] = { { signals, POLLIN, 0 },
					{ fm_hotplug_fd(watch->hotplug), POLLIN, 0 } };

		if (!watch_look(watch, err))
			return false;
		if (poll(fds, FM_COUNT(fds), watch_timeout_ms(watch)) > 0 && fds[0].revents)
			return true;
		fm_hotplug_drain(watch->hotplug);
	}
}

bool fm_cli_watch(struct fm_cli *cli, struct fm_error *err)
{
	FM_CLEANUP(watch_done) struct watch watch = { .cli = cli };
	FM_CLOSE int signals = -1;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	fm_cli_store_if_any(cli);
	fm_cli_show_header(cli, "EVENT");
	watch.track = fm_track_new();
	if (!watch.track)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of units");
	/* before the first look, so that nothing is missed in between */
	return fm_hotplug_open(&watch.hotplug, err) && watch_until_signal(&watch, signals, err);
}

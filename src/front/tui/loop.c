/* The loop: keys, signals, events of jobs and of hotplug into the state; the state to the terminal.
 */
#include "front/tui/tui.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"
#include "detect/hotplug.h"
#include "detect/track.h"
#include "front/tui/actions.h"
#include "front/tui/files.h"
#include "front/tui/host.h"
#include "front/tui/page.h"
#include "front/tui/records.h"
#include "front/tui/start.h"
#include "front/tui/terminal.h"
#include "front/tui/view.h"
#include "front/tui/work.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>

#define LOOP_MS INT64_C(1000000)
#define LOOP_TICK_MS 1000      /* the clock, and what is repeated every second */
#define LOOP_ADDED_MS 500      /* udev tells nothing of ports that were added by hand */
#define LOOP_DRAW_NS 50000000  /* at most 20 redraws a second ... */
#define LOOP_SLOW_NS 500000000 /* ... or 2, on a slow line */
#define LOOP_CTRL_C 3
#define LOOP_READ_MS 100 /* of files, in one go */
#define LOOP_KEYS 64     /* of one batch, so that nothing starves */

struct loop {
	const struct fm_tui_options *options;
	struct fm_ui ui;
	struct fm_canvas canvas;
	struct fm_work *work;
	struct fm_hotplug *hotplug;
	struct fm_track *track;
	struct fm_child child;
	int signals;
	sigset_t before;
	bool terminal;   /* it is there and ours */
	bool leaving;    /* as soon as nothing runs */
	bool terminated; /* not by the person */
	bool dirty;      /* the screen is not what the state is */
	bool added;      /* a port was added by hand */
	bool reading;    /* files of the library */
	int64_t drawn_ns, ticked_ns, looked_ns;
};

static int64_t loop_now(void)
{
	return fm_now_ns(fm_clock_real());
}

static void loop_time(struct loop *loop)
{
	struct timespec now;
	struct tm local;

	loop->ui.now_ns = loop_now();
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(loop->ui.clock, sizeof(loop->ui.clock), "%H:%M:%S", &local);
}

/* --- what is attached --- */

static void loop_unit(void *user, enum fm_track_event event, const struct fm_seen *seen)
{
	struct loop *loop = user;
	struct fm_row row;

	fm_row_make(loop->options->catalog, loop->options->store, seen, &row);
	fm_ui_unit_event(&loop->ui, event, seen, event == FM_TRACK_LEFT ? NULL : &row);
	loop->dirty = true;
}

static void loop_absent(struct loop *loop, const struct fm_seen *seen)
{
	struct fm_ui_unit *unit = fm_ui_unit_absent(&loop->ui, seen);

	if (*unit->row.state)
		return;
	fm_row_make(loop->options->catalog, loop->options->store, seen, &unit->row);
	loop->dirty = true;
}

static void loop_look(struct loop *loop)
{
	FM_FREE struct fm_seen *seen = NULL;
	struct fm_error err;
	size_t count;

	loop->looked_ns = loop->ui.now_ns;
	if (!fm_row_scan(loop->options->catalog, loop->options->store, &seen, &count, &err) ||
	    !fm_track_update(loop->track, seen, count, loop->ui.now_ns, loop_unit, loop, &err)) {
		fm_ui_say(&loop->ui, FM_STYLE_BAD, true, "%s", err.text);
		loop->dirty = true;
		return;
	}
	loop->added = false;
	fm_ui_units_absent(&loop->ui);
	for (size_t i = 0; i < count; i++) {
		loop->added = loop->added || seen[i].added;
		if (!seen[i].present)
			loop_absent(loop, &seen[i]);
	}
}

/* What the records say of the units has changed. */
static void loop_rows(struct loop *loop)
{
	for (size_t i = 0; i < loop->ui.unit_count; i++)
		fm_row_make(loop->options->catalog, loop->options->store, &loop->ui.units[i].seen,
			    &loop->ui.units[i].row);
}

/* --- what the person wants --- */

static void loop_label(struct loop *loop, const struct fm_ui_request *request)
{
	struct fm_ui_unit *unit = fm_ui_unit(&loop->ui, request->unit);
	struct fm_error err = loop->options->store_err;
	struct fm_store *store = loop->options->store;
	char place[256];
	bool good;

	if (!unit || (!*request->path && !*unit->seen.slot))
		return;
	fm_scan_place(&unit->seen, place);
	good = store && (*request->path ? fm_store_slot_set(store, place, request->path, &err)
					: fm_store_slot_remove(store, unit->seen.slot, &err));
	if (!good) {
		fm_ui_say(&loop->ui, FM_STYLE_BAD, true, "%s%s%s", err.text, *err.hint ? ": " : "",
			  err.hint);
		return;
	}
	/* of one that is not there no look tells */
	fm_text_copy(unit->seen.slot, sizeof(unit->seen.slot), request->path);
	loop_look(loop);
	fm_ui_say(&loop->ui, FM_STYLE_PLAIN, false, "%s is %s%s", place,
		  *request->path ? "slot " : "no slot", request->path);
}

static void loop_suspend(struct loop *loop)
{
	if (fm_work_running(loop->work)) {
		fm_ui_say(&loop->ui, FM_STYLE_WARN, false,
			  "not suspended: a unit must not wait in the middle of a job");
		return;
	}
	fm_terminal_leave();
	raise(SIGSTOP);
	fm_terminal_return();
}

static void loop_page(struct loop *loop)
{
	struct fm_error err = { 0 };

	if (fm_child_start(&loop->child, loop->ui.page.command, loop->options->config, &err))
		return;
	loop->ui.page.running = false;
	fm_ui_say(&loop->ui, FM_STYLE_BAD, true, "%s", err.text);
}

/* It may have added a port. */
static void loop_child(struct loop *loop, short events)
{
	if (!events)
		return;
	loop->dirty = true;
	if (fm_child_read(&loop->child, &loop->ui))
		loop_look(loop);
}

static void loop_leave(struct loop *loop, enum fm_code code)
{
	loop->leaving = true;
	fm_work_cancel(loop->work, code);
	if (fm_work_running(loop->work))
		fm_ui_say(&loop->ui, FM_STYLE_WARN, true,
			  "leaving when the job is done: a unit is never left half written");
}

static void loop_request(struct loop *loop)
{
	struct fm_ui_request request = loop->ui.request;

	loop->ui.request = (struct fm_ui_request){ 0 };
	switch (request.wish) {
	case FM_WISH_QUIT:
		loop_leave(loop, FM_CANCELLED);
		break;
	case FM_WISH_RESCAN:
		loop_look(loop);
		loop_rows(loop);
		break;
	case FM_WISH_JOB:
		fm_work_start(loop->work, &loop->ui, &request);
		break;
	case FM_WISH_STOP:
		fm_work_stop(loop->work, &loop->ui, request.job);
		break;
	case FM_WISH_FILES:
		fm_files_load(&loop->ui);
		fm_files_select(&loop->ui, request.path);
		loop->reading = fm_files_more(&loop->ui, LOOP_READ_MS);
		break;
	case FM_WISH_FOLDER:
		fm_files_folder(&loop->ui, request.path);
		loop->reading = fm_files_more(&loop->ui, LOOP_READ_MS);
		break;
	case FM_WISH_RECORDS:
		fm_records_load(&loop->ui, loop->options);
		break;
	case FM_WISH_LABEL:
		loop_label(loop, &request);
		break;
	case FM_WISH_RECORD:
		fm_records_select(&loop->ui, loop->options);
		break;
	case FM_WISH_BACKUPS:
		fm_records_backups(&loop->ui, loop->options);
		break;
	case FM_WISH_PAGE:
		loop_page(loop);
		break;
	case FM_WISH_SUSPEND:
		loop_suspend(loop);
		break;
	case FM_WISH_REPAINT:
		fm_terminal_repaint();
		break;
	case FM_WISH_MOUSE:
		fm_terminal_mouse(loop->ui.mouse);
		break;
	case FM_WISH_NOTHING:
		break;
	}
}

/* A barcode that is scanned at the wrong moment may hold any capital letter; and nothing is begun
 * of which a person can't see what it is. */
static bool loop_by_hand(struct loop *loop, int key)
{
	bool fits = fm_view_fits(&loop->canvas);

	if (loop->ui.prompt.question != FM_QUESTION_NONE || key < 'A' || key > 'Z' ||
	    (fits && fm_terminal_alone()))
		return true;
	if (fits)
		fm_ui_say(&loop->ui, FM_STYLE_WARN, true,
			  "%c came among other keys, as from a scanner or a paste: it does nothing",
			  key);
	else
		fm_ui_say(&loop->ui, FM_STYLE_WARN, true,
			  "%c does nothing here: make the terminal larger first", key);
	return false;
}

static void loop_key(struct loop *loop, int key)
{
	int hit = key >= FM_KEY_CLICK ? fm_canvas_hit_at(&loop->canvas, key - FM_KEY_CLICK) : -1;

	if (key < FM_KEY_CLICK && loop_by_hand(loop, key))
		fm_ui_key(&loop->ui, key);
	else if (hit >= 0)
		fm_ui_click(&loop->ui, (size_t)hit);
	loop_request(loop);
	if (fm_ui_top(&loop->ui) == FM_VIEW_PREFLIGHT)
		fm_host_look(&loop->ui, loop->options);
	loop->dirty = true;
}

/* The terminal is gone: a write goes on to its record, then the program ends. */
static void loop_hang_up(struct loop *loop)
{
	loop->terminal = false;
	loop->terminated = true;
	loop_leave(loop, FM_TERMINATED);
}

static void loop_keys(struct loop *loop, short events)
{
	int waiting = 0, key;

	if (!loop->terminal || !events)
		return;
	if ((events & (POLLHUP | POLLERR | POLLNVAL)) ||
	    ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0) {
		loop_hang_up(loop);
		return;
	}
	for (int i = 0; i < LOOP_KEYS && (key = fm_terminal_key()) != FM_KEY_NONE; i++)
		loop_key(loop, key);
}

/* --- signals --- */

static void loop_resize(struct loop *loop)
{
	int rows, columns;

	fm_terminal_size(&rows, &columns);
	fm_canvas_done(&loop->canvas);
	fm_canvas_init(&loop->canvas, rows, columns,
		       loop->options->ascii || !fm_terminal_unicode());
	loop->dirty = true;
}

static void loop_signal(struct loop *loop, int number)
{
	switch (number) {
	case SIGWINCH:
		loop_resize(loop);
		break;
	case SIGINT:
	case SIGQUIT:
		loop_key(loop, LOOP_CTRL_C);
		break;
	case SIGHUP:
		loop_hang_up(loop);
		break;
	case SIGTERM:
		loop->terminated = true;
		loop_leave(loop, FM_TERMINATED);
		break;
	case SIGTSTP:
		loop_suspend(loop);
		break;
	default: /* SIGTTOU, SIGTTIN, SIGCONT */
		fm_terminal_repaint();
	}
	loop->dirty = true;
}

static void loop_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop_signal(loop, (int)info.ssi_signo);
}

/* Blocked before any worker is made, so that only this thread hears of them. */
static bool loop_block(struct loop *loop, struct fm_error *err)
{
	static const int numbers[] = { SIGINT,  SIGQUIT, SIGTERM, SIGHUP,  SIGTSTP,
				       SIGTTOU, SIGTTIN, SIGCONT, SIGWINCH };
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < FM_COUNT(numbers); i++)
		sigaddset(&mask, numbers[i]);
	pthread_sigmask(SIG_BLOCK, &mask, &loop->before);
	loop->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	return loop->signals >= 0 || fm_fail_os(err, FM_INTERNAL, errno, "signalfd");
}

/* --- the loop --- */

static int64_t loop_least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When to look at the units again though nothing is heard. */
static int64_t loop_look_due(const struct loop *loop)
{
	int64_t every_ms = fm_hotplug_timeout_ms(loop->hotplug);

	if (loop->added && every_ms > LOOP_ADDED_MS)
		every_ms = LOOP_ADDED_MS;
	return loop_least(loop->looked_ns + every_ms * LOOP_MS, fm_track_due_ns(loop->track));
}

static int64_t loop_draw_due(const struct loop *loop)
{
	bool slow = loop->terminal && fm_terminal_slow();

	return loop->drawn_ns + (slow ? LOOP_SLOW_NS : LOOP_DRAW_NS);
}

static int loop_timeout_ms(const struct loop *loop)
{
	int64_t due_ns = loop_least(loop->ticked_ns + LOOP_TICK_MS * LOOP_MS, loop_look_due(loop));
	int64_t left_ns;

	if (loop->reading)
		return 0;
	if (loop->terminal && !loop->dirty)
		due_ns = loop_least(due_ns, fm_ui_quiet_due_ns(&loop->ui, loop->drawn_ns));
	if (loop->dirty && loop->terminal)
		due_ns = loop_least(due_ns, loop_draw_due(loop));
	left_ns = due_ns - loop_now();
	return left_ns <= 0 ? 0 : (int)((left_ns + LOOP_MS - 1) / LOOP_MS);
}

static void loop_tick(struct loop *loop)
{
	bool quiet = loop->ui.now_ns >= fm_ui_quiet_due_ns(&loop->ui, loop->drawn_ns);

	if (loop->ui.now_ns - loop->ticked_ns < LOOP_TICK_MS * LOOP_MS && !quiet)
		return;
	fm_work_look(loop->work, &loop->ui);
	loop->ticked_ns = loop->ui.now_ns;
	fm_ui_units_age(&loop->ui);
	if (fm_ui_top(&loop->ui) == FM_VIEW_PREFLIGHT)
		fm_host_look(&loop->ui, loop->options);
	loop->dirty = true;
}

static void loop_draw(struct loop *loop)
{
	if (!loop->dirty || !loop->terminal || loop->ui.now_ns < loop_draw_due(loop))
		return;
	fm_ui_draw(&loop->ui, &loop->canvas);
	fm_terminal_show(&loop->canvas);
	loop->dirty = false;
	loop->drawn_ns = loop->ui.now_ns;
}

static void loop_events(struct loop *loop)
{
	bool ended = false;

	if (fm_work_take(loop->work, &loop->ui, &ended))
		loop->dirty = true;
	if (!ended)
		return;
	loop_rows(loop);
	fm_records_load(&loop->ui, loop->options); /* whatever lies above them */
}

static void loop_files(struct loop *loop)
{
	if (!loop->reading)
		return;
	loop->reading = fm_files_more(&loop->ui, LOOP_READ_MS);
	loop->dirty = true;
}

static void loop_run(struct loop *loop)
{
	while (!loop->leaving || fm_work_running(loop->work)) {
		struct pollfd fds[] = { { loop->signals, POLLIN, 0 },
					{ fm_work_fd(loop->work), POLLIN, 0 },
					{ fm_hotplug_fd(loop->hotplug), POLLIN, 0 },
					{ loop->terminal ? STDIN_FILENO : -1, POLLIN, 0 },
					{ loop->child.fd, POLLIN, 0 } };
		bool news;

		loop_draw(loop);
		if (poll(fds, FM_COUNT(fds), loop_timeout_ms(loop)) < 0 && errno != EINTR)
			break;
		loop_time(loop);
		loop_signals(loop);
		loop_events(loop);
		loop_child(loop, fds[4].revents);
		loop_keys(loop, fds[3].revents);
		loop_files(loop);
		news = fds[2].revents && fm_hotplug_drain(loop->hotplug);
		if (news || loop->ui.now_ns >= loop_look_due(loop))
			loop_look(loop);
		loop_tick(loop);
	}
}

static bool loop_open(struct loop *loop, struct fm_error *err)
{
	fm_ui_init(&loop->ui);
	loop->ui.catalog = loop->options->catalog;
	loop->ui.choices = *loop->options->choices;
	fm_text_copy(loop->ui.folder, sizeof(loop->ui.folder), loop->options->folder);
	gethostname(loop->ui.host_name, sizeof(loop->ui.host_name) - 1);
	loop->track = fm_track_new();
	if (!loop->track)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of units");
	if (!loop_block(loop, err) || !fm_hotplug_open(&loop->hotplug, err) ||
	    !fm_work_new(loop->options, &loop->work, err) ||
	    !fm_terminal_open(loop->options->color, err))
		return false;
	loop->terminal = true;
	loop_time(loop);
	loop_resize(loop);
	fm_start_tell(&loop->ui, loop->options);
	fm_records_load(&loop->ui, loop->options);
	loop_look(loop);
	if (loop->ui.unit_count)
		loop->ui.selected = loop->ui.units[0].id;
	return true;
}

static void loop_done(struct loop *loop)
{
	fm_child_end(&loop->child);
	fm_work_free(loop->work);
	fm_terminal_close();
	fm_hotplug_close(loop->hotplug);
	fm_track_free(loop->track);
	if (loop->signals >= 0)
		close(loop->signals);
	pthread_sigmask(SIG_SETMASK, &loop->before, NULL);
	fm_canvas_done(&loop->canvas);
	fm_ui_done(&loop->ui);
}

bool fm_tui_run(const struct fm_tui_options *options, struct fm_error *err)
{
	FM_CLEANUP(loop_done)
	struct loop loop = { .options = options, .child = { .fd = -1 }, .signals = -1 };

	pthread_sigmask(SIG_SETMASK, NULL, &loop.before);
	if (!loop_open(&loop, err))
		return false;
	loop_run(&loop);
	if (!loop.terminated)
		return true;
	if (fm_work_problem(loop.work)->code != FM_OK) {
		*err = *fm_work_problem(loop.work);
		return false;
	}
	return fm_fail(err, FM_TERMINATED, "told to end; every job that ran is in the records");
}

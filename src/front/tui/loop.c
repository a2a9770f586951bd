/* The loop: keys, signals, events of jobs and of hotplug into the state; the state to the terminal.
 */
#include "front/tui/tui.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"
#include "front/tui/attached.h"
#include "front/tui/files.h"
#include "front/tui/host.h"
#include "front/tui/page.h"
#include "front/tui/reader.h"
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
#define LOOP_DRAW_NS 50000000  /* at most 20 redraws a second ... */
#define LOOP_SLOW_NS 500000000 /* ... or 2, on a slow line */
#define LOOP_CTRL_C 3
#define LOOP_READ_MS 250                  /* a list of files is waited for so long */
#define LOOP_COPY_NS INT64_C(10000000000) /* a file that did not change for so long is whole */
#define LOOP_KEYS 64                      /* of one batch, so that nothing starves */

struct loop {
	const struct fm_tui_options *options;
	struct fm_ui ui;
	struct fm_canvas canvas;
	struct fm_work *work;
	struct fm_reader *reader;
	struct fm_attached *attached;
	struct fm_child child;
	struct fm_host_changed changed;
	int signals;
	sigset_t before;
	bool terminal;   /* it is there and ours */
	bool leaving;    /* as soon as nothing runs */
	bool terminated; /* not by the person */
	bool dirty;      /* the screen is not what the state is */
	int64_t drawn_ns, ticked_ns;
	int64_t files_until_ns; /* the folder is looked at till then */
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

static void loop_look(struct loop *loop)
{
	if (fm_attached_look(loop->attached, &loop->ui))
		loop->dirty = true;
}

/* --- what the person wants --- */

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
	fm_work_cancel(loop->work, &loop->ui, code);
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
		fm_attached_rows(loop->attached, &loop->ui);
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
		fm_reader_wait(loop->reader, &loop->ui, LOOP_READ_MS);
		break;
	case FM_WISH_FOLDER:
		fm_files_folder(&loop->ui, request.path);
		fm_reader_wait(loop->reader, &loop->ui, LOOP_READ_MS);
		break;
	case FM_WISH_RECORDS:
		fm_records_load(&loop->ui, loop->options);
		break;
	case FM_WISH_LABEL:
		fm_attached_label(loop->attached, &loop->ui, request.unit, request.path);
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
		fm_host_look(&loop->ui, loop->options, &loop->changed);
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
	/* as it is now: while we were stopped, others read from the terminal */
	struct pollfd keys = { STDIN_FILENO, POLLIN, 0 };
	int waiting = 0, key;

	if (!loop->terminal || !events || poll(&keys, 1, 0) <= 0)
		return;
	if ((keys.revents & (POLLHUP | POLLERR | POLLNVAL)) ||
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

static int64_t loop_draw_due(const struct loop *loop)
{
	bool slow = loop->terminal && fm_terminal_slow();

	return loop->drawn_ns + (slow ? LOOP_SLOW_NS : LOOP_DRAW_NS);
}

static int loop_timeout_ms(const struct loop *loop)
{
	int64_t due_ns = loop_least(loop->ticked_ns + LOOP_TICK_MS * LOOP_MS,
				    fm_attached_due_ns(loop->attached));
	int64_t left_ns;

	if (loop->terminal && !loop->dirty)
		due_ns = loop_least(due_ns, fm_ui_quiet_due_ns(&loop->ui, loop->drawn_ns));
	if (loop->dirty && loop->terminal)
		due_ns = loop_least(due_ns, loop_draw_due(loop));
	left_ns = due_ns - loop_now();
	return left_ns <= 0 ? 0 : (int)((left_ns + LOOP_MS - 1) / LOOP_MS);
}

/* Where no file is shown yet, the first that is put there appears by itself, and is read again
 * while it is being copied. */
static void loop_look_for_files(struct loop *loop)
{
	enum fm_ui_view top = fm_ui_top(&loop->ui);
	bool empty = loop->ui.file_count == 0, unread = false;

	if ((top != FM_VIEW_LIBRARY && top != FM_VIEW_PICKER) ||
	    (!empty && loop->ui.now_ns >= loop->files_until_ns))
		return;
	fm_files_load(&loop->ui);
	for (size_t i = 0; i < loop->ui.file_count; i++)
		unread = unread || loop->ui.files[i].unread;
	if (unread)
		fm_reader_go(loop->reader, &loop->ui);
	if (empty || unread)
		loop->files_until_ns = loop->ui.now_ns + LOOP_COPY_NS;
}

static void loop_tick(struct loop *loop)
{
	bool quiet = loop->ui.now_ns >= fm_ui_quiet_due_ns(&loop->ui, loop->drawn_ns);

	if (loop->ui.now_ns - loop->ticked_ns < LOOP_TICK_MS * LOOP_MS && !quiet)
		return;
	fm_work_look(loop->work, &loop->ui);
	loop->ticked_ns = loop->ui.now_ns;
	fm_ui_units_age(&loop->ui);
	loop_look_for_files(loop);
	if (fm_ui_top(&loop->ui) == FM_VIEW_PREFLIGHT)
		fm_host_look(&loop->ui, loop->options, &loop->changed);
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
	fm_attached_rows(loop->attached, &loop->ui);
	fm_records_load(&loop->ui, loop->options); /* whatever lies above them */
}

static void loop_files(struct loop *loop, short events)
{
	if (events && fm_reader_go(loop->reader, &loop->ui))
		loop->dirty = true;
}

static void loop_run(struct loop *loop)
{
	while (!loop->leaving || fm_work_running(loop->work)) {
		struct pollfd fds[] = { { loop->signals, POLLIN, 0 },
					{ fm_work_fd(loop->work), POLLIN, 0 },
					{ fm_attached_fd(loop->attached), POLLIN, 0 },
					{ loop->terminal ? STDIN_FILENO : -1, POLLIN, 0 },
					{ loop->child.fd, POLLIN, 0 },
					{ fm_reader_fd(loop->reader), POLLIN, 0 },
					{ fm_work_news(loop->work), POLLIN, 0 } };
		bool news;

		loop_draw(loop);
		if (poll(fds, FM_COUNT(fds), loop_timeout_ms(loop)) < 0 && errno != EINTR)
			break;
		loop_time(loop);
		loop_signals(loop);
		loop_events(loop);
		loop_child(loop, fds[4].revents);
		loop_keys(loop, fds[3].revents);
		loop_files(loop, fds[5].revents);
		news = fds[2].revents && fm_attached_heard(loop->attached);
		if (news || loop->ui.now_ns >= fm_attached_due_ns(loop->attached))
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
	if (strcmp(loop->options->folder, loop->options->library) != 0)
		fm_text_copy(loop->ui.library, sizeof(loop->ui.library), loop->options->library);
	gethostname(loop->ui.host_name, sizeof(loop->ui.host_name) - 1);
	if (!loop_block(loop, err) || !fm_attached_open(loop->options, &loop->attached, err) ||
	    !fm_work_new(loop->options, &loop->work, err) ||
	    !fm_reader_new(fm_files_read, &loop->reader, err) ||
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
	fm_terminal_close(); /* before a file is waited for */
	fm_work_free(loop->work);
	fm_reader_free(loop->reader);
	fm_host_changed_done(&loop->changed);
	fm_attached_close(loop->attached);
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

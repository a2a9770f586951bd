#include "sim/pty.h"

#include "base/clock.h"
#include "sim/line.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* The host is given so much of the line's time at once, as by a bridge; the unit, which sees each
 * byte with its own time, may be woken more seldom. */
#define PTY_HOST_CHUNK_NS 1000000
#define PTY_UNIT_CHUNK_NS 4000000
/* The longest time until *stop is noticed. */
#define PTY_SLICE_NS 100000000

struct fm_sim_pty {
	struct fm_sim_line line;
	int master, watch; /* watch: inotify on the slave's node */
	bool open;         /* a host has the slave open */
	unsigned hosts;    /* openings of it, as far as events tell */
	bool backlogged;   /* the line was full: what is read next was waiting for it */
	bool reset_on_open;
	char path[32];
	char *link;
};

/* termios2 of a master is its slave's: what the host has set. Rate 0 is "hang up", no rate. */
static void pty_follow_rate(struct fm_sim_pty *pty)
{
	struct termios2 tio;

	if (ioctl(pty->master, TCGETS2, &tio) == 0 && tio.c_ospeed > 0)
		pty->line.host_baud = tio.c_ospeed;
}

/* Bytes as they are, from the first opening on. */
static bool pty_make_raw(struct fm_sim_pty *pty)
{
	struct termios2 tio;

	if (ioctl(pty->master, TCGETS2, &tio) < 0)
		return false;
	tio.c_iflag = 0;
	tio.c_oflag = 0;
	tio.c_lflag = 0;
	tio.c_cflag &= ~(tcflag_t)(CBAUD | CSIZE | PARENB);
	tio.c_cflag |= BOTHER | CS8 | CREAD | CLOCAL;
	tio.c_ispeed = 115200;
	tio.c_ospeed = 115200;
	tio.c_cc[VMIN] = 1;
	tio.c_cc[VTIME] = 0;
	return ioctl(pty->master, TCSETS2, &tio) == 0;
}

/* A master says "hung up" while nobody has its slave open, but only after the first one closed it.
 */
static bool pty_open_once(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

/* Takes the place of an older link, never of anything else. */
static bool pty_make_link(struct fm_sim_pty *pty, const char *link, struct fm_error *err)
{
	char new_link[PATH_MAX], target[4];

	if (readlink(link, target, sizeof(target)) < 0 && errno == EINVAL)
		return fm_fail(err, FM_FILE_WRITE, "%s exists and is no link", link);
	snprintf(new_link, sizeof(new_link), "%s.%ld", link, (long)getpid());
	unlink(new_link);
	if (symlink(pty->path, new_link) < 0 || rename(new_link, link) < 0) {
		fm_fail_os(err, FM_FILE_WRITE, errno, "%s: cannot make the link", link);
		unlink(new_link);
		return false;
	}
	pty->link = strdup(link);
	return pty->link || fm_fail(err, FM_NO_MEMORY, "out of memory");
}

static bool pty_make(struct fm_sim_pty *pty, struct fm_error *err)
{
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	pty->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (pty->master < 0 || pty->watch < 0 || grantpt(pty->master) < 0 ||
	    unlockpt(pty->master) < 0 ||
	    ptsname_r(pty->master, pty->path, sizeof(pty->path)) != 0 || !pty_make_raw(pty) ||
	    !pty_open_once(pty->path) ||
	    inotify_add_watch(pty->watch, pty->path, IN_OPEN | IN_CLOSE) < 0)
		return fm_fail_os(err, FM_IO, errno, "cannot make a port for the simulated unit");
	return true;
}

/* The port vanishes, as when its cable is pulled. */
static void pty_vanish(struct fm_sim_pty *pty)
{
	char target[sizeof(pty->path)];
	ssize_t len = pty->link ? readlink(pty->link, target, sizeof(target)) : -1;

	if (len == (ssize_t)strlen(pty->path) && memcmp(target, pty->path, (size_t)len) == 0)
		unlink(pty->link);
	free(pty->link);
	pty->link = NULL;
	if (pty->watch >= 0)
		close(pty->watch);
	if (pty->master >= 0)
		close(pty->master);
	pty->master = pty->watch = -1;
}

void fm_sim_pty_close(struct fm_sim_pty *pty)
{
	if (!pty)
		return;
	pty_vanish(pty);
	free(pty);
}

bool fm_sim_pty_open(struct fm_sim_unit *unit, const struct fm_sim_pty_options *options,
		     struct fm_sim_pty **ret_pty, struct fm_error *err)
{
	struct fm_sim_pty *pty = calloc(1, sizeof(*pty));

	if (!pty)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	pty->master = pty->watch = -1;
	pty->reset_on_open = options->reset_on_open;
	pty->line.unit = unit;
	pty->line.character_bits = options->character_bits;
	pty->line.host_baud = 115200;
	if (!pty_make(pty, err) || (options->link && !pty_make_link(pty, options->link, err))) {
		fm_sim_pty_close(pty);
		return false;
	}
	unit->powered = false;
	fm_sim_line_start(&pty->line, fm_now_ns(fm_clock_real()));
	*ret_pty = pty;
	return true;
}

const char *fm_sim_pty_path(const struct fm_sim_pty *pty)
{
	return pty->path;
}

static void pty_opened(struct fm_sim_pty *pty, int64_t now_ns)
{
	if (pty->hosts++ > 0 || !pty->reset_on_open)
		return;
	pty_follow_rate(pty);
	fm_sim_line_start(&pty->line, now_ns);
}

/* Has a host opened or closed the port? Events tell of one that did both while we slept. */
static void pty_follow_host(struct fm_sim_pty *pty, int64_t now_ns)
{
	struct pollfd master = { pty->master, POLLIN, 0 };
	struct inotify_event events[32]; /* of a file they have no name */
	ssize_t len = read(pty->watch, events, sizeof(events));

	for (ssize_t i = 0; i < len / (ssize_t)sizeof(events[0]); i++) {
		if (events[i].mask & IN_OPEN)
			pty_opened(pty, now_ns);
		else if (pty->hosts > 0)
			pty->hosts--;
	}
	poll(&master, 1, 0);
	pty->open = !(master.revents & POLLHUP);
	/* Alike events in a row come as one; this is how many there are for certain. */
	if (!pty->open)
		pty->hosts = 0;
}

/* What the host has written goes on the line, as much as there is room for. */
static void pty_receive(struct fm_sim_pty *pty, int64_t now_ns)
{
	uint8_t bytes[FM_SIM_WIRE_MOST];
	size_t room = FM_SIM_WIRE_MOST - pty->line.to_unit.count;
	ssize_t n = room > 0 ? read(pty->master, bytes, room) : 0;

	if (n <= 0) {
		/* Also after the host has closed its end: EIO. */
		pty->backlogged = pty->backlogged && n == 0;
		return;
	}
	/* What had to wait for the line begins when the byte before it ends, not when we woke. */
	for (ssize_t i = 0; i < n; i++)
		fm_sim_line_put(&pty->line, pty->backlogged ? pty->line.to_unit.free_ns : now_ns,
				bytes[i]);
	pty->backlogged = (size_t)n == room;
}

/* What has arrived goes to the host. Without a host it is lost, as is what a full tty has no room
 * for: a UART can't wait. */
static void pty_deliver(struct fm_sim_pty *pty, int64_t now_ns)
{
	uint8_t bytes[FM_SIM_WIRE_MOST];
	size_t n = fm_sim_line_take(&pty->line, now_ns, bytes, sizeof(bytes));

	if (n > 0 && pty->open && write(pty->master, bytes, n) < 0 && errno != EAGAIN)
		pty->open = false;
}

/* When to look at what is on a wire: when its last byte has arrived, or after a chunk. While more
 * is to come the last one may not be the last. */
static int64_t pty_wire_ns(struct fm_sim_wire *wire, int64_t chunk_end_ns, bool more)
{
	int64_t first_ns, last_ns;

	if (wire->count == 0)
		return INT64_MAX;
	first_ns = fm_sim_wire_at(wire, 0)->at_ns;
	if (chunk_end_ns < first_ns)
		chunk_end_ns = first_ns;
	last_ns = fm_sim_wire_at(wire, wire->count - 1)->at_ns;
	return last_ns < chunk_end_ns && !more ? last_ns : chunk_end_ns;
}

static int64_t pty_wake_ns(struct fm_sim_pty *pty, int64_t now_ns)
{
	struct fm_sim_line *line = &pty->line;
	/* A host that is still sending is not waiting for the answer yet. */
	bool sending = line->to_unit.count > 0;
	int64_t at_ns[] = { pty_wire_ns(&line->to_unit, now_ns + PTY_UNIT_CHUNK_NS, false),
			    pty_wire_ns(&line->to_host, now_ns + PTY_HOST_CHUNK_NS, sending),
			    line->unit->ops->next_event(line->unit) };
	int64_t wake_ns = now_ns + PTY_SLICE_NS;

	for (size_t i = 0; i < sizeof(at_ns) / sizeof(at_ns[0]); i++)
		if (at_ns[i] < wake_ns)
			wake_ns = at_ns[i];
	return wake_ns > now_ns ? wake_ns : now_ns;
}

/* What is to be looked at after a wait. */
struct pty_news {
	bool host, bytes;
};

/* A closed master is always "hung up", so it is only waited for while it is open and the line has
 * room. Any signal ends the wait. */
static bool pty_wait(struct fm_sim_pty *pty, int64_t now_ns, struct pty_news *ret,
		     struct fm_error *err)
{
	bool listen = pty->open && pty->line.to_unit.count < FM_SIM_WIRE_MOST;
	struct pollfd wait[] = { { pty->watch, POLLIN, 0 }, { pty->master, POLLIN, 0 } };
	int64_t left_ns = pty_wake_ns(pty, now_ns) - now_ns;
	struct timespec left = { 0, left_ns };

	if (ppoll(wait, listen ? 2 : 1, &left, NULL) < 0 && errno != EINTR)
		return fm_fail_os(err, FM_IO, errno, "%s: cannot wait", pty->path);
	ret->host = wait[0].revents || (wait[1].revents & POLLHUP);
	ret->bytes = ret->host || wait[1].revents || pty->backlogged;
	return true;
}

bool fm_sim_pty_run(struct fm_sim_pty *pty, const atomic_bool *stop, struct fm_error *err)
{
	struct fm_clock *clock = fm_clock_real();
	struct pty_news news = { true, true };

	/* A thread's timers are 50 us late by default, which is half a byte at 115200. */
	prctl(PR_SET_TIMERSLACK, 1ul);
	while (!atomic_load(stop) && pty->line.unit->powered) {
		int64_t now_ns = fm_now_ns(clock);

		if (news.host)
			pty_follow_host(pty, now_ns);
		pty_follow_rate(pty);
		if (news.bytes)
			pty_receive(pty, now_ns);
		fm_sim_line_run(&pty->line, now_ns);
		pty_deliver(pty, now_ns);
		if (pty->line.unit->powered && !pty_wait(pty, now_ns, &news, err))
			return false;
	}
	if (!pty->line.unit->powered)
		pty_vanish(pty);
	return true;
}

#include "link/tty.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

/* The longest time until a cancel is noticed. */
#define TTY_SLICE_NS 100000000

/* More than any driver holds: a unit that never stops talking can't keep discard busy. */
#define TTY_DISCARD_MOST (1024 * 1024)

static bool tty_gone(const struct fm_tty *tty, int os, struct fm_error *err)
{
	fm_fail(err, FM_GONE, "%s: the port vanished", tty->link.name);
	err->os = os;
	return false;
}

bool fm_tty_fail(const struct fm_tty *tty, int os, const char *doing, struct fm_error *err)
{
	/* tty_io.c: a device that hung up gives EIO; drivers of removed ones ENODEV or ENXIO. */
	if (os == EIO || os == ENODEV || os == ENXIO)
		return tty_gone(tty, os, err);
	return fm_fail_os(err, FM_IO, os, "%s: cannot %s", tty->link.name, doing);
}

static bool tty_cancelled(const struct fm_tty *tty, struct fm_error *err)
{
	if (!fm_link_cancelled(&tty->link))
		return false;
	fm_fail(err, FM_CANCELLED, "%s: cancelled", tty->link.name);
	return true;
}

bool fm_tty_wait(struct fm_tty *tty, short events, struct fm_deadline deadline,
		 struct fm_error *err)
{
	struct pollfd ready = { tty->fd, events, 0 };

	for (;;) {
		int64_t left_ns = fm_left_ns(tty->link.clock, deadline);
		int64_t slice_ns = left_ns < TTY_SLICE_NS ? left_ns : TTY_SLICE_NS;
		struct timespec slice = { 0, slice_ns };
		int n;

		if (tty_cancelled(tty, err))
			return false;
		n = ppoll(&ready, 1, &slice, NULL);
		if (n < 0 && errno != EINTR)
			return fm_tty_fail(tty, errno, "wait", err);
		/* What was received before the end is still read. */
		if (n > 0 && (ready.revents & events))
			return true;
		if (n > 0)
			return tty_gone(tty, 0, err);
		if (left_ns == 0)
			return fm_fail(err, FM_TIMEOUT, "%s: nothing came in time", tty->link.name);
	}
}

static bool tty_send(struct fm_link *link, const void *data, size_t len,
		     struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_tty *tty = (struct fm_tty *)link;
	const uint8_t *bytes = data;
	size_t sent = 0;

	if (tty_cancelled(tty, err))
		return false;
	while (sent < len) {
		ssize_t n = write(tty->fd, bytes + sent, len - sent);

		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return fm_tty_fail(tty, errno, "send", err);
		if (fm_tty_wait(tty, POLLOUT, deadline, err))
			continue;
		if (err->code != FM_TIMEOUT)
			return false;
		return fm_fail(err, FM_TIMEOUT, "%s: the port took only %zu of %zu bytes in time",
			       link->name, sent, len);
	}
	return true;
}

/* At most len bytes, 0 where there are none now. */
static bool tty_read(struct fm_tty *tty, void *ret_data, size_t len, size_t *ret_len,
		     struct fm_error *err)
{
	ssize_t n;

	do
		n = read(tty->fd, ret_data, len);
	while (n < 0 && errno == EINTR);
	*ret_len = n > 0 ? (size_t)n : 0;
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return true;
	/* With VMIN 1 a read never gives 0 but at the end: the master or the device is gone. */
	return n == 0 ? tty_gone(tty, 0, err) : fm_tty_fail(tty, errno, "receive", err);
}

static bool tty_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		     struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_tty *tty = (struct fm_tty *)link;

	do {
		if (!fm_tty_wait(tty, POLLIN, deadline, err) ||
		    !tty_read(tty, ret_data, len, ret_len, err))
			return false;
	} while (*ret_len == 0);
	return true;
}

/* By reading: a flush of the tty can take bytes with it that are still to be sent, and on a pty
 * leaves those that the kernel has not handed over yet. */
static bool tty_discard(struct fm_link *link, struct fm_error *err)
{
	struct fm_tty *tty = (struct fm_tty *)link;
	uint8_t dropped[4096];
	size_t n = 1, total = 0;

	while (n > 0 && total < TTY_DISCARD_MOST) {
		if (!tty_read(tty, dropped, sizeof(dropped), &n, err))
			return false;
		total += n;
	}
	return true;
}

const struct fm_stream_ops fm_tty_stream = { tty_send, tty_recv, tty_discard };

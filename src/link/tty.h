/*
 * A terminal device by its descriptor: the one path that real ports and ptys share after they were
 * opened. The rates are set by termios2, whose header can't be included beside the C library's.
 */
#ifndef FM_LINK_TTY_H
#define FM_LINK_TTY_H

#include "link/link.h"

struct fm_tty {
	struct fm_link link;
	int fd;   /* O_NONBLOCK */
	bool pty; /* has neither parity nor modem lines: link.lacks says so, and they succeed */
};

extern const struct fm_stream_ops fm_tty_stream;
extern const struct fm_line_ops fm_tty_line;

/* Raw mode, no flow control, DTR kept at close, 8N1 at 115200. */
bool fm_tty_start(struct fm_tty *tty, struct fm_error *err) FM_MUST_CHECK;

/* After a failed call on the device: FM_GONE where it is the kernel's way to say that it is no
 * longer there, else FM_IO. doing: "send". */
bool fm_tty_fail(const struct fm_tty *tty, int os, const char *doing, struct fm_error *err);

/* Wait on the link's clock for `events` of poll or for the deadline; cancel is noticed within
 * 100 ms. FM_TIMEOUT, FM_CANCELLED or FM_GONE. */
bool fm_tty_wait(struct fm_tty *tty, short events, struct fm_deadline deadline,
		 struct fm_error *err) FM_MUST_CHECK;

#endif

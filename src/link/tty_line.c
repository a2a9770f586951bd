#include "link/tty.h"

#include "base/scope.h"

#include <errno.h>
/* Not termios.h: the C library's struct termios has no place for an arbitrary rate. */
#include <asm/termbits.h>
#include <string.h>
#include <sys/ioctl.h>

/* What of c_cflag a framing is made of. */
#define LINE_FRAMING (CSIZE | PARENB | PARODD | CMSPAR | CSTOPB)

/* Rates as drivers give them back are rounded to what the divisor can do; above this the two sides
 * of a line no longer understand each other (half a bit in ten, both sides off). */
#define LINE_RATE_PERCENT 3

static tcflag_t line_framing(const struct fm_line_settings *settings)
{
	tcflag_t flags = settings->data_bits == 7 ? CS7 : CS8;

	if (settings->parity != FM_PARITY_NONE)
		flags |= PARENB;
	if (settings->parity == FM_PARITY_ODD)
		flags |= PARODD;
	if (settings->stop_bits == 2)
		flags |= CSTOPB;
	return flags;
}

/* A usual rate by its own code: programs that ask the port after us know no other. */
static tcflag_t line_rate(unsigned baud)
{
	static const struct {
		unsigned baud;
		tcflag_t code;
	} usual[] = { { 1200, B1200 },     { 2400, B2400 },     { 4800, B4800 },
		      { 9600, B9600 },     { 19200, B19200 },   { 38400, B38400 },
		      { 57600, B57600 },   { 115200, B115200 }, { 230400, B230400 },
		      { 460800, B460800 }, { 921600, B921600 } };

	for (size_t i = 0; i < FM_COUNT(usual); i++) {
		if (usual[i].baud == baud)
			return usual[i].code;
	}
	return BOTHER;
}

/* Raw, without flow control: every byte value is data. A break is no byte. */
static void line_fill(struct termios2 *tio, const struct fm_line_settings *settings)
{
	tio->c_iflag = IGNBRK;
	tio->c_oflag = 0;
	tio->c_lflag = 0;
	tio->c_cc[VMIN] = 1;
	tio->c_cc[VTIME] = 0;
	tio->c_cflag &= ~(tcflag_t)(LINE_FRAMING | CBAUD | CBAUD << IBSHIFT | HUPCL | CRTSCTS);
	tio->c_cflag |= line_framing(settings) | CLOCAL | CREAD;
	tio->c_cflag |= line_rate(settings->baud) | line_rate(settings->baud) << IBSHIFT;
	tio->c_ispeed = settings->baud;
	tio->c_ospeed = settings->baud;
}

static char line_parity_letter(enum fm_parity parity)
{
	return "NEO"[parity];
}

/* What the driver made of it: it drops silently what its hardware can't do. */
static bool line_check(const struct fm_tty *tty, const struct fm_line_settings *settings,
		       const struct termios2 *now, struct fm_error *err)
{
	tcflag_t wrong = (now->c_cflag ^ line_framing(settings)) & LINE_FRAMING;
	uint64_t asked = settings->baud, given = now->c_ospeed;
	uint64_t off = asked > given ? asked - given : given - asked;

	/* A pty carries bytes, not frames, at any rate. */
	if (tty->pty)
		return true;
	if (wrong != 0) {
		fm_fail(err, FM_UNSUPPORTED, "%s: the adapter cannot do %u%c%u", tty->link.name,
			settings->data_bits, line_parity_letter(settings->parity),
			settings->stop_bits);
		return fm_hint(err, "Use another USB serial adapter; the unit was not touched.");
	}
	if (off * 100 > asked * LINE_RATE_PERCENT) {
		fm_fail(err, FM_UNSUPPORTED, "%s: the adapter cannot do %u baud (it would be %u)",
			tty->link.name, settings->baud, now->c_ospeed);
		return fm_hint(err, "Choose another rate or use another USB serial adapter.");
	}
	return true;
}

static bool tty_configure(struct fm_link *link, const struct fm_line_settings *settings,
			  struct fm_error *err)
{
	struct fm_tty *tty = (struct fm_tty *)link;
	struct termios2 tio;

	/* 0 means "hang up" to the kernel. */
	if (settings->baud == 0)
		return fm_fail(err, FM_INTERNAL, "%s: a rate of 0 bits a second", link->name);
	if (ioctl(tty->fd, TCGETS2, &tio) < 0)
		return fm_tty_fail(tty, errno, "read the line settings", err);
	line_fill(&tio, settings);
	if (ioctl(tty->fd, TCSETS2, &tio) < 0)
		return fm_tty_fail(tty, errno, "set the line", err);
	if (ioctl(tty->fd, TCGETS2, &tio) < 0)
		return fm_tty_fail(tty, errno, "read the line settings", err);
	return line_check(tty, settings, &tio, err);
}

static int line_modem_bits(unsigned lines)
{
	return (lines & FM_LINE_DTR ? TIOCM_DTR : 0) | (lines & FM_LINE_RTS ? TIOCM_RTS : 0);
}

/* Both lines change in one request: reset circuits tell DTR and RTS together from one after the
 * other. */
static bool tty_modem(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err)
{
	struct fm_tty *tty = (struct fm_tty *)link;
	int bits;

	if (link->lacks & FM_LINK_NO_MODEM)
		return true;
	if (ioctl(tty->fd, TIOCMGET, &bits) < 0)
		return fm_tty_fail(tty, errno, "read the modem lines", err);
	bits = (bits & ~line_modem_bits(lines)) | line_modem_bits(lines & on);
	if (ioctl(tty->fd, TIOCMSET, &bits) < 0)
		return fm_tty_fail(tty, errno, "set the modem lines", err);
	return true;
}

static bool tty_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	struct fm_tty *tty = (struct fm_tty *)link;
	struct fm_deadline end = fm_in_ms(link->clock, duration_ms);
	bool cancelled;

	if (ioctl(tty->fd, TIOCSBRK) < 0)
		return fm_tty_fail(tty, errno, "begin a break", err);
	while (!(cancelled = fm_link_cancelled(link)) && !fm_expired(link->clock, end)) {
		int64_t left_ms = (fm_left_ns(link->clock, end) + 999999) / 1000000;

		fm_sleep_ms(link->clock, left_ms < 100 ? left_ms : 100);
	}
	/* Also after a cancel: the line must not stay low. */
	if (ioctl(tty->fd, TIOCCBRK) < 0)
		return fm_tty_fail(tty, errno, "end a break", err);
	return !cancelled || fm_fail(err, FM_CANCELLED, "%s: cancelled", link->name);
}

const struct fm_line_ops fm_tty_line = { tty_configure, tty_modem, tty_break };

bool fm_tty_start(struct fm_tty *tty, struct fm_error *err)
{
	const struct fm_line_settings settings = { 115200, 8, FM_PARITY_NONE, 1 };

	tty->link.stream = &fm_tty_stream;
	tty->link.line = &fm_tty_line;
	tty->link.lacks = tty->pty ? FM_LINK_NO_MODEM | FM_LINK_NO_PARITY : 0;
	/* A pty keeps what the host before us has not read. */
	if (ioctl(tty->fd, TCFLSH, TCIFLUSH) < 0)
		return fm_tty_fail(tty, errno, "flush the input", err);
	return tty_configure(&tty->link, &settings, err);
}

#include "link/serial.h"

#include <unistd.h>

/* Any rate that means nothing: the kernel tells a unit its rate only when it changes. */
#define TOUCH_OTHER_BAUD 9600
#define TOUCH_SECOND_BAUD 115200

/* How long the node of a unit that left may stay: as long as its hub takes to tell. */
#define TOUCH_LEFT_MS 300
#define TOUCH_STEP_MS 10

static bool touch_rate(struct fm_link *link, unsigned baud, struct fm_error *err)
{
	const struct fm_line_settings settings = { baud, 8, FM_PARITY_NONE, 1 };

	return fm_line_configure(link, &settings, err);
}

static bool touch_steps(struct fm_link *link, unsigned baud, struct fm_error *err)
{
	unsigned other = baud == TOUCH_OTHER_BAUD ? TOUCH_SECOND_BAUD : TOUCH_OTHER_BAUD;

	return fm_line_modem(link, FM_LINE_DTR, FM_LINE_DTR, err) && touch_rate(link, other, err) &&
	       touch_rate(link, baud, err) && fm_line_modem(link, FM_LINE_DTR, 0, err);
}

/* A unit that leaves in the middle of a request makes it fail in many ways; then its node goes. */
static bool touch_left(const char *path, const struct fm_error *err)
{
	struct fm_clock *clock = fm_clock_real();
	struct fm_deadline end = fm_in_ms(clock, TOUCH_LEFT_MS);

	if (err->code == FM_GONE)
		return true;
	if (err->code != FM_IO)
		return false;
	while (access(path, F_OK) == 0) {
		if (fm_expired(clock, end))
			return false;
		fm_sleep_ms(clock, TOUCH_STEP_MS);
	}
	return true;
}

bool fm_serial_touch(const char *path, unsigned baud, const atomic_bool *cancel,
		     struct fm_error *err)
{
	struct fm_link *link;
	bool ok;

	if (!fm_serial_open(path, cancel, &link, err))
		return false;
	ok = touch_steps(link, baud, err);
	fm_link_close(link);
	if (!ok && touch_left(path, err)) {
		fm_error_clear(err);
		return true;
	}
	return ok;
}

bool fm_serial_settle(const char *path, unsigned baud, const atomic_bool *cancel,
		      struct fm_error *err)
{
	struct fm_link *link;
	bool ok = fm_serial_open(path, cancel, &link, err);

	if (ok) {
		ok = touch_rate(link, baud, err);
		fm_link_close(link);
	}
	if (!ok && err->code == FM_GONE) {
		fm_error_clear(err);
		return true;
	}
	return ok;
}

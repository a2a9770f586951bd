/* A tiny unit for tests of the adapters: it says every byte back. 'L' is answered 35 s late, 'C'
 * cuts its power. */
#ifndef FM_TESTS_ECHO_H
#define FM_TESTS_ECHO_H

#include "sim/unit.h"

#include <string.h>

struct echo_unit {
	struct fm_sim_unit unit;
	bool auto_baud;
	int64_t late_after_ns; /* how late the late answer is */
	int64_t late_ns;       /* when it is due */
	unsigned fed, garbled, resets, externals, frees;
	uint8_t last;
	int64_t last_ns, first_ns;
};

static void echo_feed(struct fm_sim_unit *unit, int64_t now_ns, uint8_t byte, bool garbled)
{
	struct echo_unit *echo = (struct echo_unit *)unit;

	if (echo->fed++ == 0)
		echo->first_ns = now_ns;
	echo->garbled += garbled;
	echo->last = byte;
	echo->last_ns = now_ns;
	if (echo->auto_baud && unit->baud == 0)
		unit->baud = unit->host_baud;
	if (!garbled && byte == 'L')
		echo->late_ns = now_ns + echo->late_after_ns;
	else if (!garbled && byte == 'C')
		unit->powered = false;
	else
		fm_sim_say(unit, &byte, 1);
}

static void echo_advance(struct fm_sim_unit *unit, int64_t now_ns)
{
	struct echo_unit *echo = (struct echo_unit *)unit;

	if (now_ns < echo->late_ns)
		return;
	echo->late_ns = INT64_MAX;
	fm_sim_say(unit, "late", 4);
}

static int64_t echo_next_event(const struct fm_sim_unit *unit)
{
	return ((const struct echo_unit *)unit)->late_ns;
}

static void echo_reset(struct fm_sim_unit *unit, int64_t now_ns, bool external)
{
	struct echo_unit *echo = (struct echo_unit *)unit;

	(void)now_ns;
	echo->late_ns = INT64_MAX;
	echo->resets++;
	echo->externals += external;
	if (echo->auto_baud)
		unit->baud = 0;
}

static void echo_free(struct fm_sim_unit *unit)
{
	((struct echo_unit *)unit)->frees++;
}

static void echo_init(struct echo_unit *echo, unsigned baud)
{
	static const struct fm_sim_unit_ops ops = { echo_feed, echo_advance, echo_next_event,
						    echo_reset, echo_free };

	memset(echo, 0, sizeof(*echo));
	echo->unit.ops = &ops;
	echo->unit.baud = baud;
	echo->unit.powered = true;
	echo->auto_baud = baud == 0;
	echo->late_ns = INT64_MAX;
	echo->late_after_ns = 35 * INT64_C(1000000000);
}

#endif

/*
 * A USB unit for tests of links: a vendor interface with two settings and two bulk endpoints that
 * give back what they took, and a serial port (CDC-ACM) that remembers what it was told.
 */
#ifndef FM_TESTS_LINK_UNIT_H
#define FM_TESTS_LINK_UNIT_H

#include "sim/usb.h"

#include <stdatomic.h>

/* Vendor requests. */
enum {
	UNIT_KEEP = 1, /* out: keep the data; in: give it back */
	UNIT_STALL,
	UNIT_NEVER, /* no answer, ever */
	UNIT_LEAVE, /* off the bus at once, back after 300 ms */
};

struct unit {
	struct fm_sim_usb usb;
	struct fm_sim_usb_tables tables;
	uint8_t kept[4096], looped[65536];
	size_t kept_len, looped_len;
	bool has_looped, halted;
	int64_t back_ns;
	/* The serial port, also for other threads. */
	atomic_uint baud, dtr, codings, touches;
	atomic_bool leave_at_1200;
};

void unit_init(struct unit *unit);

#endif

/*
 * A simulated unit: a pure core that is given bytes, line changes and time, and gives bytes back.
 * It knows nothing of descriptors or real time; adapters (pty.c: a real port in real time;
 * inproc.c: a link in virtual time) move it. Times are nanoseconds on the adapter's clock.
 */
#ifndef FM_SIM_UNIT_H
#define FM_SIM_UNIT_H

#include "base/error.h"
#include "link/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_sim_unit;

struct fm_sim_unit_ops {
	/* A byte has arrived whole at `now`. garbled: the baud rate did not fit. */
	void (*feed)(struct fm_sim_unit *unit, int64_t now_ns, uint8_t byte, bool garbled);
	/* Do what is due at `now` (end of an erase, watchdog ...). */
	void (*advance)(struct fm_sim_unit *unit, int64_t now_ns);
	/* When advance has something to do; INT64_MAX = never by itself. After advance(now) it is
	 * later than now. */
	int64_t (*next_event)(const struct fm_sim_unit *unit);
	/* Reset line (DTR edge, power on). external: by the reset pin. */
	void (*reset)(struct fm_sim_unit *unit, int64_t now_ns, bool external);
	void (*free)(struct fm_sim_unit *unit);
};

#define FM_SIM_OUT_MOST 1024

struct fm_sim_unit {
	const struct fm_sim_unit_ops *ops;
	unsigned baud; /* the rate at which the unit itself speaks and listens; 0 = not yet known
			  (auto-baud) */
	unsigned host_baud; /* set by the adapter before each feed: what the host's line is at, for
			       a core that measures it (auto-baud) */
	uint8_t out[FM_SIM_OUT_MOST]; /* what it wants to send, oldest first; the adapter takes from
					 it */
	size_t out_count;
	bool powered;   /* false: a power cut happened; nothing is received or sent until the
			   adapter is opened again, which is power on: reset with external=false */
	uint8_t *flash; /* the whole flash, for tests and for keeping it in a file */
	size_t flash_len;
};

/* For cores: queue an answer. */
void fm_sim_say(struct fm_sim_unit *unit, const void *data, size_t len);

/* For adapters. Power on (after a power cut) or a pulse on the reset pin. */
void fm_sim_start(struct fm_sim_unit *unit, int64_t now_ns);
/* Does a byte at the host's rate arrive wrong? Never before the unit knows its own rate. */
bool fm_sim_garbles(const struct fm_sim_unit *unit, unsigned host_baud);
/* What a byte turns into at the wrong rate: never itself. */
uint8_t fm_sim_garble(uint8_t byte);

/*
 * Adapter: an in-process link in virtual time. Bytes take the configured bits per character / baud
 * on the line in both directions; the unit runs while the host waits, and catches up where the host
 * slept. A run of bytes without a gap is handed over as a bridge does it, in packets of at most 64.
 * Opening the link and an edge of DTR or RTS from off to on reset the unit; the lines are on after
 * opening. The link takes the unit over if `own`.
 */
bool fm_sim_link_open(struct fm_sim_unit *unit, bool own, struct fm_virtual_clock *clock,
		      const atomic_bool *cancel, struct fm_link **ret_link,
		      struct fm_error *err) FM_MUST_CHECK;

#endif

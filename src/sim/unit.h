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
	/* When advance has something to do; INT64_MAX = never by itself. */
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
	uint8_t out[FM_SIM_OUT_MOST]; /* what it wants to send, oldest first; the adapter takes from
					 it */
	size_t out_count;
	bool powered;   /* false: a power cut happened; nothing is received or sent until reset */
	uint8_t *flash; /* the whole flash, for tests and for keeping it in a file */
	size_t flash_len;
};

/* For cores: queue an answer. */
void fm_sim_say(struct fm_sim_unit *unit, const void *data, size_t len);

/*
 * Adapter: an in-process link in virtual time. Bytes take bits-per-character / baud on the line in
 * both directions; the unit runs while the host waits. The link takes the unit over if `own`. bits:
 * 10 for 8N1, 11 for 8E1.
 */
bool fm_sim_link_open(struct fm_sim_unit *unit, bool own, struct fm_virtual_clock *clock,
		      const atomic_bool *cancel, struct fm_link **ret_link,
		      struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * The line between a host and a simulated unit, in time order: what both adapters (inproc.c, pty.c)
 * share. It has no clock of its own: the adapter says up to when to run. One thread.
 */
#ifndef FM_SIM_LINE_H
#define FM_SIM_LINE_H

#include "sim/unit.h"

/* As much as a tty holds; more than that waits (to the unit) or is lost (from it). */
#define FM_SIM_WIRE_MOST 4096

struct fm_sim_byte {
	int64_t at_ns; /* when it has arrived whole */
	uint8_t byte;
	bool garbled;
};

/* One direction: what is on its way and what arrived and was not taken yet, oldest first. */
struct fm_sim_wire {
	struct fm_sim_byte ring[FM_SIM_WIRE_MOST];
	size_t first, count;
	int64_t free_ns; /* when the last byte put on it ends */
};

struct fm_sim_line {
	struct fm_sim_unit *unit;
	unsigned character_bits, host_baud;
	struct fm_sim_wire to_unit, to_host;
};

/* The byte at place i < count. */
struct fm_sim_byte *fm_sim_wire_at(struct fm_sim_wire *wire, size_t i);
/* How long a character is on the line. */
int64_t fm_sim_character_ns(const struct fm_sim_line *line);
/* The host hands over a byte at `now`: it starts when the one before it has ended. False: full. */
bool fm_sim_line_put(struct fm_sim_line *line, int64_t now_ns, uint8_t byte);
/* The line is held low: a zero byte without a stop bit, as long as that takes. */
void fm_sim_line_break(struct fm_sim_line *line, int64_t now_ns, int64_t duration_ns);
/* Up to len bytes that have arrived at the host by `now`. */
size_t fm_sim_line_take(struct fm_sim_line *line, int64_t now_ns, uint8_t *ret_data, size_t len);
/* Reset or power on; what the unit was sending ends in the middle. */
void fm_sim_line_start(struct fm_sim_line *line, int64_t now_ns);
/* When the unit has something to do by itself or a byte reaches it; INT64_MAX = never. */
int64_t fm_sim_line_next(struct fm_sim_line *line);
/* Everything that is due up to `now`, each at its time. */
void fm_sim_line_run(struct fm_sim_line *line, int64_t now_ns);

#endif

/*
 * Adapter: a simulated unit on a pty, in real time. Both directions run at the rate that the host
 * has set, exactly on average; a rate that is not the unit's garbles. The host sees chunks of a
 * millisecond and the end of each burst in time, as with a real bridge.
 */
#ifndef FM_SIM_PTY_H
#define FM_SIM_PTY_H

#include "sim/unit.h"

struct fm_sim_pty;

struct fm_sim_pty_options {
	const char *link;        /* symbolic link to make for the port; NULL: none */
	unsigned character_bits; /* bits on the line for a byte, which a pty can't tell: 10 or 11 */
	bool reset_on_open;      /* a host that opens the closed port pulses the reset pin */
};

/* Make the port and start the unit (power on). unit stays the caller's. */
bool fm_sim_pty_open(struct fm_sim_unit *unit, const struct fm_sim_pty_options *options,
		     struct fm_sim_pty **ret_pty, struct fm_error *err) FM_MUST_CHECK;

/* The port: /dev/pts/N. */
const char *fm_sim_pty_path(const struct fm_sim_pty *pty);

/*
 * Run until *stop or until the unit loses its power: then unit->powered is false, and the port has
 * vanished with its link. stop is noticed within 100 ms, at once where a signal comes in.
 */
bool fm_sim_pty_run(struct fm_sim_pty *pty, const atomic_bool *stop,
		    struct fm_error *err) FM_MUST_CHECK;

/* Removes the link where it still leads to this port. NULL is allowed. */
void fm_sim_pty_close(struct fm_sim_pty *pty);

#endif

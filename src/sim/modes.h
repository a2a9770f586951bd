/*
 * A unit made of modes, as real ones are: an application that hands over to a boot loader, which
 * hands back. Each mode is a core of its own with its own descriptors; one at a time has power, and
 * between two the unit is off the bus.
 */
#ifndef FM_SIM_MODES_H
#define FM_SIM_MODES_H

#include "sim/usb.h"

#define FM_SIM_MODES_MOST 4

struct fm_sim_mode {
	struct fm_sim_usb *unit;
	/* It has handed over: the next mode (after the last the first) gets power instead. Asked
	 * after each call of the unit's operations. A mode that leaves the bus for another reason
	 * keeps its power. */
	bool (*left)(const struct fm_sim_usb *unit);
};

/* Powered up it begins with the first, which may hand over at once. Without power till the adapter
 * gives it; owns the modes. FM_USAGE: none, or too many. */
bool fm_sim_modes_new(const struct fm_sim_mode *modes, size_t count, unsigned absent_ms,
		      struct fm_sim_usb **ret_unit, struct fm_error *err) FM_MUST_CHECK;
/* Which has power, from 0. */
size_t fm_sim_modes_active(const struct fm_sim_usb *unit);

#endif

/* A simulated Optiboot or ATmegaBOOT, as their sources tell, with what they do wrong. */
#ifndef FM_SIM_STK500V1_H
#define FM_SIM_STK500V1_H

#include "sim/avr/avr.h"

enum fm_sim_stk500v1_loader {
	FM_SIM_OPTIBOOT_4, /* 4.4: on an Uno */
	FM_SIM_OPTIBOOT_8, /* 8.3 */
	FM_SIM_ATMEGABOOT, /* 1.16 */
	FM_SIM_STK500V1_LOADERS
};

struct fm_sim_stk500v1_options {
	enum fm_sim_stk500v1_loader loader;
	const char *part; /* "m328p" */
	unsigned baud;
	const char *chatter; /* what the application says all the time; NULL: nothing */
};

bool fm_sim_stk500v1_new(const struct fm_sim_stk500v1_options *options,
			 struct fm_sim_unit **ret_unit, struct fm_error *err) FM_MUST_CHECK;

#endif

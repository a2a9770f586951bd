/* A simulated boot loader of the Arduino Mega, as stk500boot.c tells, with what it does wrong. */
#ifndef FM_SIM_STK500V2_H
#define FM_SIM_STK500V2_H

#include "sim/avr/avr.h"

struct fm_sim_stk500v2_options {
	const char *part; /* "m2560" */
	unsigned baud;
	const char *chatter; /* what the application says all the time; NULL: nothing */
};

bool fm_sim_stk500v2_new(const struct fm_sim_stk500v2_options *options,
			 struct fm_sim_unit **ret_unit, struct fm_error *err) FM_MUST_CHECK;

#endif

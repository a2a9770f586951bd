/*
 * The watchdog of an AVR, in place of simavr's, which keeps the first period that was set: Optiboot
 * sets a second while it runs and 16 ms to leave. ATmega328P data sheet, 11.8 and 11.9.
 */
#ifndef FM_TESTS_REAL_AVR_WATCHDOG_H
#define FM_TESTS_REAL_AVR_WATCHDOG_H

#include <simavr/avr_watchdog.h>
#include <simavr/sim_avr.h>

#include <stdbool.h>

struct avr_watchdog {
	avr_io_t io; /* takes the WDR instruction */
	avr_t *avr;
	const avr_watchdog_t *registers;
	avr_cycle_count_t unlocked; /* until then enable and period may be changed */
	bool bitten;                /* the caller resets the chip, then calls avr_watchdog_start */
};

void avr_watchdog_replace(struct avr_watchdog *watchdog, avr_t *avr);
/* After a reset that the watchdog made: it runs on with its shortest period. */
void avr_watchdog_start(struct avr_watchdog *watchdog);

#endif

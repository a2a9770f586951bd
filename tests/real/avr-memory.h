/* What is in the memories of a simulated AVR at the start, and where it is kept. */
#ifndef FM_TESTS_REAL_AVR_MEMORY_H
#define FM_TESTS_REAL_AVR_MEMORY_H

#include "avr-chip.h"

#include <simavr/sim_avr.h>

/* Flash and EEPROM from their files, else the application's; then the boot loader, at which a reset
 * begins. */
bool avr_memory_load(avr_t *avr, const struct avr_chip_settings *settings,
		     struct fm_error *err) FM_MUST_CHECK;
bool avr_memory_save(avr_t *avr, const struct avr_chip_settings *settings,
		     struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * An AVR of simavr as a simulated unit: a real boot loader and a real application run in it, byte
 * for byte. simavr is GPL-3, so this is part of a test program that is never installed.
 */
#ifndef FM_TESTS_REAL_AVR_CHIP_H
#define FM_TESTS_REAL_AVR_CHIP_H

#include "sim/unit.h"

struct avr_chip_settings {
	const char *mcu;         /* simavr's name: "atmega328p" */
	unsigned frequency_hz;   /* of its crystal */
	const char *boot;        /* Intel HEX of the boot loader; its lowest address is the reset
				    vector */
	const char *application; /* likewise, what its flash holds where flash_file is not there
				    yet; NULL: nothing */
	const char *flash_file;  /* the whole flash, kept from run to run; NULL: forgotten */
	const char *eeprom_file; /* likewise */
	double spm_ms;           /* page erase and page write, each; 0 = no time at all */
};

struct avr_chip_counts {
	unsigned long received, sent, garbled;
	unsigned long overruns; /* received bytes that the program was too slow for */
	unsigned resets, watchdogs, crashes;
};

/* settings must outlive the unit. */
bool avr_chip_new(const struct avr_chip_settings *settings, struct fm_sim_unit **ret_unit,
		  struct fm_error *err) FM_MUST_CHECK;
/* Write flash_file and eeprom_file as the memories are now. */
bool avr_chip_save(struct fm_sim_unit *unit, struct fm_error *err) FM_MUST_CHECK;
/* Take the power away after so many more received bytes; 0 = at once. */
void avr_chip_cut_after(struct fm_sim_unit *unit, unsigned long bytes);
void avr_chip_counts(const struct fm_sim_unit *unit, struct avr_chip_counts *ret);

#endif

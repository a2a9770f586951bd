/* What the parts of flashmend-sim share. Each command is a main function of its own: it returns the
 * exit code (0, 1 something failed, 2 usage). */
#ifndef FM_SIM_MAIN_H
#define FM_SIM_MAIN_H

#include "base/error.h"

#include <signal.h>
#include <stdint.h>

#define FM_SIM_UNITS_MOST 64

/* argv[0] is the command. */
int fm_sim_stm32_command(int argc, char **argv);
int fm_sim_usb_command(int argc, char **argv);
/* "dfu" ...: one of those on USB. */
bool fm_sim_usb_is_command(const char *name);

/* To stderr; false. */
bool fm_sim_complain(const char *format, ...) FM_PRINTF(1, 2);
bool fm_sim_complain_of(const struct fm_error *err);
bool fm_sim_number(const char *option, const char *text, int base, unsigned long least,
		   unsigned long most, unsigned long *ret);

/* A flash kept in a file; "" = not kept. A file that is not there yet is a blank flash, a shorter
 * one its beginning. */
bool fm_sim_flash_load(const char *file, uint8_t *flash, size_t len);
bool fm_sim_flash_save(const char *file, const uint8_t *flash, size_t len);

/* Blocks them in this thread and those it starts: they come to sigwait. */
void fm_sim_block_signals(sigset_t *ret_signals);

#endif

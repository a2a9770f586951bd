/* What the commands of flashmend-sim share. */
#ifndef FM_SIM_COMMAND_H
#define FM_SIM_COMMAND_H

#include "base/error.h"

#include <signal.h>
#include <stdint.h>

#define FM_SIM_PROGRAM "flashmend-sim"

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

/* What lies at which address of an RP2040 or RP2350, and what its boot ROM lets pass of it. */
#ifndef FM_SIM_PICOBOOT_BUS_H
#define FM_SIM_PICOBOOT_BUS_H

#include "sim/picoboot/rom.h"

#define FM_PICO_FLASH 0x10000000u

/* Status, boot/picoboot.h */
enum {
	FM_PICO_OK = 0,
	FM_PICO_UNKNOWN_COMMAND = 1,
	FM_PICO_BAD_ARGUMENT_LENGTH = 2,
	FM_PICO_BAD_TRANSFER_LENGTH = 3,
	FM_PICO_BAD_ADDRESS = 4,
	FM_PICO_BAD_ALIGNMENT = 5,
	FM_PICO_REBOOTING = 7,
	FM_PICO_NOT_PERMITTED = 10,
	FM_PICO_INVALID_ARGUMENT = 11,
};

/* NULL where there is no RAM. */
uint8_t *fm_pico_bus_ram(const struct fm_pico *u, uint32_t addr, uint32_t len);
bool fm_pico_bus_is_flash(const struct fm_pico *u, uint32_t addr, uint32_t len);
/* Status for a READ or WRITE of this range. */
uint32_t fm_pico_bus_check(const struct fm_pico *u, uint32_t addr, uint32_t len, bool write);
/* A flash that still talks to the cache answers no command: what is read then is nothing. */
void fm_pico_bus_read(const struct fm_pico *u, uint32_t addr, uint8_t *ret, uint32_t len);

#endif

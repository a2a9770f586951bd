/* The flash of a simulated RP2040 or RP2350: a W25Q chip behind 24 address bits. */
#ifndef FM_SIM_PICOBOOT_FLASH_H
#define FM_SIM_PICOBOOT_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_PICO_SECTOR 4096u
#define FM_PICO_PAGE 256u

struct fm_pico_flash {
	uint8_t *data;
	size_t len;       /* a power of two: what lies beyond repeats it */
	long weak, stuck; /* sectors that fail, -1 = none */
};

bool fm_pico_flash_init(struct fm_pico_flash *flash, size_t len);
void fm_pico_flash_done(struct fm_pico_flash *flash);

/* Offsets count from the start of the flash; any is legal. */
void fm_pico_flash_read(const struct fm_pico_flash *flash, uint32_t offset, uint8_t *ret,
			size_t len);
/* half: the power or the command ended in the middle. */
void fm_pico_flash_erase(struct fm_pico_flash *flash, uint32_t offset, bool half);
/* Bits can only become 0; within a page. */
void fm_pico_flash_program(struct fm_pico_flash *flash, uint32_t offset, const uint8_t *data,
			   size_t len);
/* Does the boot ROM find a program in it? */
bool fm_pico_flash_boots(const struct fm_pico_flash *flash, bool rp2350);

/* Of boot2: CRC-32, 0x04C11DB7, start FFFFFFFF, not reflected, no final XOR. */
uint32_t fm_pico_boot2_crc(const uint8_t *data, size_t len);

#endif

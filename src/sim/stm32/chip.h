/*
 * The memories of a simulated STM32, as its boot loader sees them: what can be read, what a program
 * or erase cycle does to the cells and how long it takes. It knows nothing of the protocol.
 */
#ifndef FM_SIM_STM32_CHIP_H
#define FM_SIM_STM32_CHIP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_STM32_FLASH 0x08000000u
#define FM_STM32_RAM 0x20000000u

/* `count` blocks of `size`; the last run repeats to the end of the flash. */
struct fm_stm32_run {
	uint32_t count, size;
};

struct fm_stm32_window {
	uint32_t start, end; /* end exclusive */
};

struct fm_stm32_part {
	uint16_t pid;
	const char *name;
	uint32_t flash_len;
	struct fm_stm32_run runs[3];
	struct fm_stm32_window ram; /* what the loader leaves to the user */
	struct fm_stm32_window option, system;
	uint32_t size_addr, unique_addr;
	uint8_t loader; /* version: 0x22 = 2.2 */
	uint8_t erase;  /* code of its erase command, 0x43 or 0x44 */
	uint8_t ecc;    /* bytes that share a check word and can be programmed once; 0 = none */
	bool no_mass;   /* cannot erase all at once */
	uint32_t program_len, program_us;         /* one programming cycle */
	uint32_t erase_us, erase_kib_us, mass_us; /* a block; more for each KiB; 0 = the sum */
};

/* NULL: not simulated. */
const struct fm_stm32_part *fm_stm32_part_find(unsigned pid);
/* All of them, for help texts; NULL after the last. */
const struct fm_stm32_part *fm_stm32_part_at(size_t index);

enum fm_stm32_area {
	FM_STM32_NOWHERE,
	FM_STM32_IN_FLASH,
	FM_STM32_IN_RAM,
	FM_STM32_IN_LOADER_RAM,
	FM_STM32_IN_OPTION,
	FM_STM32_IN_SYSTEM
};

struct fm_stm32_chip {
	const struct fm_stm32_part *part;
	uint8_t *flash, *ram;
	size_t flash_len, ram_len;
	size_t blocks; /* erase blocks */
	uint8_t option[256];
	uint8_t unique[12];
	uint8_t write_protected[64]; /* a bit for each sector of the protect commands */
	long weak_block;             /* its cells do not take what is written; -1 = none */
	long wiped_block;            /* any erase takes it too; -1 = none */
};

bool fm_stm32_chip_init(struct fm_stm32_chip *chip, const struct fm_stm32_part *part,
			size_t flash_len, struct fm_error *err) FM_MUST_CHECK;
void fm_stm32_chip_done(struct fm_stm32_chip *chip);

enum fm_stm32_area fm_stm32_chip_area(const struct fm_stm32_chip *chip, uint32_t addr);
/* 0xFF where there is nothing. */
uint8_t fm_stm32_chip_peek(const struct fm_stm32_chip *chip, uint32_t addr);
/* What a write does, at its end. The loader is told nothing about cells that did not take it. */
void fm_stm32_chip_program(struct fm_stm32_chip *chip, uint32_t addr, const uint8_t *data,
			   size_t len);
int64_t fm_stm32_chip_program_ns(const struct fm_stm32_chip *chip, uint32_t addr, size_t len);

/* half: the power failed in the middle: neither erased nor what it was. A block that does not exist
 * or is write protected stays as it is. */
void fm_stm32_chip_erase(struct fm_stm32_chip *chip, size_t block, bool half);
/* all: as a share of the mass erase. */
int64_t fm_stm32_chip_erase_ns(const struct fm_stm32_chip *chip, size_t block, bool all);

/* Sectors of the write protect commands: erase sectors, or 4 KiB of pages. */
void fm_stm32_chip_protect(struct fm_stm32_chip *chip, const uint8_t *sectors, size_t count);

/* The checksum of command A1. */
uint32_t fm_stm32_chip_crc(const struct fm_stm32_chip *chip, uint32_t addr, uint32_t len);

#endif

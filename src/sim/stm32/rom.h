/*
 * The boot loader in the ROM of a simulated STM32: what it makes of each byte (AN3155, device
 * side). stm32.c gives it power, time and faults.
 */
#ifndef FM_SIM_STM32_ROM_H
#define FM_SIM_STM32_ROM_H

#include "sim/stm32/chip.h"
#include "sim/stm32/stm32.h"

/* What the next byte is. */
enum fm_stm32_phase {
	FM_STM32_WAKE, /* after a reset: 0x7F, anything else is ignored */
	FM_STM32_CODE,
	FM_STM32_COMPLEMENT,
	FM_STM32_ADDRESS,
	FM_STM32_READ_COUNT,
	FM_STM32_WRITE_BLOCK,
	FM_STM32_ERASE_PAGES,
	FM_STM32_EXTENDED_PAGES,
	FM_STM32_PROTECT_SECTORS,
	FM_STM32_LENGTH,
	FM_STM32_APPLICATION,
	FM_STM32_DEAD /* it jumped to something that is no program */
};

/* What keeps it busy; while it lasts the UART keeps one byte and loses the others. */
enum fm_stm32_work {
	FM_STM32_IDLE,
	FM_STM32_ERASING,
	FM_STM32_PROGRAMMING,
	FM_STM32_COMPUTING,
	FM_STM32_RESETTING,
	FM_STM32_STARTING
};

#define FM_STM32_PAGES_MOST 65536
#define FM_STM32_FRAME_MOST (2 + 2 * FM_STM32_PAGES_MOST + 1)

struct fm_stm32 {
	struct fm_sim_unit unit;
	struct fm_sim_stm32_options options;
	struct fm_stm32_chip chip;
	enum fm_stm32_phase phase;
	uint8_t code;
	uint32_t addr;
	uint8_t frame[FM_STM32_FRAME_MOST];
	size_t got;
	enum fm_stm32_work work;
	int64_t work_ends_ns;
	int held; /* a byte that came during the work; -1 = none */
	uint16_t pages[FM_STM32_PAGES_MOST];
	size_t page_count, page;
	bool all, half;                        /* a mass erase; the power fails in this block */
	unsigned long bytes, commands, erased; /* so far, for the faults */
	unsigned resets;
	char line[8]; /* what the application was told */
	size_t line_len;
};

/* After a reset: it waits for a host, at any rate. */
void fm_stm32_rom_wake(struct fm_stm32 *u);
void fm_stm32_rom_byte(struct fm_stm32 *u, int64_t now_ns, uint8_t byte);
/* ERASING, PROGRAMMING or COMPUTING has ended at `now`; more may follow. */
void fm_stm32_rom_worked(struct fm_stm32 *u, int64_t now_ns, enum fm_stm32_work work);

/* The nth of its kind has come, and it is the one that shall fail. */
bool fm_stm32_fault(const struct fm_stm32 *u, enum fm_sim_stm32_fault kind, unsigned long n);

#endif

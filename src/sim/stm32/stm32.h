/*
 * A simulated STM32 whose system boot loader (AN3155) speaks over its UART, with the chip's times
 * and with faults on request. After Go, or where it is to start so, it runs its application: when
 * there is a vector table, that answers "V\n" at 115200 with "fm-sim VERSION\r\n", the text behind
 * "fm-sim-version=" in the flash, and goes into the boot loader on "BOOT\n".
 */
#ifndef FM_SIM_STM32_H
#define FM_SIM_STM32_H

#include "sim/unit.h"

enum fm_sim_stm32_fault {
	FM_SIM_CUT,       /* the power fails with the nth byte received */
	FM_SIM_CUT_ERASE, /* the power fails in the middle of the nth block erased */
	FM_SIM_LOSE,      /* the nth byte received is lost */
	FM_SIM_CORRUPT,   /* one bit of the nth byte received is wrong */
	FM_SIM_NACK,      /* the nth command is refused */
	FM_SIM_WEAK,      /* erase block n does not take what is written */
	FM_SIM_WIPE,      /* each block that is erased takes block n with it */
	FM_SIM_WRONG_ID,  /* after the next reset it tells product id n */
	FM_SIM_STM32_FAULTS
};

struct fm_sim_stm32_options {
	unsigned pid;     /* a part of chip.c */
	size_t flash_len; /* 0 = as the part has */
	unsigned unique;  /* units with other numbers have other unique ids */
	unsigned slow;    /* erasing takes so many times the usual time; 0 = once */
	bool fast;        /* erasing and programming take no time */
	bool crc;         /* it has the checksum command A1 */
	bool no_go;       /* it has no Go command */
	bool busy;        /* it says 0x76 before an answer that takes time */
	bool long_id;     /* it tells a BlueNRG's 4-byte id */
	bool locked;      /* read protected */
	bool application; /* BOOT0 is low: a reset starts the application */
	bool reset_wired; /* the adapter's reset line reaches it; a bare bridge has none */
	bool has_fault[FM_SIM_STM32_FAULTS];
	unsigned long fault[FM_SIM_STM32_FAULTS]; /* n of each, counted from 1 (blocks from 0) */
};

/* "cut", "lose" ...; false when there is no such fault. */
bool fm_sim_stm32_fault_named(const char *name, enum fm_sim_stm32_fault *ret_fault);

/* Its flash is blank. It has no power yet: the adapter starts it. Fails with FM_USAGE for a part
 * that is not simulated or a fault that makes no sense there. */
bool fm_sim_stm32_new(const struct fm_sim_stm32_options *options, struct fm_sim_unit **ret_unit,
		      struct fm_error *err) FM_MUST_CHECK;

/* What the unit's pins and memories say, for tests: it runs its application. */
bool fm_sim_stm32_runs(const struct fm_sim_unit *unit);

#endif

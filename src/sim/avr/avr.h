/*
 * What simulated AVR boot loaders share: the part, reset and watchdog, a receiver that overruns
 * while the program is busy, and the application. The application says nothing by itself (unless it
 * chatters); to "?" CR it answers "fm-sim X.Y.Z" CR LF, the string that it finds in its own flash.
 */
#ifndef FM_SIM_AVR_H
#define FM_SIM_AVR_H

#include "sim/unit.h"

struct fm_sim_avr_part {
	const char *name; /* "m328p" */
	uint8_t signature[3];
	uint32_t flash_len, page_len, nrww_len, eeprom_len;
};

/* NULL when there is no such part. */
const struct fm_sim_avr_part *fm_sim_avr_part(const char *name);

struct fm_sim_avr;

/* The loader's program. Times are the adapter's nanoseconds. */
struct fm_sim_avr_loader {
	/* It runs from now on; it may call fm_sim_avr_busy and fm_sim_avr_window. */
	void (*start)(struct fm_sim_avr *avr, int64_t now_ns);
	/* It reads a byte. */
	void (*byte)(struct fm_sim_avr *avr, int64_t now_ns, uint8_t byte, bool garbled);
	/* What fm_sim_avr_busy waited for is over. */
	void (*done)(struct fm_sim_avr *avr, int64_t now_ns);
	uint32_t boot_len;   /* the top of the flash that holds it */
	bool after_power_on; /* it runs after power on too, not only after an external reset */
};

enum fm_sim_avr_state {
	FM_SIM_AVR_STARTING, /* the reset lasts: deaf */
	FM_SIM_AVR_LOADER,
	FM_SIM_AVR_STUCK, /* the loader waits for its watchdog: deaf */
	FM_SIM_AVR_APPLICATION,
};

#define FM_SIM_AVR_FIFO 3 /* the receiver's FIFO of two and its shift register */

/* First member of a simulated loader. */
struct fm_sim_avr {
	struct fm_sim_unit unit;
	const struct fm_sim_avr_part *part;
	const struct fm_sim_avr_loader *loader;
	enum fm_sim_avr_state state;
	bool external;       /* the last reset came from the pin */
	const char *chatter; /* what the application prints every 50 ms; NULL: nothing */
	int64_t ready_ns;    /* STARTING: when the program runs */
	int64_t busy_ns;     /* LOADER: does not read its receiver until then; INT64_MAX: reads */
	int64_t window_ns;   /* LOADER, STUCK: when the watchdog bites; INT64_MAX: never */
	int64_t chatter_ns;  /* APPLICATION: when it prints next */
	uint8_t fifo[FM_SIM_AVR_FIFO];
	bool fifo_garbled[FM_SIM_AVR_FIFO];
	size_t fifo_count;
	bool asked; /* APPLICATION: the last byte was '?' */
	uint8_t *eeprom;
	unsigned long overruns, watchdogs; /* for tests */
};

/* Make one in `avr`, which is the start of a larger struct that calloc gave; free() of the unit
 * frees it. flash is blank. */
bool fm_sim_avr_init(struct fm_sim_avr *avr, const struct fm_sim_avr_loader *loader,
		     const char *part, unsigned baud, struct fm_error *err) FM_MUST_CHECK;

/* For loaders: not reading until so much later, then done() is called. */
void fm_sim_avr_busy(struct fm_sim_avr *avr, int64_t now_ns, int64_t busy_ns);
/* For loaders: the watchdog bites after so many milliseconds. */
void fm_sim_avr_window(struct fm_sim_avr *avr, int64_t now_ns, int64_t ms);
/* For loaders: wait for the watchdog, reading nothing. */
void fm_sim_avr_stick(struct fm_sim_avr *avr, int64_t now_ns, int64_t ms);
/* For loaders: jump to the application. */
void fm_sim_avr_run(struct fm_sim_avr *avr, int64_t now_ns);

/* Page erase or write, each: data sheet of the ATmega328P, table 28-18 (3.7 to 4.5 ms). */
#define FM_SIM_AVR_SPM_NS 4000000
/* The flash page that holds the address. */
uint8_t *fm_sim_avr_page(struct fm_sim_avr *avr, uint32_t addr);
/* An erased page can be written; writing once more only clears bits. */
void fm_sim_avr_write_page(struct fm_sim_avr *avr, uint32_t addr, const uint8_t *data);
void fm_sim_avr_erase_page(struct fm_sim_avr *avr, uint32_t addr);

#endif

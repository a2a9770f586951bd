/*
 * A simulated unit with a UF2 boot loader: a drive that takes blocks wherever they are written, and
 * the application that it starts. Two manners: the ROM of the RP2040 (without its PICOBOOT
 * interface, as when that is switched off), and what most boards have. Section numbers are those of
 * the sheet for UF2.
 *
 * Whenever it gets power it is in its boot loader, as if the button were held. It runs its
 * application once all blocks of a file have come; that is on the bus with an interface of no use.
 */
#ifndef FM_SIM_UF2_H
#define FM_SIM_UF2_H

#include "sim/options.h"
#include "sim/usb.h"

enum fm_sim_uf2_manners {
	/* A foreign family, and addresses outside the flash, are left out in silence. */
	FM_SIM_UF2_BOARD,
	/* Section 2: sectors of 4 KiB erased by block number; a bad block ends the transfer. */
	FM_SIM_UF2_RP2040,
};

/* Blocks are counted by their own numbers, from 0. */
enum fm_sim_uf2_fault {
	FM_SIM_UF2_UNPLUG,      /* the cable is pulled when block n comes, for the first time */
	FM_SIM_UF2_WRITE_ERROR, /* block n is never taken: medium error */
	FM_SIM_UF2_FAULTS
};

struct fm_sim_uf2_options {
	uint32_t manners; /* enum fm_sim_uf2_manners */
	uint32_t vid, pid, app_vid, app_pid;
	uint32_t app_release; /* bcdDevice of its application */
	uint32_t family;
	uint32_t flash_base, flash_len;
	uint32_t loader_len; /* of the boot loader at the flash's beginning: never written */
	uint32_t restart_ms; /* from the last block to its restart; 0: before that is confirmed */
	uint32_t absent_ms;  /* off the bus between boot loader and application */
	char label[12], serial[32], version[48], model[48], board[48];
	bool fat12;     /* a small drive */
	bool current;   /* it shows its flash as CURRENT.UF2 */
	bool no_info;   /* no INFO_UF2.TXT */
	bool no_text;   /* an empty one */
	bool read_only; /* write protected */
	bool stay;      /* it takes all and never restarts */
	bool has_fault[FM_SIM_UF2_FAULTS];
	unsigned long fault[FM_SIM_UF2_FAULTS];
};

/* What came to it. */
struct fm_sim_uf2_seen {
	unsigned long sectors;  /* written by the host, of whatever kind */
	unsigned long blocks;   /* programmed */
	unsigned long repeated; /* come once more, and left out */
	unsigned long foreign;  /* of another family */
	unsigned long restarts;
};

void fm_sim_uf2_defaults(struct fm_sim_uf2_options *ret);
/* All options and faults, from index 0 on; NULL behind the last. */
const struct fm_sim_option_info *fm_sim_uf2_option_at(size_t index);
/* value: NULL for what takes none. FM_USAGE: no such option, or the value is no good. "manners"
 * also sets identity, names, family and flash: give it first. */
bool fm_sim_uf2_option(struct fm_sim_uf2_options *options, const char *name, const char *value,
		       struct fm_error *err) FM_MUST_CHECK;

/* Its flash is blank; it is powered and on the bus. FM_USAGE for options that make no sense. */
bool fm_sim_uf2_new(const struct fm_sim_uf2_options *options, struct fm_sim_usb **ret_unit,
		    struct fm_error *err) FM_MUST_CHECK;
/* The unit's: tests read and preset it. */
void fm_sim_uf2_flash(struct fm_sim_usb *unit, uint8_t **ret_data, size_t *ret_len);
const struct fm_sim_uf2_seen *fm_sim_uf2_seen(const struct fm_sim_usb *unit);
/* It runs its application. */
bool fm_sim_uf2_runs(const struct fm_sim_usb *unit);

#endif

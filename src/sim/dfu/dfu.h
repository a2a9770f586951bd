/*
 * A simulated unit with USB DFU 1.1, or DfuSe: its run-time mode and its DFU mode, with the manners
 * of the code that real units are built from and with faults on request. Section numbers in this
 * and its sources are those of the sheets for DFU and DfuSe.
 *
 * After a power-up it is in run-time mode if there is a whole application and it begins there, else
 * in DFU mode. A download makes the application incomplete until the manifestation (plain DFU).
 */
#ifndef FM_SIM_DFU_H
#define FM_SIM_DFU_H

#include "sim/options.h"
#include "sim/usb.h"

enum fm_sim_dfu_manners {
	FM_SIM_DFU_SPEC,    /* as the specification has it, section 2.3 */
	FM_SIM_DFU_UBOOT,   /* table 2.3.1 */
	FM_SIM_DFU_ST,      /* ST's library */
	FM_SIM_DFU_OPENCM3, /* libopencm3's examples */
	FM_SIM_DFU_ROM,     /* ST's system memory, DfuSe */
};

enum fm_sim_dfu_chip { FM_SIM_DFU_PLAIN, FM_SIM_DFU_F1, FM_SIM_DFU_F4, FM_SIM_DFU_H7 };

/* Where it leaves the bus although a host could expect more. */
enum fm_sim_dfu_vanish {
	FM_SIM_DFU_STAYS,
	FM_SIM_DFU_AT_DETACH,   /* during DETACH, without an answer */
	FM_SIM_DFU_AT_END,      /* during the DNLOAD of no length, as a GD32 does */
	FM_SIM_DFU_AT_MANIFEST, /* after the status that says dfuMANIFEST */
};

enum fm_sim_dfu_arrival {
	FM_SIM_DFU_IDLE,
	FM_SIM_DFU_IN_ERROR,
	FM_SIM_DFU_IN_DOWNLOAD,
	FM_SIM_DFU_IN_UPLOAD,
};

/* Counted from 1, blocks from 0. Only class requests are transfers here. */
enum fm_sim_dfu_fault {
	FM_SIM_DFU_UNPLUG,      /* leaves the bus at the nth transfer, until it has power anew */
	FM_SIM_DFU_UNPLUG_BYTE, /* the same at the nth byte downloaded */
	FM_SIM_DFU_CUT_ERASE,   /* the power fails in the middle of the nth erase */
	FM_SIM_DFU_REFUSE,      /* STALL for the nth transfer, which has no effect */
	FM_SIM_DFU_LOSE,        /* no answer to the nth transfer */
	FM_SIM_DFU_WEAK, /* erase block n of the first memory does not keep what is written */
	FM_SIM_DFU_FAULTS
};

#define FM_SIM_DFU_ALTERNATES 4
#define FM_SIM_DFU_NAME_MOST 124
#define FM_SIM_DFU_NOT_SAID UINT32_MAX

/* What fm_sim_dfu_defaults gives is a whole, well-behaved unit. */
struct fm_sim_dfu_options {
	/* identity */
	uint32_t vid, pid;         /* in DFU mode */
	uint32_t app_vid, app_pid; /* in run-time mode */
	char serial[32];
	char names[FM_SIM_DFU_ALTERNATES][FM_SIM_DFU_NAME_MOST]; /* "" = no more memories */
	uint32_t size;       /* of each memory whose name is no layout string */
	uint32_t release;    /* bcdDevice */
	uint32_t version_at; /* of 2 bytes in the first memory: bcdDevice of the application */
	bool high_speed;
	bool runtime; /* it begins in run-time mode */
	bool same_id; /* run-time mode has the VID:PID of DFU mode */
	bool silent;  /* its application is not on the bus at all */

	/* descriptors */
	uint32_t transfer_size; /* as told; with 0 and 0xffff it takes up to 4096 */
	uint32_t dfu_version;
	uint32_t protocol;       /* bInterfaceProtocol in DFU mode */
	uint32_t detach_timeout; /* wDetachTimeOut, ms */
	bool short_functional, no_functional;
	bool no_download, no_upload, intolerant;
	bool cut_strings; /* names end before their bLength says */
	bool raw_serial;  /* the serial number is 8-bit text */

	/* behaviour */
	uint32_t manners;     /* enum fm_sim_dfu_manners */
	uint32_t chip;        /* enum fm_sim_dfu_chip; any but plain: DfuSe */
	uint32_t arrival;     /* enum fm_sim_dfu_arrival: state at first power-up */
	uint32_t vanish;      /* enum fm_sim_dfu_vanish */
	uint32_t block_us;    /* plain DFU: what a block takes */
	uint32_t manifest_ms; /* what the manifestation takes */
	uint32_t poll;        /* bwPollTimeout of blocks; NOT_SAID = the truth */
	uint32_t absent_ms;   /* how long it is off the bus between its modes */
	uint32_t bad_status;  /* bStatus when the image has no magic */
	char magic[32];       /* must be in the image, "" = no check */
	bool needs_reset;     /* bitWillDetach is 0 */
	bool needs_force;     /* DETACH wants bit 8 of wIndex */
	bool status_stall;    /* GETSTATUS in run-time mode: STALL */
	bool never_back;      /* after DETACH */
	bool wrong_id;        /* it comes back from DETACH as another VID:PID */

	/* DfuSe */
	uint32_t address_poll;             /* bwPollTimeout of Set Address */
	uint32_t protect_from, protect_to; /* pages of the first memory that silently keep theirs */
	bool mass_lie;                     /* it says 100 ms for a mass erase */
	bool busy_stall;                   /* STALL while busy */
	bool locked;                       /* read protected */
	bool by_length; /* block numbers count in lengths of the request at hand */

	bool has_fault[FM_SIM_DFU_FAULTS];
	unsigned long fault[FM_SIM_DFU_FAULTS];
};

/* What the unit saw. Times are of its adapter's clock, 0 = never. */
struct fm_sim_dfu_seen {
	int64_t detach_ns; /* the latest that it has followed */
	int64_t first_download_ns, last_download_ns, first_upload_ns, last_upload_ns;
	unsigned long transfers, downloads, uploads, statuses;
	unsigned long early;    /* GETSTATUS before the poll time that was told has passed */
	unsigned long disorder; /* block numbers out of order (plain DFU) */
	unsigned long erases, mass_erases;
	uint64_t downloaded, uploaded; /* bytes */
};

void fm_sim_dfu_defaults(struct fm_sim_dfu_options *ret);
/* All options and faults, from index 0 on; NULL behind the last. */
const struct fm_sim_option_info *fm_sim_dfu_option_at(size_t index);
/* value: NULL for what takes none. FM_USAGE: no such option, or the value is no good. "chip" also
 * sets names, identity and manners of that chip's ROM: give it first. */
bool fm_sim_dfu_option(struct fm_sim_dfu_options *options, const char *name, const char *value,
		       struct fm_error *err) FM_MUST_CHECK;

/* Memories are blank. It is powered and on the bus. FM_USAGE for options that make no sense. */
bool fm_sim_dfu_new(const struct fm_sim_dfu_options *options, struct fm_sim_usb **ret_unit,
		    struct fm_error *err) FM_MUST_CHECK;

/* The first memory, and any; false: no such one. The unit's: tests read and preset it. */
void fm_sim_dfu_flash(struct fm_sim_usb *unit, uint8_t **ret_data, size_t *ret_len);
bool fm_sim_dfu_memory(struct fm_sim_usb *unit, unsigned alternate, uint8_t **ret_data,
		       size_t *ret_len);
/* Put an application into the first memory, before the unit is first seen on a bus. */
void fm_sim_dfu_preset(struct fm_sim_usb *unit, const void *data, size_t len);
const struct fm_sim_dfu_seen *fm_sim_dfu_seen(const struct fm_sim_usb *unit);
/* It runs its application (on the bus or not). */
bool fm_sim_dfu_runs(const struct fm_sim_usb *unit);

#endif

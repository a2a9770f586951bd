/* Inside of a simulated DFU unit: what its USB side, its state machine and DfuSe share. */
#ifndef FM_SIM_DFU_CORE_H
#define FM_SIM_DFU_CORE_H

#include "sim/dfu/dfu.h"
#include "sim/dfu/memory.h"

/* bState, section 2.2 */
enum fm_dfu_state {
	FM_DFU_APP_IDLE,
	FM_DFU_APP_DETACH,
	FM_DFU_IDLE,
	FM_DFU_DNLOAD_SYNC,
	FM_DFU_DNBUSY,
	FM_DFU_DNLOAD_IDLE,
	FM_DFU_MANIFEST_SYNC,
	FM_DFU_MANIFEST,
	FM_DFU_MANIFEST_WAIT_RESET,
	FM_DFU_UPLOAD_IDLE,
	FM_DFU_ERROR,
};

/* bStatus, section 2.4 */
enum fm_dfu_status {
	FM_DFU_OK = 0x00,
	FM_DFU_ERR_TARGET = 0x01,
	FM_DFU_ERR_PROG = 0x06,
	FM_DFU_ERR_ADDRESS = 0x08,
	FM_DFU_ERR_VENDOR = 0x0b,
	FM_DFU_ERR_UNKNOWN = 0x0e,
	FM_DFU_ERR_STALLED = 0x0f,
};

/* bRequest, section 2 */
enum fm_dfu_request {
	FM_DFU_DETACH,
	FM_DFU_DNLOAD,
	FM_DFU_UPLOAD,
	FM_DFU_GETSTATUS,
	FM_DFU_CLRSTATUS,
	FM_DFU_GETSTATE,
	FM_DFU_ABORT,
};

enum fm_dfu_work {
	FM_DFU_NO_WORK,
	FM_DFU_DETACHING, /* wDetachTimeOut runs */
	FM_DFU_BLOCK,
	FM_DFU_MANIFESTING,
	/* DfuSe */
	FM_DFU_SET_ADDRESS,
	FM_DFU_ERASE,
	FM_DFU_MASS_ERASE,
	FM_DFU_UNPROTECT,
	FM_DFU_UNKNOWN_COMMAND,
};

enum fm_dfu_next { FM_DFU_TO_APP, FM_DFU_TO_DFU, FM_DFU_TO_NOWHERE };

#define FM_DFU_BLOCK_MOST 65536

struct fm_dfu {
	struct fm_sim_usb usb;
	struct fm_sim_dfu_options options;
	struct fm_sim_dfu_seen seen;
	struct fm_sim_usb_tables tables;
	uint8_t device[18], config[9 + 9 * FM_SIM_DFU_ALTERNATES + 9];
	uint8_t functional[9];
	const char *strings[4 + FM_SIM_DFU_ALTERNATES + 1];
	struct fm_dfu_memory memories[FM_SIM_DFU_ALTERNATES];
	unsigned memory_count;
	uint32_t transfer_size; /* what it reckons with */
	bool dfuse;

	bool dfu_mode;
	bool app_whole; /* there is an application to start */
	bool arrived;   /* a host has found it */
	bool wrong_id;
	bool stall_status; /* the next GETSTATUS */
	enum fm_dfu_state state;
	enum fm_dfu_status status;

	enum fm_dfu_work work; /* the block or command at hand */
	bool running;          /* it has begun and ends at due_ns */
	bool cut;              /* the power fails at due_ns */
	int64_t due_ns;        /* INT64_MAX = never, as of the next two */
	int64_t leave_ns;      /* leaves the bus */
	int64_t back_ns;       /* is back on it */
	enum fm_dfu_next next; /* as what */
	int64_t patient_ns;    /* no GETSTATUS is due before */
	unsigned long events;  /* how often advance had something to do */

	uint8_t block[FM_DFU_BLOCK_MOST];
	size_t block_len;
	uint16_t block_num;
	uint32_t at; /* plain DFU: where the next block goes */
	uint32_t upload_at;
	uint32_t buffered; /* U-Boot: blocks in its RAM */
	uint32_t pointer;  /* DfuSe: the address pointer */

	/* the transfer to which it said NAK, to know it when it is offered again */
	bool waiting, lost;
	uint8_t waiting_setup[8];
	unsigned long waiting_events;
};

struct fm_dfu_setup {
	uint8_t request;
	uint16_t value, len;
	bool force; /* bit 8 of wIndex */
};

/* --- dfu.c: the bus --- */
void fm_dfu_leave(struct fm_dfu *u, int64_t at_ns, enum fm_dfu_next next);
void fm_dfu_start_app(struct fm_dfu *u);
void fm_dfu_start_dfu(struct fm_dfu *u);
struct fm_dfu_memory *fm_dfu_selected(struct fm_dfu *u);
bool fm_dfu_fault(const struct fm_dfu *u, enum fm_sim_dfu_fault fault, unsigned long count);

/* --- describe.c --- */
#define FM_DFU_SERIAL 3 /* strings */
#define FM_DFU_FIRST_NAME 4

/* As mode and memory are now. */
void fm_dfu_describe(struct fm_dfu *u);
int fm_dfu_standard(struct fm_dfu *u, const uint8_t setup[8], uint8_t *data);

/* --- core.c: the state machine --- */
int fm_dfu_request(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
		   uint8_t *data);
/* due_ns has come. */
void fm_dfu_work_ends(struct fm_dfu *u, int64_t now_ns);
void fm_dfu_fail(struct fm_dfu *u, enum fm_dfu_status status);
int fm_dfu_illegal(struct fm_dfu *u);

/* --- dfuse.c --- */
/* What the block in hand is, to be done at the next GETSTATUS. */
enum fm_dfu_work fm_dfuse_work(const struct fm_dfu *u);
/* How long it will take, and what the unit says of it. */
int64_t fm_dfuse_begin(struct fm_dfu *u, uint32_t *ret_poll_ms);
void fm_dfuse_end(struct fm_dfu *u, int64_t now_ns);
int fm_dfuse_upload(struct fm_dfu *u, const struct fm_dfu_setup *setup, uint8_t *data);
/* The application that Leave would start looks like one. */
bool fm_dfuse_has_app(const struct fm_dfu *u);

#endif

/*
 * USB DFU (1.0, 1.1 and ST's DfuSe): requests, states, waiting, descriptors. What dfu.c and dfuse.c
 * are written with, and the way out of an application's run-time interface. Numbers and rules:
 * doc/protocols/dfu.md; the specification is USB DFU 1.1 (USB-IF, 2004).
 */
#ifndef FM_PROTOCOL_DFU_WIRE_H
#define FM_PROTOCOL_DFU_WIRE_H

#include "protocol/protocol.h"

/* DFU 1.1, table 3.2 */
enum fm_dfu_request {
	DFU_DETACH,
	DFU_DNLOAD,
	DFU_UPLOAD,
	DFU_GETSTATUS,
	DFU_CLRSTATUS,
	DFU_GETSTATE,
	DFU_ABORT
};

/* DFU 1.1, 6.1.2: bState */
enum fm_dfu_state {
	APP_IDLE,
	APP_DETACH,
	DFU_IDLE,
	DFU_DNLOAD_SYNC,
	DFU_DNBUSY,
	DFU_DNLOAD_IDLE,
	DFU_MANIFEST_SYNC,
	DFU_MANIFEST,
	DFU_MANIFEST_WAIT_RESET,
	DFU_UPLOAD_IDLE,
	DFU_ERROR
};

/* 6.1.2: bStatus, as far as code asks for it */
#define FM_DFU_OK 0x00
#define FM_DFU_ERR_VENDOR 0x0b

/* bmAttributes of the functional descriptor, 4.1.3; the last is ST's */
#define FM_DFU_CAN_DNLOAD 0x01
#define FM_DFU_CAN_UPLOAD 0x02
#define FM_DFU_TOLERANT 0x04
#define FM_DFU_WILL_DETACH 0x08
#define FM_DFU_ACCELERATED 0x80

#define FM_DFU_VERSION_1_0 0x0100
#define FM_DFU_VERSION_1_1 0x0110
#define FM_DFU_VERSION_DFUSE 0x011a

#define FM_DFU_TRANSFER_MOST 4096 /* of a control transfer through Linux's usbfs */

/* The reply to GETSTATUS. */
struct fm_dfu_status {
	uint8_t status, state, string;
	uint32_t poll_ms; /* bwPollTimeout: at least that long before the next GETSTATUS */
};

/* The functional descriptor, repaired where devices are known to get it wrong. */
struct fm_dfu_functional {
	uint8_t attributes;
	uint16_t detach_ms, version;
	uint32_t transfer_len; /* 0: not known */
};

#define FM_DFU_ALTERNATES_MOST 8 /* flash and alt1 to alt7 */

/* The start of a protocol's state. */
struct fm_dfu_wire {
	struct fm_link *link;
	int64_t reply_ms; /* for one transfer */
	int64_t busy_ms;  /* for one operation of the device, however often it says "later" */
	int64_t poll_ms;  /* instead of what the device says; -1: as it says */
	unsigned stalls;  /* that GETSTATUS of a busy device is forgiven */

	struct fm_dfu_functional functional;
	uint8_t protocol; /* bInterfaceProtocol: 1 run-time, 2 DFU mode, 0 either (DFU 1.0) */
	struct {
		uint8_t number, string;
	} alternates[FM_DFU_ALTERNATES_MOST];
	size_t alternate_count;
	int alternate;   /* that is selected; -1: not known */
	uint8_t state;   /* the device's, as last told or as a good request makes it */
	uint8_t refusal; /* bStatus of the last dfuERROR */
	uint8_t arrival; /* bStatus of the dfuERROR that it was found in, 0 = none */
};

/* Parameters that both protocols have, in this order at the start of their tables. */
enum fm_dfu_param {
	DFU_PARAM_POLL_MS,
	DFU_PARAM_REPLY_MS,
	DFU_PARAM_BUSY_MS,
	DFU_PARAM_TRANSFER,
	DFU_PARAM_VERSION,
	DFU_PARAM_ATTRIBUTES,
	DFU_PARAM_FORCE,
	DFU_PARAM_COMMON
};

#define FM_DFU_COMMON_PARAMS                                                                           \
	[DFU_PARAM_POLL_MS] = { "poll-ms",                                                             \
				FM_PARAM_NUMBER,                                                       \
				-1,                                                                    \
				-1,                                                                    \
				60000,                                                                 \
				"wait this long between status requests, whatever the device "         \
				"says; "                                                               \
				"-1: as it says" },                                                    \
	[DFU_PARAM_REPLY_MS] = { "reply-ms", FM_PARAM_NUMBER,                                          \
				 5000,       100,                                                      \
				 600000,     "how long the device may take for one transfer" },        \
	[DFU_PARAM_BUSY_MS] = { "busy-ms",                                                             \
				FM_PARAM_NUMBER,                                                       \
				60000,                                                                 \
				100,                                                                   \
				600000,                                                                \
				"how long the device may be busy with one block or command" },         \
	[DFU_PARAM_TRANSFER] = { "transfer-size",                                                      \
				 FM_PARAM_NUMBER,                                                      \
				 0,                                                                    \
				 0,                                                                    \
				 FM_DFU_TRANSFER_MOST,                                                 \
				 "bytes in one block; 0: as the device says" },                        \
	[DFU_PARAM_VERSION] = { "version", FM_PARAM_NUMBER,                                            \
				0,         0,                                                          \
				0xffff,    "bcdDFUVersion, whatever the device says; 0: as it says" }, \
	[DFU_PARAM_ATTRIBUTES] = { "attributes",                                                       \
				   FM_PARAM_NUMBER,                                                    \
				   -1,                                                                 \
				   -1,                                                                 \
				   255,                                                                \
				   "bmAttributes, whatever the device says; -1: as it says" },         \
	[DFU_PARAM_FORCE] = { "force-mode",                                                            \
			      FM_PARAM_BOOL,                                                           \
			      0,                                                                       \
			      0,                                                                       \
			      0,                                                                       \
			      "it is in DFU mode although its descriptor says run-time" }

/*
 * Read the descriptors of the link and, where they lack it, ask for the functional one. FM_PROTOCOL
 * or FM_UNSUPPORTED: what the device says of itself cannot be worked with. Repairs: see
 * doc/protocols/dfu.md.
 */
bool fm_dfu_wire_init(struct fm_dfu_wire *wire, struct fm_link *link,
		      const struct fm_params *params, struct fm_error *err) FM_MUST_CHECK;
/* Bytes of a functional descriptor, whatever is wrong with them: pure. */
void fm_dfu_functional_parse(const uint8_t *descriptor, size_t len, struct fm_dfu_functional *ret);
/* The name of an alternate setting as the device gives it; "" where it has none. */
bool fm_dfu_alternate_name(struct fm_dfu_wire *wire, size_t index, char *ret, size_t size,
			   struct fm_error *err) FM_MUST_CHECK;

/* "errVERIFY: verify after programming failed". */
const char *fm_dfu_status_text(uint8_t status);
/* "dfuIDLE". */
const char *fm_dfu_state_name(uint8_t state);

bool fm_dfu_get_status(struct fm_dfu_wire *wire, struct fm_dfu_status *ret,
		       struct fm_error *err) FM_MUST_CHECK;
/* ABORT, DETACH, CLRSTATUS: without data. */
bool fm_dfu_send(struct fm_dfu_wire *wire, enum fm_dfu_request request, uint16_t value,
		 struct fm_error *err) FM_MUST_CHECK;
/* A refusal (FM_NACK) says why, and the device is out of dfuERROR again. */
bool fm_dfu_download(struct fm_dfu_wire *wire, uint16_t block, const void *data, size_t len,
		     struct fm_error *err) FM_MUST_CHECK;
bool fm_dfu_upload(struct fm_dfu_wire *wire, uint16_t block, void *ret_data, size_t len,
		   size_t *ret_len, struct fm_error *err) FM_MUST_CHECK;

/* How a wait for the end of an operation differs from the rule. */
struct fm_dfu_wait {
	bool no_sleep;    /* the poll time is known to be wrong: ask again at once */
	int64_t reply_ms; /* for one GETSTATUS, where the device is silent while it works; 0: as
			     always */
	int64_t extra_ms; /* more than it says */
};

/*
 * Ask for the status until the device is neither busy nor about to be (wait NULL: by the rule).
 * The poll time is honoured and not overslept. Succeeds in every state but dfuERROR, which becomes
 * FM_NACK with the device's reason and is cleared.
 */
bool fm_dfu_settle(struct fm_dfu_wire *wire, const struct fm_dfu_wait *wait,
		   struct fm_dfu_status *ret, struct fm_error *err) FM_MUST_CHECK;
/* The same after a block or command: it has to end in dfuDNLOAD-IDLE. */
bool fm_dfu_settle_block(struct fm_dfu_wire *wire, const struct fm_dfu_wait *wait,
			 struct fm_error *err) FM_MUST_CHECK;

/*
 * Whatever the device was left in, to dfuIDLE. What dfuERROR it was found in is in wire->arrival.
 * FM_NO_ANSWER where it is not in DFU mode.
 */
bool fm_dfu_normalise(struct fm_dfu_wire *wire, struct fm_error *err) FM_MUST_CHECK;
/* To dfuIDLE from where this session itself has led it. */
bool fm_dfu_idle(struct fm_dfu_wire *wire, struct fm_error *err) FM_MUST_CHECK;
/* Select the alternate setting, in dfuIDLE. Nothing is sent where there is only one. */
bool fm_dfu_select(struct fm_dfu_wire *wire, unsigned alternate,
		   struct fm_error *err) FM_MUST_CHECK;
/* The alternate setting that is this space, or -1. */
int fm_dfu_alternate_of(const struct fm_dfu_wire *wire, enum fm_space space);

/*
 * It was told to leave: FM_NACK, with the state that it says, while it answers from DFU mode for
 * within_ms more. Silence, an error of the bus and a stalled GETSTATUS are what an application
 * that starts looks like.
 */
bool fm_dfu_has_left(struct fm_dfu_wire *wire, int64_t within_ms,
		     struct fm_error *err) FM_MUST_CHECK;

/* A name for a region: lower case letters, digits and '-', not yet in memory. */
void fm_dfu_region_name(const struct fm_memory *memory, const char *text, char ret[32]);

/*
 * Send the application behind this run-time interface into DFU mode: DFU_DETACH, and the port reset
 * where the device does not leave by itself. Success: it was asked to, or is in DFU mode already;
 * whether it comes back is seen on the bus. The link is of no use afterwards. force: with bit 8 of
 * wIndex, which some want to see (entry-methods.md, section 2).
 */
bool fm_dfu_detach(struct fm_link *link, bool force, struct fm_error *err) FM_MUST_CHECK;

#endif

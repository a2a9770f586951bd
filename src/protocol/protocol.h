/*
 * A protocol: how bytes are read and written in one mode of a unit. One file each, one line in
 * protocols.def. Protocol code speaks to the wire and nothing else: no progress, no retry of
 * blocks, no cancel, no text to the user. It never keeps anything outside struct fm_session.
 */
#ifndef FM_PROTOCOL_PROTOCOL_H
#define FM_PROTOCOL_PROTOCOL_H

#include "base/error.h"
#include "base/identity.h"
#include "base/param.h"
#include "image/memory.h"
#include "link/link.h"
#include "link/usb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a protocol needs of its link. */
#define FM_NEEDS_STREAM 1u
#define FM_NEEDS_LINE 2u
#define FM_NEEDS_USB 4u
#define FM_NEEDS_VOLUME 8u

/* What it can do. A session can do less: see fm_session.can. */
#define FM_CAN_READ 1u
#define FM_CAN_ERASE 2u     /* blocks are erased by a command before they are written */
#define FM_CAN_ERASE_ALL 4u /* one command for the whole chip */
#define FM_CAN_CHECKSUM 8u  /* the device computes a checksum over a range */
#define FM_CAN_SEQUENTIAL                                                                          \
	16u               /* writes must run upwards from the application's start, without gaps */
#define FM_CAN_EEPROM 32u /* EEPROM too */
#define FM_CAN_RUN 64u    /* finish() starts the application */
#define FM_CAN_SHORT 128u /* a write may be shorter than a page: the last one is not padded */
#define FM_CAN_STATUS                                                                              \
	256u /* end() succeeds only when the device itself says that all of it is written and good \
	      */

#define FM_CAN_LEAVE                                                                               \
	1024u /* it restarts by itself when it has all of it, and that is all that it ever says */

#define FM_CAN_SPARE                                                                               \
	512u /* a block is read in far less time than erased: one that is blank and stays so is    \
	      * not erased */

struct fm_protocol;

struct fm_session {
	const struct fm_protocol *protocol;
	struct fm_link *link; /* not owned */
	struct fm_params params;
	const struct fm_memory *memory; /* NULL until the chip is known */
	struct fm_memory told;          /* as the unit itself describes it; filled by open(), empty
					   where it does not */
	unsigned can;       /* starts as the protocol's, reduced by open() to what this unit can */
	uint32_t read_len;  /* largest read; set by open() */
	uint64_t write_len; /* how many bytes the job writes in all; set before begin() */
	uint32_t write_blocks; /* and in how many of the protocol's block_len: each page begins a
				  new one, and may fill its last one in part; set before begin() */
	uint32_t family; /* UF2: of the firmware that is written; 0 = not known; set before begin()
			  */
	bool read_ended; /* set by read(): the device gave less, its memory ends there */
	uint64_t read_end; /* then: the address behind its last byte */
	bool left;   /* set by end(): the unit has left the bus and had not said that it has all of
			it; a cable that is pulled looks the same */
	void *state; /* the protocol's, zeroed at start */
};

struct fm_protocol {
	const char *name;  /* what the XML says, and the file's name */
	const char *title; /* for people */
	/* kind of chip id that open() reports: "stm32-pid", "avr-signature"; NULL: it tells none */
	const char *chip_id;
	unsigned needs, can;
	const struct fm_usb_claim *claim; /* FM_NEEDS_USB: the interface that speaks it */
	size_t state_size;
	const struct fm_param *params; /* ended by a NULL name; NULL: none */
	uint8_t fill;                  /* what erased memory reads */
	uint32_t block_len; /* what a page is cut in on the wire, where the unit has to be told how
			       many there are; 0: it has not */

	/*
	 * Get in step with the boot loader and ask what it is: at least FM_FACT_CHIP_ID where the
	 * protocol has one.
	 * FM_NO_ANSWER when nobody answers: the caller may try another way to enter, and call it
	 * again on the same session (which then knows what it has tried). Leaves the unit
	 * unchanged.
	 */
	bool (*open)(struct fm_session *s, struct fm_identity *ret, struct fm_error *err);
	/* FM_CAN_ERASE: erase these blocks; the protocol batches as its wire allows. */
	bool (*erase)(struct fm_session *s, const struct fm_block *blocks, size_t count,
		      struct fm_error *err);
	bool (*erase_all)(struct fm_session *s, struct fm_error *err);
	/* Before the first and after the last write of a job; either may be NULL. */
	bool (*begin)(struct fm_session *s, const struct fm_range *range, struct fm_error *err);
	bool (*end)(struct fm_session *s, struct fm_error *err);
	/* One page: aligned to and at most the region's write_len. Success = the device said so,
	 * not yet that it is right. */
	bool (*write)(struct fm_session *s, enum fm_space space, uint64_t addr, const uint8_t *data,
		      size_t len, struct fm_error *err);
	/* At most s->read_len bytes. Where the memory ends before, read_ended is set and the bytes
	 * behind read_end are left as they were. */
	bool (*read)(struct fm_session *s, enum fm_space space, uint64_t addr, uint8_t *ret_data,
		     size_t len, struct fm_error *err);
	/* FM_CAN_CHECKSUM: the device's checksum over the range, and the same over bytes of ours.
	 */
	bool (*checksum)(struct fm_session *s, const struct fm_range *range, uint32_t *ret_sum,
			 struct fm_error *err);
	uint32_t (*checksum_of)(const uint8_t *data, size_t len);
	uint32_t checksum_align; /* addresses and lengths are multiples of it */
	/* The session ends and the unit stays where it is: take back what it has done to it beside
	 * its memory. NULL: nothing. */
	bool (*release)(struct fm_session *s, struct fm_error *err);
	/* Leave the boot loader; FM_CAN_RUN: the application starts. */
	bool (*finish)(struct fm_session *s, struct fm_error *err);
};

/* By the XML's name, or NULL. */
const struct fm_protocol *fm_protocol_named(const char *name);
/* All of protocols.def, ended by NULL. */
extern const struct fm_protocol *const fm_protocols[];

/* Parameter table of a protocol, for the definitions' loader: false when there is no such protocol.
 */
bool fm_protocol_params(const char *name, const struct fm_param **ret_table);

/* Make a session: state allocated and zeroed, can as the protocol's. Fails when the link lacks what
 * the protocol needs. */
bool fm_session_init(struct fm_session *s, const struct fm_protocol *protocol, struct fm_link *link,
		     const struct fm_params *params, struct fm_error *err) FM_MUST_CHECK;
void fm_session_done(struct fm_session *s);
#define FM_SESSION_DONE __attribute__((cleanup(fm_session_done)))

#endif

/*
 * What a unit with PICOBOOT is: its chip, how much flash it has, and which program is in it.
 * Shared by picoboot.c alone.
 */
#ifndef FM_PROTOCOL_PICOBOOT_LOOK_H
#define FM_PROTOCOL_PICOBOOT_LOOK_H

#include "protocol/picoboot_wire.h"

#define FM_PICOBOOT_FLASH 0x10000000u

enum { FM_PICOBOOT_SECTOR = 4096, FM_PICOBOOT_PAGE = 256, FM_PICOBOOT_LINES = 4 };

/* Sectors that binary info was looked for in. */
struct fm_picoboot_cache {
	uint32_t addr[FM_PICOBOOT_LINES]; /* 0 = empty */
	uint8_t data[FM_PICOBOOT_LINES][FM_PICOBOOT_SECTOR];
	unsigned loads;
	struct fm_session *session;
	struct fm_error err;
};

struct fm_picoboot_state {
	struct fm_picoboot_wire wire; /* first */
	bool rp2350;
	uint32_t window; /* length of the flash, or what it is at most */
	struct fm_picoboot_cache cache;
};

/* Sets what it finds in identity, s->told, and the state's rp2350 and window. */
bool fm_picoboot_look(struct fm_session *s, struct fm_identity *identity,
		      struct fm_error *err) FM_MUST_CHECK;

#endif

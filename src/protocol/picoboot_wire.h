/*
 * The wire of PICOBOOT: commands, their data and acknowledgements, and the way back into step.
 * Shared by picoboot.c and picoboot_look.c alone.
 */
#ifndef FM_PROTOCOL_PICOBOOT_WIRE_H
#define FM_PROTOCOL_PICOBOOT_WIRE_H

#include "protocol/protocol.h"

/* boot/picoboot.h; bit 7: data goes in */
enum {
	PC_EXCLUSIVE_ACCESS = 0x01,
	PC_REBOOT = 0x02,
	PC_FLASH_ERASE = 0x03,
	PC_READ = 0x84,
	PC_WRITE = 0x05,
	PC_EXIT_XIP = 0x06,
	PC_REBOOT2 = 0x0a,
	PC_GET_INFO = 0x8b,
};

enum {
	PICOBOOT_OK = 0,
	PICOBOOT_UNKNOWN_COMMAND = 1,
	PICOBOOT_REBOOTING = 7,
	PICOBOOT_NOT_PERMITTED = 10
};

/* The first member of the session's state. */
struct fm_picoboot_wire {
	uint8_t out, in; /* endpoints */
	uint32_t token;  /* of the last command */
	bool exited;     /* EXIT_XIP was done: the flash takes commands */
	bool exclusive;  /* the drive of the boot ROM is kept from writing */
	bool unsettled;  /* the last command did not end as it should */
	uint32_t status; /* that the last refused command left; UINT32_MAX = not told */
};

struct fm_picoboot_command {
	uint8_t id, args_len;
	uint8_t args[16];
	uint32_t addr;   /* for messages; 0 = none */
	const void *out; /* data that goes out ... */
	void *ret_in;    /* ... or comes in, as bit 7 of the id says */
	uint32_t len;    /* of either */
};

/* Endpoints of the claimed interface. FM_UNSUPPORTED: not those of PICOBOOT. */
bool fm_picoboot_find(struct fm_session *s, struct fm_error *err) FM_MUST_CHECK;
/* Whatever went on is given up; the endpoints answer again. */
bool fm_picoboot_reset(struct fm_session *s, struct fm_error *err) FM_MUST_CHECK;
/* FM_NACK: refused; wire.status says why where the ROM tells. All of `len` came in or went out. */
bool fm_picoboot_do(struct fm_session *s, const struct fm_picoboot_command *command,
		    struct fm_error *err) FM_MUST_CHECK;
/* Ask only whether it is still there: FM_GONE when it has left. */
bool fm_picoboot_status(struct fm_session *s, uint32_t *ret_status,
			struct fm_error *err) FM_MUST_CHECK;

/* A command with an address and a length as arguments. */
struct fm_picoboot_command fm_picoboot_range(uint8_t id, uint32_t addr, uint32_t len);
/* Where it is due: what programs run, and what RESET did, may have left the flash in the cache's
 * hands. */
bool fm_picoboot_exit_xip(struct fm_session *s, struct fm_error *err) FM_MUST_CHECK;
/* From the start of a page of the flash on. */
bool fm_picoboot_read_pages(struct fm_session *s, uint32_t addr, uint8_t *ret_data, uint32_t len,
			    struct fm_error *err) FM_MUST_CHECK;

#endif

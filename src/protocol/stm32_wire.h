/*
 * Frames and answers of the STM32 boot loader, and the way back into step after one was broken:
 * what stm32_uart.c says its commands with.
 */
#ifndef FM_PROTOCOL_STM32_WIRE_H
#define FM_PROTOCOL_STM32_WIRE_H

#include "protocol/protocol.h"

enum fm_stm32_code {
	GET = 0x00,
	GET_VERSION = 0x01,
	GET_ID = 0x02,
	READ_MEMORY = 0x11,
	GO = 0x21,
	WRITE_MEMORY = 0x31,
	ERASE = 0x43,
	EXTENDED_ERASE = 0x44,
	GET_CHECKSUM = 0xa1
};

/* The part of a command that is being answered. */
enum fm_stm32_stage { AT_COMMAND, AT_ADDRESS, AT_DATA, AT_RESULT };

#define FM_STM32_BLOCK_MOST 256 /* bytes in a read or write */

/* Milliseconds. Blocks include their time on the line down to 1200 baud. */
#define FM_STM32_REPLY_MS 500
#define FM_STM32_BLOCK_MS 3000

/* The start of the protocol's state. */
struct fm_stm32_wire {
	bool searched;           /* nobody answered, whatever was tried */
	bool out_of_step;        /* the last command failed: who knows what the device waits for */
	enum fm_stm32_code code; /* of the command that runs, for messages */
	uint32_t addr;
};

/* "Erase" ...: for messages. */
const char *fm_stm32_name(uint8_t code);

/*
 * Begin a command: the code and its ACK, after getting back into step where the last one failed. It
 * has failed unless fm_stm32_done says otherwise.
 */
bool fm_stm32_command(struct fm_session *s, enum fm_stm32_code code, uint32_t addr,
		      struct fm_error *err) FM_MUST_CHECK;
/* The same, and the address and its ACK. */
bool fm_stm32_command_at(struct fm_session *s, enum fm_stm32_code code, uint64_t addr,
			 struct fm_error *err) FM_MUST_CHECK;
/* True. */
bool fm_stm32_done(struct fm_session *s);

bool fm_stm32_send(struct fm_session *s, const uint8_t *data, size_t len,
		   struct fm_error *err) FM_MUST_CHECK;
/* A 32-bit number with its checksum, and its ACK. */
bool fm_stm32_send_word(struct fm_session *s, uint32_t word, enum fm_stm32_stage stage,
			struct fm_error *err) FM_MUST_CHECK;
bool fm_stm32_ack(struct fm_session *s, int64_t wait_ms, enum fm_stm32_stage stage,
		  struct fm_error *err) FM_MUST_CHECK;
/* ACK and len bytes of data, which come without a gap: one wait for both. */
bool fm_stm32_take_block(struct fm_session *s, uint8_t *ret_data, size_t len,
			 struct fm_error *err) FM_MUST_CHECK;
/* Bytes that follow an ACK. */
bool fm_stm32_take(struct fm_session *s, void *ret, size_t len, enum fm_stm32_stage stage,
		   struct fm_error *err) FM_MUST_CHECK;
/* An answer that begins with its length - 1 and ends with an ACK. */
bool fm_stm32_take_counted(struct fm_session *s, uint8_t *ret_count, uint8_t ret_answer[256],
			   struct fm_error *err) FM_MUST_CHECK;

/* Is anybody there? First as after a reset, then as after a host that went away in a frame.
 * FM_NO_ANSWER within 2 s. */
bool fm_stm32_find(struct fm_session *s, struct fm_error *err) FM_MUST_CHECK;
/* Lead a device that was in step in this session, and in which a command failed half-way, back. */
bool fm_stm32_back_in_step(struct fm_session *s, struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * STK500v2 as the boot loader of the Arduino Mega 2560 ("wiring") speaks it.
 * Sources: Atmel AVR068, "STK500 Communication Protocol"; stk500boot.c of ArduinoCore-avr.
 *
 *      1B  number  length (2, big-endian)  0E  body ...  XOR of all before
 *
 * body[0] is the command, in the answer too, where body[1] is the status. The answer carries the
 * number of its question; damaged frames are dropped in silence.
 *
 * Known lies:
 * - PROGRAM_FLASH erases one page at a pointer of its own, which starts at 0 and moves with each
 *   page, not the page of the address: pages must be written from 0 upwards without gaps;
 * - CHIP_ERASE answers "failed" (C0), erases nothing, and sets that pointer back to 0;
 * - addresses are in words, and count up by themselves;
 * - the parameter bytes of PROGRAM_FLASH are ignored, but the data must lie behind them;
 * - "!!!" in the first nine characters after the reset starts a debugging monitor. SIGN_ON holds
 *   none (21), however often it is sent; a loader before 2010 looks for it all the time;
 * - EEPROM is read at twice its address, so it is left alone.
 */
#include "base/bytes.h"
#include "base/text.h"
#include "protocol/protocol.h"

#include <stdio.h>
#include <string.h>

/* AVR068, chapter 4 */
#define MESSAGE_START 0x1b
#define TOKEN 0x0e
#define CMD_SIGN_ON 0x01
#define CMD_GET_PARAMETER 0x03
#define CMD_LOAD_ADDRESS 0x06
#define CMD_LEAVE_PROGMODE_ISP 0x11
#define CMD_CHIP_ERASE_ISP 0x12
#define CMD_PROGRAM_FLASH_ISP 0x13
#define CMD_READ_FLASH_ISP 0x14
#define CMD_READ_SIGNATURE_ISP 0x1b
#define STATUS_CMD_OK 0x00
#define STATUS_CMD_FAILED 0xc0
#define STATUS_CKSUM_ERROR 0xc1
#define ANSWER_CKSUM_ERROR 0xb0
#define PARAM_SW_MAJOR 0x91
#define PARAM_SW_MINOR 0x92

#define STK2_HEADER_LEN 5
#define STK2_BODY_MOST 275 /* AVR068, 3.1 */
#define STK2_PAGE_LEN 256u
#define STK2_PROGRAM_LEN 10 /* body of PROGRAM_FLASH before its data */
#define STK2_UNKNOWN UINT64_MAX

/* As avrdude's wiring.c: the loader is there at once or not at all. */
#define STK2_SIGN_ON_MS 200
#define STK2_SIGN_ON_TRIES 5
/* A page at 115200 takes 25 ms on the line and 9 ms in the flash; at 9600 0.3 s. */
#define STK2_REPLY_MS 2000

struct stk2_state {
	uint8_t number;      /* of the next question */
	uint64_t addr;       /* where the loader's address stands */
	uint64_t erase_addr; /* where its erase pointer stands */
	size_t noise;        /* bytes that were no answer to SIGN_ON */
};

static struct stk2_state *stk2_state(struct fm_session *s)
{
	return s->state;
}

/* --- frames -------------------------------------------------------------------------------------
 */

static bool stk2_send(struct fm_session *s, const uint8_t *body, size_t len,
		      struct fm_deadline deadline, struct fm_error *err)
{
	uint8_t frame[STK2_HEADER_LEN + STK2_BODY_MOST + 1] = { MESSAGE_START,
								stk2_state(s)->number, 0, 0,
								TOKEN };

	fm_put_be16(frame + 2, (uint16_t)len);
	memcpy(frame + STK2_HEADER_LEN, body, len);
	frame[STK2_HEADER_LEN + len] = fm_bytes_xor(frame, STK2_HEADER_LEN + len);
	return fm_send(s->link, frame, STK2_HEADER_LEN + len + 1, deadline, err);
}

static bool stk2_is_header(const uint8_t *header)
{
	uint16_t len = fm_get_be16(header + 2);

	return header[0] == MESSAGE_START && header[4] == TOKEN && len >= 2 &&
	       len <= STK2_BODY_MOST;
}

/* The next frame, whatever came before it. */
static bool stk2_recv_frame(struct fm_session *s, uint8_t *ret_frame, size_t *ret_body_len,
			    struct fm_deadline deadline, struct fm_error *err)
{
	uint8_t *header = ret_frame;

	if (!fm_recv(s->link, header, STK2_HEADER_LEN, deadline, err))
		return false;
	while (!stk2_is_header(header)) {
		stk2_state(s)->noise++;
		memmove(header, header + 1, STK2_HEADER_LEN - 1);
		if (!fm_recv(s->link, header + STK2_HEADER_LEN - 1, 1, deadline, err))
			return false;
	}
	*ret_body_len = fm_get_be16(header + 2);
	if (!fm_recv(s->link, header + STK2_HEADER_LEN, *ret_body_len + 1, deadline, err))
		return false;
	if (fm_bytes_xor(ret_frame, STK2_HEADER_LEN + *ret_body_len + 1) != 0)
		return fm_fail(err, FM_PROTOCOL, "%s: an answer with a wrong checksum",
			       s->link->name);
	return true;
}

/* One command: its answer's body with `len` bytes at least. Answers with another number are late
 * ones to a question that was given up. */
static bool stk2_command(struct fm_session *s, const uint8_t *body, size_t body_len,
			 uint8_t *ret_answer, size_t len, int64_t ms, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, ms);
	uint8_t frame[STK2_HEADER_LEN + STK2_BODY_MOST + 1];
	const uint8_t *answer = frame + STK2_HEADER_LEN;
	size_t answer_len;

	if (!stk2_send(s, body, body_len, deadline, err))
		return false;
	do {
		if (!stk2_recv_frame(s, frame, &answer_len, deadline, err))
			return false;
	} while (frame[1] != stk2_state(s)->number);
	stk2_state(s)->number++;
	if (answer[0] == ANSWER_CKSUM_ERROR || answer[1] == STATUS_CKSUM_ERROR)
		return fm_fail(err, FM_PROTOCOL, "%s: command 0x%02x arrived damaged",
			       s->link->name, body[0]);
	if (answer[0] != body[0])
		return fm_fail(err, FM_PROTOCOL, "%s: an answer to 0x%02x after command 0x%02x",
			       s->link->name, answer[0], body[0]);
	memcpy(ret_answer, answer, answer_len < len ? answer_len : len);
	if (answer[1] != STATUS_CMD_OK)
		return fm_fail(err, FM_NACK, "%s: the boot loader refused 0x%02x (status 0x%02x)",
			       s->link->name, body[0], answer[1]);
	return answer_len >= len ||
	       fm_fail(err, FM_PROTOCOL, "%s: %zu bytes instead of %zu answer 0x%02x",
		       s->link->name, answer_len, len, body[0]);
}

/* --- who is it ----------------------------------------------------------------------------------
 */

/* A new number for each try would make the late answer to the last one a wrong one. */
static bool stk2_sign_on(struct fm_session *s, char *ret_name, size_t size, struct fm_error *err)
{
	static const uint8_t body[] = { CMD_SIGN_ON };
	uint8_t answer[11];

	if (!fm_discard(s->link, err))
		return false;
	for (int i = 0; i < STK2_SIGN_ON_TRIES; i++) {
		if (stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_SIGN_ON_MS,
				 err)) {
			fm_text_printable(ret_name, size, (const char *)answer + 3, 8);
			return true;
		}
		if (err->code != FM_TIMEOUT && err->code != FM_PROTOCOL)
			return false;
	}
	fm_fail(err, FM_NO_ANSWER, "%s: no boot loader answers SIGN_ON (%zu other bytes came)",
		s->link->name, stk2_state(s)->noise);
	return stk2_state(s)->noise
		       ? fm_hint(err, "The application still talks (no reset?), or the baud rate "
				      "is wrong.")
		       : fm_hint(err, "Is there a reset line (DTR)? Press reset, check baud rate "
				      "and wiring, try again.");
}

static bool stk2_parameter(struct fm_session *s, uint8_t parameter, uint8_t *ret_value,
			   struct fm_error *err)
{
	const uint8_t body[] = { CMD_GET_PARAMETER, parameter };
	uint8_t answer[3];

	if (!stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_REPLY_MS, err))
		return false;
	*ret_value = answer[2];
	return true;
}

static bool stk2_signature(struct fm_session *s, uint8_t *ret_signature, struct fm_error *err)
{
	for (uint8_t i = 0; i < 3; i++) {
		/* the ISP command "Read Signature Byte", whose fourth byte is the answer */
		const uint8_t body[] = { CMD_READ_SIGNATURE_ISP, 4, 0x30, 0, i, 0 };
		uint8_t answer[3];

		if (!stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_REPLY_MS,
				  err))
			return false;
		ret_signature[i] = answer[2];
	}
	return true;
}

static bool stk2_identify(struct fm_session *s, const char *name, struct fm_identity *ret,
			  struct fm_error *err)
{
	uint8_t major, minor, signature[3];
	char text[64];

	if (!stk2_parameter(s, PARAM_SW_MAJOR, &major, err) ||
	    !stk2_parameter(s, PARAM_SW_MINOR, &minor, err) || !stk2_signature(s, signature, err))
		return false;
	snprintf(text, sizeof(text), "STK500v2 %u.%u (%s)", major, minor, name);
	fm_identity_set(ret, FM_FACT_LOADER, FM_PLAIN, text, "version of the boot loader");
	fm_bytes_to_hex(signature, sizeof(signature), text);
	fm_identity_set(ret, FM_FACT_CHIP_ID, FM_PLAIN, text, "signature from the boot loader");
	return true;
}

static bool stk500v2_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	char name[16];

	*stk2_state(s) = (struct stk2_state){ 1, STK2_UNKNOWN, STK2_UNKNOWN, 0 };
	s->read_len = STK2_PAGE_LEN;
	if (!stk2_sign_on(s, name, sizeof(name), err))
		return false;
	if (stk2_identify(s, name, ret, err))
		return true;
	/* It fell silent or babbles: for the caller as good as none. */
	if (err->code == FM_TIMEOUT || err->code == FM_PROTOCOL) {
		fm_context(err, "answered SIGN_ON, then not");
		err->code = FM_NO_ANSWER;
	}
	return false;
}

/* --- reading and writing ------------------------------------------------------------------------
 */

/* Bit 31 says that the part needs extended addresses; this loader shifts it out, its relatives look
 * at it. */
static bool stk2_load_address(struct fm_session *s, uint64_t addr, struct fm_error *err)
{
	uint8_t body[5] = { CMD_LOAD_ADDRESS }, answer[2];

	if (stk2_state(s)->addr == addr)
		return true;
	stk2_state(s)->addr = STK2_UNKNOWN;
	fm_put_be32(body + 1, (uint32_t)(addr / 2) | 0x80000000u);
	if (!stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_REPLY_MS, err))
		return false;
	stk2_state(s)->addr = addr;
	return true;
}

static bool stk500v2_begin(struct fm_session *s, const struct fm_range *range, struct fm_error *err)
{
	static const uint8_t body[] = { CMD_CHIP_ERASE_ISP, 0, 0, 0xac, 0x80, 0, 0 };
	uint8_t answer[2] = { 0 };

	if (range->space != FM_SPACE_FLASH || range->addr != 0)
		return fm_fail(err, FM_UNSUPPORTED, "%s: this boot loader writes flash from 0 up",
			       s->link->name);
	if (!stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_REPLY_MS, err) &&
	    !(err->code == FM_NACK && answer[1] == STATUS_CMD_FAILED))
		return false;
	fm_error_clear(err);
	stk2_state(s)->erase_addr = 0;
	return true;
}

/* Loaders older than that of 2010 take "!!!" anywhere for the call of their monitor. */
static bool stk2_page_error(const uint8_t *data, size_t len, uint64_t addr, struct fm_error *err)
{
	if (err->code == FM_TIMEOUT && memmem(data, len, "!!!", 3))
		fm_hint(err, "The firmware holds \"!!!\" here, on which old loaders of the Mega "
			     "hang: write a newer loader.");
	return fm_context(err, "writing 0x%llx", (unsigned long long)addr);
}

static bool stk500v2_write(struct fm_session *s, enum fm_space space, uint64_t addr,
			   const uint8_t *data, size_t len, struct fm_error *err)
{
	/* mode and delays as a programmer would want them; this loader does not look at them */
	uint8_t body[STK2_PROGRAM_LEN + STK2_PAGE_LEN] = {
		CMD_PROGRAM_FLASH_ISP, 0, 0, 0xc1, 10, 0x40, 0x4c, 0x20, 0, 0
	};
	struct stk2_state *state = stk2_state(s);
	uint8_t answer[2];

	if (space != FM_SPACE_FLASH || len != STK2_PAGE_LEN || addr != state->erase_addr)
		return fm_fail(err, FM_INTERNAL,
			       "%zu bytes at 0x%llx are not the page that is next", len,
			       (unsigned long long)addr);
	if (!stk2_load_address(s, addr, err))
		return false;
	state->addr = state->erase_addr = STK2_UNKNOWN;
	fm_put_be16(body + 1, (uint16_t)len);
	memcpy(body + STK2_PROGRAM_LEN, data, len);
	if (!stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_REPLY_MS, err))
		return stk2_page_error(data, len, addr, err);
	state->addr = state->erase_addr = addr + len;
	return true;
}

static bool stk500v2_read(struct fm_session *s, enum fm_space space, uint64_t addr,
			  uint8_t *ret_data, size_t len, struct fm_error *err)
{
	size_t even = len + len % 2;
	uint8_t body[] = { CMD_READ_FLASH_ISP, 0, 0, 0x20 };
	uint8_t answer[2 + STK2_PAGE_LEN + 1];

	if (space != FM_SPACE_FLASH || even > STK2_PAGE_LEN || addr % 2)
		return fm_fail(err, FM_INTERNAL, "read of %zu bytes at 0x%llx", len,
			       (unsigned long long)addr);
	if (!stk2_load_address(s, addr, err))
		return false;
	stk2_state(s)->addr = STK2_UNKNOWN;
	fm_put_be16(body + 1, (uint16_t)even);
	if (!stk2_command(s, body, sizeof(body), answer, even + 3, STK2_REPLY_MS, err))
		return fm_context(err, "reading 0x%llx", (unsigned long long)addr);
	stk2_state(s)->addr = addr + even;
	memcpy(ret_data, answer + 2, len);
	return true;
}

static bool stk500v2_finish(struct fm_session *s, struct fm_error *err)
{
	static const uint8_t body[] = { CMD_LEAVE_PROGMODE_ISP, 1, 1 };
	uint8_t answer[2];

	return stk2_command(s, body, sizeof(body), answer, sizeof(answer), STK2_REPLY_MS, err);
}

const struct fm_protocol fm_protocol_stk500v2 = {
	.name = "stk500v2",
	.title = "STK500 version 2 (Arduino Mega)",
	.chip_id = "avr-signature",
	.needs = FM_NEEDS_STREAM,
	.can = FM_CAN_READ | FM_CAN_SEQUENTIAL | FM_CAN_RUN,
	.state_size = sizeof(struct stk2_state),
	.fill = 0xff,
	.open = stk500v2_open,
	.begin = stk500v2_begin,
	.write = stk500v2_write,
	.read = stk500v2_read,
	.finish = stk500v2_finish,
};

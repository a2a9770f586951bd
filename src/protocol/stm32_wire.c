#include "protocol/stm32_wire.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { INIT = 0x7f, ACK = 0x79, NACK = 0x1f, BUSY = 0x76 };

enum { KNOCK_MS = 400, QUIET_MS = 60 };

static const char *const stm32_names[256] = {
	[GET] = "Get",
	[GET_VERSION] = "Get Version",
	[GET_ID] = "Get ID",
	[READ_MEMORY] = "Read Memory",
	[GO] = "Go",
	[WRITE_MEMORY] = "Write Memory",
	[ERASE] = "Erase",
	[EXTENDED_ERASE] = "Extended Erase",
	[GET_CHECKSUM] = "Get Checksum",
};

const char *fm_stm32_name(uint8_t code)
{
	return stm32_names[code] ? stm32_names[code] : "?";
}

/* "Write Memory at 0x08001000, its address" */
static void stm32_where(const struct fm_session *s, enum fm_stm32_stage stage, char *ret,
			size_t size)
{
	static const char *const stages[] = {
		[AT_COMMAND] = "",
		[AT_ADDRESS] = ", its address",
		[AT_DATA] = ", its data",
		[AT_RESULT] = ", its result",
	};
	const struct fm_stm32_wire *wire = s->state;
	char at[16] = "";

	if (wire->addr)
		snprintf(at, sizeof(at), " at 0x%08" PRIx32, wire->addr);
	snprintf(ret, size, "%s%s%s", fm_stm32_name(wire->code), at, stages[stage]);
}

static bool stm32_refused(const struct fm_session *s, enum fm_stm32_stage stage,
			  struct fm_error *err)
{
	const struct fm_stm32_wire *wire = s->state;
	char where[80];

	stm32_where(s, stage, where, sizeof(where));
	fm_fail(err, FM_NACK, "the boot loader refused %s", where);
	if (stage == AT_COMMAND)
		return fm_hint(err, "The unit is read protected, or its boot loader does not have "
				    "this command.");
	if (stage == AT_ADDRESS)
		return fm_hint(err, "The address is in no memory that the boot loader serves, or "
				    "the line is noisy: check model and cable.");
	if (wire->code == WRITE_MEMORY)
		return fm_hint(err, "The memory is not erased or is write protected, or the line "
				    "is noisy: run the command again.");
	return fm_hint(err, "The line is noisy, or the unit could not do it: check the cable and "
			    "run the command again.");
}

static bool stm32_judge(const struct fm_session *s, uint8_t reply, enum fm_stm32_stage stage,
			struct fm_error *err)
{
	char where[80];

	if (reply == ACK)
		return true;
	if (reply == NACK)
		return stm32_refused(s, stage, err);
	stm32_where(s, stage, where, sizeof(where));
	return fm_fail(err, FM_PROTOCOL, "answer 0x%02x to %s is neither ACK nor NACK", reply,
		       where);
}

static bool stm32_recv(struct fm_session *s, void *ret, size_t len, struct fm_deadline deadline,
		       enum fm_stm32_stage stage, struct fm_error *err)
{
	char where[80];

	if (fm_recv(s->link, ret, len, deadline, err))
		return true;
	stm32_where(s, stage, where, sizeof(where));
	return fm_context(err, "%s", where);
}

bool fm_stm32_take(struct fm_session *s, void *ret, size_t len, enum fm_stm32_stage stage,
		   struct fm_error *err)
{
	return stm32_recv(s, ret, len, fm_in_ms(s->link->clock, FM_STM32_REPLY_MS), stage, err);
}

bool fm_stm32_ack(struct fm_session *s, int64_t wait_ms, enum fm_stm32_stage stage,
		  struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, wait_ms);
	uint8_t reply;

	do {
		if (!stm32_recv(s, &reply, 1, deadline, stage, err))
			return false;
	} while (reply == BUSY);
	return stm32_judge(s, reply, stage, err);
}

bool fm_stm32_send(struct fm_session *s, const uint8_t *data, size_t len, struct fm_error *err)
{
	return fm_send(s->link, data, len, fm_in_ms(s->link->clock, FM_STM32_BLOCK_MS), err);
}

/* --- back to the command prompt --- */

/* Wait for one of two replies, whatever else comes; *ret_reply = 0 when neither came. */
static bool stm32_listen(struct fm_session *s, int64_t wait_ms, uint8_t one, uint8_t other,
			 uint8_t *ret_reply, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, wait_ms);

	fm_error_clear(err);
	while (!fm_expired(s->link->clock, deadline)) {
		if (!fm_recv(s->link, ret_reply, 1, deadline, err))
			break;
		if (*ret_reply == one || *ret_reply == other)
			return true;
	}
	*ret_reply = 0;
	return err->code == FM_OK || err->code == FM_TIMEOUT;
}

/*
 * Send up to two bytes that are no command. Fresh from reset 0x7F gives ACK. Where half a command
 * was pending the first is its wrong complement: NACK. At the prompt it is half a command, and the
 * second the wrong complement. That is not 0x7F again, as often told: at the end of a list of
 * pages that count up from 0, "7F 7F" is page 127 and the right checksum.
 */
static bool stm32_knock(struct fm_session *s, uint8_t first, uint8_t second, int64_t wait_ms,
			bool *ret_alive, struct fm_error *err)
{
	const uint8_t bytes[] = { first, second };
	uint8_t other = first == INIT ? ACK : NACK, reply = 0;

	for (size_t i = 0; i < FM_COUNT(bytes) && !reply; i++) {
		if (!fm_stm32_send(s, &bytes[i], 1, err) ||
		    !stm32_listen(s, wait_ms, NACK, other, &reply, err))
			return false;
	}
	*ret_alive = reply != 0;
	return true;
}

/*
 * Fill up the frame that the device waits for, so that it ends in a NACK and does nothing. The
 * bytes FF FF FE FF FF FF ... complete no frame that begins with them, nor one whose first two
 * bytes were the 7F FF of stm32_knock: as command, address, read length, block (even number of FF,
 * one FE: the XOR is never FF), page list or special erase (FFFF wants XOR 00) the checksum is
 * wrong. The often told FF 00 is the mass erase where a 43 waits for its pages. And inside a list
 * of 16-bit pages they name only pages that no chip has.
 */
static bool stm32_fill(struct fm_session *s, bool *ret_alive, struct fm_error *err)
{
	/* Together more than the longest frame, 1027 bytes; most frames need far less. */
	static const uint16_t runs[] = { 3, 5, 29, 229, 770 };
	uint8_t bytes[770];
	uint8_t reply = 0;

	memset(bytes, 0xff, sizeof(bytes));
	for (size_t i = 0; i < FM_COUNT(runs) && !reply; i++) {
		bytes[2] = i == 0 ? 0xfe : 0xff;
		if (!fm_stm32_send(s, bytes, runs[i], err) ||
		    !stm32_listen(s, i + 1 < FM_COUNT(runs) ? QUIET_MS : KNOCK_MS, NACK, NACK,
				  &reply, err))
			return false;
	}
	*ret_alive = reply == NACK;
	/* The rest of the run may have given more of them: one for each two bytes. */
	for (size_t i = 0; i < sizeof(bytes) && reply; i++) {
		if (!stm32_listen(s, QUIET_MS, NACK, NACK, &reply, err))
			return false;
	}
	return !*ret_alive || stm32_knock(s, 0xff, 0xff, 2 * QUIET_MS, ret_alive, err);
}

bool fm_stm32_back_in_step(struct fm_session *s, struct fm_error *err)
{
	struct fm_stm32_wire *wire = s->state;
	bool alive;

	if (!fm_discard(s->link, err) || !stm32_fill(s, &alive, err))
		return false;
	if (!alive) {
		fm_fail(err, FM_TIMEOUT, "%s: the boot loader does not answer any more",
			s->link->name);
		return fm_hint(err, "Check cable and power, reset the unit into its boot loader "
				    "and run the command again.");
	}
	wire->out_of_step = false;
	return true;
}

static bool stm32_silent(struct fm_session *s, struct fm_error *err)
{
	fm_fail(err, FM_NO_ANSWER, "%s: no STM32 boot loader answers", s->link->name);
	return fm_hint(err, "BOOT0 high and reset? 8E1, TX and RX crossed? It keeps the baud rate "
			    "of its first session until reset. After a broken erase: reset it.");
}

/* When nobody answered before, no frame is open any more, and a unit that has been reset meanwhile
 * must hear nothing but 0x7F: it would take its rate from any other byte. */
bool fm_stm32_find(struct fm_session *s, struct fm_error *err)
{
	struct fm_stm32_wire *wire = s->state;
	uint8_t second = wire->searched ? INIT : 0xff;
	bool alive;

	if (!fm_discard(s->link, err) || !stm32_knock(s, INIT, second, KNOCK_MS, &alive, err) ||
	    (!alive && !wire->searched && !stm32_fill(s, &alive, err)))
		return false;
	wire->searched = !alive;
	return alive || stm32_silent(s, err);
}

/* --- commands --- */

bool fm_stm32_command(struct fm_session *s, enum fm_stm32_code code, uint32_t addr,
		      struct fm_error *err)
{
	struct fm_stm32_wire *wire = s->state;
	const uint8_t frame[] = { (uint8_t)code, (uint8_t)(code ^ 0xff) };

	if (wire->out_of_step && !fm_stm32_back_in_step(s, err))
		return false;
	wire->code = code;
	wire->addr = addr;
	wire->out_of_step = true; /* until it has ended well */
	return fm_stm32_send(s, frame, sizeof(frame), err) &&
	       fm_stm32_ack(s, FM_STM32_REPLY_MS, AT_COMMAND, err);
}

bool fm_stm32_done(struct fm_session *s)
{
	((struct fm_stm32_wire *)s->state)->out_of_step = false;
	return true;
}

bool fm_stm32_send_word(struct fm_session *s, uint32_t word, enum fm_stm32_stage stage,
			struct fm_error *err)
{
	uint8_t frame[5];

	fm_put_be32(frame, word);
	frame[4] = fm_bytes_xor(frame, 4);
	return fm_stm32_send(s, frame, sizeof(frame), err) &&
	       fm_stm32_ack(s, FM_STM32_REPLY_MS, stage, err);
}

bool fm_stm32_command_at(struct fm_session *s, enum fm_stm32_code code, uint64_t addr,
			 struct fm_error *err)
{
	return fm_stm32_command(s, code, (uint32_t)addr, err) &&
	       fm_stm32_send_word(s, (uint32_t)addr, AT_ADDRESS, err);
}

bool fm_stm32_take_counted(struct fm_session *s, uint8_t *ret_count, uint8_t ret_answer[256],
			   struct fm_error *err)
{
	return fm_stm32_take(s, ret_count, 1, AT_RESULT, err) &&
	       fm_stm32_take(s, ret_answer, *ret_count + 1u, AT_RESULT, err) &&
	       fm_stm32_ack(s, FM_STM32_REPLY_MS, AT_RESULT, err);
}

bool fm_stm32_take_block(struct fm_session *s, uint8_t *ret_data, size_t len, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, FM_STM32_BLOCK_MS);
	uint8_t answer[1 + FM_STM32_BLOCK_MOST];
	size_t got = 0;

	do {
		if (!fm_recv_some(s->link, answer, 1 + len, &got, deadline, err))
			return fm_context(err, "%s", fm_stm32_name(READ_MEMORY));
		while (got > 0 && answer[0] == BUSY)
			memmove(answer, answer + 1, --got);
	} while (got == 0);
	if (!stm32_judge(s, answer[0], AT_DATA, err) ||
	    !stm32_recv(s, answer + got, 1 + len - got, deadline, AT_RESULT, err))
		return false;
	memcpy(ret_data, answer + 1, len);
	return true;
}

/*
 * The boot loader that ST puts into the ROM of its STM32 (AN3155), over a UART: 8 bits, even
 * parity, 1 stop bit; the device measures the rate from the first 0x7F after its reset.
 *
 *   > 31 CE                       command and its complement         < 79 ACK | 1F NACK
 *   > 08 00 10 00 18              address, most significant first, XOR       < 79 | 1F
 *   > 03 11 22 33 44 47           bytes - 1, data, XOR over both             < 79 | 1F
 *
 * A NACK always means "aborted, waiting for a command". There is no time-out inside the device: a
 * frame that lost a byte waits for ever, and whatever is sent next is swallowed as its rest.
 *
 * What it gets wrong: it acknowledges a write to memory that is write protected, not erased or
 * (parts with ECC) written already, and an erase of protected pages; only reading back finds that.
 * An Extended Erase that waits for its page count takes a few bytes of noise for thousands of
 * pages. Facts and sources: doc/protocols/stm32-uart.md.
 */
#include "protocol/protocol.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <inttypes.h>
#include <string.h>

enum { INIT = 0x7f, ACK = 0x79, NACK = 0x1f, BUSY = 0x76 };

enum stm32_code {
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
enum stm32_stage { AT_COMMAND, AT_ADDRESS, AT_DATA, AT_RESULT };

enum {
	BLOCK_MOST = 256,      /* bytes in a read or write */
	ERASE_MOST = 255,      /* pages in 43: 0xFF is the whole chip */
	EXTENDED_MOST = 512,   /* pages in 44: more than that an L152 refuses */
	EXTENDED_FRAME = 1027, /* count, pages, XOR */
	FRAME_MOST = 258,      /* any other: count, data, XOR */
};

/* Milliseconds. Blocks and reads include their time on the line down to 1200 baud. */
enum {
	REPLY_MS = 500,
	BLOCK_MS = 3000,
	KNOCK_MS = 400,
	QUIET_MS = 60,
	MASS_ERASE_MS = 35000, /* for each MiB: an F4 at low voltage needs up to 32 s */
};

enum { PARAM_CRC };

static const struct fm_param stm32_params[] = {
	[PARAM_CRC] = { "crc", FM_PARAM_BOOL, 1, 0, 0,
			"use the checksum command of the boot loader where it lists one" },
	{ 0 },
};

struct stm32_state {
	uint8_t version; /* 0x31 = 3.1 */
	uint8_t erase;   /* ERASE, EXTENDED_ERASE, 0 = neither */
	bool has_id;     /* commands that Get listed */
	bool has_version;
	bool has_read;
	bool out_of_step;     /* the last command failed: who knows what the device waits for */
	enum stm32_code code; /* of the command that runs, for messages */
	uint32_t addr;
};

static const char *stm32_name(enum stm32_code code)
{
	switch (code) {
	case GET:
		return "Get";
	case GET_VERSION:
		return "Get Version";
	case GET_ID:
		return "Get ID";
	case READ_MEMORY:
		return "Read Memory";
	case GO:
		return "Go";
	case WRITE_MEMORY:
		return "Write Memory";
	case ERASE:
		return "Erase";
	case EXTENDED_ERASE:
		return "Extended Erase";
	case GET_CHECKSUM:
		return "Get Checksum";
	}
	return "?";
}

/* "Write Memory at 0x08001000, its address" */
static void stm32_where(const struct fm_session *s, enum stm32_stage stage, char *ret, size_t size)
{
	static const char *const stages[] = {
		[AT_COMMAND] = "",
		[AT_ADDRESS] = ", its address",
		[AT_DATA] = ", its data",
		[AT_RESULT] = ", its result",
	};
	const struct stm32_state *st = s->state;
	char at[16] = "";

	if (st->addr)
		snprintf(at, sizeof(at), " at 0x%08" PRIx32, st->addr);
	snprintf(ret, size, "%s%s%s", stm32_name(st->code), at, stages[stage]);
}

static bool stm32_refused(const struct fm_session *s, enum stm32_stage stage, struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	char where[80];

	stm32_where(s, stage, where, sizeof(where));
	fm_fail(err, FM_NACK, "the boot loader refused %s", where);
	if (stage == AT_COMMAND)
		return fm_hint(err, "The unit is read protected, or its boot loader does not have "
				    "this command.");
	if (stage == AT_ADDRESS)
		return fm_hint(err, "The address is in no memory that the boot loader serves, or "
				    "the line is noisy: check model and cable.");
	if (st->code == WRITE_MEMORY)
		return fm_hint(err, "The memory is not erased or is write protected, or the line "
				    "is noisy: run the command again.");
	return fm_hint(err, "The line is noisy, or the unit could not do it: check the cable and "
			    "run the command again.");
}

static bool stm32_judge(const struct fm_session *s, uint8_t reply, enum stm32_stage stage,
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

/* Take len bytes of the answer of the command that runs. */
static bool stm32_take(struct fm_session *s, void *ret, size_t len, struct fm_deadline deadline,
		       enum stm32_stage stage, struct fm_error *err)
{
	char where[80];

	if (fm_recv(s->link, ret, len, deadline, err))
		return true;
	stm32_where(s, stage, where, sizeof(where));
	return fm_context(err, "%s", where);
}

static bool stm32_ack(struct fm_session *s, int64_t wait_ms, enum stm32_stage stage,
		      struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, wait_ms);
	uint8_t reply;

	do {
		if (!stm32_take(s, &reply, 1, deadline, stage, err))
			return false;
	} while (reply == BUSY);
	return stm32_judge(s, reply, stage, err);
}

static bool stm32_send(struct fm_session *s, const uint8_t *data, size_t len, struct fm_error *err)
{
	return fm_send(s->link, data, len, fm_in_ms(s->link->clock, BLOCK_MS), err);
}

/* --- back to the command prompt --- */


/* Wait for one of two replies, whatever else comes; *ret_reply = 0 when neither came. */
static bool stm32_listen(struct fm_session *s, int64_t wait_ms, uint8_t one, uint8_t other,
			 uint8_t *ret_reply, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, wait_ms);

	do {
		if (!fm_recv(s->link, ret_reply, 1, deadline, err)) {
			*ret_reply = 0;
			return err->code == FM_TIMEOUT;
		}
	} while (*ret_reply != one && *ret_reply != other && !fm_expired(s->link->clock, deadline));
	return true;
}

/*
 * Send up to two bytes that are no command. Fresh from reset 0x7F gives ACK. Where half a command
 * was pending the first is its wrong complement: NACK. At the prompt it is half a command, and the
 * second the wrong complement. That is not 0x7F again, as often told: at the end of a list of
 * pages that count up from 0, "7F 7F" is page 127 and the right checksum.
 */
static bool stm32_knock(struct fm_session *s, uint8_t first, int64_t wait_ms, bool *ret_alive,
			struct fm_error *err)
{
	const uint8_t bytes[] = { first, 0xff };
	uint8_t other = first == INIT ? ACK : NACK, reply = 0;

	for (size_t i = 0; i < FM_COUNT(bytes) && !reply; i++) {
		if (!stm32_send(s, &bytes[i], 1, err) ||
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
		if (!stm32_send(s, bytes, runs[i], err) ||
		    !stm32_listen(s, i + 1 < FM_COUNT(runs) ? QUIET_MS : KNOCK_MS, NACK, NACK,
				  &reply, err))
			return false;
	}
	*ret_alive = reply == NACK;
	/* The rest of the run may have given more of them. */
	while (reply) {
		if (!stm32_listen(s, QUIET_MS, NACK, NACK, &reply, err))
			return false;
	}
	return !*ret_alive || stm32_knock(s, 0xff, 2 * QUIET_MS, ret_alive, err);
}

/* The device was in step in this session and a command failed half-way. */
static bool stm32_back_in_step(struct fm_session *s, struct fm_error *err)
{
	struct stm32_state *st = s->state;
	bool alive;

	if (!fm_discard(s->link, err) || !stm32_fill(s, &alive, err))
		return false;
	if (!alive) {
		fm_fail(err, FM_TIMEOUT, "%s: the boot loader does not answer any more",
			s->link->name);
		return fm_hint(err, "Check cable and power, reset the unit into its boot loader "
				    "and run the command again.");
	}
	st->out_of_step = false;
	return true;
}

/* --- commands --- */

static bool stm32_command(struct fm_session *s, enum stm32_code code, uint32_t addr,
			  struct fm_error *err)
{
	struct stm32_state *st = s->state;
	const uint8_t frame[] = { (uint8_t)code, (uint8_t)(code ^ 0xff) };

	if (st->out_of_step && !stm32_back_in_step(s, err))
		return false;
	st->code = code;
	st->addr = addr;
	st->out_of_step = true; /* until it has ended well */
	return stm32_send(s, frame, sizeof(frame), err) && stm32_ack(s, REPLY_MS, AT_COMMAND, err);
}

static bool stm32_done(struct fm_session *s)
{
	((struct stm32_state *)s->state)->out_of_step = false;
	return true;
}

/* A 32-bit number with its checksum: addresses, and the length of Get Checksum. */
static bool stm32_send_word(struct fm_session *s, uint32_t word, enum stm32_stage stage,
			    struct fm_error *err)
{
	uint8_t frame[5];

	fm_put_be32(frame, word);
	frame[4] = fm_bytes_xor(frame, 4);
	return stm32_send(s, frame, sizeof(frame), err) && stm32_ack(s, REPLY_MS, stage, err);
}

static bool stm32_command_at(struct fm_session *s, enum stm32_code code, uint64_t addr,
			     struct fm_error *err)
{
	return stm32_command(s, code, (uint32_t)addr, err) &&
	       stm32_send_word(s, (uint32_t)addr, AT_ADDRESS, err);
}

/* The plan cuts and pads; what comes here otherwise is our own mistake. */
static bool stm32_check(uint64_t addr, size_t len, size_t align, struct fm_error *err)
{
	if (len > 0 && len <= BLOCK_MOST && addr % align == 0 && len % align == 0 &&
	    addr + len <= (uint64_t)UINT32_MAX + 1)
		return true;
	return fm_fail(err, FM_INTERNAL, "block of %zu bytes at 0x%" PRIx64 " is not for an STM32",
		       len, addr);
}

/* ACK and data come without a gap: one wait for both. */
static bool stm32_take_block(struct fm_session *s, uint8_t *ret_data, size_t len,
			     struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, BLOCK_MS);
	uint8_t answer[1 + BLOCK_MOST];
	size_t got = 0;

	do {
		if (!fm_recv_some(s->link, answer, 1 + len, &got, deadline, err))
			return fm_context(err, "%s", stm32_name(READ_MEMORY));
		while (got > 0 && answer[0] == BUSY)
			memmove(answer, answer + 1, --got);
	} while (got == 0);
	if (!stm32_judge(s, answer[0], AT_DATA, err) ||
	    !stm32_take(s, answer + got, 1 + len - got, deadline, AT_RESULT, err))
		return false;
	memcpy(ret_data, answer + 1, len);
	return true;
}

static bool stm32_read_block(struct fm_session *s, uint64_t addr, uint8_t *ret_data, size_t len,
			     struct fm_error *err)
{
	const uint8_t count = (uint8_t)(len - 1);
	const uint8_t frame[] = { count, count ^ 0xff };

	return stm32_command_at(s, READ_MEMORY, addr, err) &&
	       stm32_send(s, frame, sizeof(frame), err) &&
	       stm32_take_block(s, ret_data, len, err) && stm32_done(s);
}

static bool stm32_read(struct fm_session *s, enum fm_space space, uint64_t addr, uint8_t *ret_data,
		       size_t len, struct fm_error *err)
{
	uint8_t block[BLOCK_MOST];
	size_t offset = addr % BLOCK_MOST;

	if (!stm32_check(addr, len, 1, err))
		return false;
	if (stm32_read_block(s, addr, ret_data, len, err))
		return true;
	/* F4 and L0 refuse to read the few bytes of the unique id and the size register, but give
	 * the 256 bytes around them (stm32loader, LONG_UID_ACCESS). */
	if (space != FM_SPACE_SYSTEM || err->code != FM_NACK || offset + len > BLOCK_MOST)
		return false;
	if (!stm32_read_block(s, addr - offset, block, sizeof(block), err))
		return false;
	memcpy(ret_data, block + offset, len);
	return true;
}

static bool stm32_write(struct fm_session *s, enum fm_space space, uint64_t addr,
			const uint8_t *data, size_t len, struct fm_error *err)
{
	uint8_t frame[FRAME_MOST];

	(void)space;
	if (!stm32_check(addr, len, 4, err))
		return false;
	frame[0] = (uint8_t)(len - 1);
	memcpy(frame + 1, data, len);
	frame[1 + len] = fm_bytes_xor(frame, 1 + len);
	return stm32_command_at(s, WRITE_MEMORY, addr, err) && stm32_send(s, frame, len + 2, err) &&
	       stm32_ack(s, BLOCK_MS, AT_DATA, err) && stm32_done(s);
}

/* --- erase --- */

static bool stm32_erase_frame(struct fm_session *s, const uint8_t *frame, size_t len,
			      int64_t wait_ms, struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	struct fm_error later;

	if (stm32_command(s, st->erase, 0, err) && stm32_send(s, frame, len, err) &&
	    stm32_ack(s, wait_ms, AT_DATA, err))
		return stm32_done(s);
	/* An erase that waits for its pages is the one state in which a later session can't find
	 * its way back quickly: leave it now. When that fails too, the first error tells more. */
	(void)stm32_back_in_step(s, &later);
	return false;
}

/*
 * The longest that a block may take. The data sheets' longest, doubled: L0 and L1 3.3 ms, the pages
 * of 1 to 8 KiB of F0, F1, F3, L4, G0, G4, H7A3 40 ms (OpenOCD waits up to 250 ms); OpenOCD's 10 s
 * for the sectors of F2, F4, F7 and H7.
 */
static int64_t stm32_erase_ms(const struct fm_block *block)
{
	if (block->range.len <= 256)
		return 50;
	return block->range.len <= 8192 ? 500 : 10000;
}

/* How many of the blocks go into one command, so that a lost answer is noticed within a minute. */
static size_t stm32_erase_batch(const struct stm32_state *st, const struct fm_block *blocks,
				size_t count, int64_t *ret_wait_ms)
{
	size_t most = st->erase == EXTENDED_ERASE ? EXTENDED_MOST : ERASE_MOST, n = 0;

	*ret_wait_ms = 5000;
	while (n < count && n < most && (n == 0 || *ret_wait_ms < MASS_ERASE_MS))
		*ret_wait_ms += stm32_erase_ms(&blocks[n++]);
	return n;
}

static bool stm32_erase_some(struct fm_session *s, const struct fm_block *blocks, size_t n,
			     int64_t wait_ms, struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	unsigned largest = st->erase == EXTENDED_ERASE ? 0xffef : 0xff;
	uint8_t frame[EXTENDED_FRAME];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (blocks[i].number > largest)
			return fm_fail(err, FM_UNSUPPORTED, "%s cannot name page %u",
				       stm32_name(st->erase), blocks[i].number);
	}
	if (st->erase == ERASE) {
		frame[len++] = (uint8_t)(n - 1);
		for (size_t i = 0; i < n; i++)
			frame[len++] = (uint8_t)blocks[i].number;
	} else {
		fm_put_be16(frame, (uint16_t)(n - 1));
		for (size_t i = 0; i < n; i++)
			fm_put_be16(frame + 2 + 2 * i, (uint16_t)blocks[i].number);
		len = 2 + 2 * n;
	}
	frame[len] = fm_bytes_xor(frame, len);
	return stm32_erase_frame(s, frame, len + 1, wait_ms, err);
}

static bool stm32_erase(struct fm_session *s, const struct fm_block *blocks, size_t count,
			struct fm_error *err)
{
	size_t n;

	for (size_t done = 0; done < count; done += n) {
		int64_t wait_ms;

		n = stm32_erase_batch(s->state, blocks + done, count - done, &wait_ms);
		if (!stm32_erase_some(s, blocks + done, n, wait_ms, err))
			return false;
	}
	return true;
}

static bool stm32_erase_all(struct fm_session *s, struct fm_error *err)
{
	static const uint8_t global[] = { 0xff, 0x00 }, extended_global[] = { 0xff, 0xff, 0x00 };
	const struct stm32_state *st = s->state;
	const struct fm_region *region = s->memory ? fm_memory_application(s->memory) : NULL;
	int64_t wait_ms = MASS_ERASE_MS * (region ? 1 + (int64_t)(region->range.len >> 20) : 2);

	if (st->erase == ERASE)
		return stm32_erase_frame(s, global, sizeof(global), wait_ms, err);
	return stm32_erase_frame(s, extended_global, sizeof(extended_global), wait_ms, err);
}

/* --- checksum and start --- */

static bool stm32_checksum(struct fm_session *s, const struct fm_range *range, uint32_t *ret_sum,
			   struct fm_error *err)
{
	/* Up to 50 cycles a byte where the ROM has no CRC unit, at 8 MHz: 0.4 s for 64 KiB. */
	int64_t wait_ms = 2000 + (int64_t)(range->len >> 16) * 1000;
	uint8_t answer[5];

	if (!stm32_command_at(s, GET_CHECKSUM, range->addr, err) ||
	    !stm32_send_word(s, (uint32_t)range->len, AT_DATA, err) ||
	    !stm32_ack(s, wait_ms, AT_RESULT, err) ||
	    !stm32_take(s, answer, sizeof(answer), fm_in_ms(s->link->clock, REPLY_MS), AT_RESULT,
			err))
		return false;
	if (fm_bytes_xor(answer, 4) != answer[4])
		return fm_fail(err, FM_PROTOCOL, "the checksum of 0x%08" PRIx64 " came damaged",
			       range->addr);
	*ret_sum = fm_get_be32(answer);
	return stm32_done(s);
}

/* The CRC unit of the STM32: polynomial 0x04C11DB7, start FFFFFFFF, not reflected, no final XOR,
 * over little-endian words. */
static uint32_t stm32_checksum_of(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i + 4 <= len; i += 4) {
		crc ^= fm_get_le32(data + i);
		for (int bit = 0; bit < 32; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
	}
	return crc;
}

/* Go jumps to the vector table at the application's base. Without the command the unit stays in
 * its boot loader until it is reset with BOOT0 low. */
static bool stm32_finish(struct fm_session *s, struct fm_error *err)
{
	const struct fm_region *region = s->memory ? fm_memory_application(s->memory) : NULL;

	if (!(s->can & FM_CAN_RUN) || !region)
		return true;
	return stm32_command_at(s, GO, region->range.addr, err) && stm32_done(s);
}

/* --- open --- */

static bool stm32_get(struct fm_session *s, struct fm_error *err)
{
	struct stm32_state *st = s->state;
	uint8_t count, answer[2 + 255];

	if (!stm32_command(s, GET, 0, err) ||
	    !stm32_take(s, &count, 1, fm_in_ms(s->link->clock, REPLY_MS), AT_RESULT, err) ||
	    !stm32_take(s, answer, count + 1u, fm_in_ms(s->link->clock, REPLY_MS), AT_RESULT,
			err) ||
	    !stm32_ack(s, REPLY_MS, AT_RESULT, err))
		return false;
	*st = (struct stm32_state){ .version = answer[0], .code = GET };
	s->can = 0;
	for (size_t i = 1; i <= count; i++) {
		st->has_version |= answer[i] == GET_VERSION;
		st->has_id |= answer[i] == GET_ID;
		st->has_read |= answer[i] == READ_MEMORY;
		if (answer[i] == READ_MEMORY)
			s->can |= FM_CAN_READ;
		if (answer[i] == GO)
			s->can |= FM_CAN_RUN;
		if ((answer[i] == ERASE || answer[i] == EXTENDED_ERASE) && answer[i] > st->erase) {
			st->erase = answer[i];
			s->can |= FM_CAN_ERASE | FM_CAN_ERASE_ALL;
		}
		if (answer[i] == GET_CHECKSUM && s->params.values[PARAM_CRC])
			s->can |= FM_CAN_CHECKSUM;
	}
	return true;
}

/* The same version as Get told: two answers that agree are no noise. */
static bool stm32_get_version(struct fm_session *s, struct fm_identity *identity,
			      struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	uint8_t answer[3];
	char text[8];

	if (st->has_version) {
		if (!stm32_command(s, GET_VERSION, 0, err) ||
		    !stm32_take(s, answer, sizeof(answer), fm_in_ms(s->link->clock, REPLY_MS),
				AT_RESULT, err) ||
		    !stm32_ack(s, REPLY_MS, AT_RESULT, err))
			return false;
		if (answer[0] != st->version)
			return fm_fail(err, FM_PROTOCOL,
				       "the boot loader calls itself %02x, then %02x", st->version,
				       answer[0]);
	}
	snprintf(text, sizeof(text), "%u.%u", st->version >> 4, st->version & 0xf);
	fm_identity_set(identity, FM_FACT_LOADER, FM_PLAIN, text, "Get of the boot loader");
	return stm32_done(s);
}

/* Two bytes, or three and four from the BlueNRG family, where the third is the product
 * (stm32loader, get_id). */
static bool stm32_get_id(struct fm_session *s, struct fm_identity *identity, struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	uint8_t count, answer[256];
	char text[8];

	if (!st->has_id)
		return fm_fail(err, FM_UNSUPPORTED, "boot loader %u.%u cannot tell its chip",
			       st->version >> 4, st->version & 0xf);
	if (!stm32_command(s, GET_ID, 0, err) ||
	    !stm32_take(s, &count, 1, fm_in_ms(s->link->clock, REPLY_MS), AT_RESULT, err) ||
	    !stm32_take(s, answer, count + 1u, fm_in_ms(s->link->clock, REPLY_MS), AT_RESULT,
			err) ||
	    !stm32_ack(s, REPLY_MS, AT_RESULT, err))
		return false;
	if (count < 1 || count > 3)
		return fm_fail(err, FM_PROTOCOL, "a chip id of %u bytes", count + 1u);
	snprintf(text, sizeof(text), "%04x", count == 1 ? fm_get_be16(answer) : answer[2]);
	fm_identity_set(identity, FM_FACT_CHIP_ID, FM_PLAIN, text, "Get ID of the boot loader");
	return stm32_done(s);
}

/* A read protected unit refuses Read Memory itself. Otherwise an address with a wrong checksum
 * leads back to the prompt, whatever memory the chip has. */
static bool stm32_probe_protection(struct fm_session *s, struct fm_identity *identity,
				   struct fm_error *err)
{
	static const uint8_t wrong[] = { 0xff, 0xff, 0xff, 0xff, 0xaa };
	const struct stm32_state *st = s->state;
	bool locked = false;

	if (!st->has_read)
		return true;
	if (!stm32_command(s, READ_MEMORY, 0, err)) {
		locked = err->code == FM_NACK;
		if (!locked)
			return false;
	} else if (!stm32_send(s, wrong, sizeof(wrong), err)) {
		return false;
	} else if (stm32_ack(s, REPLY_MS, AT_ADDRESS, err)) {
		return fm_fail(err, FM_PROTOCOL, "a wrong checksum was accepted");
	} else if (err->code != FM_NACK) {
		return false;
	}
	if (locked)
		s->can = 0;
	fm_identity_set(identity, FM_FACT_PROTECTION, FM_PLAIN,
			locked ? "read protected" : "not read protected", "Read Memory was tried");
	return stm32_done(s);
}

static bool stm32_silent(struct fm_session *s, struct fm_error *err)
{
	fm_fail(err, FM_NO_ANSWER, "%s: no STM32 boot loader answers", s->link->name);
	return fm_hint(err, "BOOT0 high and reset? 8E1, TX and RX crossed? It keeps the baud rate "
			    "of its first session until reset. After a broken erase: reset it.");
}

/* Is anybody there? First as after a reset, then as after a host that went away in a frame. */
static bool stm32_find(struct fm_session *s, struct fm_error *err)
{
	bool alive;

	if (!fm_discard(s->link, err) || !stm32_knock(s, INIT, KNOCK_MS, &alive, err) ||
	    (!alive && !stm32_fill(s, &alive, err)))
		return false;
	return alive || stm32_silent(s, err);
}

static bool stm32_interview(struct fm_session *s, struct fm_identity *identity,
			    struct fm_error *err)
{
	((struct stm32_state *)s->state)->out_of_step = false;
	return stm32_get(s, err) && stm32_get_version(s, identity, err) &&
	       stm32_get_id(s, identity, err) && stm32_probe_protection(s, identity, err);
}

static bool stm32_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct fm_error last;

	s->read_len = BLOCK_MOST;
	for (int i = 0; i < 3; i++) {
		struct fm_identity identity = *ret;

		if (!stm32_find(s, err))
			return false;
		if (stm32_interview(s, &identity, err)) {
			*ret = identity;
			fm_error_clear(err);
			return true;
		}
		if (err->code != FM_TIMEOUT && err->code != FM_NACK && err->code != FM_PROTOCOL)
			return false;
	}
	last = *err;
	fm_fail(err, FM_NO_ANSWER, "something answers, but not as an STM32 boot loader (%.160s)",
		last.text);
	return fm_hint(err, "Check model, baud rate and cable; reset the unit with BOOT0 high and "
			    "run the command again.");
}

const struct fm_protocol fm_protocol_stm32_uart = {
	.name = "stm32-uart",
	.title = "STM32 system boot loader (AN3155)",
	.chip_id = "stm32-pid",
	.needs = FM_NEEDS_STREAM | FM_NEEDS_LINE,
	.can = FM_CAN_READ | FM_CAN_ERASE | FM_CAN_ERASE_ALL | FM_CAN_CHECKSUM | FM_CAN_RUN,
	.state_size = sizeof(struct stm32_state),
	.params = stm32_params,
	.fill = 0xff,
	.open = stm32_open,
	.erase = stm32_erase,
	.erase_all = stm32_erase_all,
	.write = stm32_write,
	.read = stm32_read,
	.checksum = stm32_checksum,
	.checksum_of = stm32_checksum_of,
	.checksum_align = 4,
	.finish = stm32_finish,
};

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
#include "protocol/stm32_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	ERASE_MOST = 255,      /* pages in 43: 0xFF is the whole chip */
	EXTENDED_MOST = 512,   /* pages in 44: more than that an L152 refuses */
	EXTENDED_FRAME = 1027, /* count, pages, XOR */
	FRAME_MOST = 258,      /* any other: count, data, XOR */
};

/* For each MiB: an F4 at low voltage needs up to 32 s. */
#define MASS_ERASE_MS 35000

enum { PARAM_CRC };

static const struct fm_param stm32_params[] = {
	[PARAM_CRC] = { "crc", FM_PARAM_BOOL, 1, 0, 0,
			"use the checksum command of the boot loader where it lists one" },
	{ 0 },
};

struct stm32_state {
	struct fm_stm32_wire wire;
	uint8_t version;  /* 0x31 = 3.1 */
	uint8_t erase;    /* ERASE, EXTENDED_ERASE, 0 = neither */
	bool listed[256]; /* by Get */
};

/* --- blocks --- */

/* The plan cuts and pads; what comes here otherwise is our own mistake. */
static bool stm32_check(uint64_t addr, size_t len, size_t align, struct fm_error *err)
{
	if (len > 0 && len <= FM_STM32_BLOCK_MOST && addr % align == 0 && len % align == 0 &&
	    addr + len <= (uint64_t)UINT32_MAX + 1)
		return true;
	return fm_fail(err, FM_INTERNAL, "block of %zu bytes at 0x%" PRIx64 " is not for an STM32",
		       len, addr);
}

static bool stm32_read_block(struct fm_session *s, uint64_t addr, uint8_t *ret_data, size_t len,
			     struct fm_error *err)
{
	const uint8_t count = (uint8_t)(len - 1);
	const uint8_t frame[] = { count, count ^ 0xff };

	return fm_stm32_command_at(s, READ_MEMORY, addr, err) &&
	       fm_stm32_send(s, frame, sizeof(frame), err) &&
	       fm_stm32_take_block(s, ret_data, len, err) && fm_stm32_done(s);
}

static bool stm32_read(struct fm_session *s, enum fm_space space, uint64_t addr, uint8_t *ret_data,
		       size_t len, struct fm_error *err)
{
	uint8_t block[FM_STM32_BLOCK_MOST];
	size_t offset = addr % FM_STM32_BLOCK_MOST;

	if (!stm32_check(addr, len, 1, err))
		return false;
	if (stm32_read_block(s, addr, ret_data, len, err))
		return true;
	/* F4 and L0 refuse to read the few bytes of the unique id and the size register, but give
	 * the 256 bytes around them (stm32loader, LONG_UID_ACCESS). */
	if (space != FM_SPACE_SYSTEM || err->code != FM_NACK || offset + len > FM_STM32_BLOCK_MOST)
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
	return fm_stm32_command_at(s, WRITE_MEMORY, addr, err) &&
	       fm_stm32_send(s, frame, len + 2, err) &&
	       fm_stm32_ack(s, FM_STM32_BLOCK_MS, AT_DATA, err) && fm_stm32_done(s);
}

/* --- erase --- */

static bool stm32_erase_frame(struct fm_session *s, const uint8_t *frame, size_t len,
			      int64_t wait_ms, struct fm_error *err)
{
	struct stm32_state *st = s->state;
	struct fm_error later;

	if (fm_stm32_command(s, st->erase, 0, err) && fm_stm32_send(s, frame, len, err) &&
	    fm_stm32_ack(s, wait_ms, AT_DATA, err))
		return fm_stm32_done(s);
	/* An erase that waits for its pages is the one state in which a later session can't find
	 * its way back quickly: leave it now. When that fails too, the first error tells more. */
	st->wire.out_of_step = !fm_stm32_back_in_step(s, &later);
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
				       fm_stm32_name(st->erase), blocks[i].number);
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

	if (!fm_stm32_command_at(s, GET_CHECKSUM, range->addr, err) ||
	    !fm_stm32_send_word(s, (uint32_t)range->len, AT_DATA, err) ||
	    !fm_stm32_ack(s, wait_ms, AT_RESULT, err) ||
	    !fm_stm32_take(s, answer, sizeof(answer), AT_RESULT, err))
		return false;
	if (fm_bytes_xor(answer, 4) != answer[4])
		return fm_fail(err, FM_PROTOCOL, "the checksum of 0x%08" PRIx64 " came damaged",
			       range->addr);
	*ret_sum = fm_get_be32(answer);
	return fm_stm32_done(s);
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
	return fm_stm32_command_at(s, GO, region->range.addr, err) && fm_stm32_done(s);
}

/* --- open --- */

static bool stm32_get(struct fm_session *s, struct fm_error *err)
{
	struct stm32_state *st = s->state;
	uint8_t count, answer[256];

	if (!fm_stm32_command(s, GET, 0, err) || !fm_stm32_take_counted(s, &count, answer, err))
		return false;
	st->version = answer[0];
	memset(st->listed, 0, sizeof(st->listed));
	for (size_t i = 1; i <= count; i++)
		st->listed[answer[i]] = true;
	/* It has one of them; of a twin the higher code is meant (stm32flash). */
	st->erase = st->listed[EXTENDED_ERASE] ? EXTENDED_ERASE : st->listed[ERASE] ? ERASE : 0;
	s->can = (st->listed[READ_MEMORY] ? FM_CAN_READ : 0) | (st->listed[GO] ? FM_CAN_RUN : 0) |
		 (st->erase ? FM_CAN_ERASE | FM_CAN_ERASE_ALL : 0);
	if (st->listed[GET_CHECKSUM] && s->params.values[PARAM_CRC])
		s->can |= FM_CAN_CHECKSUM;
	return fm_stm32_done(s);
}

/* The same version as Get told: two answers that agree are no noise. */
static bool stm32_get_version(struct fm_session *s, struct fm_identity *identity,
			      struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	uint8_t answer[3];
	char text[8];

	if (st->listed[GET_VERSION]) {
		if (!fm_stm32_command(s, GET_VERSION, 0, err) ||
		    !fm_stm32_take(s, answer, sizeof(answer), AT_RESULT, err) ||
		    !fm_stm32_ack(s, FM_STM32_REPLY_MS, AT_RESULT, err))
			return false;
		if (answer[0] != st->version)
			return fm_fail(err, FM_PROTOCOL,
				       "the boot loader calls itself %02x, then %02x", st->version,
				       answer[0]);
	}
	snprintf(text, sizeof(text), "%u.%u", st->version >> 4, st->version & 0xf);
	fm_identity_set(identity, FM_FACT_LOADER, FM_PLAIN, text, "Get of the boot loader");
	return fm_stm32_done(s);
}

/* Two bytes, or three and four from the BlueNRG family, where the third is the product
 * (stm32loader, get_id). */
static bool stm32_ask_id(struct fm_session *s, uint16_t *ret_id, struct fm_error *err)
{
	uint8_t count, answer[256];

	if (!fm_stm32_command(s, GET_ID, 0, err) || !fm_stm32_take_counted(s, &count, answer, err))
		return false;
	if (count < 1 || count > 3)
		return fm_fail(err, FM_PROTOCOL, "a chip id of %u bytes", count + 1u);
	*ret_id = count == 1 ? fm_get_be16(answer) : answer[2];
	return fm_stm32_done(s);
}

/* Asked twice: the answer has no checksum, and all the geometry follows from it. */
static bool stm32_get_id(struct fm_session *s, struct fm_identity *identity, struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	uint16_t id, again;
	char text[8];

	if (!st->listed[GET_ID])
		return fm_fail(err, FM_UNSUPPORTED, "boot loader %u.%u cannot tell its chip",
			       st->version >> 4, st->version & 0xf);
	if (!stm32_ask_id(s, &id, err) || !stm32_ask_id(s, &again, err))
		return false;
	if (id != again)
		return fm_fail(err, FM_PROTOCOL, "the chip calls itself %04x, then %04x", id,
			       again);
	snprintf(text, sizeof(text), "%04x", id);
	fm_identity_set(identity, FM_FACT_CHIP_ID, FM_PLAIN, text, "Get ID of the boot loader");
	return true;
}

/* Leave a Read Memory that was accepted: with a wrong checksum, whatever memory the chip has. */
static bool stm32_decline(struct fm_session *s, struct fm_error *err)
{
	static const uint8_t wrong[] = { 0xff, 0xff, 0xff, 0xff, 0xaa };

	if (!fm_stm32_send(s, wrong, sizeof(wrong), err))
		return false;
	if (fm_stm32_ack(s, FM_STM32_REPLY_MS, AT_ADDRESS, err))
		return fm_fail(err, FM_PROTOCOL, "a wrong checksum was accepted");
	return err->code == FM_NACK;
}

/* A read protected unit refuses Read Memory itself, and does so twice. */
static bool stm32_probe_protection(struct fm_session *s, struct fm_identity *identity,
				   struct fm_error *err)
{
	const struct stm32_state *st = s->state;
	bool locked = true;

	if (!st->listed[READ_MEMORY])
		return true;
	for (int i = 0; i < 2 && locked; i++) {
		locked = !fm_stm32_command(s, READ_MEMORY, 0, err);
		if (locked ? err->code != FM_NACK : !stm32_decline(s, err))
			return false;
	}
	if (locked)
		s->can = 0;
	fm_identity_set(identity, FM_FACT_PROTECTION, FM_PLAIN,
			locked ? "read protected" : "not read protected", "Read Memory was tried");
	return fm_stm32_done(s);
}

static bool stm32_interview(struct fm_session *s, struct fm_identity *identity,
			    struct fm_error *err)
{
	((struct stm32_state *)s->state)->wire.out_of_step = false;
	return stm32_get(s, err) && stm32_get_version(s, identity, err) &&
	       stm32_get_id(s, identity, err) && stm32_probe_protection(s, identity, err);
}

static bool stm32_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct fm_error last;

	s->read_len = FM_STM32_BLOCK_MOST;
	for (int i = 0; i < 3; i++) {
		struct fm_identity identity = *ret;

		if (!fm_stm32_find(s, err))
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

#include "sim/stm32/rom.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <string.h>

enum { INIT = 0x7f, ACK = 0x79, NACK = 0x1f, BUSY = 0x76 };

static void stm32_reply(struct fm_stm32 *u, uint8_t reply)
{
	fm_sim_say(&u->unit, &reply, 1);
}

static void stm32_expect(struct fm_stm32 *u, enum fm_stm32_phase phase)
{
	u->phase = phase;
	u->got = 0;
}

static void stm32_ack_and_expect(struct fm_stm32 *u, enum fm_stm32_phase phase)
{
	stm32_reply(u, ACK);
	stm32_expect(u, phase);
}

static void stm32_refuse(struct fm_stm32 *u)
{
	stm32_reply(u, NACK);
	stm32_expect(u, FM_STM32_CODE);
}

static void stm32_begin_work(struct fm_stm32 *u, enum fm_stm32_work work, int64_t now_ns,
			     int64_t ns)
{
	if (u->options.busy && ns > 0)
		stm32_reply(u, BUSY);
	u->work = work;
	u->work_ends_ns = now_ns + (u->options.fast ? 0 : ns);
}

/* The last ACK leaves before what follows it. */
static void stm32_ack_and_leave(struct fm_stm32 *u, int64_t now_ns, enum fm_stm32_work work)
{
	stm32_reply(u, ACK);
	u->work = work;
	u->work_ends_ns = now_ns + 1000000;
}

void fm_stm32_rom_wake(struct fm_stm32 *u)
{
	stm32_expect(u, FM_STM32_WAKE);
	u->unit.baud = 0;
	u->held = -1;
	if (u->resets++ > 0 && u->options.has_fault[FM_SIM_WRONG_ID])
		u->options.pid = (unsigned)u->options.fault[FM_SIM_WRONG_ID];
}

/* --- erase --- */

/* The next block of the list begins, or the last has ended. */
static void stm32_next_block(struct fm_stm32 *u, int64_t now_ns)
{
	int64_t ns;

	if (u->page == u->page_count) {
		u->work = FM_STM32_IDLE;
		stm32_ack_and_expect(u, FM_STM32_CODE);
		return;
	}
	ns = fm_stm32_chip_erase_ns(&u->chip, u->pages[u->page], u->all);
	if (u->options.slow)
		ns *= u->options.slow;
	u->half = fm_stm32_fault(u, FM_SIM_CUT_ERASE, ++u->erased);
	u->work = FM_STM32_ERASING;
	u->work_ends_ns = now_ns + (u->options.fast ? 0 : u->half ? ns / 2 : ns);
}

static void stm32_erase_all(struct fm_stm32 *u, int64_t now_ns, size_t first, size_t end)
{
	u->all = true;
	u->page = u->page_count = 0;
	for (size_t block = first; block < end; block++)
		u->pages[u->page_count++] = (uint16_t)block;
	if (u->options.busy)
		stm32_reply(u, BUSY);
	stm32_next_block(u, now_ns);
}

static void stm32_erase_list(struct fm_stm32 *u, int64_t now_ns, size_t width)
{
	u->all = false;
	u->page = 0;
	u->page_count = (u->got - 1) / width - 1;
	for (size_t i = 0; i < u->page_count; i++)
		u->pages[i] = width == 1 ? u->frame[1 + i] : fm_get_be16(u->frame + 2 + 2 * i);
	if (u->options.busy)
		stm32_reply(u, BUSY);
	stm32_next_block(u, now_ns);
}

/* FFFF: all; FFFE and FFFD: the banks of parts of 1 MiB and more; others down to FFF0: reserved. */
static void stm32_erase_special(struct fm_stm32 *u, int64_t now_ns, unsigned special)
{
	size_t blocks = u->chip.blocks;
	bool banks = u->chip.flash_len >= 1u << 20;

	if (u->chip.part->no_mass)
		stm32_refuse(u);
	else if (special == 0xffff)
		stm32_erase_all(u, now_ns, 0, blocks);
	else if (special == 0xfffe && banks)
		stm32_erase_all(u, now_ns, 0, blocks / 2);
	else if (special == 0xfffd && banks)
		stm32_erase_all(u, now_ns, blocks / 2, blocks);
	else
		stm32_refuse(u);
}

/* --- commands --- */

struct stm32_command {
	uint8_t code;
	bool when_locked; /* also while read protected */
	enum fm_stm32_phase next;
};

static const struct stm32_command stm32_commands[] = {
	{ 0x00, true, FM_STM32_CODE },
	{ 0x01, true, FM_STM32_CODE },
	{ 0x02, true, FM_STM32_CODE },
	{ 0x11, false, FM_STM32_ADDRESS },
	{ 0x21, false, FM_STM32_ADDRESS },
	{ 0x31, false, FM_STM32_ADDRESS },
	{ 0x43, false, FM_STM32_ERASE_PAGES },
	{ 0x44, false, FM_STM32_EXTENDED_PAGES },
	{ 0x63, false, FM_STM32_PROTECT_SECTORS },
	{ 0x73, false, FM_STM32_CODE },
	{ 0x82, false, FM_STM32_CODE },
	{ 0x92, true, FM_STM32_CODE },
	{ 0xa1, false, FM_STM32_ADDRESS },
};

static bool stm32_has(const struct fm_stm32 *u, uint8_t code)
{
	if (code == 0x43 || code == 0x44)
		return code == u->chip.part->erase;
	return (code != 0xa1 || u->options.crc) && (code != 0x21 || !u->options.no_go);
}

static const struct stm32_command *stm32_find(const struct fm_stm32 *u, uint8_t code)
{
	for (size_t i = 0; i < FM_COUNT(stm32_commands); i++) {
		if (stm32_commands[i].code == code && stm32_has(u, code))
			return &stm32_commands[i];
	}
	return NULL;
}

static void stm32_get(struct fm_stm32 *u)
{
	uint8_t answer[2 + FM_COUNT(stm32_commands)];
	uint8_t n = 0;

	for (size_t i = 0; i < FM_COUNT(stm32_commands); i++) {
		if (stm32_has(u, stm32_commands[i].code))
			answer[2 + n++] = stm32_commands[i].code;
	}
	answer[0] = n;
	answer[1] = u->chip.part->loader;
	fm_sim_say(&u->unit, answer, 2u + n);
	stm32_reply(u, ACK);
}

static void stm32_get_id(struct fm_stm32 *u)
{
	const uint8_t pid[] = { 1, (uint8_t)(u->options.pid >> 8), (uint8_t)u->options.pid };
	const uint8_t long_pid[] = { 3, 0x00, 0x02, (uint8_t)u->options.pid, 0x11 };

	if (u->options.long_id)
		fm_sim_say(&u->unit, long_pid, sizeof(long_pid));
	else
		fm_sim_say(&u->unit, pid, sizeof(pid));
	stm32_reply(u, ACK);
}

/* Commands that are done as soon as they are known. Protecting and unprotecting end in a reset. */
static void stm32_at_once(struct fm_stm32 *u, int64_t now_ns)
{
	const uint8_t version[] = { u->chip.part->loader, 0, 0 };

	switch (u->code) {
	case 0x00:
		stm32_get(u);
		return;
	case 0x01:
		fm_sim_say(&u->unit, version, sizeof(version));
		stm32_reply(u, ACK);
		return;
	case 0x02:
		stm32_get_id(u);
		return;
	case 0x73:
		fm_stm32_chip_protect(&u->chip, NULL, 0);
		break;
	case 0x82:
		u->options.locked = true;
		break;
	case 0x92:
		for (size_t block = 0; block < u->chip.blocks; block++)
			fm_stm32_chip_erase(&u->chip, block, false);
		u->options.locked = false;
		break;
	}
	stm32_ack_and_leave(u, now_ns, FM_STM32_RESETTING);
}

static void stm32_complement(struct fm_stm32 *u, int64_t now_ns, uint8_t byte)
{
	const struct stm32_command *command = stm32_find(u, u->code);

	if ((u->code ^ byte) != 0xff || !command || (u->options.locked && !command->when_locked) ||
	    fm_stm32_fault(u, FM_SIM_NACK, ++u->commands)) {
		stm32_refuse(u);
		return;
	}
	stm32_ack_and_expect(u, command->next);
	if (command->next == FM_STM32_CODE)
		stm32_at_once(u, now_ns);
}

/* --- frames --- */

/* Length of the frame that the phase collects, as far as it is known by now. */
static size_t stm32_frame_len(const struct fm_stm32 *u)
{
	const uint8_t *frame = u->frame;

	switch (u->phase) {
	case FM_STM32_ADDRESS:
	case FM_STM32_LENGTH:
		return 5;
	case FM_STM32_READ_COUNT:
		return 2;
	case FM_STM32_ERASE_PAGES:
		if (u->got == 0)
			return 1;
		return frame[0] == 0xff ? 2 : frame[0] + 3u;
	case FM_STM32_WRITE_BLOCK:
	case FM_STM32_PROTECT_SECTORS:
		return u->got == 0 ? 1 : frame[0] + 3u;
	case FM_STM32_EXTENDED_PAGES:
		if (u->got < 2)
			return 2;
		return frame[0] == 0xff && frame[1] >= 0xf0 ? 3 : 2 * (fm_get_be16(frame) + 2u) + 1;
	default:
		return 0;
	}
}

static void stm32_address(struct fm_stm32 *u, int64_t now_ns)
{
	enum fm_stm32_area area;

	u->addr = fm_get_be32(u->frame);
	area = fm_stm32_chip_area(&u->chip, u->addr);
	if (area == FM_STM32_NOWHERE ||
	    (u->code == 0x31 && (area == FM_STM32_IN_SYSTEM || area == FM_STM32_IN_LOADER_RAM)))
		stm32_refuse(u);
	else if (u->code == 0x11)
		stm32_ack_and_expect(u, FM_STM32_READ_COUNT);
	else if (u->code == 0x31)
		stm32_ack_and_expect(u, FM_STM32_WRITE_BLOCK);
	else if (u->code == 0xa1)
		stm32_ack_and_expect(u, FM_STM32_LENGTH);
	else if (area == FM_STM32_IN_FLASH || area == FM_STM32_IN_RAM)
		stm32_ack_and_leave(u, now_ns, FM_STM32_STARTING);
	else
		stm32_refuse(u);
}

static void stm32_read(struct fm_stm32 *u)
{
	uint8_t data[256];
	size_t len = u->frame[0] + 1u;
	/* F4 and L0 give the unique id and the size only as part of a whole block. */
	bool whole = u->chip.part->size_addr >> 8 == u->chip.part->unique_addr >> 8 &&
		     u->addr >> 8 == u->chip.part->size_addr >> 8 &&
		     fm_stm32_chip_area(&u->chip, u->addr) == FM_STM32_IN_SYSTEM &&
		     (u->chip.part->size_addr == 0x1fff7a22 || u->chip.part->no_mass);

	if ((u->frame[0] ^ u->frame[1]) != 0xff || (whole && len < sizeof(data))) {
		stm32_refuse(u);
		return;
	}
	for (size_t i = 0; i < len; i++)
		data[i] = fm_stm32_chip_peek(&u->chip, u->addr + (uint32_t)i);
	stm32_ack_and_expect(u, FM_STM32_CODE);
	fm_sim_say(&u->unit, data, len);
}

/* A frame is complete and its checksum is right. */
static void stm32_execute(struct fm_stm32 *u, int64_t now_ns)
{
	switch (u->phase) {
	case FM_STM32_ADDRESS:
		stm32_address(u, now_ns);
		break;
	case FM_STM32_WRITE_BLOCK:
		stm32_begin_work(u, FM_STM32_PROGRAMMING, now_ns,
				 fm_stm32_chip_program_ns(&u->chip, u->addr, u->frame[0] + 1u));
		break;
	case FM_STM32_ERASE_PAGES:
		stm32_erase_list(u, now_ns, 1);
		break;
	case FM_STM32_EXTENDED_PAGES:
		if (u->got == 3)
			stm32_erase_special(u, now_ns, fm_get_be16(u->frame));
		else
			stm32_erase_list(u, now_ns, 2);
		break;
	case FM_STM32_PROTECT_SECTORS:
		fm_stm32_chip_protect(&u->chip, u->frame + 1, u->got - 2);
		stm32_ack_and_leave(u, now_ns, FM_STM32_RESETTING);
		break;
	case FM_STM32_LENGTH:
		stm32_reply(u, ACK);
		/* 50 cycles a byte at 8 MHz, as a ROM without a CRC unit would need, is 6 us;
		 * with one it is far below the line. */
		stm32_begin_work(u, FM_STM32_COMPUTING, now_ns,
				 fm_get_be32(u->frame) * INT64_C(100));
		break;
	default:
		break;
	}
}

static void stm32_collect(struct fm_stm32 *u, int64_t now_ns, uint8_t byte)
{
	u->frame[u->got++] = byte;
	if (u->got < stm32_frame_len(u))
		return;
	if (u->phase == FM_STM32_READ_COUNT)
		stm32_read(u);
	else if (u->phase == FM_STM32_ERASE_PAGES && u->got == 2 && u->frame[0] == 0xff)
		byte == 0 ? stm32_erase_all(u, now_ns, 0, u->chip.blocks) : stm32_refuse(u);
	else if (fm_bytes_xor(u->frame, u->got) != 0)
		stm32_refuse(u);
	else
		stm32_execute(u, now_ns);
}

/* --- bytes and time --- */

void fm_stm32_rom_byte(struct fm_stm32 *u, int64_t now_ns, uint8_t byte)
{
	switch (u->phase) {
	case FM_STM32_WAKE:
		if (byte == INIT) {
			u->unit.baud = u->unit.host_baud;
			stm32_ack_and_expect(u, FM_STM32_CODE);
		}
		break;
	case FM_STM32_CODE:
		u->code = byte;
		stm32_expect(u, FM_STM32_COMPLEMENT);
		break;
	case FM_STM32_COMPLEMENT:
		stm32_complement(u, now_ns, byte);
		break;
	default:
		stm32_collect(u, now_ns, byte);
	}
}

static void stm32_programmed(struct fm_stm32 *u, int64_t now_ns)
{
	bool option = fm_stm32_chip_area(&u->chip, u->addr) == FM_STM32_IN_OPTION;

	if (option)
		memset(u->chip.option, 0xff, sizeof(u->chip.option));
	fm_stm32_chip_program(&u->chip, u->addr, u->frame + 1, u->frame[0] + 1u);
	if (option)
		stm32_ack_and_leave(u, now_ns, FM_STM32_RESETTING);
	else
		stm32_ack_and_expect(u, FM_STM32_CODE);
}

static void stm32_computed(struct fm_stm32 *u)
{
	uint32_t crc = fm_stm32_chip_crc(&u->chip, u->addr, fm_get_be32(u->frame));
	uint8_t answer[5];

	fm_put_be32(answer, crc);
	answer[4] = fm_bytes_xor(answer, 4);
	stm32_ack_and_expect(u, FM_STM32_CODE);
	fm_sim_say(&u->unit, answer, sizeof(answer));
}

void fm_stm32_rom_worked(struct fm_stm32 *u, int64_t now_ns, enum fm_stm32_work work)
{
	if (work == FM_STM32_PROGRAMMING) {
		stm32_programmed(u, now_ns);
	} else if (work == FM_STM32_COMPUTING) {
		stm32_computed(u);
	} else if (work == FM_STM32_ERASING) {
		fm_stm32_chip_erase(&u->chip, u->pages[u->page++], u->half);
		if (u->half)
			u->unit.powered = false;
		else
			stm32_next_block(u, now_ns);
	}
}

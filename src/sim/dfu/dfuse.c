/* ST's extension of DFU: commands and addresses in block numbers, DfuSe sheet sections 2 and 3. */
#include "sim/dfu/core.h"

#include "base/bytes.h"

#include <string.h>

enum { GET = 0x00, SET_ADDRESS_POINTER = 0x21, ERASE = 0x41, READ_UNPROTECT = 0x92 };

#define FIRST_DATA_BLOCK 2
#define LIE_MS 100 /* section 3.1: what an F405 says of a mass erase */

/* The selected memory first: those of external chips begin at 0, too. */
static struct fm_dfu_memory *dfuse_memory(struct fm_dfu *u, uint32_t addr)
{
	struct fm_dfu_memory *selected = fm_dfu_selected(u);
	size_t offset;

	if (fm_dfu_memory_at(selected, addr, &offset))
		return selected;
	for (unsigned i = 0; i < u->memory_count; i++) {
		if (fm_dfu_memory_at(&u->memories[i], addr, &offset))
			return &u->memories[i];
	}
	return NULL;
}

static uint32_t dfuse_addr(const struct fm_dfu *u, uint16_t block, size_t len)
{
	/* Section 2: what the ROM multiplies with is not known. */
	uint32_t size = u->options.by_length ? (uint32_t)len : u->transfer_size;

	return u->pointer + (block - (uint32_t)FIRST_DATA_BLOCK) * size;
}

/* What each kind of loader knows: table in section 3. */
static enum fm_dfu_work dfuse_mass_erase(const struct fm_dfu *u)
{
	switch (u->options.manners) {
	case FM_SIM_DFU_ST:
		return FM_DFU_UNKNOWN_COMMAND;
	case FM_SIM_DFU_OPENCM3:
		return FM_DFU_ERASE; /* of the page that it was last told of */
	default:
		return FM_DFU_MASS_ERASE;
	}
}

enum fm_dfu_work fm_dfuse_work(const struct fm_dfu *u)
{
	bool rom = u->options.manners != FM_SIM_DFU_ST && u->options.manners != FM_SIM_DFU_OPENCM3;

	if (u->block_num >= FIRST_DATA_BLOCK)
		return FM_DFU_BLOCK;
	if (u->block_num == 1)
		return FM_DFU_NO_WORK; /* reserved: ignored */
	if (u->block_len == 5 && u->block[0] == SET_ADDRESS_POINTER)
		return FM_DFU_SET_ADDRESS;
	if (u->block_len == 5 && u->block[0] == ERASE)
		return FM_DFU_ERASE;
	if (u->block_len == 1 && u->block[0] == ERASE)
		return dfuse_mass_erase(u);
	if (u->block_len == 1 && u->block[0] == READ_UNPROTECT && rom)
		return FM_DFU_UNPROTECT;
	return u->options.manners == FM_SIM_DFU_OPENCM3 ? FM_DFU_NO_WORK : FM_DFU_UNKNOWN_COMMAND;
}

static uint32_t dfuse_command_addr(const struct fm_dfu *u)
{
	return u->block_len == 5 ? fm_get_le32(u->block + 1) : u->pointer;
}

static int64_t dfuse_begin_erase(struct fm_dfu *u)
{
	int64_t duration_ns;

	if (u->options.locked)
		return 0;
	if (u->work == FM_DFU_ERASE) {
		struct fm_dfu_memory *m = dfuse_memory(u, dfuse_command_addr(u));

		duration_ns = m ? fm_dfu_memory_erase_ns(m, dfuse_command_addr(u)) : 0;
	} else {
		duration_ns = fm_dfu_memory_erase_all_ns(&u->memories[0]);
	}
	u->seen.erases++;
	u->seen.mass_erases += u->work != FM_DFU_ERASE;
	u->cut = fm_dfu_fault(u, FM_SIM_DFU_CUT_ERASE, u->seen.erases);
	return u->cut ? duration_ns / 2 : duration_ns;
}

int64_t fm_dfuse_begin(struct fm_dfu *u, uint32_t *ret_poll_ms)
{
	int64_t duration_ns = 0;

	switch (u->work) {
	case FM_DFU_BLOCK:
		duration_ns = fm_dfu_memory_program_ns(&u->memories[0], u->block_len);
		break;
	case FM_DFU_ERASE:
	case FM_DFU_MASS_ERASE:
		duration_ns = dfuse_begin_erase(u);
		break;
	case FM_DFU_UNPROTECT:
		duration_ns = fm_dfu_memory_erase_all_ns(&u->memories[0]);
		break;
	default:
		break;
	}
	*ret_poll_ms = (uint32_t)((duration_ns * (u->cut ? 2 : 1) + 999999) / 1000000);
	if (u->work == FM_DFU_SET_ADDRESS)
		*ret_poll_ms = u->options.address_poll;
	if (u->work == FM_DFU_MASS_ERASE && u->options.mass_lie)
		*ret_poll_ms = LIE_MS;
	return duration_ns;
}

/* Table of failures in section 3: ST's library tries again at the next GETSTATUS, for ever. */
static void dfuse_failed(struct fm_dfu *u, enum fm_dfu_work work, enum fm_dfu_status status)
{
	if (u->options.manners == FM_SIM_DFU_ST && status != FM_DFU_ERR_VENDOR)
		u->work = work;
	else if (u->options.manners != FM_SIM_DFU_OPENCM3)
		fm_dfu_fail(u, status);
}

/* That a word is programmed only where it is blank holds for the cells of an F1; the sheet does not
 * tell what a ROM answers: errPROG is this simulator's choice. */
static void dfuse_end_block(struct fm_dfu *u, int64_t now_ns)
{
	uint32_t addr = dfuse_addr(u, u->block_num, u->block_len);
	struct fm_dfu_memory *m = dfuse_memory(u, addr);

	if (u->options.locked) {
		dfuse_failed(u, FM_DFU_BLOCK, FM_DFU_ERR_VENDOR);
		return;
	}
	if (!m || !fm_dfu_memory_writable(m, addr, u->block_len)) {
		dfuse_failed(u, FM_DFU_BLOCK, FM_DFU_ERR_TARGET);
		return;
	}
	u->app_whole = false;
	if (!fm_dfu_memory_program(m, addr, u->block, u->block_len))
		dfuse_failed(u, FM_DFU_BLOCK, FM_DFU_ERR_PROG);
	else if (m->option_bytes)
		fm_dfu_leave(u, now_ns, FM_DFU_TO_DFU); /* they are loaded by a reset */
}

static void dfuse_end_erase(struct fm_dfu *u, enum fm_dfu_work work, int64_t now_ns)
{
	uint32_t addr =
		work == FM_DFU_ERASE ? dfuse_command_addr(u) : u->memories[0].segments[0].addr;
	struct fm_dfu_memory *m = dfuse_memory(u, addr);
	size_t offset;

	if (u->options.locked) {
		dfuse_failed(u, work, FM_DFU_ERR_VENDOR);
		return;
	}
	if (!m || !fm_dfu_memory_at(m, addr, &offset)->erasable) {
		dfuse_failed(u, work, FM_DFU_ERR_TARGET);
		return;
	}
	if (work == FM_DFU_ERASE && u->options.manners == FM_SIM_DFU_ST)
		u->pointer = addr; /* section 3: an erase moves it */
	u->app_whole = false;
	if (work == FM_DFU_MASS_ERASE && !u->cut)
		fm_dfu_memory_erase_all(m);
	else
		fm_dfu_memory_erase(m, addr, u->cut);
	if (u->cut)
		fm_dfu_leave(u, now_ns, FM_DFU_TO_NOWHERE);
	u->cut = false;
}

static void dfuse_end_address(struct fm_dfu *u)
{
	uint32_t addr = dfuse_command_addr(u);

	if (u->options.manners != FM_SIM_DFU_OPENCM3 && !dfuse_memory(u, addr))
		fm_dfu_fail(u, FM_DFU_ERR_TARGET);
	else
		u->pointer = addr;
}

void fm_dfuse_end(struct fm_dfu *u, int64_t now_ns)
{
	enum fm_dfu_work work = u->work;

	u->work = FM_DFU_NO_WORK;
	switch (work) {
	case FM_DFU_BLOCK:
		dfuse_end_block(u, now_ns);
		break;
	case FM_DFU_SET_ADDRESS:
		dfuse_end_address(u);
		break;
	case FM_DFU_ERASE:
	case FM_DFU_MASS_ERASE:
		dfuse_end_erase(u, work, now_ns);
		break;
	case FM_DFU_UNPROTECT:
		fm_dfu_memory_erase_all(&u->memories[0]);
		u->options.locked = false;
		u->app_whole = false;
		fm_dfu_leave(u, now_ns, FM_DFU_TO_DFU);
		break;
	case FM_DFU_UNKNOWN_COMMAND:
		if (u->options.manners == FM_SIM_DFU_ST)
			u->stall_status = true;
		else
			fm_dfu_fail(u, FM_DFU_ERR_STALLED);
		break;
	default:
		break;
	}
}

static int dfuse_get(struct fm_dfu *u, const struct fm_dfu_setup *setup, uint8_t *data)
{
	static const uint8_t commands[] = { GET, SET_ADDRESS_POINTER, ERASE, READ_UNPROTECT };
	size_t len = u->options.manners == FM_SIM_DFU_ST ? 3 : sizeof(commands);

	u->state = setup->len > 3 ? FM_DFU_IDLE : FM_DFU_UPLOAD_IDLE;
	len = len < setup->len ? len : setup->len;
	memcpy(data, commands, len);
	return (int)len;
}

int fm_dfuse_upload(struct fm_dfu *u, const struct fm_dfu_setup *setup, uint8_t *data)
{
	uint32_t addr = dfuse_addr(u, setup->value, setup->len);
	struct fm_dfu_memory *m = dfuse_memory(u, addr);

	if (setup->value == 0)
		return dfuse_get(u, setup, data);
	if (setup->value == 1)
		return fm_dfu_illegal(u);
	if (u->options.locked) {
		fm_dfu_fail(u, FM_DFU_ERR_VENDOR);
		return FM_SIM_USB_STALL;
	}
	/* Section 9: it never ends by itself. */
	if (m)
		fm_dfu_memory_read(m, addr, data, setup->len);
	else
		memset(data, 0xff, setup->len);
	u->state = FM_DFU_UPLOAD_IDLE;
	return setup->len;
}

bool fm_dfuse_has_app(const struct fm_dfu *u)
{
	const struct fm_dfu_memory *m = &u->memories[0];
	uint8_t vectors[8];
	size_t offset;
	bool jumps =
		u->options.manners == FM_SIM_DFU_ROM && fm_dfu_memory_at(m, u->pointer, &offset);

	/* Section 6: the ROM jumps to where the pointer is, loaders reset the chip. */
	fm_dfu_memory_read(m, jumps ? u->pointer : m->segments[0].addr, vectors, sizeof(vectors));
	return !fm_bytes_filled(vectors, sizeof(vectors), 0xff);
}

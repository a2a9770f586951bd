/*
 * The loaders' programs as state machines: a command is collected byte by byte until its last one,
 * the space, has come. Sources: optiboot.c 4.4 and 8.3, ATmegaBOOT_168.c.
 */
#include "sim/avr/stk500v1.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define STK_OK 0x10
#define STK_INSYNC 0x14
#define CRC_EOP 0x20

#define STK_BLINK_NS 300000000
#define STK_WINDOW_MS 1000
#define STK_LEAVE_MS 16
#define STK_ERRORS_MOST 5

struct stk_unit {
	struct fm_sim_avr avr;
	enum fm_sim_stk500v1_loader loader;
	uint8_t command[4]; /* the command and its parameters, without data */
	size_t have;        /* of command and data together */
	uint8_t data[256];
	uint32_t addr; /* bytes */
	uint32_t high; /* RAMPZ, from UNIVERSAL */
	bool leaving;  /* the watchdog stands at 16 ms */
	unsigned errors;
};

static struct stk_unit *stk_of(struct fm_sim_avr *avr)
{
	return (struct stk_unit *)avr;
}

static void stk_say(struct stk_unit *stk, uint8_t byte)
{
	fm_sim_say(&stk->avr.unit, &byte, 1);
}

/* --- page commands ------------------------------------------------------------------------------
 */

/* 16 bits of length only where a page needs them; else the high byte is thrown away, and a counter
 * of 8 bits takes 0 as 256. */
static size_t stk_len(const struct stk_unit *stk)
{
	size_t len = fm_get_be16(stk->command + 1);

	if (stk->loader == FM_SIM_ATMEGABOOT || stk->avr.part->page_len > 255)
		return len < sizeof(stk->data) ? len : sizeof(stk->data);
	len &= 0xff;
	return len ? len : 256;
}

static bool stk_to_eeprom(const struct stk_unit *stk)
{
	return stk->loader == FM_SIM_ATMEGABOOT && stk->command[3] == 'E';
}

static bool stk_in_rww(const struct stk_unit *stk)
{
	return stk->addr < stk->avr.part->flash_len - stk->avr.part->nrww_len;
}

static void stk_write_page(struct stk_unit *stk)
{
	struct fm_sim_avr *avr = &stk->avr;
	size_t len = stk_len(stk), page_len = avr->part->page_len;
	uint8_t page[256];

	if (stk_to_eeprom(stk)) {
		for (size_t i = 0; i < len; i++)
			avr->eeprom[(stk->addr + i) % avr->part->eeprom_len] = stk->data[i];
		return;
	}
	memset(page, 0xff, sizeof(page));
	/* 4.4 writes its whole buffer, whatever is left in it from the page before */
	memcpy(page, stk->data,
	       stk->loader == FM_SIM_OPTIBOOT_4 || len > page_len ? page_len : len);
	if (stk->loader != FM_SIM_OPTIBOOT_4 || !stk_in_rww(stk))
		fm_sim_avr_erase_page(avr, stk->addr);
	fm_sim_avr_write_page(avr, stk->addr, page);
}

/* How long it takes from the space on; the erase of 4.4 ran while the data came. */
static int64_t stk_write_ns(const struct stk_unit *stk)
{
	if (stk_to_eeprom(stk))
		return (int64_t)stk_len(stk) * 3400000;
	return stk->loader == FM_SIM_OPTIBOOT_4 && stk_in_rww(stk) ? FM_SIM_AVR_SPM_NS
								   : 2 * FM_SIM_AVR_SPM_NS;
}

static void stk_prog_page(struct stk_unit *stk, int64_t now_ns)
{
	if (stk->loader != FM_SIM_ATMEGABOOT)
		stk_say(stk, STK_INSYNC);
	fm_sim_avr_busy(&stk->avr, now_ns, stk_write_ns(stk));
}

static void stk_done(struct fm_sim_avr *avr, int64_t now_ns)
{
	struct stk_unit *stk = stk_of(avr);

	(void)now_ns;
	if (stk->have == 0)
		return; /* it has blinked */
	stk_write_page(stk);
	stk->have = 0;
	if (stk->loader == FM_SIM_ATMEGABOOT)
		stk_say(stk, STK_INSYNC);
	stk_say(stk, STK_OK);
	if (stk->loader == FM_SIM_ATMEGABOOT)
		stk->addr += (uint32_t)stk_len(stk);
}

static void stk_read_page(struct stk_unit *stk)
{
	const struct fm_sim_avr *avr = &stk->avr;
	size_t len = stk_len(stk);

	for (size_t i = 0; i < len; i++)
		stk_say(stk, stk_to_eeprom(stk)
				     ? avr->eeprom[(stk->addr + i) % avr->part->eeprom_len]
				     : avr->unit.flash[(stk->addr + i) % avr->part->flash_len]);
	if (stk->loader != FM_SIM_OPTIBOOT_8)
		stk->addr += (uint32_t)len;
}

/* --- short commands -----------------------------------------------------------------------------
 */

static uint8_t stk_parameter(const struct stk_unit *stk)
{
	static const uint8_t versions[FM_SIM_STK500V1_LOADERS][2] = { { 4, 4 },
								      { 8, 3 },
								      { 1, 0x10 } };
	uint8_t which = stk->command[1];

	if (which == 0x81 || which == 0x82)
		return versions[stk->loader][which - 0x81];
	if (stk->loader == FM_SIM_ATMEGABOOT)
		return which == 0x80 ? 2 : which == 0x98 ? 3 : 0;
	return 3;
}

/* data holds what followed the command: 4D 00 high 00, or 30 00 n 00 */
static uint8_t stk_universal(struct stk_unit *stk)
{
	if (stk->loader == FM_SIM_OPTIBOOT_8 && stk->data[0] == 0x4d)
		stk->high = stk->data[2];
	if (stk->loader == FM_SIM_ATMEGABOOT && stk->data[0] == 0x30 && stk->data[2] < 3)
		return stk->avr.part->signature[stk->data[2]];
	return 0;
}

/* The 1280's and relatives' RAMPZ comes from UNIVERSAL, or from bit 15 of the word address. */
static void stk_load_address(struct stk_unit *stk)
{
	stk->addr = (uint32_t)fm_get_le16(stk->command + 1) * 2 + stk->high * 0x20000;
}

static bool stk_is_known(uint8_t command)
{
	return strchr("0ABEPQUVdtu", command) && command;
}

static void stk_leave(struct stk_unit *stk, int64_t now_ns)
{
	stk->leaving = true;
	fm_sim_avr_window(&stk->avr, now_ns, STK_LEAVE_MS);
}

/* The whole command has come. */
static void stk_answer(struct stk_unit *stk, int64_t now_ns)
{
	uint8_t command = stk->command[0];

	if (command == 'd') {
		stk_prog_page(stk, now_ns);
		return;
	}
	stk->have = 0;
	if (stk->loader == FM_SIM_ATMEGABOOT && !stk_is_known(command))
		return;
	stk_say(stk, STK_INSYNC);
	if (command == 'A')
		stk_say(stk, stk_parameter(stk));
	else if (command == 'V')
		stk_say(stk, stk_universal(stk));
	else if (command == 'u')
		fm_sim_say(&stk->avr.unit, stk->avr.part->signature, 3);
	else if (command == 't')
		stk_read_page(stk);
	else if (command == 'U')
		stk_load_address(stk);
	stk_say(stk, STK_OK);
	if (command == 'Q')
		stk_leave(stk, now_ns);
}

/* --- bytes --------------------------------------------------------------------------------------
 */

/* Bytes of the command with its parameters, without data and space. */
static size_t stk_header_len(uint8_t command)
{
	return command == 'A' ? 2 : command == 'U' ? 3 : command == 'd' || command == 't' ? 4 : 1;
}

static size_t stk_data_len(const struct stk_unit *stk)
{
	switch (stk->command[0]) {
	case 'd':
		return stk_len(stk);
	case 'B':
		return 20;
	case 'E':
		return 5;
	case 'V':
		return 4;
	default:
		return 0;
	}
}

static void stk_wrong_end(struct stk_unit *stk, int64_t now_ns)
{
	stk->have = 0;
	if (stk->loader != FM_SIM_ATMEGABOOT)
		fm_sim_avr_stick(&stk->avr, now_ns, STK_LEAVE_MS);
	else if (++stk->errors == STK_ERRORS_MOST)
		fm_sim_avr_run(&stk->avr, now_ns);
}

static void stk_first_byte(struct stk_unit *stk, int64_t now_ns, uint8_t byte)
{
	if (stk->loader == FM_SIM_ATMEGABOOT && !stk_is_known(byte)) {
		if (++stk->errors == STK_ERRORS_MOST)
			fm_sim_avr_run(&stk->avr, now_ns);
		return;
	}
	stk->command[0] = byte;
	stk->have = 1;
}

/* A framing error does not feed the watchdog, so that a wrong baud rate ends in the application. */
static void stk_byte(struct fm_sim_avr *avr, int64_t now_ns, uint8_t byte, bool garbled)
{
	struct stk_unit *stk = stk_of(avr);
	size_t header_len = stk_header_len(stk->command[0]);

	if (!garbled)
		fm_sim_avr_window(avr, now_ns, stk->leaving ? STK_LEAVE_MS : STK_WINDOW_MS);
	if (stk->have == 0) {
		stk_first_byte(stk, now_ns, byte);
		return;
	}
	if (stk->have < header_len) {
		stk->command[stk->have++] = byte;
		/* 4.4 erases as soon as it knows where, so that a cut transfer leaves a blank page
		 */
		if (stk->have == header_len && stk->command[0] == 'd' &&
		    stk->loader == FM_SIM_OPTIBOOT_4 && stk_in_rww(stk))
			fm_sim_avr_erase_page(avr, stk->addr);
		return;
	}
	if (stk->have < header_len + stk_data_len(stk)) {
		stk->data[stk->have++ - header_len] = byte;
		return;
	}
	if (byte == CRC_EOP)
		stk_answer(stk, now_ns);
	else
		stk_wrong_end(stk, now_ns);
}

static void stk_start(struct fm_sim_avr *avr, int64_t now_ns)
{
	struct stk_unit *stk = stk_of(avr);

	stk->have = 0;
	stk->errors = 0;
	stk->high = 0;
	stk->leaving = false;
	fm_sim_avr_busy(avr, now_ns, STK_BLINK_NS);
	fm_sim_avr_window(avr, now_ns, STK_WINDOW_MS);
}

static const struct fm_sim_avr_loader stk_loaders[FM_SIM_STK500V1_LOADERS] = {
	{ stk_start, stk_byte, stk_done, 512, false },
	{ stk_start, stk_byte, stk_done, 512, false },
	{ stk_start, stk_byte, stk_done, 2048, true },
};

bool fm_sim_stk500v1_new(const struct fm_sim_stk500v1_options *options,
			 struct fm_sim_unit **ret_unit, struct fm_error *err)
{
	struct stk_unit *stk = calloc(1, sizeof(*stk));

	if (!stk)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated unit");
	stk->loader = options->loader;
	stk->avr.chatter = options->chatter;
	if (!fm_sim_avr_init(&stk->avr, &stk_loaders[options->loader], options->part, options->baud,
			     err)) {
		free(stk);
		return false;
	}
	*ret_unit = &stk->avr.unit;
	return true;
}

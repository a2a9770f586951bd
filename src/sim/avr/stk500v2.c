/* stk500boot.c of ArduinoCore-avr as a state machine: frames, an address that counts up by itself,
 * and an erase pointer that has nothing to do with it. */
#include "sim/avr/stk500v2.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_START 0x1b
#define TOKEN 0x0e
#define STATUS_CMD_OK 0x00
#define STATUS_CMD_FAILED 0xc0

#define STK2_HEADER_LEN 5
#define STK2_BODY_MOST 275
#define STK2_BOOT_LEN 8192
#define STK2_APP_END_LEN 16384 /* above flash size - 16 KiB nothing is erased */
#define STK2_WINDOW_MS 1000
#define STK2_SILENCE_MS 7000
#define STK2_LEAVE_NS 50000000

struct stk2_unit {
	struct fm_sim_avr avr;
	uint8_t frame[STK2_HEADER_LEN + STK2_BODY_MOST + 1];
	size_t have;
	uint32_t addr, erase_addr; /* bytes */
	bool programming, leaving; /* what the program is busy with */
};

static struct stk2_unit *stk2_of(struct fm_sim_avr *avr)
{
	return (struct stk2_unit *)avr;
}

/* The answer to the frame that lies in the buffer, with its number. */
static void stk2_answer(struct stk2_unit *stk, const uint8_t *body, size_t len)
{
	uint8_t frame[STK2_HEADER_LEN + STK2_BODY_MOST + 1] = { MESSAGE_START, stk->frame[1], 0, 0,
								TOKEN };

	fm_put_be16(frame + 2, (uint16_t)len);
	memcpy(frame + STK2_HEADER_LEN, body, len);
	frame[STK2_HEADER_LEN + len] = fm_bytes_xor(frame, STK2_HEADER_LEN + len);
	fm_sim_say(&stk->avr.unit, frame, STK2_HEADER_LEN + len + 1);
}

static void stk2_answer_value(struct stk2_unit *stk, uint8_t command, uint8_t value)
{
	stk2_answer(stk, (const uint8_t[]){ command, STATUS_CMD_OK, value, 0 },
		    command == 0x03 ? 3 : 4);
}

static uint8_t stk2_parameter(uint8_t which)
{
	switch (which) {
	case 0x90:
		return 0x0f;
	case 0x91:
		return 2;
	case 0x92:
		return 0x0a;
	default:
		return 0;
	}
}

/* --- memory -------------------------------------------------------------------------------------
 */

static size_t stk2_len(const uint8_t *body)
{
	size_t len = fm_get_be16(body + 1);

	return len < 256 ? len : 256;
}

static void stk2_program(struct stk2_unit *stk, const uint8_t *body)
{
	struct fm_sim_avr *avr = &stk->avr;
	uint8_t page[256];
	size_t len = stk2_len(body);

	if (body[0] == 0x15) {
		for (size_t i = 0; i < len; i++)
			avr->eeprom[(stk->addr / 2 + i) % avr->part->eeprom_len] = body[10 + i];
	} else {
		if (stk->erase_addr < avr->part->flash_len - STK2_APP_END_LEN) {
			fm_sim_avr_erase_page(avr, stk->erase_addr);
			stk->erase_addr += avr->part->page_len;
		}
		memset(page, 0xff, sizeof(page));
		memcpy(page, body + 10, len);
		fm_sim_avr_write_page(avr, stk->addr, page);
	}
	stk->addr += (uint32_t)len;
}

/* EEPROM is read at twice its address: LOAD_ADDRESS doubles, the write halves, the read does not.
 */
static void stk2_read(struct stk2_unit *stk, const uint8_t *body)
{
	const struct fm_sim_avr *avr = &stk->avr;
	uint8_t answer[2 + 256 + 1] = { body[0], STATUS_CMD_OK };
	size_t len = stk2_len(body);

	for (size_t i = 0; i < len; i++)
		answer[2 + i] = body[0] == 0x16
					? avr->eeprom[(stk->addr + i) % avr->part->eeprom_len]
					: avr->unit.flash[(stk->addr + i) % avr->part->flash_len];
	stk->addr += (uint32_t)len;
	stk2_answer(stk, answer, len + 3);
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void stk2_command(struct stk2_unit *stk, int64_t now_ns)
{
	static const uint8_t signed_on[] = { 0x01, 0x00, 0x08, 'A', 'V', 'R',
					     'I',  'S',  'P',  '_', '2' };
	const uint8_t *body = stk->frame + STK2_HEADER_LEN;

	switch (body[0]) {
	case 0x01:
		stk2_answer(stk, signed_on, sizeof(signed_on));
		break;
	case 0x03:
		stk2_answer_value(stk, 0x03, stk2_parameter(body[1]));
		break;
	case 0x06: /* the doubling shifts bit 31 out */
		stk->addr = fm_get_be32(body + 1) << 1;
		stk2_answer(stk, (const uint8_t[]){ body[0], STATUS_CMD_OK }, 2);
		break;
	case 0x02:
	case 0x10:
		stk2_answer(stk, (const uint8_t[]){ body[0], STATUS_CMD_OK }, 2);
		break;
	case 0x11:
		stk2_answer(stk, (const uint8_t[]){ body[0], STATUS_CMD_OK }, 2);
		stk->leaving = true;
		fm_sim_avr_busy(&stk->avr, now_ns, STK2_LEAVE_NS);
		break;
	case 0x12:
		stk->erase_addr = 0;
		stk2_answer(stk, (const uint8_t[]){ body[0], STATUS_CMD_FAILED }, 2);
		break;
	case 0x13:
	case 0x15:
		stk->programming = true;
		fm_sim_avr_busy(&stk->avr, now_ns, 2 * FM_SIM_AVR_SPM_NS);
		break;
	case 0x14:
	case 0x16:
		stk2_read(stk, body);
		break;
	case 0x1b:
		stk2_answer_value(stk, body[0], stk->avr.part->signature[body[4] % 3]);
		break;
	default:
		stk2_answer(stk, (const uint8_t[]){ body[0], STATUS_CMD_FAILED }, 2);
	}
}

static void stk2_done(struct fm_sim_avr *avr, int64_t now_ns)
{
	struct stk2_unit *stk = stk2_of(avr);
	const uint8_t *body = stk->frame + STK2_HEADER_LEN;

	if (stk->leaving) {
		fm_sim_avr_run(avr, now_ns);
	} else if (stk->programming) {
		stk->programming = false;
		stk2_program(stk, body);
		stk2_answer(stk, (const uint8_t[]){ body[0], STATUS_CMD_OK }, 2);
	}
}

/* --- bytes --------------------------------------------------------------------------------------
 */

static size_t stk2_body_len(const struct stk2_unit *stk)
{
	return fm_get_be16(stk->frame + 2);
}

/* A damaged frame is dropped without a word. */
static void stk2_byte(struct fm_sim_avr *avr, int64_t now_ns, uint8_t byte, bool garbled)
{
	struct stk2_unit *stk = stk2_of(avr);

	(void)garbled;
	/* the first byte of any kind keeps the loader, for as long as something comes */
	fm_sim_avr_window(avr, now_ns, STK2_SILENCE_MS);
	stk->frame[stk->have++] = byte;
	if ((stk->have == 1 && byte != MESSAGE_START) ||
	    (stk->have == STK2_HEADER_LEN &&
	     (byte != TOKEN || stk2_body_len(stk) == 0 || stk2_body_len(stk) > STK2_BODY_MOST))) {
		stk->have = 0;
	} else if (stk->have > STK2_HEADER_LEN &&
		   stk->have == STK2_HEADER_LEN + stk2_body_len(stk) + 1) {
		if (fm_bytes_xor(stk->frame, stk->have) == 0)
			stk2_command(stk, now_ns);
		stk->have = 0;
	}
}

static void stk2_start(struct fm_sim_avr *avr, int64_t now_ns)
{
	struct stk2_unit *stk = stk2_of(avr);

	stk->have = 0;
	stk->addr = stk->erase_addr = 0;
	stk->programming = stk->leaving = false;
	fm_sim_avr_window(avr, now_ns, STK2_WINDOW_MS);
}

static const struct fm_sim_avr_loader stk2_loader = { stk2_start, stk2_byte, stk2_done,
						      STK2_BOOT_LEN, true };

bool fm_sim_stk500v2_new(const struct fm_sim_stk500v2_options *options,
			 struct fm_sim_unit **ret_unit, struct fm_error *err)
{
	struct stk2_unit *stk = calloc(1, sizeof(*stk));

	if (!stk)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated unit");
	stk->avr.chatter = options->chatter;
	if (!fm_sim_avr_init(&stk->avr, &stk2_loader, options->part, options->baud, err)) {
		free(stk);
		return false;
	}
	*ret_unit = &stk->avr.unit;
	return true;
}

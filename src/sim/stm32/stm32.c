#include "sim/stm32/stm32.h"

#include "base/bytes.h"
#include "sim/stm32/rom.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_BAUD 115200
#define VERSION_MARK "fm-sim-version="

bool fm_stm32_fault(const struct fm_stm32 *u, enum fm_sim_stm32_fault kind, unsigned long count)
{
	return u->options.has_fault[kind] && u->options.fault[kind] == count;
}

/* --- reset and application --- */

/* A stack in the RAM and a Thumb address in the flash. */
static bool stm32_has_application(const struct fm_stm32 *u)
{
	uint32_t stack = fm_get_le32(u->chip.flash), entry = fm_get_le32(u->chip.flash + 4);

	return stack > FM_STM32_RAM && stack <= u->chip.part->ram.end && stack % 4 == 0 &&
	       (entry & 1) != 0 && entry > FM_STM32_FLASH &&
	       entry - FM_STM32_FLASH < u->chip.flash_len;
}

static void stm32_run(struct fm_stm32 *u)
{
	u->phase = stm32_has_application(u) ? FM_STM32_APPLICATION : FM_STM32_DEAD;
	u->unit.baud = APPLICATION_BAUD;
	u->line_len = 0;
}

static void stm32_say_version(struct fm_stm32 *u)
{
	size_t mark_len = strlen(VERSION_MARK), len;
	const uint8_t *found = memmem(u->chip.flash, u->chip.flash_len, VERSION_MARK, mark_len);
	const uint8_t *end = u->chip.flash + u->chip.flash_len;
	char text[48];

	if (!found)
		return;
	found += mark_len;
	for (len = 0; len < 32 && found + len < end && isgraph(found[len]); len++)
		;
	len = (size_t)snprintf(text, sizeof(text), "fm-sim %.*s\r\n", (int)len,
			       (const char *)found);
	fm_sim_say(&u->unit, text, len);
}

static void stm32_application_hears(struct fm_stm32 *u, uint8_t byte)
{
	if (byte != '\n' && byte != '\r') {
		if (u->line_len < sizeof(u->line))
			u->line[u->line_len++] = (char)byte;
		return;
	}
	if (u->line_len == 1 && u->line[0] == 'V')
		stm32_say_version(u);
	else if (u->line_len == 4 && memcmp(u->line, "BOOT", 4) == 0)
		fm_stm32_rom_wake(u);
	u->line_len = 0;
}

/* --- time --- */

/* What kept it busy has ended. */
static void stm32_end_work(struct fm_stm32 *u)
{
	enum fm_stm32_work work = u->work;

	u->work = FM_STM32_IDLE;
	if (work == FM_STM32_RESETTING)
		fm_stm32_rom_wake(u);
	else if (work == FM_STM32_STARTING)
		stm32_run(u);
	else
		fm_stm32_rom_worked(u, u->work_ends_ns, work);
}

static void stm32_byte(struct fm_stm32 *u, int64_t now_ns, uint8_t byte)
{
	if (u->phase == FM_STM32_APPLICATION)
		stm32_application_hears(u, byte);
	else if (u->phase != FM_STM32_DEAD)
		fm_stm32_rom_byte(u, now_ns, byte);
}

static void stm32_advance(struct fm_sim_unit *unit, int64_t now_ns)
{
	struct fm_stm32 *u = (struct fm_stm32 *)unit;

	while (unit->powered && u->work != FM_STM32_IDLE && u->work_ends_ns <= now_ns) {
		int64_t at_ns = u->work_ends_ns;

		stm32_end_work(u);
		if (u->work == FM_STM32_IDLE && u->held >= 0) {
			uint8_t byte = (uint8_t)u->held;

			u->held = -1;
			stm32_byte(u, at_ns, byte);
		}
	}
}

static int64_t stm32_next_event(const struct fm_sim_unit *unit)
{
	const struct fm_stm32 *u = (const struct fm_stm32 *)unit;

	return unit->powered && u->work != FM_STM32_IDLE ? u->work_ends_ns : INT64_MAX;
}

static void stm32_feed(struct fm_sim_unit *unit, int64_t now_ns, uint8_t byte, bool garbled)
{
	struct fm_stm32 *u = (struct fm_stm32 *)unit;

	(void)garbled; /* the byte is wrong already, and that is all that this UART notices */
	u->bytes++;
	if (fm_stm32_fault(u, FM_SIM_CUT, u->bytes)) {
		unit->powered = false;
		return;
	}
	if (fm_stm32_fault(u, FM_SIM_LOSE, u->bytes))
		return;
	if (fm_stm32_fault(u, FM_SIM_CORRUPT, u->bytes))
		byte ^= 0x04;
	if (u->work == FM_STM32_IDLE)
		stm32_byte(u, now_ns, byte);
	else if (u->held < 0)
		u->held = byte;
	stm32_advance(unit, now_ns);
}

/* Power on, or the reset pin where it is wired: what was going on in the flash stops half-way. */
static void stm32_reset(struct fm_sim_unit *unit, int64_t now_ns, bool external)
{
	struct fm_stm32 *u = (struct fm_stm32 *)unit;

	(void)now_ns;
	if (external && !u->options.reset_wired)
		return;
	if (u->work == FM_STM32_ERASING)
		fm_stm32_chip_erase(&u->chip, u->pages[u->page], true);
	else if (u->work == FM_STM32_PROGRAMMING)
		fm_stm32_chip_program(&u->chip, u->addr, u->frame + 1, (u->frame[0] + 1u) / 2);
	u->work = FM_STM32_IDLE;
	fm_stm32_rom_wake(u);
	if (u->options.application)
		stm32_run(u);
}

static void stm32_free(struct fm_sim_unit *unit)
{
	struct fm_stm32 *u = (struct fm_stm32 *)unit;

	fm_stm32_chip_done(&u->chip);
	free(u);
}

static const struct fm_sim_unit_ops stm32_ops = {
	.feed = stm32_feed,
	.advance = stm32_advance,
	.next_event = stm32_next_event,
	.reset = stm32_reset,
	.free = stm32_free,
};

bool fm_sim_stm32_fault_named(const char *name, enum fm_sim_stm32_fault *ret_fault)
{
	static const char *const names[FM_SIM_STM32_FAULTS] = {
		[FM_SIM_CUT] = "cut",   [FM_SIM_CUT_ERASE] = "cut-erase",
		[FM_SIM_LOSE] = "lose", [FM_SIM_CORRUPT] = "corrupt",
		[FM_SIM_NACK] = "nack", [FM_SIM_WEAK] = "weak",
		[FM_SIM_WIPE] = "wipe", [FM_SIM_WRONG_ID] = "wrong-id",
	};

	for (int i = 0; i < FM_SIM_STM32_FAULTS; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_fault = (enum fm_sim_stm32_fault)i;
			return true;
		}
	}
	return false;
}

bool fm_sim_stm32_new(const struct fm_sim_stm32_options *options, struct fm_sim_unit **ret_unit,
		      struct fm_error *err)
{
	const struct fm_stm32_part *part = fm_stm32_part_find(options->pid);
	struct fm_stm32 *u;

	if (!part)
		return fm_fail(err, FM_USAGE, "no STM32 with product id 0x%03x is simulated",
			       options->pid);
	u = calloc(1, sizeof(*u));
	if (!u)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated STM32");
	if (!fm_stm32_chip_init(&u->chip, part, options->flash_len, err)) {
		free(u);
		return false;
	}
	u->options = *options;
	u->chip.unique[0] ^= (uint8_t)options->unique;
	u->chip.unique[1] ^= (uint8_t)(options->unique >> 8);
	u->held = -1;
	u->unit.ops = &stm32_ops;
	u->unit.flash = u->chip.flash;
	u->unit.flash_len = u->chip.flash_len;
	if (options->has_fault[FM_SIM_WEAK])
		u->chip.weak_block = (long)options->fault[FM_SIM_WEAK];
	if (options->has_fault[FM_SIM_WIPE])
		u->chip.wiped_block = (long)options->fault[FM_SIM_WIPE];
	*ret_unit = &u->unit;
	return true;
}

bool fm_sim_stm32_runs(const struct fm_sim_unit *unit)
{
	return ((const struct fm_stm32 *)unit)->phase == FM_STM32_APPLICATION;
}

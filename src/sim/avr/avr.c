#include "sim/avr/avr.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fuses of the boards: 65 ms after a reset before the program runs. */
#define AVR_STARTING_NS 65000000
#define AVR_CHATTER_NS 50000000

static const char avr_marker[] = "fm-sim ";

static const struct fm_sim_avr_part avr_parts[] = {
	{ "m168", { 0x1e, 0x94, 0x06 }, 16384, 128, 2048, 512 },
	{ "m328p", { 0x1e, 0x95, 0x0f }, 32768, 128, 4096, 1024 },
	{ "m1284p", { 0x1e, 0x97, 0x05 }, 131072, 256, 8192, 4096 },
	{ "m2560", { 0x1e, 0x98, 0x01 }, 262144, 256, 8192, 4096 },
};

const struct fm_sim_avr_part *fm_sim_avr_part(const char *name)
{
	for (size_t i = 0; i < FM_COUNT(avr_parts); i++) {
		if (strcmp(avr_parts[i].name, name) == 0)
			return &avr_parts[i];
	}
	return NULL;
}

static struct fm_sim_avr *avr_of(struct fm_sim_unit *unit)
{
	return (struct fm_sim_avr *)unit;
}

/* --- flash --------------------------------------------------------------------------------------
 */

uint8_t *fm_sim_avr_page(struct fm_sim_avr *avr, uint32_t addr)
{
	return avr->unit.flash +
	       addr % avr->part->flash_len / avr->part->page_len * avr->part->page_len;
}

void fm_sim_avr_write_page(struct fm_sim_avr *avr, uint32_t addr, const uint8_t *data)
{
	uint8_t *page = fm_sim_avr_page(avr, addr);

	for (uint32_t i = 0; i < avr->part->page_len; i++)
		page[i] &= data[i];
}

void fm_sim_avr_erase_page(struct fm_sim_avr *avr, uint32_t addr)
{
	memset(fm_sim_avr_page(avr, addr), 0xff, avr->part->page_len);
}

/* --- the application ----------------------------------------------------------------------------
 */

void fm_sim_avr_run(struct fm_sim_avr *avr, int64_t now_ns)
{
	avr->state = FM_SIM_AVR_APPLICATION;
	avr->asked = false;
	avr->chatter_ns = now_ns + AVR_CHATTER_NS;
}

static void avr_answer_version(struct fm_sim_avr *avr)
{
	size_t len = avr->part->flash_len - avr->loader->boot_len;
	const uint8_t *found = memmem(avr->unit.flash, len, avr_marker, sizeof(avr_marker) - 1);
	char text[40];
	int said;

	if (!found)
		return;
	said = snprintf(text, sizeof(text), "%.*s", (int)strnlen((const char *)found, 32),
			(const char *)found);
	text[said++] = '\r';
	text[said++] = '\n';
	fm_sim_say(&avr->unit, text, (size_t)said);
}

static void avr_application_byte(struct fm_sim_avr *avr, uint8_t byte)
{
	if (byte == '\r' && avr->asked)
		avr_answer_version(avr);
	avr->asked = byte == '?';
}

static void avr_chatter(struct fm_sim_avr *avr, int64_t now_ns)
{
	fm_sim_say(&avr->unit, avr->chatter, strlen(avr->chatter));
	avr->chatter_ns = now_ns + AVR_CHATTER_NS;
}

/* --- the loader ---------------------------------------------------------------------------------
 */

void fm_sim_avr_busy(struct fm_sim_avr *avr, int64_t now_ns, int64_t busy_ns)
{
	avr->busy_ns = now_ns + busy_ns;
}

void fm_sim_avr_window(struct fm_sim_avr *avr, int64_t now_ns, int64_t ms)
{
	avr->window_ns = now_ns + ms * 1000000;
}

void fm_sim_avr_stick(struct fm_sim_avr *avr, int64_t now_ns, int64_t ms)
{
	avr->state = FM_SIM_AVR_STUCK;
	avr->busy_ns = INT64_MAX;
	fm_sim_avr_window(avr, now_ns, ms);
}

static void avr_receive(struct fm_sim_avr *avr, uint8_t byte, bool garbled)
{
	if (avr->fifo_count == FM_SIM_AVR_FIFO) {
		/* the newest takes the shift register from the one that waits there */
		avr->overruns++;
		avr->fifo_count--;
	}
	avr->fifo[avr->fifo_count] = byte;
	avr->fifo_garbled[avr->fifo_count++] = garbled;
}

/* The program reads what has come meanwhile, until it is busy again. */
static void avr_read_fifo(struct fm_sim_avr *avr, int64_t now_ns)
{
	while (avr->state == FM_SIM_AVR_LOADER && avr->busy_ns == INT64_MAX && avr->fifo_count) {
		uint8_t byte = avr->fifo[0];
		bool garbled = avr->fifo_garbled[0];

		avr->fifo_count--;
		memmove(avr->fifo, avr->fifo + 1, avr->fifo_count);
		memmove(avr->fifo_garbled, avr->fifo_garbled + 1,
			avr->fifo_count * sizeof(avr->fifo_garbled[0]));
		avr->loader->byte(avr, now_ns, byte, garbled);
	}
}

static void avr_start(struct fm_sim_avr *avr, int64_t now_ns)
{
	if (!avr->external && !avr->loader->after_power_on) {
		fm_sim_avr_run(avr, now_ns);
		return;
	}
	avr->state = FM_SIM_AVR_LOADER;
	avr->loader->start(avr, now_ns);
}

/* --- as a unit ----------------------------------------------------------------------------------
 */

static int64_t avr_next_event(const struct fm_sim_unit *unit)
{
	const struct fm_sim_avr *avr = (const struct fm_sim_avr *)unit;

	switch (avr->state) {
	case FM_SIM_AVR_STARTING:
		return avr->ready_ns;
	case FM_SIM_AVR_LOADER:
		return avr->busy_ns < avr->window_ns ? avr->busy_ns : avr->window_ns;
	case FM_SIM_AVR_STUCK:
		return avr->window_ns;
	case FM_SIM_AVR_APPLICATION:
		return avr->chatter ? avr->chatter_ns : INT64_MAX;
	}
	return INT64_MAX;
}

/* A watchdog reset leads into the application: neither loader stays after one. */
static void avr_do_next(struct fm_sim_avr *avr, int64_t at_ns)
{
	if (avr->state == FM_SIM_AVR_STARTING) {
		avr_start(avr, at_ns);
	} else if (avr->state == FM_SIM_AVR_APPLICATION) {
		avr_chatter(avr, at_ns);
	} else if (avr->busy_ns <= at_ns) {
		avr->busy_ns = INT64_MAX;
		avr->loader->done(avr, at_ns);
		avr_read_fifo(avr, at_ns);
	} else {
		avr->watchdogs++;
		fm_sim_avr_run(avr, at_ns);
	}
}

static void avr_advance(struct fm_sim_unit *unit, int64_t now_ns)
{
	int64_t at_ns;

	while (unit->powered && (at_ns = avr_next_event(unit)) <= now_ns)
		avr_do_next(avr_of(unit), at_ns);
}

static void avr_feed(struct fm_sim_unit *unit, int64_t now_ns, uint8_t byte, bool garbled)
{
	struct fm_sim_avr *avr = avr_of(unit);

	avr_advance(unit, now_ns);
	if (avr->state == FM_SIM_AVR_APPLICATION)
		avr_application_byte(avr, byte);
	if (avr->state != FM_SIM_AVR_LOADER)
		return;
	avr_receive(avr, byte, garbled);
	avr_read_fifo(avr, now_ns);
}

static void avr_reset(struct fm_sim_unit *unit, int64_t now_ns, bool external)
{
	struct fm_sim_avr *avr = avr_of(unit);

	avr->state = FM_SIM_AVR_STARTING;
	avr->external = external;
	avr->ready_ns = now_ns + AVR_STARTING_NS;
	avr->busy_ns = avr->window_ns = INT64_MAX;
	avr->fifo_count = 0;
}

static void avr_free(struct fm_sim_unit *unit)
{
	struct fm_sim_avr *avr = avr_of(unit);

	free(unit->flash);
	free(avr->eeprom);
	free(avr);
}

static const struct fm_sim_unit_ops avr_ops = { avr_feed, avr_advance, avr_next_event, avr_reset,
						avr_free };

bool fm_sim_avr_init(struct fm_sim_avr *avr, const struct fm_sim_avr_loader *loader,
		     const char *part, unsigned baud, struct fm_error *err)
{
	avr->part = fm_sim_avr_part(part);
	if (!avr->part)
		return fm_fail(err, FM_UNKNOWN_MODEL, "no simulated part is called %s", part);
	avr->unit.ops = &avr_ops;
	avr->unit.baud = baud;
	avr->unit.powered = true;
	avr->unit.flash_len = avr->part->flash_len;
	avr->unit.flash = malloc(avr->part->flash_len);
	avr->eeprom = malloc(avr->part->eeprom_len);
	avr->loader = loader;
	if (!avr->unit.flash || !avr->eeprom) {
		free(avr->unit.flash);
		free(avr->eeprom);
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated unit");
	}
	memset(avr->unit.flash, 0xff, avr->part->flash_len);
	memset(avr->eeprom, 0xff, avr->part->eeprom_len);
	avr_reset(&avr->unit, 0, true);
	return true;
}

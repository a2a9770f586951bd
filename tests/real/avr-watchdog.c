#include "avr-watchdog.h"

#include <stdint.h>
#include <string.h>

/* Cycles in which the second write of the timed sequence must come, and those of the write itself.
 */
#define WATCHDOG_UNLOCKED_CYCLES 6

static struct avr_watchdog *watchdog_of(avr_io_t *io)
{
	return (struct avr_watchdog *)io;
}

static avr_cycle_count_t watchdog_bite(avr_t *avr, avr_cycle_count_t when, void *data)
{
	struct avr_watchdog *watchdog = data;

	(void)avr;
	(void)when;
	watchdog->bitten = true;
	return 0;
}

/* From now on a whole period, or no watchdog at all. Its oscillator has 128 kHz. */
static void watchdog_wind(struct avr_watchdog *watchdog)
{
	avr_t *avr = watchdog->avr;
	unsigned prescaler = 0;

	avr_cycle_timer_cancel(avr, watchdog_bite, watchdog);
	if (!avr_regbit_get(avr, watchdog->registers->wde))
		return;
	for (unsigned i = 0; i < 4; i++)
		prescaler |= (unsigned)avr_regbit_get(avr, watchdog->registers->wdp[i]) << i;
	avr_cycle_timer_register(avr,
				 (avr_cycle_count_t)(2048u << prescaler) * avr->frequency / 128000,
				 watchdog_bite, watchdog);
}

/* Enable and period change only within four cycles after both WDCE and WDE were written; WDE stays
 * set while WDRF is. */
static void watchdog_written(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *data)
{
	struct avr_watchdog *watchdog = data;
	const avr_watchdog_t *registers = watchdog->registers;
	uint8_t change = (uint8_t)(1 << registers->wdce.bit), enable = 1 << registers->wde.bit;
	bool unlocked = avr->cycle <= watchdog->unlocked;

	if (!unlocked)
		value = (uint8_t)((avr->data[addr] & ~change) | (value & (change | enable)));
	if (avr_regbit_get(avr, registers->wdrf))
		value |= enable;
	watchdog->unlocked =
		(value & change) && (value & enable) ? avr->cycle + WATCHDOG_UNLOCKED_CYCLES : 0;
	if (((avr->data[addr] ^ value) & ~change) != 0) {
		avr->data[addr] = value & (uint8_t)~change;
		watchdog_wind(watchdog);
	}
}

/* The core tells every module about WDR until one takes it. */
static int watchdog_ioctl(avr_io_t *io, uint32_t request, void *parameter)
{
	(void)parameter;
	if (request != AVR_IOCTL_WATCHDOG_RESET)
		return -1;
	watchdog_wind(watchdog_of(io));
	return 0;
}

static void watchdog_reset(avr_io_t *io)
{
	watchdog_of(io)->unlocked = 0;
	watchdog_of(io)->bitten = false;
}

void avr_watchdog_replace(struct avr_watchdog *watchdog, avr_t *avr)
{
	avr_io_addr_t addr;

	for (avr_io_t *io = avr->io_port; io; io = io->next) {
		if (strcmp(io->kind, "watchdog") == 0)
			watchdog->registers = (avr_watchdog_t *)io;
	}
	watchdog->avr = avr;
	watchdog->io.kind = "flashmend-watchdog";
	watchdog->io.ioctl = watchdog_ioctl;
	watchdog->io.reset = watchdog_reset;
	/* modules are asked from the last registered one on */
	avr_register_io(avr, &watchdog->io);
	addr = watchdog->registers->wde.reg;
	avr->io[AVR_DATA_TO_IO(addr)].w.c = watchdog_written;
	avr->io[AVR_DATA_TO_IO(addr)].w.param = watchdog;
}

void avr_watchdog_start(struct avr_watchdog *watchdog)
{
	avr_regbit_set(watchdog->avr, watchdog->registers->wdrf);
	avr_regbit_set(watchdog->avr, watchdog->registers->wde);
	watchdog_wind(watchdog);
}

#include "sim/picoboot/bus.h"

#include <string.h>

#define SRAM 0x20000000u
#define XIP_RAM_LEN 0x4000u

static uint32_t bus_sram_len(const struct fm_pico *u)
{
	return fm_pico_is_rp2350(u) ? 0x82000 : 0x42000;
}

/* The ROM lets more pass than the chip can address. */
static uint32_t bus_flash_end(const struct fm_pico *u)
{
	return fm_pico_is_rp2350(u) ? 0x12000000 : 0x20000000;
}

static bool bus_inside(uint32_t addr, uint32_t len, uint32_t start, uint32_t end)
{
	return addr >= start && addr <= end && len <= end - addr;
}

uint8_t *fm_pico_bus_ram(const struct fm_pico *u, uint32_t addr, uint32_t len)
{
	uint32_t xip = fm_pico_is_rp2350(u) ? 0x13ffc000 : 0x15000000;

	if (bus_inside(addr, len, SRAM, SRAM + bus_sram_len(u)))
		return u->ram + (addr - SRAM);
	if (bus_inside(addr, len, xip, xip + XIP_RAM_LEN))
		return u->ram + bus_sram_len(u) + (addr - xip);
	return NULL;
}

bool fm_pico_bus_is_flash(const struct fm_pico *u, uint32_t addr, uint32_t len)
{
	return bus_inside(addr, len, FM_PICO_FLASH, bus_flash_end(u));
}

uint32_t fm_pico_bus_check(const struct fm_pico *u, uint32_t addr, uint32_t len, bool write)
{
	if (fm_pico_bus_is_flash(u, addr, len) && addr % FM_PICO_PAGE)
		return FM_PICO_BAD_ALIGNMENT;
	if (fm_pico_bus_is_flash(u, addr, len))
		return u->options.closed && !write && fm_pico_is_rp2350(u) ? FM_PICO_NOT_PERMITTED
									   : FM_PICO_OK;
	if (fm_pico_bus_ram(u, addr, len) ||
	    (!write && bus_inside(addr, len, 0, fm_pico_is_rp2350(u) ? 0x8000 : 0x2000)))
		return FM_PICO_OK;
	return FM_PICO_BAD_ADDRESS;
}

void fm_pico_bus_read(const struct fm_pico *u, uint32_t addr, uint8_t *ret, uint32_t len)
{
	const uint8_t *ram = fm_pico_bus_ram(u, addr, len);

	if (ram)
		memcpy(ret, ram, len);
	else if (fm_pico_bus_is_flash(u, addr, len) && u->rom.exited)
		fm_pico_flash_read(&u->flash, addr - FM_PICO_FLASH, ret, len);
	else
		memset(ret, 0, len);
}

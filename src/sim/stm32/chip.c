#include "sim/stm32/chip.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define PAGES(size) { { 1, size } }
#define F1_TIMES .program_len = 2, .program_us = 52, .erase_us = 30000, .mass_us = 30000
#define F4_RUNS { { 4, 0x4000 }, { 1, 0x10000 }, { 1, 0x20000 } }
/* 16 KiB 0.3 s, 64 KiB 0.6 s, 128 KiB 1.1 s */
#define F4_TIMES .program_len = 4, .program_us = 16, .erase_us = 180000, .erase_kib_us = 7190
#define L4_TIMES .program_len = 8, .program_us = 85, .erase_us = 22000, .mass_us = 22000
#define F1_MAP .option = { 0x1ffff800, 0x1ffff810 }, .size_addr = 0x1ffff7e0, .unique_addr = 0x1ffff7e8
#define F4_MAP .option = { 0x1fffc000, 0x1fffc010 }, .system = { 0x1fff0000, 0x1fff7800 }, \
	.size_addr = 0x1fff7a22, .unique_addr = 0x1fff7a10
#define L4_MAP .system = { 0x1fff0000, 0x1fff7000 }, .size_addr = 0x1fff75e0, .unique_addr = 0x1fff7590

/* Geometry and times of AN2606 and the data sheets, as collected in doc/protocols/stm32-uart.md. */
static const struct fm_stm32_part chip_parts[] = {
	{ 0x410, "F103 medium density", 0x20000, PAGES(0x400), { 0x20000200, 0x20005000 }, F1_MAP,
	  .system = { 0x1ffff000, 0x1ffff800 }, .loader = 0x22, .erase = 0x43, F1_TIMES },
	{ 0x412, "F10x low density", 0x8000, PAGES(0x400), { 0x20000200, 0x20002800 }, F1_MAP,
	  .system = { 0x1ffff000, 0x1ffff800 }, .loader = 0x22, .erase = 0x43, F1_TIMES },
	{ 0x414, "F10x high density", 0x80000, PAGES(0x800), { 0x20000200, 0x20010000 }, F1_MAP,
	  .system = { 0x1ffff000, 0x1ffff800 }, .loader = 0x22, .erase = 0x43, F1_TIMES },
	{ 0x440, "F05x, F030x8", 0x10000, PAGES(0x400), { 0x20000800, 0x20002000 },
	  .option = { 0x1ffff800, 0x1ffff810 }, .system = { 0x1fffec00, 0x1ffff800 },
	  .size_addr = 0x1ffff7cc, .unique_addr = 0x1ffff7ac, .loader = 0x31, .erase = 0x44, F1_TIMES },
	{ 0x413, "F405, F407", 0x100000, F4_RUNS, { 0x20003000, 0x20020000 }, F4_MAP,
	  .loader = 0x31, .erase = 0x44, F4_TIMES },
	{ 0x423, "F401xB/C", 0x40000, F4_RUNS, { 0x20003000, 0x20010000 }, F4_MAP,
	  .loader = 0x31, .erase = 0x44, F4_TIMES },
	{ 0x431, "F411", 0x80000, F4_RUNS, { 0x20003000, 0x20020000 }, F4_MAP,
	  .loader = 0x31, .erase = 0x44, F4_TIMES },
	{ 0x451, "F76x, F77x", 0x200000, { { 4, 0x8000 }, { 1, 0x20000 }, { 1, 0x40000 } },
	  { 0x20004000, 0x20080000 }, .option = { 0x1fff0000, 0x1fff0020 },
	  .system = { 0x1ff00000, 0x1ff0edc0 }, .size_addr = 0x1ff0f442, .unique_addr = 0x1ff0f420,
	  .loader = 0x31, .erase = 0x44, .program_len = 4, .program_us = 16, .erase_us = 180000,
	  .erase_kib_us = 5000 },
	{ 0x450, "H74x, H75x", 0x200000, PAGES(0x20000), { 0x20004100, 0x20020000 },
	  .system = { 0x1ff00000, 0x1ff1e800 }, .size_addr = 0x1ff1e880, .unique_addr = 0x1ff1e800,
	  .loader = 0x31, .erase = 0x44, .ecc = 32, .program_len = 32, .program_us = 150,
	  .erase_us = 2000000, .mass_us = 10000000 },
	{ 0x417, "L05x, L06x", 0x10000, PAGES(0x80), { 0x20001000, 0x20002000 },
	  .option = { 0x1ff80000, 0x1ff80020 }, .system = { 0x1ff00000, 0x1ff01000 },
	  .size_addr = 0x1ff8007c, .unique_addr = 0x1ff80050, .loader = 0x31, .erase = 0x44,
	  .no_mass = true, .program_len = 64, .program_us = 3300, .erase_us = 3300 },
	{ 0x435, "L43x, L44x", 0x40000, PAGES(0x800), { 0x20003100, 0x2000c000 }, L4_MAP,
	  .option = { 0x1fff7800, 0x1fff7810 }, .loader = 0x31, .erase = 0x44, .ecc = 8, L4_TIMES },
	{ 0x460, "G07x, G08x", 0x20000, PAGES(0x800), { 0x20002700, 0x20009000 }, L4_MAP,
	  .option = { 0x1fff7800, 0x1fff7880 }, .loader = 0x31, .erase = 0x44, .ecc = 8, L4_TIMES },
	{ 0x468, "G431, G441", 0x20000, PAGES(0x800), { 0x20004000, 0x20005800 }, L4_MAP,
	  .option = { 0x1fff7800, 0x1fff7830 }, .loader = 0x31, .erase = 0x44, .ecc = 8, L4_TIMES },
};
/* clang-format on */

const struct fm_stm32_part *fm_stm32_part_at(size_t index)
{
	return index < FM_COUNT(chip_parts) ? &chip_parts[index] : NULL;
}

const struct fm_stm32_part *fm_stm32_part_find(unsigned pid)
{
	for (size_t i = 0; i < FM_COUNT(chip_parts); i++) {
		if (chip_parts[i].pid == pid)
			return &chip_parts[i];
	}
	return NULL;
}

/* Start and length of a block in the flash; false behind its end. */
static bool chip_block(const struct fm_stm32_chip *chip, size_t block, size_t *ret_start,
		       size_t *ret_len)
{
	const struct fm_stm32_run *run = chip->part->runs;
	size_t start = 0, left = block;

	while (left >= run->count && run + 1 < chip->part->runs + FM_COUNT(chip->part->runs) &&
	       run[1].size) {
		start += (size_t)run->count * run->size;
		left -= run->count;
		run++;
	}
	*ret_start = start + left * run->size;
	*ret_len = run->size;
	return *ret_start < chip->flash_len;
}

bool fm_stm32_chip_init(struct fm_stm32_chip *chip, const struct fm_stm32_part *part,
			size_t flash_len, struct fm_error *err)
{
	size_t start, len;

	*chip = (struct fm_stm32_chip){ .part = part, .weak_block = -1, .wiped_block = -1 };
	chip->flash_len = flash_len ? flash_len : part->flash_len;
	chip->ram_len = part->ram.end - FM_STM32_RAM;
	chip->flash = malloc(chip->flash_len);
	chip->ram = calloc(1, chip->ram_len);
	if (!chip->flash || !chip->ram) {
		fm_stm32_chip_done(chip);
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated STM32");
	}
	memset(chip->flash, 0xff, chip->flash_len);
	memset(chip->option, 0xff, sizeof(chip->option));
	for (size_t i = 0; i < sizeof(chip->unique); i++)
		chip->unique[i] = (uint8_t)(0x31 + 7 * i + part->pid);
	while (chip_block(chip, chip->blocks, &start, &len))
		chip->blocks++;
	return true;
}

void fm_stm32_chip_done(struct fm_stm32_chip *chip)
{
	free(chip->flash);
	free(chip->ram);
	chip->flash = chip->ram = NULL;
}

static bool chip_within(const struct fm_stm32_window *window, uint32_t addr)
{
	return addr >= window->start && addr < window->end;
}

enum fm_stm32_area fm_stm32_chip_area(const struct fm_stm32_chip *chip, uint32_t addr)
{
	const struct fm_stm32_part *part = chip->part;

	if (addr >= FM_STM32_FLASH && addr - FM_STM32_FLASH < chip->flash_len)
		return FM_STM32_IN_FLASH;
	if (chip_within(&part->ram, addr))
		return FM_STM32_IN_RAM;
	if (addr >= FM_STM32_RAM && addr < part->ram.start)
		return FM_STM32_IN_LOADER_RAM;
	if (chip_within(&part->option, addr))
		return FM_STM32_IN_OPTION;
	/* Where the maker writes size and unique id: the 256 bytes around each. */
	if (chip_within(&part->system, addr) || addr >> 8 == part->size_addr >> 8 ||
	    addr >> 8 == part->unique_addr >> 8)
		return FM_STM32_IN_SYSTEM;
	return FM_STM32_NOWHERE;
}

static uint8_t chip_system(const struct fm_stm32_chip *chip, uint32_t addr)
{
	size_t kib = chip->flash_len >> 10;

	if (addr - chip->part->size_addr < 2)
		return (uint8_t)(kib >> 8 * (addr - chip->part->size_addr));
	if (addr - chip->part->unique_addr < sizeof(chip->unique))
		return chip->unique[addr - chip->part->unique_addr];
	return 0xff;
}

uint8_t fm_stm32_chip_peek(const struct fm_stm32_chip *chip, uint32_t addr)
{
	switch (fm_stm32_chip_area(chip, addr)) {
	case FM_STM32_IN_FLASH:
		return chip->flash[addr - FM_STM32_FLASH];
	case FM_STM32_IN_RAM:
	case FM_STM32_IN_LOADER_RAM:
		return chip->ram[addr - FM_STM32_RAM];
	case FM_STM32_IN_OPTION:
		return chip->option[addr - chip->part->option.start];
	case FM_STM32_IN_SYSTEM:
		return chip_system(chip, addr);
	case FM_STM32_NOWHERE:
		break;
	}
	return 0xff;
}

static size_t chip_block_of(const struct fm_stm32_chip *chip, size_t offset)
{
	const struct fm_stm32_run *run = chip->part->runs, *end = run + FM_COUNT(chip->part->runs);
	size_t block = 0;

	while (run + 1 < end && run[1].size && offset >= (size_t)run->count * run->size) {
		offset -= (size_t)run->count * run->size;
		block += run->count;
		run++;
	}
	return block + offset / run->size;
}

/* Sectors as the protect commands count them. */
static bool chip_is_protected(const struct fm_stm32_chip *chip, size_t offset)
{
	size_t sector =
		chip->part->runs[0].size < 4096 ? offset / 4096 : chip_block_of(chip, offset);

	return sector / 8 < sizeof(chip->write_protected) &&
	       (chip->write_protected[sector / 8] >> sector % 8 & 1) != 0;
}

void fm_stm32_chip_protect(struct fm_stm32_chip *chip, const uint8_t *sectors, size_t count)
{
	memset(chip->write_protected, 0, sizeof(chip->write_protected));
	for (size_t i = 0; i < count; i++)
		chip->write_protected[sectors[i] / 8] |= (uint8_t)(1u << sectors[i] % 8);
}

/* One write cycle into flash: bits can only be cleared. A check word that covers old and new data
 * fits neither: what is read then is nobody's. */
static void chip_cycle(struct fm_stm32_chip *chip, size_t offset, const uint8_t *data, size_t len)
{
	uint8_t *cells = chip->flash + offset;
	bool twice = chip->part->ecc && !fm_bytes_filled(cells, len, 0xff);

	if (chip_is_protected(chip, offset))
		return;
	for (size_t i = 0; i < len; i++)
		cells[i] = twice ? (uint8_t)(~(cells[i] & data[i]) ^ 0x5a) : cells[i] & data[i];
	if ((long)chip_block_of(chip, offset) == chip->weak_block)
		cells[0] ^= 0x10;
}

void fm_stm32_chip_program(struct fm_stm32_chip *chip, uint32_t addr, const uint8_t *data,
			   size_t len)
{
	size_t step = chip->part->program_len, n;

	for (size_t i = 0; i < len; i += n) {
		uint32_t at = addr + (uint32_t)i;

		n = step - at % step;
		n = n < len - i ? n : len - i;
		switch (fm_stm32_chip_area(chip, at)) {
		case FM_STM32_IN_FLASH:
			if (at - FM_STM32_FLASH + n <= chip->flash_len)
				chip_cycle(chip, at - FM_STM32_FLASH, data + i, n);
			break;
		case FM_STM32_IN_RAM:
			if (at - FM_STM32_RAM + n <= chip->ram_len)
				memcpy(chip->ram + (at - FM_STM32_RAM), data + i, n);
			break;
		case FM_STM32_IN_OPTION:
			memcpy(chip->option + (at - chip->part->option.start), data + i, n);
			break;
		default:
			break;
		}
	}
}

int64_t fm_stm32_chip_program_ns(const struct fm_stm32_chip *chip, uint32_t addr, size_t len)
{
	size_t step = chip->part->program_len;

	if (fm_stm32_chip_area(chip, addr) != FM_STM32_IN_FLASH)
		return 0;
	return (int64_t)((len + step - 1) / step) * chip->part->program_us * 1000;
}

static void chip_erase(struct fm_stm32_chip *chip, size_t block, bool half)
{
	size_t start, len;

	if (!chip_block(chip, block, &start, &len) || chip_is_protected(chip, start))
		return;
	len = len < chip->flash_len - start ? len : chip->flash_len - start;
	/* Cells lose their charge at different times. */
	for (size_t i = 0; i < len; i++)
		chip->flash[start + i] |= half ? (uint8_t)(0x35 * (i + 1) >> 3) : 0xff;
}

void fm_stm32_chip_erase(struct fm_stm32_chip *chip, size_t block, bool half)
{
	chip_erase(chip, block, half);
	if (chip->wiped_block >= 0)
		chip_erase(chip, (size_t)chip->wiped_block, false);
}

int64_t fm_stm32_chip_erase_ns(const struct fm_stm32_chip *chip, size_t block, bool all)
{
	size_t start, len;

	if (!chip_block(chip, block, &start, &len))
		return 0;
	if (all && chip->part->mass_us)
		return (int64_t)chip->part->mass_us * 1000 / (int64_t)chip->blocks;
	return ((int64_t)chip->part->erase_us +
		(int64_t)chip->part->erase_kib_us * (int64_t)(len >> 10)) *
	       1000;
}

/* As the hardware unit is described: the word's most significant byte enters first. */
uint32_t fm_stm32_chip_crc(const struct fm_stm32_chip *chip, uint32_t addr, uint32_t len)
{
	uint32_t crc = 0xffffffff;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= (uint32_t)fm_stm32_chip_peek(chip, addr + (i ^ 3)) << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ ((crc >> 31) * 0x04c11db7u);
	}
	return crc;
}

#include "avr-memory.h"

#include "base/scope.h"
#include "image/image.h"

#include <simavr/avr_eeprom.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool memory_load_application(avr_t *avr, const struct avr_chip_settings *settings,
				    struct fm_error *err)
{
	const char *path = settings->application;
	struct fm_image image FM_IMAGE_DONE = { 0 };

	if (!fm_image_load(path, NULL, &image, err))
		return false;
	for (size_t i = 0; i < image.count; i++) {
		const struct fm_segment *segment = &image.segments[i];

		if (segment->range.addr + segment->range.len > avr->flashend + 1)
			return fm_fail(err, FM_BLOCKED_MEMORY, "%s: does not fit into %s", path,
				       settings->mcu);
		memcpy(avr->flash + segment->range.addr, segment->data, segment->range.len);
	}
	return true;
}

static unsigned memory_hex_byte(const char *line, size_t at)
{
	char digits[3] = { line[1 + 2 * at], line[2 + 2 * at], '\0' };

	return (unsigned)strtoul(digits, NULL, 16);
}

/*
 * Not by fm_image_load, which rightly refuses Debian's Optiboot: built by a newer compiler it is 20
 * bytes too long, so that its version word lies over its end (the byte at 0x7ffe is given twice)
 * and the rest behind the flash. As on a chip the later record wins, what is behind the flash is
 * nowhere, and the loader works all the same: only its jump to the application is lost, and the
 * program counter wraps to 0x0004 instead, an interrupt vector that leads to the start.
 */
static bool memory_load_boot(avr_t *avr, const struct avr_chip_settings *settings,
			     uint32_t *ret_lowest, struct fm_error *err)
{
	const char *path = settings->boot;
	FILE *file FM_FCLOSE = fopen(path, "r");
	uint32_t base = 0;
	char line[600];

	*ret_lowest = UINT32_MAX;
	while (file && fgets(line, sizeof(line), file)) {
		if (line[0] != ':')
			continue;

		unsigned len = memory_hex_byte(line, 0), type = memory_hex_byte(line, 3);
		uint32_t addr = base + (memory_hex_byte(line, 1) << 8 | memory_hex_byte(line, 2));

		if (type == 2 || type == 4)
			base = (memory_hex_byte(line, 4) << 8 | memory_hex_byte(line, 5))
			       << (type == 2 ? 4 : 16);
		for (unsigned i = 0; type == 0 && i < len; i++) {
			if (addr + i <= avr->flashend)
				avr->flash[addr + i] = (uint8_t)memory_hex_byte(line, 4 + i);
		}
		if (type == 0 && addr < *ret_lowest)
			*ret_lowest = addr;
	}
	return *ret_lowest <= avr->flashend ||
	       fm_fail(err, FM_FILE_OPEN, "%s: no boot loader for %s", path, settings->mcu);
}

/* False when there is no such file yet. */
static bool memory_load_file(const char *path, uint8_t *data, size_t len)
{
	FILE *file FM_FCLOSE = path ? fopen(path, "rb") : NULL;

	return file && fread(data, 1, len, file) == len;
}

static bool memory_save_file(const char *path, const uint8_t *data, size_t len,
			     struct fm_error *err)
{
	FILE *file FM_FCLOSE = fopen(path, "wb");

	if (!file || fwrite(data, 1, len, file) != len || fflush(file))
		return fm_fail_os(err, FM_FILE_WRITE, errno, "%s", path);
	return true;
}

bool avr_memory_save(avr_t *avr, const struct avr_chip_settings *settings, struct fm_error *err)
{
	avr_eeprom_desc_t eeprom = { NULL, 0, avr->e2end + 1 };

	if (settings->flash_file &&
	    !memory_save_file(settings->flash_file, avr->flash, avr->flashend + 1, err))
		return false;
	if (!settings->eeprom_file)
		return true;
	avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &eeprom);
	return memory_save_file(settings->eeprom_file, eeprom.ee, eeprom.size, err);
}

bool avr_memory_load(avr_t *avr, const struct avr_chip_settings *settings, struct fm_error *err)
{
	size_t eeprom_len = avr->e2end + 1;
	uint8_t *eeprom FM_FREE = malloc(eeprom_len);
	uint32_t lowest;

	memset(avr->flash, 0xff, avr->flashend + 1);
	if (!memory_load_file(settings->flash_file, avr->flash, avr->flashend + 1) &&
	    settings->application && !memory_load_application(avr, settings, err))
		return false;
	if (eeprom && memory_load_file(settings->eeprom_file, eeprom, eeprom_len)) {
		avr_eeprom_desc_t desc = { eeprom, 0, (uint32_t)eeprom_len };

		avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &desc);
	}
	if (!memory_load_boot(avr, settings, &lowest, err))
		return false;
	/* BOOTRST is programmed in the fuses of every board with one of these loaders. */
	avr->reset_pc = lowest;
	avr->codeend = avr->flashend;
	return true;
}

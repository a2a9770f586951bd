#include "sim/picoboot/flash.h"

#include "sim/picoboot/picoboot.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* boot/picobin.h of the pico-sdk: a block of an RP2350 image, and its end */
#define BLOCK_START 0xffffded3u
#define BLOCK_END 0xab123579u
#define BLOCK_WITHIN 4096 /* the ROM looks for the first one there */

bool fm_pico_flash_init(struct fm_pico_flash *flash, size_t len)
{
	*flash = (struct fm_pico_flash){ .data = malloc(len), .len = len, .weak = -1, .stuck = -1 };
	if (!flash->data)
		return false;
	memset(flash->data, 0xff, len);
	return true;
}

void fm_pico_flash_done(struct fm_pico_flash *flash)
{
	free(flash->data);
	flash->data = NULL;
}

void fm_pico_flash_read(const struct fm_pico_flash *flash, uint32_t offset, uint8_t *ret,
			size_t len)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = flash->data[(offset + i) & (flash->len - 1)];
}

void fm_pico_flash_erase(struct fm_pico_flash *flash, uint32_t offset, bool half)
{
	size_t start = offset & (flash->len - 1) & ~(size_t)(FM_PICO_SECTOR - 1);

	if ((long)(start / FM_PICO_SECTOR) != flash->stuck)
		memset(flash->data + start, 0xff, half ? FM_PICO_SECTOR / 2 : FM_PICO_SECTOR);
}

void fm_pico_flash_program(struct fm_pico_flash *flash, uint32_t offset, const uint8_t *data,
			   size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t at = (offset + i) & (flash->len - 1);
		bool weak = (long)(at / FM_PICO_SECTOR) == flash->weak;

		flash->data[at] &= weak ? data[i] | 0x01 : data[i];
	}
}

uint32_t fm_pico_boot2_crc(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
	}
	return crc;
}

static bool flash_has_block(const struct fm_pico_flash *flash)
{
	bool started = false;

	for (size_t i = 0; i + 4 <= BLOCK_WITHIN; i += 4) {
		uint32_t word = fm_get_le32(flash->data + i);

		started = started || word == BLOCK_START;
		if (started && word == BLOCK_END)
			return true;
	}
	return false;
}

bool fm_pico_flash_boots(const struct fm_pico_flash *flash, bool rp2350)
{
	if (rp2350)
		return flash_has_block(flash);
	return fm_pico_boot2_crc(flash->data, 252) == fm_get_le32(flash->data + 252);
}

void fm_sim_picoboot_make_bootable(uint8_t *image, bool rp2350)
{
	if (rp2350) {
		fm_put_le32(image + 256, BLOCK_START);
		fm_put_le32(image + 260, BLOCK_END);
	} else {
		fm_put_le32(image + 252, fm_pico_boot2_crc(image, 252));
	}
}

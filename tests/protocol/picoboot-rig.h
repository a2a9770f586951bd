/* A simulated RP2040 or RP2350 behind a link in virtual time, a session with it, and an image. */
#ifndef FM_TESTS_PICOBOOT_RIG_H
#define FM_TESTS_PICOBOOT_RIG_H

#include "unit.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "protocol/protocol.h"
#include "sim/picoboot/picoboot.h"

#include <string.h>

#define PICO_FLASH 0x10000000u
#define PICO_SECTOR 4096u
#define PICO_IMAGE_LEN (5 * PICO_SECTOR)

/* An entry "id and string" of the Raspberry Pi's tag, and its text behind it. */
static inline void pico_entry(uint8_t *image, size_t n, uint32_t id, const char *text)
{
	size_t entry = 0x400 + n * 64;

	fm_put_le32(image + 0x300 + 4 * n, PICO_FLASH + (uint32_t)entry);
	fm_put_le16(image + entry, 6);
	fm_put_le16(image + entry + 2, 0x5052);
	fm_put_le32(image + entry + 4, id);
	fm_put_le32(image + entry + 8, PICO_FLASH + (uint32_t)entry + 12);
	strcpy((char *)image + entry + 12, text);
}

/* Three entries of binary info, no map. */
static inline void pico_binary_info(uint8_t *image)
{
	fm_put_le32(image + 0x110, 0x7188ebf2);
	fm_put_le32(image + 0x114, PICO_FLASH + 0x300);
	fm_put_le32(image + 0x118, PICO_FLASH + 0x30c);
	fm_put_le32(image + 0x11c, PICO_FLASH + 0x2f0);
	fm_put_le32(image + 0x120, 0xe71aa390);
	memset(image + 0x2f0, 0, 12);
	pico_entry(image, 0, 0x02031c86, "blink");
	pico_entry(image, 1, 0x11a9bc3a, "1.2.3");
	pico_entry(image, 2, 0xb63cffbb, "pico");
}

/* A program that boots and says what it is. */
static inline void pico_image(uint8_t *image, size_t len, bool rp2350, unsigned seed)
{
	uint32_t x = seed * 2654435761u + 12345;

	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		image[i] = (uint8_t)(x >> 16) & 0x7e;
	}
	pico_binary_info(image);
	fm_sim_picoboot_make_bootable(image, rp2350);
}

struct pico_rig {
	struct fm_virtual_clock clock;
	struct fm_sim_usb *unit;
	struct fm_link *link; /* NULL: none */
	struct fm_session s;
	struct fm_identity identity;
	uint8_t *flash;
	size_t flash_len;
};

static inline void pico_rig_plug(struct pico_rig *rig,
				 const struct fm_sim_picoboot_options *options)
{
	struct fm_error err;

	*rig = (struct pico_rig){ 0 };
	fm_virtual_clock_init(&rig->clock);
	assert_success(fm_sim_picoboot_new(options, &rig->unit, &err));
	rig->flash = fm_sim_picoboot_flash(rig->unit, &rig->flash_len);
	rig->unit->ops->power(rig->unit, 0, true);
	fm_sim_usb_pass(rig->unit, &rig->clock, 10);
}

static inline bool pico_rig_session(struct pico_rig *rig, struct fm_error *err)
{
	rig->identity = (struct fm_identity){ 0 };
	return fm_sim_usb_link_open(rig->unit, false, 0xff, &rig->clock, NULL, &rig->link, err) &&
	       fm_session_init(&rig->s, fm_protocol_named("picoboot"), rig->link, NULL, err);
}

static inline void pico_rig_leave(struct pico_rig *rig)
{
	fm_session_done(&rig->s);
	fm_link_close(rig->link);
	rig->link = NULL;
}

static inline bool pico_rig_open(struct pico_rig *rig, struct fm_error *err)
{
	return rig->s.protocol->open(&rig->s, &rig->identity, err);
}

/* Plugged in, in a session that is open. */
static inline void pico_rig_start(struct pico_rig *rig,
				  const struct fm_sim_picoboot_options *options)
{
	struct fm_error err;

	pico_rig_plug(rig, options);
	assert_success(pico_rig_session(rig, &err));
	assert_success(pico_rig_open(rig, &err));
}

static inline void pico_rig_done(struct pico_rig *rig)
{
	pico_rig_leave(rig);
	rig->unit->ops->free(rig->unit);
}

/* As a hand does it: cable out, cable in with BOOTSEL held. */
static inline void pico_rig_replug(struct pico_rig *rig)
{
	pico_rig_leave(rig);
	rig->unit->ops->power(rig->unit, rig->clock.now_ns, false);
	fm_sim_usb_pass(rig->unit, &rig->clock, 100);
	rig->unit->ops->power(rig->unit, rig->clock.now_ns, true);
	fm_sim_usb_pass(rig->unit, &rig->clock, 100);
}

static inline size_t pico_blocks(struct fm_block *ret, uint32_t addr, size_t len)
{
	size_t n = 0;

	for (; n * PICO_SECTOR < len; n++)
		ret[n] = (struct fm_block){ { FM_SPACE_FLASH, addr + n * PICO_SECTOR, PICO_SECTOR },
					    (unsigned)n };
	return n;
}

/* All of a job but the opening. */
static inline bool pico_rig_write(struct pico_rig *rig, const uint8_t *image, struct fm_error *err)
{
	const struct fm_protocol *p = rig->s.protocol;
	struct fm_block blocks[PICO_IMAGE_LEN / PICO_SECTOR];
	size_t n = pico_blocks(blocks, PICO_FLASH, PICO_IMAGE_LEN);
	uint8_t back[PICO_SECTOR];

	if (!p->erase(&rig->s, blocks, n, err))
		return false;
	for (size_t i = 0; i < PICO_IMAGE_LEN; i += PICO_SECTOR) {
		if (!p->write(&rig->s, FM_SPACE_FLASH, PICO_FLASH + i, image + i, PICO_SECTOR, err))
			return false;
	}
	for (size_t i = 0; i < PICO_IMAGE_LEN; i += PICO_SECTOR) {
		if (!p->read(&rig->s, FM_SPACE_FLASH, PICO_FLASH + i, back, PICO_SECTOR, err))
			return false;
		if (memcmp(back, image + i, PICO_SECTOR) != 0)
			return fm_fail(err, FM_VERIFY, "differs in the sector at 0x%zx", i);
	}
	return p->finish(&rig->s, err);
}

static inline bool pico_rig_job(struct pico_rig *rig, const uint8_t *image, struct fm_error *err)
{
	return pico_rig_open(rig, err) && pico_rig_write(rig, image, err);
}

#endif

#include "sim/uf2/uf2.h"

#include "base/bytes.h"
#include "sim/uf2/disk.h"
#include "sim/uf2/msc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000
#define FLASH_MOST (16u << 20)
#define PAGE 256
#define BLOCKS_MOST (FLASH_MOST / PAGE)
#define GROUP (4096 / PAGE) /* blocks of a sector that the RP2040 erases */
#define RAM_BASE 0x20000000u
#define RAM_LEN 0x42000u

#define MAGIC_START0 0x0a324655u
#define MAGIC_START1 0x9e5d5157u
#define MAGIC_END 0x0ab16f30u
enum { FLAG_NOT_FLASH = 1, FLAG_FAMILY = 0x2000 };

enum { SET_CONFIGURATION = 9 };

enum mode { UF2_OFF, UF2_BOOT, UF2_APPLICATION };

struct uf2 {
	struct fm_sim_usb unit;
	struct fm_sim_uf2_options options;
	struct fm_sim_uf2_seen seen;
	enum mode mode;
	int64_t leave_ns, back_ns, unplug_ns;

	struct fm_msc msc;
	struct fm_msc_disk medium;
	struct fm_uf2_disk disk;
	char info[256];

	uint8_t *flash;
	uint32_t total, taken; /* of the transfer; total 0: none */
	uint8_t has[BLOCKS_MOST / 8], erased[BLOCKS_MOST / GROUP / 8];
	bool unplugged; /* that fault has happened */

	struct fm_sim_usb_tables tables;
	uint8_t device[18], config[32];
	const char *strings[4];
};

static bool uf2_fault(const struct uf2 *u, enum fm_sim_uf2_fault kind, uint32_t n)
{
	return u->options.has_fault[kind] && u->options.fault[kind] == n;
}

/* Was the bit clear? It is set then. */
static bool uf2_mark(uint8_t *bits, uint32_t n)
{
	bool clear = !(bits[n / 8] & (1u << n % 8));

	bits[n / 8] = (uint8_t)(bits[n / 8] | 1u << n % 8);
	return clear;
}

/* --- blocks --- */

static void uf2_new_transfer(struct uf2 *u, uint32_t total)
{
	u->total = total;
	u->taken = 0;
	memset(u->has, 0, sizeof(u->has));
	memset(u->erased, 0, sizeof(u->erased));
}

/* Where a page of the flash lies, NULL: not in it. */
static uint8_t *uf2_page(struct uf2 *u, uint32_t addr)
{
	uint32_t at = addr - u->options.flash_base;

	return addr >= u->options.flash_base && at <= u->options.flash_len - PAGE ? u->flash + at
										  : NULL;
}

/* Section 2, [rom]: the sector of this address, when the first block of its group of 16 comes. */
static void uf2_program_rp2040(struct uf2 *u, uint32_t number, uint8_t *page, const uint8_t *data)
{
	size_t sector = (size_t)(page - u->flash) & ~(size_t)4095;

	if (uf2_mark(u->erased, number / GROUP))
		memset(u->flash + sector, 0xff, 4096);
	for (size_t i = 0; i < PAGE; i++)
		page[i] &= data[i];
}

static void uf2_program(struct uf2 *u, const uint8_t *block)
{
	uint32_t number = fm_get_le32(block + 20), addr = fm_get_le32(block + 12);
	uint8_t *page = uf2_page(u, addr);

	if (!page || addr - u->options.flash_base < u->options.loader_len)
		return; /* RAM, or where a board writes nothing but goes on counting */
	if (u->options.manners == FM_SIM_UF2_RP2040)
		uf2_program_rp2040(u, number, page, block + 32);
	else
		memcpy(page, block + 32, PAGE);
	u->seen.blocks++;
}

/* False: this sector is none of the unit's business, and has no effect. */
static bool uf2_is_for_us(struct uf2 *u, const uint8_t *block)
{
	uint32_t flags = fm_get_le32(block + 8);

	if (fm_get_le32(block) != MAGIC_START0 || fm_get_le32(block + 4) != MAGIC_START1 ||
	    fm_get_le32(block + 508) != MAGIC_END || flags & FLAG_NOT_FLASH)
		return false;
	if (!(flags & FLAG_FAMILY))
		return u->options.manners == FM_SIM_UF2_BOARD;
	if (fm_get_le32(block + 28) == u->options.family)
		return true;
	u->seen.foreign++;
	return false;
}

static bool uf2_is_good(struct uf2 *u, const uint8_t *block)
{
	uint32_t addr = fm_get_le32(block + 12), total = fm_get_le32(block + 24);

	if (fm_get_le32(block + 16) != PAGE || addr % PAGE || total > BLOCKS_MOST ||
	    fm_get_le32(block + 20) >= total)
		return false;
	return u->options.manners == FM_SIM_UF2_BOARD || uf2_page(u, addr) ||
	       (addr >= RAM_BASE && addr < RAM_BASE + RAM_LEN);
}

/* Has the transfer had this block not yet? Another total begins a new one with the RP2040; boards
 * are confused by it until they get power anew, and never restart. */
static bool uf2_counts(struct uf2 *u, uint32_t number, uint32_t total)
{
	if (total != u->total && (u->total == 0 || u->options.manners == FM_SIM_UF2_RP2040))
		uf2_new_transfer(u, total);
	else if (total != u->total)
		u->total = UINT32_MAX;
	return uf2_mark(u->has, number);
}

static bool uf2_sector(void *user, int64_t now_ns, uint32_t sector,
		       const uint8_t block[FM_MSC_SECTOR])
{
	struct uf2 *u = user;
	uint32_t number = fm_get_le32(block + 20), total = fm_get_le32(block + 24);

	(void)sector;
	u->seen.sectors++;
	if (!uf2_is_for_us(u, block))
		return true;
	if (!uf2_is_good(u, block)) {
		if (u->options.manners == FM_SIM_UF2_RP2040)
			uf2_new_transfer(u, 0);
		return true;
	}
	if (uf2_fault(u, FM_SIM_UF2_WRITE_ERROR, number))
		return false;
	if (!u->unplugged && uf2_fault(u, FM_SIM_UF2_UNPLUG, number)) {
		u->unplugged = true;
		u->unplug_ns = now_ns;
		return true;
	}
	if (!uf2_counts(u, number, total)) {
		u->seen.repeated++;
		if (u->options.manners == FM_SIM_UF2_BOARD)
			uf2_program(u, block);
		return true;
	}
	uf2_program(u, block);
	if (++u->taken == u->total && !u->options.stay)
		u->leave_ns = now_ns + (int64_t)u->options.restart_ms * MS;
	return true;
}

static void uf2_read(void *user, uint32_t sector, uint8_t ret[FM_MSC_SECTOR])
{
	const struct uf2 *u = user;

	fm_uf2_disk_read(&u->disk, sector, ret);
}

/* --- on the bus --- */

static void uf2_describe(struct uf2 *u)
{
	static const uint8_t device[] = { 18, 1, 0, 2, 0, 0, 0, 64, 0, 0, 0, 0, 0, 1, 1, 2, 3, 1 };
	static const uint8_t boot[] = { 9,  2, 32, 0, 1, 1,          0, 0x80, 125, 9,         4,
					0,  0, 2,  8, 6, 0x50,       0, 7,    5,   FM_MSC_IN, 2,
					64, 0, 0,  7, 5, FM_MSC_OUT, 2, 64,   0,   0 };
	static const uint8_t application[] = { 9, 2, 18, 0, 1, 1,    0, 0x80, 125,
					       9, 4, 0,  0, 0, 0xff, 0, 0,    0 };
	bool runs = u->mode == UF2_APPLICATION;
	const struct fm_sim_uf2_options *o = &u->options;

	memcpy(u->device, device, sizeof(device));
	fm_put_le16(u->device + 8, (uint16_t)(runs ? o->app_vid : o->vid));
	fm_put_le16(u->device + 10, (uint16_t)(runs ? o->app_pid : o->pid));
	fm_put_le16(u->device + 12, (uint16_t)(runs ? o->app_release : 0x0100));
	if (runs)
		memcpy(u->config, application, sizeof(application));
	else
		memcpy(u->config, boot, sizeof(boot));
	u->strings[1] = "flashmend";
	u->strings[2] = runs ? "application" : o->model;
	u->strings[3] = o->serial;
	u->tables.configuration = 0;
}

static void uf2_appear(struct uf2 *u, enum mode mode)
{
	u->mode = mode;
	u->leave_ns = u->back_ns = u->unplug_ns = INT64_MAX;
	uf2_new_transfer(u, 0);
	fm_msc_reset(&u->msc);
	uf2_describe(u);
	u->unit.attached = mode != UF2_OFF;
}

static void uf2_power(struct fm_sim_usb *unit, int64_t now_ns, bool on)
{
	(void)now_ns;
	uf2_appear((struct uf2 *)unit, on ? UF2_BOOT : UF2_OFF);
}

static int64_t uf2_next_event(const struct fm_sim_usb *unit)
{
	const struct uf2 *u = (const struct uf2 *)unit;
	int64_t next_ns = u->leave_ns < u->back_ns ? u->leave_ns : u->back_ns;

	return u->unplug_ns < next_ns ? u->unplug_ns : next_ns;
}

static void uf2_advance(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct uf2 *u = (struct uf2 *)unit;

	while (uf2_next_event(unit) <= now_ns) {
		if (u->unplug_ns <= now_ns) {
			uf2_power(unit, now_ns, false);
		} else if (u->leave_ns <= now_ns) {
			u->back_ns = u->leave_ns + (int64_t)u->options.absent_ms * MS;
			u->leave_ns = INT64_MAX;
			u->seen.restarts++;
			unit->attached = false;
		} else {
			uf2_appear(u, UF2_APPLICATION);
		}
	}
}

static void uf2_bus_reset(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct uf2 *u = (struct uf2 *)unit;

	(void)now_ns;
	u->tables.configuration = 0;
	fm_msc_reset(&u->msc);
}

/* It leaves before it answers anything else. */
static bool uf2_is_leaving(const struct uf2 *u)
{
	return !u->unit.attached || u->unplug_ns != INT64_MAX ||
	       (u->leave_ns != INT64_MAX && u->options.restart_ms == 0);
}

static int uf2_control(struct fm_sim_usb *unit, int64_t now_ns, const uint8_t setup[8],
		       uint8_t *data)
{
	struct uf2 *u = (struct uf2 *)unit;
	int n = FM_SIM_USB_NAK;

	(void)now_ns;
	if (uf2_is_leaving(u))
		return FM_SIM_USB_NAK;
	if (u->mode == UF2_BOOT && u->tables.configuration)
		n = fm_msc_control(&u->msc, setup, data);
	if (n != FM_SIM_USB_NAK)
		return n;
	if (setup[0] == 0 && setup[1] == SET_CONFIGURATION)
		fm_msc_reset(&u->msc);
	return fm_sim_usb_standard(&u->tables, setup, data);
}

static int uf2_transfer(struct fm_sim_usb *unit, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			size_t len)
{
	struct uf2 *u = (struct uf2 *)unit;

	if (uf2_is_leaving(u))
		return FM_SIM_USB_NAK;
	if (u->mode != UF2_BOOT)
		return FM_SIM_USB_STALL;
	return fm_msc_transfer(&u->msc, now_ns, endpoint, data, len);
}

static void uf2_free(struct fm_sim_usb *unit)
{
	struct uf2 *u = (struct uf2 *)unit;

	free(u->flash);
	free(u);
}

static const struct fm_sim_usb_ops uf2_ops = {
	.control = uf2_control,
	.transfer = uf2_transfer,
	.bus_reset = uf2_bus_reset,
	.advance = uf2_advance,
	.next_event = uf2_next_event,
	.power = uf2_power,
	.free = uf2_free,
};

/* --- making --- */

/* Sizes of uf2-samdx1's drive and of the RP2040's; the small one is ours. */
static void uf2_make_disk(struct uf2 *u)
{
	static const char index[] = "<!doctype html>\n<title>UF2 boot loader</title>\n";
	const struct fm_sim_uf2_options *o = &u->options;
	bool rp2040 = o->manners == FM_SIM_UF2_RP2040;

	if (!o->no_text)
		snprintf(u->info, sizeof(u->info), "%s\r\nModel: %s\r\nBoard-ID: %s\r\n",
			 o->version, o->model, o->board);
	u->disk = (struct fm_uf2_disk){
		.sectors = rp2040     ? 128u << 11
			   : o->fat12 ? 4000
				      : 16000,
		.start = rp2040,
		.cluster_sectors = rp2040 ? 8 : 1,
		.root_entries = rp2040 ? 512 : 64,
		.label = o->label,
		.info = o->no_info ? NULL : u->info,
		.index = index,
		.flash = o->current ? u->flash : NULL,
		.flash_len = o->flash_len,
		.flash_base = o->flash_base,
		.family = o->family,
	};
	u->medium = (struct fm_msc_disk){
		.sectors = u->disk.sectors,
		.read_only = o->read_only,
		.read = uf2_read,
		.write = uf2_sector,
		.user = u,
		.vendor = rp2040 ? "RPI" : "UF2",
		.product = rp2040 ? "RP2" : "Boot",
	};
	u->msc.disk = &u->medium;
}

static bool uf2_check(const struct fm_sim_uf2_options *o, struct fm_error *err)
{
	if (o->flash_len < 4096 || o->flash_len > FLASH_MOST || o->flash_len % 4096)
		return fm_fail(err, FM_USAGE, "a flash of %u bytes: multiples of 4096 to %u",
			       o->flash_len, FLASH_MOST);
	if (o->current && o->flash_len > (o->fat12 ? 1u << 19 : 2u << 20))
		return fm_fail(err, FM_USAGE, "a flash of %u bytes is too large for CURRENT.UF2",
			       o->flash_len);
	return true;
}

bool fm_sim_uf2_new(const struct fm_sim_uf2_options *options, struct fm_sim_usb **ret_unit,
		    struct fm_error *err)
{
	struct uf2 *u;

	if (!uf2_check(options, err))
		return false;
	u = calloc(1, sizeof(*u));
	if (!u || !(u->flash = malloc(options->flash_len))) {
		free(u);
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	}
	memset(u->flash, 0xff, options->flash_len);
	u->unit.ops = &uf2_ops;
	u->options = *options;
	u->tables.device = u->device;
	u->tables.config = u->config;
	u->tables.strings = u->strings;
	uf2_make_disk(u);
	uf2_power(&u->unit, 0, true);
	*ret_unit = &u->unit;
	return true;
}

void fm_sim_uf2_flash(struct fm_sim_usb *unit, uint8_t **ret_data, size_t *ret_len)
{
	struct uf2 *u = (struct uf2 *)unit;

	*ret_data = u->flash;
	*ret_len = u->options.flash_len;
}

const struct fm_sim_uf2_seen *fm_sim_uf2_seen(const struct fm_sim_usb *unit)
{
	return &((const struct uf2 *)unit)->seen;
}

bool fm_sim_uf2_runs(const struct fm_sim_usb *unit)
{
	return ((const struct uf2 *)unit)->mode == UF2_APPLICATION;
}

#include "sim/picoboot/picoboot.h"

#include "base/bytes.h"
#include "sim/picoboot/rom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLASH_MOST (16u << 20)
#define RAM_MOST (0x82000 + 0x4000)
#define OFF_BUS_NS 300000000     /* from one identity to the next */
#define LATE_NS 4000000000       /* above the 3 s of an acknowledgement, below the 10 s of work */
#define APPLICATION_NS 100000000 /* the pico-sdk's delay before it restarts */

enum { RASPBERRY_PI = 0x2e8a, PID_RP2040 = 0x0003, PID_RP2350 = 0x000f };
enum { PID_SDK_RP2040 = 0x000a, PID_SDK_RP2350 = 0x0009 };

/* Interface requests of PICOBOOT and of the reset interface */
enum { IF_RESET = 0x41, IF_CMD_STATUS = 0x42 };
enum { RESET_BOOTSEL = 0x01, RESET_FLASH = 0x02 };

enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, SET_CONFIGURATION = 9 };

bool fm_pico_fault(const struct fm_pico *u, enum fm_sim_picoboot_fault kind, unsigned long n)
{
	return u->options.has_fault[kind] && u->options.fault[kind] == n;
}

/* --- descriptors --- */

static uint16_t pico_pid(const struct fm_pico *u)
{
	if (u->left && u->options.has_fault[FM_SIM_PICOBOOT_WRONG_ID])
		return (uint16_t)u->options.fault[FM_SIM_PICOBOOT_WRONG_ID];
	if (u->mode == FM_PICO_BOOTSEL)
		return fm_pico_is_rp2350(u) ? PID_RP2350 : PID_RP2040;
	if (u->options.app_pid)
		return u->options.app_pid;
	return fm_pico_is_rp2350(u) ? PID_SDK_RP2350 : PID_SDK_RP2040;
}

/* The RP2040's ROM has one serial number for all of them: of the chip's type and its own version.
 */
static void pico_strings(struct fm_pico *u)
{
	bool bootsel = u->mode == FM_PICO_BOOTSEL;

	u->strings[1] = "Raspberry Pi";
	u->strings[2] = bootsel ? fm_pico_is_rp2350(u) ? "RP2350 Boot" : "RP2 Boot" : "Pico";
	u->strings[3] = bootsel && !fm_pico_is_rp2350(u) ? "E0C9125B0D9B" : u->unique;
	u->strings[4] = bootsel ? NULL : "Reset";
}

static void pico_describe(struct fm_pico *u)
{
	static const uint8_t device[] = {
		18, 1, 0x10, 1, 0, 0, 0, 64, 0, 0, 0, 0, 0, 1, 1, 2, 3, 1
	};
	static const uint8_t boot[] = { 9,   2, 32, 0,          1,           1,  0,    0x80,
					250, 9, 4,  0,          0,           2,  0xff, 0,
					0,   0, 7,  5,          FM_PICO_OUT, 2,  64,   0,
					0,   7, 5,  FM_PICO_IN, 2,           64, 0,    0 };
	static const uint8_t application[] = { 9, 2, 18, 0, 1, 1,    0, 0x80, 125,
					       9, 4, 0,  0, 0, 0xff, 0, 1,    4 };
	uint16_t pid = pico_pid(u);

	memcpy(u->device, device, sizeof(device));
	fm_put_le16(u->device + 8, RASPBERRY_PI);
	fm_put_le16(u->device + 10, pid);
	if (u->mode == FM_PICO_BOOTSEL)
		memcpy(u->config, boot, sizeof(boot));
	else
		memcpy(u->config, application, sizeof(application));
	pico_strings(u);
	u->tables.configuration = 0;
}

/* --- the bus --- */

static void pico_appear(struct fm_pico *u, enum fm_pico_mode mode)
{
	u->mode = mode;
	fm_pico_rom_start(u);
	pico_describe(u);
	u->leave_ns = u->back_ns = u->unplug_ns = u->late_ns = INT64_MAX;
	u->unit.attached = mode == FM_PICO_BOOTSEL || mode == FM_PICO_APPLICATION;
}

static enum fm_pico_mode pico_boot(const struct fm_pico *u)
{
	return fm_pico_flash_boots(&u->flash, fm_pico_is_rp2350(u)) ? FM_PICO_APPLICATION
								    : FM_PICO_BOOTSEL;
}

void fm_pico_leave(struct fm_pico *u, int64_t at_ns, enum fm_pico_mode next, bool boots)
{
	u->leave_ns = at_ns;
	u->next = next;
	u->boots = boots;
}

static void pico_power(struct fm_sim_usb *unit, int64_t now_ns, bool on)
{
	struct fm_pico *u = (struct fm_pico *)unit;

	(void)now_ns;
	if (u->mode == FM_PICO_BOOTSEL)
		fm_pico_rom_reset(u, false); /* what it was erasing stays half erased */
	u->left = u->left && on;
	pico_appear(u, !on ? FM_PICO_OFF : u->options.application ? pico_boot(u) : FM_PICO_BOOTSEL);
}

static int64_t pico_next_event(const struct fm_sim_usb *unit)
{
	const struct fm_pico *u = (const struct fm_pico *)unit;
	int64_t next_ns = u->leave_ns < u->back_ns ? u->leave_ns : u->back_ns;

	if (u->unplug_ns < next_ns)
		next_ns = u->unplug_ns;
	if (u->late_ns < next_ns)
		next_ns = u->late_ns;
	if (u->rom.work != FM_PICO_IDLE && u->rom.work_ends_ns < next_ns)
		next_ns = u->rom.work_ends_ns;
	return next_ns;
}

static void pico_advance(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fm_pico *u = (struct fm_pico *)unit;

	while (pico_next_event(unit) <= now_ns) {
		if (u->unplug_ns <= now_ns) {
			pico_power(unit, now_ns, false);
		} else if (u->rom.work != FM_PICO_IDLE && u->rom.work_ends_ns <= now_ns) {
			fm_pico_rom_worked(u, u->rom.work_ends_ns);
		} else if (u->late_ns <= now_ns) {
			u->late_ns = INT64_MAX;
		} else if (u->leave_ns <= now_ns) {
			u->back_ns = u->leave_ns + OFF_BUS_NS;
			u->leave_ns = INT64_MAX;
			u->left = true;
			unit->attached = false;
		} else {
			pico_appear(u, u->boots ? pico_boot(u) : u->next);
		}
	}
}

static void pico_bus_reset(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fm_pico *u = (struct fm_pico *)unit;

	(void)now_ns;
	u->tables.configuration = 0;
	if (u->mode == FM_PICO_BOOTSEL)
		fm_pico_rom_reset(u, false);
}

/* --- requests --- */

/* The halt of an endpoint; anything else is standard. */
static int pico_endpoint(struct fm_pico *u, const uint8_t setup[8], uint8_t *data)
{
	uint16_t endpoint = fm_get_le16(setup + 4);
	bool *halted = endpoint == FM_PICO_OUT  ? &u->rom.halted_out
		       : endpoint == FM_PICO_IN ? &u->rom.halted_in
						: NULL;

	if (u->mode == FM_PICO_BOOTSEL && halted && u->tables.configuration) {
		if (setup[1] == GET_STATUS && fm_get_le16(setup + 6) >= 2) {
			data[0] = *halted;
			data[1] = 0;
			return 2;
		}
		if (setup[1] == CLEAR_FEATURE || setup[1] == SET_FEATURE) {
			*halted = setup[1] == SET_FEATURE;
			return 0;
		}
	}
	return fm_sim_usb_standard(&u->tables, setup, data);
}

static int pico_standard(struct fm_pico *u, const uint8_t setup[8], uint8_t *data)
{
	if ((setup[0] & 0x1f) == 2)
		return pico_endpoint(u, setup, data);
	if (setup[0] == 0 && setup[1] == SET_CONFIGURATION && u->mode == FM_PICO_BOOTSEL)
		fm_pico_rom_reset(u, false);
	return fm_sim_usb_standard(&u->tables, setup, data);
}

static int pico_rom_request(struct fm_pico *u, const uint8_t setup[8], uint8_t *data)
{
	uint16_t len = fm_get_le16(setup + 6);

	if (fm_get_le16(setup + 4) != 0)
		return FM_SIM_USB_STALL;
	if (setup[0] == 0x41 && setup[1] == IF_RESET && len == 0) {
		fm_pico_rom_reset(u, true);
		return 0;
	}
	if (setup[0] == 0xc1 && setup[1] == IF_CMD_STATUS && len == 16) {
		fm_pico_rom_status(u, data);
		return 16;
	}
	return FM_SIM_USB_STALL;
}

/* The pico-sdk looks at the request and the interface only. It is gone before it could answer 01.
 */
static int pico_application_request(struct fm_pico *u, int64_t now_ns, const uint8_t setup[8])
{
	if (fm_get_le16(setup + 4) != 0)
		return FM_SIM_USB_STALL;
	switch (setup[1]) {
	case RESET_BOOTSEL:
		fm_pico_leave(u, now_ns, FM_PICO_BOOTSEL, false);
		return FM_SIM_USB_NAK;
	case RESET_FLASH:
		fm_pico_leave(u, now_ns + APPLICATION_NS, FM_PICO_APPLICATION, true);
		return 0;
	default:
		return FM_SIM_USB_STALL;
	}
}

static int pico_control(struct fm_sim_usb *unit, int64_t now_ns, const uint8_t setup[8],
			uint8_t *data)
{
	struct fm_pico *u = (struct fm_pico *)unit;

	if (!unit->attached || u->unplug_ns != INT64_MAX)
		return FM_SIM_USB_NAK;
	if ((setup[0] & 0x60) == 0)
		return pico_standard(u, setup, data);
	if (u->mode == FM_PICO_BOOTSEL)
		return pico_rom_request(u, setup, data);
	return pico_application_request(u, now_ns, setup);
}

/* False: the nth transfer is not what it should be, and *ret is what the host gets of it. */
static bool pico_transfer_is_whole(struct fm_pico *u, int64_t now_ns, uint8_t endpoint,
				   uint8_t *data, size_t len, int *ret)
{
	unsigned long n = ++u->transfers;

	*ret = FM_SIM_USB_NAK;
	if (fm_pico_fault(u, FM_SIM_PICOBOOT_UNPLUG, n)) {
		u->unplug_ns = now_ns;
	} else if (fm_pico_fault(u, FM_SIM_PICOBOOT_LATE, n)) {
		u->late_ns = now_ns + LATE_NS;
	} else if (fm_pico_fault(u, FM_SIM_PICOBOOT_STALL, n)) {
		u->rom.halted_out = u->rom.halted_in = true;
		*ret = FM_SIM_USB_STALL;
	} else if (fm_pico_fault(u, FM_SIM_PICOBOOT_LOSE, n)) {
		if (endpoint == FM_PICO_OUT)
			*ret = (int)len;
		else
			fm_pico_rom_transfer(u, now_ns, endpoint, data, len);
	} else {
		return true;
	}
	return false;
}

static int pico_transfer(struct fm_sim_usb *unit, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			 size_t len)
{
	struct fm_pico *u = (struct fm_pico *)unit;
	int n;

	if (!unit->attached || u->unplug_ns != INT64_MAX || u->late_ns != INT64_MAX)
		return FM_SIM_USB_NAK;
	if (u->mode != FM_PICO_BOOTSEL || (endpoint != FM_PICO_OUT && endpoint != FM_PICO_IN))
		return FM_SIM_USB_STALL;
	if (!fm_pico_rom_ready(u, endpoint))
		return FM_SIM_USB_NAK;
	if (!pico_transfer_is_whole(u, now_ns, endpoint, data, len, &n))
		return n;
	return fm_pico_rom_transfer(u, now_ns, endpoint, data, len);
}

/* --- making and options --- */

static void pico_free(struct fm_sim_usb *unit)
{
	struct fm_pico *u = (struct fm_pico *)unit;

	fm_pico_flash_done(&u->flash);
	free(u->rom.data);
	free(u->ram);
	free(u);
}

static const struct fm_sim_usb_ops pico_ops = {
	.control = pico_control,
	.transfer = pico_transfer,
	.bus_reset = pico_bus_reset,
	.advance = pico_advance,
	.next_event = pico_next_event,
	.power = pico_power,
	.free = pico_free,
};

static bool pico_flash_len(uint32_t *len, struct fm_error *err)
{
	if (*len == 0)
		*len = 2u << 20;
	if ((*len & (*len - 1)) == 0 && *len >= FM_PICO_SECTOR && *len <= FLASH_MOST)
		return true;
	return fm_fail(err, FM_USAGE, "a flash of %u bytes: powers of two from %u to %u", *len,
		       FM_PICO_SECTOR, FLASH_MOST);
}

bool fm_sim_picoboot_new(const struct fm_sim_picoboot_options *options,
			 struct fm_sim_usb **ret_unit, struct fm_error *err)
{
	uint32_t flash_len = options->flash_len;
	struct fm_pico *u;

	if (!pico_flash_len(&flash_len, err))
		return false;
	u = calloc(1, sizeof(*u));
	if (!u)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	u->unit.ops = &pico_ops;
	u->options = *options;
	u->ram = calloc(1, RAM_MOST);
	if (!u->ram || !fm_pico_flash_init(&u->flash, flash_len)) {
		pico_free(&u->unit);
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	}
	if (options->has_fault[FM_SIM_PICOBOOT_WEAK])
		u->flash.weak = (long)options->fault[FM_SIM_PICOBOOT_WEAK];
	if (options->has_fault[FM_SIM_PICOBOOT_STUCK])
		u->flash.stuck = (long)options->fault[FM_SIM_PICOBOOT_STUCK];
	snprintf(u->unique, sizeof(u->unique), "5A3C0000%08X", 0x10000000u + options->serial);
	u->tables.device = u->device;
	u->tables.config = u->config;
	u->tables.strings = u->strings;
	pico_power(&u->unit, 0, true);
	*ret_unit = &u->unit;
	return true;
}

uint8_t *fm_sim_picoboot_flash(struct fm_sim_usb *unit, size_t *ret_len)
{
	struct fm_pico *u = (struct fm_pico *)unit;

	*ret_len = u->flash.len;
	return u->flash.data;
}

bool fm_sim_picoboot_runs(const struct fm_sim_usb *unit)
{
	return ((const struct fm_pico *)unit)->mode == FM_PICO_APPLICATION;
}

bool fm_sim_picoboot_exclusive(const struct fm_sim_usb *unit)
{
	return ((const struct fm_pico *)unit)->rom.exclusive;
}

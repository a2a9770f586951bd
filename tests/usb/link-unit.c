#include "link-unit.h"

#include "base/bytes.h"

#include <string.h>

static const uint8_t unit_device[18] = { 18,   1,    0x00, 0x02, 0xef, 2, 1, 64, 0x09,
					 0x12, 0x34, 0x12, 0x10, 0x02, 1, 2, 3,  1 };
static const uint8_t unit_config[] = {
	9, 2,  113,  0,    3, 1,    0, 0x80, 50, /* */
	9, 4,  0,    0,    2, 0xff, 1, 2,    4,  /* vendor, setting 0 */
	7, 5,  0x01, 2,    0, 2,    0,           /* */
	7, 5,  0x81, 2,    0, 2,    0,           /* */
	9, 4,  0,    1,    2, 0xff, 1, 2,    5,  /* vendor, setting 1 */
	7, 5,  0x01, 2,    0, 2,    0,           /* */
	7, 5,  0x81, 2,    0, 2,    0,           /* */
	9, 4,  1,    0,    1, 2,    2, 1,    0,  /* serial port: control */
	5, 36, 0,    0x10, 1,                    /* PSTN subclass 1.2, 5.3 */
	5, 36, 1,    0,    2,                    /* */
	4, 36, 2,    2,                          /* */
	5, 36, 6,    1,    2,                    /* */
	7, 5,  0x82, 3,    8, 0,    9,           /* */
	9, 4,  2,    0,    2, 10,   0, 0,    0,  /* serial port: data */
	7, 5,  0x03, 2,    0, 2,    0,           /* */
	7, 5,  0x83, 2,    0, 2,    0,
};
static const char *const unit_strings[] = { "",      "Tests", "Link\033[2J unit", "0001", "@Vendor",
					    "other", NULL };

/* Strings as some ROMs give them: less than it says; not UTF-16. */
static int unit_odd_string(uint8_t index, uint8_t *data)
{
	static const uint8_t cut[] = { 40, 3, 'c', 0, 'u', 0, 't', 0 };
	static const uint8_t plain[] = { 7, 3, 'p', 'l', 'a', 'i', 'n' };

	if (index == 6) {
		memcpy(data, cut, sizeof(cut));
		return sizeof(cut);
	}
	memcpy(data, plain, sizeof(plain));
	return sizeof(plain);
}

static void unit_touched(struct unit *u)
{
	if (u->baud != 1200)
		return;
	if (u->leave_at_1200)
		u->usb.attached = false;
	else if (!u->dtr)
		u->touches++;
}

/* PSTN subclass 1.2, 6.3. */
static int unit_serial(struct unit *u, int64_t now_ns, const uint8_t setup[8], const uint8_t *data)
{
	if (setup[1] == 0x20) {
		u->baud = fm_get_le32(data);
		u->codings++;
	} else if (setup[1] == 0x22) {
		u->dtr = setup[2] & 1u;
	}
	u->back_ns = now_ns + 300000000;
	unit_touched(u);
	return setup[6];
}

static int unit_control(struct fm_sim_usb *usb, int64_t now_ns, const uint8_t setup[8],
			uint8_t *data)
{
	struct unit *u = (struct unit *)usb;
	int len = fm_get_le16(setup + 6);

	if (setup[0] == 0x80 && setup[1] == 6 && setup[3] == 3 && setup[2] >= 6)
		return unit_odd_string(setup[2], data);
	if (setup[0] == 0x02 && setup[1] == 1)
		u->halted = false; /* CLEAR_FEATURE(ENDPOINT_HALT) */
	if ((setup[0] & 0x60) == 0)
		return fm_sim_usb_standard(&u->tables, setup, data);
	if ((setup[0] & 0x60) == 0x20)
		return setup[0] & 0x80 ? FM_SIM_USB_STALL : unit_serial(u, now_ns, setup, data);
	switch (setup[1]) {
	case UNIT_KEEP:
		if (setup[0] & 0x80) {
			len = len < (int)u->kept_len ? len : (int)u->kept_len;
			memcpy(data, u->kept, (size_t)len);
		} else {
			memcpy(u->kept, data, (size_t)len);
			u->kept_len = (size_t)len;
		}
		return len;
	case UNIT_NEVER:
		return FM_SIM_USB_NAK;
	case UNIT_LEAVE:
		usb->attached = false;
		u->back_ns = now_ns + 300000000;
		return len;
	default:
		return FM_SIM_USB_STALL;
	}
}

/* "STALL" on the bulk endpoint halts it. */
static int unit_transfer(struct fm_sim_usb *usb, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			 size_t len)
{
	struct unit *u = (struct unit *)usb;

	(void)now_ns;
	if (endpoint != 0x01 && endpoint != 0x81)
		return endpoint & 0x80 ? FM_SIM_USB_NAK : (int)len;
	if (u->halted)
		return FM_SIM_USB_STALL;
	if (endpoint == 0x81) {
		if (!u->has_looped)
			return FM_SIM_USB_NAK;
		u->has_looped = false;
		len = len < u->looped_len ? len : u->looped_len;
		memcpy(data, u->looped, len);
		return (int)len;
	}
	if (len == 5 && memcmp(data, "STALL", 5) == 0) {
		u->halted = true;
		return FM_SIM_USB_STALL;
	}
	memcpy(u->looped, data, len);
	u->looped_len = len;
	u->has_looped = true;
	return (int)len;
}

static void unit_bus_reset(struct fm_sim_usb *usb, int64_t now_ns)
{
	struct unit *u = (struct unit *)usb;

	(void)now_ns;
	u->halted = u->has_looped = false;
}

static void unit_advance(struct fm_sim_usb *usb, int64_t now_ns)
{
	struct unit *u = (struct unit *)usb;

	if (!usb->attached && now_ns >= u->back_ns)
		usb->attached = true;
}

static int64_t unit_next_event(const struct fm_sim_usb *usb)
{
	return usb->attached ? INT64_MAX : ((const struct unit *)usb)->back_ns;
}

static void unit_power(struct fm_sim_usb *usb, int64_t now_ns, bool on)
{
	usb->attached = on;
	((struct unit *)usb)->back_ns = on ? now_ns : INT64_MAX;
}

static void unit_free(struct fm_sim_usb *usb)
{
	(void)usb;
}

void unit_init(struct unit *unit)
{
	static const struct fm_sim_usb_ops ops = {
		.control = unit_control,
		.transfer = unit_transfer,
		.bus_reset = unit_bus_reset,
		.advance = unit_advance,
		.next_event = unit_next_event,
		.power = unit_power,
		.free = unit_free,
	};

	memset(unit, 0, sizeof(*unit));
	unit->usb.ops = &ops;
	unit->usb.high_speed = true;
	unit->tables = (struct fm_sim_usb_tables){ .device = unit_device,
						   .config = unit_config,
						   .strings = unit_strings,
						   .high_speed = true };
	_Static_assert(sizeof(unit_config) == 113, "wTotalLength");
}

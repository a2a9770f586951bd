#include "sim/touch/touch.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PSTN120 (CDC), table 13: class requests to the communication interface */
#define SET_LINE_CODING 0x20
#define GET_LINE_CODING 0x21
#define SET_CONTROL_LINE_STATE 0x22
#define LINE_CODING_LEN 7
#define DTR 1u
#define TOUCH_BAUD 1200

#define EP_NOTIFY 0x81
#define EP_OUT 0x02
#define EP_IN 0x83

#define MS 1000000ll
#define SILENCE_MS 100 /* section 5, Betaflight */
#define MSP_REBOOT 68
#define MSP_TO_ROM 1

/* Class 2 with one function: USB CDC 1.2, 5.2 and 5.3. */
static const uint8_t touch_config[] = {
	9, 2,    67,        0,    2,    1,  0,  0x80, 50, /* */
	9, 4,    0,         0,    1,    2,  2,  1,    0, /* communication, abstract control model */
	5, 0x24, 0,         0x10, 0x01,                  /* header */
	5, 0x24, 1,         0,    1,                     /* call management: none */
	4, 0x24, 2,         2,                           /* line coding and line state */
	5, 0x24, 6,         0,    1,                     /* union */
	7, 5,    EP_NOTIFY, 3,    16,   0,  16,          /* */
	9, 4,    1,         0,    2,    10, 0,  0,    0, /* data */
	7, 5,    EP_OUT,    2,    64,   0,  0,  7,    5,  EP_IN, 2, 64, 0, 0,
};

struct touch {
	struct fm_sim_usb usb;
	struct fm_sim_touch_options options;
	struct fm_sim_usb_tables tables;
	uint8_t device[18];
	const char *strings[5];
	bool left;
	uint8_t coding[LINE_CODING_LEN];
	unsigned lines;
	int64_t touch_ns, silence_ns, stay_ns; /* when it leaves for that; INT64_MAX = not */
	char question[2];                      /* the last two bytes received */
	uint8_t frame[64];                     /* MSP, from '$' on */
	size_t frame_len;
	uint8_t out[256]; /* for the host */
	size_t out_len;
};

/* --- being touched --- */

static void touch_leave(struct touch *t)
{
	if (t->options.kind == FM_SIM_TOUCH_SAMD && t->options.program && t->touch_ns != INT64_MAX)
		memset(t->options.program, 0xff, t->options.row_len);
	t->left = true;
	t->usb.attached = false;
	t->touch_ns = t->silence_ns = t->stay_ns = INT64_MAX;
}

/* After a request that changed the rate (coding) or the lines. */
static void touch_look(struct touch *t, int64_t now_ns, bool coding)
{
	bool low = fm_get_le32(t->coding) == TOUCH_BAUD && !(t->lines & DTR);

	switch (t->options.kind) {
	case FM_SIM_TOUCH_NONE:
		break;
	case FM_SIM_TOUCH_32U4:
		if (!coding)
			t->touch_ns = low ? now_ns + 120 * MS : INT64_MAX;
		break;
	case FM_SIM_TOUCH_SAMD:
		t->touch_ns = low ? now_ns + 250 * MS : INT64_MAX;
		break;
	case FM_SIM_TOUCH_RP2040:
		if (coding && fm_get_le32(t->coding) == TOUCH_BAUD)
			t->touch_ns = now_ns;
		break;
	}
}

static int touch_control(struct fm_sim_usb *usb, int64_t now_ns, const uint8_t setup[8],
			 uint8_t *data)
{
	struct touch *t = (struct touch *)usb;
	uint16_t len = fm_get_le16(setup + 6);

	if ((setup[0] & 0x60) == 0)
		return fm_sim_usb_standard(&t->tables, setup, data);
	if (setup[0] == 0x21 && setup[1] == SET_LINE_CODING && len == LINE_CODING_LEN) {
		memcpy(t->coding, data, LINE_CODING_LEN);
		touch_look(t, now_ns, true);
		return len;
	}
	if (setup[0] == 0x21 && setup[1] == SET_CONTROL_LINE_STATE && len == 0) {
		t->lines = setup[2];
		touch_look(t, now_ns, false);
		return 0;
	}
	if (setup[0] == 0xa1 && setup[1] == GET_LINE_CODING && len >= LINE_CODING_LEN) {
		memcpy(data, t->coding, LINE_CODING_LEN);
		return LINE_CODING_LEN;
	}
	return FM_SIM_USB_STALL;
}

/* --- being told --- */

static void touch_say(struct touch *t, const void *data, size_t len)
{
	if (len > sizeof(t->out) - t->out_len)
		return; /* nobody reads: as a full buffer on a real one */
	memcpy(t->out + t->out_len, data, len);
	t->out_len += len;
}

/* "$M<", length, command, payload, XOR of these three. A whole one; then the parser is idle. */
static void touch_msp(struct touch *t, int64_t now_ns)
{
	size_t payload = t->frame[3];
	uint8_t reply[] = { '$', 'M', '>', 1, MSP_REBOOT, MSP_TO_ROM, 1 ^ MSP_REBOOT ^ MSP_TO_ROM };

	if (fm_bytes_xor(t->frame + 3, payload + 2) == t->frame[payload + 5] &&
	    t->frame[4] == MSP_REBOOT && payload == 1 && t->frame[5] == MSP_TO_ROM) {
		touch_say(t, reply, sizeof(reply));
		t->silence_ns = now_ns + SILENCE_MS * MS;
	}
	t->frame_len = 0;
}

/* Section 5: 'R' counts between frames alone, and any other byte takes it back. */
static void touch_betaflight(struct touch *t, int64_t now_ns, uint8_t byte)
{
	static const char start[] = "$M<";

	t->silence_ns = INT64_MAX;
	if (t->frame_len == 0 && byte != '$') {
		if (byte == 'R')
			t->silence_ns = now_ns + SILENCE_MS * MS;
		return;
	}
	t->frame[t->frame_len++] = byte;
	if (t->frame_len <= 3 && byte != (uint8_t)start[t->frame_len - 1])
		t->frame_len = 0;
	else if (t->frame_len > 3 && t->frame[3] > sizeof(t->frame) - 6)
		t->frame_len = 0;
	else if (t->frame_len > 3 && t->frame_len == (size_t)t->frame[3] + 6)
		touch_msp(t, now_ns);
}

static void touch_hear(struct touch *t, int64_t now_ns, uint8_t byte)
{
	char answer[sizeof(t->options.version) + 16];

	t->question[0] = t->question[1];
	t->question[1] = (char)byte;
	if (t->options.version[0] && memcmp(t->question, "V\r", 2) == 0) {
		snprintf(answer, sizeof(answer), "version %s\r\n", t->options.version);
		touch_say(t, answer, strlen(answer));
	}
	if (t->options.betaflight)
		touch_betaflight(t, now_ns, byte);
}

static int touch_transfer(struct fm_sim_usb *usb, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			  size_t len)
{
	struct touch *t = (struct touch *)usb;

	if (endpoint == EP_OUT) {
		for (size_t i = 0; i < len; i++)
			touch_hear(t, now_ns, data[i]);
		return (int)len;
	}
	if (endpoint == EP_NOTIFY || (endpoint == EP_IN && t->out_len == 0))
		return FM_SIM_USB_NAK;
	if (endpoint != EP_IN)
		return FM_SIM_USB_STALL;
	len = len < t->out_len ? len : t->out_len;
	memcpy(data, t->out, len);
	t->out_len -= len;
	memmove(t->out, t->out + len, t->out_len);
	return (int)len;
}

/* --- time and power --- */

static int64_t touch_next_event(const struct fm_sim_usb *usb)
{
	const struct touch *t = (const struct touch *)usb;
	int64_t next_ns = t->touch_ns < t->silence_ns ? t->touch_ns : t->silence_ns;

	return next_ns < t->stay_ns ? next_ns : t->stay_ns;
}

static void touch_advance(struct fm_sim_usb *usb, int64_t now_ns)
{
	struct touch *t = (struct touch *)usb;

	if (touch_next_event(usb) <= now_ns)
		touch_leave(t);
}

static void touch_bus_reset(struct fm_sim_usb *usb, int64_t now_ns)
{
	struct touch *t = (struct touch *)usb;

	(void)now_ns;
	t->tables.configuration = 0;
	t->lines = 0;
}

static void touch_power(struct fm_sim_usb *usb, int64_t now_ns, bool on)
{
	static const uint8_t coding[LINE_CODING_LEN] = {
		0x00, 0xe1, 0, 0, 0, 0, 8
	}; /* 57600 8N1 */
	struct touch *t = (struct touch *)usb;
	const struct fm_sim_touch_options *options = &t->options;

	touch_bus_reset(usb, now_ns);
	memcpy(t->coding, coding, sizeof(coding));
	t->touch_ns = t->silence_ns = t->stay_ns = INT64_MAX;
	t->frame_len = t->out_len = 0;
	memset(t->question, 0, sizeof(t->question));
	t->left =
		on && options->program && fm_bytes_filled(options->program, options->row_len, 0xff);
	usb->attached = on && !t->left;
	if (usb->attached && options->stay_ms)
		t->stay_ns = now_ns + options->stay_ms * MS;
}

static void touch_free(struct fm_sim_usb *usb)
{
	free(usb);
}

bool fm_sim_touch_left(const struct fm_sim_usb *unit)
{
	return ((const struct touch *)unit)->left;
}

/* --- making one --- */

static const struct fm_sim_usb_ops touch_ops = {
	.control = touch_control,
	.transfer = touch_transfer,
	.bus_reset = touch_bus_reset,
	.advance = touch_advance,
	.next_event = touch_next_event,
	.power = touch_power,
	.free = touch_free,
};

bool fm_sim_touch_new(const struct fm_sim_touch_options *options, struct fm_sim_usb **ret_unit,
		      struct fm_error *err)
{
	struct touch *t = calloc(1, sizeof(*t));
	const uint8_t device[18] = { 18,
				     1,
				     0x00,
				     0x02,
				     2,
				     0,
				     0,
				     64,
				     (uint8_t)options->vid,
				     (uint8_t)(options->vid >> 8),
				     (uint8_t)options->pid,
				     (uint8_t)(options->pid >> 8),
				     0x00,
				     0x01,
				     1,
				     2,
				     options->serial[0] ? 3 : 0,
				     1 };

	if (!t)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	t->usb.ops = &touch_ops;
	t->options = *options;
	memcpy(t->device, device, sizeof(device));
	t->strings[0] = "";
	t->strings[1] = "flashmend";
	t->strings[2] = "simulated serial port";
	t->strings[3] = options->serial[0] ? t->options.serial : NULL;
	t->tables = (struct fm_sim_usb_tables){ .device = t->device,
						.config = touch_config,
						.strings = t->strings };
	touch_power(&t->usb, 0, false);
	*ret_unit = &t->usb;
	return true;
}

void fm_sim_touch_defaults(struct fm_sim_touch_options *ret)
{
	/* Arduino Leonardo's application */
	*ret = (struct fm_sim_touch_options){
		.kind = FM_SIM_TOUCH_32U4, .vid = 0x2341, .pid = 0x8036, .version = "1.2.3"
	};
}

#define OPTION_NUMBER(name, member, max, help)                                                     \
	FM_SIM_NUMBER(fm_sim_touch_options, name, member, max, help)
#define OPTION_TEXT(name, member, help) FM_SIM_TEXT(fm_sim_touch_options, name, member, help)

static const struct fm_sim_option touch_options[] = {
	FM_SIM_CHOICE(fm_sim_touch_options, "kind", kind, "none|32u4|samd|rp2040",
		      "when a 1200-baud touch is noticed"),
	FM_SIM_FLAG(fm_sim_touch_options, "betaflight", betaflight,
		    "'R' and 100 ms of silence, and MSP 68, take it there too"),
	OPTION_NUMBER("vid", vid, 0xffff, "vendor id"),
	OPTION_NUMBER("pid", pid, 0xffff, "product id"),
	OPTION_TEXT("serial", serial, "serial number"),
	OPTION_TEXT("version", version, "what it answers to V and a carriage return"),
	OPTION_NUMBER("stay", stay_ms, 3600000, "it leaves by itself after so many ms on the bus"),
};

const struct fm_sim_option_info *fm_sim_touch_option_at(size_t index)
{
	return index < FM_COUNT(touch_options) ? &touch_options[index].info : NULL;
}

bool fm_sim_touch_option(struct fm_sim_touch_options *options, const char *name, const char *value,
			 struct fm_error *err)
{
	const struct fm_sim_option *set;

	return fm_sim_option_set(touch_options, FM_COUNT(touch_options),
				 "a unit with a serial port", options, name, value, &set, err);
}

/* Applications with a serial port, and the ways from them into a boot loader, in virtual time. */
#include "unit.h"

#include "sim/modes.h"
#include "sim/touch/touch.h"

#include <string.h>

#define CLASS_OUT 0x21
#define LINE_CODING 0x20
#define LINE_STATE 0x22
#define EP_OUT 0x02
#define EP_IN 0x83

static struct fm_virtual_clock clock_;
static struct fm_error err;

/* An application of this kind, with a boot loader behind it that stays for two seconds. */
static struct fm_sim_usb *rig(enum fm_sim_touch_kind kind, bool betaflight, uint8_t *program)
{
	struct fm_sim_touch_options application, loader;
	struct fm_sim_mode modes[2];
	struct fm_sim_usb *unit;

	fm_sim_touch_defaults(&application);
	loader = application;
	application.kind = kind;
	application.betaflight = betaflight;
	application.program = program;
	application.row_len = 256;
	loader.kind = FM_SIM_TOUCH_NONE;
	loader.pid = 0x0036;
	loader.stay_ms = 2000;
	assert_true(fm_sim_touch_new(&application, &modes[0].unit, &err));
	assert_true(fm_sim_touch_new(&loader, &modes[1].unit, &err));
	modes[0].left = modes[1].left = fm_sim_touch_left;
	assert_true(fm_sim_modes_new(modes, 2, 300, &unit, &err));
	fm_virtual_clock_init(&clock_);
	assert_false(unit->attached);
	unit->ops->power(unit, 0, true);
	return unit;
}

static struct fm_link *open_link(struct fm_sim_usb *unit)
{
	struct fm_link *link;

	assert_true(fm_sim_usb_link_open(unit, false, -1, &clock_, NULL, &link, &err));
	return link;
}

/* A request may be the last that the unit hears. */
static void request(struct fm_link *link, uint8_t what, uint16_t value, uint32_t baud)
{
	const struct fm_usb_setup setup = { CLASS_OUT, what, value, 0 };
	const uint8_t coding[7] = {
		(uint8_t)baud, (uint8_t)(baud >> 8), (uint8_t)(baud >> 16), 0, 0, 0, 8
	};

	if (!fm_usb_control_out(link, &setup, coding, what == LINE_CODING ? 7 : 0,
				fm_in_ms(&clock_.clock, 1000), &err))
		assert_int_equal(err.code, FM_GONE);
}

static void rate(struct fm_link *link, uint32_t baud)
{
	request(link, LINE_CODING, 0, baud);
}

static void dtr(struct fm_link *link, bool on)
{
	request(link, LINE_STATE, on, 0);
}

static void say(struct fm_link *link, const char *text, size_t len)
{
	assert_true(fm_usb_out(link, EP_OUT, text, len, fm_in_ms(&clock_.clock, 1000), &err));
}

static bool in_loader(struct fm_sim_usb *unit)
{
	return fm_sim_modes_active(unit) == 1;
}

static void done(struct fm_sim_usb *unit, struct fm_link *link)
{
	fm_link_close(link);
	unit->ops->free(unit);
}

static void test_32u4(void **state)
{
	struct fm_sim_usb *unit = rig(FM_SIM_TOUCH_32U4, false, NULL);
	struct fm_link *link = open_link(unit);

	(void)state;
	rate(link, 1200); /* DTR is low already: nothing looks */
	fm_sim_usb_pass(unit, &clock_, 500);
	assert_false(in_loader(unit));
	dtr(link, true);
	dtr(link, false);
	fm_sim_usb_pass(unit, &clock_, 100);
	assert_true(unit->attached);
	dtr(link, true); /* within 120 ms: taken back */
	fm_sim_usb_pass(unit, &clock_, 500);
	assert_false(in_loader(unit));
	dtr(link, false);
	fm_sim_usb_pass(unit, &clock_, 130);
	assert_true(in_loader(unit));
	assert_false(unit->attached);
	fm_sim_usb_pass(unit, &clock_, 300);
	assert_true(unit->attached);
	fm_link_close(link);
	link = open_link(unit);
	assert_int_equal(link->usb_descriptors->device[10], 0x36);
	fm_sim_usb_pass(unit, &clock_, 2400); /* and back by itself */
	assert_false(in_loader(unit));
	assert_true(unit->attached);
	done(unit, link);
}

static void test_32u4_other_rate(void **state)
{
	struct fm_sim_usb *unit = rig(FM_SIM_TOUCH_32U4, false, NULL);
	struct fm_link *link = open_link(unit);

	(void)state;
	rate(link, 1200);
	dtr(link, false);
	rate(link, 9600); /* is not looked at before the lines are set again */
	dtr(link, false);
	fm_sim_usb_pass(unit, &clock_, 500);
	assert_false(in_loader(unit));
	done(unit, link);
}

static void test_samd(void **state)
{
	static uint8_t program[512];
	struct fm_sim_usb *unit;
	struct fm_link *link;

	(void)state;
	memset(program, 0x11, sizeof(program));
	unit = rig(FM_SIM_TOUCH_SAMD, false, program);
	link = open_link(unit);
	rate(link, 1200); /* looked at here too */
	fm_sim_usb_pass(unit, &clock_, 200);
	rate(link, 9600);
	fm_sim_usb_pass(unit, &clock_, 500);
	assert_false(in_loader(unit));
	assert_int_equal(program[0], 0x11);
	rate(link, 1200);
	fm_sim_usb_pass(unit, &clock_, 260);
	assert_true(in_loader(unit));
	assert_int_equal(program[255], 0xff);
	assert_int_equal(program[256], 0x11);
	/* its program is gone: power brings the boot loader, not the application */
	unit->ops->power(unit, clock_.now_ns, false);
	unit->ops->power(unit, clock_.now_ns, true);
	assert_true(in_loader(unit));
	done(unit, link);
}

static void test_rp2040(void **state)
{
	struct fm_sim_usb *unit = rig(FM_SIM_TOUCH_RP2040, false, NULL);
	struct fm_link *link = open_link(unit);

	(void)state;
	dtr(link, true);
	fm_sim_usb_pass(unit, &clock_, 100);
	assert_false(in_loader(unit));
	rate(link, 1200);
	fm_sim_usb_pass(unit, &clock_, 1);
	assert_true(in_loader(unit));
	done(unit, link);
}

static void test_version(void **state)
{
	struct fm_sim_usb *unit = rig(FM_SIM_TOUCH_NONE, false, NULL);
	struct fm_link *link = open_link(unit);
	char answer[64];
	size_t len;

	(void)state;
	assert_false(fm_usb_in(link, EP_IN, answer, sizeof(answer), &len,
			       fm_in_ms(&clock_.clock, 50), &err));
	assert_int_equal(err.code, FM_TIMEOUT);
	say(link, "V\r", 2);
	assert_true(fm_usb_in(link, EP_IN, answer, sizeof(answer), &len,
			      fm_in_ms(&clock_.clock, 50), &err));
	assert_int_equal(len, 15);
	assert_memory_equal(answer, "version 1.2.3\r\n", 15);
	rate(link, 1200);
	dtr(link, false);
	fm_sim_usb_pass(unit, &clock_, 1000);
	assert_false(in_loader(unit));
	done(unit, link);
}

/* What is sent, then 150 ms: does it leave? */
static bool told(const char *text, size_t len)
{
	struct fm_sim_usb *unit = rig(FM_SIM_TOUCH_NONE, true, NULL);
	struct fm_link *link = open_link(unit);
	bool left;

	say(link, text, len);
	fm_sim_usb_pass(unit, &clock_, 90);
	assert_false(in_loader(unit));
	fm_sim_usb_pass(unit, &clock_, 60);
	left = in_loader(unit);
	done(unit, link);
	return left;
}

static void test_betaflight(void **state)
{
	(void)state;
	assert_true(told("R", 1));
	assert_true(told("xR", 2));
	assert_false(told("Rx", 2));
	assert_false(told("R$", 2));
	assert_false(told("$M<\1\1R", 6));        /* within a frame */
	assert_true(told("$M<\0\1\1R", 7));       /* behind one */
	assert_true(told("$M<\1\x44\1\x44", 7));  /* MSP_REBOOT to the ROM */
	assert_false(told("$M<\1\x44\1\x45", 7)); /* bad sum */
	assert_false(told("$M<\0\x44\x44", 6));   /* a plain reboot */
	assert_true(told("$M<\xff\1\1R", 7));     /* no frame that it could hold */
}

static void test_options(void **state)
{
	struct fm_sim_touch_options options;

	(void)state;
	fm_sim_touch_defaults(&options);
	assert_true(fm_sim_touch_option(&options, "kind", "samd", &err));
	assert_int_equal(options.kind, FM_SIM_TOUCH_SAMD);
	assert_true(fm_sim_touch_option(&options, "pid", "0x805a", &err));
	assert_int_equal(options.pid, 0x805a);
	assert_true(fm_sim_touch_option(&options, "betaflight", NULL, &err));
	assert_false(fm_sim_touch_option(&options, "pid", "65536", &err));
	assert_false(fm_sim_touch_option(&options, "kind", "avr", &err));
	assert_false(fm_sim_touch_option(&options, "kind", NULL, &err));
	assert_false(fm_sim_touch_option(&options, "betaflight", "no", &err));
	assert_false(fm_sim_touch_option(&options, "melt", NULL, &err));
	assert_int_equal(err.code, FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_32u4),    cmocka_unit_test(test_32u4_other_rate),
		cmocka_unit_test(test_samd),    cmocka_unit_test(test_rp2040),
		cmocka_unit_test(test_version), cmocka_unit_test(test_betaflight),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Whole jobs over USB on units that are not sent into their boot loader by DFU_DETACH: RP2040 and
 * RP2350 by their reset interface, boards with a serial port by the touch at 1200 baud. In virtual
 * time, also under ThreadSanitizer.
 */
#include "usb-rig.h"

#include "sim/modes.h"
#include "sim/touch/touch.h"

#include <string.h>

static struct fm_error err;

static int exit_code(const struct usb_rig *rig)
{
	return fm_error_info(rig->end.code)->exit_code;
}

/* --- RP2040 and RP2350 --- */

static void pico_verbs(struct usb_rig *rig, const char *model, uint32_t chip)
{
	const struct fm_sim_picoboot_options options = { .chip = chip, .application = true };
	static uint8_t data[2 << 20];
	size_t len;

	rig_model(rig, model);
	rig_pico(rig, &options);
	fm_sim_picoboot_make_bootable(rig->image, chip == FM_SIM_RP2350);
	rig->image_len = 8192;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(rig_holds_image(rig) && fm_sim_picoboot_runs(rig->unit));
	rig_do(rig, FM_VERB_INFO);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
	fm_sim_usb_pass(rig->unit, &rig->clock, 2000);
	assert_true(fm_sim_picoboot_runs(rig->unit));
	rig_do(rig, FM_VERB_VERIFY);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
	fm_sim_usb_pass(rig->unit, &rig->clock, 2000);
	rig_back_up(rig, data, &len, sizeof(data));
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
	assert_true(len >= rig->image_len);
	assert_memory_equal(data, rig_flash(rig), len);
	fm_sim_usb_pass(rig->unit, &rig->clock, 2000);
	rig_do(rig, FM_VERB_ERASE);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(rig_flash(rig)[0], 0xff);
}

static void test_pico(void **state)
{
	pico_verbs(*state, "rpi-pico", FM_SIM_RP2040);
}

static void test_pico2(void **state)
{
	pico_verbs(*state, "rpi-pico2", FM_SIM_RP2350);
}

static void test_the_other_pico(void **state)
{
	struct usb_rig *rig = *state;
	const struct fm_sim_picoboot_options options = { .chip = FM_SIM_RP2040 };

	rig_model(rig, "rpi-pico2");
	rig_pico(rig, &options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_NONE, FM_WRONG_UNIT, FM_UNIT_UNTOUCHED);
	assert_non_null(strstr(rig->end.error.text, "2e8a:0003"));
	assert_int_equal(rig_flash(rig)[0], 0xff);
}

/* The ROM of the RP2040 has one for all units, which the RP2350's has not. */
static void test_serial_of_a_pico(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_picoboot_options options = { .chip = FM_SIM_RP2040 };

	rig_model(rig, "rpi-pico");
	rig_pico(rig, &options);
	rig_do(rig, FM_VERB_INFO);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_ENTERED);
	assert_false(rig->told_serial);
	options.chip = FM_SIM_RP2350;
	rig_model(rig, "rpi-pico2");
	rig_pico(rig, &options);
	rig_do(rig, FM_VERB_INFO);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_ENTERED);
	assert_true(rig->told_serial);
}

/* Flashed, and the program runs. */
static void pico_runs(struct usb_rig *rig, enum fm_sim_picoboot_fault fault, unsigned long n)
{
	struct fm_sim_picoboot_options options = { .application = true };

	options.has_fault[fault] = true;
	options.fault[fault] = n;
	rig_model(rig, "rpi-pico");
	rig_pico(rig, &options);
	fm_sim_picoboot_make_bootable(rig->image, false);
	rig->image_len = 8192;
}

/* Its program may have any ids: what was written is proved, that it runs is not. */
static void test_pico_comes_back_as_another(void **state)
{
	struct usb_rig *rig = *state;

	pico_runs(rig, FM_SIM_PICOBOOT_WRONG_ID, 0x1234);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_non_null(strstr(rig->end.not_tested, "whether the program runs"));
}

static void test_pico_does_not_restart(void **state)
{
	struct usb_rig *rig = *state;

	pico_runs(rig, FM_SIM_PICOBOOT_STAY, 1);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
	assert_int_equal(exit_code(rig), 12);
	assert_true(rig_holds_image(rig));
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
}

/* Whatever a job ends by: where the unit stays in its boot ROM, the drive may write again. */
static void test_pico_is_given_back(void **state)
{
	struct usb_rig *rig = *state;
	const struct fm_sim_picoboot_options whole = { 0 };
	struct fm_sim_picoboot_options weak = { 0 };

	weak.has_fault[FM_SIM_PICOBOOT_WEAK] = true;
	weak.fault[FM_SIM_PICOBOOT_WEAK] = 1;
	rig_model(rig, "rpi-pico");
	fm_sim_picoboot_make_bootable(rig->image, false);
	rig->image_len = 8192;
	rig_pico(rig, &weak);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_VERIFY, FM_UNIT_UNVERIFIED);
	assert_false(fm_sim_picoboot_exclusive(rig->unit));
	rig_pico(rig, &whole);
	rig_flash(rig)[0] = 1;
	rig_do(rig, FM_VERB_ERASE);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(rig_flash(rig)[0], 0xff);
	assert_false(fm_sim_picoboot_exclusive(rig->unit));
}

/* --- the touch --- */

static void touch_and_come_back(struct usb_rig *rig, enum fm_sim_touch_kind kind)
{
	struct fm_sim_dfu_options options;
	struct fm_sim_touch_options touch;
	struct fm_sim_mode modes[2] = { { .left = fm_sim_touch_left },
					{ .left = fm_sim_dfu_runs } };
	struct fm_sim_usb *unit;

	fm_sim_dfu_defaults(&options);
	fm_sim_touch_defaults(&touch);
	touch.kind = kind;
	assert_success(fm_sim_touch_new(&touch, &modes[0].unit, &err));
	assert_success(fm_sim_dfu_new(&options, &modes[1].unit, &err));
	assert_success(fm_sim_modes_new(modes, 2, 300, &unit, &err));
	unit->ops->power(unit, 0, true);
	rig_unit(rig, unit, modes[1].unit);
	rig_model(rig, "sim-touch");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(rig_holds_image(rig));
	assert_int_equal(fm_sim_modes_active(unit), 0);
}

static void test_touch(void **state)
{
	touch_and_come_back(*state, FM_SIM_TOUCH_32U4);
	touch_and_come_back(*state, FM_SIM_TOUCH_SAMD);
	touch_and_come_back(*state, FM_SIM_TOUCH_RP2040);
}

/* It takes no notice: nothing is written, and it is where it was. */
static void test_touch_in_vain(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_touch_options touch;
	struct fm_sim_usb *unit;

	fm_sim_touch_defaults(&touch);
	touch.kind = FM_SIM_TOUCH_NONE;
	assert_success(fm_sim_touch_new(&touch, &unit, &err));
	unit->ops->power(unit, 0, true);
	rig_unit(rig, unit, NULL);
	rig_model(rig, "sim-touch");
	rig->settled = false;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_TIMEOUT, FM_UNIT_UNTOUCHED);
	assert_non_null(strstr(rig->end.error.text, "did not leave"));
	assert_true(rig->settled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_pico),
		RIG_TEST(test_pico2),
		RIG_TEST(test_the_other_pico),
		RIG_TEST(test_serial_of_a_pico),
		RIG_TEST(test_pico_comes_back_as_another),
		RIG_TEST(test_pico_does_not_restart),
		RIG_TEST(test_pico_is_given_back),
		RIG_TEST(test_touch),
		RIG_TEST(test_touch_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

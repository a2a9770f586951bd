/*
 * Whole jobs over USB, in virtual time: units that leave and come back, or do not, or as another;
 * what a job's end says must be what the unit's memory says. Also under ThreadSanitizer.
 */
#include "usb-rig.h"

#include "base/text.h"
#include "protocol/dfu_wire.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fm_error err;

static struct fm_sim_dfu_options dfu_options(void)
{
	struct fm_sim_dfu_options options;

	fm_sim_dfu_defaults(&options);
	options.version_at = 16;
	return options;
}

/* With an application that runs. */
static struct fm_sim_dfu_options runtime_options(void)
{
	struct fm_sim_dfu_options options = dfu_options();

	options.runtime = true;
	return options;
}

static struct fm_sim_dfu_options chip_options(const char *chip)
{
	struct fm_sim_dfu_options options = dfu_options();

	assert_success(fm_sim_dfu_option(&options, "chip", chip, &err));
	return options;
}

static int exit_code(const struct usb_rig *rig)
{
	return fm_error_info(rig->end.code)->exit_code;
}

static bool is_untouched(const struct usb_rig *rig, const struct fm_sim_dfu_options *options)
{
	uint8_t old[2048];

	rig_application(old, sizeof(old), 0x0101);
	return options->runtime ? memcmp(rig_flash(rig), old, sizeof(old)) == 0
				: rig_flash(rig)[0] == 0x33;
}

/* --- in and out --- */

static void flash_and_come_back(struct usb_rig *rig, const struct fm_sim_dfu_options *options)
{
	rig_dfu(rig, options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(rig_holds_image(rig));
	assert_true(rig_flash(rig)[128 << 10] == 0x33);
	assert_true(fm_sim_dfu_runs(rig->unit));
	assert_string_equal(rig->end.version_before, "1.01");
	assert_string_equal(rig->end.version_after, "1.02");
}

static void test_will_detach(void **state)
{
	struct fm_sim_dfu_options options = runtime_options();

	flash_and_come_back(*state, &options);
}

static void test_needs_reset(void **state)
{
	struct fm_sim_dfu_options options = runtime_options();

	options.needs_reset = true;
	flash_and_come_back(*state, &options);
}

/* ST's library and libopencm3 restart by themselves: they are not tolerant. */
static void test_each_manner(void **state)
{
	for (uint32_t manners = FM_SIM_DFU_SPEC; manners <= FM_SIM_DFU_OPENCM3; manners++) {
		for (int intolerant = 0; intolerant < 2; intolerant++) {
			struct fm_sim_dfu_options options = runtime_options();

			options.manners = manners;
			options.intolerant = intolerant || manners >= FM_SIM_DFU_ST;
			flash_and_come_back(*state, &options);
		}
	}
}

static void test_leaves_without_an_answer(void **state)
{
	struct fm_sim_dfu_options options = runtime_options();

	options.vanish = FM_SIM_DFU_AT_DETACH;
	flash_and_come_back(*state, &options);
}

static void test_in_its_boot_loader_already(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = dfu_options();

	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(rig_holds_image(rig));
	assert_string_equal(rig->end.version_before, "");
	assert_string_equal(rig->end.version_after, "1.02");
}

static void test_does_not_come_back(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	options.never_back = true;
	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_TIMEOUT, FM_UNIT_UNKNOWN);
	assert_int_equal(exit_code(rig), 4);
	assert_non_null(strstr(rig->end.error.text, "nothing came back"));
	assert_false(rig->end.changed);
	assert_true(is_untouched(rig, &options));
}

static void test_comes_back_as_another(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	options.wrong_id = true;
	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_TIMEOUT, FM_UNIT_UNKNOWN);
	assert_non_null(strstr(rig->end.error.text, "came back as 1209:5557"));
	assert_true(is_untouched(rig, &options));
}

/* --- another unit in its place --- */

static void put_other(struct usb_rig *rig, unsigned swap_after)
{
	struct fm_sim_dfu_options options = dfu_options();

	fm_text_copy(options.serial, sizeof(options.serial), "FM0002");
	assert_success(fm_sim_dfu_new(&options, &rig->other, &err));
	rig->swap_after = swap_after;
}

static void test_another_than_confirmed(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	rig_dfu(rig, &options);
	put_other(rig, 1);
	fm_identity_set(&rig->request.expected, FM_FACT_SERIAL, FM_STRONG, "FM0001", "confirmed");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_NONE, FM_WRONG_UNIT, FM_UNIT_ENTERED);
	assert_int_equal(exit_code(rig), 8);
	assert_int_equal(rig_flash(rig)[0], 0xff);
}

/* The first has failed in the middle: the second must not get what was meant for it. */
static void test_another_after_a_failed_block(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = dfu_options();

	options.has_fault[FM_SIM_DFU_LOSE] = true;
	options.fault[FM_SIM_DFU_LOSE] = 8;
	rig_dfu(rig, &options);
	put_other(rig, 1);
	rig->opened = 0;
	rig->swap_after = 1;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_UNCLEAR, FM_LOST, FM_UNIT_PARTIAL);
	assert_non_null(strstr(rig->end.error.text, "another unit"));
	assert_int_equal(rig_flash(rig)[0], 0xff);
}

/* --- what the unit is --- */

static void test_second_loader(void **state)
{
	struct fm_sim_dfu_options options = runtime_options();

	rig_model(*state, "sim-dfu-two");
	flash_and_come_back(*state, &options);
}

static void test_other_layout(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = chip_options("f4");

	rig_dfu(rig, &options);
	rig_model(rig, "stm32f105");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_NONE, FM_WRONG_UNIT, FM_UNIT_ENTERED);
	assert_true(is_untouched(rig, &options));
	assert_false(rig->end.changed);
}

static void test_same_layout(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = chip_options("f1");

	rig_dfu(rig, &options);
	rig_model(rig, "stm32f105");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(rig_holds_image(rig));
	fm_sim_usb_pass(rig->unit, &rig->clock, 1000);
	assert_true(fm_sim_dfu_runs(rig->unit));
}

static void test_read_protected(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = chip_options("f4");

	options.locked = true;
	rig_dfu(rig, &options);
	rig_model(rig, "sim-dfuse");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_NONE, FM_READ_PROTECTED, FM_UNIT_ENTERED);
	assert_true(is_untouched(rig, &options));
	rig_do(rig, FM_VERB_ERASE);
	rig_assert_end(rig, FM_OUTCOME_NONE, FM_READ_PROTECTED, FM_UNIT_ENTERED);
	assert_true(is_untouched(rig, &options));
}

static void test_error_at_arrival(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = dfu_options();

	options.arrival = FM_SIM_DFU_IN_ERROR;
	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_INFO);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_ENTERED);
	assert_true(rig->told_cleared);
	rig_do(rig, FM_VERB_INFO);
	assert_false(rig->told_cleared);
}

/* --- what runs afterwards --- */

static void test_wrong_version_after(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	rig_dfu(rig, &options);
	fm_text_copy(rig->request.expect_version, sizeof(rig->request.expect_version), "1.03");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
	assert_int_equal(fm_error_info(rig->end.code)->number, 413);
	assert_true(rig_holds_image(rig));
}

/* "1.02" in the descriptor is build 7 of "1.2.0" to an MCUboot header, and another text to others.
 */
static void test_version_of_a_build(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	rig_dfu(rig, &options);
	rig->mcuboot_version = "1.2.0+7";
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_string_equal(rig->end.version_after, "1.02");
	rig->mcuboot_version = "1.3.0+7";
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
	rig->mcuboot_version = NULL;
	fm_text_copy(rig->request.expect_version, sizeof(rig->request.expect_version), "1.2.0+7");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
}

/* The ROM finds nothing that it could start and stays away. */
static void test_no_application_after(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = chip_options("f4");

	rig_dfu(rig, &options);
	rig_model(rig, "sim-dfuse");
	memset(rig->image, 0xff, 8);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
	assert_int_equal(exit_code(rig), 12);
	assert_true(rig_holds_image(rig));
}

/* Who asks only puts the unit back where it was. */
static void test_info_puts_it_back(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();
	const enum fm_verb verbs[] = { FM_VERB_INFO, FM_VERB_CHECK };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		rig_dfu(rig, &options);
		rig_do(rig, verbs[i]);
		rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
		fm_sim_usb_pass(rig->unit, &rig->clock, 1000);
		assert_true(fm_sim_dfu_runs(rig->unit));
		assert_true(is_untouched(rig, &options));
		assert_string_equal(rig->end.version_before, "1.01");
	}
}

static void test_info_leaves_it_there(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	options.runtime = false;
	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_INFO);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_ENTERED);
	assert_false(fm_sim_dfu_runs(rig->unit));
	rig_do(rig, FM_VERB_CHECK);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_ENTERED);
	assert_false(fm_sim_dfu_runs(rig->unit));
}

/* --- stopped --- */

static void test_cancel_while_it_is_away(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	rig_dfu(rig, &options);
	rig->hand = RIG_CANCEL_IN_ENTER;
	rig_do(rig, FM_VERB_FLASH);
	assert_int_equal(rig->end.outcome, FM_OUTCOME_NONE);
	assert_int_equal(rig->end.code, FM_CANCELLED);
	assert_false(rig->end.changed);
	assert_true(is_untouched(rig, &options));
	rig->hand = RIG_LEAVE;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
}

static void test_stop_while_writing(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	rig_dfu(rig, &options);
	rig->hand = RIG_STOP_IN_WRITE;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_STOPPED, FM_UNIT_PARTIAL);
	assert_int_equal(exit_code(rig), 14);
	assert_false(rig_holds_image(rig));
	rig->hand = RIG_LEAVE;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(rig_holds_image(rig));
}

/* --- reading --- */

static void test_no_upload(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	options.no_upload = true;
	flash_and_come_back(rig, &options);
	assert_string_equal(rig->end.verify, "status");
	assert_int_equal(rig->end.bytes_not_tested, RIG_IMAGE_LEN);
	assert_int_equal(rig->end.bytes_verified, 0);
	rig_do(rig, FM_VERB_VERIFY);
	rig_assert_end(rig, FM_OUTCOME_NONE, FM_UNSUPPORTED, FM_UNIT_UNTOUCHED);
}

/* How much there is only the end of the upload says: in a short block, or in an empty one. */
static void test_backup_of_unknown_size(void **state)
{
	struct usb_rig *rig = *state;
	const uint32_t blocks[] = { 1024, 1000 };
	static uint8_t data[64 << 10];
	size_t len;

	rig_model(rig, "sim-dfu-unsized");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		struct fm_sim_dfu_options options = runtime_options();

		options.size = 8192;
		options.transfer_size = blocks[i];
		rig_dfu(rig, &options);
		rig_back_up(rig, data, &len, sizeof(data));
		rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
		assert_int_equal(len, options.size);
		assert_memory_equal(data, rig_flash(rig), len);
		fm_sim_usb_pass(rig->unit, &rig->clock, 1000);
		assert_true(fm_sim_dfu_runs(rig->unit));
	}
}

static void test_verify_beyond_the_end(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = dfu_options();

	options.size = 4096;
	rig_model(rig, "sim-dfu-unsized");
	rig_dfu(rig, &options);
	memcpy(rig_flash(rig), rig->image, options.size);
	rig_do(rig, FM_VERB_VERIFY);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_VERIFY, FM_UNIT_ENTERED);
	assert_non_null(strstr(rig->end.error.text, "up to 0x00001000 only"));
	rig->image_len = options.size;
	rig_do(rig, FM_VERB_VERIFY);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_ENTERED);
}

static void test_a_weak_block(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = chip_options("f1");

	options.has_fault[FM_SIM_DFU_WEAK] = true;
	options.fault[FM_SIM_DFU_WEAK] = 1;
	rig_dfu(rig, &options);
	rig_model(rig, "sim-dfuse");
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_VERIFY, FM_UNIT_UNVERIFIED);
	assert_non_null(strstr(rig->end.error.text, "0x0800"));
}

static void test_refused_at_the_end(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = dfu_options();

	fm_text_copy(options.magic, sizeof(options.magic), "not in it");
	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_FAIL, FM_WRITE, FM_UNIT_PARTIAL);
	assert_int_equal(exit_code(rig), 10);
	assert_non_null(strstr(rig->end.error.text, "errFILE"));
}

/* Nobody may say that the boot loader still works when it does not. */
static void test_refused_and_gone(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = dfu_options();

	options.has_fault[FM_SIM_DFU_REFUSE] = options.has_fault[FM_SIM_DFU_UNPLUG] = true;
	options.fault[FM_SIM_DFU_REFUSE] = 8;
	options.fault[FM_SIM_DFU_UNPLUG] = 10;
	rig_dfu(rig, &options);
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_UNCLEAR, FM_LOST, FM_UNIT_PARTIAL);
	assert_int_equal(exit_code(rig), 13);
}

/* Not tolerant: after the last block it can't be read before its restart. */
static void test_no_reading_back(void **state)
{
	struct usb_rig *rig = *state;
	struct fm_sim_dfu_options options = runtime_options();

	options.intolerant = true;
	rig_dfu(rig, &options);
	rig->request.verify = FM_VERIFY_READBACK;
	rig_do(rig, FM_VERB_FLASH);
	rig_assert_end(rig, FM_OUTCOME_UNCLEAR, FM_UNPROVED, FM_UNIT_UNVERIFIED);
	rig_do(rig, FM_VERB_VERIFY);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
}

/* In DFU mode, with an application that it starts by itself as long as that is whole. */
static void send_into_dfu_mode(struct usb_rig *rig)
{
	struct fm_link *link;

	assert_success(
		fm_sim_usb_link_open(rig->unit, false, 0xfe, &rig->clock, NULL, &link, &err));
	assert_success(fm_dfu_detach(link, false, &err));
	fm_link_close(link);
	fm_sim_usb_pass(rig->unit, &rig->clock, 3000);
}

/* The cable is pulled at each transfer in turn. What passes must have said that it manifests. */
static void pull_at_each_transfer(struct usb_rig *rig, const char *model)
{
	struct fm_sim_dfu_options options = runtime_options();
	unsigned unproved = 0;

	options.intolerant = options.has_fault[FM_SIM_DFU_UNPLUG] = true;
	rig_model(rig, model);
	for (unsigned long nth = 2;; nth++) {
		options.fault[FM_SIM_DFU_UNPLUG] = nth;
		rig_dfu(rig, &options);
		send_into_dfu_mode(rig);
		rig_do(rig, FM_VERB_FLASH);
		if (rig->end.code == FM_UNPROVED) {
			assert_int_equal(rig->end.outcome, FM_OUTCOME_UNCLEAR);
			assert_int_equal(rig->end.unit_state, FM_UNIT_UNVERIFIED);
			unproved++;
		}
		if (fm_sim_dfu_seen(rig->unit)->transfers < nth)
			break;
		rig_replug(rig);
		if (rig->end.outcome == FM_OUTCOME_PASS && !fm_sim_dfu_runs(rig->unit))
			fail_msg("%s, pulled at transfer %lu: PASS, and the boot loader has not "
				 "kept it",
				 model, nth);
	}
	assert_int_equal(rig->end.outcome, FM_OUTCOME_PASS);
	assert_true(unproved > 0);
}

static void test_pulled_before_it_said_so(void **state)
{
	pull_at_each_transfer(*state, "generic-dfu");
	pull_at_each_transfer(*state, "sim-dfu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_will_detach),
		RIG_TEST(test_needs_reset),
		RIG_TEST(test_each_manner),
		RIG_TEST(test_leaves_without_an_answer),
		RIG_TEST(test_in_its_boot_loader_already),
		RIG_TEST(test_does_not_come_back),
		RIG_TEST(test_comes_back_as_another),
		RIG_TEST(test_another_than_confirmed),
		RIG_TEST(test_another_after_a_failed_block),
		RIG_TEST(test_second_loader),
		RIG_TEST(test_other_layout),
		RIG_TEST(test_same_layout),
		RIG_TEST(test_read_protected),
		RIG_TEST(test_error_at_arrival),
		RIG_TEST(test_wrong_version_after),
		RIG_TEST(test_version_of_a_build),
		RIG_TEST(test_no_application_after),
		RIG_TEST(test_info_puts_it_back),
		RIG_TEST(test_info_leaves_it_there),
		RIG_TEST(test_cancel_while_it_is_away),
		RIG_TEST(test_stop_while_writing),
		RIG_TEST(test_no_upload),
		RIG_TEST(test_backup_of_unknown_size),
		RIG_TEST(test_verify_beyond_the_end),
		RIG_TEST(test_a_weak_block),
		RIG_TEST(test_refused_at_the_end),
		RIG_TEST(test_refused_and_gone),
		RIG_TEST(test_no_reading_back),
		RIG_TEST(test_pulled_before_it_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

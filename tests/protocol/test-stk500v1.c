#include "avr.h"

#include "sim/avr/stk500v1.h"

extern const struct fm_protocol fm_protocol_stk500v1;

static const struct {
	enum fm_sim_stk500v1_loader loader;
	const char *part;
	unsigned baud;
	const char *name, *signature;
} loaders[] = {
	{ FM_SIM_OPTIBOOT_4, "m328p", 115200, "STK500v1 4.4 (Optiboot)", "1e950f" },
	{ FM_SIM_OPTIBOOT_8, "m328p", 115200, "STK500v1 8.3 (Optiboot)", "1e950f" },
	{ FM_SIM_OPTIBOOT_8, "m1284p", 115200, "STK500v1 8.3 (Optiboot)", "1e9705" },
	{ FM_SIM_ATMEGABOOT, "m328p", 57600, "STK500v1 1.16 (ATmegaBOOT)", "1e950f" },
	{ FM_SIM_ATMEGABOOT, "m168", 19200, "STK500v1 1.16 (ATmegaBOOT)", "1e9406" },
};

static void fixture_open(struct avr_fixture *f, size_t which, const char *chatter, bool eeprom)
{
	struct fm_sim_stk500v1_options options = { loaders[which].loader, loaders[which].part,
						   loaders[which].baud, chatter };
	struct fm_params params = { { eeprom } };
	struct fm_sim_unit *unit;
	struct fm_error err;

	assert_success(fm_sim_stk500v1_new(&options, &unit, &err));
	avr_join(f, unit, &fm_protocol_stk500v1, &params);
}

static void test_identifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		struct avr_fixture f;
		struct fm_error err;

		fixture_open(&f, i, NULL, false);
		assert_success(avr_open(&f, &err));
		assert_string_equal(fm_identity_value(&f.identity, FM_FACT_LOADER),
				    loaders[i].name);
		assert_string_equal(fm_identity_value(&f.identity, FM_FACT_CHIP_ID),
				    loaders[i].signature);
		assert_int_equal(f.session.can, FM_CAN_READ | FM_CAN_RUN);
		avr_part(&f);
	}
}

static void test_writes_and_reads(void **state)
{
	uint8_t data[4096];

	(void)state;
	avr_fill(data, sizeof(data), 1);
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		struct avr_fixture f;
		struct fm_error err;

		fixture_open(&f, i, NULL, false);
		assert_success(avr_open(&f, &err));
		avr_write(&f, 0x400, data, sizeof(data));
		assert_memory_equal(f.avr->unit.flash + 0x400, data, sizeof(data));
		assert_int_equal(f.avr->unit.flash[0x3ff], 0xff);
		assert_int_equal(f.avr->unit.flash[0x1400], 0xff);
		avr_check(&f, 0x400, data, sizeof(data));
		avr_check(&f, 0x401 + 0x7f, data + 0x80, 5);
		/* once more over what is there: the loader erases */
		avr_fill(data, sizeof(data), 2);
		avr_write(&f, 0x400, data, sizeof(data));
		avr_check(&f, 0x400, data, sizeof(data));
		assert_int_equal(f.avr->overruns, 0);
		avr_part(&f);
	}
}

/* In the part of the flash where the CPU stands still while a page is written. */
static void test_upper_section(void **state)
{
	uint8_t data[1024];

	(void)state;
	avr_fill(data, sizeof(data), 3);
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		struct avr_fixture f;
		uint32_t addr;
		struct fm_error err;

		fixture_open(&f, i, NULL, false);
		addr = f.avr->part->flash_len - f.avr->part->nrww_len - 512;
		assert_success(avr_open(&f, &err));
		avr_write(&f, addr, data, sizeof(data));
		assert_memory_equal(f.avr->unit.flash + addr, data, sizeof(data));
		avr_part(&f);
	}
}

/* Beyond 128 KiB: bits 16 and up of the word address change, also back and across a boundary. */
static void test_extended_address(void **state)
{
	static const uint32_t places[] = { 0, 0x1ff00, 0x20000, 0x20100, 0x100, 0x3fe00, 0x1ff00 };
	struct fm_sim_stk500v1_options options = { FM_SIM_OPTIBOOT_8, "m2560", 115200, NULL };
	struct avr_fixture f;
	struct fm_sim_unit *unit;
	uint8_t data[256];
	struct fm_error err;

	(void)state;
	assert_success(fm_sim_stk500v1_new(&options, &unit, &err));
	avr_join(&f, unit, &fm_protocol_stk500v1, NULL);
	assert_success(avr_open(&f, &err));
	for (size_t i = 0; i < FM_COUNT(places); i++) {
		avr_fill(data, sizeof(data), (unsigned)i);
		avr_write(&f, places[i], data, sizeof(data));
		assert_memory_equal(f.avr->unit.flash + places[i], data, sizeof(data));
		avr_check(&f, places[i], data, sizeof(data));
	}
	avr_part(&f);
}

static void sync_after(size_t which, int64_t after_us)
{
	struct avr_fixture f;
	struct fm_error err;

	fixture_open(&f, which, NULL, false);
	f.clock.now_ns += after_us * 1000;
	if (!avr_open(&f, &err))
		fail_msg("%s, %lld us after reset: %s", loaders[which].name, (long long)after_us,
			 err.text);
	assert_string_equal(fm_identity_value(&f.identity, FM_FACT_LOADER), loaders[which].name);
	avr_part(&f);
}

/* Whenever it is asked while the loader is there: with both bytes, one or none of them lost in the
 * reset, which ends after 65 ms, or waiting while it blinks. */
static void test_sync_at_any_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		for (int64_t after_us = 0; after_us < 950000; after_us += 9000)
			sync_after(i, after_us);
		for (int64_t after_us = 63800; after_us < 65100; after_us += 20)
			sync_after(i, after_us);
	}
}

/* The window is over and the application runs: an answer within a second, then another try. */
static void test_no_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		for (size_t k = 0; k < FM_COUNT(avr_chatter); k++) {
			struct avr_fixture f;

			fixture_open(&f, i, avr_chatter[k], false);
			avr_no_answer(&f, k > 0, 1.0);
			avr_part(&f);
		}
	}
}

static void test_wrong_baud(void **state)
{
	struct fm_line_settings line = { 9600, 8, FM_PARITY_NONE, 1 };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		struct avr_fixture f;
		struct fm_error err;

		fixture_open(&f, i, NULL, false);
		assert_success(fm_line_configure(f.link, &line, &err));
		assert_failure(avr_open(&f, &err), FM_NO_ANSWER);
		assert_true(avr_seconds(&f) < 1.0);
		avr_part(&f);
	}
}

/* It is there, and then it is gone: the watchdog led into the application. */
static void test_falls_silent(void **state)
{
	struct avr_fixture f;
	uint8_t data[128] = { 0 };
	struct fm_error err;

	(void)state;
	fixture_open(&f, 0, NULL, false);
	assert_success(avr_open(&f, &err));
	fm_sleep_ms(f.link->clock, 1500);
	assert_failure(f.session.protocol->read(&f.session, FM_SPACE_FLASH, 0, data, 128, &err),
		       FM_TIMEOUT);
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_FLASH, 0, data, 128, &err),
		       FM_TIMEOUT);
	assert_int_equal(f.avr->unit.flash[0], 0xff);
	assert_failure(f.session.protocol->finish(&f.session, &err), FM_TIMEOUT);
	avr_part(&f);
}

static void test_runs_the_application(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		struct avr_fixture f;
		uint8_t page[256] = "\x0c\x94 fm-sim 2.7.1";
		char answer[32];
		struct fm_error err;

		fixture_open(&f, i, NULL, false);
		assert_success(avr_open(&f, &err));
		avr_write(&f, 0x200, page, f.avr->part->page_len);
		assert_success(f.session.protocol->finish(&f.session, &err));
		fm_sleep_ms(f.link->clock, 50);
		avr_ask(&f, 100, answer, sizeof(answer));
		assert_string_equal(answer, "fm-sim 2.7.1\r\n");
		avr_part(&f);
	}
}

/* The question ends the window of a loader that is still there. */
static void test_question_ends_the_window(void **state)
{
	struct avr_fixture f;
	char answer[32];

	(void)state;
	fixture_open(&f, 0, NULL, false);
	memcpy(f.avr->unit.flash, "fm-sim 1.0.0", 13);
	fm_sleep_ms(f.link->clock, 400);
	avr_ask(&f, 50, answer, sizeof(answer));
	assert_string_equal(answer, "");
	avr_ask(&f, 50, answer, sizeof(answer));
	assert_string_equal(answer, "fm-sim 1.0.0\r\n");
	avr_part(&f);
}

static void test_eeprom(void **state)
{
	uint8_t data[64], back[64];

	(void)state;
	avr_fill(data, sizeof(data), 9);
	for (size_t i = 0; i < FM_COUNT(loaders); i++) {
		const struct fm_protocol *protocol = &fm_protocol_stk500v1;
		struct avr_fixture f;
		struct fm_error err;

		fixture_open(&f, i, NULL, true);
		assert_success(avr_open(&f, &err));
		if (loaders[i].loader == FM_SIM_OPTIBOOT_4) {
			/* it would write it to flash */
			assert_failure(
				protocol->write(&f.session, FM_SPACE_EEPROM, 0, data, 64, &err),
				FM_UNSUPPORTED);
			assert_failure(
				protocol->read(&f.session, FM_SPACE_EEPROM, 0, back, 64, &err),
				FM_UNSUPPORTED);
			assert_int_equal(f.avr->unit.flash[0], 0xff);
		} else if (loaders[i].loader == FM_SIM_ATMEGABOOT) {
			assert_true(f.session.can & FM_CAN_EEPROM);
			assert_success(
				protocol->write(&f.session, FM_SPACE_EEPROM, 0x20, data, 64, &err));
			assert_memory_equal(f.avr->eeprom + 0x20, data, 64);
			assert_success(
				protocol->read(&f.session, FM_SPACE_EEPROM, 0x20, back, 64, &err));
			assert_memory_equal(back, data, 64);
			assert_int_equal(f.avr->unit.flash[0x20], 0xff);
		}
		avr_part(&f);
	}
}

/* Refused before a byte is sent: the loader checks nothing itself. */
static void test_no_page(void **state)
{
	struct avr_fixture f;
	uint8_t data[512] = { 0 };
	struct fm_error err;

	(void)state;
	fixture_open(&f, 1, NULL, false);
	assert_success(avr_open(&f, &err));
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_FLASH, 0, data, 64, &err),
		       FM_INTERNAL);
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_FLASH, 1, data, 128, &err),
		       FM_INTERNAL);
	assert_failure(f.session.protocol->read(&f.session, FM_SPACE_FLASH, 0, data, 512, &err),
		       FM_INTERNAL);
	assert_failure(f.session.protocol->read(&f.session, FM_SPACE_RAM, 0, data, 2, &err),
		       FM_UNSUPPORTED);
	avr_check(&f, 0, f.avr->unit.flash, 256);
	avr_part(&f);
}

/* Nothing between the pages but the line, the flash and one turnaround. */
static void test_speed(void **state)
{
	struct avr_fixture f;
	uint8_t data[28672];
	double start, bound;
	struct fm_error err;

	(void)state;
	avr_fill(data, sizeof(data), 4);
	fixture_open(&f, 0, NULL, false);
	assert_success(avr_open(&f, &err));
	start = avr_seconds(&f);
	avr_write(&f, 0, data, sizeof(data));
	bound = 224 * ((4 + 5 + 128 + 4) * 10 / 115200.0 + 0.004);
	assert_true(avr_seconds(&f) - start < bound * 1.01);
	start = avr_seconds(&f);
	avr_check(&f, 0, data, sizeof(data));
	bound = 112 * ((4 + 5 + 4 + 256) * 10 / 115200.0);
	assert_true(avr_seconds(&f) - start < bound * 1.01);
	avr_part(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identifies),
		cmocka_unit_test(test_writes_and_reads),
		cmocka_unit_test(test_upper_section),
		cmocka_unit_test(test_extended_address),
		cmocka_unit_test(test_sync_at_any_time),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_wrong_baud),
		cmocka_unit_test(test_falls_silent),
		cmocka_unit_test(test_runs_the_application),
		cmocka_unit_test(test_question_ends_the_window),
		cmocka_unit_test(test_eeprom),
		cmocka_unit_test(test_no_page),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "avr.h"

#include "sim/avr/stk500v2.h"

extern const struct fm_protocol fm_protocol_stk500v2;

static void fixture_open(struct avr_fixture *f, const char *chatter)
{
	struct fm_sim_stk500v2_options options = { "m2560", 115200, chatter };
	struct fm_sim_unit *unit;
	struct fm_error err;

	assert_success(fm_sim_stk500v2_new(&options, &unit, &err));
	avr_join(f, unit, &fm_protocol_stk500v2, NULL);
	fm_sleep_ms(f->link->clock, 100);
}

static void begin(struct avr_fixture *f)
{
	struct fm_range range = { FM_SPACE_FLASH, 0, 4096 };
	struct fm_error err;

	assert_success(f->session.protocol->begin(&f->session, &range, &err));
}

static void test_identifies(void **state)
{
	struct avr_fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f, NULL);
	assert_success(avr_open(&f, &err));
	assert_string_equal(fm_identity_value(&f.identity, FM_FACT_LOADER),
			    "STK500v2 2.10 (AVRISP_2)");
	assert_string_equal(fm_identity_value(&f.identity, FM_FACT_CHIP_ID), "1e9801");
	/* once more without a reset: the numbers start again */
	assert_success(avr_open(&f, &err));
	avr_part(&f);
}

static void test_writes_and_reads(void **state)
{
	struct avr_fixture f;
	uint8_t data[4096];
	struct fm_error err;

	(void)state;
	fixture_open(&f, NULL);
	assert_success(avr_open(&f, &err));
	for (unsigned seed = 0; seed < 3; seed++) {
		avr_fill(data, sizeof(data), seed);
		begin(&f); /* sets the erase pointer back: over what is there, without a reset */
		avr_write(&f, 0, data, sizeof(data));
		assert_memory_equal(f.avr->unit.flash, data, sizeof(data));
		assert_int_equal(f.avr->unit.flash[sizeof(data)], 0xff);
		avr_check(&f, 0, data, sizeof(data));
		avr_check(&f, 512, data + 512, 301);
		avr_check(&f, 256, data + 256, 256);
	}
	assert_int_equal(f.avr->overruns, 0);
	avr_part(&f);
}

/* More pages than there are numbers for questions, and addresses beyond 16 bits of words. */
static void test_beyond_128_kib(void **state)
{
	struct avr_fixture f;
	static uint8_t data[0x21000];
	struct fm_error err;

	(void)state;
	avr_fill(data, sizeof(data), 5);
	fixture_open(&f, NULL);
	assert_success(avr_open(&f, &err));
	begin(&f);
	avr_write(&f, 0, data, sizeof(data));
	assert_memory_equal(f.avr->unit.flash, data, sizeof(data));
	avr_check(&f, 0x1ff00, data + 0x1ff00, 0x400);
	avr_check(&f, 0x100, data + 0x100, 0x100);
	avr_part(&f);
}

static void test_gaps_are_refused(void **state)
{
	struct fm_range range = { FM_SPACE_FLASH, 0x1000, 4096 };
	struct avr_fixture f;
	uint8_t data[256] = { 0 };
	struct fm_error err;

	(void)state;
	fixture_open(&f, NULL);
	assert_success(avr_open(&f, &err));
	assert_failure(f.session.protocol->begin(&f.session, &range, &err), FM_UNSUPPORTED);
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_FLASH, 0, data, 256, &err),
		       FM_INTERNAL);
	begin(&f);
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_FLASH, 256, data, 256, &err),
		       FM_INTERNAL);
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_FLASH, 0, data, 128, &err),
		       FM_INTERNAL);
	assert_failure(f.session.protocol->write(&f.session, FM_SPACE_EEPROM, 0, data, 256, &err),
		       FM_INTERNAL);
	avr_write(&f, 0, data, sizeof(data));
	avr_part(&f);
}

static void test_no_answer(void **state)
{
	(void)state;
	for (size_t k = 0; k < FM_COUNT(avr_chatter); k++) {
		struct avr_fixture f;

		fixture_open(&f, avr_chatter[k]);
		avr_no_answer(&f, k > 0, 1.1);
		avr_part(&f);
	}
}

static void test_wrong_baud(void **state)
{
	struct fm_line_settings line = { 57600, 8, FM_PARITY_NONE, 1 };
	struct avr_fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f, NULL);
	assert_success(fm_line_configure(f.link, &line, &err));
	assert_failure(avr_open(&f, &err), FM_NO_ANSWER);
	avr_part(&f);
}

/* SIGN_ON is said again until the reset is over. */
static void test_sync_at_any_time(void **state)
{
	(void)state;
	for (int64_t after_us = 0; after_us < 800000; after_us += 997) {
		struct fm_sim_stk500v2_options options = { "m2560", 115200, NULL };
		struct avr_fixture f;
		struct fm_sim_unit *unit;
		struct fm_error err;

		assert_success(fm_sim_stk500v2_new(&options, &unit, &err));
		avr_join(&f, unit, &fm_protocol_stk500v2, NULL);
		f.clock.now_ns += after_us * 1000;
		assert_success(avr_open(&f, &err));
		avr_part(&f);
	}
}

static void test_runs_the_application(void **state)
{
	struct avr_fixture f;
	uint8_t page[256] = "\x0c\x94 fm-sim 0.9.12";
	char answer[32];
	struct fm_error err;

	(void)state;
	fixture_open(&f, NULL);
	assert_success(avr_open(&f, &err));
	begin(&f);
	avr_write(&f, 0, page, sizeof(page));
	assert_success(f.session.protocol->finish(&f.session, &err));
	fm_sleep_ms(f.link->clock, 60);
	avr_ask(&f, 100, answer, sizeof(answer));
	assert_string_equal(answer, "fm-sim 0.9.12\r\n");
	assert_failure(f.session.protocol->read(&f.session, FM_SPACE_FLASH, 0, page, 256, &err),
		       FM_TIMEOUT);
	avr_part(&f);
}

static void test_speed(void **state)
{
	struct avr_fixture f;
	uint8_t data[16384];
	double start, bound;
	struct fm_error err;

	(void)state;
	avr_fill(data, sizeof(data), 4);
	fixture_open(&f, NULL);
	assert_success(avr_open(&f, &err));
	start = avr_seconds(&f);
	begin(&f);
	avr_write(&f, 0, data, sizeof(data));
	bound = 64 * ((272 + 8) * 10 / 115200.0 + 0.008) + 0.005;
	assert_true(avr_seconds(&f) - start < bound * 1.01);
	start = avr_seconds(&f);
	avr_check(&f, 0, data, sizeof(data));
	bound = 64 * ((10 + 265) * 10 / 115200.0) + 0.005;
	assert_true(avr_seconds(&f) - start < bound * 1.01);
	avr_part(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identifies),
		cmocka_unit_test(test_writes_and_reads),
		cmocka_unit_test(test_beyond_128_kib),
		cmocka_unit_test(test_gaps_are_refused),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_wrong_baud),
		cmocka_unit_test(test_sync_at_any_time),
		cmocka_unit_test(test_runs_the_application),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

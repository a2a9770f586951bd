/* Plain DFU against simulated units, well-behaved and not. */
#include "dfu-rig.h"

#include <stdlib.h>

#define LEN 10000u

static bool download(struct rig *r, const uint8_t *image, size_t len, struct fm_error *err)
{
	const struct fm_range range = { FM_SPACE_FLASH, 0, len };
	uint32_t step = r->s.told.regions[0].write_len;

	if (!r->s.protocol->begin(&r->s, &range, err))
		return false;
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		if (!r->s.protocol->write(&r->s, FM_SPACE_FLASH, at, image + at, n, err))
			return false;
	}
	return r->s.protocol->end(&r->s, err);
}

static void assert_holds(struct rig *r, const uint8_t *image, size_t len)
{
	uint8_t *flash;
	size_t flash_len;

	fm_sim_dfu_flash(r->unit, &flash, &flash_len);
	assert_true(flash_len >= len);
	assert_memory_equal(flash, image, len);
}

/* A whole job; what the unit gives back is compared where it can be read. */
static void whole_job(struct rig *r)
{
	uint8_t image[LEN], back[LEN];
	struct fm_error err;

	rig_fill(image, LEN);
	rig_plug(r);
	assert_success(rig_open(r, &err));
	assert_success(download(r, image, LEN, &err));
	assert_holds(r, image, LEN);
	assert_int_equal(fm_sim_dfu_seen(r->unit)->early, 0);
	assert_int_equal(fm_sim_dfu_seen(r->unit)->disorder, 0);
	for (size_t at = 0; (r->s.can & FM_CAN_READ) && at < LEN; at += r->s.read_len) {
		size_t n = LEN - at < r->s.read_len ? LEN - at : r->s.read_len;

		assert_success(r->s.protocol->read(&r->s, FM_SPACE_FLASH, at, back + at, n, &err));
		assert_memory_equal(back + at, image + at, n);
	}
	assert_success(r->s.protocol->finish(&r->s, &err));
	fm_sim_usb_pass(r->unit, &r->clock, 10000);
	assert_true(fm_sim_dfu_runs(r->unit));
	rig_done(r);
}

/* The end is a short block, or an empty one where the memory is a multiple of them. */
static void test_end_of_the_memory(void **state)
{
	static const uint32_t blocks[] = { 1024, 1000 };
	struct fm_error err;
	uint8_t *flash, back[1024];
	size_t len, at;
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		rig_init(&r, "dfu");
		r.options.size = 8192;
		r.options.transfer_size = blocks[i];
		rig_plug(&r);
		fm_sim_dfu_flash(r.unit, &flash, &len);
		rig_fill(flash, len);
		assert_success(rig_open(&r, &err));
		for (at = 0; !r.s.read_ended; at += r.s.read_len) {
			memset(back, 0x99, sizeof(back));
			assert_success(r.s.protocol->read(&r.s, FM_SPACE_FLASH, at, back,
							  r.s.read_len, &err));
			if (at < len)
				assert_memory_equal(back, flash + at,
						    len - at < r.s.read_len ? len - at
									    : r.s.read_len);
		}
		assert_int_equal(r.s.read_end, len);
		assert_int_equal(back[sizeof(back) - 1], 0x99);
		/* From the start again there is no end. */
		assert_success(r.s.protocol->read(&r.s, FM_SPACE_FLASH, 0, back, 64, &err));
		assert_false(r.s.read_ended);
		assert_memory_equal(back, flash, 64);
		rig_done(&r);
	}
}

static void test_manners(void **state)
{
	static const uint32_t manners[] = { FM_SIM_DFU_SPEC, FM_SIM_DFU_UBOOT, FM_SIM_DFU_ST,
					    FM_SIM_DFU_OPENCM3 };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++) {
		rig_init(&r, "dfu");
		r.options.manners = manners[i];
		/* Both reset themselves as soon as they have all of it. */
		r.options.intolerant = manners[i] >= FM_SIM_DFU_ST;
		r.options.no_upload = manners[i] == FM_SIM_DFU_OPENCM3;
		whole_job(&r);
	}
}

static void test_not_tolerant(void **state)
{
	static const uint32_t vanish[] = { FM_SIM_DFU_STAYS, FM_SIM_DFU_AT_MANIFEST };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(vanish) / sizeof(*vanish); i++) {
		rig_init(&r, "dfu");
		r.options.intolerant = true;
		r.options.vanish = vanish[i];
		whole_job(&r);
	}
}

/* A read beyond the end passes blocks over; what lies between is read again, not taken from them.
 */
static void test_read_after_a_failed_one(void **state)
{
	uint8_t image[LEN], back[64];
	struct fm_error err;
	struct rig r;
	bool beyond;

	(void)state;
	rig_fill(image, LEN);
	rig_init(&r, "dfu");
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	assert_success(download(&r, image, LEN, &err));
	assert_success(r.s.protocol->read(&r.s, FM_SPACE_FLASH, 0, back, sizeof(back), &err));
	beyond = r.s.protocol->read(&r.s, FM_SPACE_FLASH, 1 << 24, back, sizeof(back), &err);
	assert_true(!beyond || r.s.read_ended);
	assert_success(r.s.protocol->read(&r.s, FM_SPACE_FLASH, 100, back, sizeof(back), &err));
	assert_memory_equal(back, image + 100, sizeof(back));
	rig_done(&r);
}

static void test_poll_times(void **state)
{
	static const uint32_t polls[] = { 0, 1, 0xffffff };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(polls) / sizeof(*polls); i++) {
		uint8_t image[LEN];
		struct fm_error err;

		rig_init(&r, "dfu");
		r.options.poll = polls[i];
		rig_fill(image, LEN);
		rig_plug(&r);
		assert_success(rig_open(&r, &err));
		assert_success(download(&r, image, LEN, &err));
		assert_holds(&r, image, LEN);
		assert_true(r.clock.now_ns < INT64_C(20000000000));
		rig_done(&r);
	}
}

static atomic_bool person_left;

/* Somebody leaves a second after the start. */
static void sleep_and_leave(struct fm_clock *clock, int64_t at_ns)
{
	struct fm_virtual_clock *virtual = (struct fm_virtual_clock *)clock;

	if (at_ns > virtual->now_ns)
		virtual->now_ns = at_ns;
	if (virtual->now_ns >= INT64_C(1000000000))
		atomic_store(&person_left, true);
}

/* A unit that asks for half a minute is not waited for to the end. */
static void test_cancel_while_it_is_busy(void **state)
{
	uint8_t image[LEN];
	struct fm_error err;
	struct rig r;

	(void)state;
	rig_init(&r, "dfu");
	r.options.block_us = 30000000;
	rig_fill(image, LEN);
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	r.link->cancel = &person_left;
	r.clock.clock.sleep_until = sleep_and_leave;
	assert_failure(download(&r, image, LEN, &err), FM_CANCELLED);
	assert_in_range(r.clock.now_ns, 1000000000, 1200000000);
	rig_done(&r);
}

static void test_arrivals(void **state)
{
	static const uint32_t arrivals[] = { FM_SIM_DFU_IDLE, FM_SIM_DFU_IN_ERROR,
					     FM_SIM_DFU_IN_DOWNLOAD, FM_SIM_DFU_IN_UPLOAD };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(arrivals) / sizeof(*arrivals); i++) {
		struct fm_error err;
		bool cleared;

		rig_init(&r, "dfu");
		r.options.arrival = arrivals[i];
		rig_plug(&r);
		assert_success(rig_open(&r, &err));
		cleared =
			strstr(fm_identity_value(&r.identity, FM_FACT_LOADER), "dfuERROR cleared");
		assert_int_equal(cleared, arrivals[i] == FM_SIM_DFU_IN_ERROR);
		rig_done(&r);
	}
}

static void test_descriptors(void **state)
{
	static const struct {
		uint8_t bytes[9];
		size_t len;
		struct fm_dfu_functional wanted;
	} cases[] = {
		{ { 9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1 }, 9, { 0x0b, 255, 0x011a, 2048 } },
		{ { 9, 0x21, 0x07, 0xff, 0, 0, 8, 0x1a, 0x1a }, 9, { 0x07, 255, 0x0110, 2048 } },
		{ { 9, 0x21, 0x07, 0xff, 0, 0, 8, 1, 0x1a }, 9, { 0x07, 255, 0x011a, 2048 } },
		{ { 9, 0x21, 0x01, 0, 0, 0, 0, 1, 1 }, 9, { 1, 0, 0x0110, 64 } },
		{ { 9, 0x21, 0x01, 0, 0, 0xff, 0xff, 0, 1 }, 9, { 1, 0, 0x0100, 1024 } },
		{ { 7, 0x21, 0x03, 0xe8, 3, 0, 16 }, 7, { 3, 1000, 0x0100, 4096 } },
		{ { 5, 0x21, 0x03, 0xe8, 3 }, 5, { 3, 1000, 0x0100, 0 } },
		{ { 2, 0x21 }, 2, { 0, 0, 0x0100, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fm_dfu_functional got;

		fm_dfu_functional_parse(cases[i].bytes, cases[i].len, &got);
		assert_int_equal(got.attributes, cases[i].wanted.attributes);
		assert_int_equal(got.detach_ms, cases[i].wanted.detach_ms);
		assert_int_equal(got.version, cases[i].wanted.version);
		assert_int_equal(got.transfer_len, cases[i].wanted.transfer_len);
	}
}

static void test_refusals(void **state)
{
	uint8_t image[LEN] = { 0 };
	struct fm_error err;
	struct rig r;

	(void)state;
	rig_init(&r, "dfu");
	r.options.no_download = true;
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	assert_null(fm_memory_application(&r.s.told));
	assert_failure(download(&r, image, LEN, &err), FM_UNSUPPORTED);
	assert_int_equal(fm_sim_dfu_seen(r.unit)->downloads, 0);
	rig_done(&r);

	rig_init(&r, "dfu");
	r.options.no_upload = true;
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	assert_int_equal(r.s.can & FM_CAN_READ, 0);
	rig_done(&r);

	rig_init(&r, "dfu");
	r.options.runtime = true;
	rig_plug(&r);
	assert_failure(rig_open(&r, &err), FM_NO_ANSWER);
	rig_done(&r);

	rig_init(&r, "dfu");
	strcpy(r.options.magic, "not in it");
	r.options.bad_status = 2;
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	assert_failure(download(&r, image, LEN, &err), FM_NACK);
	assert_non_null(strstr(err.text, "errFILE"));
	rig_done(&r);
}

static void detach_with(bool reset, bool stall, uint32_t vanish, bool force)
{
	struct fm_error err;
	struct rig r;

	rig_init(&r, "dfu");
	r.options.runtime = true;
	r.options.needs_reset = reset;
	r.options.status_stall = stall;
	r.options.vanish = vanish;
	r.options.needs_force = force;
	assert_success(fm_sim_dfu_new(&r.options, &r.unit, &err));
	rig_link(&r);
	assert_success(fm_dfu_detach(r.link, force, &err));
	fm_sim_usb_pass(r.unit, &r.clock, 10000);
	fm_link_close(r.link);
	rig_link(&r);
	assert_success(fm_session_init(&r.s, fm_protocol_named("dfu"), r.link, &r.params, &err));
	assert_success(rig_open(&r, &err));
	rig_done(&r);
}

static void test_detach(void **state)
{
	(void)state;
	for (int reset = 0; reset < 2; reset++) {
		detach_with(reset, false, FM_SIM_DFU_STAYS, false);
		detach_with(reset, true, FM_SIM_DFU_STAYS, false);
		detach_with(reset, false, FM_SIM_DFU_AT_DETACH, false);
		detach_with(reset, false, FM_SIM_DFU_STAYS, true);
	}
}

/* One that wants bit 8 of wIndex stays without it. */
static void test_detach_that_is_not_forced(void **state)
{
	struct fm_error err;
	struct rig r;

	(void)state;
	rig_init(&r, "dfu");
	r.options.runtime = r.options.needs_force = true;
	assert_success(fm_sim_dfu_new(&r.options, &r.unit, &err));
	rig_link(&r);
	assert_success(fm_dfu_detach(r.link, false, &err));
	fm_sim_usb_pass(r.unit, &r.clock, 10000);
	assert_true(fm_sim_dfu_runs(r.unit));
	fm_link_close(r.link);
	r.unit->ops->free(r.unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_not_tolerant),
		cmocka_unit_test(test_poll_times),
		cmocka_unit_test(test_cancel_while_it_is_busy),
		cmocka_unit_test(test_arrivals),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_detach_that_is_not_forced),
		cmocka_unit_test(test_read_after_a_failed_one),
		cmocka_unit_test(test_end_of_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

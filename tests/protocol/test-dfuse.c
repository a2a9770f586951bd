/* DfuSe against simulated units, well-behaved and not. */
#include "dfu-rig.h"

#include "base/scope.h"

#define LEN 20480u
#define START 0x08000000u

static bool erase(struct rig *r, size_t len, struct fm_error *err)
{
	const struct fm_region *region = fm_memory_application(&r->s.told);
	struct fm_block blocks[64];
	size_t n = 0;

	for (uint64_t at = START; at < START + len; n++) {
		assert_true(fm_region_block_at(region, at, &blocks[n]));
		at = blocks[n].range.addr + blocks[n].range.len;
	}
	return r->s.protocol->erase(&r->s, blocks, n, err);
}

static bool download(struct rig *r, const uint8_t *image, size_t len, struct fm_error *err)
{
	uint32_t step = r->s.told.regions[0].write_len;

	for (size_t at = 0; at < len; at += step) {
		if (!r->s.protocol->write(&r->s, FM_SPACE_FLASH, START + at, image + at, step, err))
			return false;
	}
	return true;
}

static void assert_reads(struct rig *r, const uint8_t *image, size_t len, size_t step)
{
	uint8_t back[4096];
	struct fm_error err;

	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		assert_success(
			r->s.protocol->read(&r->s, FM_SPACE_FLASH, START + at, back, n, &err));
		assert_memory_equal(back, image + at, n);
	}
}

static void start(struct rig *r, const char *chip)
{
	rig_init(r, "dfuse");
	rig_chip(r, chip);
}

static void fill_bootable(uint8_t *image)
{
	rig_fill(image, LEN);
	memcpy(image, "\x00\x10\x00\x20\x41\x00\x00\x08", 8);
}

static void whole_job(struct rig *r)
{
	uint8_t image[LEN], *flash;
	struct fm_error err;
	size_t flash_len;

	fill_bootable(image);
	rig_plug(r);
	fm_sim_dfu_flash(r->unit, &flash, &flash_len);
	memset(flash, 0x5a, LEN);
	assert_success(rig_open(r, &err));
	assert_success(erase(r, LEN, &err));
	assert_success(download(r, image, LEN, &err));
	assert_memory_equal(flash, image, LEN);
	assert_reads(r, image, LEN, r->s.read_len);
	assert_reads(r, image, LEN, 1000);
	assert_success(r->s.protocol->finish(&r->s, &err));
	fm_sim_usb_pass(r->unit, &r->clock, 10000);
	assert_true(fm_sim_dfu_runs(r->unit));
	rig_done(r);
}

static void test_chips(void **state)
{
	static const char *const chips[] = { "f1", "f4", "h7" };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(chips); i++) {
		start(&r, chips[i]);
		whole_job(&r);
		start(&r, chips[i]);
		r.options.by_length = true;
		whole_job(&r);
	}
}

static void test_lies(void **state)
{
	struct rig r;

	(void)state;
	start(&r, "f4");
	r.options.busy_stall = true;
	whole_job(&r);
	start(&r, "f4");
	r.options.address_poll = 5000;
	whole_job(&r);
	start(&r, "f1");
	r.options.vanish = FM_SIM_DFU_AT_END;
	whole_job(&r);
	start(&r, "f1");
	r.options.arrival = FM_SIM_DFU_IN_ERROR;
	whole_job(&r);
}

static void test_told(void **state)
{
	struct fm_error err;
	struct rig r;

	(void)state;
	start(&r, "f4");
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	assert_non_null(fm_memory_application(&r.s.told));
	for (size_t i = 0; i < r.s.told.count; i++)
		assert_int_equal(r.s.told.regions[i].flags,
				 r.s.told.regions[i].range.space == FM_SPACE_FLASH
					 ? FM_REGION_WRITE
					 : FM_REGION_PROTECTED);
	assert_true(r.s.can & FM_CAN_ERASE_ALL);
	rig_done(&r);
}

static void test_mass_erase(void **state)
{
	uint8_t *flash;
	struct fm_error err;
	size_t flash_len;
	struct rig r;

	(void)state;
	for (int lie = 0; lie < 2; lie++) {
		start(&r, "f4");
		r.options.mass_lie = lie;
		rig_plug(&r);
		fm_sim_dfu_flash(r.unit, &flash, &flash_len);
		memset(flash, 0, flash_len);
		assert_success(rig_open(&r, &err));
		assert_success(r.s.protocol->erase_all(&r.s, &err));
		for (size_t i = 0; i < flash_len; i++)
			assert_int_equal(flash[i], 0xff);
		assert_int_equal(fm_sim_dfu_seen(r.unit)->mass_erases, 1);
		rig_done(&r);
	}
}

static void test_locked(void **state)
{
	struct fm_error err;
	struct rig r;

	(void)state;
	start(&r, "f4");
	r.options.locked = true;
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	assert_int_equal(r.s.can, 0);
	assert_string_equal(fm_identity_value(&r.identity, FM_FACT_PROTECTION), "read protected");
	rig_done(&r);
}

/* Two GETSTATUS and a DNLOAD a block, no address between blocks that follow each other. */
static void test_transfers(void **state)
{
	uint8_t image[LEN];
	const struct fm_sim_dfu_seen *seen;
	unsigned long before;
	struct fm_error err;
	struct rig r;

	(void)state;
	start(&r, "f4");
	rig_plug(&r);
	assert_success(rig_open(&r, &err));
	fill_bootable(image);
	assert_success(erase(&r, LEN, &err));
	seen = fm_sim_dfu_seen(r.unit);
	before = seen->transfers;
	assert_success(download(&r, image, LEN, &err));
	assert_true(seen->transfers - before <= 3 * (1 + LEN / r.s.told.regions[0].write_len));
	rig_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chips),  cmocka_unit_test(test_lies),
		cmocka_unit_test(test_told),   cmocka_unit_test(test_mass_erase),
		cmocka_unit_test(test_locked), cmocka_unit_test(test_transfers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

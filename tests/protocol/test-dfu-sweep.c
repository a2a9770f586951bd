/*
 * Every transfer of a whole job refused, lost, or the last one before the cable is out, once each:
 * the run ends in time with a coded error or with the right content, and after power off and on
 * the next run succeeds.
 */
#include "dfu-rig.h"

#include <stdio.h>

#define LEN 6144u
#define MOST_MS 120000

static uint64_t base_of(const struct rig *r)
{
	return fm_memory_application(&r->s.told)->range.addr;
}

static bool job_write(struct rig *r, const uint8_t *image, struct fm_error *err)
{
	const struct fm_protocol *p = r->s.protocol;
	const struct fm_region *region = fm_memory_application(&r->s.told);
	const struct fm_range range = { FM_SPACE_FLASH, base_of(r), LEN };
	struct fm_block block;

	for (uint64_t at = range.addr; p->erase && at < range.addr + LEN;) {
		assert_true(fm_region_block_at(region, at, &block));
		if (!p->erase(&r->s, &block, 1, err))
			return false;
		at = block.range.addr + block.range.len;
	}
	if (p->begin && !p->begin(&r->s, &range, err))
		return false;
	for (size_t at = 0; at < LEN; at += region->write_len) {
		if (!p->write(&r->s, FM_SPACE_FLASH, range.addr + at, image + at, region->write_len,
			      err))
			return false;
	}
	return !p->end || p->end(&r->s, err);
}

static bool job(struct rig *r, const uint8_t *image, bool *ret_written, struct fm_error *err)
{
	uint8_t back[4096];

	*ret_written = false;
	if (!rig_open(r, err) || !job_write(r, image, err))
		return false;
	*ret_written = true;
	for (size_t at = 0; (r->s.can & FM_CAN_READ) && at < LEN; at += r->s.read_len) {
		size_t n = LEN - at < r->s.read_len ? LEN - at : r->s.read_len;

		if (!r->s.protocol->read(&r->s, FM_SPACE_FLASH, base_of(r) + at, back, n, err))
			return false;
		if (memcmp(back, image + at, n) != 0)
			return fm_fail(err, FM_VERIFY, "differs at %zu", at);
	}
	return r->s.protocol->finish(&r->s, err);
}

static void replug(struct rig *r)
{
	const struct fm_protocol *protocol = r->s.protocol;
	struct fm_error err;

	fm_session_done(&r->s);
	fm_link_close(r->link);
	r->unit->ops->power(r->unit, r->clock.now_ns, false);
	fm_sim_usb_pass(r->unit, &r->clock, 1000);
	r->unit->ops->power(r->unit, r->clock.now_ns, true);
	fm_sim_usb_pass(r->unit, &r->clock, 1000);
	rig_link(r);
	assert_success(fm_session_init(&r->s, protocol, r->link, &r->params, &err));
}

/* How many transfers the first run took. */
static unsigned long sweep_one(const char *protocol, const char *chip, bool intolerant, int fault,
			       unsigned long nth)
{
	uint8_t image[LEN], *flash;
	struct fm_error err = { 0 };
	unsigned long transfers;
	bool good, written;
	size_t flash_len;
	struct rig r;

	rig_init(&r, protocol);
	if (chip)
		rig_chip(&r, chip);
	else
		r.options.intolerant = intolerant;
	r.options.has_fault[fault] = nth > 0;
	r.options.fault[fault] = nth;
	rig_fill(image, LEN);
	memcpy(image, "\x00\x10\x00\x20\x41\x00\x00\x08", 8);
	rig_plug(&r);
	fm_sim_dfu_flash(r.unit, &flash, &flash_len);
	good = job(&r, image, &written, &err);
	transfers = fm_sim_dfu_seen(r.unit)->transfers;
	if (r.clock.now_ns > MOST_MS * INT64_C(1000000))
		fail_msg("%s: fault %d at %lu: %lld ms", protocol, fault, nth,
			 (long long)(r.clock.now_ns / 1000000));
	if (good && memcmp(flash, image, LEN) != 0)
		fail_msg("%s: fault %d at %lu: success, but the flash is wrong", protocol, fault,
			 nth);
	if (!good && (err.code == FM_OK || err.code == FM_INTERNAL || !*err.text))
		fail_msg("%s: fault %d at %lu: E%d %s", protocol, fault, nth,
			 fm_error_info(err.code)->number, err.text);
	/* With a whole application it would start that. */
	if (!fm_sim_dfu_runs(r.unit)) {
		memset(flash, 0xff, 8);
		replug(&r);
		if (!fm_sim_dfu_runs(r.unit) && !job(&r, image, &written, &err))
			fail_msg("%s: fault %d at %lu: next run: E%d %s", protocol, fault, nth,
				 fm_error_info(err.code)->number, err.text);
	}
	rig_done(&r);
	return transfers;
}

static void sweep(const char *protocol, const char *chip, bool intolerant)
{
	static const int faults[] = { FM_SIM_DFU_REFUSE, FM_SIM_DFU_LOSE, FM_SIM_DFU_UNPLUG };
	unsigned long n = sweep_one(protocol, chip, intolerant, FM_SIM_DFU_LOSE, 0);

	assert_true(n > 10);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		for (unsigned long nth = 1; nth <= n; nth++)
			sweep_one(protocol, chip, intolerant, faults[i], nth);
	}
	printf("# %s %s: %lu transfers\n", protocol, chip ? chip : "", n);
	fflush(stdout);
}

static void test_dfu(void **state)
{
	(void)state;
	sweep("dfu", NULL, false);
	sweep("dfu", NULL, true);
}

static void test_dfuse(void **state)
{
	(void)state;
	sweep("dfuse", "f1", false);
	sweep("dfuse", "f4", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dfu),
		cmocka_unit_test(test_dfuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

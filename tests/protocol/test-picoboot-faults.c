/*
 * Every transfer of a job over PICOBOOT, control and bulk, is refused, lost, late, or the last. The
 * job ends in time, with a coded error or the right flash, and the next one brings the unit back.
 * No transfer is damaged: on USB each packet has a CRC.
 */
#include "picoboot-rig.h"

#include "link/decorators.h"

#include <stdio.h>

#define MOST_MS 60000

/* Plug in, run over the faulty link, unplug. *ret_count: transfers. */
static bool run(struct pico_rig *rig, const struct fm_fault *fault, const uint8_t *image,
		unsigned *ret_count, struct fm_error *ret_err)
{
	struct fm_link *inner;
	struct fm_error err;
	bool good;

	assert_success(
		fm_sim_usb_link_open(rig->unit, false, 0xff, &rig->clock, NULL, &inner, &err));
	assert_success(fm_fault_open(inner, fault, &rig->link, &err));
	assert_success(
		fm_session_init(&rig->s, fm_protocol_named("picoboot"), rig->link, NULL, &err));
	rig->identity = (struct fm_identity){ 0 };
	fm_error_clear(ret_err);
	good = pico_rig_job(rig, image, ret_err);
	*ret_count = fm_fault_count(rig->link);
	return good;
}

static void rig_start(struct pico_rig *rig, uint32_t chip)
{
	const struct fm_sim_picoboot_options options = { .chip = chip };

	pico_rig_plug(rig, &options);
	memset(rig->flash, 0x24, rig->flash_len);
	pico_image(rig->flash, PICO_IMAGE_LEN, chip == FM_SIM_RP2350, 9);
}

static void assert_flash(const struct pico_rig *rig, const uint8_t *image)
{
	assert_memory_equal(rig->flash, image, PICO_IMAGE_LEN);
	assert_true(fm_bytes_filled(rig->flash + PICO_IMAGE_LEN, rig->flash_len - PICO_IMAGE_LEN,
				    0x24));
}

static bool is_expected(const struct fm_error *err, const struct fm_fault *fault)
{
	if (fault->kind == FM_FAULT_CUT)
		return err->code == FM_GONE;
	return (err->code == FM_NACK || err->code == FM_TIMEOUT || err->code == FM_NO_ANSWER) &&
	       err->text[0];
}

static void sweep_one(uint32_t chip, const struct fm_fault *fault, const uint8_t *image,
		      unsigned *ret_failed)
{
	const struct fm_fault none = { .kind = FM_FAULT_NONE };
	struct pico_rig rig;
	struct fm_error err;
	unsigned count;
	bool good;

	rig_start(&rig, chip);
	good = run(&rig, fault, image, &count, &err);
	if (rig.clock.now_ns > (int64_t)MOST_MS * 1000000)
		fail_msg("transfer %u, fault %d: it took %lld ms", fault->nth, fault->kind,
			 (long long)(rig.clock.now_ns / 1000000));
	if (good) {
		assert_flash(&rig, image);
		pico_rig_done(&rig);
		return;
	}
	++*ret_failed;
	if (!is_expected(&err, fault))
		fail_msg("transfer %u, fault %d: E%d %s", fault->nth, fault->kind,
			 fm_error_info(err.code)->number, err.text);
	/* A restart may have been taken and not been answered: then it is in its application. */
	fm_sim_usb_pass(rig.unit, &rig.clock, 1000);
	if (fm_sim_picoboot_runs(rig.unit))
		pico_rig_replug(&rig);
	else
		pico_rig_leave(&rig);
	if (!run(&rig, &none, image, &count, &err))
		fail_msg("transfer %u, fault %d: the next run: E%d %s", fault->nth, fault->kind,
			 fm_error_info(err.code)->number, err.text);
	assert_flash(&rig, image);
	pico_rig_done(&rig);
}

static void sweep(uint32_t chip)
{
	static const struct fm_fault faults[] = {
		{ .kind = FM_FAULT_LOSE },
		{ .kind = FM_FAULT_LATE, .delay_ms = 700 },
		{ .kind = FM_FAULT_LATE, .delay_ms = 20000 },
		{ .kind = FM_FAULT_CUT },
		{ .kind = FM_FAULT_REPLACE },
	};
	const struct fm_fault none = { .kind = FM_FAULT_NONE };
	static uint8_t image[PICO_IMAGE_LEN];
	unsigned count, ignored = 0, failed = 0;
	struct pico_rig rig;
	struct fm_error err;

	pico_image(image, sizeof(image), chip == FM_SIM_RP2350, 6);
	rig_start(&rig, chip);
	assert_success(run(&rig, &none, image, &count, &err));
	assert_flash(&rig, image);
	pico_rig_done(&rig);
	assert_true(count > 60);
	for (unsigned n = 1; n <= count; n++) {
		for (size_t i = 0; i < FM_COUNT(faults); i++) {
			struct fm_fault fault = faults[i];

			fault.nth = n;
			sweep_one(chip, &fault, image, fault.delay_ms == 700 ? &ignored : &failed);
		}
	}
	printf("# %u transfers, %u jobs failed, %u of them by a short delay\n", count,
	       failed + ignored, ignored);
	fflush(stdout);
	assert_true(failed > count);
}

static void test_rp2040(void **state)
{
	(void)state;
	sweep(FM_SIM_RP2040);
}

static void test_rp2350(void **state)
{
	(void)state;
	sweep(FM_SIM_RP2350);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rp2040),
		cmocka_unit_test(test_rp2350),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

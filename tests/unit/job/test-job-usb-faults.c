/*
 * The nth transfer of a whole job over USB (its way into the boot loader and out of it too) is
 * refused, lost, late, or the last before the cable is out, for every n. PASS means that the memory
 * is right and the application runs; everything else has a code that says something, in time, and
 * what was not to be written is as it was; and the next job, on the unit as it was left, passes. A
 * cable that is out has to be put in first, nothing else is done by hand.
 *
 * No transfer is damaged: on USB each packet has a CRC, which makes it a lost one.
 */
#include "usb-rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MS 240000
#define BEHIND (128u << 10) /* nothing of the image, nor of its erase blocks, lies there */

static struct fm_error err;

struct target {
	const char *name, *model;
	void (*make)(struct usb_rig *rig);
	bool (*runs)(const struct fm_sim_usb *unit);
	size_t image_len;
};

static void make_dfu(struct usb_rig *rig, const char *chip, uint32_t manners, bool intolerant)
{
	struct fm_sim_dfu_options options;

	fm_sim_dfu_defaults(&options);
	if (chip)
		assert_success(fm_sim_dfu_option(&options, "chip", chip, &err));
	else
		options.manners = manners;
	options.intolerant |= intolerant;
	options.runtime = true;
	options.version_at = 16;
	rig_dfu(rig, &options);
	rig_application(rig->image, RIG_IMAGE_LEN, 0x0102);
}

static void make_tolerant(struct usb_rig *rig)
{
	make_dfu(rig, NULL, FM_SIM_DFU_SPEC, false);
}

static void make_intolerant(struct usb_rig *rig)
{
	make_dfu(rig, NULL, FM_SIM_DFU_SPEC, true);
}

static void make_uboot(struct usb_rig *rig)
{
	make_dfu(rig, NULL, FM_SIM_DFU_UBOOT, false);
}

static void make_st(struct usb_rig *rig)
{
	make_dfu(rig, NULL, FM_SIM_DFU_ST, true);
}

static void make_opencm3(struct usb_rig *rig)
{
	make_dfu(rig, NULL, FM_SIM_DFU_OPENCM3, true);
}

static void make_f1(struct usb_rig *rig)
{
	make_dfu(rig, "f1", FM_SIM_DFU_ROM, true);
}

static void make_f4(struct usb_rig *rig)
{
	make_dfu(rig, "f4", FM_SIM_DFU_ROM, true);
}

/* The same program as before but for its last bytes runs on it. */
static void make_pico(struct usb_rig *rig)
{
	const struct fm_sim_picoboot_options options = { .application = true };
	uint8_t *flash;

	rig_pico(rig, &options);
	flash = rig_flash(rig);
	rig_application(rig->image, rig->image_len, 0x0102);
	fm_sim_picoboot_make_bootable(rig->image, false);
	memset(flash, 0x33, BEHIND + 1);
	memcpy(flash, rig->image, rig->image_len);
	flash[rig->image_len - 1] ^= 1;
	rig_replug(rig);
}

static const struct target targets[] = {
	{ "dfu, tolerant", "sim-dfu", make_tolerant, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "dfu, not tolerant", "sim-dfu", make_intolerant, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "dfu, U-Boot", "sim-dfu", make_uboot, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "dfu, ST's library", "sim-dfu", make_st, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "dfu, libopencm3", "sim-dfu", make_opencm3, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "dfuse F1", "sim-dfuse", make_f1, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "dfuse F4", "sim-dfuse", make_f4, fm_sim_dfu_runs, RIG_IMAGE_LEN },
	{ "picoboot", "rpi-pico", make_pico, fm_sim_picoboot_runs, 2 * 4096 },
};

/* Cut: the cable is out, or this link alone is dead. */
static const struct {
	struct fm_fault fault;
	bool unplugs;
} faults[] = {
	{ { .kind = FM_FAULT_LOSE }, false },
	{ { .kind = FM_FAULT_LATE, .delay_ms = 700 }, false },
	{ { .kind = FM_FAULT_LATE, .delay_ms = 20000 }, false },
	{ { .kind = FM_FAULT_CUT }, false },
	{ { .kind = FM_FAULT_CUT }, true },
	{ { .kind = FM_FAULT_REPLACE }, false },
};

struct tally {
	unsigned cases, passed, plugged;
};

/* A program that may do without USB and a cable that is pulled look the same when all is proved:
 * that it runs is then said to be not tested. */
static bool passes(const struct usb_rig *rig, const struct target *target)
{
	return rig->end.outcome == FM_OUTCOME_PASS && rig_holds_image(rig) &&
	       (target->runs(rig->unit) ||
		(rig->unplugged && strstr(rig->end.not_tested, "whether the program runs")));
}

/* What is said must be what is there. */
static const char *complaint(const struct usb_rig *rig, const struct target *target,
			     const uint8_t *before)
{
	const struct fm_job_end *end = &rig->end;

	if (rig->clock.now_ns > MOST_MS * INT64_C(1000000))
		return "it took too long";
	if (rig_flash(rig)[BEHIND] != 0x33)
		return "other memory was changed";
	if (!end->changed && memcmp(rig_flash(rig), before, target->image_len) != 0)
		return "changed, and it says it is not";
	if (end->outcome == FM_OUTCOME_PASS)
		return passes(rig, target) ? NULL : "PASS, but the unit is not right";
	if (end->code == FM_OK || end->code == FM_INTERNAL || !*end->error.text)
		return "no code";
	if (end->unit_state == FM_UNIT_VERIFIED && !rig_holds_image(rig))
		return "not what it verified";
	if (end->unit_state == FM_UNIT_UNTOUCHED && !rig->unplugged && !target->runs(rig->unit))
		return "untouched, but its application does not run";
	return NULL;
}

static void sweep_one(struct usb_rig *rig, const struct target *target,
		      const struct fm_fault *fault, struct tally *tally)
{
	static uint8_t before[64 << 10];
	const char *wrong;

	target->make(rig);
	memcpy(before, rig_flash(rig), target->image_len);
	rig->fault = *fault;
	rig_run(rig);
	/* It may be on its way back to its application. */
	fm_sim_usb_pass(rig->unit, &rig->clock, 2000);
	wrong = complaint(rig, target, before);
	if (wrong)
		fail_msg("%s: fault %d of %u ms at %u: %s: %s E%d %s, %s, %lld ms", target->name,
			 fault->kind, fault->delay_ms, fault->nth, wrong,
			 fm_outcome_name(rig->end.outcome), fm_error_info(rig->end.code)->number,
			 rig->end.error.text, fm_unit_state_name(rig->end.unit_state),
			 (long long)(rig->clock.now_ns / 1000000));
	tally->cases++;
	tally->passed += rig->end.outcome == FM_OUTCOME_PASS;
	tally->plugged += rig->unplugged;
	if (rig->unplugged)
		rig_replug(rig);
	rig->fault.kind = FM_FAULT_NONE;
	rig_run(rig);
	if (!passes(rig, target))
		fail_msg("%s: after fault %d of %u ms at %u: %s E%d %s", target->name, fault->kind,
			 fault->delay_ms, fault->nth, fm_outcome_name(rig->end.outcome),
			 fm_error_info(rig->end.code)->number, rig->end.error.text);
}

static void sweep(struct usb_rig *rig, const struct target *target)
{
	struct tally tally = { 0 };
	unsigned total;

	rig_model(rig, target->model);
	rig->image_len = target->image_len;
	rig->request.store = NULL;
	target->make(rig);
	rig->fault.kind = FM_FAULT_NONE;
	rig_run(rig);
	rig_assert_end(rig, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(passes(rig, target));
	total = rig->transfers;
	assert_true(total > 20);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		for (unsigned nth = 1; nth <= total; nth++) {
			struct fm_fault fault = faults[i].fault;

			fault.nth = nth;
			rig->cut_unplugs = faults[i].unplugs;
			sweep_one(rig, target, &fault, &tally);
		}
	}
	print_message("# %s: %u cases, %u of them survived by the same job, %u with the cable put "
		      "in again\n",
		      target->name, tally.cases, tally.passed, tally.plugged);
	assert_int_equal(tally.plugged, total);
}

static void test_fault_sweep(void **state)
{
	const char *only = getenv("ONLY");

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		if (!only || strstr(targets[i].name, only))
			sweep(*state, &targets[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_fault_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

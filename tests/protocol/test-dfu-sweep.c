/*
 * USB DFU and DfuSe: for every n the nth transfer of a whole job is refused, lost, late or the
 * last, by the link and by the unit; the cable comes out at a byte of the download, the power fails
 * in an erase. The run ends in time, with a coded error or the right content; what lies outside of
 * the erased blocks never changes; and the next run, on the unit as it was left, succeeds. Only a
 * unit that is off the bus gets its cable pulled and put in again; one whose application runs is
 * sent into DFU mode by DFU_DETACH.
 *
 * No transfer is damaged: on USB each packet has a CRC, which makes it a lost one.
 */
#include "dfu-rig.h"
#include "sweep-job.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <stdio.h>

#define LEN 6144u
#define PLAIN_PAGE 4096u /* that the unit erases, where no layout says it */
#define MOST_MS 120000
#define BEFORE 0x24 /* what the memory holds */

struct variant {
	const char *name, *protocol, *chip;
	uint32_t manners;
	bool intolerant;
};

static const struct variant variants[] = {
	{ "dfu", "dfu", NULL, FM_SIM_DFU_SPEC, false },
	{ "dfu, not tolerant", "dfu", NULL, FM_SIM_DFU_SPEC, true },
	{ "dfu, U-Boot", "dfu", NULL, FM_SIM_DFU_UBOOT, false },
	{ "dfu, U-Boot, not tolerant", "dfu", NULL, FM_SIM_DFU_UBOOT, true },
	{ "dfu, ST's library", "dfu", NULL, FM_SIM_DFU_ST, true },
	{ "dfu, libopencm3", "dfu", NULL, FM_SIM_DFU_OPENCM3, true },
	{ "dfuse F1", "dfuse", "f1", FM_SIM_DFU_ROM, true },
	{ "dfuse F4", "dfuse", "f4", FM_SIM_DFU_ROM, true },
	{ "dfuse H7", "dfuse", "h7", FM_SIM_DFU_ROM, true },
};

/* One place for one fault: of the unit where fault >= 0, else of the link. */
struct harm {
	int fault;
	unsigned long nth;
	struct fm_fault link;
};

struct bench {
	const struct variant *variant;
	struct rig r;
	struct sweep_job job;
	uint8_t image[LEN];
	uint8_t *flash;
	size_t flash_len, end; /* up to where the job may change it */
	unsigned operations;   /* of the last run, on the link */
};

static unsigned cases, failed, replugged, detached, restarted;

static void bench_start(struct bench *b, const struct variant *variant, const struct harm *harm)
{
	struct fm_error err;

	*b = (struct bench){ .variant = variant };
	rig_init(&b->r, variant->protocol);
	if (variant->chip)
		rig_chip(&b->r, variant->chip);
	else
		b->r.options.manners = variant->manners;
	b->r.options.intolerant = variant->intolerant;
	if (harm->fault >= 0) {
		b->r.options.has_fault[harm->fault] = true;
		b->r.options.fault[harm->fault] = harm->nth;
	}
	rig_fill(b->image, LEN);
	memcpy(b->image, "\x00\x10\x00\x20\x41\x00\x00\x08", 8);
	b->job = (struct sweep_job){ .image = b->image, .len = LEN };
	assert_success(fm_sim_dfu_new(&b->r.options, &b->r.unit, &err));
	fm_sim_dfu_flash(b->r.unit, &b->flash, &b->flash_len);
	memset(b->flash, BEFORE, b->flash_len);
	b->end = (LEN + PLAIN_PAGE - 1) / PLAIN_PAGE * PLAIN_PAGE;
}

/* Up to the end of the last block that is erased. */
static void bench_blocks(struct bench *b)
{
	const struct fm_region *region = fm_memory_application(&b->r.s.told);
	struct fm_block blocks[8];
	size_t n;

	if (!region || !(b->r.s.protocol->can & FM_CAN_ERASE))
		return;
	n = sweep_job_blocks(region, LEN, blocks, FM_COUNT(blocks));
	b->end = blocks[n - 1].range.addr + blocks[n - 1].range.len - region->range.addr;
}

/* Plug in, run over the link with this fault, let go. */
static bool run(struct bench *b, const struct fm_fault *fault, struct fm_error *ret_err)
{
	struct rig *r = &b->r;
	const struct fm_protocol *protocol = r->s.protocol;
	struct fm_link *inner;
	struct fm_error err;
	bool good;

	assert_success(fm_sim_usb_link_open(r->unit, false, 0xfe, &r->clock, NULL, &inner, &err));
	assert_success(fm_fault_open(inner, fault, &r->link, &err));
	assert_success(fm_session_init(&r->s, protocol, r->link, &r->params, &err));
	fm_error_clear(ret_err);
	good = sweep_job_run(&b->job, &r->s, ret_err);
	b->operations = fm_fault_count(r->link);
	bench_blocks(b);
	fm_session_done(&r->s);
	fm_link_close(r->link);
	r->s.protocol = protocol;
	return good;
}

/* Into DFU mode again, by hand only where the unit is off the bus. */
static void bring_back(struct bench *b)
{
	struct rig *r = &b->r;
	struct fm_error err;

	fm_sim_usb_pass(r->unit, &r->clock, 2000);
	if (!r->unit->attached) {
		replugged++;
		r->unit->ops->power(r->unit, r->clock.now_ns, false);
		fm_sim_usb_pass(r->unit, &r->clock, 1000);
		r->unit->ops->power(r->unit, r->clock.now_ns, true);
		fm_sim_usb_pass(r->unit, &r->clock, 1000);
	}
	if (!fm_sim_dfu_runs(r->unit))
		return;
	detached++;
	rig_link(r);
	assert_success(fm_dfu_detach(r->link, false, &err));
	fm_link_close(r->link);
	fm_sim_usb_pass(r->unit, &r->clock, 2000);
}

static void complain(const struct bench *b, const struct harm *harm, const char *what,
		     const struct fm_error *err)
{
	fail_msg("%s: %s %d at %lu: %s: stage %d, E%d %s, %lld ms", b->variant->name,
		 harm->fault >= 0 ? "unit's fault" : sweep_job_faults[harm->link.kind], harm->fault,
		 harm->nth, what, (int)b->job.stage, fm_error_info(err->code)->number, err->text,
		 (long long)(b->r.clock.now_ns / 1000000));
}

static bool is_untouched_outside(const struct bench *b)
{
	return fm_bytes_filled(b->flash + b->end, b->flash_len - b->end, BEFORE);
}

/* A unit that was left with all its data and no more than the end to say starts its application as
 * soon as it is spoken to: then it has to be there, and the run after that succeeds. */
static bool runs_again(struct bench *b, struct fm_error *err)
{
	const struct fm_fault none = { .kind = FM_FAULT_NONE };

	if (run(b, &none, err))
		return true;
	if (b->job.stage != OPEN || (err->code != FM_NO_ANSWER && err->code != FM_GONE))
		return false;
	fm_sim_usb_pass(b->r.unit, &b->r.clock, 2000);
	if (!fm_sim_dfu_runs(b->r.unit))
		return false;
	restarted++;
	bring_back(b);
	return run(b, &none, err);
}

static void sweep_one(const struct variant *variant, const struct harm *harm)
{
	struct fm_error err;
	struct bench b;
	bool good;

	bench_start(&b, variant, harm);
	good = run(&b, &harm->link, &err);
	if (b.r.clock.now_ns > MOST_MS * INT64_C(1000000))
		complain(&b, harm, "it took too long", &err);
	if (good && memcmp(b.flash, b.image, LEN) != 0)
		complain(&b, harm, "success, but the flash is wrong", &err);
	if (!good && !sweep_job_is_telling(&err))
		complain(&b, harm, "it says nothing", &err);
	cases++;
	failed += !good;
	fm_sim_usb_pass(b.r.unit, &b.r.clock, 2000);
	/* A link that is cut looks like a unit that leaves. */
	if (good && b.r.unit->attached && !fm_sim_dfu_runs(b.r.unit) &&
	    harm->link.kind != FM_FAULT_CUT)
		complain(&b, harm, "success, but it is in DFU mode", &err);
	bring_back(&b);
	if (!runs_again(&b, &err) || memcmp(b.flash, b.image, LEN) != 0)
		complain(&b, harm, "the next run", &err);
	if (!is_untouched_outside(&b))
		complain(&b, harm, "other memory was changed", &err);
	b.r.unit->ops->free(b.r.unit);
}

/* How much there is to spoil: a run without a fault. */
static void count(const struct variant *variant, unsigned *ret_operations,
		  struct fm_sim_dfu_seen *ret_seen)
{
	const struct harm none = { .fault = -1 };
	struct fm_error err;
	struct bench b;

	bench_start(&b, variant, &none);
	assert_success(run(&b, &none.link, &err));
	*ret_operations = b.operations;
	*ret_seen = *fm_sim_dfu_seen(b.r.unit);
	b.r.unit->ops->free(b.r.unit);
	assert_true(*ret_operations > 10 && ret_seen->transfers > 10);
}

static void sweep_link(const struct variant *variant, unsigned operations)
{
	static const struct fm_fault faults[] = {
		{ .kind = FM_FAULT_LOSE },
		{ .kind = FM_FAULT_LATE, .delay_ms = 700 },
		{ .kind = FM_FAULT_LATE, .delay_ms = 20000 },
		{ .kind = FM_FAULT_CUT },
		{ .kind = FM_FAULT_REPLACE },
	};

	for (size_t i = 0; i < FM_COUNT(faults); i++) {
		for (unsigned nth = 1; nth <= operations; nth++) {
			struct harm harm = { -1, nth, faults[i] };

			harm.link.nth = nth;
			sweep_one(variant, &harm);
		}
	}
}

static void sweep_unit(const struct variant *variant, enum fm_sim_dfu_fault fault,
		       unsigned long most, unsigned long step)
{
	for (unsigned long nth = 1; nth <= most; nth += step) {
		const struct harm harm = { .fault = (int)fault, .nth = nth };

		sweep_one(variant, &harm);
	}
}

static void sweep(const struct variant *variant)
{
	struct fm_sim_dfu_seen seen;
	unsigned operations;

	cases = failed = replugged = detached = restarted = 0;
	count(variant, &operations, &seen);
	sweep_link(variant, operations);
	sweep_unit(variant, FM_SIM_DFU_REFUSE, seen.transfers, 1);
	sweep_unit(variant, FM_SIM_DFU_LOSE, seen.transfers, 1);
	sweep_unit(variant, FM_SIM_DFU_UNPLUG, seen.transfers, 1);
	sweep_unit(variant, FM_SIM_DFU_UNPLUG_BYTE, LEN, 193);
	sweep_unit(variant, FM_SIM_DFU_CUT_ERASE, seen.erases, 1);
	printf("# %s: %u cases, %u failed, %u with the cable put in again, %u sent back by "
	       "DFU_DETACH, %u of them started by the next run\n",
	       variant->name, cases, failed, replugged, detached, restarted);
	fflush(stdout);
	assert_true(cases > 100 && failed > cases / 10);
	assert_true(restarted <= cases / 50);
}

static void test_dfu(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(variants); i++) {
		if (!variants[i].chip)
			sweep(&variants[i]);
	}
}

static void test_dfuse(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(variants); i++) {
		if (variants[i].chip)
			sweep(&variants[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dfu),
		cmocka_unit_test(test_dfuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

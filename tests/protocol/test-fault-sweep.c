/*
 * For every protocol and every n: the nth operation on the link is lost, late, damaged, answered
 * with a refusal, or the last. A whole job runs over it: open, erase, write, verify, finish. It has
 * to end within a bound of (virtual) time, either with success, and then the flash is right, or
 * with an error that says something; and the next run, without a fault, on the unit as it was left,
 * succeeds. What lies outside the erased blocks never changes.
 *
 * The flash of the simulated unit is the judge, not what verify thinks.
 *
 * A new protocol adds a line to `targets`.
 */
#include "sweep-job.h"

#include "base/scope.h"
#include "link/decorators.h"
#include "protocol/protocol.h"
#include "sim/avr/stk500v1.h"
#include "sim/avr/stk500v2.h"
#include "sim/stm32/stm32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct target {
	const char *name, *protocol;
	struct fm_line_settings line;
	uint8_t nack;    /* what this protocol says when it refuses */
	int64_t most_ms; /* a run never takes longer */
	/* Make the unit and describe its memory. */
	void (*make)(struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory);
	uint64_t flash_base; /* address of the first byte of the unit's flash */
	/* Fill the image, from the application's start. */
	void (*fill)(uint8_t *image, size_t len);
	size_t image_len;
	/* finish() starts an application from which only a reset by hand leads back. */
	bool stays_in_application;
};

/* --- stm32-uart --- */

static void flash_region(struct fm_memory *memory, uint64_t addr, uint64_t len, uint32_t write_len,
			 const struct fm_block_run *run)
{
	struct fm_region region = {
		.name = "flash",
		.range = { FM_SPACE_FLASH, addr, len },
		.write_len = write_len,
		.flags = FM_REGION_WRITE,
	};
	struct fm_error err;

	if (run)
		region.runs[region.run_count++] = *run;
	*memory = (struct fm_memory){ 0 };
	assert_success(fm_memory_add(memory, &region, &err));
}

/* One-byte erase, read back. */
static void make_f103(struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410 };
	const struct fm_block_run pages = { 0x400, 128 };
	struct fm_error err;

	assert_success(fm_sim_stm32_new(&options, ret_unit, &err));
	flash_region(ret_memory, 0x08000000, 0x20000, 256, &pages);
}

/* Extended erase, checksum, cells that can be written once. */
static void make_l433(struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory)
{
	const struct fm_sim_stm32_options options = { .pid = 0x435, .crc = true };
	const struct fm_block_run pages = { 0x800, 128 };
	struct fm_error err;

	assert_success(fm_sim_stm32_new(&options, ret_unit, &err));
	flash_region(ret_memory, 0x08000000, 0x40000, 256, &pages);
}

/* A vector table, or Go would lead nowhere. */
static void fill_stm32(uint8_t *image, size_t len)
{
	for (size_t i = 0; i < len; i++)
		image[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + 1);
	memcpy(image, "\x00\x10\x00\x20\x41\x00\x00\x08", 8);
}

/* --- stk500v1, stk500v2 --- */

static void make_stk500v1(enum fm_sim_stk500v1_loader loader, unsigned baud,
			  struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory)
{
	const struct fm_sim_stk500v1_options options = { loader, "m328p", baud, false };
	struct fm_error err;

	assert_success(fm_sim_stk500v1_new(&options, ret_unit, &err));
	flash_region(ret_memory, 0, 30720, 128, NULL);
}

static void make_optiboot(struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory)
{
	make_stk500v1(FM_SIM_OPTIBOOT_4, 115200, ret_unit, ret_memory);
}

static void make_atmegaboot(struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory)
{
	make_stk500v1(FM_SIM_ATMEGABOOT, 57600, ret_unit, ret_memory);
}

static void make_mega(struct fm_sim_unit **ret_unit, struct fm_memory *ret_memory)
{
	const struct fm_sim_stk500v2_options options = { "m2560", 115200, false };
	struct fm_error err;

	assert_success(fm_sim_stk500v2_new(&options, ret_unit, &err));
	flash_region(ret_memory, 0, 245760, 256, NULL);
}

static void fill_avr(uint8_t *image, size_t len)
{
	for (size_t i = 0; i < len; i++)
		image[i] = (uint8_t)(i * 29 + (i >> 8) * 11 + 3);
}

static const struct target targets[] = {
	{ "stm32 F103, read back",
	  "stm32-uart",
	  { 115200, 8, FM_PARITY_EVEN, 1 },
	  0x1f,
	  60000,
	  make_f103,
	  0x08000000,
	  fill_stm32,
	  2304,
	  true },
	{ "stm32 L433, checksum",
	  "stm32-uart",
	  { 115200, 8, FM_PARITY_EVEN, 1 },
	  0x1f,
	  60000,
	  make_l433,
	  0x08000000,
	  fill_stm32,
	  768,
	  true },
	{ "Optiboot 4.4",
	  "stk500v1",
	  { 115200, 8, FM_PARITY_NONE, 1 },
	  0x15,
	  60000,
	  make_optiboot,
	  0,
	  fill_avr,
	  1024,
	  false },
	{ "ATmegaBOOT",
	  "stk500v1",
	  { 57600, 8, FM_PARITY_NONE, 1 },
	  0x15,
	  60000,
	  make_atmegaboot,
	  0,
	  fill_avr,
	  1024,
	  false },
	{ "Mega",
	  "stk500v2",
	  { 115200, 8, FM_PARITY_NONE, 1 },
	  0xc0,
	  60000,
	  make_mega,
	  0,
	  fill_avr,
	  1024,
	  false },
};

/* --- a job --- */

struct bench {
	const struct target *target;
	struct fm_virtual_clock clock;
	struct fm_sim_unit *unit;
	struct fm_memory memory;
	struct sweep_job job;
	uint8_t *image;
	uint8_t *wanted;   /* the flash as it is after a good run */
	size_t start, end; /* of what is erased or written, in it */
	unsigned operations;
};

/* Plug in, run a whole job, unplug. The unit stays as it is then. */
static bool run(struct bench *b, const struct fm_fault *fault, struct fm_error *ret_err)
{
	struct fm_link *inner, *link;
	struct fm_session s;
	struct fm_error err;
	bool good;

	assert_success(fm_sim_link_open(b->unit, false, &b->clock, NULL, &inner, &err));
	assert_success(fm_fault_open(inner, fault, &link, &err));
	assert_success(fm_line_configure(link, &b->target->line, &err));
	assert_success(
		fm_session_init(&s, fm_protocol_named(b->target->protocol), link, NULL, &err));
	s.memory = &b->memory;
	fm_error_clear(ret_err);
	good = sweep_job_run(&b->job, &s, ret_err);
	b->operations = fm_fault_count(link);
	fm_session_done(&s);
	fm_link_close(link);
	return good;
}

/* --- the sweep --- */

static void bench_start(struct bench *b, const struct target *target)
{
	const struct fm_region *region;
	struct fm_block blocks[64];
	size_t n;

	*b = (struct bench){ .target = target };
	fm_virtual_clock_init(&b->clock);
	target->make(&b->unit, &b->memory);
	region = fm_memory_application(&b->memory);
	b->start = region->range.addr - target->flash_base;
	b->end = b->start + target->image_len;
	b->image = malloc(target->image_len);
	b->wanted = malloc(b->unit->flash_len);
	assert_true(b->image && b->wanted);
	target->fill(b->image, target->image_len);
	b->job = (struct sweep_job){ .image = b->image, .len = target->image_len };
	for (uint64_t i = 0; i < region->range.len; i++)
		b->unit->flash[b->start + i] = (uint8_t)(i * 13 + 0x21);
	memcpy(b->wanted, b->unit->flash, b->unit->flash_len);
	n = sweep_job_blocks(region, target->image_len, blocks, FM_COUNT(blocks));
	if (n > 0 && (fm_protocol_named(target->protocol)->can & FM_CAN_ERASE)) {
		b->end = blocks[n - 1].range.addr + blocks[n - 1].range.len - target->flash_base;
		memset(b->wanted + b->start, 0xff, b->end - b->start);
	}
	memcpy(b->wanted + b->start, b->image, target->image_len);
}

static void bench_done(struct bench *b)
{
	b->unit->ops->free(b->unit);
	free(b->image);
	free(b->wanted);
}

/* Outside of what is erased and written nothing may ever change. */
static bool outside_is_untouched(const struct bench *b)
{
	return memcmp(b->unit->flash, b->wanted, b->start) == 0 &&
	       memcmp(b->unit->flash + b->end, b->wanted + b->end, b->unit->flash_len - b->end) ==
		       0;
}

/*
 * The next run, without a fault, has to find the unit as it was left. There are two exceptions, in
 * which a person presses its reset button first: its application runs, or may run because the
 * answer to the start was lost; or the line was dead from the middle of an erase on, which leaves
 * an STM32 waiting for thousands of pages (doc/protocols/stm32-uart.md, "the trap"), and the run
 * says so.
 */
static bool runs_again(struct bench *b, unsigned *resets, struct fm_error *err)
{
	const struct fm_fault none = { .kind = FM_FAULT_NONE };
	bool in_erase = b->job.stage == ERASE;

	if (b->target->stays_in_application && b->job.stage >= FINISH)
		b->unit->powered = false; /* the next link gives it power again */
	if (run(b, &none, err))
		return true;
	if (!in_erase || b->job.stage != OPEN || err->code != FM_NO_ANSWER ||
	    !strstr(err->hint, "reset"))
		return false;
	++*resets;
	b->unit->powered = false;
	return run(b, &none, err);
}

static void sweep_one(const struct target *target, const struct fm_fault *fault, unsigned *resets)
{
	struct bench b;
	struct fm_error err;
	int64_t start_ns;
	bool good;

	bench_start(&b, target);
	good = run(&b, fault, &err);
	if (b.clock.now_ns > target->most_ms * 1000000)
		fail_msg("%s: operation %u %s by %u ms: it took %lld ms", target->name, fault->nth,
			 sweep_job_faults[fault->kind], fault->delay_ms,
			 (long long)(b.clock.now_ns / 1000000));
	if (good && memcmp(b.unit->flash, b.wanted, b.unit->flash_len) != 0)
		fail_msg("%s: operation %u %s: success, but the flash is wrong", target->name,
			 fault->nth, sweep_job_faults[fault->kind]);
	if (!good && !sweep_job_is_telling(&err))
		fail_msg("%s: operation %u %s: stage %d failed with E%d %s", target->name,
			 fault->nth, sweep_job_faults[fault->kind], (int)b.job.stage,
			 fm_error_info(err.code)->number, err.text);
	if (!outside_is_untouched(&b))
		fail_msg("%s: operation %u %s: other memory was changed", target->name, fault->nth,
			 sweep_job_faults[fault->kind]);
	start_ns = b.clock.now_ns;
	if (!runs_again(&b, resets, &err))
		fail_msg("%s: operation %u %s: the next run failed in stage %d with E%d %s",
			 target->name, fault->nth, sweep_job_faults[fault->kind], (int)b.job.stage,
			 fm_error_info(err.code)->number, err.text);
	assert_true(b.clock.now_ns - start_ns <= target->most_ms * 1000000);
	assert_memory_equal(b.unit->flash, b.wanted, b.unit->flash_len);
	bench_done(&b);
}

static unsigned operations_of(const struct target *target)
{
	const struct fm_fault none = { .kind = FM_FAULT_NONE };
	struct bench b;
	struct fm_error err;
	unsigned n;

	bench_start(&b, target);
	assert_success(run(&b, &none, &err));
	assert_memory_equal(b.unit->flash, b.wanted, b.unit->flash_len);
	n = b.operations;
	bench_done(&b);
	return n;
}

/* Where the erase frame itself never left the host, for each protocol that has the trap. */
enum { RESETS_MOST = 4 };

static void test_every_operation_fails_once(void **state)
{
	const struct fm_fault faults[] = {
		{ .kind = FM_FAULT_LOSE },
		{ .kind = FM_FAULT_LATE, .delay_ms = 50 },
		{ .kind = FM_FAULT_LATE, .delay_ms = 700 },
		{ .kind = FM_FAULT_LATE, .delay_ms = 20000 },
		{ .kind = FM_FAULT_CORRUPT },
		{ .kind = FM_FAULT_CUT },
		{ .kind = FM_FAULT_REPLACE },
	};
	unsigned cases = 0, resets = 0;

	(void)state;
	for (size_t t = 0; t < FM_COUNT(targets); t++) {
		unsigned operations = operations_of(&targets[t]);

		for (unsigned n = 1; n <= operations; n++) {
			for (size_t i = 0; i < FM_COUNT(faults); i++) {
				struct fm_fault fault = faults[i];

				fault.nth = n;
				fault.byte = targets[t].nack;
				sweep_one(&targets[t], &fault, &resets);
				cases++;
			}
		}
	}
	printf("# %u cases, %u of them with a reset by hand before the next run\n", cases, resets);
	fflush(stdout);
	assert_true(cases > 500);
	assert_true(resets <= RESETS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operation_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

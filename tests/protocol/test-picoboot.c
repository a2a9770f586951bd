/* PICOBOOT against a simulated RP2040 and RP2350: whole jobs, every refusal, and every transfer
 * that goes wrong. */
#include "picoboot-rig.h"

#include "protocol/picoboot_wire.h"

#include <stdio.h>
#include <stdlib.h>

static const bool chips[] = { false, true };

/* --- open --- */

static void test_open_tells_what_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(chips); i++) {
		const struct fm_sim_picoboot_options options = { .chip = chips[i],
								 .flash_len = 4u << 20,
								 .serial = 7 };
		const struct fm_fact *unique;
		struct pico_rig rig;
		struct fm_error err;

		pico_rig_plug(&rig, &options);
		pico_image(rig.flash, PICO_IMAGE_LEN, chips[i], 1);
		assert_success(pico_rig_session(&rig, &err));
		assert_success(pico_rig_open(&rig, &err));
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID),
				    chips[i] ? "rp2350" : "rp2040");
		unique = fm_identity_get(&rig.identity, FM_FACT_UNIQUE_ID);
		assert_int_equal(unique != NULL, chips[i]);
		if (unique) {
			assert_int_equal(unique->strength, FM_STRONG);
			assert_string_equal(unique->value, "5a3c000010000007");
		}
		assert_null(fm_identity_get(&rig.identity, FM_FACT_SERIAL));
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_FLASH_SIZE),
				    "4194304");
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_PROGRAM), "blink");
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_VERSION), "1.2.3");
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_REVISION), "pico");
		assert_int_equal(rig.s.told.count, 1);
		assert_int_equal(rig.s.told.regions[0].range.addr, PICO_FLASH);
		assert_int_equal(rig.s.told.regions[0].range.len, 4u << 20);
		assert_int_equal(rig.s.told.regions[0].write_len, PICO_SECTOR);
		assert_int_equal(rig.s.read_len, PICO_SECTOR);
		pico_rig_done(&rig);
	}
}

static void test_a_blank_flash_hides_its_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(chips); i++) {
		const struct fm_sim_picoboot_options options = { .chip = chips[i] };
		struct pico_rig rig;

		pico_rig_start(&rig, &options);
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_FLASH_SIZE),
				    "not known");
		assert_int_equal(rig.s.told.regions[0].range.len, chips[i] ? 32u << 20 : 16u << 20);
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_VERSION), "");
		pico_rig_done(&rig);
	}
}

/* Whatever size the flash has: never taken for larger than it is. */
static void test_size_of_every_flash(void **state)
{
	(void)state;
	for (size_t len = 8192; len <= 16u << 20; len *= 2) {
		const struct fm_sim_picoboot_options options = { .flash_len = len };
		struct pico_rig rig;
		struct fm_error err;

		pico_rig_plug(&rig, &options);
		rig.flash[0] = 1;
		assert_success(pico_rig_session(&rig, &err));
		assert_success(pico_rig_open(&rig, &err));
		assert_int_equal(rig.s.told.regions[0].range.len, len);
		pico_rig_done(&rig);
	}
}

/* Opened and closed without a change, the drive of the ROM can be used again. */
static void test_asking_leaves_the_unit_as_it_was(void **state)
{
	const struct fm_sim_picoboot_options options = { 0 };
	struct pico_rig rig;

	(void)state;
	pico_rig_start(&rig, &options);
	assert_false(((struct fm_picoboot_wire *)rig.s.state)->exclusive);
	pico_rig_done(&rig);
}

static void test_a_session_without_an_end_gives_the_drive_back(void **state)
{
	const struct fm_sim_picoboot_options options = { 0 };
	struct fm_block block;
	struct pico_rig rig;
	struct fm_error err;

	(void)state;
	pico_rig_start(&rig, &options);
	pico_blocks(&block, PICO_FLASH, PICO_SECTOR);
	assert_success(rig.s.protocol->erase(&rig.s, &block, 1, &err));
	assert_true(fm_sim_picoboot_exclusive(rig.unit));
	assert_success(rig.s.protocol->release(&rig.s, &err));
	assert_false(fm_sim_picoboot_exclusive(rig.unit));
	assert_success(rig.s.protocol->erase(&rig.s, &block, 1, &err));
	rig.unit->ops->power(rig.unit, rig.clock.now_ns, false);
	fm_sim_usb_pass(rig.unit, &rig.clock, 10);
	assert_failure(rig.s.protocol->release(&rig.s, &err), FM_GONE);
	pico_rig_done(&rig);
}

static void test_an_application_is_no_boot_rom(void **state)
{
	const struct fm_sim_picoboot_options options = { .application = true };
	struct pico_rig rig;
	struct fm_error err;

	(void)state;
	pico_rig_plug(&rig, &options);
	pico_image(rig.flash, PICO_IMAGE_LEN, false, 1);
	rig.unit->ops->power(rig.unit, rig.clock.now_ns, false);
	fm_sim_usb_pass(rig.unit, &rig.clock, 10);
	rig.unit->ops->power(rig.unit, rig.clock.now_ns, true);
	fm_sim_usb_pass(rig.unit, &rig.clock, 10);
	assert_success(pico_rig_session(&rig, &err));
	assert_failure(pico_rig_open(&rig, &err), FM_UNSUPPORTED);
	assert_true(*err.hint);
	pico_rig_done(&rig);
}

static void test_a_flash_that_may_not_be_read(void **state)
{
	const struct fm_sim_picoboot_options options = { .chip = FM_SIM_RP2350, .closed = true };
	struct pico_rig rig;

	(void)state;
	pico_rig_start(&rig, &options);
	assert_non_null(
		strstr(fm_identity_value(&rig.identity, FM_FACT_PROTECTION), "not be read"));
	assert_int_equal(rig.s.can, FM_CAN_ERASE | FM_CAN_RUN);
	assert_int_equal(rig.s.told.count, 1);
	pico_rig_done(&rig);
}

/* Entries that lead all over the flash, each to a sector of its own: open ends soon all the same.
 */
static void test_binary_info_that_leads_everywhere(void **state)
{
	const struct fm_sim_picoboot_options options = { .flash_len = 4u << 20 };
	struct pico_rig rig;
	struct fm_error err;
	int64_t start_ns;

	(void)state;
	pico_rig_plug(&rig, &options);
	pico_image(rig.flash, PICO_IMAGE_LEN, false, 1);
	fm_put_le32(rig.flash + 0x114, PICO_FLASH + 0x1000);
	fm_put_le32(rig.flash + 0x118, UINT32_MAX);
	for (uint32_t i = 0; i < 1024; i++)
		fm_put_le32(rig.flash + 0x1000 + 4 * i, PICO_FLASH + i * PICO_SECTOR + 4090);
	assert_success(pico_rig_session(&rig, &err));
	start_ns = rig.clock.now_ns;
	assert_success(pico_rig_open(&rig, &err));
	assert_true(rig.clock.now_ns - start_ns < 1000000000);
	assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_VERSION), "");
	pico_rig_done(&rig);
}

/* --- whole jobs --- */

static void test_whole_job(void **state)
{
	static uint8_t image[PICO_IMAGE_LEN];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(chips); i++) {
		const struct fm_sim_picoboot_options options = { .chip = chips[i] };
		struct pico_rig rig;
		struct fm_error err;

		pico_image(image, sizeof(image), chips[i], 2);
		pico_rig_plug(&rig, &options);
		memset(rig.flash, 0x24, rig.flash_len);
		assert_success(pico_rig_session(&rig, &err));
		assert_success(pico_rig_job(&rig, image, &err));
		assert_memory_equal(rig.flash, image, sizeof(image));
		assert_true(fm_bytes_filled(rig.flash + sizeof(image),
					    rig.flash_len - sizeof(image), 0x24));
		assert_false(rig.unit->attached);
		fm_sim_usb_pass(rig.unit, &rig.clock, 1000);
		assert_true(fm_sim_picoboot_runs(rig.unit));
		assert_true(rig.unit->attached);
		pico_rig_done(&rig);
	}
}

/* What does not boot comes back in its ROM: the job is told by what appears. */
static void test_a_bad_program_comes_back_in_bootsel(void **state)
{
	static uint8_t image[PICO_IMAGE_LEN];
	const struct fm_sim_picoboot_options options = { 0 };
	struct pico_rig rig;
	struct fm_error err;

	(void)state;
	pico_image(image, sizeof(image), false, 2);
	image[10] ^= 1;
	pico_rig_plug(&rig, &options);
	assert_success(pico_rig_session(&rig, &err));
	assert_success(pico_rig_job(&rig, image, &err));
	fm_sim_usb_pass(rig.unit, &rig.clock, 1000);
	assert_false(fm_sim_picoboot_runs(rig.unit));
	pico_rig_leave(&rig);
	assert_success(pico_rig_session(&rig, &err));
	assert_success(pico_rig_open(&rig, &err));
	pico_rig_done(&rig);
}

/* Sectors as slow as they may get: a command stays below its time-out. */
static void test_the_slowest_flash(void **state)
{
	const struct fm_sim_picoboot_options options = { .slow = 8 };
	struct fm_block blocks[64];
	struct pico_rig rig;
	struct fm_error err;
	size_t n =
		pico_blocks(blocks, PICO_FLASH, sizeof(blocks) / sizeof(blocks[0]) * PICO_SECTOR);

	(void)state;
	pico_rig_start(&rig, &options);
	memset(rig.flash, 0, rig.flash_len);
	assert_success(rig.s.protocol->erase(&rig.s, blocks, n, &err));
	assert_true(fm_bytes_filled(rig.flash, n * PICO_SECTOR, 0xff));
	assert_true(
		fm_bytes_filled(rig.flash + n * PICO_SECTOR, rig.flash_len - n * PICO_SECTOR, 0));
	pico_rig_done(&rig);
}

static void test_reads_of_any_place(void **state)
{
	static const struct {
		uint32_t at;
		size_t len;
	} reads[] = { { 0, 1 }, { 1, 4096 }, { 255, 2 }, { 256, 300 }, { 4095, 4096 }, { 77, 13 } };
	const struct fm_sim_picoboot_options options = { 0 };
	uint8_t got[4096];
	struct pico_rig rig;
	struct fm_error err;

	(void)state;
	pico_rig_plug(&rig, &options);
	pico_image(rig.flash, PICO_IMAGE_LEN, false, 3);
	assert_success(pico_rig_session(&rig, &err));
	assert_success(pico_rig_open(&rig, &err));
	for (size_t i = 0; i < FM_COUNT(reads); i++) {
		assert_success(rig.s.protocol->read(
			&rig.s, FM_SPACE_FLASH, PICO_FLASH + reads[i].at, got, reads[i].len, &err));
		assert_memory_equal(got, rig.flash + reads[i].at, reads[i].len);
	}
	pico_rig_done(&rig);
}

/* --- refusals --- */

/* An RP2040 would acknowledge all of these and do nothing, or wrap to the flash's start. */
static void test_ranges_that_are_none(void **state)
{
	static const struct fm_range ranges[] = {
		{ FM_SPACE_FLASH, PICO_FLASH + 256, PICO_SECTOR },
		{ FM_SPACE_FLASH, PICO_FLASH, 256 },
		{ FM_SPACE_FLASH, PICO_FLASH - PICO_SECTOR, PICO_SECTOR },
		{ FM_SPACE_FLASH, PICO_FLASH + (2u << 20), PICO_SECTOR },
		{ FM_SPACE_FLASH, PICO_FLASH, (2u << 20) + PICO_SECTOR },
		{ FM_SPACE_FLASH, UINT64_MAX - PICO_SECTOR + 1, PICO_SECTOR },
		{ FM_SPACE_RAM, PICO_FLASH, PICO_SECTOR },
		{ FM_SPACE_FLASH, PICO_FLASH, 0 },
	};
	static uint8_t before[2u << 20];
	const struct fm_sim_picoboot_options options = { .flash_len = sizeof(before) };
	struct pico_rig rig;
	struct fm_error err;

	(void)state;
	pico_rig_plug(&rig, &options);
	pico_image(rig.flash, rig.flash_len, false, 4);
	memcpy(before, rig.flash, sizeof(before));
	assert_success(pico_rig_session(&rig, &err));
	assert_success(pico_rig_open(&rig, &err));
	for (size_t i = 0; i < FM_COUNT(ranges); i++) {
		struct fm_block blocks[2];

		pico_blocks(blocks, PICO_FLASH, PICO_SECTOR);
		blocks[1] = (struct fm_block){ ranges[i], 1 };
		assert_failure(rig.s.protocol->erase(&rig.s, blocks, 2, &err), FM_UNSUPPORTED);
	}
	assert_failure(rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, PICO_FLASH + (2u << 20),
					     before, 256, &err),
		       FM_UNSUPPORTED);
	assert_failure(rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, PICO_FLASH, before, 255, &err),
		       FM_UNSUPPORTED);
	assert_memory_equal(rig.flash, before, sizeof(before));
	pico_rig_done(&rig);
}

struct refusal {
	const char *name;
	uint8_t id, args_len;
	uint32_t arg[2], len;
	bool rp2040, rp2350; /* refuses it */
	const char *reason;
};

static const struct refusal refusals[] = {
	{ "unknown", 0x3f, 0, { 0 }, 0, true, true, "unknown command" },
	{ "REBOOT2", 0x0a, 16, { 0xf }, 0, true, true, NULL },
	{ "GET_INFO", 0x8b, 16, { 99 }, 16, true, true, NULL },
	{ "VECTORIZE_FLASH", 0x09, 4, { 0 }, 0, false, true, "unknown command" },
	{ "arguments", 0x06, 1, { 0 }, 0, true, true, "length of the arguments" },
	{ "transfer", 0x84, 8, { PICO_FLASH, 512 }, 256, true, true, "transfer length" },
	{ "transfer of none", 0x03, 8, { PICO_FLASH, 4096 }, 1, true, true, "transfer length" },
	{ "read alignment", 0x84, 8, { PICO_FLASH + 4, 256 }, 256, true, true, "alignment" },
	{ "read address", 0x84, 8, { 0x40000000, 256 }, 256, true, true, "bad address" },
	{ "write alignment", 0x05, 8, { PICO_FLASH + 4, 256 }, 256, true, true, "alignment" },
	{ "write address", 0x05, 8, { 0x40000000, 1024 }, 1024, true, true, "bad address" },
	{ "erase alignment", 0x03, 8, { PICO_FLASH + 256, 4096 }, 0, false, true, "alignment" },
	{ "erase address", 0x03, 8, { 0x30000000, 4096 }, 0, false, true, "bad address" },
};

/* Each with its reason, and the next command works. On an RP2040 the error of a command without
 * data is lost. */
static void refuse(const struct refusal *r, bool rp2350)
{
	const struct fm_sim_picoboot_options options = { .chip = rp2350 };
	struct fm_picoboot_command command = { .id = r->id, .args_len = r->args_len };
	bool refused = rp2350 ? r->rp2350 : r->rp2040;
	static uint8_t data[4096];
	struct pico_rig rig;
	struct fm_error err;

	pico_rig_start(&rig, &options);
	fm_put_le32(command.args, r->arg[0]);
	fm_put_le32(command.args + 4, r->arg[1]);
	command.len = r->len;
	command.out = data;
	command.ret_in = data;
	fm_error_clear(&err);
	if (fm_picoboot_do(&rig.s, &command, &err) == refused)
		fail_msg("%s on %s: %s", r->name, rp2350 ? "RP2350" : "RP2040",
			 refused ? "accepted" : err.text);
	if (refused && (err.code != FM_NACK || (r->reason && !strstr(err.text, r->reason))))
		fail_msg("%s: E%d %s", r->name, fm_error_info(err.code)->number, err.text);
	assert_success(rig.s.protocol->read(&rig.s, FM_SPACE_FLASH, PICO_FLASH, data, 4096, &err));
	assert_true(fm_bytes_filled(data, 4096, 0xff));
	pico_rig_done(&rig);
}

static void test_every_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(refusals); i++) {
		refuse(&refusals[i], false);
		refuse(&refusals[i], true);
	}
}

static void test_a_reboot_that_never_happens(void **state)
{
	struct fm_sim_picoboot_options options = { 0 };
	struct pico_rig rig;
	struct fm_error err;

	(void)state;
	options.has_fault[FM_SIM_PICOBOOT_STAY] = true;
	options.fault[FM_SIM_PICOBOOT_STAY] = 1;
	pico_rig_start(&rig, &options);
	assert_failure(rig.s.protocol->finish(&rig.s, &err), FM_TIMEOUT);
	assert_non_null(strstr(err.hint, "BOOTSEL"));
	assert_success(rig.s.protocol->finish(&rig.s, &err));
	pico_rig_done(&rig);
}

/* Cells that fail are seen by reading back alone. */
static void test_cells_that_fail(void **state)
{
	static const enum fm_sim_picoboot_fault kinds[] = { FM_SIM_PICOBOOT_WEAK,
							    FM_SIM_PICOBOOT_STUCK };
	static uint8_t image[PICO_IMAGE_LEN];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(kinds); i++) {
		struct fm_sim_picoboot_options options = { 0 };
		struct pico_rig rig;
		struct fm_error err;

		options.has_fault[kinds[i]] = true;
		options.fault[kinds[i]] = 3;
		pico_image(image, sizeof(image), false, 5);
		pico_rig_plug(&rig, &options);
		memset(rig.flash, 0, rig.flash_len);
		assert_success(pico_rig_session(&rig, &err));
		assert_failure(pico_rig_job(&rig, image, &err), FM_VERIFY);
		pico_rig_done(&rig);
	}
}

/* --- every transfer fails once --- */

#define MOST_MS 60000

static bool telling(const struct fm_error *err, enum fm_sim_picoboot_fault kind)
{
	if (kind == FM_SIM_PICOBOOT_UNPLUG || kind == FM_SIM_PICOBOOT_UNPLUG_BYTE)
		return err->code == FM_GONE && err->text[0];
	return err->text[0] &&
	       (err->code == FM_NACK || err->code == FM_TIMEOUT || err->code == FM_VERIFY);
}

/* True while there is an nth transfer (byte): the job failed, and the next one brought the unit
 * back; or it came through, and then the flash is right. */
static bool sweep_one(bool rp2350, enum fm_sim_picoboot_fault kind, unsigned long n,
		      const uint8_t *image)
{
	struct fm_sim_picoboot_options options = { .chip = rp2350 };
	struct pico_rig rig;
	struct fm_error err;
	bool good;

	options.has_fault[kind] = true;
	options.fault[kind] = n;
	pico_rig_plug(&rig, &options);
	memset(rig.flash, 0x24, rig.flash_len);
	pico_image(rig.flash, PICO_IMAGE_LEN, rp2350, 9);
	assert_success(pico_rig_session(&rig, &err));
	good = pico_rig_job(&rig, image, &err);
	if (rig.clock.now_ns > (int64_t)MOST_MS * 1000000)
		fail_msg("fault %d at %lu: it took %lld ms", kind, n,
			 (long long)(rig.clock.now_ns / 1000000));
	if (!good && !telling(&err, kind))
		fail_msg("fault %d at %lu: E%d %s", kind, n, fm_error_info(err.code)->number,
			 err.text);
	if (!good) {
		if (rig.unit->attached)
			pico_rig_leave(&rig);
		else
			pico_rig_replug(&rig);
		assert_success(pico_rig_session(&rig, &err));
		if (!pico_rig_job(&rig, image, &err))
			fail_msg("fault %d at %lu: the next run failed: E%d %s", kind, n,
				 fm_error_info(err.code)->number, err.text);
	}
	assert_memory_equal(rig.flash, image, PICO_IMAGE_LEN);
	assert_true(
		fm_bytes_filled(rig.flash + PICO_IMAGE_LEN, rig.flash_len - PICO_IMAGE_LEN, 0x24));
	pico_rig_done(&rig);
	return !good;
}

static void sweep(enum fm_sim_picoboot_fault kind, unsigned long step)
{
	static uint8_t image[PICO_IMAGE_LEN];

	for (size_t i = 0; i < FM_COUNT(chips); i++) {
		unsigned failed = 0, through = 0;

		pico_image(image, sizeof(image), chips[i], 6);
		/* Some failures are overcome; four in a row: there is no nth any more. */
		for (unsigned long n = 1; through < 4; n += step) {
			if (sweep_one(chips[i], kind, n, image)) {
				failed++;
				through = 0;
			} else {
				through++;
			}
		}
		assert_true(failed > 20);
	}
}

static void test_each_transfer_unplugged(void **state)
{
	(void)state;
	sweep(FM_SIM_PICOBOOT_UNPLUG, 1);
}

static void test_each_transfer_stalled(void **state)
{
	(void)state;
	sweep(FM_SIM_PICOBOOT_STALL, 1);
}

static void test_each_transfer_lost(void **state)
{
	(void)state;
	sweep(FM_SIM_PICOBOOT_LOSE, 1);
}

static void test_each_transfer_late(void **state)
{
	(void)state;
	sweep(FM_SIM_PICOBOOT_LATE, 1);
}

static void test_unplugged_at_bytes(void **state)
{
	(void)state;
	sweep(FM_SIM_PICOBOOT_UNPLUG_BYTE, 509);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_tells_what_is_there),
		cmocka_unit_test(test_a_blank_flash_hides_its_size),
		cmocka_unit_test(test_size_of_every_flash),
		cmocka_unit_test(test_asking_leaves_the_unit_as_it_was),
		cmocka_unit_test(test_a_session_without_an_end_gives_the_drive_back),
		cmocka_unit_test(test_an_application_is_no_boot_rom),
		cmocka_unit_test(test_a_flash_that_may_not_be_read),
		cmocka_unit_test(test_binary_info_that_leads_everywhere),
		cmocka_unit_test(test_whole_job),
		cmocka_unit_test(test_a_bad_program_comes_back_in_bootsel),
		cmocka_unit_test(test_the_slowest_flash),
		cmocka_unit_test(test_reads_of_any_place),
		cmocka_unit_test(test_ranges_that_are_none),
		cmocka_unit_test(test_every_refusal),
		cmocka_unit_test(test_a_reboot_that_never_happens),
		cmocka_unit_test(test_cells_that_fail),
		cmocka_unit_test(test_each_transfer_unplugged),
		cmocka_unit_test(test_each_transfer_stalled),
		cmocka_unit_test(test_each_transfer_lost),
		cmocka_unit_test(test_each_transfer_late),
		cmocka_unit_test(test_unplugged_at_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

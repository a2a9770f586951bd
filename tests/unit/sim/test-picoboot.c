/* The simulated RP2040 and RP2350 as a host without any protocol code finds them. */
#include "unit.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "sim/picoboot/picoboot.h"

#include <stdio.h>
#include <string.h>

#define OUT 0x03
#define IN 0x84
#define FLASH 0x10000000u

struct rig {
	struct fm_virtual_clock clock;
	struct fm_sim_usb *unit;
	struct fm_link *link;
	uint8_t *flash;
	size_t flash_len;
};

static void rig_link(struct rig *rig)
{
	struct fm_error err;

	fm_link_close(rig->link);
	assert_success(
		fm_sim_usb_link_open(rig->unit, false, 0xff, &rig->clock, NULL, &rig->link, &err));
}

static void rig_start(struct rig *rig, const struct fm_sim_picoboot_options *options)
{
	struct fm_error err;

	*rig = (struct rig){ 0 };
	fm_virtual_clock_init(&rig->clock);
	assert_success(fm_sim_picoboot_new(options, &rig->unit, &err));
	rig->flash = fm_sim_picoboot_flash(rig->unit, &rig->flash_len);
	rig_link(rig);
}

static void rig_done(struct rig *rig)
{
	fm_link_close(rig->link);
	rig->unit->ops->free(rig->unit);
}

static struct fm_deadline soon(struct rig *rig)
{
	return fm_in_ms(rig->link->clock, 1000);
}

static void packet(uint8_t ret[32], uint8_t id, uint8_t args_len, uint32_t len, uint32_t first,
		   uint32_t second)
{
	memset(ret, 0, 32);
	fm_put_le32(ret, 0x431fd10b);
	fm_put_le32(ret + 4, 0x1234);
	ret[8] = id;
	ret[9] = args_len;
	fm_put_le32(ret + 12, len);
	fm_put_le32(ret + 16, first);
	fm_put_le32(ret + 20, second);
}

/* Command alone. */
static bool command(struct rig *rig, uint8_t id, uint8_t args_len, uint32_t len, uint32_t first,
		    uint32_t second, struct fm_error *err)
{
	uint8_t bytes[32];

	packet(bytes, id, args_len, len, first, second);
	return fm_usb_out(rig->link, OUT, bytes, sizeof(bytes), soon(rig), err);
}

static bool take(struct rig *rig, uint8_t *ret, size_t len, size_t *ret_len, struct fm_error *err)
{
	return fm_usb_in(rig->link, IN, ret, len, ret_len, soon(rig), err);
}

/* A command without data, and its acknowledgement. */
static bool simple(struct rig *rig, uint8_t id, uint8_t args_len, uint32_t first, uint32_t second,
		   struct fm_error *err)
{
	uint8_t byte;
	size_t len;

	return command(rig, id, args_len, 0, first, second, err) &&
	       take(rig, &byte, 1, &len, err) && len == 0;
}

/* A restart in 100 ms by the chip's own command. */
static void restart_by(struct rig *rig, bool rp2350)
{
	uint8_t bytes[32];
	struct fm_error err;
	size_t len;

	packet(bytes, rp2350 ? 0x0a : 0x02, rp2350 ? 16 : 12, 0, 0, rp2350 ? 100 : 0x20042000);
	if (!rp2350)
		fm_put_le32(bytes + 24, 100);
	assert_success(fm_usb_out(rig->link, OUT, bytes, sizeof(bytes), soon(rig), &err));
	assert_success(take(rig, bytes, 1, &len, &err));
	assert_true(rig->unit->attached);
	fm_sim_usb_pass(rig->unit, &rig->clock, 1000);
}

static void status(struct rig *rig, uint8_t ret[16])
{
	const struct fm_usb_setup setup = { 0xc1, 0x42, 0, 0 };
	struct fm_error err;
	size_t len;

	assert_success(fm_usb_control_in(rig->link, &setup, ret, 16, &len, soon(rig), &err));
	assert_int_equal(len, 16);
}

static bool halted(struct rig *rig, uint8_t endpoint)
{
	const struct fm_usb_setup setup = { 0x82, 0, 0, endpoint };
	struct fm_error err;
	uint8_t answer[2];
	size_t len;

	assert_success(fm_usb_control_in(rig->link, &setup, answer, 2, &len, soon(rig), &err));
	assert_int_equal(len, 2);
	return answer[0] & 1;
}

static void reset(struct rig *rig)
{
	const struct fm_usb_setup setup = { 0x41, 0x41, 0, 0 };
	struct fm_error err;

	assert_success(rig->link->usb->clear_halt(rig->link, OUT, &err));
	assert_success(rig->link->usb->clear_halt(rig->link, IN, &err));
	assert_success(fm_usb_control_out(rig->link, &setup, NULL, 0, soon(rig), &err));
}

static const struct fm_sim_picoboot_options chips[] = { { .chip = FM_SIM_RP2040 },
							{ .chip = FM_SIM_RP2350, .serial = 3 } };

/* --- identity --- */

static void assert_identity(struct rig *rig, uint16_t pid, const char *product, const char *serial)
{
	const uint8_t *device = rig->link->usb_descriptors->device;
	struct fm_error err;
	char text[64];

	assert_int_equal(fm_get_le16(device + 8), 0x2e8a);
	assert_int_equal(fm_get_le16(device + 10), pid);
	assert_success(rig->link->usb->string(rig->link, device[15], text, sizeof(text), &err));
	assert_string_equal(text, product);
	assert_success(rig->link->usb->string(rig->link, device[16], text, sizeof(text), &err));
	assert_string_equal(text, serial);
}

static void test_identities(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &chips[0]);
	assert_identity(&rig, 0x0003, "RP2 Boot", "E0C9125B0D9B");
	rig_done(&rig);
	rig_start(&rig, &chips[1]);
	assert_identity(&rig, 0x000f, "RP2350 Boot", "5A3C000010000003");
	rig_done(&rig);
}

/* The way there and back: restart, the application's reset interface, and what does not boot. */
static void test_modes(void **state)
{
	const struct fm_usb_setup bootsel = { 0x21, 1, 0, 0 }, restart = { 0x21, 2, 0, 0 };
	struct rig rig;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(chips); i++) {
		rig_start(&rig, &chips[i]);
		memset(rig.flash, 0x11, 512);
		fm_sim_picoboot_make_bootable(rig.flash, i == 1);
		restart_by(&rig, i == 1);
		assert_true(fm_sim_picoboot_runs(rig.unit));
		rig_link(&rig);
		assert_identity(&rig, i == 1 ? 0x0009 : 0x000a, "Pico",
				i == 1 ? "5A3C000010000003" : "5A3C000010000000");
		assert_success(fm_usb_control_out(rig.link, &restart, NULL, 0, soon(&rig), &err));
		assert_true(rig.unit->attached);
		fm_sim_usb_pass(rig.unit, &rig.clock, 1000);
		assert_true(fm_sim_picoboot_runs(rig.unit));
		rig_link(&rig);
		assert_failure(fm_usb_control_out(rig.link, &bootsel, NULL, 0, soon(&rig), &err),
			       FM_GONE);
		fm_sim_usb_pass(rig.unit, &rig.clock, 1000);
		assert_false(fm_sim_picoboot_runs(rig.unit));
		rig_link(&rig);
		memset(rig.flash, 0, 4096);
		restart_by(&rig, i == 1);
		assert_true(rig.unit->attached);
		assert_false(fm_sim_picoboot_runs(rig.unit));
		rig_done(&rig);
	}
}

static void test_wrong_identity_after_a_restart(void **state)
{
	struct fm_sim_picoboot_options options = chips[0];
	struct rig rig;

	(void)state;
	options.has_fault[FM_SIM_PICOBOOT_WRONG_ID] = true;
	options.fault[FM_SIM_PICOBOOT_WRONG_ID] = 0x1005;
	rig_start(&rig, &options);
	restart_by(&rig, false);
	rig_link(&rig);
	assert_int_equal(fm_get_le16(rig.link->usb_descriptors->device + 10), 0x1005);
	rig_done(&rig);
}

/* --- errors --- */

static void test_no_command_at_all(void **state)
{
	uint8_t bytes[32], block[16];
	struct rig rig;
	struct fm_error err;

	(void)state;
	rig_start(&rig, &chips[0]);
	packet(bytes, 0x06, 0, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		bytes[0] ^= (uint8_t)i;
		assert_success(fm_usb_out(rig.link, OUT, bytes, i ? 32 : 31, soon(&rig), &err));
		assert_true(halted(&rig, OUT) && halted(&rig, IN));
		assert_failure(fm_usb_out(rig.link, OUT, bytes, 32, soon(&rig), &err), FM_NACK);
		status(&rig, block);
		assert_true(fm_bytes_filled(block, sizeof(block), 0));
		reset(&rig);
	}
	rig_done(&rig);
}

struct error_case {
	uint8_t id, args_len;
	uint32_t first, second, len;
	uint8_t code[2];
	bool out[2], in[2]; /* halted afterwards: RP2040, RP2350 */
};

static const struct error_case errors[] = {
	{ 0x7f, 0, 0, 0, 0, { 1, 1 }, { true, true }, { true, true } },
	{ 0x02, 12, 0, 0, 1, { 3, 1 }, { true, true }, { true, true } },
	{ 0x0a, 16, 0, 0, 1, { 1, 3 }, { true, true }, { true, true } },
	{ 0x03, 7, FLASH, 4096, 0, { 2, 2 }, { true, true }, { true, true } },
	{ 0x84, 8, FLASH, 256, 512, { 3, 3 }, { true, true }, { true, true } },
	{ 0x84, 8, FLASH + 1, 256, 256, { 5, 5 }, { false, true }, { true, true } },
	{ 0x84, 8, 0x30000000, 256, 256, { 4, 4 }, { false, true }, { true, true } },
	{ 0x84, 8, 0x12000000, 256, 256, { 0, 4 }, { false, true }, { false, true } },
	{ 0x05, 8, FLASH + 1, 512, 512, { 5, 5 }, { true, true }, { false, true } },
	{ 0x05, 8, FLASH + 1, 16, 16, { 5, 5 }, { true, true }, { false, true } },
	{ 0x03, 8, FLASH + 1, 4096, 0, { 0, 5 }, { false, true }, { false, true } },
	{ 0x03, 8, 0x30000000, 4096, 0, { 0, 4 }, { false, true }, { false, true } },
};

static void test_every_error(void **state)
{
	uint8_t block[16], data[512] = { 0 };
	struct rig rig;
	struct fm_error err;
	size_t len;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(errors) * 2; i++) {
		const struct error_case *e = &errors[i / 2];
		size_t chip = i % 2;

		rig_start(&rig, &chips[chip]);
		assert_success(
			command(&rig, e->id, e->args_len, e->len, e->first, e->second, &err));
		if (e->id == 0x05)
			(void)!fm_usb_out(rig.link, OUT, data, e->len, soon(&rig), &err);
		status(&rig, block);
		if (fm_get_le32(block + 4) != e->code[chip] || halted(&rig, OUT) != e->out[chip] ||
		    halted(&rig, IN) != e->in[chip])
			fail_msg("error %zu, chip %zu: status %u, OUT %d, IN %d", i / 2, chip,
				 block[4], halted(&rig, OUT), halted(&rig, IN));
		assert_int_equal(fm_get_le32(block), 0x1234);
		assert_int_equal(block[8], e->id);
		if (e->in[chip])
			assert_failure(take(&rig, data, sizeof(data), &len, &err), FM_NACK);
		reset(&rig);
		assert_success(simple(&rig, 0x06, 0, 0, 0, &err));
		rig_done(&rig);
	}
}

static void test_nothing_is_done_while_it_restarts(void **state)
{
	uint8_t bytes[32], block[16];
	struct rig rig;
	struct fm_error err;
	size_t len;

	(void)state;
	rig_start(&rig, &chips[0]);
	packet(bytes, 0x02, 12, 0, 0, 0);
	fm_put_le32(bytes + 24, 500);
	assert_success(fm_usb_out(rig.link, OUT, bytes, 32, soon(&rig), &err));
	assert_success(take(&rig, block, 1, &len, &err));
	assert_success(command(&rig, 0x06, 0, 0, 0, 0, &err));
	status(&rig, block);
	assert_int_equal(block[4], 7);
	rig_done(&rig);
}

/* --- flash --- */

static void test_flash_only_clears_bits_and_repeats(void **state)
{
	const struct fm_sim_picoboot_options options = { .flash_len = 65536 };
	uint8_t page[256], byte;
	struct rig rig;
	struct fm_error err;
	size_t len;

	(void)state;
	rig_start(&rig, &options);
	assert_success(simple(&rig, 0x06, 0, 0, 0, &err));
	for (int i = 0; i < 2; i++) {
		memset(page, i ? 0x3c : 0xf0, sizeof(page));
		assert_success(
			command(&rig, 0x05, 8, 256, FLASH + (i ? 65536 : 0) + 512, 256, &err));
		assert_success(fm_usb_out(rig.link, OUT, page, 256, soon(&rig), &err));
		assert_success(take(&rig, &byte, 1, &len, &err));
	}
	assert_true(fm_bytes_filled(rig.flash + 512, 256, 0x30));
	assert_int_equal(rig.flash[511], 0xff);
	assert_int_equal(rig.flash[768], 0xff);
	assert_success(command(&rig, 0x84, 8, 256, FLASH + 3 * 65536 + 512, 256, &err));
	assert_success(take(&rig, page, 256, &len, &err));
	assert_true(fm_bytes_filled(page, 256, 0x30));
	rig_done(&rig);
}

/* Until EXIT_XIP the flash takes no command: all is acknowledged and nothing happens. */
static void test_flash_in_the_hands_of_the_cache(void **state)
{
	struct rig rig;
	struct fm_error err;

	(void)state;
	rig_start(&rig, &chips[0]);
	memset(rig.flash, 0, 4096);
	assert_success(simple(&rig, 0x03, 8, FLASH, 4096, &err));
	assert_true(fm_bytes_filled(rig.flash, 4096, 0));
	assert_success(simple(&rig, 0x06, 0, 0, 0, &err));
	assert_success(simple(&rig, 0x03, 8, FLASH, 4096, &err));
	assert_true(fm_bytes_filled(rig.flash, 4096, 0xff));
	rig_done(&rig);
}

static void test_times_and_an_erase_given_up(void **state)
{
	uint8_t block[16];
	struct rig rig;
	struct fm_error err;
	int64_t start_ns;

	(void)state;
	rig_start(&rig, &chips[0]);
	memset(rig.flash, 0, 65536);
	assert_success(simple(&rig, 0x06, 0, 0, 0, &err));
	start_ns = rig.clock.now_ns;
	assert_success(simple(&rig, 0x03, 8, FLASH, 2 * 4096, &err));
	assert_in_range(rig.clock.now_ns - start_ns, 90000000, 92000000);
	assert_success(command(&rig, 0x03, 8, 0, FLASH + 2 * 4096, 4 * 4096, &err));
	status(&rig, block);
	assert_int_equal(block[9], 1);
	fm_sim_usb_pass(rig.unit, &rig.clock, 60);
	reset(&rig);
	status(&rig, block);
	assert_true(fm_bytes_filled(block, 16, 0));
	fm_sim_usb_pass(rig.unit, &rig.clock, 1000);
	assert_true(fm_bytes_filled(rig.flash, 3 * 4096 + 2048, 0xff));
	assert_true(fm_bytes_filled(rig.flash + 3 * 4096 + 2048, 2048 + 2 * 4096, 0));
	rig_done(&rig);
}

static void test_ram_and_otp(void **state)
{
	uint8_t bytes[32], got[16];
	struct rig rig;
	struct fm_error err;
	size_t len;

	(void)state;
	rig_start(&rig, &chips[1]);
	assert_success(command(&rig, 0x05, 8, 10, 0x20000100, 10, &err));
	assert_success(fm_usb_out(rig.link, OUT, "0123456789", 10, soon(&rig), &err));
	assert_success(take(&rig, got, 1, &len, &err));
	assert_success(command(&rig, 0x84, 8, 10, 0x20000100, 10, &err));
	assert_success(take(&rig, got, 10, &len, &err));
	assert_memory_equal(got, "0123456789", 10);
	assert_success(fm_usb_out(rig.link, OUT, NULL, 0, soon(&rig), &err));
	/* 4 rows from 0, with error correction: the chip's id */
	packet(bytes, 0x8c, 5, 8, 4u << 16, 1);
	assert_success(fm_usb_out(rig.link, OUT, bytes, 32, soon(&rig), &err));
	assert_success(take(&rig, got, 8, &len, &err));
	assert_int_equal(fm_get_le32(got), 0x10000003);
	assert_int_equal(fm_get_le32(got + 4), 0x5a3c0000);
	rig_done(&rig);
}

/* --- options --- */

static void test_options(void **state)
{
	struct fm_sim_picoboot_options options = { 0 };
	const struct fm_sim_option_info *info;
	struct fm_sim_usb *unit;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; (info = fm_sim_picoboot_option_at(i)); i++) {
		const char *good = !info->value                       ? NULL
				   : strchr(info->value, '|') != NULL ? "rp2350"
								      : "4096";

		if (strcmp(info->name, "slow") == 0)
			good = "100";
		assert_success(fm_sim_picoboot_option(&options, info->name, good, &err));
		assert_failure(fm_sim_picoboot_option(&options, info->name, "x", &err), FM_USAGE);
		if (info->value)
			assert_failure(fm_sim_picoboot_option(&options, info->name, NULL, &err),
				       FM_USAGE);
	}
	assert_int_equal(options.flash_len, 4096);
	assert_true(options.fast && options.closed && options.application);
	for (size_t i = 0; i < FM_SIM_PICOBOOT_FAULTS; i++)
		assert_true(options.has_fault[i] && options.fault[i] == 4096);
	assert_failure(fm_sim_picoboot_option(&options, "no-such", NULL, &err), FM_USAGE);
	options.flash_len = 3 << 20;
	assert_failure(fm_sim_picoboot_new(&options, &unit, &err), FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_wrong_identity_after_a_restart),
		cmocka_unit_test(test_no_command_at_all),
		cmocka_unit_test(test_every_error),
		cmocka_unit_test(test_nothing_is_done_while_it_restarts),
		cmocka_unit_test(test_flash_only_clears_bits_and_repeats),
		cmocka_unit_test(test_flash_in_the_hands_of_the_cache),
		cmocka_unit_test(test_times_and_an_erase_given_up),
		cmocka_unit_test(test_ram_and_otp),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

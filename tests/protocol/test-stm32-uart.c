#include "stm32-rig.h"

#include "base/bytes.h"

#include <stdio.h>

static const struct fm_sim_stm32_options f103 = { .pid = 0x410 };
static const struct fm_sim_stm32_options f401 = { .pid = 0x423 };

static void write_all(struct stm32_rig *rig, uint64_t addr, const uint8_t *data, size_t len)
{
	struct fm_error err;

	for (size_t i = 0; i < len; i += 256)
		assert_success(rig->s.protocol->write(&rig->s, FM_SPACE_FLASH, addr + i, data + i,
						      256, &err));
}

static void read_all(struct stm32_rig *rig, uint64_t addr, uint8_t *ret_data, size_t len)
{
	struct fm_error err;

	for (size_t i = 0; i < len; i += 256)
		assert_success(rig->s.protocol->read(&rig->s, FM_SPACE_FLASH, addr + i,
						     ret_data + i, 256, &err));
}

/* --- open --- */

static void test_every_part_is_identified(void **state)
{
	const struct fm_stm32_part *part;

	(void)state;
	for (size_t i = 0; (part = fm_stm32_part_at(i)); i++) {
		struct fm_sim_stm32_options options = { .pid = part->pid, .crc = i % 2 != 0 };
		struct stm32_rig rig;
		char pid[8], loader[8];

		stm32_rig_start(&rig, &options);
		stm32_rig_open(&rig);
		snprintf(pid, sizeof(pid), "%04x", part->pid);
		snprintf(loader, sizeof(loader), "%u.%u", part->loader >> 4, part->loader & 15);
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID), pid);
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_LOADER), loader);
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_PROTECTION),
				    "not read protected");
		assert_int_equal(rig.s.can, FM_CAN_READ | FM_CAN_ERASE | FM_CAN_ERASE_ALL |
						    FM_CAN_RUN |
						    (options.crc ? FM_CAN_CHECKSUM : 0));
		assert_int_equal(rig.s.read_len, 256);
		assert_true(stm32_rig_ms(&rig) < 100);
		stm32_rig_done(&rig);
	}
}

static void test_variants_of_the_loader(void **state)
{
	const struct fm_sim_stm32_options bluenrg = {
		.pid = 0x410, .long_id = true, .busy = true, .no_go = true
	};
	struct stm32_rig rig;
	struct fm_error err;
	struct fm_block block;

	(void)state;
	stm32_rig_start(&rig, &bluenrg);
	stm32_rig_open(&rig);
	assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID), "0010");
	assert_false(rig.s.can & FM_CAN_RUN);
	assert_success(rig.s.protocol->finish(&rig.s, &err));
	assert_false(fm_sim_stm32_runs(rig.unit));
	assert_int_equal(stm32_rig_blocks(&rig, &block, 0, 1), 1);
	assert_success(rig.s.protocol->erase(&rig.s, &block, 1, &err));
	stm32_rig_done(&rig);
}

static void test_checksum_can_be_forbidden(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .crc = true };
	struct stm32_rig rig;
	struct fm_error err;

	(void)state;
	stm32_rig_start(&rig, &options);
	assert_success(fm_params_set(rig.s.protocol->params, &rig.s.params, "crc", "no", &err));
	stm32_rig_open(&rig);
	assert_false(rig.s.can & FM_CAN_CHECKSUM);
	stm32_rig_done(&rig);
}

static void assert_no_answer(struct stm32_rig *rig)
{
	int64_t before_ms = stm32_rig_ms(rig);
	struct fm_error err;

	assert_failure(rig->s.protocol->open(&rig->s, &rig->identity, &err), FM_NO_ANSWER);
	assert_true(stm32_rig_ms(rig) - before_ms <= 2000);
	assert_non_null(strstr(err.hint, "BOOT0"));
	assert_non_null(strstr(err.hint, "baud"));
	assert_int_equal(rig->identity.count, 0);
}

static void test_nobody_there(void **state)
{
	struct stm32_rig rig;

	(void)state;
	stm32_rig_start(&rig, &f103);
	rig.unit->powered = false;
	assert_no_answer(&rig);
	stm32_rig_done(&rig);
}

/* The rate of the first 0x7F stays until the next reset. */
static void test_locked_to_another_baud(void **state)
{
	struct fm_line_settings other = stm32_line;
	struct stm32_rig rig;
	struct fm_error err;

	(void)state;
	stm32_rig_start(&rig, &f103);
	stm32_rig_open(&rig);
	other.baud = 57600;
	assert_success(fm_line_configure(rig.link, &other, &err));
	stm32_rig_again(&rig);
	assert_no_answer(&rig);
	stm32_rig_power_cycle(&rig);
	stm32_rig_open(&rig);
	stm32_rig_done(&rig);
}

static void test_already_synchronised(void **state)
{
	struct stm32_rig rig;
	int64_t before_ms;

	(void)state;
	stm32_rig_start(&rig, &f401);
	stm32_rig_open(&rig);
	for (int i = 0; i < 3; i++) {
		before_ms = stm32_rig_ms(&rig);
		stm32_rig_again(&rig);
		stm32_rig_open(&rig);
		assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID), "0423");
		assert_true(stm32_rig_ms(&rig) - before_ms < 500);
	}
	stm32_rig_done(&rig);
}

/* An application that prints is no boot loader, whatever letters it uses ('y' is ACK). */
static void test_something_else_talks(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .application = true };
	struct stm32_rig rig;
	struct fm_error err;

	(void)state;
	stm32_rig_start(&rig, &options);
	for (int i = 0; i < 100; i++)
		fm_sim_say(rig.unit, "ready y\n", 8);
	assert_failure(rig.s.protocol->open(&rig.s, &rig.identity, &err), FM_NO_ANSWER);
	assert_true(stm32_rig_ms(&rig) < 8000);
	stm32_rig_done(&rig);
}

/* --- memory --- */

static void test_write_and_read_back(void **state)
{
	static const struct fm_sim_stm32_options parts[] = { { .pid = 0x410 },
							     { .pid = 0x423 },
							     { .pid = 0x435 } };
	uint8_t data[4096], back[4096];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(parts); i++) {
		struct stm32_rig rig;

		stm32_rig_start(&rig, &parts[i]);
		stm32_rig_open(&rig);
		stm32_rig_pattern(data, sizeof(data), 1);
		write_all(&rig, 0x08001000, data, sizeof(data));
		assert_memory_equal(rig.unit->flash + 0x1000, data, sizeof(data));
		assert_true(fm_bytes_blank(rig.unit->flash, 0x1000));
		assert_true(fm_bytes_blank(rig.unit->flash + 0x2000, 0x1000));
		read_all(&rig, 0x08001000, back, sizeof(back));
		assert_memory_equal(back, data, sizeof(data));
		stm32_rig_done(&rig);
	}
}

static void test_short_blocks(void **state)
{
	struct stm32_rig rig;
	struct fm_error err;
	uint8_t data[256], back[256];

	(void)state;
	stm32_rig_start(&rig, &f103);
	stm32_rig_open(&rig);
	stm32_rig_pattern(data, sizeof(data), 2);
	for (size_t len = 4; len <= 256; len += 4) {
		memset(rig.unit->flash, 0xff, 256);
		assert_success(
			rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, 0x08000000, data, len, &err));
		assert_memory_equal(rig.unit->flash, data, len);
		assert_true(fm_bytes_blank(rig.unit->flash + len, 512 - len));
		assert_success(rig.s.protocol->read(&rig.s, FM_SPACE_FLASH, 0x08000001, back,
						    len - 1, &err));
		assert_memory_equal(back, data + 1, len - 1);
	}
	stm32_rig_done(&rig);
}

static void test_blocks_that_no_command_takes(void **state)
{
	static const struct {
		uint64_t addr;
		size_t len;
	} bad[] = { { 0x08000002, 4 }, { 0x08000000, 6 },  { 0x08000000, 260 },
		    { 0x08000000, 0 }, { 0x100000000, 4 }, { 0xfffffffc, 8 } };
	uint8_t data[260] = { 0 };
	struct stm32_rig rig;
	struct fm_error err;
	const struct fm_block far = { { FM_SPACE_FLASH, 0x08080000, 0x400 }, 300 };

	(void)state;
	stm32_rig_start(&rig, &f103);
	stm32_rig_open(&rig);
	for (size_t i = 0; i < FM_COUNT(bad); i++)
		assert_failure(rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, bad[i].addr, data,
						     bad[i].len, &err),
			       FM_INTERNAL);
	assert_failure(rig.s.protocol->erase(&rig.s, &far, 1, &err), FM_UNSUPPORTED);
	assert_true(fm_bytes_blank(rig.unit->flash, rig.unit->flash_len));
	stm32_rig_done(&rig);
}

static void test_address_that_is_no_memory(void **state)
{
	uint8_t data[4] = { 0 };
	struct stm32_rig rig;
	struct fm_error err;

	(void)state;
	stm32_rig_start(&rig, &f103);
	stm32_rig_open(&rig);
	assert_failure(rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, 0x08100000, data, 4, &err),
		       FM_NACK);
	assert_non_null(strstr(err.text, "Write Memory at 0x08100000"));
	assert_non_null(strstr(err.text, "address"));
	assert_failure(rig.s.protocol->read(&rig.s, FM_SPACE_SYSTEM, 0x40000000, data, 4, &err),
		       FM_NACK);
	assert_success(rig.s.protocol->read(&rig.s, FM_SPACE_FLASH, 0x08000000, data, 4, &err));
	stm32_rig_done(&rig);
}

/* Exactly the blocks asked for, in one command or in many. */
static void test_erase_by_block(void **state)
{
	static const struct {
		unsigned pid;
		size_t first, count;
	} cases[] = { { 0x410, 0, 1 },  { 0x410, 3, 70 }, { 0x410, 0, 128 }, { 0x414, 0, 256 },
		      { 0x423, 1, 4 },  { 0x423, 4, 2 },  { 0x417, 0, 512 }, { 0x435, 100, 28 },
		      { 0x413, 0, 12 }, { 0x450, 14, 2 } };
	struct fm_block blocks[512];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		const struct fm_sim_stm32_options options = { .pid = cases[i].pid };
		struct stm32_rig rig;
		struct fm_error err;
		size_t n, start, end;

		stm32_rig_start(&rig, &options);
		stm32_rig_open(&rig);
		memset(rig.unit->flash, 0, rig.unit->flash_len);
		n = stm32_rig_blocks(&rig, blocks, cases[i].first, cases[i].count);
		assert_int_equal(n, cases[i].count);
		assert_success(rig.s.protocol->erase(&rig.s, blocks, n, &err));
		start = blocks[0].range.addr - FM_STM32_FLASH;
		end = blocks[n - 1].range.addr + blocks[n - 1].range.len - FM_STM32_FLASH;
		assert_true(fm_bytes_blank(rig.unit->flash + start, end - start));
		for (size_t k = 0; k < rig.unit->flash_len; k = k + 1 == start ? end : k + 1)
			assert_int_equal(rig.unit->flash[k], start == 0 && k < end ? 0xff : 0);
		stm32_rig_done(&rig);
	}
}

static void test_erase_all(void **state)
{
	static const unsigned pids[] = { 0x410, 0x423, 0x435, 0x413, 0x450 };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(pids); i++) {
		const struct fm_sim_stm32_options options = { .pid = pids[i], .slow = 2 };
		struct stm32_rig rig;
		struct fm_error err;

		stm32_rig_start(&rig, &options);
		stm32_rig_open(&rig);
		memset(rig.unit->flash, 0, rig.unit->flash_len);
		assert_success(rig.s.protocol->erase_all(&rig.s, &err));
		assert_true(fm_bytes_blank(rig.unit->flash, rig.unit->flash_len));
		stm32_rig_done(&rig);
	}
}

static void test_part_without_mass_erase(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x417 };
	struct stm32_rig rig;
	struct fm_error err;
	struct fm_block block;

	(void)state;
	stm32_rig_start(&rig, &options);
	stm32_rig_open(&rig);
	assert_failure(rig.s.protocol->erase_all(&rig.s, &err), FM_NACK);
	assert_int_equal(stm32_rig_blocks(&rig, &block, 0, 1), 1);
	assert_success(rig.s.protocol->erase(&rig.s, &block, 1, &err));
	stm32_rig_done(&rig);
}

static void test_checksum(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .crc = true };
	const struct fm_range range = { FM_SPACE_FLASH, 0x08000400, 0x800 };
	struct stm32_rig rig;
	struct fm_error err;
	uint32_t sum;

	(void)state;
	stm32_rig_start(&rig, &options);
	stm32_rig_open(&rig);
	stm32_rig_pattern(rig.unit->flash, 0x2000, 3);
	assert_success(rig.s.protocol->checksum(&rig.s, &range, &sum, &err));
	assert_int_equal(sum, rig.s.protocol->checksum_of(rig.unit->flash + 0x400, 0x800));
	rig.unit->flash[0xbff] ^= 1;
	assert_success(rig.s.protocol->checksum(&rig.s, &range, &sum, &err));
	assert_int_not_equal(sum, rig.s.protocol->checksum_of((const uint8_t *)"\0\0\0\0", 4));
	rig.unit->flash[0xbff] ^= 1;
	assert_int_not_equal(sum, rig.s.protocol->checksum_of(rig.unit->flash + 0x400, 0x800));
	stm32_rig_done(&rig);
}

/* A value that the CRC unit's manual users publish: one word of zeros, and 0x12345678. */
static void test_checksum_of_known_words(void **state)
{
	static const uint8_t zeros[4] = { 0 }, word[4] = { 0x78, 0x56, 0x34, 0x12 };
	const struct fm_protocol *protocol = fm_protocol_named("stm32-uart");

	(void)state;
	assert_int_equal(protocol->checksum_of(zeros, 4), 0xc704dd7b);
	assert_int_equal(protocol->checksum_of(word, 4), 0xdf8a8a2b);
}

static void test_go_starts_the_application(void **state)
{
	static const char text[] = "fm-sim-version=1.2.3";
	struct stm32_rig rig;
	struct fm_error err;
	uint8_t data[256], answer[14];

	(void)state;
	memset(data, 0xff, sizeof(data));
	memcpy(data, "\x00\x50\x00\x20\x41\x00\x00\x08", 8);
	memcpy(data + 64, text, sizeof(text));
	stm32_rig_start(&rig, &f103);
	stm32_rig_open(&rig);
	write_all(&rig, 0x08000000, data, sizeof(data));
	assert_success(rig.s.protocol->finish(&rig.s, &err));
	fm_sleep_ms(rig.link->clock, 10);
	assert_success(fm_send(rig.link, "V\n", 2, fm_in_ms(rig.link->clock, 100), &err));
	assert_success(fm_recv(rig.link, answer, 14, fm_in_ms(rig.link->clock, 100), &err));
	assert_true(fm_sim_stm32_runs(rig.unit));
	assert_memory_equal(answer, "fm-sim 1.2.3\r\n", 14);
	stm32_rig_again(&rig);
	assert_no_answer(&rig);
	stm32_rig_done(&rig);
}

static void test_size_register_and_unique_id(void **state)
{
	const struct fm_stm32_part *part;

	(void)state;
	for (size_t i = 0; (part = fm_stm32_part_at(i)); i++) {
		const struct fm_sim_stm32_options options = { .pid = part->pid,
							      .flash_len = part->flash_len / 2 };
		struct stm32_rig rig;
		struct fm_error err;
		uint8_t size[2], unique[12];

		stm32_rig_start(&rig, &options);
		stm32_rig_open(&rig);
		assert_success(rig.s.protocol->read(&rig.s, FM_SPACE_SYSTEM, part->size_addr, size,
						    2, &err));
		assert_int_equal(fm_get_le16(size), part->flash_len / 2048);
		assert_success(rig.s.protocol->read(&rig.s, FM_SPACE_SYSTEM, part->unique_addr,
						    unique, 12, &err));
		assert_int_equal(unique[1] - unique[0], 7);
		stm32_rig_done(&rig);
	}
}

/* --- refusals and damage --- */

static void test_read_protection(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .crc = true, .locked = true };
	struct stm32_rig rig;
	struct fm_error err;
	struct fm_block block;
	uint8_t data[4] = { 0 };

	(void)state;
	stm32_rig_start(&rig, &options);
	memset(rig.unit->flash, 0x55, rig.unit->flash_len);
	stm32_rig_open(&rig);
	assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_PROTECTION), "read protected");
	assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID), "0410");
	assert_int_equal(rig.s.can, 0);
	assert_failure(rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, 0x08000000, data, 4, &err),
		       FM_NACK);
	assert_non_null(strstr(err.hint, "read protected"));
	assert_int_equal(stm32_rig_blocks(&rig, &block, 0, 1), 1);
	assert_failure(rig.s.protocol->erase(&rig.s, &block, 1, &err), FM_NACK);
	assert_failure(rig.s.protocol->erase_all(&rig.s, &err), FM_NACK);
	for (size_t i = 0; i < rig.unit->flash_len; i++)
		assert_int_equal(rig.unit->flash[i], 0x55);
	stm32_rig_done(&rig);
}

static void test_another_id_after_a_restart(void **state)
{
	struct fm_sim_stm32_options options = { .pid = 0x410 };
	struct stm32_rig rig;

	(void)state;
	options.has_fault[FM_SIM_WRONG_ID] = true;
	options.fault[FM_SIM_WRONG_ID] = 0x412;
	stm32_rig_start(&rig, &options);
	stm32_rig_open(&rig);
	assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID), "0410");
	stm32_rig_power_cycle(&rig);
	stm32_rig_again(&rig);
	stm32_rig_open(&rig);
	assert_string_equal(fm_identity_value(&rig.identity, FM_FACT_CHIP_ID), "0412");
	stm32_rig_done(&rig);
}

/* 64 KiB written and read back: what the protocol itself needs is 256 times 536 bytes of 11 bits.
 */
static void test_speed(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .fast = true };
	const double bound_ns = 256.0 * 536 * 11 / 115200 * 1e9;
	uint8_t data[65536], back[65536];
	struct stm32_rig rig;
	int64_t start_ns;

	(void)state;
	stm32_rig_start(&rig, &options);
	stm32_rig_open(&rig);
	stm32_rig_pattern(data, sizeof(data), 9);
	start_ns = rig.clock.now_ns;
	write_all(&rig, 0x08000000, data, sizeof(data));
	read_all(&rig, 0x08000000, back, sizeof(back));
	assert_memory_equal(back, data, sizeof(data));
	assert_true((double)(rig.clock.now_ns - start_ns) * 0.97 <= bound_ns);
	stm32_rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_part_is_identified),
		cmocka_unit_test(test_variants_of_the_loader),
		cmocka_unit_test(test_checksum_can_be_forbidden),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_locked_to_another_baud),
		cmocka_unit_test(test_already_synchronised),
		cmocka_unit_test(test_something_else_talks),
		cmocka_unit_test(test_write_and_read_back),
		cmocka_unit_test(test_short_blocks),
		cmocka_unit_test(test_blocks_that_no_command_takes),
		cmocka_unit_test(test_address_that_is_no_memory),
		cmocka_unit_test(test_erase_by_block),
		cmocka_unit_test(test_erase_all),
		cmocka_unit_test(test_part_without_mass_erase),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_checksum_of_known_words),
		cmocka_unit_test(test_go_starts_the_application),
		cmocka_unit_test(test_size_register_and_unique_id),
		cmocka_unit_test(test_read_protection),
		cmocka_unit_test(test_another_id_after_a_restart),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

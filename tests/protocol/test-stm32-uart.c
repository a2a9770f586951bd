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

static size_t blocks_of(const struct stm32_rig *rig, struct fm_block *ret, size_t first,
			size_t count)
{
	const struct fm_region *region = fm_memory_application(&rig->memory);
	uint64_t addr = region->range.addr;
	size_t n = 0;
	struct fm_block block;

	for (; n < first + count && fm_region_block_at(region, addr, &block); n++) {
		if (n >= first)
			ret[n - first] = block;
		addr = block.range.addr + block.range.len;
	}
	return n - first;
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
	assert_int_equal(blocks_of(&rig, &block, 0, 1), 1);
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

/* --- the host was killed somewhere in a command --- */

struct killed {
	const char *name;
	unsigned pid;
	uint8_t bytes[8];   /* command, then what it takes; each part waits for its ACK */
	size_t parts[4];    /* their lengths */
	size_t data_len;    /* a block of that length behind them */
	bool pages;         /* the block is a list of 16-bit pages */
	int needs_reset_at; /* bytes sent where only a reset helps, -1 = nowhere */
};

static const struct killed killed[] = {
	{ "read", 0x410, { 0x11, 0xee, 8, 0, 0, 0, 8, 0xff }, { 2, 5, 1 }, 0, false, -1 },
	{ "write", 0x410, { 0x31, 0xce, 8, 0, 0, 0, 8, 0xff }, { 2, 5, 1 }, 256, false, -1 },
	{ "erase", 0x410, { 0x43, 0xbc, 19 }, { 2, 1 }, 20, false, -1 },
	{ "extended erase", 0x423, { 0x44, 0xbb, 0, 3 }, { 2, 2 }, 8, true, 2 },
	{ "long extended erase", 0x417, { 0x44, 0xbb, 1, 255 }, { 2, 2 }, 1024, true, 2 },
	{ "checksum", 0x410, { 0xa1, 0x5e, 8, 0, 0, 0, 8 }, { 2, 5 }, 4, false, -1 },
	{ "go", 0x410, { 0x21, 0xde, 8, 0, 0 }, { 2, 3 }, 0, false, -1 },
};

/* Send the first `cut` bytes of the command; false when it has no more. */
static bool send_part(struct stm32_rig *rig, const struct killed *k, size_t cut)
{
	uint8_t data[1024], reply;
	size_t sent = 0, total = 0;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(k->parts) && k->parts[i]; i++) {
		size_t n = cut - sent < k->parts[i] ? cut - sent : k->parts[i];

		assert_success(fm_send(rig->link, k->bytes + sent, n,
				       fm_in_ms(rig->link->clock, 1000), &err));
		sent += n;
		total += k->parts[i];
		if (n == k->parts[i] && (k->parts[i] == 2 || k->parts[i] == 5) && total != 4)
			assert_success(fm_recv(rig->link, &reply, 1,
					       fm_in_ms(rig->link->clock, 100), &err));
	}
	for (size_t i = 0; i < k->data_len; i++)
		data[i] = k->pages ? (uint8_t)(i % 2 ? i / 2 : 0) : (uint8_t)i;
	if (cut - sent > k->data_len)
		return false;
	assert_success(
		fm_send(rig->link, data, cut - sent, fm_in_ms(rig->link->clock, 1000), &err));
	fm_sleep_ms(rig->link->clock, 100);
	return cut <= total + k->data_len;
}

/*
 * May byte i of the flash have changed? The block that was written may lie there in part. Where a
 * list of pages broke off, one time in 256 the bytes that end it make its checksum right: then the
 * pages named so far are erased, the last half of a number having become 0x007F.
 */
static bool may_change(const struct killed *k, size_t cut, size_t i)
{
	if (k->bytes[0] == 0x31)
		return i < 256;
	return k->pages && cut > 4 && k->pid == 0x417 &&
	       (i / 128 < (cut - 4) / 2 || (cut % 2 != 0 && i / 128 == 0x7f));
}

/* Wherever it was, the next session finds its way, and nothing was erased that was not meant. */
static void killed_at(const struct killed *k, size_t cut, struct stm32_rig *rig)
{
	size_t changed = 0;
	struct fm_error err;

	stm32_rig_again(rig);
	if (!rig->s.protocol->open(&rig->s, &rig->identity, &err)) {
		assert_int_equal(err.code, FM_NO_ANSWER);
		assert_non_null(strstr(err.hint, "reset"));
		changed = 1;
	}
	for (size_t i = 0; i < rig->unit->flash_len; i++) {
		if (rig->unit->flash[i] != 0x55 && !may_change(k, cut, i))
			fail_msg("%s cut at %zu: changed at 0x%zx", k->name, cut, i);
	}
	if (changed && (int)cut == k->needs_reset_at)
		stm32_rig_power_cycle(rig);
	else if (changed && rig->unit->flash[0] != 0xff)
		fail_msg("%s cut at %zu: %s", k->name, cut, err.text);
	fm_sleep_ms(rig->link->clock, 2000);
	stm32_rig_again(rig);
	stm32_rig_open(rig);
}

static void killed_at_each_byte(const struct killed *k)
{
	const struct fm_sim_stm32_options options = { .pid = k->pid, .crc = true };
	bool more = true;

	for (size_t cut = 1; more; cut++) {
		struct stm32_rig rig;

		stm32_rig_start(&rig, &options);
		memset(rig.unit->flash, 0x55, rig.unit->flash_len);
		stm32_rig_open(&rig);
		more = send_part(&rig, k, cut);
		if (more)
			killed_at(k, cut, &rig);
		stm32_rig_done(&rig);
	}
}

static void test_killed_in_any_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(killed); i++)
		killed_at_each_byte(&killed[i]);
}

static void test_killed_while_it_erases(void **state)
{
	static const uint8_t command[] = { 0x44, 0xbb }, all[] = { 0xff, 0xff, 0x00 };
	struct stm32_rig rig;
	struct fm_error err;
	uint8_t reply;

	(void)state;
	stm32_rig_start(&rig, &f401);
	stm32_rig_open(&rig);
	assert_success(fm_send(rig.link, command, 2, fm_in_ms(rig.link->clock, 1000), &err));
	assert_success(fm_recv(rig.link, &reply, 1, fm_in_ms(rig.link->clock, 1000), &err));
	assert_success(fm_send(rig.link, all, 3, fm_in_ms(rig.link->clock, 1000), &err));
	fm_sleep_ms(rig.link->clock, 500);
	stm32_rig_again(&rig);
	assert_failure(rig.s.protocol->open(&rig.s, &rig.identity, &err), FM_NO_ANSWER);
	fm_sleep_ms(rig.link->clock, 10000);
	stm32_rig_open(&rig);
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
		assert_true(fm_bytes_filled(rig.unit->flash, 0x1000, 0xff));
		assert_true(fm_bytes_filled(rig.unit->flash + 0x2000, 0x1000, 0xff));
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
		assert_true(fm_bytes_filled(rig.unit->flash + len, 512 - len, 0xff));
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
	assert_true(fm_bytes_filled(rig.unit->flash, rig.unit->flash_len, 0xff));
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
		n = blocks_of(&rig, blocks, cases[i].first, cases[i].count);
		assert_int_equal(n, cases[i].count);
		assert_success(rig.s.protocol->erase(&rig.s, blocks, n, &err));
		start = blocks[0].range.addr - FM_STM32_FLASH;
		end = blocks[n - 1].range.addr + blocks[n - 1].range.len - FM_STM32_FLASH;
		assert_true(fm_bytes_filled(rig.unit->flash + start, end - start, 0xff));
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
		assert_true(fm_bytes_filled(rig.unit->flash, rig.unit->flash_len, 0xff));
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
	assert_int_equal(blocks_of(&rig, &block, 0, 1), 1);
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
	assert_int_equal(blocks_of(&rig, &block, 0, 1), 1);
	assert_failure(rig.s.protocol->erase(&rig.s, &block, 1, &err), FM_NACK);
	assert_failure(rig.s.protocol->erase_all(&rig.s, &err), FM_NACK);
	for (size_t i = 0; i < rig.unit->flash_len; i++)
		assert_int_equal(rig.unit->flash[i], 0x55);
	stm32_rig_done(&rig);
}

/* One job: open, erase, write, read back, run. */
static bool job(struct stm32_rig *rig, const uint8_t *data, struct fm_error *err)
{
	const struct fm_protocol *protocol = rig->s.protocol;
	uint8_t back[256];
	struct fm_block block;

	assert_int_equal(blocks_of(rig, &block, 0, 1), 1);
	return protocol->open(&rig->s, &rig->identity, err) &&
	       protocol->erase(&rig->s, &block, 1, err) &&
	       protocol->write(&rig->s, FM_SPACE_FLASH, 0x08000000, data, 256, err) &&
	       protocol->read(&rig->s, FM_SPACE_FLASH, 0x08000000, back, 256, err) &&
	       (memcmp(back, data, 256) == 0 || fm_fail(err, FM_VERIFY, "differs")) &&
	       protocol->finish(&rig->s, err);
}

static void test_nack_at_every_command(void **state)
{
	uint8_t data[256];
	unsigned long n;

	(void)state;
	stm32_rig_pattern(data, sizeof(data), 4);
	for (n = 1;; n++) {
		struct fm_sim_stm32_options options = { .pid = 0x410 };
		struct stm32_rig rig;
		struct fm_error err;
		bool good;

		options.has_fault[FM_SIM_NACK] = true;
		options.fault[FM_SIM_NACK] = n;
		stm32_rig_start(&rig, &options);
		good = job(&rig, data, &err);
		if (good && memcmp(rig.unit->flash, data, 256) != 0)
			fail_msg("command %lu refused: success and wrong content", n);
		if (!good) {
			assert_int_equal(err.code, FM_NACK);
			stm32_rig_again(&rig);
			assert_success(job(&rig, data, &err));
		}
		stm32_rig_done(&rig);
		if (n > 12)
			break;
	}
}

/* The same session may go on after a block failed: it finds back into step by itself. */
static void test_a_block_again_after_a_lost_byte(void **state)
{
	uint8_t data[256], back[256];

	(void)state;
	stm32_rig_pattern(data, sizeof(data), 5);
	for (unsigned long lost = 1; lost <= 265; lost += 3) {
		struct fm_sim_stm32_options options = { .pid = 0x410 };
		struct stm32_rig rig;
		struct fm_error err;

		/* open sends 16 bytes: 7F, Get, Get Version, twice Get ID, the probe's 7 */
		options.has_fault[FM_SIM_LOSE] = true;
		options.fault[FM_SIM_LOSE] = 16 + lost;
		stm32_rig_start(&rig, &options);
		stm32_rig_open(&rig);
		assert_false(
			rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, 0x08000000, data, 256, &err));
		assert_true(err.code == FM_TIMEOUT || err.code == FM_NACK);
		assert_success(
			rig.s.protocol->write(&rig.s, FM_SPACE_FLASH, 0x08000000, data, 256, &err));
		read_all(&rig, 0x08000000, back, 256);
		assert_memory_equal(back, data, 256);
		stm32_rig_done(&rig);
	}
}

static void test_weak_cells_are_seen(void **state)
{
	struct fm_sim_stm32_options options = { .pid = 0x410 };
	uint8_t data[256];
	struct stm32_rig rig;
	struct fm_error err;

	(void)state;
	options.has_fault[FM_SIM_WEAK] = true;
	options.fault[FM_SIM_WEAK] = 0;
	stm32_rig_pattern(data, sizeof(data), 6);
	stm32_rig_start(&rig, &options);
	assert_failure(job(&rig, data, &err), FM_VERIFY);
	stm32_rig_done(&rig);
}

static void test_power_cut_in_an_erase(void **state)
{
	struct fm_sim_stm32_options options = { .pid = 0x423 };
	uint8_t data[256];
	struct stm32_rig rig;
	struct fm_error err;

	(void)state;
	options.has_fault[FM_SIM_CUT_ERASE] = true;
	options.fault[FM_SIM_CUT_ERASE] = 1;
	stm32_rig_pattern(data, sizeof(data), 7);
	stm32_rig_start(&rig, &options);
	stm32_rig_pattern(rig.unit->flash, 0x4000, 8);
	assert_failure(job(&rig, data, &err), FM_TIMEOUT);
	assert_false(rig.unit->powered);
	assert_false(fm_bytes_filled(rig.unit->flash, 0x4000, 0xff));
	stm32_rig_power_cycle(&rig);
	stm32_rig_again(&rig);
	assert_success(job(&rig, data, &err));
	assert_memory_equal(rig.unit->flash, data, 256);
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
		cmocka_unit_test(test_killed_in_any_command),
		cmocka_unit_test(test_killed_while_it_erases),
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
		cmocka_unit_test(test_nack_at_every_command),
		cmocka_unit_test(test_a_block_again_after_a_lost_byte),
		cmocka_unit_test(test_weak_cells_are_seen),
		cmocka_unit_test(test_power_cut_in_an_erase),
		cmocka_unit_test(test_another_id_after_a_restart),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What goes wrong between host and STM32, and that the next command or session gets over it. */
#include "stm32-rig.h"

#include "base/bytes.h"

#include <stdio.h>

static const struct fm_sim_stm32_options f401 = { .pid = 0x423 };

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

/* --- the unit, or a byte, fails --- */

/* One job: open, erase, write, read back, run. */
static bool job(struct stm32_rig *rig, const uint8_t *data, struct fm_error *err)
{
	const struct fm_protocol *protocol = rig->s.protocol;
	uint8_t back[256];
	struct fm_block block;

	assert_int_equal(stm32_rig_blocks(rig, &block, 0, 1), 1);
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
		assert_success(
			rig.s.protocol->read(&rig.s, FM_SPACE_FLASH, 0x08000000, back, 256, &err));
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
	assert_false(fm_bytes_blank(rig.unit->flash, 0x4000));
	stm32_rig_power_cycle(&rig);
	stm32_rig_again(&rig);
	assert_success(job(&rig, data, &err));
	assert_memory_equal(rig.unit->flash, data, 256);
	stm32_rig_done(&rig);
}

/* Asked again and again while a person gets the unit into its loader: it hears 0x7F alone. */
static void test_reset_while_the_host_asks(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410 };
	struct stm32_rig rig;
	struct fm_error err;
	int64_t before_ms;

	(void)state;
	stm32_rig_start(&rig, &options);
	rig.unit->powered = false;
	for (int i = 0; i < 3; i++) {
		before_ms = stm32_rig_ms(&rig);
		assert_failure(rig.s.protocol->open(&rig.s, &rig.identity, &err), FM_NO_ANSWER);
		assert_int_equal(stm32_rig_ms(&rig) - before_ms<1000, i> 0);
	}
	stm32_rig_power_cycle(&rig);
	stm32_rig_open(&rig);
	stm32_rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_in_any_command),
		cmocka_unit_test(test_killed_while_it_erases),
		cmocka_unit_test(test_nack_at_every_command),
		cmocka_unit_test(test_a_block_again_after_a_lost_byte),
		cmocka_unit_test(test_weak_cells_are_seen),
		cmocka_unit_test(test_power_cut_in_an_erase),
		cmocka_unit_test(test_reset_while_the_host_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

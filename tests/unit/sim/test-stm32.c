/* The simulated STM32, byte by byte, against the frames of AN3155. */
#include "unit.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "sim/stm32/chip.h"
#include "sim/stm32/stm32.h"

#include <stdio.h>
#include <string.h>

struct bench {
	struct fm_sim_unit *unit;
	int64_t now_ns;
};

static void bench_start(struct bench *b, const struct fm_sim_stm32_options *options)
{
	struct fm_error err;

	assert_success(fm_sim_stm32_new(options, &b->unit, &err));
	b->now_ns = 0;
	fm_sim_start(b->unit, 0);
}

static void bench_done(struct bench *b)
{
	b->unit->ops->free(b->unit);
}

/* Give the bytes of a text like "7f 11ee", wait until the unit rests; its answer as such a text. */
static const char *ask(struct bench *b, const char *hex)
{
	static char answer[2 * FM_SIM_OUT_MOST + 1];
	int64_t next_ns;
	unsigned byte;
	int n;

	b->unit->host_baud = 115200;
	b->unit->out_count = 0;
	for (; sscanf(hex, " %2x%n", &byte, &n) == 1; hex += n) {
		b->now_ns += 95486;
		b->unit->ops->feed(b->unit, b->now_ns, (uint8_t)byte, false);
	}
	while ((next_ns = b->unit->ops->next_event(b->unit)) != INT64_MAX) {
		b->now_ns = next_ns;
		b->unit->ops->advance(b->unit, next_ns);
	}
	fm_bytes_to_hex(b->unit->out, b->unit->out_count, answer);
	return answer;
}

static const struct fm_sim_stm32_options f103 = { .pid = 0x410 };
static const struct fm_sim_stm32_options f401 = { .pid = 0x423 };

static void test_sync(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	assert_string_equal(ask(&b, "00 ff 79 1f"), "");
	assert_string_equal(ask(&b, "7f"), "79");
	assert_int_equal(b.unit->baud, 115200);
	assert_string_equal(ask(&b, "7f"), "");
	assert_string_equal(ask(&b, "7f"), "1f");
	assert_string_equal(ask(&b, "31"), "");
	assert_string_equal(ask(&b, "7f"), "1f");
	assert_string_equal(ask(&b, "ff 00"), "1f");
	bench_done(&b);
}

static void test_questions(void **state)
{
	const struct fm_sim_stm32_options variants = {
		.pid = 0x435, .crc = true, .no_go = true, .long_id = true
	};
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	assert_string_equal(ask(&b, "7f 00ff"), "79790b22000102112131436373829279");
	assert_string_equal(ask(&b, "01fe"), "7922000079");
	assert_string_equal(ask(&b, "02fd"), "7901041079");
	assert_string_equal(ask(&b, "44bb"), "1f");
	assert_string_equal(ask(&b, "a15e"), "1f");
	bench_done(&b);
	bench_start(&b, &variants);
	assert_string_equal(ask(&b, "7f 00ff"), "79790b3100010211314463738292a179");
	assert_string_equal(ask(&b, "02fd"), "79030002351179");
	assert_string_equal(ask(&b, "21de"), "1f");
	assert_string_equal(ask(&b, "43bc"), "1f");
	bench_done(&b);
}

static void test_read_and_write(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	assert_string_equal(ask(&b, "7f 31ce"), "7979");
	assert_string_equal(ask(&b, "0800000008"), "79");
	assert_string_equal(ask(&b, "03 11223344 47"), "79");
	assert_memory_equal(b.unit->flash, "\x11\x22\x33\x44\xff", 5);
	assert_string_equal(ask(&b, "11ee 0800000008 0ff0"),
			    "79797911223344ffffffffffffffffffffffff");
	/* wrong checksums: nothing happens, back at the prompt */
	assert_string_equal(ask(&b, "31ce 0800000009"), "791f");
	assert_string_equal(ask(&b, "31ce 080000040c 03 00000000 04"), "79791f");
	assert_string_equal(ask(&b, "11ee 0800000008 0ff1"), "79791f");
	assert_true(fm_bytes_filled(b.unit->flash + 4, 1024, 0xff));
	/* bits can only be cleared, and the loader does not say so */
	assert_string_equal(ask(&b, "31ce 0800000008 03 f0f0f0f0 03"), "797979");
	assert_memory_equal(b.unit->flash, "\x10\x20\x30\x40", 4);
	/* where nothing may be written */
	assert_string_equal(ask(&b, "31ce 1ffff000 10"), "791f");
	assert_string_equal(ask(&b, "31ce 2000000020"), "791f");
	assert_string_equal(ask(&b, "31ce 08020000 0a"), "791f");
	assert_string_equal(ask(&b, "31ce 2000020022 03 01020304 07"), "797979");
	assert_string_equal(ask(&b, "11ee 2000020022 03fc"), "79797901020304");
	bench_done(&b);
}

/* A double word with its check word can be written once. */
static void test_ecc(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x435 };
	struct bench b;

	(void)state;
	bench_start(&b, &options);
	assert_string_equal(ask(&b, "7f 31ce 0800000008 07 1122334455667788 8f"), "79797979");
	assert_memory_equal(b.unit->flash, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	assert_string_equal(ask(&b, "31ce 0800000008 07 1122334455667788 8f"), "797979");
	assert_memory_not_equal(b.unit->flash, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	bench_done(&b);
}

static void test_erase_one_byte(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	memset(b.unit->flash, 0, b.unit->flash_len);
	assert_string_equal(ask(&b, "7f 43bc 01 0002 00"), "79791f");
	assert_int_equal(b.unit->flash[0], 0);
	assert_string_equal(ask(&b, "43bc 01 0002 03"), "7979");
	assert_true(fm_bytes_filled(b.unit->flash, 0x400, 0xff));
	assert_int_equal(b.unit->flash[0x400], 0);
	assert_true(fm_bytes_filled(b.unit->flash + 0x800, 0x400, 0xff));
	assert_int_equal(b.unit->flash[0xc00], 0);
	assert_string_equal(ask(&b, "43bc ff 01"), "791f");
	assert_int_equal(b.unit->flash[0xc00], 0);
	assert_string_equal(ask(&b, "43bc ff 00"), "7979");
	assert_true(fm_bytes_filled(b.unit->flash, b.unit->flash_len, 0xff));
	bench_done(&b);
}

static void test_erase_extended(void **state)
{
	const struct fm_sim_stm32_options dual = { .pid = 0x413 };
	struct bench b;
	int64_t start_ns;

	(void)state;
	bench_start(&b, &f401);
	memset(b.unit->flash, 0, b.unit->flash_len);
	start_ns = b.now_ns;
	assert_string_equal(ask(&b, "7f 44bb 0001 0000 0004 05"), "797979");
	assert_true(b.now_ns - start_ns > 800000000 && b.now_ns - start_ns < 1600000000);
	assert_true(fm_bytes_filled(b.unit->flash, 0x4000, 0xff));
	assert_int_equal(b.unit->flash[0x4000], 0);
	assert_true(fm_bytes_filled(b.unit->flash + 0x10000, 0x10000, 0xff));
	assert_int_equal(b.unit->flash[0x20000], 0);
	/* a page that is not there, reserved and special values with wrong checksums */
	assert_string_equal(ask(&b, "44bb 0000 0063 63"), "7979");
	assert_string_equal(ask(&b, "44bb ffff 01"), "791f");
	assert_string_equal(ask(&b, "44bb fff0 0f"), "791f");
	assert_string_equal(ask(&b, "44bb fffe 01"), "791f");
	assert_int_equal(b.unit->flash[0x4000], 0);
	assert_string_equal(ask(&b, "44bb ffff 00"), "7979");
	assert_true(fm_bytes_filled(b.unit->flash, b.unit->flash_len, 0xff));
	bench_done(&b);

	bench_start(&b, &dual);
	memset(b.unit->flash, 0, b.unit->flash_len);
	assert_string_equal(ask(&b, "7f 44bb fffe 01"), "797979");
	assert_int_equal(b.unit->flash[0], 0xff);
	assert_int_equal(b.unit->flash[b.unit->flash_len - 1], 0);
	assert_string_equal(ask(&b, "44bb fffd 02"), "7979");
	assert_true(fm_bytes_filled(b.unit->flash, b.unit->flash_len, 0xff));
	bench_done(&b);
}

/* FF 00 is no way back from an Extended Erase: it is a count. */
static void test_erase_trap(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &f401);
	assert_string_equal(ask(&b, "7f 44bb"), "7979");
	for (int i = 0; i < 65282; i++)
		assert_string_equal(ask(&b, "ff 00"), "");
	assert_string_equal(ask(&b, "ff 00"), "1f");
	bench_done(&b);
}

static void test_read_protection(void **state)
{
	static const char *const refused[] = { "11ee", "21de", "31ce", "43bc",
					       "639c", "738c", "827d" };
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	b.unit->flash[0] = 0x55;
	/* two ACKs, then it is silent until 7F */
	assert_string_equal(ask(&b, "7f 827d"), "797979");
	assert_string_equal(ask(&b, "00ff"), "");
	assert_string_equal(ask(&b, "7f"), "79");
	for (size_t i = 0; i < FM_COUNT(refused); i++)
		assert_string_equal(ask(&b, refused[i]), "1f");
	assert_string_equal(ask(&b, "02fd"), "7901041079");
	assert_int_equal(b.unit->flash[0], 0x55);
	/* taking it off costs the flash */
	assert_string_equal(ask(&b, "926d"), "7979");
	assert_true(fm_bytes_filled(b.unit->flash, b.unit->flash_len, 0xff));
	assert_string_equal(ask(&b, "7f 11ee"), "7979");
	bench_done(&b);
}

/* Writing and erasing what is write protected is acknowledged and does nothing. */
static void test_write_protection(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	memset(b.unit->flash, 0, 4);
	memset(b.unit->flash + 0x1000, 0, 4);
	assert_string_equal(ask(&b, "7f 639c 00 01 01"), "797979");
	assert_string_equal(ask(&b, "7f 43bc 01 0004 05"), "797979");
	assert_int_equal(b.unit->flash[0], 0xff);
	assert_int_equal(b.unit->flash[0x1000], 0);
	assert_string_equal(ask(&b, "31ce 08001000 18 03 11223344 47"), "797979");
	assert_memory_equal(b.unit->flash + 0x1000, "\0\0\0\0\xff", 4);
	assert_string_equal(ask(&b, "738c"), "7979");
	assert_string_equal(ask(&b, "7f 43bc 00 04 04"), "797979");
	assert_int_equal(b.unit->flash[0x1000], 0xff);
	bench_done(&b);
}

static void test_option_bytes(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	assert_string_equal(ask(&b, "7f 31ce 1ffff800 18 03 a55aff00 03"), "79797979");
	assert_string_equal(ask(&b, "02fd"), "");
	assert_string_equal(ask(&b, "7f 11ee 1ffff800 18 03fc"), "79797979a55aff00");
	bench_done(&b);
}

static void test_checksum(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .crc = true };
	struct bench b;

	(void)state;
	bench_start(&b, &options);
	memcpy(b.unit->flash, "\x78\x56\x34\x12", 4);
	assert_string_equal(ask(&b, "7f a15e 0800000008 0000000404"), "7979797979df8a8a2bf4");
	assert_string_equal(ask(&b, "a15e 0800000008 0000000405"), "79791f");
	bench_done(&b);
}

static void test_application(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .application = true };
	struct bench b;

	(void)state;
	bench_start(&b, &f103);
	/* nothing to start: it is dead until reset */
	assert_string_equal(ask(&b, "7f 21de 0800000008"), "797979");
	assert_false(fm_sim_stm32_runs(b.unit));
	assert_string_equal(ask(&b, "7f 7f 560a"), "");
	fm_sim_start(b.unit, b.now_ns);
	assert_string_equal(ask(&b, "7f"), ""); /* no reset line on a bare bridge */
	b.unit->powered = false;
	fm_sim_start(b.unit, b.now_ns);
	assert_string_equal(ask(&b, "7f"), "79");
	bench_done(&b);

	bench_start(&b, &options);
	memcpy(b.unit->flash, "\x00\x50\x00\x20\x09\x00\x00\x08", 8);
	memcpy(b.unit->flash + 100, "fm-sim-version=2.0-rc1", 23);
	b.unit->powered = false;
	fm_sim_start(b.unit, b.now_ns);
	assert_true(fm_sim_stm32_runs(b.unit));
	assert_string_equal(ask(&b, "7f"), "");
	assert_string_equal(ask(&b, "0a 56 0d"), "666d2d73696d20322e302d7263310d0a");
	assert_string_equal(ask(&b, "424f4f540a"), "");
	assert_string_equal(ask(&b, "7f 02fd"), "797901041079");
	bench_done(&b);
}

/* What comes while it is busy: one byte is kept, the rest is lost. */
static void test_busy(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x410, .busy = true };
	struct bench b;

	(void)state;
	bench_start(&b, &options);
	assert_string_equal(ask(&b, "7f 43bc 00 00 00"), "79797679");
	assert_string_equal(ask(&b, "43bc 00 00 00 02 fd 02 fd"), "797679");
	assert_string_equal(ask(&b, "fd"), "7901041079");
	bench_done(&b);
}

static void test_faults(void **state)
{
	struct fm_sim_stm32_options options = { .pid = 0x410 };
	enum fm_sim_stm32_fault fault;
	struct bench b;

	(void)state;
	assert_true(fm_sim_stm32_fault_named("cut", &fault));
	options.has_fault[fault] = true;
	options.fault[fault] = 5;
	assert_true(fm_sim_stm32_fault_named("lose", &fault));
	options.has_fault[fault] = true;
	options.fault[fault] = 2;
	bench_start(&b, &options);
	assert_string_equal(ask(&b, "7f 00 02 fd"), "797901041079");
	assert_string_equal(ask(&b, "02"), "");
	assert_false(b.unit->powered);
	bench_done(&b);
	assert_false(fm_sim_stm32_fault_named("melt", &fault));
}

static void test_no_such_part(void **state)
{
	const struct fm_sim_stm32_options options = { .pid = 0x999 };
	struct fm_sim_unit *unit;
	struct fm_error err;

	(void)state;
	assert_failure(fm_sim_stm32_new(&options, &unit, &err), FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_read_and_write),
		cmocka_unit_test(test_ecc),
		cmocka_unit_test(test_erase_one_byte),
		cmocka_unit_test(test_erase_extended),
		cmocka_unit_test(test_erase_trap),
		cmocka_unit_test(test_read_protection),
		cmocka_unit_test(test_write_protection),
		cmocka_unit_test(test_option_bytes),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_application),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_no_such_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "image/memory.h"

#include <string.h>

/* The first half of an STM32F405: 4 sectors of 16 KiB, one of 64, the others of 128. */
static const struct fm_region sectors = {
	.name = "flash",
	.range = { FM_SPACE_FLASH, 0x08000000, 512 << 10 },
	.runs = { { 16 << 10, 4 }, { 64 << 10, 1 }, { 128 << 10, 1 } },
	.run_count = 3,
	.flags = FM_REGION_WRITE,
};

static void test_space_names(void **state)
{
	enum fm_space space;

	(void)state;
	for (int i = 0; i < FM_SPACE_COUNT; i++) {
		assert_true(fm_space_parse(fm_space_name((enum fm_space)i), &space));
		assert_int_equal(space, i);
	}
	assert_string_equal(fm_space_name(FM_SPACE_EEPROM), "eeprom");
	assert_false(fm_space_parse("Flash", &space));
	assert_false(fm_space_parse("", &space));
}

static void test_blocks_of_sectors(void **state)
{
	static const struct {
		uint64_t addr, start, len;
		unsigned number;
	} cases[] = {
		{ 0x08000000, 0x08000000, 16 << 10, 0 },  { 0x08003fff, 0x08000000, 16 << 10, 0 },
		{ 0x08004000, 0x08004000, 16 << 10, 1 },  { 0x0800ffff, 0x0800c000, 16 << 10, 3 },
		{ 0x08010000, 0x08010000, 64 << 10, 4 },  { 0x0801ffff, 0x08010000, 64 << 10, 4 },
		{ 0x08020000, 0x08020000, 128 << 10, 5 }, { 0x08050000, 0x08040000, 128 << 10, 6 },
		{ 0x0807ffff, 0x08060000, 128 << 10, 7 },
	};
	struct fm_block block;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(fm_region_block_at(&sectors, cases[i].addr, &block));
		assert_int_equal(block.range.space, FM_SPACE_FLASH);
		assert_int_equal(block.range.addr, cases[i].start);
		assert_int_equal(block.range.len, cases[i].len);
		assert_int_equal(block.number, cases[i].number);
	}
	assert_false(fm_region_block_at(&sectors, 0x08080000, &block));
	assert_false(fm_region_block_at(&sectors, 0x07ffffff, &block));
	assert_false(fm_region_block_at(&sectors, 0, &block));
}

static void test_numbers_begin_at_first_block(void **state)
{
	struct fm_region bank = sectors;
	struct fm_block block;

	(void)state;
	/* The second bank of an STM32F42x: its sectors are numbered from 12 on. */
	bank.range.addr = 0x08100000;
	bank.first_block = 12;
	assert_true(fm_region_block_at(&bank, 0x08100000, &block));
	assert_int_equal(block.number, 12);
	assert_true(fm_region_block_at(&bank, 0x08120000, &block));
	assert_int_equal(block.number, 17);
}

static void test_last_block_is_cut_by_the_end(void **state)
{
	struct fm_region region = sectors;
	struct fm_block block;

	(void)state;
	region.range.len = (128 << 10) + 5;
	assert_true(fm_region_block_at(&region, 0x08020004, &block));
	assert_int_equal(block.range.addr, 0x08020000);
	assert_int_equal(block.range.len, 5);
	region.run_count = 0;
	assert_false(fm_region_block_at(&region, 0x08000000, &block));
}

static void test_block_at_the_end_of_addresses(void **state)
{
	const struct fm_region region = {
		.range = { FM_SPACE_FLASH, 0xffff0000, 0x10000 },
		.runs = { { 0x1000, 0 } },
		.run_count = 1,
	};
	struct fm_block block;

	(void)state;
	assert_true(fm_region_block_at(&region, 0xffffffff, &block));
	assert_int_equal(block.range.addr, 0xfffff000);
	assert_int_equal(block.number, 15);
	assert_false(fm_region_block_at(&region, 0x100000000, &block));
}

static struct fm_region region_of(const char *name, enum fm_space space, uint64_t addr,
				  uint64_t len, unsigned flags)
{
	struct fm_region region = { .range = { space, addr, len }, .flags = flags };

	strncpy(region.name, name, sizeof(region.name) - 1);
	return region;
}

static void test_regions_are_sorted(void **state)
{
	struct fm_region loader = region_of("loader", FM_SPACE_FLASH, 0x7e00, 0x200,
					    FM_REGION_PROTECTED | FM_REGION_WRITE);
	struct fm_region app = region_of("app", FM_SPACE_FLASH, 0x100, 0x7d00, FM_REGION_WRITE);
	struct fm_region settings =
		region_of("settings", FM_SPACE_FLASH, 0, 0x100, FM_REGION_WRITE | FM_REGION_CONFIG);
	struct fm_region eeprom = region_of("eeprom", FM_SPACE_EEPROM, 0, 1024, FM_REGION_WRITE);
	struct fm_memory memory = { 0 };
	struct fm_error err;

	(void)state;
	assert_null(fm_memory_application(&memory));
	assert_success(fm_memory_add(&memory, &eeprom, &err));
	assert_null(fm_memory_application(&memory));
	assert_success(fm_memory_add(&memory, &loader, &err));
	assert_success(fm_memory_add(&memory, &app, &err));
	assert_success(fm_memory_add(&memory, &settings, &err));
	assert_string_equal(memory.regions[0].name, "settings");
	assert_string_equal(memory.regions[1].name, "app");
	assert_string_equal(memory.regions[2].name, "loader");
	assert_string_equal(memory.regions[3].name, "eeprom");
	assert_string_equal(fm_memory_application(&memory)->name, "app");
	assert_string_equal(fm_memory_at(&memory, FM_SPACE_FLASH, 0x7dff)->name, "app");
	assert_string_equal(fm_memory_at(&memory, FM_SPACE_FLASH, 0x7e00)->name, "loader");
	assert_string_equal(fm_memory_at(&memory, FM_SPACE_EEPROM, 0)->name, "eeprom");
	assert_null(fm_memory_at(&memory, FM_SPACE_FLASH, 0x8000));
	assert_null(fm_memory_at(&memory, FM_SPACE_RAM, 0));
	assert_ptr_equal(fm_memory_named(&memory, "loader"), &memory.regions[2]);
	assert_null(fm_memory_named(&memory, "load"));
}

static void test_bad_regions_are_refused(void **state)
{
	struct fm_region app = region_of("app", FM_SPACE_FLASH, 0x1000, 0x1000, 0);
	struct fm_region good = region_of("next", FM_SPACE_FLASH, 0x2000, 0x1000, 0);
	struct fm_region bad;
	struct fm_memory memory = { 0 };
	struct fm_error err;

	(void)state;
	assert_success(fm_memory_add(&memory, &app, &err));
	assert_failure(fm_memory_add(&memory, &app, &err), FM_DEFINITION);
	bad = region_of("low", FM_SPACE_FLASH, 0, 0x1001, 0);
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	assert_string_equal(err.text, "regions 'app' and 'low' overlap in flash at 0x00001000");
	bad = region_of("high", FM_SPACE_FLASH, 0x1fff, 2, 0);
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	assert_string_equal(err.text, "regions 'app' and 'high' overlap in flash at 0x00001fff");
	bad = region_of("none", FM_SPACE_FLASH, 0x3000, 0, 0);
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	bad = region_of("far", FM_SPACE_FLASH, 0xffffffff, 2, 0);
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	bad = region_of("wrap", FM_SPACE_FLASH, 0x3000, UINT64_MAX, 0);
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	bad = region_of("blocks", FM_SPACE_FLASH, 0x3000, 16, 0);
	bad.run_count = 1;
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	bad.runs[0].size = 4;
	bad.runs[1].size = 4;
	bad.run_count = 2;
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	bad.run_count = FM_RUN_MOST + 1;
	assert_failure(fm_memory_add(&memory, &bad, &err), FM_DEFINITION);
	assert_int_equal(memory.count, 1);
	assert_success(fm_memory_add(&memory, &good, &err));
}

static void test_full(void **state)
{
	struct fm_memory memory = { 0 };
	struct fm_error err;
	char name[] = "a";

	(void)state;
	for (unsigned i = 0; i < FM_REGION_MOST; i++, name[0]++) {
		struct fm_region region = region_of(name, FM_SPACE_FLASH, 16 * i, 16, 0);

		assert_success(fm_memory_add(&memory, &region, &err));
	}
	struct fm_region more = region_of("more", FM_SPACE_RAM, 0, 16, 0);

	assert_failure(fm_memory_add(&memory, &more, &err), FM_DEFINITION);
	assert_int_equal(memory.count, FM_REGION_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_space_names),
		cmocka_unit_test(test_blocks_of_sectors),
		cmocka_unit_test(test_numbers_begin_at_first_block),
		cmocka_unit_test(test_last_block_is_cut_by_the_end),
		cmocka_unit_test(test_block_at_the_end_of_addresses),
		cmocka_unit_test(test_regions_are_sorted),
		cmocka_unit_test(test_bad_regions_are_refused),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

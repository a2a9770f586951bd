/* A definition's memory and the unit's own description of it. */
#include "unit.h"

#include "image/memory.h"

#include <string.h>

static struct fm_error err;

static struct fm_region flash(const char *name, uint64_t addr, uint64_t len, unsigned flags)
{
	struct fm_region region = { .range = { FM_SPACE_FLASH, addr, len },
				    .write_len = 256,
				    .flags = flags };

	strncpy(region.name, name, sizeof(region.name) - 1);
	return region;
}

static void add(struct fm_memory *memory, const struct fm_region *region)
{
	assert_success(fm_memory_add(memory, region, &err));
}

/* Sectors of an STM32F4. */
static struct fm_region f4(const char *name, uint64_t len)
{
	static const struct fm_block_run runs[] = { { 0x4000, 4 }, { 0x10000, 1 }, { 0x20000, 7 } };
	struct fm_region region = flash(name, 0x08000000, len, FM_REGION_WRITE);

	memcpy(region.runs, runs, sizeof(runs));
	region.run_count = 3;
	return region;
}

static void test_smaller_chip_is_cut(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = f4("flash", 0x100000);
	struct fm_block block;

	(void)state;
	add(&known, &region);
	region = f4("internal-flash", 0x80000);
	region.write_len = 2048;
	add(&told, &region);
	assert_success(fm_memory_meet(&known, &told, &both, &err));
	assert_int_equal(both.count, 1);
	assert_string_equal(both.regions[0].name, "flash");
	assert_int_equal(both.regions[0].range.len, 0x80000);
	assert_int_equal(both.regions[0].write_len, 2048);
	assert_true(fm_region_block_at(&both.regions[0], 0x08012345, &block));
	assert_int_equal(block.range.addr, 0x08010000);
	assert_int_equal(block.range.len, 0x10000);
	assert_int_equal(block.number, 4);
}

static void test_larger_chip_is_written_as_far_as_is_known(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = f4("flash", 0x80000);

	(void)state;
	add(&known, &region);
	region = f4("internal-flash", 0x100000);
	add(&told, &region);
	assert_success(fm_memory_meet(&known, &told, &both, &err));
	assert_int_equal(both.count, 1);
	assert_int_equal(both.regions[0].range.len, 0x80000);
}

static void test_definition_keeps_its_boot_loader(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = flash("loader", 0x08000000, 0x8000, FM_REGION_PROTECTED);
	struct fm_block block;

	(void)state;
	add(&known, &region);
	region = flash("flash", 0x08008000, 0x78000, FM_REGION_WRITE);
	add(&known, &region);
	region = f4("internal-flash", 0x80000);
	add(&told, &region);
	assert_success(fm_memory_meet(&known, &told, &both, &err));
	assert_int_equal(both.count, 2);
	assert_int_equal(both.regions[0].flags, FM_REGION_PROTECTED);
	assert_string_equal(both.regions[1].name, "flash");
	assert_true(fm_region_block_at(&both.regions[1], 0x08010000, &block));
	assert_int_equal(block.range.addr, 0x08010000);
	assert_int_equal(block.range.len, 0x10000);
}

static void test_what_the_unit_protects_is_protected(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = flash("flash", 0x08000000, 0x20000, FM_REGION_WRITE);

	(void)state;
	add(&known, &region);
	region = flash("internal-flash", 0x08000000, 0x3000, FM_REGION_PROTECTED);
	add(&told, &region);
	region = flash("internal-flash-2", 0x08003000, 0x1d000, FM_REGION_WRITE);
	add(&told, &region);
	assert_success(fm_memory_meet(&known, &told, &both, &err));
	assert_int_equal(both.count, 2);
	assert_int_equal(both.regions[0].flags, FM_REGION_PROTECTED);
	assert_int_equal(both.regions[1].flags, FM_REGION_WRITE);
	assert_int_equal(both.regions[1].range.addr, 0x08003000);
	assert_string_equal(both.regions[1].name, "flash-2");
}

static void test_other_blocks_are_another_chip(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = flash("flash", 0x08000000, 0x20000, FM_REGION_WRITE);

	(void)state;
	region.runs[region.run_count++] = (struct fm_block_run){ 0x400, 128 };
	add(&known, &region);
	region = f4("internal-flash", 0x80000);
	add(&told, &region);
	assert_failure(fm_memory_meet(&known, &told, &both, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "erase blocks at 0x08000000"));
}

static void test_nothing_where_it_is_known(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = flash("flash", 0x08000000, 0x20000, FM_REGION_WRITE);

	(void)state;
	add(&known, &region);
	region = flash("internal-flash", 0x10000000, 0x20000, FM_REGION_WRITE);
	add(&told, &region);
	assert_failure(fm_memory_meet(&known, &told, &both, &err), FM_DEFINITION);
}

static void test_spaces_of_one_side(void **state)
{
	struct fm_memory known = { 0 }, told = { 0 }, both;
	struct fm_region region = f4("flash", 0x80000);

	(void)state;
	add(&known, &region);
	region.range = (struct fm_range){ FM_SPACE_OPTION, 0x1fffc000, 16 };
	region.run_count = 0;
	strcpy(region.name, "option");
	add(&known, &region);
	region = f4("internal-flash", 0x80000);
	add(&told, &region);
	region.range = (struct fm_range){ FM_SPACE_ALT1, 0, 0x800000 };
	strcpy(region.name, "spi-flash");
	add(&told, &region);
	assert_success(fm_memory_meet(&known, &told, &both, &err));
	assert_int_equal(both.count, 3);
	assert_int_equal(fm_memory_named(&both, "option")->flags, FM_REGION_PROTECTED);
	assert_int_equal(fm_memory_named(&both, "spi-flash")->flags, FM_REGION_WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smaller_chip_is_cut),
		cmocka_unit_test(test_larger_chip_is_written_as_far_as_is_known),
		cmocka_unit_test(test_definition_keeps_its_boot_loader),
		cmocka_unit_test(test_what_the_unit_protects_is_protected),
		cmocka_unit_test(test_other_blocks_are_another_chip),
		cmocka_unit_test(test_nothing_where_it_is_known),
		cmocka_unit_test(test_spaces_of_one_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

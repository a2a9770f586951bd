/* The strings of the sheet, and what breaks parsers. */
#include "unit.h"

#include "base/scope.h"
#include "protocol/dfuse_layout.h"

#include <string.h>

#define ALL (FM_DFUSE_READ | FM_DFUSE_ERASE | FM_DFUSE_WRITE)

static void regions_of(const char *text, uint32_t page_len, struct fm_memory *ret)
{
	struct fm_dfuse_layout layout;
	struct fm_error err;

	*ret = (struct fm_memory){ 0 };
	assert_success(fm_dfuse_layout_parse(text, &layout, &err));
	assert_success(fm_dfuse_layout_regions(&layout, FM_SPACE_FLASH, page_len, ret, &err));
}

static void test_f407(void **state)
{
	const struct fm_region *region;
	struct fm_memory memory;
	struct fm_block block;

	(void)state;
	regions_of("@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", 2048, &memory);
	assert_int_equal(memory.count, 1);
	region = &memory.regions[0];
	assert_string_equal(region->name, "internal-flash");
	assert_int_equal(region->range.addr, 0x08000000);
	assert_int_equal(region->range.len, 1024 * 1024);
	assert_int_equal(region->run_count, 3);
	assert_int_equal(region->write_len, 2048);
	assert_int_equal(region->flags, FM_REGION_WRITE);
	assert_true(fm_region_block_at(region, 0x08010000, &block));
	assert_int_equal(block.range.len, 64 * 1024);
	assert_int_equal(block.number, 4);
}

static void test_one_segment(void **state)
{
	static const struct {
		const char *text;
		uint32_t addr, count, size;
		unsigned type;
	} cases[] = {
		{ "@Option Bytes  /0x1FFFF800/01*016 g", 0x1ffff800, 1, 16, ALL },
		{ "@Option Bytes  /0x1FFFC000/01*016 e", 0x1fffc000, 1, 16, 5 },
		{ "@Option Bytes  /0x1FFFC000/01*016e", 0x1fffc000, 1, 16, 5 },
		{ "@OTP Memory   /0x08FFF000/01*1024 e", 0x08fff000, 1, 1024, 5 },
		{ "@Device Feature/0xFFFF0000/01*004 g", 0xffff0000, 1, 4, ALL },
		{ "@Internal Flash   /0x08000000/256*08Kg", 0x08000000, 256, 8192, ALL },
		{ "@SPI Flash : M25P64/0x00000000/128*64Kg", 0, 128, 65536, ALL },
		{ "@QSPI/0x90000000/4*16Ma", 0x90000000, 4, 16 << 20, FM_DFUSE_READ },
		{ "@Bytes/0x0/3*100Bf", 0, 3, 100, 6 },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fm_dfuse_layout layout;
		struct fm_error err;

		assert_success(fm_dfuse_layout_parse(cases[i].text, &layout, &err));
		assert_int_equal(layout.count, 1);
		assert_false(layout.cut);
		assert_int_equal(layout.segments[0].addr, cases[i].addr);
		assert_int_equal(layout.segments[0].count, cases[i].count);
		assert_int_equal(layout.segments[0].size, cases[i].size);
		assert_int_equal(layout.segments[0].type, cases[i].type);
	}
}

/* The loader itself lies in pages that can be read only. */
static void test_types_become_regions(void **state)
{
	struct fm_memory memory;

	(void)state;
	regions_of("@Internal Flash  /0x08000000/12*001Ka,116*001Kg", 2048, &memory);
	assert_int_equal(memory.count, 2);
	assert_int_equal(memory.regions[0].flags, FM_REGION_PROTECTED);
	assert_int_equal(memory.regions[0].range.len, 12 * 1024);
	assert_string_equal(memory.regions[1].name, "internal-flash-2");
	assert_int_equal(memory.regions[1].range.addr, 0x08003000);
	assert_int_equal(memory.regions[1].flags, FM_REGION_WRITE);
	/* A page to write never reaches into a second block. */
	assert_int_equal(memory.regions[1].write_len, 1024);
	assert_ptr_equal(fm_memory_application(&memory), &memory.regions[1]);
}

static void test_special_names_are_protected(void **state)
{
	static const char *const texts[] = {
		"@Option Bytes  /0x1FFFF800/01*016 g",
		"@OTP Memory /0x1FFF7800/01*512 g,01*016 g",
		"@Device Feature/0xFFFF0000/01*004 g",
	};
	struct fm_memory memory;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(texts); i++) {
		regions_of(texts[i], 2048, &memory);
		assert_int_equal(memory.count, 1);
		assert_int_equal(memory.regions[0].flags, FM_REGION_PROTECTED);
	}
}

static void test_groups(void **state)
{
	struct fm_memory memory;

	(void)state;
	regions_of("@Flash/0x08000000/2*16Kg,1*64Kg/0x08018000/2*16Kg/0x08100000/1*1Kg", 2048,
		   &memory);
	assert_int_equal(memory.count, 2);
	assert_int_equal(memory.regions[0].range.len, 0x20000);
	assert_int_equal(memory.regions[0].run_count, 3);
	assert_int_equal(memory.regions[1].range.addr, 0x08100000);
}

/* As far as it can be understood. */
static void test_cut_texts(void **state)
{
	static const char text[] = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg";
	struct fm_dfuse_layout layout;
	struct fm_error err;

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char part[sizeof(text)] = "";

		memcpy(part, text, len);
		if (!fm_dfuse_layout_parse(part, &layout, &err))
			assert_true(err.code == FM_PROTOCOL && len < 37);
		else
			assert_int_equal(layout.count, len < sizeof(text) - 1 ? 1 : 2);
	}
}

static void test_hostile_texts(void **state)
{
	static const char *const texts[] = {
		"",
		"@",
		"Internal Flash/0x08000000/4*16Kg",
		"@/0x/",
		"@x/0x08000000/",
		"@x/0x0/0*1Kg",
		"@x/0x0/1*0Kg",
		"@x/0x0/1*9999Mg",
		"@x/0xFFFFFFFF/2*1Kg",
		"@x/0x123456789/1*1Kg",
		"@x/0x0/999999*1Kg",
		"@x/0x0/1*99999Kg",
		"@x/0x0/1*1Kz",
		"@x/0x0/-1*1Kg",
	};
	struct fm_dfuse_layout layout;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(texts); i++)
		assert_failure(fm_dfuse_layout_parse(texts[i], &layout, &err), FM_PROTOCOL);
}

static void test_more_than_there_is_room_for(void **state)
{
	char text[1024] = "@Flash/0x08000000/1*1Kg";
	struct fm_memory memory;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		strcat(text, i % 2 ? ",1*1Kg" : ",1*2Kg");
	regions_of(text, 2048, &memory);
	assert_int_equal(memory.count, 3); /* of 32 segments, 12 runs each */
	strcpy(text, "@Flash");
	for (unsigned i = 0; i < 40; i++)
		sprintf(text + strlen(text), "/0x%x/1*1Kg", i * 0x10000);
	regions_of(text, 2048, &memory);
	assert_int_equal(memory.count, FM_REGION_MOST);
	assert_int_equal(memory.regions[15].range.addr, 0xf0000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f407),
		cmocka_unit_test(test_one_segment),
		cmocka_unit_test(test_types_become_regions),
		cmocka_unit_test(test_special_names_are_protected),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_cut_texts),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

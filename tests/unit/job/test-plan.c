/* The plan is pure: image, memory and abilities in, blocks and pages out. */
#include "paper-rig.h"

#include "job/plan.h"

#include <string.h>

static struct fm_error err;

static void add(struct fm_image *image, enum fm_space space, uint64_t addr, uint8_t byte,
		size_t len)
{
	uint8_t data[0x4000];

	memset(data, byte, len);
	assert_success(fm_image_add(image, space, addr, data, len, &err));
}

struct fixture {
	struct fm_memory memory;
	struct fm_image image;
	struct fm_plan plan;
	struct fm_plan_input input;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ 0 };
	paper_memory(&fixture.memory);
	fm_image_init(&fixture.image);
	fixture.input = (struct fm_plan_input){ "flash",       "model",        "0410",
						"test",        &fixture.image, &fixture.memory,
						FM_PLAN_ERASE, 0xff,           false };
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fm_plan_done(&f->plan);
	fm_image_done(&f->image);
	return 0;
}

static void test_pages_and_blocks(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0x11, 1300);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 6);
	assert_int_equal(f->plan.erase_count, 2);
	assert_int_equal(f->plan.erase[1].number, 1);
	assert_int_equal(f->plan.write_len, 6 * 256);
	assert_int_equal(f->plan.pad_len, 6 * 256 - 1300);
	assert_int_equal(f->plan.pages[5].image_len, 20);
	assert_int_equal(f->plan.data[1299], 0x11);
	assert_int_equal(f->plan.data[1300], 0xff);
	assert_false(f->plan.erase_all);
}

/* Two pieces in one page give one page, in one block one block. */
static void test_pieces_share_a_page(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 10, 1, 4);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 100, 2, 4);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 300, 3, 4);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 2);
	assert_int_equal(f->plan.erase_count, 1);
	assert_int_equal(f->plan.pages[0].image_len, 8);
	assert_int_equal(f->plan.data[100], 2);
	assert_int_equal(f->plan.data[99], 0xff);
}

/* A blank stretch is erased, not written, and looked at once in each erase block. */
static void test_blank_pages_are_proved_not_written(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0x22, 1024);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 1024, 0xff, 2048);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 3072, 0x33, 512);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.erase_count, 4);
	assert_int_equal(f->plan.write_len, 1536);
	assert_int_equal(f->plan.skip_len, 2048);
	assert_int_equal(f->plan.proof_len, 2 * 256);
	assert_int_equal(f->plan.pages[4].proof_len, 256);
	assert_int_equal(f->plan.pages[5].proof_len, 0);
	assert_int_equal(f->plan.pages[8].proof_len, 256);
}

/* Where a page write erases by itself, blank pages must be written: what stood there would stay. */
static void test_blank_pages_are_written_without_erase(void **state)
{
	struct fixture *f = *state;

	f->input.can = 0;
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0xff, 512);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.write_len, 512);
	assert_int_equal(f->plan.skip_len, 0);
	assert_int_equal(f->plan.erase_count, 0);
}

/* Likewise in a space that the erase does not reach. */
static void test_blank_eeprom_is_written(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0x01, 256);
	add(&f->image, FM_SPACE_EEPROM, 0, 0xff, 8);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 3);
	assert_int_equal(f->plan.write_len, 256 + 8);
	assert_int_equal(f->plan.erase_count, 1);
}

static void test_sequential_fills_gaps(void **state)
{
	struct fixture *f = *state;

	f->input.can = FM_PLAN_SEQUENTIAL;
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 512, 0x44, 256);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 2048, 0x55, 10);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 9);
	for (size_t i = 0; i < f->plan.page_count; i++)
		assert_int_equal(f->plan.pages[i].range.addr, FLASH_BASE + i * 256);
	assert_int_equal(f->plan.pad_len, 9 * 256 - 266);
}

/* Another alternate setting begins at its own start; an EEPROM has addresses and keeps the rest. */
static void test_sequential_spaces(void **state)
{
	struct fixture *f = *state;

	f->input.can = FM_PLAN_SEQUENTIAL;
	add(&f->image, FM_SPACE_EEPROM, 100, 0x55, 4);
	add(&f->image, FM_SPACE_ALT1, 0x280, 0x66, 4);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 1 + 2);
	assert_int_equal(f->plan.pages[0].range.addr, 100);
	assert_int_equal(f->plan.pages[1].range.space, FM_SPACE_ALT1);
	assert_int_equal(f->plan.pages[1].range.addr, 0x100);
	assert_int_equal(f->plan.pages[2].range.addr, 0x200);
}

/* One download goes to one memory: told before anything of it is written. */
static void test_sequential_one_memory(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0x44, 4);
	add(&f->image, FM_SPACE_ALT1, 0x100, 0x66, 4);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	fm_plan_done(&f->plan);
	f->input.can = FM_PLAN_SEQUENTIAL;
	assert_failure(fm_plan_make(&f->input, &f->plan, &err), FM_BLOCKED_MEMORY);
	assert_non_null(strstr(err.text, "one memory at a time"));
}

/* What a sequential loader would have to write between the pieces is not to be written. */
static void test_sequential_over_protected(void **state)
{
	struct fixture *f = *state;
	const struct fm_region behind = { .name = "behind",
					  .range = { FM_SPACE_FLASH, FLASH_BASE + 0x5000, 0x400 },
					  .write_len = 256,
					  .flags = FM_REGION_WRITE };

	assert_success(fm_memory_add(&f->memory, &behind, &err));
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0x44, 4);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 0x5000, 0x55, 4);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	fm_plan_done(&f->plan);
	f->input.can = FM_PLAN_SEQUENTIAL;
	assert_failure(fm_plan_make(&f->input, &f->plan, &err), FM_BLOCKED_MEMORY);
	assert_non_null(strstr(err.text, "without gaps"));
}

/* A run ends with the image's last byte; within it pages are whole. */
static void test_short_runs(void **state)
{
	struct fixture *f = *state;

	f->input.can = FM_PLAN_ERASE | FM_PLAN_SHORT;
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 10, 0x11, 300); /* pages 0 and 1 ... */
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 600, 0x22, 8);  /* ... and 2, in one run */
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 620, 0x33, 4);  /* likewise in page 2 */
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 1024, 0x44, 1);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 0x3fff, 0x55, 1);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 5);
	assert_int_equal(f->plan.pages[0].range.len, 256);
	assert_int_equal(f->plan.pages[1].range.len, 256);
	assert_int_equal(f->plan.pages[2].range.len, 624 - 512);
	assert_int_equal(f->plan.pages[3].range.len, 1);
	assert_int_equal(f->plan.pages[4].range.len, 256);
	assert_int_equal(f->plan.write_len, 256 + 256 + 112 + 1 + 256);
	assert_int_equal(f->plan.pad_len, f->plan.write_len - 314);
	assert_int_equal(f->plan.erase_count, 3);
	assert_int_equal(f->plan.data[f->plan.pages[3].offset], 0x44);
}

static void test_short_sequential(void **state)
{
	struct fixture *f = *state;

	f->input.can = FM_PLAN_SEQUENTIAL | FM_PLAN_SHORT;
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 300, 0x44, 4);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 1000, 0x44, 30);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.page_count, 5);
	assert_int_equal(f->plan.write_len, 1030);
	assert_int_equal(f->plan.pad_len, 1030 - 34);
	fm_plan_done(&f->plan);
	f->input.image = NULL; /* erase: all of it */
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.write_len, 0x4000);
}

static void test_several_families_are_not_planned(void **state)
{
	struct fixture *f = *state;

	assert_success(fm_image_add_family(&f->image, 1, FM_SPACE_FLASH, FLASH_BASE, "a", 1, &err));
	assert_success(fm_image_add_family(&f->image, 2, FM_SPACE_FLASH, FLASH_BASE, "b", 1, &err));
	assert_failure(fm_plan_make(&f->input, &f->plan, &err), FM_BLOCKED_MEMORY);
	assert_non_null(strstr(err.text, "2 families"));
	assert_success(fm_image_keep_family(&f->image, 2, &err));
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_int_equal(f->plan.data[0], 'b');
}

static void test_outside_is_blocked(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, 0, 0x01, 16);
	assert_failure(fm_plan_make(&f->input, &f->plan, &err), FM_BLOCKED_MEMORY);
	assert_non_null(strstr(err.text, "0x00000000"));
	assert_non_null(strstr(err.hint, "0x08000000-0x08003fff"));
}

static void test_protected_is_blocked(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 0x43ff, 0x01, 1);
	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 0x4400, 0x01, 1);
	f->input.allow_config = true;
	assert_failure(fm_plan_make(&f->input, &f->plan, &err), FM_BLOCKED_PROTECTED);
	assert_non_null(strstr(err.text, "bootloader"));
	assert_null(f->plan.pages);
}

static void test_one_byte_beyond_the_application(void **state)
{
	struct fixture *f = *state;

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE + 0x3ff0, 0x01, 17);
	assert_failure(fm_plan_make(&f->input, &f->plan, &err), FM_BLOCKED_PROTECTED);
	assert_non_null(strstr(err.text, "settings"));
	f->input.allow_config = true;
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
}

/* One command for the chip would take settings and boot loader with it. */
static void test_mass_erase_only_where_nothing_else_is(void **state)
{
	struct fixture *f = *state;
	struct fm_memory whole = { 0 };

	f->input.can = FM_PLAN_ERASE | FM_PLAN_ERASE_ALL;
	f->input.image = NULL;
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_false(f->plan.erase_all);
	assert_int_equal(f->plan.erase_count, 16);
	fm_plan_done(&f->plan);

	assert_success(fm_memory_add(&whole, &f->memory.regions[0], &err));
	f->input.memory = &whole;
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_true(f->plan.erase_all);
	assert_int_equal(f->plan.skip_len, 0x4000);
}

static void test_hash_binds_everything(void **state)
{
	struct fixture *f = *state;
	char first[FM_SHA256_TEXT];

	add(&f->image, FM_SPACE_FLASH, FLASH_BASE, 0x66, 300);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	memcpy(first, f->plan.sha256, sizeof(first));
	fm_plan_done(&f->plan);
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_string_equal(first, f->plan.sha256);
	fm_plan_done(&f->plan);
	f->image.segments[0].data[299] ^= 1;
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_string_not_equal(first, f->plan.sha256);
	fm_plan_done(&f->plan);
	f->image.segments[0].data[299] ^= 1;
	f->input.model = "other";
	assert_success(fm_plan_make(&f->input, &f->plan, &err));
	assert_string_not_equal(first, f->plan.sha256);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pages_and_blocks),
		TEST(test_pieces_share_a_page),
		TEST(test_blank_pages_are_proved_not_written),
		TEST(test_blank_pages_are_written_without_erase),
		TEST(test_blank_eeprom_is_written),
		TEST(test_sequential_fills_gaps),
		TEST(test_sequential_spaces),
		TEST(test_sequential_one_memory),
		TEST(test_sequential_over_protected),
		TEST(test_short_runs),
		TEST(test_short_sequential),
		TEST(test_several_families_are_not_planned),
		TEST(test_outside_is_blocked),
		TEST(test_protected_is_blocked),
		TEST(test_one_byte_beyond_the_application),
		TEST(test_mass_erase_only_where_nothing_else_is),
		TEST(test_hash_binds_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

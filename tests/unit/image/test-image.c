#include "image-test.h"

#define WORLD 4096

static void check_order(const struct fm_image *image)
{
	uint64_t total = 0;

	for (size_t i = 0; i < image->count; i++) {
		const struct fm_range *range = &image->segments[i].range;

		assert_true(range->len > 0);
		total += range->len;
		if (i == 0)
			continue;
		/* Behind the one before it, and not touching it. */
		const struct fm_range *last = &image->segments[i - 1].range;

		assert_true(last->space < range->space ||
			    (last->space == range->space && last->addr + last->len < range->addr));
	}
	assert_int_equal(fm_image_total(image), total);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Against a model that cannot be wrong: a byte and a flag for each address of two spaces. */
static void test_any_order(void **state)
{
	static uint8_t bytes[2][WORLD], there[2][WORLD];
	static uint8_t data[64], got[WORLD];
	struct fm_error err;

	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		struct fm_image image FM_IMAGE_DONE;
		uint32_t random = seed;

		fm_image_init(&image);
		memset(bytes, 0xff, sizeof(bytes));
		memset(there, 0, sizeof(there));
		for (int step = 0; step < 1500; step++) {
			unsigned space = next_random(&random) % 2;
			size_t len = next_random(&random) % (seed % 2 ? 8 : sizeof(data));
			size_t addr = next_random(&random) % (WORLD - len);
			bool taken = memchr(there[space] + addr, 1, len) != NULL;

			for (size_t i = 0; i < len; i++)
				data[i] = (uint8_t)next_random(&random);
			if (taken) {
				assert_failure(fm_image_add(&image, (enum fm_space)space, addr,
							    data, len, &err),
					       FM_FILE_OVERLAP);
				continue;
			}
			assert_success(
				fm_image_add(&image, (enum fm_space)space, addr, data, len, &err));
			memcpy(bytes[space] + addr, data, len);
			memset(there[space] + addr, 1, len);
		}
		check_order(&image);
		for (unsigned space = 0; space < 2; space++) {
			struct fm_range all = { (enum fm_space)space, 0, WORLD };
			size_t have = 0;

			for (size_t i = 0; i < WORLD; i++)
				have += there[space][i];
			assert_int_equal(fm_image_get(&image, &all, 0xff, got), have);
			assert_memory_equal(got, bytes[space], WORLD);
		}
	}
}

static void test_get_of_parts(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;
	uint8_t got[8];

	(void)state;
	fm_image_init(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 10, "abc", 3, &err));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 15, "de", 2, &err));
	assert_success(fm_image_add(&image, FM_SPACE_EEPROM, 11, "xy", 2, &err));
	assert_int_equal(fm_image_get(&image, &(struct fm_range){ FM_SPACE_FLASH, 9, 8 }, '.', got),
			 5);
	assert_memory_equal(got, ".abc..de", 8);
	assert_int_equal(
		fm_image_get(&image, &(struct fm_range){ FM_SPACE_FLASH, 12, 4 }, '.', got), 2);
	assert_memory_equal(got, "c..d", 4);
	assert_int_equal(
		fm_image_get(&image, &(struct fm_range){ FM_SPACE_FLASH, 13, 2 }, '.', got), 0);
	assert_memory_equal(got, "..", 2);
	assert_int_equal(
		fm_image_get(&image, &(struct fm_range){ FM_SPACE_FLASH, 17, 3 }, '.', got), 0);
	assert_int_equal(
		fm_image_get(&image, &(struct fm_range){ FM_SPACE_EEPROM, 12, 2 }, '.', got), 1);
	assert_memory_equal(got, "y.", 2);
	assert_int_equal(fm_image_get(&image, &(struct fm_range){ FM_SPACE_RAM, 10, 4 }, '.', got),
			 0);
}

static void test_same_byte_twice_is_an_overlap(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	fm_image_init(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x100, "abcd", 4, &err));
	assert_failure(fm_image_add(&image, FM_SPACE_FLASH, 0x103, "d", 1, &err), FM_FILE_OVERLAP);
	assert_string_equal(err.text, "the byte at 0x00000103 of flash is given twice");
	assert_failure(fm_image_add(&image, FM_SPACE_FLASH, 0xfe, "xyabcdef", 8, &err),
		       FM_FILE_OVERLAP);
	assert_string_equal(err.text, "the byte at 0x00000100 of flash is given twice");
	check_segment(&image, 0, FM_SPACE_FLASH, 0x100, "abcd", 4);
	assert_int_equal(image.count, 1);
}

static void test_end_of_addresses(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	fm_image_init(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0xffffffff, "a", 1, &err));
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0, "b", 1, &err));
	assert_failure(fm_image_add(&image, FM_SPACE_RAM, 0xffffffff, "ab", 2, &err),
		       FM_FILE_FORMAT);
	assert_failure(fm_image_add(&image, FM_SPACE_RAM, UINT64_MAX, "ab", 2, &err),
		       FM_FILE_FORMAT);
	/* A gap of 4 GiB is a gap. */
	assert_int_equal(image.count, 2);
	assert_int_equal(fm_image_total(&image), 2);
}

/* 8 MiB in records of 16 bytes must not cost more than their bytes: a quadratic way takes minutes
 * here. */
static void test_many_records_in_each_order(void **state)
{
	const uint32_t records = 512 << 10;
	uint8_t record[16];

	(void)state;
	for (int order = 0; order < 3; order++) {
		struct fm_image image FM_IMAGE_DONE;
		struct fm_error err;

		fm_image_init(&image);
		for (uint32_t i = 0; i < records; i++) {
			/* Upwards, downwards, from the middle to both sides. */
			uint32_t at = order == 0   ? i
				      : order == 1 ? records - 1 - i
				      : i % 2      ? records / 2 + i / 2
						   : records / 2 - 1 - i / 2;

			memset(record, (int)(at % 251), sizeof(record));
			assert_success(fm_image_add(&image, FM_SPACE_FLASH, (uint64_t)at * 16,
						    record, sizeof(record), &err));
		}
		assert_int_equal(image.count, 1);
		assert_int_equal(image.segments[0].range.len, records * 16);
		for (uint32_t at = 0; at < records; at += 4099)
			assert_int_equal(image.segments[0].data[at * 16 + at % 16], at % 251);
	}
}

static void test_limit_of_segments(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	fm_image_init(&image);
	/* Downwards: each one moves all others. */
	for (uint64_t i = FM_IMAGE_SEGMENTS_MOST; i > 0; i--)
		assert_success(fm_image_add(&image, FM_SPACE_FLASH, 2 * i, "x", 1, &err));
	assert_failure(fm_image_add(&image, FM_SPACE_FLASH, 0, "x", 1, &err), FM_FILE_TOO_BIG);
	/* What joins others is still welcome. */
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 3, "y", 1, &err));
	assert_int_equal(image.count, FM_IMAGE_SEGMENTS_MOST - 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 2, "xyx", 3);
	check_order(&image);
}

static void test_limit_of_data(void **state)
{
	FM_FREE uint8_t *data = calloc(1, FM_IMAGE_DATA_MOST);
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	assert_non_null(data);
	fm_image_init(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 16, data, FM_IMAGE_DATA_MOST, &err));
	assert_failure(fm_image_add(&image, FM_SPACE_FLASH, 0, data, 1, &err), FM_FILE_TOO_BIG);
	assert_int_equal(fm_image_total(&image), FM_IMAGE_DATA_MOST);
}

static void test_place(void **state)
{
	const struct fm_image_options options = { "raw", false, 0 };
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	assert_success(fm_image_parse("a.bin", CONTENT("\1\2\3"), &options, &image, &err));
	assert_true(image.floating);
	fm_image_place(&image, FM_SPACE_EEPROM, 0x40);
	assert_false(image.floating);
	check_segment(&image, 0, FM_SPACE_EEPROM, 0x40, "\1\2\3", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_get_of_parts),
		cmocka_unit_test(test_same_byte_twice_is_an_overlap),
		cmocka_unit_test(test_end_of_addresses),
		cmocka_unit_test(test_many_records_in_each_order),
		cmocka_unit_test(test_limit_of_segments),
		cmocka_unit_test(test_limit_of_data),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

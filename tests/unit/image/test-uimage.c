/* uImages: one that Debian's mkimage wrote, and each way to be damaged or cut.
 * tests/peers/mkimage.sh lets mkimage make more of them. */
#include "image-test.h"

#include "base/bytes.h"

#include <zlib.h>

static struct fm_error err;

/* mkimage -A arm -O linux -T kernel -C none -a 0x8000 -e 0x8040 -n 'Demo kernel 1.0' */
static const uint8_t uimage_demo[] = {
	0x27, 0x05, 0x19, 0x56, 0x28, 0x85, 0x3a, 0xa4, 0x6b, 0x01, 0xd0, 0x6d, 0x00, 0x00,
	0x00, 0x14, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80, 0x40, 0xa0, 0x54, 0xe0, 0x13,
	0x05, 0x02, 0x02, 0x00, 0x44, 0x65, 0x6d, 0x6f, 0x20, 0x6b, 0x65, 0x72, 0x6e, 0x65,
	0x6c, 0x20, 0x31, 0x2e, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x6b, 0x65, 0x72, 0x6e, 0x65, 0x6c,
	0x20, 0x66, 0x6f, 0x72, 0x20, 0x74, 0x68, 0x65, 0x20, 0x74, 0x65, 0x73, 0x74, 0x0a,
};

static void check_read(const uint8_t *data, size_t len, const char *description, const char *note)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };

	assert_success(fm_image_parse("fw", data, len, NULL, &image, &err));
	assert_string_equal(image.format, "uimage");
	assert_true(image.floating);
	assert_string_equal(image.description, description);
	assert_string_equal(image.note, note);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, data, len);
}

static void test_demo(void **state)
{
	uint8_t more[sizeof(uimage_demo) + 100] = { 0 };

	(void)state;
	check_read(uimage_demo, sizeof(uimage_demo), "Demo kernel 1.0",
		   "is a uImage for ARM: kernel, not compressed, loads at 0x00008000, 'Demo kernel "
		   "1.0'");
	/* A file system behind the kernel. */
	memcpy(more, uimage_demo, sizeof(uimage_demo));
	check_read(more, sizeof(more), "Demo kernel 1.0",
		   "is a uImage for ARM: kernel, not compressed, loads at 0x00008000, 'Demo kernel "
		   "1.0'");
}

/* What no table knows is said, not guessed; the name is any bytes. */
static void test_unknown(void **state)
{
	uint8_t data[sizeof(uimage_demo)];

	(void)state;
	memcpy(data, uimage_demo, sizeof(data));
	memset(data + 29, 0xee, 3);
	memset(data + 32, '\x1b', 32);
	fm_put_be32(data + 4, 0);
	fm_put_be32(data + 4, (uint32_t)crc32(0, data, 64));
	check_read(data, sizeof(data), "................................",
		   "is a uImage for an architecture not known here: a type not known here, "
		   "compressed, loads at 0x00008000, '................................'");
	memset(data + 32, 0, 32);
	data[29] = 26;
	data[30] = 3;
	data[31] = 6;
	fm_put_be32(data + 4, 0);
	fm_put_be32(data + 4, (uint32_t)crc32(0, data, 64));
	check_read(data, sizeof(data), "",
		   "is a uImage for RISC-V: RAM disk, zstd, loads at 0x00008000");
}

static void test_each_bit(void **state)
{
	uint8_t data[sizeof(uimage_demo)];

	(void)state;
	memcpy(data, uimage_demo, sizeof(data));
	for (size_t bit = 4 * 8; bit < sizeof(data) * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_refused(data, sizeof(data), FM_FILE_FORMAT,
			      bit < 64 * 8 ? "offset 4: the header's CRC is 0x"
					   : "offset 24: the data's CRC is 0x");
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_cut(void **state)
{
	const struct fm_image_options options = { .format = "uimage" };
	struct fm_image image;

	(void)state;
	for (size_t len = 4; len < sizeof(uimage_demo); len++)
		check_refused(uimage_demo, len, FM_FILE_FORMAT,
			      len < 64 ? "the file ends in the uImage header"
				       : "offset 12: 20 bytes of data, the file has ");
	assert_failure(fm_image_parse("fw", uimage_demo, 3, &options, &image, &err),
		       FM_FILE_FORMAT);
	assert_string_equal(err.text, "fw: offset 0: this is no uImage");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demo),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_each_bit),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("uimage", tests, NULL, NULL);
}

#include "image-test.h"

#include <elf.h>

/* A builder of small ELF files of either word size and byte order, good and bad ones. */
struct elf_maker {
	uint8_t bytes[1024];
	size_t len;
	bool wide, big;
};

struct elf_part {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz;
};

static void put(struct elf_maker *maker, size_t at, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		maker->bytes[at + (maker->big ? width - 1 - i : i)] = (uint8_t)(value >> 8 * i);
}

/* Fields of the headers lie at different places in both sizes (gABI, chapters 4 and 5). */
static void put_part(struct elf_maker *maker, size_t at, const struct elf_part *part)
{
	const size_t word = maker->wide ? 8 : 4;

	put(maker, at, part->type, 4);
	at += maker->wide ? 8 : 4;
	put(maker, at, part->offset, word);
	put(maker, at + word, part->vaddr, word);
	put(maker, at + 2 * word, part->paddr, word);
	put(maker, at + 3 * word, part->filesz, word);
	put(maker, at + 4 * word, part->filesz, word);
}

static void make(struct elf_maker *maker, unsigned type, unsigned machine,
		 const struct elf_part *parts, size_t count)
{
	const size_t word = maker->wide ? 8 : 4;
	const size_t head_len = maker->wide ? 64 : 52, part_len = maker->wide ? 56 : 32;
	const size_t sizes_at = 24 + 3 * word + 4; /* of e_ehsize */

	memset(maker->bytes, 0, sizeof(maker->bytes));
	for (size_t i = 512; i < sizeof(maker->bytes); i++)
		maker->bytes[i] = (uint8_t)(i * 5);
	memcpy(maker->bytes, ELFMAG, SELFMAG);
	maker->bytes[EI_CLASS] = maker->wide ? ELFCLASS64 : ELFCLASS32;
	maker->bytes[EI_DATA] = maker->big ? ELFDATA2MSB : ELFDATA2LSB;
	maker->bytes[EI_VERSION] = EV_CURRENT;
	put(maker, 16, type, 2);
	put(maker, 18, machine, 2);
	put(maker, 20, EV_CURRENT, 4);
	put(maker, 24, 0x101, word);
	put(maker, 24 + word, head_len, word);
	put(maker, sizes_at, head_len, 2);
	put(maker, sizes_at + 2, part_len, 2);
	put(maker, sizes_at + 4, count, 2);
	for (size_t i = 0; i < count; i++)
		put_part(maker, head_len + i * part_len, &parts[i]);
	maker->len = sizeof(maker->bytes);
}

static bool parse(const struct elf_maker *maker, struct fm_image *image, struct fm_error *err)
{
	return fm_image_parse("fw.elf", maker->bytes, maker->len, NULL, image, err);
}

static void test_each_word_size_and_order(void **state)
{
	/* Data with an address in RAM is loaded from behind the code. The stack loads nothing. */
	static const struct elf_part parts[] = {
		{ PT_LOAD, 640, 0x20000000, 0x08000040, 16 },
		{ PT_LOAD, 512, 0x08000000, 0x08000000, 64 },
		{ PT_LOAD, 700, 0x08010000, 0x08010000, 1 },
		{ PT_LOAD, 5000, 0x20001000, 0x20001000, 0 },
		{ PT_GNU_STACK, 0, 0, 0, 77 },
	};

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct elf_maker maker = { .wide = kind & 1, .big = kind & 2 };
		struct fm_image image FM_IMAGE_DONE;
		struct fm_error err;

		make(&maker, ET_EXEC, EM_ARM, parts, FM_COUNT(parts));
		assert_success(parse(&maker, &image, &err));
		assert_string_equal(image.format, "elf");
		assert_int_equal(image.count, 2);
		assert_int_equal(image.segments[0].range.addr, 0x08000000);
		assert_int_equal(image.segments[0].range.len, 80);
		assert_memory_equal(image.segments[0].data, maker.bytes + 512, 64);
		assert_memory_equal(image.segments[0].data + 64, maker.bytes + 640, 16);
		check_segment(&image, 1, FM_SPACE_FLASH, 0x08010000, maker.bytes + 700, 1);
		assert_true(image.has_entry);
		assert_int_equal(image.entry, 0x101);
		assert_string_equal(image.chip_id, "");
	}
}

static void test_avr_spaces(void **state)
{
	static const struct elf_part parts[] = {
		{ PT_LOAD, 512, 0, 0, 8 },
		{ PT_LOAD, 520, 0x800100, 8, 4 },
		{ PT_LOAD, 530, 0x810000, 0x810000, 5 },
		{ PT_LOAD, 540, 0x820000, 0x820000, 3 },
		{ PT_LOAD, 550, 0x830000, 0x830000, 1 },
		{ PT_LOAD, 560, 0x840000, 0x840000, 3 },
		{ PT_LOAD, 570, 0x800200, 0x800200, 2 },
	};
	struct elf_maker maker = { 0 };
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make(&maker, ET_EXEC, EM_AVR, parts, FM_COUNT(parts));
	memcpy(maker.bytes + 560, "\x0f\x95\x1e", 3);
	assert_success(parse(&maker, &image, &err));
	assert_int_equal(image.count, 5);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, maker.bytes + 512, 12);
	check_segment(&image, 1, FM_SPACE_EEPROM, 0, maker.bytes + 530, 5);
	check_segment(&image, 2, FM_SPACE_RAM, 0x200, maker.bytes + 570, 2);
	check_segment(&image, 3, FM_SPACE_FUSE, 0, maker.bytes + 540, 3);
	check_segment(&image, 4, FM_SPACE_FUSE, 0x10000, maker.bytes + 550, 1);
	assert_string_equal(image.chip_id, "1e950f");
}

static void test_other_chips_have_no_avr_spaces(void **state)
{
	static const struct elf_part part = { PT_LOAD, 512, 0x810000, 0x810000, 4 };
	struct elf_maker maker = { 0 };
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make(&maker, ET_EXEC, EM_ARM, &part, 1);
	assert_success(parse(&maker, &image, &err));
	check_segment(&image, 0, FM_SPACE_FLASH, 0x810000, maker.bytes + 512, 4);
}

struct bad_elf {
	unsigned type, machine;
	bool wide;
	struct elf_part parts[2];
	enum fm_code code;
	const char *says;
};

static const struct bad_elf bad_elfs[] = {
	{ ET_REL, EM_ARM, false, { { 0 } }, FM_FILE_FORMAT, "fw.elf: offset 0: this is an object" },
	{ ET_DYN,
	  EM_X86_64,
	  true,
	  { { 0 } },
	  FM_FILE_FORMAT,
	  "fw.elf: offset 0: this is a shared" },
	{ ET_CORE,
	  EM_ARM,
	  true,
	  { { 0 } },
	  FM_FILE_FORMAT,
	  "this ELF file (type 4) is no program" },
	{ ET_EXEC,
	  EM_X86_64,
	  true,
	  { { PT_INTERP, 512, 0, 0, 8 } },
	  FM_FILE_FORMAT,
	  "fw.elf: offset 0x40: this is a program for an operating system" },
	{ ET_EXEC,
	  EM_ARM,
	  false,
	  { { PT_LOAD, 512, 0, 0, 0 } },
	  FM_FILE_EMPTY,
	  "fw.elf: offset 0: the ELF file loads no data" },
	{ ET_EXEC,
	  EM_ARM,
	  false,
	  { { PT_LOAD, 1000, 0, 0, 25 } },
	  FM_FILE_FORMAT,
	  "fw.elf: offset 0x34: segment 0: its 25 bytes at offset 0x3e8 lie behind the end" },
	{ ET_EXEC,
	  EM_ARM,
	  false,
	  { { PT_LOAD, 1025, 0, 0, 1 } },
	  FM_FILE_FORMAT,
	  "segment 0: its" },
	{ ET_EXEC, EM_ARM, true, { { PT_LOAD, 512, 0, 0, UINT64_MAX } }, FM_FILE_FORMAT, "is cut" },
	{ ET_EXEC, EM_ARM, true, { { PT_LOAD, UINT64_MAX, 0, 0, 512 } }, FM_FILE_FORMAT, "is cut" },
	{ ET_EXEC,
	  EM_ARM,
	  false,
	  { { PT_LOAD, 512, 0, 0x100, 16 }, { PT_LOAD, 600, 0, 0x10f, 16 } },
	  FM_FILE_OVERLAP,
	  "fw.elf: offset 0x54: segment 1: the byte at 0x0000010f of flash is given twice" },
	{ ET_EXEC,
	  EM_ARM,
	  false,
	  { { PT_LOAD, 512, 0, 0xfffffff0, 17 } },
	  FM_FILE_FORMAT,
	  "segment 0: 17 bytes at 0xfffffff0 go beyond 32-bit addresses" },
	{ ET_EXEC,
	  EM_ARM,
	  true,
	  { { PT_LOAD, 512, 0, 0x100000000, 1 } },
	  FM_FILE_FORMAT,
	  "beyond" },
	{ ET_EXEC, EM_ARM, true, { { PT_LOAD, 512, 0, UINT64_MAX, 2 } }, FM_FILE_FORMAT, "beyond" },
	{ ET_EXEC,
	  EM_AVR,
	  false,
	  { { PT_LOAD, 512, 0, 0x850000, 1 } },
	  FM_FILE_FORMAT,
	  "an AVR has no memory at 0x850000" },
	{ ET_EXEC,
	  EM_AVR,
	  false,
	  { { PT_LOAD, 512, 0, 0x81ffff, 2 } },
	  FM_FILE_FORMAT,
	  "2 bytes at 0x81ffff leave that memory of an AVR" },
	{ ET_EXEC,
	  EM_AVR,
	  false,
	  { { PT_LOAD, 512, 0, 0x840000, 4 } },
	  FM_FILE_FORMAT,
	  "the chip's signature has 4 bytes, not 3" },
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(bad_elfs); i++) {
		const struct bad_elf *bad = &bad_elfs[i];
		struct elf_maker maker = { .wide = bad->wide };
		struct fm_image image;
		struct fm_error err;

		make(&maker, bad->type, bad->machine, bad->parts, FM_COUNT(bad->parts));
		assert_failure(parse(&maker, &image, &err), bad->code);
		if (!strstr(err.text, bad->says))
			fail_msg("%s does not say %s", err.text, bad->says);
		assert_null(image.segments);
	}
}

/* However short a file is cut, it is an error and nothing is read behind its end (ASan). */
static void test_every_cut(void **state)
{
	static const struct elf_part part = { PT_LOAD, 512, 0, 0, 512 };

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		struct elf_maker maker = { .wide = wide };

		make(&maker, ET_EXEC, EM_ARM, &part, 1);
		for (size_t len = SELFMAG; len < maker.len; len++) {
			FM_FREE uint8_t *cut = malloc(len);
			struct fm_image image;
			struct fm_error err;

			assert_non_null(cut);
			memcpy(cut, maker.bytes, len);
			assert_failure(fm_image_parse("cut", cut, len, NULL, &image, &err),
				       FM_FILE_FORMAT);
		}
	}
}

/* A linker may begin the first segment with the ELF header, below the memory's start. */
static void test_elf_header_is_not_written(void **state)
{
	static const struct elf_part part = { PT_LOAD, 0, 0x07fffe00, 0x07fffe00, 640 };
	const size_t shoff = 800, shdr_len = 40;
	struct elf_maker maker = { 0 };
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make(&maker, ET_EXEC, EM_ARM, &part, 1);
	memset(maker.bytes + shoff, 0, 2 * shdr_len);
	put(&maker, 32, shoff, 4);    /* e_shoff */
	put(&maker, 46, shdr_len, 2); /* e_shentsize */
	put(&maker, 48, 2, 2);        /* e_shnum */
	put(&maker, shoff + shdr_len + 4, SHT_PROGBITS, 4);
	put(&maker, shoff + shdr_len + 8, SHF_ALLOC, 4);
	put(&maker, shoff + shdr_len + 16, 512, 4); /* sh_offset */
	put(&maker, shoff + shdr_len + 20, 128, 4); /* sh_size */
	assert_success(parse(&maker, &image, &err));
	assert_int_equal(image.count, 1);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x08000000, maker.bytes + 512, 128);
}

static void test_cannot_be_written(void **state)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct fm_error err;

	(void)state;
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0, "a", 1, &err));
	assert_failure(fm_image_save(&image, &fm_format_elf, "never", false, &err), FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_word_size_and_order),
		cmocka_unit_test(test_avr_spaces),
		cmocka_unit_test(test_other_chips_have_no_avr_spaces),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_elf_header_is_not_written),
		cmocka_unit_test(test_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

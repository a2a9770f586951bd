/* Every definition that is shipped, against tables written by hand from the public figures. */
#include "fixture.h"

#include "base/scope.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void shipped_finding(const char *finding, void *user)
{
	(void)user;
	print_message("# %s\n", finding);
}

static void test_no_file_has_findings(void **state)
{
	struct fixture *fixture = *state;
	const char *const *problems;
	unsigned files = 0;
	struct dirent *file;
	DIR *dir;

	if (fm_catalog_problems(fixture->catalog, &problems) > 0)
		fail_msg("%s", problems[0]);
	dir = opendir(fixture->devices);
	assert_non_null(dir);
	while ((file = readdir(dir))) {
		char path[800];

		if (!strstr(file->d_name, ".xml"))
			continue;
		files++;
		snprintf(path, sizeof(path), "%s/%s", fixture->devices, file->d_name);
		assert_true(fm_catalog_lint(fixture->catalog, path, shipped_finding, NULL));
	}
	closedir(dir);
	assert_true(files >= 3);
}

/* The file that doc/new-device.md shows. */
static void test_example_of_the_documentation(void **state)
{
	struct fixture *fixture = *state;
	FM_TEXT_DONE struct fm_text text = { 0 };
	FM_FCLOSE FILE *file = NULL;
	char line[400], path[600];
	bool inside = false;

	snprintf(path, sizeof(path), "%s/../doc/new-device.md", fixture->devices);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		inside = inside || strstr(line, "<devices format");
		if (inside)
			fm_text_add(&text, line);
		if (inside && strstr(line, "</devices>"))
			break;
	}
	assert_true(inside);
	if (!fixture_lint(fixture, text.data))
		fail_msg("%s", fixture->findings.data);
}

/* Its memory may come from the unit; then somebody must say that not all is known. */
static void shipped_check_usb_loader(const struct fm_device *device, const struct fm_loader *loader)
{
	bool asks = false, takes_uf2;

	for (size_t i = 0; i < loader->enter.count; i++)
		asks = asks || loader->enter.steps[i].kind == FM_STEP_ASK;
	assert_true(asks || loader->help);
	assert_non_null(device->unknown);
	takes_uf2 =
		strcmp(loader->protocol, "uf2") == 0 || strcmp(loader->protocol, "picoboot") == 0;
	assert_int_equal(loader->family_count > 0,
			 takes_uf2 && strcmp(device->id, "generic-uf2") != 0);
}

static void test_every_definition_loads(void **state)
{
	struct fixture *fixture = *state;
	struct fm_error err;

	assert_true(fm_catalog_count(fixture->catalog) > 150);
	for (size_t i = 0; i < fm_catalog_count(fixture->catalog); i++) {
		const struct fm_entry *entry = fm_catalog_entry(fixture->catalog, i);
		FM_DEVICE_DONE struct fm_device device;

		assert_success(fm_catalog_load(fixture->catalog, entry->id, &device, &err));
		assert_string_equal(device.id, entry->id);
		assert_int_equal(device.kind, entry->kind);
		assert_string_equal(device.file, entry->file);
		assert_int_equal(device.line, entry->line);
		if (entry->kind == FM_DEVICE_CHIP && !*entry->family)
			continue; /* there for boards to name */
		assert_true(device.loader_count > 0);
		assert_true(entry->kind == FM_DEVICE_BOARD || device.unknown);
		for (size_t k = 0; k < device.loader_count; k++) {
			const struct fm_loader *loader = &device.loaders[k];
			bool writable = fm_memory_application(&loader->memory);

			if (loader->wire != FM_WIRE_SERIAL) {
				shipped_check_usb_loader(&device, loader);
				continue;
			}
			assert_int_equal(writable,
					 entry->kind != FM_DEVICE_FAMILY && !device.identify_only);
			assert_non_null(loader->help);
			assert_true(loader->enter.count > 0);
			assert_in_range(loader->tries, 2, 10);
		}
	}
}

static void test_every_alias_leads_to_its_definition(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < fm_catalog_count(fixture->catalog); i++) {
		const struct fm_entry *entry = fm_catalog_entry(fixture->catalog, i);

		for (size_t k = 0; k < entry->alias_count; k++)
			assert_ptr_equal(fm_catalog_find(fixture->catalog, entry->aliases[k]),
					 entry);
	}
}

static void test_every_chip_id_leads_to_one_chip(void **state)
{
	struct fixture *fixture = *state;
	const struct fm_entry *found;

	for (size_t i = 0; i < fm_catalog_count(fixture->catalog); i++) {
		const struct fm_entry *entry = fm_catalog_entry(fixture->catalog, i);

		if (entry->kind != FM_DEVICE_CHIP || !*entry->chip_id)
			continue;
		assert_int_equal(fm_catalog_match_chip(fixture->catalog, entry->chip_id_kind,
						       entry->chip_id, &found, 1),
				 1);
		assert_ptr_equal(found, entry);
	}
}

/* name: as a user may type it. */
static const struct {
	const char *name, *id, *pid;
	uint64_t flash_len, page_len;
	unsigned write_len;
	uint64_t ram, ram_end, system, system_end, size_register, unique_id;
	bool no_erase_all;
} shipped_stm32[] = {
	{ "stm32f051x8", "stm32f030x8", "0440", 64 << 10, 1024, 256, 0x20000800, 0x20002000,
	  0x1FFFEC00, 0x1FFFF800, 0x1FFFF7CC, 0, false },
	{ "STM32F030x4", "stm32f030x6", "0444", 32 << 10, 1024, 256, 0x20000800, 0x20001000,
	  0x1FFFEC00, 0x1FFFF800, 0x1FFFF7CC, 0, false },
	{ "stm32f091", "stm32f030xc", "0442", 256 << 10, 2048, 256, 0x20001800, 0x20008000,
	  0x1FFFD800, 0x1FFFF800, 0x1FFFF7CC, 0, false },
	{ "stm32f042x6", "stm32f04x", "0445", 32 << 10, 1024, 256, 0, 0, 0x1FFFC400, 0x1FFFF800,
	  0x1FFFF7CC, 0, false },
	{ "stm32f072xx", "stm32f070xb", "0448", 128 << 10, 2048, 256, 0x20001800, 0x20004000,
	  0x1FFFC800, 0x1FFFF800, 0x1FFFF7CC, 0, false },
	{ "stm32f103x6", "stm32f10x-ld", "0412", 32 << 10, 1024, 256, 0x20000200, 0x20002800,
	  0x1FFFF000, 0x1FFFF800, 0x1FFFF7E0, 0x1FFFF7E8, false },
	{ "stm32f103c8", "stm32f10x-md", "0410", 128 << 10, 1024, 256, 0x20000200, 0x20005000,
	  0x1FFFF000, 0x1FFFF800, 0x1FFFF7E0, 0x1FFFF7E8, false },
	{ "stm32f103xe", "stm32f10x-hd", "0414", 512 << 10, 2048, 256, 0x20000200, 0x20010000,
	  0x1FFFF000, 0x1FFFF800, 0x1FFFF7E0, 0x1FFFF7E8, false },
	{ "stm32f107xx", "stm32f105", "0418", 256 << 10, 2048, 256, 0x20001000, 0x20010000,
	  0x1FFFB000, 0x1FFFF800, 0x1FFFF7E0, 0x1FFFF7E8, false },
	{ "stm32f103xg", "stm32f10x-xl", "0430", 1024 << 10, 2048, 256, 0x20000800, 0x20018000,
	  0x1FFFE000, 0x1FFFF800, 0x1FFFF7E0, 0x1FFFF7E8, false },
	{ "stm32f205", "stm32f2", "0411", 1024 << 10, 16384, 256, 0x20002000, 0x20020000,
	  0x1FFF0000, 0x1FFF7800, 0, 0, false },
	{ "stm32f373xx", "stm32f373", "0432", 256 << 10, 2048, 256, 0x20001400, 0x20008000,
	  0x1FFFD800, 0x1FFFF800, 0x1FFFF7CC, 0x1FFFF7AC, false },
	{ "stm32f303xc", "stm32f302xb", "0422", 256 << 10, 2048, 256, 0x20001400, 0x2000A000,
	  0x1FFFD800, 0x1FFFF800, 0x1FFFF7CC, 0x1FFFF7AC, false },
	{ "stm32f407xx", "stm32f40x", "0413", 1024 << 10, 16384, 256, 0x20003000, 0x20020000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f429", "stm32f42x", "0419", 2048 << 10, 16384, 256, 0x20003000, 0x20030000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f401xc", "stm32f401xb", "0423", 256 << 10, 16384, 256, 0x20003000, 0x20010000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f401xe", "stm32f401xd", "0433", 512 << 10, 16384, 256, 0x20003000, 0x20018000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f410", "stm32f410", "0458", 128 << 10, 16384, 256, 0x20003000, 0x20008000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f446re", "stm32f446", "0421", 512 << 10, 16384, 256, 0x20003000, 0x20020000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f413xx", "stm32f413", "0463", 1536 << 10, 16384, 256, 0x20003000, 0x20050000,
	  0x1FFF0000, 0x1FFF7800, 0x1FFF7A22, 0x1FFF7A10, false },
	{ "stm32f722", "stm32f72x", "0452", 512 << 10, 16384, 256, 0x20004000, 0x20040000,
	  0x1FF00000, 0x1FF0EDC0, 0, 0, false },
	{ "stm32f746", "stm32f74x", "0449", 1024 << 10, 32768, 256, 0x20004000, 0x20050000,
	  0x1FF00000, 0x1FF0EDC0, 0x1FF0F442, 0x1FF0F420, false },
	{ "stm32h743", "stm32h74x", "0450", 2048 << 10, 131072, 256, 0x20004100, 0x20020000,
	  0x1FF00000, 0x1FF1E800, 0x1FF1E880, 0x1FF1E800, false },
	{ "stm32l011", "stm32l01x", "0457", 16 << 10, 128, 128, 0, 0, 0x1FF00000, 0x1FF01000,
	  0x1FF8007C, 0x1FF80050, true },
	{ "stm32l073", "stm32l07x", "0447", 192 << 10, 128, 128, 0x20002000, 0x20005000, 0x1FF00000,
	  0x1FF02000, 0x1FF8007C, 0x1FF80050, true },
	{ "stm32l152xb", "stm32l1xxx6", "0416", 128 << 10, 256, 128, 0x20000800, 0x20004000,
	  0x1FF00000, 0x1FF02000, 0, 0, true },
	{ "stm32l151xe", "stm32l1xxxe", "0437", 512 << 10, 256, 128, 0x20001000, 0x20014000,
	  0x1FF00000, 0x1FF02000, 0, 0, true },
	{ "stm32l432kc", "stm32l43x", "0435", 256 << 10, 2048, 256, 0x20003100, 0x2000C000,
	  0x1FFF0000, 0x1FFF7000, 0x1FFF75E0, 0x1FFF7590, false },
	{ "stm32l476", "stm32l47x", "0415", 1024 << 10, 2048, 256, 0x20003100, 0x20018000,
	  0x1FFF0000, 0x1FFF7000, 0x1FFF75E0, 0x1FFF7590, false },
	{ "stm32g031", "stm32g03x", "0466", 64 << 10, 2048, 256, 0x20001000, 0x20002000, 0x1FFF0000,
	  0x1FFF2000, 0x1FFF75E0, 0x1FFF7590, false },
	{ "stm32g051", "stm32g05x", "0456", 64 << 10, 2048, 256, 0x20001000, 0x20002000, 0x1FFF0000,
	  0x1FFF2000, 0x1FFF75E0, 0x1FFF7590, false },
	/* bank 1 of two, the numbers of whose pages nobody tells */
	{ "stm32g0b1", "stm32g0bx", "0467", 256 << 10, 2048, 256, 0x20004000, 0x20020000,
	  0x1FFF0000, 0x1FFF7000, 0x1FFF75E0, 0x1FFF7590, false },
	{ "stm32g474", "stm32g47x", "0469", 256 << 10, 2048, 256, 0x20004000, 0x20018000,
	  0x1FFF0000, 0x1FFF7000, 0x1FFF75E0, 0x1FFF7590, false },
	{ "stm32wb55", "stm32wb55", "0495", 1024 << 10, 4096, 256, 0x20004000, 0x2000C000,
	  0x1FFF0000, 0x1FFF7000, 0, 0, false },
	{ "stm32wl55", "stm32wl5x", "0497", 256 << 10, 2048, 256, 0x20002000, 0x20010000,
	  0x1FFF0000, 0x1FFF4000, 0x1FFF75E0, 0x1FFF7590, false },
	{ "bluenrg-1", "bluenrg-1", "0003", 160 << 10, 2048, 256, 0x20000000, 0x20006000,
	  0x10000000, 0x10000800, 0, 0, false },
};

static void shipped_check_range(const struct fm_memory *memory, const char *name, uint64_t addr,
				uint64_t end)
{
	const struct fm_region *region = fm_memory_named(memory, name);

	if (!addr) {
		assert_null(region);
		return;
	}
	assert_non_null(region);
	assert_int_equal(region->range.addr, addr);
	assert_int_equal(region->range.addr + region->range.len, end);
	assert_int_equal(region->flags, FM_REGION_PROTECTED);
}

static void test_stm32_geometry(void **state)
{
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(shipped_stm32); i++) {
		FM_DEVICE_DONE struct fm_device device;
		const struct fm_region *flash;
		const struct fm_loader *loader;
		bool no_parity = strcmp(shipped_stm32[i].id, "bluenrg-1") == 0;

		assert_success(
			fm_catalog_load(fixture->catalog, shipped_stm32[i].name, &device, &err));
		assert_string_equal(device.id, shipped_stm32[i].id);
		assert_int_equal(device.kind, FM_DEVICE_CHIP);
		assert_false(device.identify_only);
		loader = &device.loaders[0];
		assert_string_equal(loader->protocol, "stm32-uart");
		assert_int_equal(loader->line.parity, no_parity ? FM_PARITY_NONE : FM_PARITY_EVEN);
		assert_int_equal(loader->params.values[0], 1);
		assert_int_equal(loader->chip_id_count, 1);
		assert_string_equal(loader->chip_ids[0], shipped_stm32[i].pid);
		flash = fm_memory_application(&loader->memory);
		assert_non_null(flash);
		assert_int_equal(flash->range.addr, no_parity ? 0x10040000 : 0x08000000);
		assert_int_equal(flash->range.len, shipped_stm32[i].flash_len);
		assert_int_equal(flash->runs[0].size, shipped_stm32[i].page_len);
		assert_int_equal(flash->write_len, shipped_stm32[i].write_len);
		shipped_check_range(&loader->memory, "ram", shipped_stm32[i].ram,
				    shipped_stm32[i].ram_end);
		shipped_check_range(&loader->memory, "system", shipped_stm32[i].system,
				    shipped_stm32[i].system_end);
		assert_int_equal(loader->size_register.addr, shipped_stm32[i].size_register);
		assert_int_equal(loader->size_register.len, shipped_stm32[i].size_register ? 2 : 0);
		assert_int_equal(loader->unique_id.addr, shipped_stm32[i].unique_id);
		assert_int_equal(loader->unique_id.len, shipped_stm32[i].unique_id ? 12 : 0);
		assert_int_equal(loader->no_erase_all, shipped_stm32[i].no_erase_all);
	}
}

static void test_stm32_erase_blocks(void **state)
{
	static const struct {
		const char *id;
		uint64_t addr;
		unsigned number;
		uint64_t start, len;
	} blocks[] = {
		{ "stm32f10x-md", 0x080007FF, 1, 0x08000400, 1 << 10 },
		{ "stm32f401xb", 0x08000000, 0, 0x08000000, 16 << 10 },
		{ "stm32f401xb", 0x08010000, 4, 0x08010000, 64 << 10 },
		{ "stm32f401xb", 0x0803FFFF, 5, 0x08020000, 128 << 10 },
		{ "stm32f40x", 0x080E0000, 11, 0x080E0000, 128 << 10 },
		{ "stm32f410", 0x0801FFFF, 4, 0x08010000, 64 << 10 },
		{ "stm32f413", 0x08160000, 15, 0x08160000, 128 << 10 },
		/* bank 2 starts anew: sector 12 */
		{ "stm32f42x", 0x080E0000, 11, 0x080E0000, 128 << 10 },
		{ "stm32f42x", 0x08100000, 12, 0x08100000, 16 << 10 },
		{ "stm32f42x", 0x08110000, 16, 0x08110000, 64 << 10 },
		{ "stm32f42x", 0x081FFFFF, 23, 0x081E0000, 128 << 10 },
		{ "stm32f469", 0x08104000, 13, 0x08104000, 16 << 10 },
		{ "stm32f74x", 0x08018000, 3, 0x08018000, 32 << 10 },
		{ "stm32f74x", 0x08020000, 4, 0x08020000, 128 << 10 },
		{ "stm32f74x", 0x080FFFFF, 7, 0x080C0000, 256 << 10 },
		{ "stm32f76x", 0x081C0000, 11, 0x081C0000, 256 << 10 },
		{ "stm32h74x", 0x08100000, 8, 0x08100000, 128 << 10 },
		{ "stm32l05x", 0x0800FFFF, 511, 0x0800FF80, 128 },
		{ "stm32l1xxxd", 0x08000100, 1, 0x08000100, 256 },
		{ "stm32wb55", 0x08001000, 1, 0x08001000, 4 << 10 },
		{ "stm32u575", 0x08002000, 1, 0x08002000, 8 << 10 },
	};
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(blocks); i++) {
		FM_DEVICE_DONE struct fm_device device;
		struct fm_block block;

		assert_success(fm_catalog_load(fixture->catalog, blocks[i].id, &device, &err));
		assert_true(fm_region_block_at(fm_memory_application(&device.loaders[0].memory),
					       blocks[i].addr, &block));
		assert_int_equal(block.number, blocks[i].number);
		assert_int_equal(block.range.addr, blocks[i].start);
		assert_int_equal(block.range.len, blocks[i].len);
	}
}

static void test_stm32_option_bytes(void **state)
{
	static const struct {
		const char *id;
		uint64_t addr, last, addr2, last2;
	} options[] = {
		{ "stm32f10x-md", 0x1FFFF800, 0x1FFFF80F, 0, 0 },
		{ "stm32f40x", 0x1FFFC000, 0x1FFFC00F, 0, 0 },
		{ "stm32f42x", 0x1FFFC000, 0x1FFFC00F, 0x1FFEC000, 0x1FFEC00F },
		{ "stm32f74x", 0x1FFF0000, 0x1FFF001F, 0, 0 },
		{ "stm32h74x", 0, 0, 0, 0 },
		{ "stm32l1xxxd", 0x1FF80000, 0x1FF8009F, 0, 0 },
		{ "stm32l43x", 0x1FFF7800, 0x1FFF780F, 0, 0 },
		{ "stm32l496", 0x1FFF7800, 0x1FFF780F, 0x1FFFF800, 0x1FFFF80F },
		{ "stm32g07x", 0x1FFF7800, 0x1FFF787F, 0, 0 },
		{ "stm32g43x", 0x1FFF7800, 0x1FFF782F, 0, 0 },
		{ "stm32wl5x", 0x1FFF7800, 0x1FFF7FFF, 0, 0 },
		{ "stm32w-128k", 0x08040800, 0x0804080F, 0, 0 },
	};
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(options); i++) {
		FM_DEVICE_DONE struct fm_device device;
		const struct fm_memory *memory = &device.loaders[0].memory;

		assert_success(fm_catalog_load(fixture->catalog, options[i].id, &device, &err));
		shipped_check_range(memory, "option", options[i].addr, options[i].last + 1);
		shipped_check_range(memory, "option-bank2", options[i].addr2, options[i].last2 + 1);
	}
}

static void test_chips_of_unknown_geometry_are_only_identified(void **state)
{
	static const char *const ids[] = {
		"stm32l4rx",  "stm32c011",  "stm32c031",  "stm32u535",    "stm32h503",
		"stm32u595",  "stm32h563",  "stm32wba52", "w7500",        "attiny85",
		"atmega4809", "avr128da48", "attiny412",  "atxmega128a1", "atmega48",
	};
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(ids); i++) {
		FM_DEVICE_DONE struct fm_device device;

		assert_success(fm_catalog_load(fixture->catalog, ids[i], &device, &err));
		assert_true(device.identify_only);
		assert_true(device.loader_count > 0);
		assert_non_null(device.unknown);
	}
}

static const struct {
	const char *name, *signature;
	uint64_t application_len, flash_len;
	unsigned page_len;
	uint64_t eeprom_len;
	unsigned eeprom_page_len;
} shipped_avr[] = {
	{ "atmega8", "1e9307", 6144, 8192, 64, 512, 4 },
	{ "m8a", "1e9307", 6144, 8192, 64, 512, 4 },
	{ "atmega88pb", "1e9316", 6144, 8192, 64, 512, 4 },
	{ "atmega168", "1e9406", 14336, 16384, 128, 512, 4 },
	{ "m168pa", "1e940b", 14336, 16384, 128, 512, 4 },
	{ "atmega328", "1e9514", 28672, 32768, 128, 1024, 4 },
	{ "m328p", "1e950f", 28672, 32768, 128, 1024, 4 },
	{ "atmega32", "1e9502", 28672, 32768, 128, 1024, 4 },
	{ "atmega64", "1e9602", 57344, 65536, 256, 2048, 8 },
	{ "atmega644p", "1e960a", 57344, 65536, 256, 2048, 8 },
	{ "atmega1284p", "1e9705", 122880, 131072, 256, 4096, 8 },
	{ "atmega1280", "1e9703", 122880, 131072, 256, 4096, 8 },
	/* what stk500v2 can erase */
	{ "atmega2560", "1e9801", 245760, 262144, 256, 4096, 8 },
	{ "atmega16u2", "1e9489", 12288, 16384, 128, 512, 4 },
	{ "atmega32u4", "1e9587", 28672, 32768, 128, 1024, 4 },
	{ "atmega256rfr2", "1ea802", 253952, 262144, 256, 8192, 8 },
	{ "at90usb1287", "1e9782", 122880, 131072, 256, 4096, 8 },
	{ "attiny828", "1e9314", 6144, 8192, 64, 256, 4 },
};

static void test_avr_geometry(void **state)
{
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(shipped_avr); i++) {
		FM_DEVICE_DONE struct fm_device device;
		const struct fm_memory *memory = &device.loaders[1].memory;
		const struct fm_region *application, *eeprom;

		assert_success(
			fm_catalog_load(fixture->catalog, shipped_avr[i].name, &device, &err));
		assert_int_equal(device.loader_count, 4);
		assert_string_equal(device.loaders[1].chip_ids[0], shipped_avr[i].signature);
		application = fm_memory_application(memory);
		assert_non_null(application);
		assert_string_equal(application->name, "application");
		assert_int_equal(application->range.addr, 0);
		assert_int_equal(application->range.len, shipped_avr[i].application_len);
		assert_int_equal(application->write_len, shipped_avr[i].page_len);
		shipped_check_range(memory, "bootloader", shipped_avr[i].application_len,
				    shipped_avr[i].flash_len);
		eeprom = fm_memory_named(memory, "eeprom");
		assert_non_null(eeprom);
		assert_int_equal(eeprom->range.space, FM_SPACE_EEPROM);
		assert_int_equal(eeprom->range.len, shipped_avr[i].eeprom_len);
		assert_int_equal(eeprom->write_len, shipped_avr[i].eeprom_page_len);
		assert_int_equal(eeprom->flags, FM_REGION_CONFIG);
	}
}

/* eeprom: the loader can reach it. */
static const struct {
	const char *name, *id;
	size_t loader, loaders;
	const char *protocol;
	unsigned baud;
	const char *chip;
	uint64_t application_len, bootloader_len;
	bool eeprom;
} shipped_boards[] = {
	{ "uno", "arduino-uno", 0, 1, "stk500v1", 115200, "atmega328p", 32256, 512, false },
	{ "arduino-uno-mini", "arduino-uno-mini", 0, 1, "stk500v1", 115200, "atmega328p", 32256,
	  512, false },
	{ "arduino-duemilanove", "arduino-diecimila", 0, 2, "stk500v1", 57600, "atmega328p", 30720,
	  2048, true },
	{ "arduino-diecimila", "arduino-diecimila", 1, 2, "stk500v1", 19200, "atmega168", 14336,
	  2048, true },
	{ "arduino-nano", "arduino-nano", 0, 3, "stk500v1", 115200, "atmega328p", 30720, 2048,
	  false },
	{ "arduino-nano", "arduino-nano", 1, 3, "stk500v1", 57600, "atmega328p", 30720, 2048,
	  true },
	{ "arduino-nano", "arduino-nano", 2, 3, "stk500v1", 19200, "atmega168", 14336, 2048, true },
	{ "arduino-mega", "arduino-mega2560", 0, 1, "stk500v2", 115200, "atmega2560", 245760, 16384,
	  false },
	{ "arduino-mega-adk", "arduino-mega-adk", 0, 1, "stk500v2", 115200, "atmega2560", 245760,
	  16384, false },
	{ "arduino-mega1280", "arduino-mega1280", 0, 1, "stk500v1", 57600, "atmega1280", 126976,
	  4096, true },
	{ "arduino-pro-mini", "arduino-pro", 0, 2, "stk500v1", 57600, "atmega328p", 30720, 2048,
	  true },
	{ "arduino-fio", "arduino-fio", 0, 1, "stk500v1", 57600, "atmega328p", 30720, 2048, true },
	{ "arduino-mini", "arduino-mini", 0, 2, "stk500v1", 115200, "atmega328p", 28672, 4096,
	  false },
	{ "arduino-ethernet", "arduino-ethernet", 0, 1, "stk500v1", 115200, "atmega328p", 32256,
	  512, false },
	{ "arduino-lilypad", "arduino-lilypad", 1, 2, "stk500v1", 19200, "atmega168", 14336, 2048,
	  true },
	{ "arduino-bt", "arduino-bt", 0, 2, "stk500v1", 19200, "atmega328p", 28672, 4096, true },
	{ "arduino-ng", "arduino-ng", 1, 2, "stk500v1", 19200, "atmega8", 7168, 1024, false },
};

static void test_board_loaders(void **state)
{
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(shipped_boards); i++) {
		FM_DEVICE_DONE struct fm_device device;
		const struct fm_loader *loader = &device.loaders[shipped_boards[i].loader];
		uint64_t flash_len =
			shipped_boards[i].application_len + shipped_boards[i].bootloader_len;

		assert_success(
			fm_catalog_load(fixture->catalog, shipped_boards[i].name, &device, &err));
		assert_string_equal(device.id, shipped_boards[i].id);
		assert_int_equal(device.kind, FM_DEVICE_BOARD);
		assert_int_equal(device.loader_count, shipped_boards[i].loaders);
		assert_null(device.unknown);
		assert_string_equal(loader->protocol, shipped_boards[i].protocol);
		assert_int_equal(loader->line.baud, shipped_boards[i].baud);
		assert_string_equal(loader->chip, shipped_boards[i].chip);
		assert_int_equal(fm_memory_application(&loader->memory)->range.len,
				 shipped_boards[i].application_len);
		shipped_check_range(&loader->memory, "bootloader",
				    shipped_boards[i].application_len, flash_len);
		assert_int_equal(fm_memory_named(&loader->memory, "eeprom") != NULL,
				 shipped_boards[i].eeprom);
		assert_int_equal(loader->params.values[0], shipped_boards[i].eeprom);
	}
}

static void test_reset_pulse_of_the_uno(void **state)
{
	static const struct fm_step pulse[] = {
		{ .kind = FM_STEP_LINES, .lines = FM_LINE_DTR | FM_LINE_RTS },
		{ .kind = FM_STEP_WAIT, .ms = 250 },
		{ .kind = FM_STEP_LINES,
		  .lines = FM_LINE_DTR | FM_LINE_RTS,
		  .on = FM_LINE_DTR | FM_LINE_RTS },
		{ .kind = FM_STEP_LINES, .lines = FM_LINE_DTR | FM_LINE_RTS },
		{ .kind = FM_STEP_WAIT, .ms = 100 },
		{ .kind = FM_STEP_DISCARD },
	};
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	assert_success(fm_catalog_load(fixture->catalog, "arduino-uno", &device, &err));
	assert_int_equal(device.loaders[0].enter.count, FM_COUNT(pulse));
	for (size_t i = 0; i < FM_COUNT(pulse); i++) {
		const struct fm_step *step = &device.loaders[0].enter.steps[i];

		assert_int_equal(step->kind, pulse[i].kind);
		assert_int_equal(step->lines, pulse[i].lines);
		assert_int_equal(step->on, pulse[i].on);
		assert_int_equal(step->ms, pulse[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_file_has_findings),
		cmocka_unit_test(test_example_of_the_documentation),
		cmocka_unit_test(test_every_definition_loads),
		cmocka_unit_test(test_every_alias_leads_to_its_definition),
		cmocka_unit_test(test_every_chip_id_leads_to_one_chip),
		cmocka_unit_test(test_stm32_geometry),
		cmocka_unit_test(test_stm32_erase_blocks),
		cmocka_unit_test(test_stm32_option_bytes),
		cmocka_unit_test(test_chips_of_unknown_geometry_are_only_identified),
		cmocka_unit_test(test_avr_geometry),
		cmocka_unit_test(test_board_loaders),
		cmocka_unit_test(test_reset_pulse_of_the_uno),
	};

	return cmocka_run_group_tests(tests, fixture_setup_shipped, fixture_teardown);
}

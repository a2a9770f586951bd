#include "paper-rig.h"

#include "base/scope.h"

#include <string.h>

void paper_memory(struct fm_memory *memory)
{
	static const struct fm_region regions[] = {
		{ .name = "application",
		  .range = { FM_SPACE_FLASH, FLASH_BASE, 0x4000 },
		  .runs = { { 1024, 1 } },
		  .run_count = 1,
		  .write_len = 256,
		  .flags = FM_REGION_WRITE },
		{ .name = "settings",
		  .range = { FM_SPACE_FLASH, FLASH_BASE + 0x4000, 0x400 },
		  .runs = { { 1024, 1 } },
		  .run_count = 1,
		  .first_block = 16,
		  .write_len = 256,
		  .flags = FM_REGION_CONFIG },
		{ .name = "bootloader",
		  .range = { FM_SPACE_FLASH, FLASH_BASE + 0x4400, 0xc00 },
		  .write_len = 256,
		  .flags = FM_REGION_PROTECTED },
		{ .name = "eeprom",
		  .range = { FM_SPACE_EEPROM, 0, 512 },
		  .write_len = 4,
		  .flags = FM_REGION_WRITE },
		{ .name = "sram", .range = { FM_SPACE_RAM, 0x20000000, 0x5000 }, .write_len = 4 },
		{ .name = "data",
		  .range = { FM_SPACE_ALT1, 0x100, 0x400 },
		  .write_len = 256,
		  .flags = FM_REGION_WRITE },
	};
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(regions); i++)
		assert_success(fm_memory_add(memory, &regions[i], &err));
}

void paper_requires(struct fm_component *component, enum fm_requirement_kind kind,
		    enum fm_compare compare, const char *version)
{
	struct fm_requirement *requirement =
		&component->requirements[component->requirement_count++];

	requirement->kind = kind;
	requirement->compare = compare;
	strcpy(requirement->version, version);
	strcpy(requirement->text, "what is required");
}

int paper_setup(void **state)
{
	static struct paper_rig rig;
	struct fm_error err;

	rig = (struct paper_rig){ .device.vendor = "Acme Corp" };
	fm_image_init(&rig.image);
	rig.image.format = "ihex";
	assert_success(fm_image_add(&rig.image, FM_SPACE_FLASH, 0, "data", 4, &err));
	rig.input = (struct fm_verdict_input){ .device = &rig.device,
					       .loader = &rig.loader,
					       .image = &rig.image,
					       .identity = &rig.identity,
					       .plan_error = &rig.plan_error,
					       .version_running = "",
					       .version_file = "",
					       .version_expected = "" };
	*state = &rig;
	return 0;
}

int paper_teardown(void **state)
{
	struct paper_rig *rig = *state;

	fm_image_done(&rig->image);
	return 0;
}

const struct fm_rule_result *paper_rule(struct paper_rig *rig, const char *rule)
{
	rig->count = fm_verdict_make(&rig->input, rig->rules);
	assert_true(rig->count <= FM_RULES_MOST);
	for (size_t i = 0; i < rig->count; i++) {
		if (strcmp(rig->rules[i].rule, rule) == 0)
			return &rig->rules[i];
	}
	return NULL;
}

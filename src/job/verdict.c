#include "job/verdict.h"

#include "base/bytes.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef void rule_function(const struct fm_verdict_input *input, struct fm_rule_result *ret);

static void rule_is(struct fm_rule_result *ret, enum fm_verdict verdict, enum fm_code code)
{
	ret->verdict = verdict;
	ret->code = code;
}

static void rule_model(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	fm_text_copy(ret->file_says, sizeof(ret->file_says), "nothing about a model");
	if (input->device->identify_only) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     input->device->unknown ? input->device->unknown
						    : "geometry not known");
		rule_is(ret, FM_BLOCKED, FM_UNSUPPORTED);
	} else if (input->device->unknown) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), input->device->unknown);
		rule_is(ret, FM_WARN, FM_OK);
	} else {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), input->device->name);
	}
}

static void rule_chip(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *unit = fm_identity_value(input->identity, FM_FACT_CHIP_ID);
	const char *file = input->image->chip_id;

	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s, %.60s", unit,
		 input->loader->chip_name);
	fm_text_copy(ret->file_says, sizeof(ret->file_says), *file ? file : "nothing about a chip");
	if (*file && strcmp(file, unit) != 0)
		rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

static void rule_protection(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *protection = fm_identity_value(input->identity, FM_FACT_PROTECTION);

	fm_text_copy(ret->file_says, sizeof(ret->file_says), "needs to be written");
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
		     *protection ? protection : "tells of no protection");
	if (input->locked)
		rule_is(ret, FM_BLOCKED, FM_READ_PROTECTED);
}

static void rule_file(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_image *image = input->image;

	snprintf(ret->file_says, sizeof(ret->file_says), "%s%s, %" PRIu64 " bytes in %zu segment%s",
		 image->format, image->compressed ? " (gzip)" : "", fm_image_total(image),
		 image->count, image->count == 1 ? "" : "s");
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says), "-");
	if (strcmp(image->format, "raw") == 0) {
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "a raw file says nothing about where it belongs");
		rule_is(ret, FM_WARN, FM_OK);
	}
}

static void rule_memory(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_region *application = fm_memory_application(&input->loader->memory);
	const struct fm_segment *first = &input->image->segments[0];
	const struct fm_segment *last = &input->image->segments[input->image->count - 1];

	snprintf(ret->file_says, sizeof(ret->file_says), "%s 0x%08" PRIx64 "-0x%08" PRIx64,
		 fm_space_name(first->range.space), first->range.addr,
		 last->range.addr + last->range.len - 1);
	if (application)
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "'%s' is %s 0x%08" PRIx64 "-0x%08" PRIx64, application->name,
			 fm_space_name(application->range.space), application->range.addr,
			 application->range.addr + application->range.len - 1);
	if (input->plan_error->code != FM_OK)
		rule_is(ret, FM_BLOCKED, input->plan_error->code);
}

/* An ARM Cortex-M starts with its stack pointer and the address of its first instruction. */
static void rule_start(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_region *application = fm_memory_application(&input->loader->memory);
	const struct fm_region *stack;
	uint8_t words[8];
	uint32_t pointer, entry;
	struct fm_range range;

	fm_text_copy(ret->file_says, sizeof(ret->file_says), "-");
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says), "-");
	if (!application || strcmp(input->loader->protocol, "stm32-uart") != 0)
		return;
	range = (struct fm_range){ application->range.space, application->range.addr,
				   sizeof(words) };
	if (fm_image_get(input->image, &range, 0xff, words) < sizeof(words))
		return;
	pointer = fm_get_le32(words);
	entry = fm_get_le32(words + 4);
	snprintf(ret->file_says, sizeof(ret->file_says),
		 "stack 0x%08" PRIx32 ", start 0x%08" PRIx32, pointer, entry);
	stack = fm_memory_at(&input->loader->memory, FM_SPACE_RAM, pointer - 1);
	range = (struct fm_range){ application->range.space, entry & ~1u, 1 };
	if ((stack || (pointer & 0xfff00000) == 0x20000000) && (entry & 1) &&
	    fm_range_contains(&application->range, &range))
		return;
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
		     "this is no vector table for this chip: it will not start");
	rule_is(ret, FM_WARN, FM_OK);
}

static void rule_version(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *file = input->version_file, *running = input->version_running;

	fm_text_copy(ret->file_says, sizeof(ret->file_says),
		     *file ? file : "nothing about its version");
	if (*input->version_expected && *file && strcmp(file, input->version_expected) != 0) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "%s was asked for",
			 input->version_expected);
		rule_is(ret, FM_BLOCKED, FM_BLOCKED_VERSION);
		return;
	}
	snprintf(ret->unit_says, sizeof(ret->unit_says),
		 *running ? "runs %s" : "running version not known%s", running);
	if (*file && strcmp(file, running) == 0) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: the same version",
			 running);
		rule_is(ret, FM_WARN, FM_OK);
	}
}

size_t fm_verdict_make(const struct fm_verdict_input *input,
		       struct fm_rule_result ret[FM_RULES_MOST])
{
	static const struct {
		const char *name;
		rule_function *check;
	} rules[] = {
		{ "model", rule_model },           { "chip", rule_chip },
		{ "protection", rule_protection }, { "file", rule_file },
		{ "memory", rule_memory },         { "start", rule_start },
		{ "version", rule_version },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		ret[i] = (struct fm_rule_result){ .verdict = FM_FITS };
		fm_text_copy(ret[i].rule, sizeof(ret[i].rule), rules[i].name);
		rules[i].check(input, &ret[i]);
	}
	return sizeof(rules) / sizeof(rules[0]);
}

enum fm_verdict fm_verdict_of(const struct fm_rule_result *rules, size_t count)
{
	enum fm_verdict worst = FM_FITS;

	for (size_t i = 0; i < count; i++) {
		if (rules[i].verdict > worst)
			worst = rules[i].verdict;
	}
	return worst;
}

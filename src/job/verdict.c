#include "job/verdict.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/header.h"
#include "image/uf2_family.h"
#include "job/verdict_rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A rule that leaves file_says empty has nothing to say of this file and unit. */
typedef void rule_function(const struct fm_verdict_input *input, struct fm_rule_result *ret);

static void rule_model(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	fm_text_copy(ret->file_says, sizeof(ret->file_says), "nothing about a model");
	if (input->device->identify_only) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     input->device->unknown ? input->device->unknown
						    : "geometry not known");
		fm_rule_is(ret, FM_BLOCKED, FM_UNSUPPORTED);
	} else if (input->device->unknown) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), input->device->unknown);
		fm_rule_is(ret, FM_WARN, FM_OK);
	} else {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), input->device->name);
	}
}

/* A loader that tells no chip, but takes UF2 files for it, is in that chip. */
static bool rule_takes_chip(const struct fm_loader *loader, const char *chip_id)
{
	uint32_t family = fm_esp_family(chip_id);

	for (size_t i = 0; family && i < loader->family_count; i++) {
		if (loader->families[i] == family)
			return true;
	}
	return false;
}

static void rule_chip(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *unit = fm_identity_value(input->identity, FM_FACT_CHIP_ID);
	const char *file = input->image->chip_id;

	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s%s%.60s",
		 *unit ? unit : "tells no chip id", *input->loader->chip_name ? ", " : "",
		 input->loader->chip_name);
	fm_text_copy(ret->file_says, sizeof(ret->file_says), *file ? file : "nothing about a chip");
	if (*file && (*unit ? strcmp(file, unit) != 0 : !rule_takes_chip(input->loader, file)))
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

static enum fm_order rule_revision_order(const char *unit, unsigned revision)
{
	char wanted[24];

	snprintf(wanted, sizeof(wanted), "%u.%u", revision / 100, revision % 100);
	return fm_version_compare(unit, wanted, FM_VERSION_PAIR);
}

/* An older chip lacks what the image counts on, and hangs or damages nothing but time; where the
 * unit can't tell its revision, a person may know it. */
static void rule_chip_revision(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *unit = fm_identity_value(input->identity, FM_FACT_CHIP_REVISION);
	unsigned least = input->image->least_revision, most = input->image->most_revision;
	struct fm_text file FM_TEXT_DONE = { 0 };

	if (least == 0 && most == 0)
		return;
	fm_text_add(&file, "for revision");
	if (least)
		fm_text_addf(&file, " %u.%u", least / 100, least % 100);
	if (most)
		fm_text_addf(&file, "%s to %u.%u", least ? "" : " up", most / 100, most % 100);
	fm_text_addf(&file, "%s of the chip", most ? "" : " and later");
	fm_text_copy(ret->file_says, sizeof(ret->file_says), file.data);
	snprintf(ret->unit_says, sizeof(ret->unit_says),
		 *unit ? "is revision %s"
		       : "does not tell the revision of "
			 "its chip%s",
		 unit);
	if (*unit && ((least && rule_revision_order(unit, least) == FM_ORDER_OLDER) ||
		      (most && rule_revision_order(unit, most) == FM_ORDER_NEWER)))
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
	else if (!*unit && least)
		fm_rule_is(ret, FM_WARN, FM_OK);
}

static void rule_protection(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *protection = fm_identity_value(input->identity, FM_FACT_PROTECTION);

	fm_text_copy(ret->file_says, sizeof(ret->file_says), "needs to be written");
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
		     *protection ? protection : "tells of no protection");
	if (input->locked)
		fm_rule_is(ret, FM_BLOCKED, FM_READ_PROTECTED);
}

static void rule_file(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_image *image = input->image;

	snprintf(ret->file_says, sizeof(ret->file_says), "%s%s, %" PRIu64 " bytes in %zu segment%s",
		 image->format, image->compressed ? " (gzip)" : "", fm_image_total(image),
		 image->count, image->count == 1 ? "" : "s");
	snprintf(ret->unit_says, sizeof(ret->unit_says), *image->note ? "the file %s" : "-%s",
		 image->note);
	if (strcmp(image->format, "raw") == 0) {
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "a raw file says nothing about where it belongs");
		fm_rule_is(ret, FM_WARN, FM_OK);
	}
}

/* A DFU suffix names VID, PID and release of the unit that the file is for. The release is the
 * firmware's own version: another one is no reason against it. */
static bool rule_usb_fits(const struct fm_image_target *file, int vid, int pid)
{
	return vid >= 0 && (file->vid == 0xffff || file->vid == vid) &&
	       (file->pid == 0xffff || pid < 0 || file->pid == pid);
}

static void rule_suffix(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_image_target *file = &input->image->usb;
	const struct fm_usb_device *attached = input->attached;
	struct fm_text unit FM_TEXT_DONE = { 0 };
	bool fits = attached && rule_usb_fits(file, attached->vid, attached->pid);

	if (!file->has_usb)
		return;
	snprintf(ret->file_says, sizeof(ret->file_says), "for USB %04x:%04x", file->vid, file->pid);
	if (file->vid == 0xffff && file->pid == 0xffff)
		fm_text_copy(ret->file_says, sizeof(ret->file_says), "for any USB unit");
	if (attached)
		fm_text_addf(&unit, "is %04x:%04x", attached->vid, attached->pid);
	for (size_t i = 0; i < input->usb_count; i++) {
		const struct fm_usb_match *match = &input->usb[i];

		fits |= rule_usb_fits(file, match->vid, match->pid);
		if (match->vid < 0)
			continue;
		fm_text_addf(&unit, "%s%04x:", unit.len ? ", " : "", (unsigned)match->vid);
		fm_text_addf(&unit, match->pid < 0 ? "any" : "%04x", (unsigned)match->pid);
	}
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
		     unit.len ? unit.data : "its USB identity is not known");
	/* A unit that is only known by its serial line can't contradict the file. */
	if (file->vid == 0xffff && file->pid == 0xffff)
		return;
	if (!unit.len)
		fm_rule_is(ret, FM_WARN, FM_OK);
	else if (!fits)
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

bool fm_verdict_family(const struct fm_loader *loader, const struct fm_image *image,
		       uint32_t *ret_family)
{
	for (size_t i = 0; i < loader->family_count; i++) {
		for (size_t k = 0; k < image->family_count; k++) {
			if (image->families[k] == loader->families[i]) {
				*ret_family = loader->families[i];
				return true;
			}
		}
	}
	if (loader->family_count > 0 || image->family_count != 1)
		return false;
	*ret_family = image->families[0];
	return true;
}

static void rule_family(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_loader *loader = input->loader;
	const struct fm_image *image = input->image;
	struct fm_text file FM_TEXT_DONE = { 0 }, unit FM_TEXT_DONE = { 0 };
	uint32_t family;

	if (image->family_count == 0 && loader->wire == FM_WIRE_VOLUME &&
	    loader->family_count == 0) {
		fm_text_copy(ret->file_says, sizeof(ret->file_says), "names no family of chips");
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     "the family that it takes is not known: no block can name it");
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
		return;
	}
	if (image->family_count == 0 &&
	    (loader->family_count == 0 || strcmp(image->format, "uf2") != 0))
		return;
	fm_text_add(&file, "for ");
	fm_uf2_family_list(&file, image->families, image->family_count);
	fm_text_copy(ret->file_says, sizeof(ret->file_says),
		     image->family_count ? file.data : "names no family of chips");
	fm_text_add(&unit, "takes ");
	fm_uf2_family_list(&unit, loader->families, loader->family_count);
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
		     loader->family_count ? unit.data : "the family that it takes is not known");
	if (image->family_count > 0 && !fm_verdict_family(loader, image, &family))
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
	else if (image->family_count == 0 || loader->family_count == 0)
		fm_rule_is(ret, FM_WARN, FM_OK);
}

static void rule_memory(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_region *application = fm_memory_application(&input->loader->memory);
	const struct fm_segment *first = &input->image->segments[0];
	const struct fm_segment *last = &input->image->segments[input->image->count - 1];
	bool one = first->range.space == last->range.space;

	snprintf(ret->file_says, sizeof(ret->file_says), "%s 0x%08" PRIx64 "%s%s%s0x%08" PRIx64,
		 fm_space_name(first->range.space), first->range.addr, one ? "-" : " to ",
		 one ? "" : fm_space_name(last->range.space), one ? "" : " ",
		 last->range.addr + last->range.len - 1);
	if (application)
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "'%s' is %s 0x%08" PRIx64 "-0x%08" PRIx64, application->name,
			 fm_space_name(application->range.space), application->range.addr,
			 application->range.addr + application->range.len - 1);
	if (input->plan_error->code != FM_OK)
		fm_rule_is(ret, FM_BLOCKED, input->plan_error->code);
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
	fm_rule_is(ret, FM_WARN, FM_OK);
}

enum fm_version_format fm_verdict_format(const struct fm_device *device,
					 const struct fm_component *component,
					 const struct fm_image *image)
{
	enum fm_version_format format;

	if (component)
		return component->format;
	if (fm_version_format_parse(device->version_format, &format))
		return format;
	/* There "1.2.3+4" is build 4 of "1.2.3". */
	return image && image->format && strcmp(image->format, "mcuboot") == 0 ? FM_VERSION_TRIPLET
									       : FM_VERSION_PLAIN;
}

bool fm_verdict_same_version(const char *a, const char *b, enum fm_version_format format)
{
	return strcmp(a, b) == 0 || fm_version_compare(a, b, format) == FM_ORDER_SAME;
}

/* What a package says of its image is what all rules about versions go by: where the unit would
 * tell another one afterwards they judge a firmware that is not in it. A header's version is often
 * one that nobody keeps. */
static bool rule_version_of_package(const struct fm_verdict_input *input,
				    struct fm_rule_result *ret)
{
	const struct fm_question *question = input->device->question;
	const char *file = input->version_file;
	bool told = question && question->in_image;

	if (!input->release || !*file ||
	    fm_verdict_same_version(file, input->release->version, input->component->format))
		return true;
	snprintf(ret->file_says, sizeof(ret->file_says), "is %.32s; its package says %.32s", file,
		 input->release->version);
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
		     told ? "would say what the file is, not what the package says"
			  : "may say either of them");
	fm_rule_is(ret, told ? FM_BLOCKED : FM_WARN, told ? FM_BLOCKED_VERSION : FM_OK);
	return false;
}

/* Where nobody says how the versions of a bare file are to be read, that they look alike is enough
 * for a warning. What a package says is the rule 'direction'; a backup is meant to be older. */
static bool rule_version_older(const struct fm_verdict_input *input)
{
	const char *file = input->version_file, *running = input->version_running;
	enum fm_version_format format = input->version_format;

	if (input->release || strcmp(input->image->format, "backup") == 0)
		return false;
	if (format == FM_VERSION_PLAIN && !*input->device->version_format) {
		format = fm_version_guess(file);
		if (format != fm_version_guess(running))
			return false;
	}
	return fm_version_compare(file, running, format) == FM_ORDER_OLDER;
}

static void rule_version(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const char *file = input->version_file, *running = input->version_running;

	fm_text_copy(ret->file_says, sizeof(ret->file_says),
		     *file ? file : "nothing about its version");
	if (*input->version_expected && *file &&
	    !fm_verdict_same_version(file, input->version_expected, input->version_format)) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "%s was asked for",
			 input->version_expected);
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_VERSION);
		return;
	}
	if (!rule_version_of_package(input, ret))
		return;
	snprintf(ret->unit_says, sizeof(ret->unit_says),
		 *running ? "runs %s" : "running version not known%s", running);
	if (*file && fm_verdict_same_version(file, running, input->version_format)) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: the same version",
			 running);
		fm_rule_is(ret, FM_WARN, FM_OK);
	} else if (rule_version_older(input)) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: a downgrade", running);
		fm_rule_is(ret, FM_WARN, FM_OK);
	}
}

size_t fm_verdict_make(const struct fm_verdict_input *input,
		       struct fm_rule_result ret[FM_RULES_MOST])
{
	static const struct {
		const char *name;
		rule_function *check;
	} rules[] = {
		{ "model", rule_model },
		{ "chip", rule_chip },
		{ "chip-revision", rule_chip_revision },
		{ "suffix", rule_suffix },
		{ "family", rule_family },
		{ "protection", rule_protection },
		{ "file", rule_file },
		{ "memory", rule_memory },
		{ "start", rule_start },
		{ "version", rule_version },
		{ "signature", fm_rule_signature },
		{ "integrity", fm_rule_integrity },
	};
	size_t count = 0;

	for (size_t i = 0; i < FM_COUNT(rules); i++) {
		struct fm_rule_result *rule = &ret[count];

		*rule = (struct fm_rule_result){ .verdict = FM_FITS };
		fm_text_copy(rule->rule, sizeof(rule->rule), rules[i].name);
		rules[i].check(input, rule);
		count += *rule->file_says != '\0';
	}
	return count;
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

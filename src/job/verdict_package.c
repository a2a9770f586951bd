#include "job/verdict_package.h"

#include "base/scope.h"
#include "base/text.h"
#include "catalog/catalog.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define PACKAGE_INSTANCES_MOST 32

/* The unit's instance ids, and what is compared with the package. */
struct package_unit {
	char instances[PACKAGE_INSTANCES_MOST][FM_INSTANCE_TEXT];
	bool own[PACKAGE_INSTANCES_MOST]; /* a chip's ROM says only which chip it is */
	size_t count;
	bool known;             /* one of them is its own */
	struct fm_text vendors; /* "USB:0x1209|USB:0x273F" */
};

static void package_is(struct fm_rule_result *ret, enum fm_verdict verdict, enum fm_code code)
{
	ret->verdict = verdict;
	ret->code = code;
}

static void package_instance(struct package_unit *unit, const char *instance, bool own)
{
	size_t at = 0;

	while (at < unit->count && strcmp(unit->instances[at], instance) != 0)
		at++;
	if (at == PACKAGE_INSTANCES_MOST)
		return;
	if (at == unit->count)
		fm_text_copy(unit->instances[unit->count++], FM_INSTANCE_TEXT, instance);
	unit->own[at] |= own;
}

static void package_vendor(struct package_unit *unit, int vid)
{
	char vendor[16];

	snprintf(vendor, sizeof(vendor), "USB:0x%04X", (unsigned)vid & 0xffff);
	if (!unit->vendors.data || !strstr(unit->vendors.data, vendor))
		fm_text_addf(&unit->vendors, "%s%s", unit->vendors.len ? "|" : "", vendor);
}

/* release -1: not known. */
static void package_usb(struct package_unit *unit, int vid, int pid, int release, bool own)
{
	char instances[FM_INSTANCES_USB][FM_INSTANCE_TEXT];

	fm_instances_usb((uint16_t)vid, (uint16_t)pid, (uint16_t)(release < 0 ? 0 : release),
			 instances);
	if (release >= 0)
		package_instance(unit, instances[0], own);
	package_instance(unit, instances[1], own);
	package_vendor(unit, vid);
	unit->known |= own;
}

/* As it is now, as it was when it was chosen, and in the modes that its definition knows. */
static void package_look(const struct fm_package_verdict_input *input, struct package_unit *unit)
{
	const struct fm_usb_device *const devices[] = { input->seen, input->attached };

	for (size_t i = 0; i < FM_COUNT(devices); i++) {
		const struct fm_usb_device *device = devices[i];
		const struct fm_usb_match *match =
			device ? fm_usb_match_find(input->usb, input->usb_count, device) : NULL;

		if (device)
			package_usb(unit, device->vid, device->pid, device->release,
				    !match || match->mode != FM_MODE_ROM);
	}
	for (size_t i = 0; i < input->name_count; i++) {
		if (*input->names[i].instance_id)
			package_instance(unit, input->names[i].instance_id, true);
		unit->known = true;
	}
	for (size_t i = 0; i < input->usb_count; i++) {
		const struct fm_usb_match *match = &input->usb[i];

		if (match->vid >= 0)
			package_usb(unit, match->vid, match->pid, match->release,
				    match->mode != FM_MODE_ROM);
	}
}

static bool package_names(const struct fm_component *component, const char *guid)
{
	for (size_t i = 0; i < component->guid_count; i++) {
		if (strcmp(component->guids[i], guid) == 0)
			return true;
	}
	return false;
}

/* Of the unit's own (or of its chip's) instance ids the first that the package names. */
static const char *package_named_instance(const struct fm_package_verdict_input *input,
					  const struct package_unit *unit, bool own)
{
	char guid[FM_GUID_TEXT];

	for (size_t i = 0; i < unit->count; i++) {
		fm_guid_of(unit->instances[i], guid);
		if (unit->own[i] == own && package_names(input->component, guid))
			return unit->instances[i];
	}
	return NULL;
}

/* NULL: the package names nothing that is the unit's own. */
static const char *package_named(const struct fm_package_verdict_input *input,
				 const struct package_unit *unit)
{
	const char *instance = package_named_instance(input, unit, true);

	if (instance)
		return instance;
	for (size_t i = 0; i < input->name_count; i++) {
		if (package_names(input->component, input->names[i].guid))
			return input->names[i].guid;
	}
	return NULL;
}

static void package_rule_guid(const struct fm_package_verdict_input *input,
			      const struct package_unit *unit, struct fm_rule_result *ret)
{
	const struct fm_component *component = input->component;
	const char *named = package_named(input, unit);
	const char *chip = package_named_instance(input, unit, false);

	if (component->guid_count == 0)
		fm_text_copy(ret->file_says, sizeof(ret->file_says), "names no unit");
	else
		snprintf(ret->file_says, sizeof(ret->file_says), "%.40s, for %s%s", component->name,
			 component->guids[0], component->guid_count > 1 ? " ..." : "");
	if (named) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "is %s", named);
	} else if (chip) {
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "has a chip whose ROM is %s, as other models have", chip);
		package_is(ret, FM_WARN, FM_OK);
	} else if (!unit->known) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     unit->count ? "tells only which chip it has"
					 : "has no identity that packages name");
		package_is(ret, FM_WARN, FM_OK);
	} else {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "is %s%s",
			 unit->count ? unit->instances[0] : input->names[0].guid,
			 component->guid_count ? ", which it does not name" : "");
		package_is(ret, component->guid_count ? FM_BLOCKED : FM_WARN,
			   component->guid_count ? FM_BLOCKED_MODEL : FM_OK);
	}
}

/* For which revisions of the hardware, or for which regions, the package is. */
struct package_variants {
	const char *first; /* NULL = none is named */
	bool all, fits;
};

/* By this name packages mean units of another revision than this one is. */
static bool package_other_revision(const struct fm_package_verdict_input *input,
				   const struct fm_package_name *name)
{
	return *name->revision && *input->revision &&
	       fnmatch(name->revision, input->revision, 0) != 0;
}

static void package_variant(const struct fm_package_verdict_input *input, const char *guid,
			    bool of_region, struct package_variants *variants)
{
	bool found = false;

	if (!package_names(input->component, guid))
		return;
	for (size_t i = 0; i < input->name_count; i++) {
		const struct fm_package_name *name = &input->names[i];
		const char *wanted = of_region ? name->region : name->revision;
		char own[FM_GUID_TEXT];

		fm_text_copy(own, sizeof(own), name->guid);
		if (*name->instance_id)
			fm_guid_of(name->instance_id, own);
		if (strcmp(own, guid) != 0)
			continue;
		found = true;
		if (of_region && package_other_revision(input, name))
			continue;
		variants->all |= !*wanted;
		if (*wanted && !variants->first)
			variants->first = wanted;
		variants->fits |=
			fnmatch(wanted, of_region ? input->region : input->revision, 0) == 0;
	}
	variants->all |= !found;
}

/* False: the package is not for some of them only. */
static bool package_look_variants(const struct fm_package_verdict_input *input,
				  const struct package_unit *unit, bool of_region,
				  struct package_variants *ret)
{
	*ret = (struct package_variants){ .first = NULL };
	for (size_t i = 0; i < unit->count; i++) {
		char guid[FM_GUID_TEXT];

		fm_guid_of(unit->instances[i], guid);
		package_variant(input, guid, of_region, ret);
	}
	for (size_t i = 0; i < input->name_count; i++)
		package_variant(input, input->names[i].guid, of_region, ret);
	return ret->first && !ret->all;
}

/* One model may need another firmware for each revision of its board. Written into the wrong one it
 * may drive pins that are outputs there. */
static void package_rule_revision(const struct fm_package_verdict_input *input,
				  const struct package_unit *unit, struct fm_rule_result *ret)
{
	struct package_variants variants;

	if (!package_look_variants(input, unit, false, &variants))
		return;
	snprintf(ret->file_says, sizeof(ret->file_says), "is for hardware revision %s",
		 variants.first);
	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s%.64s",
		 *input->revision ? "is revision " : "does not tell its revision", input->revision);
	if (!*input->revision || !variants.fits)
		package_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

/* What may be sent, and how strong, differs from one part of the world to another; the hardware
 * stays whole. A unit whose application is dead can't say which it is, and has to be rescued. */
static void package_rule_region(const struct fm_package_verdict_input *input,
				const struct package_unit *unit, struct fm_rule_result *ret)
{
	struct package_variants variants;

	if (!package_look_variants(input, unit, true, &variants))
		return;
	snprintf(ret->file_says, sizeof(ret->file_says), "is for region %s", variants.first);
	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s%.64s",
		 *input->region ? "is for region " : "does not tell its region", input->region);
	if (!*input->region)
		package_is(ret, FM_WARN, FM_OK);
	else if (!variants.fits)
		package_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

static void package_rule_direction(const struct fm_package_verdict_input *input,
				   struct fm_rule_result *ret)
{
	const char *running = input->version_running;

	snprintf(ret->file_says, sizeof(ret->file_says), "is version %s", input->release->version);
	if (!*running) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), "running version not known");
		package_is(ret, FM_WARN, FM_OK);
		return;
	}
	switch (fm_version_compare(input->release->version, running, input->component->format)) {
	case FM_ORDER_NEWER:
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s", running);
		break;
	case FM_ORDER_SAME:
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: the same version",
			 running);
		package_is(ret, FM_WARN, FM_OK);
		break;
	case FM_ORDER_OLDER:
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: a downgrade", running);
		package_is(ret, input->downgrade_allowed ? FM_WARN : FM_BLOCKED,
			   input->downgrade_allowed ? FM_OK : FM_BLOCKED_DOWNGRADE);
		break;
	case FM_ORDER_UNKNOWN:
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "runs %s: which is newer can't be told", running);
		package_is(ret, FM_WARN, FM_OK);
		break;
	}
}

/* The version in "Optiboot 6.2", "AN3155 v3.1": the last word that is a number. */
static void package_loader_version(const char *loader, char ret[FM_VERSION_TEXT])
{
	*ret = '\0';
	while (*loader) {
		size_t len;

		loader += strspn(loader, " ");
		len = strcspn(loader, " ,;");
		if (isdigit((unsigned char)loader[*loader == 'v']) && len < FM_VERSION_TEXT) {
			memcpy(ret, loader, len);
			ret[len] = '\0';
		}
		loader += len + (loader[len] != '\0');
	}
}

/* All requirements of one kind as one rule: the first that is not met is what it says. */
static void package_rule_versions(const struct fm_package_verdict_input *input,
				  enum fm_requirement_kind kind, const char *what,
				  const char *value, struct fm_rule_result *ret)
{
	const struct fm_component *component = input->component;

	for (size_t i = 0; i < component->requirement_count && ret->verdict != FM_BLOCKED; i++) {
		const struct fm_requirement *requirement = &component->requirements[i];
		enum fm_answer answer;

		if (requirement->kind != kind)
			continue;
		answer = fm_requirement_met(requirement, value, component->format);
		fm_text_copy(ret->file_says, sizeof(ret->file_says), requirement->text);
		snprintf(ret->unit_says, sizeof(ret->unit_says), "%s %.80s%s", what,
			 *value ? value : "not known",
			 answer == FM_ANSWER_UNKNOWN && *value ? ", which can't be compared" : "");
		if (answer != FM_ANSWER_YES)
			package_is(ret, FM_BLOCKED, FM_BLOCKED_REQUIREMENT);
	}
}

/* Nobody knows what runs: a person may. What is known to run is no matter of opinion. */
static void package_rule_path(const struct fm_package_verdict_input *input,
			      struct fm_rule_result *ret)
{
	package_rule_versions(input, FM_REQUIRE_RUNNING, "running version", input->version_running,
			      ret);
	if (ret->verdict == FM_BLOCKED && input->path_allowed && !*input->version_running)
		package_is(ret, FM_WARN, FM_OK);
}

static void package_rule_vendor(const struct fm_package_verdict_input *input,
				const struct package_unit *unit, struct fm_rule_result *ret)
{
	package_rule_versions(input, FM_REQUIRE_VENDOR, "vendor",
			      unit->vendors.data ? unit->vendors.data : "", ret);
	/* A unit without a vendor id of its own can't contradict the package. */
	if (!unit->known && ret->verdict == FM_BLOCKED)
		package_is(ret, FM_WARN, FM_OK);
}

/* What is not about a version of this unit. */
static enum fm_verdict package_other(const struct fm_requirement *requirement,
				     const char **ret_says)
{
	switch (requirement->kind) {
	case FM_REQUIRE_UPDATER:
		*ret_says = "is not what this is about";
		return FM_FITS;
	case FM_REQUIRE_NOT_CHILD:
		*ret_says = "has no other unit behind it that is known";
		return FM_FITS;
	case FM_REQUIRE_CLIENT:
		*ret_says = "may need help by hand that the package asks for";
		return FM_WARN;
	case FM_REQUIRE_OTHER_UNIT:
	case FM_REQUIRE_HARDWARE:
	case FM_REQUIRE_NOT_HARDWARE:
	case FM_REQUIRE_SOFTWARE:
		*ret_says = "this can't be tested here";
		return FM_BLOCKED;
	default:
		*ret_says = "nobody here knows what this requires";
		return FM_BLOCKED;
	}
}

static void package_rule_others(const struct fm_package_verdict_input *input,
				struct fm_rule_result *ret)
{
	const struct fm_component *component = input->component;

	for (size_t i = 0; i < component->requirement_count; i++) {
		const struct fm_requirement *requirement = &component->requirements[i];
		enum fm_verdict verdict;
		const char *says;

		if (requirement->kind == FM_REQUIRE_RUNNING ||
		    requirement->kind == FM_REQUIRE_LOADER ||
		    requirement->kind == FM_REQUIRE_VENDOR)
			continue;
		verdict = package_other(requirement, &says);
		if (*ret->file_says && verdict <= ret->verdict)
			continue;
		fm_text_copy(ret->file_says, sizeof(ret->file_says), requirement->text);
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), says);
		package_is(ret, verdict, verdict == FM_BLOCKED ? FM_BLOCKED_REQUIREMENT : FM_OK);
	}
}

size_t fm_verdict_package(const struct fm_package_verdict_input *input,
			  struct fm_rule_result ret[FM_PACKAGE_RULES_MOST])
{
	static const char *const names[FM_PACKAGE_RULES_MOST] = { "package",  "direction",
								  "path",     "bootloader",
								  "vendor",   "requires",
								  "revision", "region" };
	struct fm_rule_result rules[FM_PACKAGE_RULES_MOST] = { 0 };
	struct package_unit unit = { .count = 0 };
	char loader[FM_VERSION_TEXT];
	size_t count = 0;

	package_look(input, &unit);
	package_loader_version(input->loader, loader);
	package_rule_guid(input, &unit, &rules[0]);
	package_rule_vendor(input, &unit, &rules[4]);
	package_rule_revision(input, &unit, &rules[6]);
	package_rule_region(input, &unit, &rules[7]);
	if (!input->compared) {
		package_rule_direction(input, &rules[1]);
		package_rule_path(input, &rules[2]);
		package_rule_versions(input, FM_REQUIRE_LOADER, "boot loader", loader, &rules[3]);
		package_rule_others(input, &rules[5]);
	}
	fm_text_done(&unit.vendors);
	for (size_t i = 0; i < FM_PACKAGE_RULES_MOST; i++) {
		if (!*rules[i].file_says)
			continue;
		ret[count] = rules[i];
		fm_text_copy(ret[count++].rule, sizeof(ret->rule), names[i]);
	}
	return count;
}

const struct fm_component *fm_component_for_model(const struct fm_component *components,
						  size_t count, const struct fm_device *device)
{
	const struct fm_component *found = NULL;

	for (size_t i = 0; i < count && !found; i++) {
		const struct fm_package_verdict_input input = {
			.component = &components[i],
			.usb = device->usb,
			.usb_count = device->usb_count,
			.names = device->packages,
			.name_count = device->package_count,
		};
		struct package_unit unit = { .count = 0 };

		package_look(&input, &unit);
		if (package_named(&input, &unit))
			found = input.component;
		fm_text_done(&unit.vendors);
	}
	return found;
}

#include "job/verdict_package.h"

#include "base/text.h"
#include "job/verdict_rule.h"
#include "job/verdict_unit.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static void package_rule_guid(const struct fm_package_verdict_input *input,
			      const struct fm_verdict_unit *unit, struct fm_rule_result *ret)
{
	const struct fm_component *component = input->component;
	const char *named = fm_verdict_unit_named(input, unit);
	const char *chip = fm_verdict_unit_instance(input, unit, false);

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
		fm_rule_is(ret, FM_WARN, FM_OK);
	} else if (!unit->known) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     unit->count ? "tells only which chip it has"
					 : "has no identity that packages name");
		fm_rule_is(ret, FM_WARN, FM_OK);
	} else {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "is %s%s",
			 unit->count ? unit->instances[0] : input->names[0].guid,
			 component->guid_count ? ", which it does not name" : "");
		fm_rule_is(ret, component->guid_count ? FM_BLOCKED : FM_WARN,
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

	if (!fm_component_names(input->component, guid))
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
				  const struct fm_verdict_unit *unit, bool of_region,
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
				  const struct fm_verdict_unit *unit, struct fm_rule_result *ret)
{
	struct package_variants variants;

	if (!package_look_variants(input, unit, false, &variants))
		return;
	snprintf(ret->file_says, sizeof(ret->file_says), "is for hardware revision %s",
		 variants.first);
	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s%.64s",
		 *input->revision ? "is revision " : "does not tell its revision", input->revision);
	if (!*input->revision || !variants.fits)
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

/* What may be sent, and how strong, differs from one part of the world to another; the hardware
 * stays whole. A unit whose application is dead can't say which it is, and has to be rescued. */
static void package_rule_region(const struct fm_package_verdict_input *input,
				const struct fm_verdict_unit *unit, struct fm_rule_result *ret)
{
	struct package_variants variants;

	if (!package_look_variants(input, unit, true, &variants))
		return;
	snprintf(ret->file_says, sizeof(ret->file_says), "is for region %s", variants.first);
	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s%.64s",
		 *input->region ? "is for region " : "does not tell its region", input->region);
	if (!*input->region)
		fm_rule_is(ret, FM_WARN, FM_OK);
	else if (!variants.fits)
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_MODEL);
}

static void package_rule_direction(const struct fm_package_verdict_input *input,
				   struct fm_rule_result *ret)
{
	const char *running = input->version_running;

	snprintf(ret->file_says, sizeof(ret->file_says), "is version %s", input->release->version);
	if (!*running) {
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), "running version not known");
		fm_rule_is(ret, FM_WARN, FM_OK);
		return;
	}
	switch (fm_version_compare(input->release->version, running, input->component->format)) {
	case FM_ORDER_NEWER:
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s", running);
		break;
	case FM_ORDER_SAME:
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: the same version",
			 running);
		fm_rule_is(ret, FM_WARN, FM_OK);
		break;
	case FM_ORDER_OLDER:
		snprintf(ret->unit_says, sizeof(ret->unit_says), "runs %s: a downgrade", running);
		fm_rule_is(ret, input->downgrade_allowed ? FM_WARN : FM_BLOCKED,
			   input->downgrade_allowed ? FM_OK : FM_BLOCKED_DOWNGRADE);
		break;
	case FM_ORDER_UNKNOWN:
		snprintf(ret->unit_says, sizeof(ret->unit_says),
			 "runs %s: which is newer can't be told", running);
		fm_rule_is(ret, FM_WARN, FM_OK);
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
			fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_REQUIREMENT);
	}
}

/* Nobody knows what runs: a person may. What is known to run is no matter of opinion. */
static void package_rule_path(const struct fm_package_verdict_input *input,
			      struct fm_rule_result *ret)
{
	package_rule_versions(input, FM_REQUIRE_RUNNING, "running version", input->version_running,
			      ret);
	if (ret->verdict == FM_BLOCKED && input->path_allowed && !*input->version_running)
		fm_rule_is(ret, FM_WARN, FM_OK);
}

static void package_rule_vendor(const struct fm_package_verdict_input *input,
				const struct fm_verdict_unit *unit, struct fm_rule_result *ret)
{
	package_rule_versions(input, FM_REQUIRE_VENDOR, "vendor",
			      unit->vendors.data ? unit->vendors.data : "", ret);
	/* A unit without a vendor id of its own can't contradict the package. */
	if (!unit->known && ret->verdict == FM_BLOCKED)
		fm_rule_is(ret, FM_WARN, FM_OK);
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
		fm_rule_is(ret, verdict, verdict == FM_BLOCKED ? FM_BLOCKED_REQUIREMENT : FM_OK);
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
	struct fm_verdict_unit unit = { .count = 0 };
	char loader[FM_VERSION_TEXT];
	size_t count = 0;

	fm_verdict_unit_look(input, &unit);
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
	fm_verdict_unit_done(&unit);
	for (size_t i = 0; i < FM_PACKAGE_RULES_MOST; i++) {
		if (!*rules[i].file_says)
			continue;
		ret[count] = rules[i];
		fm_text_copy(ret[count++].rule, sizeof(ret->rule), names[i]);
	}
	return count;
}

#include "package/requirement.h"

#include "base/scope.h"
#include "package/private.h"
#include "package/xml.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

static const char *const compare_names[] = {
	[FM_COMPARE_NONE] = "",     [FM_COMPARE_EQ] = "eq",     [FM_COMPARE_NE] = "ne",
	[FM_COMPARE_LT] = "lt",     [FM_COMPARE_LE] = "le",     [FM_COMPARE_GT] = "gt",
	[FM_COMPARE_GE] = "ge",     [FM_COMPARE_GLOB] = "glob", [FM_COMPARE_REGEX] = "regex",
	[FM_COMPARE_UNKNOWN] = "?",
};

const char *fm_compare_name(enum fm_compare compare)
{
	return compare_names[compare];
}

const char *fm_requirement_kind_name(enum fm_requirement_kind kind)
{
	static const char *const names[] = {
		[FM_REQUIRE_RUNNING] = "running",
		[FM_REQUIRE_LOADER] = "bootloader",
		[FM_REQUIRE_VENDOR] = "vendor",
		[FM_REQUIRE_NOT_CHILD] = "not-child",
		[FM_REQUIRE_OTHER_UNIT] = "other-unit",
		[FM_REQUIRE_HARDWARE] = "computer",
		[FM_REQUIRE_NOT_HARDWARE] = "not-computer",
		[FM_REQUIRE_UPDATER] = "fwupd",
		[FM_REQUIRE_SOFTWARE] = "software",
		[FM_REQUIRE_CLIENT] = "client",
		[FM_REQUIRE_UNKNOWN] = "unknown",
	};

	return names[kind];
}

static enum fm_compare requirement_compare(const char *name)
{
	for (int i = FM_COMPARE_NONE; i < FM_COMPARE_UNKNOWN; i++) {
		if (strcmp(compare_names[i], name) == 0)
			return (enum fm_compare)i;
	}
	return FM_COMPARE_UNKNOWN;
}

/* "GUID|GUID|GUID" */
static bool requirement_guids(const char *text)
{
	for (;;) {
		char one[FM_GUID_TEXT], guid[FM_GUID_TEXT];
		size_t len = strcspn(text, "|");

		if (len >= sizeof(one))
			return false;
		memcpy(one, text, len);
		one[len] = '\0';
		if (!fm_guid_parse(one, guid))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static enum fm_requirement_kind requirement_firmware(const struct fm_requirement *requirement)
{
	const char *subject = requirement->subject;

	/* The version of a unit further up is not the version of this one; depth 0 is this one. */
	if (!*subject)
		return requirement->has_depth && requirement->depth != 0 ? FM_REQUIRE_UNKNOWN
									 : FM_REQUIRE_RUNNING;
	if (strcmp(subject, "bootloader") == 0)
		return requirement->has_depth && requirement->depth != 0 ? FM_REQUIRE_UNKNOWN
									 : FM_REQUIRE_LOADER;
	if (strcmp(subject, "vendor-id") == 0)
		return FM_REQUIRE_VENDOR;
	if (strcmp(subject, "not-child") == 0)
		return FM_REQUIRE_NOT_CHILD;
	return requirement_guids(subject) ? FM_REQUIRE_OTHER_UNIT : FM_REQUIRE_UNKNOWN;
}

static enum fm_requirement_kind requirement_kind(const char *element,
						 const struct fm_requirement *requirement)
{
	if (requirement->compare == FM_COMPARE_UNKNOWN)
		return FM_REQUIRE_UNKNOWN;
	if (strcmp(element, "firmware") == 0)
		return requirement_firmware(requirement);
	if (strcmp(element, "hardware") == 0 || strcmp(element, "not_hardware") == 0) {
		if (!requirement_guids(requirement->subject))
			return FM_REQUIRE_UNKNOWN;
		return *element == 'n' ? FM_REQUIRE_NOT_HARDWARE : FM_REQUIRE_HARDWARE;
	}
	if (strcmp(element, "client") == 0)
		return FM_REQUIRE_CLIENT;
	if (strcmp(element, "id") != 0)
		return FM_REQUIRE_UNKNOWN;
	return strcmp(requirement->subject, "org.freedesktop.fwupd") == 0 ? FM_REQUIRE_UPDATER
									  : FM_REQUIRE_SOFTWARE;
}

static void requirement_text(const char *element, const char *compare, const char *depth,
			     struct fm_requirement *ret)
{
	FM_TEXT_DONE struct fm_text text = { 0 };
	const char *const words[] = { element,      ret->subject,          compare,
				      ret->version, *depth ? "depth" : "", depth };

	for (size_t i = 0; i < FM_COUNT(words); i++) {
		if (*words[i])
			fm_text_addf(&text, "%s%s", text.len ? " " : "", words[i]);
	}
	fm_text_copy(ret->text, sizeof(ret->text), text.data);
	fm_text_clean(ret->text);
}

/* Cut texts could mean the opposite: such a requirement is known by name only. */
static void requirement_read(const struct _xmlNode *node, struct fm_requirement *ret)
{
	const char *element = fm_package_xml_name(node);
	char compare[16], depth[8], *end;
	bool whole;

	*ret = (struct fm_requirement){ .has_depth = fm_package_xml_has(node, "depth") };
	whole = fm_package_xml_attr(node, "compare", compare, sizeof(compare)) &&
		fm_package_xml_attr(node, "version", ret->version, sizeof(ret->version)) &&
		fm_package_xml_attr(node, "depth", depth, sizeof(depth)) &&
		fm_package_xml_copy(node, ret->subject, sizeof(ret->subject));
	ret->compare = requirement_compare(compare);
	ret->depth = (int)strtol(depth, &end, 10);
	if (ret->has_depth && (end == depth || *end))
		ret->depth = 1; /* of nobody knows which unit: not this one */
	/* A comparison with nothing is what the LVFS itself has written by mistake. */
	if (ret->compare != FM_COMPARE_NONE && !*ret->version)
		ret->compare = FM_COMPARE_UNKNOWN;
	ret->kind = whole ? requirement_kind(element, ret) : FM_REQUIRE_UNKNOWN;
	requirement_text(element, compare, depth, ret);
}

bool fm_requirements_read(const char *name, const struct _xmlNode *component,
			  struct fm_component *ret, struct fm_error *err)
{
	const struct _xmlNode *list = fm_package_xml_child(component, "requires");

	for (; list; list = fm_package_xml_next(list, "requires")) {
		const struct _xmlNode *node = fm_package_xml_child(list, NULL);

		for (; node; node = fm_package_xml_next(node, NULL)) {
			if (ret->requirement_count == FM_METAINFO_REQUIREMENTS_MOST)
				return fm_package_xml_fail(name, node, err,
							   "there are more than %d requirements",
							   FM_METAINFO_REQUIREMENTS_MOST);
			requirement_read(node, &ret->requirements[ret->requirement_count++]);
		}
	}
	return true;
}

/* fwupd's patterns are PCRE's; what POSIX does not know of them is no match that could be trusted:
 * a backslash means the same only before what is special to both, and outside of brackets. */
static bool requirement_is_posix(const char *pattern)
{
	bool brackets = strchr(pattern, '[');

	if (strstr(pattern, "(?"))
		return false;
	for (const char *at = strchr(pattern, '\\'); at; at = strchr(at + 2, '\\')) {
		if (brackets || !at[1] || !strchr(".()*+?{}|^$\\", at[1]))
			return false;
	}
	return true;
}

static enum fm_answer requirement_regex(const char *pattern, const char *text)
{
	regex_t regex;
	int got;

	if (!requirement_is_posix(pattern) ||
	    regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return FM_ANSWER_UNKNOWN;
	got = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return got == 0 ? FM_ANSWER_YES : FM_ANSWER_NO;
}

/* A unit may have several vendor ids, with '|' between them: one is enough. */
static enum fm_answer requirement_vendor(const char *pattern, const char *vendors)
{
	enum fm_answer answer = FM_ANSWER_NO;

	while (*vendors && answer == FM_ANSWER_NO) {
		size_t len = strcspn(vendors, "|");
		char one[64];

		if (len < sizeof(one)) {
			memcpy(one, vendors, len);
			one[len] = '\0';
			answer = requirement_regex(pattern, one);
		}
		vendors += len + (vendors[len] == '|');
	}
	return answer;
}

static enum fm_answer requirement_yes(bool met)
{
	return met ? FM_ANSWER_YES : FM_ANSWER_NO;
}

static enum fm_answer requirement_order(enum fm_compare compare, enum fm_order order)
{
	switch (compare) {
	case FM_COMPARE_EQ:
		return requirement_yes(order == FM_ORDER_SAME);
	case FM_COMPARE_NE:
		return requirement_yes(order != FM_ORDER_SAME);
	case FM_COMPARE_LT:
		return requirement_yes(order == FM_ORDER_OLDER);
	case FM_COMPARE_LE:
		return requirement_yes(order != FM_ORDER_NEWER);
	case FM_COMPARE_GT:
		return requirement_yes(order == FM_ORDER_NEWER);
	case FM_COMPARE_GE:
		return requirement_yes(order != FM_ORDER_OLDER);
	default:
		return FM_ANSWER_UNKNOWN;
	}
}

enum fm_answer fm_requirement_met(const struct fm_requirement *requirement, const char *version,
				  enum fm_version_format format)
{
	enum fm_order order;

	if (!*version)
		return FM_ANSWER_UNKNOWN;
	/* The pattern of a vendor id is a regular expression, whatever the comparison says. */
	if (requirement->kind == FM_REQUIRE_VENDOR)
		return requirement_vendor(requirement->version, version);
	if (requirement->compare == FM_COMPARE_REGEX)
		return requirement_regex(requirement->version, version);
	if (requirement->compare == FM_COMPARE_GLOB)
		return requirement_yes(fnmatch(requirement->version, version, 0) == 0);
	if (requirement->compare == FM_COMPARE_NONE)
		return FM_ANSWER_YES;
	order = fm_version_compare(version, requirement->version, format);
	if (order == FM_ORDER_UNKNOWN && format == FM_VERSION_PLAIN &&
	    (requirement->compare == FM_COMPARE_EQ || requirement->compare == FM_COMPARE_NE))
		return requirement_yes(requirement->compare == FM_COMPARE_NE);
	if (order == FM_ORDER_UNKNOWN)
		return FM_ANSWER_UNKNOWN;
	return requirement_order(requirement->compare, order);
}

/* What a package says of its target against what the unit is: every way in which each rule ends. */
#include "paper-rig.h"

#include "base/scope.h"

#include <stdio.h>
#include <string.h>

struct unit_case {
	const char *rule;
	enum fm_verdict verdict;
	enum fm_code code;
	const char *unit_says; /* part of it; NULL: the rule is left out */
	/* the package */
	const char *guids[2];
	const char *version;
	enum fm_version_format format;
	struct {
		enum fm_requirement_kind kind;
		enum fm_compare compare;
		const char *version;
	} requires[3];
	/* the unit */
	struct fm_package_name name; /* of its definition */
	int vid, pid, release;       /* attached; vid 0 = not known */
	int seen_vid, seen_pid;      /* when it was chosen, release 2 */
	enum fm_mode other_mode;
	int other_vid, other_pid;     /* another mode, from its definition */
	const char *running, *loader; /* NULL = not known */
	bool downgrade_allowed, path_allowed, compared;
};

#define NO_REQUIREMENT                                                                             \
	{                                                                                          \
		{                                                                                  \
			FM_REQUIRE_UNKNOWN, FM_COMPARE_NONE, NULL                                  \
		}                                                                                  \
	}

static const struct unit_case package_cases[] = {
#define NAMES(verdict, code, says, guid_a, guid_b, ...)                                            \
	{                                                                                          \
		"package", verdict, code, says, { guid_a, guid_b }, "2.0.0", FM_VERSION_TRIPLET,   \
			NO_REQUIREMENT, __VA_ARGS__                                                \
	}
	NAMES(FM_FITS, FM_OK, "is USB\\VID_273F&PID_1004", GUID_MODEL, NULL, .vid = 0x273f,
	      .pid = 0x1004, .release = 2),
	NAMES(FM_FITS, FM_OK, "is USB\\VID_273F&PID_1004&REV_0002", GUID_RELEASE, NULL,
	      .vid = 0x273f, .pid = 0x1004, .release = 2),
	NAMES(FM_FITS, FM_OK, "PID_1004", GUID_OTHER, GUID_MODEL, .vid = 0x273f, .pid = 0x1004,
	      .release = 2),
	/* in its boot loader, known by what it was or by its definition */
	NAMES(FM_FITS, FM_OK, "PID_1004&REV_0002", GUID_RELEASE, NULL, .vid = 0x273f, .pid = 0xffff,
	      .release = 1, .seen_vid = 0x273f, .seen_pid = 0x1004),
	NAMES(FM_FITS, FM_OK, "PID_1004", GUID_MODEL, NULL, .vid = 0x273f, .pid = 0xffff,
	      .release = 1, .other_vid = 0x273f, .other_pid = 0x1004),
	NAMES(FM_FITS, FM_OK, "PID_1004", GUID_MODEL, NULL, .vid = 0, .other_vid = 0x273f,
	      .other_pid = 0x1004),
	NAMES(FM_BLOCKED, FM_BLOCKED_MODEL, "PID_1004&REV_0003, which it does not name",
	      GUID_RELEASE, NULL, .vid = 0x273f, .pid = 0x1004, .release = 3),
	NAMES(FM_BLOCKED, FM_BLOCKED_MODEL, "PID_1005", GUID_MODEL, NULL, .vid = 0x273f,
	      .pid = 0x1005, .release = 2),
	NAMES(FM_BLOCKED, FM_BLOCKED_MODEL, "PID_1005", GUID_MODEL, GUID_OTHER, .vid = 0,
	      .other_vid = 0x273f, .other_pid = 0x1005),
	/* the ROM of its chip, which other models have, too: named or not it says little */
	NAMES(FM_WARN, FM_OK, "whose ROM is USB\\VID_273F&PID_1004, as other models", GUID_MODEL,
	      NULL, .vid = 0x273f, .pid = 0x1004, .other_vid = 0x273f, .other_pid = 0x1004,
	      .other_mode = FM_MODE_ROM),
	NAMES(FM_WARN, FM_OK, "whose ROM is", GUID_MODEL, NULL, .seen_vid = 0x273f,
	      .seen_pid = 0x1005, .other_vid = 0x273f, .other_pid = 0x1004,
	      .other_mode = FM_MODE_ROM),
	NAMES(FM_FITS, FM_OK, "is " GUID_OTHER, GUID_MODEL, GUID_OTHER, .vid = 0x273f,
	      .pid = 0x1004, .other_vid = 0x273f, .other_pid = 0x1004, .other_mode = FM_MODE_ROM,
	      .name = { .guid = GUID_OTHER }),
	NAMES(FM_WARN, FM_OK, "only which chip", GUID_MODEL, NULL, .vid = 0x0483, .pid = 0xdf11,
	      .other_vid = 0x0483, .other_pid = 0xdf11, .other_mode = FM_MODE_ROM),
	NAMES(FM_WARN, FM_OK, "only which chip", GUID_MODEL, NULL, .vid = 0, .other_vid = 0x0483,
	      .other_pid = 0xdf11, .other_mode = FM_MODE_ROM),
	NAMES(FM_BLOCKED, FM_BLOCKED_MODEL, "PID_1005", GUID_MODEL, NULL, .seen_vid = 0x273f,
	      .seen_pid = 0x1005, .other_vid = 0x0483, .other_pid = 0xdf11,
	      .other_mode = FM_MODE_ROM),
	/* what its definition says beside that */
	NAMES(FM_FITS, FM_OK, "is " GUID_OTHER, GUID_OTHER, NULL, .name = { .guid = GUID_OTHER }),
	NAMES(FM_FITS, FM_OK, "is USB\\VID_273F&PID_1004", GUID_MODEL, NULL, .vid = 0x0483,
	      .name = { .instance_id = "USB\\VID_273F&PID_1004" }),
	NAMES(FM_BLOCKED, FM_BLOCKED_MODEL, "is " GUID_OTHER, GUID_MODEL, NULL,
	      .name = { .guid = GUID_OTHER }),
	NAMES(FM_BLOCKED, FM_BLOCKED_MODEL, "is python.org", GUID_MODEL, NULL,
	      .name = { .instance_id = "python.org" }),
	NAMES(FM_WARN, FM_OK, "no identity that packages name", GUID_MODEL, NULL, .vid = 0),
	NAMES(FM_WARN, FM_OK, "is USB", NULL, NULL, .vid = 0x273f, .pid = 0x1004, .release = 2),
	NAMES(FM_WARN, FM_OK, "no identity", NULL, NULL, .vid = 0),

#define DIRECTION(verdict, code, says, version, format, ...)                                       \
	{                                                                                          \
		"direction", verdict, code, says, { GUID_MODEL }, version, format, NO_REQUIREMENT, \
			.vid = 0x273f, .pid = 0x1004, .release = 2, __VA_ARGS__                    \
	}
	DIRECTION(FM_FITS, FM_OK, "runs 1.9.0", "1.10.0", FM_VERSION_TRIPLET, .running = "1.9.0"),
	DIRECTION(FM_FITS, FM_OK, "runs v1.9", "1.10.0", FM_VERSION_TRIPLET, .running = "v1.9"),
	DIRECTION(FM_WARN, FM_OK, "the same version", "1.10.0", FM_VERSION_TRIPLET,
		  .running = "1.10.0"),
	DIRECTION(FM_WARN, FM_OK, "the same version", "1.10.0", FM_VERSION_TRIPLET,
		  .running = "v1.10"),
	DIRECTION(FM_BLOCKED, FM_BLOCKED_DOWNGRADE, "a downgrade", "1.9.0", FM_VERSION_TRIPLET,
		  .running = "1.10.0"),
	DIRECTION(FM_BLOCKED, FM_BLOCKED_DOWNGRADE, "a downgrade", "1.9.0", FM_VERSION_TRIPLET,
		  .running = "2.0"),
	DIRECTION(FM_BLOCKED, FM_BLOCKED_DOWNGRADE, "a downgrade", "0x10", FM_VERSION_HEX,
		  .running = "0x11"),
	DIRECTION(FM_WARN, FM_OK, "a downgrade", "1.9.0", FM_VERSION_TRIPLET, .running = "1.10.0",
		  .downgrade_allowed = true),
	DIRECTION(FM_WARN, FM_OK, "not known", "1.9.0", FM_VERSION_TRIPLET, .running = NULL),
	DIRECTION(FM_WARN, FM_OK, "can't be told", "Beryl", FM_VERSION_PLAIN, .running = "Amber"),
	DIRECTION(FM_WARN, FM_OK, "the same", "Beryl", FM_VERSION_PLAIN, .running = "Beryl"),

#define REQUIRES(rule, verdict, code, says, requirements, ...)                                     \
	{                                                                                          \
		rule, verdict, code, says, { GUID_MODEL }, "2.0.0", FM_VERSION_TRIPLET,            \
			requirements, __VA_ARGS__                                                  \
	}
#define ONE(kind, compare, version)                                                                \
	{                                                                                          \
		{                                                                                  \
			FM_REQUIRE_##kind, FM_COMPARE_##compare, version                           \
		}                                                                                  \
	}
#define FITS(rule, says, requirements, ...)                                                        \
	REQUIRES(rule, FM_FITS, FM_OK, says, requirements, __VA_ARGS__)
#define BLOCKED(rule, says, requirements, ...)                                                     \
	REQUIRES(rule, FM_BLOCKED, FM_BLOCKED_REQUIREMENT, says, requirements, __VA_ARGS__)
#define UNIT .vid = 0x273f, .pid = 0x1004, .release = 2
	REQUIRES("path", FM_FITS, FM_OK, NULL, NO_REQUIREMENT, UNIT, .running = "1.0.0"),
	FITS("path", "running version 1.1.0", ONE(RUNNING, GE, "1.1.0"), UNIT, .running = "1.1.0"),
	FITS("path", "running version 1.2.0", ONE(RUNNING, GE, "1.1.0"), UNIT, .running = "1.2.0"),
	FITS("path", "running version 1.1", ONE(RUNNING, EQ, "1.1.0"), UNIT, .running = "1.1"),
	FITS("path", "running version 1.2.0", ONE(RUNNING, GLOB, "1.*"), UNIT, .running = "1.2.0"),
	BLOCKED("path", "running version 1.0.0", ONE(RUNNING, GE, "1.1.0"), UNIT,
		.running = "1.0.0"),
	BLOCKED("path", "running version 1.2.0", ONE(RUNNING, LT, "1.2.0"), UNIT,
		.running = "1.2.0"),
	BLOCKED("path", "running version 1.2.0", ONE(RUNNING, NE, "1.2.0"), UNIT,
		.running = "1.2.0"),
	BLOCKED("path", "running version 0.2.0", ONE(RUNNING, GLOB, "1.*"), UNIT,
		.running = "0.2.0"),
	BLOCKED("path", "running version not known", ONE(RUNNING, GE, "1.1.0"), UNIT),
	/* allowed: what nobody knows, nothing else */
	REQUIRES("path", FM_WARN, FM_OK, "running version not known", ONE(RUNNING, GE, "1.1.0"),
		 UNIT, .path_allowed = true),
	BLOCKED("path", "running version 1.0.0", ONE(RUNNING, GE, "1.1.0"), UNIT,
		.running = "1.0.0", .path_allowed = true),
	BLOCKED("path", "can't be compared", ONE(RUNNING, REGEX, "1\\d1"), UNIT, .running = "1.1.0",
		.path_allowed = true),
	BLOCKED("path", "can't be compared", ONE(RUNNING, REGEX, "1\\d1"), UNIT,
		.running = "1.1.0"),
	{ "path",
	  FM_BLOCKED,
	  FM_BLOCKED_REQUIREMENT,
	  "can't be compared",
	  { GUID_MODEL },
	  "Beryl",
	  FM_VERSION_PLAIN,
	  ONE(RUNNING, GE, "Amber"),
	  UNIT,
	  .running = "Beryl" },
	REQUIRES("path", FM_FITS, FM_OK, NULL, ONE(RUNNING, GE, "1.1.0"), UNIT, .running = "1.0.0",
		 .compared = true),
	REQUIRES("direction", FM_FITS, FM_OK, NULL, NO_REQUIREMENT, UNIT, .running = "3.0.0",
		 .compared = true),
	REQUIRES("requires", FM_FITS, FM_OK, NULL, ONE(UNKNOWN, GE, "1"), UNIT, .compared = true),
	FITS("bootloader", "boot loader 6.2", ONE(LOADER, GE, "6.0"), UNIT,
	     .loader = "Optiboot 6.2"),
	FITS("bootloader", "boot loader v3.1", ONE(LOADER, GE, "3.1"), UNIT,
	     .loader = "AN3155 v3.1"),
	BLOCKED("bootloader", "boot loader 4.4", ONE(LOADER, GE, "6.0"), UNIT,
		.loader = "Optiboot 4.4"),
	BLOCKED("bootloader", "boot loader not known", ONE(LOADER, GE, "6.0"), UNIT,
		.loader = "Optiboot"),
	BLOCKED("bootloader", "boot loader not known", ONE(LOADER, GE, "6.0"), UNIT,
		.running = "1.5.0"),
	FITS("vendor", "vendor USB:0x273F", ONE(VENDOR, REGEX, "USB:0x273F"), UNIT),
	FITS("vendor", "vendor USB:0x273F", ONE(VENDOR, REGEX, "USB:0x(1209|273F)"), UNIT),
	BLOCKED("vendor", "vendor USB:0x273F", ONE(VENDOR, REGEX, "USB:0x1209"), UNIT),
	REQUIRES("vendor", FM_WARN, FM_OK, "vendor not known", ONE(VENDOR, REGEX, "USB:0x1209"),
		 .vid = 0),
	REQUIRES("vendor", FM_WARN, FM_OK, "USB:0x0483", ONE(VENDOR, REGEX, "USB:0x1209"), .vid = 0,
		 .other_vid = 0x0483, .other_pid = 0xdf11, .other_mode = FM_MODE_ROM),
	FITS("requires", "not what this is about", ONE(UPDATER, GE, "99"), UNIT),
	FITS("requires", "no other unit", ONE(NOT_CHILD, GE, "1"), UNIT),
	REQUIRES("requires", FM_WARN, FM_OK, "by hand", ONE(CLIENT, NONE, ""), UNIT),
	BLOCKED("requires", "can't be tested", ONE(OTHER_UNIT, GE, "1"), UNIT),
	BLOCKED("requires", "can't be tested", ONE(HARDWARE, NONE, ""), UNIT),
	BLOCKED("requires", "can't be tested", ONE(NOT_HARDWARE, NONE, ""), UNIT),
	BLOCKED("requires", "can't be tested", ONE(SOFTWARE, GE, "1"), UNIT),
	BLOCKED("requires", "nobody here knows", ONE(UNKNOWN, GE, "1"), UNIT),
};

/* Of several requirements the one that fails is told, wherever it stands. */
static const struct unit_case several_cases[] = {
#define SEVERAL(rule, says, ...)                                                                   \
	{                                                                                          \
		rule, FM_BLOCKED, FM_BLOCKED_REQUIREMENT, says, { GUID_MODEL }, "2.0.0",           \
			FM_VERSION_TRIPLET, { __VA_ARGS__ }, UNIT, .running = "1.5.0"              \
	}
	SEVERAL("path", "1.5.0", { FM_REQUIRE_RUNNING, FM_COMPARE_GE, "1.0.0" },
		{ FM_REQUIRE_RUNNING, FM_COMPARE_LT, "1.5.0" }),
	SEVERAL("path", "1.5.0", { FM_REQUIRE_RUNNING, FM_COMPARE_LT, "1.5.0" },
		{ FM_REQUIRE_RUNNING, FM_COMPARE_GE, "1.0.0" }),
	SEVERAL("requires", "nobody", { FM_REQUIRE_UPDATER, FM_COMPARE_GE, "1.0.0" },
		{ FM_REQUIRE_UNKNOWN, FM_COMPARE_EQ, "x" },
		{ FM_REQUIRE_CLIENT, FM_COMPARE_NONE, "" }),
};

static const char *case_text(const char *text)
{
	return text ? text : "";
}

static size_t case_judge(const struct unit_case *one,
			 struct fm_rule_result rules[FM_PACKAGE_RULES_MOST])
{
	static struct fm_component component;
	struct fm_release release = { 0 };
	struct fm_usb_device attached = { .vid = (uint16_t)one->vid,
					  .pid = (uint16_t)one->pid,
					  .release = (uint16_t)one->release };
	struct fm_usb_device seen = { .vid = (uint16_t)one->seen_vid,
				      .pid = (uint16_t)one->seen_pid,
				      .release = 2 };
	const struct fm_usb_match matches[] = {
		{ .vid = -1,
		  .pid = -1,
		  .release = -1,
		  .class_code = 0xfe,
		  .subclass = 1,
		  .protocol = 2 },
		{ .vid = one->other_vid,
		  .pid = one->other_pid,
		  .release = -1,
		  .class_code = -1,
		  .subclass = -1,
		  .protocol = -1,
		  .mode = one->other_mode },
	};
	const struct fm_package_verdict_input input = {
		.component = &component,
		.release = &release,
		.usb = matches,
		.usb_count = one->other_vid ? 2 : 1,
		.names = &one->name,
		.name_count = *one->name.guid || *one->name.instance_id,
		.attached = one->vid ? &attached : NULL,
		.seen = one->seen_vid ? &seen : NULL,
		.version_running = case_text(one->running),
		.revision = "",
		.region = "",
		.loader = case_text(one->loader),
		.downgrade_allowed = one->downgrade_allowed,
		.path_allowed = one->path_allowed,
		.compared = one->compared,
	};

	component = (struct fm_component){ .format = one->format, .name = "Pump" };
	strcpy(release.version, one->version);
	for (size_t i = 0; i < 2 && one->guids[i]; i++)
		strcpy(component.guids[component.guid_count++], one->guids[i]);
	for (size_t i = 0; i < 3 && one->requires[i].version; i++)
		paper_requires(&component, one->requires[i].kind, one->requires[i].compare,
			       one->requires[i].version);
	return fm_verdict_package(&input, rules);
}

/* Blocked, if at all, by this rule alone. */
static bool case_check(const struct unit_case *one)
{
	struct fm_rule_result rules[FM_PACKAGE_RULES_MOST];
	size_t count = case_judge(one, rules);
	bool found = one->unit_says == NULL;

	for (size_t i = 0; i < count; i++) {
		const struct fm_rule_result *rule = &rules[i];

		if (!*rule->file_says || !*rule->unit_says)
			return false;
		if (strcmp(rule->rule, one->rule) == 0)
			found = one->unit_says && rule->verdict == one->verdict &&
				rule->code == one->code && strstr(rule->unit_says, one->unit_says);
		else if (rule->verdict == FM_BLOCKED)
			return false;
	}
	return found;
}

static void cases_check(const struct unit_case *cases, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct fm_rule_result rules[FM_PACKAGE_RULES_MOST];

		if (case_check(&cases[i]))
			continue;
		wrong++;
		print_error("case %zu of rule %s gives:\n", i, cases[i].rule);
		for (size_t k = 0, n = case_judge(&cases[i], rules); k < n; k++)
			print_error("  %s %s: %s; %s\n", fm_verdict_name(rules[k].verdict),
				    rules[k].rule, rules[k].file_says, rules[k].unit_says);
	}
	assert_int_equal(wrong, 0);
}

static void test_package_rules(void **state)
{
	(void)state;
	cases_check(package_cases, FM_COUNT(package_cases));
}

static void test_several_requirements(void **state)
{
	(void)state;
	cases_check(several_cases, FM_COUNT(several_cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package_rules),
		cmocka_unit_test(test_several_requirements),
	};

	return cmocka_run_group_tests_name("verdict-package", tests, NULL, NULL);
}

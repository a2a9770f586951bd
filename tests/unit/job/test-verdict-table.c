/*
 * The whole verdict, as the preflight of a job makes it: one unit and one package that fit by all
 * rules, and cases that change something about them. What blocks is blocked by the one rule that is
 * named, and by no other.
 */
#include "verdict-cases.h"

#include "base/scope.h"
#include "job/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fm_error err;

#define TABLE_RULES (FM_RULES_MOST + FM_PACKAGE_RULES_MOST)

struct bench {
	struct fm_device device;
	struct fm_loader loader;
	struct fm_image image;
	struct fm_identity identity;
	struct fm_component component;
	struct fm_release release;
	struct fm_usb_device attached;
	struct fm_sums sums;
	struct fm_error plan_error;
	struct fm_rule_result rules[TABLE_RULES];
	size_t count;
};

static const char *or_else(const char *text, const char *normal)
{
	return text ? text : normal;
}

static struct fm_question bench_told = { .in_image = (char[]){ "v([0-9.]+)" } };

static void bench_definition(struct bench *bench, const struct table_case *one)
{
	bench->device = (struct fm_device){ .name = "Pump",
					    .vendor = "Acme Corp",
					    .identify_only = one->identify_only,
					    .question = one->told ? &bench_told : NULL,
					    .signing = one->asks,
					    .downgrade_allowed = one->downgrade_allowed };
	if (one->unknown)
		assert_non_null(bench->device.unknown = strdup(one->unknown));
	strcpy(bench->loader.protocol, "stm32-uart");
	bench->loader.wire = one->wire;
	paper_memory(&bench->loader.memory);
	for (size_t i = 0; i < 2 && one->takes[i]; i++)
		bench->loader.families[bench->loader.family_count++] = one->takes[i];
}

static void bench_unit(struct bench *bench, const struct table_case *one)
{
	const struct {
		enum fm_fact_kind kind;
		const char *value;
	} facts[] = {
		{ FM_FACT_CHIP_ID, or_else(one->chip, "0410") },
		{ FM_FACT_PROTECTION, or_else(one->protection, "") },
		{ FM_FACT_REVISION, or_else(one->revision, "") },
		{ FM_FACT_REGION, or_else(one->region, "") },
	};

	for (size_t i = 0; i < FM_COUNT(facts); i++) {
		if (*facts[i].value)
			fm_identity_set(&bench->identity, facts[i].kind, FM_PLAIN, facts[i].value,
					"test");
	}
	bench->attached.vid = (uint16_t)(one->vid ? one->vid : 0x273f);
	bench->attached.pid = (uint16_t)(one->pid ? one->pid : 0x1004);
	bench->attached.release =
		(uint16_t)(one->release ? one->release < 0 ? 0 : one->release : 2);
}

static void bench_bytes(struct bench *bench, const struct table_case *one, uint32_t family)
{
	static const struct fm_range whole[2] = { { FM_SPACE_FLASH, BASE, 1300 } };
	const struct fm_range *at = one->at[0].len ? one->at : whole;
	const uint32_t vectors[] = { one->stack ? one->stack : 0x20005000,
				     one->start ? one->start : BASE + 0x41 };
	uint8_t data[0x4100];

	for (size_t i = 0; i < 2 && at[i].len; i++) {
		memset(data, 0x11, sizeof(data));
		if (at[i].space == FM_SPACE_FLASH && at[i].addr == BASE && at[i].len >= 8)
			memcpy(data, vectors, sizeof(vectors));
		assert_success(fm_image_add_family(&bench->image, family, at[i].space, at[i].addr,
						   data, at[i].len, &err));
	}
}

static void bench_file(struct bench *bench, const struct table_case *one)
{
	struct fm_image *image = &bench->image;
	uint32_t family;

	fm_image_init(image);
	for (size_t i = 0; i < 2 && (i == 0 || one->families[i]); i++)
		bench_bytes(bench, one, one->families[i]);
	image->format = or_else(one->format, "ihex");
	image->usb = one->usb;
	strcpy(image->chip_id, or_else(one->file_chip, ""));
	bench->sums = (struct fm_sums){ .state = one->sums, .file = "SHA256SUMS", .text = "said" };
	if (fm_verdict_family(&bench->loader, image, &family))
		assert_success(fm_image_keep_family(image, family, &err));
}

static void bench_package(struct bench *bench, const struct table_case *one)
{
	struct fm_component *component = &bench->component;

	component->format = one->versions ? one->versions : FM_VERSION_TRIPLET;
	if (one->plain)
		component->format = FM_VERSION_PLAIN;
	strcpy(component->name, "Pump");
	strcpy(bench->release.version, or_else(one->version, "2.0.0"));
	strcpy(component->guids[0], or_else(one->guids[0], GUID_MODEL));
	strcpy(component->guids[1], or_else(one->guids[1], ""));
	component->guid_count = (*component->guids[0] != '\0') + (*component->guids[1] != '\0');
	for (size_t i = 0; i < 2 && one->requires[i].version; i++)
		paper_requires(component, one->requires[i].kind, one->requires[i].compare,
			       one->requires[i].version);
}

static void bench_plan(struct bench *bench, const struct table_case *one)
{
	const struct fm_plan_input input = { .verb = "flash",
					     .model = "pump",
					     .chip = "0410",
					     .protocol = bench->loader.protocol,
					     .image = &bench->image,
					     .memory = &bench->loader.memory,
					     .can = FM_PLAN_ERASE,
					     .fill = 0xff,
					     .allow_config = one->allow_config };
	struct fm_plan plan;

	if (fm_plan_make(&input, &plan, &bench->plan_error))
		fm_plan_done(&plan);
}

static void bench_judge(struct bench *bench, const struct table_case *one)
{
	const struct fm_usb_device *attached = one->detached ? NULL : &bench->attached;
	const char *running = or_else(one->running, "1.0.0");
	const struct fm_component *component = one->bare ? NULL : &bench->component;
	const struct fm_verdict_input input = {
		.device = &bench->device,
		.loader = &bench->loader,
		.image = &bench->image,
		.identity = &bench->identity,
		.locked = one->locked,
		.plan_error = &bench->plan_error,
		.usb = &one->mode,
		.usb_count = one->mode.vid != 0,
		.attached = attached,
		.signature = &one->signature,
		.sums = &bench->sums,
		.signing = one->config,
		.version_running = running,
		.version_file = or_else(one->file_version, bench->release.version),
		.version_expected = or_else(one->expected, ""),
		.component = component,
		.release = one->bare ? NULL : &bench->release,
		.version_format = fm_verdict_format(&bench->device, component, &bench->image),
	};
	const struct fm_package_verdict_input package = {
		.component = &bench->component,
		.release = &bench->release,
		.usb = &one->mode,
		.usb_count = one->mode.vid != 0,
		.names = one->names,
		.name_count = (size_t)(*one->names[0].guid || *one->names[0].instance_id) +
			      (*one->names[1].guid != '\0'),
		.attached = attached,
		.version_running = running,
		.revision = fm_identity_value(&bench->identity, FM_FACT_REVISION),
		.region = fm_identity_value(&bench->identity, FM_FACT_REGION),
		.loader = or_else(one->loader, ""),
		.downgrade_allowed = bench->device.downgrade_allowed,
		.path_allowed = one->allow_path,
		.compared = one->compared,
	};

	bench->count = fm_verdict_make(&input, bench->rules);
	if (!one->bare)
		bench->count += fm_verdict_package(&package, bench->rules + bench->count);
}

static void bench_case(struct bench *bench, const struct table_case *one)
{
	*bench = (struct bench){ .count = 0 };
	bench_definition(bench, one);
	bench_unit(bench, one);
	bench_file(bench, one);
	bench_package(bench, one);
	bench_plan(bench, one);
	bench_judge(bench, one);
	fm_image_done(&bench->image);
	free(bench->device.unknown);
}

/* As the case says; of all other rules none blocks. */
static bool bench_is(const struct bench *bench, const struct table_case *one)
{
	bool found = false;

	for (size_t i = 0; i < bench->count; i++) {
		const struct fm_rule_result *rule = &bench->rules[i];

		if (!*rule->file_says || !*rule->unit_says)
			return false;
		if (strcmp(rule->rule, one->rule) == 0)
			found = rule->verdict == one->verdict && rule->code == one->code;
		else if (rule->verdict == FM_BLOCKED)
			return false;
	}
	return found && (fm_verdict_of(bench->rules, bench->count) == FM_BLOCKED) ==
				(one->verdict == FM_BLOCKED);
}

static void bench_print(const struct bench *bench, const struct table_case *one, size_t number)
{
	print_error("case %zu: '%s' is not %s alone:\n", number, one->rule,
		    fm_verdict_name(one->verdict));
	for (size_t i = 0; i < bench->count; i++)
		print_error("  %s %s (E%d): %s; %s\n", fm_verdict_name(bench->rules[i].verdict),
			    bench->rules[i].rule, fm_error_info(bench->rules[i].code)->number,
			    bench->rules[i].file_says, bench->rules[i].unit_says);
}

static size_t check_table(const struct table_case *cases, size_t count)
{
	static struct bench bench;
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		bench_case(&bench, &cases[i]);
		if (bench_is(&bench, &cases[i]))
			continue;
		bench_print(&bench, &cases[i], i);
		wrong++;
	}
	return wrong;
}

/* The pair that the cases change fits by every rule. */
static void test_all_fits(void **state)
{
	static const struct table_case as_it_is = { "model", FM_FITS, FM_OK, .bare = false };
	static struct bench bench;

	(void)state;
	bench_case(&bench, &as_it_is);
	assert_int_equal(fm_verdict_of(bench.rules, bench.count), FM_FITS);
	assert_true(bench.count >= 9);
}

static void test_files(void **state)
{
	(void)state;
	assert_int_equal(check_table(table_files, FM_COUNT(table_files)), 0);
}

static void test_packages(void **state)
{
	(void)state;
	assert_int_equal(check_table(table_packages, FM_COUNT(table_packages)), 0);
}

static size_t count_cases(const char *rule, enum fm_verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < FM_COUNT(table_files); i++)
		count += table_files[i].verdict == verdict &&
			 (!rule || strcmp(table_files[i].rule, rule) == 0);
	for (size_t i = 0; i < FM_COUNT(table_packages); i++)
		count += table_packages[i].verdict == verdict &&
			 (!rule || strcmp(table_packages[i].rule, rule) == 0);
	return count;
}

static void test_counts(void **state)
{
	size_t blocked = count_cases(NULL, FM_BLOCKED), warn = count_cases(NULL, FM_WARN);
	size_t all = FM_COUNT(table_files) + FM_COUNT(table_packages), named = 0;

	(void)state;
	print_message("# %zu cases: %zu BLOCKED by exactly one rule, %zu WARN, %zu FITS\n", all,
		      blocked, warn, all - blocked - warn);
	for (size_t i = 0; i < FM_COUNT(table_rules); i++) {
		size_t count = count_cases(table_rules[i], FM_BLOCKED);

		print_message("# BLOCKED by '%s': %zu\n", table_rules[i], count);
		assert_true(count > 0);
		named += count;
	}
	assert_int_equal(named, blocked);
	assert_true(all >= 120);
	assert_true(blocked >= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fits),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_packages),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests_name("verdict-table", tests, NULL, NULL);
}

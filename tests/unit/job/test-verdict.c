/* What a file says of its target against what the unit is: USB identities and UF2 families. */
#include "paper-rig.h"

#include "base/scope.h"
#include "base/text.h"

#include <string.h>

static struct fm_error err;

static void check(struct paper_rig *f, const char *rule, enum fm_verdict verdict, const char *file,
		  const char *unit)
{
	const struct fm_rule_result *result = paper_rule(f, rule);

	assert_non_null(result);
	assert_int_equal(result->verdict, verdict);
	assert_int_equal(result->code, verdict == FM_BLOCKED ? FM_BLOCKED_MODEL : FM_OK);
	assert_string_equal(result->file_says, file);
	assert_string_equal(result->unit_says, unit);
	assert_int_equal(fm_verdict_of(f->rules, f->count) == FM_BLOCKED, verdict == FM_BLOCKED);
}

static void test_nothing_said(void **state)
{
	struct paper_rig *f = *state;

	assert_null(paper_rule(f, "suffix"));
	assert_null(paper_rule(f, "family"));
	assert_non_null(paper_rule(f, "version"));
	assert_int_equal(f->count, 7);
}

/* An address is one of its own memory. */
static void test_two_memories(void **state)
{
	struct paper_rig *f = *state;

	assert_string_equal(paper_rule(f, "memory")->file_says, "flash 0x00000000-0x00000003");
	assert_success(fm_image_add(&f->image, FM_SPACE_EEPROM, 0x10, "abcd", 4, &err));
	assert_string_equal(paper_rule(f, "memory")->file_says,
			    "flash 0x00000000 to eeprom 0x00000013");
}

static void test_suffix(void **state)
{
	struct paper_rig *f = *state;
	const struct fm_usb_match matches[] = { { .vid = 0x1234, .pid = 0x0001 },
						{ .vid = -1, .pid = -1 },
						{ .vid = 0x0483, .pid = 0xdf11 } };
	struct fm_image_target *usb = &f->image.usb;

	f->input.usb = matches;
	f->input.usb_count = 3;
	*usb = (struct fm_image_target){ true, 0x0483, 0xdf11, 0x0200 };
	check(f, "suffix", FM_FITS, "for USB 0483:df11", "1234:0001, 0483:df11");
	usb->pid = 0xdf12;
	check(f, "suffix", FM_BLOCKED, "for USB 0483:df12", "1234:0001, 0483:df11");
	/* One half of each of two identities is none of them. */
	usb->pid = 0x0001;
	check(f, "suffix", FM_BLOCKED, "for USB 0483:0001", "1234:0001, 0483:df11");
	usb->pid = 0xffff;
	check(f, "suffix", FM_FITS, "for USB 0483:ffff", "1234:0001, 0483:df11");
	usb->vid = 0xffff;
	check(f, "suffix", FM_FITS, "for any USB unit", "1234:0001, 0483:df11");
	usb->pid = 2;
	check(f, "suffix", FM_BLOCKED, "for USB ffff:0002", "1234:0001, 0483:df11");
}

static void test_suffix_and_attached(void **state)
{
	struct paper_rig *f = *state;
	const struct fm_usb_match matches[] = { { .vid = 0x1234, .pid = -1 } };
	const struct fm_usb_device attached = { .vid = 0x0483, .pid = 0xdf11 };

	f->image.usb = (struct fm_image_target){ true, 0x0483, 0xdf11, 0xffff };
	/* Only its serial line is known: it can't contradict. */
	check(f, "suffix", FM_WARN, "for USB 0483:df11", "its USB identity is not known");
	f->input.usb = matches;
	f->input.usb_count = 1;
	check(f, "suffix", FM_BLOCKED, "for USB 0483:df11", "1234:any");
	f->input.attached = &attached;
	check(f, "suffix", FM_FITS, "for USB 0483:df11", "is 0483:df11, 1234:any");
	f->image.usb.vid = 0x1234;
	check(f, "suffix", FM_FITS, "for USB 1234:df11", "is 0483:df11, 1234:any");
	f->image.usb.vid = 0x1235;
	check(f, "suffix", FM_BLOCKED, "for USB 1235:df11", "is 0483:df11, 1234:any");
}

static void takes(struct paper_rig *f, uint32_t first, uint32_t second)
{
	f->loader.families[0] = first;
	f->loader.families[1] = second;
	f->loader.family_count = second ? 2 : 1;
}

static void test_family(void **state)
{
	struct paper_rig *f = *state;

	f->image.format = "uf2";
	assert_null(paper_rule(f, "family"));
	takes(f, RP2040, 0);
	check(f, "family", FM_WARN, "names no family of chips", "takes RP2040");
	fm_image_set_family(&f->image, RP2040);
	check(f, "family", FM_FITS, "for RP2040", "takes RP2040");
	fm_image_set_family(&f->image, SAMD21);
	check(f, "family", FM_BLOCKED, "for SAMD21", "takes RP2040");
	takes(f, 0x12345678, SAMD21);
	check(f, "family", FM_FITS, "for SAMD21", "takes 0x12345678, SAMD21");
	f->loader.family_count = 0;
	check(f, "family", FM_WARN, "for SAMD21", "the family that it takes is not known");
	/* A file without families for a loader that has some, in another format: nothing to say. */
	takes(f, RP2040, 0);
	f->image.format = "ihex";
	fm_image_set_family(&f->image, 0);
	assert_null(paper_rule(f, "family"));
}

/* A block has to name a family, or the boot loader passes it over. */
static void test_no_family_for_a_volume(void **state)
{
	struct paper_rig *f = *state;

	f->loader.wire = FM_WIRE_VOLUME;
	check(f, "family", FM_BLOCKED, "names no family of chips",
	      "the family that it takes is not known: no block can name it");
	f->loader.families[0] = RP2040;
	f->loader.family_count = 1;
	assert_null(paper_rule(f, "family"));
	f->loader.family_count = 0;
	fm_image_set_family(&f->image, RP2040);
	check(f, "family", FM_WARN, "for RP2040", "the family that it takes is not known");
}

static void test_choice_of_family(void **state)
{
	struct paper_rig *f = *state;
	uint32_t family = 0;

	f->image.format = "uf2";
	fm_image_set_family(&f->image, SAMD21);
	assert_success(fm_image_add_family(&f->image, RP2040, FM_SPACE_FLASH, 0, "more", 4, &err));
	assert_false(fm_verdict_family(&f->loader, &f->image, &family));
	check(f, "family", FM_BLOCKED, "for SAMD21, RP2040",
	      "the family that it takes is not known");
	takes(f, RP2350, 0);
	assert_false(fm_verdict_family(&f->loader, &f->image, &family));
	check(f, "family", FM_BLOCKED, "for SAMD21, RP2040", "takes RP2350_ARM_S");
	takes(f, RP2040, SAMD21); /* the loader's order counts */
	assert_true(fm_verdict_family(&f->loader, &f->image, &family));
	assert_int_equal(family, RP2040);
	check(f, "family", FM_FITS, "for SAMD21, RP2040", "takes RP2040, SAMD21");
	assert_success(fm_image_keep_family(&f->image, family, &err));
	f->loader.family_count = 0;
	assert_true(fm_verdict_family(&f->loader, &f->image, &family));
	assert_int_equal(family, RP2040);
}

/* The chip that the file names: what the unit tells, or the UF2 files that its loader takes. */
static void test_chip(void **state)
{
	struct paper_rig *f = *state;

	check(f, "chip", FM_FITS, "nothing about a chip", "tells no chip id");
	strcpy(f->image.chip_id, "esp32s3");
	check(f, "chip", FM_BLOCKED, "esp32s3", "tells no chip id");
	takes(f, RP2040, 0xc47e5767);
	check(f, "chip", FM_FITS, "esp32s3", "tells no chip id");
	strcpy(f->image.chip_id, "esp32s2");
	check(f, "chip", FM_BLOCKED, "esp32s2", "tells no chip id");
	strcpy(f->image.chip_id, "1e950f");
	check(f, "chip", FM_BLOCKED, "1e950f", "tells no chip id");
	fm_identity_set(&f->identity, FM_FACT_CHIP_ID, FM_PLAIN, "esp32s3", "test");
	check(f, "chip", FM_BLOCKED, "1e950f", "esp32s3");
	strcpy(f->image.chip_id, "esp32s3");
	check(f, "chip", FM_FITS, "esp32s3", "esp32s3");
}

/* ESP images say on which revisions of the silicon they run. */
static void test_chip_revision(void **state)
{
	static const struct {
		unsigned least, most;
		const char *unit; /* "" = it does not tell */
		enum fm_verdict verdict;
		const char *says;
	} cases[] = {
		{ 301, 399, "3.1", FM_FITS, "for revision 3.1 to 3.99 of the chip" },
		{ 301, 399, "3.99", FM_FITS, "for revision 3.1 to 3.99 of the chip" },
		{ 301, 399, "3.0", FM_BLOCKED, "for revision 3.1 to 3.99 of the chip" },
		{ 301, 399, "4.0", FM_BLOCKED, "for revision 3.1 to 3.99 of the chip" },
		{ 301, 399, "", FM_WARN, "for revision 3.1 to 3.99 of the chip" },
		{ 300, 0, "3.0", FM_FITS, "for revision 3.0 and later of the chip" },
		{ 300, 0, "2.9", FM_BLOCKED, "for revision 3.0 and later of the chip" },
		{ 0, 99, "0.2", FM_FITS, "for revision up to 0.99 of the chip" },
		{ 0, 99, "", FM_FITS, "for revision up to 0.99 of the chip" },
		{ 0, 99, "1.0", FM_BLOCKED, "for revision up to 0.99 of the chip" },
	};
	struct paper_rig *f = *state;

	assert_null(paper_rule(f, "chip-revision"));
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		const struct fm_rule_result *result;

		f->identity.count = 0;
		if (*cases[i].unit)
			fm_identity_set(&f->identity, FM_FACT_CHIP_REVISION, FM_PLAIN,
					cases[i].unit, "test");
		f->image.least_revision = cases[i].least;
		f->image.most_revision = cases[i].most;
		result = paper_rule(f, "chip-revision");
		assert_non_null(result);
		assert_int_equal(result->verdict, cases[i].verdict);
		assert_int_equal(result->code,
				 cases[i].verdict == FM_BLOCKED ? FM_BLOCKED_MODEL : FM_OK);
		assert_string_equal(result->file_says, cases[i].says);
		if (!*cases[i].unit)
			assert_string_equal(result->unit_says,
					    "does not tell the revision of its chip");
	}
}

/* What was asked for, and what the file says: by whose format they are compared. */
static void test_expected_version(void **state)
{
	static const struct {
		const char *expected, *file, *definition;
		bool package, mcuboot, same;
	} cases[] = {
		{ "1.2.3", "1.2.3", "", .same = true },
		{ "1.2.3", "1.2.3+4", "", .same = false }, /* nobody says what a '+' means here */
		{ "v1.2.3", "1.2.3", "", .same = false },
		{ "1.2.3", "1.2.3+4", "triplet", .same = true },
		{ "1.2.3+4", "1.2.3", "triplet", .same = true },
		{ "1.2.3+4", "1.2.3+5", "triplet", .same = false },
		{ "v1.2", "1.2.0", "triplet", .same = true },
		{ "1.2.3", "1.2.4", "triplet", .same = false },
		{ "1.2.3", "1.2.3+4", "", .mcuboot = true, .same = true },
		{ "1.2.3", "1.2.3+4", "plain", .mcuboot = true },
		{ "v1.2", "1.2.0", "plain", .package = true, .same = true },
		{ "0x10002", "1.2", "pair", .same = true },
	};
	const struct fm_component component = { .format = FM_VERSION_TRIPLET };
	struct paper_rig *f = *state;

	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		const struct fm_rule_result *result;

		f->image.format = cases[i].mcuboot ? "mcuboot" : "ihex";
		fm_text_copy(f->device.version_format, sizeof(f->device.version_format),
			     cases[i].definition);
		f->input.version_expected = cases[i].expected;
		f->input.version_file = cases[i].file;
		f->input.version_format = fm_verdict_format(
			&f->device, cases[i].package ? &component : NULL, &f->image);
		result = paper_rule(f, "version");
		if ((result->verdict != FM_BLOCKED) != cases[i].same)
			fail_msg("case %zu: %s", i, result->unit_says);
		assert_int_equal(result->code, cases[i].same ? FM_OK : FM_BLOCKED_VERSION);
		f->input.version_running = cases[i].expected;
		f->input.version_expected = "";
		assert_int_equal(strstr(paper_rule(f, "version")->unit_says, "the same version") !=
					 NULL,
				 cases[i].same);
		f->input.version_running = "";
	}
}

#define TEST(name) PAPER_TEST(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_said),
		TEST(test_two_memories),
		TEST(test_suffix),
		TEST(test_suffix_and_attached),
		TEST(test_family),
		TEST(test_choice_of_family),
		TEST(test_no_family_for_a_volume),
		TEST(test_chip),
		TEST(test_chip_revision),
		TEST(test_expected_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

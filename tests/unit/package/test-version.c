#include "base/scope.h"
#include "package/requirement.h"
#include "package/version.h"
#include "unit.h"

#include <string.h>

static void test_version_names(void **state)
{
	enum fm_version_format format;

	(void)state;
	for (int i = 0; i < FM_VERSION_FORMATS; i++) {
		assert_true(fm_version_format_parse(
			fm_version_format_name((enum fm_version_format)i), &format));
		assert_int_equal(format, i);
	}
	assert_false(fm_version_format_parse("", &format));
	assert_false(fm_version_format_parse("Triplet", &format));
	assert_false(fm_version_format_parse("roman", &format));
}

/* Numbers and what fwupd's public table of examples makes of them; those of bcd and pair from the
 * bits. */
static void test_version_numbers(void **state)
{
	static const struct {
		uint32_t number;
		enum fm_version_format format;
		const char *text;
	} cases[] = {
		{ 0, FM_VERSION_QUAD, "0.0.0.0" },
		{ 0xff, FM_VERSION_QUAD, "0.0.0.255" },
		{ 0xff01, FM_VERSION_QUAD, "0.0.255.1" },
		{ 0xff0001, FM_VERSION_QUAD, "0.255.0.1" },
		{ 0xff000100, FM_VERSION_QUAD, "255.0.1.0" },
		{ 0xff, FM_VERSION_TRIPLET, "0.0.255" },
		{ 0xff01, FM_VERSION_TRIPLET, "0.0.65281" },
		{ 0xff000100, FM_VERSION_TRIPLET, "255.0.256" },
		{ 0xff000100, FM_VERSION_PAIR, "65280.256" },
		{ 0x10, FM_VERSION_BCD, "0.0.0.10" },
		{ 0x12345678, FM_VERSION_BCD, "12.34.56.78" },
		{ 0xff000100, FM_VERSION_NUMBER, "4278190336" },
		{ 0, FM_VERSION_INTEL_ME, "11.0.0.0" },
		{ 0xffffffff, FM_VERSION_INTEL_ME, "18.31.255.65535" },
		{ 0x0b32057a, FM_VERSION_INTEL_ME, "11.11.50.1402" },
		{ 0xb8320d84, FM_VERSION_INTEL_ME2, "11.8.50.3460" },
		{ 0x00000741, FM_VERSION_INTEL_CSME19, "19.0.0.1857" },
		{ 0x226a4b00, FM_VERSION_SURFACE_LEGACY, "137.2706.768" },
		{ 0x06001988, FM_VERSION_SURFACE, "6.25.136" },
		{ 0x00ff0001, FM_VERSION_DELL_BIOS, "255.0.1" },
		{ 0x010f0201, FM_VERSION_DELL_BIOS_MSB, "1.15.2" },
		{ 0xc8, FM_VERSION_HEX, "0x000000c8" },
	};
	char text[FM_VERSION_TEXT];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		fm_version_of_number(cases[i].number, cases[i].format, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_version_guess(void **state)
{
	(void)state;
	assert_int_equal(fm_version_guess(""), FM_VERSION_PLAIN);
	assert_int_equal(fm_version_guess("7"), FM_VERSION_NUMBER);
	assert_int_equal(fm_version_guess("0x10203"), FM_VERSION_NUMBER);
	assert_int_equal(fm_version_guess("1.2"), FM_VERSION_PAIR);
	assert_int_equal(fm_version_guess("1.2.3"), FM_VERSION_TRIPLET);
	assert_int_equal(fm_version_guess("1.2.3.4"), FM_VERSION_QUAD);
	assert_int_equal(fm_version_guess("1.2.3.4.5"), FM_VERSION_PLAIN);
	assert_int_equal(fm_version_guess("1."), FM_VERSION_PLAIN);
	assert_int_equal(fm_version_guess(".1"), FM_VERSION_PLAIN);
	assert_int_equal(fm_version_guess("1a.2"), FM_VERSION_PLAIN);
}

static void test_version_normal(void **state)
{
	static const struct {
		const char *version;
		enum fm_version_format format;
		const char *text; /* NULL: it is none */
	} cases[] = {
		{ "1.2.3", FM_VERSION_TRIPLET, "1.2.3" },
		{ "0x30002", FM_VERSION_TRIPLET, "0.3.2" },
		{ "196610", FM_VERSION_TRIPLET, "0.3.2" },
		{ "20150915", FM_VERSION_NUMBER, "20150915" },
		{ "20150915", FM_VERSION_TRIPLET, NULL },
		{ "1.2", FM_VERSION_TRIPLET, NULL },
		{ "1.2.3.4", FM_VERSION_TRIPLET, NULL },
		{ "1.2.x", FM_VERSION_TRIPLET, NULL },
		{ "1.2.3-rc1", FM_VERSION_TRIPLET, NULL },
		{ "0x1ffffffff", FM_VERSION_TRIPLET, NULL },
		{ "0x", FM_VERSION_TRIPLET, NULL },
		{ "0x12", FM_VERSION_NUMBER, "0x12" },
		{ "12", FM_VERSION_NUMBER, "12" },
		{ "1.2", FM_VERSION_NUMBER, NULL },
		{ "1.2", FM_VERSION_BCD, "1.2" },
		{ "1.2.3.4", FM_VERSION_BCD, "1.2.3.4" },
		{ "1.2.3", FM_VERSION_BCD, NULL },
		{ "0xc8", FM_VERSION_HEX, "0x000000c8" },
		{ "any thing", FM_VERSION_PLAIN, "any thing" },
		{ "", FM_VERSION_PLAIN, NULL },
	};
	char text[FM_VERSION_TEXT], longest[FM_VERSION_TEXT + 1];
	struct fm_error err;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		if (!cases[i].text) {
			assert_failure(
				fm_version_normal(cases[i].version, cases[i].format, text, &err),
				FM_PACKAGE_VERSION);
			continue;
		}
		assert_success(fm_version_normal(cases[i].version, cases[i].format, text, &err));
		assert_string_equal(text, cases[i].text);
	}
	memset(longest, '1', FM_VERSION_TEXT);
	longest[FM_VERSION_TEXT] = '\0';
	assert_failure(fm_version_normal(longest, FM_VERSION_PLAIN, text, &err),
		       FM_PACKAGE_VERSION);
}

static void test_version_compare(void **state)
{
	static const struct {
		const char *a, *b;
		enum fm_version_format format;
		enum fm_order order;
	} cases[] = {
		{ "1.2.3", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "1.2.3", "1.2.4", FM_VERSION_TRIPLET, FM_ORDER_OLDER },
		{ "1.10.0", "1.9.9", FM_VERSION_TRIPLET, FM_ORDER_NEWER },
		{ "001.002.0003", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "1.2", "1.2.0", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "1.2", "1.2.1", FM_VERSION_TRIPLET, FM_ORDER_OLDER },
		{ "1.2.0.1", "1.2", FM_VERSION_QUAD, FM_ORDER_NEWER },
		{ "v1.2.3", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "1.2.3~rc1", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_OLDER },
		{ "1.2.3~rc1", "1.2.3~rc2", FM_VERSION_TRIPLET, FM_ORDER_OLDER },
		{ "1.2.3b", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_NEWER },
		{ "1.2.3b", "1.2.3a", FM_VERSION_TRIPLET, FM_ORDER_NEWER },
		{ "1.2.3+4", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "1.2.3+4", "1.2.3+4", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "1.2.3+10", "1.2.3+9", FM_VERSION_TRIPLET, FM_ORDER_NEWER },
		{ "1.2.3+4", "1.2.4", FM_VERSION_TRIPLET, FM_ORDER_OLDER },
		{ "1.2.3+4", "1.2.3", FM_VERSION_PLAIN, FM_ORDER_UNKNOWN },
		{ "1.2.3.4+5", "1.2.3.4", FM_VERSION_QUAD, FM_ORDER_NEWER },
		{ "0x30002", "0.3.2", FM_VERSION_TRIPLET, FM_ORDER_SAME },
		{ "0x30002", "0.3.10", FM_VERSION_TRIPLET, FM_ORDER_OLDER },
		{ "0x0a", "0x9", FM_VERSION_HEX, FM_ORDER_NEWER },
		{ "0xC8", "0x000000c8", FM_VERSION_HEX, FM_ORDER_SAME },
		{ "99999999999999999999999", "100000000000000000000000", FM_VERSION_NUMBER,
		  FM_ORDER_OLDER },
		{ "10", "9", FM_VERSION_NUMBER, FM_ORDER_NEWER },
		{ "1.09", "1.10", FM_VERSION_BCD, FM_ORDER_OLDER },
		{ "2.10", "2.9", FM_VERSION_BCD, FM_ORDER_NEWER },
		{ "20150915", "20150914", FM_VERSION_NUMBER, FM_ORDER_NEWER },
		{ "Amber", "Amber", FM_VERSION_PLAIN, FM_ORDER_SAME },
		{ "Amber", "Beryl", FM_VERSION_PLAIN, FM_ORDER_UNKNOWN },
		{ "2", "10", FM_VERSION_PLAIN, FM_ORDER_UNKNOWN },
		{ "", "1.2.3", FM_VERSION_TRIPLET, FM_ORDER_UNKNOWN },
		{ "1.2.3", "", FM_VERSION_TRIPLET, FM_ORDER_UNKNOWN },
	};
	static const enum fm_order other_way[] = { FM_ORDER_NEWER, FM_ORDER_SAME, FM_ORDER_OLDER,
						   FM_ORDER_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		if (fm_version_compare(cases[i].a, cases[i].b, cases[i].format) != cases[i].order)
			fail_msg("'%s' beside '%s'", cases[i].a, cases[i].b);
		if (fm_version_compare(cases[i].b, cases[i].a, cases[i].format) !=
		    other_way[cases[i].order])
			fail_msg("'%s' beside '%s'", cases[i].b, cases[i].a);
	}
}

static void test_requirement_met(void **state)
{
	static const struct {
		enum fm_requirement_kind kind;
		enum fm_compare compare;
		const char *wanted, *version;
		enum fm_version_format format;
		enum fm_answer answer;
	} cases[] = {
#define RUNNING(compare, wanted, version, answer)                                                  \
	{ FM_REQUIRE_RUNNING, FM_COMPARE_##compare, wanted, version,                               \
	  FM_VERSION_TRIPLET, FM_ANSWER_##answer }
		RUNNING(EQ, "1.1.0", "1.1.0", YES),
		RUNNING(EQ, "1.1.0", "1.1.1", NO),
		RUNNING(NE, "1.1.0", "1.1.0", NO),
		RUNNING(NE, "1.1.0", "1.1.1", YES),
		RUNNING(LT, "1.1.0", "1.0.9", YES),
		RUNNING(LT, "1.1.0", "1.1.0", NO),
		RUNNING(LE, "1.1.0", "1.1.0", YES),
		RUNNING(LE, "1.1.0", "1.1.1", NO),
		RUNNING(GT, "1.1.0", "1.1.1", YES),
		RUNNING(GT, "1.1.0", "1.1.0", NO),
		RUNNING(GE, "1.1.0", "1.1.0", YES),
		RUNNING(GE, "1.1.0", "1.0.9", NO),
		RUNNING(GE, "1.1.0", "", UNKNOWN),
		RUNNING(GLOB, "1.*.0", "1.7.0", YES),
		RUNNING(GLOB, "1.*.0", "2.7.0", NO),
		RUNNING(REGEX, "^1\\.", "1.7.0", YES),
		RUNNING(REGEX, "^1\\.", "17.0", NO),
		RUNNING(REGEX, "^1\\d", "1.7.0", UNKNOWN),
		RUNNING(REGEX, "^1[\\.]", "1.7.0", UNKNOWN),
		RUNNING(REGEX, "^1[.]", "1.7.0", YES),
		RUNNING(REGEX, "^1[.]", "2.1.0", NO),
		RUNNING(REGEX, "^1[.", "1.1.0", UNKNOWN),
		RUNNING(NONE, "", "1.1.0", YES),
		RUNNING(NONE, "", "", UNKNOWN),
		RUNNING(UNKNOWN, "1.1.0", "1.1.0", UNKNOWN),
#undef RUNNING
		{ FM_REQUIRE_RUNNING, FM_COMPARE_EQ, "Amber", "Beryl", FM_VERSION_PLAIN,
		  FM_ANSWER_NO },
		{ FM_REQUIRE_RUNNING, FM_COMPARE_NE, "Amber", "Beryl", FM_VERSION_PLAIN,
		  FM_ANSWER_YES },
		{ FM_REQUIRE_RUNNING, FM_COMPARE_GE, "Amber", "Beryl", FM_VERSION_PLAIN,
		  FM_ANSWER_UNKNOWN },
		{ FM_REQUIRE_VENDOR, FM_COMPARE_EQ, "USB:0x1209|USB:0x273F", "USB:0x273F",
		  FM_VERSION_TRIPLET, FM_ANSWER_YES },
		{ FM_REQUIRE_VENDOR, FM_COMPARE_EQ, "USB:0x1209|USB:0x273F", "USB:0x046D",
		  FM_VERSION_TRIPLET, FM_ANSWER_NO },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		struct fm_requirement requirement = { .kind = cases[i].kind,
						      .compare = cases[i].compare };

		strcpy(requirement.version, cases[i].wanted);
		if (fm_requirement_met(&requirement, cases[i].version, cases[i].format) !=
		    cases[i].answer)
			fail_msg("%s '%s', version '%s'", fm_compare_name(cases[i].compare),
				 cases[i].wanted, cases[i].version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_names),   cmocka_unit_test(test_version_numbers),
		cmocka_unit_test(test_version_guess),   cmocka_unit_test(test_version_normal),
		cmocka_unit_test(test_version_compare), cmocka_unit_test(test_requirement_met),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}

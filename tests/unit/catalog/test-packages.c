/* By what packages name a model, as its definition says. */
#include "fixture.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char packages_text[] =
	"<devices format=\"1\">\n"
	"  <chip id=\"c\" vendor=\"V\" name=\"C\">\n"
	"    <region name=\"flash\" space=\"flash\" base=\"0\" size=\"64K\" erase=\"1K\" "
	"write=\"256\" access=\"write\"/>\n"
	"  </chip>\n"
	"  <board id=\"b\" vendor=\"V\" name=\"B\">\n"
	"    <usb vid=\"0x273F\" pid=\"0x1004\"/>\n"
	"    %s\n" /* 7 */
	"    <loader name=\"L\" protocol=\"stm32-uart\" chip=\"c\">\n"
	"      <serial baud=\"115200\" framing=\"8E1\"/>\n"
	"    </loader>\n"
	"  </board>\n"
	"</devices>\n";

#define GUID "84f40464-9272-4ef7-9399-cd95f12da696"

static void test_packages_are_loaded(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	struct fm_error err;
	char text[2000];

	snprintf(text, sizeof(text), packages_text,
		 "<package guid=\"" GUID "\"/>"
		 "<package instance-id=\"USB\\VID_273F&amp;PID_1004&amp;NAME_PUMP\" "
		 "revision=\"*-v1\" region=\"EU*\"/>");
	assert_true(fixture_lint(fixture, text));
	fixture_write(fixture->dir, "a.xml", text);
	fixture_open(fixture);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	assert_int_equal(device.package_count, 2);
	assert_string_equal(device.packages[0].guid, GUID);
	assert_string_equal(device.packages[0].instance_id, "");
	assert_string_equal(device.packages[1].guid, "");
	assert_string_equal(device.packages[1].instance_id, "USB\\VID_273F&PID_1004&NAME_PUMP");
	assert_string_equal(device.packages[0].revision, "");
	assert_string_equal(device.packages[1].revision, "*-v1");
	assert_string_equal(device.packages[0].region, "");
	assert_string_equal(device.packages[1].region, "EU*");
}

static void test_packages_mistakes(void **state)
{
	static const char *const mistakes[] = {
		"<package/>",
		"<package guid=\"" GUID "\" instance-id=\"x\"/>",
		"<package guid=\"84F40464-9272-4ef7-9399-cd95f12da696\"/>",
		"<package guid=\"84f40464\"/>",
		"<package instance-id=\"\"/>",
		"<package instance-id=\"x\" revision=\"\"/>",
		"<package revision=\"v1\"/>",
		"<package instance-id=\"x\" region=\"\"/>",
		"<package region=\"EU\"/>",
		"<package instance-id=\"two words\"/>",
		"<package instance-id=\"0123456789012345678901234567890123456789012345678901234567"
		"8901234\"/>",
		"<package guid=\"" GUID "\">text</package>",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(mistakes); i++) {
		char text[2000];

		snprintf(text, sizeof(text), packages_text, mistakes[i]);
		assert_false(fixture_lint(fixture, text));
		if (!fixture_found(fixture, 7, ""))
			fail_msg("%s gives: %s", mistakes[i], fixture->findings.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_packages_are_loaded, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_packages_mistakes, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests_name("packages", tests, NULL, NULL);
}

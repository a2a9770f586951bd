/* Units on USB: identities by mode, loaders that speak over USB or a volume, steps between modes.
 */
#include "fixture.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of everything; the tests below put one mistake each into it. */
static const char usb_good[] =
	"<devices format=\"1\">\n"
	"  <family id=\"f\" vendor=\"V\" name=\"F\">\n"
	"    <unknown text=\"the wiring\"/>\n"
	"    <usb vid=\"0x0483\" pid=\"0xDF11\" mode=\"rom\"/>\n"
	"    <loader name=\"serial\" protocol=\"stm32-uart\">\n"
	"      <serial baud=\"115200\" framing=\"8E1\"/>\n"
	"    </loader>\n"
	"    <loader name=\"usb\" protocol=\"dfuse\">\n"
	"      <usb mode=\"rom\"/>\n"
	"      <param name=\"force-mode\" value=\"yes\"/>\n" /* 10 */
	"    </loader>\n"
	"  </family>\n"
	"  <chip id=\"c\" vendor=\"V\" name=\"C\" family=\"f\">\n"
	"    <region name=\"flash\" space=\"flash\" base=\"0x08000000\" size=\"64K\" erase=\"1K\" "
	"write=\"256\" access=\"write\"/>\n"
	"  </chip>\n"
	"  <chip id=\"r\" vendor=\"V\" name=\"R\">\n"
	"    <chip-id kind=\"rp2\" value=\"rp2040\"/>\n"
	"    <region name=\"flash\" space=\"flash\" base=\"0x10000000\" size=\"16M\" "
	"erase=\"4K\" write=\"256\" access=\"write\"/>\n"
	"  </chip>\n"
	"  <board id=\"b\" vendor=\"V\" name=\"B\">\n" /* 20 */
	"    <usb vid=\"0x2E8A\" pid=\"0x000a\" release=\"0x0210\" version=\"release\" "
	"program=\"any\"/>\n"
	"    <usb vid=\"0x2E8A\" pid=\"0x0003\" mode=\"rom\" interface=\"ffxx01\" "
	"product=\"RP2 *\" serial=\"shared\"/>\n"
	"    <usb mode=\"bootloader\" volume=\"*BOOT\"/>\n"
	"    <usb mode=\"bootloader\" interface=\"fe0102\"/>\n"
	"    <loader name=\"L\" protocol=\"dfu\">\n"
	"      <usb mode=\"rom\"/>\n"
	"      <uf2-family id=\"0xE48BFF56\"/>\n"
	"      <uf2-family id=\"0xE48BFF57\"/>\n"
	"      <enter>\n"
	"        <touch baud=\"1200\"/>\n" /* 30 */
	"        <detach/>\n"
	"        <request type=\"0x21\" request=\"1\" value=\"300\" interface=\"ff0001\"/>\n"
	"        <reappear mode=\"rom\" within-ms=\"300000\"/>\n"
	"      </enter>\n"
	"      <leave>\n"
	"        <reappear mode=\"application\" within-ms=\"1\"/>\n"
	"      </leave>\n"
	"      <region name=\"boot\" space=\"alt1\" base=\"0\" size=\"64K\" "
	"access=\"protected\"/>\n"
	"      <region name=\"kernel\" space=\"alt7\" base=\"0\" size=\"64K\" write=\"1K\" "
	"access=\"write\"/>\n"
	"    </loader>\n" /* 40 */
	"    <loader name=\"tells\" protocol=\"picoboot\">\n"
	"      <usb mode=\"rom\"/>\n"
	"    </loader>\n"
	"    <loader name=\"drive\" protocol=\"uf2\">\n"
	"      <volume mode=\"bootloader\"/>\n"
	"    </loader>\n"
	"  </board>\n"
	"  <board id=\"generic\" vendor=\"V\" name=\"G\">\n"
	"    <usb mode=\"bootloader\" interface=\"fe01xx\"/>\n"
	"    <loader name=\"G\" protocol=\"dfu\">\n" /* 50 */
	"      <usb mode=\"bootloader\"/>\n"
	"    </loader>\n"
	"  </board>\n"
	"</devices>\n";

static void usb_open(struct fixture *fixture)
{
	const char *const *problems;

	fixture_write(fixture->dir, "a.xml", usb_good);
	fixture_open(fixture);
	assert_int_equal(fm_catalog_problems(fixture->catalog, &problems), 0);
}

static void usb_load(struct fixture *fixture, const char *id, struct fm_device *ret)
{
	struct fm_error err;

	usb_open(fixture);
	assert_success(fm_catalog_load(fixture->catalog, id, ret, &err));
}

static void test_good_text_has_no_findings(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture_lint(fixture, usb_good))
		fail_msg("%s", fixture->findings.data);
}

static void usb_check_matches(const struct fm_usb_match *usb, size_t count)
{
	assert_int_equal(count, 4);
	assert_int_equal(usb[0].vid, 0x2e8a);
	assert_int_equal(usb[0].pid, 0x000a);
	assert_int_equal(usb[0].release, 0x0210);
	assert_int_equal(usb[0].class_code, -1);
	assert_int_equal(usb[0].mode, FM_MODE_APPLICATION);
	assert_true(usb[0].release_is_version);
	assert_string_equal(usb[0].product, "");
	assert_int_equal(usb[1].release, -1);
	assert_int_equal(usb[1].class_code, 0xff);
	assert_int_equal(usb[1].subclass, -1);
	assert_int_equal(usb[1].protocol, 1);
	assert_int_equal(usb[1].mode, FM_MODE_ROM);
	assert_string_equal(usb[1].product, "RP2 *");
	assert_false(usb[1].release_is_version);
	assert_false(usb[0].serial_is_shared);
	assert_true(usb[0].program_is_any);
	assert_false(usb[1].program_is_any);
	assert_true(usb[1].serial_is_shared);
	assert_int_equal(usb[2].vid, -1);
	assert_int_equal(usb[2].pid, -1);
	assert_int_equal(usb[2].mode, FM_MODE_BOOTLOADER);
	assert_string_equal(usb[2].volume, "*BOOT");
	assert_int_equal(usb[3].class_code, 0xfe);
	assert_int_equal(usb[3].protocol, 2);
}

static void test_matches_are_the_same_skimmed_and_loaded(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	const struct fm_entry *entry;
	struct fm_error err;

	usb_open(fixture);
	entry = fm_catalog_find(fixture->catalog, "b");
	usb_check_matches(entry->usb, entry->usb_count);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	usb_check_matches(device.usb, device.usb_count);
}

static void test_steps(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	const struct fm_step *steps;

	usb_load(fixture, "b", &device);
	assert_int_equal(device.loaders[0].enter.count, 4);
	steps = device.loaders[0].enter.steps;
	assert_int_equal(steps[0].kind, FM_STEP_TOUCH);
	assert_int_equal(steps[0].baud, 1200);
	assert_int_equal(steps[1].kind, FM_STEP_DETACH);
	assert_false(steps[1].force);
	assert_int_equal(steps[2].kind, FM_STEP_REQUEST);
	assert_int_equal(steps[2].request_type, 0x21);
	assert_int_equal(steps[2].request, 1);
	assert_int_equal(steps[2].value, 300);
	assert_int_equal(steps[2].class_code, 0xff);
	assert_int_equal(steps[2].subclass, 0);
	assert_int_equal(steps[2].protocol, 1);
	assert_int_equal(steps[3].kind, FM_STEP_REAPPEAR);
	assert_int_equal(steps[3].mode, FM_MODE_ROM);
	assert_int_equal(steps[3].within_ms, 300000);
	assert_int_equal(device.loaders[0].leave.count, 1);
	assert_int_equal(device.loaders[0].leave.steps[0].mode, FM_MODE_APPLICATION);
}

static void test_loaders_without_a_chip(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	const struct fm_loader *loader;

	usb_load(fixture, "b", &device);
	assert_int_equal(device.loader_count, 3);
	loader = &device.loaders[0];
	assert_int_equal(loader->wire, FM_WIRE_USB);
	assert_int_equal(loader->mode, FM_MODE_ROM);
	assert_int_equal(loader->family_count, 2);
	assert_int_equal(loader->families[0], 0xE48BFF56);
	assert_int_equal(loader->families[1], 0xE48BFF57);
	assert_string_equal(loader->chip, "");
	assert_int_equal(loader->memory.count, 2);
	assert_int_equal(fm_memory_named(&loader->memory, "kernel")->range.space, FM_SPACE_ALT7);
	loader = &device.loaders[1];
	assert_int_equal(loader->memory.count, 0);
	loader = &device.loaders[2];
	assert_int_equal(loader->wire, FM_WIRE_VOLUME);
	assert_int_equal(loader->mode, FM_MODE_BOOTLOADER);
}

static void test_chip_that_the_unit_tells(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	struct fm_error err;

	usb_load(fixture, "b", &device);
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[1], "rp2",
					       "rp2040", NULL, &err));
	assert_string_equal(device.loaders[1].chip, "r");
	assert_int_equal(fm_memory_named(&device.loaders[1].memory, "flash")->range.len, 16 << 20);
	/* regions of its own stay beside those of the chip */
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0], "rp2",
					       "rp2040", NULL, &err));
	assert_int_equal(device.loaders[0].memory.count, 3);
	assert_non_null(fm_memory_named(&device.loaders[0].memory, "kernel"));
}

static void test_chip_of_a_family_with_two_wires(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };

	usb_load(fixture, "c", &device);
	assert_int_equal(device.loader_count, 2);
	assert_int_equal(device.loaders[0].wire, FM_WIRE_SERIAL);
	assert_int_equal(device.loaders[1].wire, FM_WIRE_USB);
	assert_int_equal(device.loaders[1].params.values[2], 1);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(device.loaders[i].chip, "c");
		assert_int_equal(device.loaders[i].memory.count, 1);
	}
	/* the job must know how the chip looks on USB */
	assert_int_equal(device.usb_count, 1);
	assert_int_equal(device.usb[0].pid, 0xdf11);
}

static void test_ids_count_before_classes(void **state)
{
	struct fixture *fixture = *state;
	struct fm_usb_device device = {
		.vid = 0x0483,
		.pid = 0xdf11,
		.interfaces = { { .class_code = 0xfe, .subclass = 1, .protocol = 2 } },
		.interface_count = 1
	};
	struct fm_usb_fit fits[4];

	usb_open(fixture);
	assert_int_equal(fm_catalog_match_usb(fixture->catalog, &device, fits, 4), 1);
	assert_string_equal(fits[0].entry->id, "f");
	assert_int_equal(fits[0].match->mode, FM_MODE_ROM);
	device.vid = 0x1234;
	assert_int_equal(fm_catalog_match_usb(fixture->catalog, &device, fits, 4), 2);
	assert_string_equal(fits[0].entry->id, "b");
	assert_string_equal(fits[1].entry->id, "generic");
	device.interfaces[0].protocol = 0;
	assert_int_equal(fm_catalog_match_usb(fixture->catalog, &device, fits, 4), 1);
	assert_string_equal(fits[0].entry->id, "generic");
}

static const struct {
	const char *from, *to;
	long line;
	const char *text;
} usb_mistakes[] = {
	{ "pid=\"0x000a\"", "", 21, "vid and pid, or neither" },
	{ "<usb mode=\"bootloader\" volume=\"*BOOT\"/>", "<usb mode=\"bootloader\"/>", 23,
	  "or a volume" },
	{ "interface=\"fe0102\"", "interface=\"fe01x2\"", 24, "fe01x2" },
	{ "interface=\"ffxx01\"", "interface=\"ff01\"", 22, "ff01" },
	{ "release=\"0x0210\"", "release=\"2.10\"", 21, "2.10" },
	{ "version=\"release\"", "version=\"serial\"", 21, "serial" },
	{ "product=\"RP2 *\"", "product=\"a|b\"", 22, "a|b" },
	{ "pid=\"0x0003\" mode=\"rom\"", "pid=\"0x0003\" mode=\"dfu\"", 22, "dfu" },
	{ "pid=\"0x0003\" mode=\"rom\"", "pid=\"0x0003\"", 25, "in the mode 'rom', in which" },
	{ "<reappear mode=\"rom\" within-ms=\"300000\"",
	  "<reappear mode=\"rom\" within-ms=\"300001\"", 33, "from 1 to 300000" },
	{ "<reappear mode=\"rom\" within-ms=\"300000\"", "<reappear mode=\"rom\" within-ms=\"0\"",
	  33, "from 1 to 300000" },
	{ "0x000a\" release=\"0x0210\"", "0x000a\" mode=\"rom\" release=\"0x0210\"", 30,
	  "which <touch> needs" },
	{ "0x000a\" release=\"0x0210\"", "0x000a\" mode=\"rom\" release=\"0x0210\"", 31,
	  "which <detach> needs" },
	{ "0x000a\" release=\"0x0210\"", "0x000a\" mode=\"rom\" release=\"0x0210\"", 36,
	  "in the mode 'application' that is waited for" },
	{ "type=\"0x21\"", "type=\"0x121\"", 32, "type is a number from 0 to 127" },
	{ "request=\"1\"", "request=\"256\"", 32, "request is a number from 0 to 255" },
	{ "value=\"300\"", "value=\"65536\"", 32, "value is a number from 0 to 65535" },
	{ "baud=\"1200\"", "baud=\"49\"", 30, "baud is a number from 50" },
	{ "0xE48BFF57", "0xE48BFF5", 28, "0xE48BFF5" },
	{ "value=\"rp2040\"", "value=\"0410\"", 17, "rp2 is rp2040 or rp2350" },
	{ "kind=\"rp2\"", "kind=\"avr-signature\"", 17, "6 hexadecimal digits" },
	{ "space=\"alt7\"", "space=\"alt8\"", 39, "alt8" },
	{ "write=\"1K\" access=\"write\"", "access=\"protected\"", 25,
	  "has no region that may be written" },
	{ "<usb vid=\"0x0483\" pid=\"0xDF11\" mode=\"rom\"/>",
	  "<usb vid=\"0x0483\" pid=\"0xDF11\"/>", 8, "in the mode 'rom', in which 'f' has no" },
	{ "<param name=\"force-mode\"", "<param name=\"nothing\"", 10, "nothing" },
};

static void test_mistakes(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(usb_mistakes); i++) {
		FM_FREE char *text =
			fixture_changed(usb_good, 1, usb_mistakes[i].from, usb_mistakes[i].to);

		assert_false(fixture_lint(fixture, text));
		if (!fixture_found(fixture, usb_mistakes[i].line, usb_mistakes[i].text))
			fail_msg("%s -> %s: wanted '%s' in line %ld, got\n%s", usb_mistakes[i].from,
				 usb_mistakes[i].to, usb_mistakes[i].text, usb_mistakes[i].line,
				 fixture->findings.data);
	}
}

/* A <usb> that cannot be used makes its file unusable, not a definition that fits every unit. */
/* A board with what it looks like as an application, how it is asked for its loader, and questions.
 */
static bool usb_asks_lint(struct fixture *fixture, const char *application, const char *enter,
			  const char *questions)
{
	char text[2000];

	snprintf(text, sizeof(text),
		 "<devices format=\"1\">\n<board id=\"x\" vendor=\"V\" name=\"X\">\n"
		 "<usb mode=\"bootloader\" interface=\"fe01xx\"/>%s\n"
		 "<loader name=\"G\" protocol=\"dfu\"><usb mode=\"bootloader\"/>%s</loader>\n"
		 "%s</board>\n</devices>\n",
		 application, enter, questions);
	return fixture_lint(fixture, text);
}

/* Questions go over a serial line: a definition that knows of none can't ask them. */
static void test_questions_without_a_serial_line(void **state)
{
#define ASKS                                                                                       \
	"baud=\"9600\" framing=\"8N1\" send=\"\" expect=\"a\" group=\"0\" "                        \
	"repeat-ms=\"5\" within-ms=\"5\"/>\n"
	static const char *const questions[] = { "<question " ASKS, "<region-variant " ASKS,
						 "<post-check name=\"self\" " ASKS };
	static const char *const known[][2] = {
		{ "<usb vid=\"0x1209\" pid=\"0x0001\" interface=\"02xxxx\"/>", "" },
		{ "<usb vid=\"0x1209\" pid=\"0x0001\" interface=\"ffxxxx\"/>", "" },
		{ "<usb vid=\"0x1209\" pid=\"0x0001\"/>", "<enter><touch baud=\"1200\"/></enter>" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(questions); i++) {
		char wanted[60];

		snprintf(wanted, sizeof(wanted), ":5: %.*s> asks over a serial line",
			 (int)strcspn(questions[i], " "), questions[i]);
		assert_false(usb_asks_lint(fixture, "", "", questions[i]));
		if (!strstr(fixture->findings.data, wanted))
			fail_msg("%s, not %s", fixture->findings.data, wanted);
		assert_false(usb_asks_lint(fixture, "<usb vid=\"0x1209\" pid=\"0x0001\"/>",
					   "<enter><detach/></enter>", questions[i]));
		assert_non_null(strstr(fixture->findings.data, wanted));
		for (size_t j = 0; j < FM_COUNT(known); j++) {
			if (!usb_asks_lint(fixture, known[j][0], known[j][1], questions[i]))
				fail_msg("%zu: %s", j, fixture->findings.data);
		}
	}
	assert_true(usb_asks_lint(fixture, "<usb vid=\"0x1209\" pid=\"0x0001\"/>", "", ""));
}

static void test_skim_refuses_a_match_of_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *const *problems;

	fixture_write(fixture->dir, "a.xml",
		      "<devices format=\"1\"><board id=\"x\" vendor=\"V\" name=\"X\">"
		      "<usb mode=\"rom\"/></board></devices>");
	fixture_open(fixture);
	assert_int_equal(fm_catalog_count(fixture->catalog), 0);
	assert_int_equal(fm_catalog_problems(fixture->catalog, &problems), 1);
	assert_non_null(strstr(problems[0], "a.xml:1: <usb> needs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good_text_has_no_findings, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_matches_are_the_same_skimmed_and_loaded,
						fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_steps, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_loaders_without_a_chip, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_chip_that_the_unit_tells, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_chip_of_a_family_with_two_wires, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ids_count_before_classes, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mistakes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_questions_without_a_serial_line, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_skim_refuses_a_match_of_nothing, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

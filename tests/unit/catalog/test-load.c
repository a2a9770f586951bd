/* Loading one definition, and what loader and lint say of each mistake. */
#include "fixture.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One of everything; the tests below put one mistake each into it. */
static const char load_good[] =
	"<devices format=\"1\">\n"
	"  <family id=\"f\" vendor=\"V\" name=\"F\">\n"
	"    <alias id=\"f-alias\"/>\n"
	"    <unknown text=\"the wiring\"/>\n"
	"    <loader name=\"FL\" protocol=\"stk500v1\">\n"
	"      <serial baud=\"115200\" framing=\"8N1\"/>\n"
	"      <param name=\"eeprom\" value=\"yes\"/>\n"
	"      <enter tries=\"3\" help=\"press reset\">\n"
	"        <lines dtr=\"on\" rts=\"off\"/>\n"
	"        <wait ms=\"10\"/>\n" /* 10 */
	"        <break ms=\"100\"/>\n"
	"        <send text=\"go\\r\\x00\"/>\n"
	"        <send hex=\"7f00\"/>\n"
	"        <discard/>\n"
	"        <ask text=\"press it\"/>\n"
	"      </enter>\n"
	"      <leave>\n"
	"        <lines dtr=\"off\"/>\n"
	"      </leave>\n"
	"      <without region=\"eeprom\"/>\n" /* 20 */
	"    </loader>\n"
	"  </family>\n"
	"  <chip id=\"c\" vendor=\"V\" name=\"C &amp; D\" family=\"f\">\n"
	"    <alias id=\"c-alias\"/>\n"
	"    <chip-id kind=\"avr-signature\" value=\"1e950f\"/>\n"
	"    <unknown text=\"the fuses\"/>\n"
	"    <region name=\"app\" space=\"flash\" base=\"0\" size=\"28K\" erase=\"128\" "
	"write=\"128\" access=\"write\"/>\n"
	"    <region name=\"boot\" space=\"flash\" base=\"28K\" size=\"4K\" "
	"access=\"protected\"/>\n"
	"    <region name=\"eeprom\" space=\"eeprom\" base=\"0\" size=\"1K\" write=\"4\" "
	"access=\"config\"/>\n"
	"    <size-register addr=\"0x1FFF7A22\"/>\n" /* 30 */
	"    <unique-id addr=\"0x1FFF7A10\" size=\"12\"/>\n"
	"    <no-erase-all/>\n"
	"  </chip>\n"
	"  <chip id=\"d\" vendor=\"V\" name=\"D\" family=\"f\">\n"
	"    <chip-id kind=\"stm32-pid\" value=\"0470\"/>\n"
	"    <identify-only why=\"nobody knows it\"/>\n"
	"  </chip>\n"
	"  <board id=\"b\" vendor=\"V\" name=\"B\">\n"
	"    <alias id=\"b-alias\"/>\n"
	"    <usb vid=\"0x2341\" pid=\"0x0043\"/>\n" /* 40 */
	"    <loader name=\"BL\" protocol=\"stk500v2\" chip=\"c\">\n"
	"      <serial baud=\"57600\" framing=\"8E1\"/>\n"
	"      <without region=\"eeprom\"/>\n"
	"      <region name=\"app\" space=\"flash\" base=\"0\" size=\"30K\" erase=\"4x1K,2K\" "
	"first-block=\"7\" write=\"256\" access=\"write\"/>\n"
	"      <region name=\"boot\" space=\"flash\" base=\"30K\" size=\"2K\" "
	"access=\"protected\"/>\n"
	"    </loader>\n"
	"    <loader name=\"any chip\" protocol=\"stm32-uart\">\n"
	"      <serial baud=\"9600\" framing=\"8N1\"/>\n"
	"    </loader>\n"
	"    <question baud=\"9600\" framing=\"8N1\" send=\"v\\r\" expect=\"v([0-9.]+)\" "
	"group=\"1\" repeat-ms=\"500\" within-ms=\"5000\">\n" /* 50 */
	"      <in-image pattern=\"version ([a-z]+)([0-9.]+)\" group=\"2\"/>\n"
	"    </question>\n"
	"    <policy signature=\"required\"/>\n"
	"  </board>\n"
	"</devices>\n";

/* The good text with `to` in the place of the first `from` from line `line` on; malloc'd. */
static char *load_changed(long line, const char *from, const char *to)
{
	const char *start = load_good;
	const char *at;
	char *text;

	for (long i = 1; i < line; i++)
		start = strchr(start, '\n') + 1;
	at = strstr(start, from);
	if (!at)
		fail_msg("line %ld has no '%s'", line, from);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - load_good), load_good, to,
			     at + strlen(from)) >= 0);
	return text;
}

static void load_write_and_open(struct fixture *fixture, const char *text)
{
	fixture_write(fixture->dir, "a.xml", text);
	fixture_open(fixture);
}

static void test_good_text_has_no_findings(void **state)
{
	struct fixture *fixture = *state;
	const char *const *problems;

	if (!fixture_lint(fixture, load_good))
		fail_msg("%s", fixture->findings.data);
	load_write_and_open(fixture, load_good);
	/* lint.xml lies there too, with the same names */
	assert_int_equal(fm_catalog_problems(fixture->catalog, &problems), 4);
}

static void test_board_is_loaded_whole(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_region *region;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "B-Alias", &device, &err));
	assert_int_equal(device.kind, FM_DEVICE_BOARD);
	assert_string_equal(device.id, "b");
	assert_int_equal(device.line, 38);
	assert_false(device.user);
	assert_false(device.identify_only);
	assert_int_equal(device.usb_count, 1);
	assert_int_equal(device.usb[0].vid, 0x2341);
	assert_int_equal(device.loader_count, 2);
	assert_string_equal(device.unknown, "the fuses");
	assert_string_equal(device.loaders[0].name, "BL");
	assert_string_equal(device.loaders[0].chip, "c");
	assert_string_equal(device.loaders[0].chip_name, "C & D");
	assert_int_equal(device.loaders[0].tries, 1);
	assert_null(device.loaders[0].help);
	assert_int_equal(device.loaders[0].line.parity, FM_PARITY_EVEN);
	assert_int_equal(device.loaders[0].memory.count, 2);
	region = fm_memory_named(&device.loaders[0].memory, "app");
	assert_int_equal(region->range.len, 30 << 10);
	assert_int_equal(region->run_count, 2);
	assert_int_equal(region->first_block, 7);
	assert_int_equal(region->write_len, 256);
	assert_int_equal(device.loaders[0].size_register.addr, 0x1FFF7A22);
	assert_int_equal(device.loaders[0].size_register.len, 2);
	assert_int_equal(device.loaders[0].unique_id.len, 12);
	assert_true(device.loaders[0].no_erase_all);
	/* a loader without chip: the unit says it */
	assert_string_equal(device.loaders[1].chip, "");
	assert_int_equal(device.loaders[1].memory.count, 0);
	assert_int_equal(device.loaders[1].params.values[0], 1);
}

static void test_question_is_loaded(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	assert_non_null(device.question);
	assert_int_equal(device.question->line.baud, 9600);
	assert_int_equal(device.question->send_len, 2);
	assert_memory_equal(device.question->send, "v\r", 2);
	assert_string_equal(device.question->expect, "v([0-9.]+)");
	assert_int_equal(device.question->group, 1);
	assert_int_equal(device.question->repeat_ms, 500);
	assert_int_equal(device.question->within_ms, 5000);
	assert_string_equal(device.question->in_image, "version ([a-z]+)([0-9.]+)");
	assert_int_equal(device.question->in_image_group, 2);
	assert_int_equal(device.signing, FM_SIGNING_REQUIRED);
}

static void test_chip_takes_the_loaders_of_its_family(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_loader *loader = &device.loaders[0];
	const struct fm_step *steps;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "c-alias", &device, &err));
	assert_int_equal(device.kind, FM_DEVICE_CHIP);
	assert_string_equal(device.unknown, "the wiring; the fuses");
	assert_int_equal(device.loader_count, 1);
	assert_string_equal(loader->chip_ids[0], "1e950f");
	assert_int_equal(loader->params.values[0], 1);
	assert_int_equal(loader->tries, 3);
	assert_string_equal(loader->help, "press reset");
	assert_int_equal(loader->memory.count, 2);
	assert_null(fm_memory_named(&loader->memory, "eeprom"));
	steps = loader->enter.steps;
	assert_int_equal(loader->enter.count, 7);
	assert_int_equal(steps[0].lines, FM_LINE_DTR | FM_LINE_RTS);
	assert_int_equal(steps[0].on, FM_LINE_DTR);
	assert_int_equal(steps[1].kind, FM_STEP_WAIT);
	assert_int_equal(steps[1].ms, 10);
	assert_int_equal(steps[2].kind, FM_STEP_BREAK);
	assert_int_equal(steps[2].ms, 100);
	assert_int_equal(steps[3].kind, FM_STEP_SEND);
	assert_int_equal(steps[3].data_len, 4);
	assert_memory_equal(steps[3].data, "go\r\0", 4);
	assert_memory_equal(steps[4].data, "\x7f\x00", 2);
	assert_int_equal(steps[5].kind, FM_STEP_DISCARD);
	assert_int_equal(steps[6].kind, FM_STEP_ASK);
	assert_string_equal(steps[6].text, "press it");
	assert_int_equal(loader->leave.count, 1);
	assert_int_equal(loader->leave.steps[0].lines, FM_LINE_DTR);
	assert_int_equal(loader->leave.steps[0].on, 0);
}

static void test_family_learns_its_chip(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_entry *chip;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "f", &device, &err));
	assert_int_equal(device.kind, FM_DEVICE_FAMILY);
	assert_string_equal(device.unknown, "the wiring");
	assert_int_equal(device.loaders[0].memory.count, 0);
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1E950F", &chip, &err));
	assert_string_equal(chip->id, "c");
	assert_string_equal(device.loaders[0].chip, "c");
	assert_int_equal(device.loaders[0].memory.count, 2);
	assert_null(fm_memory_named(&device.loaders[0].memory, "eeprom"));
	assert_string_equal(device.unknown, "the wiring; the fuses");
	assert_false(device.identify_only);
	/* again, as after a restart: known already, and right */
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", NULL, &err));
	assert_string_equal(device.unknown, "the wiring; the fuses");
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "stm32-pid", "0470", NULL, &err),
		       FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "D (0470)"));
}

static void test_identify_only_chip_makes_the_unit_so(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device family;
	FM_DEVICE_DONE struct fm_device chip;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "f", &family, &err));
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &family, &family.loaders[0],
					       "stm32-pid", "0470", NULL, &err));
	assert_true(family.identify_only);
	assert_string_equal(family.unknown, "the wiring; nobody knows it");
	assert_int_equal(family.loaders[0].memory.count, 0);
	assert_success(fm_catalog_load(fixture->catalog, "d", &chip, &err));
	assert_true(chip.identify_only);
}

static void test_unit_with_another_chip_is_refused(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_entry *chip = NULL;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", &chip, &err));
	assert_string_equal(chip->id, "c");
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e9406", NULL, &err),
		       FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "1e9406"));
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[1],
					       "stm32-pid", "0999", NULL, &err),
		       FM_UNSUPPORTED);
	assert_non_null(strstr(err.text, "0999"));
	/* the second loader takes any chip that is known */
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[1],
					       "avr-signature", "1e950f", NULL, &err));
	assert_int_equal(device.loaders[1].memory.count, 3);
}

static void test_two_chips_with_one_id_are_an_error(void **state)
{
	struct fixture *fixture = *state;
	FM_FREE char *twice = load_changed(35, "stm32-pid\" value=\"0470",
					   "avr-signature\" "
					   "value=\"1e950f");
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, twice);
	assert_success(fm_catalog_load(fixture->catalog, "f", &device, &err));
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", NULL, &err),
		       FM_DEFINITION);
	assert_non_null(strstr(err.text, "a.xml:34"));
}

static void test_the_users_chip_counts_before_the_installed_one(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_entry *chip;
	struct fm_error err;

	fixture_write(fixture->user_dir, "mine.xml",
		      "<devices format=\"1\"><chip id=\"mine\" vendor=\"V\" name=\"M\">"
		      "<chip-id kind=\"avr-signature\" value=\"1e950f\"/>"
		      "<region name=\"app\" space=\"flash\" base=\"0\" size=\"1K\" write=\"128\" "
		      "access=\"write\"/></chip></devices>");
	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "f", &device, &err));
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", &chip, &err));
	assert_string_equal(chip->id, "mine");
	assert_true(chip->user);
	assert_int_equal(device.loaders[0].memory.regions[0].range.len, 1024);
}

static void test_unknown_model(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_failure(fm_catalog_load(fixture->catalog, "nosuch", &device, &err),
		       FM_UNKNOWN_MODEL);
	assert_non_null(strstr(err.text, "nosuch"));
	fixture_write(fixture->dir, "broken.xml", "<devices");
	fixture_open(fixture);
	assert_failure(fm_catalog_load(fixture->catalog, "nosuch", &device, &err),
		       FM_UNKNOWN_MODEL);
	assert_non_null(strstr(err.hint, "broken.xml"));
}

/* Each: what is changed in which line, and what is found at which line. */
static const struct {
	long line;
	const char *from, *to;
	long found_at;
	const char *finding;
} load_mistakes[] = {
	/* schema */
	{ 1, "format=\"1\"", "format=\"2\"", 1, "format" },
	{ 2, "vendor=\"V\"", "vendr=\"V\"", 2, "<family> has no attribute 'vendr'" },
	{ 2, "vendor=\"V\"", "", 2, "<family> needs the attribute 'vendor'" },
	{ 2, "id=\"f\"", "id=\"F\"", 2, "<family>: id is 'F', not [a-z0-9]" },
	{ 2, "name=\"F\"", "name=\"\"", 2, "family" },
	{ 5, " protocol=\"stk500v1\"", "", 5, "<loader> needs the attribute 'protocol'" },
	{ 5, "<loader", "<loader chip=\"c\"", 5, "chip" },
	{ 9, "<lines dtr=\"on\" rts=\"off\"/>", "<lines/>", 9, "lines" },
	{ 9, "<lines dtr=\"on\" rts=\"off\"/>", "<run command=\"rm\"/>", 9,
	  "unknown element <run>" },
	{ 9, "dtr=\"on\"", "dtr=\"high\"", 9, "<lines>: dtr is 'high', not on, off" },
	{ 10, "<wait ms=\"10\"/>", "<wait/>", 10, "<wait> needs the attribute 'ms'" },
	{ 10, "<wait ms=\"10\"/>", "<wait s=\"10\"/>", 10, "" },
	{ 13, "hex=\"7f00\"", "hex=\"7f0\"", 13, "hex" },
	{ 13, "hex=\"7f00\"", "hex=\"7f00\" text=\"a\"", 13, "" },
	{ 25, "<chip-id", "<chipid", 25, "chipid" },
	{ 25, "1e950f", "1e950F", 25, "<chip-id>: value is '1e950F'" },
	{ 25, "1e950f", "1e95", 25, "avr-signature has 6 hexadecimal digits, not '1e95'" },
	{ 25, "avr-signature", "pic-id", 25, "kind is 'pic-id', not avr-signature, stm32-pid" },
	{ 27, "space=\"flash\"", "space=\"flsh\"", 27, "space" },
	{ 27, "access=\"write\"", "access=\"yes\"", 27, "access" },
	{ 27, " access=\"write\"", "", 27, "<region> needs the attribute 'access'" },
	{ 25, "<chip-id", "<size-register addr=\"1\"/><chip-id", 25, "chip-id" },
	{ 27, "size=\"28K\"", "size=\"28k\"", 27, "size" },
	{ 40, "0x2341", "2341", 40, "vid" },
	{ 42, "<serial", "<seriel", 42, "seriel" },
	{ 43, "<without region=\"eeprom\"/>", "", 41, NULL },
	{ 54, "</board>", "<question/></board>", 54, "question" },
	{ 53, "required", "maybe", 53,
	  "<policy>: signature is 'maybe', not required, warn, ignore" },
	/* meaning */
	{ 5, "stk500v1", "stk500v9", 5, "unknown protocol 'stk500v9'" },
	{ 6, "115200", "4294967296", 6, "baud is a number from 50 to 12000000" },
	{ 6, "115200", "49", 6, "baud is a number" },
	{ 7, "eeprom", "flash", 7, "unknown parameter 'flash'" },
	{ 7, "yes", "maybe", 7, "takes yes or no, not 'maybe'" },
	{ 7, "<param name=\"eeprom\" value=\"yes\"/>",
	  "<param name=\"eeprom\" value=\"yes\"/>\n<param name=\"eeprom\" value=\"no\"/>", 8,
	  "given twice" },
	{ 8, "tries=\"3\"", "tries=\"0\"", 8, "tries is a number from 1 to 20" },
	{ 8, "tries=\"3\"", "tries=\"21\"", 8, "tries" },
	{ 10, "10", "60001", 10, "ms is a number from 1 to 60000" },
	{ 10, "10", "0", 10, "ms" },
	{ 11, "100", "5001", 11, "ms is a number from 1 to 5000" },
	{ 12, "go\\r", "go\\q", 12, "after a backslash" },
	{ 20, "<without region=\"eeprom\"/>",
	  "<without region=\"a\"/><without region=\"b\"/><without region=\"c\"/>", 20,
	  "more than 2 regions" },
	{ 22, "</family>",
	  "</family><family id=\"f\" vendor=\"V\" name=\"F\"><unknown text=\"x\"/>"
	  "<loader name=\"L\" protocol=\"stk500v2\"><serial baud=\"9600\" "
	  "framing=\"8N1\"/></loader></family>",
	  22, "name 'f' is already in line 2" },
	{ 23, "family=\"f\"", "family=\"g\"", 23, "unknown family 'g'" },
	{ 23, "family=\"f\"", "family=\"b\"", 23, "unknown family 'b'" },
	{ 24, "c-alias", "b", 38, "name 'b' is already in line 24" },
	{ 24, "c-alias", "f-alias", 24, "name 'f-alias' is already in line 3" },
	{ 27, "size=\"28K\"", "size=\"29K\"", 28, "overlap" },
	{ 27, "size=\"28K\"", "size=\"28600\"", 27, "not a multiple of write" },
	{ 27, "size=\"28K\"", "size=\"0\"", 27, "size is a number from 1" },
	{ 27, "size=\"28K\"", "size=\"5000M\"", 27, "size is a number" },
	{ 27, "base=\"0\" size=\"28K\"", "base=\"64\" size=\"8K\"", 27,
	  "base is not a multiple of write" },
	{ 27, "base=\"0\"", "base=\"0xFFFFFF000\"", 27, "base is a number" },
	{ 27, "base=\"0\" size=\"28K\"", "base=\"0xFFFFFF80\" size=\"256\"", 27, "size" },
	{ 27, "erase=\"128\"", "erase=\"3K\"", 27, "not a multiple of its erase blocks" },
	{ 27, "erase=\"128\"", "erase=\"64\"", 27, "erase block is not a multiple of write" },
	{ 27, "erase=\"128\"", "erase=\"3x16K,1K\"", 27, "go beyond its end" },
	{ 27, "erase=\"128\"", "erase=\"4x1K,6x2K\"", 27, "end before its end" },
	{ 27, "erase=\"128\"", "erase=\"28K,2K\"", 27, "not a multiple of its erase blocks" },
	{ 27, "erase=\"128\"", "erase=\"1K,1K,1K,1K,1K,1K,1K,1K,1K,1K,1K,1K,1K\"", 27,
	  "at most 12 sizes" },
	{ 27, "erase=\"128\"", "erase=\"0\"", 27, "erase is a list" },
	{ 27, " write=\"128\"", "", 27, "needs write" },
	{ 27, "write=\"128\"", "write=\"0\"", 27, "write is a number" },
	{ 27, "access=\"write\"", "access=\"protected\"", 23, "no region in flash that may be" },
	{ 28, "name=\"boot\"", "name=\"app\"", 28, "two regions are named 'app'" },
	{ 30, "0x1FFF7A22", "0xFFFFFFFF", 30, "addr is a number" },
	{ 31, "size=\"12\"", "size=\"33\"", 31, "size is a number from 1 to 32" },
	{ 35, "stm32-pid\" value=\"0470", "avr-signature\" value=\"1e950f", 35,
	  "chip id '1e950f' is already in line 25" },
	{ 36, "\"/>\n",
	  "\"/><region name=\"app\" space=\"flash\" base=\"0\" size=\"1K\" "
	  "write=\"128\" access=\"write\"/>\n",
	  34, "only identified" },
	{ 41, " chip=\"c\"", "", 41, "says which chip" },
	{ 41, "chip=\"c\"", "chip=\"e\"", 41, "unknown chip 'e'" },
	{ 41, "chip=\"c\"", "chip=\"f\"", 41, "unknown chip 'f'" },
	{ 43, "eeprom", "eprom", 41, "chip 'c' has no region 'eprom'" },
	{ 44, "name=\"app\"", "name=\"more\"", 41, "overlap" },
	{ 44, "access=\"write\"", "access=\"config\"", 41, "no region in flash that may be" },
	{ 47, "<loader name=\"any chip\"",
	  "<loader name=\"2\" protocol=\"stk500v2\"><serial baud=\"9600\" "
	  "framing=\"8N1\"/></loader>"
	  "<loader name=\"3\" protocol=\"stk500v2\"><serial baud=\"9600\" "
	  "framing=\"8N1\"/></loader>"
	  "<loader name=\"4\" protocol=\"stk500v2\"><serial baud=\"9600\" "
	  "framing=\"8N1\"/></loader>"
	  "<loader name=\"5\"",
	  47, "more than 4 loaders" },
	{ 50, "send=\"v\\r\"", "send=\"\\x4\"", 50, "after a backslash" },
	{ 50, "v([0-9.]+)", "v([0-9.]+", 50, "expect 'v([0-9.]+'" },
	{ 50, "v([0-9.]+)", "(((a{200}){200}){200})", 50, "repetitions" },
	{ 50, "group=\"1\"", "group=\"2\"", 50, "has 1 groups, not 2" },
	{ 50, "group=\"1\"", "group=\"10\"", 50, "group is a number from 0 to 9" },
	{ 50, "within-ms=\"5000\"", "within-ms=\"60001\"", 50, "within-ms is a number" },
	{ 50, "repeat-ms=\"500\"", "repeat-ms=\"0\"", 50, "repeat-ms is a number" },
	{ 51, "group=\"2\"", "group=\"3\"", 51, "has 2 groups, not 3" },
	{ 51, "[a-z]", "[z-a]", 51, "pattern" },
	/* XML */
	{ 20, "/>", ">", 21, "" },
	{ 26, "text=\"the fuses\"", "text=\"the &fuses;\"", 26, "fuses" },
	{ 26, "text=\"the fuses\"", "text=\"a\" text=\"b\"", 26, "text" },
	{ 55, "</devices>", "", 56, "Premature end" },
	{ 1, "<devices", "<!DOCTYPE devices>\n<devices", 1, "DOCTYPE is not allowed" },
	{ 1, "<devices", "<!DOCTYPE d [<!ENTITY a \"b\">]>\n<devices", 1, "DOCTYPE is not" },
	{ 1, "<devices", "<?xml version=\"1.0\" encoding=\"nosuch\"?>\n<devices", 1, "encoding" },
};

static void test_each_mistake_is_found_at_its_line(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(load_mistakes); i++) {
		FM_FREE char *text = load_changed(load_mistakes[i].line, load_mistakes[i].from,
						  load_mistakes[i].to);
		bool fine = fixture_lint(fixture, text);
		char where[100];
		const char *found;

		/* left out without harm: the mistakes are real ones */
		if (!load_mistakes[i].finding) {
			assert_true(fine);
			continue;
		}
		snprintf(where, sizeof(where), "%s/lint.xml:%ld: ", fixture->dir,
			 load_mistakes[i].found_at);
		found = strstr(fixture->findings.data, where);
		if (fine || !found || !strstr(found, load_mistakes[i].finding))
			fail_msg("'%s' for '%s' in line %ld: %s", load_mistakes[i].to,
				 load_mistakes[i].from, load_mistakes[i].line,
				 fixture->findings.data);
	}
}

/* What lint finds, the loader refuses with the same file and line. */
static void test_loader_says_file_and_line(void **state)
{
	struct fixture *fixture = *state;
	FM_FREE char *text = load_changed(44, "<region name", "<regoin name");
	FM_DEVICE_DONE struct fm_device device;
	char where[100];
	struct fm_error err;

	load_write_and_open(fixture, text);
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	snprintf(where, sizeof(where), "%s/a.xml:44: ", fixture->dir);
	assert_non_null(strstr(err.text, where));
	assert_int_equal(device.loader_count, 0);
}

static void test_mistake_in_one_definition_leaves_its_neighbours_alone(void **state)
{
	struct fixture *fixture = *state;
	FM_FREE char *text = load_changed(44, "<region name", "<regoin name");
	struct fm_error err;

	load_write_and_open(fixture, text);
	for (const char *const *id = (const char *const[]){ "f", "c", "d", NULL }; *id; id++) {
		FM_DEVICE_DONE struct fm_device device;

		assert_success(fm_catalog_load(fixture->catalog, *id, &device, &err));
	}
}

static void test_mistake_in_the_chips_file_is_named_there(void **state)
{
	struct fixture *fixture = *state;
	FM_FREE char *text = load_changed(27, "size=\"28K\"", "size=\"29K\"");
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, text);
	fixture_write(fixture->dir, "b.xml",
		      "<devices format=\"1\">\n<board id=\"z\" vendor=\"V\" name=\"Z\">\n"
		      "<loader name=\"L\" protocol=\"stk500v2\" chip=\"c\">\n"
		      "<serial baud=\"9600\" framing=\"8N1\"/></loader></board></devices>");
	fixture_open(fixture);
	assert_failure(fm_catalog_load(fixture->catalog, "z", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "a.xml:28: "));
	fm_device_done(&device);
	assert_failure(fm_catalog_load(fixture->catalog, "f", &device, &err) &&
			       fm_catalog_resolve_chip(fixture->catalog, &device,
						       &device.loaders[0], "avr-signature",
						       "1e950f", NULL, &err),
		       FM_DEFINITION);
	assert_non_null(strstr(err.text, "a.xml:28: "));
}

static void test_file_that_changed_after_it_was_skimmed(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;
	char path[100];

	load_write_and_open(fixture, load_good);
	fixture_write(fixture->dir, "a.xml", "<devices format=\"1\"/>");
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "'b' is no longer in this file"));
	fixture_write(fixture->dir, "a.xml", "<devices format=\"1\">");
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	snprintf(path, sizeof(path), "%s/a.xml", fixture->dir);
	assert_int_equal(unlink(path), 0);
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "No such file"));
}

static void test_schema_that_is_missing_or_broken(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	snprintf(fixture->schema, sizeof(fixture->schema), "%s/none.rng", fixture->dir);
	load_write_and_open(fixture, load_good);
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "none.rng: cannot be read: No such file"));
	fixture_write(fixture->dir, "none.rng", "<grammar/>");
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "none.rng"));
	assert_false(fixture_lint(fixture, load_good));
}

static void load_keep_finding(const char *finding, void *user)
{
	fm_text_copy(user, 200, finding);
}

static void test_lint_of_a_file_that_is_not_there(void **state)
{
	struct fixture *fixture = *state;
	char finding[200] = "";

	load_write_and_open(fixture, load_good);
	assert_false(
		fm_catalog_lint(fixture->catalog, "/nonexistent.xml", load_keep_finding, finding));
	assert_string_equal(finding, "/nonexistent.xml: cannot be read: No such file or directory");
	assert_false(fm_catalog_lint(fixture->catalog, "/tmp", load_keep_finding, finding));
	assert_string_equal(finding, "/tmp: is not a file");
}

int main(void)
{
#define LOAD_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		LOAD_TEST(test_good_text_has_no_findings),
		LOAD_TEST(test_board_is_loaded_whole),
		LOAD_TEST(test_question_is_loaded),
		LOAD_TEST(test_chip_takes_the_loaders_of_its_family),
		LOAD_TEST(test_family_learns_its_chip),
		LOAD_TEST(test_identify_only_chip_makes_the_unit_so),
		LOAD_TEST(test_unit_with_another_chip_is_refused),
		LOAD_TEST(test_two_chips_with_one_id_are_an_error),
		LOAD_TEST(test_the_users_chip_counts_before_the_installed_one),
		LOAD_TEST(test_unknown_model),
		LOAD_TEST(test_each_mistake_is_found_at_its_line),
		LOAD_TEST(test_loader_says_file_and_line),
		LOAD_TEST(test_mistake_in_one_definition_leaves_its_neighbours_alone),
		LOAD_TEST(test_mistake_in_the_chips_file_is_named_there),
		LOAD_TEST(test_file_that_changed_after_it_was_skimmed),
		LOAD_TEST(test_schema_that_is_missing_or_broken),
		LOAD_TEST(test_lint_of_a_file_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What loader and lint say of each mistake in a definition: the text, and its line. */
#include "load-text.h"

#include "base/scope.h"

#include <stdio.h>
#include <unistd.h>

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
	{ 56, "</board>", "<question/></board>", 56, "question" },
	{ 53, "name=\"self test\"", "", 53, "<post-check> needs the attribute 'name'" },
	{ 53, "self test", "it's", 53, "<post-check>: name is 'it's', not" },
	{ 53, "<post-check", "<post-chek", 53, "unknown element <post-chek>" },
	{ 54, " answer=\"it is\"", "", 54, "<ask-person> needs the attribute 'answer'" },
	{ 54, "it is", "", 54, "<ask-person>: answer is ''" },
	{ 54, "it is", "it is ", 54, "<ask-person>: answer is 'it is '" },
	{ 54, "mains", "Mains", 54, "<ask-person>: id is 'Mains'" },
	{ 55, "required", "maybe", 55,
	  "<policy>: signature is 'maybe', not required, warn, ignore" },
	{ 55, "downgrade=\"allowed\"", "downgrade=\"yes\"", 55,
	  "<policy>: downgrade is 'yes', not allowed, blocked" },
	{ 56, "</board>",
	  "<blink mode=\"application\" for-ms=\"9\"><touch baud=\"1200\"/></blink></board>", 56,
	  "touch" },
	{ 56, "</board>", "<blink mode=\"application\" for-ms=\"9\"/></board>", 56,
	  "Expecting an element" },
	{ 56, "</board>", "<blink for-ms=\"9\"><wait ms=\"1\"/></blink></board>", 56,
	  "<blink> needs the attribute 'mode'" },
	{ 55, "triplet", "three", 55, "<policy>: version-format is 'three', not plain, number" },
	/* meaning */
	{ 56, "</board>",
	  "<blink mode=\"application\" for-ms=\"9\"><wait ms=\"1\"/><send text=\"a\"/></blink>"
	  "</board>",
	  56, "<blink> over a serial port needs baud and framing" },
	{ 56, "</board>",
	  "<blink mode=\"application\" for-ms=\"9\" baud=\"300\" framing=\"8N1\"><send text=\"a\"/>"
	  "</blink></board>",
	  56, "<blink> needs a <wait>" },
	{ 56, "</board>",
	  "<blink mode=\"application\" for-ms=\"30001\"><wait ms=\"1\"/></blink></board>", 56,
	  "for-ms is a number from 1 to 30000" },
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
	{ 53, "(ok|good)", "(ok|good", 53, "expect '(ok|good'" },
	{ 53, "group=\"1\"", "group=\"2\"", 53, "has 1 groups, not 2" },
	{ 53, "send=\"t\\r\"", "send=\"t\\j\"", 53, "after a backslash" },
	{ 53, "<post-check",
	  "<region-variant baud=\"9600\" framing=\"8N1\" send=\"r\" expect=\"(EU|US)\" "
	  "group=\"1\" repeat-ms=\"5\" within-ms=\"50\"/><post-check",
	  53, NULL },
	{ 53, "<post-check",
	  "<region-variant baud=\"9600\" framing=\"8N1\" send=\"r\" expect=\"(EU|US\" "
	  "group=\"1\" repeat-ms=\"5\" within-ms=\"50\"/><post-check",
	  53, "expect '(EU|US'" },
	{ 53, "<post-check", "<region-variant/><post-check", 53,
	  "<region-variant> needs the attribute 'expect'" },
	{ 53, "20000", "60001", 53, "within-ms is a number from 1 to 60000" },
	{ 53, "\"20000\"/>",
	  "\"20000\"/>\n<post-check name=\"self test\" baud=\"9600\" framing=\"8N1\" "
	  "send=\"\" expect=\"a\" group=\"0\" repeat-ms=\"5\" within-ms=\"5\"/>",
	  54, "two post-checks are named 'self test'" },
	{ 54, "/>\n", "/>\n<ask-person id=\"mains\" text=\"a\" answer=\"b\"/>\n", 55,
	  "two questions have the id 'mains'" },
	/* XML */
	{ 20, "/>", ">", 21, "" },
	{ 26, "text=\"the fuses\"", "text=\"the &fuses;\"", 26, "fuses" },
	{ 26, "text=\"the fuses\"", "text=\"a\" text=\"b\"", 26, "text" },
	{ 57, "</devices>", "", 58, "Premature end" },
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

		/* left out without harm: the mistakes are real ones */
		if (!load_mistakes[i].finding) {
			assert_true(fine);
			continue;
		}
		if (fine ||
		    !fixture_found(fixture, load_mistakes[i].found_at, load_mistakes[i].finding))
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
		LOAD_TEST(test_each_mistake_is_found_at_its_line),
		LOAD_TEST(test_loader_says_file_and_line),
		LOAD_TEST(test_mistake_in_one_definition_leaves_its_neighbours_alone),
		LOAD_TEST(test_mistake_in_the_chips_file_is_named_there),
		LOAD_TEST(test_lint_of_a_file_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

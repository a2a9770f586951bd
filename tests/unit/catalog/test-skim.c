/* Opening the catalog: what is found in which folder, what overrides what, and files that are not
 * as they should be. */
#include "fixture.h"

#include "base/clock.h"
#include "base/scope.h"
#include "catalog/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SKIM_BOARD(id, inside) "<board id=\"" id "\" vendor=\"V\" name=\"N\">" inside "</board>\n"
#define SKIM_FILE(inside) "<devices format=\"1\">\n" inside "</devices>\n"

static const struct fm_entry *skim_find(struct fixture *fixture, const char *id)
{
	return fm_catalog_find(fixture->catalog, id);
}

/* The only problem there is, without the folder's name. */
static const char *skim_problem(struct fixture *fixture)
{
	const char *const *problems;
	size_t count = fm_catalog_problems(fixture->catalog, &problems);

	if (count != 1)
		fail_msg("%zu problems, the first: %s", count, count > 0 ? problems[0] : "");
	return strstr(problems[0], fixture->dir) == problems[0]
		       ? problems[0] + strlen(fixture->dir) + 1
		       : problems[0];
}

static void test_entry_holds_names_and_match_keys(void **state)
{
	struct fixture *fixture = *state;
	const struct fm_entry *entry;

	fixture_write(fixture->dir, "a.xml",
		      SKIM_FILE("<family id=\"f\" vendor=\"V\" name=\"F\"/>\n"
				"<chip id=\"c\" vendor=\"A&amp;B\" name=\"C&#x9b;[m\" family=\"f\">"
				"<alias id=\"c1\"/><alias id=\"c2\"/>"
				"<chip-id kind=\"stm32-pid\" value=\"0410\"/>"
				"<region name=\"x\"><alias id=\"deep\"/></region></chip>\n"
				"<board id=\"b\" vendor=\"V\" name=\"B\">"
				"<usb vid=\"0x2341\" pid=\"0x0043\"/>"
				"<usb vid=\"0x2A03\" pid=\"0x0043\"/></board>\n"));
	fixture_open(fixture);
	assert_int_equal(fm_catalog_count(fixture->catalog), 3);
	entry = skim_find(fixture, "F");
	assert_int_equal(entry->kind, FM_DEVICE_FAMILY);
	assert_int_equal(entry->line, 2);
	assert_false(entry->user);
	entry = skim_find(fixture, "C2");
	assert_string_equal(entry->id, "c");
	assert_string_equal(entry->vendor, "A&B");
	assert_string_equal(entry->name, "C\xc2.[m"); /* CSI, a control character, is gone */
	assert_string_equal(entry->family, "f");
	assert_int_equal(entry->kind, FM_DEVICE_CHIP);
	assert_int_equal(entry->alias_count, 2);
	assert_string_equal(entry->chip_id, "0410");
	assert_string_equal(entry->chip_id_kind, "stm32-pid");
	assert_null(skim_find(fixture, "deep"));
	entry = skim_find(fixture, "b");
	assert_int_equal(entry->kind, FM_DEVICE_BOARD);
	assert_int_equal(entry->usb_count, 2);
	assert_int_equal(entry->usb[1].vid, 0x2a03);
	assert_string_equal(entry->chip_id, "");
}

static void test_matching_counts_beyond_what_fits(void **state)
{
	struct fixture *fixture = *state;
	const struct fm_entry *found[2] = { NULL, NULL };

	fixture_write(fixture->dir, "a.xml",
		      SKIM_FILE(SKIM_BOARD("a", "<usb vid=\"0x0001\" pid=\"0x0002\"/>") SKIM_BOARD(
			      "b", "<usb vid=\"0x0001\" pid=\"0x0002\"/>")
					SKIM_BOARD("c", "<usb vid=\"0x0001\" pid=\"0x0002\"/>")));
	fixture_open(fixture);
	assert_int_equal(fixture_match(fixture, 1, 2, found, 2), 3);
	assert_string_equal(found[0]->id, "a");
	assert_string_equal(found[1]->id, "b");
	assert_int_equal(fixture_match(fixture, 1, 3, found, 2), 0);
	assert_int_equal(fixture_match(fixture, 1, 2, NULL, 0), 3);
	assert_int_equal(fm_catalog_match_chip(fixture->catalog, "stm32-pid", "", found, 2), 0);
}

static void test_users_definition_overrides(void **state)
{
	struct fixture *fixture = *state;
	const struct fm_entry *entry;
	const char *const *problems;

	fixture_write(fixture->dir, "a.xml",
		      SKIM_FILE(SKIM_BOARD("one", "<alias id=\"uno\"/>"
						  "<usb vid=\"0x0001\" pid=\"0x0002\"/>")
					SKIM_BOARD("two", "<alias id=\"second\"/>")));
	fixture_write(fixture->user_dir, "mine.xml",
		      SKIM_FILE(SKIM_BOARD("ONE", "") SKIM_BOARD("second", "")));
	fixture_open(fixture);
	assert_int_equal(fm_catalog_problems(fixture->catalog, &problems), 0);
	assert_int_equal(fm_catalog_count(fixture->catalog), 4);
	entry = skim_find(fixture, "one");
	assert_true(entry->user);
	assert_false(entry->overridden);
	/* nothing is left of the installed one */
	assert_null(skim_find(fixture, "uno"));
	assert_int_equal(fixture_match(fixture, 1, 2, &entry, 1), 0);
	assert_true(fm_catalog_entry(fixture->catalog, 0)->overridden);
	/* an id of the user's counts before an alias */
	assert_true(skim_find(fixture, "second")->user);
	assert_false(skim_find(fixture, "two")->overridden);
}

static void test_names_that_are_taken(void **state)
{
	struct fixture *fixture = *state;

	fixture_write(fixture->dir, "a.xml", SKIM_FILE(SKIM_BOARD("one", "")));
	fixture_write(fixture->dir, "b.xml", SKIM_FILE("\n" SKIM_BOARD("One", "")));
	fixture_open(fixture);
	assert_non_null(strstr(skim_problem(fixture), "a.xml:2)"));
	assert_string_equal(strrchr(skim_find(fixture, "one")->file, '/'), "/a.xml");

	fixture_write(fixture->dir, "b.xml", SKIM_FILE(SKIM_BOARD("two", "<alias id=\"one\"/>")));
	fixture_open(fixture);
	assert_non_null(strstr(skim_problem(fixture), "a.xml:2)"));
	assert_string_equal(skim_find(fixture, "one")->id, "one");
	assert_non_null(skim_find(fixture, "two"));

	/* not by a user's alias either */
	fixture_write(fixture->dir, "b.xml", SKIM_FILE(""));
	fixture_write(fixture->user_dir, "u.xml",
		      SKIM_FILE(SKIM_BOARD("x", "<alias id=\"one\"/>")));
	fixture_open(fixture);
	assert_non_null(strstr(skim_problem(fixture), "a.xml:2)"));
	assert_false(skim_find(fixture, "one")->user);
}

/* The file is left out whole, and the others are there. */
static void test_broken_files_are_left_out(void **state)
{
	static const struct {
		const char *text, *problem;
	} files[] = {
		{ "", "z.xml:1: " },
		{ "hello", "z.xml:1: " },
		{ "<boards format=\"1\"/>", "z.xml:1: the root is <boards>, not <devices>" },
		{ "<devices/>", "z.xml:1: <devices> does not say its format" },
		{ "<devices format=\"2\"/>", "z.xml:1: format '2' is not known" },
		{ "<devices format=\"1 \"/>", "z.xml:1: format '1 '" },
		{ SKIM_FILE(SKIM_BOARD("x", "") "<bord id=\"y\"/>"),
		  "z.xml:3: unknown element <bord>" },
		{ SKIM_FILE(SKIM_BOARD("x", "") "<board vendor=\"V\" name=\"N\"/>"),
		  "z.xml:3: <board> needs an id and a name" },
		{ SKIM_FILE("<chip id=\"x\"/>"), "z.xml:2: <chip> needs an id and a name" },
		{ SKIM_FILE(SKIM_BOARD("x", "<usb vid=\"2341\" pid=\"0x0001\"/>")),
		  "z.xml:2: <usb>: vid can't be '2341'" },
		{ SKIM_FILE(SKIM_BOARD("x", "<usb vid=\"0x2341\"/>")),
		  "z.xml:2: <usb> has vid and pid, or neither" },
		{ SKIM_FILE(SKIM_BOARD("x", "")) "<", "z.xml:4: " },
		{ SKIM_FILE(SKIM_BOARD("x", "\n<a>\n")), "z.xml:4: Opening and ending tag" },
		{ "<!DOCTYPE devices>" SKIM_FILE(""), "z.xml:1: a DOCTYPE is not allowed" },
		{ "\n<!DOCTYPE d SYSTEM \"file:///etc/passwd\">" SKIM_FILE(""),
		  "z.xml:2: a DOCTYPE is not allowed" },
		{ "<!DOCTYPE d [<!ENTITY a \"0123456789\"><!ENTITY b "
		  "\"&a;&a;&a;&a;&a;&a;\">]>" SKIM_FILE(SKIM_BOARD("&b;", "")),
		  "z.xml:1: a DOCTYPE is not allowed" },
		{ SKIM_FILE(SKIM_BOARD("&b;", "")), "z.xml:2: Entity 'b' not defined" },
		{ "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" SKIM_FILE(SKIM_BOARD("\xff", "")),
		  "z.xml:3: " },
	};
	struct fixture *fixture = *state;

	fixture_write(fixture->dir, "a.xml", SKIM_FILE(SKIM_BOARD("a", "")));
	for (size_t i = 0; i < FM_COUNT(files); i++) {
		const char *const *problems;

		fixture_write(fixture->dir, "z.xml", files[i].text);
		fixture_open(fixture);
		assert_true(fm_catalog_problems(fixture->catalog, &problems) > 0);
		if (!strstr(problems[0], files[i].problem))
			fail_msg("%s", problems[0]);
		assert_int_equal(fm_catalog_count(fixture->catalog), 1);
		assert_non_null(skim_find(fixture, "a"));
		assert_null(skim_find(fixture, "x"));
	}
}

/* libxml2 has messages that reach no handler of the parser. */
static void test_nothing_is_printed(void **state)
{
	struct fixture *fixture = *state;
	const char *const *problems;
	int kept = dup(STDERR_FILENO);
	FILE *printed = tmpfile();

	assert_non_null(printed);
	fixture_write(fixture->dir, "z.xml",
		      "<?xml version=\"1.0\" encoding=\"EUC-JP\"?>\n" SKIM_FILE(
			      SKIM_BOARD("\x80\xff\x80\xff", "")));
	dup2(fileno(printed), STDERR_FILENO);
	fixture_open(fixture);
	fixture_lint(fixture, "<?xml version=\"1.0\" encoding=\"EUC-JP\"?>\n<devices \x80\xff/>");
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_true(fm_catalog_problems(fixture->catalog, &problems) > 0);
	assert_true(fixture->findings.len > 0);
	assert_int_equal(fseek(printed, 0, SEEK_END), 0);
	assert_int_equal(ftell(printed), 0);
	fclose(printed);
}

static void test_depth_is_limited(void **state)
{
	FM_TEXT_DONE struct fm_text text = { 0 };
	struct fixture *fixture = *state;

	fm_text_add(&text, "<devices format=\"1\"><board id=\"x\" vendor=\"V\" name=\"N\">");
	for (int i = 0; i < 5000; i++)
		fm_text_add(&text, "<a>");
	fixture_write(fixture->dir, "z.xml", text.data);
	fixture_open(fixture);
	assert_int_equal(fm_catalog_count(fixture->catalog), 0);
	assert_false(fixture_lint(fixture, text.data));
}

static void test_what_is_no_definition_file(void **state)
{
	struct fixture *fixture = *state;
	const char *const *problems;
	char path[100];

	fixture_write(fixture->dir, "a.xml", SKIM_FILE(SKIM_BOARD("a", "")));
	fixture_write(fixture->dir, "a.xml~", "no XML");
	fixture_write(fixture->dir, ".hidden.xml", "no XML");
	fixture_write(fixture->dir, "notes.txt", "no XML");
	fixture_open(fixture);
	assert_int_equal(fm_catalog_problems(fixture->catalog, &problems), 0);
	assert_int_equal(fm_catalog_count(fixture->catalog), 1);

	/* a FIFO would hang a program that opens it without thought */
	snprintf(path, sizeof(path), "%s/fifo.xml", fixture->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	fixture_open(fixture);
	assert_string_equal(skim_problem(fixture), "fifo.xml: is not a file");
	assert_int_equal(unlink(path), 0);

	snprintf(path, sizeof(path), "%s/dangling.xml", fixture->dir);
	assert_int_equal(symlink("/nonexistent", path), 0);
	fixture_open(fixture);
	assert_non_null(strstr(skim_problem(fixture), "No such file"));
	assert_int_equal(unlink(path), 0);

	snprintf(path, sizeof(path), "%s/big.xml", fixture->dir);
	fixture_write(fixture->dir, "big.xml", "");
	assert_int_equal(truncate(path, FM_XML_FILE_MOST + 1), 0);
	fixture_open(fixture);
	assert_string_equal(skim_problem(fixture), "big.xml: is larger than 8 MiB");
	assert_int_equal(fm_catalog_count(fixture->catalog), 1);
}

static void test_folders_that_are_not_there(void **state)
{
	static const char *const missing[] = { "/nonexistent/devices", "/nonexistent/too" };
	struct fixture *fixture = *state;
	const char *const *problems;
	struct fm_catalog *catalog;
	struct fm_error err;
	struct fm_catalog_options options = { missing,       2, missing, 1, fixture->schema,
					      fixture_params };
	const char *const dirs[] = { missing[0], fixture->dir };

	assert_failure(fm_catalog_open(&options, &catalog, &err), FM_CONFIG);
	assert_non_null(strstr(err.text, missing[0]));
	options.dir_count = 0;
	assert_failure(fm_catalog_open(&options, &catalog, &err), FM_CONFIG);
	/* one is enough, and the user's may be missing */
	options.dirs = dirs;
	options.dir_count = 2;
	assert_success(fm_catalog_open(&options, &catalog, &err));
	assert_int_equal(fm_catalog_problems(catalog, &problems), 0);
	assert_int_equal(fm_catalog_count(catalog), 0);
	assert_null(fm_catalog_find(catalog, "x"));
	fm_catalog_free(catalog);
	fm_catalog_free(NULL);
}

/* A definition of usual size. */
static void skim_add_definition(struct fm_text *text, int file, int number)
{
	fm_text_addf(text,
		     "<board id=\"board-%d-%d\" vendor=\"Vendor %d\" name=\"Board %d of %d\">\n"
		     "  <alias id=\"alias-%d-%d\"/>\n"
		     "  <usb vid=\"0x%04x\" pid=\"0x%04x\"/>\n",
		     file, number, file, number, file, file, number, 0x1000 + file, number);
	for (int i = 0; i < 2; i++) {
		fm_text_addf(text,
			     "  <loader name=\"Optiboot %d\" protocol=\"stk500v1\" chip=\"c\">\n"
			     "    <serial baud=\"115200\" framing=\"8N1\"/>\n"
			     "    <enter tries=\"3\">\n"
			     "      <lines dtr=\"off\" rts=\"off\"/>\n"
			     "      <wait ms=\"250\"/>\n"
			     "      <lines dtr=\"on\" rts=\"on\"/>\n"
			     "      <lines dtr=\"off\" rts=\"off\"/>\n"
			     "      <wait ms=\"100\"/>\n"
			     "      <discard/>\n"
			     "    </enter>\n"
			     "    <region name=\"application\" space=\"flash\" base=\"0\" "
			     "size=\"32256\" erase=\"128\" write=\"128\" access=\"write\"/>\n"
			     "    <region name=\"bootloader\" space=\"flash\" base=\"32256\" "
			     "size=\"512\" access=\"protected\"/>\n"
			     "  </loader>\n",
			     i);
	}
	fm_text_add(text, "</board>\n");
}

static void test_a_thousand_definitions(void **state)
{
	struct fixture *fixture = *state;
	const char *const *problems;
	int64_t start_ns;

	for (int file = 0; file < 40; file++) {
		FM_TEXT_DONE struct fm_text text = { 0 };
		char name[32];

		fm_text_add(&text, "<devices format=\"1\">\n");
		for (int number = 0; number < 25; number++)
			skim_add_definition(&text, file, number);
		fm_text_add(&text, "</devices>\n");
		snprintf(name, sizeof(name), "%d.xml", file);
		fixture_write(fixture->dir, name, text.data);
	}
	start_ns = fm_now_ns(fm_clock_real());
	fixture_open(fixture);
	print_message("# 1000 definitions in 40 files opened in %.1f ms\n",
		      (double)(fm_now_ns(fm_clock_real()) - start_ns) / 1e6);
	assert_int_equal(fm_catalog_problems(fixture->catalog, &problems), 0);
	assert_int_equal(fm_catalog_count(fixture->catalog), 1000);
	for (int i = 0; i < 1000; i++) {
		const struct fm_entry *entry, *found;
		char name[32];

		snprintf(name, sizeof(name), "Board-%d-%d", i / 25, i % 25);
		entry = skim_find(fixture, name);
		assert_non_null(entry);
		assert_string_equal(entry->id + 5, name + 5);
		snprintf(name, sizeof(name), "alias-%d-%d", i / 25, i % 25);
		assert_ptr_equal(skim_find(fixture, name), entry);
		assert_int_equal(fixture_match(fixture, 0x1000 + i / 25, i % 25, &found, 1), 1);
		assert_ptr_equal(found, entry);
	}
}

int main(void)
{
#define SKIM_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		SKIM_TEST(test_entry_holds_names_and_match_keys),
		SKIM_TEST(test_matching_counts_beyond_what_fits),
		SKIM_TEST(test_users_definition_overrides),
		SKIM_TEST(test_names_that_are_taken),
		SKIM_TEST(test_broken_files_are_left_out),
		SKIM_TEST(test_nothing_is_printed),
		SKIM_TEST(test_depth_is_limited),
		SKIM_TEST(test_what_is_no_definition_file),
		SKIM_TEST(test_folders_that_are_not_there),
		SKIM_TEST(test_a_thousand_definitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

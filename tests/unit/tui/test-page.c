/* The words of a command for a page: as a shell takes them. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/page.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words, each in < >. */
static const char *words_of(const char *line, char ret[1024])
{
	char copy[1024], *words[FM_PAGE_WORDS + 1];
	const char *why;
	size_t count, len = 0;

	fm_text_copy(copy, sizeof(copy), line);
	count = fm_page_split(copy, words, &why);
	assert_true(count == 0 || !why);
	*ret = '\0';
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(ret + len, 1024 - len, "<%s>", words[i]);
	if (count > 0)
		assert_null(words[count]);
	return why ? why : ret;
}

/* What a real shell makes of it. */
static void ask_shell(const char *line, char ret[1024])
{
	char command[1200];
	FILE *shell;
	size_t len;

	snprintf(command, sizeof(command), "printf '<%%s>' %s", line);
	shell = popen(command, "re");
	assert_non_null(shell);
	len = fread(ret, 1, 1023, shell);
	ret[len] = '\0';
	assert_int_equal(pclose(shell), 0);
}

static void words_are_as_in_a_shell(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "doctor", "<doctor>" },
		{ "  history   show  1 ", "<history><show><1>" },
		{ "'two words' 3", "<two words><3>" },
		{ "\"two words\" 3", "<two words><3>" },
		{ "two\\ words", "<two words>" },
		{ "--output='a b'.csv", "<--output=a b.csv>" },
		{ "a'b'\"c\"d", "<abcd>" },
		{ "'' \"\" x", "<><><x>" },
		{ "\\'a\\\" \\\\", "<'a\"><\\>" },
		{ "\"it's\" 'say \"so\"'", "<it's><say \"so\">" },
		{ "'it'\\''s'", "<it's>" },
		{ "\"\\\"\\\\\\$\\`\\a\"", "<\"\\$`\\a>" },
		{ "'\\' '\\a'", "<\\><\\a>" },
		{ "caf\303\251 '\303\244 \303\266'", "<caf\303\251><\303\244 \303\266>" },
	};
	char ours[1024], shells[1024];

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		ask_shell(cases[i].line, shells);
		assert_string_equal(shells, cases[i].words);
		assert_string_equal(words_of(cases[i].line, ours), cases[i].words);
	}
	assert_string_equal(words_of("", ours), "");
	assert_string_equal(words_of("   ", ours), "");
}

static void what_is_wrong_is_said(void **state)
{
	char ours[1024];

	(void)state;
	assert_non_null(strstr(words_of("catalog lint it's.xml", ours), "not closed"));
	assert_non_null(strstr(words_of("catalog lint \"a b", ours), "not closed"));
	assert_non_null(strstr(words_of("catalog lint \"a\\\"", ours), "not closed"));
	assert_non_null(strstr(words_of("catalog lint a\\", ours), "\\ is last"));
	assert_string_equal(words_of("1 2 3 4 5 6 7 8 9 10 11 12 ", ours),
			    "<1><2><3><4><5><6><7><8><9><10><11><12>");
	assert_non_null(strstr(words_of("1 2 3 4 5 6 7 8 9 10 11 12 13", ours), "too many"));
}

/* No program but our own ever sees them. */
static void a_shells_other_characters_mean_nothing(void **state)
{
	char ours[1024];

	(void)state;
	assert_string_equal(words_of("list; $(id) `id` * ~ >x | y & #", ours),
			    "<list;><$(id)><`id`><*><~><>x><|><y><&><#>");
}

static void any_name_can_be_quoted(void **state)
{
	static const char marks[] = "ab '\"\\$`;*~\n\303\251";
	char name[64], quoted[FM_PAGE_QUOTED(sizeof(name))], ours[1024], shells[1024], want[80];

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % (sizeof(name) - 1);

		for (size_t k = 0; k < len; k++)
			name[k] = marks[(size_t)rand() % (sizeof(marks) - 1)];
		name[len] = '\0';
		fm_page_quote(name, quoted, sizeof(quoted));
		snprintf(want, sizeof(want), "<%s>", name);
		assert_string_equal(words_of(quoted, ours), want);
		if (i % 400 != 0)
			continue;
		ask_shell(quoted, shells);
		assert_string_equal(shells, want);
	}
}

/* The longest there is. */
static void a_long_name_fits(void **state)
{
	char name[256], quoted[FM_PAGE_QUOTED(sizeof(name))], ours[1024], want[300];

	(void)state;
	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fm_page_quote(name, quoted, sizeof(quoted));
	snprintf(want, sizeof(want), "<%s>", name);
	assert_string_equal(words_of(quoted, ours), want);
}

static void typed_commands(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_empty(&ui);
	state_type(&ui, ":package inspect '/tmp/my \"best\" one.hex'\n");
	assert_int_equal(ui.request.wish, FM_WISH_PAGE);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_PAGE);
	assert_string_equal(ui.page.command, "package inspect '/tmp/my \"best\" one.hex'");
	fm_ui_back(&ui);
	ui.request.wish = FM_WISH_NOTHING;
	state_type(&ui, ":package inspect it's\n");
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
	assert_non_null(strstr(ui.message, "not closed"));
	/* however it is written, nothing that changes a unit */
	state_type(&ui, ":'fl'a\"sh\" -y x\n");
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	assert_non_null(strstr(ui.message, "units have keys"));
	state_type(&ui, ":\n");
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	fm_ui_done(&ui);
}

static void files_are_inspected_by_their_names(void **state)
{
	struct fm_ui ui;
	char words[1024];

	(void)state;
	state_bench(&ui);
	fm_ui_go(&ui, FM_VIEW_LIBRARY);
	fm_text_copy(ui.files[0].path, sizeof(ui.files[0].path), "/x/a \"b\" $c\\.hex");
	state_type(&ui, "i");
	assert_int_equal(ui.request.wish, FM_WISH_PAGE);
	assert_string_equal(words_of(ui.page.command, words),
			    "<package><inspect></x/a \"b\" $c\\.hex>");
	fm_ui_done(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_as_in_a_shell),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_shells_other_characters_mean_nothing),
		cmocka_unit_test(any_name_can_be_quoted),
		cmocka_unit_test(a_long_name_fits),
		cmocka_unit_test(typed_commands),
		cmocka_unit_test(files_are_inspected_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

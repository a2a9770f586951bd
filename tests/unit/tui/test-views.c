/*
 * Every view, drawn from a state, against the screens in tests/unit/tui/screens/. After a change
 * that is meant, FM_SCREENS=write writes them anew; the difference is what is reviewed.
 */
#include "scenes.h"

#include "base/scope.h"
#include "base/text.h"
#include "state.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int rows, columns;
	bool ascii;
} sizes[] = {
	{ "80x24", 24, 80, false },
	{ "ascii", 24, 80, true },
	{ "wide", 43, 140, false },
	{ "narrow", 12, 50, false },
};

static void put_character(struct fm_text *text, uint32_t character)
{
	if (character < 0x80)
		fm_text_addf(text, "%c", (int)character);
	else
		fm_text_addf(text, "%c%c%c", (int)(0xe0 | character >> 12),
			     (int)(0x80 | (character >> 6 & 0x3f)),
			     (int)(0x80 | (character & 0x3f)));
}

/* The screen as text: rows without the blanks at their ends, then where the cursor is. */
static void screen_text(const struct fm_canvas *canvas, struct fm_text *ret)
{
	for (int row = 0; row < canvas->rows; row++) {
		for (int column = 0; column < canvas->columns; column++)
			put_character(ret, fm_canvas_at(canvas, row, column)->character);
		while (ret->len > 0 && ret->data[ret->len - 1] == ' ')
			ret->data[--ret->len] = '\0';
		fm_text_add(ret, "\n");
	}
	fm_text_addf(ret, "cursor %d,%d\n", canvas->cursor_row, canvas->cursor_column);
}

static void compare(const char *name, const char *size, const char *now)
{
	FM_FCLOSE FILE *file = NULL;
	char path[600], before[16384];
	size_t len;

	snprintf(path, sizeof(path), "%s/tests/unit/tui/screens/%s-%s.txt",
		 getenv("FM_SRC") ? getenv("FM_SRC") : ".", name, size);
	if (getenv("FM_SCREENS")) {
		file = fopen(path, "we");
		assert_non_null(file);
		fputs(now, file);
		return;
	}
	file = fopen(path, "re");
	if (!file)
		fail_msg("there is no %s", path);
	len = fread(before, 1, sizeof(before) - 1, file);
	before[len] = '\0';
	if (strcmp(before, now) != 0)
		fail_msg("%s-%s is\n%sand was\n%s", name, size, now, before);
}

/* What holds for every screen, whatever it shows. */
static void check_rules(const struct fm_canvas *canvas)
{
	assert_in_range(canvas->cursor_row, 0, canvas->rows - 1);
	assert_in_range(canvas->cursor_column, 0, canvas->columns - 1);
	for (int row = 0; row < canvas->rows; row++) {
		assert_int_equal(fm_canvas_at(canvas, row, canvas->columns - 1)->character, ' ');
		for (int column = 0; canvas->ascii && column < canvas->columns; column++)
			assert_in_range(fm_canvas_at(canvas, row, column)->character, ' ', '~');
	}
}

static void draw(const struct scene *scene, size_t size)
{
	FM_CANVAS_DONE struct fm_canvas canvas;
	FM_TEXT_DONE struct fm_text text = { 0 };
	struct fm_ui ui;

	scene->state(&ui);
	fm_ui_go(&ui, scene->view);
	fm_canvas_init(&canvas, sizes[size].rows, sizes[size].columns, sizes[size].ascii);
	fm_ui_draw(&ui, &canvas);
	check_rules(&canvas);
	screen_text(&canvas, &text);
	compare(scene->name, sizes[size].name, text.data);
	fm_ui_done(&ui);
}

static void every_view_in_every_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < scene_count; i++) {
		for (size_t size = 0; size < (scenes[i].all_sizes ? FM_COUNT(sizes) : 1); size++)
			draw(&scenes[i], size);
	}
	for (size_t i = 0; i < small_scene_count; i++)
		draw(&small_scenes[i], FM_COUNT(sizes) - 1);
}

/* Has the view a scene in all sizes, and one with that end of its name? */
static bool has_scene(enum fm_ui_view view, bool all_sizes, const char *end)
{
	for (size_t i = 0; i < scene_count; i++) {
		size_t len = strlen(scenes[i].name);

		if (scenes[i].view == view && scenes[i].all_sizes >= all_sizes &&
		    len >= strlen(end) && strcmp(scenes[i].name + len - strlen(end), end) == 0)
			return true;
	}
	return false;
}

static void no_view_and_no_state_is_missing(void **state)
{
	(void)state;
	for (enum fm_ui_view view = 0; view < FM_VIEW_COUNT; view++) {
		if (!has_scene(view, true, ""))
			fail_msg("%s is not drawn normal, ASCII, wide and narrow",
				 fm_views[view]->name);
		if (!has_scene(view, false, "-empty"))
			fail_msg("%s is not drawn empty", fm_views[view]->name);
		if (!has_scene(view, false, "-error"))
			fail_msg("%s is not drawn with an error", fm_views[view]->name);
	}
}

static bool drawn(const struct scene *scene, size_t first, size_t end, const char *file)
{
	char name[100];

	for (size_t size = first; size < end; size++) {
		snprintf(name, sizeof(name), "%s-%s.txt", scene->name, sizes[size].name);
		if (strcmp(name, file) == 0)
			return true;
	}
	return false;
}

/* A screen that nothing is compared with says nothing. */
static void every_screen_is_of_a_scene(void **state)
{
	char path[600];
	struct dirent *entry;
	DIR *folder;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/unit/tui/screens",
		 getenv("FM_SRC") ? getenv("FM_SRC") : ".");
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		bool found = *entry->d_name == '.';

		for (size_t i = 0; i < scene_count && !found; i++)
			found = drawn(&scenes[i], 0, scenes[i].all_sizes ? FM_COUNT(sizes) : 1,
				      entry->d_name);
		for (size_t i = 0; i < small_scene_count && !found; i++)
			found = drawn(&small_scenes[i], FM_COUNT(sizes) - 1, FM_COUNT(sizes),
				      entry->d_name);
		if (!found)
			fail_msg("no scene is compared with %s", entry->d_name);
	}
	closedir(folder);
}

/* Whatever is selected, the cursor is on its row (readers of braille follow it), which is marked.
 */
static void the_cursor_is_on_the_selected_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < scene_count; i++) {
		const struct fm_view *view = fm_views[scenes[i].view];
		struct fm_ui ui;

		scenes[i].state(&ui);
		fm_ui_go(&ui, scenes[i].view);
		/* while something is typed the cursor is there */
		if (ui.prompt.question != FM_QUESTION_NONE) {
			fm_ui_done(&ui);
			continue;
		}
		for (size_t at = 0; view->count && at < view->count(&ui); at++) {
			FM_CANVAS_DONE struct fm_canvas canvas;
			int marks = 0;

			view->select(&ui, at);
			assert_int_equal(view->at(&ui), at);
			fm_canvas_init(&canvas, at % 2 ? 24 : 43, at % 3 ? 80 : 140, at % 2);
			fm_ui_draw(&ui, &canvas);
			for (int row = 0; row < canvas.rows; row++)
				marks += fm_canvas_at(&canvas, row, 0)->character == '>';
			assert_int_equal(marks, 1);
			assert_int_equal(canvas.cursor_column, 0);
			assert_int_equal(fm_canvas_at(&canvas, canvas.cursor_row, 0)->character,
					 '>');
		}
		fm_ui_done(&ui);
	}
}

/* How a view is left stands last in the two rows of keys. */
static void the_keys_have_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < scene_count; i++) {
		FM_CANVAS_DONE struct fm_canvas canvas;
		FM_TEXT_DONE struct fm_text text = { 0 };
		struct fm_ui ui;

		scenes[i].state(&ui);
		fm_ui_go(&ui, scenes[i].view);
		fm_canvas_init(&canvas, 24, 80, true);
		fm_ui_draw(&ui, &canvas);
		screen_text(&canvas, &text);
		if (ui.prompt.question == FM_QUESTION_NONE && !strstr(text.data, "q back\n") &&
		    !strstr(text.data, "q quit\n"))
			fail_msg("%s: the keys are cut:\n%s", scenes[i].name, text.data);
		fm_ui_done(&ui);
	}
}

static void no_help_is_cut(void **state)
{
	(void)state;
	for (enum fm_ui_view view = 0; view < FM_VIEW_COUNT; view++) {
		struct fm_ui ui;

		if (view == FM_VIEW_HELP)
			continue;
		state_bench(&ui);
		fm_ui_go(&ui, view);
		fm_ui_go(&ui, FM_VIEW_HELP);
		for (size_t at = 0; at < fm_view_help.count(&ui); at++) {
			FM_CANVAS_DONE struct fm_canvas canvas;

			fm_view_help.select(&ui, at);
			fm_canvas_init(&canvas, 24, 80, true);
			fm_ui_draw(&ui, &canvas);
			for (int row = 2; row < 21; row++)
				assert_int_not_equal(fm_canvas_at(&canvas, row, 78)->character,
						     '~');
		}
		fm_ui_done(&ui);
	}
}

static void any_size_can_be_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < scene_count; i++) {
		struct fm_ui ui;

		scenes[i].state(&ui);
		fm_ui_go(&ui, scenes[i].view);
		for (int n = 0; n < 120; n++) {
			FM_CANVAS_DONE struct fm_canvas canvas;

			fm_canvas_init(&canvas, 1 + n * 7 % 101, 1 + n * 13 % 301, n % 2);
			fm_ui_draw(&ui, &canvas);
			check_rules(&canvas);
		}
		fm_ui_done(&ui);
	}
}

/* By characters, and never in the middle of one. */
static void words_are_wrapped_by_columns(void **state)
{
	static const uint32_t rows[][5] = { { 0xe4, 0xf6, ' ', 0xe4, 0xf6 },
					    { 0xfc, 0xe4, 0xf6, 0xfc, 0xe4 },
					    { 0xf6, ' ', ' ', ' ', ' ' } };
	FM_CANVAS_DONE struct fm_canvas canvas;

	(void)state;
	fm_canvas_init(&canvas, 4, 20, false);
	assert_int_equal(fm_canvas_wrap(&canvas, 0, 0, 5, 4, FM_STYLE_PLAIN,
					"\u00e4\u00f6 \u00e4\u00f6 "
					"\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6"),
			 3);
	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 5; column++)
			assert_int_equal(fm_canvas_at(&canvas, row, column)->character,
					 rows[row][column]);
}

/* The names of files in whatever script are told apart. */
static void wide_characters_take_two_columns(void **state)
{
	static const char name[] = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.bin";
	static const uint32_t whole[] = { 0x65e5, FM_CELL_SECOND, 0x672c, FM_CELL_SECOND,
					  0x8a9e, FM_CELL_SECOND, '.' };
	static const uint32_t cut[] = {
		0x65e5, FM_CELL_SECOND, 0x672c, FM_CELL_SECOND, 0x2026, ' '
	};
	FM_CANVAS_DONE struct fm_canvas canvas, ascii;

	(void)state;
	fm_canvas_init(&canvas, 2, 20, false);
	fm_canvas_init(&ascii, 1, 20, true);
	assert_int_equal(fm_canvas_text(&canvas, 0, 0, 10, FM_STYLE_PLAIN, name), 10);
	fm_canvas_text(&canvas, 1, 0, 5, FM_STYLE_PLAIN, name);
	for (size_t i = 0; i < FM_COUNT(whole); i++)
		assert_int_equal(fm_canvas_at(&canvas, 0, (int)i)->character, whole[i]);
	for (size_t i = 0; i < FM_COUNT(cut); i++)
		assert_int_equal(fm_canvas_at(&canvas, 1, (int)i)->character, cut[i]);
	assert_int_equal(fm_canvas_text(&ascii, 0, 0, 10, FM_STYLE_PLAIN, name), 7);
	assert_int_equal(fm_canvas_at(&ascii, 0, 2)->character, '?');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(no_view_and_no_state_is_missing),
		cmocka_unit_test(every_view_in_every_state),
		cmocka_unit_test(every_screen_is_of_a_scene),
		cmocka_unit_test(the_cursor_is_on_the_selected_row),
		cmocka_unit_test(the_keys_have_room),
		cmocka_unit_test(no_help_is_cut),
		cmocka_unit_test(any_size_can_be_drawn),
		cmocka_unit_test(words_are_wrapped_by_columns),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

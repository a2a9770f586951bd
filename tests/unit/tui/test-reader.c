/* Files of the list are read in a thread of its own: the screens go on however long one takes. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/files.h"
#include "front/tui/reader.h"
#include "front/tui/view.h"
#include "state.h"

#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000 /* for what comes at once */

struct reading {
	char folder[64];
	struct fm_ui ui;
	struct fm_reader *reader;
};

/* A disk on which a file comes when the test says so: those that are called so, by a letter. */
static sem_t slow, order_lock;
static char order[64]; /* in which they were begun with */

static void slow_read(struct fm_ui_file *file)
{
	const char *name = strrchr(file->path, '/') + 1;

	sem_wait(&order_lock);
	snprintf(order + strlen(order), sizeof(order) - strlen(order), "%c", *name);
	sem_post(&order_lock);
	if (strstr(name, "slow"))
		sem_wait(&slow);
	fm_text_copy(file->format, sizeof(file->format), "test");
}

static void write_bytes(const struct reading *reading, const char *name, size_t len, int byte)
{
	FM_FCLOSE FILE *file = NULL;
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", reading->folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(fputc(byte, file), byte);
}

static void write_file(const struct reading *reading, const char *name, size_t len)
{
	write_bytes(reading, name, len, 0xa5);
}

static struct fm_ui_file *file_of(struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->ui.file_count; i++) {
		if (strcmp(reading->ui.files[i].name, name) == 0)
			return &reading->ui.files[i];
	}
	fail_msg("%s is not in the list", name);
	return NULL;
}

static void begin(struct reading *reading, void (*read)(struct fm_ui_file *))
{
	struct fm_error err;

	fm_text_copy(reading->folder, sizeof(reading->folder), "/tmp/flashmend-test-XXXXXX");
	assert_non_null(mkdtemp(reading->folder));
	state_empty(&reading->ui);
	fm_text_copy(reading->ui.folder, sizeof(reading->ui.folder), reading->folder);
	assert_true(fm_reader_new(read, &reading->reader, &err));
	sem_init(&slow, 0, 0);
	sem_init(&order_lock, 0, 1);
	*order = '\0';
}

static void end(struct reading *reading)
{
	char command[100];

	fm_reader_free(reading->reader);
	fm_ui_done(&reading->ui);
	sem_destroy(&slow);
	sem_destroy(&order_lock);
	snprintf(command, sizeof(command), "rm -r %s", reading->folder);
	assert_int_equal(system(command), 0);
}

/* As the loop does it, until this file is read. */
static void until_read(struct reading *reading, const char *name)
{
	while (file_of(reading, name)->unread) {
		struct pollfd news = { fm_reader_fd(reading->reader), POLLIN, 0 };

		assert_int_equal(poll(&news, 1, LONG_MS), 1);
		fm_reader_go(reading->reader, &reading->ui);
	}
}

static void a_slow_file_holds_nothing_up(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, slow_read);
	write_file(&reading, "a-slow.bin", 300);
	write_file(&reading, "b.bin", 100);
	write_file(&reading, "c.bin", 200);
	fm_files_load(&reading.ui);
	assert_int_equal(reading.ui.file_count, 3);
	/* returns, though the slow one is not there; what is small is */
	fm_reader_wait(reading.reader, &reading.ui, 1);
	until_read(&reading, "c.bin");
	assert_false(file_of(&reading, "b.bin")->unread);
	assert_string_equal(file_of(&reading, "b.bin")->format, "test");
	assert_true(file_of(&reading, "a-slow.bin")->unread);
	fm_reader_wait(reading.reader, &reading.ui, 20);
	assert_true(file_of(&reading, "a-slow.bin")->unread);
	sem_post(&slow);
	until_read(&reading, "a-slow.bin");
	assert_string_equal(order, "bca");
	/* nothing of it is read again */
	fm_files_load(&reading.ui);
	fm_reader_wait(reading.reader, &reading.ui, LONG_MS);
	assert_false(file_of(&reading, "a-slow.bin")->unread);
	assert_string_equal(order, "bca");
	end(&reading);
}

/* The list is read anew while one of it is being read: it goes on, and counts. */
static void a_new_list_does_not_begin_again(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, slow_read);
	write_file(&reading, "a-slow.bin", 100);
	fm_files_load(&reading.ui);
	fm_reader_go(reading.reader, &reading.ui);
	write_file(&reading, "b.bin", 10);
	fm_files_load(&reading.ui);
	fm_reader_go(reading.reader, &reading.ui);
	assert_true(file_of(&reading, "a-slow.bin")->unread);
	sem_post(&slow);
	until_read(&reading, "a-slow.bin");
	until_read(&reading, "b.bin");
	assert_string_equal(order, "ab");
	end(&reading);
}

/* One that hangs in the folder before is not waited for, and says nothing of the file that now has
 * its name. */
static void what_is_not_in_the_list_any_more_is_dropped(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, slow_read);
	write_file(&reading, "a-slow.bin", 100);
	fm_files_load(&reading.ui);
	fm_reader_go(reading.reader, &reading.ui);
	write_file(&reading, "a-slow.bin", 200);
	write_file(&reading, "b.bin", 10);
	fm_files_load(&reading.ui);
	fm_reader_go(reading.reader, &reading.ui);
	until_read(&reading, "b.bin");
	assert_true(file_of(&reading, "a-slow.bin")->unread);
	sem_post(&slow);
	sem_post(&slow);
	until_read(&reading, "a-slow.bin");
	assert_int_equal(file_of(&reading, "a-slow.bin")->len, 200);
	end(&reading);
}

/* However many hang, there is an end to them, and the list can be left. */
static void only_so_many_hang(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, slow_read);
	for (size_t len = 1; len < 10; len++) {
		write_file(&reading, "a-slow.bin", len);
		fm_files_load(&reading.ui);
		fm_reader_go(reading.reader, &reading.ui);
		assert_true(file_of(&reading, "a-slow.bin")->unread);
	}
	for (int i = 0; i < 10; i++)
		sem_post(&slow);
	until_read(&reading, "a-slow.bin");
	assert_int_equal(file_of(&reading, "a-slow.bin")->len, 9);
	assert_in_range(strlen(order), 2, 9);
	end(&reading);
}

/* The real reading, beside a thread that draws. */
static void files_say_what_they_are(void **state)
{
	struct reading reading;
	struct fm_canvas canvas = { 0 };

	(void)state;
	begin(&reading, fm_files_read);
	for (int i = 0; i < 20; i++) {
		char name[20];

		snprintf(name, sizeof(name), "%02d.bin", i);
		write_file(&reading, name, 1000 + (size_t)i);
	}
	write_bytes(&reading, "torn.hex", 10, ':');
	fm_files_load(&reading.ui);
	fm_ui_go(&reading.ui, FM_VIEW_LIBRARY);
	fm_canvas_init(&canvas, 24, 80, true);
	fm_reader_go(reading.reader, &reading.ui);
	while (file_of(&reading, "19.bin")->unread) {
		fm_reader_go(reading.reader, &reading.ui);
		fm_ui_draw(&reading.ui, &canvas);
	}
	for (size_t i = 0; i < 20; i++) {
		assert_false(reading.ui.files[i].unread);
		assert_string_equal(reading.ui.files[i].problem.text, "");
		assert_int_equal(strlen(reading.ui.files[i].sha256), 64);
	}
	assert_int_not_equal(file_of(&reading, "torn.hex")->problem.code, FM_OK);
	fm_canvas_done(&canvas);
	end(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_file_holds_nothing_up),
		cmocka_unit_test(a_new_list_does_not_begin_again),
		cmocka_unit_test(what_is_not_in_the_list_any_more_is_dropped),
		cmocka_unit_test(only_so_many_hang),
		cmocka_unit_test(files_say_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

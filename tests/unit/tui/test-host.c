/* The file of the preflight: changed on the disk, it is read again, once and beside the screens. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/files.h"
#include "front/tui/host.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

struct bench {
	struct fm_tui_options options;
	struct fm_ui ui;
	struct fm_host_changed changed;
	char path[64];
};

static void write_file(const struct bench *bench, int byte, size_t len)
{
	FM_FCLOSE FILE *file = fopen(bench->path, "we");

	assert_non_null(file);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(fputc(byte, file), byte);
}

/* ... in its place, so that its stamp is another one: the kernel's clock is coarse. */
static void change_file(const struct bench *bench, int byte, size_t len)
{
	struct fm_host_stamp before, now;

	assert_true(fm_host_stamp(bench->path, &before));
	do {
		usleep(1000);
		unlink(bench->path);
		write_file(bench, byte, len);
		assert_true(fm_host_stamp(bench->path, &now));
	} while (fm_host_same_stamp(&before, &now));
}

/* The first file of the list is one, and was read. */
static int bench_open(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct fm_ui_file *file;
	int fd;

	assert_non_null(bench);
	*state = bench;
	bench->options.state_folder = "/tmp";
	state_bench(&bench->ui);
	fm_text_copy(bench->path, sizeof(bench->path), "/tmp/flashmend-test-XXXXXX");
	fd = mkstemp(bench->path);
	assert_true(fd >= 0);
	close(fd);
	write_file(bench, 0xa5, 100);
	file = &bench->ui.files[0];
	fm_text_copy(file->path, sizeof(file->path), bench->path);
	assert_true(fm_host_stamp(file->path, &file->stamp));
	fm_files_read(file);
	assert_string_equal(file->problem.text, "");
	fm_text_copy(bench->ui.path, sizeof(bench->ui.path), bench->path);
	return 0;
}

static int bench_close(void **state)
{
	struct bench *bench = *state;

	fm_host_changed_done(&bench->changed);
	fm_ui_done(&bench->ui);
	unlink(bench->path);
	free(bench);
	return 0;
}

/* As the loop does it every second, until it is known. */
static const struct fm_host_row *look(struct bench *bench)
{
	struct fm_host_row *row = &bench->ui.host.file;

	for (int ms = 0; ms < LONG_MS; ms += 10) {
		fm_host_look(&bench->ui, &bench->options, &bench->changed);
		if (!strstr(row->text, "reading"))
			return row;
		assert_int_equal(row->state, FM_BLOCKED);
		assert_true(fm_host_fails(&bench->ui));
		usleep(10000);
	}
	fail_msg("it is still being read");
	return NULL;
}

static void as_it_was(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(look(bench)->state, FM_FITS);
	assert_non_null(strstr(look(bench)->text, "as it was read"));
	assert_false(bench->changed.errand.runs || bench->changed.known);
}

static void the_same_content_again(void **state)
{
	struct bench *bench = *state;

	change_file(bench, 0xa5, 100);
	assert_non_null(strstr(look(bench)->text, "written again with the same content"));
	assert_int_equal(bench->ui.host.file.state, FM_FITS);
}

static void another_content(void **state)
{
	struct bench *bench = *state;
	struct fm_host_stamp first;

	change_file(bench, 0xb6, 100);
	assert_int_equal(look(bench)->state, FM_BLOCKED);
	assert_non_null(strstr(look(bench)->text, "changed on the disk: sha256 "));
	assert_true(bench->changed.known);
	/* what is known is not found out again */
	first = bench->changed.now;
	look(bench);
	assert_false(bench->changed.errand.runs);
	assert_true(fm_host_same_stamp(&first, &bench->changed.now));
	/* but of the next one it says nothing */
	change_file(bench, 0xa5, 100);
	assert_non_null(strstr(look(bench)->text, "written again with the same content"));
	unlink(bench->path);
	assert_non_null(strstr(look(bench)->text, "it is not there any more"));
}

/* What was read anew in the list is what counts from then on. */
static void read_anew(void **state)
{
	struct bench *bench = *state;
	struct fm_ui_file *file = &bench->ui.files[0];

	change_file(bench, 0xb6, 200);
	assert_int_equal(look(bench)->state, FM_BLOCKED);
	assert_true(fm_host_stamp(file->path, &file->stamp));
	fm_files_read(file);
	assert_string_equal(file->problem.text, "");
	assert_int_equal(look(bench)->state, FM_FITS);
	change_file(bench, 0xb6, 200);
	assert_non_null(strstr(look(bench)->text, "written again with the same content"));
}

static void no_file_at_all(void **state)
{
	struct bench *bench = *state;

	*bench->ui.path = '\0';
	assert_int_equal(look(bench)->state, FM_FITS);
	fm_text_copy(bench->ui.path, sizeof(bench->ui.path), "/elsewhere");
	assert_int_equal(look(bench)->state, FM_BLOCKED);
	assert_non_null(strstr(look(bench)->text, "not in the list"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_it_was, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(the_same_content_again, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(another_content, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(read_anew, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(no_file_at_all, bench_open, bench_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "image-test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/flashmend-save-XXXXXX";
static char path[sizeof(folder) + 16];

/* What the wrapped calls answer: an errno, 0 = the real call. */
static int fail_rename, fail_write, fail_fsync;

int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	errno = fail_rename;
	return fail_rename ? -1 : __real_renameat2(from_fd, from, to_fd, to, flags);
}

/* A disk takes a few bytes at a time, and then no more. */
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	if (!fail_write)
		return __real_write(fd, data, len > 7 ? 7 : len);
	if (len > 7)
		return __real_write(fd, data, 7);
	errno = fail_write;
	return -1;
}

int __wrap_fsync(int fd)
{
	errno = fail_fsync;
	return fail_fsync ? -1 : __real_fsync(fd);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	sprintf(path, "%s/out", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int forget_failures(void **state)
{
	(void)state;
	fail_rename = fail_write = fail_fsync = 0;
	return 0;
}

static void make_image(struct fm_image *image)
{
	struct fm_error err;

	fm_image_init(image);
	assert_success(
		fm_image_add(image, FM_SPACE_FLASH, 0x1000, "some firmware\xff\x00", 15, &err));
}

static void check_files(size_t wanted)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			count++;
	}
	closedir(dir);
	assert_int_equal(count, wanted);
}

static void check_content(const char *content, size_t len)
{
	char data[64];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(data, 1, sizeof(data), file), len);
	fclose(file);
	assert_memory_equal(data, content, len);
}

static void remove_file(void)
{
	assert_int_equal(unlink(path), 0);
	check_files(0);
}

static void test_new_file(void **state)
{
	struct fm_image image FM_IMAGE_DONE, again FM_IMAGE_DONE = { 0 };
	struct fm_error err;
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	make_image(&image);
	assert_success(fm_image_save(&image, &fm_format_raw, path, false, &err));
	umask(mask);
	check_content("some firmware\xff\x00", 15);
	check_files(1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	remove_file();
	assert_success(fm_image_save(&image, &fm_format_ihex, path, false, &err));
	assert_success(fm_image_load(path, NULL, &again, &err));
	check_same(&image, &again);
	remove_file();
}

/* With renameat2, and on a file system that has only links. */
static void test_existing_file_stays(void **state)
{
	static const int fails[] = { 0, EINVAL, ENOSYS };
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make_image(&image);
	for (size_t i = 0; i < FM_COUNT(fails); i++) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fclose(file);
		fail_rename = fails[i];
		assert_failure(fm_image_save(&image, &fm_format_raw, path, false, &err),
			       FM_FILE_WRITE);
		assert_non_null(strstr(err.text, "out exists already and was left as it is"));
		assert_int_equal(err.os, EEXIST);
		check_content("", 0);
		check_files(1);
		assert_success(fm_image_save(&image, &fm_format_raw, path, true, &err));
		check_content("some firmware\xff\x00", 15);
		check_files(1);
		remove_file();
		assert_success(fm_image_save(&image, &fm_format_raw, path, false, &err));
		check_content("some firmware\xff\x00", 15);
		remove_file();
	}
}

static void test_links_do_not_lead_elsewhere(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make_image(&image);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	assert_failure(fm_image_save(&image, &fm_format_raw, path, false, &err), FM_FILE_WRITE);
	assert_success(fm_image_save(&image, &fm_format_raw, path, true, &err));
	check_content("some firmware\xff\x00", 15);
	remove_file();
}

static void check_save_fails(int os)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	make_image(&image);
	assert_failure(fm_image_save(&image, &fm_format_raw, path, false, &err), FM_FILE_WRITE);
	assert_int_equal(err.os, os);
	assert_non_null(strstr(err.text, path));
	check_files(0);
}

static void test_full_disk_leaves_nothing(void **state)
{
	(void)state;
	fail_write = ENOSPC;
	check_save_fails(ENOSPC);
	fail_write = 0;
	fail_fsync = EIO;
	check_save_fails(EIO);
}

static void test_failing_rename_leaves_nothing(void **state)
{
	(void)state;
	fail_rename = EROFS;
	check_save_fails(EROFS);
}

static void test_a_folder_is_in_the_way(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make_image(&image);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_failure(fm_image_save(&image, &fm_format_raw, path, true, &err), FM_FILE_WRITE);
	check_files(1);
	assert_int_equal(rmdir(path), 0);
	assert_failure(fm_image_save(&image, &fm_format_raw, "/nowhere/at/all", true, &err),
		       FM_FILE_WRITE);
	assert_int_equal(err.os, ENOENT);
}

static void test_name_in_the_working_folder(void **state)
{
	FM_FREE char *before = getcwd(NULL, 0);
	char longest[256];
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	make_image(&image);
	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(chdir(folder), 0);
	assert_success(fm_image_save(&image, &fm_format_srec, "out", false, &err));
	assert_success(fm_image_save(&image, &fm_format_srec, longest, false, &err));
	check_files(2);
	assert_int_equal(unlink(longest), 0);
	assert_int_equal(chdir(before), 0);
	remove_file();
}

static void test_raw_holds_one_piece(void **state)
{
	struct fm_image image FM_IMAGE_DONE, empty FM_IMAGE_DONE = { 0 };
	struct fm_error err;

	(void)state;
	make_image(&image);
	assert_success(fm_image_add(&image, FM_SPACE_FLASH, 0x2000, "more", 4, &err));
	assert_failure(fm_image_save(&image, &fm_format_raw, path, false, &err), FM_USAGE);
	assert_non_null(strstr(err.hint, "ihex"));
	assert_failure(fm_image_save(&empty, &fm_format_ihex, path, false, &err), FM_FILE_EMPTY);
	check_files(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_file),
		cmocka_unit_test_teardown(test_existing_file_stays, forget_failures),
		cmocka_unit_test(test_links_do_not_lead_elsewhere),
		cmocka_unit_test_teardown(test_full_disk_leaves_nothing, forget_failures),
		cmocka_unit_test_teardown(test_failing_rename_leaves_nothing, forget_failures),
		cmocka_unit_test(test_a_folder_is_in_the_way),
		cmocka_unit_test(test_name_in_the_working_folder),
		cmocka_unit_test(test_raw_holds_one_piece),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

#include "image-test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#define HEX ":0200000061623B\n:00000001FF\n"

static char folder[] = "/tmp/flashmend-load-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* gzip by zlib; malloc'd. */
static uint8_t *pack(const void *data, size_t len, size_t *ret_len)
{
	z_stream z = { 0 };
	uint8_t *packed;

	assert_int_equal(deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY),
			 Z_OK);
	*ret_len = deflateBound(&z, len);
	packed = malloc(*ret_len);
	assert_non_null(packed);
	z.next_in = (z_const Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = packed;
	z.avail_out = (uInt)*ret_len;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*ret_len = z.total_out;
	deflateEnd(&z);
	return packed;
}

static void test_raw(void **state)
{
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	assert_success(fm_image_parse("fw", CONTENT("\x0c\x94\x00\xff\x80"), NULL, &image, &err));
	assert_string_equal(image.format, "raw");
	assert_true(image.floating);
	assert_false(image.has_entry);
	assert_false(image.compressed);
	assert_int_equal(image.file_len, 5);
	check_segment(&image, 0, FM_SPACE_FLASH, 0, "\x0c\x94\x00\xff\x80", 5);
}

static void test_options(void **state)
{
	struct fm_image_options options = { "raw", true, 0x08004000 };
	struct fm_image image;
	struct fm_error err;

	(void)state;
	/* What nobody would guess is taken when somebody says so. */
	assert_success(fm_image_parse("fw", CONTENT(HEX), &options, &image, &err));
	assert_string_equal(image.format, "raw");
	assert_false(image.floating);
	check_segment(&image, 0, FM_SPACE_FLASH, 0x08004000, HEX, sizeof(HEX) - 1);
	fm_image_done(&image);
	options.format = NULL;
	assert_failure(fm_image_parse("fw", CONTENT(HEX), &options, &image, &err), FM_USAGE);
	assert_string_equal(err.text, "fw is Intel HEX, which has addresses of its own");
	options = (struct fm_image_options){ NULL, true, 0xfffffffe };
	assert_failure(fm_image_parse("fw", CONTENT("\1\2\3"), &options, &image, &err), FM_USAGE);
	options = (struct fm_image_options){ NULL, true, UINT64_MAX };
	assert_failure(fm_image_parse("fw", CONTENT("\1\2\3"), &options, &image, &err), FM_USAGE);
	options = (struct fm_image_options){ "hex", false, 0 };
	assert_failure(fm_image_parse("fw", CONTENT(HEX), &options, &image, &err), FM_USAGE);
	assert_string_equal(err.text, "there is no file format 'hex'");
	options.format = "elf";
	assert_failure(fm_image_parse("fw", CONTENT(HEX), &options, &image, &err), FM_FILE_FORMAT);
	options.format = "srec";
	assert_failure(fm_image_parse("fw", CONTENT(HEX), &options, &image, &err), FM_FILE_FORMAT);
	assert_null(image.segments);
}

static void test_format_names(void **state)
{
	(void)state;
	assert_ptr_equal(fm_format_named("raw"), &fm_format_raw);
	assert_ptr_equal(fm_format_named("ihex"), &fm_format_ihex);
	assert_ptr_equal(fm_format_named("srec"), &fm_format_srec);
	assert_ptr_equal(fm_format_named("elf"), &fm_format_elf);
	assert_ptr_equal(fm_format_named("uf2"), &fm_format_uf2);
	assert_ptr_equal(fm_format_named("dfu"), &fm_format_dfu);
	assert_ptr_equal(fm_format_named("dfuse"), &fm_format_dfuse);
	assert_null(fm_format_named("uf"));
	assert_null(fm_format_named(""));
}

static void test_gzip(void **state)
{
	size_t len;
	FM_FREE uint8_t *packed = pack(HEX, sizeof(HEX) - 1, &len);
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;
	char sum[FM_SHA256_TEXT];

	(void)state;
	assert_success(fm_image_parse("fw", packed, len, NULL, &image, &err));
	assert_true(image.compressed);
	assert_string_equal(image.format, "ihex");
	check_segment(&image, 0, FM_SPACE_FLASH, 0, "ab", 2);
	/* Hash and length are those of the file, not of what is in it. */
	fm_sha256(packed, len, sum);
	assert_string_equal(image.sha256, sum);
	assert_int_equal(image.file_len, len);
}

static void test_bad_gzip(void **state)
{
	size_t len, again_len;
	FM_FREE uint8_t *packed = pack(HEX, sizeof(HEX) - 1, &len);
	FM_FREE uint8_t *again = pack(packed, len, &again_len);
	FM_FREE uint8_t *more = malloc(2 * len), *none = NULL;

	(void)state;
	assert_non_null(more);
	check_refused(again, again_len, FM_FILE_FORMAT, "fw: the gzip file holds a gzip file");
	for (size_t cut = 3; cut < len; cut++)
		check_refused(packed, cut, FM_FILE_FORMAT, "fw: the gzip file is cut at offset ");
	memcpy(more, packed, len);
	more[len] = 0;
	check_refused(more, len + 1, FM_FILE_FORMAT, "fw: 1 bytes more behind the end of the gzip");
	/* RFC 1952 allows several members; firmware comes in one. */
	memcpy(more + len, packed, len);
	check_refused(more, 2 * len, FM_FILE_FORMAT, "bytes more behind the end of the gzip file");
	/* The trailer: CRC, then length. */
	more[len - 8] ^= 1;
	check_refused(more, len, FM_FILE_FORMAT, "incorrect data check");
	more[len - 8] ^= 1;
	more[len - 1] ^= 1;
	check_refused(more, len, FM_FILE_FORMAT, "incorrect length check");
	none = pack("", 0, &again_len);
	check_refused(none, again_len, FM_FILE_EMPTY, "fw: the gzip file holds an empty file");
	free(none);
	none = pack("PK\3\4", 4, &again_len);
	check_refused(none, again_len, FM_FILE_FORMAT, "this is a zip archive");
}

/* 129 MiB of nothing in 130 KB. */
static void test_gzip_bomb(void **state)
{
	const size_t size = FM_IMAGE_DATA_MOST + (1 << 20);
	FM_FREE uint8_t *zeros = calloc(1, size), *packed = NULL;
	size_t len;

	(void)state;
	assert_non_null(zeros);
	packed = pack(zeros, size, &len);
	check_refused(packed, len, FM_FILE_TOO_BIG, "fw: unpacks to more than 128 MiB");
}

static void test_long_names_leave_room_for_the_line(void **state)
{
	char name[600];
	struct fm_image image;
	struct fm_error err;

	(void)state;
	memset(name, 'd', sizeof(name));
	strcpy(name + 500, "/fw\x1b[2J.hex");
	assert_failure(
		fm_image_parse(name, CONTENT(":01000000619F\n:00000001FF\n"), NULL, &image, &err),
		FM_FILE_FORMAT);
	assert_memory_equal(err.text, "...ddd", 6);
	assert_non_null(strstr(err.text, "/fw.[2J.hex:1: wrong checksum"));
	assert_failure(fm_image_load(name, NULL, &image, &err), FM_FILE_OPEN);
	assert_non_null(strstr(err.text, "/fw.[2J.hex: "));
	/* A cut never leaves half a character. */
	for (size_t i = 0; i + 1 < 500; i += 2)
		memcpy(name + i, "\xc3\xbc", 2);
	for (int shift = 0; shift < 2; shift++) {
		assert_failure(fm_image_parse(name + shift, CONTENT(":01000000619F\n"), NULL,
					      &image, &err),
			       FM_FILE_FORMAT);
		assert_memory_equal(err.text, "...\xc3\xbc", 5);
	}
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void test_files(void **state)
{
	FM_FREE char *path = NULL;
	struct fm_image image FM_IMAGE_DONE;
	struct fm_error err;

	(void)state;
	assert_true(asprintf(&path, "%s/fw", folder) > 0);
	write_file(path, HEX, sizeof(HEX) - 1);
	assert_success(fm_image_load(path, NULL, &image, &err));
	check_segment(&image, 0, FM_SPACE_FLASH, 0, "ab", 2);
	assert_int_equal(image.file_len, sizeof(HEX) - 1);
	/* sha256sum's own answer. */
	assert_string_equal(image.sha256,
			    "46263fdefe5f7d35d71faf1da0ad97071208d3a287f248f3e3d50d3529e859b7");
	assert_int_equal(unlink(path), 0);
}

static void check_not_loaded(const char *path, enum fm_code code, const char *says)
{
	struct fm_image image;
	struct fm_error err = { 0 };

	assert_failure(fm_image_load(path, NULL, &image, &err), code);
	if (!strstr(err.text, says) || !strstr(err.text, path))
		fail_msg("%s does not say %s %s", err.text, path, says);
	assert_null(image.segments);
}

/* None of these may block or be read. */
static void test_what_is_no_file(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	FM_FREE char *path = NULL;
	FM_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_true(asprintf(&path, "%s/it", folder) > 0);
	check_not_loaded(path, FM_FILE_OPEN, "No such file or directory");
	check_not_loaded(folder, FM_FILE_OPEN, "is a folder, not a file");
	check_not_loaded("/dev/null", FM_FILE_OPEN, "is a device, not a file");
	assert_int_equal(mkfifo(path, 0600), 0);
	check_not_loaded(path, FM_FILE_OPEN, "is a pipe, not a file");
	assert_int_equal(unlink(path), 0);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	check_not_loaded(path, FM_FILE_OPEN, "is a socket, not a file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("it", path), 0);
	check_not_loaded(path, FM_FILE_OPEN, "symbolic links");
	assert_int_equal(unlink(path), 0);
	write_file(path, "", 0);
	check_not_loaded(path, FM_FILE_EMPTY, "is empty");
	/* A sparse file: its size is told before it is read. */
	assert_int_equal(truncate(path, (off_t)FM_IMAGE_FILE_MOST + 1), 0);
	check_not_loaded(path, FM_FILE_TOO_BIG, "more than 256 MiB");
	if (geteuid() != 0) {
		assert_int_equal(truncate(path, 10), 0);
		assert_int_equal(chmod(path, 0), 0);
		check_not_loaded(path, FM_FILE_OPEN, "Permission denied");
	}
	assert_int_equal(unlink(path), 0);
}

/* /proc says 0 or a wrong size for files that have content: never half a file. */
static void test_file_whose_size_is_not_true(void **state)
{
	(void)state;
	check_not_loaded("/proc/self/maps", FM_FILE_EMPTY, "is empty");
	check_not_loaded("/sys/kernel/uevent_seqnum", FM_FILE_OPEN, "changes while it is read");
}

/* Somebody else appends to the file while we read it. */
static const char *growing;

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);

ssize_t __wrap_read(int fd, void *data, size_t len)
{
	if (growing) {
		FILE *file = fopen(growing, "a");

		growing = NULL;
		assert_non_null(file);
		fputs(":02000200616239\n", file);
		assert_int_equal(fclose(file), 0);
	}
	return __real_read(fd, data, len);
}

static void test_file_that_grows(void **state)
{
	FM_FREE char *path = NULL;

	(void)state;
	assert_true(asprintf(&path, "%s/fw", folder) > 0);
	write_file(path, HEX, sizeof(HEX) - 1);
	growing = path;
	check_not_loaded(path, FM_FILE_OPEN, "changes while it is read");
	assert_null(growing);
	assert_int_equal(unlink(path), 0);
}

static void test_no_bytes(void **state)
{
	(void)state;
	check_refused("", 0, FM_FILE_EMPTY, "fw is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_format_names),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_bad_gzip),
		cmocka_unit_test(test_gzip_bomb),
		cmocka_unit_test(test_long_names_leave_room_for_the_line),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_what_is_no_file),
		cmocka_unit_test(test_file_whose_size_is_not_true),
		cmocka_unit_test(test_file_that_grows),
		cmocka_unit_test(test_no_bytes),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

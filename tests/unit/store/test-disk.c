/* A disk that is full, and one that fails: what was there stays, and it goes on when there is room.
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* Jobs until one can't be recorded; how many were. */
static int disk_fill(struct fm_store *store, size_t *ret_ended, struct fm_error *err)
{
	for (*ret_ended = 0; *ret_ended < 2000; ++*ret_ended) {
		struct fm_record record = scratch_record("flash", "m", "p");

		memset(record.text, 'x', sizeof(record.text) - 1);
		if (!scratch_job(store, &record, "PASS", "verified", err)) {
			if (record.chain || record.hash[0] || record.end_utc[0])
				return 2; /* claims an end that is not on the disk */
			return 0;
		}
	}
	return 3;
}

/* All that had ended is there and right, and nothing else has ended. */
static bool disk_intact(struct fm_store *store, size_t ended, struct fm_error *err)
{
	size_t checked;

	return fm_store_verify(store, &checked, err) &&
	       (checked == ended || fm_fail(err, FM_INTERNAL, "%zu of %zu", checked, ended));
}

static int disk_full_of_ballast(const struct scratch *scratch, void *data)
{
	static const char ballast[64 << 10] = "so that room can be made";
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store, *late;
	struct fm_error err = { 0 };
	char path[120];
	size_t ended;
	int fd;

	(void)data;
	snprintf(path, sizeof(path), "%s/ballast", scratch->folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHILD_CHECK(write(fd, ballast, sizeof(ballast)) == sizeof(ballast) && close(fd) == 0);
	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(disk_fill(store, &ended, &err) == 0 && ended > 0);
	CHILD_CHECK(err.code == FM_RECORD && err.hint[0]);
	CHILD_CHECK(strstr(err.text, "no room on the disk") && strstr(err.text, scratch->path));
	CHILD_CHECK(disk_intact(store, ended, &err));
	/* who comes now can read, and is told the same when he writes */
	CHILD_CHECK(fm_store_open(scratch->path, false, &late, &err));
	CHILD_CHECK(disk_intact(late, ended, &err));
	CHILD_CHECK(!fm_store_begin(late, &record, &err) || disk_fill(late, &ended, &err) == 0);
	CHILD_CHECK(err.code == FM_RECORD && strstr(err.text, "no room on the disk"));
	fm_store_close(late);
	CHILD_CHECK(unlink(path) == 0);
	CHILD_CHECK(fm_store_begin(store, &record, &err));
	fm_store_close(store);
	return 0;
}

static void test_full_disk(void **state)
{
	scratch_run_on_tmpfs("size=256k", disk_full_of_ballast, *state);
}

/* No room at all for a new file. */
static int disk_full_before(const struct scratch *scratch, void *data)
{
	struct fm_store *store;
	struct fm_error err = { 0 };

	(void)data;
	CHILD_CHECK(!fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(err.code == FM_RECORD && strstr(err.text, "no room on the disk"));
	return 0;
}

static void test_full_disk_at_first_use(void **state)
{
	scratch_run_on_tmpfs("size=16k", disk_full_before, *state);
}

/* The disk was filled by others: what is there can be read all the same. */
static int disk_full_afterwards(const struct scratch *scratch, void *data)
{
	static const char ballast[4096] = "no room for anything else";
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store;
	struct fm_error err = { 0 };
	char path[120];
	int fd;

	(void)data;
	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(scratch_job(store, &record, "PASS", "verified", &err));
	fm_store_close(store);
	snprintf(path, sizeof(path), "%s/ballast", scratch->folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fd, ballast, sizeof(ballast)) > 0)
		;
	CHILD_CHECK(errno == ENOSPC && close(fd) == 0);
	CHILD_CHECK(!fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(err.code == FM_RECORD && strstr(err.text, "no room on the disk"));
	CHILD_CHECK(fm_store_open(scratch->path, false, &store, &err));
	CHILD_CHECK(disk_intact(store, 1, &err));
	CHILD_CHECK(!fm_store_begin(store, &record, &err) && err.code == FM_RECORD);
	fm_store_close(store);
	return 0;
}

static void test_full_disk_is_read(void **state)
{
	scratch_run_on_tmpfs("size=256k", disk_full_afterwards, *state);
}

static int disk_limited(const struct scratch *scratch, void *data)
{
	struct rlimit limit = { 128 << 10, RLIM_INFINITY };
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *store;
	struct fm_error err = { 0 };
	size_t ended;

	(void)data;
	signal(SIGXFSZ, SIG_IGN);
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHILD_CHECK(fm_store_open(scratch->path, true, &store, &err));
	CHILD_CHECK(disk_fill(store, &ended, &err) == 0 && ended > 0);
	CHILD_CHECK(err.code == FM_RECORD && strstr(err.text, "no room on the disk"));
	CHILD_CHECK(err.os == EFBIG && err.hint[0]);
	CHILD_CHECK(disk_intact(store, ended, &err));
	limit.rlim_cur = RLIM_INFINITY;
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHILD_CHECK(fm_store_begin(store, &record, &err));
	fm_store_close(store);
	return 0;
}

static void test_file_size_limit(void **state)
{
	assert_int_equal(scratch_run(disk_limited, *state, NULL), 0);
}

/* --- a disk that answers writing with an error: SQLite's own hook for its system calls --- */

static int disk_errno;
static ssize_t (*disk_pwrite)(int fd, const void *data, size_t len, off_t at);

static ssize_t disk_broken_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (!disk_errno)
		return disk_pwrite(fd, data, len, at);
	errno = disk_errno;
	return -1;
}

static void disk_hook(const char *name)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_syscall_ptr real = vfs->xGetSystemCall(vfs, name);

	if (!real)
		return;
	memcpy(&disk_pwrite, &real, sizeof(real));
	assert_int_equal(
		vfs->xSetSystemCall(vfs, name,
				    (sqlite3_syscall_ptr)(void (*)(void))disk_broken_pwrite),
		SQLITE_OK);
}

static void test_disk_errors(void **state)
{
	static const struct {
		int os;
		const char *text;
	} errors[] = {
		{ EIO, "the disk failed (Input/output error)" },
		{ EROFS, "the disk failed (Read-only file system)" },
		{ ENOSPC, "no room on the disk" },
		{ EDQUOT, "no room on the disk" },
	};
	const struct scratch *scratch = *state;
	struct fm_store *store;
	struct fm_error err;

	disk_hook("pwrite");
	disk_hook("pwrite64");
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	for (size_t i = 0; i < FM_COUNT(errors); i++) {
		struct fm_record record = scratch_record("flash", "m", "p");

		assert_success(fm_store_begin(store, &record, &err));
		disk_errno = errors[i].os;
		assert_failure(fm_store_phase_begin(store, record.id, "write", "", &err),
			       FM_RECORD);
		disk_errno = 0;
		if (!strstr(err.text, errors[i].text) || !err.hint[0])
			fail_msg("'%s', hint '%s'", err.text, err.hint);
		/* nothing of it is there, and it goes on */
		assert_failure(fm_store_phase_end(store, record.id, "write", 0, &err), FM_RECORD);
		assert_success(fm_store_phase_begin(store, record.id, "write", "", &err));
		strcpy(record.outcome, "FAIL");
		assert_success(fm_store_end(store, &record, &err));
		assert_success(disk_intact(store, i + 1, &err));
	}
	fm_store_close(store);
	sqlite3_vfs_find(NULL)->xSetSystemCall(sqlite3_vfs_find(NULL), NULL, NULL);
}

/* Somebody cleans up, or puts an older copy there, while a job runs. */
static void test_file_taken_away(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record record = scratch_record("flash", "m", "p");
	char elsewhere[100];
	struct fm_store *store;
	struct fm_error err;

	snprintf(elsewhere, sizeof(elsewhere), "%s.old", scratch->path);
	assert_success(fm_store_open(scratch->path, true, &store, &err));
	assert_success(fm_store_begin(store, &record, &err));
	assert_int_equal(rename(scratch->path, elsewhere), 0);
	strcpy(record.outcome, "PASS");
	for (int i = 0; i < 2; i++) {
		assert_failure(fm_store_end(store, &record, &err), FM_RECORD);
		assert_non_null(strstr(err.text, "was removed, or is another one now"));
		assert_true(err.hint[0]);
		/* nor into what came instead */
		scratch_write(scratch->path, "", 0);
	}
	assert_int_equal(unlink(scratch->path), 0);
	assert_int_equal(rename(elsewhere, scratch->path), 0);
	assert_success(fm_store_end(store, &record, &err));
	assert_success(disk_intact(store, 1, &err));
	fm_store_close(store);
}

#define DISK_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_TEST(test_full_disk),         DISK_TEST(test_full_disk_at_first_use),
		DISK_TEST(test_full_disk_is_read), DISK_TEST(test_file_size_limit),
		DISK_TEST(test_disk_errors),       DISK_TEST(test_file_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

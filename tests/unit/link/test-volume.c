/* The boot volume's link, on a file in place of a disk. */
#include "unit.h"

#include "base/scope.h"
#include "link/fat.h"
#include "link/volume.h"
#include "sim/uf2/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECTORS 4000
#define INFO "UF2 Bootloader v3.0\r\n"

struct fixture {
	struct fm_usb_device device;
	struct fm_uf2_disk disk;
	char path[32];
	int fd;
};

static void fixture_open(struct fixture *f)
{
	uint8_t sector[FM_FAT_SECTOR];

	*f = (struct fixture){ .device = { .path = "1-1", .interface_count = 2 },
			       .disk = { .sectors = SECTORS,
					 .cluster_sectors = 1,
					 .root_entries = 64,
					 .label = "TESTBOOT",
					 .info = INFO } };
	strcpy(f->path, "./fm-volume-XXXXXX"); /* tmpfs has no O_DIRECT */
	f->fd = mkstemp(f->path);
	assert_true(f->fd >= 0);
	for (uint32_t i = 0; i < SECTORS; i++) {
		fm_uf2_disk_read(&f->disk, i, sector);
		assert_int_equal(write(f->fd, sector, sizeof(sector)), sizeof(sector));
	}
	strcpy(f->device.interfaces[1].block, f->path);
}

static void fixture_close(struct fixture *f)
{
	close(f->fd);
	unlink(f->path);
}

static struct fm_link *open_volume(struct fixture *f)
{
	struct fm_link *link;
	struct fm_error err;

	assert_success(fm_volume_open(&f->device, NULL, &link, &err));
	return link;
}

static void test_no_disk(void **state)
{
	const struct fm_usb_device device = { .path = "1-1", .interface_count = 1 };
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	assert_failure(fm_volume_open(&device, NULL, &link, &err), FM_UNSUPPORTED);
}

static void test_left_before(void **state)
{
	struct fixture f;
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	unlink(f.path);
	assert_failure(fm_volume_open(&f.device, NULL, &link, &err), FM_GONE);
	fixture_close(&f);
}

static void test_not_fat(void **state)
{
	uint8_t zeros[FM_FAT_SECTOR] = { 0 };
	struct fixture f;
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_int_equal(pwrite(f.fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	assert_failure(fm_volume_open(&f.device, NULL, &link, &err), FM_NO_ANSWER);
	fixture_close(&f);
}

static void test_read(void **state)
{
	struct fixture f;
	struct fm_link *link;
	struct fm_error err;
	char text[64];
	size_t len;

	(void)state;
	fixture_open(&f);
	link = open_volume(&f);
	assert_success(
		link->volume->read_file(link, "INFO_UF2.TXT", text, sizeof(text), &len, &err));
	assert_int_equal(len, strlen(INFO));
	assert_memory_equal(text, INFO, len);
	assert_failure(link->volume->read_file(link, "CURRENT.UF2", text, sizeof(text), &len, &err),
		       FM_FILE_OPEN);
	fm_link_close(link);
	fixture_close(&f);
}

/* More than the data area holds: never into tables and folder, and from its beginning again. */
static void test_write(void **state)
{
	const struct fm_deadline never = { INT64_MAX };
	uint8_t sectors[16 * FM_FAT_SECTOR], sector[FM_FAT_SECTOR], wanted[FM_FAT_SECTOR];
	struct fixture f;
	struct fm_link *link;
	struct fm_error err;
	size_t hits = 0;

	(void)state;
	fixture_open(&f);
	link = open_volume(&f);
	for (unsigned i = 0; i < SECTORS / 16 + 1; i++) {
		memset(sectors, i < SECTORS / 16 ? 0x5a : 0xa5, sizeof(sectors));
		assert_success(link->volume->write(link, sectors, 16, never, &err));
	}
	for (uint32_t i = 0; i < 30; i++) { /* 1 + 2 x 12 + 4 sectors before the data */
		assert_int_equal(pread(f.fd, sector, sizeof(sector), i * FM_FAT_SECTOR),
				 sizeof(sector));
		fm_uf2_disk_read(&f.disk, i, wanted);
		if (i < 29)
			assert_memory_equal(sector, wanted, sizeof(sector));
		else
			assert_true(sector[0] == 0x5a || sector[0] == 0xa5);
	}
	for (uint32_t i = 29; i < SECTORS; i++) {
		assert_int_equal(pread(f.fd, sector, sizeof(sector), i * FM_FAT_SECTOR),
				 sizeof(sector));
		hits += sector[0] == 0xa5;
	}
	assert_int_equal(hits, 16);
	assert_int_equal(lseek(f.fd, 0, SEEK_END), SECTORS * FM_FAT_SECTOR);
	fm_link_close(link);
	fixture_close(&f);
}

/* No room for all of it: that is said, and not that the drive refuses it. */
static void test_full(void **state)
{
	const struct fm_deadline never = { INT64_MAX };
	uint8_t sectors[16 * FM_FAT_SECTOR] = { 0 };
	struct rlimit before, now;
	struct fixture f;
	struct fm_link *link;
	struct fm_error err;
	bool wrote;

	(void)state;
	fixture_open(&f);
	link = open_volume(&f);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	now = before;
	now.rlim_cur = 40 * FM_FAT_SECTOR; /* data begin with sector 29 */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &now);
	wrote = link->volume->write(link, sectors, 16, never, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	assert_false(wrote);
	assert_int_equal(err.os, EFBIG);
	assert_int_equal(err.code, FM_IO);
	fm_link_close(link);
	fixture_close(&f);
}

static void test_cancel_and_deadline(void **state)
{
	uint8_t sector[FM_FAT_SECTOR] = { 0 };
	atomic_bool cancel = false;
	struct fixture f;
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_success(fm_volume_open(&f.device, &cancel, &link, &err));
	assert_failure(link->volume->write(link, sector, 1, (struct fm_deadline){ 0 }, &err),
		       FM_TIMEOUT);
	atomic_store(&cancel, true);
	assert_failure(
		link->volume->write(link, sector, 1, (struct fm_deadline){ INT64_MAX }, &err),
		FM_CANCELLED);
	fm_link_close(link);
	fixture_close(&f);
}

/* Its node is away, or is another disk's. */
static void test_gone(void **state)
{
	struct fixture f;
	struct fm_link *link;
	int other;

	(void)state;
	fixture_open(&f);
	link = open_volume(&f);
	assert_false(link->volume->gone(link));
	unlink(f.path);
	assert_true(link->volume->gone(link));
	other = open(f.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(other >= 0);
	assert_true(link->volume->gone(link));
	close(other);
	fm_link_close(link);
	fixture_close(&f);
}

/* What is asked for in place of a disk, and where it is mounted. */
struct mounted {
	struct fm_usb_device device;
	char where[sizeof(((struct fm_error *)NULL)->text)];
};

/* The folder, or the refusal that names it. */
static void look_where(struct mounted *m, char *ret, size_t size)
{
	struct fm_link *link;
	struct fm_error err = { 0 };

	if (fm_volume_open(&m->device, NULL, &link, &err)) {
		snprintf(ret, size, "%s", link->name);
		fm_link_close(link);
	} else {
		snprintf(ret, size, "%s", err.text);
	}
}

static void *look_often(void *data)
{
	struct mounted *m = data;
	char where[sizeof(m->where)];
	size_t wrong = 0;

	for (int i = 0; i < 1000; i++) {
		look_where(m, where, sizeof(where));
		wrong += strcmp(where, m->where) != 0;
	}
	return (void *)wrong;
}

/* Two units at once: neither is written to where the other's drive is mounted. */
static void test_two_at_once(void **state)
{
	static const char *const names[] = { "proc", "sysfs" };
	static const char *const roots[] = { "/proc", "/sys" };
	char folder[] = "/tmp/flashmend-test-XXXXXX";
	struct mounted mounted[2] = { 0 };
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pthread_t threads[2];
	bool known = true;
	void *wrong[2];

	(void)state;
	assert_true(here >= 0 && mkdtemp(folder) && chdir(folder) == 0);
	for (size_t i = 0; i < 2; i++) {
		close(open(names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		mounted[i].device.interface_count = 1;
		strcpy(mounted[i].device.interfaces[0].block, names[i]);
		look_where(&mounted[i], mounted[i].where, sizeof(mounted[i].where));
		known = known && strstr(mounted[i].where, roots[i]);
	}
	for (size_t i = 0; i < 2 && known; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_often, &mounted[i]), 0);
	for (size_t i = 0; i < 2 && known; i++)
		pthread_join(threads[i], &wrong[i]);
	for (size_t i = 0; i < 2; i++)
		unlink(names[i]);
	assert_int_equal(fchdir(here), 0);
	rmdir(folder);
	close(here);
	if (!known)
		skip(); /* they have other names here */
	assert_int_equal((size_t)wrong[0] + (size_t)wrong[1], 0);
}

/* Some file systems under a build folder can't do what a disk can. */
static bool has_direct(void)
{
	char path[] = "./fm-volume-XXXXXX";
	int fd = mkstemp(path), direct;

	assert_true(fd >= 0);
	direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	unlink(path);
	close(fd);
	if (direct >= 0)
		close(direct);
	return direct >= 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_disk),     cmocka_unit_test(test_left_before),
		cmocka_unit_test(test_not_fat),     cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),       cmocka_unit_test(test_cancel_and_deadline),
		cmocka_unit_test(test_full),        cmocka_unit_test(test_gone),
		cmocka_unit_test(test_two_at_once),
	};

	if (!has_direct()) {
		puts("1..0 # SKIP no O_DIRECT on the file system of the build folder");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

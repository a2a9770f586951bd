/* Finding a file on what calls itself a FAT volume. */
#include "unit.h"

#include "base/bytes.h"
#include "link/fat.h"
#include "sim/uf2/disk.h"

#include <string.h>

#define INFO "UF2 Bootloader v3.0\r\nModel: Test\r\nBoard-ID: Test-v0\r\n"
#define MOST_READS (2 + 4096 + 128) /* partition and boot sector, root folder, a cluster */

/* A volume, some of whose sectors are other than it says. */
struct fixture {
	struct fm_uf2_disk disk;
	struct fm_fat fat;
	uint32_t odd_at, sectors;
	uint8_t odd[FM_FAT_SECTOR];
	unsigned reads, fails_at;
};

static bool read_sector(void *user, uint32_t sector, uint8_t ret[FM_FAT_SECTOR],
			struct fm_error *err)
{
	struct fixture *f = user;

	if (++f->reads == f->fails_at)
		return fm_fail(err, FM_GONE, "gone");
	if (sector >= f->sectors)
		return fm_fail(err, FM_IO, "sector %u is outside", sector);
	if (sector == f->odd_at)
		memcpy(ret, f->odd, FM_FAT_SECTOR);
	else
		fm_uf2_disk_read(&f->disk, sector, ret);
	return true;
}

static void fixture_init(struct fixture *f, uint32_t sectors, uint32_t start)
{
	*f = (struct fixture){
		.disk = { .sectors = sectors,
			  .start = start,
			  .cluster_sectors = start ? 8 : 1,
			  .root_entries = start ? 512 : 64,
			  .label = "TESTBOOT",
			  .info = INFO,
			  .index = "<html>" },
		.odd_at = UINT32_MAX,
		.sectors = sectors,
	};
	f->fat.read = read_sector;
	f->fat.user = f;
}

/* The sector, to be changed. */
static uint8_t *odd_sector(struct fixture *f, uint32_t sector)
{
	fm_uf2_disk_read(&f->disk, sector, f->odd);
	f->odd_at = sector;
	return f->odd;
}

static void reads_info(struct fixture *f)
{
	char text[200];
	struct fm_error err;
	size_t len;

	assert_success(fm_fat_open(&f->fat, &err));
	assert_success(
		fm_fat_file(&f->fat, "info_uf2.txt", (uint8_t *)text, sizeof(text), &len, &err));
	assert_int_equal(len, strlen(INFO));
	assert_memory_equal(text, INFO, len);
}

static void test_volumes(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 4000, 0); /* FAT12 */
	reads_info(&f);
	fixture_init(&f, 16000, 0); /* FAT16 */
	reads_info(&f);
	fixture_init(&f, 128 << 11, 1); /* FAT16 in a partition */
	reads_info(&f);
	assert_int_equal(f.fat.start, 1);
	assert_int_equal(f.fat.end, 128 << 11);
}

static void test_no_such_file(void **state)
{
	uint8_t data[16];
	struct fixture f;
	struct fm_error err;
	size_t len;

	(void)state;
	fixture_init(&f, 4000, 0);
	assert_success(fm_fat_open(&f.fat, &err));
	assert_failure(fm_fat_file(&f.fat, "CURRENT.UF2", data, sizeof(data), &len, &err),
		       FM_FILE_OPEN);
	/* the volume's own label is no file */
	assert_failure(fm_fat_file(&f.fat, "TESTBOOT", data, sizeof(data), &len, &err),
		       FM_FILE_OPEN);
}

/* A folder without an end is searched once. */
static void test_endless_folder(void **state)
{
	uint8_t data[16];
	struct fixture f;
	struct fm_error err;
	size_t len;

	(void)state;
	fixture_init(&f, 4000, 0);
	f.disk.root_entries = 16;
	assert_success(fm_fat_open(&f.fat, &err));
	memset(odd_sector(&f, f.fat.root), 'X', FM_FAT_SECTOR);
	f.reads = 0;
	assert_failure(fm_fat_file(&f.fat, "INFO_UF2.TXT", data, sizeof(data), &len, &err),
		       FM_FILE_OPEN);
	assert_int_equal(f.reads, 1);
}

static void file_says(uint16_t cluster, uint32_t size, enum fm_code wanted)
{
	uint8_t data[FM_FAT_SECTOR + 1], *entry;
	struct fixture f;
	struct fm_error err = { 0 };
	size_t len = 99;
	bool good;

	fixture_init(&f, 4000, 0);
	assert_success(fm_fat_open(&f.fat, &err));
	entry = odd_sector(&f, f.fat.root) + 32;
	fm_put_le16(entry + 26, cluster);
	fm_put_le32(entry + 28, size);
	memset(data, 0xa5, sizeof(data));
	good = fm_fat_file(&f.fat, "INFO_UF2.TXT", data, FM_FAT_SECTOR, &len, &err);
	assert_int_equal(good ? FM_OK : err.code, wanted);
	assert_true(!good || len <= size);
	assert_int_equal(data[FM_FAT_SECTOR], 0xa5);
}

static void test_entries(void **state)
{
	(void)state;
	file_says(2, 0, FM_OK);
	file_says(0, 0, FM_OK);
	file_says(2, UINT32_MAX, FM_OK); /* no more than its first cluster */
	file_says(0, 10, FM_FILE_FORMAT);
	file_says(1, 10, FM_FILE_FORMAT);
	file_says(4000, 10, FM_FILE_FORMAT);
	file_says(0xffff, UINT32_MAX, FM_FILE_FORMAT);
}

/* Every byte of the sectors that are looked at, wrong in several ways. */
static void damaged(uint32_t sectors, uint32_t start, uint32_t sector)
{
	static const uint8_t values[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };
	uint8_t data[64];
	struct fm_error err;
	struct fixture f;
	size_t len;

	for (size_t at = 0; at < FM_FAT_SECTOR; at++) {
		for (size_t i = 0; i < sizeof(values); i++) {
			fixture_init(&f, sectors, start);
			odd_sector(&f, sector)[at] = values[i];
			if (fm_fat_open(&f.fat, &err) &&
			    fm_fat_file(&f.fat, "INFO_UF2.TXT", data, sizeof(data), &len, &err))
				assert_true(len <= sizeof(data));
			assert_true(f.reads <= MOST_READS);
		}
	}
}

static void test_damage(void **state)
{
	(void)state;
	damaged(4000, 0, 0);
	damaged(128 << 11, 1, 0);
	damaged(128 << 11, 1, 1);
}

static void test_no_volume(void **state)
{
	struct fm_error err;
	struct fixture f;

	(void)state;
	fixture_init(&f, 4000, 0);
	memset(odd_sector(&f, 0), 0, FM_FAT_SECTOR);
	assert_failure(fm_fat_open(&f.fat, &err), FM_FILE_FORMAT);
	fixture_init(&f, 4000, 0);
	fm_put_le16(odd_sector(&f, 0) + 17, 0); /* FAT32 has no root folder of its own */
	assert_failure(fm_fat_open(&f.fat, &err), FM_FILE_FORMAT);
	fixture_init(&f, 128 << 11, 1);
	fm_put_le32(odd_sector(&f, 0) + 446 + 8, UINT32_MAX); /* a partition outside the disk */
	assert_failure(fm_fat_open(&f.fat, &err), FM_IO);
}

static void test_read_fails(void **state)
{
	uint8_t data[64];
	struct fm_error err;
	struct fixture f;
	size_t len;

	(void)state;
	for (unsigned nth = 1; nth <= 4; nth++) {
		fixture_init(&f, 128 << 11, 1);
		f.fails_at = nth;
		assert_failure(
			fm_fat_open(&f.fat, &err) &&
				fm_fat_file(&f.fat, "INFO_UF2.TXT", data, sizeof(data), &len, &err),
			FM_GONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volumes),        cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_endless_folder), cmocka_unit_test(test_entries),
		cmocka_unit_test(test_damage),         cmocka_unit_test(test_no_volume),
		cmocka_unit_test(test_read_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* FAT specification of 2005; the entry of a table of partitions; UF2 blocks: sheet, section 1. */
#include "sim/uf2/disk.h"

#include "base/bytes.h"

#include <ctype.h>
#include <string.h>

#define SECTOR FM_UF2_DISK_SECTOR
#define FAT12_MOST 4084 /* clusters; with more it is FAT16 */
#define TABLES 2
#define RESERVED 1
#define PAGE 256 /* flash in a block */

enum { FILE_INFO, FILE_INDEX, FILE_CURRENT, FILES };
enum { ATTRIBUTE_READ_ONLY = 1, ATTRIBUTE_LABEL = 8 };

/* Sectors from the partition's start. */
struct layout {
	uint32_t sectors, table_sectors, root, data;
	bool fat12;
};

static const char file_names[FILES][12] = { "INFO_UF2TXT", "INDEX   HTM", "CURRENT UF2" };

static uint32_t disk_ceil(uint32_t a, uint32_t b)
{
	return (a + b - 1) / b;
}

static struct layout disk_layout(const struct fm_uf2_disk *disk)
{
	struct layout l = { .sectors = disk->sectors - disk->start };
	uint32_t root_sectors = disk_ceil(disk->root_entries * 32, SECTOR);
	uint32_t most = l.sectors / disk->cluster_sectors + 2; /* a few more than there will be */

	l.fat12 = most <= FAT12_MOST;
	l.table_sectors = disk_ceil(l.fat12 ? disk_ceil(most * 3, 2) : most * 2, SECTOR);
	l.root = RESERVED + TABLES * l.table_sectors;
	l.data = l.root + root_sectors;
	return l;
}

/* --- files: one behind the other from cluster 2 on --- */

static bool disk_has(const struct fm_uf2_disk *disk, unsigned file)
{
	return file == FILE_INFO    ? disk->info != NULL
	       : file == FILE_INDEX ? disk->index != NULL
				    : disk->flash != NULL;
}

static uint32_t disk_size(const struct fm_uf2_disk *disk, unsigned file)
{
	if (!disk_has(disk, file))
		return 0;
	if (file == FILE_CURRENT)
		return disk->flash_len / PAGE * SECTOR;
	return (uint32_t)strlen(file == FILE_INFO ? disk->info : disk->index);
}

static uint32_t disk_clusters(const struct fm_uf2_disk *disk, unsigned file)
{
	return disk_ceil(disk_size(disk, file), disk->cluster_sectors * SECTOR);
}

static uint32_t disk_first(const struct fm_uf2_disk *disk, unsigned file)
{
	uint32_t cluster = 2;

	for (unsigned i = 0; i < file; i++)
		cluster += disk_clusters(disk, i);
	return cluster;
}

/* --- sectors --- */

static void disk_partitions(const struct fm_uf2_disk *disk, uint8_t *ret)
{
	uint8_t *entry = ret + 446;

	entry[4] = 0x0e; /* FAT16, by sector number */
	fm_put_le32(entry + 8, disk->start);
	fm_put_le32(entry + 12, disk->sectors - disk->start);
	fm_put_le32(ret + 440, 0x5a3c0001);
	fm_put_le16(ret + 510, 0xaa55);
}

static void disk_padded(uint8_t *ret, const char *text, size_t len)
{
	memset(ret, ' ', len);
	memcpy(ret, text, strnlen(text, len));
}

static void disk_boot(const struct fm_uf2_disk *disk, const struct layout *l, uint8_t *ret)
{
	memcpy(ret, "\xeb\x3c\x90UF2 UF2 ", 11);
	fm_put_le16(ret + 11, SECTOR);
	ret[13] = (uint8_t)disk->cluster_sectors;
	fm_put_le16(ret + 14, RESERVED);
	ret[16] = TABLES;
	fm_put_le16(ret + 17, (uint16_t)disk->root_entries);
	if (l->sectors <= UINT16_MAX)
		fm_put_le16(ret + 19, (uint16_t)l->sectors);
	else
		fm_put_le32(ret + 32, l->sectors);
	ret[21] = 0xf8;
	fm_put_le16(ret + 22, (uint16_t)l->table_sectors);
	fm_put_le16(ret + 24, 1);
	fm_put_le16(ret + 26, 1);
	fm_put_le32(ret + 28, disk->start);
	ret[36] = 0x80;
	ret[38] = 0x29;
	fm_put_le32(ret + 39, 0x00420042);
	disk_padded(ret + 43, disk->label, 11);
	disk_padded(ret + 54, l->fat12 ? "FAT12" : "FAT16", 8);
	fm_put_le16(ret + 510, 0xaa55);
}

/* The table's entry of a cluster: the next one, or the end. */
static uint16_t disk_next(const struct fm_uf2_disk *disk, uint32_t cluster)
{
	if (cluster < 2)
		return cluster == 0 ? 0xfff8 : 0xffff;
	for (unsigned i = 0; i < FILES; i++) {
		uint32_t first = disk_first(disk, i), end = first + disk_clusters(disk, i);

		if (cluster >= first && cluster < end)
			return cluster + 1 < end ? (uint16_t)(cluster + 1) : 0xffff;
	}
	return 0;
}

/* FAT12: three bytes are two entries. */
static uint8_t disk_table_byte(const struct fm_uf2_disk *disk, const struct layout *l, uint32_t at)
{
	uint16_t even, odd;

	if (!l->fat12)
		return (uint8_t)(disk_next(disk, at / 2) >> (at % 2 * 8));
	even = disk_next(disk, at / 3 * 2) & 0xfff;
	odd = disk_next(disk, at / 3 * 2 + 1) & 0xfff;
	return at % 3 == 0   ? (uint8_t)even
	       : at % 3 == 1 ? (uint8_t)(even >> 8 | odd << 4)
			     : (uint8_t)(odd >> 4);
}

static void disk_root(const struct fm_uf2_disk *disk, uint8_t *ret)
{
	uint8_t *entry = ret;

	disk_padded(entry, disk->label, 11);
	entry[11] = ATTRIBUTE_LABEL;
	for (unsigned i = 0; i < FILES; i++) {
		if (!disk_has(disk, i))
			continue;
		entry += 32;
		memcpy(entry, file_names[i], 11);
		entry[11] = ATTRIBUTE_READ_ONLY;
		fm_put_le16(entry + 24, 0x4d99); /* a day of 2018 */
		fm_put_le16(entry + 26, disk_size(disk, i) ? (uint16_t)disk_first(disk, i) : 0);
		fm_put_le32(entry + 28, disk_size(disk, i));
	}
}

void fm_uf2_disk_block(uint8_t ret[SECTOR], uint32_t addr, const uint8_t *data, uint32_t number,
		       uint32_t total, uint32_t family)
{
	memset(ret, 0, SECTOR);
	fm_put_le32(ret, 0x0a324655);
	fm_put_le32(ret + 4, 0x9e5d5157);
	fm_put_le32(ret + 8, 0x2000);
	fm_put_le32(ret + 12, addr);
	fm_put_le32(ret + 16, PAGE);
	fm_put_le32(ret + 20, number);
	fm_put_le32(ret + 24, total);
	fm_put_le32(ret + 28, family);
	memcpy(ret + 32, data, PAGE);
	fm_put_le32(ret + 508, 0x0ab16f30);
}

/* `at`: sector in the data area. */
static void disk_data(const struct fm_uf2_disk *disk, uint32_t at, uint8_t *ret)
{
	for (unsigned i = 0; i < FILES; i++) {
		uint32_t from = (disk_first(disk, i) - 2) * disk->cluster_sectors;
		uint32_t size = disk_size(disk, i), offset;

		if (at < from || at - from >= disk_ceil(size, SECTOR))
			continue;
		offset = (at - from) * SECTOR;
		if (i == FILE_CURRENT)
			fm_uf2_disk_block(ret, disk->flash_base + (at - from) * PAGE,
					  disk->flash + (size_t)(at - from) * PAGE, at - from,
					  disk->flash_len / PAGE, disk->family);
		else
			memcpy(ret, (i == FILE_INFO ? disk->info : disk->index) + offset,
			       size - offset < SECTOR ? size - offset : SECTOR);
	}
}

void fm_uf2_disk_read(const struct fm_uf2_disk *disk, uint32_t sector, uint8_t ret[SECTOR])
{
	struct layout l = disk_layout(disk);
	uint32_t at = sector - disk->start;

	memset(ret, 0, SECTOR);
	if (sector < disk->start) {
		if (sector == 0)
			disk_partitions(disk, ret);
	} else if (at == 0) {
		disk_boot(disk, &l, ret);
	} else if (at < l.root) {
		uint32_t from = (at - RESERVED) % l.table_sectors * SECTOR;

		for (uint32_t i = 0; i < SECTOR; i++)
			ret[i] = disk_table_byte(disk, &l, from + i);
	} else if (at == l.root) {
		disk_root(disk, ret);
	} else if (at >= l.data) {
		disk_data(disk, at - l.data, ret);
	}
}

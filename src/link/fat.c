/*
 * Boot sector (BIOS parameter block), 32-byte entries of the root folder: the public FAT
 * specification of 2005. Boot volumes are made up by a few hundred bytes of code in a boot loader;
 * all that is asked of them here is the place of a small file.
 */
#include "link/fat.h"

#include "base/bytes.h"

#include <ctype.h>
#include <string.h>

#define FAT_ENTRY 32
#define FAT_ATTRIBUTES 11 /* offset in an entry */
#define FAT_NO_FILE 0x18  /* volume label or folder */

static bool fat_boot_sector(const uint8_t *sector)
{
	uint8_t cluster = sector[13];

	return (sector[0] == 0xeb || sector[0] == 0xe9) &&
	       fm_get_le16(sector + 11) == FM_FAT_SECTOR && cluster &&
	       (cluster & (cluster - 1)) == 0 && sector[16] >= 1 && sector[16] <= 2;
}

/* A disk with a partition table begins with that. */
static bool fat_find_boot(struct fm_fat *fat, uint8_t sector[FM_FAT_SECTOR], struct fm_error *err)
{
	fat->start = 0;
	if (!fat->read(fat->user, 0, sector, err))
		return false;
	if (fat_boot_sector(sector))
		return true;
	if (fm_get_le16(sector + 510) == 0xaa55) {
		fat->start = fm_get_le32(sector + 446 + 8);
		if (fat->start && !fat->read(fat->user, fat->start, sector, err))
			return false;
		if (fat->start && fat_boot_sector(sector))
			return true;
	}
	return fm_fail(err, FM_FILE_FORMAT, "there is no FAT file system on it");
}

bool fm_fat_open(struct fm_fat *fat, struct fm_error *err)
{
	uint8_t sector[FM_FAT_SECTOR];
	uint64_t root, data, sectors;

	if (!fat_find_boot(fat, sector, err))
		return false;
	sectors = fm_get_le16(sector + 19) ? fm_get_le16(sector + 19) : fm_get_le32(sector + 32);
	root = (uint64_t)fat->start + fm_get_le16(sector + 14) +
	       (uint64_t)sector[16] * fm_get_le16(sector + 22);
	fat->root_sectors =
		(fm_get_le16(sector + 17) * FAT_ENTRY + FM_FAT_SECTOR - 1) / FM_FAT_SECTOR;
	data = root + fat->root_sectors;
	if (fat->root_sectors == 0 || data >= fat->start + sectors ||
	    fat->start + sectors > UINT32_MAX)
		return fm_fail(err, FM_FILE_FORMAT, "its file system is no FAT12 or FAT16");
	fat->root = (uint32_t)root;
	fat->data = (uint32_t)data;
	fat->end = (uint32_t)(fat->start + sectors);
	fat->cluster_sectors = sector[13];
	return true;
}

/* "INFO_UF2.TXT" as an entry has it: "INFO_UF2TXT". */
static void fat_short_name(const char *name, char ret[12])
{
	const char *dot = strchr(name, '.');
	size_t stem = dot ? (size_t)(dot - name) : strlen(name);

	memset(ret, ' ', 11);
	ret[11] = '\0';
	for (size_t i = 0; i < stem && i < 8; i++)
		ret[i] = (char)toupper((unsigned char)name[i]);
	for (size_t i = 0; dot && dot[1 + i] && i < 3; i++)
		ret[8 + i] = (char)toupper((unsigned char)dot[1 + i]);
}

/* The entry of this name in one sector of the root folder. NULL: not here; *ret_end: nowhere. */
static const uint8_t *fat_entry(const uint8_t *sector, const char *short_name, bool *ret_end)
{
	for (size_t i = 0; i < FM_FAT_SECTOR; i += FAT_ENTRY) {
		const uint8_t *entry = sector + i;

		if (entry[0] == 0) {
			*ret_end = true;
			return NULL;
		}
		if (!(entry[FAT_ATTRIBUTES] & FAT_NO_FILE) && memcmp(entry, short_name, 11) == 0)
			return entry;
	}
	return NULL;
}

static bool fat_contents(struct fm_fat *fat, const uint8_t *entry, uint8_t *ret_data, size_t len,
			 size_t *ret_len, struct fm_error *err)
{
	uint16_t cluster = fm_get_le16(entry + 26);
	uint32_t size = fm_get_le32(entry + 28);
	uint64_t first = fat->data + (uint64_t)(cluster - 2) * fat->cluster_sectors;
	uint8_t sector[FM_FAT_SECTOR];

	if (size > (size_t)fat->cluster_sectors * FM_FAT_SECTOR)
		size = fat->cluster_sectors * FM_FAT_SECTOR;
	if (size < len)
		len = size;
	*ret_len = 0;
	if (len == 0)
		return true;
	if (cluster < 2 || first + fat->cluster_sectors > fat->end)
		return fm_fail(err, FM_FILE_FORMAT, "its file lies outside the volume");
	while (*ret_len < len) {
		size_t n = len - *ret_len < FM_FAT_SECTOR ? len - *ret_len : FM_FAT_SECTOR;

		if (!fat->read(fat->user, (uint32_t)first++, sector, err))
			return false;
		memcpy(ret_data + *ret_len, sector, n);
		*ret_len += n;
	}
	return true;
}

bool fm_fat_file(struct fm_fat *fat, const char *name, uint8_t *ret_data, size_t len,
		 size_t *ret_len, struct fm_error *err)
{
	uint8_t sector[FM_FAT_SECTOR];
	char short_name[12];
	bool end = false;

	fat_short_name(name, short_name);
	for (uint32_t i = 0; i < fat->root_sectors && !end; i++) {
		const uint8_t *entry;

		if (!fat->read(fat->user, fat->root + i, sector, err))
			return false;
		entry = fat_entry(sector, short_name, &end);
		if (entry)
			return fat_contents(fat, entry, ret_data, len, ret_len, err);
	}
	return fm_fail(err, FM_FILE_OPEN, "it has no file %s", name);
}

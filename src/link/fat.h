/* As much of FAT12 and FAT16 as finds a file of the root folder of a boot volume: read only, and
 * whatever the volume says stays within it. */
#ifndef FM_LINK_FAT_H
#define FM_LINK_FAT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_FAT_SECTOR 512

/* Fill ret with one sector. */
typedef bool fm_fat_read(void *user, uint32_t sector, uint8_t ret[FM_FAT_SECTOR],
			 struct fm_error *err);

struct fm_fat {
	fm_fat_read *read;
	void *user;
	uint32_t start;                         /* of the partition; 0 = the disk has none */
	uint32_t root, root_sectors, data, end; /* sectors from the disk's start */
	uint32_t cluster_sectors;
};

/* FM_FILE_FORMAT: no FAT file system of 512-byte sectors. read and user are set before. */
bool fm_fat_open(struct fm_fat *fat, struct fm_error *err) FM_MUST_CHECK;
/* The file's first bytes, at most len and at most its first cluster. name: "INFO_UF2.TXT", case
 * ignored. FM_FILE_OPEN: there is none. */
bool fm_fat_file(struct fm_fat *fat, const char *name, uint8_t *ret_data, size_t len,
		 size_t *ret_len, struct fm_error *err) FM_MUST_CHECK;

#endif

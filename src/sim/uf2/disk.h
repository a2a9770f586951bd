/*
 * The drive that a UF2 boot loader makes up: boot sector, tables, root folder and files are worked
 * out whenever a sector is read. Nothing that is written is kept here.
 */
#ifndef FM_SIM_UF2_DISK_H
#define FM_SIM_UF2_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_UF2_DISK_SECTOR 512

struct fm_uf2_disk {
	/* Set before any call. */
	uint32_t sectors; /* of the whole disk */
	uint32_t start;   /* of its partition; 0: it has no table of partitions */
	uint32_t cluster_sectors;
	uint32_t root_entries;
	const char *label; /* at most 11 characters */
	const char *info;  /* INFO_UF2.TXT; NULL: there is none */
	const char *index; /* INDEX.HTM; NULL: there is none */
	/* CURRENT.UF2; NULL: there is none */
	const uint8_t *flash;
	uint32_t flash_len, flash_base, family;
};

/* FAT12 or FAT16, as the number of clusters says. */
void fm_uf2_disk_read(const struct fm_uf2_disk *disk, uint32_t sector,
		      uint8_t ret[FM_UF2_DISK_SECTOR]);
/* A UF2 block of 256 bytes. */
void fm_uf2_disk_block(uint8_t ret[FM_UF2_DISK_SECTOR], uint32_t addr, const uint8_t *data,
		       uint32_t number, uint32_t total, uint32_t family);

#endif

/*
 * Memory of a unit: address spaces, regions, erase blocks. Every range names its space: AVR flash
 * and EEPROM both start at 0. Addresses are bytes. Lengths are 64 bit so that no sum of a 32-bit
 * base and length overflows.
 */
#ifndef FM_IMAGE_MEMORY_H
#define FM_IMAGE_MEMORY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fm_space {
	FM_SPACE_FLASH,
	FM_SPACE_EEPROM,
	FM_SPACE_RAM,
	FM_SPACE_OPTION,
	FM_SPACE_FUSE, /* AVR: fuses from 0, lock bits from 0x10000 */
	FM_SPACE_SYSTEM,
	FM_SPACE_ALT1, /* DFU: alternate settings 1 to 7; setting 0 is flash */
	FM_SPACE_ALT7 = FM_SPACE_ALT1 + 6,
	FM_SPACE_COUNT
};

/* "flash", "eeprom", "ram", "option", "fuse", "system", "alt1" ... "alt7": as definitions, plans
 * and JSON name them.
 */
const char *fm_space_name(enum fm_space space);
bool fm_space_parse(const char *name, enum fm_space *ret_space);

struct fm_range {
	enum fm_space space;
	uint64_t addr, len;
};

static inline bool fm_range_contains(const struct fm_range *outer, const struct fm_range *inner)
{
	return outer->space == inner->space && inner->addr >= outer->addr &&
	       inner->addr + inner->len <= outer->addr + outer->len;
}

static inline bool fm_range_overlaps(const struct fm_range *a, const struct fm_range *b)
{
	return a->space == b->space && a->addr < b->addr + b->len && b->addr < a->addr + a->len;
}

/* Smallest part of flash that can be erased, with the number that the chip's documents give it. */
struct fm_block {
	struct fm_range range;
	unsigned number;
};

/* `count` erase blocks of `size`; the last run of a region repeats to its end, whatever its count.
 * Runs may go beyond the region: chips of one family share them. */
struct fm_block_run {
	uint32_t size, count;
};

#define FM_REGION_WRITE 1u       /* firmware may be written here */
#define FM_REGION_PROTECTED 2u   /* never written: boot loader, system memory */
#define FM_REGION_CONFIG 4u      /* settings or calibration: kept by an upgrade */
#define FM_REGION_CALIBRATION 8u /* beside CONFIG: measured for this very unit */

#define FM_RUN_MOST 12

struct fm_region {
	char name[32];
	struct fm_range range;
	struct fm_block_run runs[FM_RUN_MOST]; /* none: cannot be erased in blocks */
	size_t run_count;
	unsigned first_block; /* number of the block at the region's start */
	uint32_t write_len;   /* bytes that one write command takes at most (a page); also its
				 alignment */
	unsigned flags;
};

#define FM_REGION_MOST 16

/* Regions sorted by space and address, disjoint. */
struct fm_memory {
	struct fm_region regions[FM_REGION_MOST];
	size_t count;
};

/* The region that holds the address, or NULL. */
const struct fm_region *fm_memory_at(const struct fm_memory *memory, enum fm_space space,
				     uint64_t addr);
const struct fm_region *fm_memory_named(const struct fm_memory *memory, const char *name);
/* Where firmware without an address belongs: the first region of the flash that may be written and
 * is neither protected nor configuration, or NULL. */
const struct fm_region *fm_memory_application(const struct fm_memory *memory);
/* Add at its place, in any order; fails with FM_DEFINITION on overlap, a second region of the same
 * name, a region or erase block of no length, or when full. */
bool fm_memory_add(struct fm_memory *memory, const struct fm_region *region,
		   struct fm_error *err) FM_MUST_CHECK;

/*
 * One memory from what a definition knows of a unit and what the unit tells itself. Of the unit:
 * how far its memory reaches, its erase blocks, the length of a write; it also says what it does
 * not let write. Of the definition: names, and what is never to be written or is kept. In spaces of
 * which only one side knows, that side counts, but nothing is written there that the unit does not
 * tell. Fails with FM_DEFINITION when the two do not describe the same kind of unit (other erase
 * blocks, other places).
 */
bool fm_memory_meet(const struct fm_memory *known, const struct fm_memory *told,
		    struct fm_memory *ret_both, struct fm_error *err) FM_MUST_CHECK;

/* The erase block that holds the address; false when the region has none there. The last block may
 * be cut by the region's end. */
bool fm_region_block_at(const struct fm_region *region, uint64_t addr, struct fm_block *ret_block);

#endif

/*
 * The name of a DfuSe alternate setting, which is a map of its memory:
 *
 *   @Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg
 *
 * Pure, and safe with whatever a device sends. Forms met: doc/protocols/dfuse.md.
 */
#ifndef FM_PROTOCOL_DFUSE_LAYOUT_H
#define FM_PROTOCOL_DFUSE_LAYOUT_H

#include "base/error.h"
#include "image/memory.h"

#define FM_DFUSE_SEGMENTS_MOST 32

#define FM_DFUSE_READ 1u
#define FM_DFUSE_ERASE 2u
#define FM_DFUSE_WRITE 4u

/* `count` pages of `size` bytes from addr on. */
struct fm_dfuse_segment {
	uint32_t addr, count, size;
	unsigned type; /* FM_DFUSE_... */
};

struct fm_dfuse_layout {
	char name[40]; /* without its trailing blanks */
	struct fm_dfuse_segment segments[FM_DFUSE_SEGMENTS_MOST];
	size_t count;
	bool cut; /* the text ended in the middle or went on with something else */
};

/* What is understood up to the first thing that is not. FM_PROTOCOL: no '@', or not one segment. */
bool fm_dfuse_layout_parse(const char *text, struct fm_dfuse_layout *ret,
			   struct fm_error *err) FM_MUST_CHECK;

/*
 * Add its memory to told: segments that touch and are of one type become one region, of blocks
 * where it can be erased. Not to be written: types without the write bit, and the memories that
 * ST names "Option Bytes", "OTP Memory" and "Device Feature". page_len: pages to write have that
 * many bytes at most. What there is no more room for is left out.
 */
bool fm_dfuse_layout_regions(const struct fm_dfuse_layout *layout, enum fm_space space,
			     uint32_t page_len, struct fm_memory *told,
			     struct fm_error *err) FM_MUST_CHECK;

#endif

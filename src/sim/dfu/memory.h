/*
 * A memory of a simulated DFU unit, as its layout string (DfuSe, section 4) or its size says: what
 * erasing and programming do to the cells and how long they take.
 */
#ifndef FM_SIM_DFU_MEMORY_H
#define FM_SIM_DFU_MEMORY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_DFU_SEGMENTS 16

struct fm_dfu_segment {
	uint32_t addr, count, size;
	bool readable, erasable, writable;
	size_t offset; /* in data */
};

struct fm_dfu_times {
	uint32_t erase_us, erase_kib_us; /* a page: the one plus the other for each KiB */
	uint32_t mass_kib_us;
	uint32_t program_len, program_us;
};

struct fm_dfu_memory {
	struct fm_dfu_segment segments[FM_DFU_SEGMENTS];
	size_t segment_count;
	uint8_t *data; /* all segments, one after the other */
	size_t len;
	bool option_bytes;
	const struct fm_dfu_times *times;
	long weak_page;                    /* -1 = none */
	uint32_t protect_from, protect_to; /* pages, end exclusive */
};

/* name: a layout string if it begins with '@', else `size` bytes from 0 in pages of 4096. */
bool fm_dfu_memory_init(struct fm_dfu_memory *memory, const char *name, size_t size,
			const struct fm_dfu_times *times, struct fm_error *err) FM_MUST_CHECK;
void fm_dfu_memory_done(struct fm_dfu_memory *memory);

/* The segment that holds addr; NULL where there is none. */
const struct fm_dfu_segment *fm_dfu_memory_at(const struct fm_dfu_memory *memory, uint32_t addr,
					      size_t *ret_offset);
/* The page that holds addr; half: the power fails in the middle. Protected pages keep theirs. */
void fm_dfu_memory_erase(struct fm_dfu_memory *memory, uint32_t addr, bool half);
void fm_dfu_memory_erase_all(struct fm_dfu_memory *memory);
int64_t fm_dfu_memory_erase_ns(const struct fm_dfu_memory *memory, uint32_t addr);
int64_t fm_dfu_memory_erase_all_ns(const struct fm_dfu_memory *memory);
/* All of it lies in writable segments. */
bool fm_dfu_memory_writable(const struct fm_dfu_memory *memory, uint32_t addr, size_t len);
/* False: some of it was not blank, and is not changed. A segment that can't be erased takes any
 * data. */
bool fm_dfu_memory_program(struct fm_dfu_memory *memory, uint32_t addr, const uint8_t *data,
			   size_t len);
int64_t fm_dfu_memory_program_ns(const struct fm_dfu_memory *memory, size_t len);
/* 0xff where there is nothing. */
void fm_dfu_memory_read(const struct fm_dfu_memory *memory, uint32_t addr, uint8_t *ret_data,
			size_t len);

#endif

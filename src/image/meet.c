/* What a definition knows of a memory, and what the unit tells of it: one map of both. */
#include "base/text.h"
#include "image/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The runs of `told` from `offset` on, which must be where a block begins. */
static bool meet_runs(const struct fm_region *told, uint64_t offset, struct fm_region *piece)
{
	piece->run_count = 0;
	for (size_t i = 0; i < told->run_count; i++) {
		struct fm_block_run run = told->runs[i];
		bool last = i + 1 == told->run_count;
		uint64_t span = (uint64_t)run.size * run.count;

		if (!last && offset >= span) {
			offset -= span;
			continue;
		}
		if (offset % run.size)
			return false;
		run.count -= last && run.count < offset / run.size ? run.count
								   : (uint32_t)(offset / run.size);
		offset = 0;
		piece->runs[piece->run_count++] = run;
	}
	return true;
}

/* Where both know erase blocks, they are the same ones; the last of either may be cut. */
static bool meet_same_blocks(const struct fm_region *known, const struct fm_region *piece,
			     uint64_t *ret_addr)
{
	uint64_t end = piece->range.addr + piece->range.len;
	struct fm_block a, b;

	for (uint64_t addr = piece->range.addr; addr < end; addr += b.range.len) {
		*ret_addr = addr;
		if (!fm_region_block_at(piece, addr, &b))
			return true;
		if (fm_region_block_at(known, addr, &a) &&
		    (a.range.addr != b.range.addr ||
		     (a.range.len != b.range.len && b.range.addr + b.range.len < end)))
			return false;
	}
	return true;
}

static bool meet_wrong(const struct fm_region *known, uint64_t addr, struct fm_error *err)
{
	fm_fail(err, FM_DEFINITION,
		"its erase blocks at 0x%08" PRIx64 " are not those that the definition gives '%s'",
		addr, known->name);
	return fm_hint(err, "nothing was changed; choose the model that it is with -m/--model");
}

/* The part of `known` that lies in `told`. */
static bool meet_piece(const struct fm_region *known, const struct fm_region *told, unsigned number,
		       struct fm_memory *both, struct fm_error *err)
{
	struct fm_region piece = *known;
	uint64_t start = known->range.addr, end = known->range.addr + known->range.len;
	uint64_t told_end = told->range.addr + told->range.len, wrong;
	struct fm_block block;

	if (start < told->range.addr)
		start = told->range.addr;
	if (end > told_end)
		end = told_end;
	if (number > 0) {
		char name[sizeof(piece.name)];

		snprintf(name, sizeof(name), "%.26s-%u", known->name, number + 1);
		fm_text_copy(piece.name, sizeof(piece.name), name);
	}
	piece.range = (struct fm_range){ known->range.space, start, end - start };
	piece.write_len = told->write_len;
	if (told->flags & FM_REGION_PROTECTED)
		piece.flags = FM_REGION_PROTECTED;
	if (!meet_runs(told, start - told->range.addr, &piece))
		return meet_wrong(known, start, err);
	if (known->run_count && !meet_same_blocks(known, &piece, &wrong))
		return meet_wrong(known, wrong, err);
	if (fm_region_block_at(known, start, &block))
		piece.first_block = block.number;
	return fm_memory_add(both, &piece, err);
}

static bool meet_knows_space(const struct fm_memory *memory, enum fm_space space)
{
	for (size_t i = 0; i < memory->count; i++) {
		if (memory->regions[i].range.space == space)
			return true;
	}
	return false;
}

/* Of a region that the definition knows: the parts that are there. A smaller chip of the same kind
 * lacks the end. */
static bool meet_known(const struct fm_region *known, const struct fm_memory *told,
		       struct fm_memory *both, struct fm_error *err)
{
	struct fm_region hidden = *known;
	unsigned pieces = 0;

	if (!meet_knows_space(told, known->range.space)) {
		hidden.flags = FM_REGION_PROTECTED;
		return fm_memory_add(both, &hidden, err);
	}
	for (size_t i = 0; i < told->count; i++) {
		if (fm_range_overlaps(&told->regions[i].range, &known->range) &&
		    !meet_piece(known, &told->regions[i], pieces++, both, err))
			return false;
	}
	return true;
}

bool fm_memory_meet(const struct fm_memory *known, const struct fm_memory *told,
		    struct fm_memory *ret_both, struct fm_error *err)
{
	*ret_both = (struct fm_memory){ 0 };
	for (size_t i = 0; i < known->count; i++) {
		if (!meet_known(&known->regions[i], told, ret_both, err))
			return false;
	}
	for (size_t i = 0; i < told->count; i++) {
		const struct fm_region *region = &told->regions[i];

		if (!meet_knows_space(known, region->range.space) &&
		    !fm_memory_add(ret_both, region, err))
			return false;
	}
	if (!fm_memory_application(ret_both) && fm_memory_application(known))
		return fm_fail(
			err, FM_DEFINITION,
			"it has no memory that can be written where the definition says '%s'",
			fm_memory_application(known)->name);
	return true;
}

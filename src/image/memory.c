#include "image/memory.h"

#include "base/scope.h"

#include <inttypes.h>
#include <string.h>

static const char *const memory_space_names[] = {
	[FM_SPACE_FLASH] = "flash",   [FM_SPACE_EEPROM] = "eeprom", [FM_SPACE_RAM] = "ram",
	[FM_SPACE_OPTION] = "option", [FM_SPACE_FUSE] = "fuse",     [FM_SPACE_SYSTEM] = "system",
	[FM_SPACE_ALT1] = "alt1",     [FM_SPACE_ALT1 + 1] = "alt2", [FM_SPACE_ALT1 + 2] = "alt3",
	[FM_SPACE_ALT1 + 3] = "alt4", [FM_SPACE_ALT1 + 4] = "alt5", [FM_SPACE_ALT1 + 5] = "alt6",
	[FM_SPACE_ALT7] = "alt7",
};

_Static_assert(FM_COUNT(memory_space_names) == FM_SPACE_COUNT, "each space has a name");

const char *fm_space_name(enum fm_space space)
{
	return memory_space_names[space];
}

bool fm_space_parse(const char *name, enum fm_space *ret_space)
{
	for (size_t i = 0; i < FM_COUNT(memory_space_names); i++) {
		if (strcmp(name, memory_space_names[i]) == 0) {
			*ret_space = (enum fm_space)i;
			return true;
		}
	}
	return false;
}

const struct fm_region *fm_memory_at(const struct fm_memory *memory, enum fm_space space,
				     uint64_t addr)
{
	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_range *range = &memory->regions[i].range;

		if (range->space == space && addr >= range->addr && addr - range->addr < range->len)
			return &memory->regions[i];
	}
	return NULL;
}

const struct fm_region *fm_memory_named(const struct fm_memory *memory, const char *name)
{
	for (size_t i = 0; i < memory->count; i++) {
		if (strcmp(memory->regions[i].name, name) == 0)
			return &memory->regions[i];
	}
	return NULL;
}

const struct fm_region *fm_memory_application(const struct fm_memory *memory)
{
	const unsigned of_interest = FM_REGION_WRITE | FM_REGION_PROTECTED | FM_REGION_CONFIG;

	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *region = &memory->regions[i];

		if (region->range.space == FM_SPACE_FLASH &&
		    (region->flags & of_interest) == FM_REGION_WRITE)
			return region;
	}
	return NULL;
}

/* What is wrong with the region itself, or NULL. */
static const char *memory_fault(const struct fm_region *region)
{
	if (region->range.len == 0)
		return "has no length";
	if (region->range.addr > UINT32_MAX ||
	    region->range.len > (uint64_t)UINT32_MAX + 1 - region->range.addr)
		return "goes beyond 32-bit addresses";
	if (region->run_count > FM_RUN_MOST)
		return "has too many runs of erase blocks";
	for (size_t i = 0; i < region->run_count; i++) {
		if (region->runs[i].size == 0)
			return "has erase blocks of no length";
		if (region->runs[i].count == 0 && i + 1 < region->run_count)
			return "has a run of no erase blocks before its last one";
	}
	return NULL;
}

static bool memory_before(const struct fm_range *a, const struct fm_range *b)
{
	return a->space != b->space ? a->space < b->space : a->addr < b->addr;
}

bool fm_memory_add(struct fm_memory *memory, const struct fm_region *region, struct fm_error *err)
{
	const char *fault = memory_fault(region);
	size_t at = memory->count;

	if (fault)
		return fm_fail(err, FM_DEFINITION, "region '%s' %s", region->name, fault);
	if (memory->count == FM_REGION_MOST)
		return fm_fail(err, FM_DEFINITION, "region '%s': more than %d regions",
			       region->name, FM_REGION_MOST);
	if (fm_memory_named(memory, region->name))
		return fm_fail(err, FM_DEFINITION, "two regions are named '%s'", region->name);
	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *other = &memory->regions[i];

		if (fm_range_overlaps(&other->range, &region->range))
			return fm_fail(err, FM_DEFINITION,
				       "regions '%s' and '%s' overlap in %s at 0x%08" PRIx64,
				       other->name, region->name, fm_space_name(other->range.space),
				       other->range.addr > region->range.addr ? other->range.addr
									      : region->range.addr);
	}
	while (at > 0 && memory_before(&region->range, &memory->regions[at - 1].range)) {
		memory->regions[at] = memory->regions[at - 1];
		at--;
	}
	memory->regions[at] = *region;
	memory->count++;
	return true;
}

bool fm_region_block_at(const struct fm_region *region, uint64_t addr, struct fm_block *ret_block)
{
	const struct fm_range *range = &region->range;
	uint64_t start = 0; /* of the run, from the region's start */
	uint64_t offset = addr - range->addr;
	unsigned number = region->first_block;

	if (addr < range->addr || offset >= range->len)
		return false;
	for (size_t i = 0; i < region->run_count; i++) {
		const struct fm_block_run *run = &region->runs[i];
		uint64_t span = (uint64_t)run->size * run->count;
		uint64_t index = (offset - start) / run->size;
		uint64_t left;

		if (i + 1 < region->run_count && offset - start >= span) {
			start += span;
			number += run->count;
			continue;
		}
		start += index * run->size;
		left = range->len - start;
		ret_block->range = (struct fm_range){ range->space, range->addr + start,
						      run->size < left ? run->size : left };
		ret_block->number = number + (unsigned)index;
		return true;
	}
	return false;
}

#include "job/plan.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool plan_may_write(const struct fm_plan_input *input, const struct fm_region *region)
{
	return (region->flags & FM_REGION_WRITE) ||
	       ((region->flags & FM_REGION_CONFIG) && input->allow_config);
}

/* The application's range, for the messages. */
static bool plan_outside(const struct fm_memory *memory, enum fm_space space, uint64_t addr,
			 struct fm_error *err)
{
	const struct fm_region *application = fm_memory_application(memory);

	fm_fail(err, FM_BLOCKED_MEMORY,
		"the file has bytes at %s 0x%08" PRIx64 ", where this unit has no memory",
		fm_space_name(space), addr);
	if (application)
		fm_hint(err, "firmware for it lies in %s 0x%08" PRIx64 "-0x%08" PRIx64,
			fm_space_name(application->range.space), application->range.addr,
			application->range.addr + application->range.len - 1);
	return false;
}

/* Each byte of the segment lies in a region that may be written. */
static bool plan_check_segment(const struct fm_plan_input *input, const struct fm_range *range,
			       struct fm_error *err)
{
	uint64_t addr = range->addr;

	while (addr < range->addr + range->len) {
		const struct fm_region *region = fm_memory_at(input->memory, range->space, addr);

		if (!region)
			return plan_outside(input->memory, range->space, addr, err);
		if (!plan_may_write(input, region)) {
			fm_fail(err, FM_BLOCKED_PROTECTED,
				"the file has bytes at %s 0x%08" PRIx64
				", in the region '%s' (0x%08" PRIx64 "-0x%08" PRIx64
				") that is never written",
				fm_space_name(range->space), addr, region->name, region->range.addr,
				region->range.addr + region->range.len - 1);
			if (region->flags & FM_REGION_CONFIG)
				fm_hint(err, "settings are kept; --allow=config writes them too");
			return false;
		}
		addr = region->range.addr + region->range.len;
	}
	return true;
}

/* The page that holds the address; the last one of a region may be cut by its end. */
static struct fm_range plan_page_at(const struct fm_region *region, uint64_t addr)
{
	uint64_t step = region->write_len ? region->write_len : 1;
	uint64_t start = addr - (addr - region->range.addr) % step;
	uint64_t end = region->range.addr + region->range.len;

	return (struct fm_range){ region->range.space, start,
				  start + step < end ? step : end - start };
}

static bool plan_add_page(struct fm_plan *plan, const struct fm_plan_input *input, size_t *size,
			  size_t *data_size, struct fm_range range, struct fm_error *err)
{
	size_t offset = plan->page_count ? plan->pages[plan->page_count - 1].offset +
						   plan->pages[plan->page_count - 1].range.len
					 : 0;
	struct fm_plan_page *page;

	if (plan->page_count == *size) {
		*size = *size ? *size * 2 : 256;
		page = reallocarray(plan->pages, *size, sizeof(*page));
		if (!page)
			return fm_fail(err, FM_NO_MEMORY, "no memory for a plan");
		plan->pages = page;
	}
	while (offset + range.len > *data_size) {
		uint8_t *data =
			realloc(plan->data, *data_size = *data_size ? *data_size * 2 : 65536);

		if (!data)
			return fm_fail(err, FM_NO_MEMORY, "no memory for a plan");
		plan->data = data;
	}
	page = &plan->pages[plan->page_count++];
	*page = (struct fm_plan_page){ .range = range, .offset = offset };
	if (input->image)
		page->image_len =
			fm_image_get(input->image, &range, input->fill, plan->data + offset);
	else
		memset(plan->data + offset, input->fill, range.len);
	return true;
}

/* All pages of a region between two addresses, but those that the plan has already. */
static bool plan_add_pages(struct fm_plan *plan, const struct fm_plan_input *input, size_t *size,
			   size_t *data_size, enum fm_space space, uint64_t addr, uint64_t end,
			   struct fm_error *err)
{
	while (addr < end) {
		const struct fm_region *region = fm_memory_at(input->memory, space, addr);
		struct fm_range range = plan_page_at(region, addr);
		const struct fm_plan_page *last =
			plan->page_count ? &plan->pages[plan->page_count - 1] : NULL;

		if (!last || last->range.space != range.space || last->range.addr < range.addr) {
			if (!plan_add_page(plan, input, size, data_size, range, err))
				return false;
		}
		addr = range.addr + range.len;
	}
	return true;
}

/* Spaces that a sequential boot loader knows no addresses in: where each write follows the last
 * one. An EEPROM is written by address, so that nothing of it is filled. */
static bool plan_is_sequential(const struct fm_plan_input *input, enum fm_space space)
{
	return (input->can & FM_PLAN_SEQUENTIAL) &&
	       (space == fm_memory_application(input->memory)->range.space ||
		space >= FM_SPACE_ALT1);
}

/* Where the pages for a segment begin: behind the pages of its space that are there already, the
 * first at the start of its region. */
static bool plan_sequential_start(const struct fm_plan *plan, const struct fm_plan_input *input,
				  const struct fm_range *range, uint64_t *ret_addr,
				  struct fm_error *err)
{
	const struct fm_region *application = fm_memory_application(input->memory);
	const struct fm_plan_page *last =
		plan->page_count ? &plan->pages[plan->page_count - 1] : NULL;
	struct fm_range gap = { range->space, 0, 0 };
	struct fm_error why;

	if (last && last->range.space == range->space)
		gap.addr = last->range.addr + last->range.len;
	else if (range->space == application->range.space)
		gap.addr = application->range.addr;
	else
		gap.addr = fm_memory_at(input->memory, range->space, range->addr)->range.addr;
	*ret_addr = gap.addr < range->addr ? gap.addr : range->addr;
	gap.len = range->addr - *ret_addr;
	if (plan_check_segment(input, &gap, &why))
		return true;
	return fm_fail(err, FM_BLOCKED_MEMORY,
		       "this boot loader writes without gaps, and between %s 0x%08" PRIx64
		       " and 0x%08" PRIx64 " lies memory that is never written",
		       fm_space_name(range->space), *ret_addr, range->addr);
}

/* Without addresses a download is one memory, from its start to its end. */
static bool plan_one_memory(const struct fm_plan_input *input, struct fm_error *err)
{
	const struct fm_range *first = NULL;

	for (size_t i = 0; i < input->image->count; i++) {
		const struct fm_range *range = &input->image->segments[i].range;

		if (!plan_is_sequential(input, range->space))
			continue;
		first = first ? first : range;
		if (range->space == first->space)
			continue;
		fm_fail(err, FM_BLOCKED_MEMORY,
			"the file has bytes for %s and for %s, and this boot loader takes one "
			"memory at a time",
			fm_space_name(first->space), fm_space_name(range->space));
		return fm_hint(err, "use a file for each of them, one after the other");
	}
	return true;
}

static bool plan_pages(struct fm_plan *plan, const struct fm_plan_input *input,
		       struct fm_error *err)
{
	const struct fm_region *application = fm_memory_application(input->memory);
	size_t size = 0, data_size = 0;

	if (!input->image)
		return plan_add_pages(plan, input, &size, &data_size, application->range.space,
				      application->range.addr,
				      application->range.addr + application->range.len, err);
	for (size_t i = 0; i < input->image->count; i++) {
		const struct fm_range *range = &input->image->segments[i].range;
		uint64_t addr = range->addr;

		if (plan_is_sequential(input, range->space) &&
		    !plan_sequential_start(plan, input, range, &addr, err))
			return false;
		if (!plan_add_pages(plan, input, &size, &data_size, range->space, addr,
				    range->addr + range->len, err))
			return false;
	}
	return true;
}

/* Cut the last page of each run behind the image's last byte in it. */
static void plan_shorten(struct fm_plan *plan, const struct fm_image *image)
{
	size_t at = 0;

	for (size_t i = 0; i < image->count; i++) {
		const struct fm_range *range = &image->segments[i].range;
		const struct fm_range last = { range->space, range->addr + range->len - 1, 1 };
		struct fm_plan_page *page;
		bool joins, more;

		while (!fm_range_contains(&plan->pages[at].range, &last))
			at++;
		page = &plan->pages[at];
		more = i + 1 < image->count &&
		       fm_range_overlaps(&page->range, &image->segments[i + 1].range);
		joins = at + 1 < plan->page_count && page[1].range.space == page->range.space &&
			page[1].range.addr == page->range.addr + page->range.len;
		if (!more && !joins)
			page->range.len = last.addr + 1 - page->range.addr;
	}
}

/* The erase blocks under the pages, each once. */
static bool plan_blocks(struct fm_plan *plan, const struct fm_plan_input *input,
			struct fm_error *err)
{
	struct fm_block block = { 0 };

	plan->erase = calloc(plan->page_count + 1, sizeof(*plan->erase));
	if (!plan->erase)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a plan");
	for (size_t i = 0; i < plan->page_count; i++) {
		const struct fm_range *range = &plan->pages[i].range;
		const struct fm_region *region =
			fm_memory_at(input->memory, range->space, range->addr);

		if (plan->erase_count && fm_range_contains(&block.range, range))
			continue;
		if (!fm_region_block_at(region, range->addr, &block))
			continue;
		plan->erase[plan->erase_count++] = block;
		plan->erase_len += block.range.len;
	}
	return true;
}

/* One command for the chip is right only where it erases nothing else: every flash region is
 * written and all of it is in the plan. */
static bool plan_whole_chip(const struct fm_plan *plan, const struct fm_plan_input *input)
{
	uint64_t flash_len = 0;

	if (!(input->can & FM_PLAN_ERASE_ALL))
		return false;
	for (size_t i = 0; i < input->memory->count; i++) {
		const struct fm_region *region = &input->memory->regions[i];

		if (region->range.space != FM_SPACE_FLASH)
			continue;
		if (!(region->flags & FM_REGION_WRITE))
			return false;
		flash_len += region->range.len;
	}
	return plan->erase_len == flash_len;
}

static uint64_t plan_proof(uint64_t len)
{
	return len < FM_PLAN_PROOF_LEN ? len : FM_PLAN_PROOF_LEN;
}

/*
 * Which pages the erase alone makes right, and where verify looks: once in each run of them within
 * an erase block.
 */
static void plan_blanks(struct fm_plan *plan, const struct fm_plan_input *input)
{
	struct fm_block block = { 0 }, last = { 0 };

	for (size_t i = 0; i < plan->page_count; i++) {
		struct fm_plan_page *page = &plan->pages[i];
		const struct fm_region *region =
			fm_memory_at(input->memory, page->range.space, page->range.addr);
		const uint8_t *data = plan->data + page->offset;

		page->skip = fm_region_block_at(region, page->range.addr, &block) &&
			     fm_bytes_filled(data, page->range.len, plan->fill);
		if (page->skip) {
			bool joins = i > 0 && page[-1].skip &&
				     last.range.space == block.range.space &&
				     last.range.addr == block.range.addr;

			page->proof_len = joins ? 0 : plan_proof(page->range.len);
			plan->skip_len += page->range.len;
			plan->proof_len += page->proof_len;
		}
		last = block;
	}
}

static bool plan_fill_in(struct fm_plan *plan, const struct fm_plan_input *input,
			 struct fm_error *err)
{
	if (!fm_memory_application(input->memory))
		return fm_fail(err, FM_UNSUPPORTED, "no memory of this unit may be written");
	if (input->image && input->image->family_count > 1)
		return fm_fail(err, FM_BLOCKED_MEMORY,
			       "the file holds data for %zu families of chips, and none is chosen",
			       input->image->family_count);
	for (size_t i = 0; input->image && i < input->image->count; i++) {
		if (!plan_check_segment(input, &input->image->segments[i].range, err))
			return false;
	}
	if (input->image && !plan_one_memory(input, err))
		return false;
	if (!plan_pages(plan, input, err))
		return false;
	if (input->image && (input->can & FM_PLAN_SHORT))
		plan_shorten(plan, input->image);
	if (input->can & FM_PLAN_ERASE) {
		if (!plan_blocks(plan, input, err))
			return false;
		plan->erase_all = plan_whole_chip(plan, input);
		plan_blanks(plan, input);
	}
	for (size_t i = 0; i < plan->page_count; i++) {
		const struct fm_plan_page *page = &plan->pages[i];

		if (input->image)
			plan->pad_len += page->range.len - page->image_len;
		if (!page->skip)
			plan->write_len += page->range.len;
	}
	fm_plan_print(plan, input);
	return true;
}

bool fm_plan_make(const struct fm_plan_input *input, struct fm_plan *ret_plan, struct fm_error *err)
{
	*ret_plan = (struct fm_plan){ .fill = input->fill };
	if (plan_fill_in(ret_plan, input, err))
		return true;
	fm_plan_done(ret_plan);
	return false;
}

void fm_plan_done(struct fm_plan *plan)
{
	free(plan->erase);
	free(plan->pages);
	free(plan->data);
	fm_text_done(&plan->text);
	*plan = (struct fm_plan){ 0 };
}

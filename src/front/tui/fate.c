#include "front/tui/fate.h"

#include "base/text.h"

/* Bytes that two ranges share. */
static uint64_t fate_shared(const struct fm_range *a, const struct fm_range *b)
{
	uint64_t from = a->addr > b->addr ? a->addr : b->addr;
	uint64_t a_end = a->addr + a->len, b_end = b->addr + b->len;
	uint64_t end = a_end < b_end ? a_end : b_end;

	return a->space == b->space && from < end ? end - from : 0;
}

static bool fate_erased(const struct fm_plan *plan, const struct fm_range *range)
{
	for (size_t i = 0; i < plan->erase_count; i++) {
		if (fm_range_contains(&plan->erase[i].range, range))
			return true;
	}
	return false;
}

/* What is erased, and what is written without an erase. */
static uint64_t fate_lost(const struct fm_plan *plan, const struct fm_range *range)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < plan->erase_count; i++)
		lost += fate_shared(&plan->erase[i].range, range);
	for (size_t i = 0; i < plan->page_count; i++) {
		const struct fm_plan_page *page = &plan->pages[i];
		uint64_t shared = page->skip ? 0 : fate_shared(&page->range, range);

		if (shared && !fate_erased(plan, &page->range))
			lost += shared;
	}
	return lost < range->len ? lost : range->len;
}

void fm_ui_fates_make(struct fm_ui_fates *fates, const struct fm_plan *plan,
		      const struct fm_memory *memory)
{
	*fates = (struct fm_ui_fates){ 0 };
	if (!plan || plan->erase_count + plan->page_count == 0)
		return;
	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *region = &memory->regions[i];
		struct fm_ui_fate *fate;
		bool chip = region->range.space == FM_SPACE_FLASH ||
			    region->range.space == FM_SPACE_EEPROM;

		if (region->range.space == FM_SPACE_RAM)
			continue;
		fate = &fates->fates[fates->count++];
		fm_text_copy(fate->name, sizeof(fate->name), region->name);
		fate->flags = region->flags;
		fate->len = region->range.len;
		fate->lost = fate_lost(plan, &region->range);
		fate->kind = fate->lost                ? FM_FATE_LOST
			     : plan->erase_all && chip ? FM_FATE_DOUBT
						       : FM_FATE_KEPT;
	}
}

/* The plan in words, as people confirm it, and its hash. */
#include "job/plan.h"

#include <inttypes.h>

static void text_pages(struct fm_plan *plan)
{
	for (size_t i = 0, next; i < plan->page_count; i = next) {
		const struct fm_plan_page *first = &plan->pages[i];
		uint64_t end = first->range.addr;
		char sum[FM_SHA256_TEXT];

		for (next = i; next < plan->page_count; next++) {
			const struct fm_plan_page *page = &plan->pages[next];

			if (page->range.space != first->range.space || page->range.addr != end ||
			    page->skip != first->skip)
				break;
			end += page->range.len;
		}
		fm_sha256(plan->data + first->offset, end - first->range.addr, sum);
		fm_text_addf(&plan->text, "%s %s 0x%08" PRIx64 "-0x%08" PRIx64 "  %zu pages",
			     first->skip ? "blank" : "write", fm_space_name(first->range.space),
			     first->range.addr, end - 1, next - i);
		fm_text_addf(&plan->text, first->skip ? "\n" : "\n  sha256 %s\n", sum);
	}
}

static void text_blocks(struct fm_plan *plan)
{
	if (plan->erase_all) {
		fm_text_addf(&plan->text, "erase the whole chip  %" PRIu64 " bytes\n",
			     plan->erase_len);
		return;
	}
	for (size_t i = 0, next; i < plan->erase_count; i = next) {
		const struct fm_block *first = &plan->erase[i];
		uint64_t end = first->range.addr;

		for (next = i; next < plan->erase_count; next++) {
			const struct fm_block *block = &plan->erase[next];

			if (block->range.addr != end || block->range.len != first->range.len ||
			    block->number != first->number + (next - i))
				break;
			end += block->range.len;
		}
		fm_text_addf(&plan->text,
			     "erase %s 0x%08" PRIx64 "-0x%08" PRIx64 "  %zu x %" PRIu64
			     " bytes, blocks %u to %u\n",
			     fm_space_name(first->range.space), first->range.addr, end - 1,
			     next - i, first->range.len, first->number,
			     plan->erase[next - 1].number);
	}
}

void fm_plan_print(struct fm_plan *plan, const struct fm_plan_input *input)
{
	fm_text_addf(&plan->text, "%s %s, %s%s, by %s\n", input->verb, input->model,
		     *input->chip ? "chip " : "chip not told", input->chip, input->protocol);
	if (input->image)
		fm_text_addf(&plan->text, "file\n  sha256 %s\n", input->image->sha256);
	text_blocks(plan);
	text_pages(plan);
	if (plan->pad_len)
		fm_text_addf(&plan->text,
			     "padding %" PRIu64 " bytes of 0x%02x that the file does not give\n",
			     plan->pad_len, plan->fill);
	if (plan->skip_len)
		fm_text_addf(&plan->text,
			     "not written %" PRIu64 " blank bytes, %" PRIu64
			     " of them read to prove it\n",
			     plan->skip_len, plan->proof_len);
	fm_sha256(plan->text.data, plan->text.len, plan->sha256);
}

/*
 * After a job that broke off: what it wrote need not be written again. Only where the very same
 * plan had begun to write, so that all blocks had been erased, and the unit itself can be asked.
 */
#include "base/text.h"
#include "job/private.h"

#include <inttypes.h>
#include <string.h>

#define RESUME_MOST 4096 /* read_len of any protocol */

/* Erase was behind it. The block that was being written may hold cells that were cut short. */
static bool resume_had_written(const struct fm_record *before, bool *ret_in_write)
{
	static const char *const phases[] = { "write", "verify", "restore", "restart", "confirm" };

	*ret_in_write = strcmp(before->last_phase, "write") == 0;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (strcmp(before->last_phase, phases[i]) == 0)
			return true;
	}
	return false;
}

static bool resume_may(const struct fm_job *job, bool *ret_in_write)
{
	return job->before.id && job->has_image && resume_had_written(&job->before, ret_in_write) &&
	       strcmp(job->before.plan_sha256, job->plan.sha256) == 0 &&
	       ((job->session.can & FM_CAN_READ) || fm_job_can_sum(job)) &&
	       !(job->session.can & FM_CAN_SEQUENTIAL) &&
	       (!job->plan.erase_all || (job->session.can & FM_CAN_ERASE));
}

static bool resume_same_by_reading(struct fm_job *job, const struct fm_range *range,
				   const uint8_t *wanted, bool *ret_same, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	uint64_t step = s->read_len < RESUME_MOST ? s->read_len : RESUME_MOST;
	uint8_t got[RESUME_MOST];

	*ret_same = true;
	for (uint64_t at = 0, len; at < range->len && *ret_same; at += len) {
		len = range->len - at < step ? range->len - at : step;
		if (!fm_job_safe_point(job, err))
			return false;
		if (!s->protocol->read(s, range->space, range->addr + at, got, len, err)) {
			*ret_same = false;
			return err->code == FM_NACK;
		}
		*ret_same = memcmp(got, wanted + at, len) == 0;
	}
	return true;
}

static bool resume_same(struct fm_job *job, const struct fm_plan_page *page, bool *ret_same,
			struct fm_error *err)
{
	struct fm_session *s = &job->session;
	const uint8_t *wanted = job->plan.data + page->offset;
	uint32_t sum;

	if (!fm_job_can_sum(job))
		return resume_same_by_reading(job, &page->range, wanted, ret_same, err);
	*ret_same = false;
	if (!fm_job_safe_point(job, err))
		return false;
	if (!s->protocol->checksum(s, &page->range, &sum, err))
		return err->code == FM_NACK;
	*ret_same = sum == s->protocol->checksum_of(wanted, page->range.len);
	return true;
}

/* How many of the plan's first pages the unit holds. */
static bool resume_pages(struct fm_job *job, size_t *ret_pages, struct fm_error *err)
{
	uint64_t done = 0, total = job->plan.write_len + job->plan.skip_len;
	bool same = true;
	size_t i = 0;

	for (; i < job->plan.page_count; i++) {
		const struct fm_plan_page *page = &job->plan.pages[i];

		fm_job_progress(job, done, total, page->range.addr);
		if (!resume_same(job, page, &same, err))
			return false;
		if (!same)
			break;
		done += page->range.len;
	}
	*ret_pages = i;
	return true;
}

/* Whole erase blocks only, of which the last one counts as not written when it was being written.
 * Where pages erase themselves the page is the block. */
static void resume_cut(struct fm_job *job, size_t pages, bool in_write)
{
	const struct fm_plan *plan = &job->plan;
	size_t blocks = 0, at = 0;

	if (plan->erase_count == 0) {
		job->there_pages = pages - (in_write && pages > 0);
		return;
	}
	while (blocks < plan->erase_count) {
		size_t next = at;

		while (next < plan->page_count &&
		       fm_range_contains(&plan->erase[blocks].range, &plan->pages[next].range))
			next++;
		/* pages between the blocks, in a memory without any: written in any case */
		if (next == at || next > pages || (in_write && next >= pages))
			break;
		at = next;
		blocks++;
	}
	job->there_blocks = blocks;
	job->there_pages = at;
}

bool fm_job_look_back(struct fm_job *job, struct fm_error *err)
{
	struct fm_record *before = &job->before;

	*before = (struct fm_record){ 0 };
	if (!job->request.store)
		return true;
	if (!fm_store_before(job->request.store, &job->record, before, err)) {
		before->id = 0;
		return err->code == FM_OK;
	}
	if (strcmp(before->outcome, "PASS") == 0 ||
	    (strcmp(before->unit_state, "verified") == 0 &&
	     before->code != fm_error_info(FM_INTERRUPTED)->number))
		before->id = 0;
	job->before_same_id =
		before->id && *job->record.unit && strcmp(before->unit, job->record.unit) == 0;
	return true;
}

bool fm_job_resume(struct fm_job *job, struct fm_error *err)
{
	bool in_write;
	size_t pages;

	job->there_blocks = job->there_pages = 0;
	if (!fm_job_look_back(job, err))
		return false;
	if (!resume_may(job, &in_write))
		return true;
	if (!resume_pages(job, &pages, err))
		return false;
	resume_cut(job, pages, in_write);
	if (job->there_pages)
		fm_job_note(job,
			    "job %" PRId64 " (%s) broke off: the first %zu of %zu pages are on the "
			    "unit and stay",
			    job->before.id, job->before.last_phase, job->there_pages,
			    job->plan.page_count);
	return true;
}

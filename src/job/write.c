/* Erase and write as the plan says, a block at a time, stopping only between blocks. */
#include "base/bytes.h"
#include "job/private.h"

#define WRITE_ERASE_BATCH 32 /* blocks between two safe points */
#define WRITE_READ_MOST 4096

static bool erase_leaves_blank(const struct fm_plan *plan, const struct fm_range *block)
{
	for (size_t i = 0; i < plan->page_count; i++) {
		const struct fm_plan_page *page = &plan->pages[i];

		if (!page->skip && fm_range_overlaps(&page->range, block))
			return false;
	}
	return true;
}

/*
 * Is the block blank already, every byte of it, and stays so? Only where nothing is programmed into
 * it: cells of an erase that was cut short may read blank and not take what is written. Who asks
 * for an erase gets one. Where the unit refuses to be read, it is erased.
 */
static bool erase_is_needless(struct fm_job *job, const struct fm_range *block, bool *ret_needless,
			      struct fm_error *err)
{
	const unsigned able = FM_CAN_READ | FM_CAN_SPARE;
	struct fm_session *s = &job->session;
	uint8_t data[WRITE_READ_MOST];
	uint64_t most = s->read_len < sizeof(data) ? s->read_len : sizeof(data);

	*ret_needless = false;
	if ((s->can & able) != able || job->request.verb == FM_VERB_ERASE ||
	    !erase_leaves_blank(&job->plan, block))
		return true;
	for (uint64_t at = 0, len; at < block->len; at += len) {
		len = block->len - at < most ? block->len - at : most;
		if (!fm_job_safe_point(job, err))
			return false;
		if (!s->protocol->read(s, block->space, block->addr + at, data, len, err)) {
			if (err->code != FM_NACK)
				return false;
			fm_error_clear(err);
			return true;
		}
		if (!fm_bytes_filled(data, len, job->plan.fill))
			return true;
	}
	*ret_needless = true;
	return true;
}

/* Of `count` blocks those that have to be erased, in one call. */
static bool erase_batch(struct fm_job *job, const struct fm_block *blocks, size_t count,
			size_t *ret_spared, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	struct fm_block needed[WRITE_ERASE_BATCH];
	size_t needed_count = 0;

	for (size_t i = 0; i < count; i++) {
		bool needless;

		if (!erase_is_needless(job, &blocks[i].range, &needless, err))
			return false;
		if (needless)
			(*ret_spared)++;
		else
			needed[needed_count++] = blocks[i];
	}
	return needed_count == 0 || s->protocol->erase(s, needed, needed_count, err);
}

bool fm_job_erase(struct fm_job *job, struct fm_error *err)
{
	const struct fm_plan *plan = &job->plan;
	uint64_t done = 0;
	size_t spared = 0;

	if (!fm_job_touch(job, err))
		return false;
	if (plan->erase_all && job->there_blocks == 0)
		return job->session.protocol->erase_all(&job->session, err);
	for (size_t i = job->there_blocks, n; i < plan->erase_count; i += n) {
		n = plan->erase_count - i < WRITE_ERASE_BATCH ? plan->erase_count - i
							      : WRITE_ERASE_BATCH;
		fm_job_progress(job, done, plan->erase_len, plan->erase[i].range.addr);
		if (!fm_job_safe_point(job, err) ||
		    !erase_batch(job, &plan->erase[i], n, &spared, err))
			return false;
		for (size_t k = i; k < i + n; k++)
			done += plan->erase[k].range.len;
	}
	if (spared)
		fm_job_note(job, "%zu of %zu blocks were blank and stay so: read, not erased",
			    spared, plan->erase_count);
	return true;
}

static bool write_pages(struct fm_job *job, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	const struct fm_plan *plan = &job->plan;
	uint64_t done = 0;

	for (size_t i = job->there_pages; i < plan->page_count; i++) {
		const struct fm_plan_page *page = &plan->pages[i];

		if (page->skip)
			continue;
		fm_job_progress(job, done, s->write_len, page->range.addr);
		if (!fm_job_safe_point(job, err))
			return false;
		if (!s->protocol->write(s, page->range.space, page->range.addr,
					plan->data + page->offset, page->range.len, err))
			return false;
		done += page->range.len;
		job->end.bytes_written = done;
	}
	fm_job_progress(job, done, s->write_len, 0);
	return true;
}

/* Of UF2: what the file is for, else the first that the boot loader takes. */
static uint32_t write_family(const struct fm_job *job)
{
	if (job->image.family_count == 1)
		return job->image.families[0];
	return job->loader->family_count > 0 ? job->loader->families[0] : 0;
}

/* How much is written from here on, as the protocol may have to announce it. */
static void write_measure(struct fm_job *job)
{
	struct fm_session *s = &job->session;
	uint32_t block_len = s->protocol->block_len;

	s->write_len = 0;
	s->write_blocks = 0;
	for (size_t i = job->there_pages; i < job->plan.page_count; i++) {
		const struct fm_plan_page *page = &job->plan.pages[i];

		if (page->skip)
			continue;
		s->write_len += page->range.len;
		if (block_len)
			s->write_blocks +=
				(uint32_t)((page->range.len + block_len - 1) / block_len);
	}
}

bool fm_job_write(struct fm_job *job, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	const struct fm_plan_page *first = &job->plan.pages[job->there_pages];
	const struct fm_plan_page *last = &job->plan.pages[job->plan.page_count - 1];
	struct fm_range range = { first->range.space, first->range.addr,
				  last->range.addr + last->range.len - first->range.addr };

	if (!fm_job_touch(job, err))
		return false;
	write_measure(job);
	s->family = write_family(job);
	if (s->protocol->begin && !s->protocol->begin(s, &range, err))
		return false;
	if (!write_pages(job, err))
		return false;
	if (s->protocol->end && !s->protocol->end(s, err))
		return false;
	job->left = s->left;
	job->state = FM_UNIT_UNVERIFIED;
	return true;
}

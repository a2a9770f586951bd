/* Erase and write as the plan says, a block at a time, stopping only between blocks. */
#include "job/private.h"

#define WRITE_ERASE_BATCH 32 /* blocks between two safe points */

bool fm_job_erase(struct fm_job *job, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	const struct fm_plan *plan = &job->plan;
	uint64_t done = 0;

	if (!fm_job_touch(job, err))
		return false;
	if (plan->erase_all)
		return s->protocol->erase_all(s, err);
	for (size_t i = 0, n; i < plan->erase_count; i += n) {
		n = plan->erase_count - i < WRITE_ERASE_BATCH ? plan->erase_count - i
							      : WRITE_ERASE_BATCH;
		fm_job_progress(job, done, plan->erase_len, plan->erase[i].range.addr);
		if (!fm_job_safe_point(job, err) || !s->protocol->erase(s, &plan->erase[i], n, err))
			return false;
		for (size_t k = i; k < i + n; k++)
			done += plan->erase[k].range.len;
	}
	return true;
}

static bool write_pages(struct fm_job *job, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	const struct fm_plan *plan = &job->plan;
	uint64_t done = 0;

	for (size_t i = 0; i < plan->page_count; i++) {
		const struct fm_plan_page *page = &plan->pages[i];

		if (page->skip)
			continue;
		fm_job_progress(job, done, plan->write_len, page->range.addr);
		if (!fm_job_safe_point(job, err))
			return false;
		if (!s->protocol->write(s, page->range.space, page->range.addr,
					plan->data + page->offset, page->range.len, err))
			return false;
		done += page->range.len;
		job->end.bytes_written = done;
	}
	fm_job_progress(job, done, plan->write_len, 0);
	return true;
}

/* Of UF2: what the file is for, else the first that the boot loader takes. */
static uint32_t write_family(const struct fm_job *job)
{
	if (job->image.family_count == 1)
		return job->image.families[0];
	return job->loader->family_count > 0 ? job->loader->families[0] : 0;
}

bool fm_job_write(struct fm_job *job, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	const struct fm_plan_page *first = &job->plan.pages[0];
	const struct fm_plan_page *last = &job->plan.pages[job->plan.page_count - 1];
	struct fm_range range = { first->range.space, first->range.addr,
				  last->range.addr + last->range.len - first->range.addr };

	if (!fm_job_touch(job, err))
		return false;
	s->write_len = job->plan.write_len;
	s->family = write_family(job);
	if (s->protocol->begin && !s->protocol->begin(s, &range, err))
		return false;
	if (!write_pages(job, err))
		return false;
	if (s->protocol->end && !s->protocol->end(s, err))
		return false;
	job->state = FM_UNIT_UNVERIFIED;
	return true;
}

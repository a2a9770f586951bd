/* Read what the unit holds: a range, or so much of a region as there is. */
#include "base/bytes.h"
#include "base/scope.h"
#include "job/private.h"

#define READ_CHUNK 65536u /* so much blank memory ends a firmware */

bool fm_job_read_range(struct fm_job *job, struct fm_range *range, struct fm_reading *reading,
		       uint8_t *ret_data, struct fm_error *err)
{
	struct fm_session *s = &job->session;

	for (uint64_t at = 0, len; at < range->len; at += len) {
		len = range->len - at < s->read_len ? range->len - at : s->read_len;
		fm_job_progress(job, reading->done + at, reading->total, range->addr + at);
		if (!fm_job_safe_point(job, err))
			return false;
		if (!s->protocol->read(s, range->space, range->addr + at, ret_data + at, len, err))
			return false;
		if (s->read_ended && s->read_end < range->addr + at + len) {
			range->len = s->read_end - range->addr;
			break;
		}
	}
	reading->done += range->len;
	fm_job_progress(job, reading->done, reading->total, 0);
	return true;
}

/* The unit, or its boot loader, does not let this region be read. */
static bool read_refuses(enum fm_code code)
{
	return code == FM_NACK || code == FM_UNSUPPORTED || code == FM_READ_PROTECTED;
}

/* Where the plan ends in this region, from its start. */
static uint64_t read_planned_len(const struct fm_job *job, const struct fm_region *region)
{
	uint64_t len = 0;

	for (size_t i = 0; i < job->plan.page_count; i++) {
		const struct fm_range *range = &job->plan.pages[i].range;

		if (fm_range_contains(&region->range, range))
			len = range->addr + range->len - region->range.addr;
	}
	return len;
}

/* Of firmware only so much as there is: behind what will be overwritten, a long stretch of blank
 * memory is its end. What lies behind that is not touched. */
static bool read_ends(const struct fm_job *job, const struct fm_part *part, uint64_t end,
		      const uint8_t *chunk, uint64_t len)
{
	return part->firmware && job->request.verb != FM_VERB_BACKUP && len == READ_CHUNK &&
	       end >= read_planned_len(job, part->region) &&
	       fm_bytes_filled(chunk, len, job->session.protocol->fill);
}

/* *ret_len is less than the region's where the unit has less, or firmware ends before. */
static bool read_chunks(struct fm_job *job, const struct fm_part *part, struct fm_reading *reading,
			uint8_t *ret_data, uint64_t *ret_len, struct fm_error *err)
{
	const struct fm_range *range = &part->region->range;
	uint64_t at = 0;

	while (at < range->len) {
		uint64_t len = range->len - at < READ_CHUNK ? range->len - at : READ_CHUNK;
		struct fm_range chunk = { range->space, range->addr + at, len };

		if (!fm_job_read_range(job, &chunk, reading, ret_data + at, err))
			return false;
		at += chunk.len;
		if (chunk.len < len || read_ends(job, part, at, ret_data + at - len, len))
			break;
	}
	reading->done += range->len - at;
	*ret_len = at;
	return true;
}

bool fm_job_read_part(struct fm_job *job, const struct fm_part *part, struct fm_reading *reading,
		      uint8_t **ret_data, uint64_t *ret_len, struct fm_error *err)
{
	FM_FREE uint8_t *data = malloc(part->region->range.len);

	*ret_data = NULL;
	if (!data)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a backup");
	job->session.read_ended = false;
	if (!read_chunks(job, part, reading, data, ret_len, err)) {
		if (!read_refuses(err->code) || job->request.backup == FM_BACKUP_REQUIRED)
			return false;
		fm_job_note(job, "'%s' cannot be read: %s", part->region->name, err->text);
		fm_error_clear(err);
		return true;
	}
	*ret_data = data;
	data = NULL;
	return true;
}

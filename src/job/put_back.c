/* After the write: are the settings that keep.c holds what they were? Lost ones are put back. */
#include "base/scope.h"
#include "job/private.h"

#include <stdio.h>
#include <string.h>

static void put_back_tell(struct fm_job *job, const char *how)
{
	size_t len;

	snprintf(job->end.kept, sizeof(job->end.kept), "%s", how);
	for (size_t i = 0; i < job->part_count; i++) {
		if (!job->parts[i].kept)
			continue;
		len = strlen(job->end.kept);
		snprintf(job->end.kept + len, sizeof(job->end.kept) - len, "%s%s",
			 len == strlen(how) ? ": " : ", ", job->parts[i].region->name);
	}
}

bool fm_job_keep_check(struct fm_job *job, struct fm_error *err)
{
	struct fm_reading reading = { 0 };
	bool any = false;

	for (size_t i = 0; i < job->part_count; i++)
		reading.total += job->parts[i].kept ? job->parts[i].region->range.len : 0;
	for (size_t i = 0; i < job->part_count; i++) {
		struct fm_part *part = &job->parts[i];
		FM_FREE uint8_t *now = NULL;
		uint64_t len = 0;

		if (!part->kept)
			continue;
		if (!fm_job_read_part(job, part, &reading, &now, &len, err))
			return false;
		part->lost = !now || len != part->len || memcmp(now, part->data, len) != 0;
		if (part->lost)
			fm_job_note(job, "the settings in '%s' are not what they were",
				    part->region->name);
		any = true;
	}
	if (any)
		put_back_tell(job, fm_job_keep_lost(job) ? "lost" : "same");
	return true;
}

bool fm_job_keep_lost(const struct fm_job *job)
{
	for (size_t i = 0; i < job->part_count; i++) {
		if (job->parts[i].lost)
			return true;
	}
	return false;
}

/* A plan of the lost settings alone. */
static bool put_back_plan(struct fm_job *job, struct fm_image *image, struct fm_plan *ret_plan,
			  struct fm_error *err)
{
	struct fm_plan_input input = {
		.verb = "restore",
		.model = job->device.id,
		.chip = "",
		.protocol = job->loader->protocol,
		.image = image,
		.memory = &job->loader->memory,
		.can = (job->session.can & FM_CAN_ERASE) ? FM_PLAN_ERASE : 0,
		.fill = job->session.protocol->fill,
		.allow_config = true,
	};

	for (size_t i = 0; i < job->part_count; i++) {
		const struct fm_part *part = &job->parts[i];

		if (part->lost &&
		    !fm_image_add(image, part->region->range.space, part->region->range.addr,
				  part->data, part->len, err))
			return false;
	}
	return fm_plan_make(&input, ret_plan, err);
}

/* What is counted of the firmware stays as it is. */
bool fm_job_put_back(struct fm_job *job, struct fm_error *err)
{
	struct fm_plan firmware = job->plan, settings;
	struct fm_job_end end = job->end;
	FM_IMAGE_DONE struct fm_image image = { 0 };
	size_t pages = job->there_pages, blocks = job->there_blocks;
	bool good;

	if (!put_back_plan(job, &image, &settings, err))
		return false;
	job->plan = settings;
	job->there_pages = job->there_blocks = 0;
	good = (!(job->session.can & FM_CAN_ERASE) || fm_job_erase(job, err)) &&
	       fm_job_write(job, err) && fm_job_verify(job, err);
	end.retries = job->end.retries;
	end.changed = job->end.changed;
	job->end = end;
	job->plan = firmware;
	job->there_pages = pages;
	job->there_blocks = blocks;
	fm_plan_done(&settings);
	if (!good)
		return false;
	for (size_t i = 0; i < job->part_count; i++) {
		if (job->parts[i].lost)
			fm_job_note(job, "the settings in '%s' were lost and are put back",
				    job->parts[i].region->name);
		job->parts[i].lost = false;
	}
	put_back_tell(job, "put back");
	return true;
}

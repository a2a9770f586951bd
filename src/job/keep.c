/*
 * What a job must not lose: settings, which are read before and after, and the firmware that it
 * overwrites. Both are stored, durably, before the first byte of the unit is changed.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "job/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The plan writes or erases something of the region. */
static bool keep_planned(const struct fm_job *job, const struct fm_region *region)
{
	for (size_t i = 0; i < job->plan.page_count; i++) {
		if (fm_range_overlaps(&job->plan.pages[i].range, &region->range))
			return true;
	}
	return false;
}

static bool keep_is_firmware(const struct fm_job *job, const struct fm_region *region)
{
	if (!(region->flags & FM_REGION_WRITE) ||
	    (region->flags & (FM_REGION_PROTECTED | FM_REGION_CONFIG)))
		return false;
	return job->request.verb == FM_VERB_BACKUP || keep_planned(job, region);
}

static bool keep_readable(const struct fm_job *job, const struct fm_region *region)
{
	return (job->session.can & FM_CAN_READ) &&
	       (region->range.space != FM_SPACE_EEPROM || (job->session.can & FM_CAN_EEPROM));
}

static bool keep_stores(const struct fm_job *job)
{
	return job->recorded &&
	       (job->request.backup != FM_BACKUP_NONE || job->request.verb == FM_VERB_BACKUP);
}

/* Another job of the same unit has stored what was there before; what there is now is no firmware,
 * but what that job left. Unless it runs: then somebody may have written it since by other means.
 */
static bool keep_firmware_is_left(const struct fm_job *job)
{
	return job->before.id && (job->before_same_id || job->there_pages > 0) &&
	       !fm_job_ran_before(job);
}

/* Half of a firmware may run, too: where it begins as that job's it is stored, but is none that a
 * rollback takes by itself. */
static bool keep_may_be_half(const struct fm_job *job)
{
	return job->before.id && (job->there_pages > 0 || !fm_job_ran_before(job));
}

/* Regions that are to be read, in the order of the memory. */
static void keep_choose(struct fm_job *job)
{
	const struct fm_memory *memory = &job->loader->memory;

	fm_job_keep_done(job);
	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *region = &memory->regions[i];
		struct fm_part part = { .region = region, .len = region->range.len };

		part.firmware = keep_is_firmware(job, region);
		part.kept = (region->flags & FM_REGION_CONFIG) && !keep_planned(job, region);
		if (part.firmware && (!keep_stores(job) || keep_firmware_is_left(job)))
			continue;
		if ((part.firmware || (region->flags & FM_REGION_CONFIG)) &&
		    keep_readable(job, region))
			job->parts[job->part_count++] = part;
	}
}

static uint64_t keep_total(const struct fm_job *job)
{
	uint64_t total = 0;

	for (size_t i = 0; i < job->part_count; i++)
		total += job->parts[i].len;
	return total;
}

bool fm_job_keep_wanted(struct fm_job *job)
{
	if (job->recorded) /* also to look what a job before has left */
		return true;
	keep_choose(job);
	return job->part_count > 0;
}

bool fm_job_keep_room(struct fm_job *job, struct fm_error *err)
{
	if (!keep_stores(job))
		return true;
	keep_choose(job);
	if (job->part_count == 0 && job->request.backup == FM_BACKUP_REQUIRED) {
		fm_fail(err, FM_UNSUPPORTED,
			"a backup is required, and this boot loader lets nothing be read");
		return fm_hint(err, "--no-backup goes without one; that is recorded");
	}
	return fm_store_backup_room(job->request.store, keep_total(job), err);
}

static bool keep_read_all(struct fm_job *job, struct fm_error *err)
{
	struct fm_reading reading = { 0, keep_total(job) };
	size_t kept = 0;

	for (size_t i = 0; i < job->part_count; i++) {
		struct fm_part part = job->parts[i];

		if (!fm_job_read_part(job, &part, &reading, &part.data, &part.len, err))
			return false;
		if (part.data && part.len)
			job->parts[kept++] = part;
		else
			free(part.data);
		job->parts[i].data = i < kept ? job->parts[i].data : NULL;
	}
	job->part_count = kept;
	return true;
}

static bool keep_blank(const struct fm_job *job, const struct fm_part *part)
{
	return fm_bytes_filled(part->data, part->len, job->session.protocol->fill);
}

/* The start of a region, laid over with what is written to a range that may leave it. */
static void keep_lay(const struct fm_part *part, uint8_t *after, const struct fm_range *range,
		     const uint8_t *data, uint8_t fill)
{
	uint64_t base = part->region->range.addr, from = range->addr, end = from + range->len;

	if (range->space != part->region->range.space || end <= base || from >= base + part->len)
		return;
	from = from > base ? from : base;
	end = end < base + part->len ? end : base + part->len;
	if (data)
		memcpy(after + (from - base), data + (from - range->addr), end - from);
	else
		memset(after + (from - base), fill, end - from);
}

/* What the job leaves there is what is there: nothing to go back to. An erase block may reach
 * behind the file, and take with it what a longer firmware has there. */
static bool keep_same_as_plan(const struct fm_job *job, const struct fm_part *part)
{
	const struct fm_plan *plan = &job->plan;
	const struct fm_range *range = &part->region->range;
	FM_FREE uint8_t *after = malloc(part->len + 1);

	if (!after || plan->page_count == 0 || job->request.verb == FM_VERB_ERASE)
		return false;
	memcpy(after, part->data, part->len);
	for (size_t i = 0; i < plan->erase_count; i++)
		keep_lay(part, after, &plan->erase[i].range, NULL, plan->fill);
	for (size_t i = 0; i < plan->page_count; i++) {
		const struct fm_plan_page *page = &plan->pages[i];

		if (fm_range_contains(range, &page->range) &&
		    page->range.addr + page->range.len > range->addr + part->len)
			return false;
		keep_lay(part, after, &page->range, plan->data + page->offset, plan->fill);
	}
	return memcmp(after, part->data, part->len) == 0;
}

static const char *keep_kind(const struct fm_job *job, const struct fm_part *part)
{
	if (part->firmware)
		return keep_may_be_half(job) ? "incomplete" : "firmware";
	return part->region->flags & FM_REGION_CALIBRATION ? "calibration" : "configuration";
}

/* Settings as the job before has stored them: that one may have lost them, and the unit has not
 * run its application since. Only of a unit that is the same for certain. */
static bool keep_from_before(struct fm_job *job, struct fm_part *part, struct fm_error *err)
{
	struct fm_backup_filter filter = { .job = job->before.id, .kind = keep_kind(job, part) };
	FM_FREE struct fm_backup *backups = NULL;
	FM_FREE uint8_t *data = NULL;
	size_t count, i = 0;

	if (!part->kept || !job->before_same_id || strcmp(job->before.unit_state, "unknown") == 0)
		return true;
	if (!fm_store_backups(job->request.store, &filter, &backups, &count, err))
		return false;
	while (i < count &&
	       (strcmp(backups[i].region, part->region->name) != 0 ||
		backups[i].addr != part->region->range.addr || backups[i].len != part->len))
		i++;
	if (i == count)
		return true;
	if (!fm_store_record_right(job->request.store, job->before.id, err) ||
	    !fm_store_backup_read(job->request.store, &backups[i], &data, err)) {
		fm_job_note(job, "settings of job %" PRId64 ": %s", job->before.id, err->text);
		fm_error_clear(err);
		return true;
	}
	if (memcmp(data, part->data, part->len) == 0)
		return true;
	fm_job_note(job, "'%s' is not what it was before job %" PRId64 ": it will be put back",
		    part->region->name, job->before.id);
	memcpy(part->data, data, part->len);
	return true;
}

static bool keep_store(struct fm_job *job, const struct fm_part *part, struct fm_error *err)
{
	const struct fm_range *range = &part->region->range;
	struct fm_backup backup = { .job = job->record.id, .addr = range->addr, .len = part->len };

	fm_text_copy(backup.kind, sizeof(backup.kind), keep_kind(job, part));
	fm_text_copy(backup.region, sizeof(backup.region), part->region->name);
	fm_text_copy(backup.space, sizeof(backup.space), fm_space_name(range->space));
	if (!fm_store_backup_add(job->request.store, &backup, part->data, err))
		return false;
	fm_job_note(job, "backup: %s '%s', %" PRIu64 " bytes, sha256 %.16s...", backup.kind,
		    part->region->name, part->len, backup.sha256);
	if (!strstr(job->end.backup, backup.kind)) {
		size_t len = strlen(job->end.backup);

		snprintf(job->end.backup + len, sizeof(job->end.backup) - len, "%s%s",
			 len ? ", " : "", backup.kind);
	}
	return true;
}

static bool keep_store_all(struct fm_job *job, struct fm_error *err)
{
	const char *why = "the unit cannot be read";

	job->end.backup[0] = '\0';
	for (size_t i = 0; i < job->part_count; i++) {
		struct fm_part *part = &job->parts[i];

		if (!keep_from_before(job, part, err))
			return false;
		/* nothing that anybody would want back */
		if (part->firmware && keep_blank(job, part))
			why = "the memory was blank";
		else if (part->firmware && keep_same_as_plan(job, part))
			why = "it is the same firmware";
		else if (keep_stores(job) && !keep_store(job, part, err))
			return false;
	}
	if (*job->end.backup)
		return true;
	if (!keep_stores(job))
		why = "not asked for";
	else if (keep_firmware_is_left(job))
		why = "the one of the job before counts";
	snprintf(job->end.backup, sizeof(job->end.backup), "none: %s", why);
	if (keep_stores(job))
		fm_job_note(job, "no backup (%s)", job->end.backup + strlen("none: "));
	return true;
}

/* Settings that nobody can look at: said, so that nobody takes them for looked at. */
static void keep_tell_unreadable(struct fm_job *job)
{
	const struct fm_memory *memory = &job->loader->memory;

	job->end.kept[0] = '\0';
	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *region = &memory->regions[i];

		if (!(region->flags & FM_REGION_CONFIG) || keep_readable(job, region))
			continue;
		snprintf(job->end.kept, sizeof(job->end.kept), "not compared: %s", region->name);
		fm_job_note(job,
			    "this boot loader lets the settings in '%s' not be read: neither "
			    "stored nor compared",
			    region->name);
	}
}

bool fm_job_keep(struct fm_job *job, struct fm_error *err)
{
	if (job->request.verb == FM_VERB_BACKUP && !(job->session.can & FM_CAN_READ))
		return fm_fail(err, FM_READ_PROTECTED, "the unit does not let its memory be read");
	if (job->request.verb != FM_VERB_BACKUP && !fm_job_resume(job, err))
		return false;
	keep_tell_unreadable(job);
	keep_choose(job);
	if (!keep_read_all(job, err) || !keep_store_all(job, err))
		return false;
	return job->request.verb != FM_VERB_BACKUP || strncmp(job->end.backup, "none", 4) != 0 ||
	       fm_fail(err, FM_FILE_EMPTY, "there is nothing to back up: the memory is blank");
}

void fm_job_keep_done(struct fm_job *job)
{
	for (size_t i = 0; i < job->part_count; i++)
		free(job->parts[i].data);
	memset(job->parts, 0, sizeof(job->parts));
	job->part_count = 0;
}

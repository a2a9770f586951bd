/* Which backup goes back into the unit, and whether it may. */
#include "base/scope.h"
#include "base/text.h"
#include "job/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct restore_choice {
	struct fm_record record; /* the job that stored it */
	unsigned since;          /* jobs that changed the unit after it without a backup */
	struct fm_backup *backups;
	size_t count;
};

static void restore_choice_done(struct restore_choice *choice)
{
	free(choice->backups);
}

static bool restore_none(const struct fm_job *job, const char *what, struct fm_error *err)
{
	fm_fail(err, FM_NO_BACKUP, "there is no backup of %s%s %s", job->device.id,
		*job->record.unit ? " unit" : " at",
		*job->record.unit ? job->record.unit : job->record.port);
	return fm_hint(err, "'flashmend history backups' lists what there is; %s", what);
}

/* The newest of this unit. */
static bool restore_newest(struct fm_job *job, const char *kind, struct restore_choice *ret,
			   struct fm_error *err)
{
	return fm_store_backup_before(job->request.store, &job->record, kind, &ret->record,
				      &ret->since, err) ||
	       (err->code == FM_OK && restore_none(job, "name one with 'flashmend restore'", err));
}

static bool restore_record(struct fm_job *job, int64_t id, struct restore_choice *ret,
			   struct fm_error *err)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	size_t count;

	return fm_store_get(job->request.store, id, &ret->record, &phases, &count, err);
}

static bool restore_list(struct fm_job *job, const struct fm_backup_filter *filter,
			 struct restore_choice *ret, struct fm_error *err)
{
	size_t kept = 0;

	if (!fm_store_backups(job->request.store, filter, &ret->backups, &ret->count, err))
		return false;
	for (size_t i = 0; i < ret->count; i++) {
		/* what a job had left half written is only written back when it is named */
		if (filter->sha256 || strcmp(ret->backups[i].kind, "incomplete") != 0)
			ret->backups[kept++] = ret->backups[i];
	}
	ret->count = kept;
	if (kept)
		return true;
	if (filter->job)
		return fm_fail(err, FM_NO_BACKUP, "job %" PRId64 " has stored no backup",
			       filter->job);
	return fm_fail(err, FM_NO_BACKUP, "no backup's hash begins with %s", filter->sha256);
}

/* One content may be there several times, of several units: this unit's, else the newest. */
static bool restore_by_hash(struct fm_job *job, struct restore_choice *ret, struct fm_error *err)
{
	struct fm_backup_filter filter = { .sha256 = job->request.restore_sha256 };
	size_t at = 0;

	if (!restore_list(job, &filter, ret, err))
		return false;
	for (size_t i = 0; i < ret->count; i++) {
		if (strcmp(ret->backups[i].sha256, ret->backups[0].sha256) != 0)
			return fm_fail(err, FM_AMBIGUOUS, "several backups' hashes begin with %s",
				       job->request.restore_sha256);
	}
	for (size_t i = 0; i < ret->count && *job->record.unit; i++) {
		if (strcmp(ret->backups[i].unit, job->record.unit) == 0) {
			at = i;
			break;
		}
	}
	ret->backups[0] = ret->backups[at];
	ret->count = 1;
	return restore_record(job, ret->backups[0].job, ret, err);
}

/* The same command that broke off before: it goes on with the backup that it had chosen, not with
 * what it has itself stored since. */
static bool restore_broke_off(const struct fm_job *job)
{
	return job->before.id && job->before.source &&
	       strcmp(job->before.verb, fm_verb_name(job->request.verb)) == 0;
}

static bool restore_find(struct fm_job *job, struct restore_choice *ret, struct fm_error *err)
{
	struct fm_backup_filter filter = { 0 };

	if (!job->request.store)
		return fm_fail(err, FM_NO_BACKUP, "without records there are no backups");
	if (*job->request.restore_sha256)
		return restore_by_hash(job, ret, err);
	if (!fm_job_look_back(job, err))
		return false;
	if (job->request.verb == FM_VERB_ROLLBACK)
		filter.kind = "firmware";
	else
		filter.job = job->request.restore_job;
	if (!filter.job && restore_broke_off(job))
		filter.job = job->before.source;
	if (filter.job ? !restore_record(job, filter.job, ret, err)
		       : !restore_newest(job, filter.kind, ret, err))
		return false;
	filter.job = ret->record.id;
	return restore_list(job, &filter, ret, err);
}

static void restore_tell(struct fm_job *job, struct fm_rule_result *rule)
{
	struct fm_event event = { .kind = FM_EVENT_RULE, .u.rule = *rule };

	fm_job_tell(job, &event);
	if (rule->verdict != FM_FITS)
		fm_job_accept(job, rule->rule);
}

/* A record that was changed may name another content, or another unit. */
static bool restore_whole(struct fm_job *job, int64_t id, struct fm_error *err)
{
	struct fm_rule_result rule = { .rule = "record", .verdict = FM_BLOCKED };

	if (fm_store_record_right(job->request.store, id, err))
		return true;
	if (err->code != FM_CHAIN)
		return false;
	fm_text_copy(rule.file_says, sizeof(rule.file_says), err->text);
	fm_text_copy(rule.unit_says, sizeof(rule.unit_says),
		     "nobody can say that this backup is of this unit");
	rule.verdict = job->request.allow_unit ? FM_WARN : FM_BLOCKED;
	rule.code = FM_BACKUP;
	restore_tell(job, &rule);
	if (rule.verdict == FM_WARN) {
		fm_error_clear(err);
		return true;
	}
	fm_fail(err, FM_BACKUP, "rule 'record': the backup: %s; %s", rule.file_says,
		rule.unit_says);
	return fm_hint(err, "Use a backup of another job ('flashmend history backups'); "
			    "--allow=unit writes this one all the same, and that is recorded");
}

/* Nothing but the port says that the newest backup's unit is this one: another may be attached
 * there by now. Whose settings they are, then only a person can say, who names the backup. */
static bool restore_by_port_alone(const struct fm_job *job, const struct restore_choice *choice)
{
	const struct fm_job_request *request = &job->request;

	if (request->restore_job || *request->restore_sha256 || request->allow_unit)
		return false;
	for (size_t i = 0; i < choice->count; i++) {
		if (strcmp(choice->backups[i].kind, "configuration") == 0 ||
		    strcmp(choice->backups[i].kind, "calibration") == 0)
			return true;
	}
	return false;
}

/* Is it this unit's? Settings of another one (its calibration, its keys) do harm. */
static bool restore_unit(struct fm_job *job, const struct restore_choice *choice,
			 struct fm_error *err)
{
	const struct fm_record *record = &choice->record;
	bool untold = false;
	struct fm_rule_result rule = { .rule = "unit", .verdict = FM_FITS };
	const char *unit = job->record.unit;

	snprintf(rule.file_says, sizeof(rule.file_says), "is of %.24s unit %.48s", record->model,
		 *record->unit ? record->unit : "(it tells no unique id)");
	snprintf(rule.unit_says, sizeof(rule.unit_says), "is %s unit %s", job->device.id,
		 *unit ? unit : "(it tells no unique id)");
	if (strcmp(record->model, job->device.id) != 0) {
		rule.verdict = FM_BLOCKED;
		rule.code = FM_BLOCKED_MODEL;
	} else if (*unit && *record->unit && strcmp(unit, record->unit) != 0) {
		rule.verdict = job->request.allow_unit ? FM_WARN : FM_BLOCKED;
		rule.code = FM_WRONG_UNIT;
	} else if (!*unit || !*record->unit) {
		untold = restore_by_port_alone(job, choice);
		rule.verdict = untold ? FM_BLOCKED : FM_WARN;
		rule.code = untold ? FM_WRONG_UNIT : FM_OK;
	}
	restore_tell(job, &rule);
	if (rule.verdict != FM_BLOCKED)
		return true;
	fm_fail(err, rule.code, "rule 'unit': the backup: %s; the unit: %s", rule.file_says,
		rule.unit_says);
	if (untold)
		fm_hint(err,
			"these are settings: if this is the unit of job %" PRId64
			", name it: 'flashmend restore %" PRId64 "'",
			record->id, record->id);
	else if (rule.code == FM_WRONG_UNIT)
		fm_hint(err, "--allow=unit writes it all the same, and that is recorded");
	return false;
}

static void restore_age(struct fm_job *job, const struct restore_choice *choice)
{
	struct fm_rule_result rule = { .rule = "backup", .verdict = FM_FITS };

	snprintf(rule.file_says, sizeof(rule.file_says), "of job %" PRId64 ", %.20s",
		 choice->record.id, choice->record.start_utc);
	fm_text_copy(rule.unit_says, sizeof(rule.unit_says), "no other job has written since");
	if (choice->since) {
		snprintf(rule.unit_says, sizeof(rule.unit_says),
			 "%u newer jobs have written it without a backup", choice->since);
		rule.verdict = FM_WARN;
	}
	restore_tell(job, &rule);
}

static bool restore_image(struct fm_job *job, const struct restore_choice *choice,
			  struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text sums = { 0 };

	fm_image_done(&job->image);
	fm_image_init(&job->image);
	for (size_t i = 0; i < choice->count; i++) {
		const struct fm_backup *backup = &choice->backups[i];
		FM_FREE uint8_t *data = NULL;
		enum fm_space space;

		if (!fm_space_parse(backup->space, &space))
			return fm_fail(err, FM_BACKUP, "a backup of a memory '%s'", backup->space);
		if (!fm_store_backup_read(job->request.store, backup, &data, err) ||
		    !fm_image_add(&job->image, space, backup->addr, data, backup->len, err))
			return false;
		fm_text_add(&sums, backup->sha256);
	}
	job->image.format = "backup";
	if (choice->count == 1)
		fm_text_copy(job->image.sha256, sizeof(job->image.sha256),
			     choice->backups[0].sha256);
	else
		fm_sha256(sums.data, sums.len, job->image.sha256);
	if (job->loader->family_count > 0)
		fm_image_set_family(&job->image, job->loader->families[0]);
	job->has_image = true;
	fm_job_version_of_image(job);
	return true;
}

bool fm_job_choose_backup(struct fm_job *job, struct fm_error *err)
{
	FM_CLEANUP(restore_choice_done) struct restore_choice choice = { 0 };

	job->record.allowed[0] = '\0';
	if (!restore_find(job, &choice, err) || !restore_whole(job, choice.record.id, err) ||
	    !restore_unit(job, &choice, err))
		return false;
	restore_age(job, &choice);
	if (!restore_image(job, &choice, err))
		return false;
	job->request.allow_config = true;
	job->record.source = choice.record.id;
	snprintf(job->record.file, sizeof(job->record.file), "backup of job %" PRId64,
		 choice.record.id);
	fm_text_copy(job->record.file_sha256, sizeof(job->record.file_sha256), job->image.sha256);
	return true;
}

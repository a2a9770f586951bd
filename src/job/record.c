/* A job's record: what is kept of it, and when. */
#include "base/text.h"
#include "job/private.h"

#include <stdio.h>
#include <string.h>

/* A unit that is known on USB is found there again in any of its modes; its serial port is only
 * there in some of them. A unit behind a bridge is where the bridge's port is. */
static void record_place(struct fm_job *job, struct fm_record *record)
{
	const struct fm_job_request *request = &job->request;
	struct fm_error ignored;

	if (fm_job_on_usb(job) && fm_job_look(job, &ignored) && fm_job_match(job))
		snprintf(record->port, sizeof(record->port), "usb %s", request->usb_path);
	else
		fm_text_copy(record->port, sizeof(record->port), request->port);
}

static void record_start(struct fm_job *job, struct fm_record *record)
{
	const struct fm_job_request *request = &job->request;

	fm_text_copy(record->verb, sizeof(record->verb), fm_verb_name(request->verb));
	fm_text_copy(record->model, sizeof(record->model), job->device.id);
	record_place(job, record);
	fm_text_copy(record->slot, sizeof(record->slot), request->slot);
	fm_job_person_record(job, record);
	fm_text_copy(record->file, sizeof(record->file), request->file);
	fm_text_copy(record->options, sizeof(record->options), request->options);
	if (job->has_image)
		fm_text_copy(record->file_sha256, sizeof(record->file_sha256), job->image.sha256);
	fm_text_copy(record->operator_name, sizeof(record->operator_name), request->operator_name);
	fm_text_copy(record->station, sizeof(record->station), request->station);
	fm_text_copy(record->ticket, sizeof(record->ticket), request->ticket);
	fm_text_copy(record->tool_version, sizeof(record->tool_version), PACKAGE_VERSION);
}

bool fm_job_record_begin(struct fm_job *job, struct fm_error *err)
{
	if (!job->request.store)
		return true;
	record_start(job, &job->record);
	if (job->request.dry_run)
		return true;
	job->recorded = fm_store_begin(job->request.store, &job->record, err);
	return job->recorded;
}

bool fm_job_record_update(struct fm_job *job, struct fm_error *err)
{
	struct fm_record *record = &job->record;

	fm_text_copy(record->version_before, sizeof(record->version_before),
		     job->end.version_before);
	fm_text_copy(record->version_expected, sizeof(record->version_expected),
		     *job->request.expect_version ? job->request.expect_version
						  : job->version_file);
	return !job->recorded || fm_store_update(job->request.store, record, err);
}

void fm_job_accept(struct fm_job *job, const char *rule)
{
	size_t len = strlen(job->record.allowed);

	snprintf(job->record.allowed + len, sizeof(job->record.allowed) - len, "%s%s",
		 len ? "," : "", rule);
}

static void record_fill(struct fm_job *job)
{
	const struct fm_job_end *end = &job->end;
	struct fm_record *record = &job->record;

	fm_text_copy(record->outcome, sizeof(record->outcome), fm_outcome_name(end->outcome));
	record->code = fm_error_info(end->code)->number;
	fm_text_copy(record->text, sizeof(record->text), end->error.text);
	fm_text_copy(record->hint, sizeof(record->hint), end->error.hint);
	fm_text_copy(record->unit_state, sizeof(record->unit_state),
		     fm_unit_state_name(end->unit_state));
	fm_text_copy(record->version_before, sizeof(record->version_before), end->version_before);
	fm_text_copy(record->version_after, sizeof(record->version_after), end->version_after);
	fm_text_copy(record->verify, sizeof(record->verify), end->verify);
	fm_text_copy(record->backup, sizeof(record->backup), end->backup);
	fm_text_copy(record->kept, sizeof(record->kept), end->kept);
	fm_text_copy(record->not_tested, sizeof(record->not_tested), end->not_tested);
	fm_text_copy(record->post_checks, sizeof(record->post_checks), end->post_checks);
	record->bytes_written = end->bytes_written;
	record->bytes_verified = end->bytes_verified;
	record->bytes_blank_proved = end->bytes_blank_proved;
	record->bytes_not_tested = end->bytes_not_tested;
	record->retries = end->retries;
}

/* A job whose end can't be recorded has not passed. */
void fm_job_record_end(struct fm_job *job)
{
	struct fm_error err;

	if (!job->recorded)
		return;
	job->phase = FM_PHASE_RECORD;
	record_fill(job);
	job->end.record = job->record.id;
	if (fm_store_end(job->request.store, &job->record, &err))
		return;
	if (job->end.code == FM_OK) {
		job->end.error = err;
		job->end.code = FM_RECORD;
		job->end.outcome = FM_OUTCOME_FAIL;
	} else {
		fm_job_note(job, "the end could not be recorded: %s", err.text);
	}
}

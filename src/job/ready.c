/* Is this computer ready for the job, and does it stay so? */
#include "base/scope.h"
#include "job/host.h"
#include "job/inhibit.h"
#include "job/private.h"

#include <stdio.h>

static const char *ready_sysfs(const struct fm_job *job)
{
	return job->request.sysfs ? job->request.sysfs : "/sys";
}

/* Told; the first one that fails is the error. err->code is FM_OK so far. */
static void ready_row(struct fm_job *job, const struct fm_host_row *row, enum fm_code code,
		      struct fm_error *err)
{
	fm_job_host(job, row);
	if (row->state == FM_BLOCKED && err->code == FM_OK)
		fm_fail(err, code, "%s: %s", row->name, row->text);
}

static void ready_rows(struct fm_job *job, struct fm_error *err)
{
	const char *port = fm_job_tty(job);
	struct fm_host_row row;

	fm_host_power(ready_sysfs(job), &row);
	ready_row(job, &row, FM_POWER, err);
	if (row.state == FM_WARN)
		fm_job_accept(job, row.name);
	if (job->request.state_folder) {
		fm_host_room(job->request.state_folder, &row);
		fm_job_host(job, &row); /* whether the backup has room, is asked with its length */
		fm_host_records(job->request.state_folder, &row);
		ready_row(job, &row, FM_RECORD, err);
	}
	if (fm_job_file_look(job, &row))
		ready_row(job, &row, FM_FILE_CHANGED, err);
	if (job->loader->wire == FM_WIRE_SERIAL && port &&
	    fm_host_bridge(ready_sysfs(job), port, &row))
		fm_job_host(job, &row);
}

static void ready_keep_awake(struct fm_job *job)
{
	struct fm_host_row row;
	char why[128];

	snprintf(why, sizeof(why), "%s is being written", job->device.name);
	fm_inhibit_sleep(why, &job->awake, &row);
	fm_job_host(job, &row);
}

void fm_job_ready_done(struct fm_job *job)
{
	fm_scope_close(&job->awake);
	job->awake = -1;
}

bool fm_job_ready(struct fm_job *job, struct fm_error *err)
{
	bool only_looks = job->request.verb == FM_VERB_CHECK || job->request.dry_run;
	struct fm_error found = { 0 };

	ready_rows(job, &found);
	if (found.code != FM_OK && job->request.verb != FM_VERB_CHECK) {
		*err = found;
		return false;
	}
	if (job->awake < 0)
		ready_keep_awake(job);
	/* who only looks wants to know whether sleep could be kept off, which nothing but trying
	 * tells */
	if (only_looks)
		fm_job_ready_done(job);
	return true;
}

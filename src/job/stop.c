/* When a job may still be stopped, and how. */
#include "job/private.h"

#define STOP_LONG_NS INT64_C(1000000000) /* a wait that was meant to be long */

bool fm_job_safe_point(struct fm_job *job, struct fm_error *err)
{
	if (!atomic_load(&job->stop))
		return true;
	if (!job->touching)
		return fm_fail(err, FM_CANCELLED, "stopped before the unit was changed");
	return fm_fail(err, FM_STOPPED, "stopped on request in phase %s",
		       fm_phase_name(job->phase));
}

bool fm_job_touch(struct fm_job *job, struct fm_error *err)
{
	if (!job->touching && !fm_job_file_same(job, err))
		return false;
	pthread_mutex_lock(&job->mutex);
	if (!atomic_load(&job->stop))
		job->touching = true;
	pthread_mutex_unlock(&job->mutex);
	if (!fm_job_safe_point(job, err))
		return false;
	job->state = FM_UNIT_PARTIAL;
	job->end.changed = true;
	return true;
}

bool fm_job_cancel(struct fm_job *job, enum fm_code code)
{
	bool in_time;

	pthread_mutex_lock(&job->mutex);
	in_time = !job->touching;
	if (in_time) {
		job->cancelled = code;
		atomic_store(&job->stop, true);
		atomic_store(&job->cancel, true);
	}
	pthread_mutex_unlock(&job->mutex);
	return in_time;
}

void fm_job_stop(struct fm_job *job)
{
	atomic_store(&job->stop, true);
}

int64_t fm_job_gives_up_ns(struct fm_job *job)
{
	int64_t until_ns = atomic_load(&job->wait.until_ns);
	int64_t waited_ns = fm_now_ns(fm_clock_real()) - atomic_load(&job->wait.begin_ns);

	return waited_ns >= STOP_LONG_NS ? until_ns : 0;
}

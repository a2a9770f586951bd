/* Will the job end in time? By what such jobs took before, else by what the wire can carry. */
#include "base/clock.h"
#include "base/scope.h"
#include "job/private.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define WINDOW_JOBS 20         /* how many of the newest are looked at */
#define WINDOW_FIXED_S 15      /* entering, restarting, asking the version */
#define WINDOW_USB_RATE 20000  /* bytes a second that any of them reaches */
#define WINDOW_ERASE_RATE 8192 /* 30 ms a KiB is usual, a tenth of a second slow */

/* Seconds of one that passed on this kind of unit, for as many bytes as this one has. */
static double window_of_record(const struct fm_job *job, const struct fm_record *record)
{
	double spent = (double)(record->end_mono_ns - record->start_mono_ns) / 1e9;
	double ratio = (double)job->plan.write_len / (double)record->bytes_written;

	return spent * (ratio > 1 ? ratio : 1);
}

/* The slowest of the newest; 0 = there are none. */
static bool window_by_history(struct fm_job *job, double *ret_s, struct fm_error *err)
{
	struct fm_history_filter filter = { .model = job->device.id,
					    .outcome = "PASS",
					    .newest = WINDOW_JOBS };
	FM_FREE struct fm_record *records = NULL;
	size_t count = 0;

	*ret_s = 0;
	if (!job->request.store)
		return true;
	if (!fm_store_list(job->request.store, &filter, &records, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct fm_record *record = &records[i];
		double spent;

		/* the monotonic clock knows nothing of a computer that was switched off */
		if (strcmp(record->verb, fm_verb_name(FM_VERB_FLASH)) != 0 ||
		    record->bytes_written == 0 || record->end_mono_ns <= record->start_mono_ns)
			continue;
		spent = window_of_record(job, record);
		*ret_s = spent > *ret_s ? spent : *ret_s;
	}
	return true;
}

/* Backup, write and verify, each once over the wire. */
static double window_by_wire(const struct fm_job *job)
{
	const struct fm_region *application = fm_memory_application(&job->loader->memory);
	unsigned baud = job->request.baud ? job->request.baud : job->loader->line.baud;
	double rate = WINDOW_USB_RATE, bytes = 2.0 * (double)job->plan.write_len;

	/* ten bits a byte, and a third of the time for answers */
	if (job->loader->wire == FM_WIRE_SERIAL && baud)
		rate = baud / 15.0;
	if (job->request.backup != FM_BACKUP_NONE && (job->session.can & FM_CAN_READ) &&
	    application)
		bytes += (double)application->range.len;
	return WINDOW_FIXED_S + bytes / rate + (double)job->plan.erase_len / WINDOW_ERASE_RATE;
}

static bool window_estimate(struct fm_job *job, double *ret_s, struct fm_error *err)
{
	if (!window_by_history(job, ret_s, err))
		return false;
	/* a quarter more: no two runs are alike */
	*ret_s = *ret_s > 0 ? *ret_s * 1.25 : window_by_wire(job);
	return true;
}

bool fm_job_window(struct fm_job *job, struct fm_error *err)
{
	int64_t left_s = job->request.not_after_s - (int64_t)time(NULL);
	double needs_s;

	if (!job->request.not_after_s)
		return true;
	if (!window_estimate(job, &needs_s, err))
		return false;
	if ((double)left_s >= needs_s)
		return true;
	if (left_s <= 0)
		fm_fail(err, FM_WINDOW, "--not-after has passed");
	else
		fm_fail(err, FM_WINDOW,
			"the job takes about %.0f s, and the window ends in %" PRId64 " s", needs_s,
			left_s);
	return fm_hint(err, "nothing was changed; start it earlier or in the next window");
}

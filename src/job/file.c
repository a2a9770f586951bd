/* The job's file on disk: is it still what was read? */
#include "image/read.h"
#include "job/host.h"
#include "job/private.h"

bool fm_job_file_look(const struct fm_job *job, struct fm_host_row *ret)
{
	const struct fm_job_file *file = &job->request.on_disk;

	if (!job->has_image || !*file->path)
		return false;
	fm_host_file(file->path, &file->stamp, file->sha256, ret);
	return true;
}

bool fm_job_file_same(struct fm_job *job, struct fm_error *err)
{
	struct fm_host_row row;
	char name[FM_SHOWN_NAME];

	if (!fm_job_file_look(job, &row) || row.state != FM_BLOCKED)
		return true;
	fm_job_host(job, &row);
	fm_shown_name(job->request.on_disk.path, name);
	return fm_fail(err, FM_FILE_CHANGED, "%s: %s", name, row.text);
}

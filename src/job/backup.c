/* Read the application's region into a file, or what is worth it into the store. */
#include "base/scope.h"
#include "job/private.h"

bool fm_job_backup(struct fm_job *job, struct fm_error *err)
{
	const struct fm_region *application = fm_memory_application(&job->loader->memory);
	FM_IMAGE_DONE struct fm_image image = { 0 };
	FM_FREE uint8_t *data = NULL;
	struct fm_reading reading = { 0 };
	struct fm_range range;

	if (job->request.verb != FM_VERB_BACKUP || !*job->request.backup_path)
		return fm_job_keep(job, err);
	fm_image_init(&image);
	if (!application)
		return fm_fail(err, FM_UNSUPPORTED, "the memory of this unit is not known");
	if (!(job->session.can & FM_CAN_READ))
		return fm_fail(err, FM_READ_PROTECTED, "the unit does not let its memory be read");
	range = application->range;
	data = malloc(range.len);
	if (!data)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a backup");
	reading.total = range.len;
	if (!fm_job_read_range(job, &range, &reading, data, err))
		return false;
	if (range.len == 0)
		return fm_fail(err, FM_READ_PROTECTED, "the unit gives nothing of its memory");
	if (!fm_image_add(&image, range.space, range.addr, data, range.len, err))
		return false;
	/* UF2: a boot loader takes only what names its family. */
	if (job->request.backup_format == &fm_format_uf2 && job->loader->family_count > 0)
		fm_image_set_family(&image, job->loader->families[0]);
	job->end.bytes_verified = 0;
	return fm_image_save(&image, job->request.backup_format, job->request.backup_path,
			     job->request.backup_replace, err);
}

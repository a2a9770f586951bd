/* Which version the image holds. */
#include "base/text.h"
#include "job/private.h"

void fm_job_version_of_image(struct fm_job *job)
{
	const struct fm_question *question = job->device.question;

	if (!job->has_image)
		return;
	if (!question || !question->in_image)
		fm_text_copy(job->version_file, sizeof(job->version_file), job->image.version);
	for (size_t i = 0;
	     question && question->in_image && i < job->image.count && !*job->version_file; i++) {
		const struct fm_segment *segment = &job->image.segments[i];

		fm_job_match_answer(question->in_image, question->in_image_group, segment->data,
				    segment->range.len, job->version_file,
				    sizeof(job->version_file));
	}
	if (job->request.release && !*job->version_file)
		fm_text_copy(job->version_file, sizeof(job->version_file),
			     job->request.release->version);
}

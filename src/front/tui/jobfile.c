#include "front/tui/jobfile.h"

#include "base/text.h"
#include "front/firmware/firmware.h"

#include <string.h>

void fm_jobfile_done(struct fm_jobfile *file)
{
	fm_package_done(&file->package);
	fm_image_done(&file->image);
	fm_text_done(&file->refused);
	*file = (struct fm_jobfile){ 0 };
}

/* What lies beside it. */
static void jobfile_trust(struct fm_jobfile *file)
{
	struct fm_keys keys = { 0 };

	if (fm_firmware_is_signed(file->path, &file->package, file->request))
		fm_firmware_keys(file->options->keys, &keys);
	if (keys.refused.data)
		fm_text_add(&file->refused, keys.refused.data);
	fm_firmware_trust(file->path, &file->package, &keys, file->request);
	fm_keys_done(&keys);
}

static bool jobfile_content(struct fm_jobfile *file)
{
	struct fm_job_request *request = file->request;
	struct fm_package *package = &file->package;

	/* before it is read: a change while it is read counts, too */
	fm_host_stamp(file->path, &request->on_disk.stamp);
	if (!fm_package_load(file->path, package, &file->err) ||
	    !fm_firmware_choose(package, file->options->catalog, request->model,
				file->chosen->release, request, &file->err) ||
	    !fm_package_image(package, request->release, &file->chosen->image, &file->image,
			      &file->err))
		return false;
	jobfile_trust(file);
	fm_text_copy(request->on_disk.path, sizeof(request->on_disk.path), file->path);
	fm_text_copy(request->on_disk.sha256, sizeof(request->on_disk.sha256), package->sha256);
	memcpy(file->sha256,
	       *package->sha256 && request->release ? package->sha256 : file->image.sha256,
	       sizeof(file->sha256));
	return true;
}

void fm_jobfile_read(void *jobfile)
{
	struct fm_jobfile *file = jobfile;

	file->good = jobfile_content(file);
}

void fm_jobfile_offer(void *jobfile)
{
	struct fm_jobfile *file = jobfile;

	fm_firmware_offer_path(file->request, &file->identity, file->options->library, &file->err);
}

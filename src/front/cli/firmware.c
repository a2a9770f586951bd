/* The firmware that a command is given: a bare image, or a package and one of its releases. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

/* Which of several units' firmware is meant can't be known before a unit is chosen. */
static bool firmware_component(const struct fm_package *package, const struct fm_component **ret,
			       struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text ids = { 0 };

	*ret = &package->components[0];
	if (package->component_count == 1)
		return true;
	for (size_t i = 0; i < package->component_count && ids.len < 120; i++)
		fm_text_addf(&ids, "%s%s", i ? ", " : "", package->components[i].id);
	fm_fail(err, FM_PACKAGE_RELEASE, "%s holds firmware for several kinds of units: %s",
		package->name, ids.data);
	return fm_hint(err, "Unpack it and give the firmware file that is for this unit.");
}

static bool firmware_release(const struct fm_cli *cli, const struct fm_package *package,
			     struct fm_job_request *request, struct fm_error *err)
{
	request->component = NULL;
	request->release = NULL;
	if (!package->bare)
		return firmware_component(package, &request->component, err) &&
		       fm_component_choose(request->component, cli->options.release,
					   &request->release, err);
	if (!cli->options.release)
		return true;
	return fm_fail(err, FM_USAGE, "%s is no package: --release can't choose from it",
		       package->name);
}

bool fm_cli_firmware(struct fm_cli *cli, const char *path, const struct fm_image_options *options,
		     struct fm_job_request *request, struct fm_image *image, struct fm_error *err)
{
	if (!cli->package.kind && !fm_package_load(path, &cli->package, err))
		return false;
	return firmware_release(cli, &cli->package, request, err) &&
	       fm_package_image(&cli->package, request->release, options, image, err);
}

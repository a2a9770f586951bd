/* The firmware that a command is given: a bare image, or a package and one of its releases. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"
#include "job/verdict_package.h"
#include "package/library.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

/* Of firmware for several models that of the one which -m names: without it none can be known
 * before a unit is chosen. */
static bool firmware_component(struct fm_cli *cli, const struct fm_component **ret,
			       struct fm_error *err)
{
	const struct fm_package *package = &cli->package;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	FM_TEXT_DONE struct fm_text ids = { 0 };

	*ret = &package->components[0];
	if (package->component_count == 1)
		return true;
	if (cli->options.model) {
		if (!fm_cli_catalog(cli, err) ||
		    !fm_catalog_load(cli->catalog, cli->options.model, &device, err))
			return false;
		*ret = fm_component_for_model(package->components, package->component_count,
					      &device);
		if (*ret)
			return true;
	}
	for (size_t i = 0; i < package->component_count && ids.len < 120; i++)
		fm_text_addf(&ids, "%s%s", i ? ", " : "", package->components[i].id);
	if (cli->options.model)
		return fm_fail(err, FM_BLOCKED_MODEL, "%s names no %s: it is for %s", package->name,
			       cli->options.model, ids.data);
	fm_fail(err, FM_PACKAGE_RELEASE, "%s holds firmware for several models: %s", package->name,
		ids.data);
	return fm_hint(err, "Say with -m/--model which one the unit is.");
}

static bool firmware_release(struct fm_cli *cli, struct fm_job_request *request,
			     struct fm_error *err)
{
	const struct fm_package *package = &cli->package;

	request->component = NULL;
	request->release = NULL;
	if (!package->bare)
		return firmware_component(cli, &request->component, err) &&
		       fm_component_choose(request->component, cli->options.release,
					   &request->release, err);
	if (!cli->options.release)
		return true;
	return fm_fail(err, FM_USAGE, "%s is no package: --release can't choose from it",
		       package->name);
}

/* "'a.cab' (1.1.0), then 'b.cab' (1.2.0)" */
static void firmware_steps(const struct fm_library_step *steps, size_t count, struct fm_text *ret)
{
	for (size_t i = 0; i < count; i++)
		fm_text_addf(ret, "%s'%s' (%s)", i ? ", then " : "", steps[i].entry->name,
			     steps[i].release->version);
}

/* In the library, else beside the file. */
void fm_cli_offer_path(const struct fm_job_request *request, const struct fm_identity *identity,
		       struct fm_error *err)
{
	const char *running = fm_identity_value(identity, FM_FACT_VERSION);
	FM_FREE char *file = strdup(request->file);
	char library[512];
	const char *folders[] = { library, file ? dirname(file) : "." };

	if (err->code != FM_BLOCKED_REQUIREMENT || !request->component || !*running)
		return;
	fm_cli_data_path(library, sizeof(library), "packages");
	for (size_t i = 0; i < FM_COUNT(folders); i++) {
		FM_LIBRARY_DONE struct fm_library found = { 0 };
		FM_TEXT_DONE struct fm_text text = { 0 };
		struct fm_library_step steps[FM_LIBRARY_STEPS_MOST];
		struct fm_error ignored;
		bool leads = false;
		size_t count = 0;

		if (fm_library_read(folders[i], &found, &ignored))
			count = fm_library_path(&found, request->component, request->release,
						running, steps, &leads);
		if (!leads || count == 0)
			continue;
		firmware_steps(steps, count, &text);
		fm_hint(err, "Write %s first, which leads there from %s; it lies in %s", text.data,
			running, folders[i]);
		return;
	}
}

bool fm_cli_firmware(struct fm_cli *cli, const char *path, const struct fm_image_options *options,
		     struct fm_job_request *request, struct fm_image *image, struct fm_error *err)
{
	if (!cli->package.kind && !fm_package_load(path, &cli->package, err))
		return false;
	return firmware_release(cli, request, err) &&
	       fm_package_image(&cli->package, request->release, options, image, err);
}

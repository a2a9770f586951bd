/* The firmware that a command is given: a bare image, or a package and one of its releases. */
#include "front/cli/cli.h"

#include "front/firmware/firmware.h"

bool fm_cli_firmware(struct fm_cli *cli, const char *path, struct fm_job_request *request,
		     struct fm_image *image, struct fm_error *err)
{
	if (!cli->package.kind && !fm_package_load(path, &cli->package, err))
		return false;
	if (cli->options.model && !fm_cli_catalog(cli, err))
		return false;
	return fm_firmware_choose(&cli->package, cli->catalog, cli->options.model,
				  cli->chosen.release, request, err) &&
	       fm_package_image(&cli->package, request->release, &cli->chosen.image, image, err);
}

void fm_cli_offer_path(const struct fm_job_request *request, const struct fm_identity *identity,
		       struct fm_error *err)
{
	char library[512];

	fm_cli_data_path(library, sizeof(library), "packages");
	fm_firmware_offer_path(request, identity, library, err);
}

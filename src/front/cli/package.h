/* Packages as the commands show them. */
#ifndef FM_FRONT_CLI_PACKAGE_H
#define FM_FRONT_CLI_PACKAGE_H

#include "front/cli/cli.h"
#include "package/package.h"

/* package_json.c. image: of a bare file, else NULL. */
json_t *fm_cli_package_json(const struct fm_package *package, const struct fm_image *image);
/* One file of the library: a package, or NULL and why it is none. */
json_t *fm_cli_package_list_json(const char *name, const struct fm_package *package,
				 const struct fm_error *why);

#endif

/* Packages as the commands show them. */
#ifndef FM_FRONT_CLI_PACKAGE_H
#define FM_FRONT_CLI_PACKAGE_H

#include "front/cli/cli.h"
#include "package/library.h"

/* package_json.c. image: of a bare file, else NULL. */
json_t *fm_cli_package_json(const struct fm_package *package, const struct fm_image *image);
json_t *fm_cli_library_json(const struct fm_library_entry *entry);

#endif

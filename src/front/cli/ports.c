/* Ports that the system does not list: ptys of simulators and emulators, remote ones. */
#include "front/cli/cli.h"

#include "base/scope.h"

#include <stdlib.h>

bool fm_cli_ports_add(struct fm_cli *cli, struct fm_error *err)
{
	const struct fm_entry *entry;

	if (cli->argc < 2)
		return fm_fail(err, FM_USAGE, "'ports add' needs a path and a model");
	if (cli->argv[0][0] != '/')
		return fm_fail(err, FM_USAGE, "the path of a port starts with '/': '%s'",
			       cli->argv[0]);
	if (!fm_cli_catalog(cli, err) || !fm_cli_store(cli, true, err))
		return false;
	entry = fm_catalog_find(cli->catalog, cli->argv[1]);
	if (!entry)
		return fm_fail(err, FM_UNKNOWN_MODEL, "no definition is called '%s'", cli->argv[1]);
	return fm_store_port_add(cli->store, cli->argv[0], entry->id, err);
}

bool fm_cli_ports_remove(struct fm_cli *cli, struct fm_error *err)
{
	if (cli->argc < 1)
		return fm_fail(err, FM_USAGE, "'ports remove' needs a path");
	return fm_cli_store(cli, true, err) && fm_store_port_remove(cli->store, cli->argv[0], err);
}

bool fm_cli_ports_list(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE struct fm_added_port *ports = NULL;
	size_t count = 0;

	if (!fm_cli_store(cli, false, err))
		return false;
	if (cli->store && !fm_store_ports(cli->store, &ports, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (cli->options.json)
			fm_cli_json(json_pack("{s:s, s:s}", "port", ports[i].path, "model",
					      ports[i].model),
				    "port");
		else
			printf("%-32s %s\n", ports[i].path, ports[i].model);
	}
	return true;
}

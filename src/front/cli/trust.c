/* What is known of a firmware file beside its content: who signed it, and its checksums. */
#include "front/cli/cli.h"

#include "front/firmware/firmware.h"

#include <stdlib.h>
#include <string.h>

static void trust_tell_refused(struct fm_cli *cli)
{
	const char *at = cli->keys->refused.data;

	for (size_t len; at && *at; at += len + 1) {
		len = strcspn(at, "\n");
		fm_cli_message(cli, "key left out: %.*s", (int)len, at);
	}
}

/* Once; both of a flash's two readings of the file use them. */
static void trust_keys(struct fm_cli *cli)
{
	char user[512];

	if (cli->keys)
		return;
	cli->keys = malloc(sizeof(*cli->keys));
	if (!cli->keys)
		abort();
	fm_cli_config_path(user, sizeof(user), "keys");
	fm_firmware_keys(user, cli->keys);
	trust_tell_refused(cli);
}

void fm_cli_trust(struct fm_cli *cli, const char *path, struct fm_job_request *request)
{
	if (fm_firmware_is_signed(path, &cli->package, request))
		trust_keys(cli);
	fm_firmware_trust(path, &cli->package, cli->keys, request);
}

void fm_cli_trust_done(struct fm_cli *cli)
{
	if (cli->keys)
		fm_keys_done(cli->keys);
	free(cli->keys);
	cli->keys = NULL;
}

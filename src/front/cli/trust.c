/* What is known of a firmware file beside its content: who signed it, and its checksums. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "package/signature.h"
#include "package/sums.h"

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
	const char *folders[] = { "/etc/flashmend/keys", user };

	if (cli->keys)
		return;
	cli->keys = malloc(sizeof(*cli->keys));
	if (!cli->keys)
		abort();
	fm_cli_config_path(user, sizeof(user), "keys");
	fm_keys_load(folders, FM_COUNT(folders), cli->keys);
	trust_tell_refused(cli);
}

void fm_cli_trust(struct fm_cli *cli, const char *path, const uint8_t *data, size_t len,
		  struct fm_job_request *request)
{
	static const struct fm_keys none;

	request->signing = cli->options.signing;
	if (!data)
		return;
	if (fm_signature_is_beside(path))
		trust_keys(cli);
	fm_signature_check(path, data, len, cli->keys ? cli->keys : &none, &request->signature);
	fm_sums_check(path, data, len, &request->sums);
}

void fm_cli_trust_done(struct fm_cli *cli)
{
	if (cli->keys)
		fm_keys_done(cli->keys);
	free(cli->keys);
	cli->keys = NULL;
}

/* How a command on a unit ended: what was proved, and the line that scripts look for. */
#include "front/cli/cli.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void result_result(const struct fm_cli *cli, const struct fm_job_request *request,
			  const struct fm_job_end *end)
{
	char code[16] = "OK", port[sizeof(request->port)];

	if (cli->options.json)
		return;
	/* one word, as -d takes it: "usb:1-1.4" */
	fm_text_copy(port, sizeof(port), request->port);
	if (strncmp(port, "usb ", 4) == 0)
		port[3] = ':';
	if (end->code != FM_OK)
		snprintf(code, sizeof(code), "E%d", fm_error_info(end->code)->number);
	if (end->outcome == FM_OUTCOME_NONE)
		printf("RESULT NONE %s\n", code);
	else
		printf("RESULT %s %s@%s %s\n", fm_outcome_name(end->outcome), request->model, port,
		       code);
}

static void result_proof(const struct fm_cli *cli, const struct fm_job_end *end)
{
	if (end->bytes_written)
		fm_cli_message(cli, "written   %" PRIu64 " bytes, %u retries", end->bytes_written,
			       end->retries);
	if (end->bytes_verified)
		fm_cli_message(cli, "proved    %" PRIu64 " bytes by %s", end->bytes_verified,
			       strcmp(end->verify, "hash") == 0 ? "the device's checksum"
								: "reading back");
	if (*end->version_after)
		fm_cli_message(cli, "version   %s, said by the unit itself (before: %s)",
			       end->version_after, fm_cli_or_dash(end->version_before));
	if (*end->post_checks)
		fm_cli_message(cli, "checked   %s", end->post_checks);
	if (end->bytes_not_tested && strcmp(end->verify, "status") == 0)
		fm_cli_message(cli,
			       "untested  %" PRIu64
			       " bytes: taken by the boot loader, which lets nothing be read back",
			       end->bytes_not_tested);
	else if (end->bytes_not_tested && strcmp(end->verify, "restart") == 0)
		fm_cli_message(cli,
			       "untested  %" PRIu64
			       " bytes: the boot loader lets nothing be read back and says no more "
			       "than that it restarts",
			       end->bytes_not_tested);
	else if (end->bytes_not_tested)
		fm_cli_message(cli,
			       "untested  %" PRIu64 " blank bytes behind the %" PRIu64
			       " that were read",
			       end->bytes_not_tested, end->bytes_blank_proved);
	if (*end->not_tested)
		fm_cli_message(cli, "untested  %s", end->not_tested);
	if (*end->backup)
		fm_cli_message(cli, "backup    %s", end->backup);
	if (*end->kept)
		fm_cli_message(cli, "settings  %s", end->kept);
	if (*end->slot)
		fm_cli_message(cli, "slot      %s", end->slot);
	if (end->record)
		fm_cli_message(cli, "record    %lld", (long long)end->record);
}

bool fm_cli_job_end(struct fm_cli *cli, const struct fm_job_request *request,
		    const struct fm_cli_outcome *outcome, struct fm_error *err)
{
	const struct fm_job_end *end = &outcome->end;

	result_proof(cli, end);
	if (end->code == FM_OK) {
		if (cli->options.error_on_noop && !end->changed) {
			fm_fail(err, FM_NOOP, "the unit holds this firmware already");
			if (!cli->options.json)
				printf("RESULT NONE E%d\n", fm_error_info(FM_NOOP)->number);
			return false;
		}
		result_result(cli, request, end);
		return true;
	}
	*err = end->error;
	err->code = end->code;
	fm_cli_offer_path(request, &outcome->identity, err);
	fm_cli_message(cli, "the unit's state: %s", fm_unit_state_name(end->unit_state));
	result_result(cli, request, end);
	return false;
}

bool fm_cli_fail_before(const struct fm_cli *cli, const struct fm_error *err)
{
	if (!cli->options.json)
		printf("RESULT NONE E%d\n", fm_error_info(err->code)->number);
	return false;
}

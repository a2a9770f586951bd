/* Which unit is meant. */
#include "front/cli/cli.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"
#include "front/row/row.h"

#include <stdlib.h>
#include <string.h>

#define SELECT_AGAIN_MS 200

bool fm_cli_scan(struct fm_cli *cli, struct fm_seen **ret_seen, size_t *ret_count,
		 struct fm_error *err)
{
	return fm_cli_catalog(cli, err) &&
	       fm_row_scan(cli->catalog, cli->store, ret_seen, ret_count, err);
}

static bool select_once(struct fm_cli *cli, struct fm_job_request *request, struct fm_error *err)
{
	struct fm_selector selector = { cli->options.device, cli->options.model };
	FM_FREE struct fm_seen *seen = NULL;
	struct fm_seen chosen;
	size_t count;

	if (!fm_cli_scan(cli, &seen, &count, err) ||
	    !fm_scan_select(cli->catalog, seen, count, &selector, &chosen, request->model, err))
		return false;
	if (cli->options.device && strlen(cli->options.device) >= sizeof(request->port))
		return fm_fail(err, FM_USAGE, "the path of the port is longer than %zu characters",
			       sizeof(request->port) - 1);
	fm_text_copy(request->port, sizeof(request->port), chosen.path);
	fm_text_copy(request->usb_path, sizeof(request->usb_path), chosen.usb_path);
	fm_text_copy(request->slot, sizeof(request->slot), chosen.slot);
	/* of a device that came while the lists were made only the port is known */
	if (chosen.usb.address)
		request->seen = chosen.usb;
	return true;
}

bool fm_cli_select(struct fm_cli *cli, struct fm_job_request *request, struct fm_error *err)
{
	FM_CLEANUP(fm_cli_wait_end) struct fm_cli_wait wait;
	struct fm_clock *clock = fm_clock_real();
	int64_t start_ns = fm_now_ns(clock);
	bool told = false;

	fm_cli_wait_begin(&wait);
	while (!select_once(cli, request, err)) {
		if (err->code != FM_NO_UNIT || cli->options.wait_ms < 0)
			return false;
		if ((fm_now_ns(clock) - start_ns) / 1000000 >= cli->options.wait_ms) {
			char text[sizeof(err->text)];

			fm_text_copy(text, sizeof(text), err->text);
			return fm_fail(err, FM_WAIT, "waited %lld s: %s",
				       (long long)(cli->options.wait_ms / 1000), text);
		}
		if (!told)
			fm_cli_message(cli, "waiting: %s", err->text);
		told = true;
		if (!fm_cli_wait_ms(&wait, SELECT_AGAIN_MS, err))
			return false;
	}
	request->catalog = cli->catalog;
	return true;
}

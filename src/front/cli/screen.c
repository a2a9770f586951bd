/* flashmend without a command: the terminal UI where the terminal can show it. */
#include "front/cli/cli.h"

#include "base/text.h"
#include "front/tui/tui.h"

#include <libgen.h>
#include <string.h>
#include <unistd.h>

/* The user's packages, or the folder that the program was started in. */
static void screen_folder(char *ret, size_t size)
{
	fm_cli_data_path(ret, size, "packages");
	if (access(ret, R_OK | X_OK) != 0 && !getcwd(ret, size))
		fm_text_copy(ret, size, ".");
}

static bool screen_tui(struct fm_cli *cli, struct fm_error *err)
{
	char state[512], folder[512], library[512], keys[512];
	struct fm_tui_options options = {
		.state_folder = state,
		.folder = folder,
		.library = library,
		.keys = keys,
		.choices = &cli->options.choices,
		.config = cli->options.config,
		.ascii = cli->options.ascii,
		.color = fm_cli_colored(cli, stdout),
	};
	struct fm_error reading;
	bool quiet = cli->options.quiet;

	fm_cli_state_path(state, sizeof(state), "records.sqlite");
	dirname(state);
	screen_folder(folder, sizeof(folder));
	fm_cli_data_path(library, sizeof(library), "packages");
	fm_cli_config_path(keys, sizeof(keys), "keys");
	cli->options.quiet = true; /* the screens tell of units in doubt themselves */
	if (!fm_cli_catalog(cli, err))
		return false;
	if (!fm_cli_store(cli, true, &options.store_err)) {
		fm_store_close(cli->store), cli->store = NULL;
		/* what is known of the units is true all the same */
		if (!fm_cli_store(cli, false, &reading))
			fm_store_close(cli->store), cli->store = NULL;
	}
	cli->options.quiet = quiet;
	cli->options.verbose = false; /* nothing may print into the screens; --log-file stays */
	options.catalog = cli->catalog;
	options.store = cli->store;
	return fm_tui_run(&options, err);
}

bool fm_cli_screen(struct fm_cli *cli, struct fm_error *err)
{
	if (cli->options.ui == FM_UI_PLAIN)
		return fm_cli_plain(cli, err);
	if (fm_tui_possible())
		return screen_tui(cli, err);
	if (cli->options.ui == FM_UI_AUTO)
		return fm_cli_plain(cli, err);
	fm_fail(err, FM_USAGE, "this terminal cannot show screens");
	return fm_hint(err, "use --ui=plain, or set TERM to what the terminal is");
}

/* Where things are: the XDG folders, the installed definitions, the user's own. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without an absolute HOME the one of the user's account; "/nonexistent" fails later, with a
 * message. */
static const char *path_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && *home == '/')
		return home;
	user = getpwuid(geteuid());
	return user && user->pw_dir ? user->pw_dir : "/nonexistent";
}

/* $variable/flashmend/name, or $HOME/fallback/flashmend/name. */
static void path_xdg(char *ret, size_t size, const char *variable, const char *fallback,
		     const char *name)
{
	const char *folder = getenv(variable);

	if (folder && *folder == '/')
		snprintf(ret, size, "%s/flashmend/%s", folder, name);
	else
		snprintf(ret, size, "%s/%s/flashmend/%s", path_home(), fallback, name);
}

void fm_cli_state_path(char *ret, size_t size, const char *name)
{
	path_xdg(ret, size, "XDG_STATE_HOME", ".local/state", name);
}

void fm_cli_config_path(char *ret, size_t size, const char *name)
{
	path_xdg(ret, size, "XDG_CONFIG_HOME", ".config", name);
}

void fm_cli_data_path(char *ret, size_t size, const char *name)
{
	path_xdg(ret, size, "XDG_DATA_HOME", ".local/share", name);
}

/*
 * The installed definitions; where there are none those of a copied tree, or of the source tree
 * that the program was built in.
 */
static void path_devices(char *ret, size_t size)
{
	static const char *const beside[] = { "../share/flashmend/devices", "../../devices" };
	const char *named = getenv("FLASHMEND_DEVICES");
	char program[400], schema[600];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	snprintf(ret, size, "%s", named && *named ? named : FM_DEVICES_DIR);
	program[len > 0 ? len : 0] = '\0';
	slash = strrchr(program, '/');
	if ((named && *named) || access(ret, F_OK) == 0 || !slash)
		return;
	*slash = '\0';
	for (size_t i = 0; i < FM_COUNT(beside); i++) {
		snprintf(schema, sizeof(schema), "%s/%s/device.rng", program, beside[i]);
		if (access(schema, R_OK) == 0) {
			snprintf(ret, size, "%s/%s", program, beside[i]);
			return;
		}
	}
}

bool fm_cli_catalog(struct fm_cli *cli, struct fm_error *err)
{
	char installed[512], user[512], schema[640];
	const char *dirs[] = { installed };
	const char *user_dirs[] = { "/etc/flashmend/devices", user };
	struct fm_catalog_options options = {
		.dirs = dirs,
		.dir_count = FM_COUNT(dirs),
		.user_dirs = user_dirs,
		.user_dir_count = FM_COUNT(user_dirs),
		.schema = schema,
		.params = fm_job_protocol_params,
	};
	const char *const *problems;
	size_t count;

	if (cli->catalog)
		return true;
	path_devices(installed, sizeof(installed));
	fm_cli_data_path(user, sizeof(user), "devices");
	snprintf(schema, sizeof(schema), "%s/device.rng", dirs[0]);
	if (!fm_catalog_open(&options, &cli->catalog, err))
		return false;
	count = fm_catalog_problems(cli->catalog, &problems);
	for (size_t i = 0; i < count; i++)
		fm_cli_message(cli, "definition left out: %s", problems[i]);
	return true;
}

/* One content of a job, or all that it stored: a number would say the second. */
static bool store_restored_one(const struct fm_cli *cli, const struct fm_record *record)
{
	struct fm_backup_filter filter = { .sha256 = record->file_sha256 };
	FM_FREE struct fm_backup *backups = NULL;
	struct fm_error ignored;
	size_t count = 0;

	return *record->file_sha256 &&
	       fm_store_backups(cli->store, &filter, &backups, &count, &ignored) && count > 0;
}

/* What is written: a file, or a backup. */
static void store_add_what(const struct fm_cli *cli, const struct fm_record *record, bool there,
			   struct fm_text *line)
{
	if (strcmp(record->verb, "rollback") == 0)
		return;
	fm_text_add(line, " ");
	if (strcmp(record->verb, "restore") == 0 && store_restored_one(cli, record))
		fm_text_addf(line, "%.16s", record->file_sha256);
	else if (strcmp(record->verb, "restore") == 0)
		fm_text_addf(line, "%lld", (long long)record->source);
	else if (there)
		fm_text_add_quoted(line, record->file);
	else
		fm_text_add(line, "FILE");
}

/* The same command again, as it can be typed; the file lies where it lay. */
static void store_tell_way(struct fm_cli *cli, const struct fm_record *record)
{
	bool backup = strcmp(record->verb, "restore") == 0 || strcmp(record->verb, "rollback") == 0;
	bool there = access(record->file, F_OK) == 0;
	FM_TEXT_DONE struct fm_text line = { 0 }, port = { 0 };

	fm_text_addf(&port, "port:%s", record->port);
	fm_text_addf(&line, "flashmend %s -m %s -d ", backup ? record->verb : "flash",
		     record->model);
	fm_text_add_quoted(&line, port.data);
	if (*record->options)
		fm_text_addf(&line, " %s", record->options);
	store_add_what(cli, record, there, &line);
	fm_cli_message(cli, "  to bring it back: %s", line.data);
	if (!backup && !there && *record->file)
		fm_cli_message(
			cli,
			"  FILE was %s, which is not there now (its firmware: sha256 %.16s...)",
			record->file, record->file_sha256);
}

static void store_tell_doubt(struct fm_cli *cli)
{
	FM_FREE struct fm_record *records = NULL;
	struct fm_error err;
	size_t count;

	if (!fm_store_in_doubt(cli->store, &records, &count, &err)) {
		fm_cli_message(cli, "units in doubt are not known: %s", err.text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct fm_record *record = &records[i];

		fm_cli_message(
			cli,
			"ATTENTION: %s%s%s on %s was left %s: job %lld (%s) ended %s in phase %s, "
			"%s",
			record->model, *record->unit ? " unit " : "", record->unit, record->port,
			record->unit_state, (long long)record->id, record->verb, record->outcome,
			record->last_phase, record->end_utc);
		store_tell_way(cli, record);
	}
}

bool fm_cli_store(struct fm_cli *cli, bool create, struct fm_error *err)
{
	char path[512];

	if (cli->store)
		return true;
	fm_cli_state_path(path, sizeof(path), "records.sqlite");
	if (!fm_store_open(path, create, &cli->store, err) ||
	    !fm_store_close_dead(cli->store, fm_error_info(FM_INTERRUPTED)->number, err))
		return false;
	store_tell_doubt(cli);
	return true;
}

void fm_cli_store_if_any(struct fm_cli *cli)
{
	struct fm_error err;

	if (!fm_cli_store(cli, false, &err))
		fm_cli_message(cli, "records left out: %s", err.text);
}

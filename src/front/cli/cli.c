#include "front/cli/cli.h"

#include "base/log.h"
#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <libgen.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct fm_cli_command fm_cli_commands[] = {
	{ "list", "", "units attached (nothing is opened)", "", 0, fm_cli_list },
	{ "watch", "", "units that come and go, until interrupted", "wait", 0, fm_cli_watch },
	{ "info", "", "ask one unit what it is and what runs on it", "device model wait", 0,
	  fm_cli_info },
	{ "blink", "", "make one unit show itself, where its definition says how",
	  "device model wait", 0, fm_cli_blink },
	{ "check", "FILE", "does the file fit the unit: all verdicts, nothing is changed",
	  "device model firmware wait format answer", 1, fm_cli_check },
	{ "flash", "FILE", "write the file, prove it, restart the unit and ask its version",
	  "device model firmware dry-run yes answer wait format error-on-noop no-backup", 1,
	  fm_cli_flash },
	{ "verify", "FILE", "compare the unit with the file", "device model firmware wait format",
	  1, fm_cli_verify },
	{ "backup", "", "read the unit into the store, or its application into a file",
	  "device model output format replace wait", 0, fm_cli_backup },
	{ "erase", "", "erase the unit's application",
	  "device model dry-run yes answer wait no-backup", 0, fm_cli_erase },
	{ "restore", "[BACKUP|JOB]", "write a backup: the unit's newest, one, or all of a job",
	  "device model dry-run yes answer wait no-backup", 1, fm_cli_restore },
	{ "rollback", "", "write the firmware that was there before the unit's last job",
	  "device model dry-run yes answer wait no-backup", 0, fm_cli_rollback },
	{ "package inspect", "FILE", "what a package or an image says of itself", "format", 1,
	  fm_cli_package_inspect },
	{ "package list", "[FOLDER]", "packages in a folder (the library)", "model", 1,
	  fm_cli_package_list },
	{ "catalog list", "", "all device definitions", "", 0, fm_cli_catalog_list },
	{ "catalog show", "ID", "one definition", "", 1, fm_cli_catalog_show },
	{ "catalog lint", "FILE...", "check definition files", "", 1000, fm_cli_catalog_lint },
	{ "catalog udev", "", "rules for udev: who may open units", "", 0, fm_cli_catalog_udev },
	{ "history list", "", "records of jobs, newest first",
	  "device model result unit slot since until limit", 0, fm_cli_history_list },
	{ "history show", "ID", "one record with its phases", "", 1, fm_cli_history_show },
	{ "history units", "", "records counted by unit: yield and codes",
	  "device model result unit slot since until limit", 0, fm_cli_history_units },
	{ "history slots", "", "records counted by slot: yield and codes",
	  "device model result unit slot since until limit", 0, fm_cli_history_slots },
	{ "history export", "", "records as JSON, CSV or JUnit XML",
	  "device model result unit slot since until limit format output replace", 0,
	  fm_cli_history_export },
	{ "history backups", "", "what was stored of units, newest first", "model unit", 0,
	  fm_cli_history_backups },
	{ "history verify", "", "check the chain of records", "after", 0, fm_cli_history_verify },
	{ "ports add", "PATH MODEL", "a port that the system does not list", "", 2,
	  fm_cli_ports_add },
	{ "ports remove", "PATH", "forget such a port", "", 1, fm_cli_ports_remove },
	{ "ports list", "", "the ports that were added, and the slots", "", 0, fm_cli_ports_list },
	{ "ports label", "PORT NAME", "call a port a slot: a short name that stays", "", 2,
	  fm_cli_ports_label },
	{ "ports unlabel", "PORT|NAME", "take the name of a slot back", "", 1,
	  fm_cli_ports_unlabel },
	{ "doctor", "", "rights, groups, rival programs: each with the fix", "", 0, fm_cli_doctor },
	{ 0 },
};

static void cli_log_sink(enum fm_log_level level, const char *line, void *user)
{
	static const char *const names[] = { "error", "note", "debug" };
	const struct fm_cli *cli = user;

	if (cli->log) {
		struct timespec now;
		struct tm utc;
		char stamp[32];

		clock_gettime(CLOCK_REALTIME, &now);
		gmtime_r(&now.tv_sec, &utc);
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
		fprintf(cli->log, "%s.%03ldZ %s %s\n", stamp, now.tv_nsec / 1000000, names[level],
			line);
		fflush(cli->log);
	}
	if (cli->options.verbose)
		fprintf(stderr, "%s: %s\n", names[level], line);
}

static bool cli_start_log(struct fm_cli *cli, struct fm_error *err)
{
	if (cli->options.log_file) {
		cli->log = fopen(cli->options.log_file, "ae");
		if (!cli->log)
			return fm_fail_os(err, FM_CONFIG, errno, "log file %s",
					  cli->options.log_file);
	}
	if (cli->log || cli->options.verbose)
		fm_log_to(cli_log_sink, cli, FM_LOG_DEBUG);
	return true;
}

static void cli_done(struct fm_cli *cli)
{
	fm_log_to(NULL, NULL, FM_LOG_ERROR);
	fm_catalog_free(cli->catalog);
	fm_cli_trust_done(cli);
	fm_store_close(cli->store);
	fm_package_done(&cli->package);
	json_decref(cli->config);
	if (cli->log)
		fclose(cli->log);
}

/* Commands whose last line on stdout tells a result, also when they are refused before they run. */
static bool cli_refused(const struct fm_cli *cli, const struct fm_cli_command *command,
			const struct fm_error *err)
{
	static const struct {
		bool (*run)(struct fm_cli *cli, struct fm_error *err);
	} tell[] = {
		{ fm_cli_flash }, { fm_cli_verify },  { fm_cli_backup },
		{ fm_cli_erase }, { fm_cli_restore }, { fm_cli_rollback },
	};

	for (size_t i = 0; command && i < FM_COUNT(tell); i++) {
		if (command->run == tell[i].run)
			return fm_cli_fail_before(cli, err);
	}
	return false;
}

static bool cli_run(struct fm_cli *cli, int argc, char **argv, struct fm_error *err)
{
	const struct fm_cli_command *command = NULL;

	if (!fm_cli_parse(cli, argc, argv, &command, err))
		return cli_refused(cli, command, err);
	fm_cli_state_path(cli->state_folder, sizeof(cli->state_folder), "records.sqlite");
	dirname(cli->state_folder);
	if (cli->options.version) {
		printf("flashmend %s\n", PACKAGE_VERSION);
		return true;
	}
	if (cli->options.help) {
		fm_cli_help(stdout, command);
		return true;
	}
	if (!command && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		fm_cli_usage(stderr);
		return fm_fail(err, FM_USAGE, "no command");
	}
	if (!fm_cli_read_config(cli, err) || !cli_start_log(cli, err))
		return cli_refused(cli, command, err);
	return command ? command->run(cli, err) : fm_cli_screen(cli, err);
}

/* What was printed must have arrived: a full disk behind stdout is an error too. */
static bool cli_flush(struct fm_error *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	return fm_fail(err, FM_OUTPUT, "standard output takes nothing");
}

int fm_cli_main(int argc, char **argv)
{
	struct fm_cli cli = { .options = { .wait_ms = -1 } };
	struct fm_error err = { 0 };
	int exit_code = 0;

	setlocale(LC_ALL, "");
	if (!cli_run(&cli, argc, argv, &err) || !cli_flush(&err)) {
		fm_cli_error(&cli, &err);
		exit_code = fm_error_info(err.code)->exit_code;
	}
	cli_done(&cli);
	return exit_code;
}

/* One table of options: letter, name, argument, help, and what it sets. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct option_entry {
	const char *name;
	int letter;           /* 0 = none */
	const char *argument; /* NULL = takes none; "[X]" = optional */
	const char *help;
	bool global; /* known to every command */
	bool config; /* may stand in the configuration */
	bool (*set)(struct fm_cli_options *options, const char *value, struct fm_error *err);
};

#define OPTION_TEXT(member)                                                                        \
	static bool set_##member(struct fm_cli_options *options, const char *value,                \
				 struct fm_error *err)                                             \
	{                                                                                          \
		(void)err;                                                                         \
		options->member = value;                                                           \
		return true;                                                                       \
	}
#define OPTION_FLAG(member)                                                                        \
	static bool set_##member(struct fm_cli_options *options, const char *value,                \
				 struct fm_error *err)                                             \
	{                                                                                          \
		(void)value;                                                                       \
		(void)err;                                                                         \
		options->member = true;                                                            \
		return true;                                                                       \
	}

OPTION_TEXT(device)
OPTION_TEXT(model)
OPTION_TEXT(firmware)
OPTION_TEXT(output)
OPTION_TEXT(format)
OPTION_TEXT(base)
OPTION_TEXT(space)
OPTION_TEXT(expect_version)
OPTION_TEXT(release)
OPTION_TEXT(trace)
OPTION_TEXT(operator_name)
OPTION_TEXT(station)
OPTION_TEXT(ticket)
OPTION_TEXT(log_file)
OPTION_TEXT(config)
OPTION_TEXT(unit)
OPTION_TEXT(slot)
OPTION_TEXT(limit)
OPTION_TEXT(since)
OPTION_TEXT(until)
OPTION_TEXT(not_before)
OPTION_TEXT(not_after)
OPTION_FLAG(dry_run)
OPTION_FLAG(yes)
OPTION_FLAG(no_input)
OPTION_FLAG(json)
OPTION_FLAG(quiet)
OPTION_FLAG(verbose)
OPTION_FLAG(replace)
OPTION_FLAG(error_on_noop)
OPTION_FLAG(ascii)
OPTION_FLAG(help)
OPTION_FLAG(version)

static bool option_number(const char *name, const char *value, long least, long most, long *ret,
			  struct fm_error *err)
{
	char *end;

	errno = 0;
	*ret = strtol(value, &end, 10);
	if (errno || end == value || *end || *ret < least || *ret > most)
		return fm_fail(err, FM_USAGE, "--%s takes a number from %ld to %ld, not '%s'", name,
			       least, most, value);
	return true;
}

static bool set_wait(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	long seconds;

	if (!value) {
		options->wait_ms = INT64_MAX;
		return true;
	}
	if (!option_number("wait", value, 0, 86400, &seconds, err))
		return false;
	options->wait_ms = seconds * 1000;
	return true;
}

static bool set_timeout(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	long seconds;

	if (!option_number("timeout", value, 1, 86400, &seconds, err))
		return false;
	options->timeout_ms = seconds * 1000;
	return true;
}

static bool set_baud(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	long baud;

	if (!option_number("baud", value, 50, 12000000, &baud, err))
		return false;
	options->baud = (unsigned)baud;
	return true;
}

static bool option_choice(const char *name, const char *value, const char *const *choices, int *ret,
			  struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };

	for (int i = 0; choices[i]; i++) {
		if (strcmp(choices[i], value) == 0) {
			*ret = i;
			return true;
		}
		fm_text_addf(&list, "%s%s", i ? ", " : "", choices[i]);
	}
	return fm_fail(err, FM_USAGE, "--%s is one of %s, not '%s'", name, list.data, value);
}

static bool set_verify(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "best", "readback", "hash", NULL };
	int choice;

	if (!option_choice("verify", value, choices, &choice, err))
		return false;
	options->verify = (enum fm_verify_how)choice;
	return true;
}

static bool set_signature(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	if (fm_signing_parse(value, &options->signing))
		return true;
	return fm_fail(err, FM_USAGE, "--signature is one of ignore, warn, required, not '%s'",
		       value);
}

static bool set_progress(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "auto", "tty", "lines", "json", "none", NULL };
	int choice;

	if (!option_choice("progress", value, choices, &choice, err))
		return false;
	options->progress = (enum fm_cli_progress)choice;
	return true;
}

static bool set_color(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "auto", "always", "never", NULL };
	int choice;

	if (!option_choice("color", value, choices, &choice, err))
		return false;
	options->color = (enum fm_cli_color)choice;
	return true;
}

static bool set_ui(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "auto", "tui", "plain", NULL };
	int choice;

	if (!option_choice("ui", value, choices, &choice, err))
		return false;
	options->ui = (enum fm_cli_ui)choice;
	return true;
}

static bool set_allow(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "config", "unit", "path", NULL };
	int choice;

	if (!option_choice("allow", value, choices, &choice, err))
		return fm_hint(err, "nothing else that blocks may be allowed");
	options->allow_config |= choice == 0;
	options->allow_unit |= choice == 1;
	options->allow_path |= choice == 2;
	return true;
}

static bool set_answer(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	if (options->answer_count == FM_PERSON_MOST)
		return fm_fail(err, FM_USAGE, "--answer is given more than %d times",
			       FM_PERSON_MOST);
	options->answers[options->answer_count++] = value;
	return true;
}

static bool set_backup(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "none", "wanted", "required", NULL };
	int choice;

	if (!option_choice("backup", value, choices, &choice, err))
		return false;
	options->backup = (enum fm_backup_how)choice;
	options->has_backup = true;
	return true;
}

static bool set_no_backup(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	(void)value;
	return set_backup(options, "none", err);
}

static bool set_result(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "PASS", "FAIL", "UNCLEAR", "NONE", NULL };
	int choice;

	options->result = value;
	return option_choice("result", value, choices, &choice, err);
}

static const struct option_entry option_table[] = {
	{ "device", 'd', "SEL", "the unit: port:PATH, usb:1-1.4, serial:TEXT or slot:NAME", false,
	  false, set_device },
	{ "model", 'm', "ID", "what the unit is, where its port says nothing", false, false,
	  set_model },
	{ "firmware", 'f', "FILE", "the firmware file", false, false, set_firmware },
	{ "dry-run", 'n', NULL, "print the plan that would run, change nothing", false, false,
	  set_dry_run },
	{ "yes", 'y', NULL, "answer the question before writing with yes", false, false, set_yes },
	{ "allow", 0, "RULE",
	  "write although RULE blocks (config: settings; unit: another unit's backup; path: "
	  "running version not known)",
	  false, false, set_allow },
	{ "answer", 0, "ID=TEXT", "to a question that the model asks before a write", false, false,
	  set_answer },
	{ "backup", 0, "HOW", "before writing: wanted, required or none", false, true, set_backup },
	{ "no-backup", 0, NULL, "store nothing of the unit before it is written", false, false,
	  set_no_backup },
	{ "not-before", 0, "TIME", "start then (with --wait), not earlier", false, false,
	  set_not_before },
	{ "not-after", 0, "TIME", "do not start what will not have ended then", false, false,
	  set_not_after },
	{ "wait", 0, "[=SEC]", "wait for the unit to be attached", false, false, set_wait },
	{ "timeout", 0, "SEC", "go on trying to enter the boot loader for so long", false, false,
	  set_timeout },
	{ "baud", 0, "RATE", "instead of the definition's baud rate", false, false, set_baud },
	{ "verify", 0, "HOW", "best, readback or hash", false, true, set_verify },
	{ "signature", 0, "HOW", "of the file: required, warn or ignore, or what the model asks",
	  false, true, set_signature },
	{ "format", 0, "NAME",
	  "of the file: raw, ihex, srec, elf, uf2, dfu, dfuse, mcuboot, esp, uimage; of an export: "
	  "json, csv, junit",
	  false, false, set_format },
	{ "base", 0, "ADDR", "where a raw file belongs", false, false, set_base },
	{ "space", 0, "NAME", "which memory a raw file belongs to: flash, alt1 ... alt7", false,
	  false, set_space },
	{ "release", 0, "VERSION", "this release of the package, not the newest", false, false,
	  set_release },
	{ "expect-version", 0, "TEXT",
	  "the version that the file and, after the restart, the unit must say; compared by the "
	  "package's or the definition's version format, without one letter by letter",
	  false, false, set_expect_version },
	{ "error-on-noop", 0, NULL, "exit 3 when the unit holds the file already", false, false,
	  set_error_on_noop },
	{ "output", 'o', "FILE", "file to write", false, false, set_output },
	{ "replace", 0, NULL, "overwrite the output file", false, false, set_replace },
	{ "trace", 0, "FILE", "record the wire to a file", false, false, set_trace },
	{ "result", 0, "NAME", "only PASS, FAIL, UNCLEAR or NONE", false, false, set_result },
	{ "unit", 0, "ID", "only this unit", false, false, set_unit },
	{ "slot", 0, "NAME", "only this slot", false, false, set_slot },
	{ "since", 0, "TIME", "only records that began then or later", false, false, set_since },
	{ "until", 0, "TIME", "only records that began before", false, false, set_until },
	{ "limit", 0, "N", "at most N records", false, false, set_limit },
	{ "json", 0, NULL, "one JSON object a line on stdout", true, false, set_json },
	{ "progress", 0, "HOW", "auto, tty, lines, json or none", true, true, set_progress },
	{ "color", 0, "WHEN", "auto, always or never", true, true, set_color },
	{ "ui", 0, "HOW", "without a command: auto, tui (screens) or plain (questions)", true, true,
	  set_ui },
	{ "ascii", 0, NULL, "no characters beyond ASCII on screens", true, false, set_ascii },
	{ "no-input", 0, NULL, "never ask, fail instead", true, false, set_no_input },
	{ "operator", 0, "NAME", "kept in the record", true, true, set_operator_name },
	{ "station", 0, "NAME", "kept in the record", true, true, set_station },
	{ "ticket", 0, "TEXT", "kept in the record", true, false, set_ticket },
	{ "quiet", 'q', NULL, "only results and errors", true, false, set_quiet },
	{ "verbose", 'v', NULL, "say more on stderr", true, false, set_verbose },
	{ "log-file", 0, "FILE", "append the log to a file", true, true, set_log_file },
	{ "config", 0, "FILE", "instead of the user's configuration", true, false, set_config },
	{ "help", 'h', NULL, "this text", true, false, set_help },
	{ "version", 0, NULL, "version of flashmend", true, false, set_version },
};

/* A whole word in a list of words. */
static bool option_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += len) {
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

static bool option_known(const struct option_entry *entry, const struct fm_cli_command *command)
{
	return entry->global || (command && option_listed(command->options, entry->name));
}

static const struct fm_cli_command *option_command(const char *first, const char *second,
						   int *ret_words)
{
	size_t len = first ? strlen(first) : 0;

	for (const struct fm_cli_command *command = fm_cli_commands; command->name; command++) {
		const char *name = command->name;

		*ret_words = 1;
		if (first && strcmp(name, first) == 0)
			return command;
		*ret_words = 2;
		if (first && second && strncmp(name, first, len) == 0 && name[len] == ' ' &&
		    strcmp(name + len + 1, second) == 0)
			return command;
	}
	return NULL;
}

/* getopt's tables from ours. */
static void option_tables(struct option *ret_long, char *ret_short)
{
	for (size_t i = 0; i < FM_COUNT(option_table); i++) {
		const struct option_entry *entry = &option_table[i];
		int has = !entry->argument          ? no_argument
			  : *entry->argument == '[' ? optional_argument
						    : required_argument;

		ret_long[i] = (struct option){ entry->name, has, NULL, (int)(256 + i) };
		if (entry->letter) {
			*ret_short++ = (char)entry->letter;
			if (has == required_argument)
				*ret_short++ = ':';
		}
	}
	ret_long[FM_COUNT(option_table)] = (struct option){ 0 };
	*ret_short = '\0';
}

static const struct option_entry *option_of(int got)
{
	if (got >= 256)
		return &option_table[got - 256];
	for (size_t i = 0; i < FM_COUNT(option_table); i++) {
		if (option_table[i].letter == got)
			return &option_table[i];
	}
	return NULL;
}

/* Options may stand anywhere; which the command knows is checked once the command is known. */
static bool option_read(struct fm_cli *cli, int argc, char **argv, bool *used, struct fm_error *err)
{
	struct option long_options[FM_COUNT(option_table) + 1];
	char letters[2 * FM_COUNT(option_table) + 2];
	int got;

	option_tables(long_options, letters + 1);
	letters[0] = ':';
	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		const struct option_entry *entry = option_of(got);

		if (got == ':')
			return fm_fail(err, FM_USAGE, "the option %s needs a value",
				       argv[optind - 1]);
		if (got == '?' || !entry) {
			if (optopt > 0 && optopt < 256)
				fm_fail(err, FM_USAGE, "unknown option -%c", optopt);
			else
				fm_fail(err, FM_USAGE, "unknown option %s", argv[optind - 1]);
			return fm_hint(err,
				       "'flashmend COMMAND --help' lists the options of a command");
		}
		used[entry - option_table] = true;
		if (!entry->set(&cli->options, optarg, err))
			return false;
	}
	return true;
}

static bool option_group_exists(const char *word)
{
	size_t len = strlen(word);

	for (const struct fm_cli_command *command = fm_cli_commands; command->name; command++) {
		if (strncmp(command->name, word, len) == 0 && command->name[len] == ' ')
			return true;
	}
	return false;
}

static bool option_check(const struct fm_cli *cli, const struct fm_cli_command *command,
			 const bool *used, struct fm_error *err)
{
	for (size_t i = 0; command && i < FM_COUNT(option_table); i++) {
		if (used[i] && !option_known(&option_table[i], command)) {
			fm_fail(err, FM_USAGE, "'flashmend %s' has no option --%s", command->name,
				option_table[i].name);
			return fm_hint(err, "'flashmend %s --help' lists its options",
				       command->name);
		}
	}
	if (command && cli->argc > command->most_arguments)
		return fm_fail(err, FM_USAGE, "'flashmend %s' takes no '%s'", command->name,
			       cli->argv[command->most_arguments]);
	return true;
}

/* Without a command: only what all of them know. */
static bool option_check_alone(const struct fm_cli *cli, const bool *used, struct fm_error *err)
{
	for (size_t i = 0; !cli->options.help && i < FM_COUNT(option_table); i++) {
		if (used[i] && !option_table[i].global)
			return fm_fail(err, FM_USAGE,
				       "--%s belongs to a command, and none is named",
				       option_table[i].name);
	}
	return true;
}

bool fm_cli_parse(struct fm_cli *cli, int argc, char **argv,
		  const struct fm_cli_command **ret_command, struct fm_error *err)
{
	bool used[FM_COUNT(option_table)] = { 0 };
	int words = 0;

	*ret_command = NULL;
	if (!option_read(cli, argc, argv, used, err))
		return false;
	cli->argv = argv + optind;
	cli->argc = argc - optind;
	if (cli->argc == 0)
		return option_check_alone(cli, used, err);
	*ret_command = option_command(cli->argv[0], cli->argc > 1 ? cli->argv[1] : NULL, &words);
	if (!*ret_command) {
		if (cli->options.help && option_group_exists(cli->argv[0]))
			return true;
		fm_fail(err, FM_USAGE,
			option_group_exists(cli->argv[0])
				? "'%s' needs a second word: see 'flashmend --help'"
				: "unknown command '%s'",
			cli->argv[0]);
		return fm_hint(err, "'flashmend --help' lists the commands");
	}
	cli->argv += words;
	cli->argc -= words;
	return option_check(cli, *ret_command, used, err);
}

static void option_print(FILE *file, const struct option_entry *entry)
{
	char name[48];

	if (entry->argument)
		snprintf(name, sizeof(name), *entry->argument == '[' ? "--%s%s" : "--%s=%s",
			 entry->name, entry->argument);
	else
		snprintf(name, sizeof(name), "--%s", entry->name);
	if (entry->letter)
		fprintf(file, "  -%c, %-22s %s\n", entry->letter, name, entry->help);
	else
		fprintf(file, "      %-22s %s\n", name, entry->help);
}

void fm_cli_usage(FILE *file)
{
	fputs("usage: flashmend COMMAND [OPTIONS]\n"
	      "       flashmend [OPTIONS]          on a terminal: screens\n\n",
	      file);
	for (const struct fm_cli_command *command = fm_cli_commands; command->name; command++)
		fprintf(file, "  %-15s %-11s %s\n", command->name, command->arguments,
			command->help);
	fputs("\n'flashmend COMMAND --help' lists the options of a command.\n", file);
}

void fm_cli_help(FILE *file, const struct fm_cli_command *command)
{
	if (!command) {
		fm_cli_usage(file);
	} else {
		fprintf(file, "usage: flashmend %s %s%s[OPTIONS]\n\n%s\n\n", command->name,
			command->arguments, *command->arguments ? " " : "", command->help);
		for (size_t i = 0; i < FM_COUNT(option_table); i++) {
			if (!option_table[i].global && option_known(&option_table[i], command))
				option_print(file, &option_table[i]);
		}
	}
	fputs("\nOptions of all commands:\n", file);
	for (size_t i = 0; i < FM_COUNT(option_table); i++) {
		if (option_table[i].global)
			option_print(file, &option_table[i]);
	}
}

static bool config_apply(const char *path, const char *key, const json_t *value,
			 struct fm_cli_options *options, struct fm_error *err)
{
	for (size_t i = 0; i < FM_COUNT(option_table); i++) {
		const struct option_entry *entry = &option_table[i];

		if (!entry->config || strcmp(entry->name, key) != 0)
			continue;
		if (!json_is_string(value))
			return fm_fail(err, FM_CONFIG, "%s: '%s' must be a text", path, key);
		if (entry->set(options, json_string_value(value), err))
			return true;
		err->code = FM_CONFIG;
		return fm_context(err, "%s", path);
	}
	return fm_fail(err, FM_CONFIG, "%s: unknown key '%s'", path, key);
}

/* What the command line said stays. */
static void config_merge(struct fm_cli_options *options, const struct fm_cli_options *from)
{
	if (!options->operator_name)
		options->operator_name = from->operator_name;
	if (!options->station)
		options->station = from->station;
	if (!options->log_file)
		options->log_file = from->log_file;
	if (!options->has_backup && from->has_backup) {
		options->backup = from->backup;
		options->has_backup = true;
	}
	if (options->verify == FM_VERIFY_BEST)
		options->verify = from->verify;
	if (options->signing < from->signing) /* never less than the configuration asks for */
		options->signing = from->signing;
	if (options->progress == FM_PROGRESS_AUTO)
		options->progress = from->progress;
	if (options->color == FM_COLOR_AUTO)
		options->color = from->color;
	if (options->ui == FM_UI_AUTO)
		options->ui = from->ui;
}

bool fm_cli_read_config(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_cli_options from = { 0 };
	char path[512];
	json_error_t json_err;
	const char *key;
	json_t *value;

	if (cli->options.config)
		fm_text_copy(path, sizeof(path), cli->options.config);
	else
		fm_cli_config_path(path, sizeof(path), "config.json");
	if (!cli->options.config && access(path, F_OK) != 0)
		return true;
	cli->config = json_load_file(path, JSON_REJECT_DUPLICATES, &json_err);
	if (!cli->config && json_err.line < 1)
		return fm_fail(err, FM_CONFIG, "%s", json_err.text);
	if (!cli->config)
		return fm_fail(err, FM_CONFIG, "%s:%d: %s", path, json_err.line, json_err.text);
	if (!json_is_object(cli->config))
		return fm_fail(err, FM_CONFIG, "%s: is no JSON object", path);
	json_object_foreach(cli->config, key, value)
	{
		if (!config_apply(path, key, value, &from, err))
			return false;
	}
	config_merge(&cli->options, &from);
	return true;
}

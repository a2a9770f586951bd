/* The words of the command line: which command, its options, its help. */
#include "front/cli/options.h"

#include <getopt.h>
#include <string.h>

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

/* A command that is called as a job is: the choices of that job are its options. */
static bool option_of_job(const struct fm_cli_option *option, const struct fm_cli_command *command)
{
	for (int verb = FM_VERB_INFO; !option->set && verb <= FM_VERB_BLINK; verb++) {
		if (strcmp(command->name, fm_verb_name((enum fm_verb)verb)) == 0)
			return fm_choice_is_for(option->choice, (enum fm_verb)verb);
	}
	return false;
}

static bool option_known(const struct fm_cli_option *option, const struct fm_cli_command *command)
{
	return option->global || (command && (option_listed(command->options, option->name) ||
					      option_of_job(option, command)));
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
	for (size_t i = 0; i < fm_cli_option_count(); i++) {
		const struct fm_cli_option option = fm_cli_option_at(i);
		int has = !option.argument          ? no_argument
			  : *option.argument == '[' ? optional_argument
						    : required_argument;

		ret_long[i] = (struct option){ option.name, has, NULL, (int)(256 + i) };
		if (option.letter) {
			*ret_short++ = (char)option.letter;
			if (has == required_argument)
				*ret_short++ = ':';
		}
	}
	ret_long[fm_cli_option_count()] = (struct option){ 0 };
	*ret_short = '\0';
}

/* Which one getopt has found; their count: none. */
static size_t option_of(int got)
{
	size_t i = 0;

	if (got >= 256)
		return (size_t)got - 256;
	while (i < fm_cli_option_count() && fm_cli_option_at(i).letter != got)
		i++;
	return i;
}

static bool option_one(struct fm_cli *cli, int got, char **argv, bool *used, struct fm_error *err)
{
	size_t index = option_of(got);
	struct fm_cli_option option;

	if (got == ':')
		return fm_fail(err, FM_USAGE, "the option %s needs a value", argv[optind - 1]);
	if (got == '?' || index == fm_cli_option_count()) {
		if (optopt >= 256)
			return fm_fail(err, FM_USAGE, "the option --%s takes no value",
				       fm_cli_option_at((size_t)optopt - 256).name);
		if (optopt > 0)
			fm_fail(err, FM_USAGE, "unknown option -%c", optopt);
		else
			fm_fail(err, FM_USAGE, "unknown option %s", argv[optind - 1]);
		return fm_hint(err, "'flashmend COMMAND --help' lists the options of a command");
	}
	used[index] = true;
	option = fm_cli_option_at(index);
	return fm_cli_option_set(&option, &cli->options, FM_FROM_COMMAND, optarg, err);
}

/* Options may stand anywhere; which the command knows is checked once the command is known. All are
 * read, also behind a wrong one: which command it was, and --json, say how that is told. */
static bool option_read(struct fm_cli *cli, int argc, char **argv, bool *used, struct fm_error *err)
{
	struct option long_options[FM_CLI_OPTIONS_MOST + 1];
	char letters[2 * FM_CLI_OPTIONS_MOST + 2];
	struct fm_error later;
	bool good = true;
	int got;

	option_tables(long_options, letters + 1);
	letters[0] = ':';
	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, long_options, NULL)) != -1)
		good = option_one(cli, got, argv, used, good ? err : &later) && good;
	return good;
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
	for (size_t i = 0; command && i < fm_cli_option_count(); i++) {
		const struct fm_cli_option option = fm_cli_option_at(i);

		if (used[i] && !option_known(&option, command)) {
			fm_fail(err, FM_USAGE, "'flashmend %s' has no option --%s", command->name,
				option.name);
			return fm_hint(err, "'flashmend %s --help' lists its options",
				       command->name);
		}
	}
	if (command && cli->argc > command->most_arguments)
		return fm_fail(err, FM_USAGE, "'flashmend %s' takes no '%s'", command->name,
			       cli->argv[command->most_arguments]);
	return true;
}

/* Without a command: only what all of them know, and what the configuration could say, too: not
 * what is of one unit or one file. */
static bool option_check_alone(const struct fm_cli *cli, const bool *used, struct fm_error *err)
{
	for (size_t i = 0; !cli->options.help && i < fm_cli_option_count(); i++) {
		const struct fm_cli_option option = fm_cli_option_at(i);

		if (used[i] && !option.global && !option.config)
			return fm_fail(err, FM_USAGE,
				       "--%s belongs to a command, and none is named", option.name);
	}
	return true;
}

bool fm_cli_parse(struct fm_cli *cli, int argc, char **argv,
		  const struct fm_cli_command **ret_command, struct fm_error *err)
{
	bool used[FM_CLI_OPTIONS_MOST] = { 0 };
	int words = 0;
	bool good = option_read(cli, argc, argv, used, err);

	*ret_command = NULL;
	cli->argv = argv + optind;
	cli->argc = argc - optind;
	if (cli->argc > 0)
		*ret_command =
			option_command(cli->argv[0], cli->argc > 1 ? cli->argv[1] : NULL, &words);
	if (!good)
		return false;
	if (cli->argc == 0)
		return option_check_alone(cli, used, err);
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

static void option_print(FILE *file, const struct fm_cli_option *entry)
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

static void option_print_all(FILE *file, const struct fm_cli_command *command, bool global)
{
	for (size_t i = 0; i < fm_cli_option_count(); i++) {
		const struct fm_cli_option option = fm_cli_option_at(i);

		if (option.global == global && option_known(&option, command))
			option_print(file, &option);
	}
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
		option_print_all(file, command, false);
	}
	fputs("\nOptions of all commands:\n", file);
	option_print_all(file, command, true);
}

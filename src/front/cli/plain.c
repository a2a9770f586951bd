/*
 * Without screens: numbered questions and a line for each thing that happens, for dumb terminals
 * and Braille lines. It runs the same commands as the command line, with their own questions: a
 * write is confirmed by the last four characters of the unit, never by Enter alone.
 */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A line of the person's; false at the end of input. */
static bool plain_ask(const char *question, char *ret, size_t size)
{
	fputs(question, stderr);
	fflush(stderr);
	if (!fgets(ret, (int)size, stdin))
		return false;
	ret[strcspn(ret, "\r\n")] = '\0';
	return true;
}

/* 1 to most, or 0. */
static size_t plain_number(const char *text, size_t most)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	return !errno && end != text && !*end && number <= most ? number : 0;
}

static void plain_options_list(const struct fm_choices *choices)
{
	for (int i = 0; i < FM_CHOICE_COUNT; i++) {
		const struct fm_choice_info *info = fm_choice_info((enum fm_choice)i);
		const char *text = fm_choices_text(choices, (enum fm_choice)i);

		fprintf(stderr, "  %2d  %-15s %-22s %s\n", i + 1,
			i == FM_CHOICE_SAVE_FORMAT ? "format (backup)" : info->name,
			text ? text : info->standard, fm_choices_giver(choices, (enum fm_choice)i));
	}
}

/* Nothing is started here: the commands that follow are done so. */
static bool plain_option(struct fm_choices *choices, enum fm_choice choice, struct fm_error *err)
{
	const struct fm_choice_info *info = fm_choice_info(choice);
	char text[FM_CHOICE_TEXT];

	fprintf(stderr, "%s: %s\n", info->name, info->help);
	for (size_t i = 0; info->words && info->words[i]; i++)
		fprintf(stderr, "%s%s%s", i ? ", " : "one of ", info->words[i],
			info->words[i + 1] ? "" : "\n");
	return !plain_ask("Value, or Enter for the default: ", text, sizeof(text)) ||
	       fm_choices_set(choices, choice, FM_FROM_HERE, text, err);
}

static bool plain_options(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_choices *choices = &cli->options.choices;
	char line[64];

	for (;;) {
		size_t chosen;

		plain_options_list(choices);
		if (!plain_ask("Number of the option, or Enter to go back: ", line, sizeof(line)) ||
		    !*line)
			return true;
		chosen = plain_number(line, FM_CHOICE_COUNT);
		if (!chosen)
			fprintf(stderr, "there is no '%s'\n", line);
		else if (!plain_option(choices, (enum fm_choice)(chosen - 1), err))
			fm_cli_error(cli, err);
	}
}

struct plain_choice {
	const char *text;
	const char *argument; /* is asked for: a file, a backup; NULL = none */
	bool may_be_empty;
	const char *output; /* or this file to write, empty = into the store */
	bool (*run)(struct fm_cli *cli, struct fm_error *err);
};

static const struct plain_choice plain_choices[] = {
	{ "ask the unit what it is", NULL, false, NULL, fm_cli_info },
	{ "check whether a file fits it", "Firmware file: ", false, NULL, fm_cli_check },
	{ "flash a file", "Firmware file: ", false, NULL, fm_cli_flash },
	{ "compare it with a file", "Firmware file: ", false, NULL, fm_cli_verify },
	{ "back it up", NULL, false,
	  "New file for the backup (empty: into the store): ", fm_cli_backup },
	{ "erase its application", NULL, false, NULL, fm_cli_erase },
	{ "list what was stored of units", NULL, false, NULL, fm_cli_history_backups },
	{ "write a backup back", "Number of the job or hash of the backup (empty: the newest): ",
	  true, NULL, fm_cli_restore },
	{ "bring back the firmware before its last job", NULL, false, NULL, fm_cli_rollback },
	{ "options: how these are done", NULL, false, NULL, plain_options },
};

static void plain_run(struct fm_cli *cli, const struct plain_choice *choice)
{
	char line[512];
	char *argv[] = { line, NULL };
	struct fm_error err = { 0 };

	/* the file of the command before is not this one's */
	fm_package_done(&cli->package);
	cli->argc = 0;
	cli->argv = argv;
	cli->options.output = NULL;
	if (choice->argument || choice->output) {
		if (!plain_ask(choice->argument ? choice->argument : choice->output, line,
			       sizeof(line)) ||
		    (choice->argument && !*line && !choice->may_be_empty))
			return;
		cli->argc = choice->argument && *line;
		cli->options.output = choice->output && *line ? line : NULL;
	}
	if (!choice->run(cli, &err))
		fm_cli_error(cli, &err);
	cli->options.output = NULL;
}

/* Of another unit only what is said of whoever sits there still holds. */
static void plain_forget(struct fm_choices *choices, const struct fm_choices *before)
{
	for (int i = 0; i < FM_CHOICE_COUNT; i++) {
		if (!fm_choice_info((enum fm_choice)i)->person)
			choices->values[i] = before->values[i];
	}
}

/* Until the person goes back to the list; false at the end of input. */
static bool plain_unit(struct fm_cli *cli, const struct fm_seen *seen)
{
	const struct fm_choices before = cli->options.choices;
	char device[sizeof(seen->path) + 8], model[48], line[64];
	size_t chosen;

	snprintf(device, sizeof(device), "port:%s", seen->path);
	cli->options.device = device;
	if (seen->model_total != 1) {
		if (!plain_ask("Model (see 'flashmend catalog list'): ", model, sizeof(model)))
			return false;
		cli->options.model = *model ? model : NULL;
	}
	for (;;) {
		fprintf(stderr, "\n%s\n", seen->path);
		for (size_t i = 0; i < FM_COUNT(plain_choices); i++)
			fprintf(stderr, "  %2zu  %s\n", i + 1, plain_choices[i].text);
		if (!plain_ask("Number, or Enter for the list: ", line, sizeof(line)))
			return false;
		if (!*line)
			break;
		chosen = plain_number(line, FM_COUNT(plain_choices));
		if (chosen)
			plain_run(cli, &plain_choices[chosen - 1]);
		else
			fprintf(stderr, "there is no '%s'\n", line);
	}
	cli->options.device = cli->options.model = NULL;
	plain_forget(&cli->options.choices, &before);
	return true;
}

static void plain_list(const struct fm_cli *cli, const struct fm_seen *seen, size_t count)
{
	if (count == 0)
		fputs("No unit is attached.\n", stderr);
	for (size_t i = 0; i < count; i++) {
		fflush(stderr);
		printf("%2zu  ", i + 1);
		fm_cli_show_unit(cli, &seen[i], "");
	}
}

bool fm_cli_plain(struct fm_cli *cli, struct fm_error *err)
{
	if (cli->options.progress == FM_PROGRESS_AUTO)
		cli->options.progress = FM_PROGRESS_LINES;
	if (!fm_cli_store(cli, true, err))
		return false;
	for (;;) {
		FM_FREE struct fm_seen *seen = NULL;
		char line[64];
		size_t count, chosen;

		if (!fm_cli_scan(cli, &seen, &count, err))
			return false;
		plain_list(cli, seen, count);
		if (!plain_ask(
			    "Number of the unit, Enter to look again, h for history, q to leave: ",
			    line, sizeof(line)) ||
		    strcmp(line, "q") == 0)
			return true;
		chosen = plain_number(line, count);
		if (chosen && !plain_unit(cli, &seen[chosen - 1]))
			return true;
		if (strcmp(line, "h") == 0 && !fm_cli_history_list(cli, err))
			return false;
		if (!chosen && *line && strcmp(line, "h") != 0)
			fprintf(stderr, "there is no '%s'\n", line);
	}
}

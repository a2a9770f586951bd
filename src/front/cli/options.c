#include "front/cli/options.h"

#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
OPTION_TEXT(log_file)
OPTION_TEXT(config)
OPTION_TEXT(unit)
OPTION_TEXT(slot)
OPTION_TEXT(limit)
OPTION_TEXT(since)
OPTION_TEXT(until)
OPTION_TEXT(after)
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

static bool set_answer(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	if (options->answer_count == FM_PERSON_MOST)
		return fm_fail(err, FM_USAGE, "--answer is given more than %d times",
			       FM_PERSON_MOST);
	options->answers[options->answer_count++] = value;
	return true;
}

static bool set_no_backup(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	(void)value;
	return fm_choices_set(&options->choices, FM_CHOICE_BACKUP, FM_FROM_COMMAND, "none", err);
}

static bool set_result(struct fm_cli_options *options, const char *value, struct fm_error *err)
{
	static const char *const choices[] = { "PASS", "FAIL", "UNCLEAR", "NONE", NULL };
	int choice;

	options->result = value;
	return option_choice("result", value, choices, &choice, err);
}

struct option_entry {
	const char *name;
	int letter;           /* 0 = none */
	const char *argument; /* NULL = takes none; "[X]" = optional */
	const char *help;
	bool global; /* known to every command */
	bool config; /* may stand in the configuration */
	bool (*set)(struct fm_cli_options *options, const char *value, struct fm_error *err);
};

/* The rest of it is in the table of front/choice. */
#define CHOICE(name)                                                                               \
	{                                                                                          \
		name, 0, NULL, NULL, false, false, NULL                                            \
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
	CHOICE("allow"),
	{ "answer", 0, "ID=TEXT", "to a question that the model asks before a write", false, false,
	  set_answer },
	CHOICE("backup"),
	{ "no-backup", 0, NULL, "store nothing of the unit before it is written", false, false,
	  set_no_backup },
	CHOICE("not-before"),
	CHOICE("not-after"),
	{ "wait", 0, "[=SEC]", "wait for the unit to be attached", false, false, set_wait },
	CHOICE("timeout"),
	CHOICE("baud"),
	CHOICE("verify"),
	CHOICE("signature"),
	{ "format", 0, "NAME",
	  "of the file: raw, ihex, srec, elf, uf2, dfu, dfuse, mcuboot, esp, uimage; of an export: "
	  "json, csv, junit",
	  false, false, set_format },
	CHOICE("base"),
	CHOICE("space"),
	CHOICE("release"),
	CHOICE("expect-version"),
	{ "error-on-noop", 0, NULL, "exit 3 when the unit holds the file already", false, false,
	  set_error_on_noop },
	{ "output", 'o', "FILE", "file to write", false, false, set_output },
	{ "replace", 0, NULL, "overwrite the output file", false, false, set_replace },
	CHOICE("trace"),
	{ "result", 0, "NAME", "only PASS, FAIL, UNCLEAR or NONE", false, false, set_result },
	{ "unit", 0, "ID", "only this unit", false, false, set_unit },
	{ "slot", 0, "NAME", "only this slot", false, false, set_slot },
	{ "since", 0, "TIME", "only records that began then or later", false, false, set_since },
	{ "until", 0, "TIME", "only records that began before", false, false, set_until },
	{ "after", 0, "HASH", "the record with this hash must still be there", false, false,
	  set_after },
	{ "limit", 0, "N", "at most N records", false, false, set_limit },
	{ "json", 0, NULL, "one JSON object a line on stdout", true, false, set_json },
	{ "progress", 0, "HOW", "auto, tty, lines, json or none", true, true, set_progress },
	{ "color", 0, "WHEN", "auto, always or never", true, true, set_color },
	{ "ui", 0, "HOW", "without a command: auto, tui (screens) or plain (questions)", true, true,
	  set_ui },
	{ "ascii", 0, NULL, "no characters beyond ASCII on screens", true, false, set_ascii },
	{ "no-input", 0, NULL, "never ask, fail instead", true, false, set_no_input },
	CHOICE("operator"),
	CHOICE("station"),
	CHOICE("ticket"),
	{ "quiet", 'q', NULL, "only results and errors", true, false, set_quiet },
	{ "verbose", 'v', NULL, "say more on stderr", true, false, set_verbose },
	{ "log-file", 0, "FILE", "append the log to a file", true, true, set_log_file },
	{ "config", 0, "FILE", "instead of the user's configuration", true, false, set_config },
	{ "help", 'h', NULL, "this text", true, false, set_help },
	{ "version", 0, NULL, "version of flashmend", true, false, set_version },
};

size_t fm_cli_option_count(void)
{
	_Static_assert(FM_COUNT(option_table) <= FM_CLI_OPTIONS_MOST, "too many options");
	return FM_COUNT(option_table);
}

static enum fm_choice option_choice_named(const char *name)
{
	int i = 0;

	while (i < FM_CHOICE_COUNT - 1 &&
	       (fm_choice_info((enum fm_choice)i)->shared ||
		strcmp(fm_choice_info((enum fm_choice)i)->name, name) != 0))
		i++;
	return (enum fm_choice)i;
}

struct fm_cli_option fm_cli_option_at(size_t index)
{
	const struct option_entry *entry = &option_table[index];
	const struct fm_choice_info *info;
	enum fm_choice choice;

	if (entry->set)
		return (struct fm_cli_option){ entry->name, entry->letter,  entry->argument,
					       entry->help, entry->global,  entry->config,
					       entry->set,  FM_CHOICE_COUNT };
	choice = option_choice_named(entry->name);
	info = fm_choice_info(choice);
	return (struct fm_cli_option){ info->name,   0,    info->argument, info->help, info->person,
				       info->config, NULL, choice };
}

/* One that may be given several times adds to what is there. */
static bool option_choose(const struct fm_cli_option *option, struct fm_choices *choices,
			  enum fm_choice_from from, const char *value, struct fm_error *err)
{
	const char *before = fm_choices_text(choices, option->choice);
	char both[FM_CHOICE_TEXT];

	if (!*value && !fm_choice_info(option->choice)->person)
		return fm_fail(err, FM_USAGE, "--%s takes a %s, not ''", option->name,
			       option->argument);
	if (!before || !fm_choice_info(option->choice)->list)
		return fm_choices_set(choices, option->choice, from, value, err);
	snprintf(both, sizeof(both), "%s,%s", before, value);
	return fm_choices_set(choices, option->choice, from, both, err);
}

bool fm_cli_option_set(const struct fm_cli_option *option, struct fm_cli_options *options,
		       enum fm_choice_from from, const char *value, struct fm_error *err)
{
	return option->set ? option->set(options, value, err)
			   : option_choose(option, &options->choices, from, value, err);
}

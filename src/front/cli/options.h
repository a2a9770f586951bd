/* The options of the command line: one table, with those of a job (front/choice) among them. */
#ifndef FM_FRONT_CLI_OPTIONS_H
#define FM_FRONT_CLI_OPTIONS_H

#include "front/cli/cli.h"

struct fm_cli_option {
	const char *name;
	int letter;           /* 0 = none */
	const char *argument; /* NULL = takes none; "[X]" = optional */
	const char *help;
	bool global; /* known to every command */
	bool config; /* may stand in the configuration */
	/* NULL: it is a choice */
	bool (*set)(struct fm_cli_options *options, const char *value, struct fm_error *err);
	enum fm_choice choice; /* where set is NULL */
};

#define FM_CLI_OPTIONS_MOST 64
size_t fm_cli_option_count(void);
struct fm_cli_option fm_cli_option_at(size_t index);
bool fm_cli_option_set(const struct fm_cli_option *option, struct fm_cli_options *options,
		       enum fm_choice_from from, const char *value,
		       struct fm_error *err) FM_MUST_CHECK;

#endif

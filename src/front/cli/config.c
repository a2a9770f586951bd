/* The configuration: options, in JSON. */
#include "front/cli/options.h"

#include "base/text.h"

#include <string.h>
#include <unistd.h>

static bool config_apply(const char *path, const char *key, const json_t *value,
			 struct fm_cli_options *options, struct fm_error *err)
{
	for (size_t i = 0; i < fm_cli_option_count(); i++) {
		const struct fm_cli_option option = fm_cli_option_at(i);

		if (!option.config || strcmp(option.name, key) != 0)
			continue;
		if (!json_is_string(value))
			return fm_fail(err, FM_CONFIG, "%s: '%s' must be a text", path, key);
		if (fm_cli_option_set(&option, options, FM_FROM_CONFIG, json_string_value(value),
				      err))
			return true;
		err->code = FM_CONFIG;
		return fm_context(err, "%s", path);
	}
	return fm_fail(err, FM_CONFIG, "%s: unknown key '%s'", path, key);
}

/* What the command line said stays. */
static void config_merge(struct fm_cli_options *options, const struct fm_cli_options *from)
{
	fm_choices_merge(&options->choices, &from->choices);
	if (!options->log_file)
		options->log_file = from->log_file;
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

#include "front/cli/cli.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_WIDTH 79

bool fm_cli_colored(const struct fm_cli *cli, FILE *file)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (cli->options.color != FM_COLOR_AUTO)
		return cli->options.color == FM_COLOR_ALWAYS;
	return isatty(fileno(file)) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

void fm_cli_json(json_t *object, const char *type)
{
	json_t *line = json_pack("{s:i, s:s}", "schema", FM_CLI_SCHEMA, "type", type);

	/* jansson makes nothing of a text that is not UTF-8: said rather than left out. */
	if (object)
		json_object_update(line, object);
	else
		json_object_set_new(line, "internal", json_string("a text that is not UTF-8"));
	json_dumpf(line, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
	json_decref(object);
}

void fm_cli_error(const struct fm_cli *cli, const struct fm_error *err)
{
	const struct fm_error_info *info = fm_error_info(err->code);
	const char *next = *err->hint ? err->hint : info->advice;
	bool color = fm_cli_colored(cli, stderr);

	if (cli->options.json)
		fm_cli_json(json_pack("{s:i, s:s, s:s, s:s, s:i}", "code", info->number, "title",
				      info->title, "text", err->text, "next", next, "exit",
				      info->exit_code),
			    "error");
	fprintf(stderr, "%sE%d %s%s: %s\n", color ? "\033[1m" : "", info->number, info->title,
		color ? "\033[0m" : "", err->text);
	if (*next)
		fprintf(stderr, "  next: %s\n", next);
}

void fm_cli_message(const struct fm_cli *cli, const char *format, ...)
{
	char text[2048];
	va_list args;

	if (cli->options.quiet)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fm_text_clean(text);
	fprintf(stderr, "%s\n", text);
}

/* Words of text from column `indent` on, broken before column 79; the first line is begun already.
 */
static void output_wrapped(FILE *file, int indent, const char *text)
{
	int column = indent;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > OUTPUT_WIDTH) {
			fprintf(file, "\n%*s", indent, "");
			column = indent;
		}
		column += fprintf(file, "%s%.*s", column > indent ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void fm_cli_rule(FILE *file, const struct fm_rule_result *rule)
{
	fprintf(file, "%-8s %-10s file  ", fm_verdict_name(rule->verdict), rule->rule);
	output_wrapped(file, 26, rule->file_says);
	fprintf(file, "%-19s unit  ", "");
	output_wrapped(file, 26, rule->unit_says);
}

void fm_cli_asked(FILE *file, const struct fm_asked *asked)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	fm_text_addf(&text, "%s", asked->text);
	if (fm_asked_right(asked))
		fm_text_addf(&text, " Answered: %s", asked->given);
	else
		fm_text_addf(&text, " To be answered '%s' (--answer=%s=...)", asked->wanted,
			     asked->id);
	fprintf(file, "%-8s %-10s ask   ", fm_asked_right(asked) ? "ok" : "OPEN", asked->id);
	output_wrapped(file, 26, text.data);
}

void fm_cli_host(FILE *file, const struct fm_host_row *row)
{
	fprintf(file, "%-8s %-10s host  ", fm_host_state_name(row->state), row->name);
	output_wrapped(file, 26, row->text);
}

const char *fm_cli_region_use(unsigned flags)
{
	if (flags & FM_REGION_WRITE)
		return "written by flash";
	if (flags & FM_REGION_CALIBRATION)
		return "calibration, kept";
	return flags & FM_REGION_CONFIG ? "settings, kept" : "never written";
}

const char *fm_cli_or_dash(const char *text)
{
	return *text ? text : "-";
}

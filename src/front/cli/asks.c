/* What a person is asked on a terminal, and the answers that the command line gives beforehand. */
#include "front/cli/cli.h"

#include "base/text.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t asks_interrupted; /* the signal */

static void asks_interrupt(int number)
{
	asks_interrupted = number;
}

bool fm_cli_read_line(char *ret_line, size_t size, struct fm_error *err)
{
	struct sigaction before, before_term, action = { .sa_handler = asks_interrupt };

	asks_interrupted = 0;
	sigaction(SIGINT, &action, &before);
	sigaction(SIGTERM, &action, &before_term);
	if (!fgets(ret_line, (int)size, stdin))
		ret_line[0] = '\0';
	sigaction(SIGINT, &before, NULL);
	sigaction(SIGTERM, &before_term, NULL);
	ret_line[strcspn(ret_line, "\r\n")] = '\0';
	if (!asks_interrupted)
		return true;
	fputc('\n', stderr); /* behind the terminal's ^C */
	if (asks_interrupted == SIGTERM)
		return fm_fail(err, FM_TERMINATED, "a signal came at the question");
	return fm_fail(err, FM_CANCELLED, "Ctrl-C at the question");
}

bool fm_cli_may_ask(const struct fm_cli *cli)
{
	return !cli->options.no_input && isatty(STDIN_FILENO);
}

static struct fm_job_answer *asks_find(struct fm_job_request *request, const char *id)
{
	for (size_t i = 0; i < request->answer_count; i++) {
		if (strcmp(request->answers[i].id, id) == 0)
			return &request->answers[i];
	}
	return NULL;
}

bool fm_cli_answers(const struct fm_cli *cli, struct fm_job_request *request, struct fm_error *err)
{
	for (size_t i = 0; i < cli->options.answer_count; i++) {
		const char *given = cli->options.answers[i], *text = strchr(given, '=');
		size_t len = text ? (size_t)(text - given) : 0;
		struct fm_job_answer answer = { .id = "" };

		if (len == 0 || len >= sizeof(answer.id) || !text[1] ||
		    strlen(text + 1) >= sizeof(answer.text))
			return fm_fail(err, FM_USAGE,
				       "--answer takes a question's id and the answer, as "
				       "mains=off, not '%s'",
				       given);
		memcpy(answer.id, given, len);
		fm_text_copy(answer.text, sizeof(answer.text), text + 1);
		fm_text_clean(answer.text);
		if (asks_find(request, answer.id))
			return fm_fail(err, FM_USAGE, "question '%s' is answered twice", answer.id);
		request->answers[request->answer_count++] = answer;
	}
	return true;
}

/* Without the blanks around it. */
static char *asks_trimmed(char *line)
{
	size_t len;

	while (isblank((unsigned char)*line))
		line++;
	len = strlen(line);
	while (len > 0 && isblank((unsigned char)line[len - 1]))
		line[--len] = '\0';
	return line;
}

static bool asks_one(const struct fm_person_question *question, size_t number, size_t count,
		     struct fm_job_request *request, struct fm_error *err)
{
	struct fm_job_answer *answer = &request->answers[request->answer_count];
	char line[64], *text;

	fprintf(stderr, "\nQuestion %zu of %zu: %s\nType %s if it is so: ", number, count,
		question->text, question->answer);
	fflush(stderr);
	if (!fm_cli_read_line(line, sizeof(line), err))
		return false;
	text = asks_trimmed(line);
	if (strcasecmp(text, question->answer) != 0)
		return fm_fail(err, FM_REFUSED, "question '%s': '%s' was not typed", question->id,
			       question->answer);
	fm_text_copy(answer->id, sizeof(answer->id), question->id);
	fm_text_copy(answer->text, sizeof(answer->text), text);
	request->answer_count++;
	return true;
}

bool fm_cli_ask_person(struct fm_cli *cli, struct fm_job_request *request, struct fm_error *err)
{
	FM_DEVICE_DONE struct fm_device device = { 0 };

	if (request->dry_run || !fm_cli_may_ask(cli))
		return true;
	if (!fm_catalog_load(cli->catalog, request->model, &device, err))
		return false;
	for (size_t i = 0; i < device.person_question_count; i++) {
		const struct fm_person_question *question = &device.person_questions[i];

		if (!asks_find(request, question->id) &&
		    !asks_one(question, i + 1, device.person_question_count, request, err))
			return false;
	}
	return true;
}

bool fm_cli_ask_start(struct fm_cli *cli, struct fm_job_request *request,
		      const struct fm_cli_outcome *outcome, const char *word, struct fm_error *err)
{
	const char *unit = fm_identity_value(&outcome->identity, FM_FACT_UNIQUE_ID);
	bool unseen = cli->options.quiet || cli->options.json;
	size_t len = strlen(unit);
	char line[64];

	/* What is accepted by the answer must have been seen. */
	for (size_t i = 0; i < outcome->rule_count && unseen; i++) {
		if (outcome->rules[i].verdict != FM_FITS)
			fm_cli_rule(stderr, &outcome->rules[i]);
	}
	for (size_t i = 0; i < outcome->host_count && unseen; i++) {
		if (outcome->host[i].state != FM_FITS)
			fm_cli_host(stderr, &outcome->host[i]);
	}
	fprintf(stderr, "\n%s\n", outcome->plan ? outcome->plan : "");
	if (!fm_cli_ask_person(cli, request, err))
		return false;
	if (len >= 4)
		fprintf(stderr,
			"Unit %s on %s.\nType the last four characters of its id to start: ", unit,
			request->port);
	else
		fprintf(stderr, "%s on %s.\nType %s to start: ", request->model, request->port,
			word);
	fflush(stderr);
	if (!fm_cli_read_line(line, sizeof(line), err))
		return false;
	if (len >= 4 ? strcasecmp(line, unit + len - 4) == 0 : strcmp(line, word) == 0)
		return true;
	return fm_fail(err, FM_REFUSED, "'%s' was not typed", len >= 4 ? unit + len - 4 : word);
}

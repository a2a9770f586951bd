/* How a running job is shown: one line redrawn on a terminal, plain lines elsewhere, JSON lines. */
#include "front/cli/cli.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_BAR 24
#define PROGRESS_STEP 10              /* percent between two plain lines */
#define PROGRESS_QUIET_NS 10000000000 /* or so long */
#define PROGRESS_STILL_S 2
#define PROGRESS_ETA_NS 3000000000 /* an estimate before that is a guess */
#define PROGRESS_ETA_MOST_S 360000 /* nor is one of days worth anything */

struct fm_cli_progress_state {
	char model[48], port[256];
	char unit[64]; /* as it has said who it is; "" before that */
	enum fm_cli_progress how;
	int64_t phase_ns; /* when the phase began */
	int64_t said_ns;
	int said_percent;
	int64_t quiet_s; /* of the silence that was told last */
	char phase[16];
	bool verbose;
	bool line_open; /* an unfinished line stands on the terminal */
};

/* One that can move its cursor. */
static bool progress_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

struct fm_cli_progress_state *fm_cli_progress_new(const struct fm_cli *cli,
						  const struct fm_job_request *request)
{
	struct fm_cli_progress_state *state = calloc(1, sizeof(*state));

	if (!state)
		abort();
	fm_text_copy(state->model, sizeof(state->model), request->model);
	fm_text_copy(state->port, sizeof(state->port), request->port);
	fm_text_clean(state->port);
	state->how = cli->options.progress;
	state->verbose = cli->options.verbose;
	if (state->how == FM_PROGRESS_AUTO)
		state->how = cli->options.quiet    ? FM_PROGRESS_NONE
			     : cli->options.json   ? FM_PROGRESS_JSON
			     : progress_terminal() ? FM_PROGRESS_TTY
						   : FM_PROGRESS_LINES;
	return state;
}

static void progress_close_line(struct fm_cli_progress_state *state)
{
	if (state->line_open)
		fputs("\r\033[K", stderr);
	state->line_open = false;
}

void fm_cli_progress_free(struct fm_cli_progress_state *state)
{
	progress_close_line(state);
	free(state);
}

static unsigned progress_percent(const struct fm_progress *progress)
{
	if (progress->done >= progress->total)
		return progress->total ? 100 : 0;
	return (unsigned)(progress->done * 100 / progress->total);
}

/* "36.2 KiB/s" and, once it means something, "00:43 left". */
static void progress_rate(const struct fm_cli_progress_state *state, const struct fm_event *event,
			  char *ret, size_t size)
{
	const struct fm_progress *progress = &event->u.progress;
	int64_t spent_ns = event->mono_ns - state->phase_ns;
	double rate = spent_ns > 0 ? (double)progress->done * 1e9 / (double)spent_ns : 0;
	double left_s;

	*ret = '\0';
	if (rate <= 0)
		return;
	left_s = progress->done < progress->total
			 ? (double)(progress->total - progress->done) / rate + 0.999
			 : 0;
	if (spent_ns < PROGRESS_ETA_NS || left_s > PROGRESS_ETA_MOST_S)
		snprintf(ret, size, "%6.1f KiB/s", rate / 1024);
	else
		snprintf(ret, size, "%6.1f KiB/s  %02u:%02u left", rate / 1024,
			 (unsigned)left_s / 60, (unsigned)left_s % 60);
}

static void progress_tty(struct fm_cli_progress_state *state, const struct fm_event *event)
{
	const struct fm_progress *progress = &event->u.progress;
	unsigned percent = progress_percent(progress), filled = percent * PROGRESS_BAR / 100;
	char bar[PROGRESS_BAR + 1], rate[48];

	memset(bar, '.', PROGRESS_BAR);
	memset(bar, '#', filled);
	bar[PROGRESS_BAR] = '\0';
	progress_rate(state, event, rate, sizeof(rate));
	fprintf(stderr, "\r  %-9s [%s] %3u %%  %s\033[K", fm_phase_name(event->phase), bar, percent,
		rate);
	fflush(stderr);
	state->line_open = true;
}

static void progress_line(struct fm_cli_progress_state *state, const struct fm_event *event)
{
	int percent = (int)progress_percent(&event->u.progress);
	char rate[48];

	if (percent < state->said_percent + PROGRESS_STEP &&
	    event->mono_ns - state->said_ns < PROGRESS_QUIET_NS)
		return;
	if (percent == 100 || percent == state->said_percent)
		return;
	progress_rate(state, event, rate, sizeof(rate));
	fprintf(stderr, "%s %d %%  %s\n", fm_phase_name(event->phase), percent, rate);
	state->said_percent = percent;
	state->said_ns = event->mono_ns;
}

static const char *progress_kind(enum fm_event_kind kind)
{
	static const char *const names[] = {
		[FM_EVENT_BEGIN] = "task_begin",  [FM_EVENT_PHASE_BEGIN] = "phase_begin",
		[FM_EVENT_PROGRESS] = "progress", [FM_EVENT_PHASE_END] = "phase_end",
		[FM_EVENT_FACT] = "fact",         [FM_EVENT_RULE] = "rule",
		[FM_EVENT_NOTE] = "note",         [FM_EVENT_PLAN] = "plan",
		[FM_EVENT_HOST] = "host",         [FM_EVENT_ASK] = "ask",
		[FM_EVENT_QUESTION] = "question", [FM_EVENT_POST_CHECK] = "post_check",
		[FM_EVENT_END] = "task_end",
	};

	return names[kind];
}

static json_t *progress_json_end(const struct fm_job_end *end)
{
	const struct fm_error_info *info = fm_error_info(end->code);

	return json_pack(
		"{s:s, s:s, s:i, s:s, s:s, s:i, s:b, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:i, s:s, "
		"s:s, s:s, s:s, s:s, s:s}",
		"result", fm_outcome_name(end->outcome), "unit_state",
		fm_unit_state_name(end->unit_state), "code", info->number, "text", end->error.text,
		"next", *end->error.hint ? end->error.hint : info->advice, "exit", info->exit_code,
		"changed", end->changed, "record", (json_int_t)end->record, "version_before",
		end->version_before, "version_after", end->version_after, "bytes_written",
		(json_int_t)end->bytes_written, "bytes_verified", (json_int_t)end->bytes_verified,
		"bytes_blank_proved", (json_int_t)end->bytes_blank_proved, "bytes_not_tested",
		(json_int_t)end->bytes_not_tested, "retries", (int)end->retries, "verify",
		end->verify, "not_tested", end->not_tested, "backup", end->backup, "kept",
		end->kept, "slot", end->slot, "post_checks", end->post_checks);
}

static json_t *progress_json_body(const struct fm_event *event)
{
	switch (event->kind) {
	case FM_EVENT_PROGRESS:
		return json_pack("{s:I, s:I, s:I}", "done", (json_int_t)event->u.progress.done,
				 "total", (json_int_t)event->u.progress.total, "address",
				 (json_int_t)event->u.progress.addr);
	case FM_EVENT_PHASE_END:
		return json_pack("{s:i, s:s}", "code", fm_error_info(event->u.error.code)->number,
				 "text", event->u.error.text);
	case FM_EVENT_FACT:
		return json_pack("{s:s, s:s, s:s}", "fact", fm_fact_name(event->u.fact.kind),
				 "value", event->u.fact.value, "source", event->u.fact.source);
	case FM_EVENT_RULE:
		return json_pack("{s:s, s:s, s:s, s:s}", "rule", event->u.rule.rule, "verdict",
				 fm_verdict_name(event->u.rule.verdict), "file_says",
				 event->u.rule.file_says, "unit_says", event->u.rule.unit_says);
	case FM_EVENT_HOST:
		return json_pack("{s:s, s:s, s:s}", "name", event->u.host.name, "state",
				 fm_host_state_name(event->u.host.state), "text",
				 event->u.host.text);
	case FM_EVENT_QUESTION:
		return json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", event->u.asked.id, "text",
				 event->u.asked.text, "wanted", event->u.asked.wanted, "answer",
				 event->u.asked.given, "answered_right",
				 fm_asked_right(&event->u.asked));
	case FM_EVENT_POST_CHECK:
		return json_pack("{s:s, s:b, s:s, s:s, s:I}", "name", event->u.post_check.name,
				 "passed", event->u.post_check.passed, "expected",
				 event->u.post_check.expected, "answer", event->u.post_check.answer,
				 "after_ms", (json_int_t)event->u.post_check.after_ms);
	case FM_EVENT_PLAN:
		return json_pack("{s:s, s:I, s:I, s:I, s:I}", "sha256", event->u.plan.sha256,
				 "erase", (json_int_t)event->u.plan.erase_len, "write",
				 (json_int_t)event->u.plan.write_len, "blank",
				 (json_int_t)event->u.plan.blank_len, "padding",
				 (json_int_t)event->u.plan.pad_len);
	case FM_EVENT_BEGIN:
	case FM_EVENT_NOTE:
	case FM_EVENT_ASK:
		return json_pack("{s:s}", "text", event->u.text);
	case FM_EVENT_END:
		return progress_json_end(&event->u.end);
	case FM_EVENT_PHASE_BEGIN:
		break;
	}
	return json_object();
}

/* Begin and end say whose they are: lines of several jobs may come together in one file. */
static void progress_json_whose(const struct fm_cli_progress_state *state, json_t *object)
{
	json_object_set_new(object, "model", json_string(state->model));
	json_object_set_new(object, "port", json_string(state->port));
	json_object_set_new(object, "unit", json_string(state->unit));
}

static void progress_json(const struct fm_cli_progress_state *state, const struct fm_event *event)
{
	json_t *object = progress_json_body(event);

	if (event->kind == FM_EVENT_BEGIN || event->kind == FM_EVENT_END)
		progress_json_whose(state, object);
	json_object_set_new(object, "job", json_integer((json_int_t)event->job));
	json_object_set_new(object, "sequence", json_integer((json_int_t)event->sequence));
	json_object_set_new(object, "mono_ns", json_integer(event->mono_ns));
	json_object_set_new(object, "phase", json_string(fm_phase_name(event->phase)));
	fm_cli_json(object, progress_kind(event->kind));
}

/* A line that stays, for people. */
static void progress_say(struct fm_cli_progress_state *state, const struct fm_event *event)
{
	const struct fm_rule_result *rule = &event->u.rule;
	double spent_s = (double)(event->mono_ns - state->phase_ns) / 1e9;
	char text[256];

	progress_close_line(state);
	switch (event->kind) {
	case FM_EVENT_PHASE_END:
		fprintf(stderr, "%-9s %s  %.1f s\n", fm_phase_name(event->phase),
			event->u.error.code == FM_OK ? "done" : "FAILED", spent_s);
		break;
	case FM_EVENT_RULE:
		if (rule->verdict != FM_FITS)
			fm_cli_rule(stderr, rule);
		break;
	case FM_EVENT_HOST:
		if (event->u.host.state != FM_FITS || state->verbose)
			fm_cli_host(stderr, &event->u.host);
		break;
	case FM_EVENT_NOTE:
		fprintf(stderr, "  %s\n", event->u.text);
		break;
	case FM_EVENT_QUESTION:
		if (!fm_asked_right(&event->u.asked) || state->verbose)
			fm_cli_asked(stderr, &event->u.asked);
		break;
	case FM_EVENT_POST_CHECK:
		fm_post_check_text(&event->u.post_check, text, sizeof(text));
		fprintf(stderr, "  %s\n", text);
		break;
	case FM_EVENT_ASK:
		fprintf(stderr, "DO THIS: %s\n", event->u.text);
		break;
	default:
		break;
	}
}

void fm_cli_progress_quiet(struct fm_cli_progress_state *state, int64_t quiet_ns, int64_t limit_ns)
{
	int64_t quiet_s = quiet_ns / 1000000000;
	char limit[40] = "";

	if (limit_ns > 0)
		snprintf(limit, sizeof(limit), ", gives up at %" PRId64 " s",
			 (limit_ns + 999999999) / 1000000000);
	if (quiet_s < PROGRESS_STILL_S) {
		state->quiet_s = 0;
		return;
	}
	if (state->how == FM_PROGRESS_TTY) {
		fprintf(stderr, "\r  %-9s no progress for %" PRId64 " s%s\033[K", state->phase,
			quiet_s, limit);
		fflush(stderr);
		state->line_open = true;
	} else if (state->how == FM_PROGRESS_LINES &&
		   (state->quiet_s == 0 || quiet_s >= state->quiet_s + 10)) {
		fprintf(stderr, "%s: no progress for %" PRId64 " s%s\n", state->phase, quiet_s,
			limit);
		state->quiet_s = quiet_s;
	}
}

void fm_cli_progress_event(const struct fm_cli *cli, struct fm_cli_progress_state *state,
			   const struct fm_event *event)
{
	if (event->kind == FM_EVENT_PHASE_BEGIN) {
		state->phase_ns = state->said_ns = event->mono_ns;
		state->said_percent = 0;
		fm_text_copy(state->phase, sizeof(state->phase), fm_phase_name(event->phase));
	}
	if (event->kind == FM_EVENT_FACT && event->u.fact.kind == FM_FACT_UNIQUE_ID)
		fm_text_copy(state->unit, sizeof(state->unit), event->u.fact.value);
	if (cli->options.json &&
	    (state->how == FM_PROGRESS_JSON || event->kind != FM_EVENT_PROGRESS)) {
		progress_json(state, event);
		return;
	}
	if (event->kind != FM_EVENT_PROGRESS) {
		if (state->how != FM_PROGRESS_NONE || event->kind == FM_EVENT_ASK)
			progress_say(state, event);
		return;
	}
	if (state->how == FM_PROGRESS_TTY)
		progress_tty(state, event);
	else if (state->how == FM_PROGRESS_LINES)
		progress_line(state, event);
	else if (state->how == FM_PROGRESS_JSON)
		progress_json(state, event);
}

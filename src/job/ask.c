/* Questions to the running application, over its serial line. */
#include "base/text.h"
#include "job/private.h"

#include <regex.h>
#include <string.h>

#define ASK_QUIET_MS 50 /* an answer is complete when nothing more comes for so long */
/* ... or, from an application that is never quiet, after so long: 48 bytes at 1200 baud */
#define ASK_COMPLETE_MS 400
#define ASK_HEARD 1024

bool fm_job_match_answer(const char *pattern, unsigned group, const uint8_t *data, size_t len,
			 char *ret_text, size_t size)
{
	regmatch_t match[10];
	regex_t regex;
	bool found;

	if (group >= sizeof(match) / sizeof(match[0]) ||
	    regcomp(&regex, pattern, REG_EXTENDED) != 0)
		return false;
	match[0] = (regmatch_t){ .rm_so = 0, .rm_eo = (regoff_t)len };
	found = regexec(&regex, (const char *)data, sizeof(match) / sizeof(match[0]), match,
			REG_STARTEND) == 0 &&
		match[group].rm_so >= 0;
	if (found)
		fm_text_printable(ret_text, size, (const char *)data + match[group].rm_so,
				  (size_t)(match[group].rm_eo - match[group].rm_so));
	regfree(&regex);
	return found;
}

struct ask_heard {
	uint8_t data[ASK_HEARD];
	size_t len;
	size_t at, before; /* where the newest answer begins, and the one before it */
};

/* Room for more: the older half goes. */
static void ask_forget(struct ask_heard *heard)
{
	size_t half = sizeof(heard->data) / 2;

	if (heard->len < sizeof(heard->data))
		return;
	memmove(heard->data, heard->data + half, half);
	heard->len -= half;
	heard->at -= heard->at < half ? heard->at : half;
	heard->before -= heard->before < half ? heard->before : half;
}

/* Hear until the deadline or, once something matches, until that is complete. */
static bool ask_hear(struct fm_job *job, const struct fm_question *question,
		     struct ask_heard *heard, struct fm_deadline deadline, struct fm_reply *ret,
		     struct fm_error *err)
{
	struct fm_clock *clock = job->link->clock;
	struct fm_deadline complete = deadline;
	bool found = false;
	size_t n;

	while (!found || !fm_expired(clock, complete)) {
		ask_forget(heard);
		if (!fm_recv_some(job->link, heard->data + heard->len,
				  sizeof(heard->data) - heard->len, &n,
				  found ? fm_in_ms(clock, ASK_QUIET_MS) : deadline, err))
			return found && err->code == FM_TIMEOUT;
		heard->len += n;
		if (!fm_job_match_answer(question->expect, question->group, heard->data, heard->len,
					 ret->text, sizeof(ret->text)))
			continue;
		if (!found)
			complete = fm_in_ms(clock, ASK_COMPLETE_MS);
		found = true;
	}
	return true;
}

static bool ask_same_line(const struct fm_line_settings *one, const struct fm_line_settings *other)
{
	return one->baud == other->baud && one->data_bits == other->data_bits &&
	       one->parity == other->parity && one->stop_bits == other->stop_bits;
}

/* A port that is open for a question stays so for the next: opening it resets many a board. */
static bool ask_open(struct fm_job *job, const struct fm_line_settings *line, struct fm_error *err)
{
	if (job->asks_at && ask_same_line(job->asks_at, line))
		return fm_discard(job->link, err);
	if (!fm_job_open_serial(job, line, err))
		return false;
	job->asks_at = line;
	return true;
}

/* What came last, where it is not what was expected. */
static bool ask_failed(const struct fm_question *question, const struct ask_heard *heard,
		       struct fm_reply *ret, struct fm_error *err)
{
	size_t from = heard->at < heard->len ? heard->at : heard->before;

	fm_text_printable(ret->text, sizeof(ret->text), (const char *)heard->data + from,
			  heard->len - from);
	return fm_fail(err, FM_TIMEOUT, "the application did not answer within %u ms",
		       question->within_ms);
}

bool fm_job_ask(struct fm_job *job, const struct fm_question *question, struct fm_reply *ret,
		struct fm_error *err)
{
	struct ask_heard heard = { .len = 0 };
	struct fm_deadline end;
	int64_t begin_ns;

	*ret = (struct fm_reply){ .text = "" };
	if (!ask_open(job, &question->line, err))
		return false;
	begin_ns = fm_now_ns(job->link->clock);
	end = fm_in_ms(job->link->clock, question->within_ms);
	while (!fm_expired(job->link->clock, end)) {
		struct fm_deadline again = fm_in_ms(job->link->clock, question->repeat_ms);
		bool good;

		if (again.at_ns > end.at_ns)
			again = end;
		if (heard.at < heard.len) {
			heard.before = heard.at;
			heard.at = heard.len;
		}
		if (question->send_len &&
		    !fm_send(job->link, question->send, question->send_len, again, err))
			return false;
		good = ask_hear(job, question, &heard, again, ret, err);
		ret->after_ms = (unsigned)((fm_now_ns(job->link->clock) - begin_ns) / 1000000);
		if (good || err->code != FM_TIMEOUT)
			return good;
	}
	return ask_failed(question, &heard, ret, err);
}

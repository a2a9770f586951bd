/* What the definition asks of the application after it was written: all of it must be answered
 * right before the job has passed. */
#include "base/text.h"
#include "job/private.h"

#include <stdio.h>
#include <string.h>

/* The question for people: without its line end. */
static void check_question(const struct fm_question *question, char *ret, size_t size)
{
	size_t len = question->send_len;

	while (len > 0 && question->send[len - 1] < ' ')
		len--;
	fm_text_printable(ret, size, (const char *)question->send, len);
}

static void check_remember(struct fm_job *job, const struct fm_post_check_result *result)
{
	char *text = job->end.post_checks;
	size_t len = strlen(text), size = sizeof(job->end.post_checks);

	len += (size_t)snprintf(text + len, size - len, "%s%s: ", len ? "; " : "", result->name);
	if (len >= size)
		return;
	if (*result->answer)
		len += (size_t)snprintf(text + len, size - len, "%s'%s'",
					result->passed ? "" : "WRONG, ", result->answer);
	else
		len += (size_t)snprintf(text + len, size - len, "NO ANSWER");
	if (len < size)
		snprintf(text + len, size - len, " after %u.%u s", result->after_ms / 1000,
			 result->after_ms % 1000 / 100);
}

/* From this one on nothing is known. */
static void check_leave_out(struct fm_job *job, size_t from)
{
	char *text = job->end.not_tested;
	size_t size = sizeof(job->end.not_tested), len = strlen(text);

	for (size_t i = from; i < job->device.post_check_count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s'%s'",
					i > from ? ", "
					: len    ? "; post-check "
						 : "post-check ",
					job->device.post_checks[i].name);
}

/* A wrong answer, or none. */
static bool check_failed(const struct fm_post_check *check,
			 const struct fm_post_check_result *result, struct fm_error *err)
{
	char question[25];

	check_question(&check->question, question, sizeof(question));
	if (!*result->answer)
		return fm_fail(err, FM_POST_CHECK,
			       "post-check '%s': asked '%s', expected '%.60s', no answer within "
			       "%u ms",
			       check->name, question, check->question.expect,
			       check->question.within_ms);
	return fm_fail(err, FM_POST_CHECK,
		       "post-check '%s': asked '%s', expected '%.60s' within %u ms, the unit "
		       "answered '%.60s'",
		       check->name, question, check->question.expect, check->question.within_ms,
		       result->answer);
}

/* The version was right, so the firmware runs; whether it works, nobody knows. */
static bool check_not_asked(const struct fm_post_check *check, struct fm_error *err)
{
	struct fm_error why = *err;

	fm_fail(err, FM_UNPROVED, "post-check '%s' could not be asked: %s", check->name, why.text);
	return fm_hint(err, "Attach the unit again and run the same command: its post-checks "
			    "are asked again.");
}

static bool check_one(struct fm_job *job, const struct fm_post_check *check, struct fm_error *err)
{
	struct fm_event event = { .kind = FM_EVENT_POST_CHECK };
	struct fm_post_check_result *result = &event.u.post_check;
	struct fm_reply answer;

	result->passed = fm_job_ask(job, &check->question, &answer, err);
	if (!result->passed && err->code != FM_TIMEOUT)
		return err->code != FM_CANCELLED ? check_not_asked(check, err) : false;
	fm_text_copy(result->name, sizeof(result->name), check->name);
	fm_text_copy(result->answer, sizeof(result->answer), answer.text);
	fm_text_copy(result->expected, sizeof(result->expected), check->question.expect);
	result->after_ms = answer.after_ms;
	fm_job_tell(job, &event);
	check_remember(job, result);
	return result->passed || check_failed(check, result, err);
}

bool fm_job_post_checks(struct fm_job *job, struct fm_error *err)
{
	for (size_t i = 0; i < job->device.post_check_count; i++) {
		if (check_one(job, &job->device.post_checks[i], err))
			continue;
		check_leave_out(job, err->code == FM_POST_CHECK ? i + 1 : i);
		return false;
	}
	return true;
}

void fm_job_post_checks_left_out(struct fm_job *job)
{
	check_leave_out(job, 0);
}

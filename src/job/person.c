/* What the definition asks a person before a write. Nobody is asked here: the answers come with the
 * request, and a job that lacks one, or has another one than is wanted, does not start. */
#include "base/text.h"
#include "job/private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool fm_asked_right(const struct fm_asked *asked)
{
	return strcasecmp(asked->given, asked->wanted) == 0;
}

static bool person_writes(enum fm_verb verb)
{
	return verb == FM_VERB_FLASH || verb == FM_VERB_ERASE || verb == FM_VERB_RESTORE ||
	       verb == FM_VERB_ROLLBACK;
}

static const char *person_given(const struct fm_job *job, const char *id)
{
	for (size_t i = 0; i < job->request.answer_count; i++) {
		if (strcmp(job->request.answers[i].id, id) == 0)
			return job->request.answers[i].text;
	}
	return "";
}

static bool person_knows(const struct fm_device *device, const char *id)
{
	for (size_t i = 0; i < device->person_question_count; i++) {
		if (strcmp(device->person_questions[i].id, id) == 0)
			return true;
	}
	return false;
}

bool fm_job_person_known(struct fm_job *job, struct fm_error *err)
{
	for (size_t i = 0; i < job->request.answer_count; i++) {
		const char *id = job->request.answers[i].id;

		if (!person_knows(&job->device, id)) {
			fm_fail(err, FM_USAGE, "the definition of '%s' asks no question '%s'",
				job->device.id, id);
			return fm_hint(err, "'flashmend catalog show %s' lists its questions",
				       job->device.id);
		}
	}
	return true;
}

static void person_remember(struct fm_record *record, const struct fm_asked *asked)
{
	size_t len = strlen(record->answers), size = sizeof(record->answers);

	if (*asked->given)
		snprintf(record->answers + len, size - len, "%s%s: '%s'", len ? "; " : "",
			 asked->id, asked->given);
}

static struct fm_asked person_asked(const struct fm_job *job, size_t index)
{
	const struct fm_person_question *question = &job->device.person_questions[index];
	struct fm_asked asked = { .id = "" };

	fm_text_copy(asked.id, sizeof(asked.id), question->id);
	fm_text_copy(asked.text, sizeof(asked.text), question->text);
	fm_text_copy(asked.wanted, sizeof(asked.wanted), question->answer);
	fm_text_copy(asked.given, sizeof(asked.given), person_given(job, question->id));
	return asked;
}

void fm_job_person_record(const struct fm_job *job, struct fm_record *record)
{
	for (size_t i = 0; i < job->device.person_question_count; i++) {
		struct fm_asked asked = person_asked(job, i);

		person_remember(record, &asked);
	}
}

/* An answer that is not the one that is wanted is a no. */
static bool person_wrong(const struct fm_asked *asked, struct fm_error *err)
{
	if (*asked->given)
		return fm_fail(err, FM_REFUSED,
			       "question '%s' (%.120s) was answered '%s', not '%s'", asked->id,
			       asked->text, asked->given, asked->wanted);
	fm_fail(err, FM_UNANSWERED, "question '%s' is not answered: %s", asked->id, asked->text);
	return fm_hint(err,
		       "Look, then answer it on the terminal, or with --answer=%s=TEXT; -y "
		       "answers no question. Nothing was changed.",
		       asked->id);
}

bool fm_job_person(struct fm_job *job, struct fm_error *err)
{
	enum fm_verb verb = job->request.verb;
	bool must = person_writes(verb) && !job->request.dry_run, good = true;

	if (!person_writes(verb) && verb != FM_VERB_CHECK)
		return true;
	job->phase = FM_PHASE_PREFLIGHT;
	for (size_t i = 0; i < job->device.person_question_count; i++) {
		struct fm_event event = { .kind = FM_EVENT_QUESTION };

		event.u.asked = person_asked(job, i);
		fm_job_tell(job, &event);
		if (good && must && !fm_asked_right(&event.u.asked))
			good = person_wrong(&event.u.asked, err);
	}
	return good;
}

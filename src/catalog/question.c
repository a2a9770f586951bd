/* Questions to an application, and to the person who is in front of the unit. */
#include "base/scope.h"
#include "base/text.h"
#include "catalog/definition.h"
#include "catalog/field.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_MOST_MS 60000

/*
 * glibc unrolls {n,m}: nested repetitions take memory by their product. False when they would take
 * much.
 */
static bool question_repeats_little(const char *pattern)
{
	unsigned long product = 1;

	for (const char *at = strchr(pattern, '{'); at; at = strchr(at + 1, '{')) {
		unsigned long most = 1;

		for (const char *digits = at + 1; isdigit((unsigned char)*digits) || *digits == ',';
		     digits++) {
			unsigned long bound = strtoul(digits, NULL, 10);

			most = bound > most ? bound : most;
		}
		if (most > 256 || (product *= most) > 256)
			return false;
	}
	return true;
}

/* A pattern and the number of the group that is the answer; NULL after a finding. */
static char *question_pattern(const struct _xmlNode *node, const char *name, unsigned *ret_group,
			      struct fm_findings *findings)
{
	const char *pattern = fm_xml_attr(node, name);
	size_t before = findings->count;
	char why[128];
	regex_t regex;
	int code;

	*ret_group = (unsigned)fm_def_number(node, "group", 0, 0, 9, findings);
	if (strlen(pattern) > 200 || !question_repeats_little(pattern)) {
		fm_finding(findings, fm_xml_line(node),
			   "%s: at most 200 characters, and repetitions {n,m} whose product is at "
			   "most 256",
			   name);
		return NULL;
	}
	code = regcomp(&regex, pattern, REG_EXTENDED);
	if (code != 0) {
		regerror(code, &regex, why, sizeof(why));
		fm_finding(findings, fm_xml_line(node), "%s '%s': %s", name, pattern, why);
		return NULL;
	}
	if (*ret_group > regex.re_nsub)
		fm_finding(findings, fm_xml_line(node), "%s '%s' has %zu groups, not %u", name,
			   pattern, regex.re_nsub, *ret_group);
	regfree(&regex);
	return findings->count == before ? strdup(pattern) : NULL;
}

/* What all questions to an application have. */
static void question_asking(const struct _xmlNode *node, struct fm_findings *findings,
			    struct fm_question *ret)
{
	const char *send = fm_xml_attr(node, "send");

	fm_def_line(node, findings, &ret->line);
	if (!fm_field_escaped(send, &ret->send, &ret->send_len))
		fm_finding(findings, fm_xml_line(node),
			   "'%s': after a backslash comes r, n, t, 0, \\ or x with two digits",
			   send);
	ret->expect = question_pattern(node, "expect", &ret->group, findings);
	ret->within_ms =
		(unsigned)fm_def_number(node, "within-ms", 0, 1, QUESTION_MOST_MS, findings);
	ret->repeat_ms =
		(unsigned)fm_def_number(node, "repeat-ms", 0, 1, QUESTION_MOST_MS, findings);
}

struct fm_question *fm_def_question(struct _xmlNode *node, struct fm_findings *findings)
{
	struct fm_question *question = calloc(1, sizeof(*question));
	struct _xmlNode *in_image = fm_xml_child(node, "in-image");

	if (!question)
		abort();
	question_asking(node, findings, question);
	if (in_image)
		question->in_image =
			question_pattern(in_image, "pattern", &question->in_image_group, findings);
	return question;
}

/* Two of them with one name could not be told apart in a record. */
static void question_name_once(const struct _xmlNode *node, const struct fm_device *device,
			       const char *name, struct fm_findings *findings)
{
	for (size_t i = 0; i < device->post_check_count; i++) {
		if (strcmp(device->post_checks[i].name, name) == 0)
			fm_finding(findings, fm_xml_line(node), "two post-checks are named '%s'",
				   name);
	}
}

void fm_def_post_checks(struct _xmlNode *board, struct fm_findings *findings, struct fm_device *ret)
{
	for (struct _xmlNode *node = fm_xml_child(board, "post-check"); node;
	     node = fm_xml_next(node, "post-check")) {
		struct fm_post_check *check;

		if (ret->post_check_count == FM_POST_CHECK_MOST) {
			fm_finding(findings, fm_xml_line(node), "more than %d post-checks",
				   FM_POST_CHECK_MOST);
			return;
		}
		check = &ret->post_checks[ret->post_check_count];
		fm_def_text(node, "name", findings, check->name, sizeof(check->name));
		question_name_once(node, ret, check->name, findings);
		question_asking(node, findings, &check->question);
		ret->post_check_count++;
	}
}

void fm_def_person(struct _xmlNode *board, struct fm_findings *findings, struct fm_device *ret)
{
	for (struct _xmlNode *node = fm_xml_child(board, "ask-person"); node;
	     node = fm_xml_next(node, "ask-person")) {
		struct fm_person_question *question;

		if (ret->person_question_count == FM_PERSON_MOST) {
			fm_finding(findings, fm_xml_line(node),
				   "more than %d questions to a person", FM_PERSON_MOST);
			return;
		}
		question = &ret->person_questions[ret->person_question_count];
		fm_def_text(node, "id", findings, question->id, sizeof(question->id));
		fm_def_text(node, "text", findings, question->text, sizeof(question->text));
		fm_def_text(node, "answer", findings, question->answer, sizeof(question->answer));
		for (size_t i = 0; i < ret->person_question_count; i++) {
			if (strcmp(ret->person_questions[i].id, question->id) == 0)
				fm_finding(findings, fm_xml_line(node),
					   "two questions have the id '%s'", question->id);
		}
		ret->person_question_count++;
	}
}

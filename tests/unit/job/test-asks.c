/*
 * What a definition asks, on a simulated STM32 in virtual time: a person before anything is done
 * to it, and the application once it is written. The simulated application knows its version only;
 * what it answers beside that is put into its line here.
 */
#include "home.h"

#include "base/scope.h"
#include "base/text.h"
#include "sim/stm32/stm32.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_LEN 2560
#define TALKS 3

/* One question that the application knows. */
struct talk {
	const char *question;
	const char *answers[4]; /* to the first, the second ...; the last one for ever */
	bool gone;              /* the port goes instead */
	unsigned asked;
};

struct bench {
	struct job_home home;
	struct fm_virtual_clock clock;
	struct fm_sim_unit *unit;
	struct talk talks[TALKS];
	const char *waiting; /* on the line */
	unsigned opened;
	uint8_t image[IMAGE_LEN];
	struct fm_job_request request;
	struct fm_ways ways;
	/* what came of the last job */
	struct fm_job_end end;
	struct fm_post_check_result checks[8];
	size_t check_count;
	struct fm_asked asked[8];
	size_t asked_count;
	struct fm_rule_result region; /* the rule, rule "" = was not told */
	char region_fact[64];
};

static struct fm_error err;

/* One job runs at a time. */
static struct bench *talking;
static const struct fm_stream_ops *talking_inner;

static bool talk_send(struct fm_link *link, const void *data, size_t len,
		      struct fm_deadline deadline, struct fm_error *e)
{
	for (size_t i = 0; i < TALKS; i++) {
		struct talk *talk = &talking->talks[i];
		size_t at = talk->asked < 3 ? talk->asked : 3;

		if (!talk->question || len != strlen(talk->question) ||
		    memcmp(data, talk->question, len) != 0)
			continue;
		if (talk->gone)
			return fm_fail(e, FM_GONE, "%s vanished", link->name);
		while (at > 0 && !talk->answers[at])
			at--;
		talk->asked++;
		talking->waiting = talk->answers[at];
		return true;
	}
	return talking_inner->send(link, data, len, deadline, e);
}

static bool talk_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		      struct fm_deadline deadline, struct fm_error *e)
{
	const char *waiting = talking->waiting;

	if (!waiting || !*waiting)
		return talking_inner->recv(link, ret_data, len, ret_len, deadline, e);
	*ret_len = strlen(waiting) < len ? strlen(waiting) : len;
	memcpy(ret_data, waiting, *ret_len);
	talking->waiting = waiting + *ret_len;
	return true;
}

static bool bench_open(void *user, const char *port, const atomic_bool *cancel,
		       struct fm_link **ret_link, struct fm_error *e)
{
	static struct fm_stream_ops ops;
	struct bench *bench = user;

	(void)port;
	bench->opened++;
	if (!fm_sim_link_open(bench->unit, false, &bench->clock, cancel, ret_link, e))
		return false;
	talking = bench;
	talking_inner = (*ret_link)->stream;
	ops = *talking_inner;
	ops.send = talk_send;
	ops.recv = talk_recv;
	(*ret_link)->stream = &ops;
	return true;
}

static int setup(void **state)
{
	static const struct fm_sim_stm32_options medium_density = { .pid = 0x410 };
	static struct bench bench;

	bench = (struct bench){ .opened = 0 };
	home_open(&bench.home, 64);
	fm_virtual_clock_init(&bench.clock);
	assert_success(fm_sim_stm32_new(&medium_density, &bench.unit, &err));
	home_image(bench.image, IMAGE_LEN, "1.2.3");
	bench.talks[0] = (struct talk){ .question = "T\n", .answers = { "test ok\r\n" } };
	bench.talks[1] = (struct talk){ .question = "M\n", .answers = { "motor 3000 rpm\r\n" } };
	bench.ways = (struct fm_ways){ .open_serial = bench_open, .user = &bench };
	bench.request = home_request(&bench.home, "sim-board-checks", &bench.ways);
	*state = &bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	bench->unit->ops->free(bench->unit);
	return home_close(&bench->home);
}

static void bench_event(struct bench *bench, const struct fm_event *event)
{
	if (event->kind == FM_EVENT_QUESTION) {
		assert_int_equal(event->phase, FM_PHASE_PREFLIGHT);
		bench->asked[bench->asked_count++] = event->u.asked;
	}
	if (event->kind == FM_EVENT_RULE && strcmp(event->u.rule.rule, "region") == 0)
		bench->region = event->u.rule;
	if (event->kind == FM_EVENT_FACT && event->u.fact.kind == FM_FACT_REGION)
		fm_text_copy(bench->region_fact, sizeof(bench->region_fact), event->u.fact.value);
	if (event->kind == FM_EVENT_POST_CHECK) {
		assert_int_equal(event->phase, FM_PHASE_CONFIRM);
		bench->checks[bench->check_count++] = event->u.post_check;
	}
}

/* Run the request to its end. */
static void bench_run(struct bench *bench)
{
	struct fm_image image;
	struct fm_event event = { 0 };
	struct fm_job *job;

	fm_image_init(&image);
	assert_success(
		fm_image_parse("image", bench->image, sizeof(bench->image), NULL, &image, &err));
	bench->request.image = &image;
	bench->check_count = bench->asked_count = 0;
	bench->region = (struct fm_rule_result){ .rule = "" };
	*bench->region_fact = '\0';
	bench->opened = 0;
	assert_success(fm_job_start(&bench->request, &job, &err));
	while (event.kind != FM_EVENT_END) {
		struct pollfd fd = { fm_queue_fd(bench->home.queue), POLLIN, 0 };

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while (event.kind != FM_EVENT_END && fm_queue_get(bench->home.queue, &event))
			bench_event(bench, &event);
	}
	bench->end = event.u.end;
	fm_job_free(job);
	fm_image_done(&image);
}

static void assert_end(const struct bench *bench, enum fm_outcome outcome, enum fm_code code,
		       enum fm_unit_state unit_state)
{
	if (bench->end.outcome != outcome || bench->end.code != code ||
	    bench->end.unit_state != unit_state)
		fail_msg("%s E%d %s (%s)", fm_outcome_name(bench->end.outcome),
			 fm_error_info(bench->end.code)->number,
			 fm_unit_state_name(bench->end.unit_state), bench->end.error.text);
}

static void bench_record(struct bench *bench, struct fm_record *ret)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	size_t count;

	assert_success(
		fm_store_get(bench->home.store, bench->end.record, ret, &phases, &count, &err));
}

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void test_all_checks_pass(void **state)
{
	struct bench *bench = *state;
	struct fm_record record;

	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(bench->check_count, 2);
	assert_string_equal(bench->checks[0].name, "self test");
	assert_true(bench->checks[0].passed);
	assert_string_equal(bench->checks[0].answer, "ok");
	assert_string_equal(bench->checks[1].answer, "motor 3000 rpm");
	assert_contains(bench->end.post_checks, "self test: 'ok' after 0.");
	assert_contains(bench->end.post_checks, " s; motor: 'motor 3000 rpm' after 0.");
	assert_string_equal(bench->end.not_tested, "");
	bench_record(bench, &record);
	assert_string_equal(record.post_checks, bench->end.post_checks);
	/* asked before; written; asked for the version and the first check; the other baud rate */
	assert_int_equal(bench->opened, 4);
}

/* The unit needs its time: right within the time is right. */
static void test_late_but_right(void **state)
{
	struct bench *bench = *state;

	bench->talks[0] = (struct talk){ .question = "T\n",
					 .answers = { "", "busy\r\n", "busy\r\n", "test ok" } };
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(bench->talks[0].asked, 4);
	assert_in_range(bench->checks[0].after_ms, 1500, 1999);
	assert_contains(bench->end.post_checks, "self test: 'ok' after 1.");
}

static void test_a_wrong_answer(void **state)
{
	struct bench *bench = *state;
	struct fm_record record;

	bench->talks[0] = (struct talk){ .question = "T\n", .answers = { "test FAILED\r\n" } };
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_FAIL, FM_POST_CHECK, FM_UNIT_VERIFIED);
	assert_int_equal(fm_error_info(bench->end.code)->exit_code, 12);
	assert_string_equal(bench->end.error.text,
			    "post-check 'self test': asked 'T', expected 'test (ok)' within 3000 "
			    "ms, the unit answered 'test FAILED..'");
	assert_int_equal(bench->talks[0].asked, 6);
	/* the next one was not asked, and the result says so */
	assert_int_equal(bench->talks[1].asked, 0);
	assert_string_equal(bench->end.not_tested, "post-check 'motor'");
	assert_int_equal(bench->check_count, 1);
	assert_false(bench->checks[0].passed);
	bench_record(bench, &record);
	assert_contains(record.post_checks, "self test: WRONG, 'test FAILED..' after 3.0 s");
	assert_string_equal(record.unit_state, "verified");
	/* what was written is right all the same */
	assert_memory_equal(bench->unit->flash, bench->image, IMAGE_LEN);
}

static void test_no_answer(void **state)
{
	struct bench *bench = *state;

	bench->talks[1] = (struct talk){ .question = "M\n", .answers = { "" } };
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_FAIL, FM_POST_CHECK, FM_UNIT_VERIFIED);
	assert_contains(bench->end.error.text, "post-check 'motor': asked 'M', expected 'motor");
	assert_contains(bench->end.error.text, "no answer within 3000 ms");
	assert_contains(bench->end.post_checks, "self test: 'ok'");
	assert_contains(bench->end.post_checks, "motor: NO ANSWER after 3.0 s");
	assert_string_equal(bench->end.not_tested, "");
}

/* Nobody can say whether it would have answered. */
static void test_the_port_goes_away(void **state)
{
	struct bench *bench = *state;

	bench->talks[0] = (struct talk){ .question = "T\n", .gone = true };
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_UNCLEAR, FM_UNPROVED, FM_UNIT_VERIFIED);
	assert_contains(bench->end.error.text, "post-check 'self test' could not be asked: ");
	assert_string_equal(bench->end.not_tested, "post-check 'self test', 'motor'");
	assert_string_equal(bench->end.post_checks, "");
	assert_string_equal(bench->end.version_after, "1.2.3");
}

/* Post-checks alone prove that the application runs, not which one it is. */
static void test_checks_without_a_version(void **state)
{
	struct bench *bench = *state;

	fm_text_copy(bench->request.model, sizeof(bench->request.model), "sim-board-checks-only");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(bench->check_count, 1);
	assert_string_equal(bench->end.not_tested,
			    "which version runs: the definition has no question for it");
}

/* It does not start: nothing more is asked of it. */
static void test_not_asked_of_what_does_not_run(void **state)
{
	struct bench *bench = *state;

	memset(bench->image, 0x5a, 8);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
	assert_int_equal(bench->talks[0].asked, 0);
	assert_int_equal(bench->check_count, 0);
	assert_string_equal(bench->end.not_tested, "post-check 'self test', 'motor'");
}

/* A board that asks a person; these are the answers, NULL = none. */
static void bench_person(struct bench *bench, const char *mains, const char *valve)
{
	const char *const given[] = { "mains", mains, "valve", valve };
	struct fm_job_request *request = &bench->request;

	fm_text_copy(request->model, sizeof(request->model), "sim-board-person");
	request->answer_count = 0;
	for (size_t i = 0; i < FM_COUNT(given); i += 2) {
		struct fm_job_answer *answer = &request->answers[request->answer_count];

		if (!given[i + 1])
			continue;
		fm_text_copy(answer->id, sizeof(answer->id), given[i]);
		fm_text_copy(answer->text, sizeof(answer->text), given[i + 1]);
		request->answer_count++;
	}
}

/* Nothing is opened, nothing written, and the job counts as one that never started. */
static void assert_not_started(const struct bench *bench, enum fm_code code, int exit_code)
{
	assert_end(bench, FM_OUTCOME_NONE, code, FM_UNIT_UNTOUCHED);
	assert_int_equal(fm_error_info(bench->end.code)->exit_code, exit_code);
	assert_int_equal(bench->opened, 0);
	assert_true(bench->unit->flash[0] == 0xff);
	assert_int_equal(bench->asked_count, 2);
}

static void test_nobody_answers(void **state)
{
	static const enum fm_verb verbs[] = { FM_VERB_FLASH, FM_VERB_ERASE, FM_VERB_RESTORE,
					      FM_VERB_ROLLBACK };
	struct bench *bench = *state;
	struct fm_record record;

	bench_person(bench, NULL, NULL);
	for (size_t i = 0; i < FM_COUNT(verbs); i++) {
		bench->request.verb = verbs[i];
		bench_run(bench);
		assert_not_started(bench, FM_UNANSWERED, 8);
		assert_string_equal(bench->end.error.text,
				    "question 'mains' is not answered: Is the mains switch of the "
				    "cabinet off?");
		assert_contains(bench->end.error.hint, "--answer=mains=TEXT");
		assert_string_equal(bench->asked[0].id, "mains");
		assert_string_equal(bench->asked[0].given, "");
		assert_string_equal(bench->asked[1].wanted, "it is shut");
	}
	bench_record(bench, &record);
	assert_string_equal(record.outcome, "NONE");
	assert_string_equal(record.answers, "");
}

static void test_one_is_open(void **state)
{
	struct bench *bench = *state;

	bench_person(bench, "off", NULL);
	bench_run(bench);
	assert_not_started(bench, FM_UNANSWERED, 8);
	assert_contains(bench->end.error.text, "question 'valve' is not answered");
	assert_true(fm_asked_right(&bench->asked[0]));
	assert_false(fm_asked_right(&bench->asked[1]));
}

static void test_a_person_says_no(void **state)
{
	struct bench *bench = *state;
	struct fm_record record;

	bench_person(bench, "on", "it is shut");
	bench_run(bench);
	assert_not_started(bench, FM_REFUSED, 9);
	assert_string_equal(bench->end.error.text,
			    "question 'mains' (Is the mains switch of the cabinet off?) was "
			    "answered 'on', not 'off'");
	bench_record(bench, &record);
	assert_string_equal(record.answers, "mains: 'on'; valve: 'it is shut'");
	/* a part of the answer is none */
	bench_person(bench, "off", "shut");
	bench_run(bench);
	assert_not_started(bench, FM_REFUSED, 9);
}

static void test_all_is_answered(void **state)
{
	struct bench *bench = *state;
	struct fm_record record;

	bench_person(bench, "OFF", "it is shut");
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_PASS);
	assert_memory_equal(bench->unit->flash, bench->image, IMAGE_LEN);
	bench_record(bench, &record);
	assert_string_equal(record.answers, "mains: 'OFF'; valve: 'it is shut'");
}

/* What changes nothing tells what will be asked. */
static void test_a_check_tells_the_questions(void **state)
{
	struct bench *bench = *state;

	bench_person(bench, NULL, NULL);
	bench->request.verb = FM_VERB_CHECK;
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_PASS);
	assert_int_equal(bench->asked_count, 2);
	bench->request.verb = FM_VERB_FLASH;
	bench->request.dry_run = true;
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_PASS);
	assert_int_equal(bench->asked_count, 2);
	bench->request.dry_run = false;
	bench->request.verb = FM_VERB_INFO;
	bench_run(bench);
	assert_int_equal(bench->asked_count, 0);
	assert_true(bench->unit->flash[0] == 0xff);
}

/* A slip in the id must not look like an answer. */
static void test_an_answer_to_no_question(void **state)
{
	struct bench *bench = *state;
	struct fm_job *job;

	bench_person(bench, "off", "it is shut");
	fm_text_copy(bench->request.answers[1].id, sizeof(bench->request.answers[1].id), "vale");
	bench->request.image = NULL;
	assert_failure(fm_job_start(&bench->request, &job, &err), FM_USAGE);
	assert_contains(err.text, "'sim-board-person' asks no question 'vale'");
}

/* Firmware for the EU, on a unit whose application says this of itself. */
static void bench_region(struct bench *bench, const char *says)
{
	static struct fm_component component = { .name = "Radio", .guid_count = 1 };
	static struct fm_release release = { .version = "1.2.3" };

	component.format = FM_VERSION_TRIPLET;
	fm_text_copy(component.guids[0], sizeof(component.guids[0]),
		     "84f40464-9272-4ef7-9399-cd95f12da696");
	fm_text_copy(bench->request.model, sizeof(bench->request.model), "sim-board-region");
	bench->request.verb = FM_VERB_FLASH;
	bench->request.component = NULL;
	bench->request.release = NULL;
	bench->talks[2] = (struct talk){ .question = "R\n", .answers = { says } };
	bench_run(bench); /* so that an application runs */
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	bench->request.component = &component;
	bench->request.release = &release;
	bench_run(bench);
}

static void test_firmware_for_another_region(void **state)
{
	struct bench *bench = *state;

	bench_region(bench, "region US\r\n");
	assert_end(bench, FM_OUTCOME_NONE, FM_BLOCKED_MODEL, FM_UNIT_UNTOUCHED);
	assert_string_equal(bench->end.error.text,
			    "rule 'region': the file: is for region EU*; the unit: is for region "
			    "US");
	assert_int_equal(bench->region.verdict, FM_BLOCKED);
	assert_string_equal(bench->region_fact, "US");
}

static void test_firmware_for_the_right_region(void **state)
{
	struct bench *bench = *state;

	bench_region(bench, "region EU-868\r\n");
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(bench->region.verdict, FM_FITS);
	assert_string_equal(bench->region.unit_says, "is for region EU-868");
	assert_string_equal(bench->region_fact, "EU-868");
}

/* It may be a unit that has to be rescued: a person decides, and the record says so. */
static void test_a_unit_that_does_not_say_its_region(void **state)
{
	struct bench *bench = *state;
	struct fm_record record;

	bench_region(bench, "what?\r\n");
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_int_equal(bench->region.verdict, FM_WARN);
	assert_string_equal(bench->region.unit_says, "does not tell its region");
	assert_string_equal(bench->region_fact, "");
	bench_record(bench, &record);
	assert_contains(record.allowed, "region");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_checks_pass),
		TEST(test_late_but_right),
		TEST(test_a_wrong_answer),
		TEST(test_no_answer),
		TEST(test_the_port_goes_away),
		TEST(test_not_asked_of_what_does_not_run),
		TEST(test_checks_without_a_version),
		TEST(test_nobody_answers),
		TEST(test_one_is_open),
		TEST(test_a_person_says_no),
		TEST(test_all_is_answered),
		TEST(test_a_check_tells_the_questions),
		TEST(test_an_answer_to_no_question),
		TEST(test_firmware_for_another_region),
		TEST(test_firmware_for_the_right_region),
		TEST(test_a_unit_that_does_not_say_its_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

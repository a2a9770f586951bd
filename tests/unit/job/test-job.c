/*
 * Whole jobs on a simulated STM32, in virtual time: what their ends say must be what the unit's
 * flash says. Also under ThreadSanitizer: the job runs in its thread, events cross the queue, stops
 * come from this one.
 */
#include "home.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/decorators.h"
#include "sim/stm32/stm32.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define IMAGE_LEN 2560
#define FLASH_BASE 0x08000000
#define APP_VERSION "1.2.3"

struct bench {
	struct job_home home;
	struct fm_virtual_clock clock;
	struct fm_sim_unit *unit;
	struct fm_fault fault; /* on the link that is opened as number fault_at */
	unsigned opened, fault_at, operations;
	bool fault_on_all; /* on every link from fault_at on */
	void (*close)(struct fm_link *);
	bool chatters;  /* the application, whether it is asked or not */
	unsigned lacks; /* what links have not: FM_LINK_NO_... */
	uint8_t image[IMAGE_LEN];
	struct fm_job_request request;
	struct fm_ways ways;
	/* what came of the last job */
	struct fm_job_end end;
	unsigned writes;
	/* asked for while the job runs */
	enum { LEAVE, CANCEL_AT_START, STOP_IN_WRITE } hand;
};

static struct fm_error err;

/* How many operations there were is asked when the job closes its link. */
static struct bench *closing;

static void bench_close(struct fm_link *link)
{
	link->close = closing->close;
	closing->operations = fm_fault_count(link);
	fm_link_close(link);
}

/* How the link receives by itself, and how with an application that says something every 5 ms. */
static bool (*chatter_inner)(struct fm_link *, void *, size_t, size_t *, struct fm_deadline,
			     struct fm_error *);

static bool chatter_recv(struct fm_link *link, void *data, size_t len, size_t *ret_len,
			 struct fm_deadline deadline, struct fm_error *e)
{
	struct fm_deadline next = fm_in_ms(link->clock, 5);

	if (deadline.at_ns < next.at_ns)
		return chatter_inner(link, data, len, ret_len, deadline, e);
	if (chatter_inner(link, data, len, ret_len, next, e))
		return true;
	if (e->code != FM_TIMEOUT)
		return false;
	*(char *)data = '.';
	*ret_len = 1;
	return true;
}

static void bench_chatter(struct fm_link *link)
{
	static struct fm_stream_ops chattering;

	chattering = *link->stream;
	chatter_inner = chattering.recv;
	chattering.recv = chatter_recv;
	link->stream = &chattering;
}

static bool bench_open(void *user, const char *port, const atomic_bool *cancel,
		       struct fm_link **ret_link, struct fm_error *e)
{
	static const struct fm_fault none;
	struct bench *bench = user;
	struct fm_link *link;
	bool faulty;

	(void)port;
	bench->opened++;
	faulty = bench->fault_on_all ? bench->opened >= bench->fault_at
				     : bench->opened == bench->fault_at;
	if (!fm_sim_link_open(bench->unit, false, &bench->clock, cancel, &link, e))
		return false;
	link->lacks |= bench->lacks;
	if (!fm_fault_open(link, faulty ? &bench->fault : &none, ret_link, e))
		return false;
	if (bench->opened == bench->fault_at) {
		closing = bench;
		bench->close = (*ret_link)->close;
		(*ret_link)->close = bench_close;
	}
	/* The job asks the application, writes, and asks again. */
	if (bench->chatters && bench->opened != 2)
		bench_chatter(*ret_link);
	return true;
}

static void bench_unit(struct bench *bench, const struct fm_sim_stm32_options *options)
{
	if (bench->unit)
		bench->unit->ops->free(bench->unit);
	fm_virtual_clock_init(&bench->clock);
	assert_success(fm_sim_stm32_new(options, &bench->unit, &err));
}

static const struct fm_sim_stm32_options medium_density = { .pid = 0x410 };

static int setup(void **state)
{
	static struct bench bench;

	bench = (struct bench){ .opened = 0 };
	home_open(&bench.home, 64);
	bench_unit(&bench, &medium_density);
	home_image(bench.image, IMAGE_LEN, APP_VERSION);
	memset(bench.image + 1100, 0xff, 1100);
	bench.ways = (struct fm_ways){ .open_serial = bench_open, .user = &bench };
	bench.request = home_request(&bench.home, "sim-board", &bench.ways);
	*state = &bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	bench->unit->ops->free(bench->unit);
	return home_close(&bench->home);
}

static void bench_hand(struct bench *bench, struct fm_job *job, const struct fm_event *event)
{
	bench->writes += event->kind == FM_EVENT_PHASE_BEGIN && event->phase == FM_PHASE_WRITE;
	if (bench->hand == STOP_IN_WRITE && event->kind == FM_EVENT_PHASE_BEGIN &&
	    event->phase == FM_PHASE_ERASE) {
		assert_false(fm_job_cancel(job, FM_CANCELLED) && event->phase == FM_PHASE_WRITE);
		fm_job_stop(job);
	}
}

/* Run the request to its end. */
static void bench_run(struct bench *bench)
{
	struct fm_image image;
	struct fm_event event = { 0 };
	struct fm_job *job;

	fm_image_init(&image);
	if (bench->request.verb == FM_VERB_FLASH || bench->request.verb == FM_VERB_CHECK ||
	    bench->request.verb == FM_VERB_VERIFY) {
		assert_success(fm_image_parse("image", bench->image, sizeof(bench->image), NULL,
					      &image, &err));
		bench->request.image = &image;
	} else {
		bench->request.image = NULL;
	}
	bench->opened = bench->writes = 0;
	assert_success(fm_job_start(&bench->request, &job, &err));
	if (bench->hand == CANCEL_AT_START)
		fm_job_cancel(job, FM_CANCELLED);
	while (event.kind != FM_EVENT_END) {
		struct pollfd fd = { fm_queue_fd(bench->home.queue), POLLIN, 0 };

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while (event.kind != FM_EVENT_END && fm_queue_get(bench->home.queue, &event))
			bench_hand(bench, job, &event);
	}
	bench->end = event.u.end;
	fm_job_free(job);
	fm_image_done(&image);
}

static bool bench_holds_image(const struct bench *bench)
{
	return memcmp(bench->unit->flash, bench->image, IMAGE_LEN) == 0;
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

static void test_flash(void **state)
{
	struct bench *bench = *state;
	struct fm_phase_record *phases;
	struct fm_record record;
	size_t count;

	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(bench_holds_image(bench));
	assert_string_equal(bench->end.version_after, APP_VERSION);
	assert_true(bench->end.bytes_blank_proved > 0);
	assert_success(
		fm_store_get(bench->home.store, bench->end.record, &record, &phases, &count, &err));
	assert_string_equal(record.outcome, "PASS");
	assert_string_equal(record.version_expected, APP_VERSION);
	assert_string_equal(record.chip, "0410");
	assert_true(count >= 7);
	free(phases);
}

static void test_check_changes_nothing(void **state)
{
	struct bench *bench = *state;

	bench->request.verb = FM_VERB_CHECK;
	bench->request.store = NULL;
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_PASS);
	assert_false(bench->end.changed);
	assert_true(bench->unit->flash[0] == 0xff);
}

static void test_an_unbound_plan_does_not_run(void **state)
{
	struct bench *bench = *state;

	memset(bench->request.plan_sha256, 'a', FM_SHA256_TEXT - 1);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_NONE, FM_WRONG_UNIT, FM_UNIT_ENTERED);
	assert_true(bench->unit->flash[0] == 0xff);
}

static void test_another_chip(void **state)
{
	struct bench *bench = *state;
	struct fm_sim_stm32_options options = { .pid = 0x423 };

	bench_unit(bench, &options);
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_NONE);
	assert_int_equal(bench->end.code, FM_WRONG_UNIT);
	assert_true(bench->unit->flash[0] == 0xff);
}

static void test_read_protected(void **state)
{
	struct bench *bench = *state;
	struct fm_sim_stm32_options options = medium_density;

	options.locked = true;
	bench_unit(bench, &options);
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_NONE);
	assert_int_equal(bench->end.code, FM_READ_PROTECTED);
	assert_true(bench->unit->flash[0] == 0xff);
}

static void test_bad_flash(void **state)
{
	struct bench *bench = *state;
	struct fm_sim_stm32_options options = medium_density;

	options.has_fault[FM_SIM_WEAK] = true;
	options.fault[FM_SIM_WEAK] = 2;
	bench_unit(bench, &options);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_FAIL, FM_VERIFY, FM_UNIT_UNVERIFIED);
}

/* The power comes back when the job opens the port again: it starts over by itself and says so. */
static void test_power_blip(void **state)
{
	struct bench *bench = *state;
	struct fm_sim_stm32_options options = medium_density;

	options.has_fault[FM_SIM_CUT] = true;
	options.fault[FM_SIM_CUT] = 1500;
	bench_unit(bench, &options);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(bench->end.retries > 0);
	assert_true(bench_holds_image(bench));
}

static void test_the_wrong_version_answers(void **state)
{
	struct bench *bench = *state;

	memcpy(bench->image + 64, "fm-sim-version=9.9.9", 21);
	fm_text_copy(bench->request.expect_version, sizeof(bench->request.expect_version),
		     APP_VERSION);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_NONE, FM_BLOCKED_VERSION, FM_UNIT_ENTERED);
	assert_true(bench->unit->flash[0] == 0xff);
}

/* The package says that they are triplets, so what was asked for is what answers. */
static void test_the_version_in_other_words(void **state)
{
	struct fm_release release = { .version = APP_VERSION };
	struct fm_component component = { .id = "org.example.board",
					  .format = FM_VERSION_TRIPLET,
					  .releases = &release,
					  .release_count = 1 };
	struct bench *bench = *state;

	bench->request.component = &component;
	bench->request.release = &release;
	fm_text_copy(bench->request.expect_version, sizeof(bench->request.expect_version),
		     "v" APP_VERSION "+4");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
}

/* No vector table: verified, but nothing runs. */
static void test_it_does_not_start(void **state)
{
	struct bench *bench = *state;

	memset(bench->image, 0x5a, 8);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_FAIL, FM_CONFIRM, FM_UNIT_VERIFIED);
	assert_true(bench_holds_image(bench));
}

/* A loader that can't be reached is tried more often than the one that does not answer: what that
 * one has said is the error all the same. */
static void test_no_answer_on_one_of_two_wires(void **state)
{
	const struct fm_sim_stm32_options running = { .pid = 0x410, .application = true };
	struct bench *bench = *state;

	bench_unit(bench, &running);
	fm_text_copy(bench->request.model, sizeof(bench->request.model), "sim-board-two-wires");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_FAIL, FM_NO_ANSWER, FM_UNIT_UNTOUCHED);
	assert_non_null(strstr(bench->end.error.hint, "BOOT0"));
}

static void test_an_application_that_chatters(void **state)
{
	struct bench *bench = *state;

	bench->chatters = true;
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_string_equal(bench->end.version_after, APP_VERSION);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_string_equal(bench->end.version_before, APP_VERSION);
}

static void test_nothing_to_do(void **state)
{
	struct bench *bench = *state;
	struct fm_sim_stm32_options options = medium_density;

	options.crc = true;
	bench_unit(bench, &options);
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_true(bench->end.changed);
	assert_string_equal(bench->end.verify, "hash");
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	assert_false(bench->end.changed);
	assert_int_equal(bench->writes, 0);
}

static void test_cancel_before_the_unit_is_touched(void **state)
{
	struct bench *bench = *state;

	bench->hand = CANCEL_AT_START;
	bench_run(bench);
	if (bench->end.code == FM_OK)
		return; /* the job was faster than the hand */
	assert_int_equal(bench->end.outcome, FM_OUTCOME_NONE);
	assert_int_equal(bench->end.code, FM_CANCELLED);
	assert_true(bench->unit->flash[0] == 0xff);
}

static void test_stop_at_a_safe_point(void **state)
{
	struct bench *bench = *state;

	bench->hand = STOP_IN_WRITE;
	bench_run(bench);
	if (bench->end.code != FM_OK)
		assert_true(bench->end.code == FM_STOPPED || bench->end.code == FM_CANCELLED);
	/* the job runs on in virtual time before the stop reaches it */
	if (!bench->end.changed)
		assert_int_equal(bench->end.unit_state, FM_UNIT_ENTERED);
	else if (bench->end.unit_state != FM_UNIT_PARTIAL)
		assert_true(bench_holds_image(bench));
}

/* A unit on a port without modem lines is reset by opening the port, or not at all: the pulse takes
 * no time then, the unit's start does. */
static void test_waits_without_modem_lines(void **state)
{
	struct bench *bench = *state;
	int64_t spent_ms[2];

	fm_text_copy(bench->request.model, sizeof(bench->request.model), "sim-board-lines");
	bench->request.verb = FM_VERB_INFO;
	for (int missing = 0; missing < 2; missing++) {
		bench->lacks = missing ? FM_LINK_NO_MODEM : 0;
		bench_unit(bench, &medium_density);
		bench_run(bench);
		assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
		spent_ms[missing] = bench->clock.now_ns / 1000000;
	}
	assert_in_range(spent_ms[0], 60000, 69999);
	assert_in_range(spent_ms[1], 20000, 29999);
}

/* In the mode that it is in, for as long as the definition says, and no longer a job than that. */
static void test_blink(void **state)
{
	struct bench *bench = *state;

	bench->request.verb = FM_VERB_BLINK;
	bench->request.store = NULL;
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
	assert_false(bench->end.changed);
	assert_int_equal(bench->opened, 1);
	assert_in_range(bench->clock.now_ns / 1000000, 1000, 1200);
	assert_true(bench->unit->flash[0] == 0xff);
	/* in virtual time it may have ended before the hand is there */
	bench->hand = CANCEL_AT_START;
	bench_run(bench);
	if (bench->end.code != FM_OK)
		assert_end(bench, FM_OUTCOME_NONE, FM_CANCELLED, FM_UNIT_UNTOUCHED);
}

/* Nothing is known that would show it: it is not even opened. */
static void test_no_blink(void **state)
{
	struct bench *bench = *state;

	fm_text_copy(bench->request.model, sizeof(bench->request.model), "sim-board-lines");
	bench->request.verb = FM_VERB_BLINK;
	bench->request.store = NULL;
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_NONE, FM_UNSUPPORTED, FM_UNIT_UNTOUCHED);
	assert_int_equal(bench->opened, 0);
	assert_non_null(strstr(bench->end.error.hint, "LEFT"));
}

static void test_a_model_that_is_not_known(void **state)
{
	struct bench *bench = *state;
	struct fm_image image;
	struct fm_job *job;

	fm_image_init(&image);
	assert_success(
		fm_image_parse("image", bench->image, sizeof(bench->image), NULL, &image, &err));
	bench->request.image = &image;
	fm_text_copy(bench->request.model, sizeof(bench->request.model), "no-such-model");
	assert_failure(fm_job_start(&bench->request, &job, &err), FM_UNKNOWN_MODEL);
	fm_image_done(&image);
}

/* A block that arrives spoilt each time, and is refused: after the retries the job says so. */
static void test_a_refused_write(void **state)
{
	struct bench *bench = *state;
	unsigned nth, seen_write = 0;

	bench->request.store = NULL;
	bench->fault_at = 2;
	bench_run(bench);
	bench->fault_on_all = true;
	for (nth = bench->operations; nth > 1; nth--) {
		bench_unit(bench, &medium_density);
		bench->fault = (struct fm_fault){ FM_FAULT_CORRUPT, nth, 0, 0 };
		bench_run(bench);
		seen_write += bench->end.code == FM_WRITE;
		if (bench->end.code == FM_WRITE) {
			assert_end(bench, FM_OUTCOME_FAIL, FM_WRITE, FM_UNIT_PARTIAL);
			assert_int_equal(bench->end.retries, 2);
			assert_int_equal(fm_error_info(bench->end.code)->exit_code, 10);
		}
	}
	assert_true(seen_write > 0);
}

/* Another unit of the same kind comes to the port after the person has confirmed the first. */
static void test_another_unit_than_confirmed(void **state)
{
	struct bench *bench = *state;

	fm_identity_set(&bench->request.expected, FM_FACT_UNIQUE_ID, FM_STRONG, "0011223344556677",
			"unique id of the chip");
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_NONE);
	assert_int_equal(bench->end.code, FM_WRONG_UNIT);
	assert_true(bench->unit->flash[0] == 0xff);
}

/* Whether it can be proved is asked before anything is erased. */
static void test_no_way_to_verify(void **state)
{
	struct bench *bench = *state;

	bench->request.verify = FM_VERIFY_HASH;
	bench_run(bench);
	assert_int_equal(bench->end.outcome, FM_OUTCOME_NONE);
	assert_int_equal(bench->end.code, FM_UNSUPPORTED);
	assert_false(bench->end.changed);
	assert_true(bench->unit->flash[0] == 0xff);
}

/*
 * The nth operation of the job's writing session is lost, late, spoilt, cut or answered by NACK,
 * for every n: PASS means that the flash is right, everything else has a code, and the next job
 * without faults passes.
 */
static void test_fault_sweep(void **state)
{
	struct bench *bench = *state;
	unsigned total, cases = 0, passed = 0, by_hand = 0;

	bench->request.store = NULL;
	bench->fault_at = 2; /* the first opening asks the version, the second writes */
	bench_run(bench);
	assert_end(bench, FM_OUTCOME_PASS, FM_OK, FM_UNIT_VERIFIED);
	total = bench->operations;
	assert_true(total > 40);
	for (unsigned kind = FM_FAULT_LOSE; kind < FM_FAULT_KINDS; kind++) {
		for (unsigned nth = 1; nth <= total; nth++) {
			bench_unit(bench, &medium_density);
			bench->fault_at = 2;
			bench->fault =
				(struct fm_fault){ (enum fm_fault_kind)kind, nth, 1500, 0x1f };
			bench_run(bench);
			cases++;
			if (bench->end.outcome == FM_OUTCOME_PASS) {
				passed++;
				if (!bench_holds_image(bench))
					fail_msg("fault %u at %u: PASS with wrong flash", kind,
						 nth);
			} else if (bench->end.code == FM_OK || bench->end.code == FM_INTERNAL) {
				fail_msg("fault %u at %u: no code", kind, nth);
			}
			bench->fault_at = 0;
			bench_run(bench);
			if (bench->end.code == FM_NO_ANSWER) {
				/* Left in the middle of an erase list (sheet, 5.1): a hand on the
				 * reset button. */
				bench->unit->ops->reset(bench->unit, bench->clock.now_ns, true);
				by_hand++;
				bench_run(bench);
			}
			if (bench->end.outcome != FM_OUTCOME_PASS || !bench_holds_image(bench))
				fail_msg("after fault %u at %u: %s", kind, nth,
					 bench->end.error.text);
		}
	}
	assert_int_equal(by_hand, 0);
	print_message(
		"# %u faults, %u of them survived by the same job, %u needed a hand on the plug\n",
		cases, passed, by_hand);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flash),
		TEST(test_check_changes_nothing),
		TEST(test_an_unbound_plan_does_not_run),
		TEST(test_another_chip),
		TEST(test_read_protected),
		TEST(test_bad_flash),
		TEST(test_power_blip),
		TEST(test_the_wrong_version_answers),
		TEST(test_the_version_in_other_words),
		TEST(test_it_does_not_start),
		TEST(test_no_answer_on_one_of_two_wires),
		TEST(test_an_application_that_chatters),
		TEST(test_nothing_to_do),
		TEST(test_cancel_before_the_unit_is_touched),
		TEST(test_stop_at_a_safe_point),
		TEST(test_waits_without_modem_lines),
		TEST(test_blink),
		TEST(test_no_blink),
		TEST(test_a_model_that_is_not_known),
		TEST(test_a_refused_write),
		TEST(test_another_unit_than_confirmed),
		TEST(test_no_way_to_verify),
		TEST(test_fault_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "base/queue.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>

enum { WRITERS = 4, VALUES = 5000 };

struct value {
	unsigned writer, number;
	bool progress;
};

struct writer {
	struct fm_queue *queue;
	unsigned number;
};

static void *writer_run(void *data)
{
	const struct writer *writer = data;

	for (unsigned i = 0; i < VALUES; i++) {
		struct value value = { writer->number, i, i % 3 != 0 };

		if (!fm_queue_put(writer->queue, &value, writer->number, value.progress ? 1 : 0))
			break;
	}
	return NULL;
}

/* Values of one writer stay in order; only progress may be missing, and never the newest. */
static void test_many_writers(void **state)
{
	struct fm_queue *queue;
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	unsigned next[WRITERS] = { 0 }, kept = 0, ended = 0;
	struct fm_error err;

	(void)state;
	assert_success(fm_queue_new(sizeof(struct value), 16, &queue, &err));
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ queue, i };
		assert_int_equal(pthread_create(&threads[i], NULL, writer_run, &writers[i]), 0);
	}
	while (ended < WRITERS) {
		struct pollfd poll_fd = { fm_queue_fd(queue), POLLIN, 0 };
		struct value value;

		assert_int_equal(poll(&poll_fd, 1, 10000), 1);
		while (fm_queue_get(queue, &value)) {
			assert_true(value.number >= next[value.writer]);
			next[value.writer] = value.number + 1;
			kept += !value.progress;
			ended += value.number == VALUES - 1;
		}
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(kept, WRITERS * ((VALUES + 2) / 3));
	fm_queue_free(queue);
}

static void test_progress_is_coalesced(void **state)
{
	struct fm_queue *queue;
	struct value value = { 0 };
	struct fm_error err;

	(void)state;
	assert_success(fm_queue_new(sizeof(value), 4, &queue, &err));
	for (unsigned i = 1; i <= 100; i++) {
		value.number = i;
		assert_true(fm_queue_put(queue, &value, 7, 1));
	}
	value.number = 1000;
	assert_true(fm_queue_put(queue, &value, 8, 0));
	assert_true(fm_queue_get(queue, &value));
	assert_int_equal(value.number, 100);
	assert_true(fm_queue_get(queue, &value));
	assert_int_equal(value.number, 1000);
	assert_false(fm_queue_get(queue, &value));
	fm_queue_free(queue);
}

/* A writer that waits for room is set free when the reader goes. */
static void test_close_frees_the_writer(void **state)
{
	struct fm_queue *queue;
	struct writer writer;
	pthread_t thread;
	struct fm_error err;

	(void)state;
	assert_success(fm_queue_new(sizeof(struct value), 2, &queue, &err));
	writer = (struct writer){ queue, 0 };
	assert_int_equal(pthread_create(&thread, NULL, writer_run, &writer), 0);
	fm_queue_close(queue);
	assert_int_equal(pthread_join(thread, NULL), 0);
	fm_queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_writers),
		cmocka_unit_test(test_progress_is_coalesced),
		cmocka_unit_test(test_close_frees_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

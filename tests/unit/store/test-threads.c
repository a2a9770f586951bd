/* One handle, several threads: what a bench with several jobs at once does. */
#include "scratch.h"

#include <string.h>

enum { THREADS = 4, JOBS_EACH = 10 };

struct worker {
	struct fm_store *store;
	int number;
	struct fm_error err;
	bool good;
};

static bool threads_job(struct worker *worker)
{
	struct fm_record record = scratch_record("flash", "m", "");
	struct fm_record last;

	snprintf(record.port, sizeof(record.port), "usb:%d", worker->number);
	if (!fm_store_begin(worker->store, &record, &worker->err))
		return false;
	record.retries = (unsigned)worker->number;
	strcpy(record.outcome, "PASS");
	return fm_store_phase_begin(worker->store, record.id, "write", "", &worker->err) &&
	       fm_store_update(worker->store, &record, &worker->err) &&
	       fm_store_phase_end(worker->store, record.id, "write", 0, &worker->err) &&
	       fm_store_end(worker->store, &record, &worker->err) &&
	       fm_store_last_at(worker->store, record.port, &last, &worker->err) &&
	       (last.id == record.id ||
		fm_fail(&worker->err, FM_INTERNAL, "another's record at %s", record.port));
}

static void *threads_write(void *data)
{
	struct worker *worker = data;

	worker->good = true;
	for (int i = 0; i < JOBS_EACH && worker->good; i++)
		worker->good = threads_job(worker);
	return NULL;
}

/* Meanwhile the front end looks, and nobody's job is taken for dead. */
static void *threads_read(void *data)
{
	struct worker *worker = data;

	worker->good = true;
	for (int i = 0; i < JOBS_EACH && worker->good; i++) {
		struct fm_record *records = NULL;
		size_t count;

		worker->good = fm_store_close_dead(worker->store, 416, &worker->err) &&
			       fm_store_list(worker->store, NULL, &records, &count, &worker->err);
		free(records);
		worker->good = worker->good && fm_store_verify(worker->store, &count, &worker->err);
	}
	return NULL;
}

static void test_one_handle(void **state)
{
	const struct scratch *scratch = *state;
	struct worker workers[THREADS + 1] = { 0 };
	pthread_t threads[THREADS + 1];
	struct fm_store *store;
	struct fm_record *records;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_open(scratch->path, true, &store, &err));
	for (int i = 0; i <= THREADS; i++) {
		workers[i] = (struct worker){ .store = store, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL,
						i < THREADS ? threads_write : threads_read,
						&workers[i]),
				 0);
	}
	for (int i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i <= THREADS; i++) {
		if (!workers[i].good)
			fail_msg("thread %d: %s", i, workers[i].err.text);
	}
	assert_success(fm_store_verify(store, &count, &err));
	assert_int_equal(count, THREADS * JOBS_EACH);
	assert_success(fm_store_list(store, &(struct fm_history_filter){ .outcome = "PASS" },
				     &records, &count, &err));
	assert_int_equal(count, THREADS * JOBS_EACH);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(records[i].port[4] - '0', records[i].retries);
	free(records);
	fm_store_close(store);
}

/* Two handles of one process on one file: closing one must not take the other's locks away. */
static void test_two_handles(void **state)
{
	const struct scratch *scratch = *state;
	struct fm_record record = scratch_record("flash", "m", "p");
	struct fm_store *first, *second;
	struct fm_error err;
	size_t count;

	assert_success(fm_store_open(scratch->path, true, &first, &err));
	assert_success(fm_store_sql_write(first, &err));
	assert_success(fm_store_open(scratch->path, true, &second, &err));
	sqlite3_busy_timeout(second->db, 20);
	assert_failure(fm_store_begin(second, &record, &err), FM_RECORD);
	fm_store_close(second);
	assert_success(fm_store_open(scratch->path, true, &second, &err));
	sqlite3_busy_timeout(second->db, 20);
	assert_failure(fm_store_begin(second, &record, &err), FM_RECORD);
	assert_success(fm_store_sql_end(first, true, &err));
	assert_success(scratch_job(second, &record, "PASS", "verified", &err));
	fm_store_close(second);
	assert_success(fm_store_verify(first, &count, &err));
	assert_int_equal(count, 1);
	fm_store_close(first);
}

#define THREADS_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		THREADS_TEST(test_one_handle),
		THREADS_TEST(test_two_handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

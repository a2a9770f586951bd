/* One catalog, many jobs: each thread loads definitions and lets chips be resolved. */
#include "fixture.h"

#include "base/scope.h"

#include <pthread.h>
#include <string.h>

#define THREADS 4

static void *threads_load(void *user)
{
	static const char *const ids[] = { "arduino-nano", "stm32f103c8", "attiny85", "nosuch" };
	struct fixture *fixture = user;
	uintptr_t loaded = 0;

	for (size_t i = 0; i < FM_COUNT(ids); i++) {
		FM_DEVICE_DONE struct fm_device device;
		struct fm_error err;

		loaded += fm_catalog_load(fixture->catalog, ids[i], &device, &err);
	}
	for (int i = 0; i < 2; i++) {
		FM_DEVICE_DONE struct fm_device device;
		struct fm_error err;

		if (fm_catalog_load(fixture->catalog, "stm32", &device, &err))
			loaded += fm_catalog_resolve_chip(fixture->catalog, &device,
							  &device.loaders[0], "stm32-pid", "0413",
							  NULL, &err);
	}
	/* a return value, because assertions are for the main thread */
	return (void *)loaded;
}

static void test_threads_share_a_catalog(void **state)
{
	struct fixture *fixture = *state;
	pthread_t threads[THREADS];

	fixture_open_shipped(fixture);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, threads_load, fixture), 0);
	for (int i = 0; i < THREADS; i++) {
		void *loaded;

		assert_int_equal(pthread_join(threads[i], &loaded), 0);
		assert_int_equal((uintptr_t)loaded, 3 + 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_threads_share_a_catalog, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

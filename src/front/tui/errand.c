#include "front/tui/errand.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int fm_errand_news(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void fm_errand_heard(int news)
{
	eventfd_t count;

	(void)!eventfd_read(news, &count); /* it may be that there were none */
}

static void *errand_thread(void *data)
{
	struct fm_errand *errand = data;

	errand->run(errand->what);
	atomic_store(&errand->done, true);
	/* can't fail but by 2^64 ends that nobody took in */
	(void)!eventfd_write(errand->news, 1);
	return NULL;
}

bool fm_errand_begin(struct fm_errand *errand, int news, void (*run)(void *what), void *what,
		     struct fm_error *err)
{
	int failed;

	errand->news = news;
	errand->run = run;
	errand->what = what;
	atomic_store(&errand->done, false);
	failed = pthread_create(&errand->thread, NULL, errand_thread, errand);
	errand->runs = failed == 0;
	return errand->runs || fm_fail_os(err, FM_INTERNAL, failed, "a thread");
}

bool fm_errand_ended(struct fm_errand *errand)
{
	if (!errand->runs || !atomic_load(&errand->done))
		return false;
	fm_errand_wait(errand);
	return true;
}

void fm_errand_wait(struct fm_errand *errand)
{
	if (errand->runs)
		pthread_join(errand->thread, NULL);
	errand->runs = false;
}

/*
 * What takes long, done in a thread of its own so that keys are heard: the reading of a file. While
 * it runs all that `what` points to is the thread's, and the caller's again when it has ended. It
 * has to stay where it is meanwhile.
 */
#ifndef FM_FRONT_TUI_ERRAND_H
#define FM_FRONT_TUI_ERRAND_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct fm_errand {
	bool runs; /* it was begun, and its end was not asked for yet */
	atomic_bool done;
	pthread_t thread;
	int news;
	void (*run)(void *what);
	void *what;
};

/* The descriptor that tells of ends, -1 = there is none; closed by its owner. */
int fm_errand_news(void);
/* Its news are taken in. */
void fm_errand_heard(int news);

/* *errand is all zero, or has ended. `news` becomes readable at its end. */
bool fm_errand_begin(struct fm_errand *errand, int news, void (*run)(void *what), void *what,
		     struct fm_error *err) FM_MUST_CHECK;
/* Has it come to its end? True once. */
bool fm_errand_ended(struct fm_errand *errand);
/* Wait for its end, where it runs. */
void fm_errand_wait(struct fm_errand *errand);

#endif

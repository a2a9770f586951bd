#include "base/clock.h"

#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

static int64_t clock_real_now(struct fm_clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Linux wakes a thread up to 50 us late unless told otherwise: with a unit that is to be asked
 * again after some milliseconds, block after block, that is a percent of the whole time. */
static void clock_real_sleep(struct fm_clock *clock, int64_t at_ns)
{
	static _Thread_local bool exact;
	struct timespec at = { at_ns / 1000000000, at_ns % 1000000000 };

	(void)clock;
	if (!exact)
		exact = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

struct fm_clock *fm_clock_real(void)
{
	static struct fm_clock real = { clock_real_now, clock_real_sleep };

	return &real;
}

static int64_t clock_virtual_now(struct fm_clock *clock)
{
	return ((struct fm_virtual_clock *)clock)->now_ns;
}

static void clock_virtual_sleep(struct fm_clock *clock, int64_t at_ns)
{
	struct fm_virtual_clock *virtual = (struct fm_virtual_clock *)clock;

	if (at_ns > virtual->now_ns)
		virtual->now_ns = at_ns;
}

void fm_virtual_clock_init(struct fm_virtual_clock *clock)
{
	clock->clock.now_ns = clock_virtual_now;
	clock->clock.sleep_until = clock_virtual_sleep;
	clock->now_ns = 0;
}

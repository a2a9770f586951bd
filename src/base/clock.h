/*
 * Time, real or virtual, and deadlines on it. Everything that waits takes its clock from its link,
 * so that a protocol that may wait 35 s is tested in microseconds. Times are nanoseconds from an
 * arbitrary start.
 */
#ifndef FM_BASE_CLOCK_H
#define FM_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct fm_clock {
	int64_t (*now_ns)(struct fm_clock *clock);
	void (*sleep_until)(struct fm_clock *clock, int64_t at_ns);
};

/* CLOCK_MONOTONIC; may be used by all threads. */
struct fm_clock *fm_clock_real(void);

/* Moves only when somebody sleeps on it or sets it. One thread only. */
struct fm_virtual_clock {
	struct fm_clock clock;
	int64_t now_ns;
};

void fm_virtual_clock_init(struct fm_virtual_clock *clock);

static inline int64_t fm_now_ns(struct fm_clock *clock)
{
	return clock->now_ns(clock);
}

static inline void fm_sleep_ms(struct fm_clock *clock, int64_t ms)
{
	clock->sleep_until(clock, clock->now_ns(clock) + ms * 1000000);
}

/* A point in time at which to give up. */
struct fm_deadline {
	int64_t at_ns;
};

static inline struct fm_deadline fm_in_ms(struct fm_clock *clock, int64_t ms)
{
	return (struct fm_deadline){ clock->now_ns(clock) + ms * 1000000 };
}

static inline int64_t fm_left_ns(struct fm_clock *clock, struct fm_deadline deadline)
{
	int64_t left_ns = deadline.at_ns - clock->now_ns(clock);

	return left_ns > 0 ? left_ns : 0;
}

static inline bool fm_expired(struct fm_clock *clock, struct fm_deadline deadline)
{
	return clock->now_ns(clock) >= deadline.at_ns;
}

#endif

/* Links around a link. Each takes over `inner` and closes it with itself; on failure inner stays
 * the caller's. */
#ifndef FM_LINK_DECORATORS_H
#define FM_LINK_DECORATORS_H

#include "link/link.h"

/*
 * Record everything to a file that people can read (format: doc/trace.md). A file that is there is
 * added to when it is a trace, else FM_FILE_WRITE.
 */
bool fm_trace_open(struct fm_link *inner, const char *path, struct fm_link **ret_link,
		   struct fm_error *err) FM_MUST_CHECK;

/*
 * Answer from a recorded file: what is sent must be what was sent then (FM_PROTOCOL otherwise),
 * what was received comes again. In virtual time (the clock is the link's own).
 */
bool fm_replay_open(const char *path, struct fm_link **ret_link,
		    struct fm_error *err) FM_MUST_CHECK;

enum fm_fault_kind {
	FM_FAULT_NONE,
	FM_FAULT_LOSE,    /* the bytes of the nth operation never arrive */
	FM_FAULT_LATE,    /* they arrive delay_ms later */
	FM_FAULT_CORRUPT, /* one bit of them is wrong */
	FM_FAULT_CUT,     /* the link is gone from then on (FM_GONE) */
	FM_FAULT_REPLACE, /* received: the first byte becomes `byte` (a NACK); sent: nothing happens
			   */
	FM_FAULT_KINDS
};

struct fm_fault {
	enum fm_fault_kind kind;
	unsigned nth; /* counted from 1 over sends and receives that gave bytes */
	unsigned delay_ms;
	uint8_t byte;
};

/*
 * On USB the operations are transfers (control and bulk). LOSE: the transfer never happens and ends
 * at its deadline. LATE: it begins delay_ms later, or not at all when its deadline comes first.
 * CORRUPT: data, as they go or as they came. REPLACE: it is refused (STALL, FM_NACK). fault is
 * copied.
 */
bool fm_fault_open(struct fm_link *inner, const struct fm_fault *fault, struct fm_link **ret_link,
		   struct fm_error *err) FM_MUST_CHECK;

/* Operations counted so far, for a sweep over all of them. */
unsigned fm_fault_count(const struct fm_link *link);

#endif

/* What a fault sweep runs again and again: all of a job that a protocol sees. */
#ifndef FM_TESTS_SWEEP_JOB_H
#define FM_TESTS_SWEEP_JOB_H

#include "unit.h"

#include "link/decorators.h"
#include "protocol/protocol.h"

enum stage { OPEN, ERASE, WRITE, VERIFY, FINISH, ENDED };

struct sweep_job {
	const uint8_t *image; /* from the application's start */
	size_t len;
	enum stage stage; /* that the last run came to */
};

/* Open, erase, write, verify, finish. Where s->memory is not set it is as the unit tells. */
bool sweep_job_run(struct sweep_job *job, struct fm_session *s, struct fm_error *err);
/* The erase blocks that hold the first len bytes; returns how many. */
size_t sweep_job_blocks(const struct fm_region *region, size_t len, struct fm_block *ret,
			size_t most);
/* An error that a person can do something with. */
bool sweep_job_is_telling(const struct fm_error *err);
/* By kind, for messages: "lost". */
extern const char *const sweep_job_faults[FM_FAULT_KINDS];

#endif

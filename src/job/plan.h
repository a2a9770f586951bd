/*
 * The plan: exactly what a job will erase, write and prove, made from the image, the memory map and
 * what the protocol can. Pure: no I/O, no clock. What --dry-run and the confirm question show is
 * this plan, and its hash binds what was shown to what runs.
 */
#ifndef FM_JOB_PLAN_H
#define FM_JOB_PLAN_H

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "image/image.h"
#include "image/memory.h"

/* One write command. */
struct fm_plan_page {
	struct fm_range range;
	size_t offset;      /* of its bytes in plan.data */
	uint64_t image_len; /* bytes that the image gives; the others are padding */
	bool skip;          /* blank, and the erase leaves it so: proved, not written */
	uint64_t
		proof_len; /* of a skipped page: bytes from its start that verify reads; 0 = none */
};

struct fm_plan {
	struct fm_block *erase;
	size_t erase_count;
	bool erase_all;             /* by one command for the whole chip instead */
	struct fm_plan_page *pages; /* rising addresses */
	size_t page_count;
	uint8_t *data;
	uint8_t fill;
	/* bytes */
	uint64_t erase_len, write_len, skip_len, pad_len, proof_len;
	struct fm_text text; /* for people, and what is hashed */
	char sha256[FM_SHA256_TEXT];
};

struct fm_plan_input {
	const char *verb, *model, *chip, *protocol; /* for the text */
	const struct fm_image *image;               /* placed; NULL: erase the application */
	const struct fm_memory *memory;
	unsigned can;      /* FM_PLAN_... */
	uint8_t fill;      /* what erased memory reads */
	bool allow_config; /* settings regions may be written too */
};

/* What the boot loader can, as far as the plan cares. */
#define FM_PLAN_ERASE 1u     /* blocks are erased by a command */
#define FM_PLAN_ERASE_ALL 2u /* the whole chip by one command */
#define FM_PLAN_SEQUENTIAL                                                                         \
	4u               /* from its region's start upwards without gaps: flash, alternates        \
			  */
#define FM_PLAN_SHORT 8u /* a write may be shorter than a page: no padding behind a run */

/* A blank page is proved by reading this much of it. */
#define FM_PLAN_PROOF_LEN 256

/*
 * FM_BLOCKED_MEMORY: outside every region, or the image has several families and none is chosen;
 * FM_BLOCKED_PROTECTED: touches what must not be written. Both name region and addresses. On
 * failure *ret_plan is empty.
 */
bool fm_plan_make(const struct fm_plan_input *input, struct fm_plan *ret_plan,
		  struct fm_error *err) FM_MUST_CHECK;
/* plan_text.c: the last step of it. Fills text and sha256. */
void fm_plan_print(struct fm_plan *plan, const struct fm_plan_input *input);
void fm_plan_done(struct fm_plan *plan);

#endif

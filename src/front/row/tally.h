/* Records counted by unit or by slot: how often, how it ended, with which codes. */
#ifndef FM_FRONT_ROW_TALLY_H
#define FM_FRONT_ROW_TALLY_H

#include "store/store.h"

#define FM_TALLY_CODES 6

enum fm_tally_by { FM_TALLY_UNIT, FM_TALLY_SLOT };

struct fm_tally {
	char name[256];  /* of the slot; the unit's number, or its port where it has none */
	bool by_port;    /* name is a port */
	char model[48];  /* of the newest job */
	char newest[32]; /* when that began, UTC */
	size_t jobs;     /* all of them */
	/* of those that were to change the unit and began */
	size_t passed, failed, unclear;
	struct {
		int code;
		size_t count;
	} codes[FM_TALLY_CODES]; /* the newest kinds */
	size_t more_codes;       /* jobs with others than these */
};

/* Records are newest first. By name; what has no slot is left out there. *ret malloc'd. */
bool fm_tally_make(const struct fm_record *records, size_t count, enum fm_tally_by by,
		   struct fm_tally **ret, size_t *ret_count, struct fm_error *err) FM_MUST_CHECK;
/* How many of a hundred passed; -1 = none was to. */
int fm_tally_yield(const struct fm_tally *tally);
/* "E412 x2 E414 x1", "" = none. */
void fm_tally_codes(const struct fm_tally *tally, char *ret, size_t size);

#endif

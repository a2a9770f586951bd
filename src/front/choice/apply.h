/* What each choice means for a job: the functions and words of the table in choice.c. */
#ifndef FM_FRONT_CHOICE_APPLY_H
#define FM_FRONT_CHOICE_APPLY_H

#include "front/choice/choice.h"

extern const char *const fm_apply_backups[], *const fm_apply_verifies[],
						     *const fm_apply_signatures[];

#define FM_APPLY(name)                                                                             \
	bool fm_apply_##name(const char *text, struct fm_job_request *request,                     \
			     struct fm_chosen *chosen, struct fm_error *err)
FM_APPLY(allow);
FM_APPLY(backup);
FM_APPLY(not_before);
FM_APPLY(not_after);
FM_APPLY(timeout);
FM_APPLY(baud);
FM_APPLY(verify);
FM_APPLY(signature);
FM_APPLY(format);
FM_APPLY(base);
FM_APPLY(space);
FM_APPLY(release);
FM_APPLY(expect_version);
FM_APPLY(save_format);
FM_APPLY(replace);
FM_APPLY(trace);
FM_APPLY(operator);
FM_APPLY(station);
FM_APPLY(ticket);

#endif

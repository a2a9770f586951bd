/* What the files of the verdict's rules share. */
#ifndef FM_JOB_VERDICT_RULE_H
#define FM_JOB_VERDICT_RULE_H

#include "job/verdict.h"

static inline void fm_rule_is(struct fm_rule_result *ret, enum fm_verdict verdict,
			      enum fm_code code)
{
	ret->verdict = verdict;
	ret->code = code;
}

/* verdict_trust.c */
void fm_rule_signature(const struct fm_verdict_input *input, struct fm_rule_result *ret);
void fm_rule_integrity(const struct fm_verdict_input *input, struct fm_rule_result *ret);

#endif

/*
 * Typed parameters: what a protocol lets a definition set. The table is the protocol's; the
 * definition's loader checks names and values against it and stores the values in the same order.
 */
#ifndef FM_BASE_PARAM_H
#define FM_BASE_PARAM_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum fm_param_type { FM_PARAM_BOOL, FM_PARAM_NUMBER };

struct fm_param {
	const char *name; /* what the XML says; NULL ends a table */
	enum fm_param_type type;
	int64_t normal;   /* the value where the XML is silent */
	int64_t min, max; /* of a number */
	const char *meaning;
};

#define FM_PARAM_MOST 16

/* Values in the order of the table they were made for. */
struct fm_params {
	int64_t values[FM_PARAM_MOST];
};

void fm_params_default(const struct fm_param *table, struct fm_params *ret);
/* value: yes/no for a bool, a C number (decimal, 0x...) otherwise. Fails with FM_DEFINITION. */
bool fm_params_set(const struct fm_param *table, struct fm_params *params, const char *name,
		   const char *value, struct fm_error *err) FM_MUST_CHECK;

#endif

#include "base/param.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void fm_params_default(const struct fm_param *table, struct fm_params *ret)
{
	*ret = (struct fm_params){ 0 };
	for (size_t i = 0; table && table[i].name; i++)
		ret->values[i] = table[i].normal;
}

static bool param_parse(const struct fm_param *param, const char *text, int64_t *ret_value,
			struct fm_error *err)
{
	char *end;

	if (param->type == FM_PARAM_BOOL) {
		*ret_value = strcmp(text, "yes") == 0;
		return *ret_value || strcmp(text, "no") == 0 ||
		       fm_fail(err, FM_DEFINITION, "parameter '%s' takes yes or no, not '%s'",
			       param->name, text);
	}
	errno = 0;
	*ret_value = strtoll(text, &end, 0);
	if (errno || end == text || *end || *ret_value < param->min || *ret_value > param->max)
		return fm_fail(err, FM_DEFINITION,
			       "parameter '%s' takes a number from %" PRId64 " to %" PRId64
			       ", not '%s'",
			       param->name, param->min, param->max, text);
	return true;
}

bool fm_params_set(const struct fm_param *table, struct fm_params *params, const char *name,
		   const char *value, struct fm_error *err)
{
	for (size_t i = 0; table && table[i].name; i++) {
		if (strcmp(table[i].name, name) == 0)
			return param_parse(&table[i], value, &params->values[i], err);
	}
	return fm_fail(err, FM_DEFINITION, "unknown parameter '%s'", name);
}

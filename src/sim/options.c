#include "sim/options.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool options_number(const struct fm_sim_option *option, const char *value,
			   unsigned long *ret, struct fm_error *err)
{
	char *end;

	errno = 0;
	*ret = strtoul(value, &end, 0);
	if (errno || end == value || *end || *value == '-' || *ret > option->max)
		return fm_fail(err, FM_USAGE, "%s: '%s' is no number that it takes",
			       option->info.name, value);
	return true;
}

static bool options_choice(const struct fm_sim_option *option, const char *value, uint32_t *ret,
			   struct fm_error *err)
{
	const char *word = option->info.value;
	size_t len = strlen(value);

	for (uint32_t i = 0;; i++) {
		size_t word_len = strcspn(word, "|");

		if (word_len == len && strncmp(word, value, len) == 0) {
			*ret = i;
			return true;
		}
		if (!word[word_len])
			return fm_fail(err, FM_USAGE, "%s: '%s' is none of %s", option->info.name,
				       value, option->info.value);
		word += word_len + 1;
	}
}

static bool options_text(const struct fm_sim_option *option, const char *value, char *ret,
			 struct fm_error *err)
{
	if (strlen(value) >= option->max)
		return fm_fail(err, FM_USAGE, "%s: longer than %lu characters", option->info.name,
			       option->max - 1);
	fm_text_copy(ret, option->max, value);
	return true;
}

static bool options_one(const struct fm_sim_option *option, char *options, const char *value,
			struct fm_error *err)
{
	void *at = options + option->at;
	unsigned long number = 0;
	uint32_t choice = 0;

	switch (option->kind) {
	case FM_SIM_OPTION_FLAG:
		*(bool *)at = true;
		return true;
	case FM_SIM_OPTION_NUMBER:
		if (!options_number(option, value, &number, err))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case FM_SIM_OPTION_TEXT:
		return options_text(option, value, at, err);
	case FM_SIM_OPTION_CHOICE:
		if (!options_choice(option, value, &choice, err))
			return false;
		*(uint32_t *)at = choice;
		return true;
	case FM_SIM_OPTION_FAULT:
		if (!options_number(option, value, &number, err))
			return false;
		*(unsigned long *)at = number;
		*(bool *)(options + option->has) = true;
		return true;
	}
	return false;
}

bool fm_sim_option_set(const struct fm_sim_option *table, size_t count, const char *unit,
		       void *options, const char *name, const char *value,
		       const struct fm_sim_option **ret_set, struct fm_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].info.name, name) != 0)
			continue;
		if (!table[i].info.value != !value)
			return fm_fail(err, FM_USAGE,
				       value ? "%s takes no value" : "%s needs a value", name);
		*ret_set = &table[i];
		return options_one(&table[i], options, value, err);
	}
	return fm_fail(err, FM_USAGE, "%s has no option '%s'", unit, name);
}

/* Options of simulated units by their names, as a command line has them: a table says what each is
 * and which member it sets. */
#ifndef FM_SIM_OPTIONS_H
#define FM_SIM_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_sim_option_info {
	const char *name;
	const char *value; /* what it takes: "N", "TEXT", "spec|uboot|...", NULL = nothing */
	const char *help;
};

enum fm_sim_option_kind {
	FM_SIM_OPTION_FLAG,   /* bool */
	FM_SIM_OPTION_NUMBER, /* uint32_t, up to max */
	FM_SIM_OPTION_TEXT,   /* char[max] */
	FM_SIM_OPTION_CHOICE, /* uint32_t: which of the words in info.value */
	FM_SIM_OPTION_FAULT   /* unsigned long, and a bool that there is one */
};

struct fm_sim_option {
	struct fm_sim_option_info info;
	enum fm_sim_option_kind kind;
	size_t at;  /* of the member in the structure that is set */
	size_t has; /* FAULT: of the bool */
	unsigned long max;
};

/* For tables: of struct `type`. */
#define FM_SIM_FLAG(type, name, member, help)                                                      \
	{                                                                                          \
		{ name, NULL, help }, FM_SIM_OPTION_FLAG, offsetof(struct type, member), 0, 0      \
	}
#define FM_SIM_NUMBER(type, name, member, max, help)                                               \
	{                                                                                          \
		{ name, "N", help }, FM_SIM_OPTION_NUMBER, offsetof(struct type, member), 0, max   \
	}
#define FM_SIM_TEXT(type, name, member, help)                                                      \
	{                                                                                          \
		{ name, "TEXT", help }, FM_SIM_OPTION_TEXT, offsetof(struct type, member), 0,      \
			sizeof(((struct type *)NULL)->member)                                      \
	}
#define FM_SIM_CHOICE(type, name, member, words, help)                                             \
	{                                                                                          \
		{ name, words, help }, FM_SIM_OPTION_CHOICE, offsetof(struct type, member), 0, 0   \
	}
/* has_fault[] and fault[] are members of it. */
#define FM_SIM_FAULT(type, name, number, help)                                                     \
	{                                                                                          \
		{ name, "N", help }, FM_SIM_OPTION_FAULT, offsetof(struct type, fault[number]),    \
			offsetof(struct type, has_fault[number]), UINT32_MAX                       \
	}

/* value: NULL for what takes none. *ret_set is the table's row. FM_USAGE: no such option, or the
 * value is no good; unit is for that message: "a simulated DFU unit". */
bool fm_sim_option_set(const struct fm_sim_option *table, size_t count, const char *unit,
		       void *options, const char *name, const char *value,
		       const struct fm_sim_option **ret_set, struct fm_error *err) FM_MUST_CHECK;

#endif

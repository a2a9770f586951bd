/*
 * What a person may choose about one job, beside its unit and its file: one table for the command
 * line, the questions and the screens, so that they can't know, check or mean an option
 * differently. A choice is kept as the text that was given, checked when it is given, and made a
 * part of a job's request by fm_choices_apply.
 */
#ifndef FM_FRONT_CHOICE_H
#define FM_FRONT_CHOICE_H

#include "base/error.h"
#include "image/image.h"
#include "job/job.h"

#include <stdbool.h>
#include <stdint.h>

/* In the order of the command line's help. */
enum fm_choice {
	FM_CHOICE_ALLOW,
	FM_CHOICE_BACKUP,
	FM_CHOICE_NOT_BEFORE,
	FM_CHOICE_NOT_AFTER,
	FM_CHOICE_TIMEOUT,
	FM_CHOICE_BAUD,
	FM_CHOICE_VERIFY,
	FM_CHOICE_SIGNATURE,
	FM_CHOICE_FORMAT, /* of the file that is read */
	FM_CHOICE_BASE,
	FM_CHOICE_SPACE,
	FM_CHOICE_RELEASE,
	FM_CHOICE_EXPECT_VERSION,
	FM_CHOICE_SAVE_FORMAT, /* of the file that a backup is written to; --format, too */
	FM_CHOICE_REPLACE,
	FM_CHOICE_TRACE,
	FM_CHOICE_OPERATOR,
	FM_CHOICE_STATION,
	FM_CHOICE_TICKET,
	FM_CHOICE_COUNT
};

enum fm_choice_from {
	FM_FROM_NOBODY, /* nothing is chosen: what `standard` says */
	FM_FROM_CONFIG,
	FM_FROM_COMMAND, /* the command line */
	FM_FROM_HERE     /* the screens or the questions */
};

#define FM_CHOICE_TEXT 256

struct fm_choices {
	struct {
		enum fm_choice_from from;
		char text[FM_CHOICE_TEXT]; /* "" = nothing is chosen */
	} values[FM_CHOICE_COUNT];
	enum fm_signing least; /* the configuration asks for this much, and gets it */
};

/* What goes beside the request. The texts lie in the fm_choices. */
struct fm_chosen {
	struct fm_image_options image;
	const char *release;  /* NULL = the newest */
	int64_t not_before_s; /* 0 = at any time */
};

struct fm_choice_info {
	const char *name, *argument, *help;
	const char *standard; /* what holds where nothing is chosen ... */
	const char *giver;    /* ... and what says so: "definition", "file", "default" */
	unsigned verbs;       /* bits: which jobs it is for */
	bool config;          /* may stand in the configuration */
	bool person;          /* of whoever sits there: of all units and commands alike */
	bool file;            /* of one file: another file does not inherit it */
	bool again;           /* the same job needs it again, as what is of its file */
	bool list;            /* several, with commas; given again it adds to what is there */
	bool shared;          /* the command line's option of this name means other things, too */
	const char *const *words; /* all that may be said, ended by NULL; NULL = any text */
	/* Into the request, or why not: FM_USAGE names the option. Never sees "". */
	bool (*apply)(const char *text, struct fm_job_request *request, struct fm_chosen *chosen,
		      struct fm_error *err);
};

const struct fm_choice_info *fm_choice_info(enum fm_choice choice);
/* "configuration", "command line", "chosen here", or the giver. */
const char *fm_choices_giver(const struct fm_choices *choices, enum fm_choice choice);
static inline bool fm_choice_is_for(enum fm_choice choice, enum fm_verb verb)
{
	return fm_choice_info(choice)->verbs & (1u << verb);
}

/* "" takes back what was said. False: nothing is changed. A time from now ("+90m") becomes a point
 * in time. */
bool fm_choices_set(struct fm_choices *choices, enum fm_choice choice, enum fm_choice_from from,
		    const char *text, struct fm_error *err) FM_MUST_CHECK;
/* NULL = nothing is chosen. */
const char *fm_choices_text(const struct fm_choices *choices, enum fm_choice choice);
/* What the configuration says, where nothing else is chosen; of the signature the stricter. */
void fm_choices_merge(struct fm_choices *choices, const struct fm_choices *config);
/* The whole request but unit and file; *request must be zeroed but for its verb. Of the choices
 * only those that are for `verb`. */
bool fm_choices_apply(const struct fm_choices *choices, enum fm_verb verb,
		      struct fm_job_request *request, struct fm_chosen *ret_chosen,
		      struct fm_error *err) FM_MUST_CHECK;

/* when.c */
/* "2026-11-21T22:00", with seconds and a zone where wanted (else local time), or "+90m" from now:
 * as seconds since 1970. FM_USAGE names the option. */
bool fm_choice_time(const char *option, const char *text, int64_t *ret_s,
		    struct fm_error *err) FM_MUST_CHECK;
/* The same as records write it, "" for NULL. */
bool fm_choice_time_utc(const char *option, const char *text, char ret_utc[32],
			struct fm_error *err) FM_MUST_CHECK;

#endif

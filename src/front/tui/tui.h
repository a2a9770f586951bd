/* The terminal UI, as the program starts it. */
#ifndef FM_FRONT_TUI_TUI_H
#define FM_FRONT_TUI_TUI_H

#include "front/choice/choice.h"
#include "job/job.h"

struct fm_tui_options {
	const struct fm_catalog *catalog;
	struct fm_store *store; /* NULL: there is none, not even to be read */
	/* why records cannot be written, and so no unit; FM_OK: they can be */
	struct fm_error store_err;
	const char *state_folder; /* where records are */
	const char *folder;       /* of firmware files */
	const char *library;      /* where the way to a version is looked for, beside the file */
	const char *keys;         /* folder of the user's keys */
	const struct fm_choices *choices; /* of the command line and the configuration */
	const char *config;               /* the file named with --config, NULL = the user's */
	bool ascii, color;
};

/* Is this a terminal on which screens can be drawn? Otherwise the plain mode is for it. */
bool fm_tui_possible(void);

/* Until the person leaves. A unit that is being written is finished and recorded first, whatever
 * becomes of the terminal. */
bool fm_tui_run(const struct fm_tui_options *options, struct fm_error *err) FM_MUST_CHECK;

#endif

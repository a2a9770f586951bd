/*
 * The file of a job, read once: what is proved of it is what is written. A large one takes
 * seconds, so it is read in a thread of its own (errand.h); nothing here knows the screens.
 */
#ifndef FM_FRONT_TUI_JOBFILE_H
#define FM_FRONT_TUI_JOBFILE_H

#include "front/choice/choice.h"
#include "front/tui/tui.h"
#include "job/job.h"
#include "package/package.h"

struct fm_jobfile {
	/* what is given; all of it lives longer */
	const struct fm_tui_options *options;
	char path[256];
	const struct fm_chosen *chosen;
	/* what is filled in */
	struct fm_job_request *request; /* but for its image */
	struct fm_package package;
	struct fm_image image;
	char sha256[FM_SHA256_TEXT]; /* as the library shows it (files.c) */
	struct fm_text refused;      /* keys that were left out, lines */
	bool good;
	struct fm_error err;         /* why it is not good, or why its job did not take it */
	struct fm_identity identity; /* of the unit, for fm_jobfile_offer */
};

/* Ready for the next file: all is empty. */
void fm_jobfile_done(struct fm_jobfile *file);
/* Both of a struct fm_jobfile, and in any thread. */
void fm_jobfile_read(void *jobfile);
/* A package that can't follow on what runs (err): make the ones that lead there its hint. Reads the
 * whole library. */
void fm_jobfile_offer(void *jobfile);

#endif

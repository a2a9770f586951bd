/*
 * A job: one unit, one thread, plain blocking code. It tells what happens by events (by value) and
 * is recorded before each step that changes the unit.
 */
#ifndef FM_JOB_JOB_H
#define FM_JOB_JOB_H

#include "base/error.h"
#include "base/queue.h"
#include "catalog/catalog.h"
#include "image/image.h"
#include "job/event.h"
#include "job/host.h"
#include "job/plan.h"
#include "job/ways.h"
#include "link/link.h"
#include "package/package.h"
#include "package/signature.h"
#include "package/sums.h"
#include "store/store.h"

#include <stdatomic.h>

struct fm_job;

enum fm_verb {
	FM_VERB_INFO,  /* ask the unit what it is */
	FM_VERB_CHECK, /* all verdicts and the plan, nothing is written */
	FM_VERB_FLASH,
	FM_VERB_VERIFY,  /* compare the unit with the image */
	FM_VERB_BACKUP,  /* read the application into a file, or all that is worth it into the store
			  */
	FM_VERB_ERASE,   /* erase the application */
	FM_VERB_RESTORE, /* write a backup */
	FM_VERB_ROLLBACK, /* write the firmware that was there before the unit's last job */
	FM_VERB_BLINK     /* make the unit show itself, in the mode that it is in */
};

const char *fm_verb_name(enum fm_verb verb);

enum fm_verify_how { FM_VERIFY_BEST, FM_VERIFY_READBACK, FM_VERIFY_HASH };

/* Of a job that changes the unit, before it does. Settings are read in any case where the unit can
 * be read, and put back when the job loses them. */
enum fm_backup_how {
	FM_BACKUP_NONE,    /* nothing is stored */
	FM_BACKUP_WANTED,  /* what the unit lets be read is stored */
	FM_BACKUP_REQUIRED /* the job does not go on without */
};

/* The image's file as it lay on the disk when it was read. */
struct fm_job_file {
	char path[512]; /* "" = there is none, or nobody looked */
	struct fm_host_stamp stamp;
	char sha256[FM_SHA256_TEXT];
};

/* A person's answer to a question of the definition. */
struct fm_job_answer {
	char id[24], text[24];
};

struct fm_job_request {
	enum fm_verb verb;
	uint64_t number; /* in the events */
	const struct fm_catalog *catalog;
	struct fm_store *store; /* NULL: not recorded */
	struct fm_queue *queue; /* of struct fm_event; its reader lives longer than the job */
	char model[48], port[256];
	char slot[FM_SLOT_TEXT]; /* the bench's name of the port, for the record; "" = none */
	char usb_path[32]; /* topology of the unit on USB, "" = not on USB: it is followed there
			      through its modes */
	struct fm_usb_device seen; /* as it was when it was chosen; path "" = not known. Address 0:
				      it may have another one since */
	char options[512];         /* for the record: what of the choices another such job needs */
	struct fm_image *image; /* CHECK, FLASH, VERIFY: the job takes its content over; ERASE may
				   go without */
	/* What the package says that the image came in; NULL = a bare file. They live longer than
	 * the job. */
	const struct fm_component *component;
	const struct fm_release *release;
	char file[256];
	struct fm_job_file on_disk; /* it must still be this when the first byte is written */
	/* what was found of the image's file when it was read, from the same bytes; all zero:
	 * nothing lies beside it */
	struct fm_signature signature;
	struct fm_sums sums;
	enum fm_signing signing; /* the configuration's; the definition may ask for more */
	bool dry_run;            /* FLASH, ERASE: stop after the plan */
	enum fm_verify_how verify;
	unsigned baud; /* instead of the definition's; 0 = as defined */
	bool allow_config;
	bool allow_path; /* though the package asks for a running version and the unit's is not
			  * known
			  */
	char allowed[128];
	char expect_version[64];
	struct fm_identity expected; /* facts that the unit must not contradict; empty = any unit */
	char plan_sha256[FM_SHA256_TEXT];             /* "" = any; otherwise only this plan runs */
	struct fm_job_answer answers[FM_PERSON_MOST]; /* FM_USAGE where the model asks no such thing
						       */
	size_t answer_count;
	int64_t enter_ms; /* go on trying to enter for so long; 0 = as often as the definition says
			   */
	enum fm_backup_how backup;
	int64_t restore_job; /* RESTORE: all that this job stored; 0 = the unit's newest backup */
	char restore_sha256[FM_SHA256_TEXT]; /* RESTORE: the one whose hash begins so; "" = any */
	bool allow_unit;                     /* RESTORE: though it is of another unit */
	int64_t not_after_s;   /* wall clock, seconds of 1970: a job that would take longer is not
				  started; 0 = no limit */
	char backup_path[256]; /* BACKUP: "" = into the store */
	const struct fm_format *backup_format;
	bool backup_replace;
	char operator_name[48], station[48], ticket[48];
	char trace_path[256];       /* record the wire there; "" = not */
	const struct fm_ways *ways; /* NULL: the system's */
	/* Both live longer than the job. */
	const char *state_folder; /* of the records, to tell of its room; NULL: nothing is told */
	const char *sysfs;        /* NULL: "/sys" */
	bool has_space;           /* a file without addresses goes to this space */
	enum fm_space space;
};

/* Parameters of a protocol, for the definitions' loader: a front end knows jobs, not protocols. */
bool fm_job_protocol_params(const char *protocol, const struct fm_param **ret_table);

/* The request is copied; request->image is emptied. The job runs until FM_EVENT_END. */
bool fm_job_start(const struct fm_job_request *request, struct fm_job **ret_job,
		  struct fm_error *err) FM_MUST_CHECK;
/* Wait for the end and forget the job. */
void fm_job_free(struct fm_job *job);

/*
 * Any thread. Stop before the unit is touched: true when the job will end so, with `code`
 * (FM_CANCELLED, FM_TERMINATED); false when it is too late for that.
 */
bool fm_job_cancel(struct fm_job *job, enum fm_code code);
/* Any thread. Stop at the next safe point, leaving the unit incomplete. */
void fm_job_stop(struct fm_job *job);

/* Any thread, while it runs: when the wait that it has been in for a second now is given up, on the
 * clock of its events; 0 = not known: it waits for nothing, or for something short again and again.
 * The job may try once more then. */
int64_t fm_job_gives_up_ns(struct fm_job *job);

/* After the end: the plan as text, "" when none was made. Lives as long as the job. */
const char *fm_job_plan_text(const struct fm_job *job);
/* After the end: the plan, NULL when none was made. Lives as long as the job. */
const struct fm_plan *fm_job_plan(const struct fm_job *job);
/* After the end: how the unit was last seen on USB, path "" where it never was; with address 0
 * where the job itself has let it go. Lives as long as the job. */
const struct fm_usb_device *fm_job_at(const struct fm_job *job);
/* After the end: how the unit's memory looks (resolved), NULL when it is not known. */
const struct fm_loader *fm_job_loader(const struct fm_job *job);

#endif

/* What the files of a job share. Only the job's own thread touches it, but for the fields that say
 * otherwise. */
#ifndef FM_JOB_PRIVATE_H
#define FM_JOB_PRIVATE_H

#include "job/job.h"
#include "job/plan.h"
#include "job/verdict.h"
#include "job/verdict_package.h"
#include "protocol/protocol.h"

#include <pthread.h>

/* A region's content as it was before the job. */
struct fm_part {
	const struct fm_region *region; /* of job->loader */
	uint64_t len;                   /* of its start: the unit may have less of it */
	uint8_t *data;
	bool kept; /* settings that the plan does not write: they must be the same afterwards */
	bool lost; /* they are not */
	bool firmware;
};

struct fm_job {
	struct fm_job_request request;
	struct fm_image image;
	bool has_image;
	pthread_t thread;
	pthread_mutex_t mutex;                 /* stop, touching */
	bool touching;                         /* a destructive step has begun */
	atomic_bool stop;                      /* at the next safe point */
	int locks[1 + FM_USB_INTERFACES_MOST]; /* descriptors of the unit's locks */
	size_t lock_count;
	enum fm_code cancelled;   /* what the cancel makes of the job */
	atomic_bool cancel;       /* given to links: set only while untouched */
	struct fm_link_wait wait; /* what it waits for now; read by any thread */

	struct fm_device device;
	struct fm_loader *loader; /* of device; NULL until one has answered */
	struct fm_link *link;     /* NULL while closed */
	/* the link is open to ask the application, with this line; NULL: it is not */
	const struct fm_line_settings *asks_at;
	struct fm_usb_device at; /* the unit on USB as it was last looked at; path "" = never */
	unsigned left_address;   /* the USB address that a unit asked to change its mode leaves */
	bool may_move;           /* it was asked to: it may have another address now */
	bool taken_out;          /* by this job, of its application */
	bool seen_running;       /* on USB as an application, before anything was asked of it */
	bool said_running;       /* its application has answered before that */
	struct fm_session session;
	bool left;    /* it had not said that it has all of it: seen again, its application does */
	bool answers; /* the session is open: its boot loader has answered */
	struct fm_identity identity;
	struct fm_plan plan;
	bool has_plan;
	struct fm_part parts[FM_REGION_MOST];
	size_t part_count;
	struct fm_record before; /* the job that left this unit in doubt; id 0 = none */
	bool before_same_id;     /* its unit has the same unique id */
	/* what of the plan is there already from that job: so many of the first ones */
	size_t there_blocks, there_pages;

	int awake; /* keeps sleep off while it is open; -1 = not */

	enum fm_unit_state state;
	enum fm_phase phase;
	uint64_t sequence;
	int64_t progress_ns; /* when progress was last told */
	struct fm_record record;
	bool recorded; /* record has an id */
	struct fm_job_end end;
	char version_file[64];
};

/* The files of a job, in order: none calls what stands below it, and job.c calls the phases. */

/* event.c */
void fm_job_tell(struct fm_job *job, struct fm_event *event);
void fm_job_note(struct fm_job *job, const char *format, ...) FM_PRINTF(2, 3);
void fm_job_progress(struct fm_job *job, uint64_t done, uint64_t total, uint64_t addr);
/* Tell and keep a fact. */
void fm_job_fact(struct fm_job *job, enum fm_fact_kind kind, enum fm_strength strength,
		 const char *value, const char *source);
void fm_job_host(struct fm_job *job, const struct fm_host_row *row);

/* file.c */
/* What is there under the name of the file now. False: the job has none on disk. */
bool fm_job_file_look(const struct fm_job *job, struct fm_host_row *ret) FM_MUST_CHECK;
/* Immediately before the first byte: FM_FILE_CHANGED. */
bool fm_job_file_same(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* stop.c */
/* True, or the error of having been stopped here: between blocks only. */
bool fm_job_safe_point(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* From here on the unit is changed: too late to cancel. */
bool fm_job_touch(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* lock.c: against other jobs on this unit, in whichever program. FM_BUSY. The thread of the job, or
 * of a test. */
bool fm_job_lock(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
void fm_job_unlock(struct fm_job *job);

/* attach.c */
/* Is the unit on USB, and does its definition tell how it looks there? Then `at` is kept. */
bool fm_job_on_usb(const struct fm_job *job);
/* What is at its place on USB, whatever that is. FM_GONE: nothing. */
bool fm_job_peek(const struct fm_job *job, struct fm_usb_device *ret_device,
		 struct fm_error *err) FM_MUST_CHECK;
/* FM_WRONG_UNIT: it is not the attachment that was there before, was not asked to leave, and has no
 * serial number that says it is the same unit. */
bool fm_job_look(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* How the definition knows what is there now; NULL: it does not. */
const struct fm_usb_match *fm_job_match(const struct fm_job *job);
bool fm_job_in_mode(const struct fm_job *job, enum fm_mode mode);
/* Does the definition tell how the unit looks in this mode? */
bool fm_job_has_mode(const struct fm_job *job, enum fm_mode mode);
/* Close the link and wait until the unit is there in this mode, under another address than
 * left_address. */
bool fm_job_follow(struct fm_job *job, enum fm_mode mode, unsigned within_ms,
		   struct fm_error *err) FM_MUST_CHECK;
/* The unit's serial port, NULL where it has none now; of a bridge only the one that was chosen. */
const char *fm_job_tty(const struct fm_job *job);
/* Each closes the link before. */
bool fm_job_open_serial(struct fm_job *job, const struct fm_line_settings *line,
			struct fm_error *err) FM_MUST_CHECK;
bool fm_job_open_usb(struct fm_job *job, const struct fm_usb_claim *claim,
		     struct fm_error *err) FM_MUST_CHECK;
bool fm_job_open_volume(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
bool fm_job_touch_port(struct fm_job *job, unsigned baud, struct fm_error *err) FM_MUST_CHECK;
/* After a touch that did not help. */
void fm_job_settle_port(struct fm_job *job);
void fm_job_close_link(struct fm_job *job);

/* steps.c: in order; `line` is what a port is opened with. The link that is open at the end, if
 * any, stays so. */
bool fm_job_steps(struct fm_job *job, const struct fm_steps *list,
		  const struct fm_line_settings *line, struct fm_error *err) FM_MUST_CHECK;

/* ask.c */
struct fm_reply {
	char text[64];     /* the pattern's group; after FM_TIMEOUT what came last instead */
	unsigned after_ms; /* since it was first asked */
};

/* Ask the running application until its answer fits. FM_TIMEOUT: it did not in time; after any
 * other error it could not be asked. */
bool fm_job_ask(struct fm_job *job, const struct fm_question *question, struct fm_reply *ret,
		struct fm_error *err) FM_MUST_CHECK;
/* The group of the pattern in these bytes (which may hold zeros). */
bool fm_job_match_answer(const char *pattern, unsigned group, const uint8_t *data, size_t len,
			 char *ret_text, size_t size);

/* chip.c: flash size and unique id as the chip's own registers say them. */
bool fm_job_read_chip(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* After a break: is the unit that told this the one that the job knows? FM_WRONG_UNIT. */
bool fm_job_same_unit(struct fm_job *job, const struct fm_identity *told,
		      struct fm_error *err) FM_MUST_CHECK;

/* enter.c */
/* Get into a boot loader and learn what the unit is. */
bool fm_job_enter(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Again after a break: the same loader, the same unit. */
bool fm_job_reenter(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* leave.c */
/* Out of the boot loader: its own command, then the definition's steps. */
bool fm_job_leave(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* At the end of a job, whichever: put the unit back into its application where the job itself had
 * taken it out of it, else give its boot loader back to others. */
void fm_job_let_go(struct fm_job *job);

/* blink.c: nothing is opened of a unit that can't show itself. */
bool fm_job_blink(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* post_check.c */
/* The application runs: what does the definition want it to answer? Each answer is told and kept.
 * FM_POST_CHECK; FM_UNPROVED where it could not be asked. */
bool fm_job_post_checks(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* It does not run: say what was not tested. */
void fm_job_post_checks_left_out(struct fm_job *job);

/* confirm.c */
bool fm_job_ask_before(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Did an application run before the job? Known when a loader has answered: what a bridge is on USB
 * tells nothing of the unit behind it. */
bool fm_job_ran_before(const struct fm_job *job);
bool fm_job_restart(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
bool fm_job_confirm(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* person.c */
/* FM_USAGE: an answer is to a question that the definition does not ask. */
bool fm_job_person_known(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Tells each question; a job that would write does not start with one that is open (FM_UNANSWERED)
 * or answered otherwise (FM_REFUSED). */
bool fm_job_person(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
void fm_job_person_record(const struct fm_job *job, struct fm_record *record);

/* record.c: nothing is done where the job is not recorded. */
bool fm_job_record_begin(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* What is known before the first destructive step. */
bool fm_job_record_update(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* A job whose end can't be recorded has not passed: job->end says so then. */
void fm_job_record_end(struct fm_job *job);
/* A rule that warned, or blocked and was allowed: kept in the record. */
void fm_job_accept(struct fm_job *job, const char *rule);

/* version.c */
/* Which version the image holds: as the definition finds it, or as the file says; "" = not known.
 */
void fm_job_version_of_image(struct fm_job *job);

/* read.c */
/* How far a phase that reads several ranges has come. */
struct fm_reading {
	uint64_t done, total;
};
/* *range is cut where the unit says that its memory ends. */
bool fm_job_read_range(struct fm_job *job, struct fm_range *range, struct fm_reading *reading,
		       uint8_t *ret_data, struct fm_error *err) FM_MUST_CHECK;

/* All of a region; of firmware so much as there is. *ret_data (malloc'd) is NULL where the unit
 * refuses to be read. */
bool fm_job_read_part(struct fm_job *job, const struct fm_part *part, struct fm_reading *reading,
		      uint8_t **ret_data, uint64_t *ret_len, struct fm_error *err) FM_MUST_CHECK;

/* write.c */
bool fm_job_erase(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
bool fm_job_write(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* verify.c */
bool fm_job_verify(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Can it be done as the request wants it? Asked before anything is changed. */
bool fm_job_can_verify(const struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Can the device sum all that the plan writes? */
bool fm_job_can_sum(const struct fm_job *job);
/* Does the unit hold all of the plan already? Asked only where the device sums by itself; otherwise
 * *ret_same is false. */
bool fm_job_already_there(struct fm_job *job, bool *ret_same, struct fm_error *err) FM_MUST_CHECK;

/* resume.c */
/* Fills job->before: the job that left this unit in doubt. */
bool fm_job_look_back(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Was this unit left in doubt, and what of the plan does it hold from that job? */
bool fm_job_resume(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* keep.c: what must not be lost */
/* Is there anything to keep or to store? Otherwise the phase is left out. */
bool fm_job_keep_wanted(struct fm_job *job);
/* Room for the backup, before anything is changed. */
bool fm_job_keep_room(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
/* Read and store settings and present firmware. */
bool fm_job_keep(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
void fm_job_keep_done(struct fm_job *job);

/* put_back.c: what keep.c has kept */
/* After the write: are the settings what they were? Marks the parts that are lost. */
bool fm_job_keep_check(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
bool fm_job_keep_lost(const struct fm_job *job);
/* Write them as they were, and prove it. */
bool fm_job_put_back(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* backup.c */
bool fm_job_backup(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* restore.c */
/* RESTORE, ROLLBACK: choose the backup and make it the job's image; tells the rules about it. */
bool fm_job_choose_backup(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* ready.c: this computer */
/* Power, room, records, file, bridge; keeps sleep off from here on where the job writes. CHECK is
 * only told of what fails. FM_POWER, FM_FILE_CHANGED, FM_RECORD. */
bool fm_job_ready(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;
void fm_job_ready_done(struct fm_job *job);

/* window.c */
/* FM_WINDOW when the job is not likely to end in time. */
bool fm_job_window(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* preflight.c: plan and verdict. */
bool fm_job_preflight(struct fm_job *job, struct fm_error *err) FM_MUST_CHECK;

/* outcome.c */
/* Fills job->end, of a job that was good or that `err` ended. */
void fm_job_conclude(struct fm_job *job, bool good, const struct fm_error *err);

#endif

/*
 * Records: one SQLite file (WAL, synchronous=FULL, BEGIN IMMEDIATE, busy time-out), schema
 * versioned. What is going to happen is durable before it happens: a call that returns true has
 * reached the disk. May be used by all threads of a process, and by several processes.
 *
 * A record is complete when its job has ended; then it is chained: hash = SHA-256 over the hash of
 * the record before and the canonical serialisation (compact JSON, sorted keys) of this one.
 */
#ifndef FM_STORE_STORE_H
#define FM_STORE_STORE_H

#include "base/error.h"
#include "base/hash.h"
#include "base/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_store;

/* One job's record. Texts are "" where nothing is known. */
struct fm_record {
	int64_t id;
	char verb[16];           /* flash, verify, backup, erase, recover ... */
	char model[48];          /* id of the definition */
	char port[256];          /* where the unit was */
	char slot[FM_SLOT_TEXT]; /* the bench's name of that port, when the job ran */
	char unit[64];           /* its unique id */
	char chip[24];           /* chip id */
	char loader[64];         /* boot loader and version */
	char file[256];          /* path of the firmware as given */
	char file_sha256[FM_SHA256_TEXT];
	char plan_sha256[FM_SHA256_TEXT];
	char version_before[64], version_after[64], version_expected[64];
	char allowed[128]; /* warnings accepted by name, comma separated */
	char operator_name[48], station[48], ticket[48];
	char tool_version[24];
	char verify[16];   /* readback, hash, status, restart, none */
	char backup[64];   /* what became of the backup: "firmware, configuration", "none: ..." */
	int64_t source;    /* the job whose backup is written; 0 = none */
	char kept[64];     /* settings after the job: "same", "put back: eeprom" ... */
	char options[512]; /* what the command needs beside unit and file to be the same again */
	char answers[448]; /* a person's, to what the definition asks before a write */
	char not_tested[240];  /* what nothing has proved, beside bytes_not_tested */
	char post_checks[320]; /* what the application answered after it was written */
	uint64_t bytes_written, bytes_verified, bytes_blank_proved, bytes_not_tested;
	unsigned retries;
	/* the end; outcome "" = not ended */
	char outcome[8]; /* PASS, FAIL, UNCLEAR */
	int code;        /* error number, 0 = none */
	char text[240], hint[160];
	char unit_state[16]; /* untouched, entered, partial, unverified, verified, unknown */
	/* by the store */
	char start_utc[32], end_utc[32];    /* 2026-11-21T02:33:46.123Z */
	int64_t start_mono_ns, end_mono_ns; /* CLOCK_BOOTTIME: with boot_id they order records
					       though the wall clock jumps */
	char boot_id[40];
	int pid;
	uint64_t pid_start;  /* start of that process in clock ticks after boot, 0 = not known */
	char last_phase[16]; /* the last phase that was begun */
	bool last_phase_ended;
	int64_t chain; /* place in the chain, from 1; 0 until ended */
	char hash[FM_SHA256_TEXT], previous[FM_SHA256_TEXT]; /* "" until ended; the first record of
								a chain has no previous */
};

struct fm_phase_record {
	char phase[16];
	char detail[128];
	char begin_utc[32], end_utc[32]; /* end_utc "" = never ended */
	int code;                        /* error number of its end, 0 = good */
};

/*
 * Open the file; one of an older schema is brought up to date. FM_RECORD when it is of a newer
 * schema, is not ours (then it is left as it is), or lies on a network file system.
 *
 * create: make folders (0700) and file (0600) where they are missing; FM_RECORD when it can't be
 * written. Otherwise nothing is made: without a file the store is empty, and a file that can't be
 * written is read. Such a store refuses writing with FM_RECORD, but fm_store_close_dead, which then
 * leaves things as they are.
 */
bool fm_store_open(const char *path, bool create, struct fm_store **ret_store,
		   struct fm_error *err) FM_MUST_CHECK;
/* NULL is allowed. No other thread may be using it. */
void fm_store_close(struct fm_store *store);

/*
 * Texts are stored as printable UTF-8: control characters and invalid bytes become '.'. Codes are
 * error numbers (fm_error_info()->number). A record that has ended takes no change: FM_RECORD.
 */
/* Begin a job: fills id, start, boot_id, pid and pid_start of *record. */
bool fm_store_begin(struct fm_store *store, struct fm_record *record,
		    struct fm_error *err) FM_MUST_CHECK;
/* What was learned since (chip, versions, plan ...): all texts and counts but the end. */
bool fm_store_update(struct fm_store *store, const struct fm_record *record,
		     struct fm_error *err) FM_MUST_CHECK;
/* A phase's intent, before it starts, and its end. */
bool fm_store_phase_begin(struct fm_store *store, int64_t job, const char *phase,
			  const char *detail, struct fm_error *err) FM_MUST_CHECK;
bool fm_store_phase_end(struct fm_store *store, int64_t job, const char *phase, int code,
			struct fm_error *err) FM_MUST_CHECK;
/* End the job: outcome, code, text, hint, unit_state and all of fm_store_update; chains it. Fills
 * the end and the hashes. */
bool fm_store_end(struct fm_store *store, struct fm_record *record,
		  struct fm_error *err) FM_MUST_CHECK;

/*
 * Jobs that were begun and whose process is no more (boot id, pid, its start): each is ended with
 * the code `code` in the state that its phases leave (erase or write begun: partial; all written:
 * unverified; read back right: verified; before: untouched or entered) and chained. The outcome is
 * UNCLEAR where the state is partial or unverified, else FAIL; the text names the phase. Several
 * processes may do it at once: each record is ended once.
 */
bool fm_store_close_dead(struct fm_store *store, int code, struct fm_error *err) FM_MUST_CHECK;
/*
 * The units that are left in doubt, newest first: the newest record of its (port, model) with a
 * verb that writes (flash, erase, restore, rollback ...) has ended, not with PASS, in the state
 * partial, unverified or unknown, and no later one is of the same unit at another port. Later jobs
 * that failed before they touched the memory do not count: they took no doubt away. *ret malloc'd.
 */
bool fm_store_in_doubt(struct fm_store *store, struct fm_record **ret, size_t *ret_count,
		       struct fm_error *err) FM_MUST_CHECK;

/*
 * The newest record before this one (id 0: of all) of a job that touched the memory of the same
 * unit: the same unit id where both are known, else the same port. Of the same model. False without
 * error code when there is none.
 */
bool fm_store_before(struct fm_store *store, const struct fm_record *record, struct fm_record *ret,
		     struct fm_error *err);

struct fm_history_filter {
	const char *model, *unit, *port, *outcome; /* NULL = any; outcome "" = not ended */
	const char *slot;                          /* NULL = any; whatever its case */
	const char *since, *until; /* of start_utc: "2026-11-21T02:33:46"; until is exclusive */
	int64_t newest;            /* at most so many, newest first; 0 = all */
};

/* Newest first, in the order in which they were begun. filter may be NULL; *ret malloc'd. */
bool fm_store_list(struct fm_store *store, const struct fm_history_filter *filter,
		   struct fm_record **ret, size_t *ret_count, struct fm_error *err) FM_MUST_CHECK;
/* FM_USAGE when there is no such job. *ret_phases malloc'd. */
bool fm_store_get(struct fm_store *store, int64_t id, struct fm_record *ret,
		  struct fm_phase_record **ret_phases, size_t *ret_count,
		  struct fm_error *err) FM_MUST_CHECK;
/* What was last known at this port: the newest ended record there. False without error code when
 * there is none. */
bool fm_store_last_at(struct fm_store *store, const char *port, struct fm_record *ret,
		      struct fm_error *err);
/*
 * FM_CHAIN names the first record that was changed, taken out or moved; *ret_checked tells how many
 * before it are right. What it can't see: doc/records.md.
 */
bool fm_store_verify(struct fm_store *store, size_t *ret_checked,
		     struct fm_error *err) FM_MUST_CHECK;
/* The record that was chained last: its id and hash; 0 and "" where there is none. Kept elsewhere,
 * it proves later that none up to it was cut off. */
bool fm_store_newest(struct fm_store *store, int64_t *ret_id, char ret_hash[FM_SHA256_TEXT],
		     struct fm_error *err) FM_MUST_CHECK;
/* The record whose hash begins with this, lower case digits; FM_CHAIN when none does. */
bool fm_store_holds(struct fm_store *store, const char *hash, int64_t *ret_id,
		    struct fm_error *err) FM_MUST_CHECK;
/* FM_CHAIN when this one record, its phases or its rows of backups are not what they were when it
 * ended: asked before anything that it says is done. One that has not ended is right. */
bool fm_store_record_right(struct fm_store *store, int64_t id, struct fm_error *err) FM_MUST_CHECK;

/*
 * Backups. Their bytes lie beside the records, in backups/ab/abcd..., named by their SHA-256: the
 * same content is there once. A row says whose they are; rows are chained with their job.
 */
struct fm_backup {
	int64_t job;
	char sha256[FM_SHA256_TEXT];
	char kind[16];   /* firmware; incomplete: firmware that a job had left in doubt;
			    configuration; calibration */
	char region[32]; /* name of the region */
	char space[16];
	uint64_t addr, len;
	char made_utc[32];
	char model[48], unit[64], port[256]; /* of the job */
};

/* Make the content durable, then its row, for a job that has not ended. Fills sha256 and made_utc.
 * FM_BACKUP when the content cannot be stored: there is no row then. */
bool fm_store_backup_add(struct fm_store *store, struct fm_backup *backup, const void *data,
			 struct fm_error *err) FM_MUST_CHECK;
/* FM_NO_ROOM unless so many bytes can be stored (and a bit more, for the records). */
bool fm_store_backup_room(struct fm_store *store, uint64_t len, struct fm_error *err) FM_MUST_CHECK;
/* The bytes, proved by length and hash; malloc'd. FM_BACKUP when they are missing or changed. */
bool fm_store_backup_read(struct fm_store *store, const struct fm_backup *backup,
			  uint8_t **ret_data, struct fm_error *err) FM_MUST_CHECK;

struct fm_backup_filter {
	int64_t job;                     /* 0 = any */
	const char *sha256;              /* how it begins */
	const char *model, *unit, *kind; /* NULL = any */
};
/* Newest job first, within a job in the order in which they were made. *ret malloc'd. */
bool fm_store_backups(struct fm_store *store, const struct fm_backup_filter *filter,
		      struct fm_backup **ret, size_t *ret_count,
		      struct fm_error *err) FM_MUST_CHECK;
/*
 * The newest job before this record (as in fm_store_before, but of a unit id only jobs with that
 * id, and of none only those at its port with none) that has a backup of this kind (NULL = any but
 * one that is incomplete). *ret_since: how many jobs have changed the unit after it without a
 * backup. False without error code when there is none.
 */
bool fm_store_backup_before(struct fm_store *store, const struct fm_record *record,
			    const char *kind, struct fm_record *ret, unsigned *ret_since,
			    struct fm_error *err);

/* Ports that the system does not list (ptys, remote): path and model id. */
struct fm_added_port {
	char path[256], model[48];
};
/* Adding a path again changes its model. FM_USAGE when a text is empty, too long or not printable.
 */
bool fm_store_port_add(struct fm_store *store, const char *path, const char *model,
		       struct fm_error *err) FM_MUST_CHECK;
/* FM_USAGE when it is not there. */
bool fm_store_port_remove(struct fm_store *store, const char *path,
			  struct fm_error *err) FM_MUST_CHECK;
/* By path. *ret malloc'd. */
bool fm_store_ports(struct fm_store *store, struct fm_added_port **ret, size_t *ret_count,
		    struct fm_error *err) FM_MUST_CHECK;

/* A port that a bench has given a name. The place is what lasts of it: "usb 1-1.4", or a path. */
struct fm_slot {
	char place[256], name[FM_SLOT_TEXT];
};
/*
 * Name a place, or give it another name. A name has 1 to 8 letters, digits, '.', '_' or '-', begins
 * with a letter or digit, and is there once, whatever its case. FM_USAGE otherwise.
 */
bool fm_store_slot_set(struct fm_store *store, const char *place, const char *name,
		       struct fm_error *err) FM_MUST_CHECK;
/* Of a place or of a name, whatever its case. FM_USAGE when there is none. */
bool fm_store_slot_remove(struct fm_store *store, const char *place_or_name,
			  struct fm_error *err) FM_MUST_CHECK;
/* By name. *ret malloc'd. */
bool fm_store_slots(struct fm_store *store, struct fm_slot **ret, size_t *ret_count,
		    struct fm_error *err) FM_MUST_CHECK;

#endif

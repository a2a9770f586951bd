/*
 * What a job tells the front end, by value: no pointer into a worker crosses. Events of one job are
 * numbered without gaps but for progress, of which only the newest is kept while nobody reads.
 */
#ifndef FM_JOB_EVENT_H
#define FM_JOB_EVENT_H

#include "base/error.h"
#include "base/hash.h"
#include "base/identity.h"

#include <stdint.h>

#define FM_EVENT_SCHEMA 1

enum fm_phase {
	FM_PHASE_IDENTIFY,
	FM_PHASE_PREFLIGHT,
	FM_PHASE_BACKUP,
	FM_PHASE_ENTER,
	FM_PHASE_ERASE,
	FM_PHASE_WRITE,
	FM_PHASE_VERIFY,
	FM_PHASE_RESTORE, /* settings that were lost are put back */
	FM_PHASE_RESTART,
	FM_PHASE_CONFIRM,
	FM_PHASE_RECORD,
	FM_PHASE_COUNT
};

const char *fm_phase_name(enum fm_phase phase);

enum fm_unit_state {
	FM_UNIT_UNTOUCHED,  /* as it was */
	FM_UNIT_ENTERED,    /* in its boot loader, memory as it was */
	FM_UNIT_PARTIAL,    /* erased or written in part */
	FM_UNIT_UNVERIFIED, /* written, not read back */
	FM_UNIT_VERIFIED,   /* read back right, or said by the unit itself */
	FM_UNIT_UNKNOWN
};

const char *fm_unit_state_name(enum fm_unit_state state);

enum fm_outcome { FM_OUTCOME_NONE, FM_OUTCOME_PASS, FM_OUTCOME_FAIL, FM_OUTCOME_UNCLEAR };

const char *fm_outcome_name(enum fm_outcome outcome);

enum fm_event_kind {
	FM_EVENT_BEGIN,
	FM_EVENT_PHASE_BEGIN,
	FM_EVENT_PROGRESS,
	FM_EVENT_PHASE_END,
	FM_EVENT_FACT, /* something became known of the unit */
	FM_EVENT_RULE, /* one rule of the verdict */
	FM_EVENT_NOTE,
	FM_EVENT_PLAN,
	FM_EVENT_HOST,       /* what this computer offers the job */
	FM_EVENT_ASK,        /* a person is asked to do something by hand; the job goes on with
				fm_job_answer */
	FM_EVENT_QUESTION,   /* what the definition asks a person before a write */
	FM_EVENT_POST_CHECK, /* what the restarted application answered */
	FM_EVENT_END
};

enum fm_verdict { FM_FITS, FM_WARN, FM_BLOCKED };

const char *fm_verdict_name(enum fm_verdict verdict);

struct fm_rule_result {
	char rule[24]; /* "model", "memory" ...; what --allow names */
	enum fm_verdict verdict;
	char file_says[96], unit_says[240];
	enum fm_code code; /* of BLOCKED */
};

/* One thing that this computer has to offer a job, as FITS, WARN or BLOCKED. */
struct fm_host_row {
	char name[12]; /* "power", "disk" ... */
	enum fm_verdict state;
	char text[160];
};

/* "ok", "warn", "fail" */
const char *fm_host_state_name(enum fm_verdict state);

/* What the definition asks a person, and what was answered. */
struct fm_asked {
	char id[24], text[160];
	char wanted[24];
	char given[24]; /* "" = nothing yet */
};

/* Answered, and as it must be. */
bool fm_asked_right(const struct fm_asked *asked);

/* A post-check that was asked. */
struct fm_post_check_result {
	char name[32];
	bool passed;
	char expected[96]; /* the pattern */
	char answer[64];   /* "" = none came */
	unsigned after_ms; /* since it was first asked */
};

/* "post-check 'self test': answered 'ok' after 0.2 s" */
void fm_post_check_text(const struct fm_post_check_result *result, char *ret, size_t size);

struct fm_progress {
	uint64_t done, total; /* bytes of this phase */
	uint64_t addr;
};

struct fm_job_end {
	enum fm_outcome outcome;
	enum fm_unit_state unit_state;
	struct fm_error error; /* FM_OK when PASS */
	enum fm_code code;     /* what the job makes of it (FM_WRITE, FM_LOST ...): gives number and
				  exit code */
	bool changed;
	int64_t record; /* id, 0 = none */
	char slot[FM_SLOT_TEXT];
	char version_before[64], version_after[64];
	uint64_t bytes_written, bytes_verified, bytes_blank_proved, bytes_not_tested;
	unsigned retries;
	char verify[16];
	char not_tested[240];
	char backup[64], kept[64]; /* as in the record, as the next */
	char post_checks[320];     /* what was asked after the restart, and answered */
};

struct fm_event {
	int schema;
	uint64_t job, sequence;
	int64_t mono_ns;
	enum fm_event_kind kind;
	enum fm_phase phase;
	union {
		struct fm_progress progress;
		struct fm_error error; /* PHASE_END */
		struct fm_fact fact;
		struct fm_rule_result rule;
		struct fm_host_row host;
		struct fm_asked asked;
		struct fm_post_check_result post_check;
		char text[256]; /* BEGIN, NOTE, ASK */
		struct {
			char sha256[FM_SHA256_TEXT];
			uint64_t erase_len, write_len, blank_len, pad_len;
			unsigned erase_blocks, pages;
		} plan;
		struct fm_job_end end;
	} u;
};

#endif

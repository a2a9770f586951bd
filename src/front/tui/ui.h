/*
 * The state of the terminal UI: all that is shown, and nothing that touches the outside. Views draw
 * it, actions change it, and what has to be done outside (start a job, read a folder) is left in
 * `request` for the loop. One thread only.
 *
 * A unit is known by its id, which stays while it changes its mode, its port or its row, and which
 * it gets back when it returns. `attachment` counts its arrivals: what was asked of one attachment
 * is not believed of the next.
 */
#ifndef FM_FRONT_TUI_UI_H
#define FM_FRONT_TUI_UI_H

#include "base/text.h"
#include "detect/track.h"
#include "front/choice/choice.h"
#include "front/row/row.h"
#include "front/row/tally.h"
#include "front/tui/canvas.h"
#include "front/tui/fate.h"
#include "front/tui/map.h"
#include "job/job.h"
#include "job/verdict.h"
#include "job/verdict_package.h"

#define FM_UI_LEFT_NS INT64_C(30000000000) /* a unit that left is shown for so long */
/* Detection tells of a unit that left this much later at most: then a job may have ended since. */
#define FM_UI_AWAY_NS ((FM_TRACK_AWAY_MS + 1000) * INT64_C(1000000))
#define FM_UI_BACK_NS INT64_C(10000000000) /* a unit comes back from its job within that */
/* Then it is said that nothing moves: with the second between two looks, within 3 s of it. */
#define FM_UI_QUIET_NS INT64_C(1500000000)
#define FM_UI_RULES (FM_RULES_MOST + FM_PACKAGE_RULES_MOST)
#define FM_UI_LINES 1000
#define FM_UI_RECORDS 1000 /* that are read, the newest ones */
#define FM_UI_DEEP 8

enum fm_ui_view {
	FM_VIEW_DEVICES,
	FM_VIEW_HISTORY,
	FM_VIEW_LIBRARY,
	FM_VIEW_LOG,
	FM_VIEW_DETAILS,
	FM_VIEW_PICKER,
	FM_VIEW_PREFLIGHT,
	FM_VIEW_PROGRESS,
	FM_VIEW_RESULT,
	FM_VIEW_NOTES,
	FM_VIEW_TALLY,
	FM_VIEW_OPTIONS,
	FM_VIEW_BACKUPS,
	FM_VIEW_PAGE,
	FM_VIEW_HELP,
	FM_VIEW_COUNT
};

struct fm_ui_unit {
	uint64_t id;
	unsigned attachment;
	struct fm_seen seen;
	struct fm_row row;
	bool left, left_by_job; /* it left while or just after a job worked on it */
	bool absent;            /* left, or never there: a port that was added by hand */
	int64_t since_ns;       /* when it came, or left */
	char model[48];         /* that a person named, "" = what the port says */
	/* what it told when a job asked it */
	struct fm_identity identity;
	struct fm_memory memory;
	char loader[64], chip[96];
	uint64_t job; /* the newest one, 0 = none */
	/* What was chosen of its jobs. `chosen` counts the changes: a check answers only for the
	 * choices that it was made with. */
	struct fm_choices choices;
	unsigned chosen;
	char chosen_for[256]; /* the file that some are for, "" = none yet */
};

enum fm_ui_step { FM_UI_TODO, FM_UI_NOW, FM_UI_DONE, FM_UI_FAILED };

struct fm_ui_job {
	uint64_t number, unit;
	unsigned attachment, chosen;
	enum fm_verb verb;
	char model[48], port[256], slot[FM_SLOT_TEXT], serial[64], path[256];
	char sha256[FM_SHA256_TEXT]; /* of the file at path, as fm_ui_file has it; "" = no file */
	bool running, stopping;
	bool reading;                /* its file is being read; nothing was asked of the unit yet */
	bool plan_only;              /* it stops after its plan, whatever its verb */
	int64_t source;              /* RESTORE: the record whose backup it is, 0 = the newest */
	char backup[FM_SHA256_TEXT]; /* RESTORE: this one, "" = as source says */
	int64_t begin_ns, heard_ns, end_ns;
	int64_t limit_ns; /* when it gives up what it waits for, 0 = not known */
	struct {
		enum fm_ui_step step;
		int64_t begin_ns, spent_ns;
	} phases[FM_PHASE_COUNT];
	enum fm_phase phase;
	struct fm_progress progress; /* of the phase; total 0 = none told */
	unsigned permille;           /* of the whole job; never falls */
	unsigned retries;
	char ask[256], note[256]; /* the newest of each */
	struct fm_rule_result rules[FM_UI_RULES];
	size_t rule_count;
	struct fm_host_row bridge,
		sleep; /* of this computer, as the job found them; text "" = not told */
	/* what the definition asks a person, with the answers that were typed */
	struct fm_asked asked[FM_PERSON_MOST];
	size_t asked_count;
	struct fm_ui_map map;
	/* after its end */
	struct fm_job_end end;
	struct fm_identity identity;
	struct fm_usb_device at;
	char plan_sha256[FM_SHA256_TEXT];
	char *plan; /* text, NULL = none */
	struct fm_ui_fates fates;
	char stays[80]; /* how the unit can be written again after a cut, "" = not known */
};

/* A firmware file of the library folder, an image or a package. */
struct fm_ui_file {
	char path[256], name[96];
	char date[12];              /* of the release, else of the file */
	struct fm_host_stamp stamp; /* when it was read */
	uint64_t len;
	bool folder;
	bool unread;   /* nothing from sha256 on is known yet */
	uint64_t size; /* what is shown: a folder's is its payload's */
	char sha256[FM_SHA256_TEXT];
	char format[16], version[FM_VERSION_TEXT];
	char urgency[12];   /* "" = not said */
	char notes[2000];   /* of the release, lines; "" = none */
	char releases[200]; /* versions in a package with blanks between, newest first */
	char says[288];     /* about whom it is for, "" = nothing */
	struct fm_error problem;
};

struct fm_ui_line {
	enum fm_style style;
	char stamp[12], text[256];
	uint64_t job; /* 0 = none */
};

/* What this computer offers, looked at again every second while it matters. */
struct fm_ui_host {
	struct fm_host_row power, room, records, file, port;
};

enum fm_ui_wish {
	FM_WISH_NOTHING,
	FM_WISH_QUIT,
	FM_WISH_RESCAN,
	FM_WISH_JOB,
	FM_WISH_STOP,
	FM_WISH_FILES,
	FM_WISH_FOLDER,
	FM_WISH_RECORDS,
	FM_WISH_RECORD,
	FM_WISH_LABEL,
	FM_WISH_BACKUPS,
	FM_WISH_PAGE, /* run ui->page.command */
	FM_WISH_SUSPEND,
	FM_WISH_REPAINT,
	FM_WISH_MOUSE
};

struct fm_ui_request {
	enum fm_ui_wish wish;
	/* JOB */
	enum fm_verb verb;
	uint64_t unit;
	/* JOB: the file; FILES: that to be selected, "" = as it is; FOLDER: the new one; LABEL: the
	 * slot's name, "" = none any more */
	char path[256];
	uint64_t check; /* of a verb that changes the unit: the job whose plan was confirmed */
	int64_t source; /* RESTORE: the record */
	char backup[FM_SHA256_TEXT]; /* RESTORE: this one of the backups, "" = as source says */
	uint64_t job;                /* STOP */
	bool dry_run;                /* JOB: stop after the plan */
};

enum fm_ui_question {
	FM_QUESTION_NONE,
	FM_QUESTION_CHANGE, /* what the preflight is about: the last four characters, or a word */
	FM_QUESTION_ANSWER, /* what the definition asks before a write */
	FM_QUESTION_FOLDER,
	FM_QUESTION_FILTER, /* of the log */
	FM_QUESTION_UNITS,  /* which of them are shown */
	FM_QUESTION_LABEL,
	FM_QUESTION_MODEL,
	FM_QUESTION_OUTPUT,
	FM_QUESTION_CHOICE,
	FM_QUESTION_COMMAND, /* of the command line */
	FM_QUESTION_PORT,
	FM_QUESTION_EXPORT,
	FM_QUESTION_STOP,
	FM_QUESTION_QUIT
};

/* Which records the history shows. */
enum fm_ui_only { FM_ONLY_ALL, FM_ONLY_UNIT, FM_ONLY_PORT, FM_ONLY_SLOT };

struct fm_ui_prompt {
	enum fm_ui_question question;
	char label[96], text[256];
	char wanted[32];       /* what must be typed, "" = anything */
	char about[24];        /* ANSWER: id of the question */
	enum fm_choice choice; /* CHOICE */
};

struct fm_ui {
	/* what is there */
	struct fm_ui_unit *units; /* those that left last */
	size_t unit_count;
	uint64_t next_id, next_job;
	struct fm_ui_job **jobs; /* by number, rising */
	size_t job_count;
	struct fm_ui_file *files; /* by name */
	size_t file_count;
	char folder[256];
	struct fm_error folder_problem;
	/* The folder of packages while it cannot be read and another is shown in its place, "" = it
	 * is shown, or a person has chosen one. */
	char library[256], library_problem[256];
	struct fm_record *records; /* newest first */
	size_t record_count;
	struct fm_phase_record *record_phases; /* of the record that is selected */
	size_t record_phase_count;
	char records_problem[256], records_advice[256]; /* "" = they can be read */
	struct fm_tally *tally; /* of all records, while FM_VIEW_TALLY is shown */
	size_t tally_count;
	struct fm_backup *backups; /* of the unit that the view is about, newest first */
	size_t backup_count;
	struct {
		char command[640]; /* words of the command line */
		struct fm_text text;
		bool running;
		int status; /* its exit code */
	} page;
	bool backups_all;         /* of every unit of the model */
	struct fm_ui_line *lines; /* FM_UI_LINES, a ring */
	size_t line_first, line_count;
	struct fm_ui_host host;
	const struct fm_catalog *catalog; /* to check the name of a model; may be NULL */
	struct fm_choices choices;        /* that every unit begins with */
	/* what is looked at */
	enum fm_ui_view stack[FM_UI_DEEP];
	int depth;                   /* of stack; at least 1 */
	uint64_t selected;           /* unit, 0 = none; it is always one that is shown */
	char unit_filter[64];        /* of the devices; "" = all are shown */
	size_t index[FM_VIEW_COUNT]; /* row selected in the other views */
	uint64_t unit, job;          /* that the upper views are about */
	enum fm_verb change; /* what the preflight is about: FLASH, ERASE, RESTORE, ROLLBACK */
	char path[256];      /* FLASH: file chosen in the picker; else "" */
	int64_t source;      /* RESTORE: the record, 0 = the newest backup */
	char backup[FM_SHA256_TEXT]; /* RESTORE: this one, "" = as source says */
	enum fm_tally_by tally_by;
	enum fm_ui_only only; /* of the history */
	char only_name[256];
	char filter[64];  /* of the log */
	bool follow;      /* the log's end is shown */
	bool errors_only; /* of the log */
	struct fm_ui_prompt prompt;
	char message[256];
	enum fm_style message_style;
	bool message_stays;
	size_t rules_first; /* of the picker's rules, the first that is shown */
	bool mouse;
	/* the moment */
	int64_t now_ns;
	char clock[12], host_name[32]; /* "14:02:59" */
	struct fm_ui_request request;
};

void fm_ui_init(struct fm_ui *ui);
void fm_ui_done(struct fm_ui *ui);

static inline enum fm_ui_view fm_ui_top(const struct fm_ui *ui)
{
	return ui->stack[ui->depth - 1];
}

/* One level up, or a top view. With FM_UI_DEEP levels it takes the place of the one on top. */
void fm_ui_go(struct fm_ui *ui, enum fm_ui_view view);
void fm_ui_back(struct fm_ui *ui);
/* Put another view in the place of the top one. */
void fm_ui_turn(struct fm_ui *ui, enum fm_ui_view view);
void fm_ui_ask(struct fm_ui *ui, enum fm_ui_question question, const char *wanted,
	       const char *format, ...) FM_PRINTF(4, 5);

/* message.c */
/* In the line above the keys. One that stays (errors) is replaced by the next that stays, or by a
 * key. */
void fm_ui_say(struct fm_ui *ui, enum fm_style style, bool stays, const char *format, ...)
	FM_PRINTF(4, 5);
/* Into the log. */
void fm_ui_log(struct fm_ui *ui, enum fm_style style, uint64_t job, const char *format, ...)
	FM_PRINTF(4, 5);
/* From the oldest. */
const struct fm_ui_line *fm_ui_line(const struct fm_ui *ui, size_t index);
bool fm_ui_line_shown(const struct fm_ui *ui, const struct fm_ui_line *line);

/* find.c */
struct fm_ui_unit *fm_ui_unit(const struct fm_ui *ui, uint64_t id); /* NULL = not any more */
struct fm_ui_unit *fm_ui_selected(const struct fm_ui *ui);
struct fm_ui_job *fm_ui_job(const struct fm_ui *ui, uint64_t number); /* NULL = none */
/* Does a job work on the unit, or did one until just now? */
bool fm_ui_job_near(const struct fm_ui *ui, uint64_t unit);
/* A job that runs on the unit, or NULL. */
struct fm_ui_job *fm_ui_job_on(const struct fm_ui *ui, uint64_t unit);
size_t fm_ui_running(const struct fm_ui *ui);
/* The newest job that checked this file for this attachment of the unit, running or ended; NULL =
 * none, or what lies there now is not what it checked. */
struct fm_ui_job *fm_ui_check(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			      const char *path);
/* The same of what the preflight is about. */
struct fm_ui_job *fm_ui_planned(const struct fm_ui *ui, const struct fm_ui_unit *unit);

/* units.c */
/* row: NULL for one that left. */
void fm_ui_unit_event(struct fm_ui *ui, enum fm_track_event event, const struct fm_seen *seen,
		      const struct fm_row *row);
/* Ports that were added by hand and are not there: after each look, first none is, then each that
 * is. Returns the unit, whose row is empty where it is new. */
void fm_ui_units_absent(struct fm_ui *ui);
struct fm_ui_unit *fm_ui_unit_absent(struct fm_ui *ui, const struct fm_seen *seen);
/* Is it in the list? The filter is looked for in model, serial number, port, slot and state; the
 * unit that is selected stays. */
bool fm_ui_unit_shown(const struct fm_ui *ui, const struct fm_ui_unit *unit);
/* Show only units with this text; a selected one that has it stays selected. "" = all. */
void fm_ui_units_filter(struct fm_ui *ui, const char *text);
/* Each second: forget those that left long ago; where none is selected, the first that is shown. */
void fm_ui_units_age(struct fm_ui *ui);

/* unitview.c */
/* What a job would be started with as model, "" = not known. */
const char *fm_ui_unit_model(const struct fm_ui_unit *unit);
const char *fm_ui_unit_serial(const struct fm_ui_unit *unit);
const char *fm_ui_unit_version(const struct fm_ui_unit *unit);
/* Its serial number, or else its port: how a person calls it. */
const char *fm_ui_unit_name(const struct fm_ui_unit *unit);
/* The same in at most `width` columns, 8 or more: of a long number its begin, which tells the chips
 * of a lot apart, and the last four characters, which a person is asked for. */
void fm_ui_unit_label(const struct fm_ui_unit *unit, int width, char *ret, size_t size);
/* Of a port's path what tells it from others: "ttyUSB0", "pts/3", "usb 1-1.4". */
const char *fm_ui_port(const char *path);
/* The word in the first column. */
const char *fm_ui_unit_state(const struct fm_ui *ui, const struct fm_ui_unit *unit);

/* choices.c */
/* The options that the view shows, one after the other: those of the verb that it is about. */
enum fm_choice fm_ui_choice_at(const struct fm_ui *ui, size_t index);
/* Of the unit that the views are about; false: it was said why not. "" = the default again. */
bool fm_ui_choose(struct fm_ui *ui, enum fm_choice choice, const char *text);
/* The next of the words that it may be; false: it takes any text. */
bool fm_ui_choose_next(struct fm_ui *ui, enum fm_choice choice);
/* Another file does not inherit what was chosen for one. */
void fm_ui_choices_file(struct fm_ui *ui, struct fm_ui_unit *unit, const char *path);

/* jobs.c; what is said of one: jobview.c */
struct fm_ui_job *fm_ui_job_new(struct fm_ui *ui, const struct fm_ui_unit *unit,
				const struct fm_ui_request *request);
/* It could not even be started. */
void fm_ui_job_refused(struct fm_ui *ui, struct fm_ui_job *job, const struct fm_error *err);
void fm_ui_job_event(struct fm_ui *ui, const struct fm_event *event);
static inline bool fm_ui_verb_changes(enum fm_verb verb)
{
	return verb == FM_VERB_FLASH || verb == FM_VERB_ERASE || verb == FM_VERB_RESTORE ||
	       verb == FM_VERB_ROLLBACK;
}
/* Only asks, and leaves no record. */
static inline bool fm_ui_verb_asks(enum fm_verb verb)
{
	return verb == FM_VERB_INFO || verb == FM_VERB_CHECK || verb == FM_VERB_BLINK;
}
/* Will it change the unit? Then it needs a plan that was confirmed. */
static inline bool fm_ui_request_changes(const struct fm_ui_request *request)
{
	return fm_ui_verb_changes(request->verb) && !request->dry_run;
}
/* Does it change the unit, and has it begun to? */
bool fm_ui_job_writes(const struct fm_ui_job *job);
/* FITS, WARN, BLOCKED, CHECK (runs), ERROR, or "?" (not asked). */
const char *fm_ui_verdict(const struct fm_ui_job *check);
enum fm_style fm_ui_verdict_style(const char *verdict);
/* The first of its questions that is open or answered otherwise, NULL = none. */
struct fm_asked *fm_ui_open_question(struct fm_ui_job *check);
/* Bytes a second in this phase, 0 = not known; seconds to its end, -1 = too early to tell. */
double fm_ui_job_rate(const struct fm_ui *ui, const struct fm_ui_job *job);
long fm_ui_job_left_s(const struct fm_ui *ui, const struct fm_ui_job *job);
/* "flash", or "plan" where it stops there. */
const char *fm_ui_job_word(const struct fm_ui_job *job);
/* The name of its file without folders. */
const char *fm_ui_job_file(const struct fm_ui_job *job);
/* Is this phase a part of the job? */
bool fm_ui_job_has(const struct fm_ui_job *job, enum fm_phase phase);
/* Seconds without a sign of life, 0 = all is well. */
long fm_ui_job_quiet_s(const struct fm_ui *ui, const struct fm_ui_job *job);
/* ", gives up at 10 s" in the same count, "" where that is not known. ret has 32 bytes. */
void fm_ui_job_limit(const struct fm_ui_job *job, char ret[32]);
/* When the next silence has to be told of that begins after `since_ns`; INT64_MAX = none. */
int64_t fm_ui_quiet_due_ns(const struct fm_ui *ui, int64_t since_ns);
/* Fill job->stays from what is known of the unit: what can't be lost by writing this plan. */
void fm_ui_job_stays(struct fm_ui_job *job, const struct fm_plan *plan,
		     const struct fm_memory *memory, enum fm_mode mode);
/* What becomes of the unit if everything ends now. */
const char *fm_ui_job_if_cut(const struct fm_ui_job *job);

#endif

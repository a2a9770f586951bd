/* The command line: commands, options, and what they share. Data goes to stdout, progress and
 * messages to stderr. */
#ifndef FM_FRONT_CLI_CLI_H
#define FM_FRONT_CLI_CLI_H

#include "base/error.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "detect/scan.h"
#include "front/choice/choice.h"
#include "job/job.h"
#include "package/package.h"
#include "store/store.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define FM_CLI_SCHEMA 1 /* of every JSON line */

enum fm_cli_progress {
	FM_PROGRESS_AUTO,
	FM_PROGRESS_TTY,
	FM_PROGRESS_LINES,
	FM_PROGRESS_JSON,
	FM_PROGRESS_NONE
};
enum fm_cli_ui { FM_UI_AUTO, FM_UI_TUI, FM_UI_PLAIN };
enum fm_cli_color { FM_COLOR_AUTO, FM_COLOR_ALWAYS, FM_COLOR_NEVER };

struct fm_cli_options {
	const char *device, *model, *firmware, *output, *format, *log_file, *config;
	const char *result, *unit, *limit, *since, *until; /* of history list */
	const char *after;                                 /* of history verify */
	const char *slot;
	const char *answers[FM_PERSON_MOST]; /* ID=TEXT */
	size_t answer_count;
	bool dry_run, yes, no_input, json, quiet, verbose, replace, error_on_noop, ascii, help,
		version;
	int64_t wait_ms; /* -1 = not asked for, INT64_MAX = for ever */
	enum fm_cli_progress progress;
	enum fm_cli_color color;
	enum fm_cli_ui ui;
	struct fm_choices choices; /* of a job */
};

struct fm_cli {
	struct fm_cli_options options;
	int argc; /* words after the command */
	char **argv;
	struct fm_catalog *catalog; /* NULL until fm_cli_catalog */
	struct fm_store *store;     /* NULL until fm_cli_store */
	struct fm_package package;  /* kind NULL until fm_cli_firmware */
	struct fm_keys *keys;       /* NULL until fm_cli_trust */
	struct fm_chosen chosen;    /* of the job that is being run */
	char state_folder[512];     /* of the records */
	json_t *config;             /* owns the texts that options point to */
	FILE *log;
};

/* What a command needs and does. `run` returns true, or false with the error whose exit code the
 * process ends with. */
struct fm_cli_command {
	const char *name;      /* "flash", "catalog list" */
	const char *arguments; /* for the usage line */
	const char *help;
	const char *options; /* long names that it knows, beside the global ones and, where it is
				named as a job, those of its choices (front/choice) */
	int most_arguments;
	bool (*run)(struct fm_cli *cli, struct fm_error *err);
};

extern const struct fm_cli_command fm_cli_commands[]; /* ended by a NULL name */

/* Run the program; returns the exit code. */
int fm_cli_main(int argc, char **argv);

/* parse.c */
/* Takes the options out of argv; the words that are left stay in order. *ret_command is NULL where
 * no command is named; after a failure it is the one that is named, as far as it is known. */
bool fm_cli_parse(struct fm_cli *cli, int argc, char **argv,
		  const struct fm_cli_command **ret_command, struct fm_error *err) FM_MUST_CHECK;
void fm_cli_usage(FILE *file);
void fm_cli_help(FILE *file, const struct fm_cli_command *command);

/* config.c */
bool fm_cli_read_config(struct fm_cli *cli, struct fm_error *err) FM_MUST_CHECK;

/* paths.c: where things are (XDG). Each in a buffer of the caller's. */
void fm_cli_state_path(char *ret, size_t size, const char *name);
void fm_cli_data_path(char *ret, size_t size, const char *name);
void fm_cli_config_path(char *ret, size_t size, const char *name);
bool fm_cli_catalog(struct fm_cli *cli, struct fm_error *err) FM_MUST_CHECK;
/* create: make the database where there is none; otherwise the records are empty then. Tells of
 * units left in doubt. */
bool fm_cli_store(struct fm_cli *cli, bool create, struct fm_error *err) FM_MUST_CHECK;

/* For commands that work without records: what is wrong with them is a message, and cli->store may
 * be NULL. */
void fm_cli_store_if_any(struct fm_cli *cli);

/* trust.c */
/* What lies beside the file that was read (fm_cli_firmware): signature and checksums. Says which
 * keys are refused. */
void fm_cli_trust(struct fm_cli *cli, const char *path, struct fm_job_request *request);
void fm_cli_trust_done(struct fm_cli *cli);

/* output.c */
/* "written by flash", "settings, kept", "never written": what a region's flags mean. */
const char *fm_cli_region_use(unsigned flags);
bool fm_cli_colored(const struct fm_cli *cli, FILE *file);
/* Prints one JSON line with schema and type, and forgets the object. */
void fm_cli_json(json_t *object, const char *type);
void fm_cli_error(const struct fm_cli *cli, const struct fm_error *err);
void fm_cli_message(const struct fm_cli *cli, const char *format, ...) FM_PRINTF(2, 3);
/* One rule of a verdict, in lines that fit 80 columns. */
void fm_cli_rule(FILE *file, const struct fm_rule_result *rule);
/* What a person is asked, likewise. */
void fm_cli_asked(FILE *file, const struct fm_asked *asked);
/* What this computer offers, likewise. */
void fm_cli_host(FILE *file, const struct fm_host_row *row);
/* "" becomes "-". */
const char *fm_cli_or_dash(const char *text);

/* wait.c */
struct fm_cli_wait {
	sigset_t heard, before;
};
/* Those that end a job: interrupts and the wish to end; a hangup unless "nohup" said otherwise. */
void fm_cli_signals(sigset_t *ret);
/* From _begin to _end they only come in _wait_ms: FM_CANCELLED or FM_TERMINATED. */
void fm_cli_wait_begin(struct fm_cli_wait *wait);
bool fm_cli_wait_ms(const struct fm_cli_wait *wait, int ms, struct fm_error *err) FM_MUST_CHECK;
void fm_cli_wait_end(struct fm_cli_wait *wait);

/* progress.c */
struct fm_cli_progress_state;
/* Tell of an event as the options want it. A line may stay open on the terminal until the next one,
 * or until fm_cli_progress_free. */
void fm_cli_progress_event(const struct fm_cli *cli, struct fm_cli_progress_state *state,
			   const struct fm_event *event);
/* Nothing was heard of the job for so long; after `limit_ns` of that it gives up what it waits for
 * now, 0 = not known. */
void fm_cli_progress_quiet(struct fm_cli_progress_state *state, int64_t quiet_ns, int64_t limit_ns);
struct fm_cli_progress_state *fm_cli_progress_new(const struct fm_cli *cli,
						  const struct fm_job_request *request);
void fm_cli_progress_free(struct fm_cli_progress_state *state);

/* run.c: run a job to its end, telling of it. */
struct fm_cli_outcome {
	struct fm_job_end end;
	struct fm_identity identity;
	struct fm_rule_result rules[32];
	size_t rule_count;
	struct fm_host_row host[8];
	size_t host_count;
	struct fm_asked asked[FM_PERSON_MOST];
	size_t asked_count;
	char *plan; /* text, malloc'd */
	char plan_sha256[FM_SHA256_TEXT];
	struct fm_memory memory; /* as the unit has it */
	char loader[64], chip[96];
	struct fm_usb_device at; /* see fm_job_at */
};
bool fm_cli_run_job(struct fm_cli *cli, struct fm_job_request *request, struct fm_cli_outcome *ret,
		    struct fm_error *err) FM_MUST_CHECK;
void fm_cli_outcome_done(struct fm_cli_outcome *outcome);

/* asks.c */
/* A line of the person's; FM_CANCELLED when it was Ctrl-C instead. */
bool fm_cli_read_line(char *ret_line, size_t size, struct fm_error *err) FM_MUST_CHECK;
/* Is somebody there to be asked? */
bool fm_cli_may_ask(const struct fm_cli *cli);
/* --answer into the request. */
bool fm_cli_answers(const struct fm_cli *cli, struct fm_job_request *request,
		    struct fm_error *err) FM_MUST_CHECK;
/* Ask what the definition wants a person to look at and what is not answered yet, where somebody is
 * there. FM_REFUSED: another word was typed. */
bool fm_cli_ask_person(struct fm_cli *cli, struct fm_job_request *request,
		       struct fm_error *err) FM_MUST_CHECK;
/* Shows the plan; the person types the word, FLASH (or the end of the unit's id): never Enter
 * alone. */
bool fm_cli_ask_start(struct fm_cli *cli, struct fm_job_request *request,
		      const struct fm_cli_outcome *outcome, const char *word,
		      struct fm_error *err) FM_MUST_CHECK;

/* result.c */
/* The end of a job as the command's end. */
bool fm_cli_job_end(struct fm_cli *cli, const struct fm_job_request *request,
		    const struct fm_cli_outcome *outcome, struct fm_error *err) FM_MUST_CHECK;
/* Its end without a job. Always false. */
bool fm_cli_fail_before(const struct fm_cli *cli, const struct fm_error *err);

/* screen.c: without a command: the terminal UI, or questions one after the other. */
bool fm_cli_screen(struct fm_cli *cli, struct fm_error *err) FM_MUST_CHECK;
/* plain.c */
bool fm_cli_plain(struct fm_cli *cli, struct fm_error *err) FM_MUST_CHECK;

/* select.c: the unit that is meant, waiting for it where asked. Fills port and model of the
 * request. */
bool fm_cli_select(struct fm_cli *cli, struct fm_job_request *request,
		   struct fm_error *err) FM_MUST_CHECK;
bool fm_cli_scan(struct fm_cli *cli, struct fm_seen **ret_seen, size_t *ret_count,
		 struct fm_error *err) FM_MUST_CHECK;

/* firmware.c: the file that is meant, an image or a package; of a package the release that is
 * meant. It is read once, however often this is called. Fills the request's component and release,
 * which live as long as cli. */
bool fm_cli_firmware(struct fm_cli *cli, const char *path, struct fm_job_request *request,
		     struct fm_image *image, struct fm_error *err) FM_MUST_CHECK;

/* Where the package is blocked for the version that runs on the unit: make the releases that lead
 * there the hint. */
void fm_cli_offer_path(const struct fm_job_request *request, const struct fm_identity *identity,
		       struct fm_error *err);

/* notes.c: what the package says of its release: to stderr, in lines of the terminal's width, or as
 * a JSON line. Nothing for a bare image. */
void fm_cli_notes(const struct fm_cli *cli, const struct fm_job_request *request);

/* list.c: a unit as list and watch show it, and the line above. event: "" = none. */
void fm_cli_show_unit(const struct fm_cli *cli, const struct fm_seen *seen, const char *event);
void fm_cli_show_header(const struct fm_cli *cli, const char *event);
/* udev.c: the rules for udev that the definitions make. */
bool fm_cli_udev_rules(struct fm_cli *cli, struct fm_text *ret, struct fm_error *err) FM_MUST_CHECK;
/* How many of the rules do not stand in the text of an installed file; *ret_count of how many. */
size_t fm_cli_udev_missing(const char *rules, const char *installed, size_t *ret_count);

/* window.c */
/* --not-before: wait for it where --wait allows that, else fail. */
bool fm_cli_window(const struct fm_cli *cli, struct fm_error *err) FM_MUST_CHECK;

/* history.c */
/* A record as JSON; new reference. */
json_t *fm_cli_history_json(const struct fm_record *record);
/* The records that the options ask for; *ret malloc'd. */
bool fm_cli_history_records(struct fm_cli *cli, struct fm_record **ret, size_t *ret_count,
			    struct fm_error *err) FM_MUST_CHECK;

/* The commands, one file a group. */
bool fm_cli_list(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_watch(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_info(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_blink(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_check(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_flash(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_verify(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_backup(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_restore(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_rollback(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_erase(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_catalog_list(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_catalog_show(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_catalog_lint(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_catalog_udev(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_list(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_units(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_slots(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_show(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_export(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_backups(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_history_verify(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_ports_add(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_ports_remove(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_ports_list(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_ports_label(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_ports_unlabel(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_package_inspect(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_package_list(struct fm_cli *cli, struct fm_error *err);
bool fm_cli_doctor(struct fm_cli *cli, struct fm_error *err);

#endif

/* States of the terminal UI made by hand, for the tests of screens and keys. */
#ifndef FM_TESTS_TUI_STATE_H
#define FM_TESTS_TUI_STATE_H

#include "front/tui/ui.h"

#define STATE_S INT64_C(1000000000)

/* Each begins with fm_ui_init; fm_ui_done ends it. The time is 100 s, the clock 14:02:59. */
void state_empty(struct fm_ui *ui);
/* Eight units of all kinds, files, records, a log; the second unit is selected. */
void state_bench(struct fm_ui *ui);

/* Two backups of the selected unit. */
void state_backups(struct fm_ui *ui);
/* An option of the selected unit's jobs. */
void state_choose(struct fm_ui *ui, enum fm_choice choice, enum fm_choice_from from,
		  const char *text);

/* A unit at a port that was added by hand. */
struct fm_seen state_port(const char *path, const char *serial);
/* Comes; returns its id. */
uint64_t state_attach(struct fm_ui *ui, const struct fm_seen *seen, const char *state,
		      const char *version);

/* The unit at "1-1.2". */
uint64_t state_unit(const struct fm_ui *ui, const char *usb_path);

/* Events of a job as the job itself would send them. */
struct fm_ui_job *state_job(struct fm_ui *ui, uint64_t unit, enum fm_verb verb, const char *path);
void state_phase(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_phase phase);
void state_phase_end(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_phase phase,
		     enum fm_code code);
void state_progress(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_phase phase,
		    uint64_t done, uint64_t total, uint64_t addr);
void state_rule(struct fm_ui *ui, const struct fm_ui_job *job, const char *rule,
		enum fm_verdict verdict, const char *file_says, const char *unit_says);
void state_end(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_outcome outcome,
	       enum fm_code code, enum fm_unit_state unit_state);
/* A job that has come to 41 % of writing. */
struct fm_ui_job *state_writes(struct fm_ui *ui, const char *usb_path);
/* A check of the first file on the selected unit that has ended: good, or with a rule that warns or
 * blocks. */
struct fm_ui_job *state_checked(struct fm_ui *ui, enum fm_verdict verdict);
/* The map of that check: 8 KiB at 0x08000000. */
void state_map(struct fm_ui_map *map);
/* The plan of a change without a file, in the preflight. */
struct fm_ui_job *state_planned(struct fm_ui *ui, enum fm_verb change, int64_t source);

/* Press these keys; "\n" is Enter. */
void state_type(struct fm_ui *ui, const char *text);

#endif

/*
 * The map of a job's memory in cells of equal length: what the plan does there, and how far each
 * phase has come. A cell shows its worst byte.
 */
#ifndef FM_FRONT_TUI_MAP_H
#define FM_FRONT_TUI_MAP_H

#include "job/event.h"
#include "job/plan.h"

#define FM_UI_MAP_CELLS 448 /* 7 rows of 64 */

#define FM_CELL_ERASE 1u
#define FM_CELL_WRITE 2u
#define FM_CELL_BLANK 4u /* the file has nothing but blank bytes there */
#define FM_CELL_KEPT 8u
#define FM_CELL_RETRIED 16u

struct fm_ui_map {
	enum fm_space space;
	uint64_t start, cell_len;
	size_t count; /* 0 = no plan is known */
	unsigned char cells[FM_UI_MAP_CELLS];
	/* Behind the last address that is done; the phases go upwards. */
	uint64_t erased, written, read;
	uint64_t at; /* being worked on, UINT64_MAX = nowhere */
	bool bad;    /* it ended at `at` */
};

void fm_ui_map_make(struct fm_ui_map *map, const struct fm_plan *plan,
		    const struct fm_memory *memory);
/* Forget how far it is, keep the plan. */
void fm_ui_map_restart(struct fm_ui_map *map);
/* A phase begins; a second time, what was being worked on is marked. */
void fm_ui_map_begin(struct fm_ui_map *map, enum fm_phase phase, bool again);
void fm_ui_map_progress(struct fm_ui_map *map, enum fm_phase phase,
			const struct fm_progress *progress);
void fm_ui_map_end(struct fm_ui_map *map, enum fm_phase phase, bool good);
/* . not used  - to do  e erased  w written  # read back  = blank  P kept  r retried  X bad  > now
 */
char fm_ui_map_cell(const struct fm_ui_map *map, size_t index);

#endif

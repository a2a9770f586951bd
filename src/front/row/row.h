/* A unit as every front end shows it, from what the system lists and the records alone. */
#ifndef FM_FRONT_ROW_ROW_H
#define FM_FRONT_ROW_ROW_H

#include "detect/scan.h"
#include "store/store.h"

struct fm_row {
	const char *state; /* a word: READY, BOOT, ROM, DENIED, UNKNOWN, AWAY, RESCUE! */
	char model[48];    /* id, "several", its USB ids, or "?" */
	const char *mode;  /* "app", "boot", "rom", "" = not known */
	char version[64];  /* as it tells, or last known; "" = never */
	char when[32];     /* of the last job, where the version is from there; "" = told now */
	char unit[64];     /* serial or unique id, "" = none */
	char file[256];    /* of RESCUE!: what was being written */
};

/* store: NULL = no records. */
void fm_row_make(const struct fm_catalog *catalog, struct fm_store *store,
		 const struct fm_seen *seen, struct fm_row *ret);

/* What is attached, with the ports that the records know as added and the names of slots.
 * *ret_seen malloc'd. */
bool fm_row_scan(const struct fm_catalog *catalog, struct fm_store *store,
		 struct fm_seen **ret_seen, size_t *ret_count, struct fm_error *err) FM_MUST_CHECK;

#endif

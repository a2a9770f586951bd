/* What is attached, without opening anything: the system's serial ports, and the ports that the
 * user has added. */
#ifndef FM_DETECT_SCAN_H
#define FM_DETECT_SCAN_H

#include "catalog/catalog.h"

#define FM_SEEN_MODELS 8

struct fm_seen {
	char path[256];    /* device node of its serial port, or "usb 1-1.4" where it has none */
	char usb_path[32]; /* topology: "1-1.4"; "" = not USB */
	char by_path[96];  /* topology, "" = none */
	char description[96];
	int vid, pid; /* -1 = not USB */
	char serial[64];
	bool added;                                    /* by the user, with a model */
	bool present;                                  /* an added port may be away */
	bool access;                                   /* this user may open it */
	const struct fm_entry *models[FM_SEEN_MODELS]; /* definitions that fit */
	size_t model_count;
	enum fm_mode mode; /* of the first of these */
	char version[64];  /* that it tells without being asked, "" = none */
};

/* A port that the system does not list, and what is known to be there. */
struct fm_scan_added {
	const char *path, *model;
};

/* *ret_seen is malloc'd, sorted by path. */
bool fm_scan(const struct fm_catalog *catalog, const struct fm_scan_added *added,
	     size_t added_count, struct fm_seen **ret_seen, size_t *ret_count,
	     struct fm_error *err) FM_MUST_CHECK;

struct fm_selector {
	const char *device; /* "port:PATH", "serial:TEXT", a path; NULL = any */
	const char *model;  /* id; NULL = what the port says */
};

/*
 * The one port that is meant. FM_NO_UNIT, FM_AMBIGUOUS (the text lists them), FM_USAGE (selector
 * not understood, or nothing says which model it is). A path that the system does not list is taken
 * with a model. ret_model: id of the definition, 48 bytes.
 */
bool fm_scan_select(const struct fm_catalog *catalog, const struct fm_seen *seen, size_t count,
		    const struct fm_selector *selector, struct fm_seen *ret_seen,
		    char ret_model[48], struct fm_error *err) FM_MUST_CHECK;

#endif

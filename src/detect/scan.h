/* What is attached, without opening anything: USB devices and serial ports as the system lists
 * them, and the ports that the user has added. */
#ifndef FM_DETECT_SCAN_H
#define FM_DETECT_SCAN_H

#include "base/identity.h"
#include "catalog/catalog.h"

#define FM_SEEN_MODELS 8

/*
 * One unit. A USB device is one row, whether it has a serial port or not; only a bare bridge with
 * several ports that no definition names has a row for each of them, told apart by `part`.
 */
struct fm_seen {
	char path[256];    /* device node of its serial port, or "usb 1-1.4" where it has none */
	char usb_path[32]; /* topology: "1-1.4"; "" = not USB */
	unsigned part;     /* of the rows with this usb_path, from 0 */
	char by_path[96];  /* topology with its interface, "" = none */
	char description[130];
	int vid, pid;            /* -1 = not USB */
	char serial[64];         /* "" = none, or one that other units have too */
	char slot[FM_SLOT_TEXT]; /* the bench's name of where it is, "" = none */
	bool added;              /* by the user, with a model */
	bool present;            /* an added port may be away */
	bool access;             /* this user may open it */
	bool settled; /* false: it has just come, its port or the right to open it may follow */
	const struct fm_entry *models[FM_SEEN_MODELS]; /* definitions that fit: the first of them */
	size_t model_count;                            /* in models */
	size_t model_total;                            /* how many fit */
	enum fm_mode mode;                             /* as the first of these says */
	char version[64];         /* that it tells without being asked, "" = none */
	struct fm_usb_device usb; /* usb.path "" = not USB */
};

/* A port that the system does not list, and what is known to be there. */
struct fm_scan_added {
	const char *path, *model;
};

/*
 * Devices that no definition names are left out, but for what may be a unit all the same: one with
 * a serial port, or one in DFU mode. *ret_seen is malloc'd, sorted by path.
 */
bool fm_scan(const struct fm_catalog *catalog, const struct fm_scan_added *added,
	     size_t added_count, struct fm_seen **ret_seen, size_t *ret_count,
	     struct fm_error *err) FM_MUST_CHECK;

/* A port that a bench has given a name. */
struct fm_scan_slot {
	const char *place, *name;
};

/*
 * What lasts of where a unit is while it changes its mode and the computer restarts: "usb 1-1.4",
 * or with the interface where each port of a bridge may have a unit; of a port that is not USB its
 * path. ret has 256 bytes.
 */
void fm_scan_place(const struct fm_seen *seen, char ret[256]);
/* Fill in the slots. The name of one interface goes before that of the whole device. */
void fm_scan_slots(struct fm_seen *seen, size_t count, const struct fm_scan_slot *slots,
		   size_t slot_count);

struct fm_selector {
	/* "port:PATH" (a node, or "usb 1-1.4"), "usb:1-1.4", "serial:TEXT", "slot:NAME", a path,
	 * "1-1.4"; NULL = any */
	const char *device;
	const char *model; /* id; NULL = what the port says */
};

/*
 * The one unit that is meant. FM_NO_UNIT, FM_AMBIGUOUS (the text lists them, or the models that it
 * could be), FM_USAGE (selector not understood, or nothing says which model it is). A path that the
 * system does not list is taken with a model. ret_seen->mode is that of the model that is chosen.
 * ret_model: id of the definition, 48 bytes.
 */
bool fm_scan_select(const struct fm_catalog *catalog, const struct fm_seen *seen, size_t count,
		    const struct fm_selector *selector, struct fm_seen *ret_seen,
		    char ret_model[48], struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * All definitions: skimmed at open (ids and match keys only, no tree, no validation), loaded and
 * validated one at a time. User folders come after the installed ones and override by id.
 */
#ifndef FM_CATALOG_CATALOG_H
#define FM_CATALOG_CATALOG_H

#include "catalog/device.h"

struct fm_catalog;

/* What skimming keeps of a definition. Strings live as long as the catalog. */
struct fm_entry {
	enum fm_device_kind kind;
	const char *id, *vendor, *name;
	const char *file;
	int line;
	bool user;
	bool overridden; /* a user definition of the same id replaces it */
	const char *const *aliases;
	size_t alias_count;
	const struct fm_usb_match *usb;
	size_t usb_count;
	const char *family;       /* of a chip: id of its family, "" = none */
	const char *chip_id;      /* of a chip: "0410", "1e950f"; "" = none */
	const char *chip_id_kind; /* "stm32-pid", "avr-signature" */
};

/* Which parameters a protocol has: the catalog does not know protocols. False: no such protocol. */
typedef bool fm_param_lookup(const char *protocol, const struct fm_param **ret_table);

struct fm_catalog_options {
	const char *const *dirs; /* installed, in order */
	size_t dir_count;
	const char *const *user_dirs; /* the user's; may not exist */
	size_t user_dir_count;
	const char *schema; /* path of device.rng */
	fm_param_lookup *params;
};

/* A broken file is a problem of that file only: it is left out and kept in fm_catalog_problems. No
 * directory at all is FM_CONFIG. */
bool fm_catalog_open(const struct fm_catalog_options *options, struct fm_catalog **ret_catalog,
		     struct fm_error *err) FM_MUST_CHECK;
void fm_catalog_free(struct fm_catalog *catalog);

size_t fm_catalog_count(const struct fm_catalog *catalog);
const struct fm_entry *fm_catalog_entry(const struct fm_catalog *catalog, size_t index);

/* "file:line: text" each. */
size_t fm_catalog_problems(const struct fm_catalog *catalog, const char *const **ret_texts);

/* By id or alias (exact, case ignored), not overridden; NULL = none. */
const struct fm_entry *fm_catalog_find(const struct fm_catalog *catalog, const char *id);
/* How a device fits a definition. */
struct fm_usb_fit {
	const struct fm_entry *entry;
	const struct fm_usb_match *match;
};
/* Boards whose USB match fits: at most `most` of them in ret. Returns how many there are, which may
 * be more. One that names the VID and PID counts before those that only name a class. */
size_t fm_catalog_match_usb(const struct fm_catalog *catalog, const struct fm_usb_device *device,
			    struct fm_usb_fit *ret, size_t most);
/* The first of these that the device fits, or NULL. */
const struct fm_usb_match *fm_usb_match_find(const struct fm_usb_match *matches, size_t count,
					     const struct fm_usb_device *device);
/* Chips with this chip id; ret, most and what is returned as above. */
size_t fm_catalog_match_chip(const struct fm_catalog *catalog, const char *kind, const char *value,
			     const struct fm_entry **ret, size_t most);

/*
 * Parse and validate the definition (and its chip). FM_UNKNOWN_MODEL, or FM_DEFINITION with
 * file:line. A board: its loaders with their memory. A chip: the loaders of its family with the
 * chip's memory. A family: its loaders, each without chip and memory until fm_catalog_resolve_chip.
 * Any thread.
 */
bool fm_catalog_load(const struct fm_catalog *catalog, const char *id, struct fm_device *ret_device,
		     struct fm_error *err) FM_MUST_CHECK;

/*
 * The unit told what chip it is: fill the loader's memory and chip from the chip's definition, and
 * add what is not known of that chip to the device. FM_WRONG_UNIT when the loader is for other
 * chips (the next loader of the device may be right), FM_UNSUPPORTED when no definition knows the
 * chip. *ret_chip (may be NULL) is the chip's entry.
 */
bool fm_catalog_resolve_chip(const struct fm_catalog *catalog, struct fm_device *device,
			     struct fm_loader *loader, const char *kind, const char *value,
			     const struct fm_entry **ret_chip, struct fm_error *err) FM_MUST_CHECK;

/* Check one file whole: schema and meaning. Each finding is "file:line: text", given to report.
 * True: nothing found. Chips and families are looked for in the file first, then in the catalog. */
typedef void fm_lint_report(const char *finding, void *user);
bool fm_catalog_lint(const struct fm_catalog *catalog, const char *path, fm_lint_report *report,
		     void *user);

#endif

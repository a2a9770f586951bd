/*
 * What lies in a folder of packages, without the payloads: for lists, pickers, and for the way from
 * one version to another.
 */
#ifndef FM_PACKAGE_LIBRARY_H
#define FM_PACKAGE_LIBRARY_H

#include "package/package.h"

struct fm_library_entry {
	char *name; /* in the folder, printable */
	char *path;
	const char *kind;      /* as in a package; NULL: it can't be used, and `error` says why */
	struct fm_error error; /* FM_OK where kind is set */
	char sha256[FM_SHA256_TEXT];
	uint64_t file_len;
	char format[16]; /* of a bare image */
	/* of a package; the payload of a release is NULL, its proof says whether it is there */
	struct fm_component *components;
	size_t component_count;
};

struct fm_library {
	struct fm_library_entry *entries; /* by name */
	size_t count;
};

void fm_library_done(struct fm_library *library);
#define FM_LIBRARY_DONE __attribute__((cleanup(fm_library_done)))

/*
 * The folder is only read. What is neither a package nor an image (folders without a metainfo,
 * texts) is left out; a damaged or unsafe package is an entry with its error. FM_FILE_OPEN when the
 * folder can't be read. ret needs no init.
 */
bool fm_library_read(const char *folder, struct fm_library *ret,
		     struct fm_error *err) FM_MUST_CHECK;

struct fm_library_step {
	const struct fm_library_entry *entry;
	const struct fm_component *component;
	const struct fm_release *release;
};

#define FM_LIBRARY_STEPS_MOST 8

/*
 * The fewest releases of this component that lead from the running version to where `wanted` may be
 * written, in their order and without `wanted` itself; each is newer than the one before and its
 * own requirement on the running version is met. Pure. Returns their number; 0 = none is needed, or
 * none leads there (ret_found).
 */
size_t fm_library_path(const struct fm_library *library, const struct fm_component *wanted,
		       const struct fm_release *release, const char *running,
		       struct fm_library_step ret[FM_LIBRARY_STEPS_MOST], bool *ret_found);

#endif

/*
 * Firmware as a person names it, for a job: which release of a package it is, and what lies beside
 * the file. Both front ends use this, so that they can't judge the same file otherwise.
 */
#ifndef FM_FRONT_FIRMWARE_H
#define FM_FRONT_FIRMWARE_H

#include "catalog/catalog.h"
#include "job/job.h"
#include "package/package.h"

/*
 * Fills the request's component and release: of firmware for several models that of `model` (NULL =
 * not known, which is an error then), and of `release` (NULL = the newest). Both are NULL for a
 * bare image. They point into the package. catalog may be NULL where model is.
 */
bool fm_firmware_choose(const struct fm_package *package, const struct fm_catalog *catalog,
			const char *model, const char *release, struct fm_job_request *request,
			struct fm_error *err) FM_MUST_CHECK;

/* The keys that count: /etc/flashmend/keys and the user's folder. ret needs no init. */
void fm_firmware_keys(const char *user_folder, struct fm_keys *ret);

/* Does a signature lie beside the file that was read? Of a folder beside the metainfo in it of the
 * component that was chosen. */
bool fm_firmware_is_signed(const char *path, const struct fm_package *package,
			   const struct fm_job_request *request);
/* What lies beside the file that was read: signature and checksums, into the request. A folder has
 * no checksums beside it, and the signature of its metainfo covers the payload by the SHA-256 that
 * stands there: without one it does not count. keys: NULL where no signature lies beside it. */
void fm_firmware_trust(const char *path, const struct fm_package *package,
		       const struct fm_keys *keys, struct fm_job_request *request);

/* What a person should read before this release is written: what it asks of them (its update
 * message), then what it changes; lines, appended to ret. False: the package says nothing. */
bool fm_firmware_notes(const struct fm_component *component, const struct fm_release *release,
		       struct fm_text *ret);
/* Lines of such a text for a terminal of `width` columns, indented by two, appended to ret; every
 * one ends. ascii: what is not ASCII becomes '?'. What could steer a terminal never gets there. */
void fm_firmware_wrap(const char *text, size_t width, bool ascii, struct fm_text *ret);

/*
 * Where the package is blocked (err) for the version that runs on the unit: make the releases that
 * lead there its hint, from the library, else from beside the file.
 */
void fm_firmware_offer_path(const struct fm_job_request *request,
			    const struct fm_identity *identity, const char *library,
			    struct fm_error *err);

#endif

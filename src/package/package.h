/*
 * A firmware file as a person has it: a package (cabinet, zip, tar or folder with metainfo.xml in
 * it) or a bare image. All of it is in memory; nothing is unpacked to the disk.
 */
#ifndef FM_PACKAGE_PACKAGE_H
#define FM_PACKAGE_PACKAGE_H

#include "base/error.h"
#include "base/hash.h"
#include "image/image.h"
#include "package/archive.h"
#include "package/metainfo.h"
#include "package/requirement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_package {
	char name[100];                  /* for messages */
	bool bare;                       /* an image without a package: no component */
	const char *kind;                /* "cab", "zip", "tar", "folder", "image" */
	char sha256[FM_SHA256_TEXT];     /* of the file as it lies on the disk; of a folder of what
					    'sha256sum *' says in it */
	uint64_t file_len;               /* likewise, 0 for a folder */
	uint8_t *data;                   /* the file itself, NULL for a folder */
	struct fm_archive archive;       /* the files in it */
	struct fm_component *components; /* as many as it has metainfo */
	size_t component_count;
};

void fm_package_init(struct fm_package *package);
void fm_package_done(struct fm_package *package);
#define FM_PACKAGE_DONE __attribute__((cleanup(fm_package_done)))

/*
 * Read it once and bind each release to its payload. A payload that is not what the metainfo
 * announces, or none for any release, is FM_PACKAGE_PAYLOAD; releases without theirs beside one
 * that has it are told in their `problem`. ret needs no init; after a failure it is empty.
 */
bool fm_package_load(const char *path, struct fm_package *ret, struct fm_error *err) FM_MUST_CHECK;
/* The same of a file in memory. */
bool fm_package_parse(const char *name, const uint8_t *data, size_t len, struct fm_package *ret,
		      struct fm_error *err) FM_MUST_CHECK;
/* What a folder's `sha256` is now: another one when anything in it is another. */
bool fm_package_folder_sha256(const char *path, char ret[FM_SHA256_TEXT],
			      struct fm_error *err) FM_MUST_CHECK;

/*
 * The release to be used: of that version, or for NULL the newest one that has a payload. Not for a
 * bare image. FM_PACKAGE_RELEASE names those that there are.
 */
bool fm_component_choose(const struct fm_component *component, const char *version,
			 const struct fm_release **ret, struct fm_error *err) FM_MUST_CHECK;
/* The release's payload, or the bare file (release NULL), through the formats of image.h. */
bool fm_package_image(const struct fm_package *package, const struct fm_release *release,
		      const struct fm_image_options *options, struct fm_image *ret_image,
		      struct fm_error *err) FM_MUST_CHECK;

/* Does the folder hold a metainfo file? False too where it can't be read. */
bool fm_package_is_folder(const char *path);
const char *fm_payload_proof_name(enum fm_payload_proof proof);

#endif

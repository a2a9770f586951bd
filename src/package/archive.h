/*
 * The files of an archive or a folder, in memory: nothing is ever unpacked to the disk, so a name
 * can lead nowhere. What no honest package has is refused all the same, because such a file was
 * made to harm: names that lead out, links, devices, archives in archives, the same name twice,
 * encryption, and content that grows beyond reason.
 */
#ifndef FM_PACKAGE_ARCHIVE_H
#define FM_PACKAGE_ARCHIVE_H

#include "base/error.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_ARCHIVE_ENTRIES_MOST 256u       /* folders count */
#define FM_ARCHIVE_TOTAL_MOST (128u << 20) /* bytes in all members */
/* Blank flash packs well, so a small archive may grow to FREE; beyond that a ratio is a bomb. */
#define FM_ARCHIVE_FREE (16u << 20)
#define FM_ARCHIVE_RATIO_MOST 200u
#define FM_ARCHIVE_NAME 200

struct fm_member {
	char name[FM_ARCHIVE_NAME]; /* with '/' and without "./"; printable UTF-8 */
	uint8_t *data;
	size_t len;
};

struct fm_archive {
	const char *format; /* "cab", "zip", "tar", "folder" */
	struct fm_member *members;
	size_t count;
	size_t total; /* bytes in all members */
};

void fm_archive_done(struct fm_archive *archive);
#define FM_ARCHIVE_DONE __attribute__((cleanup(fm_archive_done)))

/* Does the content look like an archive that can be read? Also a tar behind gzip, xz or zstd. */
bool fm_archive_recognise(const uint8_t *data, size_t len);
/* name is for messages. FM_PACKAGE_UNSAFE for what is refused, FM_FILE_FORMAT for what is damaged.
 * ret needs no init; after a failure it is empty. */
bool fm_archive_parse(const char *name, const uint8_t *data, size_t len, struct fm_archive *ret,
		      struct fm_error *err) FM_MUST_CHECK;
/* The regular files of the folder, not those in its folders; names that begin with a dot are left
 * out. The same rules. */
bool fm_archive_folder(const char *path, struct fm_archive *ret,
		       struct fm_error *err) FM_MUST_CHECK;

/* The member whose name or, where only one has it, whose name without folders this is; NULL = none
 * or several. Letters of either case. */
const struct fm_member *fm_archive_find(const struct fm_archive *archive, const char *name);
/* A name without its folders. */
const char *fm_archive_base(const char *name);

#endif

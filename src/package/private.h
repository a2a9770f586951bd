/* What the files of this folder share. */
#ifndef FM_PACKAGE_PRIVATE_H
#define FM_PACKAGE_PRIVATE_H

#include "package/archive.h"
#include "package/metainfo.h"

struct _xmlNode;

/* archive.c */
/* FM_PACKAGE_UNSAFE: "name: 'member' why", or "name why" where member is NULL. */
bool fm_archive_refuse(struct fm_error *err, const char *name, const char *member, const char *why);
/* Takes the member's data over when it succeeds. room: members allocated, 0 at first. */
bool fm_archive_add(const char *name, struct fm_archive *archive, size_t *room,
		    const struct fm_member *member, struct fm_error *err) FM_MUST_CHECK;

/* requirement.c, release.c: what a <component> says of them. name is the file's. */
bool fm_requirements_read(const char *name, const struct _xmlNode *component,
			  struct fm_component *ret, struct fm_error *err) FM_MUST_CHECK;
bool fm_releases_read(const char *name, const struct _xmlNode *component, struct fm_component *ret,
		      struct fm_error *err) FM_MUST_CHECK;

#endif

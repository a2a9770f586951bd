/* One definition with all that it refers to, for the loader and for lint. */
#ifndef FM_CATALOG_LOAD_H
#define FM_CATALOG_LOAD_H

#include "catalog/definition.h"
#include "catalog/internal.h"

struct fm_load_file;

/* Documents that were needed so far. Used by one thread, which holds fm_xml_lock. */
struct fm_load {
	const struct fm_catalog *catalog;
	fm_lint_report *report; /* findings in other files than the one in hand */
	void *user;
	size_t count;               /* of those */
	struct _xmlNode *own;       /* root that is looked into before the catalog; NULL = none */
	struct fm_load_file *files; /* whole files and single definitions */
};

void fm_load_done(struct fm_load *load);

/* The definition's validated element, or NULL after a finding. */
struct _xmlNode *fm_load_entry(struct fm_load *load, const struct fm_entry *entry);
/* A validated element into a device; what is wrong in its own file goes to findings. */
void fm_load_device(struct fm_load *load, struct _xmlNode *node, struct fm_findings *findings,
		    struct fm_device *ret);

/* An fm_lint_report whose user is a struct fm_error, clear before: the first finding is the error,
 * those after it are often its consequences. */
fm_lint_report fm_load_first;

#endif

/* What the files of this folder share. */
#ifndef FM_CATALOG_INTERNAL_H
#define FM_CATALOG_INTERNAL_H

#include "catalog/arena.h"
#include "catalog/catalog.h"
#include "catalog/xml.h"

/* An id or an alias. */
struct fm_name {
	const char *name;
	size_t entry;
	bool alias;
};

struct fm_catalog {
	struct fm_arena arena; /* all strings and lists of the entries */
	struct fm_entry *entries;
	size_t count, size;
	struct fm_name *names; /* sorted: by name, ids before aliases, the user's first */
	size_t name_count;
	const char **problems;
	size_t problem_count, problem_size;
	struct fm_xml_schema *schema;
	fm_param_lookup *params;
};

/* An fm_lint_report whose user is a struct fm_catalog: keeps the finding as a problem. */
fm_lint_report fm_catalog_problem;

/* An empty catalog. */
struct fm_catalog *fm_catalog_new(const struct fm_catalog_options *options);
/* Add the entries of a file's text, or a problem and none of them. The name is copied. */
void fm_catalog_skim(struct fm_catalog *catalog, const char *file, bool user, const char *data,
		     size_t len);
/* After the last skim: names, overridden definitions, and names that are used twice. */
void fm_catalog_index(struct fm_catalog *catalog);

/* As fm_catalog_lint, of a text in memory; path only for messages. */
bool fm_catalog_lint_text(const struct fm_catalog *catalog, const char *path, const char *data,
			  size_t len, fm_lint_report *report, void *user);

/* The attributes of a <usb>. False after a finding. */
bool fm_usb_match_parse(const struct fm_xml_slice *slices, size_t count, long line,
			struct fm_findings *findings, struct fm_usb_match *ret);

#endif

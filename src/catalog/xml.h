/*
 * XML as the catalog needs it; xml.c and schema.c are the only users of libxml2 in this folder.
 * Files are small, have no DTD (so no entities of their own), and nothing is fetched for them. What
 * is wrong in a file becomes a finding, "file:line: text".
 */
#ifndef FM_CATALOG_XML_H
#define FM_CATALOG_XML_H

#include "base/error.h"
#include "catalog/catalog.h"

#include <stdbool.h>
#include <stddef.h>

struct _xmlDoc;
struct _xmlError;
struct _xmlNode;

#define FM_XML_FILE_MOST (8u << 20)

/* Where findings of one file go. */
struct fm_findings {
	const char *file;
	fm_lint_report *report;
	void *user;
	size_t count;
};

/* line 0: the file as a whole. */
void fm_finding(struct fm_findings *findings, long line, const char *format, ...) FM_PRINTF(3, 4);

/* The whole file, malloc'd. False: a finding says why. */
bool fm_xml_read(const char *path, struct fm_findings *findings, char **ret_data, size_t *ret_len);

struct fm_xml_slice {
	const char *name;
	const char *value; /* not terminated */
	size_t len;
};

/* Told of each element while the text is read; nothing is kept. An element with more attributes
 * than this gives the first ones. */
#define FM_XML_SLICE_MOST 16
struct fm_xml_visitor {
	/* depth 0 is the root. False stops: the visitor has reported a finding. */
	bool (*open)(void *user, unsigned depth, long line, const char *name,
		     const struct fm_xml_slice *slices, size_t count);
	void (*close)(void *user, unsigned depth);
	void *user;
};

/* False: a finding says why, and the visitor may have seen a part. */
bool fm_xml_walk(const char *data, size_t len, const struct fm_xml_visitor *visitor,
		 struct fm_findings *findings);

/* The whole text as a tree; NULL: findings say why. */
struct _xmlDoc *fm_xml_parse(const char *data, size_t len, struct fm_findings *findings);
void fm_xml_free(struct _xmlDoc *doc);
struct _xmlNode *fm_xml_root(struct _xmlDoc *doc);
/* A document with the root of the node's document and that node alone. */
struct _xmlDoc *fm_xml_extract(struct _xmlNode *node);

/* Elements: the first child or next sibling of that name, any name for NULL; or NULL. */
struct _xmlNode *fm_xml_child(const struct _xmlNode *parent, const char *name);
struct _xmlNode *fm_xml_next(const struct _xmlNode *node, const char *name);
const char *fm_xml_name(const struct _xmlNode *node);
long fm_xml_line(const struct _xmlNode *node);
/* The attribute's value, or NULL where it has none. */
const char *fm_xml_attr(const struct _xmlNode *node, const char *name);
/* Name of an attribute, or NULL when there are not so many. */
const char *fm_xml_attr_name(const struct _xmlNode *node, size_t index);
/* Text at the element's start, "" where there is none. */
const char *fm_xml_content(const struct _xmlNode *node);

/* What libxml2 calls with its errors: each becomes one of the findings (user), or nothing. */
void fm_xml_report(void *user, struct _xmlError *error);
void fm_xml_ignore(void *user, struct _xmlError *error);

/* schema.c */
struct fm_xml_schema;

/* Nothing is read yet: the schema is parsed by the first validation. path is copied. */
struct fm_xml_schema *fm_xml_schema_new(const char *path);
void fm_xml_schema_free(struct fm_xml_schema *schema);
/* False: findings say why. The caller holds fm_xml_lock. */
bool fm_xml_validate(struct fm_xml_schema *schema, struct _xmlDoc *doc,
		     struct fm_findings *findings);

/* libxml2 keeps tables of RELAX NG that it fills on first use: one thread at a time. */
void fm_xml_lock(void);
void fm_xml_unlock(void);

#endif

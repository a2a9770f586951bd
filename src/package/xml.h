/* XML of strangers as a tree, and its parts as texts; xml.c is the only user of libxml2 in this
 * folder. */
#ifndef FM_PACKAGE_XML_H
#define FM_PACKAGE_XML_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct _xmlDoc;
struct _xmlNode;

/* NULL: FM_PACKAGE_METAINFO, with file and line. */
struct _xmlDoc *fm_package_xml_parse(const char *name, const void *data, size_t len,
				     struct fm_error *err);
void fm_package_xml_free(struct _xmlDoc **doc);

struct _xmlNode *fm_package_xml_root(struct _xmlDoc *doc);
/* The first child element or next sibling of that name (any for NULL) that is in no language; or
 * NULL. */
struct _xmlNode *fm_package_xml_child(const struct _xmlNode *parent, const char *name);
struct _xmlNode *fm_package_xml_next(const struct _xmlNode *node, const char *name);
const char *fm_package_xml_name(const struct _xmlNode *node);
/* All text in it, blanks folded, cleaned, appended. */
void fm_package_xml_text(const struct _xmlNode *node, struct fm_text *ret);
/* The same into a buffer, cut where it is longer; false then. node may be NULL: "". */
bool fm_package_xml_copy(const struct _xmlNode *node, char *ret, size_t size);
/* An attribute's value, "" where it has none; false when it is longer than the buffer. */
bool fm_package_xml_attr(const struct _xmlNode *node, const char *name, char *ret, size_t size);
bool fm_package_xml_has(const struct _xmlNode *node, const char *name);
/* Paragraphs and lists of an AppStream description, as lines. */
void fm_package_xml_markup(const struct _xmlNode *node, struct fm_text *ret);
/* FM_PACKAGE_METAINFO "name:line: ...". */
bool fm_package_xml_fail(const char *name, const struct _xmlNode *node, struct fm_error *err,
			 const char *format, ...) FM_PRINTF(4, 5);

#endif

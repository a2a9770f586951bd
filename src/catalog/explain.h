/*
 * Why an element does not follow the schema, in words for people who write definitions. libxml2
 * often says only that "attributes failed to validate", and of a missing attribute sometimes not
 * even where. What elements and attributes there are is read from the schema itself.
 */
#ifndef FM_CATALOG_EXPLAIN_H
#define FM_CATALOG_EXPLAIN_H

#include "catalog/xml.h"

/* root: of the schema's document; node: an element of a definition, looked at with all below it.
 * Nothing may be found although the schema is not followed: order and number are not looked at. */
void fm_explain(const struct _xmlNode *schema, const struct _xmlNode *node,
		struct fm_findings *findings);

#endif

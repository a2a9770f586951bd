/* Does a definition follow the schema, and if not, why? */
#include "catalog/xml.h"

#include "base/scope.h"
#include "catalog/explain.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>

struct fm_xml_schema {
	char *path;
	xmlDocPtr doc; /* NULL until needed, as the next */
	xmlRelaxNGPtr rules;
};

struct fm_xml_schema *fm_xml_schema_new(const char *path)
{
	struct fm_xml_schema *schema = calloc(1, sizeof(*schema));

	xmlInitParser();
	if (!schema || !(schema->path = strdup(path)))
		abort();
	return schema;
}

void fm_xml_schema_free(struct fm_xml_schema *schema)
{
	if (!schema)
		return;
	xmlRelaxNGFree(schema->rules);
	xmlFreeDoc(schema->doc);
	free(schema->path);
	free(schema);
}

static bool schema_load(struct fm_xml_schema *schema, struct fm_findings *asking)
{
	struct fm_findings findings = { schema->path, asking->report, asking->user, 0 };
	FM_FREE char *data = NULL;
	size_t len;
	xmlRelaxNGParserCtxtPtr ctxt;

	if (schema->rules)
		return true;
	xmlFreeDoc(schema->doc);
	schema->doc = NULL;
	if (fm_xml_read(schema->path, &findings, &data, &len))
		schema->doc = fm_xml_parse(data, len, &findings);
	if (schema->doc) {
		ctxt = xmlRelaxNGNewDocParserCtxt(schema->doc);
		xmlRelaxNGSetParserStructuredErrors(ctxt, fm_xml_report, &findings);
		schema->rules = xmlRelaxNGParse(ctxt);
		xmlRelaxNGFreeParserCtxt(ctxt);
		if (!schema->rules && findings.count == 0)
			fm_finding(&findings, 0, "is not a RELAX NG schema");
	}
	asking->count += findings.count;
	return schema->rules;
}

/* findings NULL: say only whether it is valid. */
static bool schema_follows(struct fm_xml_schema *schema, struct _xmlDoc *doc,
			   struct fm_findings *findings)
{
	xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(schema->rules);
	bool valid;

	if (!ctxt)
		abort();
	xmlRelaxNGSetValidStructuredErrors(ctxt, findings ? fm_xml_report : fm_xml_ignore,
					   findings);
	valid = xmlRelaxNGValidateDoc(ctxt, doc) == 0;
	xmlRelaxNGFreeValidCtxt(ctxt);
	return valid;
}

bool fm_xml_validate(struct fm_xml_schema *schema, struct _xmlDoc *doc,
		     struct fm_findings *findings)
{
	size_t before = findings->count;

	if (!schema_load(schema, findings))
		return false;
	if (schema_follows(schema, doc, NULL))
		return true;
	fm_explain(fm_xml_root(schema->doc), fm_xml_root(doc), findings);
	if (findings->count == before)
		schema_follows(schema, doc, findings);
	if (findings->count == before)
		fm_finding(findings, fm_xml_line(fm_xml_root(doc)),
			   "does not follow the schema of definitions");
	return false;
}

static pthread_mutex_t schema_mutex = PTHREAD_MUTEX_INITIALIZER;

void fm_xml_lock(void)
{
	pthread_mutex_lock(&schema_mutex);
}

void fm_xml_unlock(void)
{
	pthread_mutex_unlock(&schema_mutex);
}

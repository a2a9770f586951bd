#include "catalog/xml.h"

#include "base/io.h"
#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

/*
 * NONET: fetch nothing. BIG_LINES: line numbers beyond 65535. NOENT: &amp; and its like arrive as
 * the character; there are no other entities, because a DOCTYPE is refused.
 */
#define XML_OPTIONS                                                                                \
	(XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |             \
	 XML_PARSE_BIG_LINES)

void fm_finding(struct fm_findings *findings, long line, const char *format, ...)
{
	FM_TEXT_DONE struct fm_text text = { 0 };
	char what[400];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (line > 0)
		fm_text_addf(&text, "%s:%ld: %s", findings->file, line, what);
	else
		fm_text_addf(&text, "%s: %s", findings->file, what);
	findings->count++;
	findings->report(text.data, findings->user);
}

bool fm_xml_read(const char *path, struct fm_findings *findings, char **ret_data, size_t *ret_len)
{
	/* NONBLOCK: a FIFO that somebody left in the folder must not hang the program */
	FM_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FM_FREE char *data = NULL;
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) != 0) {
		fm_finding(findings, 0, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (!S_ISREG(stat.st_mode)) {
		fm_finding(findings, 0, "is not a file");
		return false;
	}
	if (stat.st_size > (off_t)FM_XML_FILE_MOST) {
		fm_finding(findings, 0, "is larger than %u MiB", FM_XML_FILE_MOST >> 20);
		return false;
	}
	data = malloc((size_t)stat.st_size + 1);
	if (!data)
		abort();
	if (!fm_io_read(fd, data, (size_t)stat.st_size, ret_len)) {
		fm_finding(findings, 0, "cannot be read: %s", strerror(errno));
		return false;
	}
	*ret_data = data;
	data = NULL;
	return true;
}

void fm_xml_report(void *user, xmlErrorPtr error)
{
	struct fm_findings *findings = user;
	int len = error->message ? (int)strcspn(error->message, "\n") : 0;

	/* line 0: libxml2 repeats in general terms what it has said of a line */
	if (error->level >= XML_ERR_ERROR && error->line > 0)
		fm_finding(findings, error->line, "%.*s", len, len ? error->message : "");
}

struct xml_reading {
	struct fm_findings *findings;
	const struct fm_xml_visitor *visitor; /* NULL: a tree is built */
	unsigned depth;
};

static struct xml_reading *xml_reading_of(void *ctxt)
{
	return ((xmlParserCtxtPtr)ctxt)->_private;
}

static void xml_parser_report(void *ctxt, xmlErrorPtr error)
{
	fm_xml_report(xml_reading_of(ctxt)->findings, error);
}

/* Without a DTD there are no entities to expand and nothing to fetch. */
static void xml_refuse_doctype(void *ctxt, const xmlChar *name, const xmlChar *external,
			       const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	fm_finding(xml_reading_of(ctxt)->findings, xmlSAX2GetLineNumber(ctxt),
		   "a DOCTYPE is not allowed in a definition");
	xmlStopParser(ctxt);
}

static void xml_walk_open(void *ctxt, const xmlChar *name, const xmlChar *prefix,
			  const xmlChar *uri, int namespace_count, const xmlChar **namespaces,
			  int count, int defaulted_count, const xmlChar **attributes)
{
	struct xml_reading *reading = xml_reading_of(ctxt);
	struct fm_xml_slice slices[FM_XML_SLICE_MOST];
	size_t slice_count = 0;

	(void)prefix;
	(void)uri;
	(void)namespace_count;
	(void)namespaces;
	(void)defaulted_count;
	/* SAX2: name, prefix, URI, start and end of the value */
	for (int i = 0; i < count && slice_count < FM_XML_SLICE_MOST; i++, attributes += 5) {
		slices[slice_count++] = (struct fm_xml_slice){
			(const char *)attributes[0],
			(const char *)attributes[3],
			(size_t)(attributes[4] - attributes[3]),
		};
	}
	if (!reading->visitor->open(reading->visitor->user, reading->depth++,
				    xmlSAX2GetLineNumber(ctxt), (const char *)name, slices,
				    slice_count))
		xmlStopParser(ctxt);
}

static void xml_walk_close(void *ctxt, const xmlChar *name, const xmlChar *prefix,
			   const xmlChar *uri)
{
	struct xml_reading *reading = xml_reading_of(ctxt);

	(void)name;
	(void)prefix;
	(void)uri;
	reading->visitor->close(reading->visitor->user, --reading->depth);
}

static void xml_walk_setup(xmlSAXHandlerPtr sax)
{
	sax->startDocument = NULL;
	sax->endDocument = NULL;
	sax->characters = NULL;
	sax->ignorableWhitespace = NULL;
	sax->cdataBlock = NULL;
	sax->comment = NULL;
	sax->processingInstruction = NULL;
	sax->reference = NULL;
	sax->startElementNs = xml_walk_open;
	sax->endElementNs = xml_walk_close;
}

void fm_xml_ignore(void *user, xmlErrorPtr error)
{
	(void)user;
	(void)error;
}

static xmlDocPtr xml_run(const char *data, size_t len, struct xml_reading *reading)
{
	xmlStructuredErrorFunc said_by = xmlStructuredError;
	void *said_to = xmlStructuredErrorContext;
	xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
	size_t before = reading->findings->count;
	xmlDocPtr doc;
	bool whole;

	if (!ctxt)
		abort();
	ctxt->_private = reading;
	ctxt->sax->serror = xml_parser_report;
	ctxt->sax->internalSubset = xml_refuse_doctype;
	if (reading->visitor)
		xml_walk_setup(ctxt->sax);
	/* converting an encoding knows no parser: libxml2 would print what is wrong there */
	xmlSetStructuredErrorFunc(NULL, fm_xml_ignore);
	doc = xmlCtxtReadMemory(ctxt, data, (int)len, NULL, NULL, XML_OPTIONS);
	xmlSetStructuredErrorFunc(said_to, said_by);
	whole = ctxt->wellFormed && (reading->visitor || doc);
	xmlFreeParserCtxt(ctxt);
	if (!whole && reading->findings->count == before)
		fm_finding(reading->findings, 0, "is not XML");
	if (reading->findings->count > before) {
		xmlFreeDoc(doc);
		return NULL;
	}
	return doc;
}

bool fm_xml_walk(const char *data, size_t len, const struct fm_xml_visitor *visitor,
		 struct fm_findings *findings)
{
	struct xml_reading reading = { .findings = findings, .visitor = visitor };
	size_t before = findings->count;

	xml_run(data, len, &reading);
	return findings->count == before;
}

struct _xmlDoc *fm_xml_parse(const char *data, size_t len, struct fm_findings *findings)
{
	struct xml_reading reading = { .findings = findings };

	return xml_run(data, len, &reading);
}

void fm_xml_free(struct _xmlDoc *doc)
{
	xmlFreeDoc(doc);
}

struct _xmlNode *fm_xml_root(struct _xmlDoc *doc)
{
	return xmlDocGetRootElement(doc);
}

struct _xmlDoc *fm_xml_extract(struct _xmlNode *node)
{
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr root = doc ? xmlDocCopyNode(node->parent, doc, 2 /* attributes only */) : NULL;
	xmlNodePtr copy = root ? xmlDocCopyNode(node, doc, 1 /* all */) : NULL;

	if (!copy)
		abort();
	xmlDocSetRootElement(doc, root);
	xmlAddChild(root, copy);
	return doc;
}

static xmlNodePtr xml_named(xmlNodePtr node, const char *name)
{
	while (node && (node->type != XML_ELEMENT_NODE ||
			(name && !xmlStrEqual(node->name, (const xmlChar *)name))))
		node = node->next;
	return node;
}

struct _xmlNode *fm_xml_child(const struct _xmlNode *parent, const char *name)
{
	return xml_named(parent->children, name);
}

struct _xmlNode *fm_xml_next(const struct _xmlNode *node, const char *name)
{
	return xml_named(node->next, name);
}

const char *fm_xml_name(const struct _xmlNode *node)
{
	return (const char *)node->name;
}

long fm_xml_line(const struct _xmlNode *node)
{
	return xmlGetLineNo(node);
}

const char *fm_xml_attr(const struct _xmlNode *node, const char *name)
{
	for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
		if (!attr->ns && xmlStrEqual(attr->name, (const xmlChar *)name))
			return attr->children ? (const char *)attr->children->content : "";
	}
	return NULL;
}

const char *fm_xml_attr_name(const struct _xmlNode *node, size_t index)
{
	const xmlAttr *attr = node->properties;

	while (attr && index-- > 0)
		attr = attr->next;
	return attr ? (const char *)attr->name : NULL;
}

const char *fm_xml_content(const struct _xmlNode *node)
{
	const xmlNode *text = node->children;

	return text && text->type == XML_TEXT_NODE ? (const char *)text->content : "";
}

#include "package/xml.h"

#include "base/scope.h"
#include "image/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

/* NONET: fetch nothing. NOENT: &amp; arrives as the character; there are no other entities, because
 * a DOCTYPE is refused. */
#define XML_OPTIONS                                                                                \
	(XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOCDATA | XML_PARSE_NOERROR |               \
	 XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES)

struct xml_reading {
	const char *name;
	struct fm_error *err;
};

static void xml_wrong(struct xml_reading *reading, long line, const char *what)
{
	char text[120];

	if (reading->err->code != FM_OK)
		return;
	fm_text_copy(text, sizeof(text), what ? what : "is no XML");
	text[strcspn(text, "\n")] = '\0';
	fm_text_clean(text);
	fm_fail(reading->err, FM_PACKAGE_METAINFO, "%s:%ld: %s", reading->name, line, text);
}

static void xml_report(void *user, xmlErrorPtr error)
{
	xmlParserCtxtPtr ctxt = user;

	if (error->level >= XML_ERR_ERROR)
		xml_wrong(ctxt->_private, error->line, error->message);
}

static void xml_refuse_doctype(void *user, const xmlChar *name, const xmlChar *external,
			       const xmlChar *system)
{
	xmlParserCtxtPtr ctxt = user;

	(void)name;
	(void)external;
	(void)system;
	xml_wrong(ctxt->_private, xmlSAX2GetLineNumber(ctxt), "a DOCTYPE is not allowed");
	xmlStopParser(ctxt);
}

static void xml_ignore(void *user, xmlErrorPtr error)
{
	(void)user;
	(void)error;
}

struct _xmlDoc *fm_package_xml_parse(const char *name, const void *data, size_t len,
				     struct fm_error *err)
{
	xmlStructuredErrorFunc said_by = xmlStructuredError;
	void *said_to = xmlStructuredErrorContext;
	xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
	char shown[FM_SHOWN_NAME];
	struct xml_reading reading = { shown, err };
	xmlDocPtr doc;

	if (!ctxt)
		abort();
	fm_shown_name(name, shown);
	fm_error_clear(err);
	ctxt->_private = &reading;
	ctxt->sax->serror = xml_report;
	ctxt->sax->internalSubset = xml_refuse_doctype;
	/* converting an encoding knows no parser: libxml2 would print what is wrong there */
	xmlSetStructuredErrorFunc(NULL, xml_ignore);
	doc = xmlCtxtReadMemory(ctxt, data, (int)len, NULL, NULL, XML_OPTIONS);
	xmlSetStructuredErrorFunc(said_to, said_by);
	if (!ctxt->wellFormed || !doc || !xmlDocGetRootElement(doc))
		xml_wrong(&reading, 1, NULL);
	xmlFreeParserCtxt(ctxt);
	if (err->code == FM_OK)
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}

void fm_package_xml_free(struct _xmlDoc **doc)
{
	xmlFreeDoc(*doc);
}

struct _xmlNode *fm_package_xml_root(struct _xmlDoc *doc)
{
	return xmlDocGetRootElement(doc);
}

static bool xml_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       (!name || xmlStrEqual(node->name, (const xmlChar *)name)) &&
	       !xmlHasNsProp(node, (const xmlChar *)"lang", XML_XML_NAMESPACE);
}

static xmlNodePtr xml_named(xmlNodePtr node, const char *name)
{
	while (node && !xml_is(node, name))
		node = node->next;
	return node;
}

struct _xmlNode *fm_package_xml_child(const struct _xmlNode *parent, const char *name)
{
	return parent ? xml_named(parent->children, name) : NULL;
}

struct _xmlNode *fm_package_xml_next(const struct _xmlNode *node, const char *name)
{
	return xml_named(node->next, name);
}

const char *fm_package_xml_name(const struct _xmlNode *node)
{
	return (const char *)node->name;
}

void fm_package_xml_text(const struct _xmlNode *node, struct fm_text *ret)
{
	xmlChar *content = xmlNodeGetContent(node);
	char *text = (char *)content;
	size_t before = ret->len;

	for (char *word = text; word && *word;) {
		size_t len;

		word += strspn(word, " \t\r\n");
		len = strcspn(word, " \t\r\n");
		if (len > 0)
			fm_text_addf(ret, "%s%.*s", ret->len > before ? " " : "", (int)len, word);
		word += len;
	}
	if (ret->len > before)
		fm_text_clean(ret->data + before);
	xmlFree(content);
}

static bool xml_fit(const struct fm_text *text, char *ret, size_t size)
{
	fm_text_copy(ret, size, text->data ? text->data : "");
	return text->len < size;
}

bool fm_package_xml_copy(const struct _xmlNode *node, char *ret, size_t size)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	if (node)
		fm_package_xml_text(node, &text);
	return xml_fit(&text, ret, size);
}

bool fm_package_xml_has(const struct _xmlNode *node, const char *name)
{
	return xmlHasProp(node, (const xmlChar *)name) != NULL;
}

bool fm_package_xml_attr(const struct _xmlNode *node, const char *name, char *ret, size_t size)
{
	FM_TEXT_DONE struct fm_text text = { 0 };
	const xmlAttr *attr = xmlHasProp(node, (const xmlChar *)name);

	if (attr)
		fm_package_xml_text((const xmlNode *)attr, &text);
	return xml_fit(&text, ret, size);
}

void fm_package_xml_markup(const struct _xmlNode *node, struct fm_text *ret)
{
	const xmlNode *block = fm_package_xml_child(node, NULL);

	/* Older files have bare text. */
	if (!block)
		fm_package_xml_text(node, ret);
	for (; block; block = fm_package_xml_next(block, NULL)) {
		const xmlNode *item = fm_package_xml_child(block, "li");
		unsigned number = 1;

		if (ret->len)
			fm_text_add(ret, "\n");
		if (!item)
			fm_package_xml_text(block, ret);
		for (; item; item = fm_package_xml_next(item, "li")) {
			if (xml_is(block, "ol"))
				fm_text_addf(ret, "%s%u. ", number > 1 ? "\n" : "", number);
			else
				fm_text_add(ret, number > 1 ? "\n- " : "- ");
			number++;
			fm_package_xml_text(item, ret);
		}
	}
}

bool fm_package_xml_fail(const char *name, const struct _xmlNode *node, struct fm_error *err,
			 const char *format, ...)
{
	char text[200], shown[FM_SHOWN_NAME];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fm_text_clean(text);
	fm_shown_name(name, shown);
	return fm_fail(err, FM_PACKAGE_METAINFO, "%s:%ld: %s", shown, xmlGetLineNo(node), text);
}

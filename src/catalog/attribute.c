/* Attributes of an element, with a finding where one is not what it has to be. */
#include "catalog/definition.h"

#include "base/text.h"
#include "catalog/field.h"

#include <inttypes.h>
#include <string.h>

void fm_def_text(const struct _xmlNode *node, const char *name, struct fm_findings *findings,
		 char *ret, size_t size)
{
	const char *text = fm_xml_attr(node, name);

	if (!text)
		text = "";
	if (strlen(text) >= size)
		fm_finding(findings, fm_xml_line(node), "%s is longer than %zu bytes", name,
			   size - 1);
	fm_text_copy(ret, size, text);
}

uint64_t fm_def_number(const struct _xmlNode *node, const char *name, uint64_t normal, uint64_t min,
		       uint64_t max, struct fm_findings *findings)
{
	const char *text = fm_xml_attr(node, name);
	uint64_t number;

	if (!text)
		return normal;
	if (fm_field_number(text, &number) && number >= min && number <= max)
		return number;
	fm_finding(findings, fm_xml_line(node),
		   "%s is a number from %" PRIu64 " to %" PRIu64 ", not '%s'", name, min, max,
		   text);
	return min;
}

void fm_def_line(const struct _xmlNode *node, struct fm_findings *findings,
		 struct fm_line_settings *ret)
{
	const char *framing = fm_xml_attr(node, "framing");

	ret->baud = (unsigned)fm_def_number(node, "baud", 0, 50, 12000000, findings);
	if (!framing || !fm_field_framing(framing, ret))
		fm_finding(findings, fm_xml_line(node), "framing is written like 8N1, not '%s'",
			   framing ? framing : "");
}

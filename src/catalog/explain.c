#include "catalog/explain.h"

#include "base/text.h"

#include <regex.h>
#include <string.h>

/* What the schema says of one element name. */
struct explain_rule {
	const char *name;
	const struct _xmlNode *value; /* <attribute>, holds the pattern of its value */
	unsigned required;            /* by so many of the elements of the name */
};

#define EXPLAIN_RULES_MOST 16

struct explain_rules {
	struct explain_rule rules[EXPLAIN_RULES_MOST];
	size_t count;
	unsigned elements; /* definitions of that name */
};

static bool explain_is(const struct _xmlNode *node, const char *name)
{
	return strcmp(fm_xml_name(node), name) == 0;
}

/* The <define> that a <ref> means; any other node is itself. */
static const struct _xmlNode *explain_resolve(const struct _xmlNode *schema,
					      const struct _xmlNode *node)
{
	const struct _xmlNode *define;

	if (!explain_is(node, "ref"))
		return node;
	define = fm_xml_child(schema, "define");
	while (define && strcmp(fm_xml_attr(define, "name"), fm_xml_attr(node, "name")) != 0)
		define = fm_xml_next(define, "define");
	return define ? define : node;
}

static void explain_add_rule(struct explain_rules *rules, const struct _xmlNode *attribute,
			     bool required)
{
	const char *name = fm_xml_attr(attribute, "name");
	size_t i = 0;

	while (i < rules->count && strcmp(rules->rules[i].name, name) != 0)
		i++;
	if (i == EXPLAIN_RULES_MOST)
		return;
	if (i == rules->count)
		rules->rules[rules->count++] = (struct explain_rule){ name, attribute, 0 };
	rules->rules[i].required += required;
}

/* Attributes in a pattern, but not those of the elements in it. */
static void explain_collect(const struct _xmlNode *schema, const struct _xmlNode *pattern,
			    bool required, struct explain_rules *rules)
{
	for (const struct _xmlNode *node = fm_xml_child(pattern, NULL); node;
	     node = fm_xml_next(node, NULL)) {
		const struct _xmlNode *meant = explain_resolve(schema, node);

		if (explain_is(meant, "attribute"))
			explain_add_rule(rules, meant, required);
		else if (!explain_is(meant, "element"))
			explain_collect(schema, meant,
					required && !explain_is(meant, "optional") &&
						!explain_is(meant, "choice") &&
						!explain_is(meant, "zeroOrMore"),
					rules);
	}
}

/* Rules of all elements of that name below a node of the schema. */
static void explain_find(const struct _xmlNode *schema, const struct _xmlNode *below,
			 const char *name, struct explain_rules *rules)
{
	for (const struct _xmlNode *node = fm_xml_child(below, NULL); node;
	     node = fm_xml_next(node, NULL)) {
		if (explain_is(node, "element") && strcmp(fm_xml_attr(node, "name"), name) == 0) {
			rules->elements++;
			explain_collect(schema, node, true, rules);
		}
		explain_find(schema, node, name, rules);
	}
}

static bool explain_matches(const char *pattern, const char *text)
{
	FM_TEXT_DONE struct fm_text whole = { 0 };
	regex_t regex;
	bool matches;

	fm_text_addf(&whole, "^(%s)$", pattern);
	if (regcomp(&regex, whole.data, REG_EXTENDED | REG_NOSUB) != 0)
		return true;
	matches = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

/* True: the text is what the pattern of a value wants, as far as can be told here. What it wants is
 * added to wanted. */
static bool explain_value(const struct _xmlNode *schema, const struct _xmlNode *pattern,
			  const char *text, struct fm_text *wanted)
{
	bool known = false;

	for (const struct _xmlNode *node = fm_xml_child(pattern, NULL); node;
	     node = fm_xml_next(node, NULL)) {
		const struct _xmlNode *meant = explain_resolve(schema, node);
		const char *content = fm_xml_content(meant);

		known = true;
		if (explain_is(meant, "value") || explain_is(meant, "param")) {
			bool is_pattern = explain_is(meant, "param");

			if (is_pattern && strcmp(fm_xml_attr(meant, "name"), "pattern") != 0)
				return true;
			fm_text_addf(wanted, "%s%s", wanted->len > 0 ? ", " : "", content);
			if (is_pattern ? explain_matches(content, text)
				       : strcmp(content, text) == 0)
				return true;
		} else if (explain_value(schema, meant, text, wanted)) {
			return true;
		}
	}
	return !known;
}

static void explain_attributes(const struct _xmlNode *schema, const struct _xmlNode *node,
			       const struct explain_rules *rules, struct fm_findings *findings)
{
	const char *name;

	for (size_t i = 0; (name = fm_xml_attr_name(node, i)); i++) {
		size_t known = 0;

		while (known < rules->count && strcmp(rules->rules[known].name, name) != 0)
			known++;
		if (known == rules->count)
			fm_finding(findings, fm_xml_line(node), "<%s> has no attribute '%s'",
				   fm_xml_name(node), name);
	}
	for (size_t i = 0; i < rules->count; i++) {
		const struct explain_rule *rule = &rules->rules[i];
		FM_TEXT_DONE struct fm_text wanted = { 0 };
		const char *text = fm_xml_attr(node, rule->name);

		if (!text && rule->required == rules->elements)
			fm_finding(findings, fm_xml_line(node), "<%s> needs the attribute '%s'",
				   fm_xml_name(node), rule->name);
		else if (text && !explain_value(schema, rule->value, text, &wanted))
			fm_finding(findings, fm_xml_line(node), "<%s>: %s is '%s', not %s",
				   fm_xml_name(node), rule->name, text, wanted.data);
	}
}

void fm_explain(const struct _xmlNode *schema, const struct _xmlNode *node,
		struct fm_findings *findings)
{
	struct explain_rules rules = { .count = 0 };

	explain_find(schema, schema, fm_xml_name(node), &rules);
	if (rules.elements == 0) {
		fm_finding(findings, fm_xml_line(node), "unknown element <%s>", fm_xml_name(node));
		return;
	}
	explain_attributes(schema, node, &rules, findings);
	for (const struct _xmlNode *child = fm_xml_child(node, NULL); child;
	     child = fm_xml_next(child, NULL))
		fm_explain(schema, child, findings);
}

#include "catalog/catalog.h"

#include "base/scope.h"
#include "catalog/load.h"

#include <string.h>
#include <strings.h>

/* USB class codes (usb.org, "Defined Class Codes"): communications, its data, and the makers' own,
 * which the bridges have. */
#define LINT_CLASS_CDC 0x02
#define LINT_CLASS_CDC_DATA 0x0a
#define LINT_CLASS_VENDOR 0xff

/* A name of the file: id or alias of a definition. */
struct lint_name {
	const char *name;
	const struct _xmlNode *node;
	size_t order;
};

struct lint_names {
	struct lint_name *names;
	size_t count, size;
};

static void lint_add_name(struct lint_names *names, const char *name, const struct _xmlNode *node)
{
	if (names->count == names->size) {
		names->size = names->size ? names->size * 2 : 64;
		names->names = reallocarray(names->names, names->size, sizeof(*names->names));
		if (!names->names)
			abort();
	}
	names->names[names->count] = (struct lint_name){ name, node, names->count };
	names->count++;
}

static int lint_order(const void *a, const void *b)
{
	const struct lint_name *one = a, *other = b;
	int order = strcasecmp(one->name, other->name);

	return order ? order : (one->order > other->order) - (one->order < other->order);
}

static void lint_twice(struct lint_names *names, const char *what, struct fm_findings *findings)
{
	if (names->count > 0)
		qsort(names->names, names->count, sizeof(*names->names), lint_order);
	for (size_t i = 1; i < names->count; i++) {
		const struct lint_name *first = &names->names[i - 1];
		const struct lint_name *again = &names->names[i];

		if (strcasecmp(first->name, again->name) == 0)
			fm_finding(findings, fm_xml_line(again->node),
				   "%s '%s' is already in line %ld", what, again->name,
				   fm_xml_line(first->node));
	}
	free(names->names);
}

/* Ids and aliases share one set of names; chip ids must lead to one chip. */
static void lint_names(struct _xmlNode *root, struct fm_findings *findings)
{
	struct lint_names names = { 0 }, chips = { 0 };

	for (struct _xmlNode *node = fm_xml_child(root, NULL); node;
	     node = fm_xml_next(node, NULL)) {
		struct _xmlNode *chip_id = fm_xml_child(node, "chip-id");

		lint_add_name(&names, fm_xml_attr(node, "id"), node);
		for (struct _xmlNode *alias = fm_xml_child(node, "alias"); alias;
		     alias = fm_xml_next(alias, "alias"))
			lint_add_name(&names, fm_xml_attr(alias, "id"), alias);
		/* kinds differ in length, so values of two kinds never meet */
		if (chip_id)
			lint_add_name(&chips, fm_xml_attr(chip_id, "value"), chip_id);
	}
	lint_twice(&names, "name", findings);
	lint_twice(&chips, "chip id", findings);
}

static bool lint_serial_steps(const struct fm_steps *list)
{
	return fm_steps_have(list, FM_STEP_BIT(LINES) | FM_STEP_BIT(BREAK) | FM_STEP_BIT(SEND) |
					   FM_STEP_BIT(TOUCH));
}

/* Does anything of the definition say that the unit has a serial line? */
static bool lint_has_serial(const struct fm_device *device)
{
	for (size_t i = 0; i < device->loader_count; i++) {
		const struct fm_loader *loader = &device->loaders[i];

		if (loader->wire == FM_WIRE_SERIAL || lint_serial_steps(&loader->enter) ||
		    lint_serial_steps(&loader->leave))
			return true;
	}
	for (size_t i = 0; i < device->usb_count; i++) {
		int class_code = device->usb[i].class_code;

		if (device->usb[i].mode == FM_MODE_APPLICATION &&
		    (class_code == LINT_CLASS_CDC || class_code == LINT_CLASS_CDC_DATA ||
		     class_code == LINT_CLASS_VENDOR))
			return true;
	}
	return device->blink && lint_serial_steps(&device->blink->steps);
}

/* Questions go over a serial line. Without one nobody can ask them: each job would end UNCLEAR. */
static void lint_questions(struct _xmlNode *board, const struct fm_device *device,
			   struct fm_findings *findings)
{
	static const char *const elements[] = { "question", "region-variant", "post-check" };

	if (device->loader_count == 0 || lint_has_serial(device))
		return;
	for (size_t i = 0; i < FM_COUNT(elements); i++) {
		struct _xmlNode *asks = fm_xml_child(board, elements[i]);

		if (asks)
			fm_finding(findings, fm_xml_line(asks),
				   "<%s> asks over a serial line, and nothing says that '%s' has "
				   "one: no loader, no step, no <usb> of its application with the "
				   "interface of a serial port (interface=\"02xxxx\")",
				   elements[i], device->id);
	}
}

static void lint_definitions(struct fm_load *load, struct fm_findings *findings)
{
	for (struct _xmlNode *node = fm_xml_child(load->own, NULL); node;
	     node = fm_xml_next(node, NULL)) {
		FM_DEVICE_DONE struct fm_device device;

		fm_load_device(load, node, findings, &device);
		lint_questions(node, &device, findings);
	}
}

bool fm_catalog_lint_text(const struct fm_catalog *catalog, const char *path, const char *data,
			  size_t len, fm_lint_report *report, void *user)
{
	struct fm_findings findings = { path, report, user, 0 };
	struct fm_load load = { .catalog = catalog, .report = report, .user = user };
	struct _xmlDoc *doc;

	fm_xml_lock();
	doc = fm_xml_parse(data, len, &findings);
	if (doc && fm_xml_validate(catalog->schema, doc, &findings)) {
		load.own = fm_xml_root(doc);
		lint_names(load.own, &findings);
		lint_definitions(&load, &findings);
	}
	fm_load_done(&load);
	fm_xml_free(doc);
	fm_xml_unlock();
	return findings.count + load.count == 0;
}

bool fm_catalog_lint(const struct fm_catalog *catalog, const char *path, fm_lint_report *report,
		     void *user)
{
	struct fm_findings findings = { path, report, user, 0 };
	FM_FREE char *data = NULL;
	size_t len;

	return fm_xml_read(path, &findings, &data, &len) &&
	       fm_catalog_lint_text(catalog, path, data, len, report, user);
}

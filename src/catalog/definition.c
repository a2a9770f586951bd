#include "catalog/definition.h"

#include "base/text.h"
#include "catalog/field.h"

#include <stdlib.h>
#include <string.h>

#define DEF_ADDRESSES ((uint64_t)1 << 32)

static unsigned def_access(const char *access)
{
	if (strcmp(access, "write") == 0)
		return FM_REGION_WRITE;
	if (strcmp(access, "calibration") == 0)
		return FM_REGION_CONFIG | FM_REGION_CALIBRATION;
	return strcmp(access, "config") == 0 ? FM_REGION_CONFIG : FM_REGION_PROTECTED;
}

/* Blocks must fill the region exactly; the last run repeats unless it says how often. */
static const char *def_blocks_fault(const struct fm_region *region)
{
	uint64_t left = region->range.len;

	for (size_t i = 0; i < region->run_count; i++) {
		const struct fm_block_run *run = &region->runs[i];
		uint64_t span = (uint64_t)run->size * run->count;

		if (run->size % region->write_len != 0)
			return "an erase block is not a multiple of write";
		if (i + 1 == region->run_count && run->count == 1)
			return left == 0 || left % run->size != 0
				       ? "its size is not a multiple of its erase blocks"
				       : NULL;
		if (span > left)
			return "its erase blocks go beyond its end";
		left -= span;
	}
	return region->run_count > 0 && left > 0 ? "its erase blocks end before its end" : NULL;
}

static const char *def_region_fault(const struct fm_region *region, bool has_write)
{
	if (!has_write && region->flags != FM_REGION_PROTECTED)
		return "a region that can be written needs write";
	if (region->range.len % region->write_len != 0)
		return "its size is not a multiple of write";
	if (region->range.addr % region->write_len != 0)
		return "its base is not a multiple of write";
	return def_blocks_fault(region);
}

static void def_region(struct _xmlNode *node, struct fm_findings *findings,
		       struct fm_memory *memory)
{
	const char *erase = fm_xml_attr(node, "erase");
	struct fm_region region = { .range.space = FM_SPACE_FLASH };
	size_t before = findings->count;
	struct fm_error err;
	const char *fault;

	fm_def_text(node, "name", findings, region.name, sizeof(region.name));
	if (!fm_space_parse(fm_xml_attr(node, "space"), &region.range.space))
		fm_finding(findings, fm_xml_line(node), "unknown space '%s'",
			   fm_xml_attr(node, "space"));
	region.range.addr = fm_def_number(node, "base", 0, 0, DEF_ADDRESSES - 1, findings);
	region.range.len =
		fm_def_number(node, "size", 1, 1, DEF_ADDRESSES - region.range.addr, findings);
	region.write_len = (uint32_t)fm_def_number(node, "write", 1, 1, 65536, findings);
	region.first_block = (unsigned)fm_def_number(node, "first-block", 0, 0, 65535, findings);
	region.flags = def_access(fm_xml_attr(node, "access"));
	if (erase && !fm_field_erase(erase, region.runs, &region.run_count))
		fm_finding(findings, fm_xml_line(node),
			   "erase is a list of at most %d sizes like 4x16K,64K, not '%s'",
			   FM_RUN_MOST, erase);
	if (findings->count > before)
		return;
	fault = def_region_fault(&region, fm_xml_attr(node, "write"));
	if (fault)
		fm_finding(findings, fm_xml_line(node), "region '%s': %s", region.name, fault);
	else if (!fm_memory_add(memory, &region, &err))
		fm_finding(findings, fm_xml_line(node), "%s", err.text);
}

static void def_regions(struct _xmlNode *parent, struct fm_findings *findings,
			struct fm_memory *memory)
{
	for (struct _xmlNode *node = fm_xml_child(parent, "region"); node;
	     node = fm_xml_next(node, "region"))
		def_region(node, findings, memory);
}

/* A value that the chip holds at an address, as <size-register> and <unique-id>. */
static struct fm_range def_place(struct _xmlNode *chip, const char *name, uint64_t len,
				 struct fm_findings *findings)
{
	struct _xmlNode *node = fm_xml_child(chip, name);

	if (!node)
		return (struct fm_range){ FM_SPACE_SYSTEM, 0, 0 };
	len = fm_def_number(node, "size", len, 1, 32, findings);
	return (struct fm_range){ FM_SPACE_SYSTEM,
				  fm_def_number(node, "addr", 0, 0, DEF_ADDRESSES - len, findings),
				  len };
}

static const char *def_saying(struct _xmlNode *parent, const char *name, const char *attr)
{
	struct _xmlNode *node = fm_xml_child(parent, name);

	return node ? fm_xml_attr(node, attr) : NULL;
}

static void def_chip_id(const struct _xmlNode *node, struct fm_findings *findings,
			struct fm_def_chip *ret)
{
	const char *kind = fm_xml_attr(node, "kind");
	size_t digits = strcmp(kind, "avr-signature") == 0 ? 6 : 4;

	fm_def_text(node, "value", findings, ret->chip_id, sizeof(ret->chip_id));
	if (strcmp(kind, "rp2") == 0) {
		if (strncmp(ret->chip_id, "rp2", 3) != 0)
			fm_finding(findings, fm_xml_line(node), "rp2 is rp2040 or rp2350, not '%s'",
				   ret->chip_id);
	} else if (strlen(ret->chip_id) != digits || ret->chip_id[0] == 'r') {
		fm_finding(findings, fm_xml_line(node), "%s has %zu hexadecimal digits, not '%s'",
			   kind, digits, ret->chip_id);
	}
}

void fm_def_chip(struct _xmlNode *node, struct fm_findings *findings, struct fm_def_chip *ret)
{
	struct _xmlNode *id = fm_xml_child(node, "chip-id");
	size_t before = findings->count;

	*ret = (struct fm_def_chip){ 0 };
	fm_def_text(node, "id", findings, ret->id, sizeof(ret->id));
	fm_def_text(node, "name", findings, ret->name, sizeof(ret->name));
	if (id)
		def_chip_id(id, findings, ret);
	ret->unknown = def_saying(node, "unknown", "text");
	ret->identify_only = def_saying(node, "identify-only", "why");
	def_regions(node, findings, &ret->memory);
	ret->size_register = def_place(node, "size-register", 2, findings);
	ret->unique_id = def_place(node, "unique-id", 0, findings);
	ret->no_erase_all = fm_xml_child(node, "no-erase-all");
	if (findings->count > before)
		return;
	if (ret->identify_only && fm_memory_application(&ret->memory))
		fm_finding(findings, fm_xml_line(node),
			   "chip '%s' is only identified, but has a region that may be written",
			   ret->id);
	if (!ret->identify_only && !fm_memory_application(&ret->memory))
		fm_finding(findings, fm_xml_line(node),
			   "chip '%s' has no region in flash that may be written", ret->id);
}

static void def_params(struct _xmlNode *loader, const struct fm_param *table,
		       struct fm_findings *findings, struct fm_params *ret)
{
	struct fm_error err;

	fm_params_default(table, ret);
	for (struct _xmlNode *node = fm_xml_child(loader, "param"); node;
	     node = fm_xml_next(node, "param")) {
		const char *name = fm_xml_attr(node, "name");

		if (!fm_params_set(table, ret, name, fm_xml_attr(node, "value"), &err))
			fm_finding(findings, fm_xml_line(node), "%s", err.text);
		for (struct _xmlNode *next = fm_xml_next(node, "param"); next;
		     next = fm_xml_next(next, "param")) {
			if (strcmp(name, fm_xml_attr(next, "name")) == 0)
				fm_finding(findings, fm_xml_line(next),
					   "parameter '%s' is given twice", name);
		}
	}
}

static void def_enter(struct _xmlNode *node, struct fm_findings *findings, struct fm_loader *ret)
{
	char help[160] = ""; /* a hint is not longer */

	ret->tries = 1;
	if (!node)
		return;
	ret->tries = (unsigned)fm_def_number(node, "tries", 1, 1, 20, findings);
	fm_def_text(node, "help", findings, help, sizeof(help));
	ret->help = *help ? strdup(help) : NULL;
	fm_def_steps(node, findings, &ret->enter);
}

static void def_without(struct _xmlNode *loader, struct fm_findings *findings,
			struct fm_loader *ret)
{
	for (struct _xmlNode *node = fm_xml_child(loader, "without"); node;
	     node = fm_xml_next(node, "without")) {
		if (ret->without_count == FM_WITHOUT_MOST) {
			fm_finding(findings, fm_xml_line(node), "more than %d regions left out",
				   FM_WITHOUT_MOST);
			return;
		}
		fm_def_text(node, "region", findings, ret->without[ret->without_count],
			    sizeof(ret->without[0]));
		ret->without_count++;
	}
}

static void def_wire(struct _xmlNode *loader, struct fm_findings *findings, struct fm_loader *ret)
{
	const struct _xmlNode *serial = fm_xml_child(loader, "serial");
	const struct _xmlNode *volume = fm_xml_child(loader, "volume");

	ret->wire = serial ? FM_WIRE_SERIAL : volume ? FM_WIRE_VOLUME : FM_WIRE_USB;
	if (serial)
		fm_def_line(serial, findings, &ret->line);
	else
		fm_def_mode(volume ? volume : fm_xml_child(loader, "usb"), findings, &ret->mode);
}

static void def_families(struct _xmlNode *loader, struct fm_findings *findings,
			 struct fm_loader *ret)
{
	for (struct _xmlNode *node = fm_xml_child(loader, "uf2-family"); node;
	     node = fm_xml_next(node, "uf2-family")) {
		if (ret->family_count == FM_FAMILY_MOST) {
			fm_finding(findings, fm_xml_line(node), "more than %d UF2 families",
				   FM_FAMILY_MOST);
			return;
		}
		ret->families[ret->family_count++] =
			(uint32_t)fm_def_number(node, "id", 0, 1, UINT32_MAX, findings);
	}
}

void fm_def_loader(struct _xmlNode *node, fm_param_lookup *params, struct fm_findings *findings,
		   struct fm_loader *ret, struct fm_memory *ret_own)
{
	const struct fm_param *table = NULL;
	struct _xmlNode *leave = fm_xml_child(node, "leave");

	fm_def_text(node, "name", findings, ret->name, sizeof(ret->name));
	fm_def_text(node, "protocol", findings, ret->protocol, sizeof(ret->protocol));
	def_wire(node, findings, ret);
	def_families(node, findings, ret);
	if (params(ret->protocol, &table))
		def_params(node, table, findings, &ret->params);
	else
		fm_finding(findings, fm_xml_line(node), "unknown protocol '%s'", ret->protocol);
	def_enter(fm_xml_child(node, "enter"), findings, ret);
	if (leave)
		fm_def_steps(leave, findings, &ret->leave);
	def_without(node, findings, ret);
	*ret_own = (struct fm_memory){ 0 };
	def_regions(node, findings, ret_own);
}

static bool def_is_without(const struct fm_loader *loader, const char *region)
{
	for (size_t i = 0; i < loader->without_count; i++) {
		if (strcmp(loader->without[i], region) == 0)
			return true;
	}
	return false;
}

static void def_add(struct fm_memory *memory, const struct fm_region *region, long line,
		    struct fm_findings *findings)
{
	struct fm_error err;

	if (!fm_memory_add(memory, region, &err))
		fm_finding(findings, line, "%s", err.text);
}

void fm_def_apply(struct fm_loader *loader, const struct fm_memory *own,
		  const struct fm_def_chip *chip, long line, struct fm_findings *findings)
{
	fm_text_copy(loader->chip, sizeof(loader->chip), chip->id);
	fm_text_copy(loader->chip_name, sizeof(loader->chip_name), chip->name);
	loader->chip_id_count = chip->chip_id[0] != '\0';
	fm_text_copy(loader->chip_ids[0], sizeof(loader->chip_ids[0]), chip->chip_id);
	loader->size_register = chip->size_register;
	loader->unique_id = chip->unique_id;
	loader->no_erase_all = chip->no_erase_all;
	loader->memory = (struct fm_memory){ 0 };
	for (size_t i = 0; own && i < own->count; i++)
		def_add(&loader->memory, &own->regions[i], line, findings);
	for (size_t i = 0; i < chip->memory.count; i++) {
		const struct fm_region *region = &chip->memory.regions[i];

		if (!def_is_without(loader, region->name) &&
		    (!own || !fm_memory_named(own, region->name)))
			def_add(&loader->memory, region, line, findings);
	}
	if (!chip->identify_only && !fm_memory_application(&loader->memory))
		fm_finding(findings, line, "loader '%s' has no region in flash that may be written",
			   loader->name);
}

void fm_def_own(struct fm_loader *loader, const struct fm_memory *own, long line,
		struct fm_findings *findings)
{
	bool writable = own->count == 0;

	for (size_t i = 0; i < own->count; i++)
		writable = writable || own->regions[i].flags == FM_REGION_WRITE;
	if (!writable)
		fm_finding(findings, line, "loader '%s' has no region that may be written",
			   loader->name);
	if (loader->without_count > 0)
		fm_finding(findings, line,
			   "a loader that leaves out regions says of which chip they are");
	loader->memory = *own;
}

void fm_def_doubts(struct fm_device *device, const struct fm_def_chip *chip)
{
	const char *doubt = chip->identify_only ? chip->identify_only : chip->unknown;
	struct fm_text text = { 0 };

	if (chip->identify_only)
		device->identify_only = true;
	if (!doubt || (device->unknown && strstr(device->unknown, doubt)))
		return;
	if (device->unknown)
		fm_text_addf(&text, "%s; ", device->unknown);
	fm_text_add(&text, doubt);
	free(device->unknown);
	device->unknown = text.data;
}

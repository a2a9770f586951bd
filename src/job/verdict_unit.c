#include "job/verdict_unit.h"

#include "base/scope.h"
#include "catalog/catalog.h"

#include <stdio.h>
#include <string.h>

static void unit_instance(struct fm_verdict_unit *unit, const char *instance, bool own)
{
	size_t at = 0;

	while (at < unit->count && strcmp(unit->instances[at], instance) != 0)
		at++;
	if (at == FM_UNIT_INSTANCES_MOST)
		return;
	if (at == unit->count)
		fm_text_copy(unit->instances[unit->count++], FM_INSTANCE_TEXT, instance);
	unit->own[at] |= own;
}

static void unit_vendor(struct fm_verdict_unit *unit, int vid)
{
	char vendor[16];

	snprintf(vendor, sizeof(vendor), "USB:0x%04X", (unsigned)vid & 0xffff);
	if (!unit->vendors.data || !strstr(unit->vendors.data, vendor))
		fm_text_addf(&unit->vendors, "%s%s", unit->vendors.len ? "|" : "", vendor);
}

/* release -1: not known. */
static void unit_usb(struct fm_verdict_unit *unit, int vid, int pid, int release, bool own)
{
	char instances[FM_INSTANCES_USB][FM_INSTANCE_TEXT];

	fm_instances_usb((uint16_t)vid, (uint16_t)pid, (uint16_t)(release < 0 ? 0 : release),
			 instances);
	if (release >= 0)
		unit_instance(unit, instances[0], own);
	unit_instance(unit, instances[1], own);
	unit_vendor(unit, vid);
	unit->known |= own;
}

void fm_verdict_unit_look(const struct fm_package_verdict_input *input,
			  struct fm_verdict_unit *unit)
{
	const struct fm_usb_device *const devices[] = { input->seen, input->attached };

	for (size_t i = 0; i < FM_COUNT(devices); i++) {
		const struct fm_usb_device *device = devices[i];
		const struct fm_usb_match *match =
			device ? fm_usb_match_find(input->usb, input->usb_count, device) : NULL;

		if (device)
			unit_usb(unit, device->vid, device->pid, device->release,
				 !match || match->mode != FM_MODE_ROM);
	}
	for (size_t i = 0; i < input->name_count; i++) {
		if (*input->names[i].instance_id)
			unit_instance(unit, input->names[i].instance_id, true);
		unit->known = true;
	}
	for (size_t i = 0; i < input->usb_count; i++) {
		const struct fm_usb_match *match = &input->usb[i];

		if (match->vid >= 0)
			unit_usb(unit, match->vid, match->pid, match->release,
				 match->mode != FM_MODE_ROM);
	}
}

void fm_verdict_unit_done(struct fm_verdict_unit *unit)
{
	fm_text_done(&unit->vendors);
}

bool fm_component_names(const struct fm_component *component, const char *guid)
{
	for (size_t i = 0; i < component->guid_count; i++) {
		if (strcmp(component->guids[i], guid) == 0)
			return true;
	}
	return false;
}

const char *fm_verdict_unit_instance(const struct fm_package_verdict_input *input,
				     const struct fm_verdict_unit *unit, bool own)
{
	char guid[FM_GUID_TEXT];

	for (size_t i = 0; i < unit->count; i++) {
		fm_guid_of(unit->instances[i], guid);
		if (unit->own[i] == own && fm_component_names(input->component, guid))
			return unit->instances[i];
	}
	return NULL;
}

const char *fm_verdict_unit_named(const struct fm_package_verdict_input *input,
				  const struct fm_verdict_unit *unit)
{
	const char *instance = fm_verdict_unit_instance(input, unit, true);

	if (instance)
		return instance;
	for (size_t i = 0; i < input->name_count; i++) {
		if (fm_component_names(input->component, input->names[i].guid))
			return input->names[i].guid;
	}
	return NULL;
}

const struct fm_component *fm_component_for_model(const struct fm_component *components,
						  size_t count, const struct fm_device *device)
{
	const struct fm_component *found = NULL;

	for (size_t i = 0; i < count && !found; i++) {
		const struct fm_package_verdict_input input = {
			.component = &components[i],
			.usb = device->usb,
			.usb_count = device->usb_count,
			.names = device->packages,
			.name_count = device->package_count,
		};
		struct fm_verdict_unit unit = { .count = 0 };

		fm_verdict_unit_look(&input, &unit);
		if (fm_verdict_unit_named(&input, &unit))
			found = input.component;
		fm_verdict_unit_done(&unit);
	}
	return found;
}

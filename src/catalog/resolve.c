/* From what a unit says of its chip to the chip's definition. */
#include "catalog/catalog.h"

#include "base/scope.h"
#include "catalog/load.h"

#include <strings.h>

static bool resolve_is_right(const struct fm_catalog *catalog, const struct fm_device *device,
			     const struct fm_loader *loader, const char *kind, const char *value,
			     struct fm_error *err)
{
	const struct fm_entry *found = NULL;

	for (size_t i = 0; i < loader->chip_id_count; i++) {
		if (strcasecmp(loader->chip_ids[i], value) == 0)
			return true;
	}
	if (loader->chip_id_count == 0)
		return true;
	fm_catalog_match_chip(catalog, kind, value, &found, 1);
	return fm_fail(err, FM_WRONG_UNIT, "the unit's chip is %s (%s), '%s' has %s (%s)",
		       found ? found->name : "one that no definition knows", value, device->id,
		       loader->chip_name, loader->chip_ids[0]);
}

/* Two of them: the user's counts before the installed one. */
static bool resolve_pick(const struct fm_catalog *catalog, const char *kind, const char *value,
			 const struct fm_entry **ret_chip, struct fm_error *err)
{
	const struct fm_entry *chips[8];
	size_t count = fm_catalog_match_chip(catalog, kind, value, chips, FM_COUNT(chips));
	const struct fm_entry *second = NULL;

	if (count == 0)
		return fm_fail(err, FM_UNSUPPORTED, "no definition knows the chip %s (%s)", value,
			       kind);
	*ret_chip = chips[0];
	for (size_t i = 1; i < count && i < FM_COUNT(chips); i++) {
		if (chips[i]->user == (*ret_chip)->user)
			second = chips[i];
		else if (chips[i]->user) {
			*ret_chip = chips[i];
			second = NULL;
		}
	}
	return !second ||
	       fm_fail(err, FM_DEFINITION, "%s:%d: chip '%s' has the %s %s of '%s'", second->file,
		       second->line, second->id, kind, value, (*ret_chip)->id);
}

bool fm_catalog_resolve_chip(const struct fm_catalog *catalog, struct fm_device *device,
			     struct fm_loader *loader, const char *kind, const char *value,
			     const struct fm_entry **ret_chip, struct fm_error *err)
{
	struct fm_load load = { .catalog = catalog, .report = fm_load_first, .user = err };
	const struct fm_entry *entry = NULL;
	struct fm_findings findings = { NULL, fm_load_first, err, 0 };
	const struct fm_memory own = loader->memory;
	struct fm_def_chip chip;
	struct _xmlNode *node;

	if (loader->chip[0]) {
		if (ret_chip)
			*ret_chip = fm_catalog_find(catalog, loader->chip);
		return resolve_is_right(catalog, device, loader, kind, value, err);
	}
	if (!resolve_pick(catalog, kind, value, &entry, err))
		return false;
	fm_error_clear(err);
	findings.file = entry->file;
	fm_xml_lock();
	node = fm_load_entry(&load, entry);
	if (node) {
		fm_def_chip(node, &findings, &chip);
		if (findings.count == 0) {
			fm_def_apply(loader, &own, &chip, entry->line, &findings);
			fm_def_doubts(device, &chip);
		}
	}
	fm_load_done(&load);
	fm_xml_unlock();
	if (ret_chip)
		*ret_chip = entry;
	return load.count + findings.count == 0;
}

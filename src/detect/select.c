/* Which of the units is meant. */
#include "detect/scan.h"

#include "base/scope.h"
#include "base/text.h"

#include <ctype.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

enum select_kind { SELECT_ANY, SELECT_PORT, SELECT_USB, SELECT_SERIAL, SELECT_SLOT };

struct select {
	enum select_kind kind;
	const char *value;
	const struct fm_entry *wanted; /* NULL = what the port says */
	const struct fm_entry *on_usb; /* says how that looks on USB: itself, or a chip's family */
};

/* The name of a USB device in sysfs: bus, "-", the ports from hub to hub: "1-1.4". */
static bool select_is_topology(const char *text)
{
	size_t bus = strspn(text, "0123456789"), rest;

	if (!bus || text[bus] != '-' || !isdigit((unsigned char)text[bus + 1]))
		return false;
	rest = bus + 1;
	return rest + strspn(text + rest, "0123456789.") == strlen(text);
}

/* Splits "kind:value"; a path is a port. False: not understood. */
static bool select_parse(const char *device, struct select *ret)
{
	static const struct {
		const char *prefix;
		enum select_kind kind;
	} kinds[] = { { "port:usb ", SELECT_USB },  { "port:", SELECT_PORT },
		      { "usb:", SELECT_USB },       { "usb ", SELECT_USB },
		      { "serial:", SELECT_SERIAL }, { "slot:", SELECT_SLOT } };

	ret->kind = SELECT_ANY;
	ret->value = device;
	if (!device)
		return true;
	for (size_t i = 0; i < FM_COUNT(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(device, kinds[i].prefix, len) == 0) {
			ret->kind = kinds[i].kind;
			ret->value = device + len;
			return *ret->value != '\0';
		}
	}
	ret->kind = *device == '/' ? SELECT_PORT : SELECT_USB;
	return *device == '/' || select_is_topology(device);
}

static bool select_same_path(const char *a, const char *b)
{
	FM_FREE char *real_a = realpath(a, NULL);
	FM_FREE char *real_b = realpath(b, NULL);

	return strcmp(a, b) == 0 || (real_a && real_b && strcmp(real_a, real_b) == 0);
}

static bool select_device_fits(const struct fm_seen *seen, const struct select *select)
{
	switch (select->kind) {
	case SELECT_PORT:
		return select_same_path(seen->path, select->value) ||
		       strcmp(seen->by_path, select->value) == 0;
	case SELECT_USB: /* the unit, or one of its interfaces: "1-1.4:1.0" */
		return strcmp(seen->usb_path, select->value) == 0 ||
		       (strncmp(seen->by_path, "usb ", 4) == 0 &&
			strcmp(seen->by_path + 4, select->value) == 0);
	case SELECT_SERIAL:
		return strcmp(seen->serial, select->value) == 0;
	case SELECT_SLOT:
		return seen->present && strcasecmp(seen->slot, select->value) == 0;
	case SELECT_ANY:
		break;
	}
	return seen->present;
}

/* Do the definitions say that it may be this model? The list of models may be cut off, and leaves
 * out those that fit by class alone, as a board in the ROM of its chip does, where others fit by
 * their ids. */
static bool select_may_be(const struct fm_seen *seen, const struct select *select)
{
	const struct fm_entry *on_usb = select->on_usb;

	for (size_t i = 0; i < seen->model_count; i++) {
		if (seen->models[i] == select->wanted || seen->models[i] == on_usb)
			return true;
	}
	return *seen->usb.path && fm_usb_match_find(on_usb->usb, on_usb->usb_count, &seen->usb);
}

/* A port that says what it is must say this model; one that says nothing may be it, when it is
 * named or nothing better is there. */
static bool select_model_fits(const struct fm_seen *seen, const struct select *select,
			      bool or_silent)
{
	if (!select->wanted)
		return seen->model_count > 0;
	if (or_silent && seen->model_count == 0 && seen->vid >= 0 && *seen->path == '/')
		return true;
	return select_may_be(seen, select);
}

static size_t select_count(const struct fm_seen *seen, size_t count, const struct select *select,
			   bool or_silent, const struct fm_seen **ret_one, struct fm_text *list)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!select_device_fits(&seen[i], select) ||
		    !(select->kind != SELECT_ANY || select_model_fits(&seen[i], select, or_silent)))
			continue;
		*ret_one = &seen[i];
		fm_text_addf(list, "%s%s", found++ ? ", " : "", seen[i].path);
	}
	return found;
}

/* Nothing is in the slot: what is in others. */
static bool select_empty_slot(const struct fm_seen *seen, size_t count, const char *slot,
			      struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (*seen[i].slot && seen[i].present)
			fm_text_addf(&list, "%s%s %s", list.len ? ", " : "", seen[i].slot,
				     seen[i].path);
	}
	fm_fail(err, FM_NO_UNIT, "no unit is attached in slot %s (%s%s)", slot,
		list.len ? "there are: " : "nor in any other slot", list.len ? list.data : "");
	return fm_hint(err, "'flashmend ports list' shows the slots, 'flashmend ports label PORT "
			    "NAME' makes one");
}

/* As it is called from everywhere: records, and what they tell to type, outlive this folder. */
static bool select_from_root(const char *path, char *ret, size_t size, struct fm_error *err)
{
	FM_FREE char *above = strdup(path), *last = strdup(path), *folder = NULL;
	int len;

	if (above && last && *path != '/')
		folder = realpath(dirname(above), NULL);
	len = folder ? snprintf(ret, size, "%s/%s", folder, basename(last))
		     : snprintf(ret, size, "%s", path);
	return (len >= 0 && (size_t)len < size) ||
	       fm_fail(err, FM_USAGE, "the path of the port is longer than %zu characters",
		       size - 1);
}

/* Not listed by the system: taken as it is when it is named. */
static bool select_unlisted(const struct select *select, struct fm_seen *ret, struct fm_error *err)
{
	switch (select->kind) {
	case SELECT_ANY:
		if (select->wanted)
			return fm_fail(err, FM_NO_UNIT, "no unit that could be a %s is attached",
				       select->wanted->id);
		return fm_fail(err, FM_NO_UNIT, "no unit is attached");
	case SELECT_SERIAL:
		return fm_fail(err, FM_NO_UNIT, "no unit with the serial number %s is attached",
			       select->value);
	case SELECT_USB:
		return fm_fail(err, FM_NO_UNIT, "no unit is attached at usb %s", select->value);
	case SELECT_SLOT: /* was listed */
	case SELECT_PORT:
		break;
	}
	if (access(select->value, F_OK) != 0)
		return fm_fail(err, FM_NO_UNIT, "there is no port %s", select->value);
	*ret = (struct fm_seen){
		.vid = -1, .pid = -1, .present = true, .access = true, .settled = true
	};
	return select_from_root(select->value, ret->path, sizeof(ret->path), err);
}

static bool select_unit(const struct fm_seen *seen, size_t count, const struct select *select,
			struct fm_seen *ret, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };
	const struct fm_seen *one = NULL;
	size_t found = select_count(seen, count, select, false, &one, &list);

	if (found == 0 && select->wanted) {
		fm_text_done(&list);
		found = select_count(seen, count, select, true, &one, &list);
	}
	if (found == 0 && select->kind == SELECT_SLOT)
		return select_empty_slot(seen, count, select->value, err);
	if (found == 0)
		return select_unlisted(select, ret, err);
	if (found > 1 && select->kind == SELECT_SERIAL) {
		fm_fail(err, FM_AMBIGUOUS, "%zu units have the serial number %s: %s", found,
			select->value, list.data);
		return fm_hint(err, "say which one with -d port:PATH or -d usb:PATH");
	}
	if (found > 1) {
		fm_fail(err, FM_AMBIGUOUS, "%zu units match: %s", found, list.data);
		return fm_hint(err, "say which one with -d port:PATH or -d usb:PATH");
	}
	*ret = *one;
	return true;
}

/* Several definitions share what it looks like now, as boot loaders in ROM do. */
static bool select_several(const struct fm_seen *seen, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };

	for (size_t i = 0; i < seen->model_count; i++)
		fm_text_addf(&list, "%s%s", i ? ", " : "", seen->models[i]->id);
	fm_fail(err, FM_AMBIGUOUS, "%s could be any of %zu models: %s%s", seen->path,
		seen->model_total, list.data, seen->model_total > seen->model_count ? " ..." : "");
	return fm_hint(err, "say which one with -m/--model");
}

/* The model of the unit that was found. */
static bool select_model(struct select *select, struct fm_seen *seen, struct fm_error *err)
{
	if (!select->wanted && seen->model_total > 1)
		return select_several(seen, err);
	if (!select->wanted && seen->model_count)
		select->wanted = select->on_usb = seen->models[0];
	if (!select->wanted) {
		fm_fail(err, FM_USAGE, "nothing says what is at %s", seen->path);
		return fm_hint(
			err, "name the model with -m/--model; 'flashmend catalog list' shows all");
	}
	if (select->kind != SELECT_ANY && seen->model_count && !seen->added &&
	    !select_may_be(seen, select)) {
		fm_fail(err, FM_WRONG_UNIT, "%s is a %s, not a %s", seen->path, seen->models[0]->id,
			select->wanted->id);
		return fm_hint(err, "leave -m/--model away, or name the right port");
	}
	return true;
}

bool fm_scan_select(const struct fm_catalog *catalog, const struct fm_seen *seen, size_t count,
		    const struct fm_selector *selector, struct fm_seen *ret_seen,
		    char ret_model[48], struct fm_error *err)
{
	const struct fm_usb_match *match;
	struct select select = { 0 };

	if (!select_parse(selector->device, &select)) {
		fm_fail(err, FM_USAGE, "'%s' selects nothing", selector->device);
		return fm_hint(err, "use port:PATH, usb:1-1.4, serial:TEXT or slot:NAME");
	}
	if (selector->model) {
		select.wanted = fm_catalog_find(catalog, selector->model);
		if (!select.wanted)
			return fm_fail(err, FM_UNKNOWN_MODEL, "no definition is called '%s'",
				       selector->model);
		select.on_usb = *select.wanted->family
					? fm_catalog_find(catalog, select.wanted->family)
					: NULL;
		if (!select.on_usb)
			select.on_usb = select.wanted;
	}
	if (!select_unit(seen, count, &select, ret_seen, err) ||
	    !select_model(&select, ret_seen, err))
		return false;
	match = fm_usb_match_find(select.on_usb->usb, select.on_usb->usb_count, &ret_seen->usb);
	if (*ret_seen->usb.path && match)
		ret_seen->mode = match->mode;
	fm_text_copy(ret_model, 48, select.wanted->id);
	return true;
}

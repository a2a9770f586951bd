#include "detect/scan.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/serial.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void scan_match(const struct fm_catalog *catalog, const struct fm_serial_port *port,
		       struct fm_seen *ret)
{
	const struct fm_usb_device device = { .vid = (uint16_t)port->vid,
					      .pid = (uint16_t)port->pid };
	struct fm_usb_fit fits[FM_SEEN_MODELS];

	ret->model_count = fm_catalog_match_usb(catalog, &device, fits, FM_SEEN_MODELS);
	for (size_t i = 0; i < ret->model_count && i < FM_SEEN_MODELS; i++)
		ret->models[i] = fits[i].entry;
	if (ret->model_count)
		ret->mode = fits[0].match->mode;
}

static void scan_serial_port(const struct fm_catalog *catalog, const struct fm_serial_port *port,
			     struct fm_seen *ret)
{
	*ret = (struct fm_seen){ .vid = port->vid, .pid = port->pid, .present = true };
	fm_text_copy(ret->path, sizeof(ret->path), port->path);
	fm_text_copy(ret->by_path, sizeof(ret->by_path), port->by_path);
	fm_text_copy(ret->description, sizeof(ret->description), port->description);
	fm_text_copy(ret->serial, sizeof(ret->serial), port->serial);
	if (port->vid >= 0)
		scan_match(catalog, port, ret);
}

static void scan_added_port(const struct fm_catalog *catalog, const struct fm_scan_added *added,
			    struct fm_seen *ret)
{
	const struct fm_entry *entry = fm_catalog_find(catalog, added->model);

	*ret = (struct fm_seen){ .vid = -1, .pid = -1, .added = true };
	fm_text_copy(ret->path, sizeof(ret->path), added->path);
	fm_text_copy(ret->description, sizeof(ret->description), "added by hand");
	ret->present = access(added->path, F_OK) == 0;
	if (entry)
		ret->models[ret->model_count++] = entry;
}

static int scan_compare(const void *a, const void *b)
{
	return strcmp(((const struct fm_seen *)a)->path, ((const struct fm_seen *)b)->path);
}

bool fm_scan(const struct fm_catalog *catalog, const struct fm_scan_added *added,
	     size_t added_count, struct fm_seen **ret_seen, size_t *ret_count, struct fm_error *err)
{
	FM_FREE struct fm_serial_port *ports = NULL;
	struct fm_seen *seen;
	size_t port_count, count = 0;

	if (!fm_serial_list(&ports, &port_count, err))
		return false;
	seen = calloc(port_count + added_count + 1, sizeof(*seen));
	if (!seen)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of ports");
	for (size_t i = 0; i < added_count; i++)
		scan_added_port(catalog, &added[i], &seen[count++]);
	for (size_t i = 0; i < port_count; i++) {
		size_t same = 0;

		while (same < added_count && strcmp(seen[same].path, ports[i].path) != 0)
			same++;
		if (same == added_count)
			scan_serial_port(catalog, &ports[i], &seen[count++]);
	}
	for (size_t i = 0; i < count; i++)
		seen[i].access = access(seen[i].path, R_OK | W_OK) == 0;
	qsort(seen, count, sizeof(*seen), scan_compare);
	*ret_seen = seen;
	*ret_count = count;
	return true;
}

static bool select_same_path(const char *a, const char *b)
{
	FM_FREE char *real_a = realpath(a, NULL);
	FM_FREE char *real_b = realpath(b, NULL);

	return strcmp(a, b) == 0 || (real_a && real_b && strcmp(real_a, real_b) == 0);
}

/* Splits "kind:value"; a bare path is a port. False: not understood. */
static bool select_parse(const char *device, bool *ret_is_port, const char **ret_value)
{
	*ret_is_port = true;
	*ret_value = device;
	if (*device == '/')
		return true;
	if (strncmp(device, "port:", 5) == 0 && device[5]) {
		*ret_value = device + 5;
		return true;
	}
	*ret_is_port = false;
	*ret_value = device + 7;
	return strncmp(device, "serial:", 7) == 0 && device[7];
}

static bool select_device_fits(const struct fm_seen *seen, const char *device)
{
	const char *value;
	bool is_port;

	if (!device)
		return seen->present;
	select_parse(device, &is_port, &value);
	return is_port ? select_same_path(seen->path, value) || strcmp(seen->by_path, value) == 0
		       : strcmp(seen->serial, value) == 0;
}

/* A port that says what it is must say this model; one that says nothing may be it, when it is
 * named or nothing better is there. */
static bool select_model_fits(const struct fm_seen *seen, const struct fm_entry *wanted,
			      bool or_silent)
{
	if (!wanted)
		return seen->model_count > 0;
	if (or_silent && seen->model_count == 0 && seen->vid >= 0)
		return true;
	for (size_t i = 0; i < seen->model_count; i++) {
		if (seen->models[i] == wanted)
			return true;
	}
	return false;
}

static size_t select_count(const struct fm_seen *seen, size_t count,
			   const struct fm_selector *selector, const struct fm_entry *wanted,
			   bool or_silent, const struct fm_seen **ret_one, struct fm_text *list)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!select_device_fits(&seen[i], selector->device) ||
		    !(selector->device || select_model_fits(&seen[i], wanted, or_silent)))
			continue;
		*ret_one = &seen[i];
		fm_text_addf(list, "%s%s", found++ ? ", " : "", seen[i].path);
	}
	return found;
}

/* Not listed by the system: taken as it is when it is named. */
static bool select_unlisted(const struct fm_selector *selector, struct fm_seen *ret,
			    struct fm_error *err)
{
	const char *value;
	bool is_port;

	if (!selector->device)
		return fm_fail(err, FM_NO_UNIT,
			       selector->model ? "no unit that could be a %s is attached"
					       : "no unit is attached",
			       selector->model);
	select_parse(selector->device, &is_port, &value);
	if (!is_port)
		return fm_fail(err, FM_NO_UNIT, "no unit with the serial number %s is attached",
			       value);
	if (access(value, F_OK) != 0)
		return fm_fail(err, FM_NO_UNIT, "there is no port %s", value);
	*ret = (struct fm_seen){ .vid = -1, .pid = -1, .present = true, .access = true };
	fm_text_copy(ret->path, sizeof(ret->path), value);
	return true;
}

static bool select_port(const struct fm_seen *seen, size_t count,
			const struct fm_selector *selector, const struct fm_entry *wanted,
			struct fm_seen *ret, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };
	const struct fm_seen *one = NULL;
	size_t found = select_count(seen, count, selector, wanted, false, &one, &list);

	if (found == 0 && wanted) {
		fm_text_done(&list);
		found = select_count(seen, count, selector, wanted, true, &one, &list);
	}
	if (found == 0)
		return select_unlisted(selector, ret, err);
	if (found > 1) {
		fm_fail(err, FM_AMBIGUOUS, "%zu ports match: %s", found, list.data);
		return fm_hint(err, "say which one with -d port:PATH");
	}
	*ret = *one;
	return true;
}

bool fm_scan_select(const struct fm_catalog *catalog, const struct fm_seen *seen, size_t count,
		    const struct fm_selector *selector, struct fm_seen *ret_seen,
		    char ret_model[48], struct fm_error *err)
{
	const struct fm_entry *wanted = NULL;
	const char *value;
	bool is_port;

	if (selector->device && !select_parse(selector->device, &is_port, &value)) {
		fm_fail(err, FM_USAGE, "'%s' selects nothing", selector->device);
		return fm_hint(err, "use port:PATH or serial:TEXT");
	}
	if (selector->model) {
		wanted = fm_catalog_find(catalog, selector->model);
		if (!wanted)
			return fm_fail(err, FM_UNKNOWN_MODEL, "no definition is called '%s'",
				       selector->model);
	}
	if (!select_port(seen, count, selector, wanted, ret_seen, err))
		return false;
	if (!wanted && ret_seen->model_count == 1)
		wanted = ret_seen->models[0];
	if (!wanted && ret_seen->model_count > 1) {
		fm_fail(err, FM_AMBIGUOUS, "%s could be a %s or a %s", ret_seen->path,
			ret_seen->models[0]->id, ret_seen->models[1]->id);
		return fm_hint(err, "say which one with -m/--model");
	}
	if (!wanted) {
		fm_fail(err, FM_USAGE, "nothing says what is at %s", ret_seen->path);
		return fm_hint(
			err, "name the model with -m/--model; 'flashmend catalog list' shows all");
	}
	if (selector->device && selector->model && ret_seen->model_count &&
	    !select_model_fits(ret_seen, wanted, false) && !ret_seen->added) {
		fm_fail(err, FM_WRONG_UNIT, "%s is a %s, not a %s", ret_seen->path,
			ret_seen->models[0]->id, wanted->id);
		return fm_hint(err, "leave -m/--model away, or name the right port");
	}
	fm_text_copy(ret_model, 48, wanted->id);
	return true;
}

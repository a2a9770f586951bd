/* Ports that the system does not list: ptys of simulators and emulators, remote ones. And slots:
 * ports that a bench has given a name. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool fm_cli_ports_add(struct fm_cli *cli, struct fm_error *err)
{
	const struct fm_entry *entry;

	if (cli->argc < 2)
		return fm_fail(err, FM_USAGE, "'ports add' needs a path and a model");
	if (cli->argv[0][0] != '/')
		return fm_fail(err, FM_USAGE, "the path of a port starts with '/': '%s'",
			       cli->argv[0]);
	if (!fm_cli_catalog(cli, err) || !fm_cli_store(cli, true, err))
		return false;
	entry = fm_catalog_find(cli->catalog, cli->argv[1]);
	if (!entry)
		return fm_fail(err, FM_UNKNOWN_MODEL, "no definition is called '%s'", cli->argv[1]);
	return fm_store_port_add(cli->store, cli->argv[0], entry->id, err);
}

bool fm_cli_ports_remove(struct fm_cli *cli, struct fm_error *err)
{
	if (cli->argc < 1)
		return fm_fail(err, FM_USAGE, "'ports remove' needs a path");
	return fm_cli_store(cli, true, err) && fm_store_port_remove(cli->store, cli->argv[0], err);
}

static bool ports_list_slots(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE struct fm_slot *slots = NULL;
	size_t count = 0;

	if (!fm_store_slots(cli->store, &slots, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (cli->options.json)
			fm_cli_json(json_pack("{s:s, s:s}", "slot", slots[i].name, "port",
					      slots[i].place),
				    "slot");
		else
			printf("%-32s slot %s\n", slots[i].place, slots[i].name);
	}
	return true;
}

bool fm_cli_ports_list(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE struct fm_added_port *ports = NULL;
	size_t count = 0;

	if (!fm_cli_store(cli, false, err) || !fm_store_ports(cli->store, &ports, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (cli->options.json)
			fm_cli_json(json_pack("{s:s, s:s}", "port", ports[i].path, "model",
					      ports[i].model),
				    "port");
		else
			printf("%-32s %s\n", ports[i].path, ports[i].model);
	}
	return ports_list_slots(cli, err);
}

/* What a person calls it, without the prefixes that -d knows: "/dev/ttyUSB0", "usb 1-1.4". */
static void ports_plain(const char *text, char *ret, size_t size)
{
	bool usb;

	if (strncmp(text, "port:", 5) == 0)
		text += 5;
	usb = strncmp(text, "usb:", 4) == 0 || strncmp(text, "usb ", 4) == 0;
	if (usb)
		text += 4;
	/* "1-1.4" alone, too */
	snprintf(ret, size, "%s%s", usb || (*text >= '0' && *text <= '9') ? "usb " : "", text);
}

static bool ports_same(const char *a, const char *b)
{
	FM_FREE char *real_a = realpath(a, NULL);
	FM_FREE char *real_b = realpath(b, NULL);

	return strcmp(a, b) == 0 || (real_a && real_b && strcmp(real_a, real_b) == 0);
}

static bool ports_unknown(const char *path, const struct fm_seen *seen, size_t count,
			  struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };

	for (size_t i = 0; i < count; i++)
		fm_text_addf(&list, "%s%s", i ? ", " : "", seen[i].path);
	fm_fail(err, FM_NO_UNIT, "there is no port %s (there are: %s)", path,
		list.len ? list.data : "none");
	return fm_hint(err, "a port on USB can be named while nothing is there, as usb:1-1.4; "
			    "'flashmend ports add' adds one that the system does not list");
}

/* What lasts of the port that is named. One on USB may be empty now. */
static bool ports_place(struct fm_cli *cli, const char *text, char ret[256], struct fm_error *err)
{
	FM_FREE struct fm_seen *seen = NULL;
	char plain[256];
	size_t count;

	ports_plain(text, plain, sizeof(plain));
	if (strncmp(plain, "usb ", 4) == 0) {
		/* bus, "-", ports from hub to hub; perhaps ":" and the interface */
		if (strspn(plain + 4, "0123456789.-:") == strlen(plain + 4) &&
		    strchr(plain + 4, '-')) {
			fm_text_copy(ret, 256, plain);
			return true;
		}
		return fm_fail(err, FM_USAGE, "'%s' is no place on USB: write usb:1-1.4", text);
	}
	if (!fm_cli_scan(cli, &seen, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!ports_same(seen[i].path, plain))
			continue;
		fm_scan_place(&seen[i], ret);
		return true;
	}
	return ports_unknown(plain, seen, count, err);
}

bool fm_cli_ports_label(struct fm_cli *cli, struct fm_error *err)
{
	char place[256];

	if (cli->argc < 2)
		return fm_fail(err, FM_USAGE, "'ports label' needs a port and a name");
	if (!fm_cli_store(cli, true, err) || !ports_place(cli, cli->argv[0], place, err) ||
	    !fm_store_slot_set(cli->store, place, cli->argv[1], err))
		return false;
	fm_cli_message(cli, "slot %s is %s", cli->argv[1], place);
	return true;
}

bool fm_cli_ports_unlabel(struct fm_cli *cli, struct fm_error *err)
{
	char place[256];
	struct fm_error not_a_port;

	if (cli->argc < 1)
		return fm_fail(err, FM_USAGE, "'ports unlabel' needs a port or a slot's name");
	if (!fm_cli_store(cli, true, err))
		return false;
	if (fm_store_slot_remove(cli->store, cli->argv[0], err))
		return true;
	return err->code == FM_USAGE && ports_place(cli, cli->argv[0], place, &not_a_port) &&
	       fm_store_slot_remove(cli->store, place, err);
}

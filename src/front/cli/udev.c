/*
 * Rules for udev, made from the definitions: who sits at the computer may open units by USB, and
 * ModemManager leaves them alone. Bridges that serve any board (FT232, CH340, CP2102) have no
 * definition and get no rule. Those are also all that brltty claims, which no earlier rule could
 * prevent: its own file sets its variable again.
 */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* One device in a mode. The condition is all that tells two of them apart. */
struct udev_rule {
	const char *vendor;
	char condition[256];
};

static int udev_by_condition(const void *a, const void *b)
{
	const struct udev_rule *one = a, *other = b;
	int order = strcmp(one->condition, other->condition);

	return order ? order : strcmp(one->vendor, other->vendor);
}

static int udev_by_vendor(const void *a, const void *b)
{
	const struct udev_rule *one = a, *other = b;
	int order = strcmp(one->vendor, other->vendor);

	return order ? order : strcmp(one->condition, other->condition);
}

/* ":fe0102:" as a glob, in the list of interfaces that udev keeps of a device. */
static void udev_interfaces(const struct fm_usb_match *match, char *ret, size_t size)
{
	const int codes[] = { match->class_code, match->subclass, match->protocol };
	FM_TEXT_DONE struct fm_text text = { 0 };

	for (size_t i = 0; i < FM_COUNT(codes); i++) {
		if (codes[i] < 0)
			fm_text_add(&text, "??");
		else
			fm_text_addf(&text, "%02x", (unsigned)codes[i]);
	}
	snprintf(ret, size, "ENV{DEVTYPE}==\"usb_device\", ENV{ID_USB_INTERFACES}==\"*:%s:*\"",
		 text.data);
}

/* False: nothing that udev could tell by, as a volume that is opened as a file. */
static bool udev_condition(const struct fm_usb_match *match, char *ret, size_t size)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	if (match->vid < 0) {
		if (match->class_code < 0)
			return false;
		udev_interfaces(match, ret, size);
		return true;
	}
	fm_text_addf(&text, "ATTRS{idVendor}==\"%04x\", ATTRS{idProduct}==\"%04x\"",
		     (unsigned)match->vid, (unsigned)match->pid);
	if (match->release >= 0)
		fm_text_addf(&text, ", ATTRS{bcdDevice}==\"%04x\"", (unsigned)match->release);
	if (*match->product)
		fm_text_addf(&text, ", ATTRS{product}==\"%s\"", match->product);
	snprintf(ret, size, "%s", text.data);
	return true;
}

static size_t udev_collect(const struct fm_catalog *catalog, struct udev_rule *rules)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < fm_catalog_count(catalog); i++) {
		const struct fm_entry *entry = fm_catalog_entry(catalog, i);

		for (size_t k = 0; k < entry->usb_count && !entry->overridden; k++) {
			rules[count].vendor = entry->vendor;
			count += udev_condition(&entry->usb[k], rules[count].condition,
						sizeof(rules[count].condition));
		}
	}
	if (count == 0)
		return 0;
	qsort(rules, count, sizeof(*rules), udev_by_condition);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(rules[i].condition, rules[kept].condition) != 0)
			rules[++kept] = rules[i];
	}
	qsort(rules, kept + 1, sizeof(*rules), udev_by_vendor);
	return kept + 1;
}

/* A name from a definition must not end the line. */
static void udev_comment(struct fm_text *text, const char *vendor)
{
	fm_text_add(text, "\n# ");
	for (; *vendor; vendor++)
		fm_text_addf(text, "%c", (unsigned char)*vendor < ' ' ? ' ' : *vendor);
	fm_text_add(text, "\n");
}

bool fm_cli_udev_rules(struct fm_cli *cli, struct fm_text *ret, struct fm_error *err)
{
	FM_FREE struct udev_rule *rules = NULL;
	size_t count = 0;

	if (!fm_cli_catalog(cli, err))
		return false;
	for (size_t i = 0; i < fm_catalog_count(cli->catalog); i++)
		count += fm_catalog_entry(cli->catalog, i)->usb_count;
	rules = calloc(count + 1, sizeof(*rules));
	if (!rules)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the rules");
	count = udev_collect(cli->catalog, rules);
	fm_text_add(ret, "# Units that flashmend knows, for udev. Made by 'flashmend catalog "
			 "udev'; not to be edited.\n"
			 "ACTION==\"remove\", GOTO=\"flashmend_end\"\n"
			 "SUBSYSTEM!=\"usb|tty\", GOTO=\"flashmend_end\"\n");
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(rules[i].vendor, rules[i - 1].vendor) != 0)
			udev_comment(ret, rules[i].vendor);
		fm_text_addf(ret, "%s, TAG+=\"uaccess\", ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n",
			     rules[i].condition);
	}
	fm_text_add(ret, "\nLABEL=\"flashmend_end\"\n");
	return true;
}

bool fm_cli_catalog_udev(struct fm_cli *cli, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text rules = { 0 };

	if (!fm_cli_udev_rules(cli, &rules, err))
		return false;
	fputs(rules.data, stdout);
	return true;
}

size_t fm_cli_udev_missing(const char *rules, const char *installed, size_t *ret_count)
{
	FM_FREE char *copy = strdup(rules);
	size_t missing = 0;
	char *rest = copy;

	*ret_count = 0;
	for (char *line; (line = strsep(&rest, "\n"));) {
		size_t len = strlen(line);
		const char *at = installed;

		if (len == 0 || *line == '#')
			continue;
		(*ret_count)++;
		while ((at = strstr(at, line)) &&
		       ((at > installed && at[-1] != '\n') || (at[len] != '\n' && at[len])))
			at += len;
		missing += !at;
	}
	return missing;
}

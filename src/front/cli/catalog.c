/* Device definitions: list, show, lint. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *catalog_kind(enum fm_device_kind kind)
{
	static const char *const names[] = { [FM_DEVICE_BOARD] = "board",
					     [FM_DEVICE_CHIP] = "chip",
					     [FM_DEVICE_FAMILY] = "family" };

	return names[kind];
}

static int catalog_compare(const void *a, const void *b)
{
	const struct fm_entry *left = *(const struct fm_entry *const *)a;
	const struct fm_entry *right = *(const struct fm_entry *const *)b;

	return strcmp(left->id, right->id);
}

bool fm_cli_catalog_list(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE const struct fm_entry **entries = NULL;
	size_t count = 0;

	if (!fm_cli_catalog(cli, err))
		return false;
	entries = calloc(fm_catalog_count(cli->catalog) + 1, sizeof(*entries));
	if (!entries)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of definitions");
	for (size_t i = 0; i < fm_catalog_count(cli->catalog); i++) {
		const struct fm_entry *entry = fm_catalog_entry(cli->catalog, i);

		if (!entry->overridden)
			entries[count++] = entry;
	}
	qsort(entries, count, sizeof(*entries), catalog_compare);
	for (size_t i = 0; i < count; i++) {
		const struct fm_entry *entry = entries[i];

		if (cli->options.json)
			fm_cli_json(json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", entry->id, "kind",
					      catalog_kind(entry->kind), "vendor", entry->vendor,
					      "name", entry->name, "user", entry->user),
				    "definition");
		else
			printf("%-22s %-7s %-20s %s%s\n", entry->id, catalog_kind(entry->kind),
			       entry->vendor, entry->name, entry->user ? "  (yours)" : "");
	}
	return true;
}

static void catalog_print_runs(const struct fm_region *region)
{
	for (size_t i = 0; i < region->run_count; i++)
		printf("%s%" PRIu32 " x %" PRIu32, i ? ", " : ", erase ", region->runs[i].count,
		       region->runs[i].size);
}

static void catalog_print_loader(const struct fm_loader *loader)
{
	printf("boot loader  %s: protocol %s, %u baud, %u%c%u", loader->name, loader->protocol,
	       loader->line.baud, loader->line.data_bits, "NEO"[loader->line.parity],
	       loader -> line.stop_bits);
	printf("%s%s\n", *loader->chip_name ? ", chip " : ", the chip says what it is",
	       loader->chip_name);
	for (size_t i = 0; i < loader->memory.count; i++) {
		const struct fm_region *region = &loader->memory.regions[i];

		printf("  %-12s %-7s 0x%08" PRIx64 "-0x%08" PRIx64 "  %s", region->name,
		       fm_space_name(region->range.space), region->range.addr,
		       region->range.addr + region->range.len - 1,
		       fm_cli_region_use(region->flags));
		catalog_print_runs(region);
		putchar('\n');
	}
}

static void catalog_print(const struct fm_device *device, const struct fm_entry *entry)
{
	printf("id           %s%s\nkind         %s\nname         %s %s\ndefined in   %s:%d\n",
	       device->id, device->user ? "  (yours)" : "", catalog_kind(device->kind),
	       device->vendor, device->name, device->file, device->line);
	for (size_t i = 0; i < entry->alias_count; i++)
		printf("also called  %s\n", entry->aliases[i]);
	for (size_t i = 0; i < device->usb_count; i++)
		printf("usb          %04x:%04x\n", device->usb[i].vid, device->usb[i].pid);
	for (size_t i = 0; i < device->loader_count; i++)
		catalog_print_loader(&device->loaders[i]);
	printf("version      %s\n",
	       device->question ? "the application is asked" : "can't be asked");
	if (device->identify_only)
		printf("ATTENTION    can be identified only, never written\n");
	if (device->unknown)
		printf("not known    %s\n", device->unknown);
}

static json_t *catalog_json_regions(const struct fm_memory *memory)
{
	json_t *regions = json_array();

	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *region = &memory->regions[i];

		json_array_append_new(regions,
				      json_pack("{s:s, s:s, s:I, s:I, s:s}", "name", region->name,
						"space", fm_space_name(region->range.space),
						"address", (json_int_t)region->range.addr, "size",
						(json_int_t)region->range.len, "use",
						fm_cli_region_use(region->flags)));
	}
	return regions;
}

static json_t *catalog_json(const struct fm_device *device)
{
	json_t *loaders = json_array();

	for (size_t i = 0; i < device->loader_count; i++) {
		const struct fm_loader *loader = &device->loaders[i];

		json_array_append_new(loaders,
				      json_pack("{s:s, s:s, s:i, s:s, s:o}", "name", loader->name,
						"protocol", loader->protocol, "baud",
						(int)loader->line.baud, "chip", loader->chip_name,
						"regions", catalog_json_regions(&loader->memory)));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:o}", "id", device->id, "kind",
			 catalog_kind(device->kind), "vendor", device->vendor, "name", device->name,
			 "file", device->file, "line", device->line, "user", device->user,
			 "identify_only", device->identify_only, "loaders", loaders);
}

bool fm_cli_catalog_show(struct fm_cli *cli, struct fm_error *err)
{
	FM_DEVICE_DONE struct fm_device device = { 0 };

	if (cli->argc < 1)
		return fm_fail(err, FM_USAGE, "which one? 'flashmend catalog list' shows all");
	if (!fm_cli_catalog(cli, err) || !fm_catalog_load(cli->catalog, cli->argv[0], &device, err))
		return false;
	if (cli->options.json)
		fm_cli_json(catalog_json(&device), "definition");
	else
		catalog_print(&device, fm_catalog_find(cli->catalog, cli->argv[0]));
	return true;
}

static void catalog_report(const char *finding, void *user)
{
	const struct fm_cli *cli = user;

	if (cli->options.json)
		fm_cli_json(json_pack("{s:s}", "text", finding), "finding");
	else
		puts(finding);
}

bool fm_cli_catalog_lint(struct fm_cli *cli, struct fm_error *err)
{
	int bad = 0;

	if (cli->argc < 1)
		return fm_fail(err, FM_USAGE, "which file?");
	if (!fm_cli_catalog(cli, err))
		return false;
	for (int i = 0; i < cli->argc; i++)
		bad += !fm_catalog_lint(cli->catalog, cli->argv[i], catalog_report, cli);
	if (bad)
		return fm_fail(err, FM_DEFINITION, "%d of %d files are wrong", bad, cli->argc);
	fm_cli_message(cli, "%d file%s without a finding", cli->argc, cli->argc == 1 ? "" : "s");
	return true;
}

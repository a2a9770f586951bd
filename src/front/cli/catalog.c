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

static void catalog_code(int code)
{
	if (code < 0)
		printf("xx");
	else
		printf("%02x", (unsigned)code);
}

static void catalog_print_usb(const struct fm_usb_match *match)
{
	printf("usb          %-11s ", fm_mode_name(match->mode));
	if (match->vid < 0)
		printf("any unit");
	else
		printf("%04x:%04x", (unsigned)match->vid, (unsigned)match->pid);
	if (match->release >= 0)
		printf(", release %04x", (unsigned)match->release);
	if (match->class_code >= 0 || match->subclass >= 0 || match->protocol >= 0) {
		printf(", interface ");
		catalog_code(match->class_code);
		catalog_code(match->subclass);
		catalog_code(match->protocol);
	}
	if (*match->product)
		printf(", product '%s'", match->product);
	if (*match->volume)
		printf(", volume '%s'", match->volume);
	if (match->release_is_version)
		printf(", its release is the version");
	if (match->serial_is_shared)
		printf(", its serial number tells no unit");
	printf("%s\n", match->program_is_any ? ", other programs look otherwise" : "");
}

static void catalog_print_lines(const struct fm_step *step)
{
	printf("lines");
	if (step->lines & FM_LINE_DTR)
		printf(" dtr %s", step->on & FM_LINE_DTR ? "on" : "off");
	if (step->lines & FM_LINE_RTS)
		printf(" rts %s", step->on & FM_LINE_RTS ? "on" : "off");
	putchar('\n');
}

static void catalog_print_request(const struct fm_step *step)
{
	printf("request 0x%02x 0x%02x value 0x%04x to interface ", step->request_type,
	       step->request, step->value);
	catalog_code(step->class_code);
	catalog_code(step->subclass);
	catalog_code(step->protocol);
	putchar('\n');
}

static void catalog_print_step(const struct fm_step *step)
{
	switch (step->kind) {
	case FM_STEP_LINES:
		catalog_print_lines(step);
		break;
	case FM_STEP_WAIT:
		printf("wait %u ms\n", step->ms);
		break;
	case FM_STEP_BREAK:
		printf("break of %u ms\n", step->ms);
		break;
	case FM_STEP_SEND:
		printf("send");
		for (size_t i = 0; i < step->data_len; i++)
			printf(" %02x", step->data[i]);
		putchar('\n');
		break;
	case FM_STEP_DISCARD:
		printf("discard what came in\n");
		break;
	case FM_STEP_ASK:
		printf("ask: %s\n", step->text);
		break;
	case FM_STEP_TOUCH:
		printf("touch its port with %u baud\n", step->baud);
		break;
	case FM_STEP_DETACH:
		printf("DFU detach%s\n", step->force ? ", bit 8 of wIndex set" : "");
		break;
	case FM_STEP_REQUEST:
		catalog_print_request(step);
		break;
	case FM_STEP_REAPPEAR:
		printf("wait until it is there in the mode %s, %u ms at most\n",
		       fm_mode_name(step->mode), step->within_ms);
		break;
	}
}

static void catalog_print_steps(const char *when, const struct fm_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		printf("  %-10s ", i == 0 ? when : "");
		catalog_print_step(&steps->steps[i]);
	}
}

static void catalog_print_wire(const struct fm_loader *loader)
{
	if (loader->wire == FM_WIRE_SERIAL)
		printf("%u baud, %u%c%u", loader->line.baud, loader->line.data_bits,
		       "NEO"[loader->line.parity], loader -> line.stop_bits);
	else
		printf("%s in the mode %s", loader->wire == FM_WIRE_USB ? "USB" : "volume",
		       fm_mode_name(loader->mode));
}

static void catalog_print_loader(const struct fm_loader *loader)
{
	printf("boot loader  %s: protocol %s, ", loader->name, loader->protocol);
	catalog_print_wire(loader);
	if (*loader->chip_name)
		printf(", chip %s\n", loader->chip_name);
	else
		printf(", %s\n",
		       loader->memory.count > 0 ? "of this memory" : "the unit says what it is");
	for (size_t i = 0; i < loader->family_count; i++)
		printf("  %-10s 0x%08" PRIX32 "\n", i == 0 ? "families" : "", loader->families[i]);
	catalog_print_steps("enter", &loader->enter);
	catalog_print_steps("leave", &loader->leave);
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
		catalog_print_usb(&device->usb[i]);
	for (size_t i = 0; i < device->package_count; i++)
		printf("packages     for %s%s%s%s%s%s\n", device->packages[i].guid,
		       device->packages[i].instance_id,
		       *device->packages[i].revision ? ", revision " : "",
		       device->packages[i].revision, *device->packages[i].region ? ", region " : "",
		       device->packages[i].region);
	for (size_t i = 0; i < device->loader_count; i++)
		catalog_print_loader(&device->loaders[i]);
	printf("version      %s\n",
	       device->question ? "the application is asked" : "can't be asked");
	if (device->blink)
		printf("blink        in its %s, for %u s\n", fm_mode_name(device->blink->mode),
		       (device->blink->for_ms + 999) / 1000);
	if (device->region_question)
		printf("region       the application is asked\n");
	for (size_t i = 0; i < device->post_check_count; i++)
		printf("post-check   %s: '%s' within %u ms\n", device->post_checks[i].name,
		       device->post_checks[i].question.expect,
		       device->post_checks[i].question.within_ms);
	for (size_t i = 0; i < device->person_question_count; i++)
		printf("asks before  %s: %s (%s)\n", device->person_questions[i].id,
		       device->person_questions[i].text, device->person_questions[i].answer);
	if (device->signing != FM_SIGNING_IGNORE)
		printf("signature    %s\n", fm_signing_name(device->signing));
	if (device->downgrade_allowed)
		printf("downgrade    allowed\n");
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

/* Numbers that say "any" are left out. */
static json_t *catalog_json_usb(const struct fm_device *device)
{
	json_t *list = json_array();

	for (size_t i = 0; i < device->usb_count; i++) {
		const struct fm_usb_match *match = &device->usb[i];
		const struct {
			const char *name;
			int value;
		} numbers[] = {
			{ "vid", match->vid },           { "pid", match->pid },
			{ "release", match->release },   { "class", match->class_code },
			{ "subclass", match->subclass }, { "protocol", match->protocol },
		};
		json_t *one = json_pack(
			"{s:s, s:s, s:s, s:b, s:b, s:b}", "mode", fm_mode_name(match->mode),
			"product", match->product, "volume", match->volume, "release_is_version",
			match->release_is_version, "serial_is_shared", match->serial_is_shared,
			"program_is_any", match->program_is_any);

		for (size_t k = 0; k < FM_COUNT(numbers); k++) {
			if (numbers[k].value >= 0)
				json_object_set_new(one, numbers[k].name,
						    json_integer(numbers[k].value));
		}
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *catalog_json_loader(const struct fm_loader *loader)
{
	static const char *const wires[] = {
		[FM_WIRE_SERIAL] = "serial", [FM_WIRE_USB] = "usb", [FM_WIRE_VOLUME] = "volume"
	};
	json_t *families = json_array();

	for (size_t i = 0; i < loader->family_count; i++)
		json_array_append_new(families, json_integer(loader->families[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o}", "name", loader->name,
			 "protocol", loader->protocol, "wire", wires[loader->wire], "mode",
			 fm_mode_name(loader->mode), "baud", (int)loader->line.baud, "chip",
			 loader->chip_name, "uf2_families", families, "regions",
			 catalog_json_regions(&loader->memory));
}

static json_t *catalog_json_post_checks(const struct fm_device *device)
{
	json_t *list = json_array();

	for (size_t i = 0; i < device->post_check_count; i++) {
		const struct fm_post_check *check = &device->post_checks[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "name", check->name,
						      "expect", check->question.expect, "within_ms",
						      (int)check->question.within_ms));
	}
	return list;
}

static json_t *catalog_json_person(const struct fm_device *device)
{
	json_t *list = json_array();

	for (size_t i = 0; i < device->person_question_count; i++) {
		const struct fm_person_question *question = &device->person_questions[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", question->id, "text",
						      question->text, "answer", question->answer));
	}
	return list;
}

static json_t *catalog_json(const struct fm_device *device)
{
	json_t *loaders = json_array(), *packages = json_array(), *object;

	for (size_t i = 0; i < device->loader_count; i++)
		json_array_append_new(loaders, catalog_json_loader(&device->loaders[i]));
	for (size_t i = 0; i < device->package_count; i++)
		json_array_append_new(packages,
				      json_string(*device->packages[i].guid
							  ? device->packages[i].guid
							  : device->packages[i].instance_id));
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:s, s:b, s:o, s:o, s:o}",
			   "id", device->id, "kind", catalog_kind(device->kind), "vendor",
			   device->vendor, "name", device->name, "file", device->file, "line",
			   device->line, "user", device->user, "identify_only",
			   device->identify_only, "signature", fm_signing_name(device->signing),
			   "downgrade_allowed", device->downgrade_allowed, "packages", packages,
			   "usb", catalog_json_usb(device), "loaders", loaders);
	json_object_set_new(object, "post_checks", catalog_json_post_checks(device));
	json_object_set_new(object, "questions", catalog_json_person(device));
	return object;
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

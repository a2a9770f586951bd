/* What a firmware file says of itself, and what lies in the library. */
#include "front/cli/package.h"

#include "base/scope.h"
#include "base/text.h"
#include "image/uf2_family.h"
#include "job/verdict_unit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines of a text behind a label, each at the same column. */
static void package_lines(const char *label, const char *text)
{
	for (;;) {
		int len = (int)strcspn(text, "\n");

		printf("%-13s %.*s\n", label, len, text);
		label = "";
		text += len;
		if (!*text)
			return;
		text++;
	}
}

static void package_line(const char *label, const char *text)
{
	if (*text)
		package_lines(label, text);
}

static void package_print_target(const struct fm_image_target *target)
{
	static const uint16_t any = 0xffff;

	if (!target->has_usb)
		return;
	printf("for           USB ");
	if (target->vid == any)
		printf("any vendor");
	else
		printf("%04x", target->vid);
	if (target->pid == any)
		printf(", any product");
	else
		printf(":%04x", target->pid);
	if (target->release != any)
		printf(", release %04x", target->release);
	printf("  (DFU suffix)\n");
}

static void package_print_image(const struct fm_image *image)
{
	FM_TEXT_DONE struct fm_text families = { 0 };

	printf("format        %s%s\n", image->format, image->compressed ? ", gzipped" : "");
	package_print_target(&image->usb);
	if (image->family_count) {
		fm_uf2_family_list(&families, image->families, image->family_count);
		package_line("for chips", families.data);
	}
	package_line("for chip", image->chip_id);
	package_line("version", image->version);
	package_line("description", image->description);
	package_line("note", image->note);
	if (image->has_entry)
		printf("entry         0x%08" PRIx64 "\n", image->entry);
	if (image->page_len)
		printf("flash page    %" PRIu32 " bytes\n", image->page_len);
	for (size_t i = 0; i < image->count; i++) {
		const struct fm_segment *segment = &image->segments[i];

		printf("segment       %-7s 0x%08" PRIx64 "-0x%08" PRIx64 "  %" PRIu64 " bytes%s\n",
		       fm_space_name(segment->range.space), segment->range.addr,
		       segment->range.addr + segment->range.len - 1, segment->range.len,
		       image->floating ? ", has no address of its own" : "");
	}
}

/* A payload that no reader knows is still shown: why it can't be written is part of what there is
 * to know. */
static void package_print_payload(const struct fm_package *package,
				  const struct fm_release *release)
{
	FM_IMAGE_DONE struct fm_image image;
	struct fm_error err;

	if (fm_package_image(package, release, NULL, &image, &err))
		package_print_image(&image);
	else
		printf("ATTENTION     cannot be written: %s\n", err.text);
}

static void package_print_release(const struct fm_package *package,
				  const struct fm_component *component,
				  const struct fm_release *release)
{
	static const char *const proofs[] = {
		[FM_PAYLOAD_NAME] = "by its name alone: no checksum",
		[FM_PAYLOAD_WEAK] = "proved by SHA-1",
		[FM_PAYLOAD_PROVED] = "proved by its checksum",
	};

	printf("\nrelease       %s (%s)\n", release->version,
	       fm_version_format_name(component->format));
	package_line("date", release->date);
	if (release->urgency != FM_URGENCY_UNKNOWN)
		printf("urgency       %s\n", fm_urgency_name(release->urgency));
	if (release->install_s)
		printf("takes         %u s\n", release->install_s);
	if (release->notes.data)
		package_line("notes", release->notes.data);
	if (!release->payload) {
		printf("ATTENTION     %s\n", release->problem);
		return;
	}
	printf("payload       %s, %zu bytes, %s\n", release->payload->name, release->payload->len,
	       proofs[release->proof]);
	package_print_payload(package, release);
}

static void package_print_component(const struct fm_package *package,
				    const struct fm_component *component)
{
	printf("\nid            %s\n", component->id);
	printf("name          %s%s%s\n", component->name, *component->variant ? " " : "",
	       component->variant);
	package_line("summary", component->summary);
	package_line("made by", component->developer);
	package_line("licence", component->licence);
	package_line("home page", component->url);
	package_line("message", component->message);
	package_line("protocol", component->protocol);
	if (component->description.data)
		package_line("description", component->description.data);
	for (size_t i = 0; i < component->guid_count; i++)
		printf("for GUID      %s\n", component->guids[i]);
	if (component->guid_count == 0)
		printf("ATTENTION     names no GUID: it is for no unit\n");
	for (size_t i = 0; i < component->requirement_count; i++) {
		const struct fm_requirement *requirement = &component->requirements[i];

		printf("requires      %s%s\n", requirement->text,
		       requirement->kind == FM_REQUIRE_UNKNOWN ? "  (not known: BLOCKED)" : "");
	}
	for (size_t i = 0; i < component->release_count; i++)
		package_print_release(package, component, &component->releases[i]);
}

static void package_print(const struct fm_package *package)
{
	printf("file          %s\nkind          %s\n", package->name, package->kind);
	if (package->data)
		printf("size          %" PRIu64 " bytes\n", package->file_len);
	package_line("sha256", package->sha256);
	for (size_t i = 0; i < package->archive.count; i++)
		printf("holds         %s, %zu bytes\n", package->archive.members[i].name,
		       package->archive.members[i].len);
	for (size_t i = 0; i < package->component_count; i++)
		package_print_component(package, &package->components[i]);
}

bool fm_cli_package_inspect(struct fm_cli *cli, struct fm_error *err)
{
	FM_PACKAGE_DONE struct fm_package package;
	FM_IMAGE_DONE struct fm_image image;
	struct fm_image_options options = { .format = cli->options.format };

	fm_package_init(&package);
	fm_image_init(&image);
	if (cli->argc < 1)
		return fm_fail(err, FM_USAGE, "which file?");
	if (!fm_package_load(cli->argv[0], &package, err))
		return false;
	if (package.bare && !fm_package_image(&package, NULL, &options, &image, err))
		return false;
	if (cli->options.json) {
		fm_cli_json(fm_cli_package_json(&package, package.bare ? &image : NULL), "package");
		return true;
	}
	package_print(&package);
	if (package.bare)
		package_print_image(&image);
	return true;
}

/* One line each: the newest release that can be used, or why there is none. */
static void package_list_one(const struct fm_library_entry *entry)
{
	if (!entry->kind) {
		printf("%-28s E%d %s\n", entry->name, fm_error_info(entry->error.code)->number,
		       entry->error.text);
		return;
	}
	for (size_t i = 0; i < entry->component_count; i++) {
		const struct fm_component *component = &entry->components[i];
		const struct fm_release *release;
		struct fm_error err;

		if (fm_component_choose(component, NULL, &release, &err))
			printf("%-28s %-12s %-10s %s %s\n", entry->name, release->version,
			       fm_cli_or_dash(release->date), component->developer,
			       component->name);
	}
	if (entry->component_count == 0)
		printf("%-28s %-12s %-10s a bare file (%s), which does not say what it is for\n",
		       entry->name, "-", "-", entry->format);
}

static bool package_is_for(const struct fm_library_entry *entry, const struct fm_device *device)
{
	return fm_component_for_model(entry->components, entry->component_count, device);
}

bool fm_cli_package_list(struct fm_cli *cli, struct fm_error *err)
{
	FM_LIBRARY_DONE struct fm_library library = { 0 };
	FM_DEVICE_DONE struct fm_device device = { 0 };
	char path[512];
	const char *folder = cli->argc ? cli->argv[0] : path;

	fm_cli_data_path(path, sizeof(path), "packages");
	if (!cli->argc && access(folder, F_OK) != 0 && errno == ENOENT) {
		fm_cli_message(cli, "no library yet: put packages into %s", folder);
		return true;
	}
	if (cli->options.model &&
	    (!fm_cli_catalog(cli, err) ||
	     !fm_catalog_load(cli->catalog, cli->options.model, &device, err)))
		return false;
	if (!fm_library_read(folder, &library, err))
		return false;
	for (size_t i = 0; i < library.count; i++) {
		if (cli->options.model && !package_is_for(&library.entries[i], &device))
			continue;
		if (cli->options.json)
			fm_cli_json(fm_cli_library_json(&library.entries[i]), "library");
		else
			package_list_one(&library.entries[i]);
	}
	if (library.count == 0)
		fm_cli_message(cli, "the library %s is empty", folder);
	return true;
}

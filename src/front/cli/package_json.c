/* Packages as JSON. What is not said is left out. */
#include "front/cli/package.h"

#include "base/scope.h"

static void package_json_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

static void package_json_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static json_t *package_json_target(const struct fm_image_target *target)
{
	const struct {
		const char *name;
		uint16_t value;
	} numbers[] = { { "vid", target->vid },
			{ "pid", target->pid },
			{ "release", target->release } };
	json_t *object = json_object();

	for (size_t i = 0; i < FM_COUNT(numbers); i++) {
		if (numbers[i].value != 0xffff)
			package_json_number(object, numbers[i].name, numbers[i].value);
	}
	return object;
}

static json_t *package_json_image(const struct fm_image *image)
{
	json_t *segments = json_array(), *families = json_array();
	json_t *object =
		json_pack("{s:s, s:b, s:b, s:s}", "format", image->format, "gzipped",
			  image->compressed, "floating", image->floating, "sha256", image->sha256);

	for (size_t i = 0; i < image->count; i++) {
		const struct fm_segment *segment = &image->segments[i];
		json_t *one = json_pack(
			"{s:s, s:I, s:I}", "space", fm_space_name(segment->range.space), "address",
			(json_int_t)segment->range.addr, "size", (json_int_t)segment->range.len);

		if (image->family_count)
			package_json_number(one, "family", segment->family);
		json_array_append_new(segments, one);
	}
	for (size_t i = 0; i < image->family_count; i++)
		json_array_append_new(families, json_integer(image->families[i]));
	json_object_set_new(object, "segments", segments);
	if (image->family_count)
		json_object_set_new(object, "uf2_families", families);
	else
		json_decref(families);
	if (image->usb.has_usb)
		json_object_set_new(object, "usb", package_json_target(&image->usb));
	if (image->has_entry)
		package_json_number(object, "entry", image->entry);
	if (image->page_len)
		package_json_number(object, "flash_page", image->page_len);
	package_json_text(object, "chip_id", image->chip_id);
	package_json_text(object, "version", image->version);
	package_json_text(object, "description", image->description);
	package_json_text(object, "note", image->note);
	return object;
}

static json_t *package_json_checksums(const struct fm_release *release)
{
	json_t *list = json_array();

	for (size_t i = 0; i < release->checksum_count; i++) {
		const struct fm_checksum *checksum = &release->checksums[i];
		json_t *one = json_pack("{s:s}", "of", checksum->target);

		package_json_text(one, "file", checksum->file);
		if (*checksum->value) {
			package_json_text(one, "type",
					  fm_digest_name(fm_digest_guess(checksum->value)));
			package_json_text(one, "value", checksum->value);
		}
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *package_json_payload(const struct fm_package *package,
				    const struct fm_release *release)
{
	FM_IMAGE_DONE struct fm_image image;
	json_t *object = json_pack("{s:s, s:I, s:s}", "file", release->payload->name, "size",
				   (json_int_t)release->payload->len, "proved_by",
				   fm_payload_proof_name(release->proof));
	struct fm_error err;

	if (fm_package_image(package, release, NULL, &image, &err))
		json_object_set_new(object, "image", package_json_image(&image));
	else
		package_json_text(object, "problem", err.text);
	return object;
}

static json_t *package_json_release(const struct fm_package *package,
				    const struct fm_release *release)
{
	json_t *object = json_pack("{s:s, s:s, s:o}", "version", release->version, "urgency",
				   fm_urgency_name(release->urgency), "checksums",
				   package_json_checksums(release));

	package_json_text(object, "date", release->date);
	package_json_text(object, "notes", release->notes.data);
	package_json_text(object, "location", release->location);
	package_json_text(object, "problem", release->problem);
	if (release->install_s)
		package_json_number(object, "install_seconds", release->install_s);
	if (release->payload)
		json_object_set_new(object, "payload", package_json_payload(package, release));
	return object;
}

static json_t *package_json_requirement(const struct fm_requirement *requirement)
{
	json_t *object =
		json_pack("{s:s, s:s}", "kind", fm_requirement_kind_name(requirement->kind), "text",
			  requirement->text);

	package_json_text(object, "compare", fm_compare_name(requirement->compare));
	package_json_text(object, "version", requirement->version);
	package_json_text(object, "subject", requirement->subject);
	return object;
}

static json_t *package_json_component(const struct fm_package *package,
				      const struct fm_component *component)
{
	json_t *guids = json_array(), *requirements = json_array(), *releases = json_array();
	json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", component->id, "source",
				   component->source, "version_format",
				   fm_version_format_name(component->format), "guids", guids,
				   "requires", requirements, "releases", releases);

	for (size_t i = 0; i < component->guid_count; i++)
		json_array_append_new(guids, json_string(component->guids[i]));
	for (size_t i = 0; i < component->requirement_count; i++)
		json_array_append_new(requirements,
				      package_json_requirement(&component->requirements[i]));
	for (size_t i = 0; i < component->release_count; i++)
		json_array_append_new(releases,
				      package_json_release(package, &component->releases[i]));
	package_json_text(object, "name", component->name);
	package_json_text(object, "variant", component->variant);
	package_json_text(object, "summary", component->summary);
	package_json_text(object, "developer", component->developer);
	package_json_text(object, "licence", component->licence);
	package_json_text(object, "url", component->url);
	package_json_text(object, "message", component->message);
	package_json_text(object, "protocol", component->protocol);
	package_json_text(object, "integrity", component->integrity);
	package_json_text(object, "description", component->description.data);
	return object;
}

json_t *fm_cli_package_json(const struct fm_package *package, const struct fm_image *image)
{
	json_t *members = json_array(), *components = json_array();
	json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "file", package->name, "kind",
				   package->kind, "members", members, "components", components);

	package_json_text(object, "sha256", package->sha256);
	if (package->data) {
		package_json_number(object, "size", package->file_len);
	}
	for (size_t i = 0; i < package->archive.count; i++)
		json_array_append_new(
			members, json_pack("{s:s, s:I}", "name", package->archive.members[i].name,
					   "size", (json_int_t)package->archive.members[i].len));
	for (size_t i = 0; i < package->component_count; i++)
		json_array_append_new(components,
				      package_json_component(package, &package->components[i]));
	if (image)
		json_object_set_new(object, "image", package_json_image(image));
	return object;
}

json_t *fm_cli_library_json(const struct fm_library_entry *entry)
{
	json_t *object = json_pack("{s:s}", "file", entry->name), *list = json_array();

	json_object_set_new(object, "components", list);
	if (!entry->kind) {
		package_json_number(object, "code",
				    (uint64_t)fm_error_info(entry->error.code)->number);
		package_json_text(object, "problem", entry->error.text);
		return object;
	}
	package_json_text(object, "format", entry->format);
	package_json_text(object, "sha256", entry->sha256);
	package_json_text(object, "kind", entry->kind);
	for (size_t i = 0; i < entry->component_count; i++) {
		const struct fm_component *component = &entry->components[i];
		json_t *guids = json_array();
		json_t *one = json_pack("{s:s, s:s, s:s, s:o}", "id", component->id, "name",
					component->name, "developer", component->developer, "guids",
					guids);
		const struct fm_release *release;
		struct fm_error err;

		for (size_t j = 0; j < component->guid_count; j++)
			json_array_append_new(guids, json_string(component->guids[j]));
		if (fm_component_choose(component, NULL, &release, &err)) {
			package_json_text(one, "version", release->version);
			package_json_text(one, "date", release->date);
			package_json_text(one, "urgency", fm_urgency_name(release->urgency));
		}
		json_array_append_new(list, one);
	}
	return object;
}

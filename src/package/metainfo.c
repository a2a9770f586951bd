/*
 * Read as fwupd reads it (the LVFS's documentation of metainfo files, AppStream's of components):
 * what is not known is passed over, because the format grows; but a requirement that is not known
 * is kept, because it may forbid the update.
 */
#include "package/metainfo.h"

#include "base/scope.h"
#include "package/private.h"
#include "package/xml.h"

#include <stdlib.h>
#include <string.h>

struct metainfo_reading {
	const char *name;
	struct fm_component *components;
	size_t count;
};

void fm_component_done(struct fm_component *component)
{
	for (size_t i = 0; i < component->release_count; i++)
		fm_text_done(&component->releases[i].notes);
	free(component->releases);
	fm_text_done(&component->description);
	*component = (struct fm_component){ 0 };
}

static bool metainfo_guids(const struct metainfo_reading *reading, const struct _xmlNode *node,
			   struct fm_component *component, struct fm_error *err)
{
	const struct _xmlNode *one =
		fm_package_xml_child(fm_package_xml_child(node, "provides"), "firmware");

	for (; one; one = fm_package_xml_next(one, "firmware")) {
		char type[24], text[64];

		fm_package_xml_attr(one, "type", type, sizeof(type));
		if (strcmp(type, "flashed") != 0)
			continue;
		if (component->guid_count == FM_METAINFO_GUIDS_MOST)
			return fm_package_xml_fail(reading->name, one, err,
						   "there are more than %d GUIDs",
						   FM_METAINFO_GUIDS_MOST);
		if (!fm_package_xml_copy(one, text, sizeof(text)) ||
		    !fm_guid_parse(text, component->guids[component->guid_count]))
			return fm_package_xml_fail(reading->name, one, err, "'%s' is no GUID",
						   text);
		component->guid_count++;
	}
	return true;
}

/* Several formats may be named: those before the last are for old versions of fwupd that do not
 * know it. */
static bool metainfo_format(const struct metainfo_reading *reading, const struct _xmlNode *node,
			    struct fm_component *component, struct fm_error *err)
{
	char name[32];

	fm_package_xml_copy(node, name, sizeof(name));
	if (fm_version_format_parse(name, &component->format)) {
		component->has_format = true;
		return true;
	}
	if (component->has_format)
		return true;
	fm_package_xml_fail(reading->name, node, err,
			    "the version format '%s' is not known, so versions can't be compared",
			    name);
	err->code = FM_PACKAGE_VERSION;
	return false;
}

static bool metainfo_custom(const struct metainfo_reading *reading, const struct _xmlNode *node,
			    struct fm_component *component, struct fm_error *err)
{
	const struct _xmlNode *value =
		fm_package_xml_child(fm_package_xml_child(node, "custom"), "value");

	for (; value; value = fm_package_xml_next(value, "value")) {
		char key[48];

		fm_package_xml_attr(value, "key", key, sizeof(key));
		if (strcmp(key, "LVFS::VersionFormat") == 0) {
			if (!metainfo_format(reading, value, component, err))
				return false;
		} else if (strcmp(key, "LVFS::UpdateProtocol") == 0) {
			fm_package_xml_copy(value, component->protocol,
					    sizeof(component->protocol));
		} else if (strcmp(key, "LVFS::DeviceIntegrity") == 0) {
			fm_package_xml_copy(value, component->integrity,
					    sizeof(component->integrity));
		} else if (strcmp(key, "LVFS::UpdateMessage") == 0) {
			fm_package_xml_copy(value, component->message, sizeof(component->message));
		}
	}
	return true;
}

/* Where no format is named: the one that all releases look like, else plain. */
static void metainfo_guess(struct fm_component *component)
{
	component->format = fm_version_guess(component->releases[0].version);
	for (size_t i = 1; i < component->release_count; i++) {
		if (fm_version_guess(component->releases[i].version) != component->format)
			component->format = FM_VERSION_PLAIN;
	}
}

/* Versions as people write them, newest first; of plain ones, and of equal ones, the file's order.
 */
static bool metainfo_versions(const struct metainfo_reading *reading,
			      struct fm_component *component, struct fm_error *err)
{
	if (!component->has_format)
		metainfo_guess(component);
	for (size_t i = 0; i < component->release_count; i++) {
		struct fm_release release = component->releases[i];
		size_t at = i;

		if (!fm_version_normal(component->releases[i].version, component->format,
				       release.version, err))
			return fm_context(err, "%s", reading->name);
		while (at > 0 &&
		       fm_version_compare(component->releases[at - 1].version, release.version,
					  component->format) == FM_ORDER_OLDER) {
			component->releases[at] = component->releases[at - 1];
			at--;
		}
		component->releases[at] = release;
	}
	return true;
}

static bool metainfo_component(const struct metainfo_reading *reading, const struct _xmlNode *node,
			       struct fm_component *component, struct fm_error *err)
{
	const struct _xmlNode *developer = fm_package_xml_child(node, "developer_name");
	char type[24];

	fm_package_xml_attr(node, "type", type, sizeof(type));
	if (strcmp(type, "firmware") != 0)
		return fm_package_xml_fail(reading->name, node, err,
					   "the component is of the type '%s', not firmware", type);
	fm_text_copy(component->source, sizeof(component->source), reading->name);
	if (!fm_package_xml_copy(fm_package_xml_child(node, "id"), component->id,
				 sizeof(component->id)) ||
	    !*component->id)
		return fm_package_xml_fail(reading->name, node, err,
					   "the component has no id, or one that is too long");
	if (!developer)
		developer = fm_package_xml_child(fm_package_xml_child(node, "developer"), "name");
	fm_package_xml_copy(developer, component->developer, sizeof(component->developer));
	fm_package_xml_copy(fm_package_xml_child(node, "name"), component->name,
			    sizeof(component->name));
	fm_package_xml_copy(fm_package_xml_child(node, "name_variant_suffix"), component->variant,
			    sizeof(component->variant));
	fm_package_xml_copy(fm_package_xml_child(node, "summary"), component->summary,
			    sizeof(component->summary));
	fm_package_xml_copy(fm_package_xml_child(node, "project_license"), component->licence,
			    sizeof(component->licence));
	fm_package_xml_copy(fm_package_xml_child(node, "url"), component->url,
			    sizeof(component->url));
	if (fm_package_xml_child(node, "description"))
		fm_package_xml_markup(fm_package_xml_child(node, "description"),
				      &component->description);
	return metainfo_guids(reading, node, component, err) &&
	       metainfo_custom(reading, node, component, err) &&
	       fm_requirements_read(reading->name, node, component, err) &&
	       fm_releases_read(reading->name, node, component, err) &&
	       metainfo_versions(reading, component, err);
}

/* One component, or a list of them. */
static bool metainfo_components(struct metainfo_reading *reading, const struct _xmlNode *root,
				struct fm_error *err)
{
	bool list = strcmp(fm_package_xml_name(root), "components") == 0;
	const struct _xmlNode *node = list ? fm_package_xml_child(root, "component") : root;

	if (!node || strcmp(fm_package_xml_name(node), "component") != 0)
		return fm_package_xml_fail(reading->name, root, err,
					   "is '%s', not the AppStream component that is expected",
					   fm_package_xml_name(root));
	for (; node; node = list ? fm_package_xml_next(node, "component") : NULL) {
		struct fm_component *components =
			reallocarray(reading->components, reading->count + 1, sizeof(*components));

		if (!components)
			return fm_fail(err, FM_NO_MEMORY, "no memory for the metainfo");
		reading->components = components;
		components[reading->count] = (struct fm_component){ 0 };
		if (!metainfo_component(reading, node, &components[reading->count++], err))
			return false;
	}
	return true;
}

bool fm_metainfo_parse(const char *name, const void *data, size_t len,
		       struct fm_component **ret_components, size_t *ret_count,
		       struct fm_error *err)
{
	FM_CLEANUP(fm_package_xml_free) struct _xmlDoc *doc = NULL;
	struct metainfo_reading reading = { .name = name };

	*ret_components = NULL;
	*ret_count = 0;
	if (len > FM_METAINFO_FILE_MOST)
		return fm_fail(err, FM_PACKAGE_METAINFO, "%s has more than %u KiB", name,
			       FM_METAINFO_FILE_MOST >> 10);
	doc = fm_package_xml_parse(name, data, len, err);
	if (!doc)
		return false;
	if (metainfo_components(&reading, fm_package_xml_root(doc), err)) {
		*ret_components = reading.components;
		*ret_count = reading.count;
		return true;
	}
	for (size_t i = 0; i < reading.count; i++)
		fm_component_done(&reading.components[i]);
	free(reading.components);
	return false;
}

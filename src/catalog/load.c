#include "catalog/load.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fm_load_file {
	struct fm_load_file *next;
	const char *path;             /* of a whole file, or NULL */
	const struct fm_entry *entry; /* of a single definition, or NULL */
	struct _xmlDoc *doc;          /* NULL: it could not be read */
};

void fm_load_done(struct fm_load *load)
{
	while (load->files) {
		struct fm_load_file *next = load->files->next;

		fm_xml_free(load->files->doc);
		free(load->files);
		load->files = next;
	}
}

static struct _xmlDoc *load_keep(struct fm_load *load, const char *path,
				 const struct fm_entry *entry, struct _xmlDoc *doc)
{
	struct fm_load_file *file = malloc(sizeof(*file));

	if (!file)
		abort();
	*file = (struct fm_load_file){ load->files, path, entry, doc };
	load->files = file;
	return doc;
}

/* The whole file, read once. Paths of entries of one file are one string. */
static struct _xmlDoc *load_whole(struct fm_load *load, const char *path,
				  struct fm_findings *findings)
{
	FM_FREE char *data = NULL;
	struct _xmlDoc *doc = NULL;
	size_t len;

	for (struct fm_load_file *file = load->files; file; file = file->next) {
		if (file->path == path)
			return file->doc;
	}
	if (fm_xml_read(path, findings, &data, &len))
		doc = fm_xml_parse(data, len, findings);
	return load_keep(load, path, NULL, doc);
}

static bool load_is_named(const struct _xmlNode *node, const char *id)
{
	const char *own = fm_xml_attr(node, "id");

	if (own && strcasecmp(own, id) == 0)
		return true;
	for (struct _xmlNode *alias = fm_xml_child(node, "alias"); alias;
	     alias = fm_xml_next(alias, "alias")) {
		own = fm_xml_attr(alias, "id");
		if (own && strcasecmp(own, id) == 0)
			return true;
	}
	return false;
}

static struct _xmlNode *load_named(struct _xmlNode *root, const char *element, const char *id)
{
	struct _xmlNode *node = fm_xml_child(root, element);

	while (node && !load_is_named(node, id))
		node = fm_xml_next(node, element);
	return node;
}

static const char *load_element(enum fm_device_kind kind)
{
	if (kind == FM_DEVICE_BOARD)
		return "board";
	return kind == FM_DEVICE_CHIP ? "chip" : "family";
}

/* The definition alone, so that a mistake in its neighbour does no harm to it. */
static struct _xmlDoc *load_single(struct fm_load *load, const struct fm_entry *entry,
				   struct fm_findings *findings)
{
	struct _xmlDoc *whole = load_whole(load, entry->file, findings);
	struct _xmlNode *node;
	struct _xmlDoc *doc;

	if (!whole)
		return NULL;
	node = load_named(fm_xml_root(whole), load_element(entry->kind), entry->id);
	if (!node) {
		fm_finding(findings, 0, "'%s' is no longer in this file", entry->id);
		return NULL;
	}
	doc = fm_xml_extract(node);
	if (fm_xml_validate(load->catalog->schema, doc, findings))
		return doc;
	fm_xml_free(doc);
	return NULL;
}

struct _xmlNode *fm_load_entry(struct fm_load *load, const struct fm_entry *entry)
{
	struct fm_findings findings = { entry->file, load->report, load->user, 0 };
	struct fm_load_file *file = load->files;
	struct _xmlDoc *doc;

	while (file && file->entry != entry)
		file = file->next;
	doc = file ? file->doc : load_keep(load, NULL, entry, load_single(load, entry, &findings));
	load->count += findings.count;
	return doc ? fm_xml_child(fm_xml_root(doc), NULL) : NULL;
}

/*
 * The element of that kind and id which `referring` means, and where its findings go: nowhere when
 * it is in the file in hand, because it is checked there by itself. NULL after a finding.
 */
static struct _xmlNode *load_refer(struct fm_load *load, enum fm_device_kind kind, const char *id,
				   const struct _xmlNode *referring, struct fm_findings *findings,
				   const char **ret_file)
{
	const char *element = load_element(kind);
	struct _xmlNode *node = load->own ? load_named(load->own, element, id) : NULL;
	const struct fm_entry *entry;

	*ret_file = NULL;
	if (node)
		return node;
	entry = fm_catalog_find(load->catalog, id);
	if (!entry || entry->kind != kind) {
		fm_finding(findings, fm_xml_line(referring), "unknown %s '%s'", element, id);
		return NULL;
	}
	*ret_file = entry->file;
	return fm_load_entry(load, entry);
}

static void load_drop(const char *finding, void *user)
{
	(void)finding;
	(void)user;
}

static bool load_chip(struct fm_load *load, const char *id, const struct _xmlNode *referring,
		      struct fm_findings *findings, struct fm_def_chip *ret)
{
	const char *file;
	struct _xmlNode *node = load_refer(load, FM_DEVICE_CHIP, id, referring, findings, &file);
	struct fm_findings of_chip = { file, file ? load->report : load_drop, load->user, 0 };

	if (!node)
		return false;
	fm_def_chip(node, &of_chip, ret);
	load->count += file ? of_chip.count : 0;
	return of_chip.count == 0;
}

static struct fm_loader *load_add_loader(struct fm_device *device, const struct _xmlNode *node,
					 struct fm_findings *findings)
{
	if (device->loader_count < FM_LOADER_MOST)
		return &device->loaders[device->loader_count++];
	fm_finding(findings, fm_xml_line(node), "more than %d loaders", FM_LOADER_MOST);
	return NULL;
}

static void load_check_without(const struct _xmlNode *node, const struct fm_loader *loader,
			       const struct fm_def_chip *chip, struct fm_findings *findings)
{
	for (size_t i = 0; i < loader->without_count; i++) {
		if (!fm_memory_named(&chip->memory, loader->without[i]))
			fm_finding(findings, fm_xml_line(node), "chip '%s' has no region '%s'",
				   chip->id, loader->without[i]);
	}
}

static void load_board_loader(struct fm_load *load, struct _xmlNode *node,
			      struct fm_findings *findings, struct fm_device *ret)
{
	struct fm_loader *loader = load_add_loader(ret, node, findings);
	const char *chip_id = fm_xml_attr(node, "chip");
	size_t before = findings->count;
	struct fm_memory own;
	struct fm_def_chip chip;

	if (!loader)
		return;
	fm_def_loader(node, load->catalog->params, findings, loader, &own);
	fm_def_check_modes(node, loader, ret, findings);
	if (!chip_id && own.count > 0 && loader->wire == FM_WIRE_SERIAL)
		fm_finding(findings, fm_xml_line(node),
			   "a loader with regions says which chip they are of");
	if (findings->count > before)
		return;
	if (!chip_id) {
		fm_def_own(loader, &own, fm_xml_line(node), findings);
		return;
	}
	if (!load_chip(load, chip_id, node, findings, &chip))
		return;
	load_check_without(node, loader, &chip, findings);
	fm_def_apply(loader, &own, &chip, fm_xml_line(node), findings);
	fm_def_doubts(ret, &chip);
}

static void load_packages(struct _xmlNode *board, struct fm_findings *findings,
			  struct fm_device *ret)
{
	for (struct _xmlNode *node = fm_xml_child(board, "package"); node;
	     node = fm_xml_next(node, "package")) {
		struct fm_package_name *name;

		ret->packages =
			reallocarray(ret->packages, ret->package_count + 1, sizeof(*ret->packages));
		if (!ret->packages)
			abort();
		name = &ret->packages[ret->package_count++];
		fm_def_text(node, "guid", findings, name->guid, sizeof(name->guid));
		fm_def_text(node, "instance-id", findings, name->instance_id,
			    sizeof(name->instance_id));
		fm_def_text(node, "revision", findings, name->revision, sizeof(name->revision));
		fm_def_text(node, "region", findings, name->region, sizeof(name->region));
	}
}

static void load_policy(struct _xmlNode *board, struct fm_findings *findings, struct fm_device *ret)
{
	struct _xmlNode *policy = fm_xml_child(board, "policy");
	const char *signature = policy ? fm_xml_attr(policy, "signature") : NULL;
	const char *downgrade = policy ? fm_xml_attr(policy, "downgrade") : NULL;

	if (signature && !fm_signing_parse(signature, &ret->signing))
		fm_finding(findings, fm_xml_line(policy),
			   "signature is required, warn or ignore, not '%s'", signature);
	ret->downgrade_allowed = downgrade && strcmp(downgrade, "allowed") == 0;
	if (policy)
		fm_def_text(policy, "version-format", findings, ret->version_format,
			    sizeof(ret->version_format));
}

static void load_board(struct fm_load *load, struct _xmlNode *board, struct fm_findings *findings,
		       struct fm_device *ret)
{
	struct _xmlNode *question = fm_xml_child(board, "question");
	struct _xmlNode *blink = fm_xml_child(board, "blink");
	struct _xmlNode *region = fm_xml_child(board, "region-variant");

	fm_def_usb(board, findings, ret);
	load_packages(board, findings, ret);
	for (struct _xmlNode *node = fm_xml_child(board, "loader"); node;
	     node = fm_xml_next(node, "loader"))
		load_board_loader(load, node, findings, ret);
	if (question)
		ret->question = fm_def_question(question, findings);
	if (region)
		ret->region_question = fm_def_question(region, findings);
	fm_def_post_checks(board, findings, ret);
	fm_def_person(board, findings, ret);
	load_policy(board, findings, ret);
	if (blink)
		ret->blink = fm_def_blink(blink, findings);
}

static void load_doubt(struct _xmlNode *node, struct fm_device *ret)
{
	struct _xmlNode *unknown = fm_xml_child(node, "unknown");

	if (unknown && !ret->unknown)
		ret->unknown = strdup(fm_xml_attr(unknown, "text"));
}

static void load_family_loaders(struct fm_load *load, struct _xmlNode *family,
				struct fm_findings *findings, struct fm_device *ret)
{
	struct fm_memory none;

	load_doubt(family, ret);
	fm_def_usb(family, findings, ret);
	for (struct _xmlNode *node = fm_xml_child(family, "loader"); node;
	     node = fm_xml_next(node, "loader")) {
		struct fm_loader *loader = load_add_loader(ret, node, findings);

		if (!loader)
			continue;
		fm_def_loader(node, load->catalog->params, findings, loader, &none);
		fm_def_check_modes(node, loader, ret, findings);
	}
}

static void load_chip_device(struct fm_load *load, struct _xmlNode *node,
			     struct fm_findings *findings, struct fm_device *ret)
{
	const char *family_id = fm_xml_attr(node, "family");
	struct fm_findings of_family = { NULL, load_drop, load->user, 0 };
	size_t before = findings->count;
	struct fm_def_chip chip;
	struct _xmlNode *family;

	fm_def_chip(node, findings, &chip);
	if (findings->count > before || !family_id)
		return;
	family = load_refer(load, FM_DEVICE_FAMILY, family_id, node, findings, &of_family.file);
	if (!family)
		return;
	if (of_family.file)
		of_family.report = load->report;
	load_family_loaders(load, family, &of_family, ret);
	load->count += of_family.file ? of_family.count : 0;
	for (size_t i = 0; i < ret->loader_count; i++)
		fm_def_apply(&ret->loaders[i], NULL, &chip, fm_xml_line(node), findings);
	fm_def_doubts(ret, &chip);
}

void fm_load_device(struct fm_load *load, struct _xmlNode *node, struct fm_findings *findings,
		    struct fm_device *ret)
{
	const char *element = fm_xml_name(node);

	*ret = (struct fm_device){ .line = (int)fm_xml_line(node) };
	fm_def_text(node, "id", findings, ret->id, sizeof(ret->id));
	fm_def_text(node, "vendor", findings, ret->vendor, sizeof(ret->vendor));
	fm_def_text(node, "name", findings, ret->name, sizeof(ret->name));
	if (strcmp(element, "board") == 0) {
		ret->kind = FM_DEVICE_BOARD;
		load_doubt(node, ret);
		load_board(load, node, findings, ret);
	} else if (strcmp(element, "chip") == 0) {
		ret->kind = FM_DEVICE_CHIP;
		load_chip_device(load, node, findings, ret);
	} else {
		ret->kind = FM_DEVICE_FAMILY;
		load_family_loaders(load, node, findings, ret);
	}
}

void fm_load_first(const char *finding, void *user)
{
	struct fm_error *err = user;

	if (err->code == FM_OK)
		fm_fail(err, FM_DEFINITION, "%s", finding);
}

static bool load_unknown(const struct fm_catalog *catalog, const char *id, struct fm_error *err)
{
	fm_fail(err, FM_UNKNOWN_MODEL, "no definition is named '%s'", id);
	if (catalog->problem_count > 0)
		return fm_hint(err, "problems in definition files: %zu, the first: %s",
			       catalog->problem_count, catalog->problems[0]);
	return false;
}

bool fm_catalog_load(const struct fm_catalog *catalog, const char *id, struct fm_device *ret_device,
		     struct fm_error *err)
{
	const struct fm_entry *entry = fm_catalog_find(catalog, id);
	struct fm_load load = { .catalog = catalog, .report = fm_load_first, .user = err };
	struct fm_findings findings = { NULL, fm_load_first, err, 0 };
	struct _xmlNode *node;

	*ret_device = (struct fm_device){ 0 };
	if (!entry)
		return load_unknown(catalog, id, err);
	fm_error_clear(err);
	findings.file = entry->file;
	fm_xml_lock();
	node = fm_load_entry(&load, entry);
	if (node)
		fm_load_device(&load, node, &findings, ret_device);
	fm_load_done(&load);
	fm_xml_unlock();
	if (load.count + findings.count > 0) {
		fm_device_done(ret_device);
		return false;
	}
	fm_text_copy(ret_device->file, sizeof(ret_device->file), entry->file);
	ret_device->user = entry->user;
	return true;
}

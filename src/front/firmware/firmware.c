/* What a job is to write, from what a person named. */
#include "front/firmware/firmware.h"

#include "base/scope.h"
#include "base/text.h"
#include "job/verdict_unit.h"
#include "package/library.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool firmware_same_unit(const struct fm_component *a, const struct fm_component *b)
{
	for (size_t i = 0; i < a->guid_count; i++) {
		for (size_t k = 0; k < b->guid_count; k++) {
			if (strcmp(a->guids[i], b->guids[k]) == 0)
				return true;
		}
	}
	return false;
}

/* Names of its own for each revision of a model are no second firmware. */
static bool firmware_only(const struct fm_package *package, const struct fm_component *found,
			  struct fm_error *err)
{
	for (size_t i = 0; i < package->component_count; i++) {
		const struct fm_component *other = &package->components[i];

		if (other == found || !firmware_same_unit(found, other))
			continue;
		fm_fail(err, FM_PACKAGE_RELEASE,
			"%s holds two firmwares for one unit, %.60s and %.60s", package->name,
			found->id, other->id);
		return fm_hint(err,
			       "Nobody can say which of them is meant: ask the package's maker "
			       "for one package for each.");
	}
	return true;
}

/* Of firmware for several models that of the one which is named: without it none can be known. */
static bool firmware_component(const struct fm_package *package, const struct fm_catalog *catalog,
			       const char *model, const struct fm_component **ret,
			       struct fm_error *err)
{
	FM_DEVICE_DONE struct fm_device device = { 0 };
	FM_TEXT_DONE struct fm_text ids = { 0 };

	*ret = &package->components[0];
	if (package->component_count == 1)
		return true;
	if (model) {
		if (!fm_catalog_load(catalog, model, &device, err))
			return false;
		*ret = fm_component_for_model(package->components, package->component_count,
					      &device);
		if (*ret)
			return firmware_only(package, *ret, err);
	}
	for (size_t i = 0; i < package->component_count && ids.len < 120; i++)
		fm_text_addf(&ids, "%s%s", i ? ", " : "", package->components[i].id);
	if (model)
		return fm_fail(err, FM_BLOCKED_MODEL, "%s names no %s: it is for %s", package->name,
			       model, ids.data);
	fm_fail(err, FM_PACKAGE_RELEASE, "%s holds firmware for several models: %s", package->name,
		ids.data);
	return fm_hint(err, "Say with -m/--model which one the unit is.");
}

bool fm_firmware_choose(const struct fm_package *package, const struct fm_catalog *catalog,
			const char *model, const char *release, struct fm_job_request *request,
			struct fm_error *err)
{
	request->component = NULL;
	request->release = NULL;
	if (!package->bare)
		return firmware_component(package, catalog, model, &request->component, err) &&
		       fm_component_choose(request->component, release, &request->release, err);
	if (!release)
		return true;
	return fm_fail(err, FM_USAGE, "%s is no package: --release can't choose from it",
		       package->name);
}

void fm_firmware_keys(const char *user_folder, struct fm_keys *ret)
{
	const char *folders[] = { "/etc/flashmend/keys", user_folder };

	fm_keys_load(folders, FM_COUNT(folders), ret);
}

/* NULL: no folder. */
static const struct fm_member *firmware_metainfo(const struct fm_package *package,
						 const struct fm_job_request *request)
{
	return package->data || !request->component
		       ? NULL
		       : fm_archive_find(&package->archive, request->component->source);
}

bool fm_firmware_is_signed(const char *path, const struct fm_package *package,
			   const struct fm_job_request *request)
{
	const struct fm_member *metainfo = firmware_metainfo(package, request);
	FM_TEXT_DONE struct fm_text inside = { 0 };

	if (!metainfo)
		return package->data && fm_signature_is_beside(path);
	fm_text_addf(&inside, "%s/%s", path, metainfo->name);
	return fm_signature_is_beside(inside.data);
}

/* Who signed the metainfo has signed the payload that it gives the SHA-256 of. */
static void firmware_trust_folder(const char *path, const struct fm_member *metainfo,
				  const struct fm_keys *keys, struct fm_job_request *request)
{
	struct fm_signature *signature = &request->signature;
	FM_TEXT_DONE struct fm_text inside = { 0 };

	fm_text_addf(&inside, "%s/%s", path, metainfo->name);
	fm_signature_check(inside.data, metainfo->data, metainfo->len, keys, signature);
	if (signature->state == FM_SIGNATURE_NONE)
		snprintf(signature->text, sizeof(signature->text),
			 "no signature: in this folder it would be %.60s.minisig", metainfo->name);
	else if (signature->state == FM_SIGNATURE_GOOD &&
		 request->release->proof != FM_PAYLOAD_PROVED)
		*signature = (struct fm_signature){
			.text = "only the metainfo is signed, and it gives no SHA-256 of the "
				"payload"
		};
}

void fm_firmware_trust(const char *path, const struct fm_package *package,
		       const struct fm_keys *keys, struct fm_job_request *request)
{
	static const struct fm_keys none;
	const struct fm_member *metainfo = firmware_metainfo(package, request);

	if (metainfo)
		firmware_trust_folder(path, metainfo, keys ? keys : &none, request);
	if (!package->data)
		return;
	fm_signature_check(path, package->data, package->file_len, keys ? keys : &none,
			   &request->signature);
	fm_sums_check(path, package->data, package->file_len, &request->sums);
}

/* "'a.cab' (1.1.0), then 'b.cab' (1.2.0)" */
static void firmware_steps(const struct fm_library_step *steps, size_t count, struct fm_text *ret)
{
	for (size_t i = 0; i < count; i++)
		fm_text_addf(ret, "%s'%s' (%s)", i ? ", then " : "", steps[i].entry->name,
			     steps[i].release->version);
}

void fm_firmware_offer_path(const struct fm_job_request *request,
			    const struct fm_identity *identity, const char *library,
			    struct fm_error *err)
{
	const char *running = fm_identity_value(identity, FM_FACT_VERSION);
	FM_FREE char *file = strdup(request->file);
	const char *folders[] = { library, file ? dirname(file) : "." };

	if (err->code != FM_BLOCKED_REQUIREMENT || !request->component || !*running)
		return;
	for (size_t i = 0; i < FM_COUNT(folders); i++) {
		FM_LIBRARY_DONE struct fm_library found = { 0 };
		FM_TEXT_DONE struct fm_text text = { 0 };
		struct fm_library_step steps[FM_LIBRARY_STEPS_MOST];
		struct fm_error ignored;
		bool leads = false;
		size_t count = 0;

		if (fm_library_read(folders[i], &found, &ignored))
			count = fm_library_path(&found, request->component, request->release,
						running, steps, &leads);
		if (!leads || count == 0)
			continue;
		firmware_steps(steps, count, &text);
		fm_hint(err, "Write %s first, which leads there from %s; it lies in %s", text.data,
			running, folders[i]);
		return;
	}
}

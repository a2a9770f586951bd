/*
 * libFuzzer target: a file as a package (cabinet, zip, tar, also packed) or as a bare image. What
 * was read keeps the rules of archive.h, and each payload is a file of it.
 */
#include "fuzz.h"

#include "package/package.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void fuzz_archive(const struct fm_archive *archive)
{
	size_t total = 0;

	for (size_t i = 0; i < archive->count; i++) {
		const char *name = archive->members[i].name;

		if (!*name || *name == '/' || strncmp(name, "../", 3) == 0 || strstr(name, "/../"))
			abort();
		for (size_t k = 0; k < i; k++) {
			if (strcasecmp(name, archive->members[k].name) == 0)
				abort();
		}
		total += archive->members[i].len;
	}
	if (total != archive->total || total > FM_ARCHIVE_TOTAL_MOST)
		abort();
}

static void fuzz_component(const struct fm_package *package, const struct fm_component *component)
{
	size_t have = 0;

	for (size_t i = 0; i < component->release_count; i++) {
		const struct fm_release *release = &component->releases[i];

		if (!release->payload != (release->proof == FM_PAYLOAD_NONE) ||
		    !release->payload != (*release->problem != '\0'))
			abort();
		have += release->payload != NULL;
		if (release->payload &&
		    (release->payload < package->archive.members ||
		     release->payload >= package->archive.members + package->archive.count))
			abort();
	}
	if (have == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fm_package package;
	struct fm_error err;

	if (!fm_package_parse("fuzz", data, len, &package, &err)) {
		if (err.code == FM_OK || package.archive.count || package.component_count)
			abort();
		return 0;
	}
	if (package.bare != (package.component_count == 0))
		abort();
	fuzz_archive(&package.archive);
	for (size_t i = 0; i < package.component_count; i++)
		fuzz_component(&package, &package.components[i]);
	fm_package_done(&package);
	return 0;
}

/*
 * libFuzzer target: a text as a file of definitions. It is skimmed into a catalog of its own,
 * checked whole, and everything that it defines is loaded. Nothing is written.
 *
 * FM_SRC: the source tree, for the schema and for the definitions that a text may refer to ("."
 * where it is not set).
 */
#include "base/scope.h"
#include "catalog/internal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fm_catalog *fuzz_shipped;
static char fuzz_devices[512], fuzz_schema[600];

/* Every protocol exists, and has one parameter of each type. */
static bool fuzz_params(const char *protocol, const struct fm_param **ret_table)
{
	static const struct fm_param table[] = {
		{ "eeprom", FM_PARAM_BOOL, 0, 0, 1, "" },
		{ "size", FM_PARAM_NUMBER, 1, 1, 256, "" },
		{ 0 },
	};

	(void)protocol;
	*ret_table = table;
	return true;
}

static const char *const fuzz_dirs[] = { fuzz_devices };
static const struct fm_catalog_options fuzz_options = {
	.dirs = fuzz_dirs, .dir_count = 1, .schema = fuzz_schema, .params = fuzz_params
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *source = getenv("FM_SRC");
	struct fm_error err;

	(void)argc;
	(void)argv;
	snprintf(fuzz_devices, sizeof(fuzz_devices), "%s/devices", source ? source : ".");
	snprintf(fuzz_schema, sizeof(fuzz_schema), "%s/device.rng", fuzz_devices);
	if (!fm_catalog_open(&fuzz_options, &fuzz_shipped, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return 0;
}

static void fuzz_finding(const char *finding, void *user)
{
	(void)user;
	if (!*finding)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fm_catalog *catalog = fm_catalog_new(&fuzz_options);

	fm_catalog_skim(catalog, "fuzz.xml", true, (const char *)data, len);
	fm_catalog_index(catalog);
	for (size_t i = 0; i < fm_catalog_count(catalog); i++) {
		const struct fm_entry *entry = fm_catalog_entry(catalog, i);

		if (!entry->overridden && fm_catalog_find(catalog, entry->id) != entry)
			abort();
	}
	fm_catalog_free(catalog);
	fm_catalog_lint_text(fuzz_shipped, "fuzz.xml", (const char *)data, len, fuzz_finding, NULL);
	return 0;
}

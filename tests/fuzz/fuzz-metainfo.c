/* libFuzzer target: a text as metainfo. What was read must be whole and printable. */
#include "fuzz.h"

#include "package/metainfo.h"

#include <stdlib.h>
#include <string.h>

static void fuzz_text(const char *text)
{
	for (size_t left = strlen(text), step; left > 0; left -= step, text += step) {
		step = *text == '\n' ? 1 : fm_text_character(text, left);
		if (step == 0)
			abort();
	}
}

static void fuzz_component(const struct fm_component *component)
{
	if (component->release_count == 0)
		abort();
	fuzz_text(component->id);
	fuzz_text(component->name);
	fuzz_text(component->description.data ? component->description.data : "");
	for (size_t i = 0; i < component->requirement_count; i++)
		fuzz_text(component->requirements[i].text);
	for (size_t i = 0; i < component->release_count; i++) {
		const struct fm_release *release = &component->releases[i];

		fuzz_text(release->version);
		fuzz_text(release->notes.data ? release->notes.data : "");
		if (fm_version_compare(release->version, release->version, component->format) !=
		    FM_ORDER_SAME)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fm_component *components;
	struct fm_error err;
	size_t count;

	if (!fm_metainfo_parse("fuzz.metainfo.xml", data, len, &components, &count, &err)) {
		if (err.code == FM_OK || components)
			abort();
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		fuzz_component(&components[i]);
		fm_component_done(&components[i]);
	}
	free(components);
	return 0;
}

#include "base/identity.h"

#include "base/text.h"

#include <string.h>

const char *fm_fact_name(enum fm_fact_kind kind)
{
	static const char *const names[FM_FACT_KINDS] = {
		[FM_FACT_CHIP_ID] = "chip-id",       [FM_FACT_UNIQUE_ID] = "unique-id",
		[FM_FACT_SERIAL] = "serial",         [FM_FACT_VERSION] = "version",
		[FM_FACT_LOADER] = "boot-loader",    [FM_FACT_REVISION] = "revision",
		[FM_FACT_PROTECTION] = "protection", [FM_FACT_FLASH_SIZE] = "flash-size",
		[FM_FACT_PROGRAM] = "program",       [FM_FACT_CHIP_REVISION] = "chip-revision",
		[FM_FACT_REGION] = "unit-region",
	};

	return names[kind];
}

/* Index of the fact of this kind, or count. */
static size_t identity_find(const struct fm_identity *identity, enum fm_fact_kind kind)
{
	size_t i = 0;

	while (i < identity->count && identity->facts[i].kind != kind)
		i++;
	return i;
}

void fm_identity_set(struct fm_identity *identity, enum fm_fact_kind kind,
		     enum fm_strength strength, const char *value, const char *source)
{
	size_t i = identity_find(identity, kind);
	struct fm_fact *fact = &identity->facts[i];

	if (i == identity->count)
		identity->count++;
	fact->kind = kind;
	fact->strength = strength;
	fm_text_printable(fact->value, sizeof(fact->value), value, strlen(value));
	fm_text_copy(fact->source, sizeof(fact->source), source);
}

const struct fm_fact *fm_identity_get(const struct fm_identity *identity, enum fm_fact_kind kind)
{
	size_t i = identity_find(identity, kind);

	return i < identity->count ? &identity->facts[i] : NULL;
}

const char *fm_identity_value(const struct fm_identity *identity, enum fm_fact_kind kind)
{
	const struct fm_fact *fact = fm_identity_get(identity, kind);

	return fact ? fact->value : "";
}

bool fm_identity_agrees(const struct fm_identity *a, const struct fm_identity *b,
			enum fm_fact_kind *ret_kind)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct fm_fact *mine = &a->facts[i];
		const struct fm_fact *other = fm_identity_get(b, mine->kind);

		if (!other || (mine->strength == FM_PLAIN && mine->kind != FM_FACT_CHIP_ID))
			continue;
		if (strcmp(mine->value, other->value) != 0) {
			*ret_kind = mine->kind;
			return false;
		}
	}
	return true;
}

/*
 * What is known of a unit, and from where. "The same unit" means that all facts of a kind which
 * both sides have agree. Strong: cannot be the same on two units (chip unique id). Weak: usually
 * differs (USB serial). Plain: says what it is, not which one it is (chip id, version).
 */
#ifndef FM_BASE_IDENTITY_H
#define FM_BASE_IDENTITY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum fm_fact_kind {
	FM_FACT_CHIP_ID, /* lower case hexadecimal, as definitions give it */
	FM_FACT_UNIQUE_ID,
	FM_FACT_SERIAL,
	FM_FACT_VERSION, /* of the application */
	FM_FACT_LOADER,  /* name and version of the boot loader */
	FM_FACT_REVISION,
	FM_FACT_REGION, /* variant of the unit for a part of the world: "EU", "US" */
	FM_FACT_PROTECTION,
	FM_FACT_FLASH_SIZE,    /* bytes, decimal, as the chip itself says */
	FM_FACT_PROGRAM,       /* name of the application */
	FM_FACT_CHIP_REVISION, /* of the silicon, "3.1" */
	FM_FACT_KINDS
};

enum fm_strength { FM_PLAIN, FM_WEAK, FM_STRONG };

struct fm_fact {
	enum fm_fact_kind kind;
	enum fm_strength strength;
	char value[64];
	char source[48]; /* "Get ID of the boot loader", "asked the application" */
};

/* A bench's name of a port, and so of the unit that is there: at most 8 characters. */
#define FM_SLOT_TEXT 9

struct fm_identity {
	struct fm_fact facts[12];
	size_t count;
};

/* "chip-id", "unique-id" ...: the names in JSON and in definitions. */
const char *fm_fact_name(enum fm_fact_kind kind);
/* Add or replace the fact of this kind. value is made printable. */
void fm_identity_set(struct fm_identity *identity, enum fm_fact_kind kind,
		     enum fm_strength strength, const char *value, const char *source);
/* NULL where the kind is not known. */
const struct fm_fact *fm_identity_get(const struct fm_identity *identity, enum fm_fact_kind kind);
/* The value, or "" where it is not known. */
const char *fm_identity_value(const struct fm_identity *identity, enum fm_fact_kind kind);
/* False when a weak or strong fact or the chip id that both have differs; *ret_kind says which. */
bool fm_identity_agrees(const struct fm_identity *a, const struct fm_identity *b,
			enum fm_fact_kind *ret_kind);

#endif

/*
 * Versions as packages write them. A format says how many parts a version has and how a plain
 * number is to be read (some units tell only a 32-bit number). The names are fwupd's.
 */
#ifndef FM_PACKAGE_VERSION_H
#define FM_PACKAGE_VERSION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fm_version_format {
	FM_VERSION_PLAIN, /* any text: two are the same or not, neither is newer */
	FM_VERSION_NUMBER,
	FM_VERSION_HEX,
	FM_VERSION_PAIR,
	FM_VERSION_TRIPLET,
	FM_VERSION_QUAD,
	FM_VERSION_BCD,
	FM_VERSION_INTEL_ME,
	FM_VERSION_INTEL_ME2,
	FM_VERSION_INTEL_CSME19,
	FM_VERSION_SURFACE_LEGACY,
	FM_VERSION_SURFACE,
	FM_VERSION_DELL_BIOS,
	FM_VERSION_DELL_BIOS_MSB,
	FM_VERSION_FORMATS
};

#define FM_VERSION_TEXT 64

const char *fm_version_format_name(enum fm_version_format format);
/* False: there is no format of that name. */
bool fm_version_format_parse(const char *name, enum fm_version_format *ret);
/* What a version looks like where nobody says its format. */
enum fm_version_format fm_version_guess(const char *version);

/* A number as the format reads it. */
void fm_version_of_number(uint32_t number, enum fm_version_format format,
			  char ret[FM_VERSION_TEXT]);
/* The version as people write it: a bare number ("0x30002", "196610") in its parts.
 * FM_PACKAGE_VERSION when it cannot be one of this format. */
bool fm_version_normal(const char *version, enum fm_version_format format,
		       char ret[FM_VERSION_TEXT], struct fm_error *err) FM_MUST_CHECK;

enum fm_order { FM_ORDER_OLDER, FM_ORDER_SAME, FM_ORDER_NEWER, FM_ORDER_UNKNOWN };

/*
 * What a is beside b. Parts are compared as numbers of any length, what follows a part's digits as
 * text, with '~' before everything ("1.0~rc1" is older than "1.0"). Missing parts are zero, a 'v'
 * in front means nothing. A triplet may have its build behind a '+' (MCUboot): it counts only where
 * both say one. UNKNOWN: an empty text, or plain versions that differ.
 */
enum fm_order fm_version_compare(const char *a, const char *b, enum fm_version_format format);

#endif

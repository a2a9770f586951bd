/* <requires>: when a package may be used at all. */
#ifndef FM_PACKAGE_REQUIREMENT_H
#define FM_PACKAGE_REQUIREMENT_H

#include "base/error.h"
#include "package/metainfo.h"

#include <stdbool.h>

enum fm_answer { FM_ANSWER_NO, FM_ANSWER_YES, FM_ANSWER_UNKNOWN };

/*
 * Is the version what the requirement asks for? Pure. UNKNOWN: the version is not known or has no
 * order, or the comparison is not known; nothing may be written then.
 */
enum fm_answer fm_requirement_met(const struct fm_requirement *requirement, const char *version,
				  enum fm_version_format format);

#endif

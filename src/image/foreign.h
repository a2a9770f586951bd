/* Files that are no firmware, or firmware in a wrapping that must not reach a chip: never raw. */
#ifndef FM_IMAGE_FOREIGN_H
#define FM_IMAGE_FOREIGN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fails when the content is plainly something else, and says what it is. */
bool fm_foreign_check(const char *name, const uint8_t *data, size_t len,
		      struct fm_error *err) FM_MUST_CHECK;

#endif

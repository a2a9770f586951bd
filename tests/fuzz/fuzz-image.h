/* What each image target asserts of whatever it is fed. */
#ifndef FM_TESTS_FUZZ_IMAGE_H
#define FM_TESTS_FUZZ_IMAGE_H

#include "fuzz.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Read the bytes as the format (NULL: by content, with gzip). An error has a code and names the
 * file. An image is sorted, disjoint and merged, and is the same after it was written and read
 * again.
 */
void fuzz_image(const char *format, const uint8_t *data, size_t len);

#endif

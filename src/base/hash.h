/* SHA-256 (libsodium) and its text form. */
#ifndef FM_BASE_HASH_H
#define FM_BASE_HASH_H

#include <stddef.h>

#define FM_SHA256_TEXT 65 /* 64 lower case hexadecimal digits and the terminator */

void fm_sha256(const void *data, size_t len, char ret[FM_SHA256_TEXT]);

#endif

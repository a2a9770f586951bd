/* Checksums as packages give them. */
#ifndef FM_PACKAGE_DIGEST_H
#define FM_PACKAGE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fm_digest {
	FM_DIGEST_NONE,
	FM_DIGEST_SHA1,
	FM_DIGEST_SHA256,
	FM_DIGEST_SHA384,
	FM_DIGEST_SHA512
};

#define FM_DIGEST_TEXT 129 /* of the longest: lower case hexadecimal digits and the terminator */

const char *fm_digest_name(enum fm_digest digest);
/* Which one a text of hexadecimal digits is, by its length; NONE = none of them (MD5 too: it proves
 * nothing any more). */
enum fm_digest fm_digest_guess(const char *text);
/* Is this the checksum of the data? In either case of letters. */
bool fm_digest_is(const char *text, const void *data, size_t len);

#endif

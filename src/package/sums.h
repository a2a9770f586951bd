/*
 * Checksum files beside the firmware, as sha256sum and sha512sum write them: FILE.sha256,
 * FILE.sha512, SHA256SUMS, SHA512SUMS. They prove that the file came over whole, not who made it. A
 * value: what follows from it the verdict decides.
 */
#ifndef FM_PACKAGE_SUMS_H
#define FM_PACKAGE_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fm_sums_state {
	FM_SUMS_NONE, /* no file beside names it */
	FM_SUMS_WEAK, /* right, but MD5 or SHA-1: whoever forges the file forges that, too */
	FM_SUMS_GOOD,
	FM_SUMS_UNREADABLE, /* there is one, but what it says of the file can't be read */
	FM_SUMS_BAD         /* the file is another than the one that was summed */
};

#define FM_SUMS_HEX 129

struct fm_sums {
	enum fm_sums_state state;
	char file[64];                                /* "SHA256SUMS": which says so */
	char algorithm[8];                            /* "sha256" */
	char wanted[FM_SUMS_HEX], found[FM_SUMS_HEX]; /* WEAK, GOOD, BAD */
	char text[240];                               /* what was found, for people */
};

/* Compare the bytes of `path` with all checksums beside it; the worst counts. Never fails. */
void fm_sums_check(const char *path, const uint8_t *data, size_t len, struct fm_sums *ret);

/*
 * The same with the content of one file; text is changed. name is the firmware's; single: the file
 * is for it alone, and may name it otherwise or not at all. algorithm is "sha256", "sha512", "sha1"
 * or "md5". For tests and fuzzing.
 */
void fm_sums_check_text(char *text, const char *algorithm, const char *name, bool single,
			const uint8_t *data, size_t len, struct fm_sums *ret);

#endif

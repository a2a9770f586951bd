/*
 * A minisign signature beside the firmware (FILE.minisig): who says that these very bytes are
 * theirs. Both kinds are known, "Ed" (over the file) and "ED" (over its BLAKE2b-512). A value: what
 * follows from it the verdict decides.
 */
#ifndef FM_PACKAGE_SIGNATURE_H
#define FM_PACKAGE_SIGNATURE_H

#include "package/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fm_signature_state {
	FM_SIGNATURE_NONE, /* no such file */
	FM_SIGNATURE_GOOD,
	FM_SIGNATURE_UNKNOWN_KEY, /* by none of the keys here: it says nothing */
	FM_SIGNATURE_BAD /* damaged, or of other bytes, or its trusted comment was changed */
};

struct fm_signature {
	enum fm_signature_state state;
	char key_id[FM_KEY_ID_TEXT];   /* "" = none could be read */
	char key_name[64], vendor[48]; /* GOOD: struct fm_public_key's */
	char comment[160];             /* GOOD: the trusted comment, printable */
	char text[160];                /* what was found, for people */
};

/* Does a file of that name lie beside? */
bool fm_signature_is_beside(const char *path);
/* Prove what lies beside `path` against its bytes. Never fails: a signature that can't be read is a
 * bad one. */
void fm_signature_check(const char *path, const uint8_t *data, size_t len,
			const struct fm_keys *keys, struct fm_signature *ret);
/* The same with the signature file's content; text is changed. For tests and fuzzing. */
void fm_signature_check_text(char *text, const uint8_t *data, size_t len,
			     const struct fm_keys *keys, struct fm_signature *ret);
/* Does a good signature count for this vendor's units? A key's folder is the vendor's name, in
 * either case, with '-' for what is neither letter nor digit. */
bool fm_signature_is_for(const struct fm_signature *signature, const char *vendor);

#endif

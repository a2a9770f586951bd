/*
 * The public keys that firmware is trusted by, as `minisign -G` writes them: keys/NAME.pub counts
 * for every unit, keys/VENDOR/NAME.pub for units of that vendor only. Who can write a key can make
 * any firmware trusted: a key that somebody else than root and the user could have written is
 * refused.
 */
#ifndef FM_PACKAGE_KEYS_H
#define FM_PACKAGE_KEYS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_KEY_ID_LEN 8u
#define FM_KEY_ID_TEXT 17 /* as minisign shows it */
#define FM_KEY_LEN 32u

struct fm_public_key {
	char name[64];   /* "acme/release" */
	char vendor[48]; /* its folder; "" = for every vendor's units */
	uint8_t id[FM_KEY_ID_LEN];
	uint8_t key[FM_KEY_LEN];
};

#define FM_KEYS_MOST 1024u

struct fm_keys {
	struct fm_public_key *keys; /* in the order of the folders, there by name */
	size_t count;
	struct fm_text refused; /* a line each: the path, why, and what to do about it */
	struct fm_text fixes;   /* what to do about each of those lines, in their order */
	struct fm_text passed;  /* a line each: files that are no keys by their name, which ends in
				   something else than .pub */
};

/* Read the folders that exist. What is wrong with a key or a folder is in ret->refused: no reason
 * to fail. ret needs no init. */
void fm_keys_load(const char *const *folders, size_t count, struct fm_keys *ret);
void fm_keys_done(struct fm_keys *keys);

/* Id and key out of a key file's content, which is changed. False: it is none. */
bool fm_key_parse(char *text, struct fm_public_key *ret);
/* The id as a person compares it with what minisign showed: without zeros in front. */
void fm_key_id_text(const uint8_t id[FM_KEY_ID_LEN], char ret[FM_KEY_ID_TEXT]);

#endif

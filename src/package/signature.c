/*
 * A signature of minisign (jedisct1.github.io/minisign, "Signature format"), four lines:
 *
 *   untrusted comment: anything
 *   base64 of: "Ed" or "ED", key id (8), signature (64)
 *   trusted comment: what was signed with it
 *   base64 of: global signature (64), over the signature and the trusted comment
 *
 * The key id is signed by nothing: a signature whose id was changed is one by an unknown key.
 */
#include "package/signature.h"

#include "base/scope.h"
#include "package/small.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIGNATURE_SUFFIX ".minisig"
#define SIGNATURE_FILE_MOST 16384u
#define SIGNATURE_COMMENT "untrusted comment: "
#define SIGNATURE_TRUSTED "trusted comment: "

struct signature_file {
	uint8_t algorithm[2], id[FM_KEY_ID_LEN], signature[crypto_sign_BYTES];
	const char *trusted;
	uint8_t global[crypto_sign_BYTES];
	bool hashed;
};

static bool signature_starts(const char *line, const char *start)
{
	return line && strncmp(line, start, strlen(start)) == 0;
}

/* NULL, or what is wrong with it. */
static const char *signature_parse(char *text, struct signature_file *ret)
{
	uint8_t raw[2 + FM_KEY_ID_LEN + crypto_sign_BYTES];
	const char *comment = fm_small_line(&text), *signature = fm_small_line(&text);
	const char *trusted = fm_small_line(&text), *global = fm_small_line(&text);

	if (!signature_starts(comment, SIGNATURE_COMMENT))
		return "line 1 is no untrusted comment: this is no signature of minisign";
	if (!signature || !fm_small_base64(signature, raw, sizeof(raw)))
		return "line 2 is no signature";
	if (!signature_starts(trusted, SIGNATURE_TRUSTED))
		return "line 3 is no trusted comment";
	if (!global || !fm_small_base64(global, ret->global, sizeof(ret->global)))
		return "line 4 is no signature";
	if (fm_small_line(&text))
		return "there is more than a signature in it";
	memcpy(ret->algorithm, raw, sizeof(ret->algorithm));
	memcpy(ret->id, raw + 2, sizeof(ret->id));
	memcpy(ret->signature, raw + 2 + FM_KEY_ID_LEN, sizeof(ret->signature));
	ret->trusted = trusted + strlen(SIGNATURE_TRUSTED);
	ret->hashed = memcmp(ret->algorithm, "ED", 2) == 0;
	if (!ret->hashed && memcmp(ret->algorithm, "Ed", 2) != 0)
		return "its algorithm is neither Ed nor ED";
	return NULL;
}

static bool signature_of_file(const struct signature_file *file, const uint8_t *data, size_t len,
			      const struct fm_public_key *key)
{
	uint8_t hash[crypto_generichash_BYTES_MAX];

	if (file->hashed) {
		crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
		data = hash;
		len = sizeof(hash);
	}
	return crypto_sign_verify_detached(file->signature, data, len, key->key) == 0;
}

static bool signature_of_comment(const struct signature_file *file, const struct fm_public_key *key)
{
	size_t len = strlen(file->trusted);
	FM_FREE uint8_t *both = malloc(sizeof(file->signature) + len);

	if (!both)
		abort();
	memcpy(both, file->signature, sizeof(file->signature));
	memcpy(both + sizeof(file->signature), file->trusted, len);
	return crypto_sign_verify_detached(file->global, both, sizeof(file->signature) + len,
					   key->key) == 0;
}

static void signature_is(struct fm_signature *ret, enum fm_signature_state state, const char *text)
{
	ret->state = state;
	fm_text_copy(ret->text, sizeof(ret->text), text);
}

static void signature_good(const struct signature_file *file, const struct fm_public_key *key,
			   struct fm_signature *ret)
{
	ret->state = FM_SIGNATURE_GOOD;
	fm_text_copy(ret->key_name, sizeof(ret->key_name), key->name);
	fm_text_copy(ret->vendor, sizeof(ret->vendor), key->vendor);
	fm_text_copy(ret->comment, sizeof(ret->comment), file->trusted);
	for (char *c = ret->comment; *c; c++) {
		if (*c == '\t')
			*c = ' '; /* minisign's own comment has them between its parts */
	}
	fm_text_clean(ret->comment);
	snprintf(ret->text, sizeof(ret->text), "signed by %s", ret->key_name);
}

/* With one of the keys of this id: false says that there is none. */
static bool signature_prove(const struct signature_file *file, const uint8_t *data, size_t len,
			    const struct fm_keys *keys, struct fm_signature *ret)
{
	bool known = false;

	for (size_t i = 0; i < keys->count; i++) {
		const struct fm_public_key *key = &keys->keys[i];

		if (memcmp(key->id, file->id, sizeof(key->id)) != 0)
			continue;
		known = true;
		if (!signature_of_file(file, data, len, key)) {
			signature_is(ret, FM_SIGNATURE_BAD, "the signature is not of these bytes");
		} else if (!signature_of_comment(file, key)) {
			signature_is(ret, FM_SIGNATURE_BAD, "its trusted comment was changed");
		} else {
			signature_good(file, key, ret);
			break;
		}
	}
	return known;
}

void fm_signature_check_text(char *text, const uint8_t *data, size_t len,
			     const struct fm_keys *keys, struct fm_signature *ret)
{
	struct signature_file file = { .hashed = false };
	const char *fault = signature_parse(text, &file);

	*ret = (struct fm_signature){ .state = FM_SIGNATURE_BAD };
	if (fault) {
		signature_is(ret, FM_SIGNATURE_BAD, fault);
		return;
	}
	fm_key_id_text(file.id, ret->key_id);
	if (signature_prove(&file, data, len, keys, ret))
		return;
	ret->state = FM_SIGNATURE_UNKNOWN_KEY;
	snprintf(ret->text, sizeof(ret->text),
		 "signed by key %s, which is none of the %zu trusted here", ret->key_id,
		 keys->count);
}

static char *signature_path(const char *path)
{
	struct fm_text text = { 0 };

	fm_text_addf(&text, "%s%s", path, SIGNATURE_SUFFIX);
	return text.data;
}

bool fm_signature_is_beside(const char *path)
{
	FM_FREE char *beside = signature_path(path);

	return faccessat(AT_FDCWD, beside, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void fm_signature_check(const char *path, const uint8_t *data, size_t len,
			const struct fm_keys *keys, struct fm_signature *ret)
{
	FM_FREE char *beside = signature_path(path), *text = NULL;
	struct fm_error err;

	*ret = (struct fm_signature){ .state = FM_SIGNATURE_NONE };
	if (!fm_signature_is_beside(path))
		signature_is(ret, FM_SIGNATURE_NONE, "no signature lies beside it");
	else if (fm_small_read(AT_FDCWD, beside, 0, SIGNATURE_FILE_MOST, "the signature", &text,
			       &err))
		fm_signature_check_text(text, data, len, keys, ret);
	else
		signature_is(ret, FM_SIGNATURE_BAD, err.text);
}

bool fm_signature_is_for(const struct fm_signature *signature, const char *vendor)
{
	const char *folder = signature->vendor;

	if (!*folder)
		return true;
	for (; *folder && *vendor; folder++, vendor++) {
		int wanted =
			isalnum((unsigned char)*vendor) ? tolower((unsigned char)*vendor) : '-';

		if (tolower((unsigned char)*folder) != wanted)
			return false;
	}
	return !*folder && !*vendor;
}

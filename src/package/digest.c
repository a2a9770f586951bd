/* SHA-256 is libsodium's as everywhere; libmd has the others. */
#include "package/digest.h"

#include "base/hash.h"

#include <string.h>
#include <strings.h>

#include <sha1.h>
#include <sha2.h>

static const struct digest_kind {
	const char *name;
	size_t len; /* of its text */
} digest_kinds[] = {
	[FM_DIGEST_NONE] = { "none", 0 },       [FM_DIGEST_SHA1] = { "sha1", 40 },
	[FM_DIGEST_SHA256] = { "sha256", 64 },  [FM_DIGEST_SHA384] = { "sha384", 96 },
	[FM_DIGEST_SHA512] = { "sha512", 128 },
};

const char *fm_digest_name(enum fm_digest digest)
{
	return digest_kinds[digest].name;
}

enum fm_digest fm_digest_guess(const char *text)
{
	size_t len = strlen(text);

	if (strspn(text, "0123456789abcdefABCDEF") != len)
		return FM_DIGEST_NONE;
	for (int i = FM_DIGEST_SHA1; i <= FM_DIGEST_SHA512; i++) {
		if (digest_kinds[i].len == len)
			return (enum fm_digest)i;
	}
	return FM_DIGEST_NONE;
}

bool fm_digest_is(const char *text, const void *data, size_t len)
{
	char sum[FM_DIGEST_TEXT];

	switch (fm_digest_guess(text)) {
	case FM_DIGEST_SHA1:
		SHA1Data(data, len, sum);
		break;
	case FM_DIGEST_SHA256:
		fm_sha256(data, len, sum);
		break;
	case FM_DIGEST_SHA384:
		SHA384Data(data, len, sum);
		break;
	case FM_DIGEST_SHA512:
		SHA512Data(data, len, sum);
		break;
	case FM_DIGEST_NONE:
		return false;
	}
	return strcasecmp(sum, text) == 0;
}

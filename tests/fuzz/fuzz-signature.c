/*
 * A text as everything small that lies beside firmware: a signature, a key, and a file of
 * checksums. The key is a real one, the firmware is what it signed: nothing but the right text may
 * be good.
 */
#include "fuzz.h"

#include "../unit/package/signature-data.h"

#include "base/scope.h"
#include "package/signature.h"
#include "package/sums.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_DATA (const uint8_t *)SIGNED_TEXT, strlen(SIGNED_TEXT)

static char *fuzz_text(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		abort();
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

/* The signatures of key one are known: whatever else is good was forged. */
static void fuzz_signature(const uint8_t *data, size_t len)
{
	char key_text[] = KEY_ONE;
	struct fm_public_key key = { .name = "one" };
	const struct fm_keys keys = { .keys = &key, .count = 1 };
	FM_FREE char *text = fuzz_text(data, len), *whole = fuzz_text(data, len);
	struct fm_signature signature;

	if (!fm_key_parse(key_text, &key))
		abort();
	fm_signature_check_text(text, FUZZ_DATA, &keys, &signature);
	if (signature.state == FM_SIGNATURE_NONE || !*signature.text)
		abort();
	if (signature.state == FM_SIGNATURE_GOOD &&
	    !strstr(whole, "trusted comment: version 1.2\tfile:fw") &&
	    !strstr(whole, "trusted comment: old form"))
		abort();
}

static void fuzz_key(const uint8_t *data, size_t len)
{
	FM_FREE char *text = fuzz_text(data, len);
	struct fm_public_key key = { .name = "" };
	char id[FM_KEY_ID_TEXT];

	if (!fm_key_parse(text, &key))
		return;
	fm_key_id_text(key.id, id);
	const uint64_t number = strtoull(id, NULL, 16);
	for (size_t i = 0; i < FM_KEY_ID_LEN; i++) {
		if (key.id[i] != (uint8_t)(number >> (8 * i)))
			abort();
	}
}

static void fuzz_sums(const uint8_t *data, size_t len, const char *algorithm, const char *name,
		      bool single)
{
	FM_FREE char *text = fuzz_text(data, len);
	struct fm_sums sums;

	fm_sums_check_text(text, algorithm, name, single, FUZZ_DATA, &sums);
	if ((sums.state == FM_SUMS_GOOD) && strcmp(sums.wanted, sums.found) != 0)
		abort();
	if ((sums.state == FM_SUMS_NONE) != (*sums.text == '\0'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_signature(data, len);
	fuzz_key(data, len);
	fuzz_sums(data, len, "sha256", "fw", false);
	fuzz_sums(data, len, "sha512", "a\\b\nc", false);
	fuzz_sums(data, len, "sha256", "fw", true);
	return 0;
}

#include "base/hash.h"

#include "base/bytes.h"

#include <sodium.h>

void fm_sha256(const void *data, size_t len, char ret[FM_SHA256_TEXT])
{
	uint8_t sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, data, len);
	fm_bytes_to_hex(sum, sizeof(sum), ret);
}

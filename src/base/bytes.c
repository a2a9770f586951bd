#include "base/bytes.h"

#include <string.h>

bool fm_bytes_filled(const uint8_t *data, size_t len, uint8_t fill)
{
	/* Equal to itself shifted by one, and the first is right: memcmp runs at memory speed. */
	return len == 0 || (data[0] == fill && memcmp(data, data + 1, len - 1) == 0);
}

uint8_t fm_bytes_xor(const uint8_t *data, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum ^= *data++;
	return sum;
}

void fm_bytes_to_hex(const uint8_t *data, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[data[i] >> 4];
		*ret++ = digits[data[i] & 15];
	}
	*ret = '\0';
}

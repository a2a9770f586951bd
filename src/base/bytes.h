/* Integers in byte streams, and hexadecimal text. */
#ifndef FM_BASE_BYTES_H
#define FM_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t fm_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t fm_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t fm_get_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t fm_get_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline void fm_put_be16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void fm_put_be32(uint8_t *p, uint32_t value)
{
	fm_put_be16(p, (uint16_t)(value >> 16));
	fm_put_be16(p + 2, (uint16_t)value);
}

static inline void fm_put_le32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)(value >> 16);
	p[3] = (uint8_t)(value >> 24);
}

/* All bytes equal to fill; true of none. */
bool fm_bytes_filled(const uint8_t *data, size_t len, uint8_t fill);

/* XOR of all bytes. */
uint8_t fm_bytes_xor(const uint8_t *data, size_t len);

/* Lower case hexadecimal, 2 * len + 1 characters in ret. */
void fm_bytes_to_hex(const uint8_t *data, size_t len, char *ret);

#endif

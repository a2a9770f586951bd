/*
 * Binary info: what a program built with the pico-sdk says of itself in its own flash image
 * (doc/protocols/picoboot.md). Nothing of what the flash holds is trusted: addresses are checked,
 * counts and lengths bounded, texts made printable.
 */
#ifndef FM_PROTOCOL_BINARY_INFO_H
#define FM_PROTOCOL_BINARY_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "" = not told. */
struct fm_binary_info {
	char program[64], version[64], build_date[64], board[64], sdk[64], url[64];
};

/* All of [addr, addr + len), which lies inside the source; false ends the search. */
typedef bool fm_binary_info_read(void *user, uint32_t addr, uint8_t *ret_data, size_t len);

/* A flash image at `base`, `len` bytes long. */
struct fm_binary_info_source {
	uint32_t base;
	size_t len;
	fm_binary_info_read *read;
	void *user;
};

/* True when there is binary info; *ret holds what could be read of it, and is empty otherwise. */
bool fm_binary_info_find(const struct fm_binary_info_source *source, struct fm_binary_info *ret);

#endif

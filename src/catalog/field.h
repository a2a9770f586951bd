/* Values as definitions write them, each parsed whole: false when anything of the text is left
 * over. */
#ifndef FM_CATALOG_FIELD_H
#define FM_CATALOG_FIELD_H

#include "base/line.h"
#include "image/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal, 0x..., or decimal with K (1024) or M (1024 K); at most 4 GiB. */
bool fm_field_number(const char *text, uint64_t *ret_number);
/* 0x and up to four digits, not terminated. */
bool fm_field_hex16(const char *text, size_t len, uint16_t *ret_number);
/* "fe01xx": class, subclass and protocol of an interface; "xx" = any gives -1. Not terminated. */
bool fm_field_interface(const char *text, size_t len, int *ret_class, int *ret_subclass,
			int *ret_protocol);
/* "8E1": data bits, parity N, E or O, stop bits. */
bool fm_field_framing(const char *text, struct fm_line_settings *settings);
/* "4x16K,64K,7x128K" */
bool fm_field_erase(const char *text, struct fm_block_run runs[FM_RUN_MOST], size_t *ret_count);
/* Text with \r \n \t \0 \\ \xNN, or pairs of hexadecimal digits; malloc'd. */
bool fm_field_escaped(const char *text, uint8_t **ret_data, size_t *ret_len);
bool fm_field_hex(const char *text, uint8_t **ret_data, size_t *ret_len);

#endif

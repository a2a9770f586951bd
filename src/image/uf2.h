/*
 * The layout of UF2 blocks, and their writer. Shared by uf2.c and uf2_write.c alone.
 */
#ifndef FM_IMAGE_UF2_H
#define FM_IMAGE_UF2_H

#include "image/image.h"

#define UF2_BLOCK 512u
#define UF2_DATA 32u
#define UF2_DATA_MOST 476u
#define UF2_END 508u
#define UF2_PAYLOAD 256u

#define UF2_MAGIC_START0 0x0a324655u
#define UF2_MAGIC_START1 0x9e5d5157u
#define UF2_MAGIC_END 0x0ab16f30u

#define UF2_FLAG_NOT_MAIN_FLASH 0x1u
#define UF2_FLAG_FILE_CONTAINER 0x1000u
#define UF2_FLAG_FAMILY 0x2000u
#define UF2_FLAG_MD5 0x4000u
#define UF2_FLAG_TAGS 0x8000u

#define UF2_TAG_VERSION 0x9fc7bcu
#define UF2_TAG_DESCRIPTION 0x650d9du
#define UF2_TAG_PAGE_LEN 0x0be9f7u
#define UF2_TAG_IGNORE 0x9957e3u /* Raspberry Pi: RP2350 data sheet, erratum E10 */

/* As fm_format.write. */
bool fm_uf2_write(const struct fm_image *image, uint8_t **ret_data, size_t *ret_len,
		  struct fm_error *err) FM_MUST_CHECK;

#endif

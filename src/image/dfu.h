/* The suffix that DFU and DfuSe files end in (USB DFU 1.1, appendix B). */
#ifndef FM_IMAGE_DFU_H
#define FM_IMAGE_DFU_H

#include "base/error.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_DFU_SUFFIX_LEN 16u
#define FM_DFU_SPEC 0x0100u   /* bcdDFU of a file with plain content */
#define FM_DFUSE_SPEC 0x011au /* and of a DfuSe container */

/* Prove the suffix and keep in the image which unit it names; what lies before it is ret_len bytes
 * long. FM_FILE_FORMAT when it is missing or damaged. */
bool fm_dfu_suffix_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
			size_t *ret_len, uint16_t *ret_spec, struct fm_error *err) FM_MUST_CHECK;
/* Make the last FM_DFU_SUFFIX_LEN of len bytes the suffix; any unit where the image names none. */
void fm_dfu_suffix_put(const struct fm_image *image, uint16_t spec, uint8_t *data, size_t len);

#endif

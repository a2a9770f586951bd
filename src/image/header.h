/*
 * Headers that say what the firmware behind them is. They go to the unit with it, so a file that
 * begins with one is otherwise raw: it floats. Containers (DFU, UF2, Intel HEX ...) may hold such
 * firmware, too.
 */
#ifndef FM_IMAGE_HEADER_H
#define FM_IMAGE_HEADER_H

#include "base/error.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each proves the data, which begins with its header and may go on behind what the header counts,
 * and puts what it says into the image, where nothing else has said so. FM_FILE_FORMAT: damaged or
 * cut; the image is as it was then. */
typedef bool fm_header_function(const char *name, const uint8_t *data, size_t len,
				struct fm_image *image, struct fm_error *err);
fm_header_function fm_mcuboot_tell, fm_esp_tell, fm_uimage_tell;

/* Read a file that is nothing else. */
bool fm_header_read(const char *name, const uint8_t *data, size_t len, fm_header_function *tell,
		    struct fm_image *image, struct fm_error *err) FM_MUST_CHECK;
/* What a container's content says of itself. Damage is no error here: a container has checksums of
 * its own, and may leave out what is blank. */
void fm_header_look(struct fm_image *image);
/* The bytes, as they stand in the header, as text of the image's: printable, up to the first 0. Not
 * over a text that is there. */
void fm_header_text(char *ret, size_t size, const uint8_t *data, size_t len);

/* The UF2 family of the chip that ESP images call so ("esp32s3"); 0 = it is none. */
uint32_t fm_esp_family(const char *chip_id);

#endif

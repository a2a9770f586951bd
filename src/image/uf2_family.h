/* Names of UF2 family ids: what messages call the chips that a UF2 file is for. */
#ifndef FM_IMAGE_UF2_FAMILY_H
#define FM_IMAGE_UF2_FAMILY_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

/* As the format's public list has it ("RP2040"), or NULL. */
const char *fm_uf2_family_name(uint32_t family);
/* Append "RP2040, SAMD21, 0x12345678". */
void fm_uf2_family_list(struct fm_text *text, const uint32_t *families, size_t count);

#endif

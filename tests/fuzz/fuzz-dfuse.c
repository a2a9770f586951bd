/* The input is what lies before the suffix: a fuzzer does not find the CRC behind its changes. */
#include "fuzz-image.h"

#include "image/dfu.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fm_image any = { .usb = { .has_usb = false } };
	uint8_t *file = malloc(len + FM_DFU_SUFFIX_LEN);

	if (!file)
		return 0;
	if (len > 0)
		memcpy(file, data, len);
	fm_dfu_suffix_put(&any, FM_DFUSE_SPEC, file, len + FM_DFU_SUFFIX_LEN);
	fuzz_image("dfuse", file, len + FM_DFU_SUFFIX_LEN);
	free(file);
	return 0;
}

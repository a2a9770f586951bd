/* The whole way of a file: gunzip, recognition by content, refusal of what is no firmware. */
#include "fuzz-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_image(NULL, data, len);
	return 0;
}

#include "fuzz-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_image("esp", data, len);
	return 0;
}

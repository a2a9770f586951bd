/* A fuzz target: libFuzzer calls it with what it invents, replay.c with the files of the corpus. */
#ifndef FM_TESTS_FUZZ_H
#define FM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0; what is wrong ends the program (assert, abort, a sanitizer). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif

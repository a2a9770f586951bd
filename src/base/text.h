/* A growing string: data is always terminated (or NULL while empty), len excludes the terminator.
 */
#ifndef FM_BASE_TEXT_H
#define FM_BASE_TEXT_H

#include "base/error.h"

#include <stddef.h>

struct fm_text {
	char *data;
	size_t len, size;
};

void fm_text_done(struct fm_text *text);
/* Append. Memory exhaustion ends the program: texts are small and nothing could be said without
 * them. */
void fm_text_add(struct fm_text *text, const char *string);
void fm_text_addf(struct fm_text *text, const char *format, ...) FM_PRINTF(2, 3);

/* Copy as much as fits, always terminated. */
void fm_text_copy(char *ret, size_t size, const char *string);
/* Copy with control characters and bytes outside ASCII as '.', so that a unit's answer can't steer
 * a terminal. */
void fm_text_printable(char *ret, size_t size, const char *data, size_t len);

#define FM_TEXT_DONE __attribute__((cleanup(fm_text_done)))

#endif

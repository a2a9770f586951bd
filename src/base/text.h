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

/* Append as one word of a shell's command, in quotes. */
void fm_text_add_quoted(struct fm_text *text, const char *word);

/* Copy as much as fits, always terminated. */
void fm_text_copy(char *ret, size_t size, const char *string);
/* Bytes of the UTF-8 character at text when it is valid (RFC 3629) and can't steer a terminal, else
 * 0. */
size_t fm_text_character(const char *text, size_t len);
/* The last `count` characters of it, NULL where there are fewer. */
const char *fm_text_tail(const char *string, size_t count);
/* Every byte that belongs to no such character becomes '.': for what comes from outside and is
 * shown or put into JSON. */
void fm_text_clean(char *text);
/* Copy with control characters and bytes outside ASCII as '.', so that a unit's answer can't steer
 * a terminal. */
void fm_text_printable(char *ret, size_t size, const char *data, size_t len);

#define FM_TEXT_DONE __attribute__((cleanup(fm_text_done)))

#endif

/*
 * Memory that is given back all at once: the strings of a thousand definitions take a few dozen
 * mallocs. Exhaustion ends the program, as with texts: nothing could be done without the catalog.
 */
#ifndef FM_CATALOG_ARENA_H
#define FM_CATALOG_ARENA_H

#include <stddef.h>

struct fm_arena_block;

struct fm_arena {
	struct fm_arena_block *blocks;
	char *at;
	size_t left;
};

void fm_arena_done(struct fm_arena *arena);
/* Zeroed, aligned for any object. */
void *fm_arena_take(struct fm_arena *arena, size_t len);
/* A terminated copy of len bytes, control characters as '.': names must not steer a terminal. */
const char *fm_arena_copy(struct fm_arena *arena, const char *text, size_t len);

#endif

#include "catalog/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK_LEN (64u << 10)

struct fm_arena_block {
	struct fm_arena_block *next;
	alignas(max_align_t) char data[];
};

void fm_arena_done(struct fm_arena *arena)
{
	while (arena->blocks) {
		struct fm_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	*arena = (struct fm_arena){ 0 };
}

static void arena_grow(struct fm_arena *arena, size_t len)
{
	size_t block_len = len > ARENA_BLOCK_LEN ? len : ARENA_BLOCK_LEN;
	struct fm_arena_block *block = calloc(1, sizeof(*block) + block_len);

	if (!block)
		abort();
	block->next = arena->blocks;
	arena->blocks = block;
	arena->at = block->data;
	arena->left = block_len;
}

static void *arena_take(struct fm_arena *arena, size_t len)
{
	char *at;

	if (len > arena->left)
		arena_grow(arena, len);
	at = arena->at;
	arena->at += len;
	arena->left -= len;
	return at;
}

void *fm_arena_take(struct fm_arena *arena, size_t len)
{
	size_t skip = -(size_t)arena->at % alignof(max_align_t);

	if (skip > 0 && skip <= arena->left)
		arena_take(arena, skip);
	return arena_take(arena, len);
}

const char *fm_arena_copy(struct fm_arena *arena, const char *text, size_t len)
{
	char *copy = arena_take(arena, len + 1);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		/* U+0080 ... U+009F: control characters too, C2 and a byte below A0 in UTF-8 */
		bool control = c < ' ' || c == 0x7f ||
			       (i > 0 && (unsigned char)text[i - 1] == 0xc2 && c < 0xa0);

		copy[i] = control ? '.' : text[i];
	}
	return copy;
}

/*
 * A bounded queue of fixed-size values from many threads to one reader that polls a descriptor. A
 * value may replace the one before it with the same key (progress); nothing else is ever dropped: a
 * full queue makes the writer wait.
 */
#ifndef FM_BASE_QUEUE_H
#define FM_BASE_QUEUE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct fm_queue;

bool fm_queue_new(size_t item_size, size_t capacity, struct fm_queue **ret_queue,
		  struct fm_error *err) FM_MUST_CHECK;
void fm_queue_free(struct fm_queue *queue);

/*
 * Any thread. key 0: always its own place. Otherwise, where the newest value with that key and with
 * no other value of the same group behind it is still waiting, the value takes its place (group
 * keeps the order within one job). False when the queue was closed by its reader.
 */
bool fm_queue_put(struct fm_queue *queue, const void *item, uint64_t group, uint64_t key);

/* The reader: true and a value, or false when there is none now. */
bool fm_queue_get(struct fm_queue *queue, void *ret_item);

/* Readable while values wait. */
int fm_queue_fd(const struct fm_queue *queue);

/* The reader stops: writers that wait or come later get false. */
void fm_queue_close(struct fm_queue *queue);

#endif

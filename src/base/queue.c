#include "base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue_slot {
	uint64_t group, key;
};

struct fm_queue {
	pthread_mutex_t mutex;
	pthread_cond_t room;
	size_t item_size, capacity, first, count;
	struct queue_slot *slots;
	unsigned char *items;
	int fd;
	bool closed;
};

bool fm_queue_new(size_t item_size, size_t capacity, struct fm_queue **ret_queue,
		  struct fm_error *err)
{
	struct fm_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a queue");
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_cond_init(&queue->room, NULL);
	queue->item_size = item_size;
	queue->capacity = capacity;
	queue->slots = calloc(capacity, sizeof(*queue->slots));
	queue->items = calloc(capacity, item_size);
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!queue->slots || !queue->items || queue->fd < 0) {
		fm_queue_free(queue);
		return fm_fail(err, FM_NO_MEMORY, "no memory or descriptor for a queue");
	}
	*ret_queue = queue;
	return true;
}

void fm_queue_free(struct fm_queue *queue)
{
	if (!queue)
		return;
	if (queue->fd >= 0)
		close(queue->fd);
	pthread_cond_destroy(&queue->room);
	pthread_mutex_destroy(&queue->mutex);
	free(queue->slots);
	free(queue->items);
	free(queue);
}

static size_t queue_place(const struct fm_queue *queue, size_t n)
{
	return (queue->first + n) % queue->capacity;
}

/* The waiting value that the new one may replace: the newest of its group, if it has the same key.
 */
static bool queue_replaceable(const struct fm_queue *queue, uint64_t group, uint64_t key,
			      size_t *ret_place)
{
	for (size_t n = queue->count; key && n > 0; n--) {
		const struct queue_slot *slot = &queue->slots[queue_place(queue, n - 1)];

		if (slot->group != group)
			continue;
		*ret_place = queue_place(queue, n - 1);
		return slot->key == key;
	}
	return false;
}

bool fm_queue_put(struct fm_queue *queue, const void *item, uint64_t group, uint64_t key)
{
	const uint64_t one = 1;
	size_t place;

	pthread_mutex_lock(&queue->mutex);
	if (queue_replaceable(queue, group, key, &place)) {
		memcpy(queue->items + place * queue->item_size, item, queue->item_size);
		pthread_mutex_unlock(&queue->mutex);
		return true;
	}
	while (queue->count == queue->capacity && !queue->closed)
		pthread_cond_wait(&queue->room, &queue->mutex);
	if (queue->closed) {
		pthread_mutex_unlock(&queue->mutex);
		return false;
	}
	place = queue_place(queue, queue->count++);
	queue->slots[place] = (struct queue_slot){ group, key };
	memcpy(queue->items + place * queue->item_size, item, queue->item_size);
	while (write(queue->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_mutex_unlock(&queue->mutex);
	return true;
}

bool fm_queue_get(struct fm_queue *queue, void *ret_item)
{
	bool found = false;
	uint64_t ignored;

	pthread_mutex_lock(&queue->mutex);
	if (queue->count > 0) {
		memcpy(ret_item, queue->items + queue->first * queue->item_size, queue->item_size);
		queue->first = queue_place(queue, 1);
		queue->count--;
		found = true;
		pthread_cond_signal(&queue->room);
	}
	if (queue->count == 0) {
		while (read(queue->fd, &ignored, sizeof(ignored)) < 0 && errno == EINTR)
			;
	}
	pthread_mutex_unlock(&queue->mutex);
	return found;
}

int fm_queue_fd(const struct fm_queue *queue)
{
	return queue->fd;
}

void fm_queue_close(struct fm_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->closed = true;
	pthread_cond_broadcast(&queue->room);
	pthread_mutex_unlock(&queue->mutex);
}

/*
 * A link: the wire below a protocol. Kinds of link embed struct fm_link as their first member. One
 * thread uses a link; *cancel may be set from any. `needs` of a protocol is checked once, so that
 * protocol code never tests an operation table for NULL.
 */
#ifndef FM_LINK_LINK_H
#define FM_LINK_LINK_H

#include "base/clock.h"
#include "base/error.h"
#include "base/line.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_link;

struct fm_stream_ops {
	/* All of it or an error. Returns when the kernel has it, not when the line has carried it.
	 */
	bool (*send)(struct fm_link *link, const void *data, size_t len,
		     struct fm_deadline deadline, struct fm_error *err);
	/* At least one and at most len bytes; FM_TIMEOUT when none came. */
	bool (*recv)(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		     struct fm_deadline deadline, struct fm_error *err);
	/* Forget what was received and not read. */
	bool (*discard)(struct fm_link *link, struct fm_error *err);
};

struct fm_line_ops {
	bool (*configure)(struct fm_link *link, const struct fm_line_settings *settings,
			  struct fm_error *err);
	/* Set the lines of `lines` to the state in `on` (asserted = 1), all in one step. */
	bool (*modem)(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err);
	bool (*send_break)(struct fm_link *link, unsigned duration_ms, struct fm_error *err);
};

/* What this link can't do because of what it is (a pty): no error, nothing to wait for. */
#define FM_LINK_NO_MODEM 1u
#define FM_LINK_NO_PARITY 2u

struct fm_link {
	const struct fm_stream_ops *stream;
	const struct fm_line_ops *line; /* NULL: no baud rate, no modem lines */
	void (*close)(struct fm_link *link);
	struct fm_clock *clock;
	const atomic_bool
		*cancel; /* NULL: never; set = every waiting call fails with FM_CANCELLED */
	unsigned lacks;  /* FM_LINK_NO_... */
	char name[96];   /* for messages: "/dev/ttyUSB0" */
};

static inline bool fm_send(struct fm_link *link, const void *data, size_t len,
			   struct fm_deadline deadline, struct fm_error *err)
{
	return link->stream->send(link, data, len, deadline, err);
}

static inline bool fm_recv_some(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
				struct fm_deadline deadline, struct fm_error *err)
{
	return link->stream->recv(link, ret_data, len, ret_len, deadline, err);
}

/* Exactly len bytes. On FM_TIMEOUT the bytes that came are lost and the text says how many. */
bool fm_recv(struct fm_link *link, void *ret_data, size_t len, struct fm_deadline deadline,
	     struct fm_error *err) FM_MUST_CHECK;

static inline bool fm_discard(struct fm_link *link, struct fm_error *err)
{
	return link->stream->discard(link, err);
}

static inline bool fm_line_configure(struct fm_link *link, const struct fm_line_settings *settings,
				     struct fm_error *err)
{
	return link->line->configure(link, settings, err);
}

static inline bool fm_line_modem(struct fm_link *link, unsigned lines, unsigned on,
				 struct fm_error *err)
{
	return link->line->modem(link, lines, on, err);
}

static inline bool fm_line_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	return link->line->send_break(link, duration_ms, err);
}

static inline void fm_link_close(struct fm_link *link)
{
	if (link)
		link->close(link);
}

/* For decorators: clock, cancel, lacks and name as the link inside has them. */
void fm_link_wrap(struct fm_link *link, const struct fm_link *inner);

static inline bool fm_link_cancelled(const struct fm_link *link)
{
	return link->cancel && atomic_load(link->cancel);
}

#endif

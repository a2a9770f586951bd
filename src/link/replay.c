/*
 * Answers from a recording, in virtual time. What the host does is compared with what it did then,
 * byte by byte (how the bytes were cut into calls does not matter); what came back then comes back
 * as late after the host's last action as it did then.
 */
#include "base/text.h"
#include "link/replay_file.h"
#include "link/replay_usb.h"

#include <stdlib.h>
#include <string.h>

static bool replay_send(struct fm_link *link, const void *data, size_t len,
			struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_replay_link *r = (struct fm_replay_link *)link;

	return fm_replay_ready(r, err) && fm_replay_compare(r, data, len, err) &&
	       fm_replay_error(r, FM_TRACE_SENDING, deadline, err);
}

static bool replay_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
			struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_replay_link *r = (struct fm_replay_link *)link;
	const struct fm_replay_entry *entry = fm_replay_next(r);
	int64_t due_ns, now_ns;
	size_t n = 0;

	if (!fm_replay_ready(r, err) || !fm_replay_error(r, FM_TRACE_RECEIVING, deadline, err))
		return false;
	if (!entry || entry->mark != FM_TRACE_RECEIVED)
		return fm_replay_differs(r, "bytes are waited for", err);
	due_ns = entry->at_ns + r->offset_ns;
	now_ns = r->clock.now_ns;
	if (due_ns > now_ns && due_ns > deadline.at_ns) {
		r->clock.clock.sleep_until(&r->clock.clock, deadline.at_ns);
		return fm_fail(err, FM_TIMEOUT, "%s:%u: what was received here came later", r->path,
			       entry->line);
	}
	r->clock.clock.sleep_until(&r->clock.clock, due_ns);
	/* Lines of one time are one chunk that was too long for a line. */
	for (int64_t at_ns = entry->at_ns;
	     n < len && entry && entry->at_ns == at_ns && entry->mark == FM_TRACE_RECEIVED;
	     entry = fm_replay_next(r)) {
		((uint8_t *)ret_data)[n++] = entry->data[r->used++];
		if (r->used == entry->len)
			fm_replay_done(r);
	}
	*ret_len = n;
	return true;
}

/* Line changes must be those that were recorded. */
static bool replay_line(struct fm_replay_link *r, const char *text, struct fm_error *err)
{
	return fm_replay_expect(r, FM_TRACE_LINE, text, err) &&
	       fm_replay_error(r, FM_TRACE_SETTING_LINE, (struct fm_deadline){ r->clock.now_ns },
			       err);
}

static bool replay_discard(struct fm_link *link, struct fm_error *err)
{
	return replay_line((struct fm_replay_link *)link, FM_TRACE_DISCARD, err);
}

static bool replay_configure(struct fm_link *link, const struct fm_line_settings *settings,
			     struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_baud(text, settings);
	return replay_line((struct fm_replay_link *)link, text, err);
}

static bool replay_modem(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_modem(text, lines, on);
	return replay_line((struct fm_replay_link *)link, text, err);
}

static bool replay_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	char text[FM_TRACE_SETTING];

	fm_trace_break(text, duration_ms);
	if (!replay_line((struct fm_replay_link *)link, text, err))
		return false;
	fm_sleep_ms(link->clock, duration_ms);
	return true;
}

static void replay_close(struct fm_link *link)
{
	struct fm_replay_link *r = (struct fm_replay_link *)link;

	free(r->entries);
	free(r->path);
	free(r);
}

static const struct fm_stream_ops replay_stream = { replay_send, replay_recv, replay_discard };
static const struct fm_line_ops replay_line_ops = { replay_configure, replay_modem, replay_break };

bool fm_replay_open(const char *path, struct fm_link **ret_link, struct fm_error *err)
{
	struct fm_replay_link *r = calloc(1, sizeof(*r));

	if (!r)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	fm_virtual_clock_init(&r->clock);
	r->link.stream = &replay_stream;
	r->link.line = &replay_line_ops;
	r->link.close = replay_close;
	r->link.clock = &r->clock.clock;
	fm_text_copy(r->link.name, sizeof(r->link.name), path);
	r->path = strdup(path);
	if (!r->path || !fm_replay_load(r, err)) {
		if (!r->path)
			fm_fail(err, FM_NO_MEMORY, "out of memory");
		replay_close(&r->link);
		return false;
	}
	fm_replay_usb_start(r);
	*ret_link = &r->link;
	return true;
}

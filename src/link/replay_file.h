/* A recording that was read, and what of it happened already: what replay.c and replay_usb.c step
 * through. */
#ifndef FM_LINK_REPLAY_FILE_H
#define FM_LINK_REPLAY_FILE_H

#include "link/decorators.h"
#include "link/trace_line.h"

/* One line of the file. */
struct fm_replay_entry {
	enum fm_trace_mark mark;
	unsigned line;
	int64_t at_ns;
	uint8_t data[FM_TRACE_WIDTH];
	size_t len;
	enum fm_code code;           /* of an error */
	char text[FM_TRACE_SETTING]; /* of a line change; what an error came from */
};

struct fm_replay_link {
	struct fm_link link;
	struct fm_virtual_clock clock;
	char *path;
	struct fm_replay_entry *entries;
	size_t count, next; /* next: the first that did not happen yet */
	size_t used;        /* bytes of it that did */
	int64_t offset_ns;  /* the clock's time minus the recorded one */
	bool gone;
	struct fm_usb_descriptors descriptors; /* of a recorded USB link */
};

/* Reads the whole file at r->path; FM_FILE_FORMAT names the line. */
bool fm_replay_load(struct fm_replay_link *r, struct fm_error *err);
/* Still there, and not cancelled? */
bool fm_replay_ready(struct fm_replay_link *r, struct fm_error *err);
/* NULL: the end of the recording. */
const struct fm_replay_entry *fm_replay_next(const struct fm_replay_link *r);
void fm_replay_done(struct fm_replay_link *r);
/* The host does something else than it did when the file was recorded. */
bool fm_replay_differs(const struct fm_replay_link *r, const char *what, struct fm_error *err);
/* The next entry must be this; times run from here. */
bool fm_replay_expect(struct fm_replay_link *r, enum fm_trace_mark mark, const char *text,
		      struct fm_error *err);
/* The next entries must be these bytes, sent. */
bool fm_replay_compare(struct fm_replay_link *r, const void *data, size_t len,
		       struct fm_error *err);
/* Let the recorded error happen where the next entry is one of this call's. True: there is none. */
bool fm_replay_error(struct fm_replay_link *r, const char *doing, struct fm_deadline deadline,
		     struct fm_error *err);

#endif

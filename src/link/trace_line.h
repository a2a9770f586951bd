/* The recorded form of what a link carried (doc/trace.md): what trace.c writes and replay.c reads.
 */
#ifndef FM_LINK_TRACE_LINE_H
#define FM_LINK_TRACE_LINE_H

#include "base/error.h"
#include "base/line.h"
#include "link/link.h"

#include <stdint.h>
#include <stdio.h>

#define FM_TRACE_HEAD "flashmend trace 1"
#define FM_TRACE_WIDTH 32 /* bytes in a line */

enum fm_trace_mark {
	FM_TRACE_SENT = '>',
	FM_TRACE_RECEIVED = '<',
	FM_TRACE_LINE = '!',
	FM_TRACE_ERROR = '#',
	FM_TRACE_USB = '*',
};

/* What follows '!', the same for the recording and for comparing with it. */
#define FM_TRACE_SETTING 32
void fm_trace_baud(char ret[FM_TRACE_SETTING], const struct fm_line_settings *settings);
void fm_trace_modem(char ret[FM_TRACE_SETTING], unsigned lines, unsigned on);
void fm_trace_break(char ret[FM_TRACE_SETTING], unsigned duration_ms);
#define FM_TRACE_DISCARD "discard"

/* What follows the code in an error line. */
#define FM_TRACE_RECEIVING "receiving"
#define FM_TRACE_SENDING "sending"
#define FM_TRACE_SETTING_LINE "line"
#define FM_TRACE_TRANSFER "transfer"

/* What follows '*'. A transfer says how much it may carry; the bytes are in lines of their own. */
void fm_trace_control(char ret[FM_TRACE_SETTING], const struct fm_usb_setup *setup, size_t len);
void fm_trace_bulk(char ret[FM_TRACE_SETTING], uint8_t endpoint, size_t len);
/* "clear-halt 129", "alternate 1", "string 4" */
void fm_trace_call(char ret[FM_TRACE_SETTING], const char *call, unsigned number);
#define FM_TRACE_RESET "reset"
#define FM_TRACE_CLEAR_HALT "clear-halt"
#define FM_TRACE_ALTERNATE "alternate"
#define FM_TRACE_STRING "string"
/* First of all: the number of the interface, then both descriptors as received bytes. */
#define FM_TRACE_INTERFACE "interface"

/* --- writing */

struct fm_trace_link {
	struct fm_link link;
	struct fm_link *inner;
	FILE *file; /* NULL after it could not be written */
	char *path;
	int64_t start_ns;
};

void fm_trace_line(struct fm_trace_link *t, int64_t at_ns, char mark, const char *text);
void fm_trace_data(struct fm_trace_link *t, int64_t at_ns, char mark, const void *data, size_t len);
/* Records what failed; passes ok on. */
bool fm_trace_result(struct fm_trace_link *t, bool ok, const char *doing,
		     const struct fm_error *err);

#endif

/* The recorded form of what a link carried (doc/trace.md): what trace.c writes and replay.c reads.
 */
#ifndef FM_LINK_TRACE_H
#define FM_LINK_TRACE_H

#include "base/error.h"
#include "base/line.h"

#include <stdint.h>

#define FM_TRACE_HEAD "flashmend trace 1"
#define FM_TRACE_WIDTH 32 /* bytes in a line */

enum fm_trace_mark {
	FM_TRACE_SENT = '>',
	FM_TRACE_RECEIVED = '<',
	FM_TRACE_LINE = '!',
	FM_TRACE_ERROR = '#',
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

#endif

/* What happened, for -v and --log-file. Lines go to one sink that the program sets before it starts
 * threads. */
#ifndef FM_BASE_LOG_H
#define FM_BASE_LOG_H

#include "base/error.h"

enum fm_log_level { FM_LOG_ERROR, FM_LOG_NOTE, FM_LOG_DEBUG };

/* line has no newline; called from any thread, one at a time. */
typedef void fm_log_sink(enum fm_log_level level, const char *line, void *user);

/* NULL = drop everything (the start). */
void fm_log_to(fm_log_sink *sink, void *user, enum fm_log_level most);
void fm_log(enum fm_log_level level, const char *format, ...) FM_PRINTF(2, 3);

#endif

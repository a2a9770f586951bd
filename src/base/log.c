#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static struct {
	pthread_mutex_t mutex;
	fm_log_sink *sink;
	void *user;
	enum fm_log_level most;
} log_state = { .mutex = PTHREAD_MUTEX_INITIALIZER };

void fm_log_to(fm_log_sink *sink, void *user, enum fm_log_level most)
{
	pthread_mutex_lock(&log_state.mutex);
	log_state.sink = sink;
	log_state.user = user;
	log_state.most = most;
	pthread_mutex_unlock(&log_state.mutex);
}

void fm_log(enum fm_log_level level, const char *format, ...)
{
	char line[512];
	va_list args;

	pthread_mutex_lock(&log_state.mutex);
	if (log_state.sink && level <= log_state.most) {
		va_start(args, format);
		vsnprintf(line, sizeof(line), format, args);
		va_end(args);
		log_state.sink(level, line, log_state.user);
	}
	pthread_mutex_unlock(&log_state.mutex);
}

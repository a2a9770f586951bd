#include "link/decorators.h"
#include "link/trace_line.h"
#include "link/trace_usb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool trace_send(struct fm_link *link, const void *data, size_t len,
		       struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;

	fm_trace_data(t, fm_now_ns(link->clock), FM_TRACE_SENT, data, len);
	return fm_trace_result(t, fm_send(t->inner, data, len, deadline, err), FM_TRACE_SENDING,
			       err);
}

static bool trace_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		       struct fm_deadline deadline, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	bool ok = fm_recv_some(t->inner, ret_data, len, ret_len, deadline, err);

	if (ok)
		fm_trace_data(t, fm_now_ns(link->clock), FM_TRACE_RECEIVED, ret_data, *ret_len);
	return fm_trace_result(t, ok, FM_TRACE_RECEIVING, err);
}

static bool trace_discard(struct fm_link *link, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;

	fm_trace_line(t, fm_now_ns(link->clock), FM_TRACE_LINE, FM_TRACE_DISCARD);
	return fm_trace_result(t, fm_discard(t->inner, err), FM_TRACE_SETTING_LINE, err);
}

static bool trace_configure(struct fm_link *link, const struct fm_line_settings *settings,
			    struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_baud(text, settings);
	fm_trace_line(t, fm_now_ns(link->clock), FM_TRACE_LINE, text);
	return fm_trace_result(t, fm_line_configure(t->inner, settings, err), FM_TRACE_SETTING_LINE,
			       err);
}

static bool trace_modem(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_modem(text, lines, on);
	fm_trace_line(t, fm_now_ns(link->clock), FM_TRACE_LINE, text);
	return fm_trace_result(t, fm_line_modem(t->inner, lines, on, err), FM_TRACE_SETTING_LINE,
			       err);
}

static bool trace_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;
	char text[FM_TRACE_SETTING];

	fm_trace_break(text, duration_ms);
	fm_trace_line(t, fm_now_ns(link->clock), FM_TRACE_LINE, text);
	return fm_trace_result(t, fm_line_break(t->inner, duration_ms, err), FM_TRACE_SETTING_LINE,
			       err);
}

static void trace_free(struct fm_trace_link *t)
{
	if (t->file)
		fclose(t->file);
	free(t->path);
	free(t);
}

static void trace_close(struct fm_link *link)
{
	struct fm_trace_link *t = (struct fm_trace_link *)link;

	fm_link_close(t->inner);
	trace_free(t);
}

static const struct fm_stream_ops trace_stream = { trace_send, trace_recv, trace_discard };
static const struct fm_line_ops trace_line_ops = { trace_configure, trace_modem, trace_break };

/* A new file, or one of ours: what comes is added to it, a head line for each link. */
static bool trace_may_append(FILE *file)
{
	char head[sizeof(FM_TRACE_HEAD) - 1];
	struct stat info;
	size_t len;

	if (fstat(fileno(file), &info) < 0 || !S_ISREG(info.st_mode))
		return true;
	rewind(file);
	len = fread(head, 1, sizeof(head), file);
	fseek(file, 0, SEEK_END);
	return len == 0 || (len == sizeof(head) && memcmp(head, FM_TRACE_HEAD, len) == 0);
}

/* A trace holds all that was sent, which may be a password: a new one is for its user only. */
static FILE *trace_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a+");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

bool fm_trace_open(struct fm_link *inner, const char *path, struct fm_link **ret_link,
		   struct fm_error *err)
{
	struct fm_trace_link *t = calloc(1, sizeof(*t));

	if (!t)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	fm_link_wrap(&t->link, inner);
	t->link.stream = inner->stream ? &trace_stream : NULL;
	t->link.line = inner->line ? &trace_line_ops : NULL;
	t->link.usb = inner->usb ? &fm_trace_usb : NULL;
	t->link.close = trace_close;
	t->inner = inner;
	t->start_ns = fm_now_ns(inner->clock);
	t->path = strdup(path);
	t->file = t->path ? trace_file(path) : NULL;
	if (t->file && !trace_may_append(t->file)) {
		fm_fail(err, FM_FILE_WRITE, "%s exists and is no trace", path);
		trace_free(t);
		return false;
	}
	if (!t->file) {
		fm_fail_os(err, FM_FILE_WRITE, errno, "%s: cannot write the trace", path);
		trace_free(t);
		return false;
	}
	/* Each line as it happens: the end is what matters when a program dies. */
	setvbuf(t->file, NULL, _IOLBF, 4096);
	fprintf(t->file, FM_TRACE_HEAD " %s\n", inner->name);
	fm_trace_descriptors(t);
	*ret_link = &t->link;
	return true;
}

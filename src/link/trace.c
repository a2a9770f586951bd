#include "link/trace.h"

#include "base/log.h"
#include "base/text.h"
#include "link/decorators.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fm_trace_baud(char ret[FM_TRACE_SETTING], const struct fm_line_settings *settings)
{
	snprintf(ret, FM_TRACE_SETTING, "baud %u %u%c%u", settings->baud, settings->data_bits,
		 "NEO"[settings->parity], settings -> stop_bits);
}

void fm_trace_modem(char ret[FM_TRACE_SETTING], unsigned lines, unsigned on)
{
	const char *dtr = !(lines & FM_LINE_DTR) ? "" : on & FM_LINE_DTR ? "dtr=1" : "dtr=0";
	const char *rts = !(lines & FM_LINE_RTS) ? "" : on & FM_LINE_RTS ? "rts=1" : "rts=0";

	snprintf(ret, FM_TRACE_SETTING, "%s%s%s", dtr, *dtr && *rts ? " " : "", rts);
}

void fm_trace_break(char ret[FM_TRACE_SETTING], unsigned duration_ms)
{
	snprintf(ret, FM_TRACE_SETTING, "break %u", duration_ms);
}

/* A full disk ends the recording, not the job. */
void fm_trace_line(struct fm_trace_link *t, int64_t at_ns, char mark, const char *text)
{
	int64_t us = (at_ns - t->start_ns) / 1000;

	if (!t->file)
		return;
	fprintf(t->file, "%6lld.%03d %c %s\n", (long long)(us / 1000), (int)(us % 1000), mark,
		text);
	if (!ferror(t->file))
		return;
	fm_log(FM_LOG_ERROR, "%s: cannot write the trace: %s", t->path, strerror(errno));
	fclose(t->file);
	t->file = NULL;
}

void fm_trace_data(struct fm_trace_link *t, int64_t at_ns, char mark, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i += FM_TRACE_WIDTH) {
		size_t n = len - i < FM_TRACE_WIDTH ? len - i : FM_TRACE_WIDTH;
		char line[FM_TRACE_WIDTH * 4 + 8], text[FM_TRACE_WIDTH + 1];
		size_t at = 0;

		for (size_t k = 0; k < n; k++)
			at += (size_t)sprintf(line + at, "%02x ", bytes[i + k]);
		fm_text_printable(text, sizeof(text), data + i, n);
		snprintf(line + at, sizeof(line) - at, " |%s|", text);
		fm_trace_line(t, at_ns, mark, line);
	}
}

bool fm_trace_result(struct fm_trace_link *t, bool ok, const char *doing,
		     const struct fm_error *err)
{
	char line[sizeof(err->text) + 64], *letter;

	t->link.lacks = t->inner->lacks;
	if (ok)
		return true;
	snprintf(line, sizeof(line), "%s", fm_error_info(err->code)->name);
	for (letter = line; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	snprintf(letter, sizeof(line) - (size_t)(letter - line), " %s: %s", doing, err->text);
	fm_trace_line(t, fm_now_ns(t->link.clock), FM_TRACE_ERROR, line);
	return false;
}

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

#include "link/trace_line.h"

#include "base/log.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

void fm_trace_control(char ret[FM_TRACE_SETTING], const struct fm_usb_setup *setup, size_t len)
{
	snprintf(ret, FM_TRACE_SETTING, "control %02x %02x %04x %04x %zu", setup->type,
		 setup->request, setup->value, setup->index, len);
}

void fm_trace_bulk(char ret[FM_TRACE_SETTING], uint8_t endpoint, size_t len)
{
	snprintf(ret, FM_TRACE_SETTING, "%s %02x %zu", endpoint & 0x80 ? "in" : "out", endpoint,
		 len);
}

void fm_trace_call(char ret[FM_TRACE_SETTING], const char *call, unsigned number)
{
	snprintf(ret, FM_TRACE_SETTING, "%s %u", call, number);
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

#include "link/replay_file.h"

#include "base/scope.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

static bool replay_bad_line(const struct fm_replay_link *r, unsigned line, const char *what,
			    struct fm_error *err)
{
	fm_fail(err, FM_FILE_FORMAT, "%s:%u: %s", r->path, line, what);
	return fm_hint(err, "doc/trace.md describes the format.");
}

static bool replay_parse_data(struct fm_replay_entry *entry, const char *text)
{
	while (isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]) &&
	       entry->len < FM_TRACE_WIDTH) {
		const char digits[] = { text[0], text[1], '\0' };

		entry->data[entry->len++] = (uint8_t)strtoul(digits, NULL, 16);
		text += 2;
		text += strspn(text, " ");
	}
	return entry->len > 0 && (*text == '\0' || *text == '|');
}

/* "timeout receiving: what it said" */
static bool replay_parse_error(struct fm_replay_entry *entry, const char *text)
{
	char name[16], doing[16] = FM_TRACE_RECEIVING;

	if (sscanf(text, "%15s %15[a-z]", name, doing) < 1)
		return false;
	fm_text_copy(entry->text, sizeof(entry->text), doing);
	for (int code = FM_OK + 1; code < FM_CODE_COUNT; code++)
		if (strcasecmp(fm_error_info(code)->name, name) == 0)
			entry->code = code;
	return entry->code != FM_OK;
}

static bool replay_parse(struct fm_replay_link *r, const char *line, unsigned number,
			 struct fm_replay_entry *ret, struct fm_error *err)
{
	unsigned long long ms;
	char us[4], mark;
	int rest = 0;

	memset(ret, 0, sizeof(*ret));
	if (sscanf(line, "%llu.%3[0-9] %c %n", &ms, us, &mark, &rest) < 3 || rest == 0 ||
	    strlen(us) != 3 || ms > INT64_MAX / 2000000)
		return replay_bad_line(r, number, "not 'MILLISECONDS.MICROSECONDS MARK ...'", err);
	ret->line = number;
	ret->at_ns = (int64_t)ms * 1000000 + atoi(us) * 1000;
	ret->mark = (enum fm_trace_mark)mark;
	if (r->count > 0 && ret->at_ns < r->entries[r->count - 1].at_ns)
		return replay_bad_line(r, number, "earlier than the line before it", err);
	switch (ret->mark) {
	case FM_TRACE_SENT:
	case FM_TRACE_RECEIVED:
		return replay_parse_data(ret, line + rest) ||
		       replay_bad_line(r, number, "not bytes in hexadecimal", err);
	case FM_TRACE_LINE:
	case FM_TRACE_USB:
		fm_text_copy(ret->text, sizeof(ret->text), line + rest);
		return true;
	case FM_TRACE_ERROR:
		return replay_parse_error(ret, line + rest) ||
		       replay_bad_line(r, number, "not an error that flashmend knows", err);
	}
	return replay_bad_line(r, number, "the mark is none of > < ! * #", err);
}

static bool replay_add(struct fm_replay_link *r, const struct fm_replay_entry *entry,
		       struct fm_error *err)
{
	/* Room for a power of two. */
	if ((r->count & (r->count - 1)) == 0) {
		size_t room = r->count ? r->count * 2 : 1;
		void *entries = reallocarray(r->entries, room, sizeof(*r->entries));

		if (!entries)
			return fm_fail(err, FM_NO_MEMORY, "%s: too long for the memory", r->path);
		r->entries = entries;
	}
	r->entries[r->count++] = *entry;
	return true;
}

bool fm_replay_load(struct fm_replay_link *r, struct fm_error *err)
{
	FM_FCLOSE FILE *file = fopen(r->path, "re");
	FM_FREE char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", r->path);
	for (unsigned number = 1; (len = getline(&line, &size, file)) >= 0; number++) {
		struct fm_replay_entry entry;

		line[strcspn(line, "\r\n")] = '\0';
		if (number == 1) {
			if (strncmp(line, FM_TRACE_HEAD, strlen(FM_TRACE_HEAD)) != 0)
				return replay_bad_line(r, 1, "not '" FM_TRACE_HEAD "'", err);
			continue;
		}
		if (line[0] == '\0' || line[0] == ';')
			continue;
		if (!replay_parse(r, line, number, &entry, err) || !replay_add(r, &entry, err))
			return false;
	}
	return r->count > 0 || replay_bad_line(r, 1, "nothing is recorded", err);
}

const struct fm_replay_entry *fm_replay_next(const struct fm_replay_link *r)
{
	return r->next < r->count ? &r->entries[r->next] : NULL;
}

static const char *replay_what(enum fm_trace_mark mark)
{
	switch (mark) {
	case FM_TRACE_SENT:
		return "bytes were sent";
	case FM_TRACE_RECEIVED:
		return "bytes were received";
	case FM_TRACE_LINE:
		return "the line was changed";
	case FM_TRACE_ERROR:
		return "a call failed";
	case FM_TRACE_USB:
		return "a transfer was made";
	}
	return "";
}

bool fm_replay_differs(const struct fm_replay_link *r, const char *what, struct fm_error *err)
{
	const struct fm_replay_entry *entry = fm_replay_next(r);

	if (!entry)
		return fm_fail(err, FM_PROTOCOL, "%s:%u: the recording ends here, now %s", r->path,
			       r->entries[r->count - 1].line, what);
	return fm_fail(err, FM_PROTOCOL, "%s:%u: %s here, now %s", r->path, entry->line,
		       replay_what(entry->mark), what);
}

void fm_replay_done(struct fm_replay_link *r)
{
	r->next++;
	r->used = 0;
}

/* The host does now what it did then: times run from here. */
static void replay_anchor(struct fm_replay_link *r)
{
	r->offset_ns = r->clock.now_ns - r->entries[r->next].at_ns;
}

bool fm_replay_ready(struct fm_replay_link *r, struct fm_error *err)
{
	if (r->gone)
		return fm_fail(err, FM_GONE, "%s: the port vanished", r->link.name);
	if (fm_link_cancelled(&r->link))
		return fm_fail(err, FM_CANCELLED, "%s: cancelled", r->link.name);
	return true;
}

bool fm_replay_error(struct fm_replay_link *r, const char *doing, struct fm_deadline deadline,
		     struct fm_error *err)
{
	const struct fm_replay_entry *entry = fm_replay_next(r);

	if (!entry || entry->mark != FM_TRACE_ERROR || strcmp(entry->text, doing) != 0)
		return true;
	r->clock.clock.sleep_until(&r->clock.clock, entry->code == FM_TIMEOUT
							    ? deadline.at_ns
							    : entry->at_ns + r->offset_ns);
	r->gone = entry->code == FM_GONE;
	replay_anchor(r);
	fm_replay_done(r);
	return fm_fail(err, entry->code, "%s:%u: %s, as it was recorded", r->path, entry->line,
		       fm_error_info(entry->code)->title);
}

bool fm_replay_compare(struct fm_replay_link *r, const void *data, size_t len, struct fm_error *err)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++) {
		const struct fm_replay_entry *entry = fm_replay_next(r);

		if (!entry || entry->mark != FM_TRACE_SENT)
			return fm_replay_differs(r, "bytes are sent", err);
		if (entry->data[r->used] != bytes[i])
			return fm_fail(err, FM_PROTOCOL,
				       "%s:%u: byte %zu was sent as 0x%02x, now it is 0x%02x",
				       r->path, entry->line, r->used + 1, entry->data[r->used],
				       bytes[i]);
		replay_anchor(r);
		if (++r->used == entry->len)
			fm_replay_done(r);
	}
	return true;
}

bool fm_replay_expect(struct fm_replay_link *r, enum fm_trace_mark mark, const char *text,
		      struct fm_error *err)
{
	const struct fm_replay_entry *entry = fm_replay_next(r);

	if (!fm_replay_ready(r, err))
		return false;
	if (!entry || entry->mark != mark)
		return fm_replay_differs(r, text, err);
	if (strcmp(entry->text, text) != 0)
		return fm_fail(err, FM_PROTOCOL, "%s:%u: was '%s', now it is '%s'", r->path,
			       entry->line, entry->text, text);
	replay_anchor(r);
	fm_replay_done(r);
	return true;
}

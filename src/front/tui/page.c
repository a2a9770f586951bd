/* Page: a text that the command line makes, from the selected line on. */
#include "front/tui/page.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAGE_INDENT 24 /* most of it that is shown */

bool fm_page_knows(const char *word)
{
	static const char *const words[] = { "list",    "catalog", "history",
					     "package", "ports",   "doctor" };

	for (size_t i = 0; i < FM_COUNT(words); i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

/* Does the character behind this one stand for itself, whatever it is? In "..." a backslash does
 * that only before the four that mean something there (POSIX shell, 2.2.3). */
static bool page_escapes(const char *at, char quote)
{
	if (*at != '\\' || quote == '\'')
		return false;
	return !quote || (at[1] && strchr("\"\\$`", at[1]));
}

/* One word from *at on, put together where it begins. False: it does not end. */
static bool page_word(char **at, char *word)
{
	char quote = '\0', *from = *at;

	for (; *from && (quote || *from != ' '); from++) {
		if (page_escapes(from, quote)) {
			if (!*++from)
				return false;
			*word++ = *from;
		} else if (quote ? *from == quote : *from == '"' || *from == '\'') {
			quote = quote ? '\0' : *from;
		} else {
			*word++ = *from;
		}
	}
	*at = *from ? from + 1 : from;
	*word = '\0';
	return !quote;
}

size_t fm_page_split(char *line, char *ret[FM_PAGE_WORDS + 1], const char **ret_why)
{
	size_t count = 0;
	char *at = line;

	*ret_why = NULL;
	for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
		if (count == FM_PAGE_WORDS)
			*ret_why = "too many words: put '...' around one that has blanks in it";
		ret[count] = at;
		if (!*ret_why && !page_word(&at, ret[count]))
			*ret_why = "a ' or \" is not closed, or a \\ is last: \\ before one takes "
				   "it as it is";
		if (*ret_why)
			return 0;
		count++;
	}
	ret[count] = NULL;
	return count;
}

void fm_page_quote(const char *word, char *ret, size_t size)
{
	size_t len = 0;

	ret[len++] = '"';
	for (; *word && len + 4 <= size; word++) {
		if (strchr("\"\\$`", *word))
			ret[len++] = '\\';
		ret[len++] = *word;
	}
	ret[len++] = '"';
	ret[len] = '\0';
}

bool fm_page_open(struct fm_ui *ui, const char *format, ...)
{
	char line[sizeof(ui->page.command)], *words[FM_PAGE_WORDS + 1];
	char command[sizeof(ui->page.command)];
	const char *why;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fm_text_copy(line, sizeof(line), command);
	if (fm_page_split(line, words, &why) == 0 || !fm_page_knows(words[0]))
		why = why ? why
			  : "as a page: list, catalog, history, package, ports, doctor; units have "
			    "keys";
	if (len >= (int)sizeof(command))
		why = "the command is too long";
	if (why) {
		fm_ui_say(ui, FM_STYLE_WARN, false, "%s", why);
		return false;
	}
	memcpy(ui->page.command, command, sizeof(command));
	fm_text_done(&ui->page.text);
	ui->page.running = true;
	ui->page.status = 0;
	ui->index[FM_VIEW_PAGE] = 0;
	fm_ui_go(ui, FM_VIEW_PAGE);
	ui->request.wish = FM_WISH_PAGE;
	return true;
}

static size_t page_count(const struct fm_ui *ui)
{
	size_t count = 0;

	for (const char *at = ui->page.text.data; at && *at; at++)
		count += *at == '\n' || at[1] == '\0';
	return count;
}

static void page_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	int row = FM_VIEW_TOP + 2, end = FM_VIEW_END(canvas);
	const char *at = ui->page.text.data ? ui->page.text.data : "";

	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 20, FM_STYLE_STRONG,
			 "flashmend %s", ui->page.command);
	if (ui->page.running)
		fm_canvas_text(canvas, FM_VIEW_TOP, canvas->columns - 18, 17, FM_STYLE_BUSY,
			       "runs ...");
	else
		fm_canvas_format(canvas, FM_VIEW_TOP, canvas->columns - 18, 17,
				 ui->page.status ? FM_STYLE_WARN : FM_STYLE_DIM, "ended with %d",
				 ui->page.status);
	fm_canvas_glyph(canvas, FM_VIEW_TOP + 1, 1, canvas->columns - 2, FM_GLYPH_LINE,
			FM_STYLE_DIM);
	fm_canvas_cursor(canvas, row, 0);
	if (!*at && !ui->page.running)
		fm_canvas_text(canvas, row, 2, canvas->columns - 3, FM_STYLE_PLAIN,
			       ui->page.status ? "It said nothing of why."
					       : "It is done, and had nothing to say.");
	for (size_t i = 0; *at && row < end; i++) {
		size_t len = strcspn(at, "\n");
		char line[1024];
		int used, indent;

		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		indent = (int)strspn(line, " ");
		indent = indent < PAGE_INDENT ? indent : PAGE_INDENT;
		if (i >= ui->index[FM_VIEW_PAGE]) {
			if (i == ui->index[FM_VIEW_PAGE])
				fm_canvas_text(canvas, row, 0, 1, FM_STYLE_SELECTED, ">");
			used = fm_canvas_wrap(canvas, row, 2 + indent, canvas->columns - 3 - indent,
					      end - row, FM_STYLE_PLAIN, line);
			row += used > 0 ? used : 1;
		}
		at += len;
		at += *at == '\n';
	}
}

static size_t page_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_PAGE];
}

static void page_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_PAGE] = index;
}

const struct fm_view fm_view_page = {
	.name = "Page",
	.draw = page_draw,
	.count = page_count,
	.at = page_at,
	.select = page_select,
};

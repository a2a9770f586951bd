/*
 * What the command line says of things that are no unit's: doctor, definitions, records, packages,
 * ports. The program itself is run with these words, so that the text is the same; its output is
 * shown as a page. A command that works on a unit is never run so: units have the screens' own
 * questions.
 */
#ifndef FM_FRONT_TUI_PAGE_H
#define FM_FRONT_TUI_PAGE_H

#include "front/tui/ui.h"

#define FM_PAGE_WORDS 12

/* May this be run, as first word of a command? */
bool fm_page_knows(const char *word);
/* Show what `flashmend COMMAND` says. Its words are as a shell takes them: blanks between; '...',
 * "..." and a backslash keep characters as they are. Nothing else of a shell is done: no variables,
 * no patterns, no other programs. False: it was said why not. */
bool fm_page_open(struct fm_ui *ui, const char *format, ...) FM_PRINTF(2, 3);
/* A word for a command, whatever is in it. size: FM_PAGE_QUOTED(its most). */
#define FM_PAGE_QUOTED(size) (2 * (size) + 3)
void fm_page_quote(const char *word, char *ret, size_t size);
/* The words of a command, into `line`, ended by NULL in ret. Returns their number; 0 = there is
 * none, or *ret_why says what is wrong (otherwise NULL). */
size_t fm_page_split(char *line, char *ret[FM_PAGE_WORDS + 1], const char **ret_why);

/* child.c: the program that makes the page. */
struct fm_child {
	int pid, fd; /* fd -1: none runs */
};
/* config: the file named with --config, or NULL. One that runs is ended first. */
bool fm_child_start(struct fm_child *child, const char *command, const char *config,
		    struct fm_error *err) FM_MUST_CHECK;
/* What it has said so far, into the page. True: it has ended. */
bool fm_child_read(struct fm_child *child, struct fm_ui *ui);
void fm_child_end(struct fm_child *child);

#endif

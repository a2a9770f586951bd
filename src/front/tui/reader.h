/*
 * Reads the files of the list, what they say into the state: one after the other, in a thread of
 * its own, so that one that is large or lies on a slow disk holds up neither keys nor jobs. The
 * smallest comes first. What was read of a file that is not in the list any more is dropped, and
 * nothing waits for it.
 */
#ifndef FM_FRONT_TUI_READER_H
#define FM_FRONT_TUI_READER_H

#include "front/tui/ui.h"

struct fm_reader;

/* read: fills in what the file at file->path says, and touches nothing else (fm_files_read). */
bool fm_reader_new(void (*read)(struct fm_ui_file *file), struct fm_reader **ret_reader,
		   struct fm_error *err) FM_MUST_CHECK;
/* Waits for a file that is being read. NULL does nothing. */
void fm_reader_free(struct fm_reader *reader);

/* Readable when fm_reader_go has something to do. */
int fm_reader_fd(const struct fm_reader *reader);
/* Take what was read, begin with the next one. True: something is another than before. */
bool fm_reader_go(struct fm_reader *reader, struct fm_ui *ui);
/* The same until all are read, for so long at most: most lists are whole when they are first seen.
 */
void fm_reader_wait(struct fm_reader *reader, struct fm_ui *ui, int ms);

#endif

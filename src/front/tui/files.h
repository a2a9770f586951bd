/* Firmware files on the disk, for the picker and the library. */
#ifndef FM_FRONT_TUI_FILES_H
#define FM_FRONT_TUI_FILES_H

#include "front/tui/ui.h"

/* List ui->folder, or ui->library as soon as that is there. What a file says is read by
 * fm_files_more, of one that did not change since the last time not again. */
void fm_files_load(struct fm_ui *ui);
/* Read at least one file of those that are unread, and more for so long: a large library must not
 * hold up keys and jobs. True: some are left. */
bool fm_files_more(struct fm_ui *ui, int ms);
/* Another folder, where it can be read; otherwise that is said and all stays as it is. */
void fm_files_folder(struct fm_ui *ui, const char *path);
/* In the picker, where it is in the list. */
void fm_files_select(struct fm_ui *ui, const char *path);
/* NULL = it is not in the list. */
const struct fm_ui_file *fm_files_find(const struct fm_ui *ui, const char *path);

#endif

/* Firmware files on the disk, for the picker and the library. */
#ifndef FM_FRONT_TUI_FILES_H
#define FM_FRONT_TUI_FILES_H

#include "front/tui/ui.h"

/* List ui->folder, or ui->library as soon as that is there. What a file says is not read yet
 * (reader.h); of one that did not change since the last time it is known. */
void fm_files_load(struct fm_ui *ui);
/* Read it, into all from sha256 on. Any thread. */
void fm_files_read(struct fm_ui_file *file);
/* Another folder, where it can be read; otherwise that is said and all stays as it is. */
void fm_files_folder(struct fm_ui *ui, const char *path);
/* In the picker, where it is in the list. */
void fm_files_select(struct fm_ui *ui, const char *path);
/* NULL = it is not in the list. */
const struct fm_ui_file *fm_files_find(const struct fm_ui *ui, const char *path);

#endif

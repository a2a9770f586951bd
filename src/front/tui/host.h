/* What this computer offers a job: power, room, records, the file on its disk. */
#ifndef FM_FRONT_TUI_HOST_H
#define FM_FRONT_TUI_HOST_H

#include "front/tui/tui.h"
#include "front/tui/ui.h"

/* Look again, into ui->host. */
void fm_host_look(struct fm_ui *ui, const struct fm_tui_options *options);
/* Does anything of it stand against a write? */
bool fm_host_fails(const struct fm_ui *ui);

#endif

/* What this computer offers a job: power, room, records, the file on its disk. */
#ifndef FM_FRONT_TUI_HOST_H
#define FM_FRONT_TUI_HOST_H

#include "front/tui/errand.h"
#include "front/tui/tui.h"
#include "front/tui/ui.h"

/* The file of the preflight where it was changed: it is read again once, in a thread of its own.
 * All zero at first. */
struct fm_host_changed {
	struct fm_errand errand;
	int news;
	char path[256], sha256[FM_SHA256_TEXT];
	struct fm_host_stamp then, now; /* when it was first read; when it was seen to be another */
	bool known;
	struct fm_host_row row; /* what it is now, once it is known */
};

/* Look again, into ui->host. */
void fm_host_look(struct fm_ui *ui, const struct fm_tui_options *options,
		  struct fm_host_changed *changed);
/* Waits where it is being read. */
void fm_host_changed_done(struct fm_host_changed *changed);
/* Does anything of it stand against a write? */
bool fm_host_fails(const struct fm_ui *ui);

#endif

/* What is attached, followed into the state: units and ports that come and go, and what the records
 * say of them. */
#ifndef FM_FRONT_TUI_ATTACHED_H
#define FM_FRONT_TUI_ATTACHED_H

#include "front/tui/tui.h"
#include "front/tui/ui.h"

struct fm_attached;

/* The options have to outlive it. */
bool fm_attached_open(const struct fm_tui_options *options, struct fm_attached **ret_attached,
		      struct fm_error *err) FM_MUST_CHECK;
/* NULL does nothing. */
void fm_attached_close(struct fm_attached *attached);

/* Readable when the system tells of a change; fm_attached_heard takes that in. True: look. */
int fm_attached_fd(const struct fm_attached *attached);
bool fm_attached_heard(struct fm_attached *attached);
/* When to look again though nothing is heard. */
int64_t fm_attached_due_ns(const struct fm_attached *attached);

/* Look at the whole system, at ui->now_ns. True: something is another than before. */
bool fm_attached_look(struct fm_attached *attached, struct fm_ui *ui);
/* What the records say of the units has changed. */
void fm_attached_rows(const struct fm_attached *attached, struct fm_ui *ui);
/* Give the port of this unit a slot's name, "" = none any more; looks again. */
void fm_attached_label(struct fm_attached *attached, struct fm_ui *ui, uint64_t unit,
		       const char *slot);

#endif

/* Of the actions those of options, backups and pages. */
#ifndef FM_FRONT_TUI_ACT_H
#define FM_FRONT_TUI_ACT_H

#include "front/tui/ui.h"

void fm_act_backups(struct fm_ui *ui);
void fm_act_other_units(struct fm_ui *ui);
void fm_act_options(struct fm_ui *ui);
void fm_act_choice(struct fm_ui *ui);
void fm_act_default(struct fm_ui *ui);
void fm_act_doctor(struct fm_ui *ui);
void fm_act_definition(struct fm_ui *ui);
void fm_act_inspect(struct fm_ui *ui);
void fm_act_record(struct fm_ui *ui);
void fm_act_chain(struct fm_ui *ui);
void fm_act_export(struct fm_ui *ui);
void fm_act_add_port(struct fm_ui *ui);
void fm_act_forget_port(struct fm_ui *ui);
void fm_act_command(struct fm_ui *ui);

#endif

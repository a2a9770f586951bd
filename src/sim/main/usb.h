#ifndef FM_SIM_MAIN_USB_H
#define FM_SIM_MAIN_USB_H

#include <stdbool.h>

/* "dfu" ...: one of those on USB. */
bool fm_sim_usb_is_command(const char *name);
/* As fm_sim_stm32_command. */
int fm_sim_usb_command(int argc, char **argv);

#endif

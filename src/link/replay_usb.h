#ifndef FM_LINK_REPLAY_USB_H
#define FM_LINK_REPLAY_USB_H

#include "link/replay_file.h"

/* A recording that begins with descriptors is of a USB interface. */
void fm_replay_usb_start(struct fm_replay_link *r);

#endif

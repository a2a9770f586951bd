#ifndef FM_LINK_TRACE_USB_H
#define FM_LINK_TRACE_USB_H

#include "link/trace_line.h"

/* Records which interface it is, and its descriptors. */
void fm_trace_descriptors(struct fm_trace_link *t);
extern const struct fm_usb_ops fm_trace_usb;

#endif

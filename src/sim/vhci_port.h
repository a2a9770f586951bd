/* Ports of the kernel's vhci_hcd, at which a program can put USB devices on the bus. */
#ifndef FM_SIM_VHCI_PORT_H
#define FM_SIM_VHCI_PORT_H

#include "base/error.h"

#include <stdbool.h>

/* One port, reserved for this process; -1 in both: none. */
struct fm_vhci_port {
	int number;
	int reservation;
	char path[24]; /* topology: "1-1" */
};

#define FM_VHCI_PORT_NONE ((struct fm_vhci_port){ .number = -1, .reservation = -1 })

/* Reserve a free one among processes that use this module. FM_BUSY: all are taken; FM_NO_ACCESS,
 * FM_UNSUPPORTED: the kernel offers none. */
bool fm_vhci_port_take(struct fm_vhci_port *ret, struct fm_error *err) FM_MUST_CHECK;
/* Put a device on the bus; *ret_fd is its end of the wire. FM_BUSY: the kernel has not yet done
 * with the device that was there; try again soon. */
bool fm_vhci_port_attach(const struct fm_vhci_port *port, bool high_speed, int *ret_fd,
			 struct fm_error *err) FM_MUST_CHECK;
void fm_vhci_port_give_back(struct fm_vhci_port *port);

#endif

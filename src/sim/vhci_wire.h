/*
 * The wire of vhci_hcd: the kernel speaks the transfer part of USB/IP (Linux,
 * Documentation/usb/usbip_protocol.rst) over a socket for each port: headers of 48 bytes, all
 * fields big-endian but the setup,
 *
 *   command seqnum devid direction endpoint
 *   SUBMIT: flags length start packets interval setup[8]   RET_SUBMIT: status length start packets
 *   errors   UNLINK: seqnum   RET_UNLINK: status
 *
 * followed by the data of an OUT transfer, or of the answer to an IN one. The host's time-out comes
 * as UNLINK.
 */
#ifndef FM_SIM_VHCI_WIRE_H
#define FM_SIM_VHCI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A transfer that the host waits for. */
struct fm_vhci_urb {
	struct fm_vhci_urb *next;
	uint32_t seqnum, flags;
	uint8_t endpoint; /* bit 7: in */
	uint8_t setup[8];
	size_t len;
	uint8_t data[];
};

struct fm_vhci_wire {
	int fd;                      /* -1: off the bus */
	struct fm_vhci_urb *waiting; /* in the order in which they came */
};

/* The next message of the host: a transfer more or less that waits. False: the wire is cut, as in
 * the next. */
bool fm_vhci_wire_receive(struct fm_vhci_wire *wire);
/* status: 0 or a negative errno value. The urb stays the caller's. */
bool fm_vhci_wire_answer(const struct fm_vhci_wire *wire, const struct fm_vhci_urb *urb, int status,
			 size_t actual);
/* Closes it, and forgets what waits. */
void fm_vhci_wire_drop(struct fm_vhci_wire *wire);

#endif

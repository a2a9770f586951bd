/*
 * Serial ports and ptys. libserialport finds and opens real ports; everything after that goes
 * through one descriptor path (termios2, TIOCMSET, poll) which ptys share, because libserialport
 * 0.1.1 can't open a pty.
 */
#ifndef FM_LINK_SERIAL_H
#define FM_LINK_SERIAL_H

#include "link/link.h"

/*
 * Open `path` (a device node or a link to one) for this process alone: lock (abstract socket),
 * flock, TIOCEXCL. 8N1 at 115200 until configured. Fails with FM_GONE (no such port), FM_NO_ACCESS
 * (names the group), FM_BUSY (names the process where it can). cancel may be NULL. Closing does not
 * drop DTR (HUPCL off).
 */
bool fm_serial_open(const char *path, const atomic_bool *cancel, struct fm_link **ret_link,
		    struct fm_error *err) FM_MUST_CHECK;

/* Low latency where the driver has it (ASYNC_LOW_LATENCY); false when it has not. */
bool fm_serial_low_latency(struct fm_link *link);

/* A serial port that the system lists. */
struct fm_serial_port {
	char path[96];        /* /dev/ttyUSB0 */
	char by_path[96];     /* topology: "usb 1-1.2:1.0", "" when not USB */
	char description[96]; /* what the driver or the device says */
	int vid, pid;         /* -1 when not USB */
	char serial[64];      /* of the USB device, "" when none */
	char driver[32];      /* ftdi_sio, cdc_acm, ... "" unknown */
};

/* Passive: nothing is opened. *ret_ports is malloc'd, the caller frees it. */
bool fm_serial_list(struct fm_serial_port **ret_ports, size_t *ret_count,
		    struct fm_error *err) FM_MUST_CHECK;

/*
 * The 1200-baud touch (entry-methods.md, section 3): open, DTR on, the rate `baud` as a change, DTR
 * off, close. That the port vanishes in the middle is success: the unit left at once. FM_GONE:
 * there was no port to open.
 */
bool fm_serial_touch(const char *path, unsigned baud, const atomic_bool *cancel,
		     struct fm_error *err) FM_MUST_CHECK;

/* After a touch that the unit did not follow: the port stands at `baud` again. No port is success.
 */
bool fm_serial_settle(const char *path, unsigned baud, const atomic_bool *cancel,
		      struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * Makes a pty look like a real serial port to this program and to libserialport in it: calls of the
 * C library are answered here for SHIM_PATH, whose node does not exist. What the port would do with
 * its hardware is kept in `shim`.
 */
#ifndef FM_TESTS_TTYSHIM_H
#define FM_TESTS_TTYSHIM_H

#define SHIM_PATH "/dev/ttyUSB9999"

struct shim {
	/* To be set by a test. */
	const char *pty;     /* the slave that stands behind SHIM_PATH */
	int open_errno;      /* opening fails */
	int modem_errno;     /* the modem lines fail */
	unsigned only_baud;  /* the hardware can do only this rate; 0 = any */
	int without_parity;  /* it drops parity silently */
	int without_latency; /* the driver has no serial_struct */
	unsigned fatal_baud; /* this rate fails with fatal_errno */
	int fatal_errno;
	int node_stays; /* access() finds it */
	/* What happened. */
	int opens, fd;
	int modem;         /* TIOCM_ bits */
	int modem_changes; /* requests that set any */
	int break_on, breaks;
	int exclusive;
	int latency_flags;
	unsigned framing; /* c_cflag's part that a pty has not */
	unsigned hupcl;
	char story[128]; /* rates and DTR in their order: "115200 dtr=1 " */
};

extern struct shim shim;

#endif

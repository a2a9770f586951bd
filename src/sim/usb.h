/*
 * A simulated USB unit: a pure core that answers transfers. It knows nothing of descriptors of
 * files or real time; adapters (vhci.c: the kernel's bus in real time; inproc_usb.c: a link in
 * virtual time) move it. Times are nanoseconds on the adapter's clock.
 */
#ifndef FM_SIM_USB_H
#define FM_SIM_USB_H

#include "base/error.h"
#include "link/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_SIM_USB_STALL (-1)
/* Not now: the same transfer is offered again after the unit's next event, or cancelled by the
 * host. */
#define FM_SIM_USB_NAK (-2)

struct fm_sim_usb;

struct fm_sim_usb_ops {
	/*
	 * A control transfer whole: setup as on the wire (8 bytes, little-endian), data of wLength
	 * bytes, in or out. Returns how many bytes the data stage carried (OUT: wLength), STALL or
	 * NAK.
	 */
	int (*control)(struct fm_sim_usb *unit, int64_t now_ns, const uint8_t setup[8],
		       uint8_t *data);
	/* Bulk or interrupt. OUT (endpoint bit 7 clear): takes all of len. IN: fills at most len.
	 */
	int (*transfer)(struct fm_sim_usb *unit, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			size_t len);
	/* The host's port reset; also comes first of all after an attach. */
	void (*bus_reset)(struct fm_sim_usb *unit, int64_t now_ns);
	/* Do what is due at `now`. It may change `attached`: the adapter then takes the unit off
	 * the bus or puts it on again, as whatever its descriptors say by then. */
	void (*advance)(struct fm_sim_usb *unit, int64_t now_ns);
	/* When advance has something to do; INT64_MAX = never by itself. Later than now after
	 * advance(now). */
	int64_t (*next_event)(const struct fm_sim_usb *unit);
	/* The cable: pulled out (off: everything volatile is lost) or put in. */
	void (*power)(struct fm_sim_usb *unit, int64_t now_ns, bool on);
	void (*free)(struct fm_sim_usb *unit);
};

struct fm_sim_usb {
	const struct fm_sim_usb_ops *ops;
	bool attached;   /* on the bus */
	bool high_speed; /* else full speed */
	struct {
		bool attached;
		unsigned count; /* of enumerations */
	} seen;                 /* the adapter's, if it moves the unit in virtual time */
};

/* What a unit's standard requests are answered from. */
struct fm_sim_usb_tables {
	const uint8_t *device;      /* 18 bytes */
	const uint8_t *config;      /* whole, wTotalLength bytes */
	const char *const *strings; /* [0] unused, ended by NULL; ASCII */
	uint8_t configuration;      /* as set */
	uint8_t alternates[8];      /* by interface, as set */
	bool high_speed;            /* it has a device qualifier */
};

/* Standard requests to device, interface and endpoint; STALL where it knows no answer. */
int fm_sim_usb_standard(struct fm_sim_usb_tables *tables, const uint8_t setup[8], uint8_t *data);

/*
 * A link in virtual time to the interface of this class, as fm_usb_open gives in real time; *clock
 * moves while it waits. FM_GONE once the unit is off the bus: the link is then dead, a new one can
 * be opened when the unit is attached again. So it is after a reset from which the unit came back
 * with other descriptors. class_code -1 = the first interface. own: the link frees the unit.
 */
bool fm_sim_usb_link_open(struct fm_sim_usb *unit, bool own, int class_code,
			  struct fm_virtual_clock *clock, const atomic_bool *cancel,
			  struct fm_link **ret_link, struct fm_error *err) FM_MUST_CHECK;
/* Let time pass with the unit running (it may leave and come back meanwhile). Whenever it is found
 * on the bus anew it is reset and configured, as a host does. */
void fm_sim_usb_pass(struct fm_sim_usb *unit, struct fm_virtual_clock *clock, int64_t ms);

/*
 * Serve units on the kernel's vhci_hcd (root only) until *stop is set, each at a port of its own
 * that it keeps while it comes and goes. A unit without power gets it first. At the end all are off
 * the bus. report (may be NULL) is told in the calling thread: "ready 1-1" once the host has
 * configured the unit, "left 1-1" when it went off the bus.
 */
typedef void fm_sim_vhci_report(void *user, size_t unit, const char *what);
struct fm_sim_vhci_options {
	struct fm_sim_usb **units;
	size_t count;
	const atomic_bool *stop; /* looked at every 20 ms */
	/* NULL, or raised by anybody: so often pull all cables out, or put them in */
	atomic_uint *cable;
	fm_sim_vhci_report *report;
	void *user;
};
bool fm_sim_vhci_run(const struct fm_sim_vhci_options *options, struct fm_error *err) FM_MUST_CHECK;

#endif

/*
 * Simulated USB units on the kernel's own bus (vhci_hcd). A NAK is no answer: the transfer is kept,
 * and offered again whenever the unit has done something. There is no message for a port reset:
 * reading 64 bytes of the device descriptor is how the kernel begins after one, and after nothing
 * else. Closing the socket is pulling the cable. SET_ADDRESS never comes here, the kernel answers
 * it itself.
 */
#include "sim/usb.h"

#include "base/scope.h"
#include "sim/vhci_port.h"
#include "sim/vhci_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define URB_SHORT_NOT_OK 1

#define RETRY_NS 5000000ll      /* while the kernel is busy with the unit that left */
#define GIVE_UP_NS 5000000000ll /* ... and for so long */
#define LOOK_NS 20000000ll      /* how often *stop and *cable are looked at */

/* A unit and its port. */
struct vhci_seat {
	struct fm_sim_usb *unit;
	struct fm_vhci_port port;
	struct fm_vhci_wire wire;
	int64_t attach_ns;  /* when to try to put it on the bus */
	int64_t give_up_ns; /* 0 = was never refused */
	bool powered, ready;
};

struct vhci {
	const struct fm_sim_vhci_options *options;
	struct vhci_seat *seats;
	struct pollfd *polls;
};

static void vhci_report(const struct vhci *vhci, const struct vhci_seat *seat, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", what, seat->port.path);
	if (vhci->options->report)
		vhci->options->report(vhci->options->user, (size_t)(seat - vhci->seats), text);
}

/* --- on the bus and off it --- */

static void vhci_off(const struct vhci *vhci, struct vhci_seat *seat)
{
	if (seat->wire.fd < 0)
		return;
	fm_vhci_wire_drop(&seat->wire);
	if (seat->ready)
		vhci_report(vhci, seat, "left");
	seat->ready = false;
	seat->attach_ns = 0;
	seat->give_up_ns = 0;
}

static bool vhci_on(struct vhci_seat *seat, int64_t now_ns, struct fm_error *err)
{
	if (now_ns < seat->attach_ns)
		return true;
	if (fm_vhci_port_attach(&seat->port, seat->unit->high_speed, &seat->wire.fd, err))
		return true;
	seat->wire.fd = -1;
	if (!seat->give_up_ns)
		seat->give_up_ns = now_ns + GIVE_UP_NS;
	if (err->code != FM_BUSY || now_ns > seat->give_up_ns)
		return false;
	seat->attach_ns = now_ns + RETRY_NS;
	return true;
}

/* The wire is where the unit says that it is. */
static bool vhci_follow(const struct vhci *vhci, struct vhci_seat *seat, int64_t now_ns,
			struct fm_error *err)
{
	if (!seat->unit->attached) {
		vhci_off(vhci, seat);
		return true;
	}
	return seat->wire.fd >= 0 || vhci_on(seat, now_ns, err);
}

static void vhci_power(struct vhci_seat *seat, int64_t now_ns, bool on)
{
	seat->unit->ops->power(seat->unit, now_ns, on);
	seat->powered = on;
}

/* --- transfers --- */

static bool vhci_is(const struct fm_vhci_urb *urb, uint8_t type, uint8_t request)
{
	return !(urb->endpoint & 0x7f) && urb->setup[0] == type && urb->setup[1] == request;
}

/* What the unit says to it: bytes, STALL or NAK. */
static int vhci_offer(const struct vhci_seat *seat, struct fm_vhci_urb *urb, int64_t now_ns)
{
	static const uint8_t first_look[] = { 0x80, 6, 0, 1, 0, 0, 64, 0 };
	struct fm_sim_usb *unit = seat->unit;

	if (urb->endpoint & 0x7f)
		return unit->ops->transfer ? unit->ops->transfer(unit, now_ns, urb->endpoint,
								 urb->data, urb->len)
					   : FM_SIM_USB_STALL;
	if (memcmp(urb->setup, first_look, sizeof(first_look)) == 0)
		unit->ops->bus_reset(unit, now_ns);
	return unit->ops->control(unit, now_ns, urb->setup, urb->data);
}

/* False: the wire is cut. *ret_done: it was answered. */
static bool vhci_try(const struct vhci *vhci, struct vhci_seat *seat, struct fm_vhci_urb *urb,
		     int64_t now_ns, bool *ret_done)
{
	int n = vhci_offer(seat, urb, now_ns), status = 0;
	size_t actual = n > 0 ? (size_t)n : 0;

	*ret_done = n != FM_SIM_USB_NAK;
	if (n == FM_SIM_USB_NAK)
		return true;
	if (actual > urb->len)
		actual = urb->len;
	if (n < 0)
		status = -EPIPE;
	else if (actual < urb->len && urb->endpoint & 0x80 && urb->flags & URB_SHORT_NOT_OK)
		status = -EREMOTEIO;
	if (!fm_vhci_wire_answer(&seat->wire, urb, status, actual))
		return false;
	if (n >= 0 && !seat->ready && vhci_is(urb, 0x00, 9)) { /* SET_CONFIGURATION */
		seat->ready = true;
		vhci_report(vhci, seat, "ready");
	}
	return true;
}

/* Offer each that waits, but nothing of an endpoint before what came first there. False: the wire
 * is cut. *ret_taken: there was one that the unit did not put off. */
static bool vhci_offer_each(const struct vhci *vhci, struct vhci_seat *seat, bool *ret_taken)
{
	struct fm_vhci_urb **at = &seat->wire.waiting, *urb;
	uint32_t refused = 0; /* a bit for each endpoint and direction */
	bool done;

	*ret_taken = false;
	while (seat->unit->attached && (urb = *at)) {
		uint32_t bit = 1u << ((urb->endpoint & 15) | (urb->endpoint & 0x80) >> 3);

		done = false;
		if (!(refused & bit) &&
		    !vhci_try(vhci, seat, urb, fm_now_ns(fm_clock_real()), &done))
			return false;
		if (!done) {
			refused |= bit;
			at = &urb->next;
			continue;
		}
		*ret_taken = true;
		*at = urb->next;
		free(urb);
	}
	return true;
}

/* What the unit took may be what an earlier one waited for: a command, and then its answer. */
static bool vhci_offer_all(const struct vhci *vhci, struct vhci_seat *seat)
{
	bool taken = true;

	while (taken && seat->wire.waiting && seat->unit->attached) {
		if (!vhci_offer_each(vhci, seat, &taken))
			return false;
	}
	return true;
}

/* --- all of them --- */

/* One round for a unit: its own events, the wire, what the host wants. */
static bool vhci_round(const struct vhci *vhci, struct vhci_seat *seat, bool readable,
		       struct fm_error *err)
{
	int64_t now_ns = fm_now_ns(fm_clock_real());
	bool due = seat->unit->ops->next_event(seat->unit) <= now_ns;

	if (due)
		seat->unit->ops->advance(seat->unit, now_ns);
	if (!vhci_follow(vhci, seat, now_ns, err))
		return false;
	if (seat->wire.fd < 0 || !(due || readable))
		return true;
	/* a cut wire: the host has given up the port; the unit is then put on the bus again */
	if ((readable && !fm_vhci_wire_receive(&seat->wire)) || !vhci_offer_all(vhci, seat)) {
		vhci_off(vhci, seat);
		return true;
	}
	return vhci_follow(vhci, seat, now_ns, err);
}

/* Till something comes, a unit has something to do, or it is time to look at *stop. */
static bool vhci_wait(const struct vhci *vhci, struct fm_error *err)
{
	int64_t now_ns = fm_now_ns(fm_clock_real()), until_ns = now_ns + LOOK_NS, wait_ns;
	struct timespec wait;

	for (size_t i = 0; i < vhci->options->count; i++) {
		const struct vhci_seat *seat = &vhci->seats[i];
		int64_t next_ns = seat->unit->ops->next_event(seat->unit);

		if (seat->unit->attached && seat->wire.fd < 0 && seat->attach_ns < next_ns)
			next_ns = seat->attach_ns;
		if (next_ns < until_ns)
			until_ns = next_ns;
		vhci->polls[i] = (struct pollfd){ .fd = seat->wire.fd, .events = POLLIN };
	}
	wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	wait = (struct timespec){ .tv_nsec = wait_ns };
	if (ppoll(vhci->polls, vhci->options->count, &wait, NULL) < 0) {
		if (errno != EINTR)
			return fm_fail_os(err, FM_IO, errno, "cannot wait for the host");
		for (size_t i = 0; i < vhci->options->count; i++)
			vhci->polls[i].revents = 0;
	}
	return true;
}

static bool vhci_serve(const struct vhci *vhci, struct fm_error *err)
{
	const struct fm_sim_vhci_options *options = vhci->options;

	while (!atomic_load(options->stop)) {
		bool pull = options->cable && atomic_load(options->cable) > 0;

		if (pull)
			atomic_fetch_sub(options->cable, 1);

		for (size_t i = 0; i < options->count; i++) {
			struct vhci_seat *seat = &vhci->seats[i];

			if (pull)
				vhci_power(seat, fm_now_ns(fm_clock_real()), !seat->powered);
			if (!vhci_round(vhci, seat, vhci->polls[i].revents != 0, err))
				return false;
		}
		if (!vhci_wait(vhci, err))
			return false;
	}
	return true;
}

bool fm_sim_vhci_run(const struct fm_sim_vhci_options *options, struct fm_error *err)
{
	FM_FREE struct vhci_seat *seats = calloc(options->count, sizeof(*seats));
	FM_FREE struct pollfd *polls = calloc(options->count, sizeof(*polls));
	const struct vhci vhci = { .options = options, .seats = seats, .polls = polls };
	bool good = true;

	if (!seats || !polls)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < options->count; i++)
		seats[i] = (struct vhci_seat){ .unit = options->units[i],
					       .port = FM_VHCI_PORT_NONE,
					       .wire = { .fd = -1 } };
	for (size_t i = 0; i < options->count && good; i++) {
		good = fm_vhci_port_take(&seats[i].port, err);
		seats[i].powered = seats[i].unit->attached;
		if (good && !seats[i].powered)
			vhci_power(&seats[i], fm_now_ns(fm_clock_real()), true);
	}
	good = good && vhci_serve(&vhci, err);
	for (size_t i = 0; i < options->count; i++) {
		vhci_off(&vhci, &seats[i]);
		fm_vhci_port_give_back(&seats[i].port);
	}
	return good;
}

/*
 * A link: the wire below a protocol: a stream of bytes with or without a line, a USB interface, or
 * a boot volume. Kinds of link embed struct fm_link as their first member. One
 * thread uses a link; *cancel may be set from any. `needs` of a protocol is checked once, so that
 * protocol code never tests an operation table for NULL.
 */
#ifndef FM_LINK_LINK_H
#define FM_LINK_LINK_H

#include "base/clock.h"
#include "base/error.h"
#include "base/line.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_link;

struct fm_stream_ops {
	/* All of it or an error. Returns when the kernel has it, not when the line has carried it.
	 */
	bool (*send)(struct fm_link *link, const void *data, size_t len,
		     struct fm_deadline deadline, struct fm_error *err);
	/* At least one and at most len bytes; FM_TIMEOUT when none came. */
	bool (*recv)(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		     struct fm_deadline deadline, struct fm_error *err);
	/* Forget what was received and not read. */
	bool (*discard)(struct fm_link *link, struct fm_error *err);
};

struct fm_line_ops {
	bool (*configure)(struct fm_link *link, const struct fm_line_settings *settings,
			  struct fm_error *err);
	/* Set the lines of `lines` to the state in `on` (asserted = 1), all in one step. */
	bool (*modem)(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err);
	bool (*send_break)(struct fm_link *link, unsigned duration_ms, struct fm_error *err);
};

/* The setup of a control transfer. Direction: bit 7 of `type`. */
struct fm_usb_setup {
	uint8_t type, request;
	uint16_t value, index;
};

/*
 * A claimed USB interface. What the device does is told apart: FM_NACK = STALL, FM_TIMEOUT = it
 * said nothing in time (the transfer is cancelled), FM_GONE = it left the bus, FM_IO = the rest.
 */
struct fm_usb_ops {
	/* All of data goes out, or an error. len 0: no data stage. */
	bool (*control_out)(struct fm_link *link, const struct fm_usb_setup *setup,
			    const void *data, size_t len, struct fm_deadline deadline,
			    struct fm_error *err);
	/* At most len bytes come in. */
	bool (*control_in)(struct fm_link *link, const struct fm_usb_setup *setup, void *ret_data,
			   size_t len, size_t *ret_len, struct fm_deadline deadline,
			   struct fm_error *err);
	/* Bulk or interrupt, as the endpoint is. len 0: a packet of no length. */
	bool (*out)(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
		    struct fm_deadline deadline, struct fm_error *err);
	/* At most len bytes, ended by a short packet; 0 bytes are success. */
	bool (*in)(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
		   size_t *ret_len, struct fm_deadline deadline, struct fm_error *err);
	bool (*clear_halt)(struct fm_link *link, uint8_t endpoint, struct fm_error *err);
	/* Of the claimed interface. */
	bool (*set_alternate)(struct fm_link *link, unsigned alternate, struct fm_error *err);
	/* Port reset. FM_GONE: the device came back as something else, or not at all. */
	bool (*reset)(struct fm_link *link, struct fm_error *err);
	/* A string descriptor in the first language, printable; "" for index 0. */
	bool (*string)(struct fm_link *link, uint8_t index, char *ret_text, size_t size,
		       struct fm_error *err);
};

#define FM_USB_CONFIG_MOST 4096

/* As the device told them when it was enumerated. */
struct fm_usb_descriptors {
	uint8_t device[18];
	uint8_t config[FM_USB_CONFIG_MOST]; /* the active one, whole */
	size_t config_len;
	unsigned interface; /* bInterfaceNumber of the claimed one */
};

/*
 * A boot volume (UF2): mounted, or its raw block device. Sectors of 512 bytes, each taken by the
 * boot loader by what it says, wherever it lies.
 */
struct fm_volume_ops {
	/* A file of the root folder, name without regard to case. FM_FILE_OPEN: it has none. */
	bool (*read_file)(struct fm_link *link, const char *name, void *ret_data, size_t len,
			  size_t *ret_len, struct fm_error *err);
	/* Write `count` sectors, in order; through the cache to the device before it returns.
	 * FM_GONE: the volume vanished, which after the last sector is what a boot loader does. */
	bool (*write)(struct fm_link *link, const void *sectors, size_t count,
		      struct fm_deadline deadline, struct fm_error *err);
	/* Has it left the bus? */
	bool (*gone)(struct fm_link *link);
};

/* What this link can't do because of what it is (a pty): no error, nothing to wait for. */
#define FM_LINK_NO_MODEM 1u
#define FM_LINK_NO_PARITY 2u

/* The call that waits, for other threads to see. */
struct fm_link_wait {
	atomic_int_least64_t begin_ns, until_ns; /* until_ns 0: none */
};

struct fm_link {
	const struct fm_stream_ops *stream;               /* NULL: carries no bytes */
	const struct fm_line_ops *line;                   /* NULL: no baud rate, no modem lines */
	const struct fm_usb_ops *usb;                     /* NULL: no USB interface */
	const struct fm_volume_ops *volume;               /* NULL: no boot volume */
	const struct fm_usb_descriptors *usb_descriptors; /* with usb; the link's */
	void (*close)(struct fm_link *link);
	struct fm_clock *clock;
	const atomic_bool
		*cancel; /* NULL: never; set = every waiting call fails with FM_CANCELLED */
	struct fm_link_wait *wait; /* NULL: nobody looks */
	unsigned lacks;            /* FM_LINK_NO_... */
	char name[96];             /* for messages: "/dev/ttyUSB0" */
};

static inline void fm_link_waits(struct fm_link *link, struct fm_deadline deadline)
{
	if (link->wait) {
		atomic_store(&link->wait->begin_ns, fm_now_ns(link->clock));
		atomic_store(&link->wait->until_ns, deadline.at_ns);
	}
}

static inline bool fm_link_waited(struct fm_link *link, bool good)
{
	if (link->wait)
		atomic_store(&link->wait->until_ns, 0);
	return good;
}

static inline bool fm_send(struct fm_link *link, const void *data, size_t len,
			   struct fm_deadline deadline, struct fm_error *err)
{
	fm_link_waits(link, deadline);
	return fm_link_waited(link, link->stream->send(link, data, len, deadline, err));
}

static inline bool fm_recv_some(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
				struct fm_deadline deadline, struct fm_error *err)
{
	fm_link_waits(link, deadline);
	return fm_link_waited(link,
			      link->stream->recv(link, ret_data, len, ret_len, deadline, err));
}

/* Exactly len bytes. On FM_TIMEOUT the bytes that came are lost and the text says how many. */
bool fm_recv(struct fm_link *link, void *ret_data, size_t len, struct fm_deadline deadline,
	     struct fm_error *err) FM_MUST_CHECK;

static inline bool fm_discard(struct fm_link *link, struct fm_error *err)
{
	return link->stream->discard(link, err);
}

static inline bool fm_line_configure(struct fm_link *link, const struct fm_line_settings *settings,
				     struct fm_error *err)
{
	return link->line->configure(link, settings, err);
}

static inline bool fm_line_modem(struct fm_link *link, unsigned lines, unsigned on,
				 struct fm_error *err)
{
	return link->line->modem(link, lines, on, err);
}

static inline bool fm_line_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	return link->line->send_break(link, duration_ms, err);
}

static inline bool fm_usb_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
				      const void *data, size_t len, struct fm_deadline deadline,
				      struct fm_error *err)
{
	fm_link_waits(link, deadline);
	return fm_link_waited(link, link->usb->control_out(link, setup, data, len, deadline, err));
}

static inline bool fm_usb_control_in(struct fm_link *link, const struct fm_usb_setup *setup,
				     void *ret_data, size_t len, size_t *ret_len,
				     struct fm_deadline deadline, struct fm_error *err)
{
	fm_link_waits(link, deadline);
	return fm_link_waited(
		link, link->usb->control_in(link, setup, ret_data, len, ret_len, deadline, err));
}

static inline bool fm_usb_out(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
			      struct fm_deadline deadline, struct fm_error *err)
{
	fm_link_waits(link, deadline);
	return fm_link_waited(link, link->usb->out(link, endpoint, data, len, deadline, err));
}

static inline bool fm_usb_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
			     size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	fm_link_waits(link, deadline);
	return fm_link_waited(link,
			      link->usb->in(link, endpoint, ret_data, len, ret_len, deadline, err));
}

static inline void fm_link_close(struct fm_link *link)
{
	if (link)
		link->close(link);
}

/* For decorators: clock, cancel, lacks and name as the link inside has them. */
void fm_link_wrap(struct fm_link *link, const struct fm_link *inner);

static inline bool fm_link_cancelled(const struct fm_link *link)
{
	return link->cancel && atomic_load(link->cancel);
}

#endif

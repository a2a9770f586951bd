#include "sim/usb.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TO_DEVICE 0x00 /* bmRequestType, USB 2.0 table 9-2 */
#define FROM_DEVICE 0x80
#define CLEAR_FEATURE 1 /* bRequest, table 9-4 */
#define GET_DESCRIPTOR 6
#define SET_CONFIGURATION 9
#define SET_INTERFACE 11
#define DEVICE 1 /* descriptors, table 9-5 */
#define CONFIGURATION 2
#define STRING 3
#define INTERFACE 4

#define FRAME_NS 125000       /* what a transfer costs beside its bytes: a microframe */
#define FULL_BYTE_NS 1000     /* 12 Mbit/s with tokens and handshakes of 64-byte packets */
#define HIGH_BYTE_NS 25       /* 480 Mbit/s, as a host controller fills it */
#define RESET_NS 60000000     /* TDRSTR 50 ms and TRSTRCY 10 ms, 7.1.7.5 */
#define STANDARD_MS 5000      /* 9.2.6.4 */
#define DESCRIPTOR_MOST 0xfff /* what is asked for when the length is not known */

struct inproc_usb {
	struct fm_link link;
	struct fm_sim_usb *unit;
	bool own;
	unsigned enumeration; /* this link's */
	struct fm_virtual_clock *clock;
	struct fm_usb_descriptors descriptors;
};

/* --- the bus --- */

static bool inproc_usb_descriptors(struct fm_sim_usb *unit, int64_t now_ns,
				   struct fm_usb_descriptors *ret)
{
	static const uint8_t device[8] = { FROM_DEVICE, GET_DESCRIPTOR, 0, DEVICE, 0, 0, 18, 0 };
	static const uint8_t config[8] = {
		FROM_DEVICE,         GET_DESCRIPTOR, 0, CONFIGURATION, 0, 0, DESCRIPTOR_MOST & 0xff,
		DESCRIPTOR_MOST >> 8
	};
	int len;

	memset(ret, 0, sizeof(*ret));
	if (unit->ops->control(unit, now_ns, device, ret->device) != sizeof(ret->device))
		return false;
	len = unit->ops->control(unit, now_ns, config, ret->config);
	if (len < 9 || len != fm_get_le16(ret->config + 2))
		return false;
	ret->config_len = (size_t)len;
	return true;
}

static void inproc_usb_configure(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fm_usb_descriptors descriptors;
	uint8_t setup[8] = { TO_DEVICE, SET_CONFIGURATION };

	unit->seen.count++;
	if (!inproc_usb_descriptors(unit, now_ns, &descriptors))
		return;
	setup[2] = descriptors.config[5];
	unit->ops->control(unit, now_ns, setup, descriptors.config);
}

/* Notice that the unit has left, or is there anew. */
static void inproc_usb_look(struct fm_sim_usb *unit, int64_t now_ns)
{
	if (unit->attached && !unit->seen.attached) {
		unit->ops->bus_reset(unit, now_ns);
		inproc_usb_configure(unit, now_ns);
	}
	unit->seen.attached = unit->attached;
}

/* All that is due by `until`, each at its time. */
static void inproc_usb_run(struct fm_sim_usb *unit, struct fm_virtual_clock *clock,
			   int64_t until_ns)
{
	int64_t next_ns;

	inproc_usb_look(unit, clock->now_ns);
	while ((next_ns = unit->ops->next_event(unit)) <= until_ns) {
		unit->ops->advance(unit, next_ns);
		inproc_usb_look(unit, next_ns);
	}
	if (until_ns > clock->now_ns)
		clock->now_ns = until_ns;
}

void fm_sim_usb_pass(struct fm_sim_usb *unit, struct fm_virtual_clock *clock, int64_t ms)
{
	inproc_usb_run(unit, clock, clock->now_ns + ms * 1000000);
}

/* --- transfers --- */

/* One transfer in one direction: control (setup) or of an endpoint. */
struct inproc_usb_transfer {
	const uint8_t *setup; /* NULL: endpoint */
	uint8_t endpoint;
	uint8_t *data;
	size_t len;
	bool in;
};

/* The unit runs until `until`; false when it is not the one that this link was opened to. */
static bool inproc_usb_pass(struct inproc_usb *in, int64_t until_ns, struct fm_error *err)
{
	inproc_usb_run(in->unit, in->clock, until_ns);
	if (in->unit->attached && in->unit->seen.count == in->enumeration)
		return true;
	return fm_fail(err, FM_GONE, "%s: the unit left the bus", in->link.name);
}

static int64_t inproc_usb_bytes_ns(const struct inproc_usb *in, size_t len)
{
	return (int64_t)len * (in->unit->high_speed ? HIGH_BYTE_NS : FULL_BYTE_NS);
}

static int inproc_usb_offer(struct inproc_usb *in, const struct inproc_usb_transfer *t)
{
	struct fm_sim_usb *unit = in->unit;

	if (t->setup)
		return unit->ops->control(unit, in->clock->now_ns, t->setup, t->data);
	if (!unit->ops->transfer)
		return FM_SIM_USB_STALL;
	return unit->ops->transfer(unit, in->clock->now_ns, t->endpoint, t->data, t->len);
}

/* Offer it until the unit takes it, at each of its events. */
static bool inproc_usb_transfer(struct inproc_usb *in, const struct inproc_usb_transfer *t,
				size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	int64_t next_ns = in->clock->now_ns + FRAME_NS;
	int n;

	if (!t->in)
		next_ns += inproc_usb_bytes_ns(in, t->len);
	for (;;) {
		if (fm_link_cancelled(&in->link))
			return fm_fail(err, FM_CANCELLED, "%s: cancelled", in->link.name);
		if (!inproc_usb_pass(in, next_ns, err))
			return false;
		n = inproc_usb_offer(in, t);
		inproc_usb_look(in->unit, in->clock->now_ns);
		if (n != FM_SIM_USB_NAK)
			break;
		next_ns = in->unit->ops->next_event(in->unit);
		if (next_ns > deadline.at_ns)
			return inproc_usb_pass(in, deadline.at_ns, err) &&
			       fm_fail(err, FM_TIMEOUT, "%s: no answer", in->link.name);
	}
	if (!inproc_usb_pass(in, in->clock->now_ns, err))
		return false;
	if (n < 0)
		return fm_fail(err, FM_NACK, "%s: the unit refused the request (STALL)",
			       in->link.name);
	if (ret_len)
		*ret_len = (size_t)n;
	return !t->in ||
	       inproc_usb_pass(in, in->clock->now_ns + inproc_usb_bytes_ns(in, (size_t)n), err);
}

static void inproc_usb_setup(uint8_t ret[8], const struct fm_usb_setup *setup, size_t len)
{
	ret[0] = setup->type;
	ret[1] = setup->request;
	ret[2] = (uint8_t)setup->value;
	ret[3] = (uint8_t)(setup->value >> 8);
	ret[4] = (uint8_t)setup->index;
	ret[5] = (uint8_t)(setup->index >> 8);
	ret[6] = (uint8_t)len;
	ret[7] = (uint8_t)(len >> 8);
}

/* A copy, for a unit may write where it reads and must not reach the caller's constants. */
static bool inproc_usb_send(struct inproc_usb *in, struct inproc_usb_transfer *t, const void *data,
			    struct fm_deadline deadline, struct fm_error *err)
{
	bool ok;

	t->data = malloc(t->len + 1);
	if (!t->data)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	if (t->len > 0)
		memcpy(t->data, data, t->len);
	ok = inproc_usb_transfer(in, t, NULL, deadline, err);
	free(t->data);
	return ok;
}

static bool inproc_usb_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
				   const void *data, size_t len, struct fm_deadline deadline,
				   struct fm_error *err)
{
	uint8_t wire[8];
	struct inproc_usb_transfer t = { .setup = wire, .len = len };

	if (len > UINT16_MAX)
		return fm_fail(err, FM_INTERNAL, "%s: a control transfer of %zu bytes", link->name,
			       len);
	inproc_usb_setup(wire, setup, len);
	return inproc_usb_send((struct inproc_usb *)link, &t, data, deadline, err);
}

static bool inproc_usb_control_in(struct fm_link *link, const struct fm_usb_setup *setup,
				  void *ret_data, size_t len, size_t *ret_len,
				  struct fm_deadline deadline, struct fm_error *err)
{
	uint8_t wire[8];
	const struct inproc_usb_transfer t = {
		.setup = wire, .data = ret_data, .len = len, .in = true
	};

	if (len > UINT16_MAX)
		return fm_fail(err, FM_INTERNAL, "%s: a control transfer of %zu bytes", link->name,
			       len);
	inproc_usb_setup(wire, setup, len);
	return inproc_usb_transfer((struct inproc_usb *)link, &t, ret_len, deadline, err);
}

static bool inproc_usb_out(struct fm_link *link, uint8_t endpoint, const void *data, size_t len,
			   struct fm_deadline deadline, struct fm_error *err)
{
	struct inproc_usb_transfer t = { .endpoint = endpoint, .len = len };

	return inproc_usb_send((struct inproc_usb *)link, &t, data, deadline, err);
}

static bool inproc_usb_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
			  size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	const struct inproc_usb_transfer t = {
		.endpoint = endpoint, .data = ret_data, .len = len, .in = true
	};

	return inproc_usb_transfer((struct inproc_usb *)link, &t, ret_len, deadline, err);
}

/* --- standard requests --- */

static bool inproc_usb_clear_halt(struct fm_link *link, uint8_t endpoint, struct fm_error *err)
{
	const struct fm_usb_setup setup = { TO_DEVICE | 2, CLEAR_FEATURE, 0, endpoint };

	return inproc_usb_control_out(link, &setup, NULL, 0, fm_in_ms(link->clock, STANDARD_MS),
				      err);
}

static bool inproc_usb_set_alternate(struct fm_link *link, unsigned alternate, struct fm_error *err)
{
	const struct fm_usb_setup setup = { TO_DEVICE | 1, SET_INTERFACE, (uint16_t)alternate,
					    (uint16_t)link->usb_descriptors->interface };

	return inproc_usb_control_out(link, &setup, NULL, 0, fm_in_ms(link->clock, STANDARD_MS),
				      err);
}

/* A host that finds the same descriptors goes on with the device; else it is another one. */
static bool inproc_usb_reset(struct fm_link *link, struct fm_error *err)
{
	struct inproc_usb *in = (struct inproc_usb *)link;
	struct fm_usb_descriptors *now;
	bool same;

	if (!inproc_usb_pass(in, in->clock->now_ns, err))
		return false;
	in->unit->ops->bus_reset(in->unit, in->clock->now_ns);
	if (!inproc_usb_pass(in, in->clock->now_ns + RESET_NS, err))
		return false;
	now = malloc(sizeof(*now));
	if (!now)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	same = inproc_usb_descriptors(in->unit, in->clock->now_ns, now) &&
	       memcmp(now->device, in->descriptors.device, sizeof(now->device)) == 0 &&
	       now->config_len == in->descriptors.config_len &&
	       memcmp(now->config, in->descriptors.config, now->config_len) == 0;
	free(now);
	inproc_usb_configure(in->unit, in->clock->now_ns);
	if (!same)
		return fm_fail(err, FM_GONE, "%s: the unit came back from the reset as another",
			       link->name);
	in->enumeration = in->unit->seen.count;
	return true;
}

static bool inproc_usb_string(struct fm_link *link, uint8_t index, char *ret_text, size_t size,
			      struct fm_error *err)
{
	struct fm_usb_setup setup = { FROM_DEVICE, GET_DESCRIPTOR, STRING << 8, 0 };
	struct fm_deadline deadline = fm_in_ms(link->clock, STANDARD_MS);
	uint8_t data[255];
	size_t len, n = 0;

	*ret_text = '\0';
	if (index == 0)
		return true;
	if (!inproc_usb_control_in(link, &setup, data, sizeof(data), &len, deadline, err))
		return false;
	if (len < 4)
		return fm_fail(err, FM_PROTOCOL, "%s: no language of its strings", link->name);
	setup.value = (uint16_t)(STRING << 8 | index);
	setup.index = fm_get_le16(data + 2);
	if (!inproc_usb_control_in(link, &setup, data, sizeof(data), &len, deadline, err))
		return false;
	if (len > 0 && data[0] < len)
		len = data[0];
	for (size_t i = 2; i + 1 < len && n + 1 < size; i += 2)
		ret_text[n++] =
			(char)(data[i + 1] == 0 && data[i] >= ' ' && data[i] < 0x7f ? data[i]
										    : '.');
	ret_text[n] = '\0';
	return true;
}

/* --- opening and closing --- */

static void inproc_usb_close(struct fm_link *link)
{
	struct inproc_usb *in = (struct inproc_usb *)link;

	if (in->own)
		in->unit->ops->free(in->unit);
	free(in);
}

static const struct fm_usb_ops inproc_usb_ops = {
	.control_out = inproc_usb_control_out,
	.control_in = inproc_usb_control_in,
	.out = inproc_usb_out,
	.in = inproc_usb_in,
	.clear_halt = inproc_usb_clear_halt,
	.set_alternate = inproc_usb_set_alternate,
	.reset = inproc_usb_reset,
	.string = inproc_usb_string,
};

static bool inproc_usb_find(struct fm_usb_descriptors *descriptors, int class_code)
{
	const uint8_t *config = descriptors->config;

	for (size_t i = 0; i + 9 <= descriptors->config_len && config[i] >= 2; i += config[i]) {
		if (config[i + 1] == INTERFACE && (class_code < 0 || config[i + 5] == class_code)) {
			descriptors->interface = config[i + 2];
			return true;
		}
	}
	return false;
}

bool fm_sim_usb_link_open(struct fm_sim_usb *unit, bool own, int class_code,
			  struct fm_virtual_clock *clock, const atomic_bool *cancel,
			  struct fm_link **ret_link, struct fm_error *err)
{
	struct inproc_usb *in;

	inproc_usb_run(unit, clock, clock->now_ns);
	if (!unit->attached)
		return fm_fail(err, FM_GONE, "the simulated unit is not on the bus");
	in = calloc(1, sizeof(*in));
	if (!in)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	if (!inproc_usb_descriptors(unit, clock->now_ns, &in->descriptors)) {
		free(in);
		return fm_fail(err, FM_PROTOCOL, "the simulated unit has no whole descriptors");
	}
	if (!inproc_usb_find(&in->descriptors, class_code)) {
		free(in);
		return fm_fail(err, FM_UNSUPPORTED, "the simulated unit has no such interface");
	}
	in->link.usb = &inproc_usb_ops;
	in->link.usb_descriptors = &in->descriptors;
	in->link.close = inproc_usb_close;
	in->link.clock = &clock->clock;
	in->link.cancel = cancel;
	snprintf(in->link.name, sizeof(in->link.name), "simulated USB unit");
	in->unit = unit;
	in->own = own;
	in->enumeration = unit->seen.count;
	in->clock = clock;
	*ret_link = &in->link;
	return true;
}

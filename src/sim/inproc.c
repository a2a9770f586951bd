#include "sim/unit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* As much as a tty holds; more than that waits (to the unit) or is lost (from it). */
#define INPROC_MOST 4096
/* A packet of a full-speed bridge. */
#define INPROC_PACKET 64

struct inproc_byte {
	int64_t at_ns; /* when it has arrived whole */
	uint8_t byte;
	bool garbled;
};

/* One direction of the line, with what is on it and what arrived and was not taken yet. */
struct inproc_wire {
	struct inproc_byte ring[INPROC_MOST];
	size_t first, count;
	int64_t free_ns; /* when the last byte put on it ends */
};

struct inproc_link {
	struct fm_link link;
	struct fm_sim_unit *unit;
	bool own;
	struct fm_virtual_clock *clock;
	struct fm_line_settings settings;
	unsigned modem; /* lines that are on */
	struct inproc_wire to_unit, to_host;
};

static struct inproc_byte *wire_at(struct inproc_wire *wire, size_t i)
{
	return &wire->ring[(wire->first + i) % INPROC_MOST];
}

static void wire_drop(struct inproc_wire *wire, size_t count)
{
	wire->first = (wire->first + count) % INPROC_MOST;
	wire->count -= count;
}

static void wire_put(struct inproc_wire *wire, int64_t now_ns, int64_t character_ns, uint8_t byte,
		     bool garbled)
{
	int64_t start_ns = wire->free_ns > now_ns ? wire->free_ns : now_ns;

	wire->free_ns = start_ns + character_ns;
	if (wire->count == INPROC_MOST)
		return;
	wire->count++;
	*wire_at(wire, wire->count - 1) = (struct inproc_byte){ wire->free_ns, byte, garbled };
}

static int64_t inproc_character_ns(const struct inproc_link *in, unsigned baud)
{
	return (int64_t)fm_line_character_bits(&in->settings) * 1000000000 / baud;
}

/* What the unit has said since it was last called goes on the line at `now`. */
static void inproc_collect(struct inproc_link *in, int64_t now_ns)
{
	struct fm_sim_unit *unit = in->unit;
	bool garbled = fm_sim_garbles(unit, in->settings.baud);
	int64_t character_ns = inproc_character_ns(in, unit->baud ? unit->baud : in->settings.baud);

	for (size_t i = 0; unit->powered && i < unit->out_count; i++)
		wire_put(&in->to_host, now_ns, character_ns,
			 garbled ? fm_sim_garble(unit->out[i]) : unit->out[i], garbled);
	unit->out_count = 0;
}

/* When the unit has something to do by itself or because a byte reaches it. */
static int64_t inproc_next(struct inproc_link *in, bool *ret_byte)
{
	int64_t unit_ns = in->unit->powered ? in->unit->ops->next_event(in->unit) : INT64_MAX;
	int64_t byte_ns = in->to_unit.count ? wire_at(&in->to_unit, 0)->at_ns : INT64_MAX;

	*ret_byte = byte_ns < unit_ns;
	return *ret_byte ? byte_ns : unit_ns;
}

/* Let the unit do the next thing, which is due at `at`. */
static void inproc_step(struct inproc_link *in, int64_t at_ns, bool byte)
{
	struct fm_sim_unit *unit = in->unit;

	if (byte) {
		struct inproc_byte arrived = *wire_at(&in->to_unit, 0);

		wire_drop(&in->to_unit, 1);
		unit->host_baud = in->settings.baud;
		if (unit->powered)
			unit->ops->feed(unit, at_ns, arrived.byte, arrived.garbled);
	} else {
		unit->ops->advance(unit, at_ns);
		assert(!unit->powered || unit->ops->next_event(unit) > at_ns);
	}
	inproc_collect(in, at_ns);
}

/* The host was away until now: the unit does what was due meanwhile, each at its time. */
static void inproc_catch_up(struct inproc_link *in)
{
	bool byte;
	int64_t at_ns;

	while ((at_ns = inproc_next(in, &byte)) <= in->clock->now_ns)
		inproc_step(in, at_ns, byte);
}

/* Pass the time until `until`, the unit running. */
static void inproc_pass(struct inproc_link *in, int64_t until_ns)
{
	if (until_ns > in->clock->now_ns)
		in->clock->now_ns = until_ns;
	inproc_catch_up(in);
}

static bool inproc_cancelled(struct inproc_link *in, struct fm_error *err)
{
	if (!fm_link_cancelled(&in->link))
		return false;
	fm_fail(err, FM_CANCELLED, "%s: cancelled", in->link.name);
	return true;
}

static bool inproc_send(struct fm_link *link, const void *data, size_t len,
			struct fm_deadline deadline, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	const uint8_t *bytes = data;
	bool garbled;

	inproc_catch_up(in);
	for (size_t i = 0; i < len; i++) {
		if (inproc_cancelled(in, err))
			return false;
		if (in->to_unit.count == INPROC_MOST) {
			int64_t room_ns = wire_at(&in->to_unit, 0)->at_ns;

			if (room_ns > deadline.at_ns) {
				inproc_pass(in, deadline.at_ns);
				return fm_fail(err, FM_TIMEOUT, "%s: only %zu of %zu bytes left",
					       link->name, i, len);
			}
			inproc_pass(in, room_ns);
		}
		garbled = fm_sim_garbles(in->unit, in->settings.baud);
		wire_put(&in->to_unit, in->clock->now_ns,
			 inproc_character_ns(in, in->settings.baud),
			 garbled ? fm_sim_garble(bytes[i]) : bytes[i], garbled);
	}
	return true;
}

/* When a bridge would hand over what is on the line: at the end of a run without a gap, or when
 * it has as much as fits. */
static int64_t inproc_packet_ns(struct inproc_link *in, size_t len)
{
	struct inproc_wire *wire = &in->to_host;
	size_t most = len < INPROC_PACKET ? len : INPROC_PACKET, last = 0;
	int64_t character_ns = inproc_character_ns(in, in->settings.baud);

	if (wire->count == 0)
		return INT64_MAX;
	while (last + 1 < most && last + 1 < wire->count &&
	       wire_at(wire, last + 1)->at_ns - wire_at(wire, last)->at_ns <= character_ns * 3 / 2)
		last++;
	return wire_at(wire, last)->at_ns;
}

static size_t inproc_take(struct inproc_link *in, uint8_t *ret_data, size_t len)
{
	size_t n = 0;

	while (n < len && in->to_host.count > 0 &&
	       wire_at(&in->to_host, 0)->at_ns <= in->clock->now_ns) {
		ret_data[n++] = wire_at(&in->to_host, 0)->byte;
		wire_drop(&in->to_host, 1);
	}
	return n;
}

static bool inproc_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
			struct fm_deadline deadline, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	int64_t next_ns = 0, packet_ns;
	bool byte;

	inproc_catch_up(in);
	while ((packet_ns = inproc_packet_ns(in, len)) > in->clock->now_ns) {
		if (inproc_cancelled(in, err))
			return false;
		next_ns = inproc_next(in, &byte);
		if (next_ns > packet_ns)
			next_ns = packet_ns;
		if (next_ns > deadline.at_ns)
			break;
		inproc_pass(in, next_ns);
	}
	if (packet_ns > in->clock->now_ns)
		inproc_pass(in, deadline.at_ns);
	*ret_len = inproc_take(in, ret_data, len);
	return *ret_len > 0 || fm_fail(err, FM_TIMEOUT, "%s: no answer", link->name);
}

static bool inproc_discard(struct fm_link *link, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	uint8_t byte;

	(void)err;
	inproc_catch_up(in);
	while (inproc_take(in, &byte, 1) > 0)
		;
	return true;
}

static bool inproc_configure(struct fm_link *link, const struct fm_line_settings *settings,
			     struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;

	if (settings->baud == 0)
		return fm_fail(err, FM_INTERNAL, "%s: a rate of 0 bits a second", link->name);
	inproc_catch_up(in);
	in->settings = *settings;
	return true;
}

static bool inproc_modem(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	unsigned before = in->modem;

	(void)err;
	inproc_catch_up(in);
	in->modem = (before & ~lines) | (on & lines);
	if ((in->modem & ~before) != 0 && in->unit->powered) {
		fm_sim_start(in->unit, in->clock->now_ns);
		inproc_collect(in, in->clock->now_ns);
	}
	return true;
}

/* A unit sees a break as a zero byte without its stop bit. */
static bool inproc_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;

	if (inproc_cancelled(in, err))
		return false;
	inproc_catch_up(in);
	if (in->to_unit.count < INPROC_MOST)
		wire_put(&in->to_unit, in->clock->now_ns, (int64_t)duration_ms * 1000000, 0, true);
	inproc_pass(in, in->clock->now_ns + (int64_t)duration_ms * 1000000);
	return true;
}

static void inproc_close(struct fm_link *link)
{
	struct inproc_link *in = (struct inproc_link *)link;

	if (in->own)
		in->unit->ops->free(in->unit);
	free(in);
}

static const struct fm_stream_ops inproc_stream = { inproc_send, inproc_recv, inproc_discard };
static const struct fm_line_ops inproc_line = { inproc_configure, inproc_modem, inproc_break };

bool fm_sim_link_open(struct fm_sim_unit *unit, bool own, struct fm_virtual_clock *clock,
		      const atomic_bool *cancel, struct fm_link **ret_link, struct fm_error *err)
{
	struct inproc_link *in = calloc(1, sizeof(*in));

	if (!in)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	in->link.stream = &inproc_stream;
	in->link.line = &inproc_line;
	in->link.close = inproc_close;
	in->link.clock = &clock->clock;
	in->link.cancel = cancel;
	snprintf(in->link.name, sizeof(in->link.name), "simulated unit");
	in->unit = unit;
	in->own = own;
	in->clock = clock;
	in->settings = (struct fm_line_settings){ 115200, 8, FM_PARITY_NONE, 1 };
	in->modem = FM_LINE_DTR | FM_LINE_RTS;
	fm_sim_start(unit, clock->now_ns);
	inproc_collect(in, clock->now_ns);
	*ret_link = &in->link;
	return true;
}

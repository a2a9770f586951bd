#include "sim/line.h"

#include <stdio.h>
#include <stdlib.h>

/* A packet of a full-speed bridge. */
#define INPROC_PACKET 64

struct inproc_link {
	struct fm_link link;
	struct fm_sim_line line;
	bool own;
	struct fm_virtual_clock *clock;
	unsigned modem; /* lines that are on */
};

/* The host was away until now: the unit does what was due meanwhile, each at its time. */
static void inproc_catch_up(struct inproc_link *in)
{
	fm_sim_line_run(&in->line, in->clock->now_ns);
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

/* Wait until the tty has room for one more byte. */
static bool inproc_wait_room(struct inproc_link *in, struct fm_deadline deadline,
			     struct fm_error *err)
{
	int64_t room_ns;

	if (in->line.to_unit.count < FM_SIM_WIRE_MOST)
		return true;
	room_ns = fm_sim_wire_at(&in->line.to_unit, 0)->at_ns;
	inproc_pass(in, room_ns < deadline.at_ns ? room_ns : deadline.at_ns);
	return room_ns <= deadline.at_ns ||
	       fm_fail(err, FM_TIMEOUT, "%s: not all bytes could be sent in time", in->link.name);
}

static bool inproc_send(struct fm_link *link, const void *data, size_t len,
			struct fm_deadline deadline, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	const uint8_t *bytes = data;

	inproc_catch_up(in);
	for (size_t i = 0; i < len; i++) {
		if (inproc_cancelled(in, err) || !inproc_wait_room(in, deadline, err))
			return false;
		fm_sim_line_put(&in->line, in->clock->now_ns, bytes[i]);
	}
	return true;
}

/* When a bridge would hand over what is on the line: at the end of a run without a gap, or when
 * it has as much as fits. */
static int64_t inproc_packet_ns(struct inproc_link *in, size_t len)
{
	struct fm_sim_wire *wire = &in->line.to_host;
	size_t most = len < INPROC_PACKET ? len : INPROC_PACKET, last = 0;
	int64_t character_ns = fm_sim_character_ns(&in->line);

	if (wire->count == 0)
		return INT64_MAX;
	while (last + 1 < most && last + 1 < wire->count &&
	       fm_sim_wire_at(wire, last + 1)->at_ns - fm_sim_wire_at(wire, last)->at_ns <=
		       character_ns * 3 / 2)
		last++;
	return fm_sim_wire_at(wire, last)->at_ns;
}

static bool inproc_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
			struct fm_deadline deadline, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	int64_t next_ns, packet_ns;

	inproc_catch_up(in);
	while ((packet_ns = inproc_packet_ns(in, len)) > in->clock->now_ns) {
		if (inproc_cancelled(in, err))
			return false;
		next_ns = fm_sim_line_next(&in->line);
		if (next_ns > packet_ns)
			next_ns = packet_ns;
		if (next_ns > deadline.at_ns)
			break;
		inproc_pass(in, next_ns);
	}
	if (packet_ns > in->clock->now_ns)
		inproc_pass(in, deadline.at_ns);
	*ret_len = fm_sim_line_take(&in->line, in->clock->now_ns, ret_data, len);
	return *ret_len > 0 || fm_fail(err, FM_TIMEOUT, "%s: no answer", link->name);
}

static bool inproc_discard(struct fm_link *link, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	uint8_t byte;

	(void)err;
	inproc_catch_up(in);
	while (fm_sim_line_take(&in->line, in->clock->now_ns, &byte, 1) > 0)
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
	in->line.character_bits = fm_line_character_bits(settings);
	in->line.host_baud = settings->baud;
	return true;
}

static bool inproc_modem(struct fm_link *link, unsigned lines, unsigned on, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;
	unsigned before = in->modem;

	(void)err;
	inproc_catch_up(in);
	in->modem = (before & ~lines) | (on & lines);
	if ((in->modem & ~before) != 0 && in->line.unit->powered)
		fm_sim_line_start(&in->line, in->clock->now_ns);
	return true;
}

/* A unit sees a break as a zero byte without its stop bit. */
static bool inproc_break(struct fm_link *link, unsigned duration_ms, struct fm_error *err)
{
	struct inproc_link *in = (struct inproc_link *)link;

	if (inproc_cancelled(in, err))
		return false;
	inproc_catch_up(in);
	fm_sim_line_break(&in->line, in->clock->now_ns, (int64_t)duration_ms * 1000000);
	inproc_pass(in, in->clock->now_ns + (int64_t)duration_ms * 1000000);
	return true;
}

static void inproc_close(struct fm_link *link)
{
	struct inproc_link *in = (struct inproc_link *)link;

	if (in->own)
		in->line.unit->ops->free(in->line.unit);
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
	in->line.unit = unit;
	in->line.character_bits = 10;
	in->line.host_baud = 115200;
	in->own = own;
	in->clock = clock;
	in->modem = FM_LINE_DTR | FM_LINE_RTS;
	fm_sim_line_start(&in->line, clock->now_ns);
	*ret_link = &in->link;
	return true;
}

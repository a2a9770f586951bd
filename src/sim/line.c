#include "sim/line.h"

#include <assert.h>

struct fm_sim_byte *fm_sim_wire_at(struct fm_sim_wire *wire, size_t i)
{
	return &wire->ring[(wire->first + i) % FM_SIM_WIRE_MOST];
}

static void wire_drop(struct fm_sim_wire *wire)
{
	wire->first = (wire->first + 1) % FM_SIM_WIRE_MOST;
	wire->count--;
}

static void wire_put(struct fm_sim_wire *wire, int64_t now_ns, int64_t duration_ns, uint8_t byte,
		     bool garbled)
{
	int64_t start_ns = wire->free_ns > now_ns ? wire->free_ns : now_ns;

	wire->free_ns = start_ns + duration_ns;
	if (wire->count == FM_SIM_WIRE_MOST)
		return;
	wire->count++;
	*fm_sim_wire_at(wire, wire->count - 1) =
		(struct fm_sim_byte){ wire->free_ns, byte, garbled };
}

int64_t fm_sim_character_ns(const struct fm_sim_line *line)
{
	return (int64_t)line->character_bits * 1000000000 / line->host_baud;
}

/* Put on the line what is said at `now`, as the other side will see it. */
static void line_say(struct fm_sim_line *line, struct fm_sim_wire *wire, int64_t now_ns,
		     uint8_t byte)
{
	bool garbled = fm_sim_garbles(line->unit, line->host_baud);

	wire_put(wire, now_ns, fm_sim_character_ns(line), garbled ? fm_sim_garble(byte) : byte,
		 garbled);
}

bool fm_sim_line_put(struct fm_sim_line *line, int64_t now_ns, uint8_t byte)
{
	if (line->to_unit.count == FM_SIM_WIRE_MOST)
		return false;
	line_say(line, &line->to_unit, now_ns, byte);
	return true;
}

void fm_sim_line_break(struct fm_sim_line *line, int64_t now_ns, int64_t duration_ns)
{
	wire_put(&line->to_unit, now_ns, duration_ns, 0, true);
}

size_t fm_sim_line_take(struct fm_sim_line *line, int64_t now_ns, uint8_t *ret_data, size_t len)
{
	struct fm_sim_wire *wire = &line->to_host;
	size_t n = 0;

	while (n < len && wire->count > 0 && fm_sim_wire_at(wire, 0)->at_ns <= now_ns) {
		ret_data[n++] = fm_sim_wire_at(wire, 0)->byte;
		wire_drop(wire);
	}
	return n;
}

/* Without power or in reset the unit stops in the middle of a byte. */
static void line_cut(struct fm_sim_line *line, int64_t now_ns)
{
	struct fm_sim_wire *wire = &line->to_host;

	while (wire->count > 0 && fm_sim_wire_at(wire, wire->count - 1)->at_ns > now_ns)
		wire->count--;
	if (wire->free_ns > now_ns)
		wire->free_ns = now_ns;
}

/* What the unit has said since it was last called goes on the line at `now`. */
static void line_collect(struct fm_sim_line *line, int64_t now_ns)
{
	struct fm_sim_unit *unit = line->unit;

	for (size_t i = 0; i < unit->out_count; i++)
		line_say(line, &line->to_host, now_ns, unit->out[i]);
	unit->out_count = 0;
	if (!unit->powered)
		line_cut(line, now_ns);
}

void fm_sim_line_start(struct fm_sim_line *line, int64_t now_ns)
{
	line_cut(line, now_ns);
	line->unit->host_baud = line->host_baud;
	fm_sim_start(line->unit, now_ns);
	line_collect(line, now_ns);
}

static int64_t line_unit_ns(const struct fm_sim_line *line)
{
	return line->unit->powered ? line->unit->ops->next_event(line->unit) : INT64_MAX;
}

static int64_t line_byte_ns(struct fm_sim_line *line)
{
	return line->to_unit.count > 0 ? fm_sim_wire_at(&line->to_unit, 0)->at_ns : INT64_MAX;
}

int64_t fm_sim_line_next(struct fm_sim_line *line)
{
	int64_t unit_ns = line_unit_ns(line), byte_ns = line_byte_ns(line);

	return byte_ns < unit_ns ? byte_ns : unit_ns;
}

/* One thing that is due at `at`; of two at once the unit's own is first. */
static void line_step(struct fm_sim_line *line, int64_t at_ns)
{
	struct fm_sim_unit *unit = line->unit;

	if (line_unit_ns(line) == at_ns) {
		unit->ops->advance(unit, at_ns);
		assert(!unit->powered || unit->ops->next_event(unit) > at_ns);
	} else {
		struct fm_sim_byte arrived = *fm_sim_wire_at(&line->to_unit, 0);

		wire_drop(&line->to_unit);
		unit->host_baud = line->host_baud;
		if (unit->powered)
			unit->ops->feed(unit, at_ns, arrived.byte, arrived.garbled);
	}
	line_collect(line, at_ns);
}

void fm_sim_line_run(struct fm_sim_line *line, int64_t now_ns)
{
	int64_t at_ns;

	while ((at_ns = fm_sim_line_next(line)) <= now_ns)
		line_step(line, at_ns);
}

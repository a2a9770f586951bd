#include "sim/modes.h"

#include <stdlib.h>
#include <string.h>

struct modes {
	struct fm_sim_usb usb;
	struct fm_sim_mode mode[FM_SIM_MODES_MOST];
	size_t count, active;
	int64_t absent_ns, next_ns; /* when the active one gets power; INT64_MAX = it has, or the
				       unit has none */
	bool powered;
};

static struct fm_sim_usb *modes_unit(const struct modes *m)
{
	return m->mode[m->active].unit;
}

static bool modes_between(const struct modes *m)
{
	return m->next_ns != INT64_MAX;
}

/* Be where the active mode is, or go to the next. */
static void modes_look(struct modes *m, int64_t now_ns)
{
	struct fm_sim_usb *unit = modes_unit(m);

	if (m->powered && !modes_between(m) && m->mode[m->active].left(unit)) {
		unit->ops->power(unit, now_ns, false);
		m->active = (m->active + 1) % m->count;
		m->next_ns = now_ns + m->absent_ns;
		unit = modes_unit(m);
	}
	m->usb.attached = m->powered && !modes_between(m) && unit->attached;
	m->usb.high_speed = unit->high_speed;
}

static int modes_control(struct fm_sim_usb *usb, int64_t now_ns, const uint8_t setup[8],
			 uint8_t *data)
{
	struct modes *m = (struct modes *)usb;
	struct fm_sim_usb *unit = modes_unit(m);
	int n = unit->ops->control(unit, now_ns, setup, data);

	modes_look(m, now_ns);
	return n;
}

static int modes_transfer(struct fm_sim_usb *usb, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			  size_t len)
{
	struct modes *m = (struct modes *)usb;
	struct fm_sim_usb *unit = modes_unit(m);
	int n = FM_SIM_USB_STALL;

	if (unit->ops->transfer)
		n = unit->ops->transfer(unit, now_ns, endpoint, data, len);
	modes_look(m, now_ns);
	return n;
}

static void modes_bus_reset(struct fm_sim_usb *usb, int64_t now_ns)
{
	struct modes *m = (struct modes *)usb;
	struct fm_sim_usb *unit = modes_unit(m);

	unit->ops->bus_reset(unit, now_ns);
	modes_look(m, now_ns);
}

static void modes_advance(struct fm_sim_usb *usb, int64_t now_ns)
{
	struct modes *m = (struct modes *)usb;
	struct fm_sim_usb *unit = modes_unit(m);

	if (modes_between(m) && m->next_ns <= now_ns) {
		m->next_ns = INT64_MAX;
		unit->ops->power(unit, now_ns, true);
	} else if (!modes_between(m)) {
		unit->ops->advance(unit, now_ns);
	}
	modes_look(m, now_ns);
}

static int64_t modes_next_event(const struct fm_sim_usb *usb)
{
	const struct modes *m = (const struct modes *)usb;
	const struct fm_sim_usb *unit = modes_unit(m);

	if (modes_between(m))
		return m->next_ns;
	return m->powered ? unit->ops->next_event(unit) : INT64_MAX;
}

static void modes_power(struct fm_sim_usb *usb, int64_t now_ns, bool on)
{
	struct modes *m = (struct modes *)usb;

	if (m->powered && !modes_between(m))
		modes_unit(m)->ops->power(modes_unit(m), now_ns, false);
	m->powered = on;
	m->next_ns = INT64_MAX;
	m->active = 0;
	if (on)
		modes_unit(m)->ops->power(modes_unit(m), now_ns, true);
	modes_look(m, now_ns);
}

static void modes_free(struct fm_sim_usb *usb)
{
	struct modes *m = (struct modes *)usb;

	for (size_t i = 0; i < m->count; i++)
		m->mode[i].unit->ops->free(m->mode[i].unit);
	free(m);
}

static const struct fm_sim_usb_ops modes_ops = {
	.control = modes_control,
	.transfer = modes_transfer,
	.bus_reset = modes_bus_reset,
	.advance = modes_advance,
	.next_event = modes_next_event,
	.power = modes_power,
	.free = modes_free,
};

bool fm_sim_modes_new(const struct fm_sim_mode *modes, size_t count, unsigned absent_ms,
		      struct fm_sim_usb **ret_unit, struct fm_error *err)
{
	struct modes *m;

	if (count < 1 || count > FM_SIM_MODES_MOST)
		return fm_fail(err, FM_USAGE, "a unit has 1 to %d modes, not %zu",
			       FM_SIM_MODES_MOST, count);
	m = calloc(1, sizeof(*m));
	if (!m)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	m->usb.ops = &modes_ops;
	m->absent_ns = (int64_t)absent_ms * 1000000;
	m->next_ns = INT64_MAX;
	m->count = count;
	memcpy(m->mode, modes, count * sizeof(*modes));
	/* what a core is given power for is decided here */
	for (size_t i = 0; i < count; i++)
		modes[i].unit->ops->power(modes[i].unit, 0, false);
	modes_look(m, 0);
	*ret_unit = &m->usb;
	return true;
}

size_t fm_sim_modes_active(const struct fm_sim_usb *unit)
{
	return ((const struct modes *)unit)->active;
}

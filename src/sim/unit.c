#include "sim/unit.h"

#include <assert.h>
#include <string.h>

void fm_sim_say(struct fm_sim_unit *unit, const void *data, size_t len)
{
	assert(len <= FM_SIM_OUT_MOST - unit->out_count);
	memcpy(unit->out + unit->out_count, data, len);
	unit->out_count += len;
}

void fm_sim_start(struct fm_sim_unit *unit, int64_t now_ns)
{
	bool external = unit->powered;

	unit->powered = true;
	unit->out_count = 0;
	unit->ops->reset(unit, now_ns, external);
}

/* A UART samples in the middle of a bit: over the ten bits of a character it stands at most half a
 * bit off, and the receivers' sheets leave 4 % of that to the rate. */
bool fm_sim_garbles(const struct fm_sim_unit *unit, unsigned host_baud)
{
	uint64_t own = unit->baud, host = host_baud;
	uint64_t off = own > host ? own - host : host - own;

	return own > 0 && off * 100 > own * 4;
}

uint8_t fm_sim_garble(uint8_t byte)
{
	return (uint8_t)(byte ^ (0x81 | byte >> 1));
}

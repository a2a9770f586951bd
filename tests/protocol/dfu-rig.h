/* A simulated DFU unit on a link in virtual time, and a session to it. */
#ifndef FM_TESTS_DFU_RIG_H
#define FM_TESTS_DFU_RIG_H

#include "unit.h"

#include "protocol/dfu_wire.h"
#include "sim/dfu/dfu.h"

#include <string.h>

struct rig {
	struct fm_sim_dfu_options options;
	struct fm_virtual_clock clock;
	struct fm_sim_usb *unit;
	struct fm_link *link;
	struct fm_session s;
	struct fm_params params;
	struct fm_identity identity;
};

/* Options first, then rig_plug. */
static inline void rig_init(struct rig *r, const char *protocol)
{
	*r = (struct rig){ 0 };
	fm_sim_dfu_defaults(&r->options);
	fm_virtual_clock_init(&r->clock);
	fm_params_default(fm_protocol_named(protocol)->params, &r->params);
	r->s.protocol = fm_protocol_named(protocol);
}

static inline void rig_chip(struct rig *r, const char *chip)
{
	struct fm_error err;

	assert_success(fm_sim_dfu_option(&r->options, "chip", chip, &err));
}

static inline void rig_link(struct rig *r)
{
	struct fm_error err;

	assert_success(fm_sim_usb_link_open(r->unit, false, 0xfe, &r->clock, NULL, &r->link, &err));
}

static inline void rig_plug(struct rig *r)
{
	const struct fm_protocol *protocol = r->s.protocol;
	struct fm_error err;

	assert_success(fm_sim_dfu_new(&r->options, &r->unit, &err));
	rig_link(r);
	assert_success(fm_session_init(&r->s, protocol, r->link, &r->params, &err));
}

static inline bool rig_open(struct rig *r, struct fm_error *err)
{
	r->identity = (struct fm_identity){ 0 };
	return r->s.protocol->open(&r->s, &r->identity, err);
}

static inline void rig_done(struct rig *r)
{
	fm_session_done(&r->s);
	fm_link_close(r->link);
	r->unit->ops->free(r->unit);
}

static inline void rig_fill(uint8_t *image, size_t len)
{
	for (size_t i = 0; i < len; i++)
		image[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + 1);
}

#endif

/* Raw control transfers to a simulated DFU unit, in virtual time, as a host sends them. */
#ifndef FM_TESTS_DFU_HOST_H
#define FM_TESTS_DFU_HOST_H

#include "unit.h"

#include "base/scope.h"
#include "sim/dfu/dfu.h"

#include <string.h>

enum { DETACH, DNLOAD, UPLOAD, GETSTATUS, CLRSTATUS, GETSTATE, ABORT };
enum {
	APP_IDLE,
	APP_DETACH,
	IDLE,
	DNLOAD_SYNC,
	DNBUSY,
	DNLOAD_IDLE,
	MANIFEST_SYNC,
	MANIFEST,
	WAIT_RESET,
	UPLOAD_IDLE,
	ERROR,
};

struct host {
	struct fm_virtual_clock clock;
	struct fm_sim_usb *unit;
	struct fm_link *link;
	struct fm_error err;
	uint8_t status;
	uint32_t poll_ms;
};

/* Options as words: "poll=5 runtime". */
static inline void host_options(struct fm_sim_dfu_options *options, const char *words)
{
	char copy[512], *rest = copy, *word;
	struct fm_error err;

	fm_sim_dfu_defaults(options);
	assert_true(strlen(words) < sizeof(copy));
	strcpy(copy, words);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		if (*word)
			assert_success(fm_sim_dfu_option(options, word, value, &err));
	}
}

static inline void host_link(struct host *h)
{
	struct fm_error err;

	fm_link_close(h->link);
	h->link = NULL;
	assert_success(fm_sim_usb_link_open(h->unit, false, 0xfe, &h->clock, NULL, &h->link, &err));
}

static inline void host_open(struct host *h, const char *words)
{
	struct fm_sim_dfu_options options;
	struct fm_error err;

	memset(h, 0, sizeof(*h));
	host_options(&options, words);
	fm_virtual_clock_init(&h->clock);
	assert_success(fm_sim_dfu_new(&options, &h->unit, &err));
	host_link(h);
}

static inline void host_close(struct host *h)
{
	fm_link_close(h->link);
	h->unit->ops->free(h->unit);
}

static inline void host_pass(struct host *h, int64_t ms)
{
	fm_sim_usb_pass(h->unit, &h->clock, ms);
}

static inline enum fm_code host_out(struct host *h, uint8_t request, uint16_t value,
				    const void *data, size_t len)
{
	const struct fm_usb_setup setup = { 0x21, request, value, 0 };

	fm_error_clear(&h->err);
	if (!fm_usb_control_out(h->link, &setup, data, len, fm_in_ms(&h->clock.clock, 5000),
				&h->err))
		return h->err.code;
	return FM_OK;
}

static inline enum fm_code host_in(struct host *h, uint8_t request, uint16_t value, void *data,
				   size_t len, size_t *ret_len)
{
	const struct fm_usb_setup setup = { 0xa1, request, value, 0 };

	fm_error_clear(&h->err);
	if (!fm_usb_control_in(h->link, &setup, data, len, ret_len, fm_in_ms(&h->clock.clock, 5000),
			       &h->err))
		return h->err.code;
	return FM_OK;
}

/* The state that GETSTATUS tells; -code where it does not. */
static inline int host_status(struct host *h)
{
	uint8_t reply[6];
	size_t len;
	enum fm_code code = host_in(h, GETSTATUS, 0, reply, sizeof(reply), &len);

	if (code != FM_OK)
		return -(int)code;
	assert_int_equal(len, 6);
	h->status = reply[0];
	h->poll_ms = reply[1] | (uint32_t)reply[2] << 8 | (uint32_t)reply[3] << 16;
	return reply[4];
}

static inline int host_state(struct host *h)
{
	uint8_t state;
	size_t len;
	enum fm_code code = host_in(h, GETSTATE, 0, &state, 1, &len);

	return code == FM_OK ? state : -(int)code;
}

/* As a host should: wait as long as is told while it is busy. */
static inline int host_settle(struct host *h)
{
	int state;

	for (int i = 0; i < 50; i++) {
		state = host_status(h);
		if (state != DNBUSY && state != MANIFEST && state != MANIFEST_SYNC)
			return state;
		fm_sleep_ms(&h->clock.clock, h->poll_ms);
	}
	return -1;
}

static inline int host_block(struct host *h, uint16_t block, const void *data, size_t len)
{
	assert_int_equal(host_out(h, DNLOAD, block, data, len), FM_OK);
	return host_settle(h);
}

static inline uint16_t host_id(const struct host *h)
{
	const uint8_t *device = h->link->usb_descriptors->device;

	return (uint16_t)(device[11] << 8 | device[10]);
}

#endif

/* A simulated AVR behind a link in virtual time, and a session with its boot loader. */
#ifndef FM_TESTS_PROTOCOL_AVR_H
#define FM_TESTS_PROTOCOL_AVR_H

#include "unit.h"

#include "base/scope.h"
#include "protocol/protocol.h"
#include "sim/avr/avr.h"

#include <string.h>

/* What applications say unasked: the last looks like a boot loader's good answer. */
static const char *const avr_chatter[] = { NULL, "temperature 21.5\r\n", "\x14\x10\r\n" };

struct avr_fixture {
	struct fm_virtual_clock clock;
	struct fm_sim_avr *avr;
	struct fm_link *link;
	struct fm_session session;
	struct fm_identity identity;
	struct fm_memory memory;
};

/* Takes the unit over and resets it. */
static inline void avr_join(struct avr_fixture *f, struct fm_sim_unit *unit,
			    const struct fm_protocol *protocol, const struct fm_params *params)
{
	struct fm_line_settings line = { unit->baud, 8, FM_PARITY_NONE, 1 };
	struct fm_region region = { .name = "application", .flags = FM_REGION_WRITE };
	struct fm_error err;

	f->avr = (struct fm_sim_avr *)unit;
	region.range.len = unit->flash_len;
	region.write_len = f->avr->part->page_len;
	f->memory = (struct fm_memory){ .regions = { region }, .count = 1 };
	fm_virtual_clock_init(&f->clock);
	assert_success(fm_sim_link_open(unit, true, &f->clock, NULL, &f->link, &err));
	assert_success(fm_line_configure(f->link, &line, &err));
	assert_success(fm_session_init(&f->session, protocol, f->link, params, &err));
	f->session.memory = &f->memory;
	f->identity = (struct fm_identity){ 0 };
}

static inline void avr_part(struct avr_fixture *f)
{
	fm_session_done(&f->session);
	fm_link_close(f->link);
}

/* What DTR does. */
static inline void avr_pulse(struct avr_fixture *f)
{
	struct fm_error err;

	assert_success(fm_line_modem(f->link, FM_LINE_DTR | FM_LINE_RTS, 0, &err));
	fm_sleep_ms(f->link->clock, 1);
	assert_success(
		fm_line_modem(f->link, FM_LINE_DTR | FM_LINE_RTS, FM_LINE_DTR | FM_LINE_RTS, &err));
}

static inline bool avr_open(struct avr_fixture *f, struct fm_error *err)
{
	return f->session.protocol->open(&f->session, &f->identity, err);
}

static inline double avr_seconds(const struct avr_fixture *f)
{
	return (double)f->clock.now_ns / 1e9;
}

/* The window is over and the application runs: an error in time, and a pulse brings it back. */
static inline void avr_no_answer(struct avr_fixture *f, bool chatters, double within)
{
	struct fm_error err;
	double start;

	fm_sleep_ms(f->link->clock, 3000);
	start = avr_seconds(f);
	assert_failure(avr_open(f, &err), FM_NO_ANSWER);
	assert_true(avr_seconds(f) - start < within);
	assert_non_null(strstr(err.hint, chatters ? "still talks" : "reset line"));
	avr_pulse(f);
	assert_success(avr_open(f, &err));
}

static inline void avr_fill(uint8_t *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (uint8_t)(seed >> 16);
	}
}

/* len is a multiple of the page. */
static inline void avr_write(struct avr_fixture *f, uint64_t addr, const uint8_t *data, size_t len)
{
	size_t page_len = f->avr->part->page_len;
	struct fm_error err;

	for (size_t i = 0; i < len; i += page_len)
		assert_success(f->session.protocol->write(&f->session, FM_SPACE_FLASH, addr + i,
							  data + i, page_len, &err));
}

static inline void avr_check(struct avr_fixture *f, uint64_t addr, const uint8_t *data, size_t len)
{
	uint8_t back[256];
	struct fm_error err;

	for (size_t i = 0; i < len; i += f->session.read_len) {
		size_t n = len - i < f->session.read_len ? len - i : f->session.read_len;

		assert_success(f->session.protocol->read(&f->session, FM_SPACE_FLASH, addr + i,
							 back, n, &err));
		assert_memory_equal(back, data + i, n);
	}
}

/* The application's answer to its version question, "" when it gives none within the time. */
static inline void avr_ask(struct avr_fixture *f, int64_t ms, char *ret, size_t size)
{
	struct fm_deadline deadline = fm_in_ms(f->link->clock, ms);
	size_t len = 0, n;
	struct fm_error err;

	assert_success(fm_send(f->link, "?\r", 2, deadline, &err));
	while (len < size - 1 &&
	       fm_recv_some(f->link, ret + len, size - 1 - len, &n, deadline, &err))
		len += n;
	ret[len] = '\0';
}

#endif

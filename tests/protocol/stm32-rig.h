/* A simulated STM32 behind a link in virtual time, and a session with it. */
#ifndef FM_TESTS_STM32_RIG_H
#define FM_TESTS_STM32_RIG_H

#include "unit.h"

#include "base/scope.h"
#include "protocol/protocol.h"
#include "sim/stm32/chip.h"
#include "sim/stm32/stm32.h"

#include <string.h>

/* The memory as a definition would describe it: the flash, and the area of size and unique id. */
static inline void stm32_rig_memory(const struct fm_sim_unit *unit,
				    const struct fm_stm32_part *part, struct fm_memory *ret)
{
	struct fm_region region = {
		.name = "flash",
		.range = { FM_SPACE_FLASH, FM_STM32_FLASH, unit->flash_len },
		.write_len = 256,
		.flags = FM_REGION_WRITE,
	};
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(part->runs) && part->runs[i].size; i++)
		region.runs[region.run_count++] =
			(struct fm_block_run){ part->runs[i].size, part->runs[i].count };
	*ret = (struct fm_memory){ 0 };
	assert_success(fm_memory_add(ret, &region, &err));
}

static const struct fm_line_settings stm32_line = { 115200, 8, FM_PARITY_EVEN, 1 };

struct stm32_rig {
	struct fm_virtual_clock clock;
	struct fm_sim_unit *unit;
	struct fm_link *link; /* owns the unit */
	struct fm_memory memory;
	struct fm_session s;
	struct fm_identity identity;
};

static inline void stm32_rig_session(struct stm32_rig *rig)
{
	struct fm_error err;

	assert_success(
		fm_session_init(&rig->s, fm_protocol_named("stm32-uart"), rig->link, NULL, &err));
	rig->s.memory = &rig->memory;
	rig->identity = (struct fm_identity){ 0 };
}

/* Power on and plug in; nothing was sent yet. */
static inline void stm32_rig_start(struct stm32_rig *rig,
				   const struct fm_sim_stm32_options *options)
{
	struct fm_error err;

	fm_virtual_clock_init(&rig->clock);
	assert_success(fm_sim_stm32_new(options, &rig->unit, &err));
	assert_success(fm_sim_link_open(rig->unit, true, &rig->clock, NULL, &rig->link, &err));
	assert_success(fm_line_configure(rig->link, &stm32_line, &err));
	stm32_rig_memory(rig->unit, fm_stm32_part_find(options->pid), &rig->memory);
	stm32_rig_session(rig);
}

static inline void stm32_rig_open(struct stm32_rig *rig)
{
	struct fm_error err;

	assert_success(rig->s.protocol->open(&rig->s, &rig->identity, &err));
}

/* The host's program starts anew; the unit stays as it is. */
static inline void stm32_rig_again(struct stm32_rig *rig)
{
	fm_session_done(&rig->s);
	stm32_rig_session(rig);
}

static inline void stm32_rig_done(struct stm32_rig *rig)
{
	fm_session_done(&rig->s);
	fm_link_close(rig->link);
}

/* The unit loses and gets power, or somebody presses its reset button. */
static inline void stm32_rig_power_cycle(struct stm32_rig *rig)
{
	rig->unit->powered = false;
	fm_sim_start(rig->unit, rig->clock.now_ns);
}

/* `count` erase blocks from the first on; returns how many there are. */
static inline size_t stm32_rig_blocks(const struct stm32_rig *rig, struct fm_block *ret,
				      size_t first, size_t count)
{
	const struct fm_region *region = fm_memory_application(&rig->memory);
	uint64_t addr = region->range.addr;
	size_t n = 0;
	struct fm_block block;

	for (; n < first + count && fm_region_block_at(region, addr, &block); n++) {
		if (n >= first)
			ret[n - first] = block;
		addr = block.range.addr + block.range.len;
	}
	return n - first;
}

static inline int64_t stm32_rig_ms(const struct stm32_rig *rig)
{
	return rig->clock.now_ns / 1000000;
}

/* Bytes that look like nothing in particular and are never blank. */
static inline void stm32_rig_pattern(uint8_t *ret, size_t len, unsigned seed)
{
	uint32_t x = seed * 2654435761u + 12345;

	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		ret[i] = (uint8_t)(x >> 16) & 0x7f;
	}
}

#endif

#include "front/tui/map.h"

#include <string.h>

#define MAP_LEAST 64 /* bytes in a cell */

/* First and last address of what the plan touches in the space of its first page. */
static void map_span(const struct fm_plan *plan, enum fm_space space, uint64_t *ret_start,
		     uint64_t *ret_end)
{
	*ret_start = UINT64_MAX;
	*ret_end = 0;
	for (size_t i = 0; i < plan->page_count + plan->erase_count; i++) {
		const struct fm_range *range = i < plan->page_count
						       ? &plan->pages[i].range
						       : &plan->erase[i - plan->page_count].range;

		if (range->space != space)
			continue;
		if (range->addr < *ret_start)
			*ret_start = range->addr;
		if (range->addr + range->len > *ret_end)
			*ret_end = range->addr + range->len;
	}
}

static void map_mark(struct fm_ui_map *map, const struct fm_range *range, unsigned char flag)
{
	uint64_t end = map->start + map->cell_len * map->count;
	uint64_t from = range->addr > map->start ? range->addr : map->start;
	uint64_t to = range->addr + range->len < end ? range->addr + range->len : end;

	if (range->space != map->space)
		return;
	for (uint64_t at = from - (from - map->start) % map->cell_len; at < to; at += map->cell_len)
		map->cells[(at - map->start) / map->cell_len] |= flag;
}

void fm_ui_map_make(struct fm_ui_map *map, const struct fm_plan *plan,
		    const struct fm_memory *memory)
{
	uint64_t start, end;

	*map = (struct fm_ui_map){ .at = UINT64_MAX };
	if (!plan || plan->page_count == 0)
		return;
	map->space = plan->pages[0].range.space;
	map_span(plan, map->space, &start, &end);
	map->cell_len = MAP_LEAST;
	while ((end - start + map->cell_len - 1) / map->cell_len > FM_UI_MAP_CELLS)
		map->cell_len *= 2;
	map->start = start;
	map->count = (size_t)((end - start + map->cell_len - 1) / map->cell_len);
	for (size_t i = 0; i < plan->erase_count; i++)
		map_mark(map, &plan->erase[i].range, FM_CELL_ERASE);
	for (size_t i = 0; i < plan->page_count; i++)
		map_mark(map, &plan->pages[i].range,
			 plan->pages[i].skip ? FM_CELL_BLANK : FM_CELL_WRITE);
	for (size_t i = 0; memory && i < memory->count; i++) {
		if (memory->regions[i].flags & (FM_REGION_PROTECTED | FM_REGION_CONFIG))
			map_mark(map, &memory->regions[i].range, FM_CELL_KEPT);
	}
}

void fm_ui_map_restart(struct fm_ui_map *map)
{
	map->erased = map->written = map->read = 0;
	map->at = UINT64_MAX;
	map->bad = false;
	for (size_t i = 0; i < map->count; i++)
		map->cells[i] &= (unsigned char)~FM_CELL_RETRIED;
}

static uint64_t *map_mark_of(struct fm_ui_map *map, enum fm_phase phase)
{
	switch (phase) {
	case FM_PHASE_ERASE:
		return &map->erased;
	case FM_PHASE_WRITE:
		return &map->written;
	case FM_PHASE_VERIFY:
		return &map->read;
	default:
		return NULL;
	}
}

void fm_ui_map_begin(struct fm_ui_map *map, enum fm_phase phase, bool again)
{
	uint64_t *mark = map_mark_of(map, phase);

	if (!mark)
		return;
	if (again && map->at >= map->start && map->at < map->start + map->cell_len * map->count)
		map->cells[(map->at - map->start) / map->cell_len] |= FM_CELL_RETRIED;
	if (phase == FM_PHASE_ERASE)
		map->written = map->read = 0;
	*mark = 0;
	map->bad = false;
	map->at = UINT64_MAX;
}

/* At its end a phase tells the address 0, which memory may begin with. */
void fm_ui_map_progress(struct fm_ui_map *map, enum fm_phase phase,
			const struct fm_progress *progress)
{
	uint64_t *mark = map_mark_of(map, phase);

	if (!mark || progress->addr < map->start || progress->done == progress->total)
		return;
	*mark = map->at = progress->addr;
}

void fm_ui_map_end(struct fm_ui_map *map, enum fm_phase phase, bool good)
{
	uint64_t *mark = map_mark_of(map, phase);

	if (!mark)
		return;
	map->bad = !good;
	if (!good)
		return;
	*mark = UINT64_MAX;
	map->at = UINT64_MAX;
}

char fm_ui_map_cell(const struct fm_ui_map *map, size_t index)
{
	uint64_t from = map->start + index * map->cell_len, to = from + map->cell_len;
	unsigned char cell = map->cells[index];

	if (map->at >= from && map->at < to)
		return map->bad ? 'X' : '>';
	if (cell & FM_CELL_KEPT)
		return 'P';
	if (!(cell & (FM_CELL_ERASE | FM_CELL_WRITE | FM_CELL_BLANK)))
		return '.';
	if (map->read >= to)
		return cell & FM_CELL_RETRIED ? 'r' : cell & FM_CELL_WRITE ? '#' : '=';
	if (cell & FM_CELL_RETRIED)
		return 'r';
	if ((cell & FM_CELL_WRITE) && map->written >= to)
		return 'w';
	if (map->erased >= to || map->written >= to)
		return cell & FM_CELL_ERASE ? 'e' : '-';
	return '-';
}

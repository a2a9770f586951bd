#include "sim/dfu/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_PAGE 4096
#define MEMORY_MOST (64u << 20)

static bool memory_add(struct fm_dfu_memory *m, uint32_t addr, uint32_t count, uint32_t size,
		       unsigned type)
{
	uint64_t len = (uint64_t)count * size;

	if (m->segment_count == FM_DFU_SEGMENTS || len == 0 || len > MEMORY_MOST - m->len)
		return false;
	m->segments[m->segment_count++] = (struct fm_dfu_segment){
		addr, count, size, type & 1, (type & 2) != 0, (type & 4) != 0, m->len
	};
	m->len += (size_t)len;
	return true;
}

/* "04*016Kg": section 4; without a multiplier, or with a blank, in bytes. */
static bool memory_run(struct fm_dfu_memory *m, const char **at, uint32_t *addr)
{
	char *end;
	unsigned long count = strtoul(*at, &end, 10), size;

	if (*end != '*' || count == 0 || count > 9999)
		return false;
	size = strtoul(end + 1, &end, 10);
	if (size == 0 || size > 9999)
		return false;
	if (*end == 'K' || *end == 'M')
		size <<= *end == 'K' ? 10 : 20;
	if (*end == 'K' || *end == 'M' || *end == ' ' || *end == 'B')
		end++;
	if (*end < 'a' || *end > 'g' ||
	    !memory_add(m, *addr, (uint32_t)count, (uint32_t)size, (unsigned)(*end - 0x60)))
		return false;
	*addr += (uint32_t)(count * size);
	*at = end + 1;
	return true;
}

static bool memory_parse(struct fm_dfu_memory *m, const char *name)
{
	const char *at = strstr(name, "/0x");

	while (at) {
		char *end;
		uint32_t addr = (uint32_t)strtoul(at + 1, &end, 16);

		at = end;
		if (*at != '/')
			return false;
		do {
			at++;
			if (!memory_run(m, &at, &addr))
				return false;
		} while (*at == ',');
		if (*at != '\0' && strncmp(at, "/0x", 3) != 0)
			return false;
		at = strstr(at, "/0x");
	}
	return m->segment_count > 0;
}

bool fm_dfu_memory_init(struct fm_dfu_memory *m, const char *name, size_t size,
			const struct fm_dfu_times *times, struct fm_error *err)
{
	bool ok;

	memset(m, 0, sizeof(*m));
	m->weak_page = -1;
	m->times = times;
	m->option_bytes = strncmp(name, "@Option", 7) == 0;
	if (name[0] == '@')
		ok = memory_parse(m, name);
	else
		ok = size <= MEMORY_MOST &&
		     memory_add(m, 0, (uint32_t)(size / PLAIN_PAGE), PLAIN_PAGE, 7);
	if (!ok)
		return fm_fail(err, FM_USAGE, "no memory of a DFU unit: '%s'", name);
	m->data = malloc(m->len);
	if (!m->data)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated DFU unit");
	memset(m->data, 0xff, m->len);
	return true;
}

void fm_dfu_memory_done(struct fm_dfu_memory *m)
{
	free(m->data);
	m->data = NULL;
}

const struct fm_dfu_segment *fm_dfu_memory_at(const struct fm_dfu_memory *m, uint32_t addr,
					      size_t *ret_offset)
{
	for (size_t i = 0; i < m->segment_count; i++) {
		const struct fm_dfu_segment *s = &m->segments[i];

		if (addr >= s->addr && addr - s->addr < (uint64_t)s->count * s->size) {
			*ret_offset = s->offset + (addr - s->addr);
			return s;
		}
	}
	return NULL;
}

/* Pages are counted over all segments. */
static long memory_page(const struct fm_dfu_memory *m, size_t offset)
{
	long page = 0;

	for (size_t i = 0; i < m->segment_count; i++) {
		const struct fm_dfu_segment *s = &m->segments[i];
		size_t len = (size_t)s->count * s->size;

		if (offset - s->offset < len)
			return page + (long)((offset - s->offset) / s->size);
		page += s->count;
	}
	return page;
}

static bool memory_is_protected(const struct fm_dfu_memory *m, size_t offset)
{
	long page = memory_page(m, offset);

	return page >= (long)m->protect_from && page < (long)m->protect_to;
}

void fm_dfu_memory_erase(struct fm_dfu_memory *m, uint32_t addr, bool half)
{
	size_t offset;
	const struct fm_dfu_segment *s = fm_dfu_memory_at(m, addr, &offset);

	if (!s || memory_is_protected(m, offset))
		return;
	offset -= (offset - s->offset) % s->size;
	/* Cells lose their charge at different times. */
	for (size_t i = 0; i < s->size; i++)
		m->data[offset + i] |= half ? (uint8_t)(0x35 * (i + 1) >> 3) : 0xff;
}

void fm_dfu_memory_erase_all(struct fm_dfu_memory *m)
{
	for (size_t i = 0; i < m->segment_count; i++) {
		const struct fm_dfu_segment *s = &m->segments[i];

		for (uint32_t k = 0; s->erasable && k < s->count; k++)
			fm_dfu_memory_erase(m, s->addr + k * s->size, false);
	}
}

int64_t fm_dfu_memory_erase_ns(const struct fm_dfu_memory *m, uint32_t addr)
{
	size_t offset;
	const struct fm_dfu_segment *s = fm_dfu_memory_at(m, addr, &offset);

	if (!s)
		return 0;
	return ((int64_t)m->times->erase_us + (int64_t)m->times->erase_kib_us * (s->size >> 10)) *
	       1000;
}

int64_t fm_dfu_memory_erase_all_ns(const struct fm_dfu_memory *m)
{
	return ((int64_t)m->times->erase_us +
		(int64_t)m->times->mass_kib_us * (int64_t)(m->len >> 10)) *
	       1000;
}

bool fm_dfu_memory_writable(const struct fm_dfu_memory *m, uint32_t addr, size_t len)
{
	size_t offset;

	for (size_t i = 0; i < len; i++) {
		const struct fm_dfu_segment *s = fm_dfu_memory_at(m, addr + (uint32_t)i, &offset);

		if (!s || !s->writable)
			return false;
	}
	return true;
}

bool fm_dfu_memory_program(struct fm_dfu_memory *m, uint32_t addr, const uint8_t *data, size_t len)
{
	const struct fm_dfu_segment *s;
	size_t at;

	for (size_t i = 0; i < len; i++) {
		s = fm_dfu_memory_at(m, addr + (uint32_t)i, &at);
		if (!s || (s->erasable && m->data[at] != 0xff && !memory_is_protected(m, at)))
			return false;
	}
	for (size_t i = 0; i < len; i++) {
		fm_dfu_memory_at(m, addr + (uint32_t)i, &at);
		if (memory_is_protected(m, at))
			continue;
		m->data[at] = data[i];
		if (memory_page(m, at) == m->weak_page && at % 64 == 0)
			m->data[at] ^= 0x10;
	}
	return true;
}

int64_t fm_dfu_memory_program_ns(const struct fm_dfu_memory *m, size_t len)
{
	size_t step = m->times->program_len;

	return (int64_t)((len + step - 1) / step) * m->times->program_us * 1000;
}

void fm_dfu_memory_read(const struct fm_dfu_memory *m, uint32_t addr, uint8_t *ret_data, size_t len)
{
	size_t at;

	for (size_t i = 0; i < len; i++)
		ret_data[i] = fm_dfu_memory_at(m, addr + (uint32_t)i, &at) ? m->data[at] : 0xff;
}

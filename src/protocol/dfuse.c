/*
 * DfuSe, ST's extension of DFU (bcdDFUVersion 011A; AN3156, UM0424): memory has addresses. Block 0
 * carries a command, block 1 nothing, block n >= 2 data for
 * address pointer + (n - 2) * wTransferSize.
 *
 *   21 01 00 00 iface 05 00  21 a0 a1 a2 a3    Set Address, little-endian
 *   21 01 00 00 iface 05 00  41 a0 a1 a2 a3    Erase page; 41 alone: the whole chip
 *   21 01 02 00 iface 00 00                    leave
 *
 * Nothing happens before the first GETSTATUS; the second tells how it went. The names of the
 * alternate settings are the map of the memory (dfuse_layout.h).
 *
 * Known lies: the poll time of Set Address means nothing; writing and erasing protected pages is
 * silent success, only reading back tells; Erase page moves the address pointer in some loaders;
 * an upload has no end; some L4 stall GETSTATUS while they are busy. Read Unprotect (92), which
 * wipes the chip, is never sent. Facts and sources: doc/protocols/dfuse.md.
 */
#include "base/bytes.h"
#include "base/log.h"
#include "base/scope.h"
#include "protocol/dfu_wire.h"
#include "protocol/dfuse_layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SET_ADDRESS 0x21
#define ERASE 0x41
#define FIRST_BLOCK 2
#define STALLS_FORGIVEN 3 /* as dfu-util does for L4 */
#define LEAVE_MS 2000
#define PROBE_LEN 64u
#define MASS_ERASE_MS 60000 /* an F4 takes up to 32 s; it may not answer meanwhile */
#define SERIAL_AT 16        /* iSerialNumber in the device descriptor */

enum { PARAM_PAGE_SIZE = DFU_PARAM_COMMON, PARAM_GD_SERIAL, PARAM_MASS_ERASE };

static const struct fm_param dfuse_params[] = {
	FM_DFU_COMMON_PARAMS,
	[PARAM_PAGE_SIZE] = { "page-size", FM_PARAM_NUMBER, 0, 0, 1 << 20,
			      "bytes of an erase block of the flash, whatever the device says" },
	[PARAM_GD_SERIAL] = { "gd-serial", FM_PARAM_BOOL, 0, 0, 0,
			      "the size of the flash is in the serial number (GD32VF103)" },
	[PARAM_MASS_ERASE] = { "mass-erase", FM_PARAM_BOOL, 1, 0, 0,
			       "a boot loader in ROM erases the whole chip by one command" },
	{ 0 },
};

struct dfuse_state {
	struct fm_dfu_wire wire;
	bool rom;
	/* The address pointer: the next block of this direction is next_block, for next_addr. */
	bool placed, placed_for_read;
	enum fm_space space;
	uint64_t next_addr;
	uint32_t next_block;
};

/* --- commands --- */

/* From dfuIDLE or dfuDNLOAD-IDLE: an upload is aborted, an error cleared. */
static bool dfuse_ready(struct dfuse_state *st, struct fm_error *err)
{
	return st->wire.state == DFU_DNLOAD_IDLE || fm_dfu_idle(&st->wire, err);
}

static bool dfuse_command(struct dfuse_state *st, uint8_t command, uint64_t addr, size_t len,
			  const struct fm_dfu_wait *wait, struct fm_error *err)
{
	uint8_t frame[5] = { command };

	st->placed = false;
	fm_put_le32(frame + 1, (uint32_t)addr);
	return dfuse_ready(st, err) && fm_dfu_download(&st->wire, 0, frame, len, err) &&
	       fm_dfu_settle_block(&st->wire, wait, err);
}

static bool dfuse_set_address(struct dfuse_state *st, uint64_t addr, struct fm_error *err)
{
	static const struct fm_dfu_wait at_once = { .no_sleep = true };

	return dfuse_command(st, SET_ADDRESS, addr, 5, &at_once, err) ||
	       fm_context(err, "address 0x%08" PRIx64, addr);
}

static bool dfuse_select(struct dfuse_state *st, enum fm_space space, struct fm_error *err)
{
	int alternate = fm_dfu_alternate_of(&st->wire, space);

	if (alternate < 0)
		return fm_fail(err, FM_UNSUPPORTED, "the unit has no memory %s",
			       fm_space_name(space));
	if (st->wire.alternate == alternate)
		return true;
	st->placed = false;
	return fm_dfu_idle(&st->wire, err) && fm_dfu_select(&st->wire, (unsigned)alternate, err);
}

/* The pointer to addr, unless the blocks before lead there anyway. */
static bool dfuse_place(struct dfuse_state *st, enum fm_space space, uint64_t addr, bool for_read,
			struct fm_error *err)
{
	if (!dfuse_select(st, space, err))
		return false;
	if (st->placed && st->placed_for_read == for_read && st->space == space &&
	    st->next_addr == addr && st->next_block <= UINT16_MAX)
		return true;
	if (!dfuse_set_address(st, addr, err) || (for_read && !fm_dfu_normalise(&st->wire, err)))
		return false;
	st->placed = true;
	st->placed_for_read = for_read;
	st->space = space;
	st->next_addr = addr;
	st->next_block = FIRST_BLOCK;
	return true;
}

/* Only whole blocks keep the formula: which length it counts with after a short one is not said. */
static void dfuse_passed(struct dfuse_state *st, size_t len)
{
	st->placed = len == st->wire.functional.transfer_len;
	st->next_addr += len;
	st->next_block++;
}

/* --- erase, write, read --- */

static bool dfuse_may_write(const struct dfuse_state *st, struct fm_error *err)
{
	return (st->wire.functional.attributes & FM_DFU_CAN_DNLOAD) ||
	       fm_fail(err, FM_UNSUPPORTED, "the unit says that it takes no download");
}

static bool dfuse_erase(struct fm_session *s, const struct fm_block *blocks, size_t count,
			struct fm_error *err)
{
	struct dfuse_state *st = s->state;

	if (!dfuse_may_write(st, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct fm_range *range = &blocks[i].range;

		if (!dfuse_select(st, range->space, err) ||
		    !dfuse_command(st, ERASE, range->addr, 5, NULL, err))
			return fm_context(err, "erase of 0x%08" PRIx64, range->addr);
	}
	return true;
}

/* The F405 says 100 ms and takes up to 32 s, in which its USB is silent: it gets the time. */
static bool dfuse_erase_all(struct fm_session *s, struct fm_error *err)
{
	static const struct fm_dfu_wait patient = { .reply_ms = MASS_ERASE_MS };
	struct dfuse_state *st = s->state;

	return dfuse_may_write(st, err) && dfuse_select(st, FM_SPACE_FLASH, err) &&
	       (dfuse_command(st, ERASE, 0, 1, &patient, err) ||
		fm_context(err, "erase of the whole chip"));
}

static bool dfuse_write(struct fm_session *s, enum fm_space space, uint64_t addr,
			const uint8_t *data, size_t len, struct fm_error *err)
{
	struct dfuse_state *st = s->state;

	if (len == 0 || len > st->wire.functional.transfer_len)
		return fm_fail(err, FM_INTERNAL, "a block of %zu bytes", len);
	/* A short block is its own zone, behind a Set Address. */
	if (len != st->wire.functional.transfer_len)
		st->placed = false;
	if (!dfuse_may_write(st, err) || !dfuse_place(st, space, addr, false, err))
		return false;
	st->placed = false;
	if (!fm_dfu_download(&st->wire, (uint16_t)st->next_block, data, len, err) ||
	    !fm_dfu_settle_block(&st->wire, NULL, err))
		return fm_context(err, "block at 0x%08" PRIx64, addr);
	dfuse_passed(st, len);
	return true;
}

static bool dfuse_read(struct fm_session *s, enum fm_space space, uint64_t addr, uint8_t *ret_data,
		       size_t len, struct fm_error *err)
{
	struct dfuse_state *st = s->state;
	size_t got;

	if (len == 0 || len > st->wire.functional.transfer_len)
		return fm_fail(err, FM_INTERNAL, "a block of %zu bytes", len);
	if (len != st->wire.functional.transfer_len)
		st->placed = false;
	if (!dfuse_place(st, space, addr, true, err))
		return false;
	st->placed = false;
	if (!fm_dfu_upload(&st->wire, (uint16_t)st->next_block, ret_data, len, &got, err))
		return fm_context(err, "block at 0x%08" PRIx64, addr);
	if (got != len)
		return fm_fail(err, FM_PROTOCOL, "%zu of %zu bytes came from 0x%08" PRIx64, got,
			       len, addr);
	dfuse_passed(st, len);
	return true;
}

/* --- open --- */

/* GD32VF103: real pages are 1 KiB; the third character of the serial number, which is text of one
 * byte each in the descriptor, says how many (dfu-util, quirks.c). */
static void dfuse_gd_size(struct fm_session *s, struct fm_dfuse_layout *layout)
{
	static const char codes[] = "B864";
	static const uint32_t kib[] = { 128, 64, 32, 16, 128 };
	const struct fm_usb_setup setup = {
		0x80, 6, (uint16_t)(0x0300 | s->link->usb_descriptors->device[SERIAL_AT]), 0x0409
	};
	struct fm_error ignored;
	uint8_t serial[64];
	size_t len, code;

	if (!fm_usb_control_in(s->link, &setup, serial, sizeof(serial), &len,
			       fm_in_ms(s->link->clock, 1000), &ignored) ||
	    len < 6 || serial[2] != '3' || serial[5] != 'J')
		return;
	code = strcspn(codes, (const char[]){ (char)serial[4], '\0' });
	layout->segments[0].count = kib[code] * 1024 / layout->segments[0].size;
	layout->count = 1;
}

static void dfuse_repair(struct fm_session *s, struct fm_dfuse_layout *layout)
{
	uint32_t page = (uint32_t)s->params.values[PARAM_PAGE_SIZE];

	for (size_t i = 0; page && i < layout->count; i++) {
		struct fm_dfuse_segment *segment = &layout->segments[i];

		segment->count = (uint32_t)((uint64_t)segment->count * segment->size / page);
		segment->size = page;
		if (segment->count == 0)
			segment->count = 1;
	}
	if (s->params.values[PARAM_GD_SERIAL])
		dfuse_gd_size(s, layout);
}

static bool dfuse_tell_alternate(struct fm_session *s, size_t index, struct fm_error *err)
{
	struct dfuse_state *st = s->state;
	uint8_t number = st->wire.alternates[index].number;
	struct fm_dfuse_layout layout;
	char name[256];

	if (number > FM_SPACE_ALT7 - FM_SPACE_ALT1 + 1) {
		fm_log(FM_LOG_NOTE, "%s: alternate setting %u is left out", s->link->name, number);
		return true;
	}
	if (!fm_dfu_alternate_name(&st->wire, index, name, sizeof(name), err))
		return false;
	if (!fm_dfuse_layout_parse(name, &layout, err)) {
		fm_log(FM_LOG_NOTE, "%s: alternate setting %u: %s", s->link->name, number,
		       err->text);
		return true;
	}
	if (layout.cut)
		fm_log(FM_LOG_NOTE, "%s: '%s' is damaged at its end", s->link->name, name);
	if (number == 0)
		dfuse_repair(s, &layout);
	else if (strncmp(layout.name, "Option Bytes", 12) == 0)
		st->rom = true; /* loaders that are no ROM do not offer them */
	return fm_dfuse_layout_regions(
		&layout, number ? (enum fm_space)(FM_SPACE_ALT1 + number - 1) : FM_SPACE_FLASH,
		st->wire.functional.transfer_len, &s->told, err);
}

static bool dfuse_tell_memory(struct fm_session *s, struct fm_error *err)
{
	struct dfuse_state *st = s->state;

	s->told = (struct fm_memory){ 0 };
	for (size_t i = 0; i < st->wire.alternate_count; i++) {
		if (!dfuse_tell_alternate(s, i, err))
			return false;
	}
	fm_error_clear(err);
	if (s->told.count == 0)
		return fm_fail(err, FM_PROTOCOL,
			       "%s: no alternate setting describes its memory as DfuSe does",
			       s->link->name);
	for (size_t i = 0; i < s->told.count; i++) {
		if (!(st->wire.functional.attributes & FM_DFU_CAN_DNLOAD))
			s->told.regions[i].flags = FM_REGION_PROTECTED;
	}
	return true;
}

/* A protected chip refuses to be read with errVENDOR; so it is tried. */
static bool dfuse_probe_protection(struct fm_session *s, struct fm_identity *ret,
				   struct fm_error *err)
{
	const struct fm_region *region = &s->told.regions[0];
	struct dfuse_state *st = s->state;
	uint8_t data[PROBE_LEN];
	size_t len = region->range.len < sizeof(data) ? (size_t)region->range.len : sizeof(data);
	bool locked;

	if (!(s->can & FM_CAN_READ)) {
		fm_identity_set(ret, FM_FACT_PROTECTION, FM_PLAIN,
				"not readable: its boot loader has no upload",
				"DFU functional descriptor");
		return true;
	}
	if (len > s->read_len)
		len = s->read_len;
	locked = !s->protocol->read(s, region->range.space, region->range.addr, data, len, err);
	if (locked && (err->code != FM_NACK || st->wire.refusal != FM_DFU_ERR_VENDOR))
		return fm_context(err, "trying to read");
	if (locked)
		s->can = 0;
	fm_identity_set(ret, FM_FACT_PROTECTION, FM_PLAIN,
			locked ? "read protected" : "not read protected", "reading was tried");
	fm_error_clear(err);
	return fm_dfu_normalise(&st->wire, err);
}

static void dfuse_tell_loader(const struct fm_session *s, struct fm_identity *ret)
{
	const struct dfuse_state *st = s->state;
	const char *reason = fm_dfu_status_text(st->wire.arrival);
	uint64_t flash_len = 0;
	char text[64];

	snprintf(text, sizeof(text), "DfuSe%s%.*s", st->wire.arrival ? ", dfuERROR cleared: " : "",
		 st->wire.arrival ? (int)strcspn(reason, ":") : 0, reason);
	fm_identity_set(ret, FM_FACT_LOADER, FM_PLAIN, text, "DFU functional descriptor");
	for (size_t i = 0; i < s->told.count; i++) {
		if (s->told.regions[i].range.space == FM_SPACE_FLASH)
			flash_len += s->told.regions[i].range.len;
	}
	snprintf(text, sizeof(text), "%" PRIu64, flash_len);
	if (flash_len)
		fm_identity_set(ret, FM_FACT_FLASH_SIZE, FM_PLAIN, text,
				"names of the alternate settings");
}

static bool dfuse_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct dfuse_state *st = s->state;

	*st = (struct dfuse_state){ 0 };
	if (!fm_dfu_wire_init(&st->wire, s->link, &s->params, err))
		return false;
	st->wire.stalls = STALLS_FORGIVEN;
	/* Its state is left alone before it is known to speak this: the error that it may be in is
	 * for the next loader to tell. */
	if (!dfuse_tell_memory(s, err) || !fm_dfu_normalise(&st->wire, err))
		return false;
	s->can = s->protocol->can;
	s->read_len = st->wire.functional.transfer_len;
	if (!(st->wire.functional.attributes & FM_DFU_CAN_UPLOAD))
		s->can &= ~FM_CAN_READ;
	if (!st->rom || !s->params.values[PARAM_MASS_ERASE])
		s->can &= ~FM_CAN_ERASE_ALL;
	dfuse_tell_loader(s, ret);
	return dfuse_probe_protection(s, ret, err);
}

/* --- leave --- */

/*
 * The device leaves after the GETSTATUS that follows, a GD32 before it has answered to anything.
 * Success is that it does not answer from DFU mode any more.
 */
static bool dfuse_finish(struct fm_session *s, struct fm_error *err)
{
	struct dfuse_state *st = s->state;
	const struct fm_memory *memory = s->memory ? s->memory : &s->told;
	const struct fm_region *region = fm_memory_application(memory);

	if (!region)
		region = &s->told.regions[0];
	if (!dfuse_select(st, region->range.space, err) ||
	    !dfuse_set_address(st, region->range.addr, err))
		return fm_context(err, "leaving DFU mode");
	if (!fm_dfu_download(&st->wire, FIRST_BLOCK, NULL, 0, err) && err->code != FM_GONE &&
	    err->code != FM_IO && err->code != FM_TIMEOUT)
		return fm_context(err, "leaving DFU mode");
	return fm_dfu_has_left(&st->wire, LEAVE_MS, err);
}

static const struct fm_usb_claim dfuse_claim = { 0xfe, 1, -1 };

const struct fm_protocol fm_protocol_dfuse = {
	.name = "dfuse",
	.title = "USB DfuSe (AN3156)",
	.needs = FM_NEEDS_USB,
	.can = FM_CAN_READ | FM_CAN_ERASE | FM_CAN_ERASE_ALL | FM_CAN_RUN | FM_CAN_SPARE,
	.claim = &dfuse_claim,
	.state_size = sizeof(struct dfuse_state),
	.params = dfuse_params,
	.fill = 0xff,
	.open = dfuse_open,
	.erase = dfuse_erase,
	.erase_all = dfuse_erase_all,
	.write = dfuse_write,
	.read = dfuse_read,
	.finish = dfuse_finish,
};

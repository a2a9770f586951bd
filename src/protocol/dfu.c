/*
 * USB DFU 1.0 and 1.1 (USB-IF, Device Firmware Upgrade). Control transfers to the interface only;
 * a file goes in as numbered blocks, without addresses, and its end is a block of no length:
 *
 *   21 01 block 00 .. len .. data      DNLOAD
 *   A1 03 00 00 iface 06 00            GETSTATUS: status, poll time (3 bytes), state, string
 *     dfuIDLE -> DNLOAD-SYNC -> DNBUSY -> DNLOAD-IDLE -> ... DNLOAD(0) -> MANIFEST-SYNC
 *     -> MANIFEST -> dfuIDLE (tolerant) | MANIFEST-WAIT-RESET or gone
 *
 * Each alternate setting is a memory: setting 0 is flash from 0, setting n is alt<n>. How large it
 * is, the device does not say. What devices get wrong (poll times, descriptors, leaving) is set
 * by parameters in the definitions: doc/protocols/dfu.md.
 */
#include "base/log.h"
#include "base/scope.h"
#include "image/image.h"
#include "protocol/dfu_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DETACH_MS 1000 /* wValue that every tool sends */
#define LEAVE_MS 1000
#define SILENT_MOST 3 /* GETSTATUS without an answer, in manifestation */

enum {
	PARAM_SIZE = DFU_PARAM_COMMON,
	PARAM_MANIFEST_MS,
	PARAM_UPLOAD_STATUS,
	PARAM_DUMMY_UPLOAD,
	PARAM_LEAVE_RESET,
	PARAM_EXTRA_RESET,
};

static const struct fm_param dfu_params[] = {
	FM_DFU_COMMON_PARAMS,
	[PARAM_SIZE] = { "size", FM_PARAM_NUMBER, 0, 0, FM_IMAGE_DATA_MOST,
			 "bytes of memory behind each alternate setting; 0: not known" },
	[PARAM_MANIFEST_MS] = { "manifest-ms", FM_PARAM_NUMBER, 0, 0, 60000,
				"silent for this long when all data have come, beside its poll "
				"time" },
	[PARAM_UPLOAD_STATUS] = { "upload-status", FM_PARAM_BOOL, 1, 0, 0,
				  "the device stands GETSTATUS while it is read" },
	[PARAM_DUMMY_UPLOAD] = { "dummy-upload", FM_PARAM_BOOL, 0, 0, 0,
				 "the device leaves DFU mode only when something was transferred" },
	[PARAM_LEAVE_RESET] = { "leave-reset", FM_PARAM_BOOL, 1, 0, 0,
				"a USB reset follows DFU_DETACH on the way out" },
	[PARAM_EXTRA_RESET] = { "extra-reset", FM_PARAM_BOOL, 0, 0, 0,
				"the device needs a second USB reset on the way out" },
	{ 0 },
};

struct dfu_state {
	struct fm_dfu_wire wire;
	/* download */
	bool writing;
	enum fm_space write_space;
	uint64_t write_addr; /* that the next block belongs to */
	uint16_t write_block;
	bool write_short; /* a block was short: there is no next */
	bool gone;        /* it left by itself when it had everything */
	/* upload: `held` bytes of the block that ends at read_addr are in `block` */
	bool reading, read_end;
	enum fm_space read_space;
	uint64_t read_addr, read_taken; /* up to where it was given away */
	uint16_t read_block;
	size_t held;
	uint8_t block[FM_DFU_TRANSFER_MOST];
};

static enum fm_space dfu_space(uint8_t alternate)
{
	return alternate == 0 ? FM_SPACE_FLASH : (enum fm_space)(FM_SPACE_ALT1 + alternate - 1);
}

/* --- open --- */

static bool dfu_tell_regions(struct fm_session *s, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	int64_t size = s->params.values[PARAM_SIZE];

	s->told = (struct fm_memory){ 0 };
	for (size_t i = 0; i < st->wire.alternate_count; i++) {
		uint8_t number = st->wire.alternates[i].number;
		char name[96];
		struct fm_region region = {
			.range = { dfu_space(number), 0,
				   size ? (uint64_t)size : FM_IMAGE_DATA_MOST },
			.write_len = st->wire.functional.transfer_len,
			.flags = st->wire.functional.attributes & FM_DFU_CAN_DNLOAD
					 ? FM_REGION_WRITE
					 : FM_REGION_PROTECTED,
		};

		if (number > FM_SPACE_ALT7 - FM_SPACE_ALT1 + 1) {
			fm_log(FM_LOG_NOTE, "%s: alternate setting %u is left out", s->link->name,
			       number);
			continue;
		}
		if (!fm_dfu_alternate_name(&st->wire, i, name, sizeof(name), err))
			return false;
		if (name[0] == '@' && !s->params.values[DFU_PARAM_VERSION])
			return fm_fail(err, FM_PROTOCOL,
				       "%s: the unit speaks DfuSe, not plain DFU (\"%.40s\")",
				       s->link->name, name);
		fm_dfu_region_name(&s->told, *name ? name : fm_space_name(region.range.space),
				   region.name);
		if (!fm_memory_add(&s->told, &region, err))
			return fm_context(err, "alternate setting %u", number);
	}
	return true;
}

static void dfu_tell_loader(const struct dfu_state *st, struct fm_identity *ret)
{
	const struct fm_dfu_wire *wire = &st->wire;
	char text[64];

	snprintf(text, sizeof(text), "DFU %x.%x%s%.*s", wire->functional.version >> 8,
		 wire->functional.version >> 4 & 0xf, wire->arrival ? ", dfuERROR cleared: " : "",
		 wire->arrival ? (int)strcspn(fm_dfu_status_text(wire->arrival), ":") : 0,
		 fm_dfu_status_text(wire->arrival));
	fm_identity_set(ret, FM_FACT_LOADER, FM_PLAIN, text, "DFU functional descriptor");
}

static bool dfu_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	unsigned attributes;

	*st = (struct dfu_state){ 0 };
	if (!fm_dfu_wire_init(&st->wire, s->link, &s->params, err))
		return false;
	if (st->wire.functional.version == FM_DFU_VERSION_DFUSE)
		return fm_fail(err, FM_PROTOCOL, "%s: the unit says DfuSe, not plain DFU",
			       s->link->name);
	if (!fm_dfu_normalise(&st->wire, err) || !dfu_tell_regions(s, err))
		return false;
	attributes = st->wire.functional.attributes;
	s->can = s->protocol->can & ~(attributes & FM_DFU_CAN_UPLOAD ? 0 : FM_CAN_READ);
	s->read_len = st->wire.functional.transfer_len;
	dfu_tell_loader(st, ret);
	return true;
}

/* --- download --- */

static bool dfu_begin(struct fm_session *s, const struct fm_range *range, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	int alternate = fm_dfu_alternate_of(&st->wire, range->space);

	if (!(st->wire.functional.attributes & FM_DFU_CAN_DNLOAD))
		return fm_fail(err, FM_UNSUPPORTED,
			       "the unit says that it takes no download; nothing was changed");
	if (alternate < 0)
		return fm_fail(err, FM_UNSUPPORTED, "the unit has no memory %s",
			       fm_space_name(range->space));
	if (!fm_dfu_normalise(&st->wire, err) ||
	    !fm_dfu_select(&st->wire, (unsigned)alternate, err))
		return false;
	st->reading = false;
	st->writing = true;
	st->write_space = range->space;
	st->write_addr = range->addr;
	st->write_block = 0;
	st->write_short = false;
	return true;
}

static bool dfu_write(struct fm_session *s, enum fm_space space, uint64_t addr, const uint8_t *data,
		      size_t len, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	uint32_t most = st->wire.functional.transfer_len;

	if (!st->writing || st->write_short || space != st->write_space || addr != st->write_addr ||
	    len == 0 || len > most)
		return fm_fail(err, FM_INTERNAL,
			       "%zu bytes at %s 0x%" PRIx64 " do not follow what was sent", len,
			       fm_space_name(space), addr);
	/* A failure ends the download: only a new begin() makes sense then. */
	st->writing = false;
	if (!fm_dfu_download(&st->wire, st->write_block, data, len, err) ||
	    !fm_dfu_settle_block(&st->wire, NULL, err))
		return fm_context(err, "block %u at 0x%" PRIx64, st->write_block, addr);
	st->writing = true;
	st->write_short = len < most;
	st->write_addr += len;
	st->write_block++; /* wraps: there is no address in it */
	return true;
}

/*
 * The device has all of it. One that is not tolerant may stop to answer in the middle: gone is
 * success, and so is silence, once it has said that it is at it. One that goes before that may have
 * been pulled out: only what it is when it comes back tells. manifest-ms is for those that are deaf
 * meanwhile (TAS1020B).
 */
static bool dfu_manifest(struct fm_session *s, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	struct fm_dfu_wire *wire = &st->wire;
	const struct fm_dfu_wait wait = { .extra_ms = s->params.values[PARAM_MANIFEST_MS] };
	bool tolerant = wire->functional.attributes & FM_DFU_TOLERANT;
	struct fm_dfu_status status;

	for (int silent = 0; silent < SILENT_MOST; silent++) {
		if (fm_dfu_settle(wire, &wait, &status, err))
			return true;
		st->gone = err->code == FM_GONE && !tolerant;
		s->left = st->gone && wire->state != DFU_MANIFEST;
		if (st->gone)
			return true;
		if (err->code != FM_TIMEOUT && err->code != FM_IO &&
		    (err->code != FM_NACK ||
		     (wire->state != DFU_MANIFEST && wire->state != DFU_MANIFEST_SYNC)))
			return false;
	}
	st->gone = wire->state == DFU_MANIFEST && !tolerant;
	if (st->gone)
		return true;
	fm_context(err, "the unit took all data, then");
	err->code = FM_UNPROVED;
	return false;
}

static bool dfu_end(struct fm_session *s, struct fm_error *err)
{
	struct dfu_state *st = s->state;

	if (!st->writing)
		return fm_fail(err, FM_INTERNAL, "the end of no download");
	st->writing = false;
	if (!fm_dfu_download(&st->wire, st->write_block, NULL, 0, err) || !dfu_manifest(s, err))
		return fm_context(err, "end of the download");
	if (!st->gone && st->wire.state == DFU_IDLE)
		return true;
	s->can &= ~FM_CAN_READ;
	return st->gone || st->wire.state == DFU_MANIFEST_WAIT_RESET ||
	       fm_fail(err, FM_UNPROVED, "all data were sent, but the unit is in %s",
		       fm_dfu_state_name(st->wire.state));
}

/* --- upload --- */

/* The next block of the upload; it goes without GETSTATUS, which upsets some (Openmoko). */
static bool dfu_next_block(struct fm_session *s, struct fm_error *err)
{
	struct dfu_state *st = s->state;

	if (!fm_dfu_upload(&st->wire, st->read_block, st->block, st->wire.functional.transfer_len,
			   &st->held, err)) {
		st->reading = false;
		return false;
	}
	st->read_end = st->held < st->wire.functional.transfer_len;
	st->read_addr += st->held;
	st->read_block++;
	return true;
}

static bool dfu_restart_upload(struct fm_session *s, enum fm_space space, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	int alternate = fm_dfu_alternate_of(&st->wire, space);

	if (alternate < 0)
		return fm_fail(err, FM_UNSUPPORTED, "the unit has no memory %s",
			       fm_space_name(space));
	if (st->wire.state == DFU_UPLOAD_IDLE && !s->params.values[PARAM_UPLOAD_STATUS]) {
		if (!fm_dfu_send(&st->wire, DFU_ABORT, 0, err))
			return false;
		st->wire.state = DFU_IDLE;
	}
	if (!fm_dfu_idle(&st->wire, err) || !fm_dfu_select(&st->wire, (unsigned)alternate, err))
		return false;
	st->reading = true;
	st->read_end = s->read_ended = false;
	st->read_space = space;
	st->read_addr = st->read_taken = st->held = 0;
	st->read_block = 0;
	return true;
}

/* The blocks come in order only: what lies behind is read from the start again, what lies ahead
 * is passed over. A short block is the end of the memory (6.2), which nothing else tells. */
static bool dfu_read(struct fm_session *s, enum fm_space space, uint64_t addr, uint8_t *ret_data,
		     size_t len, struct fm_error *err)
{
	struct dfu_state *st = s->state;

	/* A read that failed may have gone on behind read_taken: only the held bytes are here. */
	if ((!st->reading || space != st->read_space || addr < st->read_taken ||
	     addr < st->read_addr - st->held) &&
	    !dfu_restart_upload(s, space, err))
		return false;
	for (size_t done = 0; done < len;) {
		uint64_t at = addr + done;
		size_t n;

		if (at < st->read_addr) {
			n = (size_t)(st->read_addr - at);
			n = n < len - done ? n : len - done;
			memcpy(ret_data + done, st->block + (st->held - (st->read_addr - at)), n);
			done += n;
			st->read_taken = at + n;
		} else if (st->read_end) {
			s->read_ended = true;
			s->read_end = st->read_addr;
			return true;
		} else if (!dfu_next_block(s, err)) {
			return false;
		}
	}
	return true;
}

/* --- leave --- */

static bool dfu_reset(struct fm_session *s, bool *ret_gone, struct fm_error *err)
{
	*ret_gone = false;
	if (s->link->usb->reset(s->link, err))
		return true;
	*ret_gone = err->code == FM_GONE;
	return *ret_gone;
}

static bool dfu_detach(struct fm_session *s, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	size_t got;

	if (!fm_dfu_idle(&st->wire, err))
		return false;
	/* m-stack; whether it likes it does not matter. */
	if (s->params.values[PARAM_DUMMY_UPLOAD] &&
	    fm_dfu_upload(&st->wire, 0, st->block, st->wire.functional.transfer_len, &got, err) &&
	    !fm_dfu_idle(&st->wire, err))
		return false;
	/* U-Boot leaves at this; others know it in their application only and stall. */
	return fm_dfu_send(&st->wire, DFU_DETACH, DETACH_MS, err) || err->code == FM_NACK ||
	       err->code == FM_TIMEOUT || err->code == FM_IO;
}

/* DFU 1.1 leaves by a USB reset. Success is that it does not answer from DFU mode any more. */
static bool dfu_finish(struct fm_session *s, struct fm_error *err)
{
	struct dfu_state *st = s->state;
	int resets = s->params.values[PARAM_LEAVE_RESET] ? 1 : 0;
	bool gone = st->gone;

	if (gone)
		return true;
	if (st->wire.state == DFU_MANIFEST_WAIT_RESET)
		resets = 1;
	else if (!dfu_detach(s, err))
		return err->code == FM_GONE;
	if (s->params.values[PARAM_EXTRA_RESET])
		resets++;
	for (int i = 0; i < resets && !gone; i++) {
		if (!dfu_reset(s, &gone, err))
			return fm_context(err, "reset out of DFU mode");
	}
	return gone || fm_dfu_has_left(&st->wire, LEAVE_MS, err);
}

static const struct fm_usb_claim dfu_claim = { 0xfe, 1, -1 };

const struct fm_protocol fm_protocol_dfu = {
	.name = "dfu",
	.title = "USB DFU 1.0 and 1.1",
	.needs = FM_NEEDS_USB,
	.can = FM_CAN_READ | FM_CAN_SEQUENTIAL | FM_CAN_RUN | FM_CAN_SHORT | FM_CAN_STATUS,
	.claim = &dfu_claim,
	.state_size = sizeof(struct dfu_state),
	.params = dfu_params,
	.fill = 0xff,
	.open = dfu_open,
	.begin = dfu_begin,
	.end = dfu_end,
	.write = dfu_write,
	.read = dfu_read,
	.finish = dfu_finish,
};

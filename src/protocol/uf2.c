/*
 * UF2 over a boot volume: blocks of 512 bytes that say themselves what they are, written to the
 * volume that a boot loader shows (UF2 sheet, sections 1 and 2).
 *
 *   magic magic flags address 256 number total family | 256 bytes, 220 zeros | magic
 *
 * All that is known of the unit is what INFO_UF2.TXT says: no chip, no memory, no errors. The boot
 * loader restarts when it has as many blocks as `total` says, which is the only sign that it took
 * them; one that meets a foreign family stays silently where it is. Nothing can be read back.
 * The ROM of the RP2040 erases a sector of 4 KiB when the first of 16 blocks comes: pages of the
 * plan are a sector there (parameter page), so that blocks 16 n to 16 n + 15 are one sector.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "base/text.h"
#include "protocol/protocol.h"

#include <string.h>

#define UF2_MAGIC_START0 0x0a324655u
#define UF2_MAGIC_START1 0x9e5d5157u
#define UF2_MAGIC_END 0x0ab16f30u
#define UF2_FLAG_FAMILY 0x2000u
#define UF2_BLOCK 512
#define UF2_PAYLOAD 256
#define UF2_BATCH 16 /* blocks in one write to the volume */

#define UF2_WRITE_MS 20000 /* a batch; a boot loader erases meanwhile */

enum { UF2_PAGE, UF2_RESTART, UF2_RENEW };

static const struct fm_param uf2_params[] = {
	[UF2_PAGE] = { "page", FM_PARAM_NUMBER, UF2_PAYLOAD, UF2_PAYLOAD, 65536,
		       "bytes that are erased together: written whole, filled with 0xFF" },
	[UF2_RESTART] = { "restart-ms", FM_PARAM_NUMBER, 10000, 100, 120000,
			  "how long after the last block the volume may take to leave" },
	[UF2_RENEW] = { "renew", FM_PARAM_BOOL, 0, 0, 1,
			"another total makes it forget a transfer that was broken off" },
	{ 0 },
};

struct uf2 {
	uint32_t family, number, total;
	size_t batch; /* blocks waiting */
	uint8_t blocks[UF2_BATCH][UF2_BLOCK];
	bool taken; /* the volume has left after the last block */
};

/* The line of INFO_UF2.TXT that begins with this; "" = the first one. */
static void uf2_line(const char *text, const char *key, char *ret, size_t size)
{
	const char *line = text;

	*ret = '\0';
	while (line && strncasecmp(line, key, strlen(key)) != 0) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	if (!line)
		return;
	line += strlen(key);
	line += strspn(line, " ");
	fm_text_printable(ret, size, line, strcspn(line, "\r\n"));
}

static bool uf2_no_volume(struct fm_error *err)
{
	return fm_hint(err, "this drive is no UF2 boot volume; press reset twice, or see the "
			    "board's manual");
}

static bool uf2_identify(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	char info[513] = "", model[64], board[64], loader[64];
	size_t len;

	if (!s->link->volume->read_file(s->link, "INFO_UF2.TXT", info, sizeof(info) - 1, &len,
					err)) {
		if (err->code != FM_FILE_OPEN)
			return false;
		err->code = FM_NO_ANSWER;
		return uf2_no_volume(err);
	}
	info[len] = '\0';
	uf2_line(info, "", loader, sizeof(loader));
	if (!*loader) {
		fm_fail(err, FM_NO_ANSWER, "%s: INFO_UF2.TXT says nothing", s->link->name);
		return uf2_no_volume(err);
	}
	uf2_line(info, "Model:", model, sizeof(model));
	uf2_line(info, "Board-ID:", board, sizeof(board));
	fm_identity_set(ret, FM_FACT_LOADER, FM_PLAIN, loader, "INFO_UF2.TXT");
	if (*board || *model)
		fm_identity_set(ret, FM_FACT_REVISION, FM_PLAIN, *board ? board : model,
				"INFO_UF2.TXT");
	return true;
}

static bool uf2_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct fm_region region = {
		.name = "flash",
		.range = { FM_SPACE_FLASH, 0, (uint64_t)UINT32_MAX + 1 },
		.write_len = (uint32_t)s->params.values[UF2_PAGE],
		.flags = FM_REGION_WRITE,
	};

	if (region.write_len % UF2_PAYLOAD)
		return fm_fail(err, FM_DEFINITION, "page=%u: no multiple of %d", region.write_len,
			       UF2_PAYLOAD);
	if (!uf2_identify(s, ret, err))
		return false;
	s->told = (struct fm_memory){ 0 };
	return fm_memory_add(&s->told, &region, err);
}

static bool uf2_begin(struct fm_session *s, const struct fm_range *range, struct fm_error *err)
{
	struct uf2 *uf2 = s->state;

	(void)range;
	if (s->family == 0) {
		fm_fail(err, FM_BLOCKED_MODEL, "which UF2 family this unit takes is not known");
		return fm_hint(err, "use a UF2 file made for the board, or name the model");
	}
	*uf2 = (struct uf2){ .family = s->family, .total = s->write_blocks };
	return true;
}

static bool uf2_flush(struct fm_session *s, struct fm_error *err)
{
	struct uf2 *uf2 = s->state;
	size_t count = uf2->batch;
	struct fm_deadline deadline = fm_in_ms(s->link->clock, UF2_WRITE_MS);

	uf2->batch = 0;
	if (count == 0 || s->link->volume->write(s->link, uf2->blocks, count, deadline, err))
		return true;
	if (err->code != FM_GONE || uf2->number < uf2->total)
		return false;
	uf2->taken = true; /* with the last block it restarts at once */
	fm_error_clear(err);
	return true;
}

/* The end of a region may fill no block. */
static void uf2_block(struct uf2 *uf2, uint64_t addr, const uint8_t *data, size_t len,
		      uint32_t total)
{
	uint8_t *block = uf2->blocks[uf2->batch++];

	memset(block, 0, UF2_BLOCK);
	fm_put_le32(block, UF2_MAGIC_START0);
	fm_put_le32(block + 4, UF2_MAGIC_START1);
	fm_put_le32(block + 8, UF2_FLAG_FAMILY);
	fm_put_le32(block + 12, (uint32_t)addr);
	fm_put_le32(block + 16, UF2_PAYLOAD);
	fm_put_le32(block + 20, uf2->number);
	fm_put_le32(block + 24, total);
	fm_put_le32(block + 28, uf2->family);
	memset(block + 32, 0xff, UF2_PAYLOAD);
	memcpy(block + 32, data, len < UF2_PAYLOAD ? len : UF2_PAYLOAD);
	fm_put_le32(block + 508, UF2_MAGIC_END);
}

static bool uf2_write(struct fm_session *s, enum fm_space space, uint64_t addr, const uint8_t *data,
		      size_t len, struct fm_error *err)
{
	struct uf2 *uf2 = s->state;

	(void)space;
	for (size_t at = 0; at < len; at += UF2_PAYLOAD) {
		/* The last one goes alone: only with that one may the volume leave. */
		if ((uf2->batch == UF2_BATCH || uf2->number + 1 == uf2->total) &&
		    !uf2_flush(s, err))
			return false;
		/* Blocks of an earlier run that was broken off would count as this one's. */
		if (uf2->number == 0 && s->params.values[UF2_RENEW])
			uf2_block(uf2, addr + at, data + at, len - at, uf2->total + 1);
		uf2_block(uf2, addr + at, data + at, len - at, uf2->total);
		uf2->number++;
	}
	return true;
}

/* The boot loader has all blocks when it restarts. */
static bool uf2_end(struct fm_session *s, struct fm_error *err)
{
	struct uf2 *uf2 = s->state;
	unsigned restart_ms = (unsigned)s->params.values[UF2_RESTART];
	struct fm_deadline end;

	if (uf2->number != uf2->total)
		return fm_fail(err, FM_INTERNAL, "%u blocks of %u", uf2->number, uf2->total);
	if (!uf2_flush(s, err))
		return false;
	end = fm_in_ms(s->link->clock, restart_ms);
	s->left = true; /* nothing else is ever told */
	while (!uf2->taken && !(uf2->taken = s->link->volume->gone(s->link))) {
		if (fm_link_cancelled(s->link))
			return fm_fail(err, FM_CANCELLED, "cancelled");
		if (fm_expired(s->link->clock, end)) {
			/* Again would be the same: it takes what is for it or leaves it. */
			fm_fail(err, FM_WRITE,
				"all %u blocks were copied, but the boot loader did not restart "
				"within %u ms: it did not take them",
				uf2->total, restart_ms);
			return fm_hint(err, "the file may be for another board (its family), or an "
					    "earlier run was broken off: plug the unit in anew, "
					    "its boot loader is still there");
		}
		fm_sleep_ms(s->link->clock, 20);
	}
	return true;
}

/* It starts the application by itself. */
static bool uf2_finish(struct fm_session *s, struct fm_error *err)
{
	const struct uf2 *uf2 = s->state;

	return uf2->taken ||
	       fm_fail(err, FM_UNSUPPORTED,
		       "a UF2 boot volume is left by its reset button, or by a new firmware");
}

const struct fm_protocol fm_protocol_uf2 = {
	.name = "uf2",
	.title = "UF2 boot volume",
	.needs = FM_NEEDS_VOLUME,
	.can = FM_CAN_STATUS | FM_CAN_LEAVE | FM_CAN_RUN,
	.state_size = sizeof(struct uf2),
	.params = uf2_params,
	.fill = 0xff,
	.block_len = UF2_PAYLOAD,
	.open = uf2_open,
	.begin = uf2_begin,
	.write = uf2_write,
	.end = uf2_end,
	.finish = uf2_finish,
};

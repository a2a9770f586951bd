/*
 * STK500v1 as the serial boot loaders of Arduino-like boards speak it (Optiboot, ATmegaBOOT).
 * Sources: Atmel AVR061, "STK500 Communication Protocol"; the loaders' own sources where they
 * differ from it. Every command ends with a space, every good answer is INSYNC ... OK:
 *
 *      host    55 lo hi 20                          64 hi lo 'F' data... 20
 *      loader              14 10                                           14 (writes) 10
 *
 * Known lies:
 * - addresses are in words and little-endian, lengths in bytes and big-endian;
 * - nothing is checked: what is written over the loader destroys it, so the plan never goes there;
 * - Optiboot answers a wrong terminator by resetting into the application within 16 ms;
 * - Optiboot of a part with small pages throws the length's high byte away: 256 arrives as 0, which
 *   its 8-bit counter takes as 256 again. It reads right; pages there are smaller;
 * - Optiboot 4.4 takes an EEPROM write as one to flash, others without EEPROM hang: EEPROM has to
 * be allowed by the definition (`eeprom`), and even then not with those;
 * - ATmegaBOOT gives up after five errors in all.
 */
#include "base/bytes.h"
#include "base/scope.h"
#include "protocol/protocol.h"

#include <stdio.h>
#include <string.h>

/* AVR061, chapter 3 */
#define STK_OK 0x10
#define STK_FAILED 0x11
#define STK_UNKNOWN 0x12
#define STK_NODEVICE 0x13
#define STK_INSYNC 0x14
#define CRC_EOP 0x20
#define STK_GET_SYNC 0x30
#define STK_GET_PARAMETER 0x41
#define STK_LEAVE_PROGMODE 0x51
#define STK_LOAD_ADDRESS 0x55
#define STK_UNIVERSAL 0x56
#define STK_PROG_PAGE 0x64
#define STK_READ_PAGE 0x74
#define STK_READ_SIGN 0x75
#define PARM_STK_SW_MAJOR 0x81
#define PARM_STK_SW_MINOR 0x82

/* AVR instruction set, ISP: Load Extended Address */
#define ISP_LOAD_EXTENDED 0x4d

#define STK_PAGE_MOST 256u
/* Both loaders blink for about 0.3 s after a reset with what comes first waiting in the UART. */
#define STK_FIRST_MS 450
/* One answer of two bytes, and the latency of the slowest bridge (16 ms). */
#define STK_PROBE_MS 100
#define STK_AGAIN_MS 250
#define STK_REPLY_MS 500
/* A page at 1200 baud, the slowest rate of Optiboot, takes 2.4 s. */
#define STK_PAGE_MS 3000

#define STK_TALKS "The application still talks (no reset?), or the baud rate is wrong."

enum { STK_PARAM_EEPROM };

static const struct fm_param stk_params[] = {
	{ "eeprom", FM_PARAM_BOOL, 0, 0, 0, "the boot loader can read and write EEPROM" },
	{ 0 },
};

struct stk_state {
	bool extended; /* the flash is larger than a 16-bit word address reaches */
	int high;      /* bits 16 and up of the word address that the loader has; -1 unknown */
	size_t noise;  /* bytes that were no answer, while it was looked for */
};

/* Some commands that go out in one piece, and room for their answers. */
struct stk_frame {
	uint8_t out[STK_PAGE_MOST + 16];
	size_t out_len;
	size_t answers[3]; /* bytes between INSYNC and OK */
	size_t count;
	uint8_t in[STK_PAGE_MOST + 16];
};

static struct stk_state *stk_state(struct fm_session *s)
{
	return s->state;
}

/* --- frames -------------------------------------------------------------------------------------
 */

static void stk_put(struct stk_frame *frame, const void *data, size_t len)
{
	memcpy(frame->out + frame->out_len, data, len);
	frame->out_len += len;
}

static void stk_end(struct stk_frame *frame, size_t answer_len)
{
	frame->out[frame->out_len++] = CRC_EOP;
	frame->answers[frame->count++] = answer_len;
}

static bool stk_answer_error(const struct fm_session *s, uint8_t byte, struct fm_error *err)
{
	if (byte == STK_FAILED || byte == STK_UNKNOWN || byte == STK_NODEVICE)
		return fm_fail(err, FM_NACK, "%s: the boot loader refused (0x%02x)", s->link->name,
			       byte);
	return fm_fail(err, FM_PROTOCOL,
		       "%s: 0x%02x instead of INSYNC (0x14) or OK (0x10): out of step",
		       s->link->name, byte);
}

/*
 * Send the commands and take their answers. *ret_answer (may be NULL) is the last command's.
 * Commands may follow each other without waiting: the loader gives both bytes of INSYNC OK to its
 * double-buffered transmitter and reads on at once, and its receiver holds two bytes. Only a
 * command with a longer or late answer (a page read or written) has to be the last.
 */
static bool stk_exchange(struct fm_session *s, struct stk_frame *frame, int64_t ms,
			 const uint8_t **ret_answer, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, ms);
	size_t len = 0, at = 0;

	for (size_t i = 0; i < frame->count; i++)
		len += frame->answers[i] + 2;
	if (!fm_send(s->link, frame->out, frame->out_len, deadline, err) ||
	    !fm_recv(s->link, frame->in, len, deadline, err))
		return false;
	for (size_t i = 0; i < frame->count; i++) {
		uint8_t first = frame->in[at], last = frame->in[at + 1 + frame->answers[i]];

		if (first != STK_INSYNC || last != STK_OK)
			return stk_answer_error(s, first != STK_INSYNC ? first : last, err);
		if (ret_answer)
			*ret_answer = frame->in + at + 1;
		at += frame->answers[i] + 2;
	}
	return true;
}

/* --- getting in step ----------------------------------------------------------------------------
 */

/* Send, and look for INSYNC OK in whatever comes. False only when the link fails. */
static bool stk_probe(struct fm_session *s, const void *data, size_t len, int64_t ms,
		      bool *ret_heard, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, ms);
	uint8_t in[64], before = 0;
	size_t n;

	*ret_heard = false;
	if (!fm_send(s->link, data, len, deadline, err))
		return false;
	while (fm_recv_some(s->link, in, sizeof(in), &n, deadline, err)) {
		stk_state(s)->noise += n;
		for (size_t i = 0; i < n; i++) {
			if (before == STK_INSYNC && in[i] == STK_OK)
				*ret_heard = true;
			before = in[i];
		}
		if (*ret_heard)
			return true;
	}
	return err->code == FM_TIMEOUT;
}

/*
 * Optiboot is out of step by one byte, or not. A single space is the end of whatever it waits for
 * or the start of a command of its own that the next space ends; never a wrong terminator. So one
 * of two spaces is answered, and after that it is in step.
 */
static bool stk_probe_spaces(struct fm_session *s, bool *ret_heard, struct fm_error *err)
{
	static const uint8_t space[] = { CRC_EOP };

	*ret_heard = false;
	for (int i = 0; i < 2 && !*ret_heard; i++) {
		if (!stk_probe(s, space, sizeof(space), STK_PROBE_MS, ret_heard, err))
			return false;
	}
	return true;
}

/* Late answers must not be taken for those to what comes next. */
static bool stk_drain(struct fm_session *s, struct fm_error *err)
{
	struct fm_deadline deadline = fm_in_ms(s->link->clock, STK_PROBE_MS);
	uint8_t in[64];
	size_t n;

	while (fm_recv_some(s->link, in, sizeof(in), &n, deadline, err))
		;
	return err->code == FM_TIMEOUT;
}

/*
 * Normally the first GET_SYNC is answered. Nothing more is sent before a loader that blinks must
 * have looked at it, since more than two bytes run its UART over. If it was lost in part (reset not
 * over yet) spaces bring Optiboot into step, twice, as the first answer may have been a late one to
 * GET_SYNC. ATmegaBOOT does not answer to spaces and counts each as an error: four of its five.
 */
static bool stk_sync(struct fm_session *s, struct fm_error *err)
{
	static const uint8_t get_sync[] = { STK_GET_SYNC, CRC_EOP };
	bool heard;

	if (!fm_discard(s->link, err) ||
	    !stk_probe(s, get_sync, sizeof(get_sync), STK_FIRST_MS, &heard, err))
		return false;
	if (heard)
		return true;
	if (!stk_probe_spaces(s, &heard, err))
		return false;
	if (heard && !stk_probe_spaces(s, &heard, err))
		return false;
	if (!heard && !stk_probe(s, get_sync, sizeof(get_sync), STK_AGAIN_MS, &heard, err))
		return false;
	if (heard)
		return stk_drain(s, err);
	fm_fail(err, FM_NO_ANSWER, "%s: no boot loader answers GET_SYNC (%zu other bytes came)",
		s->link->name, stk_state(s)->noise);
	return stk_state(s)->noise ? fm_hint(err, STK_TALKS)
				   : fm_hint(err, "Is there a reset line (DTR)? Press reset, check "
						  "baud rate and wiring, try again.");
}

/* --- who is it ----------------------------------------------------------------------------------
 */

static bool stk_parameter(struct fm_session *s, uint8_t parameter, unsigned *ret_value,
			  struct fm_error *err)
{
	struct stk_frame frame = { 0 };
	const uint8_t *answer;

	stk_put(&frame, (const uint8_t[]){ STK_GET_PARAMETER, parameter }, 2);
	stk_end(&frame, 1);
	if (!stk_exchange(s, &frame, STK_REPLY_MS, &answer, err))
		return false;
	*ret_value = answer[0];
	return true;
}

static bool stk_identify(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct stk_frame frame = { .out = { STK_READ_SIGN }, .out_len = 1 };
	unsigned major, minor;
	const uint8_t *signature;
	char text[64];

	stk_end(&frame, 3);
	if (!stk_parameter(s, PARM_STK_SW_MAJOR, &major, err) ||
	    !stk_parameter(s, PARM_STK_SW_MINOR, &minor, err) ||
	    !stk_exchange(s, &frame, STK_REPLY_MS, &signature, err))
		return false;
	snprintf(text, sizeof(text), "STK500v1 %u.%u%s", major, minor,
		 major == 1  ? " (ATmegaBOOT)"
		 : major > 3 ? " (Optiboot)"
			     : "");
	fm_identity_set(ret, FM_FACT_LOADER, FM_PLAIN, text, "version of the boot loader");
	fm_bytes_to_hex(signature, 3, text);
	fm_identity_set(ret, FM_FACT_CHIP_ID, FM_PLAIN, text, "signature from the boot loader");
	/* Optiboot before 8 ignores the letter that says flash or EEPROM. */
	if (!s->params.values[STK_PARAM_EEPROM] || (major != 1 && major < 8))
		s->can &= ~FM_CAN_EEPROM;
	/* Unknown relatives are asked for what everybody can. */
	s->read_len = major == 1 || major > 3 ? STK_PAGE_MOST : 128;
	return true;
}

static bool stk500v1_open(struct fm_session *s, struct fm_identity *ret, struct fm_error *err)
{
	struct stk_state *state = stk_state(s);

	*state = (struct stk_state){ .high = -1 };
	if (!stk_sync(s, err))
		return false;
	if (stk_identify(s, ret, err))
		return true;
	/* It fell silent or babbles: for the caller as good as none. */
	if (err->code == FM_TIMEOUT || err->code == FM_PROTOCOL) {
		if (err->code == FM_PROTOCOL)
			fm_hint(err, STK_TALKS);
		fm_context(err, "answered GET_SYNC, then not");
		err->code = FM_NO_ANSWER;
	}
	return false;
}

/* --- reading and writing ------------------------------------------------------------------------
 */

static bool stk_is_extended(const struct fm_session *s)
{
	for (size_t i = 0; s->memory && i < s->memory->count; i++) {
		const struct fm_range *range = &s->memory->regions[i].range;

		if (range->space == FM_SPACE_FLASH && range->addr + range->len > 0x20000)
			return true;
	}
	return false;
}

/*
 * The address goes before every page: no loader counts it up alike. EEPROM addresses are halved
 * too, because the loader doubles whatever comes (avrdude does the same). Where the flash is larger
 * than 128 KiB, bits 16 and up of the word address go ahead when they change; a page that ends
 * below a boundary may have moved them in the loader.
 */
static void stk_put_address(struct fm_session *s, struct stk_frame *frame, enum fm_space space,
			    uint64_t addr, size_t len)
{
	struct stk_state *state = stk_state(s);
	uint32_t word = (uint32_t)(addr / 2);
	int high = (int)(word >> 16);

	if (space == FM_SPACE_FLASH && stk_is_extended(s)) {
		const uint8_t extended[] = { STK_UNIVERSAL, ISP_LOAD_EXTENDED, 0, (uint8_t)high,
					     0 };

		if (high != state->high) {
			stk_put(frame, extended, sizeof(extended));
			stk_end(frame, 1);
		}
		state->high = (addr + len) % 0x20000 == 0 ? -1 : high;
	}
	stk_put(frame, (const uint8_t[]){ STK_LOAD_ADDRESS, (uint8_t)word, (uint8_t)(word >> 8) },
		3);
	stk_end(frame, 0);
}

/* Address and page command go out as one piece. On failure the loader's address is not known. */
static bool stk_page(struct fm_session *s, uint8_t command, enum fm_space space, uint64_t addr,
		     const uint8_t *data, size_t len, uint8_t *ret_data, struct fm_error *err)
{
	const uint8_t header[] = { command, (uint8_t)(len >> 8), (uint8_t)len,
				   space == FM_SPACE_EEPROM ? 'E' : 'F' };
	struct stk_frame frame = { 0 };
	const uint8_t *answer;

	if (len == 0 || len > STK_PAGE_MOST || len % 2 || addr % 2)
		return fm_fail(err, FM_INTERNAL, "%zu bytes at 0x%llx are no page", len,
			       (unsigned long long)addr);
	if (space != FM_SPACE_FLASH && !(space == FM_SPACE_EEPROM && (s->can & FM_CAN_EEPROM)))
		return fm_fail(err, FM_UNSUPPORTED, "%s: this boot loader has no access to %s",
			       s->link->name, fm_space_name(space));
	stk_put_address(s, &frame, space, addr, len);
	stk_put(&frame, header, sizeof(header));
	if (data)
		stk_put(&frame, data, len);
	stk_end(&frame, data ? 0 : len);
	if (!stk_exchange(s, &frame, STK_PAGE_MS, &answer, err)) {
		stk_state(s)->high = -1;
		return fm_context(err, "%s 0x%llx", data ? "writing" : "reading",
				  (unsigned long long)addr);
	}
	if (ret_data)
		memcpy(ret_data, answer, len);
	return true;
}

/* Erases the page too. Optiboot 4.4 does so before the data is there, and writes a full page
 * whatever the length: a page is given whole or not at all. */
static bool stk500v1_write(struct fm_session *s, enum fm_space space, uint64_t addr,
			   const uint8_t *data, size_t len, struct fm_error *err)
{
	const struct fm_region *region = s->memory ? fm_memory_at(s->memory, space, addr) : NULL;

	if (space == FM_SPACE_FLASH && region && len != region->write_len)
		return fm_fail(err, FM_INTERNAL, "%zu bytes at 0x%llx are not a whole page", len,
			       (unsigned long long)addr);
	return stk_page(s, STK_PROG_PAGE, space, addr, data, len, NULL, err);
}

static bool stk500v1_read(struct fm_session *s, enum fm_space space, uint64_t addr,
			  uint8_t *ret_data, size_t len, struct fm_error *err)
{
	size_t even = len + len % 2;
	uint8_t data[STK_PAGE_MOST];

	if (even > sizeof(data))
		return fm_fail(err, FM_INTERNAL, "read of %zu bytes", len);
	if (!stk_page(s, STK_READ_PAGE, space, addr, NULL, even, data, err))
		return false;
	memcpy(ret_data, data, len);
	return true;
}

static bool stk500v1_finish(struct fm_session *s, struct fm_error *err)
{
	struct stk_frame frame = { .out = { STK_LEAVE_PROGMODE }, .out_len = 1 };

	stk_end(&frame, 0);
	return stk_exchange(s, &frame, STK_REPLY_MS, NULL, err);
}

const struct fm_protocol fm_protocol_stk500v1 = {
	.name = "stk500v1",
	.title = "STK500 version 1 (Optiboot, ATmegaBOOT)",
	.chip_id = "avr-signature",
	.needs = FM_NEEDS_STREAM,
	.can = FM_CAN_READ | FM_CAN_EEPROM | FM_CAN_RUN,
	.state_size = sizeof(struct stk_state),
	.params = stk_params,
	.fill = 0xff,
	.open = stk500v1_open,
	.write = stk500v1_write,
	.read = stk500v1_read,
	.finish = stk500v1_finish,
};

#include "sim/dfu/core.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

#define UNSAID_SIZE 4096 /* what it takes where its descriptor does not say */

static const struct fm_dfu_times dfu_times[] = {
	/* Section 8 of the sheet for the STM32's UART loader: typical values. */
	[FM_SIM_DFU_PLAIN] = { 0, 0, 0, 1, 0 },
	[FM_SIM_DFU_F1] = { 30000, 0, 0, 2, 50 },
	[FM_SIM_DFU_F4] = { 140000, 6700, 8000, 4, 16 },
	[FM_SIM_DFU_H7] = { 1000000, 0, 5000, 32, 150 },
};

bool fm_dfu_fault(const struct fm_dfu *u, enum fm_sim_dfu_fault fault, unsigned long count)
{
	return u->options.has_fault[fault] && u->options.fault[fault] == count;
}

struct fm_dfu_memory *fm_dfu_selected(struct fm_dfu *u)
{
	return &u->memories[u->dfu_mode ? u->tables.alternates[0] : 0];
}

/* --- modes --- */

static void dfu_quiet(struct fm_dfu *u)
{
	u->work = FM_DFU_NO_WORK;
	u->running = u->cut = u->stall_status = u->waiting = false;
	u->due_ns = u->leave_ns = u->back_ns = INT64_MAX;
	u->tables.configuration = 0;
	memset(u->tables.alternates, 0, sizeof(u->tables.alternates));
	u->status = FM_DFU_OK;
	u->patient_ns = 0;
	u->block_num = 0;
	u->at = 0;
}

void fm_dfu_start_app(struct fm_dfu *u)
{
	dfu_quiet(u);
	u->dfu_mode = false;
	u->wrong_id = false;
	u->state = FM_DFU_APP_IDLE;
	fm_dfu_describe(u);
	u->usb.attached = !u->options.silent;
}

void fm_dfu_start_dfu(struct fm_dfu *u)
{
	dfu_quiet(u);
	u->dfu_mode = true;
	u->state = FM_DFU_IDLE;
	u->pointer = u->memories[0].segments[0].addr;
	fm_dfu_describe(u);
	u->usb.attached = true;
}

void fm_dfu_leave(struct fm_dfu *u, int64_t at_ns, enum fm_dfu_next next)
{
	u->leave_ns = at_ns;
	u->next = next;
}

static void dfu_left(struct fm_dfu *u, int64_t now_ns)
{
	enum fm_dfu_next next = u->next;

	dfu_quiet(u);
	u->usb.attached = false;
	if (next != FM_DFU_TO_NOWHERE)
		u->back_ns = now_ns + (int64_t)u->options.absent_ms * 1000000 + 1;
}

static void dfu_back(struct fm_dfu *u)
{
	if (u->next == FM_DFU_TO_APP)
		fm_dfu_start_app(u);
	else
		fm_dfu_start_dfu(u);
}

/* What a host that died left behind. */
static void dfu_arrive(struct fm_dfu *u)
{
	if (u->options.arrival == FM_SIM_DFU_IN_ERROR)
		fm_dfu_fail(u, FM_DFU_ERR_UNKNOWN);
	else if (u->options.arrival == FM_SIM_DFU_IN_DOWNLOAD)
		u->state = FM_DFU_DNLOAD_IDLE;
	else if (u->options.arrival == FM_SIM_DFU_IN_UPLOAD)
		u->state = FM_DFU_UPLOAD_IDLE;
}

static void dfu_power_up(struct fm_dfu *u)
{
	if (u->options.runtime && u->app_whole)
		fm_dfu_start_app(u);
	else
		fm_dfu_start_dfu(u);
	if (!u->arrived && u->dfu_mode)
		dfu_arrive(u);
}

/* --- what adapters call --- */

static int dfu_nak(struct fm_dfu *u, const uint8_t setup[8], bool lost)
{
	u->waiting = true;
	u->lost = lost;
	u->waiting_events = u->events;
	memcpy(u->waiting_setup, setup, sizeof(u->waiting_setup));
	return FM_SIM_USB_NAK;
}

/* An adapter offers a transfer again after an event, a host sends another one before. */
static bool dfu_is_again(const struct fm_dfu *u, const uint8_t setup[8])
{
	return u->waiting && u->events != u->waiting_events &&
	       memcmp(u->waiting_setup, setup, sizeof(u->waiting_setup)) == 0;
}

static int dfu_class(struct fm_dfu *u, int64_t now_ns, const uint8_t setup[8], uint8_t *data)
{
	const struct fm_dfu_setup parsed = { setup[1], fm_get_le16(setup + 2),
					     fm_get_le16(setup + 6), setup[5] & 1 };
	bool in = parsed.request == FM_DFU_UPLOAD || parsed.request == FM_DFU_GETSTATUS ||
		  parsed.request == FM_DFU_GETSTATE;
	bool again = dfu_is_again(u, setup);
	int n;

	if (again && u->lost)
		return dfu_nak(u, setup, true);
	u->waiting = false;
	if (in != (setup[0] >> 7) || setup[4] != 0)
		return FM_SIM_USB_STALL;
	if (!again) {
		u->seen.transfers++;
		u->seen.early += parsed.request == FM_DFU_GETSTATUS && now_ns < u->patient_ns;
		if (fm_dfu_fault(u, FM_SIM_DFU_UNPLUG, u->seen.transfers))
			fm_dfu_leave(u, now_ns + 1000, FM_DFU_TO_NOWHERE);
		else if (fm_dfu_fault(u, FM_SIM_DFU_LOSE, u->seen.transfers))
			return dfu_nak(u, setup, true);
		else if (fm_dfu_fault(u, FM_SIM_DFU_REFUSE, u->seen.transfers))
			return FM_SIM_USB_STALL;
	}
	n = u->leave_ns == INT64_MAX ? fm_dfu_request(u, now_ns, &parsed, data) : FM_SIM_USB_NAK;
	return n == FM_SIM_USB_NAK ? dfu_nak(u, setup, false) : n;
}

static int dfu_control(struct fm_sim_usb *unit, int64_t now_ns, const uint8_t setup[8],
		       uint8_t *data)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	switch (setup[0] & 0x7f) {
	case 0x00:
	case 0x01:
	case 0x02:
		return fm_dfu_standard(u, setup, data);
	case 0x21:
		return u->tables.configuration == 0 ? FM_SIM_USB_STALL
						    : dfu_class(u, now_ns, setup, data);
	default:
		return FM_SIM_USB_STALL;
	}
}

/* It has no endpoint but 0. */
static int dfu_transfer(struct fm_sim_usb *unit, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			size_t len)
{
	(void)unit, (void)now_ns, (void)endpoint, (void)data, (void)len;
	return FM_SIM_USB_STALL;
}

/* Resets of a host that is still enumerating change nothing; a reset in use ends DFU mode where
 * there is an application, but neither in U-Boot (section 5) nor in ST's loaders. */
static void dfu_bus_reset(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;
	bool configured = u->tables.configuration != 0;

	u->arrived = true;
	u->tables.configuration = 0;
	memset(u->tables.alternates, 0, sizeof(u->tables.alternates));
	if (!configured || !unit->attached)
		return;
	if (!u->dfu_mode) {
		if (u->state == FM_DFU_APP_DETACH && u->options.never_back)
			fm_dfu_leave(u, now_ns + 1000, FM_DFU_TO_NOWHERE);
		else if (u->state == FM_DFU_APP_DETACH)
			fm_dfu_start_dfu(u);
	} else if (u->state == FM_DFU_MANIFEST_WAIT_RESET ||
		   (u->app_whole && !u->dfuse && u->options.manners != FM_SIM_DFU_UBOOT)) {
		fm_dfu_start_app(u);
	} else if (!u->running && u->options.manners != FM_SIM_DFU_UBOOT) {
		fm_dfu_start_dfu(u);
	}
}

static void dfu_advance(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	if (u->due_ns <= now_ns) {
		u->events++;
		fm_dfu_work_ends(u, now_ns);
	}
	if (u->leave_ns <= now_ns) {
		u->events++;
		dfu_left(u, now_ns);
	}
	if (u->back_ns <= now_ns) {
		u->events++;
		dfu_back(u);
	}
}

static int64_t dfu_next_event(const struct fm_sim_usb *unit)
{
	const struct fm_dfu *u = (const struct fm_dfu *)unit;
	int64_t next_ns = u->due_ns < u->leave_ns ? u->due_ns : u->leave_ns;

	return next_ns < u->back_ns ? next_ns : u->back_ns;
}

static void dfu_power(struct fm_sim_usb *unit, int64_t now_ns, bool on)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	(void)now_ns;
	if (on) {
		dfu_power_up(u);
		return;
	}
	if (u->running && u->dfuse) {
		u->cut = true; /* an erase stops half-way, a block is lost */
		if (u->work != FM_DFU_BLOCK && u->work != FM_DFU_UNPROTECT)
			fm_dfu_work_ends(u, now_ns);
	}
	dfu_quiet(u);
	unit->attached = false;
}

static void dfu_free(struct fm_sim_usb *unit)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	for (unsigned i = 0; i < u->memory_count; i++)
		fm_dfu_memory_done(&u->memories[i]);
	free(u);
}

static const struct fm_sim_usb_ops dfu_ops = {
	.control = dfu_control,
	.transfer = dfu_transfer,
	.bus_reset = dfu_bus_reset,
	.advance = dfu_advance,
	.next_event = dfu_next_event,
	.power = dfu_power,
	.free = dfu_free,
};

static bool dfu_init_memories(struct fm_dfu *u, struct fm_error *err)
{
	const struct fm_sim_dfu_options *o = &u->options;

	for (unsigned i = 0; i < FM_SIM_DFU_ALTERNATES && o->names[i][0]; i++) {
		if (!fm_dfu_memory_init(&u->memories[i], o->names[i], o->size, &dfu_times[o->chip],
					err))
			return false;
		u->memory_count++;
		u->strings[FM_DFU_FIRST_NAME + i] = o->names[i];
	}
	if (u->memory_count == 0)
		return fm_fail(err, FM_USAGE, "a DFU unit without a memory");
	u->memories[0].protect_from = o->protect_from;
	u->memories[0].protect_to = o->protect_to;
	if (o->has_fault[FM_SIM_DFU_WEAK])
		u->memories[0].weak_page = (long)o->fault[FM_SIM_DFU_WEAK];
	return true;
}

bool fm_sim_dfu_new(const struct fm_sim_dfu_options *options, struct fm_sim_usb **ret_unit,
		    struct fm_error *err)
{
	struct fm_dfu *u;

	if (options->chip >= FM_COUNT(dfu_times) || options->transfer_size > UINT16_MAX)
		return fm_fail(err, FM_USAGE, "no such DFU unit is simulated");
	u = calloc(1, sizeof(*u));
	if (!u)
		return fm_fail(err, FM_NO_MEMORY, "no memory for a simulated DFU unit");
	u->usb.ops = &dfu_ops;
	u->usb.high_speed = options->high_speed;
	u->options = *options;
	u->dfuse = options->chip != FM_SIM_DFU_PLAIN;
	u->transfer_size = options->transfer_size;
	if (u->transfer_size == 0 || u->transfer_size == UINT16_MAX)
		u->transfer_size = UNSAID_SIZE;
	u->strings[0] = "";
	/* a chip's ROM is known by its product string */
	u->strings[1] = u->dfuse ? "STMicroelectronics" : "flashmend";
	u->strings[2] = u->dfuse ? "STM32  BOOTLOADER" : "simulated DFU unit";
	u->strings[FM_DFU_SERIAL] = u->options.serial;
	u->tables = (struct fm_sim_usb_tables){ .device = u->device,
						.config = u->config,
						.strings = u->strings,
						.high_speed = options->high_speed };
	if (!dfu_init_memories(u, err)) {
		dfu_free(&u->usb);
		return false;
	}
	u->app_whole = options->runtime;
	dfu_power_up(u);
	*ret_unit = &u->usb;
	return true;
}

void fm_sim_dfu_flash(struct fm_sim_usb *unit, uint8_t **ret_data, size_t *ret_len)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	*ret_data = u->memories[0].data;
	*ret_len = u->memories[0].len;
}

void fm_sim_dfu_preset(struct fm_sim_usb *unit, const void *data, size_t len)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	memcpy(u->memories[0].data, data, len < u->memories[0].len ? len : u->memories[0].len);
	u->app_whole = true;
	fm_dfu_describe(u); /* the application's version is in it */
}

bool fm_sim_dfu_memory(struct fm_sim_usb *unit, unsigned alternate, uint8_t **ret_data,
		       size_t *ret_len)
{
	struct fm_dfu *u = (struct fm_dfu *)unit;

	if (alternate >= u->memory_count)
		return false;
	*ret_data = u->memories[alternate].data;
	*ret_len = u->memories[alternate].len;
	return true;
}

const struct fm_sim_dfu_seen *fm_sim_dfu_seen(const struct fm_sim_usb *unit)
{
	return &((const struct fm_dfu *)unit)->seen;
}

bool fm_sim_dfu_runs(const struct fm_sim_usb *unit)
{
	const struct fm_dfu *u = (const struct fm_dfu *)unit;

	return !u->dfu_mode && (unit->attached || u->options.silent);
}

#include "sim/dfu/core.h"

#include <string.h>

#define LEAVE_NS 10000000 /* from the answer to DETACH to the pull-up's end */
#define UBOOT_BUFFER 16   /* blocks in RAM before U-Boot writes them */
#define UBOOT_CUT 4096    /* table 2.3.1: longer blocks are cut */

void fm_dfu_fail(struct fm_dfu *u, enum fm_dfu_status status)
{
	u->state = FM_DFU_ERROR;
	u->status = status;
	u->work = FM_DFU_NO_WORK;
	u->running = false;
	u->due_ns = INT64_MAX;
}

int fm_dfu_illegal(struct fm_dfu *u)
{
	/* Table 2.3.1: neither library lets its state go. */
	if (u->options.manners != FM_SIM_DFU_ST && u->options.manners != FM_SIM_DFU_OPENCM3)
		fm_dfu_fail(u, FM_DFU_ERR_STALLED);
	return FM_SIM_USB_STALL;
}

static bool dfu_in(const struct fm_dfu *u, unsigned states)
{
	return (states >> u->state & 1) != 0;
}

static uint32_t dfu_ms(int64_t ns)
{
	return (uint32_t)((ns + 999999) / 1000000);
}

static int dfu_status(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
		      uint8_t *data, uint32_t poll_ms)
{
	const uint8_t reply[6] = {
		(uint8_t)u->status,       (uint8_t)poll_ms,  (uint8_t)(poll_ms >> 8),
		(uint8_t)(poll_ms >> 16), (uint8_t)u->state, 0,
	};
	size_t len = setup->len < sizeof(reply) ? setup->len : sizeof(reply);

	u->patient_ns = now_ns + (int64_t)(poll_ms & 0xffffff) * 1000000;
	memcpy(data, reply, len);
	return (int)len;
}

static void dfu_run(struct fm_dfu *u, int64_t now_ns, int64_t duration_ns)
{
	u->running = true;
	u->due_ns = now_ns + (duration_ns > 0 ? duration_ns : 1);
}

static void dfu_stop(struct fm_dfu *u)
{
	u->work = FM_DFU_NO_WORK;
	u->running = false;
	u->due_ns = INT64_MAX;
}

/* --- run-time mode --- */

static int dfu_app_detach(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup)
{
	uint32_t ms =
		setup->value < u->options.detach_timeout ? setup->value : u->options.detach_timeout;

	u->seen.detach_ns = now_ns;
	u->wrong_id = u->options.wrong_id;
	if (u->options.needs_reset) {
		u->state = FM_DFU_APP_DETACH;
		u->work = FM_DFU_DETACHING;
		dfu_run(u, now_ns, (int64_t)ms * 1000000);
		return 0;
	}
	fm_dfu_leave(u, now_ns + (u->options.vanish == FM_SIM_DFU_AT_DETACH ? 1000 : LEAVE_NS),
		     u->options.never_back ? FM_DFU_TO_NOWHERE : FM_DFU_TO_DFU);
	return u->options.vanish == FM_SIM_DFU_AT_DETACH ? FM_SIM_USB_NAK : 0;
}

static int dfu_app(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
		   uint8_t *data)
{
	switch (setup->request) {
	case FM_DFU_DETACH:
		if (u->state == FM_DFU_APP_IDLE && (setup->force || !u->options.needs_force))
			return dfu_app_detach(u, now_ns, setup);
		break;
	case FM_DFU_GETSTATUS:
		if (u->options.status_stall)
			return FM_SIM_USB_STALL;
		return dfu_status(u, now_ns, setup, data, 0);
	case FM_DFU_GETSTATE:
		if (u->options.status_stall || setup->len == 0)
			return FM_SIM_USB_STALL;
		data[0] = (uint8_t)u->state;
		return 1;
	default:
		break;
	}
	u->state = FM_DFU_APP_IDLE;
	dfu_stop(u);
	return FM_SIM_USB_STALL;
}

/* --- download --- */

static int dfu_end_of_file(struct fm_dfu *u, int64_t now_ns)
{
	bool early = u->dfuse || u->options.manners == FM_SIM_DFU_ST;

	if (u->options.manners != FM_SIM_DFU_OPENCM3 &&
	    !dfu_in(u, 1u << FM_DFU_DNLOAD_IDLE | (early ? 1u << FM_DFU_IDLE : 0)))
		return fm_dfu_illegal(u);
	u->state = FM_DFU_MANIFEST_SYNC;
	u->work = FM_DFU_MANIFESTING;
	if (u->options.vanish != FM_SIM_DFU_AT_END)
		return 0;
	u->app_whole = !u->dfuse || fm_dfuse_has_app(u);
	fm_dfu_leave(u, now_ns + 1000, u->app_whole ? FM_DFU_TO_APP : FM_DFU_TO_NOWHERE);
	return FM_SIM_USB_NAK;
}

/* The unit is pulled out while the block is on the wire. */
static bool dfu_unplugged_within(struct fm_dfu *u, int64_t now_ns, size_t len)
{
	unsigned long nth = u->options.fault[FM_SIM_DFU_UNPLUG_BYTE];

	if (!u->options.has_fault[FM_SIM_DFU_UNPLUG_BYTE] || nth <= u->seen.downloaded ||
	    nth > u->seen.downloaded + len)
		return false;
	u->seen.downloaded = nth;
	fm_dfu_leave(u, now_ns + 1000, FM_DFU_TO_NOWHERE);
	return true;
}

static int dfu_download(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
			const uint8_t *data)
{
	size_t len = setup->len;
	uint32_t manners = u->options.manners;

	u->seen.downloads++;
	if (u->seen.first_download_ns == 0)
		u->seen.first_download_ns = now_ns;
	u->seen.last_download_ns = now_ns;
	if (u->options.no_download)
		return fm_dfu_illegal(u);
	if (len == 0)
		return dfu_end_of_file(u, now_ns);
	if (manners != FM_SIM_DFU_OPENCM3 &&
	    !dfu_in(u, 1u << FM_DFU_IDLE | 1u << FM_DFU_DNLOAD_IDLE))
		return fm_dfu_illegal(u);
	if (len > u->transfer_size && manners != FM_SIM_DFU_ST && manners != FM_SIM_DFU_UBOOT)
		return fm_dfu_illegal(u);
	if (dfu_unplugged_within(u, now_ns, len))
		return FM_SIM_USB_NAK;
	u->seen.downloaded += len;
	if (manners == FM_SIM_DFU_UBOOT && len > UBOOT_CUT)
		len = UBOOT_CUT;
	if (u->state == FM_DFU_IDLE) {
		u->at = 0;
		u->buffered = 0;
		u->seen.disorder += !u->dfuse && setup->value != 0;
	} else {
		u->seen.disorder += !u->dfuse && setup->value != (uint16_t)(u->block_num + 1);
	}
	memcpy(u->block, data, len);
	u->block_len = len;
	u->block_num = setup->value;
	u->work = u->dfuse ? fm_dfuse_work(u) : FM_DFU_BLOCK;
	u->state = FM_DFU_DNLOAD_SYNC;
	return setup->len;
}

/* Plain DFU has no addresses and no erase: the unit erases what it comes to. */
static void dfu_keep_block(struct fm_dfu *u)
{
	struct fm_dfu_memory *m = fm_dfu_selected(u);
	uint32_t base = m->segments[0].addr, page = m->segments[0].size;

	if (u->block_len > m->len - u->at) {
		fm_dfu_fail(u, FM_DFU_ERR_ADDRESS);
		return;
	}
	u->app_whole = false;
	for (uint32_t i = 0; i < u->block_len; i++) {
		if ((u->at + i) % page == 0)
			fm_dfu_memory_erase(m, base + u->at + i, false);
	}
	if (!fm_dfu_memory_program(m, base + u->at, u->block, u->block_len))
		fm_dfu_fail(u, FM_DFU_ERR_PROG);
	u->at += (uint32_t)u->block_len;
}

/* --- status --- */

/* The data is in U-Boot's RAM at once; it writes when that is full, and says beforehand how long it
 * will not answer. */
static int dfu_uboot_status(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
			    uint8_t *data)
{
	int64_t busy_ns = 0;

	dfu_keep_block(u);
	if (u->state == FM_DFU_ERROR)
		return dfu_status(u, now_ns, setup, data, 0);
	u->state = FM_DFU_DNLOAD_IDLE;
	u->work = FM_DFU_NO_WORK;
	if (++u->buffered == UBOOT_BUFFER) {
		u->buffered = 0;
		busy_ns = (int64_t)u->options.block_us * 1000 * UBOOT_BUFFER;
		dfu_run(u, now_ns, busy_ns);
	}
	return dfu_status(u, now_ns, setup, data,
			  u->options.poll != FM_SIM_DFU_NOT_SAID ? u->options.poll
								 : dfu_ms(busy_ns));
}

static int dfu_begin(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
		     uint8_t *data)
{
	int64_t duration_ns = (int64_t)u->options.block_us * 1000;
	uint32_t poll_ms = dfu_ms(duration_ns);

	if (u->options.manners == FM_SIM_DFU_UBOOT && !u->dfuse)
		return dfu_uboot_status(u, now_ns, setup, data);
	if (u->dfuse)
		duration_ns = fm_dfuse_begin(u, &poll_ms);
	if (u->options.manners == FM_SIM_DFU_OPENCM3)
		poll_ms = 100;
	if (u->work == FM_DFU_BLOCK && u->options.poll != FM_SIM_DFU_NOT_SAID)
		poll_ms = u->options.poll;
	u->state = FM_DFU_DNBUSY;
	dfu_run(u, now_ns, duration_ns);
	return dfu_status(u, now_ns, setup, data, poll_ms);
}

static bool dfu_image_is_good(struct fm_dfu *u)
{
	const struct fm_dfu_memory *m = fm_dfu_selected(u);
	const char *magic = u->options.magic;

	return u->dfuse || magic[0] == '\0' || memmem(m->data, u->at, magic, strlen(magic));
}

static int dfu_manifest(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
			uint8_t *data)
{
	bool library = u->dfuse || u->options.manners == FM_SIM_DFU_ST ||
		       u->options.manners == FM_SIM_DFU_OPENCM3;
	int64_t duration_ns = (int64_t)(library ? 1 : u->options.manifest_ms) * 1000000;

	if (!dfu_image_is_good(u)) {
		fm_dfu_fail(u, (enum fm_dfu_status)u->options.bad_status);
		return dfu_status(u, now_ns, setup, data, 0);
	}
	u->state = FM_DFU_MANIFEST;
	u->work = FM_DFU_MANIFESTING;
	dfu_run(u, now_ns, duration_ns);
	if (u->options.vanish == FM_SIM_DFU_AT_MANIFEST) {
		u->app_whole = !u->dfuse || fm_dfuse_has_app(u);
		fm_dfu_leave(u, now_ns + 1000000, u->app_whole ? FM_DFU_TO_APP : FM_DFU_TO_NOWHERE);
	}
	return dfu_status(u, now_ns, setup, data, dfu_ms(duration_ns));
}

static int dfu_get_status(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
			  uint8_t *data)
{
	u->seen.statuses++;
	if (u->stall_status) {
		u->stall_status = false;
		return FM_SIM_USB_STALL;
	}
	switch (u->state) {
	case FM_DFU_DNLOAD_SYNC:
		if (u->work != FM_DFU_NO_WORK)
			return dfu_begin(u, now_ns, setup, data);
		u->state = FM_DFU_DNLOAD_IDLE;
		break;
	case FM_DFU_MANIFEST_SYNC:
		if (u->work != FM_DFU_NO_WORK)
			return dfu_manifest(u, now_ns, setup, data);
		u->state = FM_DFU_IDLE;
		break;
	case FM_DFU_DNBUSY:
	case FM_DFU_MANIFEST:
		return dfu_status(u, now_ns, setup, data, dfu_ms(u->due_ns - now_ns));
	default:
		break;
	}
	return dfu_status(u, now_ns, setup, data, 0);
}

/* --- upload and the rest --- */

static int dfu_upload(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
		      uint8_t *data)
{
	const struct fm_dfu_memory *m = fm_dfu_selected(u);
	size_t left, len = setup->len;
	int n;

	u->seen.uploads++;
	if (u->seen.first_upload_ns == 0)
		u->seen.first_upload_ns = now_ns;
	u->seen.last_upload_ns = now_ns;
	if (u->options.no_upload || (u->options.manners == FM_SIM_DFU_OPENCM3 && !u->dfuse) ||
	    !dfu_in(u, 1u << FM_DFU_IDLE | 1u << FM_DFU_UPLOAD_IDLE) || len > u->transfer_size)
		return fm_dfu_illegal(u);
	if (u->dfuse) {
		n = fm_dfuse_upload(u, setup, data);
		u->seen.uploaded += n > 0 ? (uint64_t)n : 0;
		return n;
	}
	if (u->state == FM_DFU_IDLE)
		u->upload_at = 0;
	left = u->upload_at < m->len ? m->len - u->upload_at : 0;
	/* ST's library knows no short block. */
	if (u->options.manners != FM_SIM_DFU_ST && len > left)
		len = left;
	fm_dfu_memory_read(m, m->segments[0].addr + u->upload_at, data, len);
	u->upload_at += (uint32_t)len;
	u->seen.uploaded += len;
	u->state = len < setup->len ? FM_DFU_IDLE : FM_DFU_UPLOAD_IDLE;
	return (int)len;
}

static int dfu_clear_status(struct fm_dfu *u)
{
	if (u->state == FM_DFU_ERROR) {
		u->state = FM_DFU_IDLE;
		u->status = FM_DFU_OK;
		return 0;
	}
	if (u->options.manners == FM_SIM_DFU_OPENCM3)
		return 0;
	if (u->options.manners != FM_SIM_DFU_ST)
		return fm_dfu_illegal(u);
	fm_dfu_fail(u, FM_DFU_ERR_UNKNOWN);
	return 0;
}

static int dfu_abort(struct fm_dfu *u)
{
	unsigned states = 1u << FM_DFU_IDLE | 1u << FM_DFU_DNLOAD_IDLE | 1u << FM_DFU_UPLOAD_IDLE;

	if (u->options.manners == FM_SIM_DFU_ST)
		states |= 1u << FM_DFU_DNLOAD_SYNC | 1u << FM_DFU_MANIFEST_SYNC;
	if (!dfu_in(u, states) && u->options.manners == FM_SIM_DFU_ST)
		return 0;
	if (!dfu_in(u, states) && u->options.manners != FM_SIM_DFU_OPENCM3)
		return fm_dfu_illegal(u);
	dfu_stop(u);
	u->state = FM_DFU_IDLE;
	return 0;
}

/* In DFU mode: only U-Boot leaves it by this. */
static int dfu_detach(struct fm_dfu *u, int64_t now_ns)
{
	switch (u->options.manners) {
	case FM_SIM_DFU_UBOOT:
		if (u->state != FM_DFU_IDLE)
			return fm_dfu_illegal(u);
		fm_dfu_leave(u, now_ns + LEAVE_NS, FM_DFU_TO_APP);
		return 0;
	case FM_SIM_DFU_ST:
		u->state = FM_DFU_IDLE;
		fm_dfu_leave(u, now_ns + LEAVE_NS, FM_DFU_TO_DFU);
		return 0;
	default:
		return fm_dfu_illegal(u);
	}
}

static int dfu_get_state(struct fm_dfu *u, const struct fm_dfu_setup *setup, uint8_t *data)
{
	if (setup->len == 0)
		return FM_SIM_USB_STALL;
	data[0] = (uint8_t)u->state;
	return 1;
}

/* While it works: libraries do so within the USB interrupt and the bus sees NAK; some ROMs refuse;
 * by the specification it says that it is busy. */
static bool dfu_is_deaf(const struct fm_dfu *u, int64_t now_ns, int *ret)
{
	if (!u->dfu_mode || !u->running || now_ns >= u->due_ns)
		return false;
	*ret = u->options.busy_stall ? FM_SIM_USB_STALL : FM_SIM_USB_NAK;
	return u->options.busy_stall || u->options.manners != FM_SIM_DFU_SPEC;
}

int fm_dfu_request(struct fm_dfu *u, int64_t now_ns, const struct fm_dfu_setup *setup,
		   uint8_t *data)
{
	int deaf;

	if (dfu_is_deaf(u, now_ns, &deaf))
		return deaf;
	if (!u->dfu_mode)
		return dfu_app(u, now_ns, setup, data);
	switch (setup->request) {
	case FM_DFU_DETACH:
		return dfu_detach(u, now_ns);
	case FM_DFU_DNLOAD:
		return dfu_download(u, now_ns, setup, data);
	case FM_DFU_UPLOAD:
		return dfu_upload(u, now_ns, setup, data);
	case FM_DFU_GETSTATUS:
		return dfu_get_status(u, now_ns, setup, data);
	case FM_DFU_CLRSTATUS:
		return dfu_clear_status(u);
	case FM_DFU_GETSTATE:
		return dfu_get_state(u, setup, data);
	case FM_DFU_ABORT:
		return dfu_abort(u);
	default:
		return fm_dfu_illegal(u);
	}
}

/* --- the end of work --- */

static void dfu_manifested(struct fm_dfu *u, int64_t now_ns)
{
	u->app_whole = !u->dfuse || fm_dfuse_has_app(u);
	if (u->dfuse || u->options.manners == FM_SIM_DFU_ST ||
	    u->options.manners == FM_SIM_DFU_OPENCM3)
		fm_dfu_leave(u, now_ns, u->app_whole ? FM_DFU_TO_APP : FM_DFU_TO_NOWHERE);
	else if (u->options.intolerant)
		u->state = FM_DFU_MANIFEST_WAIT_RESET;
	else
		u->state = FM_DFU_MANIFEST_SYNC;
}

void fm_dfu_work_ends(struct fm_dfu *u, int64_t now_ns)
{
	enum fm_dfu_work work = u->work;

	u->running = false;
	u->due_ns = INT64_MAX;
	if (work == FM_DFU_DETACHING) {
		u->work = FM_DFU_NO_WORK;
		u->state = FM_DFU_APP_IDLE;
	} else if (work == FM_DFU_MANIFESTING) {
		u->work = FM_DFU_NO_WORK;
		dfu_manifested(u, now_ns);
	} else if (work != FM_DFU_NO_WORK) {
		u->state = u->options.manners == FM_SIM_DFU_OPENCM3 ? FM_DFU_DNLOAD_IDLE
								    : FM_DFU_DNLOAD_SYNC;
		if (u->dfuse)
			fm_dfuse_end(u, now_ns);
		else {
			u->work = FM_DFU_NO_WORK;
			dfu_keep_block(u);
		}
	}
}

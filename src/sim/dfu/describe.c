/* The descriptors of a simulated DFU unit: section 1, and what is bent about them. */
#include "sim/dfu/core.h"

#include "base/bytes.h"

#include <string.h>

#define DFU_CLASS 0xfe /* section 1.1 */
#define DFU_SUBCLASS 1
#define FUNCTIONAL 0x21 /* section 1.2 */
#define GET_DESCRIPTOR 6
#define STRING 3

#define WRONG_PID 0x5555

static void describe_put_le16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

static void describe_device(struct fm_dfu *u)
{
	const struct fm_sim_dfu_options *o = &u->options;
	const struct fm_dfu_memory *m = &u->memories[0];
	bool app_id = !u->dfu_mode && !o->same_id;
	uint32_t release = o->release;

	if (!u->dfu_mode && o->version_at < m->len - 1)
		release = fm_get_le16(m->data + o->version_at);
	memcpy(u->device, (const uint8_t[18]){ 18, 1, 0x00, 0x02, 0, 0, 0, 64 }, 18);
	describe_put_le16(u->device + 8, app_id ? o->app_vid : o->vid);
	describe_put_le16(u->device + 10, app_id ? o->app_pid : o->pid);
	if (u->dfu_mode && u->wrong_id)
		describe_put_le16(u->device + 10, o->pid ^ WRONG_PID);
	describe_put_le16(u->device + 12, release);
	u->device[14] = 1;
	u->device[15] = 2;
	u->device[16] = o->serial[0] ? FM_DFU_SERIAL : 0;
	u->device[17] = 1;
}

static void describe_functional(struct fm_dfu *u)
{
	const struct fm_sim_dfu_options *o = &u->options;
	uint8_t *f = u->functional;

	f[0] = o->short_functional ? 7 : 9;
	f[1] = FUNCTIONAL;
	f[2] = (uint8_t)((o->no_download ? 0 : 1) | (o->no_upload ? 0 : 2) |
			 (o->intolerant ? 0 : 4) | (o->needs_reset ? 0 : 8));
	describe_put_le16(f + 3, o->detach_timeout);
	describe_put_le16(f + 5, o->transfer_size);
	describe_put_le16(f + 7, o->dfu_version);
}

void fm_dfu_describe(struct fm_dfu *u)
{
	uint8_t *p = u->config;
	unsigned count = u->dfu_mode ? u->memory_count : 1;

	describe_device(u);
	describe_functional(u);
	memcpy(p, (const uint8_t[9]){ 9, 2, 0, 0, 1, 1, 0, 0x80, 50 }, 9);
	p += 9;
	for (unsigned i = 0; i < count; i++, p += 9) {
		const uint8_t interface[9] = {
			9,
			4,
			0,
			(uint8_t)i,
			0,
			DFU_CLASS,
			DFU_SUBCLASS,
			u->dfu_mode ? (uint8_t)u->options.protocol : 1,
			u->dfu_mode ? (uint8_t)(FM_DFU_FIRST_NAME + i) : 2,
		};

		memcpy(p, interface, sizeof(interface));
	}
	if (!u->options.no_functional) {
		memcpy(p, u->functional, u->functional[0]);
		p += u->functional[0];
	}
	describe_put_le16(u->config + 2, (uint32_t)(p - u->config));
}

static int describe_string(struct fm_dfu *u, const uint8_t setup[8], uint8_t *data, int len)
{
	size_t most = fm_get_le16(setup + 6), n = strlen(u->options.serial);
	uint8_t text[2 + sizeof(u->options.serial)] = { (uint8_t)(2 + n), STRING };

	if (u->options.raw_serial && setup[2] == FM_DFU_SERIAL) {
		memcpy(text + 2, u->options.serial, n);
		most = most < 2 + n ? most : 2 + n;
		memcpy(data, text, most);
		return (int)most;
	}
	if (u->options.cut_strings && setup[2] >= FM_DFU_FIRST_NAME && len > 16)
		return len - 8;
	return len;
}

int fm_dfu_standard(struct fm_dfu *u, const uint8_t setup[8], uint8_t *data)
{
	size_t len = fm_get_le16(setup + 6);
	int n;

	if (setup[0] == 0x81 && setup[1] == GET_DESCRIPTOR && setup[3] == FUNCTIONAL &&
	    !u->options.no_functional) {
		len = len < u->functional[0] ? len : u->functional[0];
		memcpy(data, u->functional, len);
		return (int)len;
	}
	n = fm_sim_usb_standard(&u->tables, setup, data);
	if (setup[0] == 0x80 && setup[1] == GET_DESCRIPTOR && setup[3] == STRING)
		n = describe_string(u, setup, data, n);
	return n;
}

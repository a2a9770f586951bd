/*
 * Section numbers: USB Mass Storage Class, Bulk-Only Transport 1.0. Commands: SPC-3 and SBC-2.
 *
 *   CBW (31, out)  "USBC" tag length direction lun n command[16]
 *   data           in or out, or none
 *   CSW (13, in)   "USBS" tag residue status
 */
#include "sim/uf2/msc.h"

#include "base/bytes.h"

#include <string.h>

#define CBW_LEN 31
#define CBW_MAGIC 0x43425355u
#define CSW_LEN 13
#define CSW_MAGIC 0x53425355u

enum { BOT_RESET = 0xff, BOT_GET_MAX_LUN = 0xfe }; /* 3.1, 3.2 */
enum { GET_STATUS = 0, CLEAR_FEATURE = 1 };        /* USB 2.0, table 9-4 */

enum {
	TEST_UNIT_READY = 0x00,
	REQUEST_SENSE = 0x03,
	INQUIRY = 0x12,
	MODE_SENSE_6 = 0x1a,
	START_STOP_UNIT = 0x1b,
	PREVENT_ALLOW = 0x1e,
	READ_CAPACITY_10 = 0x25,
	READ_10 = 0x28,
	WRITE_10 = 0x2a,
	SYNCHRONIZE_CACHE_10 = 0x35,
};

/* Sense keys, and additional sense codes */
enum { MEDIUM_ERROR = 3, ILLEGAL_REQUEST = 5, DATA_PROTECT = 7 };
enum { WRITE_ERROR = 0x0c, INVALID_COMMAND = 0x20, OUT_OF_RANGE = 0x21, WRITE_PROTECTED = 0x27 };

#define MODE_WRITE_PROTECTED 0x80

void fm_msc_reset(struct fm_msc *msc)
{
	const struct fm_msc_disk *disk = msc->disk;

	*msc = (struct fm_msc){ .disk = disk };
}

static void msc_sense(struct fm_msc *msc, uint8_t key, uint8_t code)
{
	msc->key = key;
	msc->code = code;
	msc->failed = true;
}

static void msc_answer(struct fm_msc *msc, const void *data, uint32_t len)
{
	memcpy(msc->answer, data, len);
	msc->answer_len = len;
}

/* --- commands --- */

static void msc_inquiry(struct fm_msc *msc)
{
	/* removable, SPC-2 */
	uint8_t data[36] = { 0, 0x80, 4, 2, 31 };
	const char *texts[] = { msc->disk->vendor, msc->disk->product, "1.0" };
	const size_t at[] = { 8, 16, 32, 36 };

	memset(data + 8, ' ', sizeof(data) - 8);
	for (size_t i = 0; i < 3; i++)
		memcpy(data + at[i], texts[i], strnlen(texts[i], at[i + 1] - at[i]));
	msc_answer(msc, data, sizeof(data));
}

static void msc_request_sense(struct fm_msc *msc)
{
	uint8_t data[18] = { 0x70, 0, msc->key, [7] = 10, [12] = msc->code };

	msc_answer(msc, data, sizeof(data));
	msc->key = msc->code = 0;
}

static void msc_capacity(struct fm_msc *msc)
{
	uint8_t data[8];

	fm_put_be32(data, msc->disk->sectors - 1);
	fm_put_be32(data + 4, FM_MSC_SECTOR);
	msc_answer(msc, data, sizeof(data));
}

static void msc_read_write(struct fm_msc *msc, const uint8_t *command)
{
	msc->sector = fm_get_be32(command + 2);
	msc->count = (uint32_t)(command[7] << 8 | command[8]);
	if ((uint64_t)msc->sector + msc->count > msc->disk->sectors)
		msc_sense(msc, ILLEGAL_REQUEST, OUT_OF_RANGE);
	else if (command[0] == WRITE_10 && msc->disk->read_only)
		msc_sense(msc, DATA_PROTECT, WRITE_PROTECTED);
	else
		msc->answer_len = msc->count * FM_MSC_SECTOR;
}

static void msc_command(struct fm_msc *msc, const uint8_t *command)
{
	const uint8_t mode[4] = { 3, 0, msc->disk->read_only ? MODE_WRITE_PROTECTED : 0, 0 };

	switch (command[0]) {
	case TEST_UNIT_READY:
	case START_STOP_UNIT:
	case PREVENT_ALLOW:
	case SYNCHRONIZE_CACHE_10:
		break;
	case REQUEST_SENSE:
		msc_request_sense(msc);
		break;
	case INQUIRY:
		if (command[1] & 1) /* no pages of vital product data */
			msc_sense(msc, ILLEGAL_REQUEST, INVALID_COMMAND);
		else
			msc_inquiry(msc);
		break;
	case MODE_SENSE_6:
		msc_answer(msc, mode, sizeof(mode));
		break;
	case READ_CAPACITY_10:
		msc_capacity(msc);
		break;
	case READ_10:
	case WRITE_10:
		msc_read_write(msc, command);
		break;
	default:
		msc_sense(msc, ILLEGAL_REQUEST, INVALID_COMMAND);
	}
}

/* --- stages --- */

/* 6.6.1: what is no command at all halts the endpoint until the class's reset. */
static int msc_take_command(struct fm_msc *msc, const uint8_t *data, size_t len)
{
	bool in;

	if (len != CBW_LEN || fm_get_le32(data) != CBW_MAGIC || data[13] != 0)
		return FM_SIM_USB_STALL;
	msc->tag = fm_get_le32(data + 4);
	msc->wanted = fm_get_le32(data + 8);
	in = data[12] & 0x80;
	msc->carried = msc->count = msc->answer_len = 0;
	msc->failed = false;
	msc_command(msc, data + 15);
	if (msc->failed)
		msc->answer_len = 0;
	msc->state = msc->wanted == 0 ? FM_MSC_STATUS : in ? FM_MSC_DATA_IN : FM_MSC_DATA_OUT;
	return CBW_LEN;
}

/* What the host wants beyond what there is ends in a short packet, or in a halt (6.7.2). */
static int msc_give(struct fm_msc *msc, uint8_t *data, size_t len)
{
	uint32_t most = msc->wanted < msc->answer_len ? msc->wanted : msc->answer_len;
	size_t n = 0;

	if (most == 0) {
		msc->halted_in = true;
		msc->state = FM_MSC_STATUS;
		return FM_SIM_USB_STALL;
	}
	for (; n < len && msc->carried < most; n++, msc->carried++) {
		uint32_t at = msc->carried % FM_MSC_SECTOR;

		if (msc->count && at == 0)
			msc->disk->read(msc->disk->user, msc->sector + msc->carried / FM_MSC_SECTOR,
					msc->sector_data);
		data[n] = msc->count ? msc->sector_data[at] : msc->answer[at];
	}
	if (msc->carried == most)
		msc->state = FM_MSC_STATUS;
	return (int)n;
}

/* After a failure the rest is taken and goes nowhere. */
static int msc_take(struct fm_msc *msc, int64_t now_ns, const uint8_t *data, size_t len)
{
	for (size_t n = 0; n < len && msc->carried < msc->wanted; n++, msc->carried++) {
		uint32_t at = msc->carried % FM_MSC_SECTOR;

		msc->sector_data[at] = data[n];
		if (at == FM_MSC_SECTOR - 1 && !msc->failed && msc->carried < msc->answer_len &&
		    !msc->disk->write(msc->disk->user, now_ns,
				      msc->sector + msc->carried / FM_MSC_SECTOR, msc->sector_data))
			msc_sense(msc, MEDIUM_ERROR, WRITE_ERROR);
	}
	if (msc->carried == msc->wanted)
		msc->state = FM_MSC_STATUS;
	return (int)len;
}

static int msc_give_status(struct fm_msc *msc, uint8_t *data, size_t len)
{
	if (len < CSW_LEN)
		return FM_SIM_USB_STALL;
	fm_put_le32(data, CSW_MAGIC);
	fm_put_le32(data + 4, msc->tag);
	fm_put_le32(data + 8, msc->wanted - msc->carried);
	data[12] = msc->failed;
	msc->state = FM_MSC_COMMAND;
	return CSW_LEN;
}

int fm_msc_transfer(struct fm_msc *msc, int64_t now_ns, uint8_t endpoint, uint8_t *data, size_t len)
{
	if (endpoint == FM_MSC_OUT) {
		if (msc->state == FM_MSC_COMMAND)
			return msc_take_command(msc, data, len);
		return msc->state == FM_MSC_DATA_OUT ? msc_take(msc, now_ns, data, len)
						     : FM_SIM_USB_NAK;
	}
	if (endpoint != FM_MSC_IN || msc->halted_in)
		return FM_SIM_USB_STALL;
	if (msc->state == FM_MSC_DATA_IN)
		return msc_give(msc, data, len);
	return msc->state == FM_MSC_STATUS ? msc_give_status(msc, data, len) : FM_SIM_USB_NAK;
}

int fm_msc_control(struct fm_msc *msc, const uint8_t setup[8], uint8_t *data)
{
	uint16_t index = fm_get_le16(setup + 4), len = fm_get_le16(setup + 6);

	if (setup[0] == 0xa1 && setup[1] == BOT_GET_MAX_LUN && len >= 1) {
		data[0] = 0;
		return 1;
	}
	if (setup[0] == 0x21 && setup[1] == BOT_RESET) {
		fm_msc_reset(msc);
		return 0;
	}
	if (setup[0] == 0x02 && setup[1] == CLEAR_FEATURE && index == FM_MSC_IN) {
		msc->halted_in = false;
		return 0;
	}
	if (setup[0] == 0x82 && setup[1] == GET_STATUS && index == FM_MSC_IN && len >= 2) {
		data[0] = msc->halted_in;
		data[1] = 0;
		return 2;
	}
	return FM_SIM_USB_NAK;
}

/*
 * USB mass storage, bulk-only transport (USB MSC BOT 1.0), with as much of SCSI as a host's disk
 * driver asks of a boot loader's drive. One disk, sectors of 512 bytes. Part of a core: it neither
 * waits nor knows time.
 */
#ifndef FM_SIM_MSC_H
#define FM_SIM_MSC_H

#include "sim/usb.h"

#define FM_MSC_SECTOR 512
#define FM_MSC_IN 0x81
#define FM_MSC_OUT 0x02

struct fm_msc_disk {
	uint32_t sectors;
	bool read_only;
	void (*read)(void *user, uint32_t sector, uint8_t ret[FM_MSC_SECTOR]);
	/* False: the medium did not take it. */
	bool (*write)(void *user, int64_t now_ns, uint32_t sector,
		      const uint8_t data[FM_MSC_SECTOR]);
	void *user;
	const char *vendor, *product; /* what INQUIRY says, at most 8 and 16 characters */
};

enum fm_msc_state { FM_MSC_COMMAND, FM_MSC_DATA_IN, FM_MSC_DATA_OUT, FM_MSC_STATUS };

struct fm_msc {
	const struct fm_msc_disk *disk;
	enum fm_msc_state state;
	uint32_t tag, wanted;   /* of the command block wrapper */
	uint32_t carried;       /* bytes of the data stage so far */
	uint32_t sector, count; /* of READ and WRITE; count 0: data is in `answer` */
	uint8_t answer[64];     /* of all others */
	uint32_t answer_len;    /* what there is to give */
	uint8_t sector_data[FM_MSC_SECTOR];
	uint8_t key, code; /* sense of the last command */
	bool failed, halted_in;
};

/* As after SET_CONFIGURATION and the class's own reset. */
void fm_msc_reset(struct fm_msc *msc);
/* Class requests and the halt of its endpoints; NAK: none of its own. */
int fm_msc_control(struct fm_msc *msc, const uint8_t setup[8], uint8_t *data);
int fm_msc_transfer(struct fm_msc *msc, int64_t now_ns, uint8_t endpoint, uint8_t *data,
		    size_t len);

#endif

/*
 * What the boot ROM of a simulated RP2040 or RP2350 makes of each transfer on its PICOBOOT
 * interface. picoboot.c gives it power, the bus and faults.
 */
#ifndef FM_SIM_PICOBOOT_ROM_H
#define FM_SIM_PICOBOOT_ROM_H

#include "sim/picoboot/flash.h"
#include "sim/picoboot/picoboot.h"

#define FM_PICO_OUT 0x03
#define FM_PICO_IN 0x84

enum fm_pico_mode {
	FM_PICO_OFF, /* no power */
	FM_PICO_BOOTSEL,
	FM_PICO_APPLICATION,
	FM_PICO_DEAD /* it runs something that has no USB */
};

/* What the next transfer on the bulk endpoints is. */
enum fm_pico_phase {
	FM_PICO_COMMAND,
	FM_PICO_DATA_OUT,
	FM_PICO_DATA_IN,
	FM_PICO_ACK_OUT, /* by the host, after data IN */
	FM_PICO_ACK_IN   /* by the device */
};

enum fm_pico_work { FM_PICO_IDLE, FM_PICO_ERASING, FM_PICO_PROGRAMMING };

struct fm_pico_status {
	uint32_t token, code;
	uint8_t command;
};

struct fm_pico_rom {
	enum fm_pico_phase phase;
	bool halted_out, halted_in;
	bool exclusive;
	bool exited; /* EXIT_XIP: the flash takes commands */
	struct fm_pico_status status;
	uint8_t command[32];
	uint32_t addr, left; /* of the data phase */
	unsigned pending;    /* status that the data phase will end with */
	uint8_t answer[256]; /* GET_INFO, OTP_READ */
	enum fm_pico_work work;
	int64_t work_ends_ns; /* of this sector or page */
	uint32_t work_at, work_end;
	uint8_t *data; /* accepted, to be programmed from work_at on */
	bool reboot;   /* pending: no command is taken any more */
};

struct fm_pico {
	struct fm_sim_usb unit;
	struct fm_sim_picoboot_options options;
	struct fm_pico_flash flash;
	uint8_t *ram; /* SRAM, then the 16 KiB of XIP RAM */
	enum fm_pico_mode mode;
	struct fm_pico_rom rom;

	struct fm_sim_usb_tables tables;
	uint8_t device[18], config[32];
	const char *strings[6];
	char unique[20];

	enum fm_pico_mode next; /* after it left the bus */
	bool boots;             /* next is what a normal boot makes of the flash */
	int64_t leave_ns, back_ns, unplug_ns, late_ns;
	bool left;
	unsigned long transfers, programmed, reboots; /* so far, for the faults */
};

static inline bool fm_pico_is_rp2350(const struct fm_pico *u)
{
	return u->options.chip == FM_SIM_RP2350;
}

/* The nth of its kind has come, and it is the one that shall fail. */
bool fm_pico_fault(const struct fm_pico *u, enum fm_sim_picoboot_fault kind, unsigned long n);
/* It leaves the bus at `at` and comes back as `next`, or as a normal boot makes it. */
void fm_pico_leave(struct fm_pico *u, int64_t at_ns, enum fm_pico_mode next, bool boots);

void fm_pico_rom_start(struct fm_pico *u);
/* RESET and a new configuration: what was going on is left half done. The endpoints stay halted
 * where `halted`: after RESET it is the host that has to clear them. */
void fm_pico_rom_reset(struct fm_pico *u, bool halted);
/* Would this endpoint answer now, if only with a STALL? Otherwise it is NAK. */
bool fm_pico_rom_ready(const struct fm_pico *u, uint8_t endpoint);
/* As fm_sim_usb_ops.transfer, on an endpoint that is ready. */
int fm_pico_rom_transfer(struct fm_pico *u, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			 size_t len);
/* The answer to CMD_STATUS. */
void fm_pico_rom_status(const struct fm_pico *u, uint8_t ret[16]);
/* A sector or page has ended at `now`. */
void fm_pico_rom_worked(struct fm_pico *u, int64_t now_ns);

#endif

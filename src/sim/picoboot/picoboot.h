/*
 * A simulated RP2040 or RP2350: its boot ROM on USB (BOOTSEL) with the PICOBOOT interface, its
 * flash, and the application of the pico-sdk with its reset interface. With a program in the flash
 * (RP2040: boot2's checksum is right; RP2350: there is an image definition) a normal boot runs it;
 * the reset interface (FF/00/01) takes it to BOOTSEL (request 01) or starts it anew (02).
 *
 * Not simulated: the mass-storage drive (PICOBOOT is interface 0 then), code in the RAM (what is
 * told to run there leaves the bus until the cable is pulled), partitions, writing OTP.
 */
#ifndef FM_SIM_PICOBOOT_H
#define FM_SIM_PICOBOOT_H

#include "sim/options.h"
#include "sim/usb.h"

enum fm_sim_picoboot_chip { FM_SIM_RP2040, FM_SIM_RP2350 };

/* Counted from 1, sectors from 0. */
enum fm_sim_picoboot_fault {
	FM_SIM_PICOBOOT_UNPLUG,      /* the cable is pulled at the nth bulk transfer */
	FM_SIM_PICOBOOT_UNPLUG_BYTE, /* ... when the nth byte is programmed into the flash */
	FM_SIM_PICOBOOT_STALL,       /* the nth bulk transfer is stalled, both endpoints halt */
	FM_SIM_PICOBOOT_LOSE,        /* the nth bulk transfer is lost */
	FM_SIM_PICOBOOT_LATE,        /* from the nth bulk transfer on it answers none for 4 s */
	FM_SIM_PICOBOOT_WEAK,        /* sector n of the flash does not take what is written */
	FM_SIM_PICOBOOT_STUCK,       /* sector n is not erased */
	FM_SIM_PICOBOOT_WRONG_ID,    /* after it left the bus it comes back with product id n */
	FM_SIM_PICOBOOT_STAY,        /* the nth reboot is acknowledged and never happens */
	FM_SIM_PICOBOOT_FAULTS
};

/* All zero is a whole, well-behaved RP2040 in BOOTSEL. */
struct fm_sim_picoboot_options {
	uint32_t chip;      /* enum fm_sim_picoboot_chip */
	uint32_t flash_len; /* a power of two, 4 KiB to 16 MiB; 0 = 2 MiB */
	uint32_t serial;    /* part of its unique id: units that differ in it are told apart */
	uint32_t slow;      /* erasing and programming take so many times the usual; 0 = once */
	uint32_t app_pid;   /* product id of the application; 0 = the pico-sdk's */
	bool fast;          /* erasing and programming take no time */
	bool closed;        /* RP2350: a partition's permissions forbid to read the flash */
	bool application;   /* plugged in it runs what is in the flash, else BOOTSEL is held */
	bool has_fault[FM_SIM_PICOBOOT_FAULTS];
	unsigned long fault[FM_SIM_PICOBOOT_FAULTS];
};

/* All options and faults, from index 0 on; NULL behind the last. */
const struct fm_sim_option_info *fm_sim_picoboot_option_at(size_t index);
/* value: NULL for what takes none. FM_USAGE: no such option, or the value is no good. */
bool fm_sim_picoboot_option(struct fm_sim_picoboot_options *options, const char *name,
			    const char *value, struct fm_error *err) FM_MUST_CHECK;

/* Its flash is blank, so that it is in BOOTSEL; it is powered and on the bus. What is put into its
 * flash later counts from the next boot on. FM_USAGE: options that make no sense. */
bool fm_sim_picoboot_new(const struct fm_sim_picoboot_options *options,
			 struct fm_sim_usb **ret_unit, struct fm_error *err) FM_MUST_CHECK;

/* Its flash, for tests and for keeping it in a file. */
uint8_t *fm_sim_picoboot_flash(struct fm_sim_usb *unit, size_t *ret_len);
/* It runs its application. */
bool fm_sim_picoboot_runs(const struct fm_sim_usb *unit);
/* Its boot ROM keeps its drive from writing (EXCLUSIVE_ACCESS). */
bool fm_sim_picoboot_exclusive(const struct fm_sim_usb *unit);
/* Give an image (at least 512 bytes) what its chip's ROM wants to see before it runs it: RP2040 the
 * checksum of its first 256 bytes, RP2350 an image definition at 256. */
void fm_sim_picoboot_make_bootable(uint8_t *image, bool rp2350);

#endif

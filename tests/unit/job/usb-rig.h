/*
 * Whole jobs on simulated USB units, in virtual time: one unit on one USB path, where the job looks
 * for it, follows it through its modes and opens links to it. Beside what the unit does wrong by
 * itself, the nth transfer of the whole job can be spoilt, whichever link it is on.
 */
#ifndef FM_TESTS_USB_RIG_H
#define FM_TESTS_USB_RIG_H

#include "home.h"

#include "link/decorators.h"
#include "sim/dfu/dfu.h"
#include "sim/picoboot/picoboot.h"
#include "sim/usb.h"

#define RIG_IMAGE_LEN 6144

struct usb_rig {
	struct job_home home;
	struct fm_virtual_clock clock;
	struct fm_sim_usb *unit;  /* at the path */
	struct fm_sim_usb *core;  /* the same, or that one of its modes which has the memory */
	struct fm_sim_usb *other; /* comes into its place when swap_after links were opened; NULL */
	unsigned swap_after;
	unsigned swapped;      /* how often; makes part of the address */
	struct fm_fault fault; /* of the job's nth transfer */
	unsigned opened, transfers;
	bool cut_unplugs; /* after FM_FAULT_CUT the unit is without power till rig_replug */
	bool unplugged;
	uint8_t *image;
	size_t image_len;
	const char *mcuboot_version; /* not NULL: of its MCUboot header, taken off before */
	struct fm_job_request request;
	struct fm_ways ways;
	/* what came of the last job */
	struct fm_job_end end;
	bool phases[FM_PHASE_COUNT];
	bool told_cleared; /* a dfuERROR */
	bool told_serial;  /* as a fact of the unit */
	bool settled;      /* the serial port, after a touch in vain */
	/* asked for while the job runs */
	enum { RIG_LEAVE, RIG_CANCEL_IN_ENTER, RIG_STOP_IN_WRITE } hand;
	atomic_bool held, released; /* the job is held in its third block; it may go on */
};

int rig_setup(void **state);
int rig_teardown(void **state);

/* Take the unit away and put this one there. */
void rig_dfu(struct usb_rig *rig, const struct fm_sim_dfu_options *options);
void rig_pico(struct usb_rig *rig, const struct fm_sim_picoboot_options *options);
void rig_unit(struct usb_rig *rig, struct fm_sim_usb *unit, struct fm_sim_usb *core);
/* Cable out, cable in. */
void rig_replug(struct usb_rig *rig);
/* Its first memory. */
uint8_t *rig_flash(const struct usb_rig *rig);
bool rig_holds_image(const struct usb_rig *rig);
/* An application as plain DFU units have it; its release is at 16. */
void rig_application(uint8_t *image, size_t len, uint16_t release);

/* Run the request to its end, with the image where its verb needs one. */
void rig_run(struct usb_rig *rig);
/* The same with this verb. */
void rig_do(struct usb_rig *rig, enum fm_verb verb);
/* A backup to a file, and what it holds. */
void rig_back_up(struct usb_rig *rig, uint8_t *ret_data, size_t *ret_len, size_t most);
void rig_model(struct usb_rig *rig, const char *model);
void rig_assert_end(const struct usb_rig *rig, enum fm_outcome outcome, enum fm_code code,
		    enum fm_unit_state unit_state);
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

#endif

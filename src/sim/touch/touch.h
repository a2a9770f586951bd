/*
 * A simulated application with a serial port over USB (CDC-ACM), from which its host takes it into
 * a boot loader: by the 1200-baud touch in one of the three manners that are about, or by text.
 * Sections are those of the sheet on ways into boot loaders. It answers "V" and a carriage return
 * with "version ", its version and CR LF. It makes one mode of a unit: see modes.h.
 */
#ifndef FM_SIM_TOUCH_H
#define FM_SIM_TOUCH_H

#include "sim/options.h"
#include "sim/usb.h"

/* Section 3: when a touch is noticed, and how long it may be taken back. */
enum fm_sim_touch_kind {
	FM_SIM_TOUCH_NONE,
	FM_SIM_TOUCH_32U4,   /* looks at SET_CONTROL_LINE_STATE alone; 120 ms */
	FM_SIM_TOUCH_SAMD,   /* at both requests; 250 ms, then erases its program's first row */
	FM_SIM_TOUCH_RP2040, /* the rate alone, at once */
};

struct fm_sim_touch_options {
	uint32_t kind; /* enum fm_sim_touch_kind */
	uint32_t vid, pid;
	char serial[32];  /* "" = it has none */
	char version[32]; /* "" = it answers nothing */
	bool betaflight;  /* section 5: 'R' outside frames and 100 ms of silence, and MSP 68 */
	/* It leaves by itself after so long on the bus, as boot loaders do; 0 = never. */
	uint32_t stay_ms;
	/* Its program, somebody else's memory; NULL = it is always there. A blank first row is no
	 * program: it then hands over at once. */
	uint8_t *program;
	size_t row_len;
};

void fm_sim_touch_defaults(struct fm_sim_touch_options *ret);
/* All options, from index 0 on; NULL behind the last. */
const struct fm_sim_option_info *fm_sim_touch_option_at(size_t index);
/* value: NULL for what takes none. FM_USAGE: no such option, or the value is no good. */
bool fm_sim_touch_option(struct fm_sim_touch_options *options, const char *name, const char *value,
			 struct fm_error *err) FM_MUST_CHECK;
/* Without power till the adapter gives it. */
bool fm_sim_touch_new(const struct fm_sim_touch_options *options, struct fm_sim_usb **ret_unit,
		      struct fm_error *err) FM_MUST_CHECK;
/* It was touched, or told: it is off the bus, and a boot loader's turn. For struct fm_sim_mode. */
bool fm_sim_touch_left(const struct fm_sim_usb *unit);

#endif

/* The kinds of units on USB that flashmend-sim makes: each core with its options behind one face.
 */
#ifndef FM_SIM_MAIN_KINDS_H
#define FM_SIM_MAIN_KINDS_H

#include "sim/dfu/dfu.h"
#include "sim/picoboot/picoboot.h"
#include "sim/touch/touch.h"
#include "sim/uf2/uf2.h"

#include <stdio.h>

struct fm_sim_kind;

/* What one is made from. */
struct fm_sim_made {
	const struct fm_sim_kind *kind;
	union {
		struct fm_sim_dfu_options dfu;
		struct fm_sim_picoboot_options picoboot;
		struct fm_sim_touch_options touch;
		struct fm_sim_uf2_options uf2;
	};
};

struct fm_sim_kind {
	const char *name, *title;
	bool is_application;                       /* it may be the first of a unit's modes */
	void (*defaults)(struct fm_sim_made *ret); /* or NULL: all is 0 */
	bool (*option)(struct fm_sim_made *made, const char *name, const char *value,
		       struct fm_error *err);
	const struct fm_sim_option_info *(*option_at)(size_t index);
	/* number: the serial number is made from it; 0 = as the options say. */
	bool (*make)(const struct fm_sim_made *made, unsigned number, struct fm_sim_usb **ret_unit,
		     struct fm_error *err);
	/* It has handed over to the next mode. */
	bool (*runs)(const struct fm_sim_usb *unit);
	void (*flash)(struct fm_sim_usb *unit, uint8_t **ret_data, size_t *ret_len); /* or NULL */
	void (*log)(const struct fm_sim_usb *unit, FILE *file);                      /* or NULL */
};

/* NULL where there is none. */
const struct fm_sim_kind *fm_sim_kind_find(const char *name);
/* A line for each of its options. */
void fm_sim_kind_help(const struct fm_sim_kind *kind, FILE *file);
/* One of the kind, as it is without options. */
void fm_sim_made_begin(struct fm_sim_made *ret, const struct fm_sim_kind *kind);
/* It is the boot loader behind another mode, which is its application. */
void fm_sim_made_behind(struct fm_sim_made *made);
/* An application's program lies in its boot loader's flash (may be NULL). Returns made. */
const struct fm_sim_made *fm_sim_made_program(struct fm_sim_made *made, uint8_t *flash);

#endif

/* Between fault.c and fault_usb.c. */
#ifndef FM_LINK_FAULT_H
#define FM_LINK_FAULT_H

#include "link/decorators.h"

/* Bytes that are on their way longer than they should be, and what came behind them. */
struct fm_fault_late {
	uint8_t *data;
	size_t len;
	int64_t due_ns;
};

struct fm_fault_link {
	struct fm_link link;
	struct fm_link *inner;
	struct fm_fault fault;
	unsigned count;
	bool cut;
	struct fm_fault_late sent, received;
};

/* The next operation: is the fault to happen on it? */
bool fm_fault_strikes(struct fm_fault_link *f);
bool fm_fault_gone(const struct fm_fault_link *f, struct fm_error *err);
/* One bit; another with each operation. len > 0. */
void fm_fault_flip(const struct fm_fault_link *f, uint8_t *data, size_t len);
/* False: cancelled. */
bool fm_fault_wait(const struct fm_fault_link *f, int64_t until_ns, struct fm_error *err);

extern const struct fm_usb_ops fm_fault_usb;

#endif

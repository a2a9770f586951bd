/* How a job reaches its unit: the system's own ways, unless a test gives others. */
#ifndef FM_JOB_WAYS_H
#define FM_JOB_WAYS_H

#include "catalog/device.h"
#include "link/usb.h"

/* What is waited for at a USB path. */
struct fm_wanted {
	const struct fm_usb_match *matches; /* of the definition, all modes */
	size_t count;
	enum fm_mode mode;
	unsigned not_address; /* the address it must not have any more; 0 = any */
	unsigned within_ms;
};

struct fm_ways {
	bool (*open_serial)(void *user, const char *port, const atomic_bool *cancel,
			    struct fm_link **ret_link, struct fm_error *err);
	bool (*open_usb)(void *user, const struct fm_usb_device *device,
			 const struct fm_usb_claim *claim, const atomic_bool *cancel,
			 struct fm_link **ret_link, struct fm_error *err);
	bool (*open_volume)(void *user, const struct fm_usb_device *device,
			    const atomic_bool *cancel, struct fm_link **ret_link,
			    struct fm_error *err);
	/* What is at this topology path now. FM_GONE: nothing. */
	bool (*look)(void *user, const char *usb_path, struct fm_usb_device *ret_device,
		     struct fm_error *err);
	/* FM_TIMEOUT: the text says what is there instead. */
	bool (*follow)(void *user, const char *usb_path, const struct fm_wanted *wanted,
		       const atomic_bool *cancel, struct fm_usb_device *ret_device,
		       struct fm_error *err);
	/* The touch of a serial port that asks its unit for its boot loader. */
	bool (*touch)(void *user, const char *port, unsigned baud, const atomic_bool *cancel,
		      struct fm_error *err);
	/* The touch did not help: leave the port at an ordinary rate. */
	void (*settle)(void *user, const char *port);
	void *user;
};

extern const struct fm_ways fm_ways_of_system;

#endif

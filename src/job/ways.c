#include "job/ways.h"

#include "base/log.h"
#include "detect/follow.h"
#include "link/serial.h"
#include "link/volume.h"

#define WAYS_ORDINARY_BAUD 115200

static bool ways_open_serial(void *user, const char *port, const atomic_bool *cancel,
			     struct fm_link **ret_link, struct fm_error *err)
{
	(void)user;
	if (!fm_serial_open(port, cancel, ret_link, err))
		return false;
	if (!fm_serial_low_latency(*ret_link))
		fm_log(FM_LOG_DEBUG, "%s: the driver has no low latency setting", port);
	return true;
}

static bool ways_open_usb(void *user, const struct fm_usb_device *device,
			  const struct fm_usb_claim *claim, const atomic_bool *cancel,
			  struct fm_link **ret_link, struct fm_error *err)
{
	(void)user;
	return fm_usb_open(device, claim, cancel, ret_link, err);
}

static bool ways_open_volume(void *user, const struct fm_usb_device *device,
			     const atomic_bool *cancel, struct fm_link **ret_link,
			     struct fm_error *err)
{
	(void)user;
	return fm_volume_open(device, cancel, ret_link, err);
}

static bool ways_look(void *user, const char *usb_path, struct fm_usb_device *ret_device,
		      struct fm_error *err)
{
	(void)user;
	return fm_usb_at(usb_path, ret_device, err);
}

static bool ways_follow(void *user, const char *usb_path, const struct fm_wanted *wanted,
			const atomic_bool *cancel, struct fm_usb_device *ret_device,
			struct fm_error *err)
{
	(void)user;
	return fm_follow_wait(usb_path, wanted->matches, wanted->count, wanted->mode,
			      wanted->not_address, fm_in_ms(fm_clock_real(), wanted->within_ms),
			      cancel, ret_device, err);
}

static bool ways_touch(void *user, const char *port, unsigned baud, const atomic_bool *cancel,
		       struct fm_error *err)
{
	(void)user;
	return fm_serial_touch(port, baud, cancel, err);
}

static void ways_settle(void *user, const char *port)
{
	struct fm_error err;

	(void)user;
	if (!fm_serial_settle(port, WAYS_ORDINARY_BAUD, NULL, &err))
		fm_log(FM_LOG_DEBUG, "%s", err.text);
}

const struct fm_ways fm_ways_of_system = {
	.open_serial = ways_open_serial,
	.open_usb = ways_open_usb,
	.open_volume = ways_open_volume,
	.look = ways_look,
	.follow = ways_follow,
	.touch = ways_touch,
	.settle = ways_settle,
};

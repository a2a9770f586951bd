#include "detect/hotplug.h"

#include "base/scope.h"

#include <libudev.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* udevd's own socket: there while it runs. libudev asks the same, and gives a monitor that stays
 * silent without a word where it is missing. */
#define HOTPLUG_UDEVD "/run/udev/control"
#define HOTPLUG_BLIND_MS 200 /* without udevd */
/* With it: an event can get lost (a full socket, a network namespace that udevd is not in). */
#define HOTPLUG_SURE_MS 2000
#define HOTPLUG_ROOM (1 << 20) /* bytes; a hub with 16 units makes some 200 events at once */

struct fm_hotplug {
	struct udev *udev;
	struct udev_monitor *monitor; /* NULL: no udevd */
};

static bool hotplug_listen(struct fm_hotplug *hotplug, struct fm_error *err)
{
	static const char *const subsystems[] = { "usb", "tty", "block" };

	hotplug->udev = udev_new();
	if (hotplug->udev)
		hotplug->monitor = udev_monitor_new_from_netlink(hotplug->udev, "udev");
	if (!hotplug->monitor)
		return fm_fail_os(err, FM_INTERNAL, errno, "udev's events can't be heard");
	for (size_t i = 0; i < FM_COUNT(subsystems); i++)
		udev_monitor_filter_add_match_subsystem_devtype(hotplug->monitor, subsystems[i],
								NULL);
	/* More room needs a privilege; without it the usual has to do, and a loss is noticed. */
	udev_monitor_set_receive_buffer_size(hotplug->monitor, HOTPLUG_ROOM);
	if (udev_monitor_enable_receiving(hotplug->monitor) < 0)
		return fm_fail_os(err, FM_INTERNAL, errno, "udev's events can't be heard");
	return true;
}

bool fm_hotplug_open(struct fm_hotplug **ret_hotplug, struct fm_error *err)
{
	struct fm_hotplug *hotplug = calloc(1, sizeof(*hotplug));

	if (!hotplug)
		return fm_fail(err, FM_NO_MEMORY, "no memory for udev's events");
	if (access(HOTPLUG_UDEVD, F_OK) == 0 && !hotplug_listen(hotplug, err)) {
		fm_hotplug_close(hotplug);
		return false;
	}
	*ret_hotplug = hotplug;
	return true;
}

void fm_hotplug_close(struct fm_hotplug *hotplug)
{
	if (!hotplug)
		return;
	udev_monitor_unref(hotplug->monitor);
	udev_unref(hotplug->udev);
	free(hotplug);
}

int fm_hotplug_fd(const struct fm_hotplug *hotplug)
{
	return hotplug->monitor ? udev_monitor_get_fd(hotplug->monitor) : -1;
}

int fm_hotplug_timeout_ms(const struct fm_hotplug *hotplug)
{
	return hotplug->monitor ? HOTPLUG_SURE_MS : HOTPLUG_BLIND_MS;
}

bool fm_hotplug_drain(struct fm_hotplug *hotplug)
{
	bool any = !hotplug->monitor;

	while (hotplug->monitor) {
		struct udev_device *device;

		errno = 0;
		device = udev_monitor_receive_device(hotplug->monitor);
		/* ENOBUFS: events were lost, more may wait. */
		if (!device && errno != ENOBUFS)
			break;
		any = true;
		udev_device_unref(device);
	}
	return any;
}

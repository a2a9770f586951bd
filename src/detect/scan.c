#include "detect/scan.h"

#include "base/scope.h"
#include "detect/private.h"
#include "link/usb.h"

bool fm_scan(const struct fm_catalog *catalog, const struct fm_scan_added *added,
	     size_t added_count, struct fm_seen **ret_seen, size_t *ret_count, struct fm_error *err)
{
	FM_FREE struct fm_usb_device *devices = NULL;
	FM_FREE struct fm_serial_port *ports = NULL;
	struct fm_lists lists = { .added = added, .added_count = added_count };

	if (!fm_usb_list(&devices, &lists.device_count, err) ||
	    !fm_serial_list(&ports, &lists.port_count, err))
		return false;
	lists.devices = devices;
	lists.ports = ports;
	return fm_seen_collect(catalog, &lists, ret_seen, ret_count, err);
}

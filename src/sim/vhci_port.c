#include "sim/vhci_port.h"

#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Linux, Documentation/ABI/testing/sysfs-platform-vhci... and drivers/usb/usbip: the hub of speeds
 * up to high, its ports by number; the kernel's state 4 = nothing there. */
#define VHCI "/sys/devices/platform/vhci_hcd.0"
#define STATE_FREE 4
#define SPEED_FULL 2
#define SPEED_HIGH 3

/* --- which --- */

/* The number of the bus whose root hub is the one for high speed; 0 = none. */
static unsigned vhci_port_bus(void)
{
	unsigned bus = 0, mbit;
	glob_t found;

	if (glob(VHCI "/usb*/speed", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !bus; i++) {
		FM_FCLOSE FILE *file = fopen(found.gl_pathv[i], "r");

		if (file && fscanf(file, "%u", &mbit) == 1 && mbit == 480)
			bus = (unsigned)strtoul(found.gl_pathv[i] + strlen(VHCI "/usb"), NULL, 10);
	}
	globfree(&found);
	return bus;
}

/* A name in the abstract name space, gone with the process; -1: another has it. */
static int vhci_port_reserve(int number)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len =
		snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "flashmend-vhci-%d", number);

	if (fd >= 0 &&
	    bind(fd, (struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool fm_vhci_port_take(struct fm_vhci_port *ret, struct fm_error *err)
{
	FM_FCLOSE FILE *file = fopen(VHCI "/status", "r");
	unsigned bus = vhci_port_bus(), state;
	char line[160], hub[8];
	int number;

	*ret = FM_VHCI_PORT_NONE;
	if (!file || !bus)
		return fm_fail(err, FM_UNSUPPORTED,
			       "this kernel has no bus for simulated USB units (vhci_hcd)") ||
		       fm_hint(err, "Run 'modprobe vhci-hcd' as root, then start it again.");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%7s %d %u", hub, &number, &state) != 3 ||
		    strcmp(hub, "hs") != 0 || state != STATE_FREE)
			continue;
		ret->reservation = vhci_port_reserve(number);
		if (ret->reservation < 0)
			continue;
		ret->number = number;
		snprintf(ret->path, sizeof(ret->path), "%u-%d", bus, number + 1);
		return true;
	}
	return fm_fail(err, FM_BUSY, "all ports of the bus for simulated USB units are taken");
}

void fm_vhci_port_give_back(struct fm_vhci_port *port)
{
	if (port->reservation >= 0)
		close(port->reservation);
	*port = FM_VHCI_PORT_NONE;
}

/* --- on the bus --- */

static bool vhci_port_write(const char *line, size_t len, struct fm_error *err)
{
	FM_CLOSE int fd = open(VHCI "/attach", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, line, len) == (ssize_t)len)
		return true;
	return fm_fail_os(err,
			  errno == EBUSY                      ? FM_BUSY
			  : errno == EACCES || errno == EPERM ? FM_NO_ACCESS
							      : FM_IO,
			  errno, "a simulated USB unit cannot be put on the bus");
}

bool fm_vhci_port_attach(const struct fm_vhci_port *port, bool high_speed, int *ret_fd,
			 struct fm_error *err)
{
	char line[64];
	int ends[2], len;
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return fm_fail_os(err, FM_IO, errno, "no socket for a simulated USB unit");
	/* the third is the device's number on the far side, any but 0 */
	len = snprintf(line, sizeof(line), "%d %d %d %d", port->number, ends[1],
		       0x10000 + port->number + 1, high_speed ? SPEED_HIGH : SPEED_FULL);
	good = vhci_port_write(line, (size_t)len, err);
	close(ends[1]); /* the kernel has its own hold of it */
	if (!good) {
		close(ends[0]);
		return false;
	}
	*ret_fd = ends[0];
	return true;
}

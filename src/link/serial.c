#include "link/serial.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/lock.h"
#include "link/process.h"
#include "link/tty.h"

#include <libserialport.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct serial_link {
	struct fm_tty tty;
	struct sp_port *port; /* NULL: a pty */
	int lock_fd;
	bool exclusive; /* TIOCEXCL is ours */
};

/* Unix98 pty slaves, Documentation/admin-guide/devices.txt. */
static bool serial_is_pty(dev_t device)
{
	return major(device) >= 136 && major(device) <= 143;
}

/* Screens (4:0 to 63), /dev/tty, /dev/console and /dev/ptmx are terminals, but no ports. */
static bool serial_is_console(dev_t device)
{
	return major(device) == 5 || (major(device) == 4 && minor(device) < 64);
}

static bool serial_no_access(const char *path, const struct stat *node, struct fm_error *err)
{
	char buffer[1024];
	struct group entry, *found = NULL;

	fm_fail_os(err, FM_NO_ACCESS, EACCES, "%s", path);
	if (getgrgid_r(node->st_gid, &entry, buffer, sizeof(buffer), &found) != 0 || !found ||
	    node->st_gid == 0 || (node->st_mode & 060) != 060)
		return fm_hint(err,
			       "No group may use it (owner %ld, mode %03o): install a udev "
			       "rule for the device, or run as its owner.",
			       (long)node->st_uid, node->st_mode & 0777u);
	fm_fail_os(err, FM_NO_ACCESS, EACCES, "%s belongs to group %s, and you are not in it", path,
		   found->gr_name);
	return fm_hint(err, "sudo adduser $USER %s, then log out and in again.", found->gr_name);
}

static bool serial_no_port(const char *path, int os, struct fm_error *err)
{
	fm_fail(err, FM_GONE, "%s: no such port", path);
	err->os = os;
	return fm_hint(err, "'flashmend list' shows the ports; check cable and power.");
}

static bool serial_not_a_port(const char *path, struct fm_error *err)
{
	fm_fail(err, FM_NO_UNIT, "%s is not a serial port", path);
	return fm_hint(err, "'flashmend list' shows the ports.");
}

/* The node behind path; it must be a character device before anything is opened. */
static bool serial_resolve(const char *path, char ret_node[PATH_MAX], struct stat *ret_stat,
			   struct fm_error *err)
{
	if (!realpath(path, ret_node) || stat(ret_node, ret_stat) < 0)
		return errno == EACCES ? fm_fail_os(err, FM_NO_ACCESS, errno, "%s", path)
				       : serial_no_port(path, errno, err);
	if (!S_ISCHR(ret_stat->st_mode) || serial_is_console(ret_stat->st_rdev))
		return serial_not_a_port(path, err);
	return true;
}

static bool serial_open_failed(const char *path, const struct stat *node, int os,
			       struct fm_error *err)
{
	switch (os) {
	case EACCES:
	case EPERM:
		return serial_no_access(path, node, err);
	case EBUSY: /* TIOCEXCL of another user's process, which /proc does not show */
		return fm_process_busy(path, 0, err);
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EIO:
		return serial_no_port(path, os, err);
	default:
		return fm_fail_os(err, FM_IO, os, "%s: cannot open it", path);
	}
}

static bool serial_open_port(struct serial_link *s, const struct stat *status, struct fm_error *err)
{
	const char *path = s->tty.link.name;

	if (sp_open(s->port, SP_MODE_READ_WRITE) != SP_OK)
		return serial_open_failed(path, status, sp_last_error_code(), err);
	if (sp_get_port_handle(s->port, &s->tty.fd) != SP_OK)
		return fm_fail(err, FM_INTERNAL, "%s: no handle", path);
	fcntl(s->tty.fd, F_SETFD, FD_CLOEXEC);
	fcntl(s->tty.fd, F_SETFL, fcntl(s->tty.fd, F_GETFL) | O_NONBLOCK);
	return true;
}

static bool serial_open_pty(struct serial_link *s, const char *node, const struct stat *status,
			    struct fm_error *err)
{
	s->tty.fd = open(node, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return s->tty.fd >= 0 || serial_open_failed(s->tty.link.name, status, errno, err);
}

/*
 * Keep others out, and stay out of the way of programs that have no lock of ours: flock for those
 * that ask, TIOCEXCL for those that don't. Root may open a port in spite of TIOCEXCL, so ask first.
 * A pty keeps that mark as long as its master lives, also when the process that set it was killed;
 * there it would lock out the next job.
 */
static bool serial_exclude(struct serial_link *s, struct fm_error *err)
{
	int exclusive = 0;

	if (flock(s->tty.fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return fm_process_busy(s->tty.link.name, 0, err);
	if (s->tty.pty)
		return true;
	if (ioctl(s->tty.fd, TIOCGEXCL, &exclusive) == 0 && exclusive)
		return fm_process_busy(s->tty.link.name, 0, err);
	if (ioctl(s->tty.fd, TIOCEXCL) < 0)
		return fm_tty_fail(&s->tty, errno, "take the port for this program alone", err);
	s->exclusive = true;
	return true;
}

static void serial_close(struct fm_link *link)
{
	struct serial_link *s = (struct serial_link *)link;

	if (s->exclusive)
		ioctl(s->tty.fd, TIOCNXCL);
	if (s->port && s->tty.fd >= 0)
		sp_close(s->port);
	else if (s->tty.fd >= 0)
		close(s->tty.fd);
	if (s->port)
		sp_free_port(s->port);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

static bool serial_take(struct serial_link *s, const char *path, struct fm_error *err)
{
	char node[PATH_MAX], name[64];
	struct stat status;
	pid_t holder;

	if (!serial_resolve(path, node, &status, err))
		return false;
	s->tty.pty = serial_is_pty(status.st_rdev);
	/* libserialport knows what is a port: it looks in /sys/class/tty. */
	if (!s->tty.pty && sp_get_port_by_name(node, &s->port) != SP_OK)
		return serial_not_a_port(path, err);
	if (!fm_lock_take(node, &s->lock_fd, err))
		return false;
	/* Before it is opened: opening raises DTR, which resets many a unit. */
	if (fm_process_holder(node, name, sizeof(name), &holder))
		return fm_process_busy(path, holder, err);
	if (!(s->tty.pty ? serial_open_pty(s, node, &status, err)
			 : serial_open_port(s, &status, err)))
		return false;
	return serial_exclude(s, err) && fm_tty_start(&s->tty, err);
}

bool fm_serial_open(const char *path, const atomic_bool *cancel, struct fm_link **ret_link,
		    struct fm_error *err)
{
	struct serial_link *s = calloc(1, sizeof(*s));

	if (!s)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	s->tty.fd = -1;
	s->lock_fd = -1;
	s->tty.link.close = serial_close;
	s->tty.link.clock = fm_clock_real();
	s->tty.link.cancel = cancel;
	fm_text_copy(s->tty.link.name, sizeof(s->tty.link.name), path);
	if (!serial_take(s, path, err)) {
		serial_close(&s->tty.link);
		return false;
	}
	*ret_link = &s->tty.link;
	return true;
}

bool fm_serial_low_latency(struct fm_link *link)
{
	struct fm_tty *tty = (struct fm_tty *)link;
	struct serial_struct serial;

	if (ioctl(tty->fd, TIOCGSERIAL, &serial) < 0)
		return false;
	serial.flags |= ASYNC_LOW_LATENCY;
	return ioctl(tty->fd, TIOCSSERIAL, &serial) == 0;
}

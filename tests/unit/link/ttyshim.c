#include "ttyshim.h"

#include <asm/termbits.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SHIM_SYS "/sys/class/tty/ttyUSB9999"
/* Where such a link leads; not USB, so that libserialport looks for nothing more. */
#define SHIM_TARGET "../../devices/platform/shim/tty/ttyUSB9999"
#define SHIM_FRAMING (CSIZE | PARENB | PARODD | CMSPAR)

struct shim shim = { .fd = -1 };

/* The C library's own, which these stand before. */
#define SHIM_REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Not declared by headers: what fortified callers and libserialport's Debian build call. */
char *__realpath_chk(const char *path, char *resolved, size_t size);
int __lxstat(int version, const char *path, struct stat *status);
int __open_2(const char *path, int flags);

static int shim_fail(int os)
{
	errno = os;
	return -1;
}

char *realpath(const char *path, char *resolved)
{
	if (strcmp(path, SHIM_PATH) == 0)
		return resolved ? strcpy(resolved, path) : strdup(path);
	return SHIM_REAL(realpath)(path, resolved);
}

char *__realpath_chk(const char *path, char *resolved, size_t size)
{
	(void)size;
	return realpath(path, resolved);
}

int stat(const char *path, struct stat *status)
{
	if (strcmp(path, SHIM_PATH) != 0)
		return SHIM_REAL(stat)(path, status);
	memset(status, 0, sizeof(*status));
	status->st_mode = S_IFCHR | 0660;
	status->st_rdev = makedev(188, 255);
	status->st_gid = 5; /* tty */
	return 0;
}

int lstat(const char *path, struct stat *status)
{
	if (strcmp(path, SHIM_SYS) != 0)
		return SHIM_REAL(lstat)(path, status);
	memset(status, 0, sizeof(*status));
	status->st_mode = S_IFLNK | 0777;
	return 0;
}

int __lxstat(int version, const char *path, struct stat *status)
{
	(void)version;
	return lstat(path, status);
}

ssize_t readlink(const char *path, char *target, size_t size)
{
	size_t len = strlen(SHIM_TARGET);

	if (strcmp(path, SHIM_SYS) != 0)
		return SHIM_REAL(readlink)(path, target, size);
	len = len < size ? len : size;
	memcpy(target, SHIM_TARGET, len);
	return (ssize_t)len;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if (strncmp(path, "/dev/tty", 8) == 0)
		shim.opens++;
	if (strcmp(path, SHIM_PATH) != 0)
		return SHIM_REAL(open)(path, flags, mode);
	if (shim.open_errno)
		return shim_fail(shim.open_errno);
	shim.modem = TIOCM_DTR | TIOCM_RTS | TIOCM_CTS;
	return shim.fd = SHIM_REAL(open)(shim.pty, flags, mode);
}

int __open_2(const char *path, int flags)
{
	return open(path, flags, 0);
}

int access(const char *path, int mode)
{
	if (strcmp(path, SHIM_PATH) == 0)
		return shim.node_stays ? 0 : shim_fail(ENOENT);
	return SHIM_REAL(access)(path, mode);
}

static void shim_tell(const char *what, unsigned number)
{
	size_t len = strlen(shim.story);

	snprintf(shim.story + len, sizeof(shim.story) - len, "%s%u ", what, number);
}

static int shim_settings(unsigned long request, struct termios2 *tio)
{
	struct termios2 hardware;
	int (*real)(int, unsigned long, ...) = SHIM_REAL(ioctl);

	if (request == TCGETS2) {
		if (real(shim.fd, TCGETS2, tio) < 0)
			return -1;
		tio->c_cflag = (tio->c_cflag & ~SHIM_FRAMING) |
			       (shim.framing ? shim.framing : (unsigned)CS8);
		return 0;
	}
	if (shim.fatal_baud && tio->c_ospeed == shim.fatal_baud)
		return shim_fail(shim.fatal_errno);
	shim_tell("", tio->c_ospeed);
	hardware = *tio;
	shim.framing = tio->c_cflag & SHIM_FRAMING;
	shim.hupcl = tio->c_cflag & HUPCL;
	if (shim.without_parity)
		shim.framing &= ~(unsigned)(PARENB | PARODD);
	if (shim.only_baud) {
		hardware.c_ispeed = hardware.c_ospeed = shim.only_baud;
		hardware.c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT);
		hardware.c_cflag |= BOTHER | BOTHER << IBSHIFT;
	}
	hardware.c_cflag &= ~(tcflag_t)(PARENB | PARODD | CMSPAR);
	return real(shim.fd, TCSETS2, &hardware);
}

static int shim_modem(unsigned long request, int *bits)
{
	if (shim.modem_errno)
		return shim_fail(shim.modem_errno);
	if (request == TIOCMGET) {
		*bits = shim.modem;
		return 0;
	}
	shim.modem_changes++;
	if (request == TIOCMSET)
		shim.modem = *bits | TIOCM_CTS;
	else
		shim.modem = request == TIOCMBIS ? shim.modem | *bits : shim.modem & ~*bits;
	shim_tell("dtr=", !!(shim.modem & TIOCM_DTR));
	return 0;
}

static int shim_serial(unsigned long request, struct serial_struct *serial)
{
	if (shim.without_latency)
		return shim_fail(ENOTTY);
	if (request == TIOCSSERIAL) {
		shim.latency_flags = serial->flags;
		return 0;
	}
	memset(serial, 0, sizeof(*serial));
	serial->flags = shim.latency_flags;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (fd < 0 || fd != shim.fd)
		return SHIM_REAL(ioctl)(fd, request, argument);
	switch (request) {
	case TCGETS2:
	case TCSETS2:
		return shim_settings(request, argument);
	case TIOCMGET:
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return shim_modem(request, argument);
	case TIOCGSERIAL:
	case TIOCSSERIAL:
		return shim_serial(request, argument);
	case TIOCSBRK:
	case TIOCCBRK:
		shim.break_on = request == TIOCSBRK;
		shim.breaks += shim.break_on;
		return 0;
	case TIOCEXCL:
	case TIOCNXCL:
		shim.exclusive = request == TIOCEXCL;
		return 0;
	case TIOCGEXCL:
		*(int *)argument = shim.exclusive;
		return 0;
	default:
		return SHIM_REAL(ioctl)(fd, request, argument);
	}
}

#include "link/lock.h"

#include "base/hash.h"
#include "base/scope.h"
#include "link/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Names longer than an address holds are taken by their hash. */
static socklen_t lock_address(const char *name, struct sockaddr_un *ret)
{
	char hash[FM_SHA256_TEXT];
	int len;

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (strlen(name) > sizeof(ret->sun_path) - sizeof("@flashmend/")) {
		fm_sha256(name, strlen(name), hash);
		name = hash;
	}
	/* The first byte 0 makes it abstract, see unix(7). */
	len = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "flashmend/%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

/* The process that listens there, 0 where it can't be asked. */
static pid_t lock_holder(const struct sockaddr_un *address, socklen_t address_len)
{
	FM_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, address_len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return 0;
	return peer.pid;
}

bool fm_lock_take(const char *name, int *ret_fd, struct fm_error *err)
{
	struct sockaddr_un address;
	socklen_t len = lock_address(name, &address);
	FM_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fm_fail_os(err, FM_IO, errno, "%s: cannot make its lock", name);
	if (bind(fd, (const struct sockaddr *)&address, len) < 0) {
		if (errno != EADDRINUSE)
			return fm_fail_os(err, FM_IO, errno, "%s: cannot take its lock", name);
		return fm_process_busy(name, lock_holder(&address, len), err);
	}
	/* Nobody is ever accepted, so each rival that asks takes a place: as many as there are. */
	if (listen(fd, SOMAXCONN) < 0)
		return fm_fail_os(err, FM_IO, errno, "%s: cannot hold its lock", name);
	*ret_fd = fd;
	fd = -1;
	return true;
}
